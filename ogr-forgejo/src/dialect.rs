//! Forgejo's ways with HTTP: how a token is sent, and what its refusals mean.

use std::time::Duration;

use http::StatusCode;
use ogr_core::{
    Credential, Error, ErrorKind, Operation, Result,
    http::{Answer, Authorization, Call, Dialect, Refusal},
};
use secrecy::ExposeSecret;
use serde_json::Value;

/// How often a merge is sent again while the server says "Please try again later", and how long before the first of these.
const MERGE_RETRIES: u32 = 3;
const MERGE_FIRST_WAIT: Duration = Duration::from_millis(500);

/// Forgejo's and Gitea's ways with HTTP.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForgejoDialect;

/// The words of a refusal. The useful ones of a 404 stand in `errors`; those of git, when it could not merge, in `StdErr`.
fn words_of(body: &Value) -> String {
    let said = |value: &Value| {
        value
            .as_str()
            .filter(|text| !text.trim().is_empty())
            .map(str::to_owned)
    };
    body["errors"]
        .as_array()
        .and_then(|errors| errors.iter().find_map(said))
        .or_else(|| said(&body["message"]))
        .or_else(|| said(&body["StdErr"]))
        .or_else(|| said(&body["Err"]))
        .unwrap_or_default()
}

impl Dialect for ForgejoDialect {
    fn authorization(&self, credential: &Credential) -> Result<Authorization> {
        match credential {
            Credential::Token(token) => Ok(Authorization::token(token.expose_secret())),
            Credential::Bearer(token) => Ok(Authorization::bearer(token.expose_secret())),
            Credential::Basic { username, password } => {
                Ok(Authorization::basic(username, password.expose_secret()))
            }
            _ => Err(Error::new(
                ErrorKind::Config,
                "Forgejo takes a token, an OAuth token, or a user name with a password",
            )),
        }
    }

    fn refusal(&self, answer: &Answer<'_>) -> Refusal {
        let body = answer.json();
        let words = words_of(&body);
        let mut refusal = Refusal::by_status(answer.status).message(words.as_str());
        let kind = match (answer.status.as_u16(), answer.call.operation) {
            (404, _) if is_unknown_route(answer) => {
                return Refusal::new(
                    ErrorKind::Unsupported,
                    "this version of the forge has no such call",
                );
            }
            (405, Operation::PullRequestsMerge) => unmergeable(&words),
            (422, Operation::PullRequestsMerge) if words.contains("[Do]: In") => {
                ErrorKind::Unsupported
            }
            (403, _) if words.starts_with("Only signed in user") => ErrorKind::Unauthenticated,
            // Another method than ours: an older or newer version of the call.
            (405, _) if answer.body.is_empty() => ErrorKind::Unsupported,
            // A quota's refusal names the user; a proxy's does not.
            (413, _) if body["username"].is_string() || words.contains("quota") => ErrorKind::Quota,
            (400, Operation::ContentsTree | Operation::ContentsCommit)
                if words.starts_with("sha not found") =>
            {
                ErrorKind::NotFound
            }
            // A repository without commits has none at any ref.
            (409, Operation::RefsCommits) => ErrorKind::NotFound,
            (
                409,
                Operation::ProjectsCreate
                | Operation::ForksCreate
                | Operation::RefsCreateBranch
                | Operation::PullRequestsCreate
                | Operation::ReleasesCreate,
            ) => ErrorKind::AlreadyExists,
            // Somebody else was faster: Gitea says by 422 what Forgejo says by 409.
            (422, Operation::ContentsCommit)
                if words.starts_with("sha does not match")
                    || words.starts_with("repository file already exists") =>
            {
                ErrorKind::Conflict
            }
            (422, Operation::ForksCreate) if words.starts_with("org does not exist") => {
                ErrorKind::NotFound
            }
            _ => refusal.kind,
        };
        refusal.kind = kind;
        if words.is_empty() && kind == ErrorKind::Conflict && answer.status == 405 {
            refusal = refusal.message("it is merged already, or cannot be merged");
        }
        refusal
    }

    /// A merge is refused for seconds after another one into the same branch, while the server checks what is left to merge.
    /// It is refused with the same words for ever when there is a conflict, hence the bound.
    fn signal(&self, call: &Call, error: &Error, attempts: u32) -> Option<Duration> {
        let waits = call.operation == Operation::PullRequestsMerge
            && error.kind() == ErrorKind::NotReady
            && says_try_again(error.message());
        (waits && attempts <= MERGE_RETRIES)
            .then(|| MERGE_FIRST_WAIT * 2_u32.saturating_pow(attempts.saturating_sub(1)))
    }
}

/// Whether the words are those that a merge is refused with while the server checks for conflicts, and when it found one.
pub(crate) fn says_try_again(words: &str) -> bool {
    words.to_ascii_lowercase().contains("try again later")
}

/// What a refused merge means. The status is the same for everything.
fn unmergeable(words: &str) -> ErrorKind {
    if says_try_again(words) {
        ErrorKind::NotReady
    } else if words.contains("not an allowed merge style") {
        ErrorKind::Disabled
    } else if words.contains("status checks") {
        ErrorKind::NotReady
    } else if words.starts_with("User not allowed") || words.starts_with("not allowed to merge") {
        ErrorKind::PermissionDenied
    } else {
        ErrorKind::Conflict
    }
}

/// The router's own answer, where all handlers speak JSON.
fn is_unknown_route(answer: &Answer<'_>) -> bool {
    answer.status == StatusCode::NOT_FOUND
        && answer
            .header("content-type")
            .is_some_and(|content_type| content_type.starts_with("text/plain"))
        && answer.body.starts_with(b"404 page not found")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_words_wherever_they_stand() {
        let words = |body: &str| words_of(&serde_json::from_str(body).unwrap());
        assert_eq!(words(r#"{"message":"m","errors":["e"]}"#), "e");
        assert_eq!(words(r#"{"message":"m","errors":[]}"#), "m");
        assert_eq!(words(r#"{"message":"m","errors":null}"#), "m");
        assert_eq!(words(r#"{"message":"","StdErr":"CONFLICT"}"#), "CONFLICT");
        for nothing in ["null", "{}", "[]", r#"{"message":7,"errors":"x"}"#] {
            assert_eq!(words(nothing), "", "{nothing}");
        }
    }

    #[test]
    fn one_status_of_a_refused_merge_means_many_things() {
        for (words, kind) in [
            ("Please try again later", ErrorKind::NotReady),
            (
                "not allowed to merge [reason: Not all required status checks successful]",
                ErrorKind::NotReady,
            ),
            (
                "not allowed to merge [reason: Does not have enough approvals]",
                ErrorKind::PermissionDenied,
            ),
            ("User not allowed to merge PR", ErrorKind::PermissionDenied),
            (
                "squash is not an allowed merge style for this repository",
                ErrorKind::Disabled,
            ),
            ("Work in progress PRs cannot be merged", ErrorKind::Conflict),
            ("", ErrorKind::Conflict),
        ] {
            assert_eq!(unmergeable(words), kind, "{words}");
        }
    }
}
