//! Releases.

use chrono::{DateTime, Utc};

/// A release of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Release {
    /// The forge's own number for it.
    pub id: u64,
    /// The tag; a draft's need not exist yet.
    pub tag: String,
    /// The title; may be unset.
    pub name: Option<String>,
    /// The text; may be unset.
    pub body: Option<String>,
    /// Where the tag was, or would be, made: a branch or a commit.
    pub target: String,
    /// Whether only the project's own people see it.
    pub draft: bool,
    /// Whether it is not for everyone yet.
    pub prerelease: bool,
    /// Whether it is never to be called the latest one (GitHub).
    pub never_latest: bool,
    /// The login of who made it.
    pub author: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stopped being a draft; `None` while it is one.
    pub published_at: Option<DateTime<Utc>>,
}
