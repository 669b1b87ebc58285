//! Comments and labels of pull requests. GitHub keeps both under the issue of the same number.

use chrono::DateTime;
use serde_json::{Value, json};

use super::super::call::Call;
use super::super::problem::Problem;
use super::super::view::{node_id, time};
use super::super::{Answer, answer};
use super::view;
use crate::dialect::empty;
use crate::state::{Access, Comment, Project, ProjectId, PullRequest, PullRequestChange, State};

/// `GET .../issues/{issue_number}/comments`: oldest first.
pub(in super::super) fn comments(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let number = super::number(number)?;
    let since = since(call)?;
    let paging = call.paging();
    let state = call.hub.state();
    call.token_may(&state, id, "pull_requests", false)?;
    let project = state.visible_id(call.login(), id)?;
    let pull = project.pull(number)?;
    let new = |comment: &&Comment| since.is_none_or(|since| comment.updated_at >= since);
    let rows: Vec<&Comment> = pull.comments.iter().filter(new).collect();
    let total = rows.len();
    let page: Vec<Value> = paging
        .cut(rows)
        .into_iter()
        .map(|comment| body(call, &state, project, pull, comment))
        .collect();
    drop(state);
    let tail = format!("/issues/{number}/comments");
    Ok(call.linked(answer(200, &json!(page)), id, &tail, paging, total))
}

/// `GET .../issues/comments`: those of all pull requests.
pub(in super::super) fn all_comments(call: &Call<'_>, id: ProjectId) -> Answer {
    let since = since(call)?;
    let paging = call.paging();
    let state = call.hub.state();
    call.token_may(&state, id, "pull_requests", false)?;
    let project = state.visible_id(call.login(), id)?;
    let pulls = project.pull_requests.values();
    let mut rows: Vec<(&PullRequest, &Comment)> = pulls
        .flat_map(|pull| pull.comments.iter().map(move |comment| (pull, comment)))
        .filter(|(_, comment)| since.is_none_or(|since| comment.updated_at >= since))
        .collect();
    match call.request.param("sort") {
        Some("updated") => rows.sort_by_key(|(_, comment)| comment.updated_at),
        _ => rows.sort_by_key(|(_, comment)| comment.id),
    }
    if call.request.param("direction") == Some("desc") && call.request.param("sort").is_some() {
        rows.reverse();
    }
    let total = rows.len();
    let page: Vec<Value> = paging
        .cut(rows)
        .into_iter()
        .map(|(pull, comment)| body(call, &state, project, pull, comment))
        .collect();
    drop(state);
    let answer = answer(200, &json!(page));
    Ok(call.linked(answer, id, "/issues/comments", paging, total))
}

fn since(call: &Call<'_>) -> Result<Option<DateTime<chrono::Utc>>, Problem> {
    let Some(since) = call.request.param("since") else {
        return Ok(None);
    };
    let since = DateTime::parse_from_rfc3339(since);
    let since =
        since.map_err(|_| Problem::new(422, "Invalid request.\n\nsince is not a timestamp"))?;
    Ok(Some(since.to_utc()))
}

/// `POST .../issues/{issue_number}/comments`.
pub(in super::super) fn create(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let login = call.signed_in()?;
    let number = super::number(number)?;
    call.token_may(&call.hub.state(), id, "pull_requests", true)?;
    let text = text(call)?;
    let comment = call.hub.comment_on_pull_request(login, id, number, &text)?;
    let state = call.hub.state();
    let project = state.visible_id(Some(login), id)?;
    let pull = project.pull(number)?;
    Ok(answer(201, &body(call, &state, project, pull, &comment)))
}

fn text(call: &Call<'_>) -> Result<String, Problem> {
    let body = call.body()?;
    let text = body.required("body")?;
    if text.trim().is_empty() {
        return Err(Problem::validation(json!({
            "resource": "IssueComment",
            "code": "unprocessable",
            "field": "data",
            "message": "Body cannot be blank",
        })));
    }
    Ok(text.to_owned())
}

/// `GET .../issues/comments/{comment_id}`.
pub(in super::super) fn get(call: &Call<'_>, id: ProjectId, comment: &str) -> Answer {
    let state = call.hub.state();
    call.token_may(&state, id, "pull_requests", false)?;
    let project = state.visible_id(call.login(), id)?;
    let (pull, comment) = find(project, comment)?;
    Ok(answer(200, &body(call, &state, project, pull, comment)))
}

/// `PATCH .../issues/comments/{comment_id}`: by its author, or by those who may push.
pub(in super::super) fn change(call: &Call<'_>, id: ProjectId, comment: &str) -> Answer {
    let (number, comment) = own(call, id, comment)?;
    let text = text(call)?;
    let now = call.hub.now();
    let mut state = call.hub.state();
    let pull = state.pull_mut(id, number)?;
    if let Some(comment) = pull.comments.iter_mut().find(|c| c.id == comment) {
        comment.body = text;
        comment.updated_at = now;
    }
    let project = state.visible_id(call.login(), id)?;
    let (pull, comment) = find(project, &comment.to_string())?;
    Ok(answer(200, &body(call, &state, project, pull, comment)))
}

/// `DELETE .../issues/comments/{comment_id}`: likewise.
pub(in super::super) fn delete(call: &Call<'_>, id: ProjectId, comment: &str) -> Answer {
    let (number, comment) = own(call, id, comment)?;
    let mut state = call.hub.state();
    let pull = state.pull_mut(id, number)?;
    pull.comments.retain(|known| known.id != comment);
    Ok(empty(204))
}

/// The pull request and the id of a comment that this caller may change.
fn own(call: &Call<'_>, id: ProjectId, comment: &str) -> Result<(u64, u64), Problem> {
    let login = call.signed_in()?;
    let state = call.hub.state();
    call.token_may(&state, id, "pull_requests", true)?;
    let project = state.visible_id(Some(login), id)?;
    let (pull, comment) = find(project, comment)?;
    let own = state.same_name(&comment.author, login);
    if !own && !state.allows(Some(login), project, Access::Write) {
        return Err(Problem::needs_admin());
    }
    if project.archived {
        return Err(Problem::archived());
    }
    Ok((pull.number, comment.id))
}

fn find<'a>(project: &'a Project, id: &str) -> Result<(&'a PullRequest, &'a Comment), Problem> {
    let id: u64 = id.parse().map_err(|_| Problem::not_found())?;
    let mut pulls = project.pull_requests.values();
    pulls
        .find_map(|pull| {
            let comment = pull.comments.iter().find(|comment| comment.id == id)?;
            Some((pull, comment))
        })
        .ok_or_else(Problem::not_found)
}

fn body(
    call: &Call<'_>,
    state: &State,
    project: &Project,
    pull: &PullRequest,
    comment: &Comment,
) -> Value {
    let urls = call.urls_of(&project.path());
    let (id, number) = (comment.id, pull.number);
    json!({
        "url": format!("{}/issues/comments/{id}", urls.api),
        "html_url": format!("{}/pull/{number}#issuecomment-{id}", urls.page),
        "issue_url": format!("{}/issues/{number}", urls.api),
        "id": id,
        "node_id": node_id("IssueComment", id),
        "user": call.view.account(state, &comment.author),
        "created_at": time(comment.created_at),
        "updated_at": time(comment.updated_at),
        "author_association": view::association_of(state, project, &comment.author),
        "body": comment.body,
        "performed_via_github_app": null,
    })
}

/// `GET .../issues/{issue_number}/labels`.
pub(in super::super) fn labels(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let number = super::number(number)?;
    let paging = call.paging();
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let labels = project.labels_of(&project.pull(number)?.labels);
    let total = labels.len();
    let page: Vec<Value> = paging
        .cut(labels)
        .into_iter()
        .map(|label| view::label(call, project, label))
        .collect();
    drop(state);
    let tail = format!("/issues/{number}/labels");
    Ok(call.linked(answer(200, &json!(page)), id, &tail, paging, total))
}

/// `POST` adds labels, `PUT` replaces them, `DELETE` takes them all away. Labels that the project
/// lacks are made.
pub(in super::super) async fn set_labels(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let login = call.writer(id, "pull_requests", Access::Triage)?.to_owned();
    let number = super::number(number)?;
    let names = match call.request.method.as_str() {
        "DELETE" => Vec::new(),
        _ => label_names(call)?,
    };
    let labels = {
        let mut state = call.hub.state();
        let mut labels = state.pull(id, number)?.labels.clone();
        if call.request.method != http::Method::POST {
            labels.clear();
        }
        for name in names {
            let label = state.label_id(id, &name).ok_or_else(Problem::not_found)?;
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        labels
    };
    put_labels(call, &login, id, number, labels).await?;
    if call.request.method == http::Method::DELETE {
        return Ok(empty(204));
    }
    all_labels(call, id, number)
}

/// `DELETE .../issues/{issue_number}/labels/{name}`.
pub(in super::super) async fn remove_label(
    call: &Call<'_>,
    id: ProjectId,
    number: &str,
    name: &str,
) -> Answer {
    let login = call.writer(id, "pull_requests", Access::Triage)?.to_owned();
    let number = super::number(number)?;
    let labels = {
        let state = call.hub.state();
        let project = state.visible_id(Some(&login), id)?;
        let labels = &project.pull(number)?.labels;
        let label = project.label(name).filter(|l| labels.contains(&l.id));
        let label = label.ok_or_else(|| Problem::new(404, "Label does not exist"))?;
        labels.iter().copied().filter(|l| *l != label.id).collect()
    };
    put_labels(call, &login, id, number, labels).await?;
    all_labels(call, id, number)
}

async fn put_labels(
    call: &Call<'_>,
    login: &str,
    id: ProjectId,
    number: u64,
    labels: Vec<u64>,
) -> Result<(), Problem> {
    let change = PullRequestChange {
        labels: Some(labels),
        ..PullRequestChange::default()
    };
    call.hub
        .change_pull_request(login, id, number, change)
        .await?;
    Ok(())
}

fn all_labels(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let labels = project.labels_of(&project.pull(number)?.labels);
    let labels = labels.into_iter();
    let rows: Vec<Value> = labels.map(|l| view::label(call, project, l)).collect();
    Ok(answer(200, &json!(rows)))
}

/// The names in a body: an object with `labels`, or a bare array; of strings, or of objects with a name.
fn label_names(call: &Call<'_>) -> Result<Vec<String>, Problem> {
    let body = call.request.json();
    let body = body.map_err(|_| Problem::new(400, "Problems parsing JSON"))?;
    let list = match &body {
        Value::Object(fields) => fields.get("labels"),
        other => Some(other),
    };
    let invalid = || {
        let words = "Invalid request.\n\nNo subschema in \"oneOf\" matched.";
        Problem::new(422, words)
    };
    let list = list.and_then(Value::as_array).ok_or_else(invalid)?;
    list.iter()
        .map(|label| {
            let name = label.as_str().or_else(|| label["name"].as_str());
            let name = name.filter(|name| !name.is_empty());
            name.map(str::to_owned).ok_or_else(invalid)
        })
        .collect()
}
