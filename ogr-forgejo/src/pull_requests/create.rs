//! Opening a pull request.

use ogr_core::{
    Error, ErrorKind, NewPullRequest, Operation, Outcome, Project, ProjectPath, PullRequest, Result,
};
use serde::Serialize;

use super::{Edit, labels, wire::Pull};
use crate::{ForgejoProject, forge::POST};

const OPERATION: Operation = Operation::PullRequestsCreate;

#[derive(Serialize)]
struct Create<'a> {
    title: &'a str,
    body: &'a str,
    base: &'a str,
    head: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<i64>,
}

/// Opens a pull request: one request, one more for its labels' numbers, and one more to let maintainers push.
pub(super) async fn open(project: &ForgejoProject, new: NewPullRequest) -> Result<PullRequest> {
    let elsewhere = new
        .head_project
        .as_ref()
        .filter(|head| !head.is_same(project.path()));
    let head = head_of(project, &new, elsewhere)?;
    let title = if new.draft && !is_draft_title(&new.title) {
        format!("WIP: {}", new.title)
    } else {
        new.title.clone()
    };
    // The labels are looked up first: an unknown one shall not leave a pull request without it behind.
    let names: Vec<&str> = new.labels.iter().map(String::as_str).collect();
    let labels = labels::ids(project, OPERATION, &names).await?;
    let call = project
        .call(OPERATION, POST, ["pulls"])?
        .resource(format!("{} {} into {}", project.path(), head, new.target))
        .json(&Create {
            title: &title,
            body: &new.body,
            base: &new.target,
            head: &head,
            labels,
        })?;
    let reply = match project.send(call).await {
        Ok(reply) => reply,
        Err(error) => return Err(explain(project, &new, elsewhere, error).await),
    };
    let pull: Pull = project.forgejo().read(&reply)?;
    let number = pull.number;
    let mut pull = pull.into_pull(project.path());
    if let Some(left_out) = new.labels.iter().find(|name| !pull.labels.contains(name)) {
        return Err(opened_but(
            project,
            number,
            project.error(
                OPERATION,
                String::new(),
                ErrorKind::PermissionDenied,
                format!("the forge left the label {left_out:?} out"),
            ),
        ));
    }
    if let Some(wanted) = new.maintainer_edit
        && pull.maintainer_edit != Some(wanted)
    {
        let edit = Edit {
            allow_maintainer_edit: Some(wanted),
            ..Edit::default()
        };
        pull = project
            .edit(Operation::PullRequestsMaintainerEdit, number, &edit)
            .await
            .map_err(|error| opened_but(project, number, error))?;
    }
    Ok(pull)
}

/// The forge's name for the head: the fork's owner is enough, for nobody has two.
fn head_of(
    project: &ForgejoProject,
    new: &NewPullRequest,
    elsewhere: Option<&ProjectPath>,
) -> Result<String> {
    let Some(head) = elsewhere else {
        return Ok(new.head_branch.clone());
    };
    let owner = project.forgejo().at(head)?.owner().to_owned();
    if owner.eq_ignore_ascii_case(project.owner()) {
        return Err(project
            .error(
                Operation::PullRequestsCreateForkToFork,
                head.to_string(),
                ErrorKind::Unsupported,
                "Forgejo knows a head by its owner alone, who owns the target too",
            )
            .with_outcome(Outcome::NotSent));
    }
    Ok(format!("{owner}:{}", new.head_branch))
}

/// Whether the forge takes a pull request of this title for a draft.
fn is_draft_title(title: &str) -> bool {
    let title = title.trim_start().to_ascii_uppercase();
    title.starts_with("WIP:") || title.starts_with("[WIP]")
}

/// Names what is not there. The status is the same for everything, and the words mostly tell.
async fn explain(
    project: &ForgejoProject,
    new: &NewPullRequest,
    elsewhere: Option<&ProjectPath>,
    error: Error,
) -> Error {
    if !error.is_not_found() {
        return error;
    }
    let words = error.message().to_owned();
    let head_path = elsewhere.unwrap_or_else(|| project.path());
    let head_branch = format!("{head_path} branch {}", new.head_branch);
    if words.contains("in the base repository") {
        return error.with_resource(project.named("branch", &new.target));
    }
    if words.contains("in the head repository") {
        return error.with_resource(head_branch);
    }
    if let Some(head) = elsewhere
        && (words.contains("does not have a fork") || words.contains("does not exist"))
    {
        return unrelated(project, head, error).await;
    }
    // The words are those of everything that is not there, pull requests that are switched off among them.
    match project.repository(OPERATION).await {
        Ok(repository) if repository.has_pull_requests == Some(false) => error
            .with_kind(ErrorKind::Disabled)
            .with_resource(project.path().to_string())
            .with_message("the project takes no pull requests"),
        Ok(repository) if repository.empty == Some(true) => {
            error.with_resource(project.named("branch", &new.target))
        }
        Ok(_) => error.with_resource(head_branch),
        Err(missing) if missing.is_not_found() => error.with_resource(project.path().to_string()),
        Err(_) => error,
    }
}

/// The forge finds no such head near the target: it is not there, or not a direct fork or parent.
async fn unrelated(project: &ForgejoProject, head: &ProjectPath, error: Error) -> Error {
    let there = match project.forgejo().at(head) {
        Ok(head) => head.repository(OPERATION).await.is_ok(),
        Err(_) => false,
    };
    if there {
        project.error(
            Operation::PullRequestsCreateForkToFork,
            head.to_string(),
            ErrorKind::Unsupported,
            format!(
                "Forgejo opens pull requests between a project and its own fork or parent only: {}",
                error.message()
            ),
        )
    } else {
        error.with_resource(head.to_string())
    }
}

/// The pull request is there, but not all of it is as it was asked for.
fn opened_but(project: &ForgejoProject, number: u64, error: Error) -> Error {
    let message = format!("it was opened, but: {}", error.message());
    error
        .with_resource(project.numbered(number))
        .with_message(message)
        .with_outcome(Outcome::Unknown)
        .with_retryable(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_tells_a_draft() {
        for draft in ["WIP: x", "wip:x", "[WIP] x", "[wip]x"] {
            assert!(is_draft_title(draft), "{draft}");
        }
        for ready in ["x", "WIPE: x", "Draft: x", "x WIP:"] {
            assert!(!is_draft_title(ready), "{ready}");
        }
    }
}
