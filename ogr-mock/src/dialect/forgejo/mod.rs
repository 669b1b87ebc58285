//! Forgejo's API v1, and Gitea's as a flavour of it.
//!
//! The document of a running server is its `/swagger.v1.json`. A file for each area; `flavour` knows
//! what the versions and Gitea do differently, `auth` who asks, `call` and `body` read requests,
//! `problem` says no, `paging` cuts lists, `view` writes what many answers have in common.

mod auth;
mod body;
mod branches;
mod call;
mod comments;
mod commits;
mod compare;
mod contents;
mod flavour;
mod forks;
mod labels;
mod objects;
mod paging;
mod problem;
mod projects;
mod pull_requests;
mod releases;
mod settings;
mod statuses;
mod tags;
mod users;
mod view;

use serde_json::Value;

use self::call::{Call, Place};
use self::flavour::Flavour;
use self::problem::{Problem, wrong_method};
use super::{Answered, Request, Response, bytes, empty, html, text};
use crate::hub::Hub;
use crate::state::{ProjectId, Token};

/// What a route comes to.
type Answer<T = Response> = Result<T, Problem>;

/// Answers a request to Forgejo or Gitea.
pub(crate) async fn handle(hub: &Hub, request: &Request) -> Response {
    let flavour = Flavour::of(hub);
    let caller = match auth::authenticate(hub, request, flavour) {
        Ok(caller) => caller,
        // The pages are for browsers: what is sent in a header is looked at only where programs read too.
        Err(_) if !for_programs(request) => None,
        Err(_) if !request.route().1.starts_with(&["api"]) => {
            return finish(request, flavour, None, text(401, BAD_CREDENTIALS));
        }
        Err(problem) => {
            let answer = problem.response(hub, flavour.gitea);
            return finish(request, flavour, None, answer);
        }
    };
    let login = caller.as_ref().map(|caller| caller.login.clone());
    let call = Call::new(hub, request, caller, flavour);
    let answer = route(&call)
        .await
        .unwrap_or_else(|problem| problem.response(hub, flavour.gitea));
    finish(request, flavour, login.as_deref(), answer)
}

const BAD_CREDENTIALS: &str = "Credentials are incorrect or have expired. Retry your command or see \
    https://codeberg.org/forgejo/forgejo/issues/2809 for more information\n";

/// Whether programs are expected there: the API, and the pages of files.
fn for_programs(request: &Request) -> bool {
    matches!(
        request.route().1.as_slice(),
        ["api", "v1" | "forgejo", ..] | [_, _, "raw" | "archive" | "pulls", ..]
    )
}

/// Whether a token is good for git.
pub(super) fn allows_git(token: &Token, push: bool) -> bool {
    token.has_scope("all")
        || token.has_scope("write:repository")
        || (!push && token.has_scope("read:repository"))
}

/// JSON as Go writes it: with a newline at the end.
fn json_answer(status: u16, body: &Value) -> Response {
    bytes(
        status,
        "application/json;charset=utf-8",
        format!("{body}\n"),
    )
}

async fn route(call: &Call<'_>) -> Answer {
    let (method, path) = call.request.route();
    // A slash at the end makes no other resource of it.
    let path = match path.as_slice() {
        [rest @ .., ""] => rest,
        path => path,
    };
    match path {
        ["api", "v1", rest @ ..] => api(call, method, rest).await,
        ["api", "forgejo", "v1", "version"] if !call.flavour.gitea => match method {
            "GET" => Ok(settings::forgejo_version(call)),
            _ => wrong_method(&["GET"]),
        },
        ["api", "forgejo", "v1", ..] if !call.flavour.gitea => Err(Problem::NoRoute),
        [owner, name, rest @ ..] if method == "GET" => web(call, owner, name, rest).await,
        _ => Ok(page_not_found()),
    }
}

fn page_not_found() -> Response {
    text(404, "Not found.\n")
}

/// The few pages that answers point at and programs read.
async fn web(call: &Call<'_>, owner: &str, name: &str, rest: &[&str]) -> Answer {
    if !matches!(rest, ["raw" | "archive" | "pulls", ..]) {
        return Ok(page_not_found());
    }
    let id = match call.project(owner, name) {
        Ok(Place::Here(id)) => id,
        Ok(Place::Moved(path)) => {
            let prefix = format!("/{owner}/{name}");
            let to = call
                .request
                .raw_path
                .replacen(&prefix, &format!("/{path}"), 1);
            return Ok(empty(301).with("location", to));
        }
        Err(_) => return Ok(page_not_found()),
    };
    let found = match rest {
        ["raw", "branch" | "tag" | "commit", rest @ ..] => {
            contents::raw_below(call, id, rest).await
        }
        ["archive", name @ ..] => contents::archive(call, id, &name.join("/")).await,
        ["pulls", number] => pull_requests::web_text(call, id, number).await,
        _ => return Ok(page_not_found()),
    };
    Ok(found.unwrap_or_else(|_| page_not_found()))
}

async fn api(call: &Call<'_>, method: &str, path: &[&str]) -> Answer {
    match path {
        ["repos", "search"] => match method {
            "GET" => projects::search(call),
            _ => wrong_method(&["GET"]),
        },
        ["repos", "", ..] | ["repos", _, ""] => Err(Problem::NoRoute),
        ["repos", owner, name, tail @ ..] => {
            match_route(call, method, tail)?;
            check_scope(call, owner, tail)?;
            match call.project(owner, name)? {
                Place::Here(id) => project_route(call, id, tail).await,
                Place::Moved(path) => Ok(moved(call, &path, tail)),
            }
        }
        ["repositories", id] => match method {
            "GET" => projects::by_id(call, id),
            _ => wrong_method(&["GET"]),
        },
        ["version"] => match method {
            "GET" => Ok(settings::version(call)),
            _ => wrong_method(&["GET"]),
        },
        [
            "settings",
            room @ ("api" | "repository" | "attachment" | "ui"),
        ] => match method {
            "GET" => Ok(settings::settings(call, room)),
            _ => wrong_method(&["GET"]),
        },
        ["user" | "users" | "orgs" | "org" | "admin", ..] => users::route(call, method, path).await,
        _ => Err(Problem::NoRoute),
    }
}

/// Unknown paths and wrong methods are found out before anyone looks for the project.
fn match_route(call: &Call<'_>, method: &str, tail: &[&str]) -> Result<(), Problem> {
    let gitea = call.flavour.gitea;
    let methods: &'static [&'static str] = match tail {
        [] => &["DELETE", "GET", "PATCH"],
        ["compare" | "sync_fork", ..] | ["git", "blobs"] | ["commits", _, "pull"] if gitea => {
            return Err(Problem::NoRoute);
        }
        ["branches" | "tags" | "pulls" | "releases" | "labels" | "forks"] => &["GET", "POST"],
        ["branches", _, ..] if gitea => &["GET", "DELETE"],
        ["branches", _, ..] => &["GET", "DELETE", "PATCH"],
        ["tags", _, ..] => &["GET", "DELETE"],
        ["contents"] => &["GET", "POST"],
        ["contents", _, ..] => &["GET", "POST", "PUT", "DELETE"],
        ["raw" | "media" | "archive", _, ..] | ["commits"] => &["GET"],
        ["commits", _, "status" | "statuses" | "pull"] => &["GET"],
        ["pulls", _, "reviews" | "requested_reviewers", ..] => return Err(Problem::NoRoute),
        ["sync_fork"] | ["sync_fork", _] => &["GET", "POST"],
        ["compare", _, ..] | ["git", "refs" | "blobs"] => &["GET"],
        ["git", "refs", _, ..] => &["GET"],
        ["git", "trees" | "blobs" | "tags" | "commits", _] => &["GET"],
        ["statuses", _] => &["GET", "POST"],
        ["topics"] => &["GET", "PUT"],
        ["topics", _] => &["PUT", "DELETE"],
        ["releases", "latest"] => &["GET"],
        ["releases", "tags", _] => &["GET", "DELETE"],
        ["releases", _] => &["GET", "PATCH", "DELETE"],
        ["labels", _] => &["GET", "DELETE", "PATCH"],
        ["issues", "comments"] => &["GET"],
        ["issues", "comments", _] => &["GET", "DELETE", "PATCH"],
        ["issues", _, "comments"] => &["GET", "POST"],
        ["issues", _, "comments", _] => &["DELETE", "PATCH"],
        ["issues", _, "labels"] => &["GET", "POST", "PUT", "DELETE"],
        ["issues", _, "labels", _] => &["DELETE"],
        ["pulls", "pinned"] => &["GET"],
        ["pulls", number] if number.ends_with(".diff") || number.ends_with(".patch") => &["GET"],
        ["pulls", _] => &["GET", "PATCH"],
        ["pulls", _, "files" | "commits"] => &["GET"],
        ["pulls", _, "merge"] => &["GET", "POST", "DELETE"],
        ["pulls", _, "update"] if gitea => &["POST"],
        // A GET is taken for a base and a head.
        ["pulls", _, "update"] => &["POST", "GET"],
        ["pulls", _, _, ..] if !gitea => &["GET"],
        _ => return Err(Problem::NoRoute),
    };
    if methods.contains(&method) {
        Ok(())
    } else {
        Err(Problem::WrongMethod(methods))
    }
}

/// Which kind of right a token needs for what belongs to a project.
fn check_scope(call: &Call<'_>, owner: &str, tail: &[&str]) -> Result<(), Problem> {
    let category = match (call.request.method.as_str(), tail) {
        // Whose project it is decides, not that it is one.
        ("DELETE", []) if !call.flavour.gitea => {
            let organization = call.hub.state().group(owner).is_some();
            if organization { "organization" } else { "user" }
        }
        (_, ["issues" | "labels", ..]) => "issue",
        _ => "repository",
    };
    call.scoped(&[category])
}

/// What belongs to one project.
async fn project_route(call: &Call<'_>, id: ProjectId, tail: &[&str]) -> Answer {
    let method = call.request.method.as_str();
    match (method, tail) {
        ("GET", []) => projects::get(call, id),
        ("PATCH", []) => projects::edit(call, id).await,
        ("DELETE", []) => projects::delete(call, id).await,
        (_, ["topics", rest @ ..]) => projects::topics(call, id, rest),
        (_, ["forks"]) => forks::route(call, id).await,
        (_, ["sync_fork"]) => forks::sync(call, id, "").await,
        (_, ["sync_fork", branch]) => forks::sync(call, id, branch).await,
        (_, ["branches", rest @ ..]) => branches::route(call, id, &rest.join("/")).await,
        (_, ["tags", rest @ ..]) => tags::route(call, id, &rest.join("/")).await,
        (_, ["commits"]) => commits::list(call, id).await,
        (_, ["commits", sha, "pull"]) => commits::pull_request(call, id, sha).await,
        (_, ["commits", reference, "status"]) => statuses::combined(call, id, reference).await,
        (_, ["commits", reference, "statuses"]) => statuses::list(call, id, reference).await,
        ("GET", ["statuses", sha]) => statuses::list(call, id, sha).await,
        (_, ["statuses", sha]) => statuses::create(call, id, sha).await,
        (_, ["compare", rest @ ..]) => compare::compare(call, id, &rest.join("/")).await,
        (_, ["git", rest @ ..]) => objects::route(call, id, rest).await,
        (_, ["contents", rest @ ..]) => contents::route(call, id, &rest.join("/")).await,
        (_, ["raw" | "media", rest @ ..]) => contents::raw(call, id, rest).await,
        (_, ["archive", rest @ ..]) => contents::archive(call, id, &rest.join("/")).await,
        (_, ["labels", rest @ ..]) => labels::route(call, id, rest),
        (_, ["issues", "comments", rest @ ..]) => comments::of_project(call, id, rest),
        (_, ["issues", number, "comments", rest @ ..]) => {
            comments::of_issue(call, id, number, rest)
        }
        (_, ["issues", number, "labels", rest @ ..]) => labels::of_issue(call, id, number, rest),
        (_, ["pulls", rest @ ..]) => pull_requests::route(call, id, rest).await,
        (_, ["releases", rest @ ..]) => releases::route(call, id, rest).await,
        _ => Err(Problem::NoRoute),
    }
}

/// Where a renamed project is now. Most clients turn the 301 to a write into a read.
fn moved(call: &Call<'_>, path: &str, tail: &[&str]) -> Response {
    let mut to = format!("/api/v1/repos/{}", view::path(path));
    for segment in tail {
        to.push('/');
        to.push_str(&view::segment(segment));
    }
    if !call.request.raw_query.is_empty() {
        to.push('?');
        to.push_str(&call.request.raw_query);
    }
    let (status, words) = if call.flavour.gitea {
        (307, "Temporary Redirect")
    } else {
        (301, "Moved Permanently")
    };
    let answer = if call.request.method == http::Method::GET {
        let shown = to.replace('&', "&amp;");
        html(status, format!("<a href=\"{shown}\">{words}</a>.\n\n"))
    } else {
        empty(status)
    };
    answer.with("location", to)
}

/// Adds what every answer carries.
fn finish(request: &Request, flavour: Flavour, login: Option<&str>, answer: Response) -> Response {
    let mut answer = answer;
    if flavour.gitea
        && let Ok(mut body) = serde_json::from_slice::<Value>(answer.body())
        && answer
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
    {
        flavour.trim(&mut body);
        *answer.body_mut() = format!("{body}\n").into();
    }
    let cache = if flavour.sixteen() {
        "max-age=0, private, must-revalidate"
    } else {
        "max-age=0, private, must-revalidate, no-transform"
    };
    if !answer.headers().contains_key("cache-control") {
        answer = answer.with("cache-control", cache);
    }
    answer = answer
        .with("x-content-type-options", "nosniff")
        .with("x-frame-options", "SAMEORIGIN");
    if auth::query_token(request).is_some() && !flavour.gitea {
        answer = answer.with("warning", auth::QUERY_WARNING);
    }
    match login {
        Some(login) => answer.asked_by(login),
        None => answer,
    }
}
