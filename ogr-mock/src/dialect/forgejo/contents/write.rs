//! Committing files.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::change::{FileChange, Operation, edits};
use super::read::{Place, Revision, entry_view};
use crate::dialect::forgejo::body::Body;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::commits::person;
use crate::dialect::forgejo::problem::Problem;
use crate::dialect::forgejo::view::{NO_TIME, unsigned};
use crate::dialect::forgejo::{Answer, json_answer};
use crate::git::{CommitInfo, NewCommit, Object, Repository, Signature};
use crate::state::{Access, ProjectId, PullState, RefUpdate};

/// `POST /repos/{owner}/{repo}/contents/{filepath}`.
pub(super) async fn create(call: &Call<'_>, id: ProjectId, path: &str) -> Answer {
    call.signed_in()?;
    let body = call.body("CreateFileOptions")?;
    one(call, id, &body, Operation::Create, path, "Add", 201).await
}

/// `PUT /repos/{owner}/{repo}/contents/{filepath}`.
pub(super) async fn update(call: &Call<'_>, id: ProjectId, path: &str) -> Answer {
    call.signed_in()?;
    let body = call.body("UpdateFileOptions")?;
    body.required("sha", "SHA")?;
    one(call, id, &body, Operation::Update, path, "Update", 200).await
}

/// `DELETE /repos/{owner}/{repo}/contents/{filepath}`: with a body.
pub(super) async fn delete(call: &Call<'_>, id: ProjectId, path: &str) -> Answer {
    call.signed_in()?;
    let mut body = call.body("DeleteFileOptions")?;
    if call.request.content_type().is_empty()
        && let Some(sha) = call.param("sha")
    {
        // The one field that is read from the query where there is no body.
        body.set("sha", sha);
    }
    body.required("sha", "SHA")?;
    let answer = one(call, id, &body, Operation::Delete, path, "Delete", 200).await;
    answer.map_err(|problem| match problem {
        Problem::Message(409 | 422, words) if words.starts_with("sha does not match") => {
            Problem::new(400, words)
        }
        other => other,
    })
}

async fn one(
    call: &Call<'_>,
    id: ProjectId,
    body: &Body,
    operation: Operation,
    path: &str,
    verb: &str,
    status: u16,
) -> Answer {
    may_write(call, id, body)?;
    let change = FileChange::read(body, operation, path)?;
    let message = format!("{verb} {}", change.path);
    let made = commit(call, id, body, &[change], &message).await?;
    let answer = json!({
        "content": made.files.first(),
        "commit": made.commit,
        "verification": unsigned(),
    });
    Ok(json_answer(status, &answer))
}

/// `POST /repos/{owner}/{repo}/contents`: all files in one commit, or none.
pub(super) async fn many(call: &Call<'_>, id: ProjectId) -> Answer {
    call.signed_in()?;
    let body = call.body("ChangeFilesOptions")?;
    let files = body.objects("files", "ChangeFileOperation")?;
    // An empty list makes an empty commit.
    if !body.has("files") {
        return Err(Problem::required("Files"));
    }
    may_write(call, id, &body)?;
    let (mut changes, mut verbs) = (Vec::new(), BTreeMap::new());
    for file in &files {
        let path = file.required("path", "Path")?;
        let (operation, verb) = match file.required("operation", "Operation")? {
            "create" => (Operation::Create, "Add"),
            "update" => (Operation::Update, "Update"),
            "delete" => (Operation::Delete, "Delete"),
            // Meant to be a 422.
            _ => return Err(Problem::server_error()),
        };
        let change = FileChange::read(file, operation, path)?;
        if operation != Operation::Create && change.sha.is_none() && !call.flavour.gitea {
            let words = "a SHA or commit ID must be provided when updating a file";
            return Err(Problem::new(422, words));
        }
        let paths: &mut Vec<String> = verbs.entry(verb).or_default();
        paths.push(change.path.clone());
        changes.push(change);
    }
    let lines = ["Add", "Update", "Delete"].into_iter().filter_map(|verb| {
        let paths = verbs.get(verb)?;
        Some(format!("{verb} {}", paths.join(", ")))
    });
    let message = lines.collect::<Vec<_>>().join("\n");
    let made = commit(call, id, &body, &changes, &message).await;
    let made = made.map_err(|problem| match problem {
        // Of one file this is a 404.
        Problem::Message(404, words) if words.starts_with("repository file does not exist") => {
            Problem::server_error()
        }
        other => other,
    })?;
    let answer = json!({
        "files": made.files,
        "commit": made.commit,
        "verification": unsigned(),
    });
    Ok(json_answer(201, &answer))
}

/// Refuses who may not push to the branch: writers may, and maintainers whom a contributor let.
fn may_write(call: &Call<'_>, id: ProjectId, body: &Body) -> Result<(), Problem> {
    let login = call.signed_in()?;
    {
        let state = call.hub.state();
        let project = state.visible_id(Some(login), id)?;
        let branch = match body.plain("branch")? {
            "" => &project.default_branch,
            branch => branch,
        };
        let mut pulls = state
            .projects
            .values()
            .filter(|target| call.may(&state, target, Access::Write))
            .flat_map(|target| target.pull_requests.values());
        let invited = pulls.any(|pull| {
            pull.state == PullState::Open
                && pull.maintainer_edit
                && pull.head.project == Some(id)
                && pull.head.branch == branch
        });
        if !call.may(&state, project, Access::Write) && !invited {
            let words = "user should have a permission to write to this branch";
            return Err(Problem::new(403, words));
        }
    }
    call.not_archived(id)
}

/// A commit that was made.
struct Made {
    commit: Value,
    /// As they are now, in the order of the changes; null for what is gone.
    files: Vec<Value>,
}

/// Where a commit comes and goes.
struct Branches {
    /// What it is built on; nothing in an empty repository.
    tip: Option<String>,
    /// The branch that gets it.
    target: String,
    /// What that branch points at now.
    old: Option<String>,
}

async fn branches(
    call: &Call<'_>,
    id: ProjectId,
    body: &Body,
    repository: &Repository,
) -> Answer<Branches> {
    let default = call.hub.state().project_mut(id)?.default_branch.clone();
    let branch = match body.plain("branch")? {
        "" => default,
        branch => branch.to_owned(),
    };
    let tip = repository.branch(&branch).await?;
    if tip.is_none() && !call.is_empty(id)? {
        let words = format!("branch does not exist [name: {branch}]");
        return Err(Problem::new(404, words));
    }
    let target = match body.plain("new_branch")? {
        "" => branch.clone(),
        new => new.to_owned(),
    };
    if target == branch {
        return Ok(Branches {
            old: tip.clone(),
            tip,
            target,
        });
    }
    let old = repository.branch(&target).await?;
    let overwrite =
        call.flavour.sixteen() && body.flag("force_overwrite_new_branch")?.unwrap_or(false);
    if old.is_some() && !overwrite {
        let words = format!("branch already exists [name: {target}]");
        return Err(Problem::new(422, words));
    }
    Ok(Branches { tip, target, old })
}

async fn commit(
    call: &Call<'_>,
    id: ProjectId,
    body: &Body,
    changes: &[FileChange],
    usual_message: &str,
) -> Answer<Made> {
    let login = call.signed_in()?;
    let repository = call.repository(id).await?;
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let branches = branches(call, id, body, &repository).await?;
    let (author, committer) = people(call, body, login)?;
    let message = message(body, usual_message, &committer)?;
    let mut all = Vec::new();
    for change in changes {
        let tip = branches.tip.as_deref();
        all.extend(edits(&repository, tip, change, call.flavour.gitea).await?);
    }
    let sha = repository
        .commit_files(&NewCommit {
            parent: branches.tip.as_deref(),
            edits: &all,
            message: &message,
            author: &author,
            committer: &committer,
        })
        .await?;
    let (target, old) = (&branches.target, branches.old.as_deref());
    repository.move_branch(target, &sha, Some(old)).await?;
    let update = RefUpdate::branch(target, old, Some(&sha));
    call.hub.refs_changed(login, id, &[update]).await?;
    let made = repository.commit(&sha).await?;
    let made = made.ok_or_else(Problem::server_error)?;
    let project = call.path_of(id)?;
    let revision = Revision::find(&repository, target).await?;
    let revision = revision.ok_or_else(Problem::server_error)?;
    let place = Place {
        repository: &repository,
        project: &project,
        revision: &revision,
    };
    let mut files = Vec::new();
    for change in changes {
        files.push(match repository.object(&sha, &change.path).await? {
            Some(Object::Leaf(entry)) if change.operation != Operation::Delete => {
                entry_view(call, &place, &entry, true).await?
            }
            _ => Value::Null,
        });
    }
    Ok(Made {
        commit: commit_view(call, &project, &made),
        files,
    })
}

/// Who made it: whoever is named for one part has the other part too, unless that is named as well.
fn people(call: &Call<'_>, body: &Body, login: &str) -> Result<(Signature, Signature), Problem> {
    let doer = call.hub.signature(login);
    let named = |role: &str| -> Result<Option<Signature>, Problem> {
        let Some(who) = body.within(role, "Identity") else {
            return Ok(None);
        };
        let (name, email) = (who.plain("name")?, who.plain("email")?);
        if email.is_empty() {
            return Ok(None);
        }
        let mut signature = doer.clone();
        email.clone_into(&mut signature.email);
        if !name.is_empty() {
            name.clone_into(&mut signature.name);
        }
        Ok(Some(signature))
    };
    let (author, committer) = (named("author")?, named("committer")?);
    let mut signatures = match (author, committer) {
        (Some(author), Some(committer)) => (author, committer),
        (Some(one), None) | (None, Some(one)) => (one.clone(), one),
        (None, None) => (doer.clone(), doer),
    };
    if let Some(dates) = body.within("dates", "CommitDateOptions") {
        if let Some(at) = dates.time("author")? {
            signatures.0.at = at;
        }
        if let Some(at) = dates.time("committer")? {
            signatures.1.at = at;
        }
    }
    Ok(signatures)
}

fn message(body: &Body, usual: &str, committer: &Signature) -> Result<String, Problem> {
    let mut message = match body.plain("message")?.trim() {
        "" => usual.to_owned(),
        message => message.to_owned(),
    };
    if body.flag("signoff")?.unwrap_or(false) {
        let (name, email) = (&committer.name, &committer.email);
        message.push_str(&format!("\n\nSigned-off-by: {name} <{email}>"));
    }
    Ok(message)
}

/// A commit as it is told right after it was made.
fn commit_view(call: &Call<'_>, project: &str, commit: &CommitInfo) -> Value {
    let api = call.project_api(project);
    let meta = |kind: &str, sha: &str| json!({"url": format!("{api}/git/{kind}/{sha}"), "sha": sha, "created": NO_TIME});
    let parents: Vec<Value> = commit
        .parents
        .iter()
        .map(|sha| meta("commits", sha))
        .collect();
    json!({
        "url": format!("{api}/git/commits/{}", commit.sha),
        "sha": commit.sha,
        "created": NO_TIME,
        "html_url": format!("{}/commit/{}", call.project_page(project), commit.sha),
        "author": person(&commit.author),
        "committer": person(&commit.committer),
        "parents": parents,
        "message": format!("{}\n", commit.message),
        "tree": meta("trees", &commit.tree),
    })
}
