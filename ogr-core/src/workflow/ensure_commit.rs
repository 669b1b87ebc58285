//! A branch that is exactly one commit ahead of another, with these files.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    lock,
    plan::{Change, PlannedWrite, same_text},
};
use crate::{
    Commit, Error, ErrorKind, FileChange, GitTransport, NewCommit, Onto, Operation, Project,
    Result, Signature,
    git::{Git, Remote, Repository},
};

/// Has a branch that is exactly one commit on top of another branch's commit.
///
/// # Errors
///
/// Those of [`EnsureCommit::plan`] and [`CommitPlan::apply`].
pub async fn ensure_commit(request: EnsureCommit) -> Result<EnsuredCommit> {
    request.run().await
}

/// Which branch to have on which commit.
///
/// ```
/// # async fn example(
/// #     target: std::sync::Arc<dyn ogr_core::Project>, fork: std::sync::Arc<dyn ogr_core::Project>,
/// # ) -> ogr_core::Result<()> {
/// use ogr_core::{FileChange, Signature, workflow::EnsureCommit};
///
/// let base = target.refs().branch("rawhide").await?;
/// let request = EnsureCommit::on(fork, "rawhide-update", Signature::new("A Bot", "bot@example.org"))
///     .top_of(target, "rawhide", base.sha)
///     .message("Update to 1.1")
///     .change(FileChange::put("foo.spec", "Version: 1.1\n"));
/// let done = request.run().await?;
/// println!("{} {:?}", done.change, done.sha);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct EnsureCommit {
    project: Arc<dyn Project>,
    branch: String,
    author: Signature,
    base: Option<Base>,
    message: String,
    changes: Vec<FileChange>,
}

/// What the commit stands on.
#[derive(Debug, Clone)]
struct Base {
    project: Arc<dyn Project>,
    branch: String,
    sha: String,
}

/// How the commit gets there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Route {
    /// Through the forge's file API.
    Api,
    /// By `git push --force-with-lease`.
    Git,
}

/// A branch that is now as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnsuredCommit {
    /// The commit at its tip; `None` when the base has the files as they should be already, so that there is nothing to commit.
    pub sha: Option<String>,
    /// What it took.
    pub change: Change,
    /// How it was done, or would have been.
    pub route: Route,
}

impl EnsureCommit {
    /// This branch of this project, written by this author.
    pub fn on(project: Arc<dyn Project>, branch: impl Into<String>, author: Signature) -> Self {
        Self {
            project,
            branch: branch.into(),
            author,
            base: None,
            message: String::new(),
            changes: Vec::new(),
        }
    }

    /// On top of this commit, which is the tip of that branch of that project.
    #[must_use]
    pub fn top_of(
        mut self,
        project: Arc<dyn Project>,
        branch: impl Into<String>,
        sha: impl Into<String>,
    ) -> Self {
        self.base = Some(Base {
            project,
            branch: branch.into(),
            sha: sha.into(),
        });
        self
    }

    /// With this message.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// With this change.
    #[must_use]
    pub fn change(mut self, change: FileChange) -> Self {
        self.changes.push(change);
        self
    }

    /// Reads what is there and says what is to be done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] without a base or a change; [`ErrorKind::Conflict`] when the base's branch has moved on from the
    /// commit; what the forge and git say.
    pub async fn plan(self) -> Result<CommitPlan> {
        let capabilities = self.project.forge().resolve_capabilities().await?;
        if capabilities.can(Operation::ContentsCommitReset) {
            self.plan_api().await
        } else {
            self.plan_git().await
        }
    }

    /// The plan for a project that does not exist yet, which the plan calls `place`: the branch cannot be there, so nothing is
    /// asked.
    pub fn plan_unseen(self, place: impl Into<String>) -> CommitPlan {
        CommitPlan {
            request: self,
            found: Found {
                tip: None,
                change: Change::Created,
                nothing: false,
            },
            way: Way::Unseen {
                place: place.into(),
            },
        }
    }

    /// Plans and applies, alone in this process for this branch.
    ///
    /// # Errors
    ///
    /// Those of [`plan`](Self::plan) and [`CommitPlan::apply`].
    pub async fn run(self) -> Result<EnsuredCommit> {
        let project = Arc::clone(&self.project);
        let thing = format!("branch {}", self.branch);
        let _alone = lock::hold(&*project, &thing).await;
        self.plan().await?.apply().await
    }

    fn base(&self) -> Result<&Base> {
        if self.changes.is_empty() {
            return Err(self.error(ErrorKind::Invalid, "there is no change to commit"));
        }
        self.base
            .as_ref()
            .ok_or_else(|| self.error(ErrorKind::Invalid, "there is no commit to stand on"))
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        Error::new(kind, why)
            .with_operation(Operation::ContentsCommit)
            .with_resource(format!("{} branch {}", self.project.path(), self.branch))
    }
}

/// What was found where the commit shall be.
#[derive(Debug)]
struct Found {
    tip: Option<String>,
    change: Change,
    /// The base has the files as they should be already.
    nothing: bool,
}

#[derive(Debug)]
enum Way {
    Api,
    Git(Box<Prepared>),
    Unseen { place: String },
}

/// A local repository that has the base and knows the tree.
#[derive(Debug)]
struct Prepared {
    repository: Repository,
    remote: Remote,
    tree: String,
}

/// What is to be done to have the commit.
#[derive(Debug)]
pub struct CommitPlan {
    request: EnsureCommit,
    found: Found,
    way: Way,
}

impl CommitPlan {
    /// What applying it would come to.
    pub fn change(&self) -> Change {
        self.found.change
    }

    /// The commit at the branch's tip now, if there is such a branch.
    pub fn tip(&self) -> Option<&str> {
        self.found.tip.as_deref()
    }

    /// Whether there is nothing to commit, because the base has the files as they should be.
    pub fn is_empty(&self) -> bool {
        self.found.nothing
    }

    /// The writes that are due.
    pub fn writes(&self) -> Vec<PlannedWrite> {
        if self.found.change == Change::Unchanged || self.found.nothing {
            return Vec::new();
        }
        let paths: Vec<&str> = self.request.changes.iter().map(FileChange::path).collect();
        let path = self.request.project.path().to_string();
        let (how, place) = match &self.way {
            Way::Api => ("commit", &path),
            Way::Git(_) => ("push a commit", &path),
            Way::Unseen { place } => ("put a commit", place),
        };
        vec![PlannedWrite::new(
            self.found.change,
            format!(
                "{how} {:?} of {} to branch {} of {place}",
                self.request.message.lines().next().unwrap_or_default(),
                paths.join(", "),
                self.request.branch,
            ),
        )]
    }

    /// Makes the commit, if that is due.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when somebody else has moved the branch in the meantime; what the forge and git say.
    pub async fn apply(self) -> Result<EnsuredCommit> {
        let route = match self.way {
            Way::Git(_) => Route::Git,
            Way::Api | Way::Unseen { .. } => Route::Api,
        };
        let done = |sha, change, route| Ok(EnsuredCommit { sha, change, route });
        if self.found.nothing {
            return done(None, Change::Unchanged, route);
        }
        if self.found.change == Change::Unchanged {
            return done(self.found.tip, Change::Unchanged, route);
        }
        match self.way {
            Way::Git(prepared) => {
                let sha = self
                    .request
                    .push(&prepared, self.found.tip.as_deref())
                    .await?;
                done(Some(sha), self.found.change, Route::Git)
            }
            Way::Unseen { .. } => {
                let plan = self.request.plan().await?;
                // What was unseen has been looked at now, so that this ends.
                Box::pin(plan.apply()).await
            }
            Way::Api => match self.request.commit_by_api().await {
                Ok(commit) => done(Some(commit.sha), self.found.change, Route::Api),
                // What depends on the version or the state of the fork may turn out not to be possible.
                Err(error) if error.kind() == ErrorKind::Unsupported => {
                    let plan = self.request.plan_git().await?;
                    Box::pin(plan.apply()).await
                }
                Err(error) => Err(error),
            },
        }
    }
}

/// Through the forge's API.
impl EnsureCommit {
    async fn plan_api(self) -> Result<CommitPlan> {
        let base = self.base()?.clone();
        let tip = match self.project.refs().branch(&self.branch).await {
            Ok(branch) => Some(branch.sha),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        let change = match &tip {
            None => Change::Created,
            Some(tip) if self.is_there(tip, &base.sha).await? => Change::Unchanged,
            Some(_) => Change::Updated,
        };
        let nothing =
            change != Change::Unchanged && self.has_all(&*base.project, &base.sha).await?;
        Ok(CommitPlan {
            request: self,
            found: Found {
                tip,
                change,
                nothing,
            },
            way: Way::Api,
        })
    }

    /// Whether the commit is the one that shall be there: on the base, with the message, the files and no others.
    async fn is_there(&self, tip: &str, base: &str) -> Result<bool> {
        let commit = self.project.refs().commit(tip).await?;
        if commit.parents.as_deref() != Some(&[base.to_owned()])
            || !same_text(commit.message.as_deref().unwrap_or_default(), &self.message)
        {
            return Ok(false);
        }
        let comparison = self.project.refs().compare(base, tip).await?;
        let only_ours = comparison
            .files
            .unwrap_or_default()
            .iter()
            .all(|file| self.changes.iter().any(|change| change.path() == file.path));
        Ok(only_ours && self.has_all(&*self.project, tip).await?)
    }

    /// Whether the files are at this commit as they should be.
    async fn has_all(&self, project: &dyn Project, sha: &str) -> Result<bool> {
        for change in &self.changes {
            let is = match project.contents().read(change.path(), Some(sha)).await {
                Ok(file) => Some(file.bytes),
                Err(error) if error.is_not_found() => None,
                Err(error) => return Err(error),
            };
            let wanted: Option<&Bytes> = match change {
                FileChange::Put { bytes, .. } => Some(bytes),
                FileChange::Delete { .. } => None,
            };
            if is.as_ref() != wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn commit_by_api(&self) -> Result<Commit> {
        let base = self.base()?;
        let onto = Onto::Reset {
            sha: base.sha.clone(),
            branch: base.branch.clone(),
            project: Some(base.project.path().clone()),
        };
        let mut commit = NewCommit::append(&self.branch, &self.message)
            .onto(onto)
            .author(self.author.clone());
        commit.changes.clone_from(&self.changes);
        self.project.contents().commit(commit).await
    }
}

/// By git.
impl EnsureCommit {
    async fn plan_git(self) -> Result<CommitPlan> {
        let base = self.base()?.clone();
        let remote = remote_of(&*self.project).await?;
        let base_remote = remote_of(&*base.project).await?;
        let repository = Git::new().repository().await?;
        let base_tip = repository.fetch_branch(&base_remote, &base.branch).await?;
        if base_tip.as_deref() != Some(&base.sha) {
            let moved = match base_tip {
                Some(sha) => format!("{} has moved on to {sha}; run again", base.branch),
                None => format!("there is no branch {} any more", base.branch),
            };
            return Err(self.error(ErrorKind::Conflict, moved));
        }
        let tip = repository.fetch_branch(&remote, &self.branch).await?;
        let tree = repository.tree_with(&base.sha, &self.changes).await?;
        let nothing = repository.tree_of(&base.sha).await? == tree;
        let change = match &tip {
            None => Change::Created,
            Some(tip)
                if repository.is_only_commit_on(tip, &base.sha, &tree).await?
                    && same_text(&repository.message_of(tip).await?, &self.message) =>
            {
                Change::Unchanged
            }
            Some(_) => Change::Updated,
        };
        Ok(CommitPlan {
            request: self,
            found: Found {
                tip,
                change,
                nothing,
            },
            way: Way::Git(Box::new(Prepared {
                repository,
                remote,
                tree,
            })),
        })
    }

    async fn push(&self, prepared: &Prepared, expected: Option<&str>) -> Result<String> {
        let base = self.base()?;
        let repository = &prepared.repository;
        let sha = repository
            .commit(
                &prepared.tree,
                &[&base.sha],
                &self.message,
                &self.author,
                &self.author,
            )
            .await?;
        repository
            .push_with_lease(&prepared.remote, &sha, &self.branch, expected)
            .await?;
        Ok(sha)
    }
}

async fn remote_of(project: &dyn Project) -> Result<Remote> {
    let credential = project.forge().git_credential().await?;
    Ok(Remote::new(project.git_url(GitTransport::Http)).credential(credential))
}
