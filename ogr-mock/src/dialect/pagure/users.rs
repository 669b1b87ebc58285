//! Users and groups.

use serde_json::{Value, json};

use super::Answer;
use super::call::Call;
use super::form::is_yes;
use super::problem::Problem;
use super::view::{Detail, full_name, reply};
use crate::dialect::{Paging, Response};
use crate::state::{Access, Project, State};

/// Whether a name fits a pattern with stars, whatever the case of its letters.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The pattern of a list of names: what names start with.
pub(super) fn beginning(pattern: &str) -> String {
    if pattern.ends_with('*') {
        pattern.to_owned()
    } else {
        format!("{pattern}*")
    }
}

/// `GET users`: all at once, without pages.
pub(super) fn list(call: &Call<'_>) -> Response {
    let pattern = call.request.param("pattern").map(beginning);
    let state = call.hub.state();
    let mut users: Vec<_> = state
        .users
        .values()
        .filter(|user| {
            let pattern = pattern.as_deref();
            pattern.is_none_or(|pattern| fits(pattern, &user.login))
        })
        .collect();
    users.sort_by(|a, b| a.login.cmp(&b.login));
    let mention = users.iter().map(|user| {
        json!({
            "username": user.login,
            "name": full_name(user),
            "image": call.view.avatar(user, 16),
        })
    });
    let mention: Vec<Value> = mention.collect();
    let names: Vec<&str> = users.iter().map(|user| user.login.as_str()).collect();
    let body = json!({"total_users": names.len(), "users": names, "mention": mention});
    reply(200, &body)
}

/// `GET user/<name>`: the user's projects and forks, each list with pages of its own.
pub(super) fn get(call: &Call<'_>, name: &str) -> Answer {
    let state = call.hub.state();
    let by_mail = || state.users.values().find(|user| user.email == name);
    let user = state.user(name).or_else(by_mail);
    let user = user.ok_or_else(|| Problem::new(404, "ENOUSER"))?;
    let per_page = call.per_page()?;
    let page = |key: &str| Paging {
        page: call
            .request
            .param(key)
            .and_then(|page| page.parse().ok())
            .filter(|page| *page > 0)
            .unwrap_or(1),
        per_page,
    };
    let mut answer = json!({"user": call.view.user(&state, &user.login, Detail::Public)});
    answer["user"]["avatar_url"] = json!(call.view.avatar(user, 16));
    let lists = [("repos", "repopage", false), ("forks", "forkpage", true)];
    for (list, key, forks) in lists {
        let paging = page(key);
        let mut rows: Vec<&Project> = state
            .projects
            .values()
            .filter(|project| project.fork_owner.is_some() == forks && !project.private)
            .filter(|project| works_on(&state, project, name))
            .collect();
        rows.sort_by_key(|project| project.name.to_lowercase());
        answer[format!("{list}_pagination")] = call.envelope(paging, rows.len(), key);
        let rows = paging.cut(rows).into_iter();
        let rows = rows.map(|project| call.view.project(&state, project, Detail::Public));
        answer[list] = json!(rows.collect::<Vec<Value>>());
    }
    Ok(reply(200, &answer))
}

/// Whether a project is one of a user's: they own it or may commit to it.
pub(super) fn works_on(state: &State, project: &Project, login: &str) -> bool {
    let member = project.members.get(login) >= Some(&Access::Write);
    let through_group = || {
        let groups = super::view::group_access(state, project).into_iter();
        groups
            .filter(|(_, access)| *access >= Access::Write)
            .any(|(path, _)| {
                let group = state.group(&path);
                group.is_some_and(|group| group.members.contains_key(login))
            })
    };
    project.owner == login || member || through_group()
}

/// `GET groups`. Namespaces without members are no groups.
pub(super) fn groups(call: &Call<'_>) -> Answer {
    let pattern = call.request.param("pattern").map(beginning);
    let extended = call.request.param("extended").is_some_and(is_yes);
    let paging = call.paging()?;
    let state = call.hub.state();
    let mut groups: Vec<_> = state
        .groups
        .values()
        .filter(|group| !group.members.is_empty())
        .filter(|group| {
            let display = group.name.as_deref().unwrap_or(&group.path);
            let pattern = pattern.as_deref();
            pattern.is_none_or(|pattern| fits(pattern, &group.path) || fits(pattern, display))
        })
        .collect();
    groups.sort_by(|a, b| a.path.cmp(&b.path));
    let total = groups.len();
    let rows = paging.cut(groups).into_iter().map(|group| {
        if extended {
            json!({"name": group.path, "description": group.description})
        } else {
            json!(group.path)
        }
    });
    let body = json!({
        "total_groups": total,
        "groups": rows.collect::<Vec<Value>>(),
        "pagination": call.envelope(paging, total, "page"),
    });
    Ok(reply(200, &body))
}

/// `GET group/<name>`, on request with the projects that the group was given rights in.
pub(super) fn group(call: &Call<'_>, name: &str) -> Answer {
    let state = call.hub.state();
    let group = state.group(name).filter(|group| !group.members.is_empty());
    let group = group.ok_or_else(|| Problem::new(404, "ENOGROUP"))?;
    let detail = match call.login() {
        Some(_) => Detail::Full,
        None => Detail::Public,
    };
    let mut answer = call.view.group(&state, group, detail);
    let wanted = call.request.param("projects").unwrap_or_default();
    if matches!(wanted.trim().to_lowercase().as_str(), "1" | "true") {
        let paging = call.paging()?;
        let acl = call.request.param("acl").unwrap_or_default();
        let fitting = |access: Access| match acl.trim().to_lowercase().as_str() {
            "" | "ticket" => true,
            "commit" => access >= Access::Write,
            other => super::view::access_word(access) == Some(other),
        };
        let projects: Vec<&Project> = state
            .projects
            .values()
            .filter(|project| {
                let groups = super::view::group_access(&state, project);
                groups.get(name).is_some_and(|access| fitting(*access))
            })
            .collect();
        let total = projects.len();
        let rows = paging.cut(projects).into_iter();
        let rows = rows.map(|project| call.view.project(&state, project, Detail::Public));
        answer["projects"] = json!(rows.collect::<Vec<Value>>());
        answer["total_projects"] = json!(total);
        answer["pagination"] = call.envelope(paging, total, "page");
    }
    Ok(reply(200, &answer))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, name) in [
            ("foo*", "Foo"),
            ("*", ""),
            ("*o", "foo"),
            ("f*o*r", "foobar"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("foo", "foobar"), ("f*x", "foo"), ("foo*of", "foof2")] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
