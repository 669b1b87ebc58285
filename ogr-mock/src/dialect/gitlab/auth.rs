//! Who asks: a personal, project or OAuth token, or a job's.

use crate::dialect::{Caller, Request};
use crate::hub::Hub;
use crate::state::Token;

use super::problem::Problem;

/// Who asks; a token that is none is refused, on public endpoints as well.
pub(super) fn caller(hub: &Hub, request: &Request) -> Result<Option<Caller>, Problem> {
    if let Some(value) = job_token(request) {
        // Where a job's token is not let in, it is as if there was none.
        if !lets_job_tokens_in(request) {
            return Ok(None);
        }
        let caller = hub.token_caller(value);
        return caller.map(Some).ok_or_else(Problem::unauthorized);
    }
    let Some(value) = access_token(request) else {
        return Ok(None);
    };
    let token = hub.state().token(value).cloned();
    let token = token.ok_or_else(Problem::unauthorized)?;
    if token.expired {
        return Err(Problem::invalid_token(
            "Token is expired. You can either do re-authorization or token refresh.",
        ));
    }
    let scopes = scopes_for(request);
    if !scopes.iter().any(|scope| token.has_scope(scope)) {
        return Err(Problem::insufficient_scope(&scopes));
    }
    Ok(Some(Caller {
        login: token.user.clone(),
        token: Some(token),
    }))
}

fn access_token(request: &Request) -> Option<&str> {
    let bearer = request
        .authorization()
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, value)| value);
    request
        .header("private-token")
        .or_else(|| request.param("private_token"))
        .or(bearer)
        .or_else(|| request.param("access_token"))
        .filter(|value| !value.is_empty())
}

fn job_token(request: &Request) -> Option<&str> {
    let header = request.header("job-token");
    header.or_else(|| request.param("job_token"))
}

/// The few endpoints that a job of the pipeline may ask.
fn lets_job_tokens_in(request: &Request) -> bool {
    let (method, path) = request.route();
    let ["api", "v4", "projects", _, path @ ..] = path.as_slice() else {
        return false;
    };
    matches!(
        (method, path),
        (_, ["releases", ..])
            | ("GET", ["merge_requests"])
            | ("GET", ["merge_requests", _])
            | ("GET", ["repository", "commits", _])
    )
}

/// The scopes of which a token needs one.
fn scopes_for(request: &Request) -> Vec<&'static str> {
    let mut scopes = vec!["api"];
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return scopes;
    }
    scopes.push("read_api");
    match request.route().1.as_slice() {
        ["api", "v4", "user" | "users", ..] => scopes.push("read_user"),
        ["api", "v4", "version" | "metadata"] => scopes.push("read_user"),
        ["api", "v4", "projects", _, "repository", "files", ..] => scopes.push("read_repository"),
        _ => {}
    }
    scopes
}

/// Whether a token works on a project: one bound to another does not.
pub(super) fn works_on(token: Option<&Token>, project: u64) -> bool {
    token
        .and_then(|token| token.project)
        .is_none_or(|bound| bound == project)
}
