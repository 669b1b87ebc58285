//! Saying no, in Forgejo's words.

use serde_json::{Value, json};

use super::{Answer, json_answer};
use crate::dialect::{Response, empty, html, text};
use crate::git::GitError;
use crate::hub::Hub;
use crate::state::{Refusal, What};

/// A refusal in one of the many shapes that Forgejo has for it.
#[derive(Debug, Clone)]
pub(super) enum Problem {
    /// A message and where the documentation is.
    Message(u16, String),
    /// A message without that.
    Bare(u16, String),
    /// A 404 with its list of reasons, which may be empty.
    NotFound(String, Vec<String>),
    /// Nothing but a status.
    Empty(u16),
    /// A body of its own.
    Json(u16, Value),
    /// No such route.
    NoRoute,
    /// The route is there, with other methods.
    WrongMethod(&'static [&'static str]),
    /// A panic: a page for people.
    Page500,
}

/// The text of a 404 that does not say what is missing.
pub(super) const NOT_FOUND: &str = "The target couldn't be found.";

impl Problem {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self::Message(status, message.into())
    }

    pub(super) fn not_found() -> Self {
        Self::NotFound(NOT_FOUND.to_owned(), Vec::new())
    }

    /// A 404 whose reason stands in the list of errors only.
    pub(super) fn not_found_because(reason: impl Into<String>) -> Self {
        Self::NotFound(NOT_FOUND.to_owned(), vec![reason.into()])
    }

    /// A 404 that names what was looked for, or the function that looked.
    pub(super) fn not_found_as(message: &str) -> Self {
        Self::NotFound(message.to_owned(), Vec::new())
    }

    /// What people who are no administrators are told about a failure in the server.
    pub(super) fn server_error() -> Self {
        Self::new(500, "")
    }

    pub(super) fn token_required() -> Self {
        Self::new(401, "token is required")
    }

    pub(super) fn required(field: &str) -> Self {
        Self::new(422, format!("[{field}]: Required"))
    }

    pub(super) fn needs_write() -> Self {
        Self::new(403, "user should have a permission to write to a repo")
    }

    pub(super) fn needs_admin() -> Self {
        Self::new(
            403,
            "user should be an owner or a collaborator with admin write of a repository",
        )
    }

    pub(super) fn unknown_user(gitea: bool, name: &str) -> String {
        let key = if gitea { ", keyid: 0" } else { "" };
        format!("user does not exist [uid: 0, name: {name}{key}]")
    }

    pub(super) fn response(self, hub: &Hub, gitea: bool) -> Response {
        let url = format!("{}/api/swagger", hub.base_url());
        match self {
            Self::Message(status, message) => {
                json_answer(status, &json!({"message": message, "url": url}))
            }
            Self::Bare(status, message) => json_answer(status, &json!({"message": message})),
            Self::NotFound(message, reasons) => {
                let errors = if gitea && reasons.is_empty() {
                    Value::Null
                } else {
                    json!(reasons)
                };
                let body = json!({"message": message, "url": url, "errors": errors});
                json_answer(404, &body)
            }
            Self::Empty(status) => empty(status),
            Self::Json(status, body) => json_answer(status, &body),
            Self::NoRoute => text(404, "404 page not found\n"),
            Self::WrongMethod(allowed) => {
                let mut response = empty(405);
                for method in allowed {
                    let value = http::HeaderValue::from_static(method);
                    response.headers_mut().append(http::header::ALLOW, value);
                }
                response
            }
            Self::Page500 => {
                let theme = if gitea { "gitea-auto" } else { "forgejo-auto" };
                html(
                    500,
                    format!(
                        "\n<!DOCTYPE html>\n<html lang=\"en-US\" data-theme=\"{theme}\">\n<head>\n\
                         \t<title>Internal Server Error</title>\n</head>\n<body></body>\n</html>\n"
                    ),
                )
            }
        }
    }
}

/// Says that a path is there, but not with this method.
pub(super) fn wrong_method(allowed: &'static [&'static str]) -> Answer {
    Err(Problem::WrongMethod(allowed))
}

impl From<GitError> for Problem {
    fn from(error: GitError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<Refusal> for Problem {
    /// What a refusal is called when the route has nothing better to say.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound(_) | Refusal::Disabled(_) => Self::not_found(),
            Refusal::Forbidden(What::Project) => Self::needs_admin(),
            Refusal::Forbidden(What::PullRequest | What::Comment) => Self::Empty(403),
            Refusal::Forbidden(_) => Self::needs_write(),
            Refusal::NothingToMerge => Self::new(
                422,
                "Invalid PullRequest: There are no changes between the head and the base",
            ),
            Refusal::HeadMoved { .. } => Self::new(409, "head out of date"),
            Refusal::Conflict => Self::new(405, "Please try again later"),
            Refusal::Draft => Self::new(405, "Work in progress PRs cannot be merged"),
            Refusal::Closed => Self::not_found(),
            Refusal::AlreadyMerged => Self::new(405, ""),
            Refusal::AlreadyExists(..)
            | Refusal::NoCommonHistory
            | Refusal::Archived
            | Refusal::BadName(_) => Self::server_error(),
            // Only the mock's own mistakes come here: say them aloud.
            Refusal::Git(message) => Self::new(500, format!("ogr-mock: {message}")),
        }
    }
}
