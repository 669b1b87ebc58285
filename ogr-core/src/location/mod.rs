//! Where a project is: its address as people write it, and its path on its forge.
//!
//! A [`RepoUrl`] is read without knowing which forge answers at its host, and the meaning of its path depends on
//! just that: `a/b/c` is a nested group on GitLab, and no project at all on GitHub. So the parts between
//! the slashes are kept as they are, and [`RepoUrl::resolve`] splits them into a [`ProjectPath`] and
//! a [`Link`] once the [`ForgeKind`](crate::ForgeKind) is known.

mod link;
mod pages;
mod parse;
mod path;
mod repo_url;
#[cfg(test)]
mod tests;

pub use link::Link;
pub use path::ProjectPath;
pub use repo_url::{RepoUrl, Scheme};
