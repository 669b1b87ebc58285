//! Editing, closing, reopening and deleting merge requests.

use serde_json::json;

use super::super::Answer;
use super::super::call::Call;
use super::super::problem::Problem;
use super::create::{is_draft, people, people_of, without_mark};
use super::{existing, view};
use crate::dialect::{answer, empty};
use crate::state::{Access, ProjectId, PullRequest, PullRequestChange, PullState};

/// What an update may name; one of them it must.
const FIELDS: [&str; 18] = [
    "assignee_id",
    "assignee_ids",
    "reviewer_ids",
    "description",
    "labels",
    "add_labels",
    "remove_labels",
    "milestone_id",
    "milestone",
    "remove_source_branch",
    "allow_collaboration",
    "allow_maintainer_to_push",
    "squash",
    "target_branch",
    "title",
    "state_event",
    "discussion_locked",
    "merge_after",
];

/// `PUT .../merge_requests/{iid}`.
pub(in super::super) async fn change(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let login = call.signed_in()?.to_owned();
    let params = &call.params;
    if !FIELDS.iter().any(|name| params.given(name)) {
        let words = format!(
            "{} are missing, at least one parameter must be provided",
            FIELDS.join(", ")
        );
        return Err(Problem::error(400, words));
    }
    for name in ["title", "target_branch"] {
        if params
            .text(name)?
            .is_some_and(|text| text.trim().is_empty())
        {
            return Err(Problem::error(400, format!("{name} is empty")));
        }
    }
    let event = params.choice("state_event", &["close", "reopen"])?;
    let before = existing(call, id, number)?;
    let trusted = {
        let state = call.hub.state();
        let project = call.look(&state, id)?;
        let own = state.same_name(&before.author, &login) && !project.archived;
        let trusted = call.allows(&state, project, Access::Write);
        if !own && !trusted {
            return Err(Problem::forbidden());
        }
        trusted
    };
    let target_branch = params.filled("target_branch")?;
    if before.head.project == Some(id) && target_branch.as_ref() == Some(&before.head.branch) {
        let words = "You can't use same project/branch for source and target";
        return Err(Problem::message(422, json!([words])));
    }
    let title = params.filled("title")?;
    let change = PullRequestChange {
        draft: title.as_deref().map(is_draft),
        title: title.clone(),
        body: if params.given("description") {
            Some(params.text("description")?)
        } else {
            None
        },
        base_branch: target_branch.filter(|_| before.state == PullState::Open),
        open: event
            .filter(|_| before.state != PullState::Merged)
            .filter(|event| event == "close" || can_reopen(call, &before))
            .map(|event| event == "reopen"),
        maintainer_edit: match params.flag("allow_collaboration")? {
            Some(on) => Some(on),
            None => params.flag("allow_maintainer_to_push")?,
        },
        labels: labels(call, id, &before)?.filter(|_| trusted),
        assignees: people(call, "assignee")?.filter(|_| trusted),
    };
    call.hub
        .change_pull_request(&login, id, number, change)
        .await?;
    settings(call, id, number, trusted)?;
    write_notes(call, &login, id, &before)?;
    Ok(answer(200, &view::whole(call, id, number).await?))
}

/// A merge request whose source is gone stays closed, and nobody is told why.
fn can_reopen(call: &Call<'_>, pull: &PullRequest) -> bool {
    let state = call.hub.state();
    let source = pull.head.project.and_then(|id| state.projects.get(&id));
    source.is_some()
}

/// The labels as they shall be, if any of the three parameters is there.
fn labels(
    call: &Call<'_>,
    id: ProjectId,
    before: &PullRequest,
) -> Result<Option<Vec<u64>>, Problem> {
    let params = &call.params;
    let all = match (params.list("labels")?, params.given("labels")) {
        (None, true) => Some(Vec::new()),
        (all, _) => all,
    };
    let (add, remove) = (params.list("add_labels")?, params.list("remove_labels")?);
    if all.is_none() && add.is_none() && remove.is_none() {
        return Ok(None);
    }
    let mut state = call.hub.state();
    let mut ids = match all {
        None => before.labels.clone(),
        Some(names) => names
            .iter()
            .filter_map(|name| state.label_id(id, name))
            .collect(),
    };
    for name in add.unwrap_or_default() {
        ids.extend(state.label_id(id, &name));
    }
    let project = call.look(&state, id)?;
    let gone: Vec<u64> = remove
        .unwrap_or_default()
        .iter()
        .filter_map(|name| project.label(name).map(|label| label.id))
        .collect();
    ids.retain(|id| !gone.contains(id));
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}

/// Notes what only GitLab knows.
fn settings(call: &Call<'_>, id: ProjectId, number: u64, trusted: bool) -> Result<(), Problem> {
    let params = &call.params;
    let reviewers = people_of(call, "reviewer_ids")?;
    let mut state = call.hub.state();
    let settings = &mut state.pull_mut(id, number)?.settings;
    for (name, key) in [
        ("remove_source_branch", "force_remove_source_branch"),
        ("squash", "squash"),
        ("discussion_locked", "discussion_locked"),
    ] {
        if let Some(on) = params.flag(name)? {
            settings.insert(key.to_owned(), json!(on));
        }
    }
    if let Some(reviewers) = reviewers.filter(|_| trusted) {
        settings.insert("reviewers".to_owned(), json!(reviewers));
    }
    Ok(())
}

/// Writes the notes of the system about what changed. Closing, reopening and labels leave events,
/// which are no notes.
fn write_notes(
    call: &Call<'_>,
    login: &str,
    id: ProjectId,
    before: &PullRequest,
) -> Result<(), Problem> {
    let after = call.hub.state().pull(id, before.number)?.clone();
    let mut notes = Vec::new();
    if before.draft != after.draft {
        let word = if after.draft { "draft" } else { "ready" };
        notes.push(format!("marked this merge request as **{word}**"));
    }
    let bare = |title: &str| without_mark(title).unwrap_or(title).to_owned();
    let (old, new) = (bare(&before.title), bare(&after.title));
    if old != new {
        notes.push(format!(
            "changed title from **{{-{old}-}}** to **{{+{new}+}}**"
        ));
    }
    if before.body != after.body {
        notes.push("changed the description".to_owned());
    }
    if before.base_branch != after.base_branch {
        notes.push(format!(
            "changed target branch from `{}` to `{}`",
            before.base_branch, after.base_branch
        ));
    }
    for note in notes {
        call.hub
            .add_comment(login, id, before.number, &note, true)?;
    }
    Ok(())
}

/// `DELETE .../merge_requests/{iid}`: for owners.
pub(in super::super) fn delete(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    existing(call, id, number)?;
    call.entitled(id, Access::Admin)?;
    let mut state = call.hub.state();
    state.project_mut(id)?.pull_requests.remove(&number);
    Ok(empty(204))
}
