//! Users and organisations, and the projects that stand under them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::Call;
use super::problem::{Problem, wrong_method};
use super::projects;
use super::{Answer, json_answer, view};
use crate::dialect::{Answered, empty, html};
use crate::state::{Access, Account, Group, Project, State};

/// Routes below `/user`, `/users`, `/orgs`, `/org` and `/admin`.
pub(super) async fn route(call: &Call<'_>, method: &str, path: &[&str]) -> Answer {
    match (method, path) {
        ("GET", ["user"]) => whoami(call),
        ("GET", ["user", "emails"]) => emails(call),
        ("GET", ["user", "orgs"]) => {
            call.scoped(&["user", "organization"])?;
            organizations_of(call, call.signed_in()?)
        }
        ("GET", ["user", "repos"]) => my_projects(call),
        ("POST", ["user", "repos"]) => {
            call.scoped(&["user"])?;
            let owner = call.signed_in()?;
            projects::create(call, owner).await
        }
        ("GET", ["users", "search"]) => search(call),
        ("GET", ["users", name]) => by_name(call, name),
        ("GET", ["users", name, "repos"]) => projects_of_user(call, name),
        ("GET", ["users", name, "orgs"]) => {
            call.scoped(&["user", "organization"])?;
            call.signed_in()?;
            known_user(call, name)?;
            organizations_of(call, name)
        }
        ("GET", ["orgs"]) => organizations(call),
        ("POST", ["orgs"]) => create_organization(call),
        ("GET", ["orgs", name]) => organization(call, name),
        ("GET", ["orgs", name, "repos"]) => projects_of_organization(call, name),
        ("POST", ["orgs" | "org", name, "repos"]) => {
            let categories: &[&str] = if path.first() == Some(&"orgs") {
                &["organization"]
            } else {
                &["organization", "repository"]
            };
            create_in_organization(call, name, categories).await
        }
        ("GET", ["orgs", name, "members"]) => members(call, name),
        ("GET", ["orgs", name, "members", user]) => membership(call, name, user),
        ("POST", ["admin", "users", name, "repos"]) => create_for_user(call, name).await,
        (_, ["user", "repos"] | ["orgs"] | ["orgs", _, "repos"]) => wrong_method(&["GET", "POST"]),
        (_, ["org", _, "repos"] | ["admin", "users", _, "repos"]) => wrong_method(&["POST"]),
        (_, ["user"] | ["user", "emails" | "orgs"] | ["users", _])
        | (_, ["users", _, "repos" | "orgs"] | ["orgs", _])
        | (_, ["orgs", _, "members"] | ["orgs", _, "members", _]) => wrong_method(&["GET"]),
        _ => Err(Problem::NoRoute),
    }
}

fn whoami(call: &Call<'_>) -> Answer {
    call.scoped(&["user"])?;
    let login = call.signed_in()?;
    let state = call.hub.state();
    Ok(json_answer(200, &call.user(&state, login)))
}

fn emails(call: &Call<'_>) -> Answer {
    call.scoped(&["user"])?;
    let login = call.signed_in()?;
    let state = call.hub.state();
    let user = state.user(login).ok_or_else(Problem::not_found)?;
    let body = json!([{
        "email": user.email,
        "verified": true,
        "primary": true,
        "user_id": 0,
        "username": "",
    }]);
    Ok(json_answer(200, &body))
}

fn no_such_user(name: &str) -> Problem {
    Problem::new(404, format!("user redirect does not exist [name: {name}]"))
}

fn known_user(call: &Call<'_>, name: &str) -> Result<(), Problem> {
    let known = call.hub.state().account(name).is_some();
    known.then_some(()).ok_or_else(|| no_such_user(name))
}

fn by_name(call: &Call<'_>, name: &str) -> Answer {
    call.scoped(&["user"])?;
    known_user(call, name)?;
    let state = call.hub.state();
    Ok(json_answer(200, &call.user(&state, name)))
}

fn search(call: &Call<'_>) -> Answer {
    call.scoped(&["user"])?;
    let wanted = call.param("q").unwrap_or_default().to_lowercase();
    let number: Option<u64> = call.param("uid").and_then(|uid| uid.parse().ok());
    let state = call.hub.state();
    let mut found: Vec<&str> = state
        .users
        .values()
        .filter(|user| {
            let name = user.name.as_deref().unwrap_or_default();
            number.is_none_or(|number| user.id == number)
                && (user.login.to_lowercase().contains(&wanted)
                    || name.to_lowercase().contains(&wanted)
                    || user.email.to_lowercase() == wanted)
        })
        .map(|user| user.login.as_str())
        .collect();
    found.sort_by_key(|login| login.to_lowercase());
    let (total, paging) = (found.len(), call.paging());
    let rows: Vec<Value> = paging
        .cut(found)
        .into_iter()
        .map(|login| call.user(&state, login))
        .collect();
    let body = json!({"data": rows, "ok": true});
    Ok(call.linked(&body, paging, total))
}

/// Every project that someone owns or has rights of their own in.
fn belongs_to(state: &State, project: &Project, login: &str) -> bool {
    state.same_name(&project.namespace, login)
        || project.members.contains_key(login)
        || state
            .group(&project.namespace)
            .is_some_and(|group| group.members.contains_key(login))
}

fn my_projects(call: &Call<'_>) -> Answer {
    call.scoped(&["user"])?;
    let login = call.signed_in()?;
    let state = call.hub.state();
    let mut found: Vec<&Project> = state
        .projects
        .values()
        .filter(|project| belongs_to(&state, project, login))
        .filter(|project| call.access(&state, project).is_some())
        .collect();
    match call.param("order_by") {
        None | Some("name") => found.sort_by_key(|project| project.name.to_lowercase()),
        Some("id") => {}
        Some("newest" | "created") => found.reverse(),
        Some("oldest") => {}
        Some("recentupdate" | "leastupdate" | "updated") => {
            found.sort_by_key(|project| project.updated_at);
            found.reverse();
        }
        Some(_) => return Err(Problem::new(422, "")),
    }
    Ok(project_list(call, &state, found))
}

/// A page of projects, with links.
fn project_list(call: &Call<'_>, state: &State, found: Vec<&Project>) -> crate::dialect::Response {
    let (total, paging) = (found.len(), call.paging());
    let rows: Vec<Value> = paging
        .cut(found)
        .into_iter()
        .map(|project| projects::repository(call, state, project))
        .collect();
    call.linked(&json!(rows), paging, total)
}

fn projects_of_user(call: &Call<'_>, name: &str) -> Answer {
    call.scoped(&["user"])?;
    known_user(call, name)?;
    let state = call.hub.state();
    let found: Vec<&Project> = state
        .projects_in(name)
        .filter(|project| call.access(&state, project).is_some())
        .collect();
    Ok(project_list(call, &state, found))
}

fn organizations(call: &Call<'_>) -> Answer {
    let state = call.hub.state();
    let mut found: Vec<&Group> = state.groups.values().collect();
    found.sort_by_key(|group| group.path.to_lowercase());
    let (total, paging) = (found.len(), call.paging());
    let rows = paging.cut(found).into_iter();
    let rows: Vec<Value> = rows.map(|group| call.organization(group)).collect();
    Ok(call.linked(&json!(rows), paging, total))
}

/// The organisations of a user. The links count pages, though all rows come where no page is named.
fn organizations_of(call: &Call<'_>, login: &str) -> Answer {
    let state = call.hub.state();
    // Others are told only of memberships made public, and none is.
    let trusted = call.login().is_some_and(|asker| {
        state.same_name(asker, login) || state.user(asker).is_some_and(|user| user.admin)
    });
    let mut found: Vec<&Group> = state
        .groups
        .values()
        .filter(|group| {
            let mut members = group.members.keys();
            trusted && members.any(|member| state.same_name(member, login))
        })
        .collect();
    found.sort_by_key(|group| group.path.to_lowercase());
    let total = found.len();
    let rows = call.paging_if_page().cut(found).into_iter();
    let rows: Vec<Value> = rows.map(|group| call.organization(group)).collect();
    Ok(call.linked(&json!(rows), call.paging(), total))
}

fn no_such_organization(name: &str) -> Problem {
    let reason = format!("user redirect does not exist [name: {name}]");
    Problem::NotFound("GetOrgByName".to_owned(), vec![reason])
}

fn known_group<'a>(state: &'a State, name: &str) -> Result<&'a Group, Problem> {
    state.group(name).ok_or_else(|| no_such_organization(name))
}

fn organization(call: &Call<'_>, name: &str) -> Answer {
    call.scoped(&["organization"])?;
    let state = call.hub.state();
    let group = known_group(&state, name)?;
    Ok(json_answer(200, &call.organization(group)))
}

fn create_organization(call: &Call<'_>) -> Answer {
    call.scoped(&["organization"])?;
    let login = call.signed_in()?;
    let body = call.body("CreateOrgOption")?;
    let name = body.required("username", "UserName")?;
    if !projects::is_plain_name(name) {
        return Err(Problem::new(422, "[UserName]: invalid username"));
    }
    if let Some(visibility) = body.text("visibility")?
        && !matches!(visibility, "" | "public" | "limited" | "private")
    {
        return Err(Problem::new(422, "[Visibility]: In"));
    }
    if matches!(name, "api" | "user" | "explore" | "admin") {
        return Err(Problem::new(
            422,
            format!("name is reserved [name: {name}]"),
        ));
    }
    let now = call.hub.now();
    let mut state = call.hub.state();
    if state.account(name).is_some() {
        let words = format!("user already exists [name: {name}]");
        return Err(Problem::new(422, words));
    }
    let id = state.new_id();
    let group = Group {
        id,
        path: name.to_owned(),
        name: body.text("full_name")?.map(str::to_owned),
        description: body.plain("description")?.to_owned(),
        members: BTreeMap::from([(login.to_owned(), Access::Admin)]),
        created_at: now,
    };
    let answer = json_answer(201, &call.organization(&group));
    state.groups.insert(id, group);
    Ok(answer)
}

fn projects_of_organization(call: &Call<'_>, name: &str) -> Answer {
    call.scoped(&["organization"])?;
    let state = call.hub.state();
    let path = known_group(&state, name)?.path.clone();
    let mut found: Vec<&Project> = state
        .projects_in(&path)
        .filter(|project| call.access(&state, project).is_some())
        .collect();
    found.sort_by_key(|project| project.name.to_lowercase());
    Ok(project_list(call, &state, found))
}

async fn create_in_organization(call: &Call<'_>, name: &str, categories: &[&str]) -> Answer {
    call.scoped(categories)?;
    let login = call.signed_in()?;
    let body = call.body("CreateRepoOption")?;
    projects::check_new(&body)?;
    {
        let state = call.hub.state();
        let group = known_group(&state, name)?;
        let owner = group.members.get(login) >= Some(&Access::Admin);
        if !owner && !state.user(login).is_some_and(|user| user.admin) {
            let words = "Given user is not allowed to create repository in organization.";
            return Err(Problem::new(403, words));
        }
    }
    projects::create(call, name).await
}

async fn create_for_user(call: &Call<'_>, name: &str) -> Answer {
    call.scoped(&["admin"])?;
    let login = call.signed_in()?;
    {
        let state = call.hub.state();
        if !state.user(login).is_some_and(|user| user.admin) {
            let words = "user should be the site admin";
            return Err(Problem::new(403, words));
        }
        if !matches!(state.account(name), Some(Account::User(_))) {
            return Err(no_such_user(name));
        }
    }
    projects::create(call, name).await
}

/// Members are told to members; others see those who made it public, which nobody did.
fn members(call: &Call<'_>, name: &str) -> Answer {
    call.scoped(&["organization"])?;
    call.signed_in()?;
    let state = call.hub.state();
    let group = known_group(&state, name)?;
    let inside = is_inside(call, &state, group);
    let found: Vec<&String> = if inside {
        group.members.keys().collect()
    } else {
        Vec::new()
    };
    let (total, paging) = (found.len(), call.paging());
    let rows: Vec<Value> = paging
        .cut(found)
        .into_iter()
        .map(|login| call.user(&state, login))
        .collect();
    Ok(call.counted(&json!(rows), total))
}

fn is_inside(call: &Call<'_>, state: &State, group: &Group) -> bool {
    call.login().is_some_and(|login| {
        group.members.contains_key(login) || state.user(login).is_some_and(|user| user.admin)
    })
}

fn membership(call: &Call<'_>, name: &str, user: &str) -> Answer {
    call.scoped(&["organization"])?;
    call.signed_in()?;
    let state = call.hub.state();
    let group = known_group(&state, name)?;
    let login = state.user(user).ok_or_else(|| {
        let reason = Problem::unknown_user(call.flavour.gitea, user);
        Problem::NotFound("GetUserByName".to_owned(), vec![reason])
    })?;
    let oneself = call.login().is_some_and(|asker| asker == login.login);
    if !oneself && !is_inside(call, &state, group) {
        let (org, user) = (view::segment(&group.path), view::segment(&login.login));
        let to = format!("/api/v1/orgs/{org}/public_members/{user}");
        let page = format!("<a href=\"{to}\">See Other</a>.\n\n");
        return Ok(html(303, page).with("location", to));
    }
    if group.members.contains_key(&login.login) {
        Ok(empty(204))
    } else {
        Err(Problem::not_found())
    }
}
