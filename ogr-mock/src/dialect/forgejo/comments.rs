//! Comments on pull requests, which are comments on issues here.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::view::time;
use super::{Answer, json_answer};
use crate::dialect::empty;
use crate::state::{Access, Comment, ProjectId, PullRequest, Refusal, State, What};

/// A comment of a pull request.
fn view(call: &Call<'_>, state: &State, project: &str, number: u64, comment: &Comment) -> Value {
    let page = format!("{}/pulls/{number}", call.project_page(project));
    json!({
        "id": comment.id,
        "html_url": format!("{page}#issuecomment-{}", comment.id),
        "pull_request_url": page,
        "issue_url": "",
        "user": call.user_unseen(state, &comment.author),
        "original_author": "",
        "original_author_id": 0,
        "body": comment.body,
        "assets": [],
        "created_at": time(comment.created_at),
        "updated_at": time(comment.updated_at),
    })
}

/// Which comments by the time of their last change.
struct Span {
    since: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
}

impl Span {
    fn asked(call: &Call<'_>) -> Result<Self, Problem> {
        let read = |name: &str| {
            let Some(text) = call.param(name) else {
                return Ok(None);
            };
            DateTime::parse_from_rfc3339(text)
                .map(|at| Some(at.to_utc()))
                .map_err(|_| {
                    let words = format!(
                        "parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse \
                         {text:?} as \"2006\""
                    );
                    Problem::new(422, words)
                })
        };
        Ok(Self {
            since: read("since")?,
            before: read("before")?,
        })
    }

    fn holds(&self, comment: &Comment) -> bool {
        self.since.is_none_or(|since| comment.updated_at >= since)
            && self
                .before
                .is_none_or(|before| comment.updated_at <= before)
    }
}

/// Routes below `/repos/{owner}/{repo}/issues/{index}/comments`.
pub(super) fn of_issue(call: &Call<'_>, id: ProjectId, number: &str, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", []) => list(call, id, number_of(call, id, number)?),
        ("POST", []) => create(call, id, number),
        // The number is not even looked at on these old routes.
        ("PATCH", [comment]) => edit(call, id, comment),
        (_, [comment]) => delete(call, id, comment),
        _ => Err(Problem::NoRoute),
    }
}

fn number_of(call: &Call<'_>, id: ProjectId, number: &str) -> Result<u64, Problem> {
    let number: u64 = number.parse().unwrap_or(0);
    let state = call.hub.state();
    let known = state.visible_id(call.login(), id)?.pull(number).is_ok();
    known.then_some(number).ok_or_else(|| {
        let reason = format!("issue does not exist [id: 0, repo_id: {id}, index: {number}]");
        Problem::NotFound("IsErrIssueNotExist".to_owned(), vec![reason])
    })
}

/// All comments: `limit` and `page` are not looked at.
fn list(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let span = Span::asked(call)?;
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let (path, pull) = (project.path(), project.pull(number)?);
    let comments = pull.comments.iter().filter(|comment| span.holds(comment));
    let rows: Vec<Value> = comments
        .map(|comment| view(call, &state, &path, number, comment))
        .collect();
    Ok(call.counted(&json!(rows), rows.len()))
}

fn create(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let login = call.signed_in()?;
    call.not_archived(id)?;
    let body = call.body("CreateIssueCommentOption")?;
    let text = body.required("body", "Body")?;
    let number = number_of(call, id, number)?;
    if let Some(at) = body.time("updated_at")? {
        may_date(call, id, number, at.to_utc())?;
    }
    let comment = call.hub.comment_on_pull_request(login, id, number, text)?;
    let state = call.hub.state();
    let path = state.visible_id(Some(login), id)?.path();
    let body = view(call, &state, &path, number, &comment);
    Ok(json_answer(201, &body))
}

/// Dating back is for owners, and not before the pull request itself.
fn may_date(call: &Call<'_>, id: ProjectId, number: u64, at: DateTime<Utc>) -> Result<(), Problem> {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    if !call.may(&state, project, Access::Admin) {
        let words = "user needs to have admin or repository owner right to set an update date";
        return Err(Problem::new(403, words));
    }
    if at < project.pull(number)?.created_at || at > call.hub.now() {
        let words =
            "unallowed update date, because given date must be between issue creation date and now";
        return Err(Problem::new(403, words));
    }
    Ok(())
}

/// Routes below `/repos/{owner}/{repo}/issues/comments`.
pub(super) fn of_project(call: &Call<'_>, id: ProjectId, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", []) => all(call, id),
        ("GET", [comment]) => get(call, id, comment),
        ("PATCH", [comment]) => edit(call, id, comment),
        (_, [comment]) => delete(call, id, comment),
        _ => Err(Problem::NoRoute),
    }
}

fn all(call: &Call<'_>, id: ProjectId) -> Answer {
    let span = Span::asked(call)?;
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let mut found: Vec<(u64, &Comment)> = project
        .pull_requests
        .values()
        .flat_map(|pull| pull.comments.iter().map(|comment| (pull.number, comment)))
        .filter(|(_, comment)| span.holds(comment))
        .collect();
    found.sort_by_key(|(_, comment)| comment.id);
    let (total, path) = (found.len(), project.path());
    let rows: Vec<Value> = call
        .paging_if_page()
        .cut(found)
        .into_iter()
        .map(|(number, comment)| view(call, &state, &path, number, comment))
        .collect();
    Ok(call.counted(&json!(rows), total))
}

fn no_such_comment(id: u64) -> Problem {
    Problem::not_found_because(format!("comment does not exist [id: {id}, issue_id: 0]"))
}

/// The pull request and the place in it of a comment of this project.
fn find(state: &State, id: ProjectId, comment: &str) -> Result<(u64, usize), Problem> {
    let number: u64 = comment.parse().unwrap_or(0);
    let unknown = || no_such_comment(number);
    let within = |pull: &PullRequest| {
        let mut comments = pull.comments.iter();
        comments.position(|comment| comment.id == number)
    };
    let mut elsewhere = false;
    for project in state.projects.values() {
        for pull in project.pull_requests.values() {
            match within(pull) {
                Some(at) if project.id == id => return Ok((pull.number, at)),
                Some(_) => elsewhere = true,
                None => {}
            }
        }
    }
    // One of another project is not said to be missing.
    Err(if elsewhere {
        Problem::not_found()
    } else {
        unknown()
    })
}

fn get(call: &Call<'_>, id: ProjectId, comment: &str) -> Answer {
    let state = call.hub.state();
    let (number, at) = find(&state, id, comment)?;
    let project = state.visible_id(call.login(), id)?;
    let found = project.pull(number)?.comments.get(at);
    let found = found.ok_or_else(Problem::not_found)?;
    let body = view(call, &state, &project.path(), number, found);
    Ok(json_answer(200, &body))
}

/// Where a comment is that the caller may change: its author may, and who may write to the project.
fn find_own(call: &Call<'_>, id: ProjectId, comment: &str) -> Result<(u64, usize), Problem> {
    let login = call.signed_in()?;
    let state = call.hub.state();
    let (number, at) = find(&state, id, comment)?;
    let project = state.visible_id(Some(login), id)?;
    let author = project.pull(number)?.comments.get(at);
    let own = author.is_some_and(|comment| state.same_name(&comment.author, login));
    if own || call.may(&state, project, Access::Write) {
        Ok((number, at))
    } else {
        Err(Refusal::Forbidden(What::Comment).into())
    }
}

fn edit(call: &Call<'_>, id: ProjectId, comment: &str) -> Answer {
    call.signed_in()?;
    find(&call.hub.state(), id, comment)?;
    call.not_archived(id)?;
    let body = call.body("EditIssueCommentOption")?;
    let text = body.required("body", "Body")?;
    let (number, at) = find_own(call, id, comment)?;
    let now = call.hub.now();
    {
        let mut state = call.hub.state();
        let pull = state.pull_mut(id, number)?;
        if let Some(comment) = pull.comments.get_mut(at) {
            text.clone_into(&mut comment.body);
            comment.updated_at = now;
        }
    }
    get(call, id, comment)
}

fn delete(call: &Call<'_>, id: ProjectId, comment: &str) -> Answer {
    let (number, at) = find_own(call, id, comment)?;
    call.hub.state().pull_mut(id, number)?.comments.remove(at);
    Ok(empty(204))
}
