//! Branches and tags.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::form::{Checks, is_yes};
use super::objects::{Named, by_hash};
use super::problem::Problem;
use super::view::reply;
use super::{Answer, Place};
use crate::git::Repository;
use crate::state::{Access, ProjectId, RefUpdate};

impl Call<'_> {
    /// A value from the query or, failing that, from a form. JSON is not looked at.
    fn query_or_form(&self, name: &str) -> Option<String> {
        let query = self.request.param(name).map(str::to_owned);
        query.or_else(|| self.form.text(name).filter(|_| !self.form.json))
    }

    fn with_commits(&self) -> bool {
        let value = self.query_or_form("with_commits");
        value.is_some_and(|value| is_yes(&value))
    }
}

/// `GET git/branches`.
pub(super) async fn branches(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    tell_branches(call, id).await
}

async fn tell_branches(call: &Call<'_>, id: ProjectId) -> Answer {
    let repository = call.repository(id).await?;
    let branches = repository.branches().await?;
    let head = repository.head_branch().await?;
    // A HEAD that names a branch which is not there is no default at all.
    let default = branches.iter().find(|branch| branch.name == head);
    let body = if call.with_commits() {
        let mut commits = Map::new();
        for branch in &branches {
            commits.insert(branch.name.clone(), json!(branch.sha));
        }
        let mut one = Map::new();
        if let Some(default) = default {
            one.insert(default.name.clone(), json!(default.sha));
        }
        json!({"total_branches": branches.len(), "branches": commits, "default": one})
    } else {
        let names: Vec<&str> = branches.iter().map(|b| b.name.as_str()).collect();
        let default = default.map(|default| &default.name);
        json!({"total_branches": branches.len(), "branches": names, "default": default})
    };
    Ok(reply(200, &body))
}

/// `POST git/branches`: sets the default branch. The ACL is all that it takes, and JSON is not read.
pub(super) async fn set_default(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_token(id)?;
    let git_error = || Problem::new(400, "EGITERROR");
    let branch = call.query_or_form("branch_name").ok_or_else(git_error)?;
    let repository = call.hub.stored_repository(id);
    if repository.branch(&branch).await?.is_none() {
        return Err(git_error());
    }
    call.hub.set_default_branch(id, &branch).await?;
    tell_branches(call, id).await
}

/// `POST git/branch`.
pub(super) async fn create_branch(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_token(id)?;
    let login = call.user()?;
    let text = |name: &str| match call.form.plain(name) {
        Ok(text) => Ok(text.map(str::to_owned)),
        Err(_) => Err(Problem::invalid()),
    };
    let (from_branch, from_commit) = (call.form.has("from_branch"), call.form.has("from_commit"));
    let filled = |name| call.form.filled(name).is_some();
    if from_branch && from_commit && filled("from_branch") && filled("from_commit") {
        return Err(Problem::invalid());
    }
    let branch = text("branch")?.ok_or_else(Problem::invalid)?;
    let from_branch = text("from_branch")?;
    let from_commit = text("from_commit")?;
    let repository = call.hub.stored_repository(id);
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let parent = match (from_branch, from_commit) {
        (None, Some(commit)) => match by_hash(&repository, &commit).await? {
            Named::Bad => return Err(Problem::Fatal),
            Named::Unknown => {
                let text = format!("The commit \"{commit}\" does not exist");
                return Err(Problem::no_code(text));
            }
            Named::Object { sha, .. } => sha,
        },
        (from, _) => {
            // Whatever the default branch is called.
            let from = from.unwrap_or_else(|| "master".to_owned());
            let tip = repository.branch(&from).await?;
            let text = format!("The \"{from}\" branch does not exist");
            tip.ok_or_else(|| Problem::no_code(text))?
        }
    };
    if repository.branch(&branch).await?.is_some() {
        let text = format!("The branch \"{branch}\" already exists");
        return Err(Problem::no_code(text));
    }
    if repository
        .check_ref_name(&format!("refs/heads/{branch}"))
        .await
        .is_err()
    {
        return Err(Problem::Fatal);
    }
    refuse_stranger(call, id, login, &branch)?;
    repository.move_branch(&branch, &parent, Some(None)).await?;
    let update = RefUpdate::branch(&branch, None, Some(&parent));
    call.hub.refs_changed(login, id, &[update]).await?;
    let message = "Project branch was created";
    Ok(reply(200, &json!({"message": message})))
}

/// Branches are made by a push inside the server, and its hook refuses who may not push.
fn refuse_stranger(
    call: &Call<'_>,
    id: ProjectId,
    login: &str,
    branch: &str,
) -> Result<(), Problem> {
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    if state.allows(Some(login), project, Access::Write) {
        return Ok(());
    }
    Err(Problem::no_code(format!(
        "Remote hook declined the push: Has commit access: False\n\
        Denied push for ref 'refs/heads/{branch}' for user '{login}'\n\
        All changes have been rejected"
    )))
}

/// `GET git/tags`.
pub(super) async fn tags(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    let repository = call.repository(id).await?;
    let body = tell_tags(&repository, call.with_commits()).await?;
    Ok(reply(200, &body))
}

async fn tell_tags(repository: &Repository, with_commits: bool) -> Result<Value, Problem> {
    let tags = repository.tags().await?;
    Ok(if with_commits {
        let mut commits = Map::new();
        for tag in &tags {
            commits.insert(tag.name.clone(), json!(tag.commit));
        }
        json!({"total_tags": tags.len(), "tags": commits})
    } else {
        let names: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
        json!({"total_tags": names.len(), "tags": names})
    })
}

/// `POST git/tags`: an annotated tag of an object's hash. Anyone with the ACL may, member or not; a tag
/// that is there already is no error.
pub(super) async fn create_tag(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_token(id)?;
    let login = call.user()?;
    Checks::on(&call.form)
        .required("tagname")
        .required("commit_hash")
        .done()?;
    let name = call.form.plain("tagname")?.unwrap_or_default();
    let hash = call.form.plain("commit_hash")?.unwrap_or_default();
    let message = call.form.filled("message").unwrap_or_default();
    let repository = call.hub.stored_repository(id);
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let sha = match by_hash(&repository, hash).await? {
        // A branch's name is one: the server did not expect it.
        Named::Bad => return Err(Problem::Fatal),
        Named::Unknown => return Err(Problem::new(400, "EGITERROR")),
        Named::Object { sha, .. } => sha,
    };
    let full = format!("refs/tags/{name}");
    if repository.check_ref_name(&full).await.is_err() {
        return Err(Problem::Fatal);
    }
    let known = repository.tag(name).await?.is_some();
    if call.form.ticked("force") {
        // It can only be forced where there is something to replace.
        if !known {
            return Err(Problem::Fatal);
        }
        repository.delete_ref(&full).await?;
    } else if known {
        return told_of_tag(call, &repository, false).await;
    }
    let tagger = call.hub.signature(login);
    repository
        .create_tag(name, &sha, Some((&message, &tagger)))
        .await?;
    told_of_tag(call, &repository, true).await
}

async fn told_of_tag(call: &Call<'_>, repository: &Repository, created: bool) -> Answer {
    let mut body = tell_tags(repository, call.with_commits()).await?;
    body["tag_created"] = json!(created);
    Ok(reply(200, &body))
}
