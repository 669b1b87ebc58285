//! Projects: what a forge says of a repository, and the lists of them.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Error, Listing, Operation, Project, ProjectPath, Result};

/// Who can see a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Everybody who is signed in (GitLab; GitHub Enterprise: the enterprise).
    Internal,
    /// Members only.
    Private,
    /// The forge did not say.
    Unknown,
}

/// What the forge says of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[doc(alias = "repository")]
pub struct ProjectInfo {
    /// Where it is on the forge now. After a rename this differs from the path that was asked for.
    pub path: ProjectPath,
    /// The forge's own id.
    pub id: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The default branch; `None` for an empty repository, and where the answer does not tell
    /// (Pagure: ask [`Refs::default_branch`](crate::Refs::default_branch)).
    pub default_branch: Option<String>,
    /// Who can see it.
    pub visibility: Visibility,
    /// Its page.
    pub web_url: String,
    /// The address for git over HTTP.
    pub http_url: Option<String>,
    /// The address for git over ssh.
    pub ssh_url: Option<String>,
    /// Whether it is a fork.
    pub is_fork: Option<bool>,
    /// The project that it was forked from, where the answer names it.
    pub parent: Option<ProjectPath>,
    /// Whether it takes no writes any more.
    pub archived: Option<bool>,
    /// Whether the repository has no commit yet.
    pub empty: Option<bool>,
    /// `false` while the forge is still copying the repository.
    pub ready: Option<bool>,
    /// Whether the issue tracker is on.
    pub has_issues: Option<bool>,
    /// Whether pull requests are on.
    pub has_pull_requests: Option<bool>,
    /// How many pull requests are open.
    pub open_pull_requests: Option<u64>,
    /// When it was created.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
}

impl ProjectInfo {
    /// A project of which no more than its path and its page are known.
    pub fn new(path: ProjectPath, web_url: impl Into<String>) -> Self {
        Self {
            path,
            id: None,
            description: None,
            default_branch: None,
            visibility: Visibility::Unknown,
            web_url: web_url.into(),
            http_url: None,
            ssh_url: None,
            is_fork: None,
            parent: None,
            archived: None,
            empty: None,
            ready: None,
            has_issues: None,
            has_pull_requests: None,
            open_pull_requests: None,
            created_at: None,
            updated_at: None,
        }
    }
}

/// Whose projects to list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProjectQuery {
    /// Those of a group, organisation or namespace.
    Namespace(String),
    /// Those of a user, forks included.
    User(String),
}

impl ProjectQuery {
    /// The projects of a group, organisation or namespace.
    pub fn namespace(name: impl Into<String>) -> Self {
        Self::Namespace(name.into())
    }

    /// The projects of a user, forks included.
    pub fn user(login: impl Into<String>) -> Self {
        Self::User(login.into())
    }
}

/// A project to create.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewProject {
    /// Where to create it. Without a namespace it becomes the credential's user's own.
    pub path: ProjectPath,
    /// The description. Pagure demands one: the name is sent where it is empty.
    pub description: Option<String>,
    /// Whether only members may see it.
    pub private: bool,
    /// The default branch; the forge's own choice when `None`.
    pub default_branch: Option<String>,
    /// Whether the forge makes a first commit with a README, so that the repository is not empty.
    pub readme: bool,
}

impl NewProject {
    /// A public, empty project.
    pub fn new(path: ProjectPath) -> Self {
        Self {
            path,
            description: None,
            private: false,
            default_branch: None,
            readme: false,
        }
    }

    /// Describes it.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Hides it from all but its members.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// Names its default branch.
    #[must_use]
    pub fn default_branch(mut self, name: impl Into<String>) -> Self {
        self.default_branch = Some(name.into());
        self
    }

    /// Lets the forge make a first commit with a README.
    #[must_use]
    pub fn readme(mut self) -> Self {
        self.readme = true;
        self
    }
}

/// The projects of a forge.
///
/// ```
/// # async fn example(forge: &dyn ogr_core::Forge) -> ogr_core::Result<()> {
/// use futures_util::TryStreamExt;
/// use ogr_core::ProjectQuery;
///
/// let mut packages = forge.projects().list(ProjectQuery::namespace("rpms"));
/// while let Some(package) = packages.try_next().await? {
///     println!("{} {:?}", package.path, package.default_branch);
/// }
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Projects: Send + Sync {
    /// The projects of a namespace or user.
    ///
    /// The listing fails with [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such
    /// namespace or user, except on Pagure, which lists none then.
    fn list(&self, query: ProjectQuery) -> Listing<ProjectInfo>;

    /// Creates a project and gives the handle on it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`](crate::ErrorKind::AlreadyExists) when there is one at that path;
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) or
    /// [`ErrorKind::PermissionDenied`](crate::ErrorKind::PermissionDenied) for a namespace that is not there or not open to
    /// this credential; `Unsupported` for an option that the forge lacks.
    async fn create(&self, new: NewProject) -> Result<Arc<dyn Project>> {
        let _ = new;
        Err(Error::unsupported(
            Operation::ProjectsCreate,
            "this forge's API cannot create projects",
        ))
    }
}
