//! GitLab's ways with HTTP: headers of credentials, the meaning of refusals, and when a write may be sent again.

use std::time::Duration;

use http::HeaderName;
use ogr_core::{
    Credential, Error, ErrorKind, LimitKind, Operation, Result,
    http::{Answer, Authorization, Call, Dialect, Refusal},
};
use secrecy::ExposeSecret;
use serde_json::Value;

/// GitLab's dialect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GitLabDialect;

impl Dialect for GitLabDialect {
    fn authorization(&self, credential: &Credential) -> Result<Authorization> {
        Ok(match credential {
            Credential::Token(token) => Authorization::new(
                HeaderName::from_static("private-token"),
                token.expose_secret(),
            ),
            Credential::Bearer(token) => Authorization::bearer(token.expose_secret()),
            Credential::JobToken(token) => {
                Authorization::new(HeaderName::from_static("job-token"), token.expose_secret())
            }
            _ => {
                return Err(Error::new(
                    ErrorKind::Config,
                    "GitLab's API takes no user name and password: use a personal, project or group access token",
                ));
            }
        })
    }

    fn refusal(&self, answer: &Answer<'_>) -> Refusal {
        let body = answer.json();
        let (message, code) = words(&body);
        let mut refusal = Refusal::by_status(answer.status).message(message);
        if let Some(code) = code {
            refusal = refusal.code(code);
        }
        if refusal.kind == ErrorKind::RateLimited {
            let empty = answer.header("ratelimit-remaining") == Some("0");
            return refusal.limited(if empty {
                LimitKind::Primary
            } else {
                LimitKind::Unspecified
            });
        }
        let status = answer.status.as_u16();
        refusal.kind =
            meaning(answer.call.operation, status, &refusal.message).unwrap_or(refusal.kind);
        refusal
    }

    /// The named signals: refusals that pass by themselves, and that left nothing behind.
    fn signal(&self, call: &Call, error: &Error, attempts: u32) -> Option<Duration> {
        if is_locked(error) {
            // Another request holds a lock on the same row.
            let wait = Duration::from_millis(100) * 2_u32.saturating_pow(attempts);
            return (attempts <= 5).then(|| error.retry_after().unwrap_or(wait));
        }
        match call.operation {
            // The push is done, but GitLab has not looked at it yet.
            Operation::PullRequestsCreate if is_missing_source(error) => {
                (attempts <= 2).then(|| {
                    Duration::from_secs(1) * 2_u32.pow(attempts - 1)
                        + Duration::from_millis(fastrand::u64(..=100))
                })
            }
            Operation::StatusesSet if lacks_pipeline(error) => {
                (attempts <= 3).then_some(Duration::from_secs(1))
            }
            _ => None,
        }
    }
}

fn is_locked(error: &Error) -> bool {
    error.status() == Some(409) && has(error.message(), "resource lock")
}

/// Whether the branch that a merge request was to bring in is not there (yet).
pub(crate) fn is_missing_source(error: &Error) -> bool {
    error.is_not_found() && is_missing_branch(error.message(), "source")
}

/// Whether the branch that a merge request was to change is not there.
pub(crate) fn is_missing_target(error: &Error) -> bool {
    error.is_not_found() && is_missing_branch(error.message(), "target")
}

fn is_missing_branch(message: &str, side: &str) -> bool {
    has(message, "does not exist")
        && (has(message, &format!("{side}_branch")) || has(message, &format!("{side} branch")))
}

/// The commit is there, but no ref that leads to it is known yet, so that no pipeline can be made for it.
fn lacks_pipeline(error: &Error) -> bool {
    error.is_not_found() && has(error.message(), "references for commit")
}

/// Whether a status cannot go from where it is to where it shall.
pub(crate) fn is_no_transition(message: &str) -> bool {
    has(message, "cannot transition status")
}

fn has(message: &str, words: &str) -> bool {
    message.to_ascii_lowercase().contains(words)
}

/// What a refusal means, where the status alone does not tell.
fn meaning(operation: Operation, status: u16, message: &str) -> Option<ErrorKind> {
    let creates = matches!(
        operation,
        Operation::PullRequestsCreate
            | Operation::ForksCreate
            | Operation::ProjectsCreate
            | Operation::ReleasesCreate
            | Operation::RefsCreateBranch
    );
    match status {
        403 if has(message, "archived") => Some(ErrorKind::Archived),
        403 if has(message, "storage") && (has(message, "limit") || has(message, "quota")) => {
            Some(ErrorKind::Quota)
        }
        409 if has(message, "resource lock") => Some(ErrorKind::NotReady),
        409 if creates => Some(ErrorKind::AlreadyExists),
        // An address of before a rename: reads are redirected, writes are not.
        405 if has(message, "moved projects") => Some(ErrorKind::NotFound),
        405 | 406 | 422 if operation == Operation::PullRequestsMerge => Some(ErrorKind::Conflict),
        400 | 409 | 422 => malformed(operation, creates, message),
        _ => None,
    }
}

/// GitLab calls many things malformed that are not: only the words tell.
fn malformed(operation: Operation, creates: bool, message: &str) -> Option<ErrorKind> {
    if creates && (has(message, "already been taken") || has(message, "already exists")) {
        return Some(ErrorKind::AlreadyExists);
    }
    match operation {
        Operation::PullRequestsCreate | Operation::PullRequestsChange
            if is_missing_branch(message, "source") || is_missing_branch(message, "target") =>
        {
            Some(ErrorKind::NotFound)
        }
        Operation::RefsCreateBranch if has(message, "invalid reference name") => {
            Some(ErrorKind::NotFound)
        }
        Operation::ReleasesCreate if has(message, "target") && has(message, "is invalid") => {
            Some(ErrorKind::NotFound)
        }
        Operation::StatusesSet if is_no_transition(message) => Some(ErrorKind::Conflict),
        Operation::ProjectsCreate if has(message, "namespace is not valid") => {
            Some(ErrorKind::PermissionDenied)
        }
        Operation::ProjectsCreate if has(message, "limit_reached") => Some(ErrorKind::Quota),
        Operation::ContentsCommit | Operation::ContentsCommitReset => commit(message),
        _ => None,
    }
}

fn commit(message: &str) -> Option<ErrorKind> {
    let kinds = [
        ("not allowed to push", ErrorKind::PermissionDenied),
        ("has changed since", ErrorKind::Conflict),
        ("already exists", ErrorKind::Conflict),
        ("when you are on a branch", ErrorKind::NotFound),
        ("name doesn't exist", ErrorKind::NotFound),
        ("start_sha", ErrorKind::NotFound),
    ];
    kinds
        .into_iter()
        .find_map(|(words, kind)| has(message, words).then_some(kind))
}

/// The words of an error's body, and its code where it has one. `message` is a text, a list of texts, or an object of
/// fields with lists of texts; OAuth's errors have a code and a description.
fn words(body: &Value) -> (String, Option<String>) {
    let error = body.get("error").and_then(Value::as_str);
    let code = error
        .filter(|error| !error.contains(' '))
        .map(str::to_owned);
    let message = match (body.get("message"), body.get("error_description")) {
        (Some(message), _) if !message.is_null() => flat(message),
        (_, Some(description)) if !description.is_null() => flat(description),
        _ => body.get("error").map(flat).unwrap_or_default(),
    };
    (message, code)
}

fn flat(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => fields
            .iter()
            .map(|(field, value)| match field.as_str() {
                "base" | "error" => flat(value),
                _ => format!("{field} {}", flat(value)),
            })
            .collect::<Vec<_>>()
            .join("; "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_of_every_shape_become_one_line() {
        let cases = [
            (
                json!({"message": "404 Project Not Found"}),
                "404 Project Not Found",
                None,
            ),
            (
                json!({"message": ["Another open merge request already exists for this source branch: !59"]}),
                "Another open merge request already exists for this source branch: !59",
                None,
            ),
            (
                json!({"message": {"name": ["has already been taken"], "path": ["is bad", "is long"]}}),
                "name has already been taken; path is bad; is long",
                None,
            ),
            (json!({"message": {"base": ["no"]}}), "no", None),
            (json!({"message": {"error": "too many"}}), "too many", None),
            (
                json!({"error": "title is missing"}),
                "title is missing",
                None,
            ),
            (
                json!({"error": "insufficient_scope", "error_description": "needs more", "scope": "api"}),
                "needs more",
                Some("insufficient_scope"),
            ),
            (json!(null), "", None),
        ];
        for (body, message, code) in cases {
            assert_eq!(words(&body), (message.to_owned(), code.map(str::to_owned)));
        }
    }

    #[test]
    fn the_words_tell_what_the_status_does_not() {
        use ErrorKind::*;
        let cases = [
            (
                Operation::PullRequestsCreate,
                409,
                "Another open …",
                Some(AlreadyExists),
            ),
            (
                Operation::PullRequestsCreate,
                409,
                "409 Conflict: Resource lock",
                Some(NotReady),
            ),
            (
                Operation::PullRequestsCreate,
                400,
                "source_branch does not exist",
                Some(NotFound),
            ),
            (
                Operation::PullRequestsCreate,
                422,
                "Target branch \"x\" does not exist",
                Some(NotFound),
            ),
            (Operation::PullRequestsCreate, 400, "title is missing", None),
            (
                Operation::PullRequestsMerge,
                405,
                "405 Method Not Allowed",
                Some(Conflict),
            ),
            (
                Operation::PullRequestsMerge,
                422,
                "Branch cannot be merged",
                Some(Conflict),
            ),
            (
                Operation::PullRequestsMerge,
                409,
                "SHA does not match",
                None,
            ),
            (
                Operation::ProjectsCreate,
                400,
                "name has already been taken",
                Some(AlreadyExists),
            ),
            (
                Operation::ProjectsCreate,
                400,
                "namespace is not valid",
                Some(PermissionDenied),
            ),
            (
                Operation::RefsCreateBranch,
                400,
                "Branch already exists",
                Some(AlreadyExists),
            ),
            (
                Operation::RefsCreateBranch,
                400,
                "Invalid reference name: x",
                Some(NotFound),
            ),
            (
                Operation::ContentsCommit,
                400,
                "A file with this name already exists",
                Some(Conflict),
            ),
            (
                Operation::ContentsCommit,
                400,
                "A file with this name doesn't exist",
                Some(NotFound),
            ),
            (
                Operation::StatusesSet,
                400,
                "Cannot transition status via :enqueue from :pending",
                Some(Conflict),
            ),
            (
                Operation::ContentsCommit,
                405,
                "Non GET methods are not allowed for moved projects",
                Some(NotFound),
            ),
            (Operation::UsersGet, 403, "403 Forbidden", None),
        ];
        for (operation, status, message, kind) in cases {
            assert_eq!(
                meaning(operation, status, message),
                kind,
                "{status} {message}"
            );
        }
    }

    #[test]
    fn a_user_name_and_password_are_no_credential_here() {
        let basic = Credential::Basic {
            username: "u".into(),
            password: "p".to_owned().into(),
        };
        let error = GitLabDialect.authorization(&basic).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}
