//! Commit statuses and flags.

use chrono::{DateTime, Utc};

use super::{Access, ProjectId, Refusal, What};
use crate::hub::Hub;

/// One status of a commit, or one flag of a commit or pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The forge's own number for it.
    pub id: u64,
    /// The commit.
    pub sha: String,
    /// The state, in the forge's own word.
    pub state: String,
    /// Which check it is about: GitLab's name, Pagure's username.
    pub context: String,
    /// What there is to say; may be unset.
    pub description: Option<String>,
    /// Where there is more to read; may be unset.
    pub target_url: Option<String>,
    /// The login of who set it.
    pub creator: String,
    /// The branch or tag that it was said to be for (GitLab).
    pub reference: Option<String>,
    /// Test coverage or progress, 0 to 100 (GitLab, Pagure).
    pub percent: Option<String>,
    /// The client's own key, by which Pagure updates a flag rather than adding one.
    pub uid: Option<String>,
    /// The pull request, for a flag that belongs to one (Pagure).
    pub pull_request: Option<u64>,
    /// The pipeline that it was put in (GitLab).
    pub pipeline: Option<u64>,
    /// When it was first set.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it began to run, where the forge notes it (GitLab).
    pub started_at: Option<DateTime<Utc>>,
    /// When it came to its end, where the forge notes it (GitLab).
    pub finished_at: Option<DateTime<Utc>>,
}

/// A status to be set.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewStatus {
    pub(crate) sha: String,
    pub(crate) state: String,
    pub(crate) context: String,
    pub(crate) description: Option<String>,
    pub(crate) target_url: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) percent: Option<String>,
    pub(crate) uid: Option<String>,
    pub(crate) pull_request: Option<u64>,
    pub(crate) pipeline: Option<u64>,
}

impl Hub {
    /// Adds a status to the history of its commit. What the words mean, and which are refused, is the dialect's.
    pub(crate) fn add_status(
        &self,
        actor: &str,
        project: ProjectId,
        new: NewStatus,
    ) -> Result<Status, Refusal> {
        let now = self.now();
        let mut state = self.state();
        let found = state.projects.get(&project);
        let found = found.ok_or(Refusal::NotFound(What::Project))?;
        if !state.rules.statuses_from_anyone && !state.allows(Some(actor), found, Access::Write) {
            return Err(Refusal::Forbidden(What::Status));
        }
        let status = Status {
            id: state.new_id(),
            sha: new.sha,
            state: new.state,
            context: new.context,
            description: new.description,
            target_url: new.target_url,
            creator: actor.to_owned(),
            reference: new.reference,
            percent: new.percent,
            uid: new.uid,
            pull_request: new.pull_request,
            pipeline: new.pipeline,
            created_at: now,
            updated_at: now,
            started_at: None,
            finished_at: None,
        };
        let project = state.project_mut(project)?;
        project.statuses.push(status.clone());
        Ok(status)
    }
}

impl super::Project {
    /// All statuses of a commit, oldest first.
    pub fn statuses_of<'a>(&'a self, sha: &'a str) -> impl DoubleEndedIterator<Item = &'a Status> {
        self.statuses.iter().filter(move |status| status.sha == sha)
    }

    /// The newest status of each context of a commit, in the order in which the contexts were first used.
    #[must_use]
    pub fn latest_statuses(&self, sha: &str) -> Vec<&Status> {
        let mut latest: Vec<&Status> = Vec::new();
        for status in self.statuses.iter().filter(|status| status.sha == sha) {
            match latest
                .iter_mut()
                .find(|known| known.context == status.context)
            {
                Some(known) => *known = status,
                None => latest.push(status),
            }
        }
        latest
    }
}
