//! Pipelines, as far as statuses make them: GitLab puts each status into one.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Answer;
use super::call::Call;
use super::problem::Problem;
use super::view::{maybe_time, merge, time};
use crate::dialect::answer;
use crate::state::{Project, ProjectId, Status};

/// A pipeline of statuses that came from outside.
#[derive(Debug, Clone)]
pub(super) struct Pipeline {
    pub(super) id: u64,
    pub(super) sha: String,
    pub(super) reference: Option<String>,
    /// What its statuses come to.
    pub(super) status: &'static str,
    user: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// The pipeline that a status is in; one that was set up without any is in one with its like.
pub(super) fn of(project: &Project, status: &Status) -> u64 {
    status.pipeline.unwrap_or_else(|| {
        let mut alike = project.statuses_of(&status.sha);
        let first = alike.find(|other| other.pipeline.is_none());
        first.map_or(status.id, |first| first.id)
    })
}

/// All pipelines of a project, oldest first.
pub(super) fn all(project: &Project) -> Vec<Pipeline> {
    let mut groups: BTreeMap<u64, Vec<&Status>> = BTreeMap::new();
    for status in &project.statuses {
        groups.entry(of(project, status)).or_default().push(status);
    }
    let pipelines = groups.into_iter();
    pipelines
        .filter_map(|(id, statuses)| {
            let first = *statuses.first()?;
            let last = statuses.iter().map(|status| status.updated_at).max()?;
            Some(Pipeline {
                id,
                sha: first.sha.clone(),
                reference: first.reference.clone(),
                status: sum(&latest_of_each(&statuses)),
                user: first.creator.clone(),
                created_at: first.created_at,
                updated_at: last,
            })
        })
        .collect()
}

/// The newest pipeline of a commit, of a certain ref perhaps.
pub(super) fn latest(project: &Project, sha: &str, reference: Option<&str>) -> Option<Pipeline> {
    // Most commits have none, and there are many.
    project.statuses_of(sha).next()?;
    all(project).into_iter().rev().find(|pipeline| {
        pipeline.sha == sha
            && reference.is_none_or(|name| {
                let own = pipeline.reference.as_deref();
                own.is_none_or(|own| own == name)
            })
    })
}

fn latest_of_each<'a>(statuses: &[&'a Status]) -> Vec<&'a Status> {
    let mut latest: BTreeMap<&str, &Status> = BTreeMap::new();
    for status in statuses {
        latest.insert(&status.context, status);
    }
    latest.into_values().collect()
}

/// While anything goes on it runs; then one failure spoils all.
fn sum(statuses: &[&Status]) -> &'static str {
    let any = |word: &str| statuses.iter().any(|status| status.state == word);
    let all = |words: &[&str]| {
        let fits = |status: &&Status| words.contains(&status.state.as_str());
        statuses.iter().all(fits)
    };
    if all(&["skipped"]) {
        "skipped"
    } else if all(&["success", "skipped"]) {
        "success"
    } else if all(&["pending"]) {
        "pending"
    } else if any("running") || any("pending") {
        "running"
    } else if any("failed") {
        "failed"
    } else {
        "canceled"
    }
}

/// A pipeline in short.
pub(super) fn basic(call: &Call<'_>, project: &Project, pipeline: &Pipeline) -> Value {
    let page = call.view.page(&project.path());
    let reference = pipeline.reference.as_ref();
    json!({
        "id": pipeline.id,
        "iid": pipeline.id,
        "project_id": project.id,
        "sha": pipeline.sha,
        "ref": reference.unwrap_or(&project.default_branch),
        "status": pipeline.status,
        "source": "external",
        "created_at": time(pipeline.created_at),
        "updated_at": time(pipeline.updated_at),
        "web_url": format!("{page}/-/pipelines/{}", pipeline.id),
    })
}

/// A pipeline in full.
pub(super) fn whole(
    call: &Call<'_>,
    state: &crate::state::State,
    project: &Project,
    pipeline: &Pipeline,
) -> Value {
    let ended = !matches!(pipeline.status, "pending" | "running");
    let mut body = basic(call, project, pipeline);
    let more = json!({
        "before_sha": crate::git::ZERO_SHA,
        "tag": false,
        "yaml_errors": null,
        "user": call.view.user(state, &pipeline.user),
        "started_at": maybe_time((pipeline.status != "pending").then_some(pipeline.created_at)),
        "finished_at": maybe_time(ended.then_some(pipeline.updated_at)),
        "committed_at": null,
        "duration": null,
        "queued_duration": null,
        "coverage": null,
    });
    merge(&mut body, more);
    body
}

/// `GET /projects/{id}/pipelines`: the newest first.
pub(super) fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    call.may_read_code(id)?;
    let (sha, reference) = (call.params.filled("sha")?, call.params.filled("ref")?);
    let status = call.params.filled("status")?;
    listed(call, id, |pipeline| {
        sha.as_ref().is_none_or(|sha| pipeline.sha == *sha)
            && reference
                .as_ref()
                .is_none_or(|name| pipeline.reference.as_ref() == Some(name))
            && status.as_ref().is_none_or(|word| pipeline.status == word)
    })
}

/// `GET /projects/{id}/merge_requests/{iid}/pipelines`: those of the head, in the source project.
pub(super) fn of_merge_request(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let (source, sha) = {
        let state = call.hub.state();
        let pull = call.look(&state, id)?.pull(number)?;
        (pull.head.project.unwrap_or(id), pull.head.sha.clone())
    };
    if call.look(&call.hub.state(), source).is_err() {
        return listed(call, id, |_| false);
    }
    listed(call, source, |pipeline| pipeline.sha == sha)
}

fn listed(call: &Call<'_>, id: ProjectId, wanted: impl Fn(&Pipeline) -> bool) -> Answer {
    let paging = call.paging()?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let mut found = all(project);
    found.retain(wanted);
    found.reverse();
    let total = found.len();
    let rows = paging.cut(found);
    let rows = rows.iter().map(|one| basic(call, project, one)).collect();
    drop(state);
    let defaults = [("order_by", "id"), ("sort", "desc")];
    Ok(call.page_of(rows, paging, total, &defaults))
}

/// `GET /projects/{id}/pipelines/{pipeline_id}`.
pub(super) fn get(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    call.may_read_code(id)?;
    let wanted = number.parse::<u64>();
    let wanted = wanted.map_err(|_| Problem::error(400, "pipeline_id is invalid"))?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let found = all(project).into_iter().find(|one| one.id == wanted);
    let pipeline = found.ok_or_else(Problem::no_record)?;
    Ok(answer(200, &whole(call, &state, project, &pipeline)))
}
