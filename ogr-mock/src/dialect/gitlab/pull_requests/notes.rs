//! Notes on merge requests, the system's among them.

use serde_json::{Value, json};

use super::super::Answer;
use super::super::call::Call;
use super::super::members;
use super::super::problem::Problem;
use super::super::view::time;
use super::existing;
use crate::dialect::{answer, empty};
use crate::state::{Access, Comment, Project, ProjectId, PullRequest, State};

/// Where the numbers of the notes stand that only members see.
const INTERNAL: &str = "internal_notes";

/// `GET .../merge_requests/{iid}/notes`: the newest first. What the caller may not see is left out
/// after the page was cut, so that a page in the middle may be short, and the counts too high.
pub(in super::super) fn list(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let pull = existing(call, id, number)?;
    let params = &call.params;
    let kinds = ["all_notes", "only_comments", "only_activity"];
    let kind = params.choice("activity_filter", &kinds)?;
    let order = params.choice("order_by", &["created_at", "updated_at"])?;
    let sort = params.choice("sort", &["asc", "desc"])?;
    let paging = call.paging()?;
    let mut notes: Vec<&Comment> = pull.comments.iter().collect();
    notes.retain(|note| match kind.as_deref() {
        Some("only_comments") => !note.system,
        Some("only_activity") => note.system,
        _ => true,
    });
    match order.as_deref() {
        Some("updated_at") => notes.sort_by_key(|note| (note.updated_at, note.id)),
        _ => notes.sort_by_key(|note| (note.created_at, note.id)),
    }
    if sort.as_deref() != Some("asc") {
        notes.reverse();
    }
    let total = notes.len();
    let mut page = paging.cut(notes);
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let trusted = is_member(call, &state, project);
    page.retain(|note| trusted || !is_internal(&pull, note.id));
    let rows = page.into_iter();
    let rows = rows.map(|note| body(call, &state, &pull, note)).collect();
    drop(state);
    let defaults = [
        ("activity_filter", "all_notes"),
        ("order_by", "created_at"),
        ("sort", "desc"),
    ];
    Ok(call.page_of(rows, paging, total, &defaults))
}

/// Whether the caller reads what is said among members: reporters and above do.
fn is_member(call: &Call<'_>, state: &State, project: &Project) -> bool {
    let Some(user) = call.login().and_then(|login| state.user(login)) else {
        return false;
    };
    let own = members::own(state, project).get(&user.login).copied();
    let inherited = members::inherited(state, project).get(&user.login).copied();
    user.admin || own.max(inherited) >= Some(Access::Read)
}

fn is_internal(pull: &PullRequest, note: u64) -> bool {
    let list = pull.settings.get(INTERNAL).and_then(Value::as_array);
    list.is_some_and(|list| list.contains(&json!(note)))
}

/// `POST .../merge_requests/{iid}/notes`: by whoever may read.
pub(in super::super) fn create(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    call.params.require(&["body"])?;
    let login = call.signed_in()?;
    let pull = existing(call, id, number)?;
    let text = text(call)?;
    let internal = call.params.flag("internal")?.unwrap_or(false)
        || call.params.flag("confidential")?.unwrap_or(false);
    {
        let state = call.hub.state();
        let project = call.look(&state, id)?;
        let locked = super::view::flag(&pull, "discussion_locked") == Some(true);
        if (internal || locked) && !is_member(call, &state, project) {
            return Err(Problem::forbidden());
        }
    }
    let note = call.hub.comment_on_pull_request(login, id, number, &text)?;
    let mut state = call.hub.state();
    let pull = state.pull_mut(id, number)?;
    if internal {
        let list = pull.settings.entry(INTERNAL.to_owned());
        let list = list.or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(json!(note.id));
        }
    }
    let pull = pull.clone();
    Ok(answer(201, &body(call, &state, &pull, &note)))
}

fn text(call: &Call<'_>) -> Result<String, Problem> {
    let text = call.params.text("body")?.unwrap_or_default();
    if text.trim().is_empty() {
        let words = "400 Bad request - Note {:note=>[\"can't be blank\"]}";
        return Err(Problem::message(400, words));
    }
    Ok(text)
}

/// The note of this number, if the caller may see it.
fn find<'a>(
    call: &Call<'_>,
    id: ProjectId,
    pull: &'a PullRequest,
    note: &str,
) -> Result<&'a Comment, Problem> {
    let wrong = |_| Problem::error(400, "note_id is invalid");
    let wanted: u64 = note.parse().map_err(wrong)?;
    let found = pull.comments.iter().find(|comment| comment.id == wanted);
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let visible = |note: &&Comment| !is_internal(pull, note.id) || is_member(call, &state, project);
    let missing = || Problem::not_found("Note");
    found.filter(visible).ok_or_else(missing)
}

/// `GET .../merge_requests/{iid}/notes/{note_id}`.
pub(in super::super) fn get(call: &Call<'_>, id: ProjectId, number: u64, note: &str) -> Answer {
    let pull = existing(call, id, number)?;
    let note = find(call, id, &pull, note)?;
    let state = call.hub.state();
    Ok(answer(200, &body(call, &state, &pull, note)))
}

/// `PUT .../merge_requests/{iid}/notes/{note_id}`: by its author, or by maintainers.
pub(in super::super) fn change(call: &Call<'_>, id: ProjectId, number: u64, note: &str) -> Answer {
    call.params.require(&["body"])?;
    let pull = existing(call, id, number)?;
    let wanted = own(call, id, &pull, note)?;
    let text = text(call)?;
    let now = call.hub.now();
    let mut state = call.hub.state();
    let pull = state.pull_mut(id, number)?;
    let note = pull.comments.iter_mut().find(|note| note.id == wanted);
    let note = note.ok_or_else(|| Problem::not_found("Note"))?;
    note.body = text;
    note.updated_at = now;
    let note = note.clone();
    let pull = pull.clone();
    Ok(answer(200, &body(call, &state, &pull, &note)))
}

/// `DELETE .../merge_requests/{iid}/notes/{note_id}`: by the same.
pub(in super::super) fn delete(call: &Call<'_>, id: ProjectId, number: u64, note: &str) -> Answer {
    let pull = existing(call, id, number)?;
    let wanted = own(call, id, &pull, note)?;
    let mut state = call.hub.state();
    let pull = state.pull_mut(id, number)?;
    pull.comments.retain(|note| note.id != wanted);
    Ok(empty(204))
}

/// The number of a note that the caller may change: nobody changes the system's.
fn own(call: &Call<'_>, id: ProjectId, pull: &PullRequest, note: &str) -> Result<u64, Problem> {
    let login = call.signed_in()?;
    let note = find(call, id, pull, note)?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let may =
        state.same_name(&note.author, login) || call.allows(&state, project, Access::Maintain);
    if may && !note.system {
        Ok(note.id)
    } else {
        Err(Problem::forbidden())
    }
}

fn body(call: &Call<'_>, state: &State, pull: &PullRequest, note: &Comment) -> Value {
    let internal = is_internal(pull, note.id);
    json!({
        "id": note.id,
        "type": null,
        "body": note.body,
        "attachment": null,
        "author": call.view.user(state, &note.author),
        "created_at": time(note.created_at),
        "updated_at": time(note.updated_at),
        "system": note.system,
        "noteable_id": pull.id,
        "noteable_type": "MergeRequest",
        "project_id": pull.project,
        "resolvable": false,
        "confidential": internal,
        "internal": internal,
        "imported": false,
        "imported_from": "none",
        "noteable_iid": pull.number,
        "commands_changes": {},
    })
}
