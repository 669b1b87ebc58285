//! Saying no, in GitLab's words: `message` from its own code, `error` from the layers around it.

use serde_json::{Value, json};

use crate::dialect::{Answered, Response, answer, text};
use crate::git::GitError;
use crate::state::{Refusal, What};

/// A refusal.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: u16,
    body: Value,
    location: Option<String>,
}

impl Problem {
    fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            body,
            location: None,
        }
    }

    /// `{"message": ...}`: a sentence, a list of them, or lists of them by field.
    pub(super) fn message(status: u16, message: impl Into<Value>) -> Self {
        Self::new(status, json!({"message": message.into()}))
    }

    /// `{"error": ...}`: what the parameters' check says.
    pub(super) fn error(status: u16, error: impl Into<String>) -> Self {
        Self::new(status, json!({"error": error.into()}))
    }

    /// A 400 about one field.
    pub(super) fn field(name: &str, complaint: &str) -> Self {
        Self::message(400, json!({name: [complaint]}))
    }

    /// There is no such route.
    pub(super) fn no_route() -> Self {
        Self::error(404, "404 Not Found")
    }

    /// There is no such thing of this kind.
    pub(super) fn not_found(what: &str) -> Self {
        Self::message(404, format!("404 {what} Not Found"))
    }

    /// There is no such record: in smaller letters than the others.
    pub(super) fn no_record() -> Self {
        Self::message(404, "404 Not found")
    }

    pub(super) fn unauthorized() -> Self {
        Self::message(401, "401 Unauthorized")
    }

    pub(super) fn forbidden() -> Self {
        Self::message(403, "403 Forbidden")
    }

    pub(super) fn forbidden_because(reason: &str) -> Self {
        Self::message(403, format!("403 Forbidden - {reason}"))
    }

    pub(super) fn not_allowed() -> Self {
        Self::message(405, "405 Method Not Allowed")
    }

    pub(super) fn invalid_token(description: &str) -> Self {
        let body = json!({"error": "invalid_token", "error_description": description});
        Self::new(401, body)
    }

    pub(super) fn insufficient_scope(scopes: &[&str]) -> Self {
        let body = json!({
            "error": "insufficient_scope",
            "error_description":
                "The request requires higher privileges than provided by the access token.",
            "scope": scopes.join(" "),
        });
        Self::new(403, body)
    }

    /// The project has another path now: what is only read is redirected.
    pub(super) fn moved(location: String) -> Self {
        let words = format!("This resource has been moved permanently to {location}");
        Self {
            location: Some(location),
            ..Self::new(301, json!(words))
        }
    }

    pub(super) fn response(self) -> Response {
        match self.location {
            Some(location) => {
                let words = self.body.as_str().unwrap_or_default().to_owned();
                text(self.status, words).with("location", location)
            }
            None => answer(self.status, &self.body),
        }
    }
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
            Refusal::NotFound(What::Project | What::Fork) => Self::not_found("Project"),
            Refusal::NotFound(What::Branch) => Self::not_found("Branch"),
            Refusal::NotFound(What::HeadBranch) => Self::field("source_branch", "does not exist"),
            Refusal::NotFound(What::BaseBranch) => Self::field("target_branch", "does not exist"),
            Refusal::NotFound(What::Tag) => Self::not_found("Tag"),
            Refusal::NotFound(What::Commit) => Self::not_found("Commit"),
            Refusal::NotFound(What::Account) => Self::not_found("User"),
            Refusal::NotFound(What::Label) => Self::not_found("Label"),
            Refusal::NotFound(What::PullRequest | What::Comment | What::Status | What::Release) => {
                Self::no_record()
            }
            Refusal::Forbidden(_) | Refusal::Archived => Self::forbidden(),
            Refusal::AlreadyExists(What::PullRequest, number) => {
                let words = "Another open merge request already exists for this source branch";
                Self::message(409, json!([format!("{words}: !{number}")]))
            }
            Refusal::AlreadyExists(..) => Self::message(409, "409 Conflict"),
            Refusal::NothingToMerge => {
                let words = "You can't use same project/branch for source and target";
                Self::message(422, json!([words]))
            }
            Refusal::NoCommonHistory => {
                let words = "The source branch has no history in common with the target branch";
                Self::message(400, json!({"base": [words]}))
            }
            Refusal::HeadMoved { actual } => Self::message(
                409,
                format!("SHA does not match HEAD of source branch: {actual}"),
            ),
            Refusal::Conflict | Refusal::Draft | Refusal::Closed | Refusal::AlreadyMerged => {
                Self::not_allowed()
            }
            Refusal::Disabled(What::PullRequest) => {
                let words = "Target project has disabled merge requests";
                Self::message(422, json!([words]))
            }
            Refusal::Disabled(_) => Self::forbidden(),
            Refusal::BadName(What::Branch) => Self::message(400, "Branch name is invalid"),
            Refusal::BadName(What::Tag) => Self::message(400, "Tag name invalid"),
            Refusal::BadName(_) => Self::message(400, "400 Bad Request"),
            // Only the mock's own mistakes come here: say them aloud.
            Refusal::Git(message) => Self::message(500, format!("ogr-mock: {message}")),
        }
    }
}
