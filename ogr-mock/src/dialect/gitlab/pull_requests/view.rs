//! How a merge request looks.

use serde_json::{Value, json};

use super::super::call::Call;
use super::super::problem::Problem;
use super::super::view::{maybe_time, merge, time};
use super::super::{labels, pipelines};
use crate::state::{Access, Mergeability, Project, ProjectId, PullRequest, PullState, State};

/// GitLab's word for where a merge request stands.
pub(in super::super) fn state_word(state: PullState) -> &'static str {
    match state {
        PullState::Open => "opened",
        PullState::Closed => "closed",
        PullState::Merged => "merged",
    }
}

/// The logins of the reviewers.
pub(in super::super) fn reviewers(pull: &PullRequest) -> Vec<&str> {
    let list = pull.settings.get("reviewers").and_then(Value::as_array);
    let list = list.into_iter().flatten();
    list.filter_map(Value::as_str).collect()
}

/// A setting of its own that is on or off.
pub(in super::super) fn flag(pull: &PullRequest, name: &str) -> Option<bool> {
    pull.settings.get(name).and_then(Value::as_bool)
}

/// What is known about merging it without looking: `merge_status`, `detailed_merge_status`.
fn merge_words(pull: &PullRequest) -> (&'static str, &'static str) {
    let known = pull
        .check
        .as_ref()
        .filter(|check| check.head == pull.head.sha);
    let (status, detail) = match known {
        None => ("unchecked", "unchecked"),
        Some(check) if check.hidden_for > 0 => ("checking", "checking"),
        Some(check) => match check.found {
            Mergeability::Unknown => ("unchecked", "unchecked"),
            Mergeability::Clean => ("can_be_merged", "mergeable"),
            Mergeability::Conflict => ("cannot_be_merged", "conflict"),
        },
    };
    match pull.state {
        PullState::Merged => ("can_be_merged", "not_open"),
        PullState::Closed => (status, "not_open"),
        PullState::Open if pull.draft => (status, "draft_status"),
        PullState::Open => (status, detail),
    }
}

/// A merge request in a list.
pub(in super::super) fn row(
    call: &Call<'_>,
    state: &State,
    project: &Project,
    pull: &PullRequest,
    label_details: bool,
) -> Value {
    let view = &call.view;
    let number = pull.number;
    let (merge_status, detailed) = merge_words(pull);
    let assignees = pull.assignees.iter();
    let assignees: Vec<Value> = assignees.map(|login| view.user(state, login)).collect();
    let reviewers = reviewers(pull).into_iter();
    let reviewers: Vec<Value> = reviewers.map(|login| view.user(state, login)).collect();
    let labels = project.labels_of(&pull.labels).into_iter();
    let labels: Vec<Value> = labels
        .map(|label| {
            if label_details {
                labels::details(label)
            } else {
                json!(label.name)
            }
        })
        .collect();
    let merged_by = view.maybe_user(state, pull.merged_by.as_deref());
    let waiting = pull.auto_merge.as_ref();
    let merge_user = view.maybe_user(state, waiting.map(|waiting| waiting.user.as_str()));
    let closed = pull.state == PullState::Closed;
    let closed_by = pull.closed_by.as_deref().filter(|_| closed);
    let fast = flag(pull, "fast_forward").unwrap_or(false);
    let merge_sha = pull.merge_sha.as_ref().filter(|_| !fast);
    let has_conflicts = merge_status == "cannot_be_merged";
    let collaboration = pull
        .head
        .project
        .is_some_and(|source| source != pull.project)
        && pull.maintainer_edit;
    let notes = pull.comments.iter().filter(|comment| !comment.system);
    let (done, tasks) = tasks(pull.body.as_deref().unwrap_or_default());
    let squash = flag(pull, "squash").unwrap_or(false);
    let mut body = json!({
        "id": pull.id,
        "iid": number,
        "project_id": project.id,
        "title": pull.title,
        "description": pull.body,
        "state": state_word(pull.state),
        "created_at": time(pull.created_at),
        "updated_at": time(pull.updated_at),
        "merged_by": merged_by,
        "merge_user": if waiting.is_some() { merge_user } else { merged_by.clone() },
        "merged_at": maybe_time(pull.merged_at),
        "closed_by": view.maybe_user(state, closed_by),
        "closed_at": maybe_time(pull.closed_at.filter(|_| closed)),
        "target_branch": pull.base_branch,
        "source_branch": pull.head.branch,
        "user_notes_count": notes.count(),
        "upvotes": 0,
        "downvotes": 0,
        "author": view.user(state, &pull.author),
        "assignees": assignees,
        "assignee": assignees.first(),
        "reviewers": reviewers,
        "source_project_id": pull.head.project,
        "target_project_id": project.id,
        "labels": labels,
        "draft": pull.draft,
        "imported": false,
        "imported_from": "none",
        "work_in_progress": pull.draft,
        "milestone": null,
        "merge_when_pipeline_succeeds": waiting.is_some(),
        "merge_status": merge_status,
        "detailed_merge_status": detailed,
        "merge_after": null,
        "sha": pull.head.sha,
        "merge_commit_sha": merge_sha,
        "squash_commit_sha": pull.settings.get("squash_commit_sha"),
        "discussion_locked": flag(pull, "discussion_locked"),
        "should_remove_source_branch": flag(pull, "should_remove_source_branch"),
        "force_remove_source_branch": flag(pull, "force_remove_source_branch"),
        "prepared_at": time(pull.created_at),
        "reference": format!("!{number}"),
        "references": {
            "short": format!("!{number}"),
            "relative": format!("!{number}"),
            "full": format!("{}!{number}", project.path()),
        },
        "web_url": page(call, project, number),
        "time_stats": {
            "time_estimate": 0,
            "total_time_spent": 0,
            "human_time_estimate": null,
            "human_total_time_spent": null,
        },
        "squash": squash,
        "squash_on_merge": squash,
        "task_completion_status": {"count": tasks, "completed_count": done},
        "has_conflicts": has_conflicts,
        "blocking_discussions_resolved": true,
    });
    if let Some(fields) = body.as_object_mut() {
        // Told only where source and target are two projects.
        if pull
            .head
            .project
            .is_some_and(|source| source != pull.project)
        {
            fields.insert("allow_collaboration".to_owned(), json!(collaboration));
            fields.insert("allow_maintainer_to_push".to_owned(), json!(collaboration));
        }
        // There is no such time yet, and then no such field.
        fields.remove("merge_after");
    }
    body
}

/// `view=simple`.
pub(in super::super) fn simple(call: &Call<'_>, project: &Project, pull: &PullRequest) -> Value {
    json!({
        "id": pull.id,
        "iid": pull.number,
        "project_id": project.id,
        "title": pull.title,
        "description": pull.body,
        "state": state_word(pull.state),
        "created_at": time(pull.created_at),
        "updated_at": time(pull.updated_at),
        "web_url": page(call, project, pull.number),
    })
}

pub(in super::super) fn page(call: &Call<'_>, project: &Project, number: u64) -> String {
    let page = call.view.page(&project.path());
    format!("{page}/-/merge_requests/{number}")
}

/// How many of the boxes in a text are ticked, and how many there are.
fn tasks(text: &str) -> (usize, usize) {
    let is_box = |line: &&str| {
        let line = line.trim_start();
        let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        item.is_some_and(|item| item.starts_with("[ ] ") || item.starts_with("[x] "))
    };
    let boxes: Vec<&str> = text.lines().filter(is_box).collect();
    let done = boxes.iter().filter(|line| line.contains("[x] ")).count();
    (done, boxes.len())
}

/// A merge request by itself.
pub(in super::super) async fn whole(
    call: &Call<'_>,
    id: ProjectId,
    number: u64,
) -> Result<Value, Problem> {
    let is_open = {
        let state = call.hub.state();
        let pull = call.look(&state, id)?.pull(number)?;
        pull.state == PullState::Open && !pull.synthetic
    };
    // Whoever asks sets off the check; the first may be told that it is still going on.
    let found = match is_open {
        true => Some(call.hub.observed_mergeability(id, number).await?),
        false => None,
    };
    let facts = Facts::find(call, id, number).await?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let pull = project.pull(number)?;
    let mut body = row(call, &state, project, pull, false);
    if found == Some(Mergeability::Unknown) {
        body["merge_status"] = json!("checking");
        if !pull.draft {
            body["detailed_merge_status"] = json!("checking");
        }
    } else if let Some(detail) = facts.hindrance
        && body["detailed_merge_status"] == "mergeable"
    {
        body["detailed_merge_status"] = json!(detail);
    }
    let can_merge = call.login().is_some() && call.allows(&state, project, Access::Write);
    let author_is_new = project
        .pull_requests
        .values()
        .all(|other| other.author != pull.author || other.state != PullState::Merged);
    let (basic, whole) = pipeline(call, &state, pull);
    let more = json!({
        "subscribed": call.login() == Some(pull.author.as_str()),
        "changes_count": facts.changes.map(|count| count.to_string()),
        "latest_build_started_at": null,
        "latest_build_finished_at": null,
        "first_deployed_to_production_at": null,
        "pipeline": basic,
        "head_pipeline": whole,
        "diff_refs": {
            "base_sha": facts.base,
            "head_sha": pull.head.sha,
            "start_sha": pull.base_sha,
        },
        "merge_error": pull.settings.get("merge_error"),
        "first_contribution": author_is_new,
        "user": {"can_merge": can_merge},
    });
    merge(&mut body, more);
    if call.params.flag("include_diverged_commits_count")? == Some(true) {
        body["diverged_commits_count"] = json!(facts.behind);
    }
    if call.params.flag("include_rebase_in_progress")? == Some(true) {
        body["rebase_in_progress"] = json!(false);
    }
    Ok(body)
}

/// What only git can tell about a merge request.
#[derive(Debug, Default)]
struct Facts {
    base: Option<String>,
    changes: Option<usize>,
    behind: usize,
    hindrance: Option<&'static str>,
}

impl Facts {
    async fn find(call: &Call<'_>, id: ProjectId, number: u64) -> Result<Self, Problem> {
        let pull = call.hub.state().pull(id, number)?.clone();
        if pull.synthetic {
            return Ok(Self {
                base: Some(pull.base_sha),
                ..Self::default()
            });
        }
        let repository = call.hub.repository(id).await?;
        let head = &pull.head.sha;
        let base = repository.merge_base(&pull.base_sha, head).await?;
        let base = base.unwrap_or_else(|| pull.base_sha.clone());
        let changes = repository.changes(&base, head, false).await?.len();
        let tip = repository.branch(&pull.base_branch).await?;
        let behind = match &tip {
            Some(tip) => {
                let query = crate::git::LogQuery {
                    without: Some(head),
                    ..crate::git::LogQuery::default()
                };
                repository.log_count(tip, &query).await?
            }
            None => 0,
        };
        let hindrance = super::merge::hindrance(call.hub, id, &pull, behind > 0)?;
        Ok(Self {
            base: Some(base),
            changes: Some(changes),
            behind,
            hindrance,
        })
    }
}

/// The newest pipeline of the head, in the project that it is in: in short, and whole.
fn pipeline(call: &Call<'_>, state: &State, pull: &PullRequest) -> (Value, Value) {
    let source = pull.head.project.and_then(|id| state.projects.get(&id));
    let source = source.filter(|source| call.access(state, source).is_some());
    let found = source.and_then(|source| {
        let pipeline = pipelines::latest(source, &pull.head.sha, None)?;
        Some((source, pipeline))
    });
    match found {
        None => (Value::Null, Value::Null),
        Some((source, pipeline)) => (
            pipelines::basic(call, source, &pipeline),
            pipelines::whole(call, state, source, &pipeline),
        ),
    }
}
