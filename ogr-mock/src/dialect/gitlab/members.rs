//! Who belongs to a project or group, and how much they may do there. Reading only.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Answer;
use super::call::Call;
use super::namespaces;
use super::problem::Problem;
use super::view::{merge, time};
use crate::dialect::answer;
use crate::state::{Access, Project, ProjectId, State};

/// GitLab's numbers for what someone may do.
pub(super) fn level(access: Access) -> u64 {
    match access {
        Access::Guest => 10,
        // There is nothing between a reporter and a developer.
        Access::Read | Access::Triage => 20,
        Access::Write => 30,
        Access::Maintain => 40,
        Access::Admin => 50,
    }
}

/// A project's own members; its namespace's user is one of them.
pub(super) fn own(state: &State, project: &Project) -> BTreeMap<String, Access> {
    let mut members = project.members.clone();
    if let Some(user) = state.user(&project.namespace) {
        members.insert(user.login.clone(), Access::Admin);
    }
    members
}

/// The members that a project has through groups: those that it stands in, and those invited.
pub(super) fn inherited(state: &State, project: &Project) -> BTreeMap<String, Access> {
    let mut members = BTreeMap::new();
    let mut add = |login: &String, access: Access| {
        let known = members.entry(login.clone()).or_insert(access);
        *known = access.max(*known);
    };
    for group in state.groups.values() {
        let above = state.same_name(&group.path, &project.namespace)
            || project
                .namespace
                .strip_prefix(&group.path)
                .is_some_and(|rest| rest.starts_with('/'));
        let invited = project.groups.get(&group.path).copied();
        for (login, access) in &group.members {
            if above {
                add(login, *access);
            }
            if let Some(invited) = invited {
                add(login, invited.min(*access));
            }
        }
    }
    members
}

fn all(state: &State, project: &Project) -> BTreeMap<String, Access> {
    let mut members = inherited(state, project);
    for (login, access) in own(state, project) {
        let known = members.entry(login).or_insert(access);
        *known = access.max(*known);
    }
    members
}

/// `GET /projects/{id}/members` and `.../members/all`.
pub(super) fn of_project(call: &Call<'_>, id: ProjectId, with_inherited: bool) -> Answer {
    let members = {
        let state = call.hub.state();
        let project = call.look(&state, id)?;
        if with_inherited {
            all(&state, project)
        } else {
            own(&state, project)
        }
    };
    listed(call, &members)
}

/// `GET /projects/{id}/members/{user_id}` and `.../members/all/{user_id}`.
pub(super) fn one(call: &Call<'_>, id: ProjectId, user: &str, with_inherited: bool) -> Answer {
    let user: u64 = user
        .parse()
        .map_err(|_| Problem::error(400, "user_id is invalid"))?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let members = if with_inherited {
        all(&state, project)
    } else {
        own(&state, project)
    };
    let user = state.users.get(&user).ok_or_else(Problem::no_record)?;
    let access = members.get(&user.login).ok_or_else(Problem::no_record)?;
    Ok(answer(200, &body(call, &state, &user.login, *access)))
}

/// `GET /groups/{id}/members` and `.../members/all`.
pub(super) fn of_group(call: &Call<'_>, id: &str, with_inherited: bool) -> Answer {
    let path = namespaces::group_path(call, id)?;
    let members = {
        let state = call.hub.state();
        let group = state.group(&path);
        let group = group.ok_or_else(|| Problem::not_found("Group"))?;
        if with_inherited {
            let users = state.users.values().filter(|user| !user.admin);
            users
                .filter_map(|user| {
                    let access = namespaces::level_in(&state, &user.login, &path)?;
                    Some((user.login.clone(), access))
                })
                .collect()
        } else {
            group.members.clone()
        }
    };
    listed(call, &members)
}

fn listed(call: &Call<'_>, members: &BTreeMap<String, Access>) -> Answer {
    let query = call.params.filled("query")?.map(|text| text.to_lowercase());
    let paging = call.paging()?;
    let state = call.hub.state();
    let rows: Vec<(&String, Access)> = members
        .iter()
        .filter(|(login, _)| {
            let login = login.to_lowercase();
            query.as_ref().is_none_or(|text| login.contains(text))
        })
        .map(|(login, access)| (login, *access))
        .collect();
    let total = rows.len();
    let page = paging.cut(rows).into_iter();
    let page = page
        .map(|(login, access)| body(call, &state, login, access))
        .collect();
    drop(state);
    Ok(call.page_of(page, paging, total, &[]))
}

fn body(call: &Call<'_>, state: &State, login: &str, access: Access) -> Value {
    let mut body = call.view.user(state, login);
    let since = state.user(login).map(|user| time(user.created_at));
    let more = json!({
        "access_level": level(access),
        "created_at": since,
        "expires_at": null,
        "membership_state": "active",
    });
    merge(&mut body, more);
    body
}
