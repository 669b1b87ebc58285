//! Branches.

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::view::{git_time, unsigned};
use super::{Answer, json_answer};
use crate::dialect::empty;
use crate::git::{CommitInfo, Ref, Signature};
use crate::state::{Access, ProjectId, RefUpdate, State};

/// Routes below `/repos/{owner}/{repo}/branches`; the name of a branch may have slashes.
pub(super) async fn route(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    match (call.request.method.as_str(), name) {
        ("GET", "") => list(call, id).await,
        ("POST", "") => create(call, id).await,
        ("GET", _) => get(call, id, name).await,
        ("PATCH", _) => rename(call, id, name).await,
        _ => delete(call, id, name).await,
    }
}

/// A commit as branches and pushes tell it.
fn tip(call: &Call<'_>, state: &State, path: &str, commit: &CommitInfo) -> Value {
    let person = |who: &Signature| {
        json!({
            "name": who.name,
            "email": who.email,
            "username": call.user_of_signature(state, who).unwrap_or_default(),
        })
    };
    json!({
        "id": commit.sha,
        "message": format!("{}\n", commit.message),
        "url": format!("{}/commit/{}", call.project_page(path), commit.sha),
        "author": person(&commit.author),
        "committer": person(&commit.committer),
        "verification": unsigned(),
        "timestamp": git_time(commit.author.at),
        "added": null,
        "removed": null,
        "modified": null,
    })
}

fn branch(call: &Call<'_>, id: ProjectId, name: &str, commit: &CommitInfo) -> Answer<Value> {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let writer = call.login().is_some() && call.may(&state, project, Access::Write);
    Ok(json!({
        "name": name,
        "commit": tip(call, &state, &project.path(), commit),
        "protected": false,
        "required_approvals": 0,
        "enable_status_check": false,
        "status_check_contexts": [],
        "user_can_push": writer,
        "user_can_merge": writer,
        "effective_branch_protection_name": "",
    }))
}

async fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    if call.is_empty(id)? {
        return Ok(call.counted(&Value::Null, 0));
    }
    let repository = call.repository(id).await?;
    let branches = repository.branches().await?;
    let shas: Vec<&str> = branches.iter().map(|branch| branch.sha.as_str()).collect();
    let commits = repository.commits(&shas).await?;
    let mut found: Vec<(&Ref, &CommitInfo)> = branches
        .iter()
        .filter_map(|branch| Some((branch, commits.get(&branch.sha)?)))
        .collect();
    // The youngest commit first; of the same time by name, in which order they are already.
    found.sort_by_key(|(_, commit)| std::cmp::Reverse(commit.committer.at));
    let (total, paging) = (found.len(), call.paging());
    let rows = paging.cut(found).into_iter();
    let rows: Result<Vec<Value>, Problem> = rows
        .map(|(found, commit)| branch(call, id, &found.name, commit))
        .collect();
    Ok(call.linked(&json!(rows?), paging, total))
}

fn unknown(name: &str) -> Problem {
    Problem::not_found_because(format!("branch does not exist [name: {name}]"))
}

async fn get(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    let sha = repository
        .branch(name)
        .await?
        .ok_or_else(|| unknown(name))?;
    let commit = repository.commit(&sha).await?;
    let commit = commit.ok_or_else(|| unknown(name))?;
    Ok(json_answer(200, &branch(call, id, name, &commit)?))
}

/// What keeps a name from becoming a branch's, if anything does.
async fn check_new_name(repository: &crate::git::Repository, name: &str) -> Result<(), Problem> {
    let refuse = |words: &str| Err(Problem::new(409, words));
    if repository.tag(name).await?.is_some() {
        return refuse("The branch with the same tag already exists.");
    }
    for known in repository.branches().await? {
        if known.name == name {
            return refuse("The branch already exists.");
        }
        // git keeps branches as files: `a` and `a/b` cannot both be.
        if known.name.starts_with(&format!("{name}/"))
            || name.starts_with(&format!("{}/", known.name))
        {
            return refuse("The branch with the same name already exists.");
        }
    }
    Ok(())
}

async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.writer(id)?;
    call.not_archived(id)?;
    let body = call.body("CreateBranchRepoOption")?;
    let name = body.required("new_branch_name", "BranchName")?;
    let repository = call.repository(id).await?;
    let full = format!("refs/heads/{name}");
    if name.len() > 100 || repository.check_ref_name(&full).await.is_err() {
        return Err(Problem::new(422, "[BranchName]: GitRefName"));
    }
    if call.is_empty(id)? {
        return Err(Problem::new(404, "Git Repository is empty."));
    }
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let from = if let Some(old) = body.text("old_ref_name")?.filter(|old| !old.is_empty()) {
        // Meant to be a 404.
        let sha = repository.resolve(old).await?;
        sha.ok_or_else(Problem::server_error)?
    } else if let Some(old) = body.text("old_branch_name")?.filter(|old| !old.is_empty()) {
        let words = "The old branch does not exist";
        let sha = repository.branch(old).await?;
        sha.ok_or_else(|| Problem::new(404, words))?
    } else {
        let default = call.hub.state().project_mut(id)?.default_branch.clone();
        let sha = repository.branch(&default).await?;
        sha.ok_or_else(Problem::server_error)?
    };
    check_new_name(&repository, name).await?;
    repository.move_branch(name, &from, Some(None)).await?;
    let update = RefUpdate::branch(name, None, Some(&from));
    call.hub.refs_changed(login, id, &[update]).await?;
    let commit = repository.commit(&from).await?;
    let commit = commit.ok_or_else(Problem::server_error)?;
    Ok(json_answer(201, &branch(call, id, name, &commit)?))
}

async fn rename(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let login = call.writer(id)?;
    call.not_archived(id)?;
    let body = call.body("UpdateBranchRepoOption")?;
    let new = body.required("name", "Name")?;
    let repository = call.repository(id).await?;
    let full = format!("refs/heads/{new}");
    if repository.check_ref_name(&full).await.is_err() {
        return Err(Problem::new(422, "[Name]: GitRefName"));
    }
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let Some(sha) = repository.branch(name).await? else {
        return Err(Problem::new(404, "Branch doesn't exist."));
    };
    if repository.branch(new).await?.is_some() {
        let words =
            "Cannot rename a branch using the same name or rename to a branch that already exists.";
        return Err(Problem::new(422, words));
    }
    repository.move_branch(new, &sha, Some(None)).await?;
    {
        // Pull requests go along.
        let mut state = call.hub.state();
        for project in state.projects.values_mut() {
            for pull in project.pull_requests.values_mut() {
                if pull.project == id && pull.base_branch == name {
                    new.clone_into(&mut pull.base_branch);
                }
                if pull.head.project == Some(id) && pull.head.branch == name {
                    new.clone_into(&mut pull.head.branch);
                }
            }
        }
    }
    let default = call.hub.state().project_mut(id)?.default_branch == name;
    if default {
        call.hub.set_default_branch(id, new).await?;
    }
    repository.delete_ref(&format!("refs/heads/{name}")).await?;
    let updates = [
        RefUpdate::branch(new, None, Some(&sha)),
        RefUpdate::branch(name, Some(&sha), None),
    ];
    call.hub.refs_changed(login, id, &updates).await?;
    Ok(empty(204))
}

async fn delete(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let login = call.writer(id)?;
    call.not_archived(id)?;
    if call.is_empty(id)? {
        return Err(Problem::new(404, "Git Repository is empty."));
    }
    let repository = call.repository(id).await?;
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    if call.hub.state().project_mut(id)?.default_branch == name {
        return Err(Problem::new(403, "can not delete default branch"));
    }
    let Some(sha) = repository.branch(name).await? else {
        return if call.flavour.gitea {
            Ok(empty(204))
        } else {
            // Meant to be a 404.
            Err(Problem::server_error())
        };
    };
    repository.delete_ref(&format!("refs/heads/{name}")).await?;
    let update = RefUpdate::branch(name, Some(&sha), None);
    call.hub.refs_changed(login, id, &[update]).await?;
    Ok(empty(204))
}
