//! Releases.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Error, Listing, Operation, Result, User};

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Release {
    /// The tag that it stands on.
    pub tag: String,
    /// The forge's own id; GitLab and Pagure have none beside the tag.
    pub id: Option<String>,
    /// The title.
    #[doc(alias = "name")]
    pub title: Option<String>,
    /// The notes.
    #[doc(alias = "description")]
    pub body: Option<String>,
    /// Whether it is not published yet.
    pub draft: Option<bool>,
    /// Whether it is marked as not for everybody.
    pub prerelease: Option<bool>,
    /// Who made it.
    pub author: Option<User>,
    /// The commit of its tag, where the answer carries it (GitLab and Pagure); else ask
    /// [`Refs::tag`](crate::Refs::tag).
    pub sha: Option<String>,
    /// Its page.
    pub web_url: Option<String>,
    /// Where the source is to be had as `.tar.gz`.
    pub tarball_url: Option<String>,
    /// When it was created.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
}

impl Release {
    /// A release of which only the tag is known.
    pub fn new(tag: impl Into<String>) -> Self {
        Self {
            tag: tag.into(),
            id: None,
            title: None,
            body: None,
            draft: None,
            prerelease: None,
            author: None,
            sha: None,
            web_url: None,
            tarball_url: None,
            created_at: None,
            published_at: None,
        }
    }
}

/// A release to create.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewRelease {
    /// The tag. It is created at `target` when it is not there.
    pub tag: String,
    /// The title; the tag when `None`.
    pub title: Option<String>,
    /// The notes.
    pub body: String,
    /// The commit (full name) or branch that a new tag shall point at; the default branch when `None`.
    pub target: Option<String>,
    /// Whether it shall not be published yet. GitLab and Pagure cannot.
    pub draft: bool,
    /// Whether it is marked as not for everybody. GitLab and Pagure cannot.
    pub prerelease: bool,
}

impl NewRelease {
    /// A release of this tag.
    pub fn new(tag: impl Into<String>) -> Self {
        Self {
            tag: tag.into(),
            title: None,
            body: String::new(),
            target: None,
            draft: false,
            prerelease: false,
        }
    }

    /// Gives it a title.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Gives it notes.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// Says where a new tag shall point at.
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Does not publish it yet.
    #[must_use]
    pub fn draft(mut self) -> Self {
        self.draft = true;
        self
    }

    /// Marks it as not for everybody.
    #[must_use]
    pub fn prerelease(mut self) -> Self {
        self.prerelease = true;
        self
    }
}

/// What to change in a release; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReleaseChange {
    /// The new title.
    pub title: Option<String>,
    /// The new notes.
    pub body: Option<String>,
    /// Whether it is a draft.
    pub draft: Option<bool>,
    /// Whether it is a prerelease.
    pub prerelease: Option<bool>,
}

impl ReleaseChange {
    /// No change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the title.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Changes the notes.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Publishes it (`false`) or takes it back (`true`).
    #[must_use]
    pub fn draft(mut self, draft: bool) -> Self {
        self.draft = Some(draft);
        self
    }

    /// Marks it as not for everybody, or not.
    #[must_use]
    pub fn prerelease(mut self, prerelease: bool) -> Self {
        self.prerelease = Some(prerelease);
        self
    }
}

/// The releases of a project.
///
/// ```
/// # async fn example(project: &dyn ogr_core::Project) -> ogr_core::Result<()> {
/// if let Some(release) = project.releases().latest().await? {
///     println!("{}\n{}", release.tag, release.body.unwrap_or_default());
/// }
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Releases: Send + Sync {
    /// All releases, newest first. Drafts are among them for those who may see them.
    ///
    /// Pagure has no releases: its tags stand for them, in no promised order.
    fn list(&self) -> Listing<Release>;

    /// The release of a tag.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) naming the tag when there is none.
    async fn get(&self, tag: &str) -> Result<Release>;

    /// The newest published release that is no prerelease; `None` when there is none.
    ///
    /// # Errors
    ///
    /// `Unsupported` on Pagure, whose tags carry no time.
    async fn latest(&self) -> Result<Option<Release>>;

    /// Creates a release, and its tag where that is not there. On Pagure it creates the tag.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`](crate::ErrorKind::AlreadyExists) when the tag has a release;
    /// `Unsupported` for an option that the forge lacks.
    async fn create(&self, new: NewRelease) -> Result<Release>;

    /// Changes the release of a tag.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none; `Unsupported` on Pagure.
    async fn change(&self, tag: &str, change: ReleaseChange) -> Result<Release> {
        let _ = (tag, change);
        Err(Error::unsupported(
            Operation::ReleasesChange,
            "this forge's releases are its tags, which do not change",
        ))
    }

    /// Deletes the release of a tag. The tag stays.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none; `Unsupported` on Pagure.
    async fn delete(&self, tag: &str) -> Result<()> {
        let _ = tag;
        Err(Error::unsupported(
            Operation::ReleasesDelete,
            "this forge's API cannot delete releases",
        ))
    }
}
