//! What programs really want done, on the traits alone.
//!
//! Each workflow is *convergent*: run twice, or resumed after a lost answer, it leaves one thing and not two. Each has two halves:
//! a plan, made from reads, that says which writes are due; and its application. A dry run prints the plans.
//!
//! ```
//! # async fn example(package: std::sync::Arc<dyn ogr_core::Project>) -> ogr_core::Result<()> {
//! use ogr_core::workflow::{EnsureFork, ensure_fork};
//!
//! // What would be done:
//! let plan = EnsureFork::of(package.clone()).plan().await?;
//! for write in plan.writes() {
//!     println!("would {write}");
//! }
//! // Doing it:
//! let fork = ensure_fork(package).await?;
//! println!("{} ({})", fork.value.path(), fork.change);
//! # Ok(()) }
//! ```

mod ensure_commit;
mod ensure_fork;
mod ensure_pull_request;
mod lock;
mod plan;
mod report;

pub use ensure_commit::{CommitPlan, EnsureCommit, EnsuredCommit, Route, ensure_commit};
pub use ensure_fork::{EnsureFork, ForkPlan, ensure_fork};
pub use ensure_pull_request::{EnsurePullRequest, PullRequestPlan, ensure_pull_request};
pub use plan::{Change, Ensured, PlannedWrite};
pub use report::{Report, ReportPlan, report};
