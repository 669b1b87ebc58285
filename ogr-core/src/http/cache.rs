//! Revalidation: what was read once is asked for again with its validator, never served unasked.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use lru::LruCache;

use super::{Call, Effect, Reply};
use crate::Result;

/// What makes two reads the same: the credential, the address, and what is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    credential: u64,
    url: String,
    accept: Option<HeaderValue>,
}

impl Key {
    /// The key of a call that may be remembered; `None` for writes, and for reads by other methods than GET.
    pub(super) fn of(call: &Call, credential: u64) -> Option<Self> {
        let plain = call.effect == Effect::Read && call.method == http::Method::GET;
        plain.then(|| Self {
            credential,
            url: call.url.to_string(),
            accept: call.headers.get(header::ACCEPT).cloned(),
        })
    }
}

#[derive(Clone)]
struct Entry {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    url: url::Url,
}

impl Entry {
    fn size(&self) -> usize {
        // The headers and the key weigh something too; a kilobyte is about what they do.
        self.body.len() + 1024
    }
}

type Flight = Shared<BoxFuture<'static, Result<Reply>>>;
type WeakFlight = WeakShared<BoxFuture<'static, Result<Reply>>>;

/// The answers that are kept, and the reads that are under way.
pub(super) struct Cache {
    kept: Mutex<Kept>,
    flights: Mutex<HashMap<Key, WeakFlight>>,
    bound: usize,
}

struct Kept {
    entries: LruCache<Key, Entry>,
    bytes: usize,
}

impl Cache {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            kept: Mutex::new(Kept {
                entries: LruCache::unbounded(),
                bytes: 0,
            }),
            flights: Mutex::default(),
            bound,
        }
    }

    /// Adds the validators of what is kept to a request.
    pub(super) fn ask(&self, key: &Key, headers: &mut HeaderMap) {
        let mut kept = lock(&self.kept);
        let Some(entry) = kept.entries.get(key) else {
            return;
        };
        for (from, to) in [
            (header::ETAG, header::IF_NONE_MATCH),
            (header::LAST_MODIFIED, header::IF_MODIFIED_SINCE),
        ] {
            if let Some(value) = entry.headers.get(from) {
                headers.insert(to, value.clone());
                // An ETag says all; a server that gets both may go by the coarser one.
                return;
            }
        }
    }

    /// Takes an answer: gives what is kept for a 304, keeps what has a validator.
    pub(super) fn take(&self, key: Key, mut reply: Reply, remember: bool) -> Reply {
        let mut kept = lock(&self.kept);
        if reply.status == StatusCode::NOT_MODIFIED {
            if let Some(entry) = kept.entries.get(&key) {
                reply.status = entry.status;
                reply.body = entry.body.clone();
                reply.url = entry.url.clone();
                let mut headers = entry.headers.clone();
                for (name, value) in &reply.headers {
                    headers.insert(name, value.clone());
                }
                reply.headers = headers;
            }
            return reply;
        }
        if let Some(old) = kept.entries.pop(&key) {
            kept.bytes = kept.bytes.saturating_sub(old.size());
        }
        let valid = reply.headers.contains_key(header::ETAG)
            || reply.headers.contains_key(header::LAST_MODIFIED);
        let entry = Entry {
            status: reply.status,
            headers: reply.headers.clone(),
            body: reply.body.clone(),
            url: reply.url.clone(),
        };
        // One answer may take a quarter: a single large file shall not push all the rest out.
        if remember && valid && entry.size() <= self.bound / 4 {
            kept.bytes += entry.size();
            kept.entries.push(key, entry);
            while kept.bytes > self.bound {
                let Some((_, oldest)) = kept.entries.pop_lru() else {
                    break;
                };
                kept.bytes = kept.bytes.saturating_sub(oldest.size());
            }
        }
        reply
    }

    /// Forgets what is kept under a key, after a 304 that nothing is kept for.
    pub(super) fn holds(&self, key: &Key) -> bool {
        lock(&self.kept).entries.contains(key)
    }

    /// Joins the same read under way, or starts it.
    pub(super) fn join(
        &self,
        key: &Key,
        start: impl FnOnce() -> BoxFuture<'static, Result<Reply>>,
    ) -> Flight {
        let mut flights = lock(&self.flights);
        if let Some(flight) = flights.get(key).and_then(WeakFlight::upgrade) {
            return flight;
        }
        flights.retain(|_, flight| flight.upgrade().is_some());
        let flight = start().shared();
        if let Some(weak) = flight.downgrade() {
            flights.insert(key.clone(), weak);
        }
        flight
    }

    /// Ends a flight: later reads ask anew.
    pub(super) fn landed(&self, key: &Key) {
        lock(&self.flights).remove(key);
    }

    /// Closes all flights: what is read after a write is asked for after it.
    pub(super) fn close_flights(&self) {
        lock(&self.flights).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is kept is replaced whole, so a panic elsewhere leaves it usable.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
