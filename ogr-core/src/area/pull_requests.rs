//! Pull requests.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ChangedFile, Commit, Error, FileContent, Listing, Operation, ProjectPath, Result, User,
};

/// Where a pull request stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PullRequestState {
    /// It waits to be merged.
    #[doc(alias = "opened")]
    Open,
    /// It was closed without being merged.
    Closed,
    /// It was merged.
    Merged,
    /// A word of the forge that ogr does not know.
    Other(String),
}

/// Whether a pull request can be merged without conflicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Mergeable {
    /// The forge says that it can.
    Yes,
    /// The forge says that it cannot.
    No,
    /// The forge has not worked it out yet, does not tell, or calls several things by this one word.
    Unknown,
}

/// What a pull request wants to bring in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Head {
    /// The project that the branch is in; `None` when it is gone, or hidden from this credential.
    pub project: Option<ProjectPath>,
    /// The branch.
    pub branch: String,
    /// The commit at its tip.
    pub sha: Option<String>,
}

impl Head {
    /// A branch of a project.
    pub fn new(project: Option<ProjectPath>, branch: impl Into<String>) -> Self {
        Self {
            project,
            branch: branch.into(),
            sha: None,
        }
    }
}

/// What a pull request wants to change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Base {
    /// The project; `None` where the answer does not name it (GitLab gives a number).
    pub project: Option<ProjectPath>,
    /// The branch.
    pub branch: String,
    /// The commit that the forge compares with, where the answer tells.
    pub sha: Option<String>,
}

impl Base {
    /// A branch of a project.
    pub fn new(project: Option<ProjectPath>, branch: impl Into<String>) -> Self {
        Self {
            project,
            branch: branch.into(),
            sha: None,
        }
    }
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[doc(alias = "MergeRequest")]
pub struct PullRequest {
    /// Its number in the project.
    #[doc(alias = "iid")]
    pub number: u64,
    /// The forge's own id, where it has one beside the number.
    pub id: Option<String>,
    /// The title.
    pub title: String,
    /// The text.
    #[doc(alias = "description")]
    pub body: Option<String>,
    /// Where it stands.
    pub state: PullRequestState,
    /// Whether it is a draft; `None` on Pagure, which has none.
    pub draft: Option<bool>,
    /// Who opened it; `None` when the account is gone.
    pub author: Option<User>,
    /// What it wants to bring in.
    #[doc(alias = "source")]
    pub head: Head,
    /// What it wants to change.
    #[doc(alias = "target")]
    pub base: Base,
    /// The names of its labels.
    #[doc(alias = "tags")]
    pub labels: Vec<String>,
    /// Its page.
    pub web_url: String,
    /// Whether it can be merged without conflicts.
    pub mergeable: Mergeable,
    /// The commit that the merge made.
    pub merge_commit: Option<String>,
    /// Whether the target's maintainers may push to the head.
    #[doc(alias = "maintainer_can_modify")]
    pub maintainer_edit: Option<bool>,
    /// Who closed or merged it.
    pub closed_by: Option<User>,
    /// When it was opened.
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// When it was closed or merged.
    pub closed_at: Option<DateTime<Utc>>,
    /// When it was merged.
    pub merged_at: Option<DateTime<Utc>>,
}

impl PullRequest {
    /// An open pull request of which only this much is known.
    pub fn new(
        number: u64,
        title: impl Into<String>,
        head: Head,
        base: Base,
        web_url: impl Into<String>,
    ) -> Self {
        Self {
            number,
            id: None,
            title: title.into(),
            body: None,
            state: PullRequestState::Open,
            draft: None,
            author: None,
            head,
            base,
            labels: Vec::new(),
            web_url: web_url.into(),
            mergeable: Mergeable::Unknown,
            merge_commit: None,
            maintainer_edit: None,
            closed_by: None,
            created_at: None,
            updated_at: None,
            closed_at: None,
            merged_at: None,
        }
    }
}

/// A comment on a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[doc(alias = "note")]
pub struct Comment {
    /// The forge's own id.
    pub id: String,
    /// The text.
    pub body: String,
    /// Who wrote it; `None` when the account is gone.
    pub author: Option<User>,
    /// When it was written.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last edited.
    pub updated_at: Option<DateTime<Utc>>,
    /// Its page.
    pub web_url: Option<String>,
}

impl Comment {
    /// A comment of which only the id and the text are known.
    pub fn new(id: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            body: body.into(),
            author: None,
            created_at: None,
            updated_at: None,
            web_url: None,
        }
    }
}

/// One of the two sides of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Side {
    /// The project that the head branch is in.
    Head,
    /// The project that is to change.
    Base,
}

/// Which pull requests to list, by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StateFilter {
    /// Those that wait to be merged.
    #[default]
    Open,
    /// Those closed without being merged.
    Closed,
    /// Those merged.
    Merged,
    /// All.
    All,
}

impl StateFilter {
    /// Whether a pull request of this state is wanted.
    pub fn matches(self, state: &PullRequestState) -> bool {
        match self {
            StateFilter::Open => *state == PullRequestState::Open,
            StateFilter::Closed => *state == PullRequestState::Closed,
            StateFilter::Merged => *state == PullRequestState::Merged,
            StateFilter::All => true,
        }
    }
}

/// Which pull requests to list. What is `None` or empty does not filter.
///
/// It means the same on every forge: what a forge cannot filter, or ignores in silence, ogr filters in the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PullRequestQuery {
    /// Their state.
    pub state: StateFilter,
    /// The login of who opened them.
    pub author: Option<String>,
    /// The branch that they want to change.
    pub target: Option<String>,
    /// The branch that they want to bring in.
    pub head_branch: Option<String>,
    /// The project that the head branch is in.
    pub head_project: Option<ProjectPath>,
    /// Labels that they all have.
    pub labels: Vec<String>,
}

impl PullRequestQuery {
    /// Open pull requests.
    pub fn open() -> Self {
        Self::default()
    }

    /// Pull requests in any state.
    pub fn all() -> Self {
        Self::default().state(StateFilter::All)
    }

    /// Only those in this state.
    #[must_use]
    pub fn state(mut self, state: StateFilter) -> Self {
        self.state = state;
        self
    }

    /// Only those that this user opened.
    #[must_use]
    pub fn author(mut self, login: impl Into<String>) -> Self {
        self.author = Some(login.into());
        self
    }

    /// Only those that want to change this branch.
    #[must_use]
    pub fn target(mut self, branch: impl Into<String>) -> Self {
        self.target = Some(branch.into());
        self
    }

    /// Only those that want to bring in this branch of this project.
    #[must_use]
    pub fn head(mut self, project: ProjectPath, branch: impl Into<String>) -> Self {
        self.head_project = Some(project);
        self.head_branch = Some(branch.into());
        self
    }

    /// Only those that want to bring in a branch of this name, of whatever project.
    #[must_use]
    pub fn head_branch(mut self, branch: impl Into<String>) -> Self {
        self.head_branch = Some(branch.into());
        self
    }

    /// Only those that have this label, beside the others named so far.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>) -> Self {
        self.labels.push(name.into());
        self
    }

    /// Whether a pull request is wanted. Logins and project paths are compared without regard to case.
    pub fn matches(&self, pull: &PullRequest) -> bool {
        self.state.matches(&pull.state)
            && self.author.as_ref().is_none_or(|login| {
                pull.author
                    .as_ref()
                    .is_some_and(|author| author.login.eq_ignore_ascii_case(login))
            })
            && self
                .target
                .as_ref()
                .is_none_or(|branch| pull.base.branch == *branch)
            && self
                .head_branch
                .as_ref()
                .is_none_or(|branch| pull.head.branch == *branch)
            && self.head_project.as_ref().is_none_or(|project| {
                pull.head
                    .project
                    .as_ref()
                    .is_some_and(|head| head.is_same(project))
            })
            && self.labels.iter().all(|label| pull.labels.contains(label))
    }
}

/// A pull request to open. It is always opened on the *target*: the project whose branch shall change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewPullRequest {
    /// The title.
    pub title: String,
    /// The text.
    pub body: String,
    /// The branch of the target that shall change.
    pub target: String,
    /// The branch to bring in.
    pub head_branch: String,
    /// The project that the head branch is in; the target itself when `None`.
    pub head_project: Option<ProjectPath>,
    /// Whether it is a draft.
    pub draft: bool,
    /// Labels to give it.
    pub labels: Vec<String>,
    /// Whether the target's maintainers may push to the head; the forge's own choice when `None`.
    pub maintainer_edit: Option<bool>,
}

impl NewPullRequest {
    /// A pull request that brings a branch of the same project into `target`.
    pub fn new(
        title: impl Into<String>,
        head_branch: impl Into<String>,
        target: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            body: String::new(),
            target: target.into(),
            head_branch: head_branch.into(),
            head_project: None,
            draft: false,
            labels: Vec::new(),
            maintainer_edit: None,
        }
    }

    /// Says that the head branch is in this project: a fork.
    #[must_use]
    pub fn from_project(mut self, project: ProjectPath) -> Self {
        self.head_project = Some(project);
        self
    }

    /// Gives it a text.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
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
    pub fn label(mut self, name: impl Into<String>) -> Self {
        self.labels.push(name.into());
        self
    }

    /// Says whether the target's maintainers may push to the head.
    #[must_use]
    pub fn maintainer_edit(mut self, allow: bool) -> Self {
        self.maintainer_edit = Some(allow);
        self
    }
}

/// What to change in a pull request; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PullRequestChange {
    /// The new title.
    pub title: Option<String>,
    /// The new text.
    pub body: Option<String>,
    /// The new target branch.
    pub target: Option<String>,
    /// Whether the target's maintainers may push to the head.
    pub maintainer_edit: Option<bool>,
}

impl PullRequestChange {
    /// No change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the title.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Changes the text.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Changes the target branch.
    #[must_use]
    pub fn target(mut self, branch: impl Into<String>) -> Self {
        self.target = Some(branch.into());
        self
    }

    /// Says whether the target's maintainers may push to the head.
    #[must_use]
    pub fn maintainer_edit(mut self, allow: bool) -> Self {
        self.maintainer_edit = Some(allow);
        self
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a pull request becomes part of its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MergeMethod {
    /// By a merge commit.
    Merge,
    /// As one new commit.
    Squash,
    /// Commit by commit, on top of the target.
    Rebase,
    /// By moving the target forward, without a new commit.
    FastForward,
}

/// How to merge a pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merge {
    /// How; the project's own default when `None`.
    pub method: Option<MergeMethod>,
    /// The commit that must be at the head; else nothing happens, and the answer is a
    /// [`Conflict`](crate::ErrorKind::Conflict). Where the forge cannot check this, ogr does right before merging.
    pub expected_head: Option<String>,
    /// The title of the merge commit; the forge's own when `None`.
    pub title: Option<String>,
    /// The rest of its message; the forge's own when `None`.
    pub message: Option<String>,
    /// Whether to merge as soon as the checks pass, in place of now.
    pub when_checks_pass: bool,
}

impl Merge {
    /// Merges now, in the project's own way.
    pub fn new() -> Self {
        Self::default()
    }

    /// Merges in this way.
    #[must_use]
    pub fn method(mut self, method: MergeMethod) -> Self {
        self.method = Some(method);
        self
    }

    /// Merges only if the head is still this commit.
    #[must_use]
    pub fn expected_head(mut self, sha: impl Into<String>) -> Self {
        self.expected_head = Some(sha.into());
        self
    }

    /// Writes the title and the rest of the merge commit's message.
    #[must_use]
    pub fn message(mut self, title: impl Into<String>, rest: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self.message = Some(rest.into());
        self
    }

    /// Merges as soon as the checks pass.
    #[must_use]
    pub fn when_checks_pass(mut self) -> Self {
        self.when_checks_pass = true;
        self
    }
}

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MergeOutcome {
    /// It is merged.
    Merged {
        /// The commit that the merge made, where the answer names it.
        sha: Option<String>,
    },
    /// The forge will merge it as soon as the checks pass.
    Scheduled,
}

/// The pull requests of a project.
///
/// To have exactly one pull request for a head and a target, whatever happened before, use
/// [`workflow::ensure_pull_request`](crate::workflow::ensure_pull_request).
///
/// ```
/// # async fn example(project: &dyn ogr_core::Project, fork: &dyn ogr_core::Project) -> ogr_core::Result<()> {
/// use ogr_core::{Merge, NewPullRequest};
///
/// let new = NewPullRequest::new("Update to 1.1", "update-1.1", "main")
///     .from_project(fork.path().clone())
///     .body("Notes: …");
/// let pull = project.pull_requests().create(new).await?;
/// let merge = match &pull.head.sha {
///     Some(sha) => Merge::new().expected_head(sha),
///     None => Merge::new(),
/// };
/// project.pull_requests().merge(pull.number, merge).await?;
/// # Ok(()) }
/// ```
#[async_trait]
#[doc(alias = "merge requests")]
pub trait PullRequests: Send + Sync {
    /// The pull requests that match, newest first where the forge orders them so.
    fn list(&self, query: PullRequestQuery) -> Listing<PullRequest>;

    /// One pull request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) naming it when it is not there, or is an issue.
    async fn get(&self, number: u64) -> Result<PullRequest>;

    /// Opens a pull request on this project.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`](crate::ErrorKind::AlreadyExists) when one is open for that head and target, on
    /// all forges but Pagure, which opens a second; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) naming the branch
    /// that is not there; [`ErrorKind::Disabled`](crate::ErrorKind::Disabled) when pull requests are off.
    async fn create(&self, new: NewPullRequest) -> Result<PullRequest>;

    /// Changes title, text or target.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it is not there; `Unsupported` for a new target on Pagure.
    async fn change(&self, number: u64, change: PullRequestChange) -> Result<PullRequest>;

    /// Closes it without merging. Closing a closed one changes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it is not there;
    /// [`ErrorKind::PermissionDenied`](crate::ErrorKind::PermissionDenied) without the right to.
    async fn close(&self, number: u64) -> Result<PullRequest>;

    /// Opens a closed one again. Reopening an open one changes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) when it was merged, or its branch is gone.
    async fn reopen(&self, number: u64) -> Result<PullRequest>;

    /// Comments on it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it is not there.
    async fn comment(&self, number: u64, body: &str) -> Result<Comment>;

    /// Merges it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) when it conflicts with the target, is merged or closed
    /// already, or its head is not the expected commit; [`ErrorKind::NotReady`](crate::ErrorKind::NotReady) while the
    /// forge works out whether it can be merged; [`ErrorKind::PermissionDenied`](crate::ErrorKind::PermissionDenied)
    /// without the right to; `Unsupported` for a method that the forge lacks.
    async fn merge(&self, number: u64, merge: Merge) -> Result<MergeOutcome>;

    /// Gives it exactly these labels. Labels that the project lacks are created only where the forge does so by itself
    /// (GitHub, GitLab).
    ///
    /// # Errors
    ///
    /// `Unsupported` on Pagure; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) naming the label where the forge
    /// demands that it is there (Forgejo).
    async fn set_labels(&self, number: u64, labels: &[&str]) -> Result<Vec<String>> {
        let _ = (number, labels);
        Err(Error::unsupported(
            Operation::PullRequestsSetLabels,
            "this forge's API cannot write the labels of a pull request",
        ))
    }

    /// Its commits, oldest first.
    fn commits(&self, number: u64) -> Listing<Commit>;

    /// The files that it changes.
    fn files(&self, number: u64) -> Listing<ChangedFile>;

    /// It as a diff, read with the credential.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it is not there;
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) above the cap, or where the forge refuses to make so large a diff.
    async fn diff(&self, number: u64) -> Result<Bytes>;

    /// It as a mailbox of patches, read with the credential.
    ///
    /// # Errors
    ///
    /// Those of [`diff`](Self::diff).
    async fn patch(&self, number: u64) -> Result<Bytes>;

    /// The pull requests whose head is this commit, or whose merge made it; by a bounded look at the newest ones where the
    /// forge cannot be asked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the commit is not there, where the forge checks that.
    async fn for_commit(&self, sha: &str) -> Result<Vec<PullRequest>>;

    /// On which side a pull request shows the statuses of its head commit: those set on the project of its head (GitLab,
    /// Forgejo), or those set on the project that it targets (GitHub, Pagure).
    fn status_side(&self) -> Side;

    /// The ref by which git can fetch its head from this project: `refs/pull/7/head`.
    fn head_refspec(&self, number: u64) -> String;

    /// Reads a file at its head, wherever that is.
    ///
    /// # Errors
    ///
    /// Those of [`Contents::read`](crate::Contents::read).
    async fn read_file(&self, number: u64, path: &str) -> Result<FileContent>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pull() -> PullRequest {
        let mut pull = PullRequest::new(
            7,
            "Update",
            Head::new(Some(ProjectPath::new("bob", "foo")), "update"),
            Base::new(Some(ProjectPath::new("rpms", "foo")), "rawhide"),
            "https://example.org/rpms/foo/pulls/7",
        );
        pull.author = Some(User::new("Bob"));
        pull.labels = vec!["bug".into(), "easy".into()];
        pull
    }

    #[test]
    fn a_query_means_the_same_everywhere() {
        let all = PullRequestQuery::open();
        assert!(all.matches(&pull()));
        assert!(all.clone().author("bob").matches(&pull()));
        assert!(!all.clone().author("alice").matches(&pull()));
        assert!(all.clone().target("rawhide").matches(&pull()));
        assert!(!all.clone().target("f42").matches(&pull()));
        assert!(
            all.clone()
                .head(ProjectPath::new("BOB", "foo"), "update")
                .matches(&pull())
        );
        assert!(
            !all.clone()
                .head(ProjectPath::new("eve", "foo"), "update")
                .matches(&pull())
        );
        assert!(all.clone().label("bug").label("easy").matches(&pull()));
        assert!(!all.clone().label("bug").label("hard").matches(&pull()));
        assert!(!all.state(StateFilter::Merged).matches(&pull()));
    }

    #[test]
    fn a_deleted_fork_matches_no_head_project() {
        let mut gone = pull();
        gone.head.project = None;
        let query = PullRequestQuery::open().head(ProjectPath::new("bob", "foo"), "update");
        assert!(!query.matches(&gone));
        assert!(
            PullRequestQuery::open()
                .head_branch("update")
                .matches(&gone)
        );
    }
}
