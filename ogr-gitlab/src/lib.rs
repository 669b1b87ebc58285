//! The GitLab backend of ogr: gitlab.com and self-managed GitLab, over the REST API v4.
//!
//! Programs depend on the facade crate `ogr` and its registry; this crate is for those that want GitLab alone.
//!
//! ```no_run
//! use ogr_core::{Credential, Forge, PullRequestQuery, http::HttpConfig};
//! use ogr_gitlab::GitLab;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let token = Credential::token(std::env::var("GITLAB_TOKEN")?);
//! let gitlab = GitLab::at("https://gitlab.com".parse()?, Some(token), HttpConfig::default())?;
//! let project = gitlab.project(&"redhat/centos-stream/rpms/bash".parse()?)?;
//! for pull in project.pull_requests().list(PullRequestQuery::open()).collect_all().await? {
//!     println!("!{} {}", pull.number, pull.title);
//! }
//! # Ok(()) }
//! ```
//!
//! # Credentials
//!
//! Personal, project and group access tokens are a [`Credential::Token`](ogr_core::Credential::Token), the tokens of OAuth a
//! [`Bearer`](ogr_core::Credential::Bearer), that of a CI job a [`JobToken`](ogr_core::Credential::JobToken), which opens a
//! part of the API only. A user name and password serve git alone.
//!
//! # What differs
//!
//! - A merge request names the project of its head by a number. [`get`](ogr_core::PullRequests::get) asks for its path
//!   (one request more, for heads in forks that no answer told of in the last ten minutes); in lists, and in the answers
//!   to writes, such a head has no project. A list that is filtered by the head's project has it again: the number
//!   of that project is asked for once, and GitLab filters.
//! - Opening one from a fork takes the number of the target: one request more, remembered for ten minutes.
//! - A draft is one by its title. The title is given without the mark; a change of the title reads the merge request
//!   first, to keep the mark.
//! - [`Contents::commit`](ogr_core::Contents::commit) asks for the headers of each file that it puts, because GitLab wants to
//!   know whether it is there. An expected tip is compared before and after, not by GitLab itself.
//! - The latest status of a name counts. Setting the state that a pending or running status has already is refused by
//!   GitLab: that is success if text and address are the same too, else a conflict.
//! - Merge commit or fast-forward is a setting of the project: to ask for one of them costs a request, which reads it.

mod backend;
mod capabilities;
mod contents;
mod dialect;
mod endpoint;
mod forge;
mod forks;
mod memo;
mod paging;
mod project;
mod projects;
mod pull_requests;
mod refs;
mod releases;
mod statuses;
mod users;
mod wire;

pub use backend::GitLabBackend;
pub use forge::GitLab;
pub use project::GitLabProject;
