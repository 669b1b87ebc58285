//! Pull requests as data: what one is, and finding some of them.

use chrono::{DateTime, Utc};

use super::{Comment, Project, ProjectId, Refusal, State, What};

/// Where a pull request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PullState {
    /// Waiting.
    Open,
    /// Closed without a merge.
    Closed,
    /// Merged.
    Merged,
}

/// Whether git could merge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mergeability {
    /// Nobody has looked yet.
    Unknown,
    /// It goes together.
    Clean,
    /// It does not.
    Conflict,
}

/// Where a pull request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head {
    /// The project; `None` when that was deleted.
    pub project: Option<ProjectId>,
    /// The namespace that the project has or had.
    pub owner: String,
    /// The branch, whether or not it still exists.
    pub branch: String,
    /// The commit at the branch's tip, as far as the pull request knows.
    pub sha: String,
}

/// One pull request (merge request).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PullRequest {
    /// The forge's own number for it, over all projects.
    pub id: u64,
    /// Its number in its project.
    pub number: u64,
    /// The project that it is to be merged into.
    pub project: ProjectId,
    /// The title, with the mark of a draft where the forge keeps it there.
    pub title: String,
    /// The text; may be unset.
    pub body: Option<String>,
    /// The login of who opened it.
    pub author: String,
    /// Where it stands.
    pub state: PullState,
    /// Whether it is not meant to be merged yet.
    pub draft: bool,
    /// The branch that it is to be merged into.
    pub base_branch: String,
    /// That branch's tip when the pull request last changed; of a merged one, right before the merge.
    pub base_sha: String,
    /// Where it comes from.
    pub head: Head,
    /// The numbers of its labels.
    pub labels: Vec<u64>,
    /// The logins of those who should see to it.
    pub assignees: Vec<String>,
    /// Its comments, oldest first.
    pub comments: Vec<Comment>,
    /// Whether those who may push to the base may push to the head too.
    pub maintainer_edit: bool,
    /// The commit that the merge made.
    pub merge_sha: Option<String>,
    /// The commit that a merge would make now, where the forge tries that out (GitHub, GitLab).
    pub test_merge: Option<String>,
    /// The login of who merged it.
    pub merged_by: Option<String>,
    /// When it was merged.
    pub merged_at: Option<DateTime<Utc>>,
    /// The login of who closed (or merged) it.
    pub closed_by: Option<String>,
    /// When it was closed or merged.
    pub closed_at: Option<DateTime<Utc>>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When anything about it last changed.
    pub updated_at: DateTime<Utc>,
    /// Whether it was made up for a bench: its commits do not exist.
    pub synthetic: bool,
    /// The oldest of its commits as the forge last noted it, on forges that note it (Pagure); `None`
    /// when the base had them all.
    pub first_commit: Option<String>,
    /// What the forge last found out about merging it, in its own word (Pagure); `None` is unknown.
    pub merge_status: Option<String>,
    /// When the forge last looked at it by itself (Pagure), which is no change to it.
    pub touched_at: DateTime<Utc>,
    /// How it is to be merged as soon as its checks have passed (Forgejo).
    pub auto_merge: Option<AutoMerge>,
    /// What only one forge knows about it, in its own words and as it was told.
    pub(crate) settings: std::collections::BTreeMap<String, serde_json::Value>,
    /// The last look at whether it can be merged.
    pub(crate) check: Option<MergeCheck>,
    /// The last count of what it changes.
    pub(crate) stat: Option<PullStat>,
}

/// A merge that waits for checks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AutoMerge {
    /// The login of who asked for it.
    pub user: String,
    /// The way of merging, in the forge's own word.
    pub method: String,
    /// The whole message of the commit to be made.
    pub message: String,
    /// Whether the head branch is to be deleted afterwards.
    pub delete_branch: bool,
}

impl AutoMerge {
    pub(crate) fn new(user: &str, method: &str, message: &str, delete_branch: bool) -> Self {
        Self {
            user: user.to_owned(),
            method: method.to_owned(),
            message: message.to_owned(),
            delete_branch,
        }
    }
}

/// How much differs between two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PullStat {
    pub(crate) base: String,
    pub(crate) head: String,
    pub(crate) merge_base: String,
    pub(crate) additions: u64,
    pub(crate) deletions: u64,
    pub(crate) files: usize,
}

/// What was found when git was asked whether a base and a head go together.
#[derive(Debug, Clone)]
pub(crate) struct MergeCheck {
    pub(crate) base: String,
    pub(crate) head: String,
    pub(crate) found: Mergeability,
    /// How many more readers are told that nobody has looked yet.
    pub(crate) hidden_for: u32,
}

/// A pull request set up by a test: from a branch to a branch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PullRequestSetup {
    /// The login of who opens it; `None` is the owner of the head.
    pub author: Option<String>,
    /// The project of the head; `None` is the target itself.
    pub head_project: Option<String>,
    /// The branch of the head.
    pub head: String,
    /// The branch to merge into; `None` is the default branch.
    pub base: Option<String>,
    /// The title.
    pub title: String,
    /// The text.
    pub body: Option<String>,
    /// Whether it is a draft.
    pub draft: bool,
    /// The names of its labels; those that the project lacks are made.
    pub labels: Vec<String>,
}

impl PullRequest {
    /// An open one between two branches, about which nothing else is known yet.
    pub(crate) fn blank(id: u64, number: u64, project: ProjectId, now: DateTime<Utc>) -> Self {
        Self {
            id,
            number,
            project,
            title: String::new(),
            body: None,
            author: String::new(),
            state: PullState::Open,
            draft: false,
            base_branch: String::new(),
            base_sha: String::new(),
            head: Head {
                project: None,
                owner: String::new(),
                branch: String::new(),
                sha: String::new(),
            },
            labels: Vec::new(),
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
            synthetic: false,
            first_commit: None,
            merge_status: None,
            touched_at: now,
            test_merge: None,
            check: None,
            auto_merge: None,
            settings: std::collections::BTreeMap::new(),
            stat: None,
        }
    }
}

impl PullRequestSetup {
    /// A pull request from this branch into the default branch of the same project.
    #[must_use]
    pub fn from_branch(head: &str) -> Self {
        Self {
            author: None,
            head_project: None,
            head: head.to_owned(),
            base: None,
            title: format!("Merge {head}"),
            body: None,
            draft: false,
            labels: Vec::new(),
        }
    }

    /// A pull request from a branch of a fork.
    #[must_use]
    pub fn from_fork(project: &str, head: &str) -> Self {
        Self {
            head_project: Some(project.to_owned()),
            ..Self::from_branch(head)
        }
    }

    /// Names who opens it.
    #[must_use]
    pub fn author(mut self, login: &str) -> Self {
        self.author = Some(login.to_owned());
        self
    }

    /// Names the branch to merge into.
    #[must_use]
    pub fn base(mut self, branch: &str) -> Self {
        self.base = Some(branch.to_owned());
        self
    }

    /// Sets the title.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// Sets the text.
    #[must_use]
    pub fn body(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    /// Makes it a draft.
    #[must_use]
    pub fn draft(mut self) -> Self {
        self.draft = true;
        self
    }

    /// Adds a label.
    #[must_use]
    pub fn label(mut self, name: &str) -> Self {
        self.labels.push(name.to_owned());
        self
    }
}

/// In which order pull requests are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum PullSort {
    /// By number.
    #[default]
    Created,
    /// By the time of the last change.
    Updated,
    /// By the number of comments.
    Comments,
}

/// Which pull requests of a project, in which order, and which of them to hand out.
pub(crate) struct PullQuery<'a> {
    pub(crate) matches: &'a dyn Fn(&PullRequest) -> bool,
    pub(crate) sort: PullSort,
    pub(crate) ascending: bool,
    pub(crate) skip: usize,
    pub(crate) limit: usize,
}

impl Project {
    /// One pull request by its number in the project.
    pub(crate) fn pull(&self, number: u64) -> Result<&PullRequest, Refusal> {
        self.pull_requests
            .get(&number)
            .ok_or(Refusal::NotFound(What::PullRequest))
    }

    /// One page of the pull requests that match, and how many match in all.
    pub(crate) fn pull_page(&self, query: &PullQuery<'_>) -> (Vec<&PullRequest>, usize) {
        let mut found: Vec<&PullRequest> = self
            .pull_requests
            .values()
            .filter(|pull| (query.matches)(pull))
            .collect();
        match query.sort {
            PullSort::Created => {}
            PullSort::Updated => found.sort_by_key(|pull| pull.updated_at),
            PullSort::Comments => found.sort_by_key(|pull| pull.comments.len()),
        }
        let total = found.len();
        if !query.ascending {
            found.reverse();
        }
        let rows = found.into_iter().skip(query.skip).take(query.limit);
        (rows.collect(), total)
    }
}

impl State {
    pub(crate) fn pull(&self, project: ProjectId, number: u64) -> Result<&PullRequest, Refusal> {
        self.projects
            .get(&project)
            .ok_or(Refusal::NotFound(What::Project))?
            .pull(number)
    }

    pub(crate) fn pull_mut(
        &mut self,
        project: ProjectId,
        number: u64,
    ) -> Result<&mut PullRequest, Refusal> {
        self.project_mut(project)?
            .pull_requests
            .get_mut(&number)
            .ok_or(Refusal::NotFound(What::PullRequest))
    }

    /// The open pull request from this head into this base, if there is one.
    pub(crate) fn open_twin(
        &self,
        target: ProjectId,
        base: &str,
        source: ProjectId,
        head: &str,
    ) -> Option<&PullRequest> {
        self.projects
            .get(&target)?
            .pull_requests
            .values()
            .find(|pull| {
                pull.state == PullState::Open
                    && pull.base_branch == base
                    && pull.head.project == Some(source)
                    && pull.head.branch == head
            })
    }

    /// Whether this user may edit and close this pull request.
    pub(crate) fn may_change_pull(
        &self,
        user: &str,
        project: &Project,
        pull: &PullRequest,
    ) -> bool {
        self.same_name(&pull.author, user)
            || self.allows(Some(user), project, self.rules.access_to_close)
    }
}
