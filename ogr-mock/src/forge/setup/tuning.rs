//! The clock, and what makes the forge slow or unwilling.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::super::MockForge;
use crate::hub::ForkDelay;

impl MockForge {
    /// Waits this long before each answer from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.hub.tuning().latency = latency;
    }

    /// Forks made from now on take so long to become ready; `None` makes all forks ready at once.
    pub fn set_fork_delay(&self, delay: Option<(Duration, ForkDelay)>) {
        self.hub.tuning().fork_delay = delay;
    }

    /// Stops the clock at this time.
    pub fn set_time(&self, time: DateTime<Utc>) {
        self.hub.tuning().time = Some(time);
    }

    /// Moves the clock on, and stops it if it was running.
    pub fn advance(&self, by: Duration) {
        let now = self.hub.now();
        self.hub.tuning().time = Some(now + by);
    }

    /// Changes what the client may still ask for, on forges that count (GitHub, GitLab).
    pub fn change_rate_limit(&self, change: impl FnOnce(&mut crate::state::RateLimit)) {
        change(&mut self.hub.state().rate_limit);
    }
}
