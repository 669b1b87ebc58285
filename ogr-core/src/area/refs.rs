//! Branches, tags and commits.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Error, Listing, Operation, Result};

/// A branch and the commit that it points at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Branch {
    /// Its name, without `refs/heads/`.
    pub name: String,
    /// The commit at its tip.
    pub sha: String,
    /// Whether it is protected.
    pub protected: Option<bool>,
}

impl Branch {
    /// A branch with the commit at its tip.
    pub fn new(name: impl Into<String>, sha: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            sha: sha.into(),
            protected: None,
        }
    }
}

/// A tag and the commit that it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tag {
    /// Its name, without `refs/tags/`.
    pub name: String,
    /// The commit: that of the tag object, where the tag is an annotated one.
    pub sha: String,
    /// The message of an annotated tag, where the answer carries it.
    pub message: Option<String>,
}

impl Tag {
    /// A tag with the commit that it stands for.
    pub fn new(name: impl Into<String>, sha: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            sha: sha.into(),
            message: None,
        }
    }
}

/// Who made a commit, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Signature {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// When.
    pub date: Option<DateTime<Utc>>,
}

impl Signature {
    /// A name and an e-mail address.
    pub fn new(name: impl Into<String>, email: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            email: email.into(),
            date: None,
        }
    }
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Commit {
    /// Its full name.
    pub sha: String,
    /// Its message.
    pub message: Option<String>,
    /// Who wrote it.
    pub author: Option<Signature>,
    /// Who committed it.
    pub committer: Option<Signature>,
    /// The commits before it, the first parent first.
    pub parents: Option<Vec<String>>,
    /// Its page.
    pub web_url: Option<String>,
}

impl Commit {
    /// A commit of which only the name is known.
    pub fn new(sha: impl Into<String>) -> Self {
        Self {
            sha: sha.into(),
            message: None,
            author: None,
            committer: None,
            parents: None,
            web_url: None,
        }
    }
}

/// What happened to a file between two commits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FileStatus {
    /// It is new.
    Added,
    /// Its content or mode changed.
    Modified,
    /// It is gone.
    Removed,
    /// It has another name.
    Renamed,
    /// A word of the forge that ogr does not know.
    Other(String),
}

/// A file that differs between two commits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangedFile {
    /// Its path; the old one where it is gone.
    pub path: String,
    /// Its path before, where that is another.
    pub previous_path: Option<String>,
    /// What happened to it.
    pub status: FileStatus,
    /// Lines that came.
    pub additions: Option<u64>,
    /// Lines that went.
    pub deletions: Option<u64>,
}

impl ChangedFile {
    /// A file, and what happened to it.
    pub fn new(path: impl Into<String>, status: FileStatus) -> Self {
        Self {
            path: path.into(),
            previous_path: None,
            status,
            additions: None,
            deletions: None,
        }
    }
}

/// How two commits differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comparison {
    /// The commits of the head that the base lacks, oldest first, as far as the answer holds them.
    pub commits: Vec<Commit>,
    /// How many commits that are, where the forge told.
    pub ahead_by: Option<u64>,
    /// How many commits of the base the head lacks, where the forge told.
    pub behind_by: Option<u64>,
    /// The files that differ; `None` where the forge's answer holds none.
    pub files: Option<Vec<ChangedFile>>,
    /// The commit where the two parted, where the forge told.
    pub merge_base: Option<String>,
}

/// The refs of a project.
///
/// ```
/// # async fn example(project: &dyn ogr_core::Project) -> ogr_core::Result<()> {
/// use ogr_core::ErrorKind;
///
/// let tag = project.refs().tag("v1.0").await?;
/// match project.refs().create_branch("f42", &tag.sha).await {
///     Err(error) if error.kind() == ErrorKind::AlreadyExists => println!("f42 is there already"),
///     other => println!("f42 is at {}", other?.sha),
/// }
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Refs: Send + Sync {
    /// The name of the default branch; `None` for an empty repository.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the project is not there.
    async fn default_branch(&self) -> Result<Option<String>>;

    /// All branches.
    fn branches(&self) -> Listing<Branch>;

    /// One branch.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) naming it when it is not there.
    async fn branch(&self, name: &str) -> Result<Branch>;

    /// All tags, with the commits that they stand for.
    fn tags(&self) -> Listing<Tag>;

    /// One tag, with the commit that it stands for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) naming it when it is not there.
    async fn tag(&self, name: &str) -> Result<Tag>;

    /// The commits that a branch, tag or commit leads to, newest first.
    ///
    /// The listing is `Unsupported` on Pagure.
    fn commits(&self, reference: &str) -> Listing<Commit>;

    /// One commit, by its full or abbreviated name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) naming it when it is not there.
    async fn commit(&self, sha: &str) -> Result<Commit>;

    /// Creates a branch at a commit (full name) or at the tip of another branch.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`](crate::ErrorKind::AlreadyExists) when there is a branch of that name;
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when `from` is not there.
    async fn create_branch(&self, name: &str, from: &str) -> Result<Branch>;

    /// How `head` differs from `base`; each a branch, tag or commit.
    ///
    /// # Errors
    ///
    /// `Unsupported` on Pagure, and on Gitea before 1.22.
    async fn compare(&self, base: &str, head: &str) -> Result<Comparison> {
        let _ = (base, head);
        Err(Error::unsupported(
            Operation::RefsCompare,
            "this forge's API cannot compare commits",
        ))
    }
}
