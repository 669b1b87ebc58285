//! Pull requests.

mod create;
mod edit;
mod list;
mod merge;
mod text;
mod update;
mod view;

pub(super) use merge::settle_auto_merges;
pub(super) use text::web_text;

use serde_json::{Value, json};

use super::call::Call;
use super::compare::relative_of;
use super::problem::Problem;
use super::{Answer, json_answer};
use crate::dialect::empty;
use crate::state::{ProjectId, PullState};

/// Routes below `/repos/{owner}/{repo}/pulls`.
pub(super) async fn route(call: &Call<'_>, id: ProjectId, rest: &[&str]) -> Answer {
    call.takes_pulls(id)?;
    match (call.request.method.as_str(), rest) {
        ("GET", []) => list::list(call, id).await,
        ("POST", []) => create::create(call, id).await,
        // Nothing can be pinned here yet, so nothing is.
        ("GET", ["pinned"]) => Ok(json_answer(200, &json!([]))),
        ("GET", [name]) => match name.rsplit_once('.') {
            Some((number, format @ ("diff" | "patch"))) => {
                text::diff(call, id, number_of(call, id, number)?, format).await
            }
            _ => {
                let body = view_of(call, id, number_of(call, id, name)?).await?;
                Ok(json_answer(200, &body))
            }
        },
        ("PATCH", [number]) => edit::edit(call, id, number).await,
        ("GET", [number, "files"]) => text::files(call, id, number_of(call, id, number)?).await,
        ("GET", [number, "commits"]) => text::commits(call, id, number_of(call, id, number)?).await,
        ("GET", [number, "merge"]) => is_merged(call, id, number_of(call, id, number)?),
        ("POST", [number, "merge"]) => merge::merge(call, id, number).await,
        ("DELETE", [number, "merge"]) => merge::cancel(call, id, number_of(call, id, number)?),
        ("POST", [number, "update"]) => {
            update::update(call, id, number_of(call, id, number)?).await
        }
        ("GET", [base, head @ ..]) => by_branches(call, id, base, &head.join("/")).await,
        _ => Err(Problem::NoRoute),
    }
}

/// The number of a pull request that there is.
fn number_of(call: &Call<'_>, id: ProjectId, number: &str) -> Result<u64, Problem> {
    let number: u64 = number.parse().map_err(|_| Problem::not_found())?;
    let state = call.hub.state();
    state.visible_id(call.login(), id)?.pull(number)?;
    Ok(number)
}

/// One pull request.
pub(super) async fn view_of(call: &Call<'_>, id: ProjectId, number: u64) -> Answer<Value> {
    let mut rows = view::rows(call, id, &[number]).await?;
    rows.pop().ok_or_else(Problem::not_found)
}

fn is_merged(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let state = call.hub.state();
    let pull = state.visible_id(call.login(), id)?.pull(number)?;
    if pull.state == PullState::Merged {
        Ok(empty(204))
    } else {
        Err(Problem::not_found())
    }
}

/// `GET .../pulls/{base}/{head}`: one of the pull requests between two branches, in whatever state. It
/// is the oldest, though nobody promises that.
async fn by_branches(call: &Call<'_>, id: ProjectId, base: &str, head: &str) -> Answer {
    let number = {
        let state = call.hub.state();
        let project = state.visible_id(call.login(), id)?;
        let (owner, branch) = match head.split_once(':') {
            Some((owner, branch)) => (Some(owner), branch),
            None => (None, head),
        };
        let source = match owner {
            None => Some(id),
            Some(owner) if owner.contains('/') => state.project(owner).map(|project| project.id),
            Some(owner) if state.same_name(owner, &project.namespace) => Some(id),
            Some(owner) => relative_of(&state, id, owner),
        };
        let mut pulls = project.pull_requests.values();
        let found = pulls.find(|pull| {
            source.is_some()
                && pull.base_branch == base
                && pull.head.project == source
                && pull.head.branch == branch
        });
        found.map(|pull| pull.number)
    };
    let number = number.ok_or_else(Problem::not_found)?;
    Ok(json_answer(200, &view_of(call, id, number).await?))
}
