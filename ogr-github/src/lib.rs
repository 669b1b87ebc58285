//! The GitHub backend of ogr: github.com, GitHub Enterprise Cloud and GitHub Enterprise Server.
//!
//! Most programs come here through the facade crate `ogr`, which finds the forge behind an URL. By hand:
//!
//! ```no_run
//! use ogr_core::{Credential, Forge, ForgeKind, http::HttpConfig, registry::Backend};
//! use ogr_github::{GitHub, GitHubBackend};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let instance = GitHubBackend.instance(ForgeKind::GitHub, "https://github.com".parse()?);
//! let github = GitHub::new(instance, Some(Credential::token("ghp_…")), HttpConfig::default())?;
//! let project = github.project(&"packit/ogr".parse()?)?;
//! if let Some(release) = project.releases().latest().await? {
//!     println!("{}", release.tag);
//! }
//! # Ok(()) }
//! ```
//!
//! It follows GitHub's REST documentation, API version 2022-11-28, and needs none of the fields that version 2026-03-10
//! drops. What GitHub cannot do stands in its capabilities; where it behaves unlike the other forges, the methods say so:
//!
//! - A project's path is `OWNER/NAME`. A renamed project is followed; [`ProjectInfo::path`](ogr_core::ProjectInfo::path)
//!   tells its new place.
//! - What a credential may not see, and often what it may not write, GitHub answers with 404. A refused write is
//!   therefore followed by one read that tells "not there" from "not allowed".
//!
//! # Where octocrab is
//!
//! [`octocrab`](https://docs.rs/octocrab) carries the GraphQL API: its client runs on ogr's transport as on any tower
//! service, and writes and reads GraphQL's envelope (see `src/octocrab/`). REST calls are ogr's own requests, sent by the
//! transport directly. Sent through octocrab they would pass the same transport, and lose on the way what the transport
//! offers: shared reads, caps, the number of attempts, headers for paging. Its routes do not encode what is put in
//! them, and its models fail on nulls that GitHub sends.
//!
//! With the feature `octocrab`, `GitHub::octocrab()` gives an octocrab client on the same transport, for everything
//! that GitHub has and ogr does not know.

mod backend;
mod capabilities;
mod contents;
mod dialect;
mod forge;
mod forks;
mod octocrab;
mod project;
mod projects;
mod pull_requests;
mod refs;
mod releases;
mod statuses;
mod users;
mod wire;

pub use backend::GitHubBackend;
pub use forge::GitHub;
pub use project::GitHubProject;
