//! Commit statuses.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::projects::repository;
use super::view::time;
use super::{Answer, json_answer, pull_requests};
use crate::state::{NewStatus, Project, ProjectId, State, Status};

/// The states that have a rank, the worst first. Any other word is taken and kept as well.
const WORST_FIRST: &[&str] = &[
    "error", "failure", "warning", "pending", "success", "skipped",
];

/// The last one has its rank only since 16.
fn ranked(call: &Call<'_>) -> &'static [&'static str] {
    let known = if call.flavour.sixteen() { 6 } else { 5 };
    WORST_FIRST.get(..known).unwrap_or(WORST_FIRST)
}

/// The states that a list can be asked for.
const FILTERS: &[&str] = &["pending", "success", "error", "failure", "warning"];

/// A status. Its number counts those of the same commit.
fn view(
    call: &Call<'_>,
    state: &State,
    project: &Project,
    status: &Status,
    number: usize,
) -> Value {
    let api = call.project_api(&project.path());
    json!({
        "id": number,
        "status": status.state,
        "target_url": status.target_url.as_deref().unwrap_or_default(),
        "description": status.description.as_deref().unwrap_or_default(),
        "url": format!("{api}/statuses/{}", status.sha),
        "context": status.context,
        "creator": call.user_unseen(state, &status.creator),
        "created_at": time(status.created_at),
        "updated_at": time(status.updated_at),
    })
}

/// The statuses of a commit with their numbers, the first of all first.
fn numbered<'p>(project: &'p Project, sha: &'p str) -> Vec<(usize, &'p Status)> {
    let statuses = project.statuses_of(sha).enumerate();
    statuses.map(|(at, status)| (at + 1, status)).collect()
}

/// `GET .../statuses/{sha}` and `.../commits/{ref}/statuses`. An unknown commit has none.
pub(super) async fn list(call: &Call<'_>, id: ProjectId, reference: &str) -> Answer {
    let sha = call.repository(id).await?.resolve(reference).await?;
    let sha = sha.unwrap_or_else(|| reference.to_owned());
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let mut found = numbered(project, &sha);
    // Of other words, even of `skipped`, no notice is taken.
    if let Some(wanted) = call.param("state").filter(|word| FILTERS.contains(word)) {
        found.retain(|(_, status)| status.state == wanted);
    }
    let changed = |status: &Status| status.updated_at.timestamp();
    match call.param("sort") {
        Some("oldest") => {}
        Some("leastupdate") => found.sort_by_key(|(_, status)| changed(status)),
        Some("leastindex") => found.sort_by_key(|(number, _)| Reverse(*number)),
        Some("highestindex") => {}
        _ => found.sort_by_key(|(_, status)| Reverse(changed(status))),
    }
    let total = found.len();
    let rows: Vec<Value> = call
        .paging_if_page()
        .cut(found)
        .into_iter()
        .map(|(number, status)| view(call, &state, project, status, number))
        .collect();
    // The links count pages even where all rows are there.
    Ok(call.linked(&json!(rows), call.paging(), total))
}

/// What several states come to. A word that has no rank counts only when it is the first.
fn combine<'s>(ranked: &[&str], states: impl IntoIterator<Item = &'s str>) -> String {
    let rank = |state: &str| ranked.iter().position(|known| *known == state);
    let mut combined = "";
    for state in states {
        let worse = match (rank(state), rank(combined)) {
            (Some(new), Some(old)) => new <= old,
            _ => false,
        };
        if combined.is_empty() || worse {
            combined = state;
        }
    }
    // No one is told of an error.
    if combined == "error" {
        combined = "failure";
    }
    combined.to_owned()
}

/// The newest status of each context of a commit, with its number, in the order of the numbers.
fn latest<'p>(project: &'p Project, sha: &'p str) -> Vec<(usize, &'p Status)> {
    let all = numbered(project, sha);
    let newest = |status: &Status| {
        let same = all
            .iter()
            .filter(|(_, other)| other.context == status.context);
        same.map(|(number, _)| *number).max()
    };
    all.iter()
        .filter(|(number, status)| newest(status) == Some(*number))
        .copied()
        .collect()
}

/// `GET .../commits/{ref}/status`. Without any status it is empty words and nulls.
pub(super) async fn combined(call: &Call<'_>, id: ProjectId, reference: &str) -> Answer {
    if call.is_empty(id)? {
        return Err(Problem::server_error());
    }
    let sha = call.repository(id).await?.resolve(reference).await?;
    let sha = sha.unwrap_or_else(|| reference.to_owned());
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let mut found = latest(project, &sha);
    let total = found.len();
    // Pages are counted from the newest, but each is told from the oldest of its own.
    found.reverse();
    let mut page = call.paging().cut(found);
    page.reverse();
    if page.is_empty() {
        let nothing = json!({
            "state": "",
            "sha": "",
            "total_count": 0,
            "statuses": null,
            "repository": null,
            "commit_url": "",
            "url": "",
        });
        return Ok(json_answer(200, &nothing));
    }
    let rows: Vec<Value> = page
        .iter()
        .map(|(number, status)| view(call, &state, project, status, *number))
        .collect();
    let body = json!({
        "state": combine(ranked(call), page.iter().map(|(_, status)| status.state.as_str())),
        "sha": sha,
        "total_count": rows.len(),
        "statuses": rows,
        "repository": repository(call, &state, project),
        "commit_url": "",
        "url": "",
    });
    Ok(call.counted(&body, total))
}

/// `POST .../statuses/{sha}`: nothing is checked but the commit.
pub(super) async fn create(call: &Call<'_>, id: ProjectId, reference: &str) -> Answer {
    let login = call.writer(id)?;
    let body = call.body("CreateStatusOption")?;
    let Some(sha) = call.repository(id).await?.resolve(reference).await? else {
        return Err(if call.flavour.knows_commits_of_statuses() {
            Problem::not_found_as(reference)
        } else {
            Problem::server_error()
        });
    };
    let new = NewStatus {
        sha: sha.clone(),
        state: body.plain("state")?.to_owned(),
        context: body.plain("context")?.to_owned(),
        description: body.text("description")?.map(str::to_owned),
        target_url: body.text("target_url")?.map(str::to_owned),
        ..NewStatus::default()
    };
    let status = call.hub.add_status(login, id, new)?;
    let answer = {
        let state = call.hub.state();
        let project = state.visible_id(Some(login), id)?;
        let number = project.statuses_of(&sha).count();
        json_answer(201, &view(call, &state, project, &status, number))
    };
    if status.state == "success" {
        pull_requests::settle_auto_merges(call, id, |pull| pull.head.sha == sha).await?;
    }
    Ok(answer)
}
