//! When a request may be sent again, and after how long.

use std::time::Duration;

use super::{Call, Dialect, Effect, HttpConfig};
use crate::{Error, ErrorKind, Outcome};

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(8);

/// How long to wait before the next try; `None` when there shall be none.
///
/// Reads and idempotent writes go again when the failure may pass. A create goes again only when nothing can have
/// happened: the request never left, a limit refused it, or the forge gave one of its named signals.
pub(super) fn wait(
    call: &Call,
    error: &Error,
    attempts: u32,
    dialect: &dyn Dialect,
    config: &HttpConfig,
) -> Option<Duration> {
    if error.outcome() == Outcome::Refused
        && let Some(wait) = dialect.signal(call, error, attempts)
    {
        return (wait <= config.max_wait).then_some(wait);
    }
    if attempts >= config.tries {
        return None;
    }
    let may_pass = match error.kind() {
        // A limit refuses before anything happens, so that even a create may come back.
        ErrorKind::RateLimited => true,
        ErrorKind::Unavailable => matches!(error.status(), Some(502..=504)),
        ErrorKind::Network => true,
        ErrorKind::Timeout => true,
        _ => false,
    };
    let harmless = error.outcome() != Outcome::Unknown || call.effect != Effect::Create;
    if !(may_pass && harmless) {
        return None;
    }
    match error.retry_after() {
        Some(wait) => (wait <= config.max_wait).then_some(wait),
        None => Some(jitter(backoff(attempts))),
    }
}

fn backoff(attempts: u32) -> Duration {
    FIRST
        .saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)))
        .min(LONGEST)
}

/// Full jitter: anything up to the back-off, so that many workers do not come back at one time.
fn jitter(backoff: Duration) -> Duration {
    backoff.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backs_off_from_half_a_second_to_eight() {
        let waits: Vec<_> = (1..=7).map(|n| backoff(n).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert!(jitter(LONGEST) <= LONGEST);
    }
}
