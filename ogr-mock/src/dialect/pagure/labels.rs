//! Labels, which Pagure calls tags. None of its calls puts one on a pull request.

use serde_json::{Value, json};

use super::call::Call;
use super::form::Checks;
use super::problem::Problem;
use super::users::{beginning, fits};
use super::view::reply;
use super::{Answer, Place};
use crate::state::{Label, Project};

/// `GET tags`.
pub(super) fn list(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let pattern = call.request.param("pattern").map(beginning);
    let id = call.project(place)?;
    let state = call.hub.state();
    let labels = call.look(&state, id)?.labels.values();
    let mut names: Vec<&str> = labels
        .map(|label| label.name.as_str())
        .filter(|name| pattern.as_deref().is_none_or(|pattern| fits(pattern, name)))
        .collect();
    names.sort_unstable();
    let body = json!({"total_tags": names.len(), "tags": names});
    Ok(reply(200, &body))
}

fn told(label: &Label) -> Value {
    json!({
        "tag": label.name,
        "tag_description": label.description.as_deref().unwrap_or_default(),
        "tag_color": label.color,
    })
}

fn exact<'a>(project: &'a Project, name: &str) -> Option<&'a Label> {
    project.labels.values().find(|label| label.name == name)
}

/// `GET tag/<name>`.
pub(super) fn get(call: &Call<'_>, place: &Place<'_>, name: &str) -> Answer {
    let id = call.project(place)?;
    let state = call.hub.state();
    let label = exact(call.look(&state, id)?, name);
    let label = label.ok_or_else(|| Problem::new(404, "ENOTAG"))?;
    Ok(reply(200, &told(label)))
}

fn is_label(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphanumeric());
    let mut rest = chars.peekable();
    first && rest.peek().is_some() && rest.all(|c| c.is_ascii_alphanumeric() || "-_ .:".contains(c))
}

/// `POST tags/new`.
pub(super) fn create(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_token(id)?;
    let mut checks = Checks::on(&call.form)
        .matching("tag", is_label)
        .required("tag_color");
    let name = call.form.text("tag").unwrap_or_default();
    if name.chars().count() > 255 {
        checks.wrong("tag", "Field cannot be longer than 255 characters.");
    }
    checks.done()?;
    let mut state = call.hub.state();
    if exact(call.look(&state, id)?, &name).is_some() {
        return Err(Problem::new(400, "EDBERROR"));
    }
    let label = Label {
        id: state.new_id(),
        name,
        color: call.form.text("tag_color").unwrap_or_default(),
        description: call.form.text("tag_description"),
        ..Label::default()
    };
    let body = json!({"message": "Tag created", "tag": told(&label)});
    state.project_mut(id)?.labels.insert(label.id, label);
    Ok(reply(200, &body))
}

/// `DELETE tag/<name>`, with a token of the project itself. Whatever had the label loses it.
pub(super) fn delete(call: &Call<'_>, place: &Place<'_>, name: &str) -> Answer {
    let id = call.project(place)?;
    call.check_project_token(id)?;
    let mut state = call.hub.state();
    let label = exact(call.look(&state, id)?, name).map(|label| label.id);
    let label = label.ok_or_else(|| Problem::new(404, "ENOTAG"))?;
    let project = state.project_mut(id)?;
    project.labels.remove(&label);
    for pull in project.pull_requests.values_mut() {
        pull.labels.retain(|id| *id != label);
    }
    let message = format!("Tag: {name} has been deleted");
    Ok(reply(200, &json!({"message": message})))
}
