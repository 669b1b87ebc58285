//! Opening a merge request.

use gitlab::api::projects::merge_requests::CreateMergeRequest;
use ogr_core::{Error, ErrorKind, NewPullRequest, Operation, PullRequest, Result};

use super::{DRAFT, PullRow, is_marked, is_missing_source, is_missing_target};
use crate::{forge::check, project::GitLabProject};

const OPERATION: Operation = Operation::PullRequestsCreate;

/// Opens it. GitLab wants it to be posted in the project of the head, with the number of the target.
pub(super) async fn create(project: &GitLabProject, new: NewPullRequest) -> Result<PullRequest> {
    let gitlab = &project.gitlab;
    gitlab.require(OPERATION)?;
    project.check_labels(OPERATION, new.labels.iter().map(String::as_str))?;
    let source = match &new.head_project {
        Some(head) if !head.is_same(&project.path) => {
            check(head).map_err(|error| project.locate(error, OPERATION))?;
            Some(gitlab.handle(head.clone()))
        }
        _ => None,
    };
    let target = match &source {
        Some(_) => Some(project.number(OPERATION).await?),
        None => None,
    };
    let source = source.as_ref().unwrap_or(project);
    let result = send(source, &new, target)
        .await
        .map_err(|error| name(error, source, project, &new));
    let row = match result {
        Ok(row) => row,
        Err(error) => return Err(explain(project, error).await),
    };
    if let Some(id) = row.source_project_id {
        let identity = gitlab.identity();
        gitlab.memo.is_project(identity, id, source.path.clone());
    }
    Ok(row.into_pull_request(project))
}

async fn send(
    source: &GitLabProject,
    new: &NewPullRequest,
    target: Option<u64>,
) -> Result<PullRow> {
    let call = {
        let id = source.id();
        let mut title = new.title.clone();
        if new.draft && !is_marked(&title) {
            title.insert_str(0, DRAFT);
        }
        let mut endpoint = CreateMergeRequest::builder();
        endpoint
            .project(&id)
            .source_branch(new.head_branch.as_str())
            .target_branch(new.target.as_str())
            .title(title);
        if !new.body.is_empty() {
            endpoint.description(new.body.as_str());
        }
        if let Some(target) = target {
            endpoint.target_project_id(target);
        }
        if !new.labels.is_empty() {
            endpoint.labels(new.labels.iter().map(String::as_str));
        }
        if let Some(allow) = new.maintainer_edit {
            endpoint.allow_collaboration(allow);
        }
        source.call(OPERATION, endpoint.build())?
    };
    source.gitlab.client.send(call).await?.json()
}

/// Names what is missing: a branch, or the project of the head. Everything else is about the target.
fn name(
    error: Error,
    source: &GitLabProject,
    target: &GitLabProject,
    new: &NewPullRequest,
) -> Error {
    if is_missing_source(&error) {
        error.with_resource(source.part(format_args!(" branch {}", new.head_branch)))
    } else if is_missing_target(&error) {
        error.with_resource(target.part(format_args!(" branch {}", new.target)))
    } else if error.is_not_found() && error.message().contains("Project") {
        error
    } else {
        error.with_resource(target.id())
    }
}

/// A refusal without words may have a reason that the target tells.
async fn explain(target: &GitLabProject, error: Error) -> Error {
    let is_silent = error.kind() == ErrorKind::PermissionDenied
        || (error.is_not_found() && error.message().eq_ignore_ascii_case("404 not found"));
    // A code says more already: the token's scope is too narrow.
    if !is_silent || error.code().is_some() {
        return error;
    }
    match target.row(OPERATION).await {
        Ok(row) if row.archived == Some(true) => error.with_kind(ErrorKind::Archived),
        Ok(row) if row.merge_requests_enabled == Some(false) => error
            .with_kind(ErrorKind::Disabled)
            .with_message("merge requests are switched off for this project"),
        _ => error,
    }
}
