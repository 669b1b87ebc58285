//! What was asked and what was answered.

use std::sync::Mutex;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use crate::hub::lock;

/// One request and its answer, as the mock saw them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// The HTTP method.
    pub method: Method,
    /// The path as it came, percent-encoding kept.
    pub path: String,
    /// The query as it came, without the question mark; empty when there was none.
    pub query: String,
    /// The request's headers, credentials included.
    pub request_headers: HeaderMap,
    /// The request's body.
    pub request_body: Bytes,
    /// The answer's status; `None` when the connection was dropped without one.
    pub status: Option<StatusCode>,
    /// The answer's headers.
    pub response_headers: HeaderMap,
    /// The answer's body.
    pub response_body: Bytes,
    /// The login behind the request's credential, if it was a good one.
    pub user: Option<String>,
    /// Whether a scripted fault had a hand in the answer.
    pub faulted: bool,
}

/// Keeps the exchanges in the order of their answers.
#[derive(Debug)]
pub(crate) struct Recorder {
    keep: bool,
    inner: Mutex<Recorded>,
}

#[derive(Debug, Default)]
struct Recorded {
    count: usize,
    exchanges: Vec<Exchange>,
}

impl Recorder {
    /// A recorder that counts, and with `keep` also remembers.
    pub(crate) fn new(keep: bool) -> Self {
        Self {
            keep,
            inner: Mutex::default(),
        }
    }

    pub(crate) fn add(&self, exchange: Exchange) {
        let mut inner = lock(&self.inner);
        inner.count += 1;
        if self.keep {
            inner.exchanges.push(exchange);
        }
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.inner).count
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.inner).exchanges.clone()
    }

    pub(crate) fn reset(&self) {
        *lock(&self.inner) = Recorded::default();
    }
}
