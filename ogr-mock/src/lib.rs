//! A pretend git forge that speaks four dialects, with real git behind it.
//!
//! [`MockForge`] is a GitHub, a GitLab, a Forgejo (or Gitea) or a Pagure for tests: a server on the
//! loopback interface, or the same handlers in process. What it answers is an independent reading of
//! each forge's API, oddities included: status codes, nulls, error texts, page caps, missing links.
//! Repositories are real bare ones, so that clones, pushes, diffs and merges are git's own.
//!
//! ```
//! use ogr_mock::{MockForge, ProjectSetup, PullRequestSetup};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let forge = MockForge::github().start().await?;
//! let token = forge.add_user("alice");
//! forge.add_group("rpms", &["alice"]);
//! forge.add_project("rpms/foo", ProjectSetup::default()).await?;
//! forge.commit("rpms/foo", "fix", "Fix it", &[("a.txt", Some("fixed\n"))]).await?;
//! let number = forge.pull_request("rpms/foo", PullRequestSetup::from_branch("fix")).await?;
//!
//! // Point the tool under test at `forge.api_url()` with `token`, then look at what it did:
//! assert_eq!(forge.find_pull_request("rpms/foo", number)?.head.branch, "fix");
//! assert_eq!(forge.count(), 0);
//! # let _ = token;
//! # Ok(())
//! # }
//! ```

// `json!` of the larger answers.
#![recursion_limit = "512"]

mod dialect;
mod fault;
mod forge;
mod git;
mod git_http;
mod handler;
mod hub;
mod record;
mod server;
mod state;

pub use dialect::Dialect;
pub use fault::Fault;
pub use forge::{Builder, MockError, MockForge};
pub use git::{CommitInfo, Signature};
pub use handler::Disconnected;
pub use hub::ForkDelay;
pub use record::Exchange;
pub use state::{
    Access, AutoMerge, Comment, Group, Head, Label, Mergeability, Project, ProjectId, ProjectSetup,
    PullRequest, PullRequestSetup, PullState, RateLimit, Release, State, Status, Token, TokenSetup,
    User,
};
