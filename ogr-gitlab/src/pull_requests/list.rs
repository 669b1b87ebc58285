//! Lists of merge requests.

use gitlab::api::{
    common::NameOrId, merge_requests::MergeRequestState, projects::merge_requests::MergeRequests,
};
use http::StatusCode;
use ogr_core::{
    Listing, Operation, ProjectPath, PullRequest, PullRequestQuery, Result, StateFilter, http::Call,
};

use super::wire::PullRow;
use crate::{paging, project::GitLabProject};

const OPERATION: Operation = Operation::PullRequestsList;

/// Whose branches the heads are.
#[derive(Clone)]
enum Source {
    /// Anybody's.
    Any,
    /// The project's own.
    Own,
    /// Those of the project with this number and this path.
    Project(u64, ProjectPath),
}

pub(super) fn list(project: &GitLabProject, query: PullRequestQuery) -> Listing<PullRequest> {
    let Some(head) = query.head_project.clone() else {
        return listing(project, query, Source::Any);
    };
    if head.is_same(&project.path) {
        return listing(project, query, Source::Own);
    }
    let gitlab = &project.gitlab;
    if let Some(id) = gitlab.memo.id(gitlab.identity(), &head) {
        return listing(project, query, Source::Project(id, head));
    }
    // GitLab goes by the number of the head's project: it is asked for once.
    let project = project.clone();
    Listing::from_future(async move {
        match project.gitlab.handle(head.clone()).number(OPERATION).await {
            Ok(id) => Ok(listing(&project, query, Source::Project(id, head))),
            // What is gone or hidden is the head of nothing that can be told.
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND.as_u16()) => {
                Ok(Listing::from_stream(futures_util::stream::empty()))
            }
            Err(error) => Err(error),
        }
    })
}

fn listing(
    project: &GitLabProject,
    query: PullRequestQuery,
    source: Source,
) -> Listing<PullRequest> {
    let first = call(project, &query, &source);
    let project = project.clone();
    let client = project.gitlab.client.clone();
    paging::numbered(
        &client,
        first,
        move |row: PullRow| Ok(wanted(row, &project, &query, &source)),
        |pull| pull.number.to_string(),
    )
}

fn call(project: &GitLabProject, query: &PullRequestQuery, source: &Source) -> Result<Call> {
    let id = project.id();
    let mut endpoint = MergeRequests::builder();
    endpoint.project(&id);
    let state = match query.state {
        StateFilter::Open => Some(MergeRequestState::Opened),
        StateFilter::Closed => Some(MergeRequestState::Closed),
        StateFilter::Merged => Some(MergeRequestState::Merged),
        _ => None,
    };
    if let Some(state) = state {
        endpoint.state(state);
    }
    if let Some(author) = &query.author {
        endpoint.author(NameOrId::Name(author.into()));
    }
    if let Some(target) = &query.target {
        endpoint.target_branch(target.as_str());
    }
    if let Some(branch) = &query.head_branch {
        endpoint.source_branch(branch.as_str());
    }
    let labels: Vec<&str> = query
        .labels
        .iter()
        .map(String::as_str)
        .filter(|label| is_plain(label))
        .collect();
    if !labels.is_empty() {
        endpoint.labels(labels);
    }
    let call = project.call(OPERATION, endpoint.build())?;
    Ok(match source {
        Source::Project(id, _) => call.query("source_project_id", id.to_string()),
        Source::Any | Source::Own => call,
    })
}

/// Whether GitLab takes a label for what it is: these words mean "no label" and "any label" to it, and a comma parts two.
fn is_plain(label: &str) -> bool {
    !label.contains(',')
        && !["none", "any"]
            .iter()
            .any(|word| label.eq_ignore_ascii_case(word))
}

/// The row as a pull request, if it is one that was asked for.
fn wanted(
    row: PullRow,
    project: &GitLabProject,
    query: &PullRequestQuery,
    source: &Source,
) -> Option<PullRequest> {
    let is_from_there = match source {
        Source::Any => true,
        Source::Own => row.is_inside(),
        Source::Project(id, _) => row.source_project_id == Some(*id),
    };
    if !is_from_there {
        return None;
    }
    let mut pull = row.into_pull_request(project);
    match source {
        Source::Any => {}
        // Under the name that was asked for, should it be an old one.
        Source::Own => pull.head.project = Some(project.path.clone()),
        Source::Project(_, path) => pull.head.project = Some(path.clone()),
    }
    query.matches(&pull).then_some(pull)
}
