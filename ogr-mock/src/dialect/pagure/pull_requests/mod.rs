//! Pull requests.

mod change;
mod create;
mod diffs;
mod list;
mod merge;
mod refresh;

pub(super) use self::change::{add_comment, assign, close, edit, reopen};
pub(super) use self::create::create;
pub(super) use self::diffs::{diff, diffstats, patch};
pub(super) use self::list::{list, of_user};
pub(super) use self::merge::{merge, rebase};
pub(super) use self::refresh::refresh;
pub(in crate::dialect) use self::refresh::{pull_request_opened, pushed};

use super::call::Call;
use super::form::is_yes;
use super::problem::Problem;
use super::view::{pull_uid, reply};
use super::{Answer, Place};
use crate::state::ProjectId;

/// The project, if it takes pull requests.
pub(super) fn project(call: &Call<'_>, place: &Place<'_>) -> Result<ProjectId, Problem> {
    let id = call.project(place)?;
    let state = call.hub.state();
    if call.look(&state, id)?.has_pull_requests {
        Ok(id)
    } else {
        Err(Problem::new(404, "EPULLREQUESTSDISABLED"))
    }
}

/// `GET pull-request/<n>`.
pub(super) fn get(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    let comments = call.request.param("comments").is_none_or(is_yes);
    let id = project(call, place)?;
    let state = call.hub.state();
    let pull = state.pull(id, number)?;
    Ok(reply(200, &call.view.pull(&state, pull, comments)))
}

/// `GET pull-requests/<uid>`.
pub(super) fn by_uid(call: &Call<'_>, uid: &str) -> Answer {
    let state = call.hub.state();
    // The number over all projects stands at the end of the uid.
    let id = uid
        .get(16..)
        .and_then(|id| u64::from_str_radix(id, 16).ok());
    let pull = state
        .projects
        .values()
        .filter(|project| state.access(call.login(), project).is_some())
        .flat_map(|project| project.pull_requests.values())
        .find(|pull| Some(pull.id) == id && pull_uid(pull) == uid);
    let pull = pull.ok_or_else(Problem::no_request)?;
    if !call.look(&state, pull.project)?.has_pull_requests {
        return Err(Problem::new(404, "EPULLREQUESTSDISABLED"));
    }
    Ok(reply(200, &call.view.pull(&state, pull, true)))
}

/// `GET pull-request/<n>/comment/<id>`.
pub(super) fn comment(call: &Call<'_>, place: &Place<'_>, number: u64, id: u64) -> Answer {
    let project = project(call, place)?;
    let state = call.hub.state();
    let pull = state.pull(project, number)?;
    let comment = pull.comments.iter().find(|comment| comment.id == id);
    let comment = comment.ok_or_else(|| Problem::new(404, "ENOCOMMENT"))?;
    Ok(reply(200, &call.view.comment(&state, comment)))
}
