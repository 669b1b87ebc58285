//! Lists of pull requests.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::{Value, json};

use super::super::call::Call;
use super::super::problem::Problem;
use super::super::users::works_on;
use super::super::view::{reply, status_word};
use super::super::{Answer, Place};
use crate::state::{Project, PullQuery, PullRequest, PullSort, PullState};

/// `GET pull-requests`, newest first.
pub(in super::super) fn list(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = super::project(call, place)?;
    let param = |name| call.request.param(name);
    let (status, assignee, author) = (param("status"), param("assignee"), param("author"));
    let tags: Vec<&str> = call
        .request
        .params("tags")
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .collect();
    let paging = call.paging()?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let labels = Labels::new(project, &tags);
    let fitting = |pull: &PullRequest| {
        has_status(pull, status)
            && assignee.is_none_or(|assignee| has_assignee(pull, assignee))
            && author.is_none_or(|author| pull.author == author)
            && labels.fit(pull)
    };
    let (rows, total) = project.pull_page(&PullQuery {
        matches: &fitting,
        sort: PullSort::Created,
        ascending: false,
        skip: paging.skip(),
        limit: paging.per_page,
    });
    let rows = rows.into_iter();
    let rows = rows.map(|pull| call.view.pull(&state, pull, true));
    let body = json!({
        "total_requests": total,
        "requests": rows.collect::<Vec<Value>>(),
        "args": {
            // Whoever asks for nothing asks for true.
            "status": status.map_or(json!(true), |status| json!(status)),
            "assignee": assignee,
            "author": author,
            "tags": tags,
            "page": paging.page,
            "per_page": paging.per_page,
        },
        "pagination": call.envelope(paging, total, "page"),
    });
    Ok(reply(200, &body))
}

/// `Open`, `Closed` and `Merged` in any case, `all`, and 0 or false for whatever is not open. Any other word,
/// 1 and true among them, is the status of none.
fn has_status(pull: &PullRequest, wanted: Option<&str>) -> bool {
    let Some(wanted) = wanted else {
        return pull.state == PullState::Open;
    };
    match wanted.to_lowercase().as_str() {
        "all" => true,
        "0" | "false" => pull.state != PullState::Open,
        other => status_word(pull.state).to_lowercase() == other,
    }
}

fn has_assignee(pull: &PullRequest, wanted: &str) -> bool {
    let assignee = pull.assignees.first();
    match wanted.trim().to_lowercase().as_str() {
        "true" | "1" => assignee.is_some(),
        "false" | "0" => assignee.is_none(),
        _ => match wanted.strip_prefix('!') {
            Some(other) => assignee.is_none_or(|assignee| assignee != other),
            None => assignee.is_some_and(|assignee| assignee == wanted),
        },
    }
}

/// Labels that a pull request must have one of, and labels that it must not have.
struct Labels {
    any: Option<Vec<u64>>,
    none: Option<Vec<u64>>,
}

impl Labels {
    fn new(project: &Project, tags: &[&str]) -> Self {
        let ids = |names: Vec<&str>| {
            let labels = project.labels.values();
            let named = labels.filter(|label| names.contains(&label.name.as_str()));
            (!names.is_empty()).then(|| named.map(|label| label.id).collect::<Vec<u64>>())
        };
        let none = tags.iter().filter_map(|tag| tag.strip_prefix('!'));
        let any = tags.iter().filter(|tag| !tag.starts_with('!')).copied();
        let filter = Self {
            any: ids(any.collect()),
            none: ids(none.collect()),
        };
        // Asked for both, and nothing fits: Pagure then forgets the filter.
        let both = filter.any.is_some() && filter.none.is_some();
        if both && !project.pull_requests.values().any(|pull| filter.fit(pull)) {
            return Self {
                any: None,
                none: None,
            };
        }
        filter
    }

    fn fit(&self, pull: &PullRequest) -> bool {
        let has = |ids: &Vec<u64>| pull.labels.iter().any(|label| ids.contains(label));
        self.any.as_ref().is_none_or(has) && !self.none.as_ref().is_some_and(has)
    }
}

/// A span of time, `SINCE..UNTIL` or `SINCE`, each a day or a number of seconds.
struct Span {
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

impl Span {
    fn read(text: Option<&str>) -> Result<Self, Problem> {
        let (since, until) = match text {
            None => (None, None),
            Some(text) => match text.split_once("..") {
                Some((since, until)) => (day(since)?, day(until)?),
                None => (day(text)?, None),
            },
        };
        Ok(Self { since, until })
    }

    fn holds(&self, at: Option<DateTime<Utc>>) -> bool {
        self.since.is_none_or(|since| at >= Some(since))
            && self
                .until
                .is_none_or(|until| at.is_some_and(|at| at <= until))
    }
}

fn day(text: &str) -> Result<Option<DateTime<Utc>>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let at = text
            .parse()
            .ok()
            .and_then(|s| DateTime::from_timestamp(s, 0));
        return at.map(Some).ok_or_else(|| Problem::new(400, "ETIMESTAMP"));
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
    let day = day.map_err(|_| Problem::new(400, "EDATETIME"))?;
    Ok(Some(day.and_time(NaiveTime::MIN).and_utc()))
}

/// `GET user/<name>/requests/filed` and `.../actionable`: of all projects; those that the user opened, or those
/// of others into projects of the user's. Who does not exist has none. The total is the page's.
pub(in super::super) fn of_user(call: &Call<'_>, name: &str, filed: bool) -> Answer {
    let param = |name| call.request.param(name);
    let status = param("status").unwrap_or("open");
    let (created, updated, closed) = (param("created"), param("updated"), param("closed"));
    let spans = (
        Span::read(created)?,
        Span::read(updated)?,
        Span::read(closed)?,
    );
    let paging = call.paging()?;
    let state = call.hub.state();
    let mut pulls: Vec<&PullRequest> = state
        .projects
        .values()
        .filter(|project| filed || works_on(&state, project, name))
        .flat_map(|project| project.pull_requests.values())
        .filter(|pull| (pull.author == name) == filed)
        .filter(|pull| status.eq_ignore_ascii_case("all") || has_status(pull, Some(status)))
        .filter(|pull| {
            spans.0.holds(Some(pull.created_at))
                && spans.1.holds(Some(pull.updated_at))
                && spans.2.holds(pull.closed_at)
        })
        .collect();
    pulls.sort_by_key(|pull| std::cmp::Reverse((pull.created_at, pull.id)));
    let total = pulls.len();
    let rows = paging.cut(pulls).into_iter();
    let rows: Vec<Value> = rows
        .map(|pull| call.view.pull(&state, pull, true))
        .collect();
    let body = json!({
        "total_requests": rows.len(),
        "requests": rows,
        "args": {
            "username": name,
            "status": status,
            "page": paging.page,
            "created": created,
            "updated": updated,
            "closed": closed,
        },
        "pagination": call.envelope(paging, total, "page"),
    });
    Ok(reply(200, &body))
}
