//! Branches.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::call::{Call, find_commit};
use super::problem::Problem;
use super::view::path;
use super::{Answer, commits};
use crate::dialect::{answer, empty};
use crate::git::{CommitInfo, Ref, Repository};
use crate::state::{Access, ProjectId, RefUpdate, Refusal, What};

/// `GET .../repository/branches`: by name.
pub(super) async fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let repository = call.repository(id).await?;
    let search = call.params.filled("search")?;
    let mut branches = repository.branches().await?;
    branches.retain(|branch| search.as_ref().is_none_or(|text| found(&branch.name, text)));
    let keyed = call
        .params
        .choice("pagination", &["legacy", "keyset", "offset"])?;
    if keyed.as_deref() == Some("keyset") {
        return by_key(call, id, &repository, branches).await;
    }
    let paging = call.paging()?;
    let total = branches.len();
    let page: Vec<Ref> = paging.cut(branches);
    let rows = rows(call, id, &repository, &page).await?;
    Ok(call.page_of(rows, paging, total, &[]))
}

/// `^start`, `end$`, or a part of the name.
fn found(name: &str, search: &str) -> bool {
    let (name, search) = (name.to_lowercase(), search.to_lowercase());
    match (search.strip_prefix('^'), search.strip_suffix('$')) {
        (Some(start), _) => name.starts_with(start),
        (None, Some(end)) => name.ends_with(end),
        (None, None) => name.contains(&search),
    }
}

async fn by_key(
    call: &Call<'_>,
    id: ProjectId,
    repository: &Repository,
    mut branches: Vec<Ref>,
) -> Answer {
    let per_page = call.per_page()?;
    if let Some(after) = call.params.filled("page_token")? {
        let at = branches.iter().position(|branch| branch.name == after);
        branches.drain(..at.map_or(0, |at| at + 1));
    }
    let more = branches.len() > per_page;
    branches.truncate(per_page);
    let rows = rows(call, id, repository, &branches).await?;
    let last = branches.last().map(|branch| branch.name.as_str());
    let next = last.filter(|_| more).map(|last| ("page_token", last));
    Ok(call.after_key(answer(200, &json!(rows)), next))
}

async fn rows(
    call: &Call<'_>,
    id: ProjectId,
    repository: &Repository,
    branches: &[Ref],
) -> Result<Vec<Value>, Problem> {
    let default = call.default_branch(id)?;
    let root = repository.branch(&default).await?;
    let shas: Vec<&str> = branches.iter().map(|branch| branch.sha.as_str()).collect();
    let known = repository.commits(&shas).await?;
    let mut merged = HashSet::new();
    if let Some(root) = &root {
        let args = [
            "for-each-ref",
            "--merged",
            root,
            "--format=%(refname)",
            "refs/heads/",
        ];
        let out = repository.git(&args).await?;
        let names = String::from_utf8_lossy(&out);
        merged.extend(names.lines().map(str::to_owned));
    }
    let mut rows = Vec::new();
    for branch in branches {
        let Some(commit) = known.get(&branch.sha) else {
            continue;
        };
        let into_root = merged.contains(&format!("refs/heads/{}", branch.name))
            && root.as_ref() != Some(&branch.sha);
        let mut row = body(call, id, &default, &branch.name, commit, into_root)?;
        // In lists GitLab does not look the parents up.
        row["commit"]["parent_ids"] = Value::Null;
        rows.push(row);
    }
    Ok(rows)
}

/// `HEAD .../repository/branches/{branch}`.
pub(super) async fn exists(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    match repository.branch(name).await? {
        Some(_) => Ok(empty(204)),
        None => Err(Problem::message(404, "404 Not Found")),
    }
}

/// `GET .../repository/branches/{branch}`.
pub(super) async fn get(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    Ok(answer(200, &single(call, id, &repository, name).await?))
}

async fn single(
    call: &Call<'_>,
    id: ProjectId,
    repository: &Repository,
    name: &str,
) -> Result<Value, Problem> {
    let full = format!("refs/heads/{name}");
    if repository.check_ref_name(&full).await.is_err() {
        return Err(Problem::message(400, "The branch refname is invalid"));
    }
    let missing = || Problem::not_found("Branch");
    let sha = repository.branch(name).await?.ok_or_else(missing)?;
    let commit = repository.commit(&sha).await?.ok_or_else(missing)?;
    let default = call.default_branch(id)?;
    let merged = match repository.branch(&default).await? {
        Some(root) => root != sha && repository.is_ancestor(&sha, &root).await?,
        None => false,
    };
    body(call, id, &default, name, &commit, merged)
}

fn body(
    call: &Call<'_>,
    id: ProjectId,
    default: &str,
    name: &str,
    commit: &CommitInfo,
    merged: bool,
) -> Result<Value, Problem> {
    let page = call.page(id)?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let can_push =
        call.login().is_some() && !project.archived && call.allows(&state, project, Access::Write);
    Ok(json!({
        "name": name,
        "commit": commits::body(&page, commit),
        "merged": merged,
        "protected": false,
        "developers_can_push": false,
        "developers_can_merge": false,
        "can_push": can_push,
        "default": name == default,
        "web_url": format!("{page}/-/tree/{}", path(name)),
    }))
}

/// `POST .../repository/branches`.
pub(super) async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.writer(id, Access::Write)?.to_owned();
    call.params.require_filled(&["branch", "ref"])?;
    let name = call.params.text("branch")?.unwrap_or_default();
    let from = call.params.text("ref")?.unwrap_or_default();
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let repository = call.repository(id).await?;
    let full = format!("refs/heads/{name}");
    let is_sha = name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_sha || name.starts_with('-') || repository.check_ref_name(&full).await.is_err() {
        return Err(Refusal::BadName(What::Branch).into());
    }
    if repository.branch(&name).await?.is_some() {
        return Err(Problem::message(400, "Branch already exists"));
    }
    let bad = || Problem::message(400, format!("Invalid reference name: {from}"));
    let sha = find_commit(&repository, &from).await?.ok_or_else(bad)?;
    let made = repository.move_branch(&name, &sha, Some(None)).await;
    // What is left are names that stand in each other's way, as `a` and `a/b` do.
    made.map_err(|_| {
        let words = format!("Failed to create branch '{name}': invalid reference name '{from}'");
        Problem::message(400, words)
    })?;
    let update = RefUpdate::branch(&name, None, Some(&sha));
    call.hub.refs_changed(&login, id, &[update]).await?;
    Ok(answer(201, &single(call, id, &repository, &name).await?))
}

/// `DELETE .../repository/branches/{branch}`.
pub(super) async fn delete(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let login = call.writer(id, Access::Write)?.to_owned();
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let repository = call.repository(id).await?;
    let sha = repository.branch(name).await?;
    let sha = sha.ok_or_else(|| Problem::not_found("Branch"))?;
    if name == call.default_branch(id)? {
        let words = "The default branch of a project cannot be deleted.";
        return Err(Problem::message(400, words));
    }
    repository.delete_ref(&format!("refs/heads/{name}")).await?;
    let update = RefUpdate::branch(name, Some(&sha), None);
    call.hub.refs_changed(&login, id, &[update]).await?;
    Ok(empty(204))
}
