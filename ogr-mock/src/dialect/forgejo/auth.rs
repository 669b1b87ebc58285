//! Who asks: tokens, passwords and administrators who ask as others.

use super::flavour::Flavour;
use super::problem::Problem;
use crate::dialect::{Caller, Request};
use crate::hub::Hub;

/// What the answer to a token in the query carries.
pub(super) const QUERY_WARNING: &str = "token and access_token API authentication is deprecated and \
    will be removed in Forgejo v13.0.0. Please use AuthorizationHeaderToken instead. Existing queries \
    will continue to work but without authorization.";

/// The token that stands in the query, which is still taken.
pub(super) fn query_token(request: &Request) -> Option<&str> {
    request
        .param("token")
        .or_else(|| request.param("access_token"))
}

/// Who asks. A credential that is none is refused everywhere, on public routes too.
pub(super) fn authenticate(
    hub: &Hub,
    request: &Request,
    flavour: Flavour,
) -> Result<Option<Caller>, Problem> {
    let caller = credential(hub, request, flavour)?;
    let sudo = request.header("sudo").or_else(|| request.param("sudo"));
    let Some(sudo) = sudo.filter(|name| !name.is_empty()) else {
        return Ok(caller);
    };
    let state = hub.state();
    let admin = caller
        .as_ref()
        .and_then(|caller| state.user(&caller.login))
        .is_some_and(|user| user.admin);
    if !admin {
        let words = "Only administrators allowed to sudo.";
        return Err(Problem::Bare(403, words.to_owned()));
    }
    let user = state.user(sudo).ok_or_else(Problem::not_found)?;
    Ok(caller.map(|caller| Caller {
        login: user.login.clone(),
        ..caller
    }))
}

fn credential(hub: &Hub, request: &Request, flavour: Flavour) -> Result<Option<Caller>, Problem> {
    if let Some(value) = query_token(request) {
        let known = hub.token_caller(value);
        return known.map(Some).ok_or_else(|| {
            let words = unknown_token(value, flavour, false);
            Problem::new(401, words)
        });
    }
    let Some(header) = request.header("authorization") else {
        return Ok(None);
    };
    // Exactly two words, else it is as if there was no header.
    let words: Vec<&str> = header.split(' ').collect();
    let [scheme, value] = words.as_slice() else {
        return Ok(None);
    };
    let named = |name: &str| {
        if flavour.gitea {
            *scheme == name || *scheme == name.to_lowercase()
        } else {
            scheme.eq_ignore_ascii_case(name)
        }
    };
    if named("Token") || named("Bearer") {
        let known = hub.token_caller(value);
        return known.map(Some).ok_or_else(|| {
            let words = unknown_token(value, flavour, true);
            Problem::new(401, words)
        });
    }
    let Some((name, password)) = request.basic() else {
        return Ok(None);
    };
    if matches!(password.as_str(), "" | "x-oauth-basic")
        && let Some(caller) = hub.token_caller(&name)
    {
        return Ok(Some(caller));
    }
    if let Some(caller) = hub.token_caller(&password) {
        return Ok(Some(caller));
    }
    let state = hub.state();
    match state.user_by_password(&name, &password) {
        Some(user) => Ok(Some(Caller {
            login: user.login.clone(),
            token: None,
        })),
        None => {
            let why = match state.user(&name) {
                Some(user) => {
                    format!(
                        "user's password is invalid [uid: {}, name: {name}]",
                        user.id
                    )
                }
                None => Problem::unknown_user(flavour.gitea, &name),
            };
            Err(Problem::new(401, wrong_password(&why, &password, flavour)))
        }
    }
}

const MALFORMED: &str = "token is malformed: token contains an invalid number of segments";

/// What is said of a token that nobody has. Forgejo repeats it, version 16 even twice.
fn unknown_token(value: &str, flavour: Flavour, from_header: bool) -> String {
    if flavour.gitea {
        return Problem::unknown_user(true, "");
    }
    let unknown = format!("access token does not exist [sha: {value}]");
    if !flavour.sixteen() {
        return unknown;
    }
    let mut text = format!(
        "{MALFORMED}\n{unknown}\n{MALFORMED}\ntask with token \"{value}\": resource does not exist"
    );
    if from_header {
        text.push_str(&format!(
            "\nauthorized integration: parse JWT error: {MALFORMED}"
        ));
    }
    text
}

fn wrong_password(why: &str, password: &str, flavour: Flavour) -> String {
    if !flavour.sixteen() {
        return why.to_owned();
    }
    format!(
        "{MALFORMED}\n{why}\naccess token does not exist [sha: {password}]\n\
         task with token \"{password}\": resource does not exist"
    )
}
