//! Projects: one, many, new ones, and none any more.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::form::{Checks, Form, is_yes};
use super::problem::Problem;
use super::users::{fits, works_on};
use super::view::{Detail, group_access, reply};
use super::{Answer, Place};
use crate::git::{Edit, NewCommit};
use crate::state::{Access, NewProject, Project, ProjectId, RefUpdate, Refusal, State};

/// Names that would stand in the way of the site's own pages.
const TAKEN: [&str; 24] = [
    "static",
    "pv",
    "releases",
    "new",
    "api",
    "settings",
    "search",
    "fork",
    "logout",
    "login",
    "user",
    "users",
    "groups",
    "projects",
    "ssh_info",
    "issues",
    "pull-requests",
    "commits",
    "tree",
    "forks",
    "admin",
    "c",
    "wait",
    "dashboard",
];

/// `GET <project>`.
pub(super) fn get(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let mut answer = call.view.project(&state, project, Detail::Public);
    if call.request.param("expand_group").is_some_and(is_yes) {
        let mut details = Map::new();
        for path in group_access(&state, project).into_keys() {
            let group = state.group(&path);
            let members = group.map(|group| group.members.keys().collect::<Vec<_>>());
            details.insert(path.clone(), json!(members.unwrap_or_default()));
        }
        answer["group_details"] = Value::Object(details);
    }
    Ok(reply(200, &answer))
}

/// `GET <project>/git/urls`: the one way to learn of a private project through a GET.
pub(super) fn urls(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    let state = call.hub.state();
    let urls = call.view.git_urls(call.look(&state, id)?, call.login());
    Ok(reply(200, &json!({"total_urls": 2, "urls": urls})))
}

/// `GET projects`: public ones only.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let param = |name| call.request.param(name);
    let (owner, username) = (param("owner"), param("username"));
    if owner.is_some() && username.is_some() {
        return Err(Problem::Fatal);
    }
    let fork = param("fork").map(is_yes);
    let short = param("short").is_some_and(is_yes);
    let tags: Vec<&str> = call.request.params("tags").collect();
    let (namespace, pattern) = (param("namespace"), param("pattern"));
    let state = call.hub.state();
    let fitting = |project: &Project| {
        !project.private
            && !call.hub.still_missing(project)
            && fork.is_none_or(|fork| project.fork_owner.is_some() == fork)
            && namespace.is_none_or(|ns| ns.is_empty() || project.namespace == ns)
            && owner.is_none_or(|owner| match owner.strip_prefix('!') {
                Some(other) => project.owner != other,
                None => project.owner == owner,
            })
            && username.is_none_or(|user| works_on(&state, project, user))
            && (tags.is_empty() || project.topics.iter().any(|t| tags.contains(&t.as_str())))
            && pattern.is_none_or(|pattern| {
                let pattern = pattern.replace('%', "*");
                pattern.is_empty()
                    || project.name == pattern
                    || (pattern.contains('*') && fits(&pattern, &project.name))
            })
    };
    let mut projects: Vec<&Project> = state.projects.values().filter(|p| fitting(p)).collect();
    let paging = call.paging()?;
    projects.sort_by_key(|project| project.name.to_lowercase());
    let total = projects.len();
    let rows = paging.cut(projects).into_iter().map(|project| {
        if !short {
            return call.view.project(&state, project, Detail::Public);
        }
        json!({
            "name": project.name,
            "namespace": (!project.namespace.is_empty()).then_some(&project.namespace),
            "fullname": project.path(),
            "description": project.description,
        })
    });
    let body = json!({
        "total_projects": total,
        "projects": rows.collect::<Vec<Value>>(),
        "args": {
            "tags": tags,
            "username": username,
            "fork": fork,
            "pattern": pattern,
            "namespace": namespace,
            "owner": owner,
            "short": short,
            "page": paging.page,
            "per_page": paging.per_page,
        },
        "pagination": call.envelope(paging, total, "page"),
    });
    Ok(reply(200, &body))
}

/// The namespaces that a user may make projects in: those that are nobody's, and their groups.
fn may_use(state: &State, login: &str, namespace: &str) -> bool {
    let group = state.group(namespace);
    group.is_some_and(|group| group.members.is_empty() || group.members.contains_key(login))
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    // The pattern's author wrote `A-z`, which holds six signs beside the letters.
    let first = chars.next();
    first.is_some_and(|c| ('A'..='z').contains(&c) || c.is_ascii_digit())
        && chars.all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c))
}

fn is_mail(text: &str) -> bool {
    match text.split_once('@') {
        Some((user, host)) => {
            let host = host.split('@').next().unwrap_or_default();
            let dot = host.get(1..).and_then(|rest| rest.find('.'));
            !user.is_empty() && dot.is_some_and(|dot| dot + 2 < host.len())
        }
        None => false,
    }
}

fn check(form: &Form, state: &State, login: &str) -> Result<(), Problem> {
    let mut checks = Checks::on(form)
        .required("description")
        .url_if_any("url")
        .url_if_any("mirrored_from")
        .matching("name", is_name);
    let mail = form.filled("avatar_email");
    if mail.is_some_and(|mail| !is_mail(&mail)) {
        checks.wrong("avatar_email", "avatar_email must be an email");
    }
    let namespace = form.filled("namespace");
    if namespace.is_some_and(|namespace| !may_use(state, login, &namespace)) {
        checks.wrong("namespace", "Not a valid choice.");
    }
    checks.done()
}

/// `POST new`.
pub(super) async fn create(call: &Call<'_>) -> Answer {
    let login = call.user()?;
    let form = &call.form;
    check(form, &call.hub.state(), login)?;
    let private = form.ticked("private");
    let name = form.text("name").unwrap_or_default();
    // A private project stands under its owner's name, whatever namespace was asked for.
    let namespace = if private {
        login.to_owned()
    } else {
        let namespace = form.filled("namespace").unwrap_or_default();
        namespace.trim().to_owned()
    };
    let path = match namespace.as_str() {
        "" => name.clone(),
        namespace => format!("{namespace}/{name}"),
    };
    let reserved = ["docs/", "tickets/", "requests/"];
    if TAKEN.contains(&path.as_str()) || reserved.iter().any(|start| path.starts_with(start)) {
        return Err(Problem::no_code(format!(
            "No project \"{path}\" are allowed to be created due to potential conflicts in URLs with pagure itself"
        )));
    }
    let description = form.text("description");
    let new = NewProject {
        namespace,
        name: name.clone(),
        owner: login.to_owned(),
        description: description.clone(),
        private,
        default_branch: form.filled("default_branch"),
    };
    let id = call.hub.create_project(new).await.map_err(|refusal| {
        if matches!(refusal, Refusal::AlreadyExists(..)) {
            Problem::no_code(format!("It is not possible to create the repo \"{path}\""))
        } else {
            refusal.into()
        }
    })?;
    if let Some(url) = form.filled("url") {
        call.hub.state().project_mut(id)?.homepage = Some(url);
    }
    if form.ticked("create_readme") {
        let text = format!("# {name}\n\n{}", description.unwrap_or_default());
        add_readme(call, id, login, text).await?;
    }
    if !form.waits() {
        return Ok(call.queued("Project creation queued", call.hub.now(), true));
    }
    let message = format!("Project \"{path}\" created");
    Ok(reply(200, &json!({"message": message})))
}

async fn add_readme(
    call: &Call<'_>,
    id: ProjectId,
    login: &str,
    text: String,
) -> Result<(), Problem> {
    let branch = call.look(&call.hub.state(), id)?.default_branch.clone();
    let repository = call.hub.stored_repository(id);
    let author = call.hub.signature(login);
    let edits = [Edit::write("README.md", text)];
    let sha = repository
        .commit_files(&NewCommit {
            parent: None,
            edits: &edits,
            message: "Added the README",
            author: &author,
            committer: &author,
        })
        .await?;
    repository.move_branch(&branch, &sha, Some(None)).await?;
    let update = RefUpdate::branch(&branch, None, Some(&sha));
    call.hub.refs_changed(login, id, &[update]).await?;
    Ok(())
}

/// Whether a user is one of a project's admins by name, which is what the most dangerous calls ask for.
pub(super) fn is_named_admin(project: &Project, login: &str) -> bool {
    project.owner == login || project.members.get(login) >= Some(&Access::Maintain)
}

/// `POST <project>/delete`, with a token of the project itself.
pub(super) async fn delete(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_project_token(id)?;
    let told = {
        let state = call.hub.state();
        let project = call.look(&state, id)?;
        if !is_named_admin(project, call.user()?) {
            return Err(Problem::new(401, "ENOTHIGHENOUGH"));
        }
        call.view.project(&state, project, Detail::Public)
    };
    call.hub.delete_project(id).await?;
    let body = json!({"message": "Project deleted", "project": told});
    Ok(reply(200, &body))
}

#[cfg(test)]
mod tests {
    use super::{is_mail, is_name};

    #[test]
    fn names_and_addresses_are_told_apart_as_pagure_does() {
        for name in ["foo", "_x", "3.1+a-b_c", "A"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-x", "a b", "a/b", "[ok]x"] {
            assert!(!is_name(name), "{name}");
        }
        assert!(is_mail("a@b.c"));
        for mail in ["foo", "a@b", "@b.c", "a@.", "a@b."] {
            assert!(!is_mail(mail), "{mail}");
        }
    }
}
