//! The repositories: real ones, driven by the `git` program.

pub(crate) mod backend;
mod changes;
mod commits;
mod files;
mod merge;
mod repository;
mod tree;

pub use changes::FileChange;
pub use commits::{CommitInfo, LogQuery, Signature};
pub(crate) use files::{Edit, FileAction, NewCommit};
pub(crate) use merge::{MergeMethod, MergeOutcome, MergeRequest};
pub(crate) use repository::{GitError, Repository};
pub use repository::{Ref, Tag};
pub(crate) use tree::{EntryKind, Object, TreeEntry};

/// The object name that git uses for "nothing", in pushes and ref updates.
pub(crate) const ZERO_SHA: &str = "0000000000000000000000000000000000000000";

/// Whether this is a full object name.
pub(crate) fn is_full_sha(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
