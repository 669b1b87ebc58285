//! What a merge request is made of: commits, files, people.

use serde_json::{Value, json};

use super::super::call::Call;
use super::super::problem::Problem;
use super::super::{Answer, commits, diffs};
use super::{existing, view};
use crate::dialect::{Answered, answer, text};
use crate::git::{LogQuery, Repository};
use crate::state::ProjectId;

/// From where to where a merge request goes.
pub(in super::super) struct Range {
    pub(in super::super) repository: Repository,
    /// The commit that its changes are counted from.
    pub(in super::super) base: String,
    pub(in super::super) start: String,
    pub(in super::super) head: String,
}

/// The commits between which a merge request stands; none of a made-up one.
pub(in super::super) async fn range(
    call: &Call<'_>,
    id: ProjectId,
    number: u64,
) -> Result<Option<Range>, Problem> {
    let pull = existing(call, id, number)?;
    if pull.synthetic {
        return Ok(None);
    }
    let repository = call.repository(id).await?;
    let (start, head) = (pull.base_sha, pull.head.sha);
    let base = repository.merge_base(&start, &head).await?;
    Ok(Some(Range {
        base: base.unwrap_or_else(|| start.clone()),
        repository,
        start,
        head,
    }))
}

/// `GET .../merge_requests/{iid}/commits`: the newest first.
pub(in super::super) async fn commits(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let paging = call.paging()?;
    let Some(range) = range(call, id, number).await? else {
        return Ok(call.page_of(Vec::new(), paging, 0, &[]));
    };
    let query = LogQuery {
        without: Some(&range.start),
        skip: paging.skip(),
        limit: Some(paging.per_page),
        ..LogQuery::default()
    };
    let rows = range.repository.log(&range.head, &query).await?;
    let total = range.repository.log_count(&range.head, &query).await?;
    let page = call.page(id)?;
    let rows = rows.iter().map(|row| commits::body(&page, row)).collect();
    Ok(call.page_of(rows, paging, total, &[]))
}

async fn rows(call: &Call<'_>, id: ProjectId, number: u64) -> Result<Vec<Value>, Problem> {
    match range(call, id, number).await? {
        Some(range) => diffs::rows(call, &range.repository, &range.base, &range.head).await,
        None => Ok(Vec::new()),
    }
}

/// `GET .../merge_requests/{iid}/diffs`.
pub(in super::super) async fn diffs(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let rows = rows(call, id, number).await?;
    let paging = call.paging()?;
    let total = rows.len();
    Ok(call.page_of(paging.cut(rows), paging, total, &[]))
}

/// `GET .../merge_requests/{iid}/changes`: the same, all at once, with the merge request around it.
pub(in super::super) async fn changes(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let rows = rows(call, id, number).await?;
    let mut body = view::whole(call, id, number).await?;
    body["changes"] = json!(rows);
    body["overflow"] = json!(false);
    Ok(answer(200, &body))
}

/// `GET .../merge_requests/{iid}/raw_diffs`.
pub(in super::super) async fn raw_diffs(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let diff = match range(call, id, number).await? {
        Some(range) => range.repository.diff(&range.base, &range.head).await?,
        None => Vec::new(),
    };
    Ok(text(200, diff).with("content-disposition", "inline"))
}

/// `GET .../merge_requests/{iid}/participants`: its author, and whoever said something.
pub(in super::super) fn participants(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let pull = existing(call, id, number)?;
    let mut logins = vec![pull.author.as_str()];
    let said = pull.comments.iter().filter(|comment| !comment.system);
    for login in said.map(|comment| comment.author.as_str()) {
        if !logins.contains(&login) {
            logins.push(login);
        }
    }
    let paging = call.paging()?;
    let total = logins.len();
    let state = call.hub.state();
    let rows = paging.cut(logins).into_iter();
    let rows = rows.map(|login| call.view.user(&state, login)).collect();
    drop(state);
    Ok(call.page_of(rows, paging, total, &[]))
}
