//! A forge, a project on it, and the doors to a project's areas.

use std::{any::Any, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    Capabilities, Result,
    area::{
        contents::Contents, forks::Forks, projects::ProjectInfo, projects::Projects,
        pull_requests::PullRequests, refs::Refs, releases::Releases, statuses::Statuses,
        users::Users,
    },
    credentials::Credential,
    http::{RateState, RawRequest, Reply},
    location::ProjectPath,
};

/// Which software a forge runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ForgeKind {
    /// github.com and GitHub Enterprise.
    GitHub,
    /// gitlab.com and self-managed GitLab.
    GitLab,
    /// Codeberg and other Forgejo instances.
    Forgejo,
    /// Gitea, which Forgejo was forked from; served by the same backend.
    Gitea,
    /// pagure.io, and Fedora's package sources before they move to Forgejo.
    Pagure,
}

impl ForgeKind {
    /// All kinds.
    pub const ALL: &'static [ForgeKind] = &[
        ForgeKind::GitHub,
        ForgeKind::GitLab,
        ForgeKind::Forgejo,
        ForgeKind::Gitea,
        ForgeKind::Pagure,
    ];

    /// The name as its makers write it.
    pub fn as_str(self) -> &'static str {
        match self {
            ForgeKind::GitHub => "GitHub",
            ForgeKind::GitLab => "GitLab",
            ForgeKind::Forgejo => "Forgejo",
            ForgeKind::Gitea => "Gitea",
            ForgeKind::Pagure => "Pagure",
        }
    }
}

impl fmt::Display for ForgeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One installation of a forge: what it runs, and where it is.
///
/// The trusted origins are declared here, by the backend and in code; none is ever learned from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instance {
    /// Which software it runs.
    pub kind: ForgeKind,
    /// The address of its pages, with a trailing slash.
    pub web: Url,
    /// The base of its API, with a trailing slash.
    pub api: Url,
    /// The host of its ssh URLs, where that differs from the web host.
    pub ssh_host: Option<String>,
    /// Further origins that may see the credential, such as an upload host.
    pub trusted: Vec<Url>,
}

impl Instance {
    /// An installation with its pages at `web` and its API at `api`; both are taken as folders.
    pub fn new(kind: ForgeKind, web: Url, api: Url) -> Self {
        Self {
            kind,
            web: as_folder(web),
            api: as_folder(api),
            ssh_host: None,
            trusted: Vec::new(),
        }
    }

    /// Names the host of the ssh URLs.
    #[must_use]
    pub fn ssh_host(mut self, host: impl Into<String>) -> Self {
        self.ssh_host = Some(host.into());
        self
    }

    /// Trusts one more origin with the credential.
    #[must_use]
    pub fn trust(mut self, origin: Url) -> Self {
        self.trusted.push(origin);
        self
    }

    /// The host of the pages, with the port where it is not the scheme's own.
    pub fn host(&self) -> String {
        host_of(&self.web)
    }

    /// Whether a credential of this instance may be sent to `url`: same scheme, host and port as
    /// the pages, the API or a declared further origin.
    pub fn trusts(&self, url: &Url) -> bool {
        let origin = url.origin();
        origin.is_tuple()
            && [&self.web, &self.api]
                .into_iter()
                .chain(&self.trusted)
                .any(|trusted| trusted.origin() == origin)
    }
}

/// The host of an URL, with the port where it is not the scheme's own.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn as_folder(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// How calls through a handle are made. `None` means: as the handle was before.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CallOptions {
    /// How long one call may take, its waits and retries included.
    pub deadline: Option<Duration>,
    /// Whether to ask the forge anew in place of revalidating what is remembered.
    pub fresh: Option<bool>,
    /// Another credential for these calls.
    pub credential: Option<Credential>,
    /// How many pages of a list are read at once (1 to 100).
    pub width: Option<usize>,
}

impl CallOptions {
    /// No options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bounds the time of one call, its waits and retries included.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Asks the forge anew in place of revalidating what is remembered.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.fresh = Some(true);
        self
    }

    /// Uses another credential.
    #[must_use]
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }

    /// Reads this many pages of a list at once.
    #[must_use]
    pub fn width(mut self, width: usize) -> Self {
        self.width = Some(width);
        self
    }
}

/// The user and the secret for git over HTTP.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GitCredential {
    /// The user name that the forge wants beside the secret.
    pub username: String,
    /// The token or password.
    pub password: SecretString,
}

impl GitCredential {
    /// A user name and its token or password.
    pub fn new(username: impl Into<String>, password: SecretString) -> Self {
        Self {
            username: username.into(),
            password,
        }
    }
}

/// One instance of one forge.
///
/// It is cheap to clone behind its [`Arc`], and making one asks nothing of the network.
///
/// ```
/// # async fn example(forge: &dyn ogr_core::Forge) -> ogr_core::Result<()> {
/// println!("{} at {}", forge.kind(), forge.instance().web);
/// let me = forge.users().whoami().await?;
/// let project = forge.project(&"rpms/ogr".parse()?)?;
/// println!("{} sees {}", me.login, project.get().await?.web_url);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Forge: Any + Send + Sync + fmt::Debug {
    /// Which software it runs.
    fn kind(&self) -> ForgeKind {
        self.instance().kind
    }

    /// Where it is.
    fn instance(&self) -> &Instance;

    /// What it can do, without a request.
    fn capabilities(&self) -> Capabilities;

    /// What it can do, after asking for what depends on its version.
    ///
    /// # Errors
    ///
    /// Whatever the version endpoint answers.
    async fn resolve_capabilities(&self) -> Result<Capabilities> {
        Ok(self.capabilities())
    }

    /// A handle on a project. Nothing is asked of the forge, so the project need not exist.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when no project of this forge can have
    /// that path: `..` in it, an empty part, a namespace in a namespace where there are none.
    fn project(&self, path: &ProjectPath) -> Result<Arc<dyn Project>>;

    /// The users of this forge.
    fn users(&self) -> &dyn Users;

    /// The projects of this forge: list and create them.
    fn projects(&self) -> &dyn Projects;

    /// What the last answers said of the request budget; `None` before the first, and on forges
    /// that keep none. It costs no request.
    fn rate_limit(&self) -> Option<RateState>;

    /// Sends any request of the forge's own API, through the same transport and with the same errors.
    ///
    /// # Errors
    ///
    /// Those of every call; [`ErrorKind::Refused`](crate::ErrorKind::Refused) for an URL that is not of this forge.
    async fn raw(&self, request: RawRequest) -> Result<Reply>;

    /// The same forge with other call options.
    fn with(&self, options: CallOptions) -> Arc<dyn Forge>;

    /// What git needs to clone and push over HTTP; `None` without a credential.
    ///
    /// # Errors
    ///
    /// Those of [`Users::whoami`], where the user's name is needed and not known yet.
    async fn git_credential(&self) -> Result<Option<GitCredential>>;
}

/// How git reaches a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GitTransport {
    /// `https://…`, or `http://…` where the forge itself is served so.
    Http,
    /// `ssh://…`.
    Ssh,
}

/// A page of a project that a person can look at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Page {
    /// The project's front page.
    Project,
    /// A branch.
    Branch(String),
    /// A tag.
    Tag(String),
    /// A commit.
    Commit(String),
    /// A file at a branch, tag or commit.
    File {
        /// Its path from the root of the repository.
        path: String,
        /// The branch, tag or commit.
        at: String,
    },
    /// A pull request.
    PullRequest(u64),
    /// An issue.
    Issue(u64),
    /// A release, by its tag.
    Release(String),
}

/// One repository, and the door to its areas.
///
/// ```
/// # async fn example(project: &dyn ogr_core::Project) -> ogr_core::Result<()> {
/// use futures_util::TryStreamExt;
/// use ogr_core::PullRequestQuery;
///
/// let mut open = project.pull_requests().list(PullRequestQuery::open());
/// while let Some(pull) = open.try_next().await? {
///     println!("{} {}", pull.number, pull.title);
/// }
/// # Ok(()) }
/// ```
#[async_trait]
#[doc(alias = "repository")]
pub trait Project: Any + Send + Sync + fmt::Debug {
    /// The forge that it lives on.
    fn forge(&self) -> Arc<dyn Forge>;

    /// Its path on the forge.
    fn path(&self) -> &ProjectPath;

    /// The same project with other call options.
    fn with(&self, options: CallOptions) -> Arc<dyn Project>;

    /// What the forge says of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it is not there, or hidden from this credential.
    async fn get(&self) -> Result<ProjectInfo>;

    /// Whether it is there and visible to this credential.
    ///
    /// # Errors
    ///
    /// Everything but "not found" is an error still: a forge that is down does not say `false`.
    async fn exists(&self) -> Result<bool> {
        match self.get().await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The address of one of its pages, without asking the forge.
    fn web_url(&self, page: &Page) -> Url;

    /// The address for git, without asking the forge.
    fn git_url(&self, transport: GitTransport) -> Url;

    /// Its forks.
    fn forks(&self) -> &dyn Forks;

    /// Its branches, tags and commits.
    fn refs(&self) -> &dyn Refs;

    /// Its files.
    fn contents(&self) -> &dyn Contents;

    /// Its pull requests.
    #[doc(alias = "merge_requests")]
    fn pull_requests(&self) -> &dyn PullRequests;

    /// The statuses of its commits.
    #[doc(alias = "flags")]
    fn statuses(&self) -> &dyn Statuses;

    /// Its releases.
    fn releases(&self) -> &dyn Releases;
}
