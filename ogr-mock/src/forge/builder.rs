//! Making a forge.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{MockError, MockForge};
use crate::Dialect;
use crate::hub::{ForkDelay, Hub, Settings, Tuning};
use crate::record::Recorder;
use crate::server::Server;

/// A forge about to be made.
#[derive(Debug, Clone)]
#[must_use = "nothing is made before `start` or `in_process`"]
pub struct Builder {
    dialect: Dialect,
    settings: Settings,
    tuning: Tuning,
    record: bool,
}

impl Builder {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            settings: Settings {
                version: dialect.default_version().to_owned(),
                page_cap: None,
                mergeability_reads: dialect.default_mergeability_reads(),
                whole_seconds: false,
                tree_cap: 100_000,
            },
            tuning: Tuning::default(),
            record: true,
        }
    }

    /// What the version endpoint says.
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.settings.version);
        self
    }

    /// Waits this long before each answer.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.tuning.latency = latency;
        self
    }

    /// Gives pages of at most so many rows, however many are asked for.
    pub fn page_cap(mut self, rows: usize) -> Self {
        self.settings.page_cap = Some(rows.max(1));
        self
    }

    /// How many readers of a new or changed pull request are told that nobody knows yet whether it
    /// can be merged. GitHub: 1 unless set.
    pub fn mergeability_reads(mut self, reads: u32) -> Self {
        self.settings.mergeability_reads = reads;
        self
    }

    /// Cuts whole trees off after so many entries, and says so (GitHub: 100 000 unless set).
    pub fn tree_cap(mut self, entries: usize) -> Self {
        self.settings.tree_cap = entries;
        self
    }

    /// Tells times in whole seconds, as old installations of Pagure do: newer ones tell fractions.
    pub fn whole_seconds(mut self) -> Self {
        self.settings.whole_seconds = true;
        self
    }

    /// Forks take so long to become ready.
    pub fn fork_delay(mut self, delay: Duration, until_then: ForkDelay) -> Self {
        self.tuning.fork_delay = Some((delay, until_then));
        self
    }

    /// Stops the clock at this time; [`MockForge::advance`] moves it.
    pub fn time(mut self, time: DateTime<Utc>) -> Self {
        self.tuning.time = Some(time);
        self
    }

    /// Counts requests, but does not keep them: for benches.
    pub fn without_recording(mut self) -> Self {
        self.record = false;
        self
    }

    /// Starts a server on a free port of the loopback interface, on the current Tokio runtime.
    ///
    /// # Errors
    /// There is no port or no temporary folder to be had.
    pub async fn start(self) -> Result<MockForge, MockError> {
        let (listener, address) = Server::bind().await?;
        let hub = self.hub()?;
        hub.set_base_url(format!("http://{address}"));
        let server = Server::serve(listener, address, hub.clone());
        Ok(MockForge {
            hub,
            server: Some(server),
        })
    }

    /// Makes a forge without a server: it answers through [`MockForge::handle`] only, and says that
    /// it lives at `http://forge.invalid`.
    ///
    /// # Errors
    /// There is no temporary folder to be had.
    pub fn in_process(self) -> Result<MockForge, MockError> {
        Ok(MockForge {
            hub: self.hub()?,
            server: None,
        })
    }

    fn hub(self) -> Result<Arc<Hub>, MockError> {
        let recorder = Recorder::new(self.record);
        let hub = Hub::new(self.dialect, self.settings, recorder, self.tuning)?;
        Ok(Arc::new(hub))
    }
}
