//! A forge that refuses every write.

// A decorator that leaves a method to its default would swallow what the wrapped forge does.
#![deny(clippy::missing_trait_methods)]

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use url::Url;

use crate::{
    Branch, CallOptions, Capabilities, ChangedFile, CombinedStatus, Comment, Commit, CommitStatus,
    Comparison, Contents, Entry, Error, ErrorKind, FileContent, Forge, ForgeKind, Forks,
    GitCredential, GitTransport, Instance, Listing, Merge, MergeOutcome, NewCommit, NewFork,
    NewProject, NewPullRequest, NewRelease, NewStatus, Operation, Page, Project, ProjectInfo,
    ProjectPath, ProjectQuery, Projects, PullRequest, PullRequestChange, PullRequestQuery,
    PullRequests, Refs, Release, ReleaseChange, Releases, Result, Side, Statuses, Tag, Tree, User,
    Users,
    http::{Effect, RateState, RawRequest, Reply},
};

/// A write that a [`ReadOnly`] forge refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// What was to be done.
    pub operation: Operation,
    /// To what.
    pub resource: String,
}

/// What was refused so far; all handles of one `ReadOnly` share it.
#[derive(Debug, Clone, Default)]
struct Journal(Arc<Mutex<Vec<Refusal>>>);

impl Journal {
    fn refuse<T>(&self, operation: Operation, resource: impl Into<String>) -> Result<T> {
        let resource = resource.into();
        let refusal = Refusal {
            operation,
            resource: resource.clone(),
        };
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(refusal);
        Err(
            Error::new(ErrorKind::ReadOnly, "this handle lets no write through")
                .with_operation(operation)
                .with_resource(resource),
        )
    }
}

/// A forge that lets every read through and refuses every write of every area with
/// [`ErrorKind::ReadOnly`], [`raw`](Forge::raw) and the credential for git included. No request is sent for what it refuses.
///
/// ```
/// # async fn example(forge: std::sync::Arc<dyn ogr_core::Forge>) -> ogr_core::Result<()> {
/// use ogr_core::{ErrorKind, Forge, NewPullRequest, ReadOnly};
///
/// let careful = ReadOnly::new(forge);
/// let project = careful.project(&"rpms/foo".parse()?)?;
/// project.get().await?;
/// let refused = project.pull_requests().create(NewPullRequest::new("x", "x", "main")).await;
/// assert_eq!(refused.unwrap_err().kind(), ErrorKind::ReadOnly);
/// assert_eq!(careful.refusals().len(), 1);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct ReadOnly {
    inner: Arc<dyn Forge>,
    journal: Journal,
}

impl ReadOnly {
    /// Wraps a forge.
    pub fn new(forge: Arc<dyn Forge>) -> Self {
        Self {
            inner: forge,
            journal: Journal::default(),
        }
    }

    /// What was refused so far, by this handle and all that came from it.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.journal
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn project_of(&self, inner: Arc<dyn Project>) -> Arc<dyn Project> {
        Arc::new(ReadOnlyProject {
            inner,
            forge: self.clone(),
        })
    }
}

#[async_trait]
impl Forge for ReadOnly {
    fn kind(&self) -> ForgeKind {
        self.inner.kind()
    }

    fn instance(&self) -> &Instance {
        self.inner.instance()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn resolve_capabilities(&self) -> Result<Capabilities> {
        self.inner.resolve_capabilities().await
    }

    fn project(&self, path: &ProjectPath) -> Result<Arc<dyn Project>> {
        Ok(self.project_of(self.inner.project(path)?))
    }

    fn users(&self) -> &dyn Users {
        self
    }

    fn projects(&self) -> &dyn Projects {
        self
    }

    fn rate_limit(&self) -> Option<RateState> {
        self.inner.rate_limit()
    }

    async fn raw(&self, request: RawRequest) -> Result<Reply> {
        // Only what reads by its method *and* by what the caller says: a POST that is called a read may still be one,
        // so the caller's word decides there; a PUT called a read is a mistake.
        let reads = request.effect == Effect::Read
            && matches!(Effect::of(&request.method), Effect::Read | Effect::Create);
        if reads {
            self.inner.raw(request).await
        } else {
            self.journal.refuse(Operation::ForgeRaw, request.path)
        }
    }

    fn with(&self, options: CallOptions) -> Arc<dyn Forge> {
        Arc::new(Self {
            inner: self.inner.with(options),
            journal: self.journal.clone(),
        })
    }

    async fn git_credential(&self) -> Result<Option<GitCredential>> {
        // Git's pushes pass beside the API: without a credential there are none.
        Ok(None)
    }
}

#[async_trait]
impl Users for ReadOnly {
    async fn whoami(&self) -> Result<User> {
        self.inner.users().whoami().await
    }

    async fn get(&self, login: &str) -> Result<User> {
        self.inner.users().get(login).await
    }
}

#[async_trait]
impl Projects for ReadOnly {
    fn list(&self, query: ProjectQuery) -> Listing<ProjectInfo> {
        self.inner.projects().list(query)
    }

    async fn create(&self, new: NewProject) -> Result<Arc<dyn Project>> {
        self.journal
            .refuse(Operation::ProjectsCreate, new.path.to_string())
    }
}

/// A project of a read-only forge.
#[derive(Debug, Clone)]
struct ReadOnlyProject {
    inner: Arc<dyn Project>,
    forge: ReadOnly,
}

impl ReadOnlyProject {
    fn refuse<T>(&self, operation: Operation, detail: impl std::fmt::Display) -> Result<T> {
        let resource = format!("{}{detail}", self.inner.path());
        self.forge.journal.refuse(operation, resource)
    }
}

#[async_trait]
impl Project for ReadOnlyProject {
    fn forge(&self) -> Arc<dyn Forge> {
        Arc::new(self.forge.clone())
    }

    fn path(&self) -> &ProjectPath {
        self.inner.path()
    }

    fn with(&self, options: CallOptions) -> Arc<dyn Project> {
        self.forge.project_of(self.inner.with(options))
    }

    async fn get(&self) -> Result<ProjectInfo> {
        self.inner.get().await
    }

    async fn exists(&self) -> Result<bool> {
        self.inner.exists().await
    }

    fn web_url(&self, page: &Page) -> Url {
        self.inner.web_url(page)
    }

    fn git_url(&self, transport: GitTransport) -> Url {
        self.inner.git_url(transport)
    }

    fn forks(&self) -> &dyn Forks {
        self
    }

    fn refs(&self) -> &dyn Refs {
        self
    }

    fn contents(&self) -> &dyn Contents {
        self
    }

    fn pull_requests(&self) -> &dyn PullRequests {
        self
    }

    fn statuses(&self) -> &dyn Statuses {
        self
    }

    fn releases(&self) -> &dyn Releases {
        self
    }
}

#[async_trait]
impl Forks for ReadOnlyProject {
    async fn find_mine(&self) -> Result<Option<Arc<dyn Project>>> {
        let fork = self.inner.forks().find_mine().await?;
        Ok(fork.map(|fork| self.forge.project_of(fork)))
    }

    async fn create(&self, _new: NewFork) -> Result<Arc<dyn Project>> {
        self.refuse(Operation::ForksCreate, "")
    }

    fn list(&self) -> Listing<ProjectInfo> {
        self.inner.forks().list()
    }
}

#[async_trait]
impl Refs for ReadOnlyProject {
    async fn default_branch(&self) -> Result<Option<String>> {
        self.inner.refs().default_branch().await
    }

    fn branches(&self) -> Listing<Branch> {
        self.inner.refs().branches()
    }

    async fn branch(&self, name: &str) -> Result<Branch> {
        self.inner.refs().branch(name).await
    }

    fn tags(&self) -> Listing<Tag> {
        self.inner.refs().tags()
    }

    async fn tag(&self, name: &str) -> Result<Tag> {
        self.inner.refs().tag(name).await
    }

    fn commits(&self, reference: &str) -> Listing<Commit> {
        self.inner.refs().commits(reference)
    }

    async fn commit(&self, sha: &str) -> Result<Commit> {
        self.inner.refs().commit(sha).await
    }

    async fn create_branch(&self, name: &str, _from: &str) -> Result<Branch> {
        self.refuse(Operation::RefsCreateBranch, format_args!(" {name}"))
    }

    async fn compare(&self, base: &str, head: &str) -> Result<Comparison> {
        self.inner.refs().compare(base, head).await
    }
}

#[async_trait]
impl Contents for ReadOnlyProject {
    async fn read(&self, path: &str, at: Option<&str>) -> Result<FileContent> {
        self.inner.contents().read(path, at).await
    }

    async fn list(&self, path: &str, at: Option<&str>) -> Result<Vec<Entry>> {
        self.inner.contents().list(path, at).await
    }

    async fn tree(&self, at: Option<&str>) -> Result<Tree> {
        self.inner.contents().tree(at).await
    }

    async fn first_existing(
        &self,
        paths: &[&str],
        at: Option<&str>,
    ) -> Result<Option<FileContent>> {
        self.inner.contents().first_existing(paths, at).await
    }

    async fn commit(&self, new: NewCommit) -> Result<Commit> {
        self.refuse(Operation::ContentsCommit, format_args!(" {}", new.branch))
    }
}

#[async_trait]
impl PullRequests for ReadOnlyProject {
    fn list(&self, query: PullRequestQuery) -> Listing<PullRequest> {
        self.inner.pull_requests().list(query)
    }

    async fn get(&self, number: u64) -> Result<PullRequest> {
        self.inner.pull_requests().get(number).await
    }

    async fn create(&self, new: NewPullRequest) -> Result<PullRequest> {
        self.refuse(
            Operation::PullRequestsCreate,
            format_args!(" {} into {}", new.head_branch, new.target),
        )
    }

    async fn change(&self, number: u64, _change: PullRequestChange) -> Result<PullRequest> {
        self.refuse(Operation::PullRequestsChange, format_args!("#{number}"))
    }

    async fn close(&self, number: u64) -> Result<PullRequest> {
        self.refuse(Operation::PullRequestsClose, format_args!("#{number}"))
    }

    async fn reopen(&self, number: u64) -> Result<PullRequest> {
        self.refuse(Operation::PullRequestsReopen, format_args!("#{number}"))
    }

    async fn comment(&self, number: u64, _body: &str) -> Result<Comment> {
        self.refuse(Operation::PullRequestsComment, format_args!("#{number}"))
    }

    async fn merge(&self, number: u64, _merge: Merge) -> Result<MergeOutcome> {
        self.refuse(Operation::PullRequestsMerge, format_args!("#{number}"))
    }

    async fn set_labels(&self, number: u64, _labels: &[&str]) -> Result<Vec<String>> {
        self.refuse(Operation::PullRequestsSetLabels, format_args!("#{number}"))
    }

    fn commits(&self, number: u64) -> Listing<Commit> {
        self.inner.pull_requests().commits(number)
    }

    fn files(&self, number: u64) -> Listing<ChangedFile> {
        self.inner.pull_requests().files(number)
    }

    async fn diff(&self, number: u64) -> Result<Bytes> {
        self.inner.pull_requests().diff(number).await
    }

    async fn patch(&self, number: u64) -> Result<Bytes> {
        self.inner.pull_requests().patch(number).await
    }

    async fn for_commit(&self, sha: &str) -> Result<Vec<PullRequest>> {
        self.inner.pull_requests().for_commit(sha).await
    }

    fn status_side(&self) -> Side {
        self.inner.pull_requests().status_side()
    }

    fn head_refspec(&self, number: u64) -> String {
        self.inner.pull_requests().head_refspec(number)
    }

    async fn read_file(&self, number: u64, path: &str) -> Result<FileContent> {
        self.inner.pull_requests().read_file(number, path).await
    }
}

#[async_trait]
impl Statuses for ReadOnlyProject {
    async fn set(&self, sha: &str, status: &NewStatus) -> Result<CommitStatus> {
        self.refuse(
            Operation::StatusesSet,
            format_args!("@{sha} {}", status.context),
        )
    }

    fn kept(&self, sha: &str, status: &NewStatus) -> NewStatus {
        self.inner.statuses().kept(sha, status)
    }

    fn list(&self, sha: &str) -> Listing<CommitStatus> {
        self.inner.statuses().list(sha)
    }

    async fn combined(&self, sha: &str) -> Result<CombinedStatus> {
        self.inner.statuses().combined(sha).await
    }
}

#[async_trait]
impl Releases for ReadOnlyProject {
    fn list(&self) -> Listing<Release> {
        self.inner.releases().list()
    }

    async fn get(&self, tag: &str) -> Result<Release> {
        self.inner.releases().get(tag).await
    }

    async fn latest(&self) -> Result<Option<Release>> {
        self.inner.releases().latest().await
    }

    async fn create(&self, new: NewRelease) -> Result<Release> {
        self.refuse(Operation::ReleasesCreate, format_args!(" {}", new.tag))
    }

    async fn change(&self, tag: &str, _change: ReleaseChange) -> Result<Release> {
        self.refuse(Operation::ReleasesChange, format_args!(" {tag}"))
    }

    async fn delete(&self, tag: &str) -> Result<()> {
        self.refuse(Operation::ReleasesDelete, format_args!(" {tag}"))
    }
}
