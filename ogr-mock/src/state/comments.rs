//! Comments, of issues and pull requests alike.

use chrono::{DateTime, Utc};

/// One comment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comment {
    /// The forge's own number for it.
    pub id: u64,
    /// The login of who wrote it.
    pub author: String,
    /// The text, in Markdown.
    pub body: String,
    /// Whether the forge wrote it by itself (GitLab's system notes, Pagure's notifications).
    pub system: bool,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was last edited.
    pub updated_at: DateTime<Utc>,
    /// The place in the change that it is about, if it is about one.
    pub place: Option<CommentPlace>,
}

/// The place in a change that a comment is about, as far as whoever wrote it said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CommentPlace {
    /// The commit.
    pub commit: Option<String>,
    /// The file.
    pub path: Option<String>,
    /// The line; a number but on Pagure, which takes anything.
    pub line: Option<String>,
    /// The tree (Pagure).
    pub tree: Option<String>,
}
