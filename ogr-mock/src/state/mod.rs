//! What the forge knows: data and rules that no dialect owns.
//!
//! The data are plain structs in [`State`]; what takes git as well as data (opening or merging a pull
//! request, forking) are methods of `Hub`, each in the file of its area. They refuse with
//! a `Refusal`, and each dialect says it in its own words.

mod comments;
mod labels;
mod projects;
mod pull_request_actions;
mod pull_request_merge;
mod pull_requests;
mod releases;
mod rules;
mod statuses;
mod users;

use std::collections::BTreeMap;
use std::collections::HashMap;

pub use comments::{Comment, CommentPlace};
pub use labels::Label;
pub(crate) use projects::{ForkRequest, NewProject};
pub use projects::{Project, ProjectSetup};
pub(crate) use pull_request_actions::{NewPullRequest, PullRequestChange};
pub(crate) use pull_request_merge::{Merge, RefUpdate};
pub use pull_requests::{AutoMerge, Head, Mergeability, PullRequest, PullRequestSetup, PullState};
pub(crate) use pull_requests::{PullQuery, PullSort, PullStat};
pub use releases::Release;
pub(crate) use rules::{ForkNaming, Rules};
pub(crate) use statuses::NewStatus;
pub use statuses::Status;
pub(crate) use users::Account;
pub use users::{Access, Group, Token, TokenSetup, User};

use crate::git::GitError;

/// A project's number; it stays when the project is renamed.
pub type ProjectId = u64;

/// All that the forge knows, but for what is in the repositories.
///
/// A copy of it, for tests to look at, comes from [`MockForge::state`](crate::MockForge::state).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct State {
    /// The users by number.
    pub users: BTreeMap<u64, User>,
    /// The organisations, groups or namespaces by number.
    pub groups: BTreeMap<u64, Group>,
    /// The projects by number, forks included.
    pub projects: BTreeMap<ProjectId, Project>,
    /// The tokens by their secret.
    pub tokens: HashMap<String, Token>,
    /// Where projects used to be; their old paths lead to them until someone takes them.
    pub moved: BTreeMap<String, ProjectId>,
    /// How many requests may still be made, on forges that count them.
    pub rate_limit: RateLimit,
    /// Work that was put in a queue, by its id, on forges that tell how it went (Pagure).
    pub tasks: BTreeMap<String, Task>,
    pub(crate) rules: Rules,
    /// Paths to projects, kept beside the projects so that finding one costs no scan.
    paths: HashMap<String, ProjectId>,
    next_id: u64,
}

/// How many requests each user may make, on forges that count.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests an hour (GitLab: a minute) for a signed-in user.
    pub limit: u64,
    /// The same for an address without a credential.
    pub anonymous_limit: u64,
    /// What was used so far, by login; the empty login is the anonymous one.
    pub used: BTreeMap<String, u64>,
    /// When everything starts anew.
    pub resets_at: chrono::DateTime<chrono::Utc>,
}

/// Work that was put in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Task {
    /// When it is done, to those who ask.
    pub ready_at: chrono::DateTime<chrono::Utc>,
    /// Whether it came to what was wanted.
    pub successful: bool,
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Account,
    Project,
    Fork,
    Branch,
    /// The branch that a pull request comes from.
    HeadBranch,
    /// The branch that a pull request goes to.
    BaseBranch,
    Tag,
    Commit,
    PullRequest,
    Comment,
    Status,
    Release,
    Label,
}

/// Why the forge does not do it. Each dialect says it in its own words.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    /// There is none, or none that this caller may know of.
    NotFound(What),
    /// The caller may not.
    Forbidden(What),
    /// There is one already, with this number.
    AlreadyExists(What, u64),
    /// The head is in the base already: there is nothing to merge.
    NothingToMerge,
    /// Head and base share no history.
    NoCommonHistory,
    /// The head moved on: it is not the commit that the caller expected.
    HeadMoved { actual: String },
    /// The base and the head conflict.
    Conflict,
    /// Drafts are not merged.
    Draft,
    /// It is closed, and not merged.
    Closed,
    /// It was merged before.
    AlreadyMerged,
    /// The project has switched this part off.
    Disabled(What),
    /// The project takes no writes.
    Archived,
    /// The name is not a legal one.
    BadName(What),
    /// git failed in a way that nobody foresaw: a fault of the mock, said as a 500.
    Git(String),
}

impl From<GitError> for Refusal {
    fn from(error: GitError) -> Self {
        Self::Git(error.message)
    }
}

impl State {
    pub(crate) fn new(rules: Rules, now: chrono::DateTime<chrono::Utc>) -> Self {
        Self {
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            projects: BTreeMap::new(),
            tokens: HashMap::new(),
            moved: BTreeMap::new(),
            rate_limit: RateLimit {
                limit: rules.request_limits.0,
                anonymous_limit: rules.request_limits.1,
                used: BTreeMap::new(),
                resets_at: now + chrono::Duration::seconds(rules.request_limits.2),
            },
            tasks: BTreeMap::new(),
            rules,
            paths: HashMap::new(),
            next_id: 1000,
        }
    }

    /// A number that nothing else on this forge has: one that is taken for another is found out.
    pub(crate) fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}
