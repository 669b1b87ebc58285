//! Opening, changing and commenting on pull requests.

use super::{
    Access, Comment, Head, Mergeability, ProjectId, PullRequest, PullState, Refusal, What,
    pull_requests::MergeCheck,
};
use crate::hub::Hub;

/// A pull request to be opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewPullRequest {
    pub(crate) target: ProjectId,
    pub(crate) base_branch: String,
    pub(crate) source: ProjectId,
    pub(crate) head_branch: String,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) draft: bool,
    pub(crate) maintainer_edit: bool,
    pub(crate) labels: Vec<u64>,
    pub(crate) assignees: Vec<String>,
}

/// What to change about a pull request; `None` leaves a thing as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct PullRequestChange {
    pub(crate) title: Option<String>,
    /// `Some(None)` takes the text away.
    pub(crate) body: Option<Option<String>>,
    pub(crate) base_branch: Option<String>,
    /// Reopen or close.
    pub(crate) open: Option<bool>,
    pub(crate) draft: Option<bool>,
    pub(crate) maintainer_edit: Option<bool>,
    pub(crate) labels: Option<Vec<u64>>,
    pub(crate) assignees: Option<Vec<String>>,
}

impl Hub {
    /// Opens a pull request.
    pub(crate) async fn open_pull_request(
        &self,
        actor: &str,
        new: NewPullRequest,
    ) -> Result<PullRequest, Refusal> {
        let owner = {
            let state = self.state();
            let target = state.visible_id(Some(actor), new.target)?;
            let source = state
                .visible_id(Some(actor), new.source)
                .map_err(|_| Refusal::NotFound(What::HeadBranch))?;
            if target.archived {
                return Err(Refusal::Archived);
            }
            if !target.has_pull_requests {
                return Err(Refusal::Disabled(What::PullRequest));
            }
            if !state.same_network(new.target, new.source) {
                return Err(Refusal::NotFound(What::HeadBranch));
            }
            if state.rules.open_needs_source_write
                && !state.allows(Some(actor), source, Access::Write)
            {
                return Err(Refusal::Forbidden(What::HeadBranch));
            }
            source
                .fork_owner
                .clone()
                .unwrap_or_else(|| source.namespace.clone())
        };
        let (target, source) = (
            self.repository(new.target).await?,
            self.repository(new.source).await?,
        );
        let base = target.branch(&new.base_branch).await?;
        let base = base.ok_or(Refusal::NotFound(What::BaseBranch))?;
        let head = source.branch(&new.head_branch).await?;
        let head = head.ok_or(Refusal::NotFound(What::HeadBranch))?;
        if new.target == new.source && new.base_branch == new.head_branch {
            return Err(Refusal::NothingToMerge);
        }
        target.fetch(&source, &head).await?;
        if target.merge_base(&base, &head).await?.is_none() {
            return Err(Refusal::NoCommonHistory);
        }
        let contained = target.is_ancestor(&head, &base).await?;

        let now = self.now();
        let (pull, reference) = {
            let mut state = self.state();
            let rules = state.rules;
            // Checked under the lock that inserts, so that of two at once only one gets in.
            if !rules.duplicate_pull_requests
                && let Some(twin) =
                    state.open_twin(new.target, &new.base_branch, new.source, &new.head_branch)
            {
                return Err(Refusal::AlreadyExists(What::PullRequest, twin.number));
            }
            if contained && rules.open_needs_commits {
                return Err(Refusal::NothingToMerge);
            }
            let id = state.new_id();
            let number = state.project_mut(new.target)?.new_number();
            let pull = PullRequest {
                id,
                number,
                project: new.target,
                title: new.title,
                body: new.body,
                author: actor.to_owned(),
                state: PullState::Open,
                draft: new.draft,
                base_branch: new.base_branch,
                base_sha: base,
                head: Head {
                    project: Some(new.source),
                    owner,
                    branch: new.head_branch,
                    sha: head.clone(),
                },
                labels: new.labels,
                assignees: new.assignees,
                comments: Vec::new(),
                maintainer_edit: new.maintainer_edit,
                merge_sha: None,
                merged_by: None,
                merged_at: None,
                closed_by: None,
                closed_at: None,
                created_at: now,
                updated_at: now,
                synthetic: false,
                first_commit: None,
                merge_status: None,
                touched_at: now,
                test_merge: None,
                check: None,
                auto_merge: None,
                settings: std::collections::BTreeMap::new(),
                stat: None,
            };
            let project = state.project_mut(new.target)?;
            project.pull_requests.insert(number, pull.clone());
            (pull, rules.pull_ref(number))
        };
        target.update_ref(&reference, &head, None).await?;
        self.dialect
            .pull_request_opened(self, new.target, pull.number)
            .await?;
        Ok(self.state().pull(new.target, pull.number)?.clone())
    }

    /// Edits, closes or reopens a pull request.
    pub(crate) async fn change_pull_request(
        &self,
        actor: &str,
        project: ProjectId,
        number: u64,
        change: PullRequestChange,
    ) -> Result<PullRequest, Refusal> {
        let before = {
            let state = self.state();
            let found = state.visible_id(Some(actor), project)?;
            let pull = found.pull(number)?;
            if found.archived && !state.rules.edits_archived {
                return Err(Refusal::Archived);
            }
            if !state.may_change_pull(actor, found, pull) {
                return Err(Refusal::Forbidden(What::PullRequest));
            }
            pull.clone()
        };
        let base = match &change.base_branch {
            Some(branch) if *branch != before.base_branch => {
                let tip = self.repository(project).await?.branch(branch).await?;
                Some((
                    branch.clone(),
                    tip.ok_or(Refusal::NotFound(What::BaseBranch))?,
                ))
            }
            _ => None,
        };
        let reopen = change.open == Some(true) && before.state != PullState::Open;
        let head = if reopen {
            match self.head_for_reopening(&before).await {
                Ok(head) => Some(head),
                Err(_) if self.state().rules.reopens_anything => None,
                Err(refusal) => return Err(refusal),
            }
        } else {
            None
        };

        let now = self.now();
        let mut state = self.state();
        let rules = state.rules;
        let twin_base = base
            .as_ref()
            .map_or(&before.base_branch, |(branch, _)| branch);
        if !rules.duplicate_pull_requests
            && ((reopen && !rules.reopens_anything) || base.is_some())
            && let Some(source) = before.head.project
            && let Some(twin) = state.open_twin(project, twin_base, source, &before.head.branch)
            && twin.number != number
        {
            return Err(Refusal::AlreadyExists(What::PullRequest, twin.number));
        }
        let pull = state.pull_mut(project, number)?;
        if change.open.is_some() && pull.state == PullState::Merged {
            return Err(Refusal::AlreadyMerged);
        }
        if let Some(title) = change.title {
            pull.title = title;
        }
        if let Some(body) = change.body {
            pull.body = body;
        }
        if let Some((branch, tip)) = base {
            (pull.base_branch, pull.base_sha) = (branch, tip);
        }
        if let Some(draft) = change.draft {
            pull.draft = draft;
        }
        if let Some(allowed) = change.maintainer_edit {
            pull.maintainer_edit = allowed;
        }
        if let Some(labels) = change.labels {
            pull.labels = labels;
        }
        if let Some(assignees) = change.assignees {
            pull.assignees = assignees;
        }
        match change.open {
            Some(true) if reopen => {
                pull.state = PullState::Open;
                (pull.closed_at, pull.closed_by) = (None, None);
                if let Some(sha) = head {
                    pull.head.sha = sha;
                }
            }
            Some(false) if pull.state == PullState::Open => {
                pull.state = PullState::Closed;
                (pull.closed_at, pull.closed_by) = (Some(now), Some(actor.to_owned()));
            }
            _ => {}
        }
        pull.updated_at = now;
        Ok(pull.clone())
    }

    /// The commit that a pull request has once it is open again: the branch may have moved meanwhile.
    async fn head_for_reopening(&self, pull: &PullRequest) -> Result<String, Refusal> {
        let gone = Refusal::NotFound(What::HeadBranch);
        let source = pull.head.project.ok_or(gone.clone())?;
        let source = self.repository(source).await?;
        let sha = source.branch(&pull.head.branch).await?.ok_or(gone)?;
        let target = self.repository(pull.project).await?;
        target.fetch(&source, &sha).await?;
        let reference = self.state().rules.pull_ref(pull.number);
        target.update_ref(&reference, &sha, None).await?;
        Ok(sha)
    }

    /// Adds a comment to a pull request: whoever may read may write.
    pub(crate) fn comment_on_pull_request(
        &self,
        actor: &str,
        project: ProjectId,
        number: u64,
        body: &str,
    ) -> Result<Comment, Refusal> {
        let found = self.state().visible_id(Some(actor), project)?.archived;
        if found {
            return Err(Refusal::Archived);
        }
        self.add_comment(actor, project, number, body, false)
    }

    /// Adds a comment without asking who may.
    pub(crate) fn add_comment(
        &self,
        author: &str,
        project: ProjectId,
        number: u64,
        body: &str,
        system: bool,
    ) -> Result<Comment, Refusal> {
        let now = self.now();
        let mut state = self.state();
        let id = state.new_id();
        let pull = state.pull_mut(project, number)?;
        let comment = Comment {
            id,
            author: author.to_owned(),
            body: body.to_owned(),
            system,
            created_at: now,
            updated_at: now,
            place: None,
        };
        pull.comments.push(comment.clone());
        pull.updated_at = now;
        Ok(comment)
    }

    /// Whether git could merge a pull request now.
    pub(crate) async fn mergeability(
        &self,
        project: ProjectId,
        number: u64,
    ) -> Result<Mergeability, Refusal> {
        self.check_merge(project, number)
            .await
            .map(|check| check.found)
    }

    /// Whether git could merge a pull request now, as a forge tells that works it out in the
    /// background: the first readers (settable) after a change are told `Unknown`.
    pub(crate) async fn observed_mergeability(
        &self,
        project: ProjectId,
        number: u64,
    ) -> Result<Mergeability, Refusal> {
        let check = self.check_merge(project, number).await?;
        if check.hidden_for == 0 {
            return Ok(check.found);
        }
        if let Some(check) = &mut self.state().pull_mut(project, number)?.check {
            check.hidden_for = check.hidden_for.saturating_sub(1);
        }
        Ok(Mergeability::Unknown)
    }

    async fn check_merge(&self, project: ProjectId, number: u64) -> Result<MergeCheck, Refusal> {
        let pull = self.state().pull(project, number)?.clone();
        let repository = self.repository(project).await?;
        let base = repository.branch(&pull.base_branch).await?;
        // Without its base branch there is nothing to merge into.
        let base = base.unwrap_or_default();
        let head = pull.head.sha;
        if let Some(check) = &pull.check
            && check.base == base
            && check.head == head
        {
            return Ok(check.clone());
        }
        let tree = if base.is_empty() || pull.synthetic {
            None
        } else {
            repository.merge_tree(&base, &head).await?
        };
        let found = if tree.is_some() || pull.synthetic {
            Mergeability::Clean
        } else {
            Mergeability::Conflict
        };
        let reference = self.state().rules.merge_ref(number);
        let test_merge = match (tree, reference) {
            (Some(tree), Some(reference)) => {
                let words = format!("Merge {head} into {base}");
                let (me, parents) = (self.signature(&pull.author), [&*base, &*head]);
                let sha = repository
                    .commit_tree(&tree, &parents, &words, &me, &me)
                    .await?;
                repository.update_ref(&reference, &sha, None).await?;
                Some(sha)
            }
            _ => None,
        };
        let check = MergeCheck {
            base,
            head,
            found,
            hidden_for: self.settings.mergeability_reads,
        };
        let mut state = self.state();
        let pull = state.pull_mut(project, number)?;
        pull.test_merge = test_merge;
        pull.check = Some(check.clone());
        Ok(check)
    }
}

impl super::Rules {
    /// Where the head of a pull request is kept in its target's repository.
    pub(crate) fn pull_ref(&self, number: u64) -> String {
        format!("{}{number}/head", self.pull_ref_prefix)
    }

    /// Where the result of a merge that was tried out is kept, on forges that do so.
    pub(crate) fn merge_ref(&self, number: u64) -> Option<String> {
        self.test_merges
            .then(|| format!("{}{number}/merge", self.pull_ref_prefix))
    }
}
