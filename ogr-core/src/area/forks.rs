//! Forks of a project.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Listing, Project, ProjectInfo, Result};

/// A fork to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewFork {
    /// The group or organisation to fork into; the credential's user when `None`.
    pub namespace: Option<String>,
    /// The name of the fork; the parent's when `None`.
    pub name: Option<String>,
}

impl NewFork {
    /// A fork of the same name, in the place of the credential's user.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forks into a group or organisation. Pagure cannot.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Gives the fork another name. Pagure cannot.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// The forks of a project.
///
/// To have a fork that is there and usable, whatever happened before, use
/// [`workflow::ensure_fork`](crate::workflow::ensure_fork).
///
/// ```
/// # async fn example(project: &dyn ogr_core::Project) -> ogr_core::Result<()> {
/// use ogr_core::NewFork;
///
/// let fork = match project.forks().find_mine().await? {
///     Some(fork) => fork,
///     None => project.forks().create(NewFork::new()).await?,
/// };
/// println!("{}", fork.path());
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Forks: Send + Sync {
    /// My fork of this project, found by its parent and not by its name: a project of mine that merely
    /// has the same name is none, and a fork that was renamed is one.
    ///
    /// # Errors
    ///
    /// Those of [`Users::whoami`](crate::Users::whoami).
    async fn find_mine(&self) -> Result<Option<Arc<dyn Project>>>;

    /// Forks the project. The forge may still be copying when this returns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`](crate::ErrorKind::AlreadyExists) when the fork, or something else of
    /// that name, is there.
    async fn create(&self, new: NewFork) -> Result<Arc<dyn Project>>;

    /// All forks of the project that this credential may see.
    fn list(&self) -> Listing<ProjectInfo>;
}
