//! Groups, and the namespaces that users and groups have alike.

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::projects::Detail;
use super::view::{group_name, last_part, namespace_of, parent_of, path, time};
use super::{Answer, projects};
use crate::dialect::answer;
use crate::state::{Access, Account, Group, Project, State};

/// So many projects of a group are told along with it.
const MOST_PROJECTS: usize = 100;

/// `GET /namespaces`: one's own, and those of the groups one is in.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let login = call.signed_in()?;
    let search = call
        .params
        .filled("search")?
        .map(|text| text.to_lowercase());
    let owned = call.params.flag("owned_only")?.unwrap_or(false);
    let top = call.params.flag("top_level_only")?.unwrap_or(false);
    let paging = call.paging()?;
    let state = call.hub.state();
    let mut rows: Vec<Value> = Vec::new();
    let own = state.user(login);
    rows.extend(own.map(|user| call.view.user_namespace(user)));
    let groups = state.groups.values().filter(|group| {
        let level = level_in(&state, login, &group.path);
        level >= Some(if owned { Access::Admin } else { Access::Guest })
    });
    rows.extend(groups.map(|group| call.view.group_namespace(&state, group)));
    rows.retain(|row| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_lowercase();
        (!top || row["parent_id"].is_null())
            && search.as_ref().is_none_or(|search| {
                text("name").contains(search) || text("full_path").contains(search)
            })
    });
    rows.sort_by_key(|row| row["full_path"].as_str().map(str::to_owned));
    let total = rows.len();
    drop(state);
    let rows = paging.cut(rows);
    Ok(call.page_of(rows, paging, total, &[]))
}

/// `GET /namespaces/{id}`: only one that the caller is a member of.
pub(super) fn get(call: &Call<'_>, id: &str) -> Answer {
    let login = call.signed_in()?;
    let missing = || Problem::not_found("Namespace");
    let state = call.hub.state();
    let found = find(&state, id).ok_or_else(missing)?;
    let body = match state.account(&found) {
        Some(Account::User(user)) if state.same_name(&user.login, login) => {
            call.view.user_namespace(user)
        }
        Some(Account::Group(group)) if level_in(&state, login, &group.path).is_some() => {
            call.view.group_namespace(&state, group)
        }
        _ => return Err(missing()),
    };
    Ok(answer(200, &body))
}

/// `GET /namespaces/{id}/exists`.
pub(super) fn exists(call: &Call<'_>, name: &str) -> Answer {
    call.signed_in()?;
    let parent = call.params.number("parent_id")?;
    let state = call.hub.state();
    let parent = parent.and_then(|id| state.groups.get(&id));
    let place = |name: &str| match parent {
        Some(parent) => format!("{}/{name}", parent.path),
        None => name.to_owned(),
    };
    let taken = |name: &str| state.account(&place(name)).is_some();
    let mut free = (1..).map(|n: u32| format!("{name}{n}"));
    let free = free.find(|name| !taken(name));
    let suggests = free.filter(|_| taken(name));
    let suggests: Vec<String> = suggests.into_iter().collect();
    let body = json!({"exists": taken(name), "suggests": suggests});
    Ok(answer(200, &body))
}

/// `GET /groups`.
pub(super) fn groups(call: &Call<'_>) -> Answer {
    rows(call, |_, _| true)
}

/// `GET /groups/{id}/subgroups`: those right below.
pub(super) fn subgroups(call: &Call<'_>, id: &str) -> Answer {
    let parent = group_path(call, id)?;
    rows(call, |state, group| {
        let above = group.path.rsplit_once('/').map(|(above, _)| above);
        above.is_some_and(|above| state.same_name(above, &parent))
    })
}

fn rows(call: &Call<'_>, wanted: impl Fn(&State, &Group) -> bool) -> Answer {
    let search = call
        .params
        .filled("search")?
        .map(|text| text.to_lowercase());
    let owned = call.params.flag("owned")?.unwrap_or(false);
    let paging = call.paging()?;
    let state = call.hub.state();
    let matches = |group: &&Group| {
        let level = call
            .login()
            .and_then(|login| level_in(&state, login, &group.path));
        wanted(&state, group)
            && (!owned || level >= Some(Access::Admin))
            && search.as_ref().is_none_or(|text| {
                group.path.to_lowercase().contains(text)
                    || group_name(group).to_lowercase().contains(text)
            })
    };
    let mut groups: Vec<&Group> = state.groups.values().filter(matches).collect();
    groups.sort_by_key(|group| (group_name(group).to_owned(), group.id));
    let total = groups.len();
    let page = paging.cut(groups).into_iter();
    let page = page.map(|group| body(call, &state, group)).collect();
    drop(state);
    let defaults = [("order_by", "name"), ("owned", "false"), ("sort", "asc")];
    Ok(call.page_of(page, paging, total, &defaults))
}

/// `GET /groups/{id}`: with its projects, unless those are refused.
pub(super) async fn group(call: &Call<'_>, id: &str) -> Answer {
    let path = group_path(call, id)?;
    let mut projects = Vec::new();
    let with_projects = call.params.flag("with_projects")?.unwrap_or(true);
    if with_projects {
        let own = |state: &State, project: &Project| state.same_name(&project.namespace, &path);
        let mut ids = projects::select(call, own, false)?;
        ids.truncate(MOST_PROJECTS);
        projects = projects::view::many(call, &ids, Detail::Full).await?;
    }
    let state = call.hub.state();
    let group = state.group(&path);
    let group = group.ok_or_else(|| Problem::not_found("Group"))?;
    let mut body = body(call, &state, group);
    body["shared_with_groups"] = json!([]);
    if with_projects {
        body["projects"] = json!(projects);
        body["shared_projects"] = json!([]);
    }
    body["prevent_sharing_groups_outside_hierarchy"] = json!(false);
    Ok(answer(200, &body))
}

/// The path of the group that a number or a path means.
pub(super) fn group_path(call: &Call<'_>, id: &str) -> Result<String, Problem> {
    let state = call.hub.state();
    let group = match id.parse::<u64>() {
        Ok(number) => state.groups.get(&number),
        Err(_) => state.group(id),
    };
    let group = group.ok_or_else(|| Problem::not_found("Group"))?;
    Ok(group.path.clone())
}

/// What a user may do in a group: by their membership in it, or in one above it.
pub(super) fn level_in(state: &State, login: &str, path: &str) -> Option<Access> {
    let user = state.user(login)?;
    if user.admin {
        return Some(Access::Admin);
    }
    let above = state.groups.values().filter(|group| {
        state.same_name(&group.path, path)
            || path
                .strip_prefix(&group.path)
                .is_some_and(|rest| rest.starts_with('/'))
    });
    above
        .filter_map(|group| group.members.get(&user.login).copied())
        .max()
}

/// The user or group that a number or a path means, by name.
pub(super) fn find(state: &State, id: &str) -> Option<String> {
    match id.parse::<u64>() {
        Ok(number) => namespace_of(state, number),
        Err(_) => match state.account(id)? {
            Account::User(user) => Some(user.login.clone()),
            Account::Group(group) => Some(group.path.clone()),
        },
    }
}

fn body(call: &Call<'_>, state: &State, group: &Group) -> Value {
    let full_name: Vec<&str> = group.path.split('/').collect();
    json!({
        "id": group.id,
        "web_url": format!("{}/groups/{}", call.view.web, path(&group.path)),
        "name": group_name(group),
        "path": last_part(&group.path),
        "description": group.description,
        "visibility": "public",
        "share_with_group_lock": false,
        "require_two_factor_authentication": false,
        "two_factor_grace_period": 48,
        "project_creation_level": "developer",
        "auto_devops_enabled": null,
        "subgroup_creation_level": "maintainer",
        "emails_disabled": false,
        "emails_enabled": true,
        "mentions_disabled": null,
        "lfs_enabled": true,
        "default_branch_protection": 2,
        "avatar_url": null,
        "request_access_enabled": true,
        "full_name": full_name.join(" / "),
        "full_path": group.path,
        "created_at": time(group.created_at),
        "parent_id": parent_of(state, group),
        "organization_id": 1,
    })
}
