//! What all handlers share: the state, the repositories, the clock and the settings.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use tempfile::TempDir;

use crate::dialect::Dialect;
use crate::fault::Faults;
use crate::git::{Repository, Signature};
use crate::record::Recorder;
use crate::state::{ProjectId, Refusal, Rules, State, What};

/// What a fresh fork is like until it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForkDelay {
    /// It is not found.
    Missing,
    /// It is there, but its repository is empty.
    Empty,
}

/// What is settled when the forge is made.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// What the version endpoint says.
    pub(crate) version: String,
    /// The largest page that lists give; `None` is the forge's own.
    pub(crate) page_cap: Option<usize>,
    /// How many readers of a pull request are told that nobody knows yet whether it can be merged.
    pub(crate) mergeability_reads: u32,
    /// Whether times are told in whole seconds where the forge would tell fractions (Pagure).
    pub(crate) whole_seconds: bool,
    /// How many entries of a whole tree are told before it is cut off, where a forge does so.
    pub(crate) tree_cap: usize,
}

/// What tests change while the forge runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tuning {
    pub(crate) latency: Duration,
    pub(crate) fork_delay: Option<(Duration, ForkDelay)>,
    /// A fixed time; `None` is the real one.
    pub(crate) time: Option<DateTime<Utc>>,
}

/// Everything behind one forge.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) dialect: Dialect,
    pub(crate) settings: Settings,
    pub(crate) faults: Faults,
    pub(crate) recorder: Recorder,
    pub(crate) tuning: Mutex<Tuning>,
    state: Mutex<State>,
    locks: Mutex<HashMap<ProjectId, Arc<tokio::sync::Mutex<()>>>>,
    base_url: OnceLock<String>,
    root: TempDir,
}

/// Locks, and does not mind that a test panicked while it held the lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub(crate) fn new(
        dialect: Dialect,
        settings: Settings,
        recorder: Recorder,
        tuning: Tuning,
    ) -> std::io::Result<Self> {
        let now = tuning.time.unwrap_or_else(Utc::now);
        Ok(Self {
            dialect,
            settings,
            faults: Faults::default(),
            recorder,
            tuning: Mutex::new(tuning),
            state: Mutex::new(State::new(Rules::of(dialect), now)),
            locks: Mutex::default(),
            base_url: OnceLock::new(),
            root: tempfile::Builder::new().prefix("ogr-mock-").tempdir()?,
        })
    }

    /// The state, locked: look, change, and let go. It cannot be held across an await.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn tuning(&self) -> MutexGuard<'_, Tuning> {
        lock(&self.tuning)
    }

    /// The time, to the microsecond: what is stored reads back the same.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.tuning().time.unwrap_or_else(Utc::now).trunc_subsecs(6)
    }

    /// Scheme, host and port.
    pub(crate) fn base_url(&self) -> &str {
        self.base_url
            .get_or_init(|| "http://forge.invalid".to_owned())
    }

    pub(crate) fn set_base_url(&self, url: String) {
        // Only the builder sets it, and before anyone asks.
        let _ = self.base_url.set(url);
    }

    /// Host and port.
    pub(crate) fn host(&self) -> &str {
        self.base_url().trim_start_matches("http://")
    }

    /// The folder of all repositories.
    pub(crate) fn root(&self) -> PathBuf {
        self.root.path().to_owned()
    }

    /// The name of a project's folder in it: its number, so that a rename moves nothing.
    pub(crate) fn folder(id: ProjectId) -> String {
        format!("{id}.git")
    }

    /// A project's repository, as it is on disk.
    pub(crate) fn stored_repository(&self, id: ProjectId) -> Repository {
        Repository::at(self.root.path().join(Self::folder(id)))
    }

    /// A project's repository, as readers see it: a fresh fork's may still look empty.
    pub(crate) async fn repository(&self, id: ProjectId) -> Result<Repository, Refusal> {
        let (ready, branch) = {
            let state = self.state();
            let project = state.projects.get(&id);
            let project = project.ok_or(Refusal::NotFound(What::Project))?;
            (project.is_ready(self.now()), project.default_branch.clone())
        };
        if ready {
            return Ok(self.stored_repository(id));
        }
        let empty = Repository::at(self.root.path().join(format!("empty-{id}.git")));
        if tokio::fs::metadata(empty.dir()).await.is_err() {
            empty.init(&branch).await?;
        }
        Ok(empty)
    }

    /// Until when a fork made now is not ready; `None` when it is at once.
    pub(crate) fn fork_ready_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (delay, _) = self.tuning().fork_delay?;
        Some(now + delay)
    }

    /// Whether a project is not to be found yet, being a fresh fork.
    pub(crate) fn still_missing(&self, project: &crate::state::Project) -> bool {
        let missing = matches!(self.tuning().fork_delay, Some((_, ForkDelay::Missing)));
        missing && !project.is_ready(self.now())
    }

    /// One writer at a time for each repository, whatever way it writes by.
    pub(crate) fn write_lock(&self, id: ProjectId) -> Arc<tokio::sync::Mutex<()>> {
        lock(&self.locks).entry(id).or_default().clone()
    }

    /// How a user signs commits made now.
    pub(crate) fn signature(&self, login: &str) -> Signature {
        let now = self.now();
        let state = self.state();
        match state.user(login) {
            Some(user) => {
                let name = user.name.as_deref().unwrap_or(&user.login);
                Signature::new(name, &user.email, now)
            }
            None => Signature::new(login, &format!("{login}@users.invalid"), now),
        }
    }
}
