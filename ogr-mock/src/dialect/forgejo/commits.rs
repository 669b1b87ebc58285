//! Commits: one, a history, and what they came in by.

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::view::{NO_TIME, git_time, unsigned};
use super::{Answer, json_answer, pull_requests};
use crate::dialect::{Answered, text};
use crate::git::{CommitInfo, LogQuery, Repository, Signature};
use crate::state::ProjectId;

/// How much of each commit is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detail {
    stat: bool,
    verification: bool,
    files: bool,
}

impl Detail {
    /// What the query asks for; all of it unless it says no.
    pub(super) fn asked(call: &Call<'_>) -> Self {
        Self {
            stat: call.flag("stat", true),
            verification: call.flag("verification", true),
            files: call.flag("files", true),
        }
    }

    /// With the numbers of lines, whatever the query says.
    pub(super) fn with_stat(self) -> Self {
        Self { stat: true, ..self }
    }

    pub(super) fn all() -> Self {
        Self {
            stat: true,
            verification: true,
            files: true,
        }
    }
}

/// A person of a commit.
pub(super) fn person(who: &Signature) -> Value {
    json!({"name": who.name, "email": who.email, "date": git_time(who.at)})
}

/// A commit of a project.
pub(super) async fn view(
    call: &Call<'_>,
    repository: &Repository,
    project: &str,
    commit: &CommitInfo,
    detail: Detail,
) -> Answer<Value> {
    let (api, page) = (call.project_api(project), call.project_page(project));
    let url = format!("{api}/git/commits/{}", commit.sha);
    let created = git_time(commit.committer.at);
    let (files, stats) = files_and_stats(repository, commit, detail).await?;
    let state = call.hub.state();
    let account = |who: &Signature| {
        call.user_of_signature(&state, who)
            .map(|login| call.user_unseen(&state, login))
    };
    let parents: Vec<Value> = commit
        .parents
        .iter()
        .map(|sha| {
            let url = format!("{api}/git/commits/{sha}");
            json!({"url": url, "sha": sha, "created": NO_TIME})
        })
        .collect();
    Ok(json!({
        "url": url,
        "sha": commit.sha,
        "created": created,
        "html_url": format!("{page}/commit/{}", commit.sha),
        "commit": {
            "url": url,
            "author": person(&commit.author),
            "committer": person(&commit.committer),
            "message": format!("{}\n", commit.message),
            // Not the tree's own name.
            "tree": {
                "url": format!("{api}/git/trees/{}", commit.sha),
                "sha": commit.sha,
                "created": created,
            },
            "verification": detail.verification.then(unsigned),
        },
        "author": account(&commit.author),
        "committer": account(&commit.committer),
        "parents": parents,
        "files": files,
        "stats": stats,
    }))
}

async fn files_and_stats(
    repository: &Repository,
    commit: &CommitInfo,
    detail: Detail,
) -> Answer<(Value, Value)> {
    if !detail.files && !detail.stat {
        return Ok((Value::Null, Value::Null));
    }
    let before = Repository::before(&commit.parents);
    let changes = repository.changes(before, &commit.sha, false).await?;
    // No lines are counted for a merge.
    let counted = if commit.parents.len() > 1 {
        &[]
    } else {
        &changes[..]
    };
    let stats = detail.stat.then(|| {
        let additions: u64 = counted.iter().map(|change| change.additions).sum();
        let deletions: u64 = counted.iter().map(|change| change.deletions).sum();
        json!({"total": additions + deletions, "additions": additions, "deletions": deletions})
    });
    // A renamed file is one that went and one that came.
    let files = detail.files.then(|| {
        let by_name = |a: &Value, b: &Value| a["filename"].as_str().cmp(&b["filename"].as_str());
        let row = |status: &str, name: &str| json!({"filename": name, "status": status});
        let (mut added, mut removed, mut modified) = (Vec::new(), Vec::new(), Vec::new());
        for change in &changes {
            match change.status {
                'A' => added.push(row("added", &change.path)),
                'D' => removed.push(row("removed", &change.path)),
                'R' | 'C' => {
                    added.push(row("added", &change.path));
                    if let Some(old) = change.old_path.as_deref().filter(|_| change.status == 'R') {
                        removed.push(row("removed", old));
                    }
                }
                _ => modified.push(row("modified", &change.path)),
            }
        }
        // Each kind by path.
        added.sort_by(by_name);
        removed.sort_by(by_name);
        [added, removed, modified].concat()
    });
    Ok((json!(files), json!(stats)))
}

/// `GET /repos/{owner}/{repo}/commits`.
pub(super) async fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    if call.is_empty(id)? {
        return Err(Problem::new(409, "Git Repository is empty."));
    }
    let project = call.path_of(id)?;
    let repository = call.repository(id).await?;
    let from = match call.param("sha") {
        Some(sha) => sha.to_owned(),
        None => {
            let state = call.hub.state();
            state.visible_id(call.login(), id)?.default_branch.clone()
        }
    };
    let Some(from) = repository.resolve(&from).await? else {
        return Err(Problem::Json(404, Value::Null));
    };
    let without = match call.param("not") {
        Some(not) => repository.resolve(not).await?,
        None => None,
    };
    let query = LogQuery {
        without: without.as_deref(),
        path: call.param("path"),
        ..LogQuery::default()
    };
    let total = repository.log_count(&from, &query).await?;
    if total == 0 && query.path.is_some() {
        return Err(Problem::not_found_as("FileCommitsCount"));
    }
    let paging = call.paging();
    let page = LogQuery {
        skip: paging.skip(),
        limit: Some(paging.per_page),
        ..query
    };
    let mut rows = Vec::new();
    for commit in repository.log(&from, &page).await? {
        let detail = Detail::asked(call);
        rows.push(view(call, &repository, &project, &commit, detail).await?);
    }
    let answer = call.linked(&json!(rows), paging, total);
    Ok(call
        .paged_headers(answer, paging, total, "X-Total, ")
        .with("x-total", total.to_string()))
}

/// `GET /repos/{owner}/{repo}/git/commits/{sha}`, also with `.diff` and `.patch` at its end.
pub(super) async fn get(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let (sha, format) = match name.rsplit_once('.') {
        Some((sha, format @ ("diff" | "patch"))) => (sha, Some(format)),
        _ => (name, None),
    };
    if format.is_none() && sha.contains("..") {
        return Err(Problem::new(422, format!("no valid ref or sha: {sha}")));
    }
    let repository = call.repository(id).await?;
    let found = repository.resolve(sha).await?;
    let found = found.ok_or_else(|| Problem::not_found_as(sha))?;
    let commit = repository.commit(&found).await?;
    let commit = commit.ok_or_else(|| Problem::not_found_as(sha))?;
    match format {
        Some("diff") => {
            let before = Repository::before(&commit.parents);
            Ok(text(200, repository.diff(before, &found).await?))
        }
        Some(_) => Ok(text(200, repository.patch_of(&found).await?)),
        None => {
            let project = call.path_of(id)?;
            let detail = Detail::asked(call);
            let body = view(call, &repository, &project, &commit, detail).await?;
            Ok(json_answer(200, &body))
        }
    }
}

/// `GET /repos/{owner}/{repo}/commits/{sha}/pull`: the pull request whose merge made this commit.
pub(super) async fn pull_request(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    let number = {
        let state = call.hub.state();
        let project = state.visible_id(call.login(), id)?;
        let mut pulls = project.pull_requests.values();
        let found = pulls.find(|pull| pull.merge_sha.as_deref() == Some(sha));
        found.map(|pull| pull.number)
    };
    let Some(number) = number else {
        let words = format!(
            "pull request does not exist [id: 0, issue_id: 0, head_repo_id: 0, base_repo_id: {id}, \
             head_branch: , base_branch: ]"
        );
        return Err(Problem::new(404, words));
    };
    let body = pull_requests::view_of(call, id, number).await?;
    Ok(json_answer(200, &body))
}
