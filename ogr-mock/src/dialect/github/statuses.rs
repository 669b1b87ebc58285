//! Commit statuses.

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::projects::{Detail, repository};
use super::view::{node_id, time};
use super::{Answer, answer, commits};
use crate::git::is_full_sha;
use crate::state::{Access, NewStatus, ProjectId, State, Status};

/// How many statuses one context of one commit takes.
const MOST: usize = 1000;

/// `POST /repos/{owner}/{repo}/statuses/{sha}`.
pub(super) async fn create(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    let login = call.writer(id, "statuses", Access::Write)?.to_owned();
    let body = call.body()?;
    let state = body.required("state")?;
    if !matches!(state, "error" | "failure" | "pending" | "success") {
        let words = "state is not included in the list";
        return Err(Problem::custom("Status", Some("state"), words));
    }
    let description = body.text("description")?;
    if description.is_some_and(|text| text.chars().count() > 140) {
        let words = "description is too long (maximum is 140 characters)";
        return Err(Problem::custom("Status", Some("description"), words));
    }
    let url = body.text("target_url")?.filter(|url| !url.is_empty());
    if url.is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        let words = "target_url must use http(s) scheme";
        return Err(Problem::custom("Status", Some("target_url"), words));
    }
    let repository = call.repository(id).await?;
    let full = if is_full_sha(sha) {
        repository.resolve(sha).await?
    } else {
        None
    };
    let Some(full) = full else {
        return Err(Problem::new(422, format!("No commit found for SHA: {sha}")));
    };
    let context = body.text("context")?.unwrap_or("default").to_owned();
    let count = {
        let state = call.hub.state();
        let project = state.visible_id(Some(&login), id)?;
        let same = project.statuses_of(&full).filter(|s| s.context == context);
        same.count()
    };
    if count >= MOST {
        let words = "This SHA and context has reached the maximum number of statuses.";
        return Err(Problem::custom("Status", None, words));
    }
    let new = NewStatus {
        sha: full,
        state: state.to_owned(),
        context,
        description: description.map(str::to_owned),
        target_url: url.map(str::to_owned),
        ..NewStatus::default()
    };
    let status = call.hub.add_status(&login, id, new)?;
    let state = call.hub.state();
    Ok(answer(201, &whole(call, &state, id, &status)))
}

/// `GET /repos/{owner}/{repo}/commits/{ref}/statuses`: all ever set, the newest first.
pub(super) async fn list(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let sha = commit(call, id, name).await?;
    let paging = call.paging();
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let all: Vec<&Status> = project.statuses_of(&sha).rev().collect();
    let total = all.len();
    let rows: Vec<Value> = paging
        .cut(all)
        .into_iter()
        .map(|status| whole(call, &state, id, status))
        .collect();
    drop(state);
    let tail = format!("/commits/{}/statuses", super::view::path(name));
    Ok(call.linked(answer(200, &json!(rows)), id, &tail, paging, total))
}

/// `GET /repos/{owner}/{repo}/commits/{ref}/status`: the newest of each context, and what they come to.
pub(super) async fn combined(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let sha = commit(call, id, name).await?;
    let paging = call.paging();
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let latest = project.latest_statuses(&sha);
    let total = latest.len();
    let url = call.view.project_url(&project.path());
    let body = json!({
        "state": sum(&latest),
        "statuses": paging
            .cut(&latest)
            .into_iter()
            .map(|status| short(call, id, status))
            .collect::<Vec<_>>(),
        "sha": sha,
        "total_count": total,
        "repository": repository(call, &state, project, Detail::Row),
        "commit_url": format!("{url}/commits/{sha}"),
        "url": format!("{url}/commits/{sha}/status"),
    });
    drop(state);
    let tail = format!("/commits/{}/status", super::view::path(name));
    Ok(call.linked(answer(200, &body), id, &tail, paging, total))
}

async fn commit(call: &Call<'_>, id: ProjectId, name: &str) -> Result<String, Problem> {
    let repository = call.repository(id).await?;
    let sha = commits::find(&repository, name).await?;
    sha.ok_or_else(Problem::not_found)
}

/// One bad one spoils all; while any is pending, or there is none, all are.
pub(super) fn sum(statuses: &[&Status]) -> &'static str {
    let any = |word: &str| statuses.iter().any(|status| status.state == word);
    if any("error") || any("failure") {
        "failure"
    } else if any("pending") || statuses.is_empty() {
        "pending"
    } else {
        "success"
    }
}

fn short(call: &Call<'_>, id: ProjectId, status: &Status) -> Value {
    json!({
        "url": format!("{}/repositories/{id}/statuses/{}", call.view.api, status.sha),
        "avatar_url": format!("{}/avatars/u/{}?", call.view.web, status.creator),
        "id": status.id,
        "node_id": node_id("StatusContext", status.id),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": time(status.created_at),
        "updated_at": time(status.updated_at),
    })
}

fn whole(call: &Call<'_>, state: &State, id: ProjectId, status: &Status) -> Value {
    let mut body = short(call, id, status);
    body["creator"] = call.view.account(state, &status.creator);
    body
}
