//! A check's result on a commit, placed where the forge shows it, and updated rather than piled up.

use std::sync::Arc;

use super::{
    lock,
    plan::{Change, Ensured, PlannedWrite, same_text},
};
use crate::{CommitStatus, NewStatus, Project, PullRequest, Result, Side};

/// Has a status on a commit. What is there already, and the same, is not set again.
///
/// # Errors
///
/// What the forge says; [`ErrorKind::PermissionDenied`](crate::ErrorKind::PermissionDenied) without the right to set
/// statuses, which a program may well take for a warning.
pub async fn report(
    project: Arc<dyn Project>,
    sha: &str,
    status: NewStatus,
) -> Result<Ensured<CommitStatus>> {
    Report::on(project, sha, status).run().await
}

/// Which status to have, and on which commit.
#[derive(Debug, Clone)]
pub struct Report {
    project: Arc<dyn Project>,
    sha: String,
    status: NewStatus,
}

impl Report {
    /// This status on this commit of this project.
    pub fn on(project: Arc<dyn Project>, sha: impl Into<String>, status: NewStatus) -> Self {
        Self {
            project,
            sha: sha.into(),
            status,
        }
    }

    /// This status on the head of a pull request, on the side where the forge shows it. `None` when the
    /// answer did not name the head's commit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when the head's project has a path that no project can have.
    pub fn on_pull_request(
        target: Arc<dyn Project>,
        pull: &PullRequest,
        status: NewStatus,
    ) -> Result<Option<Self>> {
        let Some(sha) = &pull.head.sha else {
            return Ok(None);
        };
        let project = match (target.pull_requests().status_side(), &pull.head.project) {
            (Side::Head, Some(head)) if !head.is_same(target.path()) => {
                target.forge().project(head)?
            }
            _ => target,
        };
        Ok(Some(Self::on(project, sha, status)))
    }

    /// Reads the statuses that are there and says what is to be done.
    ///
    /// # Errors
    ///
    /// What the forge says.
    pub async fn plan(self) -> Result<ReportPlan> {
        let combined = self.project.statuses().combined(&self.sha).await?;
        let existing = combined
            .statuses
            .into_iter()
            .find(|status| status.context == self.status.context);
        let change = match &existing {
            None => Change::Created,
            Some(existing) if self.is_same(existing) => Change::Unchanged,
            Some(_) => Change::Updated,
        };
        Ok(ReportPlan {
            request: self,
            existing,
            change,
        })
    }

    /// The plan for a commit that does not exist yet: it can have no status, so nothing is asked.
    pub fn plan_unseen(self) -> ReportPlan {
        ReportPlan {
            request: self,
            existing: None,
            change: Change::Created,
        }
    }

    /// Plans and applies, alone in this process for this commit and context.
    ///
    /// # Errors
    ///
    /// Those of [`report`].
    pub async fn run(self) -> Result<Ensured<CommitStatus>> {
        let project = Arc::clone(&self.project);
        let thing = format!("status {} on {}", self.status.context, self.sha);
        let _alone = lock::hold(&*project, &thing).await;
        self.plan().await?.apply().await
    }

    fn is_same(&self, existing: &CommitStatus) -> bool {
        let kept = self.project.statuses().kept(&self.sha, &self.status);
        existing.state == kept.state
            && same_text(
                existing.description.as_deref().unwrap_or_default(),
                &kept.description,
            )
            && existing.url.as_deref().unwrap_or_default()
                == kept.url.as_deref().unwrap_or_default()
    }
}

/// What is to be done to have the status.
#[derive(Debug)]
pub struct ReportPlan {
    request: Report,
    existing: Option<CommitStatus>,
    change: Change,
}

impl ReportPlan {
    /// What applying it would come to.
    pub fn change(&self) -> Change {
        self.change
    }

    /// The writes that are due.
    pub fn writes(&self) -> Vec<PlannedWrite> {
        if self.change == Change::Unchanged {
            return Vec::new();
        }
        vec![PlannedWrite::new(
            self.change,
            format!(
                "set status {} to {} on {}@{}",
                self.request.status.context,
                self.request.status.state,
                self.request.project.path(),
                self.request.sha
            ),
        )]
    }

    /// Sets the status, if that is due.
    ///
    /// # Errors
    ///
    /// Those of [`report`].
    pub async fn apply(self) -> Result<Ensured<CommitStatus>> {
        if let (Change::Unchanged, Some(existing)) = (self.change, self.existing) {
            return Ok(Ensured::new(existing, Change::Unchanged));
        }
        let statuses = self.request.project.statuses();
        let set = statuses
            .set(&self.request.sha, &self.request.status)
            .await?;
        Ok(Ensured::new(set, self.change))
    }
}
