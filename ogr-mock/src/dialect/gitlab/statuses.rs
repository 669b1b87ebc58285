//! Commit statuses: a machine of states, within a pipeline of their commit.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::call::{Call, find_commit};
use super::problem::Problem;
use super::view::{maybe_time, time};
use super::{Answer, pipelines, pull_requests};
use crate::dialect::answer;
use crate::git::Repository;
use crate::state::{Access, NewStatus, Project, ProjectId, State, Status};

const STATES: [&str; 6] = [
    "pending", "running", "success", "failed", "canceled", "skipped",
];

/// The longest description, URL or ref.
const LONGEST: usize = 255;

/// What a `POST` says.
struct Asked {
    sha: String,
    state: String,
    name: String,
    reference: Option<String>,
    description: Option<String>,
    target_url: Option<String>,
    coverage: Option<String>,
}

/// `POST /projects/{id}/statuses/{sha}`.
pub(super) async fn create(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    let params = &call.params;
    params.require(&["state"])?;
    let word = params.choice("state", &STATES)?.unwrap_or_default();
    let wanted_pipeline = params.number("pipeline_id")?;
    let login = call.entitled(id, Access::Write)?.to_owned();
    let repository = call.repository(id).await?;
    let sha = find_commit(&repository, sha).await?;
    let sha = sha.ok_or_else(|| Problem::not_found("Commit"))?;
    let name = params.filled("name")?;
    let name = name.or(params.filled("context")?);
    let mut asked = Asked {
        sha,
        state: word,
        name: name.unwrap_or_else(|| "default".to_owned()),
        reference: params.filled("ref")?,
        description: params.text("description")?,
        target_url: params.filled("target_url")?,
        coverage: params.filled("coverage")?,
    };
    check(&asked)?;
    let pipeline = pipeline(call, id, &repository, &mut asked, wanted_pipeline).await?;
    let status = put(call, id, &login, &asked, pipeline)?;
    // What waited for its checks may have come to the end of waiting.
    pull_requests::merge::checks_changed(call.hub, id, &asked.sha).await?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    Ok(answer(201, &body(call, &state, project, &status)))
}

fn check(asked: &Asked) -> Result<(), Problem> {
    let texts = [
        ("ref", &asked.reference),
        ("target_url", &asked.target_url),
        ("description", &asked.description),
    ];
    for (name, text) in texts {
        let length = text.as_ref().map_or(0, |text| text.chars().count());
        if length > LONGEST {
            let words = format!("is too long (maximum is {LONGEST} characters)");
            return Err(Problem::field(name, &words));
        }
    }
    if let Some(url) = &asked.target_url {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        if !matches!(scheme, Some("http" | "https")) || url.contains(' ') {
            let words = "is blocked: Only allowed schemes are http, https";
            return Err(Problem::field("target_url", words));
        }
    }
    Ok(())
}

/// The pipeline that the status goes into, and the ref that it is for: those that there are, or new ones.
async fn pipeline(
    call: &Call<'_>,
    id: ProjectId,
    repository: &Repository,
    asked: &mut Asked,
    wanted: Option<u64>,
) -> Result<u64, Problem> {
    let known = {
        let state = call.hub.state();
        let project = call.look(&state, id)?;
        match wanted {
            Some(wanted) => pipelines::all(project)
                .into_iter()
                .find(|one| one.id == wanted && one.sha == asked.sha),
            None => pipelines::latest(project, &asked.sha, asked.reference.as_deref()),
        }
    };
    if wanted.is_some() && known.is_none() {
        return Err(Problem::not_found("Pipeline for pipeline_id, sha and ref"));
    }
    if asked.reference.is_none() {
        asked.reference = known.as_ref().and_then(|known| known.reference.clone());
    }
    if asked.reference.is_none() {
        let args = [
            "for-each-ref",
            "--contains",
            &asked.sha,
            "--format=%(refname:strip=2)",
            "refs/heads/",
        ];
        let out = repository.git(&args).await?;
        let names = String::from_utf8_lossy(&out).into_owned();
        let first = names.lines().next().map(str::to_owned);
        // The head of a merge request from a fork is on no branch of the target.
        asked.reference = Some(first.ok_or_else(|| Problem::not_found("References for commit"))?);
    }
    Ok(match known {
        Some(known) => known.id,
        None => call.hub.state().new_id(),
    })
}

/// Moves the status on that is still going in this pipeline, or makes a new one.
fn put(
    call: &Call<'_>,
    id: ProjectId,
    login: &str,
    asked: &Asked,
    pipeline: u64,
) -> Result<Status, Problem> {
    let now = call.hub.now();
    let known = {
        let state = call.hub.state();
        let project = call.look(&state, id)?;
        let mut going = project.statuses.iter().filter(|status| {
            matches!(status.state.as_str(), "pending" | "running")
                && status.sha == asked.sha
                && status.context == asked.name
                && status.creator == login
                && pipelines::of(project, status) == pipeline
        });
        going.next_back().cloned()
    };
    let known = match known {
        Some(known) => known,
        None => call.hub.add_status(
            login,
            id,
            NewStatus {
                sha: asked.sha.clone(),
                state: "created".to_owned(),
                context: asked.name.clone(),
                reference: asked.reference.clone(),
                pipeline: Some(pipeline),
                ..NewStatus::default()
            },
        )?,
    };
    transition(&known.state, &asked.state)?;
    let mut state = call.hub.state();
    let statuses = &mut state.project_mut(id)?.statuses;
    let status = statuses.iter_mut().find(|status| status.id == known.id);
    let status = status.ok_or_else(Problem::no_record)?;
    status.state.clone_from(&asked.state);
    status.updated_at = now;
    if asked.description.is_some() {
        status.description.clone_from(&asked.description);
    }
    if asked.target_url.is_some() {
        status.target_url.clone_from(&asked.target_url);
    }
    if asked.coverage.is_some() {
        status.percent.clone_from(&asked.coverage);
    }
    match asked.state.as_str() {
        "running" => status.started_at = Some(now),
        "success" | "failed" | "canceled" => status.finished_at = Some(now),
        _ => {}
    }
    Ok(status.clone())
}

/// Refuses the steps that GitLab's machine of states does not have: above all, to where it is.
fn transition(from: &str, to: &str) -> Result<(), Problem> {
    let event = match to {
        "pending" => "enqueue",
        "running" => "run",
        "skipped" => "skip",
        "success" => "success",
        "failed" => "drop",
        _ => "cancel",
    };
    let legal = match event {
        "enqueue" => from == "created",
        "run" => matches!(from, "created" | "pending"),
        "skip" => matches!(from, "created" | "pending"),
        _ => true,
    };
    if legal {
        return Ok(());
    }
    let words = format!(
        "Cannot transition status via :{event} from :{from} (Reason(s): Status cannot transition \
         via \"{event}\")"
    );
    Err(Problem::message(400, words))
}

/// `GET .../repository/commits/{sha}/statuses`: of each name in each pipeline the last, or all.
pub(super) async fn list(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    call.signed_in()?;
    let repository = call.repository(id).await?;
    let params = &call.params;
    let all = params.flag("all")?.unwrap_or(false);
    let (reference, name) = (params.filled("ref")?, params.filled("name")?);
    let stage = params.filled("stage")?;
    let pipeline = params.number("pipeline_id")?;
    let order = params.choice("order_by", &["id", "pipeline_id"])?;
    let sort = params.choice("sort", &["asc", "desc"])?;
    let sha = find_commit(&repository, sha).await?;
    let sha = sha.ok_or_else(|| Problem::not_found("Commit"))?;
    let paging = call.paging()?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let mut latest: HashMap<(u64, &str), u64> = HashMap::new();
    for status in project.statuses_of(&sha) {
        let key = (pipelines::of(project, status), status.context.as_str());
        latest.insert(key, status.id);
    }
    let mut rows: Vec<&Status> = project
        .statuses_of(&sha)
        .filter(|status| {
            let own = pipelines::of(project, status);
            let is_last = latest.get(&(own, status.context.as_str())) == Some(&status.id);
            (all || is_last)
                && reference
                    .as_ref()
                    .is_none_or(|name| status.reference.as_ref() == Some(name))
                && name.as_ref().is_none_or(|name| status.context == *name)
                && stage.as_ref().is_none_or(|stage| stage == "external")
                && pipeline.is_none_or(|wanted| own == wanted)
        })
        .collect();
    if order.as_deref() == Some("pipeline_id") {
        rows.sort_by_key(|status| pipelines::of(project, status));
    }
    if sort.as_deref() == Some("desc") {
        rows.reverse();
    }
    let total = rows.len();
    let page = paging.cut(rows).into_iter();
    let page = page.map(|status| body(call, &state, project, status));
    let page = page.collect();
    drop(state);
    let defaults = [("order_by", "id"), ("sort", "asc")];
    Ok(call.page_of(page, paging, total, &defaults))
}

fn body(call: &Call<'_>, state: &State, project: &Project, status: &Status) -> Value {
    let coverage = status.percent.as_ref();
    let coverage: Option<f64> = coverage.and_then(|text| text.parse().ok());
    let at = |at: Option<DateTime<Utc>>| maybe_time(at);
    json!({
        "id": status.id,
        "sha": status.sha,
        "ref": status.reference,
        "status": status.state,
        "name": status.context,
        "target_url": status.target_url,
        "description": status.description,
        "created_at": time(status.created_at),
        "started_at": at(status.started_at),
        "finished_at": at(status.finished_at),
        "allow_failure": false,
        "coverage": coverage,
        "pipeline_id": pipelines::of(project, status),
        "author": call.view.user(state, &status.creator),
    })
}
