//! GitLab, REST API v4.
//!
//! Documents: <https://docs.gitlab.com/api/rest/>. A file for each area; `call` and `params` read
//! requests, `problem` says no, `paging` cuts lists, `view` writes what many answers have in common.
//! What the other forges call a pull request is a merge request here, in the answers only.

mod auth;
mod branches;
mod call;
mod commits;
mod compare;
mod contents;
mod diffs;
mod forks;
mod labels;
mod members;
mod namespaces;
mod paging;
mod params;
mod pipelines;
mod problem;
mod projects;
mod pull_requests;
mod releases;
mod route;
mod statuses;
mod tags;
mod users;
mod view;
mod web;

use std::hash::{DefaultHasher, Hash, Hasher};

use self::call::Call;
use self::problem::Problem;
use super::{Answered, Request, Response, empty, scramble, text};
use crate::hub::Hub;
use crate::state::Token;

/// What a route comes to.
type Answer = Result<Response, Problem>;

/// Answers a request to GitLab.
pub(crate) async fn handle(hub: &Hub, request: &Request) -> Response {
    // Pages for people know sessions, not tokens.
    if request.segments.first().map(String::as_str) != Some("api") {
        let answer = web::get(hub, request).await;
        return without_body_for_head(request, answer);
    }
    let caller = match auth::caller(hub, request) {
        Ok(caller) => caller,
        Err(problem) => return finish(hub, request, None, problem.response()),
    };
    let login = caller.as_ref().map(|caller| caller.login.clone());
    if let Some(refused) = out_of_requests(hub, login.as_deref()) {
        return finish(hub, request, login.as_deref(), refused);
    }
    let answer = match Call::new(hub, request, caller) {
        Ok(call) => route::route(&call).await,
        Err(problem) => Err(problem),
    };
    let answer = answer.unwrap_or_else(Problem::response);
    finish(hub, request, login.as_deref(), answer)
}

/// Whether a token is good for git.
pub(super) fn allows_git(token: &Token, push: bool) -> bool {
    token.has_scope("api")
        || token.has_scope("write_repository")
        || (!push && token.has_scope("read_repository"))
}

/// The answer of a forge that has been asked too often within the minute, if it has.
fn out_of_requests(hub: &Hub, login: Option<&str>) -> Option<Response> {
    let now = hub.now();
    let mut state = hub.state();
    let seconds = state.rules.request_limits.2;
    let limits = &mut state.rate_limit;
    if now >= limits.resets_at {
        limits.used.clear();
        limits.resets_at = now + chrono::Duration::seconds(seconds);
    }
    let wait = (limits.resets_at - now).num_seconds().max(1);
    (limits.remaining(login) == 0)
        .then(|| text(429, "Retry later\n").with("retry-after", wait.to_string()))
}

/// Adds what every answer of GitLab's API carries, and counts the request.
fn finish(hub: &Hub, request: &Request, login: Option<&str>, answer: Response) -> Response {
    let answer = revalidate(request, answer);
    let (limit, remaining, reset) = {
        let mut state = hub.state();
        let limits = &mut state.rate_limit;
        if limits.remaining(login) > 0 {
            let name = login.unwrap_or_default().to_owned();
            *limits.used.entry(name).or_default() += 1;
        }
        (
            limits.limit_of(login),
            limits.remaining(login),
            limits.resets_at,
        )
    };
    let throttle = match login {
        Some(_) => "throttle_authenticated_api",
        None => "throttle_unauthenticated_api",
    };
    let id = scramble(&request.raw_path, hub.recorder.count() as u64);
    let answer = answer
        .with("x-request-id", format!("01{id:024X}"))
        .with("x-runtime", "0.012345")
        .with("x-content-type-options", "nosniff")
        .with("ratelimit-name", throttle)
        .with("ratelimit-limit", limit.to_string())
        .with("ratelimit-observed", (limit - remaining).to_string())
        .with("ratelimit-remaining", remaining.to_string())
        .with("ratelimit-reset", reset.timestamp().to_string());
    let answer = without_body_for_head(request, answer);
    match login {
        Some(login) => answer.asked_by(login),
        None => answer,
    }
}

/// In process there is no server to leave the body out.
fn without_body_for_head(request: &Request, answer: Response) -> Response {
    if request.method == http::Method::HEAD {
        answer.map(|_| bytes::Bytes::new())
    } else {
        answer
    }
}

/// Gives a good answer its weak `ETag`, and says 304 to who has it already.
fn revalidate(request: &Request, answer: Response) -> Response {
    if !matches!(answer.status().as_u16(), 200 | 201) || answer.body().is_empty() {
        return answer;
    }
    let hash = |seed: u64| {
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        answer.body().hash(&mut hasher);
        hasher.finish()
    };
    let tag = format!("W/\"{:016x}{:016x}\"", hash(1), hash(2));
    let reads = matches!(request.method.as_str(), "GET" | "HEAD") && answer.status() == 200;
    let known = request.header("if-none-match").is_some_and(|known| {
        known
            .split(',')
            .any(|one| one.trim().trim_start_matches("W/") == tag.trim_start_matches("W/"))
    });
    let answer = if reads && known { empty(304) } else { answer };
    answer
        .with("etag", &tag)
        .with("cache-control", "max-age=0, private, must-revalidate")
        .with("vary", "Origin")
}
