//! What differs between the forges' ways with HTTP.

use std::{fmt, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use url::Url;

use super::{Authorization, Call, RateState};
use crate::{Credential, Error, ErrorKind, LimitKind, Result};

/// An answer that is not a success, as a dialect sees it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer<'a> {
    /// What was asked.
    pub call: &'a Call,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; `Null` when it is something else.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(self.body).unwrap_or_default()
    }
}

/// What a dialect makes of an answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The forge's own words.
    pub message: String,
    /// The forge's own code, where it has such.
    pub code: Option<String>,
    /// Which limit it was, for [`ErrorKind::RateLimited`].
    pub limit: LimitKind,
}

impl Refusal {
    /// A refusal of this kind, in the forge's own words.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            code: None,
            limit: LimitKind::Unspecified,
        }
    }

    /// What the status means by itself.
    pub fn by_status(status: StatusCode) -> Self {
        let kind = match status.as_u16() {
            400 | 405 | 406 | 411 | 414 | 415 | 422 => ErrorKind::Invalid,
            401 => ErrorKind::Unauthenticated,
            403 => ErrorKind::PermissionDenied,
            404 | 410 => ErrorKind::NotFound,
            408 => ErrorKind::Timeout,
            409 | 412 => ErrorKind::Conflict,
            413 => ErrorKind::TooLarge,
            423 => ErrorKind::Archived,
            425 => ErrorKind::NotReady,
            429 => ErrorKind::RateLimited,
            500..=599 => ErrorKind::Unavailable,
            _ => ErrorKind::Decode,
        };
        Self::new(kind, status.canonical_reason().unwrap_or_default())
    }

    /// Puts the forge's own words in place of the status's.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        let message = message.into();
        if !message.trim().is_empty() {
            self.message = message;
        }
        self
    }

    /// Keeps the forge's own code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Makes it a limit of this kind.
    #[must_use]
    pub fn limited(mut self, limit: LimitKind) -> Self {
        self.kind = ErrorKind::RateLimited;
        self.limit = limit;
        self
    }
}

/// When writes come in a burst, how far apart to send them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pace {
    /// How many writes may go out at once before the pace sets in.
    pub burst: u32,
    /// The time between two writes after that.
    pub interval: Duration,
}

impl Pace {
    /// A pace of one write an interval, after a burst.
    pub fn new(burst: u32, interval: Duration) -> Self {
        Self { burst, interval }
    }
}

/// What differs between the forges' ways with HTTP. Each backend has one, in its `dialect.rs`.
pub trait Dialect: Send + Sync + fmt::Debug + 'static {
    /// How a credential is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for a kind of credential that the forge does not take.
    fn authorization(&self, credential: &Credential) -> Result<Authorization>;

    /// What an answer means that is not a success.
    fn refusal(&self, answer: &Answer<'_>) -> Refusal;

    /// What an answer with status 2xx means that is no success all the same (GraphQL).
    fn hidden_refusal(&self, _answer: &Answer<'_>) -> Option<Refusal> {
        None
    }

    /// Headers of every request to the API.
    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        Vec::new()
    }

    /// What an answer says of the request budget.
    fn rate(&self, headers: &HeaderMap) -> Option<RateState> {
        RateState::from_headers(headers)
    }

    /// The budget that a request counts against, where the forge keeps several.
    fn bucket(&self, _url: &Url) -> &'static str {
        "core"
    }

    /// Whether a refused write may be sent again by a named signal of the forge, and after how long.
    /// `attempts` is how often it has been sent.
    fn signal(&self, _call: &Call, _error: &Error, _attempts: u32) -> Option<Duration> {
        None
    }

    /// How far apart writes are sent, where the forge's operators ask for that.
    fn pace(&self) -> Option<Pace> {
        None
    }
}
