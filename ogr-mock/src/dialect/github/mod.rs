//! GitHub's REST API (2022-11-28), as GitHub Enterprise Server serves it: under `/api/v3`.
//!
//! Documents: <https://docs.github.com/enterprise-server/rest>. A file for each area; `call` reads
//! requests, `problem` says no, `paging` cuts lists, `view` writes what many answers have in common.

mod api_version;
mod call;
mod commits;
mod contents;
mod forks;
mod git_data;
mod graphql;
mod labels;
mod paging;
mod problem;
mod projects;
mod pull_requests;
mod refs;
mod releases;
mod repositories;
mod statuses;
mod users;
mod view;
mod web;

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::json;

use self::call::Call;
use self::problem::Problem;
use super::{Answered, Caller, Request, Response, answer, empty, scramble};
use crate::hub::Hub;
use crate::state::{ProjectId, Token};

/// What a route comes to.
type Answer = Result<Response, Problem>;

/// Answers a request to GitHub.
pub(crate) async fn handle(hub: &Hub, request: &Request) -> Response {
    let caller = match authenticate(hub, request) {
        Ok(caller) => caller,
        Err(problem) => return finish(hub, request, None, problem.response()),
    };
    let login = caller.as_ref().map(|caller| caller.login.clone());
    if let Some(refused) = out_of_requests(hub, request, login.as_deref()) {
        return finish(hub, request, login.as_deref(), refused);
    }
    let call = Call::new(hub, request, caller);
    let answer = match api_version::asked(request) {
        Ok(version) => {
            let answer = route(&call).await.unwrap_or_else(Problem::response);
            api_version::written(answer, version)
        }
        Err(problem) => problem.response(),
    };
    finish(hub, request, login.as_deref(), answer)
}

/// Whether a token is good for git.
pub(super) fn allows_git(token: &Token, push: bool) -> bool {
    token.has_scope("contents:write") || (!push && token.has_scope("contents:read"))
}

async fn route(call: &Call<'_>) -> Answer {
    let (method, path) = call.request.route();
    let method = if method == "HEAD" { "GET" } else { method };
    let path = match path.as_slice() {
        ["api", "graphql"] if method == "POST" => return graphql::query(call),
        ["api", "v3", path @ ..] => path,
        ["api", ..] => return Err(Problem::not_found()),
        path if method == "GET" => return web::get(call, path).await,
        _ => return Err(Problem::not_found()),
    };
    // A slash at the end makes no other resource of it.
    let path = match path {
        [path @ .., ""] => path,
        path => path,
    };
    match (method, path) {
        (_, ["repos", owner, name, tail @ ..]) => match call.project(owner, name)? {
            call::Place::Here(id) => project_route(call, method, id, tail).await,
            call::Place::Moved(id) => Ok(moved(call, id, tail)),
        },
        (_, ["repositories", id, tail @ ..]) => {
            let id = call.project_by_id(id)?;
            project_route(call, method, id, tail).await
        }
        ("GET", []) => Ok(users::root(call)),
        ("GET", ["rate_limit"]) => Ok(users::rate_limit(call)),
        ("GET", ["meta"]) => Ok(users::meta(call)),
        ("GET", ["user"]) => users::whoami(call),
        ("GET", ["user", "repos"]) => repositories::list_own(call),
        ("POST", ["user", "repos"]) => repositories::create_own(call).await,
        ("GET", ["user", id]) => users::by_id(call, id),
        ("GET", ["user", id, "repos"]) => repositories::list_of_user(call, &call.account_name(id)?),
        ("GET", ["users", login]) => users::by_login(call, login),
        ("GET", ["users", login, "repos"]) => repositories::list_of_user(call, login),
        ("GET", ["orgs", name]) => users::organization(call, name),
        ("GET", ["orgs", name, "repos"]) => repositories::list_of_organization(call, name),
        ("POST", ["orgs", name, "repos"]) => repositories::create_in(call, name).await,
        ("GET", ["organizations", id]) => users::organization(call, &call.account_name(id)?),
        ("GET", ["organizations", id, "repos"]) => {
            repositories::list_of_organization(call, &call.account_name(id)?)
        }
        _ => Err(Problem::not_found()),
    }
}

/// What belongs to one project, however its URL named it.
async fn project_route(call: &Call<'_>, method: &str, id: ProjectId, tail: &[&str]) -> Answer {
    match (method, tail) {
        ("GET", []) => projects::get(call, id),
        ("PATCH", []) => repositories::change(call, id).await,
        ("DELETE", []) => repositories::delete(call, id).await,
        ("GET", ["topics"]) => repositories::topics(call, id),
        ("PUT", ["topics"]) => repositories::set_topics(call, id),
        ("GET", ["labels"]) => labels::list(call, id),
        ("POST", ["labels"]) => labels::create(call, id),
        ("GET", ["labels", name]) => labels::get(call, id, name),
        ("PATCH", ["labels", name]) => labels::change(call, id, name),
        ("DELETE", ["labels", name]) => labels::delete(call, id, name),
        ("GET", ["forks"]) => forks::list(call, id),
        ("POST", ["forks"]) => forks::create(call, id).await,
        (_, ["pulls" | "issues", ..]) => pull_request_route(call, method, id, tail).await,
        (_, ["git", tail @ ..]) => git_route(call, method, id, tail).await,
        (_, ["releases", tail @ ..]) => release_route(call, method, id, tail).await,
        ("POST", ["statuses", sha]) => statuses::create(call, id, sha).await,
        ("GET", ["statuses", name @ ..]) => statuses::list(call, id, &name.join("/")).await,
        ("GET", ["branches"]) => refs::branches(call, id).await,
        ("GET", ["branches", name @ ..]) => refs::branch(call, id, &name.join("/")).await,
        ("GET", ["tags"]) => refs::tags(call, id).await,
        ("GET", ["commits"]) => commits::list(call, id).await,
        // A ref has slashes of its own, so that only the end tells what is asked of it.
        ("GET", ["commits", name @ .., "status"]) if !name.is_empty() => {
            statuses::combined(call, id, &name.join("/")).await
        }
        ("GET", ["commits", name @ .., "statuses"]) if !name.is_empty() => {
            statuses::list(call, id, &name.join("/")).await
        }
        ("GET", ["commits", sha, "pulls"]) => commits::pulls(call, id, sha).await,
        ("GET", ["commits", sha, "branches-where-head"]) => {
            commits::branches_where_head(call, id, sha).await
        }
        ("GET", ["commits", name @ ..]) => commits::get(call, id, &name.join("/")).await,
        ("GET", ["compare", ends @ ..]) => commits::compare(call, id, &ends.join("/")).await,
        ("GET", ["readme"]) => contents::readme(call, id).await,
        ("GET", ["contents", path @ ..]) => contents::get(call, id, &path.join("/")).await,
        ("PUT", ["contents", path @ ..]) => contents::write(call, id, &path.join("/"), false).await,
        ("DELETE", ["contents", path @ ..]) => {
            contents::write(call, id, &path.join("/"), true).await
        }
        _ => Err(Problem::not_found()),
    }
}

/// Pull requests, and what GitHub keeps under the issue of the same number.
async fn pull_request_route(call: &Call<'_>, method: &str, id: ProjectId, tail: &[&str]) -> Answer {
    use pull_requests::{merge, parts, talk};
    match (method, tail) {
        ("GET", ["pulls"]) => pull_requests::list(call, id),
        ("POST", ["pulls"]) => pull_requests::create(call, id).await,
        ("GET", ["pulls", number]) => pull_requests::get(call, id, number).await,
        ("PATCH", ["pulls", number]) => pull_requests::change(call, id, number).await,
        ("GET", ["pulls", number, "merge"]) => merge::merged(call, id, number),
        ("PUT", ["pulls", number, "merge"]) => merge::merge(call, id, number).await,
        ("PUT", ["pulls", number, "update-branch"]) => merge::update_branch(call, id, number).await,
        ("GET", ["pulls", number, "commits"]) => parts::commits(call, id, number).await,
        ("GET", ["pulls", number, "files"]) => parts::files(call, id, number).await,
        ("GET", ["issues", "comments"]) => talk::all_comments(call, id),
        ("GET", ["issues", "comments", comment]) => talk::get(call, id, comment),
        ("PATCH", ["issues", "comments", comment]) => talk::change(call, id, comment),
        ("DELETE", ["issues", "comments", comment]) => talk::delete(call, id, comment),
        ("GET", ["issues", number, "comments"]) => talk::comments(call, id, number),
        ("POST", ["issues", number, "comments"]) => talk::create(call, id, number),
        ("GET", ["issues", number, "labels"]) => talk::labels(call, id, number),
        ("POST" | "PUT" | "DELETE", ["issues", number, "labels"]) => {
            talk::set_labels(call, id, number).await
        }
        ("DELETE", ["issues", number, "labels", name]) => {
            talk::remove_label(call, id, number, name).await
        }
        _ => Err(Problem::not_found()),
    }
}

/// The git database.
async fn git_route(call: &Call<'_>, method: &str, id: ProjectId, tail: &[&str]) -> Answer {
    match (method, tail) {
        ("GET", ["ref", name @ ..]) => refs::get(call, id, &name.join("/")).await,
        ("GET", ["matching-refs", name @ ..]) => refs::matching(call, id, &name.join("/")).await,
        ("POST", ["refs"]) => refs::create(call, id).await,
        ("PATCH", ["refs", name @ ..]) => refs::update(call, id, &name.join("/")).await,
        ("DELETE", ["refs", name @ ..]) => refs::delete(call, id, &name.join("/")).await,
        ("POST", ["blobs"]) => git_data::create_blob(call, id).await,
        ("GET", ["blobs", sha]) => git_data::blob(call, id, sha).await,
        ("POST", ["trees"]) => git_data::create_tree(call, id).await,
        ("GET", ["trees", name @ ..]) => git_data::tree(call, id, &name.join("/")).await,
        ("POST", ["commits"]) => git_data::create_commit(call, id).await,
        ("GET", ["commits", sha]) => git_data::commit(call, id, sha).await,
        ("POST", ["tags"]) => git_data::create_tag(call, id).await,
        ("GET", ["tags", sha]) => refs::tag_object(call, id, sha).await,
        _ => Err(Problem::not_found()),
    }
}

/// Releases.
async fn release_route(call: &Call<'_>, method: &str, id: ProjectId, tail: &[&str]) -> Answer {
    match (method, tail) {
        ("GET", []) => releases::list(call, id),
        ("POST", []) => releases::create(call, id).await,
        ("GET", ["latest"]) => releases::latest(call, id),
        ("GET", ["tags", tag @ ..]) => releases::by_tag(call, id, &tag.join("/")),
        ("GET", [release]) => releases::get(call, id, release),
        ("PATCH", [release]) => releases::change(call, id, release).await,
        ("DELETE", [release]) => releases::delete(call, id, release),
        ("GET", [release, "assets"]) => releases::assets(call, id, release),
        _ => Err(Problem::not_found()),
    }
}

/// Where a renamed project is now: by number, which no further rename changes.
fn moved(call: &Call<'_>, id: ProjectId, tail: &[&str]) -> Response {
    let mut url = format!("{}/repositories/{id}", call.view.api);
    for segment in tail {
        url.push('/');
        url.push_str(&view::segment(segment));
    }
    if !call.request.raw_query.is_empty() {
        url.push('?');
        url.push_str(&call.request.raw_query);
    }
    // A 301 would let clients turn a write into a GET.
    let status = match call.request.method.as_str() {
        "GET" | "HEAD" => 301,
        _ => 307,
    };
    let body = json!({
        "message": "Moved Permanently",
        "url": url,
        "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
    });
    answer(status, &body).with("location", &url)
}

/// Who asks: `Bearer` or `token`, or Basic with a token for the password (or for the name).
fn authenticate(hub: &Hub, request: &Request) -> Result<Option<Caller>, Problem> {
    let Some(header) = request.header("authorization") else {
        return Ok(None);
    };
    let scheme = header.split(' ').next().unwrap_or_default();
    let caller = match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "token" => request
            .authorization()
            .and_then(|(_, value)| hub.token_caller(value)),
        "basic" => request.basic().and_then(|(name, password)| {
            hub.token_caller(&password)
                .or_else(|| hub.token_caller(&name))
        }),
        _ => None,
    };
    caller.map(Some).ok_or_else(Problem::bad_credentials)
}

/// The answer of a forge that has been asked too often, if it has.
fn out_of_requests(hub: &Hub, request: &Request, login: Option<&str>) -> Option<Response> {
    if request.segments.last().map(String::as_str) == Some("rate_limit") {
        return None;
    }
    let now = hub.now();
    let mut state = hub.state();
    let id = login
        .and_then(|login| state.user(login))
        .map(|user| user.id);
    let limits = &mut state.rate_limit;
    if now >= limits.resets_at {
        limits.used.clear();
        limits.resets_at = now + chrono::Duration::hours(1);
    }
    (limits.remaining(login) == 0).then(|| {
        let whose = match id {
            Some(id) => format!("user ID {id}"),
            None => "127.0.0.1".to_owned(),
        };
        Problem::new(403, format!("API rate limit exceeded for {whose}."))
            .documented("overview/rate-limits-for-the-rest-api")
            .response()
    })
}

/// Adds what every answer of GitHub carries, and counts the request.
fn finish(hub: &Hub, request: &Request, login: Option<&str>, answer: Response) -> Response {
    let answer = revalidate(request, answer);
    let free =
        answer.status() == 304 || request.segments.last().map(String::as_str) == Some("rate_limit");
    let (limit, remaining, used, reset) = {
        let mut state = hub.state();
        let limits = &mut state.rate_limit;
        if !free && limits.remaining(login) > 0 {
            *limits
                .used
                .entry(login.unwrap_or_default().to_owned())
                .or_default() += 1;
        }
        let limit = limits.limit_of(login);
        let remaining = limits.remaining(login);
        (
            limit,
            remaining,
            limit - remaining,
            limits.resets_at.timestamp(),
        )
    };
    let id = scramble(&request.raw_path, hub.recorder.count() as u64);
    let answer = answer
        .with(
            "x-github-request-id",
            format!("{:04X}:{id:016X}", id & 0xffff),
        )
        .with("x-github-media-type", "github.v3; format=json")
        .with("x-github-enterprise-version", &hub.settings.version)
        .with("x-ratelimit-limit", limit.to_string())
        .with("x-ratelimit-remaining", remaining.to_string())
        .with("x-ratelimit-used", used.to_string())
        .with("x-ratelimit-reset", reset.to_string())
        .with("x-ratelimit-resource", "core");
    // In process there is no server to leave the body out.
    let answer = if request.method == http::Method::HEAD {
        answer.map(|_| bytes::Bytes::new())
    } else {
        answer
    };
    match login {
        Some(login) => answer.asked_by(login),
        None => answer,
    }
}

/// Gives a good answer to a GET its `ETag`, and says 304 to who has it already.
fn revalidate(request: &Request, answer: Response) -> Response {
    if answer.status() != 200 || !matches!(request.method.as_str(), "GET" | "HEAD") {
        return answer;
    }
    let hash = |seed: u64| {
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        answer.body().hash(&mut hasher);
        hasher.finish()
    };
    let tag = format!("W/\"{:016x}{:016x}\"", hash(1), hash(2));
    let known = request.header("if-none-match").is_some_and(|known| {
        known
            .split(',')
            .any(|one| one.trim().trim_start_matches("W/") == tag.trim_start_matches("W/"))
    });
    let fresh = |answer: Response| {
        answer
            .with("etag", &tag)
            .with("cache-control", "private, max-age=60, s-maxage=60")
            .with("vary", "Accept, Authorization, Cookie, X-GitHub-OTP")
    };
    fresh(if known { empty(304) } else { answer })
}
