//! The labels that a project has.

use serde_json::{Value, json};

use super::call::{Body, Call};
use super::problem::Problem;
use super::pull_requests::view;
use super::{Answer, answer};
use crate::dialect::empty;
use crate::state::{Access, Label, Project, ProjectId};

/// `GET /repos/{owner}/{repo}/labels`.
pub(super) fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let paging = call.paging();
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let mut labels: Vec<&Label> = project.labels.values().collect();
    labels.sort_by_key(|label| label.name.to_lowercase());
    let total = labels.len();
    let rows: Vec<Value> = paging
        .cut(labels)
        .into_iter()
        .map(|label| view::label(call, project, label))
        .collect();
    drop(state);
    Ok(call.linked(answer(200, &json!(rows)), id, "/labels", paging, total))
}

/// `GET /repos/{owner}/{repo}/labels/{name}`.
pub(super) fn get(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let label = find(project, name)?;
    Ok(answer(200, &view::label(call, project, label)))
}

/// `POST /repos/{owner}/{repo}/labels`.
pub(super) fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    call.writer(id, "issues", Access::Triage)?;
    let body = call.body()?;
    let name = body.required("name")?.to_owned();
    let color = color(&body)?.unwrap_or_else(|| "ededed".to_owned());
    let description = description(&body)?;
    let mut state = call.hub.state();
    if state.project_mut(id)?.label(&name).is_some() {
        return Err(Problem::field("Label", "name", "already_exists"));
    }
    let label = state.label_id(id, &name).ok_or_else(Problem::not_found)?;
    let project = state.project_mut(id)?;
    if let Some(label) = project.labels.get_mut(&label) {
        (label.color, label.description) = (color, description);
    }
    let label = find(project, &name)?;
    Ok(answer(201, &view::label(call, project, label)))
}

/// `PATCH /repos/{owner}/{repo}/labels/{name}`.
pub(super) fn change(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    call.writer(id, "issues", Access::Triage)?;
    let body = call.body()?;
    let new = body.text("new_name")?.unwrap_or(name).to_owned();
    let (color, description) = (color(&body)?, description(&body)?);
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    let label = find(project, name)?.id;
    if project.label(&new).is_some_and(|other| other.id != label) {
        return Err(Problem::field("Label", "name", "already_exists"));
    }
    if let Some(label) = project.labels.get_mut(&label) {
        label.name.clone_from(&new);
        if let Some(color) = color {
            label.color = color;
        }
        if description.is_some() {
            label.description = description;
        }
    }
    let label = find(project, &new)?;
    Ok(answer(200, &view::label(call, project, label)))
}

/// `DELETE /repos/{owner}/{repo}/labels/{name}`.
pub(super) fn delete(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    call.writer(id, "issues", Access::Triage)?;
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    let label = find(project, name)?.id;
    project.labels.remove(&label);
    for pull in project.pull_requests.values_mut() {
        pull.labels.retain(|held| *held != label);
    }
    Ok(empty(204))
}

fn find<'a>(project: &'a Project, name: &str) -> Result<&'a Label, Problem> {
    project.label(name).ok_or_else(Problem::not_found)
}

/// Six hexadecimal digits, without a `#` in front.
fn color(body: &Body) -> Result<Option<String>, Problem> {
    let Some(color) = body.text("color")? else {
        return Ok(None);
    };
    if color.len() == 6 && color.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(Some(color.to_ascii_lowercase()))
    } else {
        Err(Problem::field("Label", "color", "invalid"))
    }
}

fn description(body: &Body) -> Result<Option<String>, Problem> {
    let text = body.text("description")?;
    if text.is_some_and(|text| text.chars().count() > 100) {
        let words = "description is too long (maximum is 100 characters)";
        return Err(Problem::custom("Label", Some("description"), words));
    }
    Ok(text.map(str::to_owned))
}
