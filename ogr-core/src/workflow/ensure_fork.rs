//! A fork of mine that is there and usable.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    lock,
    plan::{Change, Ensured, PlannedWrite},
};
use crate::{Error, ErrorKind, NewFork, Operation, Outcome, Project, Result};

/// The time between two looks at a fork that is being copied, at first; it doubles up to [`LONGEST_LOOK`].
const FIRST_LOOK: Duration = Duration::from_millis(250);
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// Has a fork of a project that is there and usable: found by its parent, created where it is missing, and waited for.
///
/// # Errors
///
/// [`ErrorKind::NotReady`] when the forge does not finish copying in time; else what the forge says.
pub async fn ensure_fork(parent: Arc<dyn Project>) -> Result<Ensured<Arc<dyn Project>>> {
    EnsureFork::of(parent).run().await
}

/// How to have a fork of a project.
#[derive(Debug, Clone)]
pub struct EnsureFork {
    parent: Arc<dyn Project>,
    new: NewFork,
    patience: Duration,
}

impl EnsureFork {
    /// A fork of this project, in the place of the credential's user.
    pub fn of(parent: Arc<dyn Project>) -> Self {
        Self {
            parent,
            new: NewFork::new(),
            patience: Duration::from_secs(120),
        }
    }

    /// Creates it so, if it is missing. A fork that is there is taken as it is.
    #[must_use]
    pub fn create_as(mut self, new: NewFork) -> Self {
        self.new = new;
        self
    }

    /// Waits this long for the forge to finish copying. Default: 120 s.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Looks for the fork and says what is to be done.
    ///
    /// # Errors
    ///
    /// What the forge says.
    pub async fn plan(self) -> Result<ForkPlan> {
        let existing = self.parent.forks().find_mine().await?;
        Ok(ForkPlan {
            request: self,
            existing,
        })
    }

    /// Plans and applies, alone in this process for this parent.
    ///
    /// # Errors
    ///
    /// Those of [`ensure_fork`].
    pub async fn run(self) -> Result<Ensured<Arc<dyn Project>>> {
        let parent = Arc::clone(&self.parent);
        let _alone = lock::hold(&*parent, "my fork").await;
        self.plan().await?.apply().await
    }
}

/// What is to be done to have a fork.
#[derive(Debug)]
pub struct ForkPlan {
    request: EnsureFork,
    existing: Option<Arc<dyn Project>>,
}

impl ForkPlan {
    /// The fork, if it is there already.
    pub fn existing(&self) -> Option<&Arc<dyn Project>> {
        self.existing.as_ref()
    }

    /// The writes that are due.
    pub fn writes(&self) -> Vec<PlannedWrite> {
        match &self.existing {
            Some(_) => Vec::new(),
            None => vec![PlannedWrite::new(
                Change::Created,
                format!("fork {}", self.request.parent.path()),
            )],
        }
    }

    /// Creates the fork if it is missing, and waits until it is usable.
    ///
    /// # Errors
    ///
    /// Those of [`ensure_fork`].
    pub async fn apply(self) -> Result<Ensured<Arc<dyn Project>>> {
        let ensured = match self.existing {
            Some(fork) => Ensured::new(fork, Change::Unchanged),
            None => Ensured::new(self.request.create().await?, Change::Created),
        };
        self.request.wait_for(&*ensured.value).await?;
        Ok(ensured)
    }
}

impl EnsureFork {
    async fn create(&self) -> Result<Arc<dyn Project>> {
        let error = match self.parent.forks().create(self.new.clone()).await {
            Ok(fork) => return Ok(fork),
            Err(error) => error,
        };
        // Somebody was faster, or the answer to our own request was lost: either way the fork may be there.
        if error.kind() == ErrorKind::AlreadyExists || error.outcome() == Outcome::Unknown {
            let until = Instant::now() + self.patience;
            let mut pause = FIRST_LOOK;
            loop {
                if let Some(fork) = self.parent.forks().find_mine().await? {
                    return Ok(fork);
                }
                // A name that is taken by something else stays taken: no use in waiting.
                if error.kind() == ErrorKind::AlreadyExists || Instant::now() + pause > until {
                    break;
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_LOOK);
            }
        }
        Err(error)
    }

    /// Waits until the fork has the branches that its parent has: forges answer before they have copied.
    async fn wait_for(&self, fork: &dyn Project) -> Result<()> {
        let until = Instant::now() + self.patience;
        let mut pause = FIRST_LOOK;
        loop {
            match self.is_usable(fork).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
            if Instant::now() + pause > until {
                return Err(Error::new(
                    ErrorKind::NotReady,
                    format!(
                        "the forge has not finished copying the fork within {} s",
                        self.patience.as_secs()
                    ),
                )
                .with_operation(Operation::ForksCreate)
                .with_resource(fork.path().to_string()));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_LOOK);
        }
    }

    async fn is_usable(&self, fork: &dyn Project) -> Result<bool> {
        if fork.refs().branches().first().await?.is_some() {
            return Ok(true);
        }
        // A fork of an empty project is empty for good.
        Ok(self.parent.refs().branches().first().await?.is_none())
    }
}
