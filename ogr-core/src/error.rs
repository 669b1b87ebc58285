//! The one error type of ogr: what was tried, on which forge and resource, what the forge
//! said, and what to do next.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};

use crate::{ForgeKind, Operation};

/// What every fallible call of ogr answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The longest message of a forge that an error keeps, in characters.
const MESSAGE_LIMIT: usize = 600;

/// What went wrong, in one word that a program can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The thing that was asked for is not there, or is hidden from this credential.
    NotFound,
    /// The forge does not accept the credential: missing, wrong, revoked or expired.
    Unauthenticated,
    /// The credential is good, but it may not do this.
    PermissionDenied,
    /// The thing that was to be created is there already.
    AlreadyExists,
    /// Somebody else changed the thing in the meantime, or it cannot be combined with its present state.
    Conflict,
    /// The forge is not ready for this yet: a fork is being copied, mergeability is being computed.
    NotReady,
    /// The forge, or ogr before it, refuses the request as malformed.
    Invalid,
    /// A rate limit refused the request. [`Error::rate_limit`] tells when to come back.
    RateLimited,
    /// A storage or object quota is exhausted.
    Quota,
    /// The forge's API has no way to do this. No request was sent.
    Unsupported,
    /// The feature is switched off for this project: its issue tracker, its pull requests.
    Disabled,
    /// The project is archived and takes no writes.
    Archived,
    /// A [`ReadOnly`](crate::ReadOnly) handle refused a write. No request was sent.
    ReadOnly,
    /// The forge is down, overloaded or failing: a 5xx answer.
    Unavailable,
    /// The connection could not be made, or broke.
    Network,
    /// The answer, or the caller's deadline, took too long.
    Timeout,
    /// The forge answered something that ogr cannot read.
    Decode,
    /// The answer, or the file, is larger than the cap.
    TooLarge,
    /// Something in front of the forge answered a web page for humans where data was due.
    BotWall,
    /// ogr refused to send the request: it would have carried a credential to a foreign place.
    Refused,
    /// Another forge answers at this host now. Open the project anew.
    ForgeChanged,
    /// The configuration is wrong: an URL, a token, a certificate.
    Config,
}

impl ErrorKind {
    /// The name of the kind in words, as it stands in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::NotFound => "not found",
            ErrorKind::Unauthenticated => "not authenticated",
            ErrorKind::PermissionDenied => "permission denied",
            ErrorKind::AlreadyExists => "already exists",
            ErrorKind::Conflict => "conflict",
            ErrorKind::NotReady => "not ready yet",
            ErrorKind::Invalid => "invalid request",
            ErrorKind::RateLimited => "rate limited",
            ErrorKind::Quota => "quota exceeded",
            ErrorKind::Unsupported => "not supported",
            ErrorKind::Disabled => "disabled",
            ErrorKind::Archived => "archived",
            ErrorKind::ReadOnly => "refused by a read-only handle",
            ErrorKind::Unavailable => "forge unavailable",
            ErrorKind::Network => "network failure",
            ErrorKind::Timeout => "timed out",
            ErrorKind::Decode => "unreadable answer",
            ErrorKind::TooLarge => "too large",
            ErrorKind::BotWall => "a web page came where data was due",
            ErrorKind::Refused => "refused by ogr",
            ErrorKind::ForgeChanged => "another forge answers here now",
            ErrorKind::Config => "wrong configuration",
        }
    }

    /// What a person can do about it, where there is something to say.
    fn advice(self) -> Option<&'static str> {
        match self {
            ErrorKind::Unauthenticated => {
                Some("check that the token for this host is set, complete and not expired")
            }
            ErrorKind::PermissionDenied => {
                Some("check the token's scopes and the user's rights on the project")
            }
            ErrorKind::BotWall => Some(
                "set a User-Agent that the host's operators know, or ask them to let the API pass",
            ),
            ErrorKind::ForgeChanged => Some("open the project again from its URL"),
            _ => None,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known about the effect of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The request never reached the forge.
    NotSent,
    /// The forge refused it: nothing has changed.
    Refused,
    /// The answer was lost: the forge may have acted or not.
    Unknown,
}

/// Which limit refused a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitKind {
    /// The budget of requests per hour or minute is used up.
    Primary,
    /// GitHub's limit on bursts, concurrency and content creation.
    Secondary,
    /// The forge did not say which.
    Unspecified,
}

/// The particulars of an [`ErrorKind::RateLimited`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitHit {
    /// Which limit it was.
    pub kind: LimitKind,
    /// When the budget is full again, where the forge told.
    pub reset: Option<DateTime<Utc>>,
}

impl LimitHit {
    /// A limit of this kind, with the time of its reset where the forge told.
    pub fn new(kind: LimitKind, reset: Option<DateTime<Utc>>) -> Self {
        Self { kind, reset }
    }
}

/// The error of every operation on every forge.
///
/// It is one pointer wide. `Display` is one line for people; the accessors are for programs.
///
/// ```
/// use ogr_core::{Error, ErrorKind, Operation};
///
/// let error = Error::new(ErrorKind::NotFound, "no such pull request")
///     .with_operation(Operation::PullRequestsGet)
///     .with_resource("rpms/foo#7");
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "pull_requests.get rpms/foo#7: not found: no such pull request");
/// ```
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<Operation>,
    forge: Option<(ForgeKind, String)>,
    resource: Option<String>,
    status: Option<u16>,
    message: String,
    code: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    limit: Option<LimitHit>,
    outcome: Outcome,
    retryable: bool,
    stray: bool,
    source: Option<std::sync::Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this kind with the words of the forge, or of ogr where no forge was asked.
    ///
    /// The message is cut to a sane length. Secrets are the caller's to keep out; the transport
    /// redacts what forges echo.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let outcome = match kind {
            ErrorKind::Unsupported
            | ErrorKind::ReadOnly
            | ErrorKind::Refused
            | ErrorKind::ForgeChanged
            | ErrorKind::Config => Outcome::NotSent,
            ErrorKind::Unavailable
            | ErrorKind::Network
            | ErrorKind::Timeout
            | ErrorKind::Decode
            | ErrorKind::TooLarge
            | ErrorKind::BotWall => Outcome::Unknown,
            _ => Outcome::Refused,
        };
        let retryable = matches!(
            kind,
            ErrorKind::Unavailable
                | ErrorKind::Network
                | ErrorKind::Timeout
                | ErrorKind::RateLimited
                | ErrorKind::NotReady
        );
        Self(Box::new(Inner {
            kind,
            operation: None,
            forge: None,
            resource: None,
            status: None,
            message: cut(message.into()),
            code: None,
            request_id: None,
            retry_after: None,
            limit: None,
            outcome,
            retryable,
            stray: false,
            source: None,
        }))
    }

    /// The forge has no way to do this; no request was sent.
    pub fn unsupported(operation: Operation, why: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, why).with_operation(operation)
    }

    /// Names the operation that was tried.
    #[must_use]
    pub fn with_operation(mut self, operation: Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    /// Names the forge that was asked: its kind, and its host with the port.
    #[must_use]
    pub fn with_forge(mut self, kind: ForgeKind, host: impl Into<String>) -> Self {
        self.0.forge = Some((kind, host.into()));
        self
    }

    /// Names what was asked for: a project, a pull request, a file.
    #[must_use]
    pub fn with_resource(mut self, resource: impl Into<String>) -> Self {
        self.0.resource = Some(resource.into());
        self
    }

    /// Keeps the HTTP status of the forge's answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Keeps the forge's own code for the error, such as Pagure's `ENOPROJECT`.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Keeps the forge's id of the request, for its operators.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.0.request_id = Some(id.into());
        self
    }

    /// Says how long to wait before the next try.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Says which limit was hit.
    #[must_use]
    pub fn with_limit(mut self, limit: LimitHit) -> Self {
        self.0.limit = Some(limit);
        self
    }

    /// Says what is known about the effect of the request.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// Says whether the same call may be made again.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Replaces the kind, and keeps all the rest, the outcome included.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Replaces the message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = cut(message.into());
        self
    }

    /// Keeps the error underneath.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(std::sync::Arc::from(source.into()));
        self
    }

    /// Marks an answer that the expected forge would not have given.
    #[must_use]
    pub(crate) fn stray(mut self) -> Self {
        self.0.stray = true;
        self
    }

    /// Whether the expected forge would not have given this answer.
    pub(crate) fn is_stray(&self) -> bool {
        self.0.stray
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that was tried.
    pub fn operation(&self) -> Option<Operation> {
        self.0.operation
    }

    /// The kind of forge that was asked, and its host.
    pub fn forge(&self) -> Option<(ForgeKind, &str)> {
        self.0
            .forge
            .as_ref()
            .map(|(kind, host)| (*kind, host.as_str()))
    }

    /// What was asked for.
    pub fn resource(&self) -> Option<&str> {
        self.0.resource.as_deref()
    }

    /// The HTTP status of the answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The forge's own words, cut to a sane length and redacted.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The forge's own code for the error, such as Pagure's `ENOPROJECT`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The forge's id of the request, for its operators.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long to wait before the next try, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Which limit was hit and when it resets, for [`ErrorKind::RateLimited`].
    pub fn rate_limit(&self) -> Option<LimitHit> {
        self.0.limit
    }

    /// What is known about the effect of the request.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Whether the same call may be made again with hope and without harm.
    ///
    /// It is `false` for a create of unknown outcome: look first whether it took effect.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether the thing that was asked for is not there.
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// What a person can do about it, where there is something to say.
    pub fn advice(&self) -> Option<&'static str> {
        self.0.kind.advice()
    }
}

impl Clone for Error {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let mut subject = Vec::new();
        if let Some(operation) = inner.operation {
            subject.push(operation.as_str().to_owned());
        }
        if let Some(resource) = &inner.resource {
            subject.push(resource.clone());
        }
        if let Some((kind, host)) = &inner.forge {
            subject.push(format!("on {kind} ({host})"));
        }
        if !subject.is_empty() {
            write!(f, "{}: ", subject.join(" "))?;
        }
        write!(f, "{}", inner.kind)?;
        if let Some(status) = inner.status {
            write!(f, " ({status})")?;
        }
        if !inner.message.is_empty() {
            write!(f, ": {}", inner.message)?;
        }
        if let Some(wait) = inner.retry_after {
            write!(f, "; come back in {} s", wait.as_secs_f64().ceil())?;
        }
        if let Some(advice) = inner.kind.advice() {
            write!(f, "; {advice}")?;
        }
        if let Some(id) = &inner.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("operation", &inner.operation)
            .field("forge", &inner.forge)
            .field("resource", &inner.resource)
            .field("status", &inner.status)
            .field("code", &inner.code)
            .field("message", &inner.message)
            .field("request_id", &inner.request_id)
            .field("retry_after", &inner.retry_after)
            .field("limit", &inner.limit)
            .field("outcome", &inner.outcome)
            .field("retryable", &inner.retryable)
            .field("source", &inner.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

/// One line of at most [`MESSAGE_LIMIT`] characters.
fn cut(message: String) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MESSAGE_LIMIT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_everything_in_one_line() {
        let error = Error::new(ErrorKind::Unauthenticated, "Bad\n  credentials")
            .with_operation(Operation::StatusesSet)
            .with_resource("rpms/foo@abc")
            .with_forge(ForgeKind::GitHub, "github.com")
            .with_status(401)
            .with_request_id("AB:12");
        assert_eq!(
            error.to_string(),
            "statuses.set rpms/foo@abc on GitHub (github.com): not authenticated (401): Bad credentials; \
             check that the token for this host is set, complete and not expired [request AB:12]"
        );
    }

    #[test]
    fn cuts_endless_messages_at_a_character() {
        let error = Error::new(ErrorKind::Invalid, "ä".repeat(2_000));
        assert_eq!(error.message().chars().count(), MESSAGE_LIMIT + 1);
    }

    #[test]
    fn is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
