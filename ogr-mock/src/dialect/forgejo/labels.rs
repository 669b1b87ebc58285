//! Labels, of a project and on an issue or pull request.

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::{Answer, json_answer};
use crate::dialect::empty;
use crate::state::{Access, Label, Project, ProjectId, Refusal, State, What};

/// Routes below `/repos/{owner}/{repo}/labels`.
pub(super) fn route(call: &Call<'_>, id: ProjectId, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", []) => list(call, id),
        ("POST", []) => create(call, id),
        ("GET", [name]) => get(call, id, name),
        ("PATCH", [name]) => edit(call, id, name),
        (_, [name]) => delete(call, id, name),
        _ => Err(Problem::NoRoute),
    }
}

/// In alphabetical order; of one name the older first.
fn sorted(project: &Project) -> Vec<&Label> {
    let mut labels: Vec<&Label> = project.labels.values().collect();
    labels.sort_by(|a, b| a.name.cmp(&b.name));
    labels
}

fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let mut labels = sorted(project);
    match call.param("sort") {
        Some("reversealphabetically") => labels.sort_by(|a, b| b.name.cmp(&a.name)),
        Some("leastissues" | "mostissues") => labels.sort_by_key(|label| label.id),
        _ => {}
    }
    let (total, path) = (labels.len(), project.path());
    let rows: Vec<Value> = call
        .paging_if_page()
        .cut(labels)
        .into_iter()
        .map(|label| call.label(&path, label))
        .collect();
    Ok(call.counted(&json!(rows), total))
}

/// Finds a label by its number or else its name.
fn find<'p>(project: &'p Project, name: &str) -> Option<&'p Label> {
    match name.parse::<u64>() {
        Ok(id) => project.labels.get(&id),
        Err(_) => sorted(project).into_iter().find(|label| label.name == name),
    }
}

/// Finds a label by its number only.
fn numbered<'p>(project: &'p Project, number: &str) -> Option<&'p Label> {
    project.labels.get(&number.parse().ok()?)
}

/// A colour as it is kept: six small digits, made of three where need be.
fn color(text: &str) -> Result<String, Problem> {
    let digits = text.strip_prefix('#').unwrap_or(text).to_lowercase();
    let hex = digits.chars().all(|c| c.is_ascii_hexdigit());
    match digits.len() {
        6 if hex => Ok(digits),
        3 if hex => Ok(digits.chars().flat_map(|c| [c, c]).collect()),
        _ => Err(Problem::new(422, format!("bad color code: {text}"))),
    }
}

fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    call.writer(id)?;
    let body = call.body("CreateLabelOption")?;
    let name = body.required("name", "Name")?;
    let wanted = body.required("color", "Color")?.trim();
    let hash = if wanted.starts_with('#') { "" } else { "#" };
    let hashed = format!("{hash}{wanted}");
    let label = Label {
        name: name.to_owned(),
        color: color(&hashed)?,
        description: Some(body.plain("description")?.to_owned()),
        exclusive: body.flag("exclusive")?.unwrap_or(false),
        archived: body.flag("is_archived")?.unwrap_or(false),
        ..Label::default()
    };
    let mut state = call.hub.state();
    let label = Label {
        id: state.new_id(),
        ..label
    };
    let project = state.project_mut(id)?;
    let answer = call.label(&project.path(), &label);
    project.labels.insert(label.id, label);
    Ok(json_answer(201, &answer))
}

fn get(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let label = find(project, name).ok_or_else(Problem::not_found)?;
    Ok(json_answer(200, &call.label(&project.path(), label)))
}

fn edit(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    call.writer(id)?;
    let body = call.body("EditLabelOption")?;
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    let label = numbered(project, name).ok_or_else(Problem::not_found)?;
    let mut changed = label.clone();
    if let Some(name) = body.text("name")? {
        name.clone_into(&mut changed.name);
    }
    if let Some(wanted) = body.text("color")? {
        changed.color = color(wanted)?;
    }
    if let Some(text) = body.text("description")? {
        changed.description = Some(text.to_owned());
    }
    if let Some(exclusive) = body.flag("exclusive")? {
        changed.exclusive = exclusive;
    }
    // What is not said to stay in the archive comes out of it.
    changed.archived = body.flag("is_archived")?.unwrap_or(false);
    let answer = call.label(&project.path(), &changed);
    project.labels.insert(changed.id, changed);
    Ok(json_answer(200, &answer))
}

/// Deleting what is not there is fine too.
fn delete(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    call.writer(id)?;
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    if let Some(label) = numbered(project, name).map(|label| label.id) {
        project.labels.remove(&label);
        for pull in project.pull_requests.values_mut() {
            pull.labels.retain(|held| *held != label);
        }
    }
    Ok(empty(204))
}

/// Routes below `/repos/{owner}/{repo}/issues/{index}/labels`.
pub(super) fn of_issue(call: &Call<'_>, id: ProjectId, number: &str, rest: &[&str]) -> Answer {
    let number: u64 = number.parse().map_err(|_| Problem::not_found())?;
    match (call.request.method.as_str(), rest) {
        ("GET", []) => {
            let state = call.hub.state();
            let project = state.visible_id(call.login(), id)?;
            Ok(held(call, project, number)?)
        }
        ("POST", []) => add(call, id, number, false),
        ("PUT", []) => add(call, id, number, true),
        ("DELETE", []) => {
            may_label(call, id, number)?;
            call.hub.state().pull_mut(id, number)?.labels.clear();
            Ok(empty(204))
        }
        (_, [name]) => remove(call, id, number, name),
        _ => Err(Problem::NoRoute),
    }
}

fn held(call: &Call<'_>, project: &Project, number: u64) -> Answer {
    let pull = project.pull(number)?;
    let path = project.path();
    let rows: Vec<Value> = project
        .labels_of(&pull.labels)
        .into_iter()
        .map(|label| call.label(&path, label))
        .collect();
    Ok(json_answer(200, &json!(rows)))
}

fn may_label(call: &Call<'_>, id: ProjectId, number: u64) -> Result<(), Problem> {
    let login = call.signed_in()?;
    let state = call.hub.state();
    let project = state.visible_id(Some(login), id)?;
    project.pull(number)?;
    if call.may(&state, project, Access::Write) {
        Ok(())
    } else {
        Err(Refusal::Forbidden(What::PullRequest).into())
    }
}

/// The labels of a request, by number or by name; those that are not there are passed over.
fn wanted(call: &Call<'_>, project: &Project, values: &[Value]) -> Result<Vec<u64>, Problem> {
    if values.iter().all(Value::is_number) {
        let numbers = values.iter().filter_map(Value::as_u64);
        return Ok(numbers
            .filter(|number| project.labels.contains_key(number))
            .collect());
    }
    if call.flavour.gitea {
        let words = "[]: json: cannot unmarshal number \" into Go struct field \
                     IssueLabelsOption.Labels of type int64";
        return Err(Problem::new(422, words));
    }
    if !values
        .iter()
        .all(|value| value.is_string() || value.is_number())
    {
        let words = "a label must be an integer or a string";
        return Err(Problem::new(400, words));
    }
    if !values.iter().all(Value::is_string) {
        let words = "labels should be an array of strings or integers";
        return Err(Problem::new(400, words));
    }
    let mut found = Vec::new();
    for name in values.iter().filter_map(Value::as_str) {
        // Names are not unique: all of one name are meant.
        let same = project.labels.values().filter(|label| label.name == name);
        found.extend(same.map(|label| label.id));
    }
    Ok(found)
}

/// The scope of an exclusive label: what stands before its last slash.
fn scope(label: &Label) -> Option<&str> {
    let (scope, _) = label.name.rsplit_once('/')?;
    label.exclusive.then_some(scope)
}

fn add(call: &Call<'_>, id: ProjectId, number: u64, replace: bool) -> Answer {
    call.signed_in()?;
    let body = call.body("IssueLabelsOption")?;
    may_label(call, id, number)?;
    let now = call.hub.now();
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    let wanted = match body.list("labels")? {
        Some(values) => wanted(call, project, values)?,
        None => Vec::new(),
    };
    let mut labels = project.pull(number)?.labels.clone();
    if replace {
        labels.clear();
    }
    put(project, &mut labels, &wanted);
    if let Some(pull) = project.pull_requests.get_mut(&number) {
        pull.labels = labels;
        pull.updated_at = now;
    }
    held(call, project, number)
}

/// Adds labels to others: an exclusive one drives out those of its scope.
pub(super) fn put(project: &Project, labels: &mut Vec<u64>, more: &[u64]) {
    for new in more {
        let Some(label) = project.labels.get(new) else {
            continue;
        };
        if let Some(wanted) = scope(label) {
            labels.retain(|held| {
                let held = project.labels.get(held);
                held.and_then(scope) != Some(wanted)
            });
        }
        if !labels.contains(new) {
            labels.push(*new);
        }
    }
}

/// The label to take off an issue: by its name or else, even one of another project, by its number.
/// Gitea knows numbers only.
fn to_remove(call: &Call<'_>, state: &State, project: &Project, name: &str) -> Answer<u64> {
    if let Some(label) = (!call.flavour.gitea)
        .then(|| sorted(project).into_iter().find(|label| label.name == name))
        .flatten()
    {
        return Ok(label.id);
    }
    let number = match name.parse::<u64>() {
        Ok(number) => Some(number),
        Err(_) => call.flavour.gitea.then_some(0),
    };
    let reason = match (number, state.group(&project.namespace)) {
        (Some(number), _) => {
            let mut projects = state.projects.values();
            if projects.any(|project| project.labels.contains_key(&number)) {
                return Ok(number);
            }
            "label_id: 0".to_owned()
        }
        (None, Some(group)) => format!("label_id: 0, org_id: {}", group.id),
        (None, None) => format!("label_id: 0, repo_id: {}", project.id),
    };
    let words = format!("label does not exist [{reason}]");
    Err(Problem::new(422, words))
}

fn remove(call: &Call<'_>, id: ProjectId, number: u64, name: &str) -> Answer {
    may_label(call, id, number)?;
    let mut state = call.hub.state();
    let label = to_remove(call, &state, state.visible_id(call.login(), id)?, name)?;
    if let Some(pull) = state.project_mut(id)?.pull_requests.get_mut(&number) {
        pull.labels.retain(|held| *held != label);
    }
    Ok(empty(204))
}
