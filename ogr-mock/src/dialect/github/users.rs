//! Users, organisations, and the forge itself.

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::view::{node_id, time};
use super::{Answer, Response, answer};
use crate::state::{Account, Group, State, User};

/// `GET /`: where everything is.
pub(super) fn root(call: &Call<'_>) -> Response {
    let api = &call.view.api;
    let mut body = json!({
        "current_user_authorizations_html_url":
            format!("{}/settings/connections/applications{{/client_id}}", call.view.web),
    });
    for (name, tail) in ROOT {
        body[*name] = json!(format!("{api}{tail}"));
    }
    answer(200, &body)
}

/// The templates that the root answers with, below the API's own URL.
const ROOT: &[(&str, &str)] = &[
    ("current_user_url", "/user"),
    ("authorizations_url", "/authorizations"),
    (
        "code_search_url",
        "/search/code?q={query}{&page,per_page,sort,order}",
    ),
    (
        "commit_search_url",
        "/search/commits?q={query}{&page,per_page,sort,order}",
    ),
    ("emails_url", "/user/emails"),
    ("emojis_url", "/emojis"),
    ("events_url", "/events"),
    ("feeds_url", "/feeds"),
    ("followers_url", "/user/followers"),
    ("following_url", "/user/following{/target}"),
    ("gists_url", "/gists{/gist_id}"),
    (
        "issue_search_url",
        "/search/issues?q={query}{&page,per_page,sort,order}",
    ),
    ("issues_url", "/issues"),
    ("keys_url", "/user/keys"),
    (
        "label_search_url",
        "/search/labels?q={query}&repository_id={repository_id}{&page,per_page}",
    ),
    ("notifications_url", "/notifications"),
    ("organization_url", "/orgs/{org}"),
    (
        "organization_repositories_url",
        "/orgs/{org}/repos{?type,page,per_page,sort}",
    ),
    ("organization_teams_url", "/orgs/{org}/teams"),
    ("public_gists_url", "/gists/public"),
    ("rate_limit_url", "/rate_limit"),
    ("repository_url", "/repos/{owner}/{repo}"),
    (
        "repository_search_url",
        "/search/repositories?q={query}{&page,per_page,sort,order}",
    ),
    (
        "current_user_repositories_url",
        "/user/repos{?type,page,per_page,sort}",
    ),
    ("starred_url", "/user/starred{/owner}{/repo}"),
    ("starred_gists_url", "/gists/starred"),
    ("user_url", "/users/{user}"),
    ("user_organizations_url", "/user/orgs"),
    (
        "user_repositories_url",
        "/users/{user}/repos{?type,page,per_page,sort}",
    ),
    (
        "user_search_url",
        "/search/users?q={query}{&page,per_page,sort,order}",
    ),
];

/// `GET /meta`: the version, by which Enterprise Server is known.
pub(super) fn meta(call: &Call<'_>) -> Response {
    let body = json!({
        "verifiable_password_authentication": true,
        "installed_version": call.hub.settings.version,
    });
    answer(200, &body)
}

/// `GET /rate_limit`, which costs nothing.
pub(super) fn rate_limit(call: &Call<'_>) -> Response {
    let state = call.hub.state();
    let limits = &state.rate_limit;
    let limit = limits.limit_of(call.login());
    let remaining = limits.remaining(call.login());
    let core = json!({
        "limit": limit,
        "remaining": remaining,
        "used": limit - remaining,
        "reset": limits.resets_at.timestamp(),
        "resource": "core",
    });
    let whole = |limit: u64, resource: &str| {
        json!({
            "limit": limit,
            "remaining": limit,
            "used": 0,
            "reset": limits.resets_at.timestamp(),
            "resource": resource,
        })
    };
    let resources = json!({
        "core": core,
        "search": whole(30, "search"),
        "graphql": whole(5000, "graphql"),
    });
    answer(200, &json!({"resources": resources, "rate": core}))
}

/// `GET /user`.
pub(super) fn whoami(call: &Call<'_>) -> Answer {
    let login = call.signed_in()?;
    let state = call.hub.state();
    let user = state.user(login).ok_or_else(Problem::not_found)?;
    if user.bot {
        // What an App gets: it is no user.
        return Err(Problem::new(403, "Resource not accessible by integration"));
    }
    let mut body = whole_user(call, &state, user);
    let private = json!({
        "private_gists": 0,
        "total_private_repos": owned(&state, &user.login).filter(|private| *private).count(),
        "owned_private_repos": owned(&state, &user.login).filter(|private| *private).count(),
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": false,
    });
    merge(&mut body, private);
    body["user_view_type"] = json!("private");
    Ok(answer(200, &body))
}

/// `GET /users/{username}`, organisations included.
pub(super) fn by_login(call: &Call<'_>, login: &str) -> Answer {
    let state = call.hub.state();
    Ok(match state.account(login) {
        Some(Account::User(user)) => answer(200, &whole_user(call, &state, user)),
        Some(Account::Group(group)) => answer(200, &group_as_user(call, &state, group)),
        None => return Err(Problem::not_found()),
    })
}

/// `GET /user/{account_id}`.
pub(super) fn by_id(call: &Call<'_>, id: &str) -> Answer {
    let state = call.hub.state();
    let id: Option<u64> = id.parse().ok();
    let user = id.and_then(|id| state.users.get(&id));
    let user = user.ok_or_else(Problem::not_found)?;
    Ok(answer(200, &whole_user(call, &state, user)))
}

/// `GET /orgs/{org}`.
pub(super) fn organization(call: &Call<'_>, name: &str) -> Answer {
    let state = call.hub.state();
    let group = state.group(name).ok_or_else(Problem::not_found)?;
    Ok(answer(200, &whole_group(call, &state, group)))
}

/// For each project of a namespace whether it is private.
fn owned<'a>(state: &'a State, namespace: &'a str) -> impl Iterator<Item = bool> + 'a {
    state.projects_in(namespace).map(|project| project.private)
}

fn whole_user(call: &Call<'_>, state: &State, user: &User) -> Value {
    let mut body = call.view.account(state, &user.login);
    let more = json!({
        "name": user.name,
        "company": null,
        "blog": "",
        "location": null,
        // Shown to others only by those who chose to.
        "email": if call.login() == Some(&user.login) { json!(user.email) } else { Value::Null },
        "hireable": null,
        "bio": null,
        "twitter_username": null,
        "public_repos": owned(state, &user.login).filter(|private| !private).count(),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": time(user.created_at),
        "updated_at": time(user.created_at),
    });
    merge(&mut body, more);
    body
}

fn group_as_user(call: &Call<'_>, state: &State, group: &Group) -> Value {
    let mut body = call.view.account(state, &group.path);
    let more = json!({
        "name": group.name,
        "company": null,
        "blog": "",
        "location": null,
        "email": null,
        "hireable": null,
        "bio": null,
        "twitter_username": null,
        "public_repos": owned(state, &group.path).filter(|private| !private).count(),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": time(group.created_at),
        "updated_at": time(group.created_at),
    });
    merge(&mut body, more);
    body
}

fn whole_group(call: &Call<'_>, state: &State, group: &Group) -> Value {
    let url = format!("{}/orgs/{}", call.view.api, group.path);
    // Name, company, email and location are left out when they are unset, as the real one does.
    let mut body = json!({
        "login": group.path,
        "id": group.id,
        "node_id": node_id("Organization", group.id),
        "url": url,
        "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events"),
        "hooks_url": format!("{url}/hooks"),
        "issues_url": format!("{url}/issues"),
        "members_url": format!("{url}/members{{/member}}"),
        "public_members_url": format!("{url}/public_members{{/member}}"),
        "avatar_url": format!("{}/avatars/u/{}?", call.view.web, group.id),
        "description": group.description,
        "is_verified": false,
        "has_organization_projects": true,
        "has_repository_projects": true,
        "public_repos": owned(state, &group.path).filter(|private| !private).count(),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": format!("{}/{}", call.view.web, group.path),
        "type": "Organization",
        "created_at": time(group.created_at),
        "updated_at": time(group.created_at),
        "archived_at": null,
    });
    if let Some(name) = &group.name {
        body["name"] = json!(name);
    }
    body
}

/// Adds the fields of one object to another.
pub(super) fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}
