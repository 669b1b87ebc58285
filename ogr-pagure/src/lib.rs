//! The Pagure backend of ogr: pagure.io, and Fedora's package sources before they move to Forgejo.
//!
//! A program that goes by URLs takes the facade crate `ogr`, which brings this backend with the others. Alone it is used so:
//!
//! ```
//! use futures_util::TryStreamExt;
//! use ogr_core::{Credential, Forge, NewStatus, Project, PullRequestQuery, http::HttpConfig};
//! use ogr_pagure::Pagure;
//!
//! # async fn example() -> ogr_core::Result<()> {
//! let web = "https://src.fedoraproject.org".parse().expect("an address");
//! let forge = Pagure::new(web, Some(Credential::token("…")), HttpConfig::default())?;
//! let package = forge.project(&"rpms/ogr".parse()?)?;
//! let mut open = package.pull_requests().list(PullRequestQuery::open().author("packit"));
//! while let Some(pull) = open.try_next().await? {
//!     println!("{} {}", pull.web_url, pull.title);
//!     if let Some(sha) = &pull.head.sha {
//!         package.statuses().set(sha, &NewStatus::pending("build")).await?;
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! # What is different here
//!
//! - **Forks** are not projects of their user: the fork that bob has of `rpms/foo` is `fork/bob/rpms/foo`, and nobody can have
//!   two. Pull requests are off in a new fork.
//! - **Private projects** are shown to nobody through most of the API, not even to their owner. [`Project::get`] and
//!   [`Project::exists`] find them all the same; all else answers [`NotFound`](ogr_core::ErrorKind::NotFound).
//! - **A second pull request** for the same head and target is opened without complaint: use
//!   [`workflow::ensure_pull_request`](ogr_core::workflow::ensure_pull_request).
//! - **Text is trimmed** by the forge: white space around titles, the texts of pull requests and descriptions of statuses does not stay.
//! - **Files** can be read and not written: push with [`git`](ogr_core::git).
//! - **Releases** are the tags.
//! - **Logins** are told apart by case when the forge filters by author.
//!
//! The full list is [`Forge::capabilities`], and the forge's own documentation is at `/api/0/` of each instance.
//!
//! # States of checks
//!
//! | set | kept by Pagure, and read back as |
//! | --- | --- |
//! | pending, running, unknown words | pending |
//! | success, warning | success |
//! | failure, action required | failure |
//! | error, neutral, timed out | error |
//! | canceled, skipped, stale | canceled |
//!
//! An instance may have further words of its own: these are read as [`CheckState::Other`](ogr_core::CheckState::Other).
//!
//! # Tokens
//!
//! A token carries rights of its own (`create_branch`, `commit_flag`, …): where one is missing, the answer is
//! [`PermissionDenied`](ogr_core::ErrorKind::PermissionDenied) and names it. A token may be tied to one project, and is then refused on
//! every other; all that this crate does takes a user's token, which is tied to none.
//!
//! [`Project::get`]: ogr_core::Project::get
//! [`Project::exists`]: ogr_core::Project::exists
//! [`Forge::capabilities`]: ogr_core::Forge::capabilities

mod backend;
mod capabilities;
mod contents;
mod dialect;
mod forge;
mod forks;
mod project;
mod projects;
mod pull_requests;
mod refs;
mod releases;
mod statuses;
mod users;
mod wire;

pub use backend::PagureBackend;
pub use forge::Pagure;
pub use project::PagureProject;
