//! Merging pull requests, and what pushes do to them.

use super::{Access, ProjectId, PullRequest, PullState, Refusal, What};
use crate::git::{MergeMethod, MergeOutcome, MergeRequest};
use crate::hub::Hub;

/// How to merge.
#[derive(Debug, Clone)]
pub(crate) struct Merge {
    pub(crate) method: MergeMethod,
    /// Of the merge or squash commit, in whole.
    pub(crate) message: String,
    /// The head that the caller has seen.
    pub(crate) expected_head: Option<String>,
    /// Merge a draft too.
    pub(crate) even_draft: bool,
}

/// A ref that moved, by a push or through the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefUpdate {
    /// The full name.
    pub(crate) name: String,
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
}

impl RefUpdate {
    pub(crate) fn branch(name: &str, old: Option<&str>, new: Option<&str>) -> Self {
        Self {
            name: format!("refs/heads/{name}"),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
        }
    }
}

impl Hub {
    /// Merges a pull request and tells the commit that the base now points at.
    pub(crate) async fn merge_pull_request(
        &self,
        actor: &str,
        project: ProjectId,
        number: u64,
        merge: &Merge,
    ) -> Result<String, Refusal> {
        let _one_at_a_time = self.write_lock(project).lock_owned().await;
        let pull = {
            let state = self.state();
            let found = state.visible_id(Some(actor), project)?;
            let pull = found.pull(number)?;
            if found.archived {
                return Err(Refusal::Archived);
            }
            if !state.allows(Some(actor), found, Access::Write) {
                return Err(Refusal::Forbidden(What::PullRequest));
            }
            match pull.state {
                PullState::Open => {}
                PullState::Closed => return Err(Refusal::Closed),
                PullState::Merged => return Err(Refusal::AlreadyMerged),
            }
            if pull.draft && !merge.even_draft {
                return Err(Refusal::Draft);
            }
            if let Some(expected) = &merge.expected_head
                && !pull.head.sha.eq_ignore_ascii_case(expected)
            {
                let actual = pull.head.sha.clone();
                return Err(Refusal::HeadMoved { actual });
            }
            pull.clone()
        };
        let repository = self.repository(project).await?;
        let base = repository.branch(&pull.base_branch).await?;
        let base = base.ok_or(Refusal::NotFound(What::BaseBranch))?;
        if pull.synthetic {
            return Err(Refusal::Conflict);
        }
        let merged = repository
            .merge(&MergeRequest {
                base: &base,
                head: &pull.head.sha,
                method: merge.method,
                message: &merge.message,
                author: &self.signature(&pull.author),
                committer: &self.signature(actor),
            })
            .await?;
        let MergeOutcome::Merged(sha) = merged else {
            return Err(Refusal::Conflict);
        };
        repository
            .move_branch(&pull.base_branch, &sha, Some(Some(&base)))
            .await?;
        self.mark_merged(actor, project, number, &base, &sha)?;
        let update = RefUpdate::branch(&pull.base_branch, Some(&base), Some(&sha));
        self.refs_changed(actor, project, &[update]).await?;
        Ok(sha)
    }

    /// Marks a pull request as merged by a commit; `base` is what the branch pointed at before.
    pub(crate) fn mark_merged(
        &self,
        actor: &str,
        project: ProjectId,
        number: u64,
        base: &str,
        sha: &str,
    ) -> Result<(), Refusal> {
        let now = self.now();
        let mut state = self.state();
        let pull = state.pull_mut(project, number)?;
        pull.state = PullState::Merged;
        base.clone_into(&mut pull.base_sha);
        pull.merge_sha = Some(sha.to_owned());
        (pull.merged_at, pull.merged_by) = (Some(now), Some(actor.to_owned()));
        (pull.closed_at, pull.closed_by) = (Some(now), Some(actor.to_owned()));
        pull.updated_at = now;
        Ok(())
    }

    /// Lets the pull requests know that refs of a project moved. Everything that moves a branch
    /// calls this: pushes, merges, commits and refs made through the API.
    pub(crate) async fn refs_changed(
        &self,
        actor: &str,
        project: ProjectId,
        updates: &[RefUpdate],
    ) -> Result<(), Refusal> {
        let now = self.now();
        if let Ok(project) = self.state().project_mut(project) {
            project.pushed_at = Some(now);
        }
        self.adopt_first_branch(project, updates).await?;
        if self
            .dialect
            .follows_pushes(self, actor, project, updates)
            .await?
        {
            return Ok(());
        }
        for update in updates {
            let Some(branch) = update.name.strip_prefix("refs/heads/") else {
                continue;
            };
            match &update.new {
                Some(new) => {
                    self.heads_moved(actor, project, branch, new).await?;
                    self.base_moved(actor, project, branch, update.old.as_deref(), new)
                        .await?;
                }
                None => self.head_branch_deleted(actor, project, branch),
            }
        }
        Ok(())
    }

    /// The first branch of an empty repository becomes its default, whatever HEAD named.
    async fn adopt_first_branch(
        &self,
        project: ProjectId,
        updates: &[RefUpdate],
    ) -> Result<(), Refusal> {
        let first = updates
            .iter()
            .find(|update| update.old.is_none() && update.name.starts_with("refs/heads/"));
        let Some(branch) = first.and_then(|update| update.name.strip_prefix("refs/heads/")) else {
            return Ok(());
        };
        if !self.state().rules.first_push_sets_default {
            return Ok(());
        }
        let default = match self.state().projects.get(&project) {
            Some(project) => project.default_branch.clone(),
            None => return Ok(()),
        };
        let repository = self.stored_repository(project);
        if repository.branch(&default).await?.is_none() {
            repository.set_head_branch(branch).await?;
            branch.clone_into(&mut self.state().project_mut(project)?.default_branch);
        }
        Ok(())
    }

    /// The open pull requests for which this holds.
    fn open_pulls(&self, wanted: impl Fn(&PullRequest) -> bool) -> Vec<PullRequest> {
        self.state()
            .projects
            .values()
            .flat_map(|project| project.pull_requests.values())
            .filter(|pull| pull.state == PullState::Open && wanted(pull))
            .cloned()
            .collect()
    }

    async fn heads_moved(
        &self,
        actor: &str,
        project: ProjectId,
        branch: &str,
        new: &str,
    ) -> Result<(), Refusal> {
        let moved = self.open_pulls(|pull| {
            pull.head.project == Some(project) && pull.head.branch == branch && !pull.synthetic
        });
        for pull in moved {
            let target = self.stored_repository(pull.project);
            let source = self.stored_repository(project);
            target.fetch(&source, new).await?;
            let rules = self.state().rules;
            target
                .update_ref(&rules.pull_ref(pull.number), new, None)
                .await?;
            let base = target.branch(&pull.base_branch).await?;
            let now = self.now();
            if let Ok(pull) = self.state().pull_mut(pull.project, pull.number) {
                new.clone_into(&mut pull.head.sha);
                if let Some(base) = base {
                    pull.base_sha = base;
                }
                pull.updated_at = now;
            }
            if rules.push_leaves_comment {
                let text = target.push_notice(&pull.head.sha, new).await?;
                self.add_comment(actor, pull.project, pull.number, &text, true)?;
            }
        }
        Ok(())
    }

    async fn base_moved(
        &self,
        actor: &str,
        project: ProjectId,
        branch: &str,
        old: Option<&str>,
        new: &str,
    ) -> Result<(), Refusal> {
        if !self.state().rules.pushed_head_merges {
            return Ok(());
        }
        let repository = self.stored_repository(project);
        let based_on_it = self.open_pulls(|pull| {
            pull.project == project && pull.base_branch == branch && !pull.synthetic
        });
        for pull in based_on_it {
            // One whose head was in the base all along was not merged by this push.
            let was_in = match old {
                Some(old) => repository.is_ancestor(&pull.head.sha, old).await?,
                None => false,
            };
            if !was_in && repository.is_ancestor(&pull.head.sha, new).await? {
                let base = old.unwrap_or(&pull.base_sha).to_owned();
                self.mark_merged(actor, project, pull.number, &base, new)?;
            }
        }
        Ok(())
    }

    fn head_branch_deleted(&self, actor: &str, project: ProjectId, branch: &str) {
        let rules = self.state().rules;
        if !rules.deleted_branch_closes {
            return;
        }
        let closes_by_base = rules.deleted_base_closes;
        let closed = self.open_pulls(|pull| {
            (pull.head.project == Some(project) && pull.head.branch == branch)
                || (closes_by_base && pull.project == project && pull.base_branch == branch)
        });
        let now = self.now();
        let mut state = self.state();
        for pull in closed {
            if let Ok(pull) = state.pull_mut(pull.project, pull.number) {
                pull.state = PullState::Closed;
                (pull.closed_at, pull.closed_by) = (Some(now), Some(actor.to_owned()));
                pull.updated_at = now;
            }
        }
    }
}

impl crate::git::Repository {
    /// What GitLab writes under a merge request whose branch was pushed to.
    async fn push_notice(&self, old: &str, new: &str) -> Result<String, Refusal> {
        let query = crate::git::LogQuery {
            without: Some(old),
            oldest_first: true,
            ..crate::git::LogQuery::default()
        };
        let commits = self.log(new, &query).await?;
        let plural = if commits.len() == 1 { "" } else { "s" };
        let mut text = format!("added {} commit{plural}\n\n<ul>", commits.len());
        for commit in &commits {
            let (sha, subject) = (&commit.sha[..8], commit.subject());
            text.push_str(&format!("<li>{sha} - {subject}</li>"));
        }
        text.push_str("</ul>");
        Ok(text)
    }
}
