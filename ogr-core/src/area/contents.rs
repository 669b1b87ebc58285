//! Files, folders and trees, and commits made through the API.

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Commit, Error, Operation, ProjectPath, Result, Signature};

/// What an entry of a folder is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A repository inside this one.
    Submodule,
    /// A word of the forge that ogr does not know.
    Other(String),
}

/// An entry of a folder or tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// Its path from the root of the repository.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Whether a file may be run.
    pub executable: Option<bool>,
    /// The size in bytes.
    pub size: Option<u64>,
    /// The name of the git object.
    pub sha: Option<String>,
}

impl Entry {
    /// An entry of which only the path and the kind are known.
    pub fn new(path: impl Into<String>, kind: EntryKind) -> Self {
        Self {
            path: path.into(),
            kind,
            executable: None,
            size: None,
            sha: None,
        }
    }
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileContent {
    /// Its path from the root of the repository.
    pub path: String,
    /// The content, byte for byte.
    pub bytes: Bytes,
    /// The name of the git object, where the answer carries it.
    pub sha: Option<String>,
}

impl FileContent {
    /// A file's content.
    pub fn new(path: impl Into<String>, bytes: Bytes) -> Self {
        Self {
            path: path.into(),
            bytes,
            sha: None,
        }
    }

    /// The content as text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when it is not UTF-8.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.bytes).map_err(|error| {
            Error::new(crate::ErrorKind::Decode, "the file is not UTF-8 text")
                .with_resource(self.path.clone())
                .with_source(error)
        })
    }
}

/// A tree of files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tree {
    /// All entries, folders included, in the forge's order.
    pub entries: Vec<Entry>,
    /// Whether the forge left entries out because there are too many.
    pub truncated: bool,
}

/// One change of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileChange {
    /// The file shall have this content, whether it was there before or not.
    Put {
        /// Its path from the root of the repository.
        path: String,
        /// Its content.
        bytes: Bytes,
        /// Whether it may be run; as before (or not, when new) when `None`.
        executable: Option<bool>,
    },
    /// The file shall be gone.
    Delete {
        /// Its path from the root of the repository.
        path: String,
    },
}

impl FileChange {
    /// The file shall have this content.
    pub fn put(path: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self::Put {
            path: path.into(),
            bytes: bytes.into(),
            executable: None,
        }
    }

    /// The file shall be gone.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::Delete { path: path.into() }
    }

    /// The path that changes.
    pub fn path(&self) -> &str {
        match self {
            FileChange::Put { path, .. } | FileChange::Delete { path } => path,
        }
    }
}

/// Where a commit goes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Onto {
    /// On top of what the branch has.
    Append {
        /// The commit that must be at the branch's tip; else nothing happens and the answer is a
        /// [`Conflict`](crate::ErrorKind::Conflict).
        expected: Option<String>,
    },
    /// On top of this commit, whatever the branch has; the branch is created when it is not there.
    Reset {
        /// The commit to stand on.
        sha: String,
        /// The branch that has this commit at its tip, for forges that go by branches.
        branch: String,
        /// The project that has the commit, where it is not this one: a fork's parent.
        project: Option<ProjectPath>,
    },
}

/// A commit to make through the API.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewCommit {
    /// The branch that gets it.
    pub branch: String,
    /// The message.
    pub message: String,
    /// What it stands on.
    pub onto: Onto,
    /// The changes, all made in the one commit.
    pub changes: Vec<FileChange>,
    /// Who wrote it; the credential's user when `None`.
    pub author: Option<Signature>,
}

impl NewCommit {
    /// A commit on top of what the branch has.
    pub fn append(branch: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            branch: branch.into(),
            message: message.into(),
            onto: Onto::Append { expected: None },
            changes: Vec::new(),
            author: None,
        }
    }

    /// Demands that the branch's tip is still this commit.
    #[must_use]
    pub fn expected(mut self, sha: impl Into<String>) -> Self {
        self.onto = Onto::Append {
            expected: Some(sha.into()),
        };
        self
    }

    /// Puts the branch on exactly this commit and the new one, whatever it had before.
    #[must_use]
    pub fn onto(mut self, onto: Onto) -> Self {
        self.onto = onto;
        self
    }

    /// Adds a change.
    #[must_use]
    pub fn change(mut self, change: FileChange) -> Self {
        self.changes.push(change);
        self
    }

    /// Names the author.
    #[must_use]
    pub fn author(mut self, author: Signature) -> Self {
        self.author = Some(author);
        self
    }
}

/// The files of a project.
///
/// Paths are relative to the root of the repository; a leading `./` or `/` is dropped. `at` is a
/// branch, a tag or a commit; the default branch when `None`.
///
/// ```
/// # async fn example(project: &dyn ogr_core::Project) -> ogr_core::Result<()> {
/// let names = [".packit.yaml", ".packit.yml", "packit.yaml", "packit.yml"];
/// if let Some(config) = project.contents().first_existing(&names, Some("rawhide")).await? {
///     println!("{}:\n{}", config.path, config.text()?);
/// }
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Contents: Send + Sync {
    /// Reads a file, byte for byte.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) naming the file and the ref;
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a folder, or a path with `..`.
    async fn read(&self, path: &str, at: Option<&str>) -> Result<FileContent>;

    /// The entries of a folder, in no promised order; `""` is the root.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such folder. The root of an
    /// empty repository lists nothing.
    async fn list(&self, path: &str, at: Option<&str>) -> Result<Vec<Entry>>;

    /// All files, in as few requests as the API allows (Pagure: one a folder).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the ref is not there.
    async fn tree(&self, at: Option<&str>) -> Result<Tree>;

    /// The first of these files that exists, in at most two requests for names in one folder.
    ///
    /// # Errors
    ///
    /// A missing file is no error; a missing ref or project is.
    async fn first_existing(&self, paths: &[&str], at: Option<&str>)
    -> Result<Option<FileContent>>;

    /// Commits changes to a branch.
    ///
    /// # Errors
    ///
    /// `Unsupported` on Pagure, and for [`Onto::Reset`] on Forgejo before 16 and on Gitea: push with
    /// [`git`](crate::git) there, or use [`workflow::ensure_commit`](crate::workflow::ensure_commit) which does;
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) when the branch's tip is not the expected commit.
    async fn commit(&self, new: NewCommit) -> Result<Commit> {
        let _ = new;
        Err(Error::unsupported(
            Operation::ContentsCommit,
            "this forge's API cannot commit files: push with git",
        ))
    }
}

/// The parts of a file's path, ready to be put into an address.
///
/// A leading `/` and parts that are `.` are dropped, as is a slash at the end.
///
/// # Errors
///
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for `..`, an empty part in the middle, or a NUL.
pub fn path_segments(path: &str) -> Result<Vec<&str>> {
    let invalid = |why: &str| {
        Err(Error::new(crate::ErrorKind::Invalid, why).with_resource(format!("{path:?}")))
    };
    let trimmed = path.trim_start_matches('/').trim_end_matches('/');
    let mut segments = Vec::new();
    if trimmed.is_empty() {
        return Ok(segments);
    }
    for segment in trimmed.split('/') {
        match segment {
            "." => {}
            "" => return invalid("the path of a file has an empty part"),
            ".." => return invalid("the path of a file may not climb"),
            other if other.contains('\0') => return invalid("the path of a file has a NUL in it"),
            other => segments.push(other),
        }
    }
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_or_refused() {
        assert_eq!(path_segments("./a/./b c/").unwrap(), ["a", "b c"]);
        assert_eq!(path_segments("/x#?%").unwrap(), ["x#?%"]);
        assert!(path_segments("").unwrap().is_empty());
        for bad in ["../x", "a/../b", "a//b", "a\0"] {
            assert!(path_segments(bad).is_err(), "{bad:?}");
        }
    }
}
