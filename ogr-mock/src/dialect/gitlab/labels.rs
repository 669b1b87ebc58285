//! Labels of projects.

use serde_json::{Value, json};

use super::Answer;
use super::call::Call;
use super::problem::Problem;
use crate::dialect::{answer, empty};
use crate::state::{Access, Label, Project, ProjectId, PullState, Refusal, What};

/// `GET /projects/{id}/labels`: by name.
pub(super) fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let counts = call.params.flag("with_counts")?.unwrap_or(false);
    let search = call
        .params
        .filled("search")?
        .map(|text| text.to_lowercase());
    let paging = call.paging()?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let mut labels: Vec<&Label> = project.labels.values().collect();
    labels.retain(|label| {
        let name = label.name.to_lowercase();
        search
            .as_ref()
            .is_none_or(|text| name.contains(text.as_str()))
    });
    labels.sort_by_key(|label| label.name.to_lowercase());
    let total = labels.len();
    let rows = paging.cut(labels).into_iter();
    let rows = rows.map(|label| body(project, label, counts)).collect();
    drop(state);
    let defaults = [
        ("include_ancestor_groups", "true"),
        ("with_counts", "false"),
    ];
    Ok(call.page_of(rows, paging, total, &defaults))
}

/// `GET /projects/{id}/labels/{name}`; its number does as well.
pub(super) fn get(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let label = find(project, name)?;
    Ok(answer(200, &body(project, label, false)))
}

fn find<'a>(project: &'a Project, name: &str) -> Result<&'a Label, Problem> {
    let by_number = name
        .parse::<u64>()
        .ok()
        .and_then(|id| project.labels.get(&id));
    let label = by_number.or_else(|| project.labels.values().find(|label| label.name == name));
    label.ok_or_else(|| Refusal::NotFound(What::Label).into())
}

/// `POST /projects/{id}/labels`.
pub(super) fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    call.params.require(&["name", "color"])?;
    call.writer(id, Access::Read)?;
    member(call, id)?;
    let name = call.params.text("name")?.unwrap_or_default();
    let color = color(&call.params.text("color")?.unwrap_or_default())?;
    let description = call.params.text("description")?;
    let mut state = call.hub.state();
    if call
        .look(&state, id)?
        .labels
        .values()
        .any(|label| label.name == name)
    {
        return Err(Problem::message(409, "Label already exists"));
    }
    let number = state.new_id();
    let label = Label {
        id: number,
        name,
        color,
        description,
        ..Label::default()
    };
    let project = state.project_mut(id)?;
    project.labels.insert(number, label.clone());
    Ok(answer(201, &body(project, &label, false)))
}

/// Labels are for reporters: that the public may read is not enough.
fn member(call: &Call<'_>, id: ProjectId) -> Result<(), Problem> {
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let login = call.signed_in()?;
    let own = super::members::own(&state, project);
    let inherited = super::members::inherited(&state, project);
    let level = own.get(login).max(inherited.get(login)).copied();
    let admin = state.user(login).is_some_and(|user| user.admin);
    if admin || level.max(project_owner(project, login)) >= Some(Access::Read) {
        Ok(())
    } else {
        Err(Problem::forbidden())
    }
}

fn project_owner(project: &Project, login: &str) -> Option<Access> {
    (project.owner == login).then_some(Access::Admin)
}

/// `PUT /projects/{id}/labels/{name}`.
pub(super) fn change(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    member(call, id)?;
    let params = &call.params;
    let new_name = params.filled("new_name")?;
    let new_color = params
        .filled("color")?
        .map(|text| color(&text))
        .transpose()?;
    let mut state = call.hub.state();
    let number = find(call.look(&state, id)?, name)?.id;
    let project = state.project_mut(id)?;
    let label = project.labels.get_mut(&number);
    let label = label.ok_or(Refusal::NotFound(What::Label))?;
    if let Some(name) = new_name {
        label.name = name;
    }
    if let Some(color) = new_color {
        label.color = color;
    }
    if params.given("description") {
        label.description = params.text("description")?;
    }
    let label = label.clone();
    Ok(answer(200, &body(project, &label, false)))
}

/// `DELETE /projects/{id}/labels/{name}`.
pub(super) fn delete(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    member(call, id)?;
    let mut state = call.hub.state();
    let number = find(call.look(&state, id)?, name)?.id;
    state.project_mut(id)?.labels.remove(&number);
    Ok(empty(204))
}

/// Six digits of what comes as `#rrggbb`, or as one of a few names.
fn color(text: &str) -> Result<String, Problem> {
    let named = match text.to_lowercase().as_str() {
        "red" => Some("ff0000"),
        "green" => Some("008000"),
        "blue" => Some("0000ff"),
        "black" => Some("000000"),
        "white" => Some("ffffff"),
        _ => None,
    };
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let digits = text.strip_prefix('#').unwrap_or_default();
    let legal = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if legal {
        return Ok(digits.to_ascii_lowercase());
    }
    Err(Problem::field("color", "must be a valid color code"))
}

/// A label by itself; with the counts if they are asked for.
fn body(project: &Project, label: &Label, counts: bool) -> Value {
    let mut body = details(label);
    if counts {
        let open = |pull: &&crate::state::PullRequest| {
            pull.state == PullState::Open && pull.labels.contains(&label.id)
        };
        body["open_issues_count"] = json!(0);
        body["closed_issues_count"] = json!(0);
        let count = project.pull_requests.values().filter(open).count();
        body["open_merge_requests_count"] = json!(count);
    }
    body["subscribed"] = json!(false);
    body["priority"] = Value::Null;
    body["is_project_label"] = json!(true);
    body
}

/// A label as it stands in merge requests, where the details are asked for.
pub(super) fn details(label: &Label) -> Value {
    let color = &label.color;
    // Dark on light, light on dark.
    let bright = u8::from_str_radix(color.get(..2).unwrap_or_default(), 16);
    let text = if bright.unwrap_or(255) > 127 {
        "#1F1E24"
    } else {
        "#FFFFFF"
    };
    json!({
        "id": label.id,
        "name": label.name,
        "description": label.description,
        "description_html": label.description.clone().unwrap_or_default(),
        "text_color": text,
        "color": format!("#{color}"),
        "archived": label.archived,
    })
}
