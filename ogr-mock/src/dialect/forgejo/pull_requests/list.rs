//! Listing pull requests.

use serde_json::json;

use super::view;
use crate::dialect::forgejo::Answer;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::problem::Problem;
use crate::state::{ProjectId, PullQuery, PullRequest, PullSort, PullState};

/// `GET /repos/{owner}/{repo}/pulls`.
pub(super) async fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let labels = labels(call)?;
    let author = author(call)?;
    let milestone = call
        .param("milestone")
        .and_then(|id| id.parse::<i64>().ok());
    let state = call.param("state").unwrap_or_default();
    // Before 16 these two are not even looked at.
    let branch = |name| call.param(name).filter(|_| call.flavour.sixteen());
    let (base, head) = (branch("base"), branch("head"));
    let matches = |pull: &PullRequest| {
        let open = pull.state == PullState::Open;
        let in_state = match state {
            "all" => true,
            "closed" => !open,
            _ => open,
        };
        in_state
            // There are no milestones yet, so none has any.
            && milestone.unwrap_or(0) <= 0
            && labels.iter().all(|label| pull.labels.contains(label))
            && author.as_ref().is_none_or(|author| pull.author == *author)
            && base.is_none_or(|base| pull.base_branch == base)
            && head.is_none_or(|head| pull.head.branch == head)
    };
    let (sort, ascending) = match call.param("sort").unwrap_or_default() {
        "oldest" => (PullSort::Created, true),
        "recentupdate" => (PullSort::Updated, false),
        "leastupdate" => (PullSort::Updated, true),
        "mostcomment" => (PullSort::Comments, false),
        "leastcomment" => (PullSort::Comments, true),
        _ => (PullSort::Created, false),
    };
    let paging = call.paging();
    let (numbers, total) = {
        let state = call.hub.state();
        let project = state.visible_id(call.login(), id)?;
        let (rows, total) = project.pull_page(&PullQuery {
            matches: &matches,
            sort,
            ascending,
            skip: paging.skip(),
            limit: paging.per_page,
        });
        let numbers: Vec<u64> = rows.iter().map(|pull| pull.number).collect();
        (numbers, total)
    };
    let rows = view::listed(call, id, &numbers).await?;
    Ok(call.linked(&json!(rows), paging, total))
}

/// The numbers of the labels asked for; a name is more than this route can take.
fn labels(call: &Call<'_>) -> Result<Vec<u64>, Problem> {
    let mut labels = Vec::new();
    // One a parameter: a comma is as bad as a name.
    for label in call
        .request
        .params("labels")
        .filter(|label| !label.is_empty())
    {
        labels.push(label.parse().map_err(|_| Problem::server_error())?);
    }
    Ok(labels)
}

fn author(call: &Call<'_>) -> Result<Option<String>, Problem> {
    let Some(name) = call.param("poster").filter(|_| !call.flavour.gitea) else {
        return Ok(None);
    };
    let state = call.hub.state();
    let user = state.user(name);
    let user = user.ok_or_else(|| Problem::new(400, Problem::unknown_user(false, name)))?;
    Ok(Some(user.login.clone()))
}
