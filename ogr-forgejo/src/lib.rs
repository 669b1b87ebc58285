//! The Forgejo and Gitea backend of ogr.
//!
//! It serves Forgejo from version 11 on, and Gitea as a flavour of it ([`ForgeKind::Gitea`](ogr_core::ForgeKind::Gitea)), by
//! the API below `/api/v1` that both publish as an OpenAPI document at `/swagger.v1.json` of every instance. What a release
//! answers beside its document was tried on running servers of versions 15 and 16.
//!
//! Programs use the facade crate `ogr`, and meet this crate through [`Forge`](ogr_core::Forge) and
//! [`Project`](ogr_core::Project) alone. By itself it is used like this:
//!
//! ```no_run
//! use ogr_core::{Credential, Forge, ForgeKind, Project, Result, http::HttpConfig, registry::Backend};
//! use ogr_forgejo::{Forgejo, ForgejoBackend};
//!
//! # async fn example() -> Result<()> {
//! let web = "https://codeberg.org".parse().expect("an address");
//! let instance = ForgejoBackend.instance(ForgeKind::Forgejo, web);
//! let forge = Forgejo::new(instance, Some(Credential::token("…")), HttpConfig::default())?;
//! let project = forge.project(&"forgejo/forgejo".parse()?)?;
//! if let Some(release) = project.releases().latest().await? {
//!     println!("{}", release.tag);
//! }
//! # Ok(()) }
//! ```

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
mod version;
mod wire;

pub use backend::ForgejoBackend;
pub use forge::Forgejo;
pub use project::ForgejoProject;
