//! Saying no, in GitHub's words.

use serde_json::{Value, json};

use crate::dialect::{Response, answer};
use crate::git::GitError;
use crate::state::{Refusal, What};

/// A refusal: a status, a message, and perhaps what exactly is wrong.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: u16,
    message: String,
    errors: Vec<Value>,
    documentation: &'static str,
}

impl Problem {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            errors: Vec::new(),
            documentation: "",
        }
    }

    /// Names the page of the documentation that it points at.
    pub(super) fn documented(mut self, page: &'static str) -> Self {
        self.documentation = page;
        self
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    pub(super) fn bad_credentials() -> Self {
        Self::new(401, "Bad credentials")
    }

    pub(super) fn requires_authentication() -> Self {
        Self::new(401, "Requires authentication")
    }

    pub(super) fn token_lacks_permission() -> Self {
        Self::new(403, "Resource not accessible by personal access token")
    }

    pub(super) fn needs_admin() -> Self {
        Self::new(403, "Must have admin rights to Repository.")
    }

    pub(super) fn needs_push() -> Self {
        Self::new(403, "Must have push access to repository")
    }

    pub(super) fn archived() -> Self {
        Self::new(403, "Repository was archived so is read-only.")
    }

    /// A 422 about one field: `code` is `missing`, `missing_field`, `invalid`, `already_exists`.
    pub(super) fn field(resource: &str, field: &str, code: &str) -> Self {
        Self::validation(json!({"resource": resource, "field": field, "code": code}))
    }

    /// A 422 whose reason is a sentence.
    pub(super) fn custom(resource: &str, field: Option<&str>, message: &str) -> Self {
        let mut error = json!({"resource": resource, "code": "custom", "message": message});
        if let Some(field) = field {
            error["field"] = json!(field);
        }
        Self::validation(error)
    }

    /// A diff that is too long to be shown.
    pub(super) fn too_large(message: &str) -> Self {
        let error = json!({"resource": "PullRequest", "field": "diff", "code": "too_large"});
        Self {
            errors: vec![error],
            ..Self::new(406, message)
        }
    }

    /// Says something else than "Validation Failed".
    pub(super) fn titled(mut self, message: &str) -> Self {
        message.clone_into(&mut self.message);
        self
    }

    /// A 422 about just this.
    pub(super) fn validation(error: Value) -> Self {
        Self {
            errors: vec![error],
            ..Self::new(422, "Validation Failed")
        }
    }

    pub(super) fn response(self) -> Response {
        let documentation = match self.documentation {
            "" => "https://docs.github.com/rest".to_owned(),
            page => format!("https://docs.github.com/rest/{page}"),
        };
        let mut body = json!({
            "message": self.message,
            "documentation_url": documentation,
            "status": self.status.to_string(),
        });
        if !self.errors.is_empty() {
            body["errors"] = json!(self.errors);
        }
        answer(self.status, &body)
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
            Refusal::NotFound(What::HeadBranch) => Self::field("PullRequest", "head", "invalid"),
            Refusal::NotFound(What::BaseBranch) => Self::field("PullRequest", "base", "invalid"),
            Refusal::NotFound(_) | Refusal::Disabled(_) => Self::not_found(),
            Refusal::Forbidden(What::Project) => Self::needs_admin(),
            Refusal::Forbidden(_) => Self::needs_push(),
            Refusal::AlreadyExists(..) => Self::new(422, "Validation Failed"),
            Refusal::NothingToMerge => Self::new(422, "Validation Failed"),
            Refusal::NoCommonHistory => Self::new(422, "Validation Failed"),
            Refusal::HeadMoved { .. } => Self::new(
                409,
                "Head branch was modified. Review and try the merge again.",
            ),
            Refusal::Conflict | Refusal::Draft | Refusal::Closed | Refusal::AlreadyMerged => {
                Self::new(405, "Pull Request is not mergeable")
            }
            Refusal::Archived => Self::archived(),
            Refusal::BadName(_) => Self::new(422, "Validation Failed"),
            // Only the mock's own mistakes come here: say them aloud.
            Refusal::Git(message) => Self::new(500, format!("ogr-mock: {message}")),
        }
    }
}
