//! What a forge said of its budget, respected by every handle of that host and credential.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

use super::{Call, Dialect, HttpConfig, Pause, PauseReason};
use crate::{Error, ErrorKind, LimitHit, LimitKind, Outcome, Result};

/// What the last answers said of the request budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RateState {
    /// How many requests the budget holds.
    pub limit: Option<u64>,
    /// How many are left.
    pub remaining: Option<u64>,
    /// When the budget is full again.
    pub reset: Option<DateTime<Utc>>,
    /// Which budget it is, where the forge keeps several (GitHub: `core`, `search`, `graphql`).
    pub resource: Option<String>,
}

impl RateState {
    /// Reads `X-RateLimit-*` (GitHub) and `RateLimit-*` (GitLab); `None` when neither is there.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let number = |suffix: &str| -> Option<u64> {
            text(&format!("x-ratelimit-{suffix}"))
                .or_else(|| text(&format!("ratelimit-{suffix}")))?
                .trim()
                .parse()
                .ok()
        };
        let state = Self {
            limit: number("limit"),
            remaining: number("remaining"),
            reset: number("reset")
                .and_then(|epoch| DateTime::from_timestamp(i64::try_from(epoch).ok()?, 0)),
            resource: text("x-ratelimit-resource").map(str::to_owned),
        };
        (state.limit.is_some() || state.remaining.is_some()).then_some(state)
    }

    /// How long the budget stays empty; `None` when something is left.
    fn exhausted_for(&self) -> Option<Duration> {
        if self.remaining != Some(0) {
            return None;
        }
        // One second more: the forge's clock and ours differ, and its reset is a whole second.
        let wait = (self.reset? - Utc::now()).to_std().ok()? + Duration::from_secs(1);
        Some(wait)
    }
}

/// The limits of one host and credential.
pub(super) struct Limits {
    reads: Semaphore,
    writes: Semaphore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    budgets: HashMap<String, RateState>,
    latest: Option<RateState>,
    /// Nothing leaves before this: a limit was hit.
    closed: Option<(Instant, LimitKind)>,
    /// When the writes of the current burst went out.
    burst: Burst,
}

#[derive(Default)]
struct Burst {
    sent: u32,
    last: Option<Instant>,
}

impl Limits {
    pub(super) fn new(config: &HttpConfig) -> Self {
        Self {
            reads: Semaphore::new(config.reads.max(1)),
            writes: Semaphore::new(config.writes.max(1)),
            state: Mutex::default(),
        }
    }

    /// Waits for leave to send one attempt. Nobody sleeps holding a permit.
    pub(super) async fn enter(
        &self,
        call: &Call,
        host: &str,
        dialect: &dyn Dialect,
        config: &HttpConfig,
        deadline: Option<Instant>,
    ) -> Result<SemaphorePermit<'_>> {
        let bucket = dialect.bucket(&call.url);
        loop {
            if let Some((wait, kind)) = self.closed_for(bucket) {
                let late = deadline.is_some_and(|deadline| Instant::now() + wait > deadline);
                if wait > config.max_wait || late {
                    return Err(too_long(call, wait, kind));
                }
                tell(config, call, host, PauseReason::Limit, wait, 0);
                tokio::time::sleep(wait).await;
                continue;
            }
            if call.effect.is_write()
                && let Some(wait) = self.pace(dialect)
            {
                tell(config, call, host, PauseReason::Pace, wait, 0);
                tokio::time::sleep(wait).await;
                continue;
            }
            let lane = if call.effect.is_write() {
                &self.writes
            } else {
                &self.reads
            };
            let permit = lane.acquire().await.map_err(|closed| {
                call.error(ErrorKind::Config, "the transport is shut down")
                    .with_source(closed)
            })?;
            // Somebody may have hit a limit while this call stood in line.
            if self.closed_for(bucket).is_none() {
                if call.effect.is_write() {
                    self.wrote(dialect);
                }
                return Ok(permit);
            }
        }
    }

    /// Learns from an answer, whatever its status.
    pub(super) fn learn(&self, call: &Call, dialect: &dyn Dialect, headers: &HeaderMap) {
        let Some(rate) = dialect.rate(headers) else {
            return;
        };
        let bucket = match &rate.resource {
            Some(resource) => resource.clone(),
            None => dialect.bucket(&call.url).to_owned(),
        };
        let mut state = self.state();
        state.latest = Some(rate.clone());
        state.budgets.insert(bucket, rate);
    }

    /// Closes the lane after a limit was hit.
    pub(super) fn refused(&self, error: &Error) {
        let Some(wait) = error.retry_after() else {
            return;
        };
        let kind = error
            .rate_limit()
            .map_or(LimitKind::Unspecified, |hit| hit.kind);
        // An empty primary budget is known by its bucket; the others close everything.
        if error.kind() == ErrorKind::RateLimited && kind != LimitKind::Primary {
            let until = Instant::now() + wait;
            let mut state = self.state();
            if state.closed.is_none_or(|(closed, _)| closed < until) {
                state.closed = Some((until, kind));
            }
        }
    }

    /// What the last answer said of the budget.
    pub(super) fn latest(&self) -> Option<RateState> {
        self.state().latest.clone()
    }

    fn closed_for(&self, bucket: &str) -> Option<(Duration, LimitKind)> {
        let mut state = self.state();
        if let Some((until, kind)) = state.closed {
            let wait = until.saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                return Some((wait, kind));
            }
            state.closed = None;
        }
        let wait = state.budgets.get(bucket)?.exhausted_for()?;
        Some((wait, LimitKind::Primary))
    }

    /// How long a write waits because of those before it.
    fn pace(&self, dialect: &dyn Dialect) -> Option<Duration> {
        let pace = dialect.pace()?;
        let state = self.state();
        let since = state.burst.last?.elapsed();
        (state.burst.sent >= pace.burst && since < pace.interval).then(|| pace.interval - since)
    }

    fn wrote(&self, dialect: &dyn Dialect) {
        let Some(pace) = dialect.pace() else { return };
        let mut state = self.state();
        // A pause as long as the burst would have taken makes room for a new burst.
        let rested = state
            .burst
            .last
            .is_none_or(|last| last.elapsed() >= pace.interval * pace.burst);
        state.burst.sent = if rested {
            1
        } else {
            state.burst.sent.saturating_add(1)
        };
        state.burst.last = Some(Instant::now());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the numbers usable: they are replaced whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the observer and the log of a wait.
pub(super) fn tell(
    config: &HttpConfig,
    call: &Call,
    host: &str,
    reason: PauseReason,
    wait: Duration,
    attempts: u32,
) {
    tracing::info!(
        ?reason,
        operation = call.operation.as_str(),
        host,
        wait_seconds = wait.as_secs_f64(),
        attempts,
        "waiting"
    );
    if let Some(observer) = &config.observer {
        observer.pause(&Pause {
            reason,
            wait,
            operation: call.operation,
            host: host.to_owned(),
            attempts,
        });
    }
}

fn too_long(call: &Call, wait: Duration, kind: LimitKind) -> Error {
    let reset = chrono::Duration::from_std(wait)
        .ok()
        .and_then(|wait| Utc::now().checked_add_signed(wait));
    call.error(
        ErrorKind::RateLimited,
        "a limit of the forge is in force, longer than this call may wait",
    )
    .with_retry_after(wait)
    .with_limit(LimitHit::new(kind, reset))
    .with_outcome(Outcome::NotSent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_families_of_headers() {
        let mut headers = HeaderMap::new();
        assert_eq!(RateState::from_headers(&headers), None);
        headers.insert("ratelimit-limit", "600".parse().unwrap());
        headers.insert("ratelimit-remaining", "0".parse().unwrap());
        headers.insert("ratelimit-reset", "1795334438".parse().unwrap());
        let state = RateState::from_headers(&headers).unwrap();
        assert_eq!((state.limit, state.remaining), (Some(600), Some(0)));
        headers.insert("x-ratelimit-remaining", "17".parse().unwrap());
        headers.insert("x-ratelimit-resource", "search".parse().unwrap());
        let state = RateState::from_headers(&headers).unwrap();
        assert_eq!(state.remaining, Some(17));
        assert_eq!(state.resource.as_deref(), Some("search"));
        assert_eq!(state.exhausted_for(), None);
    }
}
