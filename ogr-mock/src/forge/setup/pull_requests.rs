//! Pull requests, statuses and releases.

use super::super::{MockError, MockForge};
use crate::dialect::scramble;
use crate::state::{
    Access, Head, NewPullRequest, NewStatus, PullRequest, PullRequestSetup, PullState, Refusal,
    Release, Status,
};

impl MockForge {
    /// Opens a pull request and tells its number.
    ///
    /// # Errors
    /// There is no such project or branch, or the forge refuses.
    pub async fn pull_request(
        &self,
        path: &str,
        setup: PullRequestSetup,
    ) -> Result<u64, MockError> {
        let target = self.project(path)?;
        let source = match &setup.head_project {
            Some(source) => self.project(source)?,
            None => target.clone(),
        };
        let author = setup.author.unwrap_or_else(|| source.owner.clone());
        self.add_user(&author);
        let labels = {
            let mut state = self.hub.state();
            let labels = setup.labels.iter();
            labels
                .filter_map(|name| state.label_id(target.id, name))
                .collect()
        };
        // Where the title makes the draft, either one makes the other.
        let mark = self.hub.state().rules.draft_mark;
        let marked = mark.is_some_and(|mark| setup.title.starts_with(mark.trim_end()));
        let title = match mark {
            Some(mark) if setup.draft && !marked => format!("{mark}{}", setup.title),
            _ => setup.title,
        };
        let new = NewPullRequest {
            target: target.id,
            base_branch: setup.base.unwrap_or(target.default_branch),
            source: source.id,
            head_branch: setup.head,
            title,
            body: setup.body,
            draft: setup.draft || marked,
            labels,
            ..NewPullRequest::default()
        };
        Ok(self.hub.open_pull_request(&author, new).await?.number)
    }

    /// Changes a pull request's data as they are, without any rule.
    ///
    /// # Errors
    /// There is no such project or pull request.
    pub fn change_pull_request(
        &self,
        path: &str,
        number: u64,
        change: impl FnOnce(&mut PullRequest),
    ) -> Result<(), MockError> {
        let id = self.project_id(path)?;
        change(self.hub.state().pull_mut(id, number)?);
        Ok(())
    }

    /// Adds a comment to a pull request and tells its id.
    ///
    /// # Errors
    /// There is no such project or pull request.
    pub fn comment(
        &self,
        path: &str,
        number: u64,
        author: &str,
        body: &str,
    ) -> Result<u64, MockError> {
        self.add_user(author);
        let id = self.project_id(path)?;
        Ok(self.hub.add_comment(author, id, number, body, false)?.id)
    }

    /// Makes up pull requests in a project by the thousand, without commits of their own: by turns
    /// from three authors and with one of three labels, all open.
    ///
    /// # Errors
    /// There is no such project.
    pub fn seed_pull_requests(&self, path: &str, count: usize) -> Result<(), MockError> {
        let authors = ["seed-a", "seed-b", "seed-c"];
        for author in authors {
            self.add_user(author);
        }
        let project = self.project(path)?;
        let now = self.hub.now();
        let mut state = self.hub.state();
        let labels: Vec<u64> = ["bug", "feature", "chore"]
            .iter()
            .filter_map(|name| state.label_id(project.id, name))
            .collect();
        for _ in 0..count {
            let id = state.new_id();
            let target = state.project_mut(project.id)?;
            let number = target.new_number();
            let turn = usize::try_from(number % 3).unwrap_or(0);
            let sha = |seed: u64| {
                let hash = |n| scramble(path, seed.wrapping_mul(8).wrapping_add(n));
                format!("{:016x}{:016x}{:08x}", hash(0), hash(1), hash(2) >> 32)
            };
            let pull = PullRequest {
                id,
                number,
                project: project.id,
                title: format!("Change number {number}"),
                body: Some(format!("What change {number} is about.")),
                author: authors[turn].to_owned(),
                state: PullState::Open,
                draft: false,
                base_branch: project.default_branch.clone(),
                base_sha: sha(0),
                head: Head {
                    project: Some(project.id),
                    owner: project.namespace.clone(),
                    branch: format!("change-{number}"),
                    sha: sha(number),
                },
                labels: labels.get(turn).copied().into_iter().collect(),
                assignees: Vec::new(),
                comments: Vec::new(),
                maintainer_edit: false,
                merge_sha: None,
                merged_by: None,
                merged_at: None,
                closed_by: None,
                closed_at: None,
                created_at: now,
                updated_at: now,
                synthetic: true,
                first_commit: None,
                merge_status: None,
                touched_at: now,
                test_merge: None,
                check: None,
                auto_merge: None,
                settings: std::collections::BTreeMap::new(),
                stat: None,
            };
            target.pull_requests.insert(number, pull);
        }
        Ok(())
    }

    /// Adds a status to a commit, in the forge's own word for the state.
    ///
    /// # Errors
    /// There is no such project.
    pub fn status(
        &self,
        path: &str,
        sha: &str,
        state: &str,
        context: &str,
    ) -> Result<Status, MockError> {
        let project = self.project(path)?;
        let new = NewStatus {
            sha: sha.to_owned(),
            state: state.to_owned(),
            context: context.to_owned(),
            ..NewStatus::default()
        };
        let owner = self.status_author(&project)?;
        Ok(self.hub.add_status(&owner, project.id, new)?)
    }

    /// Someone who may set a status, the owner first.
    fn status_author(&self, project: &crate::state::Project) -> Result<String, MockError> {
        let state = self.hub.state();
        let mut logins = state.users.values().map(|user| user.login.clone());
        let may = |login: &String| state.allows(Some(login), project, Access::Write);
        let owner = Some(project.owner.clone()).filter(|owner| may(owner));
        let author = owner.or_else(|| logins.find(|login| may(login)));
        author.ok_or_else(|| Refusal::NotFound(crate::state::What::Account).into())
    }

    /// Adds a release of a tag, which is made at the default branch's tip unless it exists.
    ///
    /// # Errors
    /// There is no such project, or its repository is empty.
    pub async fn release(
        &self,
        path: &str,
        tag: &str,
        change: impl FnOnce(&mut Release),
    ) -> Result<u64, MockError> {
        let project = self.project(path)?;
        if self
            .hub
            .stored_repository(project.id)
            .tag(tag)
            .await?
            .is_none()
        {
            self.tag(path, tag, &project.default_branch, None).await?;
        }
        let now = self.hub.now();
        let mut state = self.hub.state();
        let id = state.new_id();
        let mut release = Release {
            id,
            tag: tag.to_owned(),
            name: Some(tag.to_owned()),
            body: Some(format!("What is new in {tag}.")),
            target: project.default_branch,
            draft: false,
            prerelease: false,
            never_latest: false,
            author: project.owner,
            created_at: now,
            published_at: Some(now),
        };
        change(&mut release);
        state.project_mut(project.id)?.releases.insert(id, release);
        Ok(id)
    }
}
