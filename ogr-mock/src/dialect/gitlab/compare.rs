//! Comparing two revisions, of two projects perhaps, and what they have in common.

use serde_json::{Value, json};

use super::call::{Call, find_commit};
use super::problem::Problem;
use super::{Answer, commits, diffs};
use crate::dialect::answer;
use crate::git::LogQuery;
use crate::state::ProjectId;

/// `GET .../repository/compare`.
pub(super) async fn compare(call: &Call<'_>, id: ProjectId) -> Answer {
    let repository = call.repository(id).await?;
    let params = &call.params;
    params.require(&["from", "to"])?;
    let from = params.text("from")?.unwrap_or_default();
    let to = params.text("to")?.unwrap_or_default();
    let straight = params.flag("straight")?.unwrap_or(false);
    let other = params.number("from_project_id")?.unwrap_or(id);
    let missing = || Problem::not_found("Ref");
    let new = find_commit(&repository, &to).await?.ok_or_else(missing)?;
    let old = if other == id {
        find_commit(&repository, &from).await?.ok_or_else(missing)?
    } else {
        let related = {
            let state = call.hub.state();
            call.look(&state, other).is_ok() && state.same_network(id, other)
        };
        if !related {
            let words = format!("Target project id:{other} is not a fork of project id:{id}");
            return Err(Problem::message(400, words));
        }
        let source = call.repository(other).await?;
        let old = find_commit(&source, &from).await?.ok_or_else(missing)?;
        repository.fetch(&source, &old).await?;
        old
    };
    let query = LogQuery {
        without: Some(&old),
        oldest_first: true,
        ..LogQuery::default()
    };
    let rows = repository.log(&new, &query).await?;
    let start = if straight {
        old.clone()
    } else {
        repository
            .merge_base(&old, &new)
            .await?
            .unwrap_or(old.clone())
    };
    let diffs = diffs::rows(call, &repository, &start, &new).await?;
    let page = call.page(id)?;
    let rows: Vec<Value> = rows.iter().map(|row| commits::body(&page, row)).collect();
    let dots = if straight { ".." } else { "..." };
    let body = json!({
        "commit": rows.last(),
        "commits": rows,
        "diffs": diffs,
        "compare_timeout": false,
        "compare_same_ref": old == new,
        "web_url": format!("{page}/-/compare/{from}{dots}{to}"),
    });
    Ok(answer(200, &body))
}

/// `GET .../repository/merge_base?refs[]=a&refs[]=b`.
pub(super) async fn merge_base(call: &Call<'_>, id: ProjectId) -> Answer {
    let repository = call.repository(id).await?;
    call.params.require(&["refs"])?;
    let names = call.params.list("refs")?.unwrap_or_default();
    if names.len() < 2 {
        return Err(Problem::message(400, "Provide at least 2 refs"));
    }
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for name in names {
        match find_commit(&repository, &name).await? {
            Some(sha) => found.push(sha),
            None => unknown.push(name),
        }
    }
    if !unknown.is_empty() {
        let plural = if unknown.len() == 1 { "" } else { "s" };
        let words = format!("Could not find ref{plural}: {}", unknown.join(", "));
        return Err(Problem::message(400, words));
    }
    let missing = || Problem::not_found("Merge Base");
    let mut base = found[0].clone();
    for sha in &found[1..] {
        base = repository
            .merge_base(&base, sha)
            .await?
            .ok_or_else(missing)?;
    }
    let info = commits::existing(&repository, &base).await?;
    Ok(answer(200, &commits::body(&call.page(id)?, &info)))
}
