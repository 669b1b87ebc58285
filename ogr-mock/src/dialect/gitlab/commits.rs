//! Commits: one, many, and what belongs to one.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{Call, find_commit};
use super::paging::Rows;
use super::problem::Problem;
use super::{Answer, diffs, pipelines, pull_requests};
use crate::dialect::answer;
use crate::git::{CommitInfo, LogQuery, Repository, Signature};
use crate::state::{ProjectId, PullRequest, PullState, Refusal, What};

/// `GET .../repository/commits`: nobody counts them.
pub(super) async fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let repository = call.repository(id).await?;
    let params = &call.params;
    let reference = match params.filled("ref_name")? {
        Some(name) => name,
        None => call.default_branch(id)?,
    };
    let stamp = |name: &str| {
        let time = params.time(name)?;
        Ok::<_, Problem>(time.map(|time| time.to_rfc3339()))
    };
    let (since, until) = (stamp("since")?, stamp("until")?);
    let (path, author) = (params.filled("path")?, params.filled("author")?);
    let first_parent = params.flag("first_parent")?.unwrap_or(false);
    let everywhere = params.flag("all")?.unwrap_or(false);
    params.choice("order", &["default", "topo"])?;
    let with_stats = params.flag("with_stats")?.unwrap_or(false);
    let paging = call.paging()?;
    let query = LogQuery {
        path: path.as_deref(),
        author: author.as_deref(),
        since: since.as_deref(),
        until: until.as_deref(),
        first_parent,
        everywhere,
        skip: paging.skip(),
        limit: Some(paging.per_page),
        ..LogQuery::default()
    };
    // A ref that is not there has no commits: that is no error.
    let rows = match find_commit(&repository, &reference).await? {
        Some(from) => repository.log(&from, &query).await?,
        None => Vec::new(),
    };
    let page = call.page(id)?;
    let mut body: Vec<Value> = rows.iter().map(|row| self::body(&page, row)).collect();
    if with_stats {
        for (row, body) in rows.iter().zip(&mut body) {
            body["stats"] = stats(&repository, row).await?;
        }
    }
    // A full page makes GitLab think that there is another.
    let more = rows.len() == paging.per_page;
    let answer = answer(200, &json!(body));
    let defaults = [("order", "default"), ("trailers", "false")];
    Ok(call.paged(answer, paging, Rows::More(more), &defaults))
}

/// `GET .../repository/commits/{sha}`; a branch or tag does as well.
pub(super) async fn get(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    let info = existing(&repository, name).await?;
    let with_stats = call.params.flag("stats")?.unwrap_or(true);
    let body = detail(call, id, &repository, &info, with_stats).await?;
    Ok(answer(200, &body))
}

/// A commit with all that is told of one alone.
pub(super) async fn detail(
    call: &Call<'_>,
    id: ProjectId,
    repository: &Repository,
    info: &CommitInfo,
    with_stats: bool,
) -> Result<Value, Problem> {
    let mut body = body(&call.page(id)?, info);
    if with_stats {
        body["stats"] = stats(repository, info).await?;
    }
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let pipeline = pipelines::latest(project, &info.sha, None);
    body["status"] = json!(pipeline.as_ref().map(|pipeline| pipeline.status));
    body["project_id"] = json!(id);
    if let Some(pipeline) = pipeline {
        body["last_pipeline"] = pipelines::basic(call, project, &pipeline);
    }
    Ok(body)
}

async fn stats(repository: &Repository, info: &CommitInfo) -> Result<Value, Problem> {
    let before = Repository::before(&info.parents);
    let changes = repository.changes(before, &info.sha, false).await?;
    let added: u64 = changes.iter().map(|change| change.additions).sum();
    let deleted: u64 = changes.iter().map(|change| change.deletions).sum();
    Ok(json!({"additions": added, "deletions": deleted, "total": added + deleted}))
}

/// `GET .../repository/commits/{sha}/diff`.
pub(super) async fn diff(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    let info = existing(&repository, name).await?;
    let before = Repository::before(&info.parents);
    let rows = diffs::rows(call, &repository, before, &info.sha).await?;
    let paging = call.paging()?;
    let total = rows.len();
    Ok(call.page_of(paging.cut(rows), paging, total, &[]))
}

/// `GET .../repository/commits/{sha}/refs`: the branches and tags that it is in.
pub(super) async fn refs(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    let info = existing(&repository, name).await?;
    let kind = call.params.choice("type", &["branch", "tag", "all"])?;
    let mut rows = Vec::new();
    for (word, prefix) in [("branch", "refs/heads/"), ("tag", "refs/tags/")] {
        if kind
            .as_deref()
            .is_some_and(|kind| kind != word && kind != "all")
        {
            continue;
        }
        let args = [
            "for-each-ref",
            "--contains",
            &info.sha,
            "--format=%(refname)",
            prefix,
        ];
        let out = repository.git(&args).await?;
        let names = String::from_utf8_lossy(&out).into_owned();
        let names = names.lines().filter_map(|name| name.strip_prefix(prefix));
        rows.extend(names.map(|name| json!({"type": word, "name": name})));
    }
    let paging = call.paging()?;
    let total = rows.len();
    Ok(call.page_of(paging.cut(rows), paging, total, &[("type", "all")]))
}

/// `GET .../repository/commits/{sha}/merge_requests`: those that it came with.
pub(super) async fn merge_requests(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    let info = existing(&repository, name).await?;
    let wanted = call
        .params
        .choice("state", &["opened", "closed", "merged", "all", "locked"])?;
    let candidates: Vec<PullRequest> = {
        let state = call.hub.state();
        let project = call.look(&state, id)?;
        let pulls = project.pull_requests.values().filter(|p| !p.synthetic);
        pulls.cloned().collect()
    };
    let mut numbers = Vec::new();
    for pull in candidates {
        let is_merge =
            pull.state == PullState::Merged && pull.merge_sha.as_ref() == Some(&info.sha);
        let is_within = repository.is_ancestor(&info.sha, &pull.head.sha).await?
            && !repository.is_ancestor(&info.sha, &pull.base_sha).await?;
        let word = pull_requests::view::state_word(pull.state);
        let fits = wanted
            .as_deref()
            .is_none_or(|wanted| wanted == "all" || wanted == word);
        if fits && (is_merge || is_within) {
            numbers.push(pull.number);
        }
    }
    let paging = call.paging()?;
    let total = numbers.len();
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let rows = paging.cut(numbers).into_iter().rev();
    let rows = rows.filter_map(|number| project.pull_requests.get(&number));
    let rows = rows.map(|pull| pull_requests::view::row(call, &state, project, pull, false));
    let rows = rows.collect();
    drop(state);
    Ok(call.page_of(rows, paging, total, &[]))
}

/// `GET .../repository/contributors`: names and addresses, no logins.
pub(super) async fn contributors(call: &Call<'_>, id: ProjectId) -> Answer {
    let repository = call.repository(id).await?;
    let params = &call.params;
    let order = params.choice("order_by", &["email", "name", "commits"])?;
    let sort = params.choice("sort", &["asc", "desc"])?;
    let reference = match params.filled("ref")? {
        Some(name) => name,
        None => call.default_branch(id)?,
    };
    let missing = || Problem::message(404, "404 Not Found");
    let from = find_commit(&repository, &reference).await?;
    let from = from.ok_or_else(missing)?;
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for commit in repository.log(&from, &LogQuery::default()).await? {
        let who = (commit.author.name, commit.author.email);
        *counts.entry(who).or_default() += 1;
    }
    let mut rows: Vec<((String, String), u64)> = counts.into_iter().collect();
    match order.as_deref() {
        Some("name") => {}
        Some("email") => rows.sort_by(|a, b| a.0.1.cmp(&b.0.1)),
        _ => rows.sort_by_key(|(_, count)| *count),
    }
    if sort.as_deref() == Some("desc") {
        rows.reverse();
    }
    let paging = call.paging()?;
    let total = rows.len();
    let page = paging
        .cut(rows)
        .into_iter()
        .map(|((name, email), commits)| {
            json!({
                "name": name,
                "email": email,
                "commits": commits,
                "additions": 0,
                "deletions": 0,
            })
        });
    let defaults = [("order_by", "commits"), ("sort", "asc")];
    Ok(call.page_of(page.collect(), paging, total, &defaults))
}

/// The commit of this name.
pub(super) async fn existing(repository: &Repository, name: &str) -> Result<CommitInfo, Problem> {
    let missing = || Problem::from(Refusal::NotFound(What::Commit));
    let sha = find_commit(repository, name).await?.ok_or_else(missing)?;
    repository.commit(&sha).await?.ok_or_else(missing)
}

/// A commit.
pub(super) fn body(page: &str, info: &CommitInfo) -> Value {
    let committed = date(&info.committer);
    json!({
        "id": info.sha,
        "short_id": &info.sha[..8],
        "created_at": committed,
        "parent_ids": info.parents,
        "title": info.subject(),
        // As git keeps it, its last newline included.
        "message": format!("{}\n", info.message),
        "author_name": info.author.name,
        "author_email": info.author.email,
        "authored_date": date(&info.author),
        "committer_name": info.committer.name,
        "committer_email": info.committer.email,
        "committed_date": committed,
        "trailers": {},
        "extended_trailers": {},
        "web_url": format!("{page}/-/commit/{}", info.sha),
    })
}

/// A time of git's, in the offset in which it was written.
pub(super) fn date(who: &Signature) -> String {
    who.at.format("%Y-%m-%dT%H:%M:%S.000%:z").to_string()
}
