//! Who may do what in a project.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::Call;
use super::form::Checks;
use super::problem::Problem;
use super::projects::is_named_admin;
use super::view::{Detail, access_word, group_access, reply};
use super::{Answer, Place};
use crate::state::{Access, Project, ProjectId};

/// Whether the caller may change who may do what.
fn may_modify(call: &Call<'_>, project: &Project, site_admin: bool) -> Result<bool, Problem> {
    Ok(site_admin || is_named_admin(project, call.user()?))
}

fn is_site_admin(call: &Call<'_>) -> bool {
    let state = call.hub.state();
    let user = call.login().and_then(|login| state.user(login));
    user.is_some_and(|user| user.admin)
}

/// `PATCH <project>`: gives the project to someone else, and can do nothing more.
pub(super) fn modify(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_token(id)?;
    let login = call.user()?;
    let site_admin = is_site_admin(call);
    let now = call.hub.now();
    let mut state = call.hub.state();
    let project = call.look(&state, id)?;
    if !may_modify(call, project, site_admin)? {
        return Err(Problem::new(401, "EMODIFYPROJECTNOTALLOWED"));
    }
    let retain = call.form.plain("retain_access")?.unwrap_or_default();
    let retain = matches!(retain.to_lowercase().as_str(), "true" | "1");
    let mut names = call.form.names().peekable();
    let known = |name: &str| matches!(name, "main_admin" | "retain_access");
    if names.peek().is_none() || !names.all(known) {
        return Err(Problem::invalid());
    }
    if call.form.has("main_admin") {
        let old = project.owner.clone();
        if old != login && !site_admin {
            return Err(Problem::new(401, "ENOTMAINADMIN"));
        }
        let new = call.form.text("main_admin").unwrap_or_default();
        if state.user(&new).is_none() {
            return Err(Problem::new(400, "ENOUSER"));
        }
        let project = state.project_mut(id)?;
        project.members.remove(&new);
        if retain && old == login && old != new {
            project.members.insert(old, Access::Admin);
        }
        project.owner = new;
        project.updated_at = now;
    }
    let project = call.look(&state, id)?;
    Ok(reply(
        200,
        &call.view.project(&state, project, Detail::Full),
    ))
}

/// `POST blockuser`: these users, and no others, may not write here. Only forms are read.
pub(super) fn block(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_project_token(id)?;
    let mut state = call.hub.state();
    if !is_named_admin(call.look(&state, id)?, call.user()?) {
        return Err(Problem::new(401, "ENOTHIGHENOUGH"));
    }
    let mut blocked = std::collections::BTreeSet::new();
    let names = call.form.values("username").filter(|_| !call.form.json);
    for name in names.filter_map(Value::as_str).map(str::trim) {
        if name.is_empty() {
            continue;
        }
        if state.user(name).is_none() {
            return Err(Problem::no_code(format!("No user \"{name}\" found")));
        }
        blocked.insert(name.to_owned());
    }
    state.project_mut(id)?.blocked = blocked;
    Ok(reply(200, &json!({"message": "User(s) blocked"})))
}

/// `POST git/modifyacls`: sets what a user or group may do; without an ACL, that is nothing.
pub(super) fn modify_acls(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_token(id)?;
    Checks::on(&call.form)
        .choice("user_type", &["user", "group"], "This field is required.")
        .required("name")
        .choice("acl", &["admin", "ticket", "commit"], "")
        .done()?;
    let name = call.form.text("name").unwrap_or_default();
    let access = match call.form.filled("acl").as_deref() {
        Some("admin") => Some(Access::Admin),
        Some("commit") => Some(Access::Write),
        Some("ticket") => Some(Access::Triage),
        _ => None,
    };
    let user = call.form.text("user_type").as_deref() == Some("user");
    let site_admin = is_site_admin(call);
    {
        let state = call.hub.state();
        let project = call.look(&state, id)?;
        // Whoever has the ACL may take away a group's rights, and everyone their own.
        let free = access.is_none() && (!user || call.login() == Some(&name));
        if !free && !may_modify(call, project, site_admin)? {
            return Err(Problem::new(401, "EMODIFYPROJECTNOTALLOWED"));
        }
        if user && state.user(&name).is_none() {
            return Err(Problem::new(404, "ENOUSER"));
        }
        let group = state.group(&name).filter(|group| !group.members.is_empty());
        if !user && group.is_none() {
            return Err(Problem::new(404, "ENOGROUP"));
        }
    }
    set_access(call, id, &name, user, access)?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    Ok(reply(
        200,
        &call.view.project(&state, project, Detail::Public),
    ))
}

fn set_access(
    call: &Call<'_>,
    id: ProjectId,
    name: &str,
    user: bool,
    access: Option<Access>,
) -> Result<(), Problem> {
    let now = call.hub.now();
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    let owner = project.owner == name;
    let holders: &mut BTreeMap<String, Access> = if user {
        &mut project.members
    } else {
        &mut project.groups
    };
    match access {
        // The owner has all rights already.
        Some(_) if user && owner => {}
        Some(access) => {
            holders.insert(name.to_owned(), access);
        }
        None => {
            let removed = holders.remove(name);
            if user && removed.is_none() {
                let text = "User does not have any access on the repo";
                return Err(Problem::invalid().with_errors(text));
            }
        }
    }
    project.updated_at = now;
    Ok(())
}

/// `GET contributors`.
pub(super) fn contributors(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let mut users = project.members.clone();
    users.insert(project.owner.clone(), Access::Admin);
    let body = json!({
        "users": by_word(&users),
        "groups": by_word(&group_access(&state, project)),
    });
    Ok(reply(200, &body))
}

fn by_word(holders: &BTreeMap<String, Access>) -> Value {
    let with = |word: &str| -> Vec<&String> {
        let holders = holders.iter();
        let same = holders.filter(|(_, access)| access_word(**access) == Some(word));
        same.map(|(name, _)| name).collect()
    };
    json!({
        "admin": with("admin"),
        "commit": with("commit"),
        "ticket": with("ticket"),
        "collaborators": [],
    })
}

/// `GET watchers`: whoever has rights is told of issues.
pub(super) fn watchers(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let mut watchers = serde_json::Map::new();
    watchers.insert(project.owner.clone(), json!(["issues"]));
    for (login, access) in &project.members {
        if access_word(*access).is_some() {
            watchers.insert(login.clone(), json!(["issues"]));
        }
    }
    for path in group_access(&state, project).keys() {
        watchers.insert(format!("@{path}"), json!(["issues"]));
    }
    let body = json!({"total_watchers": watchers.len(), "watchers": watchers});
    Ok(reply(200, &body))
}

/// `GET hascommit`. Being the site's admin does not count here.
pub(super) fn has_commit(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    let param = |name| call.request.param(name).filter(|text| !text.is_empty());
    let (Some(user), Some(branch)) = (param("user"), param("branch")) else {
        return Err(Problem::invalid());
    };
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let may = state.user(user).is_some() && super::users::works_on(&state, project, user);
    let args = json!({
        "project": call.view.project(&state, project, Detail::Public),
        "branch": branch,
        "user": user,
    });
    Ok(reply(200, &json!({"args": args, "hascommit": may})))
}
