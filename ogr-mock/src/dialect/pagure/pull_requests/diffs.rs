//! What a pull request changes.

use serde_json::{Map, Value, json};

use super::super::call::Call;
use super::super::commits::{diffs, patches, plain};
use super::super::problem::{Problem, redirect};
use super::super::view::{last_commit, reply};
use super::super::{Answer, Place};
use super::refresh::{Stuck, refresh};
use crate::git::{CommitInfo, FileChange, LogQuery, Repository};
use crate::state::{ProjectId, PullRequest, PullState};

/// The commits that a closed pull request had, newest first, as far as this repository has them.
async fn noted_commits(
    repository: &Repository,
    pull: &PullRequest,
) -> Result<Vec<CommitInfo>, Problem> {
    let (Some(last), Some(first)) = (last_commit(pull), &pull.first_commit) else {
        return Ok(Vec::new());
    };
    if !repository.has(last).await? {
        return Ok(Vec::new());
    }
    let mut commits = repository.log(last, &LogQuery::default()).await?;
    if let Some(end) = commits.iter().position(|commit| commit.sha == *first) {
        commits.truncate(end + 1);
    }
    Ok(commits)
}

/// `GET diffstats`.
pub(in super::super) async fn diffstats(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    let none = || Problem::new(400, "ENOPRSTATS");
    let id = super::project(call, place)?;
    let pull = call.hub.state().pull(id, number)?.clone();
    let open = pull.state == PullState::Open;
    let (repository, commits) = if open {
        let commits = match refresh(call.hub, id, number, None).await {
            Ok(commits) => commits,
            Err(Stuck::Because(_)) => return Err(none()),
            Err(Stuck::Broken(refusal)) => return Err(refusal.into()),
        };
        (call.hub.stored_repository(id), commits)
    } else {
        // It is looked for in the fork, whether that is still there or not.
        let source = pull.head.project.ok_or(Problem::Fatal)?;
        let source = call.hub.stored_repository(source);
        let commits = noted_commits(&source, &pull).await?;
        (source, commits)
    };
    let (Some(last), Some(first)) = (commits.first(), commits.last()) else {
        return Err(none());
    };
    // What a first commit without a parent added counts only where it is the last as well.
    let before = match first.parents.first() {
        None if commits.len() > 1 && open => return Err(none()),
        None if commits.len() > 1 => &first.sha,
        _ => Repository::before(&first.parents),
    };
    let changes = repository.changes(before, &last.sha, false).await?;
    if changes.is_empty() {
        return Err(none());
    }
    let mut files = Map::new();
    for change in changes {
        files.insert(change.path.clone(), stats(&change));
    }
    Ok(reply(200, &Value::Object(files)))
}

fn stats(change: &FileChange) -> Value {
    let status = match change.status {
        'A' | 'D' | 'R' => change.status,
        _ => 'M',
    };
    json!({
        "lines_added": change.additions,
        "lines_removed": change.deletions,
        "old_path": change.old_path.as_ref().unwrap_or(&change.path),
        "status": status.to_string(),
        "new_id": change.new_sha,
        "old_id": change.old_sha,
    })
}

/// The commits of a pull request, oldest first, and the repository that has them; or the page that the site
/// leads to when there is no telling.
async fn commits(
    call: &Call<'_>,
    place: &Place<'_>,
    number: u64,
) -> Result<Option<(Repository, Vec<CommitInfo>)>, Problem> {
    let id: ProjectId = call.web_project(place)?;
    let pull = {
        let state = call.hub.state();
        if !call.look(&state, id)?.has_pull_requests {
            return Err(Problem::Missing("No pull-requests found for this project"));
        }
        let pull = state.pull(id, number);
        pull.map_err(|_| Problem::Missing("Pull-request not found"))?
            .clone()
    };
    let (repository, mut commits) = if pull.state == PullState::Open {
        match refresh(call.hub, id, number, None).await {
            Ok(commits) => (call.hub.stored_repository(id), commits),
            Err(Stuck::Because(_)) => return Ok(None),
            Err(Stuck::Broken(refusal)) => return Err(refusal.into()),
        }
    } else {
        let source = call.hub.stored_repository(pull.head.project.unwrap_or(id));
        let commits = noted_commits(&source, &pull).await?;
        (source, commits)
    };
    commits.reverse();
    Ok(Some((repository, commits)))
}

/// `GET pull-request/<n>.patch`, on the site.
pub(in super::super) async fn patch(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    match commits(call, place, number).await? {
        Some((repository, commits)) => Ok(plain(patches(&repository, &commits).await?)),
        None => Ok(redirect(302, &format!("/{}", place.path()))),
    }
}

/// `GET pull-request/<n>.diff`, on the site: the changes of each commit, not those of all.
pub(in super::super) async fn diff(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    match commits(call, place, number).await? {
        Some((repository, commits)) => Ok(plain(diffs(&repository, &commits).await?)),
        None => Ok(redirect(302, &format!("/{}", place.path()))),
    }
}
