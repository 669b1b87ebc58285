//! git, over the `git` program: fetch a tip, put one commit on it, push it with a lease.
//!
//! It is for what a forge's API cannot do: Pagure's has no way to commit files, and most others cannot put a branch
//! on a given commit. Everything happens in a bare repository in a temporary folder, and nothing depends on the user's
//! own configuration: not on `~/.gitconfig`, not on hooks, not on `~/.netrc`, not on `GIT_*` variables
//! but those for certificates, proxies and ssh. git never asks for anything. It must be 2.32 or newer.
//!
//! # Where secrets go
//!
//! The [`GitCredential`](crate::GitCredential) of a [`Remote`] is handed over by a credential helper that answers for
//! the remote's origin alone: git asks it only when that origin wants a password, and a redirect to another origin
//! finds no answer. So redirects may stay on for the first request, as git has it (`http.followRedirects=initial`),
//! and a renamed repository is still found. The secret is in the environment of git's process, never on a command line, in an
//! URL, in a file or in an error. Over plain `http://` it goes to this machine only, or where
//! [`Git::plain_http_host`] allows.
//!
//! ```no_run
//! # async fn example(target: ogr_core::git::Remote, fork: ogr_core::git::Remote) -> ogr_core::Result<()> {
//! use ogr_core::{FileChange, Signature, git::Git};
//!
//! let repository = Git::new().repository().await?;
//! let tip = repository.fetch_branch(&target, "rawhide").await?.unwrap_or_default();
//! let head = repository.fetch_branch(&fork, "update").await?;
//! let tree = repository.tree_with(&tip, &[FileChange::put("foo.spec", "Name: foo\n")]).await?;
//! if let Some(head) = &head
//!     && repository.is_only_commit_on(head, &tip, &tree).await?
//! {
//!     return Ok(()); // It is there already.
//! }
//! let author = Signature::new("A Bot", "bot@example.org");
//! let sha = repository.commit(&tree, &[&tip], "Update to 1.2", &author, &author).await?;
//! repository.push_with_lease(&fork, &sha, "update", head.as_deref()).await?;
//! # Ok(()) }
//! ```

pub(crate) mod process;
mod refusal;
mod remote;
mod repository;
mod run;
#[cfg(test)]
mod tests;

pub use remote::Remote;
pub use repository::Repository;
pub use run::Git;
