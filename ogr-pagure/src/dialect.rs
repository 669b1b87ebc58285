//! How Pagure authenticates, and how it says no.

use http::StatusCode;
use ogr_core::{
    Credential, Error, ErrorKind, Operation, Result,
    http::{Answer, Authorization, Dialect, Refusal},
};
use secrecy::ExposeSecret;
use serde_json::Value;

/// Pagure's ways with HTTP.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PagureDialect;

impl Dialect for PagureDialect {
    fn authorization(&self, credential: &Credential) -> Result<Authorization> {
        match credential {
            // The API knows no passwords, so that what stands beside a user name is a token as well.
            Credential::Token(token)
            | Credential::Basic {
                password: token, ..
            } => Ok(Authorization::token(token.expose_secret())),
            _ => Err(Error::new(
                ErrorKind::Config,
                "Pagure takes its own API tokens alone: no OAuth token, and no token of a job",
            )),
        }
    }

    fn refusal(&self, answer: &Answer<'_>) -> Refusal {
        let body = answer.json();
        let by_status = Refusal::by_status(answer.status);
        let Some(code) = body["error_code"].as_str() else {
            return match body["error"].as_str() {
                Some(text) => by_status.message(text),
                None => by_status,
            };
        };
        let text = body["error"].as_str().unwrap_or_default();
        let details = details(&body["errors"]);
        let said = match &details {
            Some(details) => format!("{text}: {details}"),
            None => text.to_owned(),
        };
        let refusal = if code == "EINVALIDTOK" {
            token(answer.call.operation, details.as_deref())
        } else {
            let kind = kind(code, text, details.as_deref(), answer.status);
            Refusal::new(kind, said)
        };
        refusal.code(code)
    }
}

/// What is wrong with a token. The text is the same whatever it is: the details tell, and their absence.
fn token(operation: Operation, details: Option<&str>) -> Refusal {
    match details {
        Some(acls) if acls.starts_with("Missing ACLs") => {
            Refusal::new(ErrorKind::PermissionDenied, acls)
        }
        Some(what) => Refusal::new(ErrorKind::Unauthenticated, what),
        None if operation == Operation::UsersWhoami => Refusal::new(
            ErrorKind::Unauthenticated,
            "no token, or not a token of Pagure",
        ),
        None if operation == Operation::ForgeRaw => Refusal::new(
            ErrorKind::PermissionDenied,
            "the token is of the wrong kind: this takes a token that is tied to this very project",
        ),
        None => Refusal::new(
            ErrorKind::PermissionDenied,
            "the token is of the wrong kind: it is tied to another project; a token of this project or an untied one of \
             a user is needed",
        ),
    }
}

fn kind(code: &str, text: &str, details: Option<&str>, status: StatusCode) -> ErrorKind {
    match code {
        // A list of fields is malformed input; a sentence is about a branch that is missing, among other things.
        "EINVALIDREQ" => match details {
            Some(details) if names_an_absence(details) => ErrorKind::NotFound,
            _ => ErrorKind::Invalid,
        },
        // Everything that has no code of its own: only the text tells.
        "ENOCODE" => {
            if text.contains("already exists")
                || text.starts_with("It is not possible to create the repo")
            {
                ErrorKind::AlreadyExists
            } else if text.contains("Denied push") {
                ErrorKind::PermissionDenied
            } else if names_an_absence(text) || text.starts_with("No user ") {
                ErrorKind::NotFound
            } else {
                ErrorKind::Invalid
            }
        }
        "EMODIFYPROJECTNOTALLOWED" | "ENOTHIGHENOUGH" | "ENOTMAINADMIN" => {
            ErrorKind::PermissionDenied
        }
        "EMIRRORINGDISABLED"
        | "ENEWPROJECTDISABLED"
        | "EPLUGINDISABLED"
        | "EPULLREQUESTSDISABLED"
        | "ETRACKERDISABLED"
        | "ETRACKERREADONLY" => ErrorKind::Disabled,
        "EPRCONFLICTS" => ErrorKind::Conflict,
        // The database refused, not the caller's input, although the status is 400.
        "EDBERROR" => ErrorKind::Unavailable,
        "ENOPRSTATS" => ErrorKind::NotReady,
        _ => Refusal::by_status(status).kind,
    }
}

fn names_an_absence(text: &str) -> bool {
    text.contains("does not exist") || text.contains("could not be found")
}

/// `errors` is an object of fields with messages, a sentence, or not there.
fn details(errors: &Value) -> Option<String> {
    match errors {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Object(fields) if !fields.is_empty() => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(field, messages)| format!("{field}: {}", sentence(messages)))
                .collect();
            Some(fields.join("; "))
        }
        _ => None,
    }
}

fn sentence(messages: &Value) -> String {
    match messages {
        Value::String(text) => text.clone(),
        Value::Array(messages) => messages.iter().map(sentence).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
