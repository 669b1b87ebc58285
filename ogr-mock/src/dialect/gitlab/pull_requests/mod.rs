//! Merge requests: finding them. `create`, `change` and `merge` act on them, `parts` tells their
//! commits and files, `notes` what was said, `view` the shapes.

pub(super) mod change;
pub(super) mod create;
mod filter;
pub(super) mod merge;
pub(super) mod notes;
pub(super) mod parts;
pub(super) mod view;

use serde_json::Value;

use self::filter::Filter;
use super::call::Call;
use super::problem::Problem;
use super::{Answer, namespaces};
use crate::dialect::answer;
use crate::state::{Access, Project, ProjectId, PullRequest, State};

/// What GitLab repeats in the links of these lists.
const DEFAULTS: [(&str, &str); 5] = [
    ("order_by", "created_at"),
    ("sort", "desc"),
    ("state", "all"),
    ("with_labels_details", "false"),
    ("with_merge_status_recheck", "false"),
];

/// `GET /projects/{id}/merge_requests`: those that go to this project.
pub(super) fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    readable(call, id)?;
    listed(call, |project| project.id == id, false)
}

/// `GET /groups/{id}/merge_requests`: those of all projects below.
pub(super) fn list_of_group(call: &Call<'_>, id: &str) -> Answer {
    let path = namespaces::group_path(call, id)?;
    let below = format!("{path}/");
    listed(call, |project| project.path().starts_with(&below), false)
}

/// `GET /merge_requests`: one's own, unless all are asked for.
pub(super) fn list_all(call: &Call<'_>) -> Answer {
    let scope = call.params.text("scope")?;
    let own = scope.as_deref() != Some("all");
    if own {
        call.signed_in()?;
    }
    listed(call, |_| true, own && scope.is_none())
}

/// Refuses those who see the project, but not its merge requests.
pub(super) fn readable(call: &Call<'_>, id: ProjectId) -> Result<(), Problem> {
    call.may_read_code(id)?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    if project.has_pull_requests || call.allows(&state, project, Access::Admin) {
        Ok(())
    } else {
        Err(Problem::forbidden())
    }
}

fn listed(call: &Call<'_>, within: impl Fn(&Project) -> bool, own: bool) -> Answer {
    let filter = Filter::read(call, own)?;
    let paging = call.paging()?;
    let state = call.hub.state();
    let visible =
        |project: &&Project| within(project) && call.access(&state, project) >= Some(Access::Read);
    let mut found: Vec<(&Project, &PullRequest)> = Vec::new();
    let mut projects = 0;
    for project in state.projects.values().filter(visible) {
        projects += 1;
        let filter = filter.with_labels_of(project);
        let pulls = project.pull_requests.values();
        let pulls = pulls.filter(|pull| filter.matches(&state, pull));
        found.extend(pulls.map(|pull| (project, pull)));
    }
    filter.sort(&mut found, projects);
    let total = found.len();
    let page = paging.cut(found);
    let rows = rows(call, &state, page, &filter);
    drop(state);
    Ok(call.page_of(rows, paging, total, &DEFAULTS))
}

fn rows(
    call: &Call<'_>,
    state: &State,
    page: Vec<(&Project, &PullRequest)>,
    filter: &Filter,
) -> Vec<Value> {
    let row = |(project, pull)| {
        if filter.simple {
            view::simple(call, project, pull)
        } else {
            view::row(call, state, project, pull, filter.label_details)
        }
    };
    page.into_iter().map(row).collect()
}

/// `GET .../merge_requests/{iid}`.
pub(super) async fn get(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    existing(call, id, number)?;
    Ok(answer(200, &view::whole(call, id, number).await?))
}

/// The merge request of this number, for those who may read it.
pub(super) fn existing(
    call: &Call<'_>,
    id: ProjectId,
    number: u64,
) -> Result<PullRequest, Problem> {
    readable(call, id)?;
    let state = call.hub.state();
    Ok(call.look(&state, id)?.pull(number)?.clone())
}
