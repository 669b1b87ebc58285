//! Exactly one pull request for a head and a target.

use std::sync::Arc;

use futures_util::TryStreamExt;

use super::{
    lock,
    plan::{Change, Ensured, PlannedWrite, same_text},
};
use crate::{
    Error, ErrorKind, NewPullRequest, Operation, Outcome, Project, ProjectPath, PullRequest,
    PullRequestChange, PullRequestQuery, Result,
};

/// Has exactly one open pull request for a head and a target branch, with this title and text.
///
/// One head may have several pull requests, each into another branch.
///
/// # Errors
///
/// What the forge says.
pub async fn ensure_pull_request(
    target: Arc<dyn Project>,
    pull: NewPullRequest,
) -> Result<Ensured<PullRequest>> {
    EnsurePullRequest::on(target, pull).run().await
}

/// Which pull request to have, and on which project.
#[derive(Debug, Clone)]
pub struct EnsurePullRequest {
    target: Arc<dyn Project>,
    pull: NewPullRequest,
}

impl EnsurePullRequest {
    /// This pull request on this project.
    pub fn on(target: Arc<dyn Project>, pull: NewPullRequest) -> Self {
        Self { target, pull }
    }

    /// Looks for the pull request and says what is to be done.
    ///
    /// # Errors
    ///
    /// What the forge says.
    pub async fn plan(self) -> Result<PullRequestPlan> {
        let existing = self.find().await?;
        let change = existing
            .as_ref()
            .map(|existing| self.difference(existing))
            .unwrap_or_default();
        Ok(PullRequestPlan {
            place: self.head_project().to_string(),
            request: self,
            existing,
            change,
        })
    }

    /// The plan for a head whose project does not exist yet, which the plan calls `place`: nothing can be open for it, so
    /// nothing is asked.
    pub fn plan_unseen(self, place: impl Into<String>) -> PullRequestPlan {
        PullRequestPlan {
            place: place.into(),
            request: self,
            existing: None,
            change: PullRequestChange::new(),
        }
    }

    /// Plans and applies, alone in this process for this head and target.
    ///
    /// # Errors
    ///
    /// What the forge says.
    pub async fn run(self) -> Result<Ensured<PullRequest>> {
        let target = Arc::clone(&self.target);
        let thing = format!("pull request {}", self.key());
        let _alone = lock::hold(&*target, &thing).await;
        self.plan().await?.apply().await
    }

    fn key(&self) -> String {
        let head = self.head_project();
        format!("{head}:{} into {}", self.pull.head_branch, self.pull.target)
    }

    fn head_project(&self) -> &ProjectPath {
        self.pull
            .head_project
            .as_ref()
            .unwrap_or_else(|| self.target.path())
    }

    /// The open pull request of this head and target; the lowest number where a forge holds several.
    async fn find(&self) -> Result<Option<PullRequest>> {
        let query = PullRequestQuery::open()
            .target(&self.pull.target)
            .head(self.head_project().clone(), &self.pull.head_branch);
        let found: Vec<PullRequest> = self
            .target
            .pull_requests()
            .list(query)
            .try_collect()
            .await?;
        Ok(found.into_iter().min_by_key(|pull| pull.number))
    }

    fn difference(&self, existing: &PullRequest) -> PullRequestChange {
        let mut change = PullRequestChange::new();
        if !same_text(&existing.title, &self.pull.title) {
            change.title = Some(self.pull.title.clone());
        }
        if !same_text(
            existing.body.as_deref().unwrap_or_default(),
            &self.pull.body,
        ) {
            change.body = Some(self.pull.body.clone());
        }
        // What the forge did not tell is not known to differ: it is not written again on every run.
        if let (Some(wanted), Some(is)) = (self.pull.maintainer_edit, existing.maintainer_edit)
            && wanted != is
        {
            change.maintainer_edit = Some(wanted);
        }
        change
    }
}

/// What is to be done to have the pull request.
#[derive(Debug)]
pub struct PullRequestPlan {
    /// What the head's project is called.
    place: String,
    request: EnsurePullRequest,
    existing: Option<PullRequest>,
    change: PullRequestChange,
}

impl PullRequestPlan {
    /// The pull request, if it is there already.
    pub fn existing(&self) -> Option<&PullRequest> {
        self.existing.as_ref()
    }

    /// What applying it would come to.
    pub fn change(&self) -> Change {
        match &self.existing {
            None => Change::Created,
            Some(_) if self.change.is_empty() => Change::Unchanged,
            Some(_) => Change::Updated,
        }
    }

    /// The writes that are due.
    pub fn writes(&self) -> Vec<PlannedWrite> {
        let project = self.request.target.path();
        match (&self.existing, self.change()) {
            (Some(existing), Change::Updated) => vec![PlannedWrite::new(
                Change::Updated,
                format!(
                    "change the pull request {project}#{} to {:?}",
                    existing.number, self.request.pull.title
                ),
            )],
            (None, _) => vec![PlannedWrite::new(
                Change::Created,
                format!(
                    "open a pull request {:?} on {project} from {}:{} into {}",
                    self.request.pull.title,
                    self.place,
                    self.request.pull.head_branch,
                    self.request.pull.target
                ),
            )],
            _ => Vec::new(),
        }
    }

    /// Opens or changes the pull request, if anything is due.
    ///
    /// # Errors
    ///
    /// What the forge says.
    pub async fn apply(self) -> Result<Ensured<PullRequest>> {
        match self.existing {
            Some(existing) => self.request.update(existing, self.change).await,
            None => self.request.create().await,
        }
    }
}

impl EnsurePullRequest {
    async fn update(
        &self,
        existing: PullRequest,
        change: PullRequestChange,
    ) -> Result<Ensured<PullRequest>> {
        if change.is_empty() {
            return Ok(Ensured::new(existing, Change::Unchanged));
        }
        let pulls = self.target.pull_requests();
        let changed = pulls.change(existing.number, change).await?;
        Ok(Ensured::new(changed, Change::Updated))
    }

    async fn create(&self) -> Result<Ensured<PullRequest>> {
        let pulls = self.target.pull_requests();
        let created = match pulls.create(self.pull.clone()).await {
            Ok(created) => created,
            Err(error) => return self.settle(error).await,
        };
        if self
            .target
            .forge()
            .capabilities()
            .can(Operation::PullRequestsCreateUnique)
        {
            return Ok(Ensured::new(created, Change::Created));
        }
        self.yield_to_older(created).await
    }

    /// The forge says that it is there, or its answer was lost: look, and go on from what is there.
    async fn settle(&self, error: Error) -> Result<Ensured<PullRequest>> {
        let may_be_there =
            error.kind() == ErrorKind::AlreadyExists || error.outcome() == Outcome::Unknown;
        if !may_be_there {
            return Err(error);
        }
        let Some(existing) = self.find().await? else {
            return Err(error);
        };
        let change = self.difference(&existing);
        let lost_answer = error.kind() != ErrorKind::AlreadyExists;
        let settled = self.update(existing, change).await?;
        // It was not there when this began: whoever made it, most likely this very call.
        let change = match settled.change {
            Change::Unchanged if lost_answer => Change::Created,
            change => change,
        };
        Ok(Ensured::new(settled.value, change))
    }

    /// On a forge that takes a second pull request of the same head and target, the lowest number wins: whoever finds
    /// an older one closes its own.
    async fn yield_to_older(&self, mine: PullRequest) -> Result<Ensured<PullRequest>> {
        match self.find().await? {
            Some(older) if older.number < mine.number => {
                self.target.pull_requests().close(mine.number).await?;
                let change = self.difference(&older);
                self.update(older, change).await
            }
            _ => Ok(Ensured::new(mine, Change::Created)),
        }
    }
}
