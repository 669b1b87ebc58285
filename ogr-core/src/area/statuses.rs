//! Commit statuses: what checks say of a commit.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Listing, Result, User};

/// The state of a check: the superset of what the forges know.
///
/// Each backend documents the total map to and from its forge's words. Reading never fails: a word that is
/// not known becomes [`CheckState::Other`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CheckState {
    /// It waits to be run.
    Pending,
    /// It runs.
    Running,
    /// It went well.
    Success,
    /// It found something wrong.
    Failure,
    /// It could not do its work.
    Error,
    /// It says neither yes nor no.
    Neutral,
    /// It was stopped.
    Canceled,
    /// It was left out.
    Skipped,
    /// It went well, with something to look at.
    Warning,
    /// It waits for a person.
    ActionRequired,
    /// It took too long.
    TimedOut,
    /// It was given up as too old.
    Stale,
    /// A word of the forge that ogr does not know.
    Other(String),
}

impl CheckState {
    /// All states that have a name of their own.
    pub const ALL: &'static [CheckState] = &[
        CheckState::Pending,
        CheckState::Running,
        CheckState::Success,
        CheckState::Failure,
        CheckState::Error,
        CheckState::Neutral,
        CheckState::Canceled,
        CheckState::Skipped,
        CheckState::Warning,
        CheckState::ActionRequired,
        CheckState::TimedOut,
        CheckState::Stale,
    ];

    /// The state's name.
    pub fn as_str(&self) -> &str {
        match self {
            CheckState::Pending => "pending",
            CheckState::Running => "running",
            CheckState::Success => "success",
            CheckState::Failure => "failure",
            CheckState::Error => "error",
            CheckState::Neutral => "neutral",
            CheckState::Canceled => "canceled",
            CheckState::Skipped => "skipped",
            CheckState::Warning => "warning",
            CheckState::ActionRequired => "action_required",
            CheckState::TimedOut => "timed_out",
            CheckState::Stale => "stale",
            CheckState::Other(word) => word,
        }
    }

    /// Whether nothing more is to come. An unknown word is not taken for an end.
    pub fn is_final(&self) -> bool {
        !matches!(
            self,
            CheckState::Pending | CheckState::Running | CheckState::Other(_)
        )
    }

    /// The rank for combining: the lowest wins.
    fn rank(&self) -> u8 {
        match self {
            CheckState::Error => 0,
            CheckState::Failure => 1,
            CheckState::TimedOut => 2,
            CheckState::Canceled => 3,
            CheckState::ActionRequired => 4,
            CheckState::Stale => 5,
            CheckState::Other(_) => 6,
            CheckState::Running => 7,
            CheckState::Pending => 8,
            CheckState::Warning => 9,
            CheckState::Success => 10,
            CheckState::Neutral => 11,
            CheckState::Skipped => 12,
        }
    }
}

impl std::fmt::Display for CheckState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A status that a commit has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[doc(alias = "flag")]
pub struct CommitStatus {
    /// What it is the status of; a later status of the same context replaces it.
    #[doc(alias = "name")]
    pub context: String,
    /// The state.
    pub state: CheckState,
    /// A short text for people.
    pub description: Option<String>,
    /// Where to read more. Forgejo may give a relative one.
    pub url: Option<String>,
    /// The commit, where the answer names it.
    pub sha: Option<String>,
    /// The forge's own id (Pagure: the uid, which only the answer to a write tells).
    pub id: Option<String>,
    /// Who set it.
    pub creator: Option<User>,
    /// When it was first set.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last set.
    pub updated_at: Option<DateTime<Utc>>,
}

impl CommitStatus {
    /// A status of which only the context and the state are known.
    pub fn new(context: impl Into<String>, state: CheckState) -> Self {
        Self {
            context: context.into(),
            state,
            description: None,
            url: None,
            sha: None,
            id: None,
            creator: None,
            created_at: None,
            updated_at: None,
        }
    }
}

/// The statuses of a commit, one for each context, and what they amount to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CombinedStatus {
    /// What they amount to; `None` when there is no status at all.
    pub state: Option<CheckState>,
    /// The newest status of each context.
    pub statuses: Vec<CommitStatus>,
}

impl CombinedStatus {
    /// Combines a commit's statuses, given newest first: the newest of each context counts, and the worst of those wins.
    ///
    /// The order is error, failure, timed out, canceled, action required, stale, unknown words, running, pending,
    /// warning, success, neutral, skipped. It is the same on every forge.
    pub fn of_newest_first(statuses: impl IntoIterator<Item = CommitStatus>) -> Self {
        let mut newest: Vec<CommitStatus> = Vec::new();
        for status in statuses {
            if !newest.iter().any(|seen| seen.context == status.context) {
                newest.push(status);
            }
        }
        Self {
            state: newest
                .iter()
                .map(|status| &status.state)
                .min_by_key(|state| state.rank())
                .cloned(),
            statuses: newest,
        }
    }
}

/// A status to set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewStatus {
    /// What it is the status of. Setting the same context again replaces the status.
    pub context: String,
    /// The state.
    pub state: CheckState,
    /// A short text for people; cut to what the forge takes (GitHub: 140 characters).
    pub description: String,
    /// Where to read more. Pagure demands one: the commit's page is sent where it is missing.
    pub url: Option<String>,
    /// The branch that the commit is on, for GitLab, which else may put the status on another pipeline.
    pub branch: Option<String>,
}

impl NewStatus {
    /// A status of this state.
    pub fn new(context: impl Into<String>, state: CheckState) -> Self {
        Self {
            context: context.into(),
            state,
            description: String::new(),
            url: None,
            branch: None,
        }
    }

    /// A check that went well.
    pub fn success(context: impl Into<String>) -> Self {
        Self::new(context, CheckState::Success)
    }

    /// A check that found something wrong.
    pub fn failure(context: impl Into<String>) -> Self {
        Self::new(context, CheckState::Failure)
    }

    /// A check that waits to be run.
    pub fn pending(context: impl Into<String>) -> Self {
        Self::new(context, CheckState::Pending)
    }

    /// Adds a short text for people.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// Says where to read more.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Names the branch that the commit is on.
    #[must_use]
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = Some(branch.into());
        self
    }

    /// The description, cut to `limit` characters with an ellipsis.
    pub fn short_description(&self, limit: usize) -> String {
        if self.description.chars().count() <= limit {
            return self.description.clone();
        }
        let mut short: String = self
            .description
            .chars()
            .take(limit.saturating_sub(1))
            .collect();
        short.push('…');
        short
    }
}

/// The statuses of a project's commits.
///
/// To report a check so that it updates rather than piles up, use [`workflow::report`](crate::workflow::report).
///
/// ```
/// # async fn example(project: &dyn ogr_core::Project, sha: &str) -> ogr_core::Result<()> {
/// use ogr_core::NewStatus;
///
/// let status = NewStatus::success("rpm-build").description("all good").url("https://ci.example.org/7");
/// project.statuses().set(sha, &status).await?;
/// let combined = project.statuses().combined(sha).await?;
/// println!("{:?}", combined.state);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Statuses: Send + Sync {
    /// Sets a status on a commit, named in full. Setting the same again leaves one status, not two.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PermissionDenied`](crate::ErrorKind::PermissionDenied) without the right to;
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the commit is not there, where the forge checks that.
    async fn set(&self, sha: &str, status: &NewStatus) -> Result<CommitStatus>;

    /// The statuses of a commit, newest first where the forge keeps their history.
    fn list(&self, sha: &str) -> Listing<CommitStatus>;

    /// The status as this forge will keep it: with the state that it maps to, the description cut, and an address
    /// where it demands one. A program that compares what is there with what it would set compares with this.
    fn kept(&self, sha: &str, status: &NewStatus) -> NewStatus;

    /// What the statuses of a commit amount to.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the commit is not there, where the forge checks that.
    async fn combined(&self, sha: &str) -> Result<CombinedStatus>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_each_context_counts_and_the_worst_wins() {
        let statuses = [
            CommitStatus::new("build", CheckState::Success),
            CommitStatus::new("test", CheckState::Pending),
            CommitStatus::new("build", CheckState::Error),
        ];
        let combined = CombinedStatus::of_newest_first(statuses);
        assert_eq!(combined.state, Some(CheckState::Pending));
        assert_eq!(combined.statuses.len(), 2);
        assert_eq!(CombinedStatus::of_newest_first([]).state, None);
    }

    #[test]
    fn descriptions_are_cut_at_a_character() {
        let status = NewStatus::success("x").description("ä".repeat(150));
        let short = status.short_description(140);
        assert_eq!(short.chars().count(), 140);
        assert!(short.ends_with('…'));
    }
}
