//! The core of ogr: traits, models, errors, transport and workflows over git forges.
//!
//! A program that talks to forges depends on the facade crate `ogr`, which brings the backends; this crate is what they
//! all share. It knows no forge. Reading order: [`Forge`] and [`Project`], then the [`area`]s, [`Error`],
//! [`Listing`], [`Capabilities`], [`RepoUrl`] and [`Registry`], then [`http`], the transport under all backends, and
//! [`workflow`], the things that programs really want done.
//!
//! ```
//! use ogr_core::{ErrorKind, Project};
//!
//! /// Tells which of these branches the project lacks, whatever forge it is on.
//! async fn missing(project: &dyn Project, branches: &[&str]) -> ogr_core::Result<Vec<String>> {
//!     let mut missing = Vec::new();
//!     for branch in branches {
//!         match project.refs().branch(branch).await {
//!             Ok(_) => {}
//!             Err(error) if error.kind() == ErrorKind::NotFound => missing.push((*branch).to_owned()),
//!             Err(error) => return Err(error),
//!         }
//!     }
//!     Ok(missing)
//! }
//! ```

pub mod area;
mod capability;
pub mod credentials;
mod decorator;
mod error;
mod forge;
pub mod git;

pub mod http;
mod listing;
pub mod location;
mod operation;
pub mod registry;
pub mod workflow;

pub use area::{
    contents::{Contents, Entry, EntryKind, FileChange, FileContent, NewCommit, Onto, Tree},
    forks::{Forks, NewFork},
    projects::{NewProject, ProjectInfo, ProjectQuery, Projects, Visibility},
    pull_requests::{
        Base, Comment, Head, Merge, MergeMethod, MergeOutcome, Mergeable, NewPullRequest,
        PullRequest, PullRequestChange, PullRequestQuery, PullRequestState, PullRequests, Side,
        StateFilter,
    },
    refs::{Branch, ChangedFile, Commit, Comparison, FileStatus, Refs, Signature, Tag},
    releases::{NewRelease, Release, ReleaseChange, Releases},
    statuses::{CheckState, CombinedStatus, CommitStatus, NewStatus, Statuses},
    users::{User, Users},
};
pub use capability::{Capabilities, Support};
pub use credentials::{Credential, Credentials};
pub use decorator::read_only::{ReadOnly, Refusal};
pub use error::{Error, ErrorKind, LimitHit, LimitKind, Outcome, Result};
pub use forge::{
    CallOptions, Forge, ForgeKind, GitCredential, GitTransport, Instance, Page, Project,
};
pub use listing::Listing;
pub use location::{Link, ProjectPath, RepoUrl};
pub use operation::Operation;
pub use registry::Registry;
