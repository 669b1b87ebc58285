//! One API over git forges: GitHub, GitLab, Forgejo (with Gitea) and Pagure.
//!
//! A program that reads projects, opens and updates pull requests, reports statuses or makes releases does not care which forge
//! does it. When the forge underneath changes, the program above does not.
//!
//! ```no_run
//! # async fn example() -> ogr::Result<()> {
//! use futures_util::TryStreamExt;
//! use ogr::{NewStatus, PullRequestQuery};
//!
//! let forges = ogr::from_env()?; // no network yet
//! let project = forges.project("https://src.fedoraproject.org/rpms/ogr").await?;
//! let mut open = project.pull_requests().list(PullRequestQuery::open());
//! while let Some(pull) = open.try_next().await? {
//!     println!("{} {}", pull.number, pull.title);
//!     if let Some(sha) = &pull.head.sha {
//!         let status = NewStatus::success("build").url("https://ci.example.org/7");
//!         project.statuses().set(sha, &status).await?;
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! Everything stands in `ogr-core`, and is re-exported here: the traits [`Forge`] and [`Project`], the [`area`]s, the
//! [`workflow`]s and the [`http`] transport. The backends come by feature (`github`, `gitlab`, `forgejo`, `pagure`; all on
//! by default).
//!
//! What each forge can and cannot do stands in `COMPATIBILITY.md`, and is asked for by [`Forge::capabilities`].

use std::sync::Arc;

#[doc(inline)]
pub use ogr_core::*;

#[cfg(feature = "forgejo")]
#[doc(inline)]
pub use ogr_forgejo as forgejo;
#[cfg(feature = "github")]
#[doc(inline)]
pub use ogr_github as github;
#[cfg(feature = "gitlab")]
#[doc(inline)]
pub use ogr_gitlab as gitlab;
#[cfg(feature = "pagure")]
#[doc(inline)]
pub use ogr_pagure as pagure;

use ogr_core::{http::HttpConfig, registry::Backend};

/// The backends that this build has.
pub fn backends() -> Vec<Arc<dyn Backend>> {
    vec![
        // Forgejo goes before the others: its probes tell it from Gitea, and both answer at a path of their own.
        #[cfg(feature = "forgejo")]
        Arc::new(ogr_forgejo::ForgejoBackend),
        #[cfg(feature = "pagure")]
        Arc::new(ogr_pagure::PagureBackend),
        #[cfg(feature = "gitlab")]
        Arc::new(ogr_gitlab::GitLabBackend),
        #[cfg(feature = "github")]
        Arc::new(ogr_github::GitHubBackend),
    ]
}

/// A registry of all backends of this build, with these credentials and this transport configuration.
pub fn registry(credentials: Credentials, config: HttpConfig) -> Registry {
    Registry::new(backends(), credentials, config)
}

/// A registry of all backends of this build, with the credentials of the environment: see [`Credentials::from_env`].
///
/// # Errors
///
/// [`ErrorKind::Config`] for a variable that holds no usable credential.
pub fn from_env() -> Result<Registry> {
    Ok(registry(Credentials::from_env()?, HttpConfig::default()))
}

/// A registry of all backends of this build, with the credentials that the forges' own tools keep: see
/// [`Credentials::discover`].
///
/// # Errors
///
/// [`ErrorKind::Config`] for a place that holds no usable credential.
pub async fn discover() -> Result<Registry> {
    Ok(registry(
        Credentials::discover().await?,
        HttpConfig::default(),
    ))
}
