//! Commits: one, many, compared.

use serde_json::{Value, json};

use super::call::{Call, Urls};
use super::problem::Problem;
use super::view::node_id;
use super::{Answer, answer};
use crate::dialect::{Answered, Response, bytes, text};
use crate::git::{CommitInfo, FileChange, LogQuery, Repository, Signature};
use crate::state::{ProjectId, PullState, State};

/// The most files that a commit or a comparison shows.
const MOST_FILES: usize = 300;

/// `GET /repos/{owner}/{repo}/commits`.
pub(super) async fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let repository = call.repository(id).await?;
    let branch = call.default_branch(id)?;
    let param = |name| call.request.param(name).filter(|value| !value.is_empty());
    let from = match param("sha") {
        Some(name) => find(&repository, name).await?,
        None => repository.branch(&branch).await?,
    };
    let Some(from) = from else {
        return Err(if repository.branches().await?.is_empty() {
            empty_repository()
        } else {
            Problem::not_found()
        });
    };
    let author = param("author").map(|login| call.author_pattern(login));
    let paging = call.paging();
    let query = LogQuery {
        path: param("path"),
        author: author.as_deref(),
        since: param("since"),
        until: param("until"),
        skip: paging.skip(),
        limit: Some(paging.per_page),
        ..LogQuery::default()
    };
    let rows = repository.log(&from, &query).await?;
    let total = repository.log_count(&from, &query).await?;
    let urls = call.urls(id)?;
    let body: Vec<Value> = {
        let state = call.hub.state();
        let rows = rows.iter();
        rows.map(|row| commit(call, &state, &urls, row)).collect()
    };
    let answer = answer(200, &json!(body));
    Ok(call.linked(answer, id, "/commits", paging, total))
}

/// `GET /repos/{owner}/{repo}/commits/{ref}`; as a diff, a patch or a bare sha if that is asked for.
pub(super) async fn get(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    let info = existing(&repository, name).await?;
    let before = Repository::before(&info.parents).to_owned();
    match call.media_type() {
        Some("diff") => return Ok(diff(repository.diff(&before, &info.sha).await?)),
        Some("patch") => return Ok(patch(repository.patch_of(&info.sha).await?)),
        Some("sha") => return Ok(text(200, info.sha)),
        _ => {}
    }
    let changes = repository.changes(&before, &info.sha, true).await?;
    let paging = call.paging();
    let urls = call.urls(id)?;
    let mut body = commit(call, &call.hub.state(), &urls, &info);
    let sum = |count: fn(&FileChange) -> u64| changes.iter().map(count).sum::<u64>();
    let (added, deleted) = (sum(|c| c.additions), sum(|c| c.deletions));
    body["stats"] = json!({
        "total": added + deleted,
        "additions": added,
        "deletions": deleted,
    });
    let files = changes.iter().take(MOST_FILES);
    body["files"] = files.map(|file| changed(&urls, &info.sha, file)).collect();
    let tail = format!("/commits/{}", super::view::path(name));
    let answer = answer(200, &body);
    // Only the files are paged, and a commit has one page of them here.
    Ok(call.linked(answer, id, &tail, paging, 1))
}

/// `GET /repos/{owner}/{repo}/commits/{sha}/pulls`: those that the commit is in, or came with.
pub(super) async fn pulls(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    let repository = call.repository(id).await?;
    let info = existing(&repository, sha).await?;
    let candidates: Vec<(u64, PullState, String, String, Option<String>)> = {
        let state = call.hub.state();
        let project = state.visible_id(call.login(), id)?;
        let pulls = project.pull_requests.values().filter(|p| !p.synthetic);
        pulls
            .map(|pull| {
                let (base, head) = (pull.base_sha.clone(), pull.head.sha.clone());
                (pull.number, pull.state, base, head, pull.merge_sha.clone())
            })
            .collect()
    };
    let mut numbers = Vec::new();
    for (number, state, base, head, merge) in candidates {
        let is_merge = state == PullState::Merged && merge.as_deref() == Some(&info.sha);
        let is_within = repository.is_ancestor(&info.sha, &head).await?
            && !repository.is_ancestor(&info.sha, &base).await?;
        if is_merge || is_within {
            numbers.push(number);
        }
    }
    let paging = call.paging();
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let page = paging.cut(&numbers);
    let page = page
        .into_iter()
        .filter_map(|number| project.pull_requests.get(number));
    let answer = super::pull_requests::view::rows(call, &state, project, page)?;
    drop(state);
    let tail = format!("/commits/{sha}/pulls");
    Ok(call.linked(answer, id, &tail, paging, numbers.len()))
}

/// `GET /repos/{owner}/{repo}/commits/{sha}/branches-where-head`.
pub(super) async fn branches_where_head(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    let repository = call.repository(id).await?;
    let info = existing(&repository, sha).await?;
    let urls = call.urls(id)?;
    let branches = repository.branches().await?;
    let rows: Vec<Value> = branches
        .iter()
        .filter(|branch| branch.sha == info.sha)
        .map(|branch| super::refs::short_branch(&urls, branch))
        .collect();
    Ok(answer(200, &json!(rows)))
}

/// `GET /repos/{owner}/{repo}/compare/{base}...{head}`; as a diff or a patch if that is asked for.
pub(super) async fn compare(call: &Call<'_>, id: ProjectId, basehead: &str) -> Answer {
    let (base, head) = basehead.split_once("...").ok_or_else(Problem::not_found)?;
    let repository = call.repository(id).await?;
    let base_sha = far_end(call, id, &repository, base).await?;
    let head_sha = far_end(call, id, &repository, head).await?;
    let ancestor = repository.merge_base(&base_sha, &head_sha).await?;
    let Some(ancestor) = ancestor else {
        let words = format!("No common ancestor between {base} and {head}.");
        return Err(Problem::new(404, words));
    };
    match call.media_type() {
        Some("diff") => return Ok(diff(repository.diff(&ancestor, &head_sha).await?)),
        Some("patch") => return Ok(patch(repository.patch(&ancestor, &head_sha).await?)),
        _ => {}
    }
    let ahead = LogQuery {
        without: Some(&base_sha),
        oldest_first: true,
        ..LogQuery::default()
    };
    let ahead_by = repository.log_count(&head_sha, &ahead).await?;
    let behind = LogQuery {
        without: Some(&head_sha),
        ..LogQuery::default()
    };
    let behind_by = repository.log_count(&base_sha, &behind).await?;
    let paged = call.request.param("page").is_some() || call.request.param("per_page").is_some();
    let mut paging = call.paging();
    if !paged {
        // Without a word about pages there is one, and it is larger than any other.
        paging.per_page = 250;
    }
    let rows = LogQuery {
        skip: paging.skip(),
        limit: Some(paging.per_page),
        ..ahead
    };
    let commits = repository.log(&head_sha, &rows).await?;
    let changes = repository.changes(&ancestor, &head_sha, true).await?;
    let base_commit = existing(&repository, &base_sha).await?;
    let merge_base = existing(&repository, &ancestor).await?;

    let urls = call.urls(id)?;
    let state = call.hub.state();
    let mut body = json!({
        "url": format!("{}/compare/{base}...{head}", urls.api),
        "html_url": format!("{}/compare/{base}...{head}", urls.page),
        "permalink_url": format!("{}/compare/{base_sha}...{head_sha}", urls.page),
        "diff_url": format!("{}/compare/{base}...{head}.diff", urls.page),
        "patch_url": format!("{}/compare/{base}...{head}.patch", urls.page),
        "base_commit": commit(call, &state, &urls, &base_commit),
        "merge_base_commit": commit(call, &state, &urls, &merge_base),
        "status": match (ahead_by, behind_by) {
            (0, 0) => "identical",
            (_, 0) => "ahead",
            (0, _) => "behind",
            _ => "diverged",
        },
        "ahead_by": ahead_by,
        "behind_by": behind_by,
        "total_commits": ahead_by,
        "commits": commits
            .iter()
            .map(|row| commit(call, &state, &urls, row))
            .collect::<Vec<_>>(),
    });
    drop(state);
    // All files stand on the first page, whatever its size.
    if paging.page == 1 {
        let files = changes.iter().take(MOST_FILES);
        body["files"] = files.map(|file| changed(&urls, &head_sha, file)).collect();
    }
    let answer = answer(200, &body);
    let tail = format!("/compare/{base}...{head}");
    Ok(if paged {
        call.linked(answer, id, &tail, paging, ahead_by)
    } else {
        answer
    })
}

/// One end of a comparison: a revision, or `owner:branch` in a fork, whose commits are brought over.
async fn far_end(
    call: &Call<'_>,
    id: ProjectId,
    repository: &Repository,
    name: &str,
) -> Result<String, Problem> {
    let Some((owner, branch)) = name.split_once(':') else {
        return find(repository, name).await?.ok_or_else(Problem::not_found);
    };
    let fork = call
        .relative(id, owner, None)
        .ok_or_else(Problem::not_found)?;
    let fork = call.repository(fork).await?;
    let sha = find(&fork, branch).await?.ok_or_else(Problem::not_found)?;
    repository.fetch(&fork, &sha).await?;
    Ok(sha)
}

/// The commit that a name means: `heads/x` and `tags/x` exactly, else a branch, a tag, or a sha.
pub(super) async fn find(repository: &Repository, name: &str) -> Result<Option<String>, Problem> {
    for full in [
        format!("refs/{name}"),
        format!("refs/heads/{name}"),
        format!("refs/tags/{name}"),
    ] {
        if let Some(sha) = repository.resolve(&full).await? {
            return Ok(Some(sha));
        }
    }
    let hex = name.len() >= 4 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if name.starts_with("refs/") || hex || name == "HEAD" {
        return Ok(repository.resolve(name).await?);
    }
    Ok(None)
}

/// The commit of this name, or GitHub's complaint.
pub(super) async fn existing(repository: &Repository, name: &str) -> Result<CommitInfo, Problem> {
    let sha = find(repository, name).await?;
    let info = match sha {
        Some(sha) => repository.commit(&sha).await?,
        None if repository.branches().await?.is_empty() => return Err(empty_repository()),
        None => None,
    };
    info.ok_or_else(|| Problem::new(422, format!("No commit found for SHA: {name}")))
}

pub(super) fn empty_repository() -> Problem {
    Problem::new(409, "Git Repository is empty.")
}

/// A commit as the REST API tells it.
pub(super) fn commit(call: &Call<'_>, state: &State, urls: &Urls, info: &CommitInfo) -> Value {
    let sha = &info.sha;
    json!({
        "sha": sha,
        "node_id": node_id("Commit", crate::dialect::scramble(sha, 0) >> 20),
        "commit": {
            "author": signature(&info.author),
            "committer": signature(&info.committer),
            "message": info.message,
            "tree": {
                "sha": info.tree,
                "url": format!("{}/git/trees/{}", urls.api, info.tree),
            },
            "url": format!("{}/git/commits/{sha}", urls.api),
            "comment_count": 0,
            "verification": unverified(),
        },
        "url": format!("{}/commits/{sha}", urls.api),
        "html_url": format!("{}/commit/{sha}", urls.page),
        "comments_url": format!("{}/commits/{sha}/comments", urls.api),
        "author": user_of(call, state, &info.author),
        "committer": user_of(call, state, &info.committer),
        "parents": parents(urls, info),
    })
}

/// A commit as the git database tells it.
pub(super) fn git_commit(urls: &Urls, info: &CommitInfo) -> Value {
    let sha = &info.sha;
    json!({
        "sha": sha,
        "node_id": node_id("Commit", crate::dialect::scramble(sha, 0) >> 20),
        "url": format!("{}/git/commits/{sha}", urls.api),
        "html_url": format!("{}/commit/{sha}", urls.page),
        "author": signature(&info.author),
        "committer": signature(&info.committer),
        "tree": {
            "sha": info.tree,
            "url": format!("{}/git/trees/{}", urls.api, info.tree),
        },
        "message": info.message,
        "parents": parents(urls, info),
        "verification": unverified(),
    })
}

fn parents(urls: &Urls, info: &CommitInfo) -> Vec<Value> {
    let parents = info.parents.iter();
    parents
        .map(|parent| {
            json!({
                "sha": parent,
                "url": format!("{}/commits/{parent}", urls.api),
                "html_url": format!("{}/commit/{parent}", urls.page),
            })
        })
        .collect()
}

fn signature(who: &Signature) -> Value {
    json!({
        "name": who.name,
        "email": who.email,
        "date": super::view::time(who.at.to_utc()),
    })
}

pub(super) fn unverified() -> Value {
    json!({
        "verified": false,
        "reason": "unsigned",
        "signature": null,
        "payload": null,
        "verified_at": null,
    })
}

/// The user whose mail address this is, if it is anyone's here.
fn user_of(call: &Call<'_>, state: &State, who: &Signature) -> Value {
    let user = state.users.values().find(|user| user.email == who.email);
    user.map_or(Value::Null, |user| call.view.account(state, &user.login))
}

/// A file that a commit, comparison or pull request changed.
pub(super) fn changed(urls: &Urls, sha: &str, change: &FileChange) -> Value {
    let path = super::view::path(&change.path);
    let blob = if change.status == 'D' {
        &change.old_sha
    } else {
        &change.new_sha
    };
    let mut body = json!({
        "sha": blob,
        "filename": change.path,
        "status": match change.status {
            'A' => "added",
            'D' => "removed",
            'R' => "renamed",
            'C' => "copied",
            'T' => "changed",
            _ => "modified",
        },
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": format!("{}/blob/{sha}/{path}", urls.page),
        "raw_url": format!("{}/raw/{sha}/{path}", urls.page),
        "contents_url": format!("{}/contents/{path}?ref={sha}", urls.api),
    });
    if let Some(old) = &change.old_path {
        body["previous_filename"] = json!(old);
    }
    // Binary files and pure renames have none.
    if let Some(patch) = change.patch.as_ref().filter(|patch| !patch.is_empty()) {
        body["patch"] = json!(patch);
    }
    body
}

pub(super) fn diff(text: Vec<u8>) -> Response {
    bytes(200, "application/vnd.github.diff; charset=utf-8", text)
        .with("x-github-media-type", "github.v3; param=diff")
}

pub(super) fn patch(text: Vec<u8>) -> Response {
    bytes(200, "application/vnd.github.patch; charset=utf-8", text)
        .with("x-github-media-type", "github.v3; param=patch")
}
