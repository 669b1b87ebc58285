//! The forge: what all its projects share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use http::Method;
use ogr_core::{
    CallOptions, Capabilities, Credential, Error, ErrorKind, Forge, GitCredential, Instance,
    Operation, Project, ProjectPath, Projects, Result, User, Users,
    http::{Call, Client, HttpConfig, RateState, RawRequest, Reply},
};
use serde::de::DeserializeOwned;

use crate::{GitHubProject, capabilities, dialect::GitHubDialect};

/// The media type of GitHub's JSON.
pub(crate) const JSON: &str = "application/vnd.github+json";

/// The largest page that GitHub gives.
pub(crate) const PAGE: &str = "100";

/// One GitHub: github.com, or an Enterprise installation.
///
/// Clones are cheap, and share connections, limits and what is remembered.
///
/// ```
/// use ogr_core::{Forge, ForgeKind, http::HttpConfig, registry::Backend};
/// use ogr_github::{GitHub, GitHubBackend};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let instance = GitHubBackend.instance(ForgeKind::GitHub, "https://github.com".parse()?);
/// let anonymous = GitHub::new(instance, None, HttpConfig::default())?;
/// assert_eq!(anonymous.instance().api.as_str(), "https://api.github.com/");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct GitHub {
    client: Client,
    /// Who each credential is.
    me: Arc<Mutex<HashMap<u64, User>>>,
}

impl GitHub {
    /// A GitHub on this installation. Nothing is asked of the network.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for a configuration that cannot be used.
    pub fn new(
        instance: Instance,
        credential: Option<Credential>,
        config: HttpConfig,
    ) -> Result<Self> {
        let client = Client::new(instance, Arc::new(GitHubDialect), credential, config)?;
        Ok(Self {
            client,
            me: Arc::default(),
        })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn with_options(&self, options: &CallOptions) -> Self {
        Self {
            client: self.client.with(options),
            me: Arc::clone(&self.me),
        }
    }

    /// A call of the REST API. What GitHub cannot do is refused here, before any request.
    pub(crate) fn call<S: AsRef<str>>(
        &self,
        operation: Operation,
        method: Method,
        segments: impl IntoIterator<Item = S>,
    ) -> Result<Call> {
        self.require(operation)?;
        Ok(self.client.call(operation, method, segments)?.accept(JSON))
    }

    pub(crate) fn require(&self, operation: Operation) -> Result<()> {
        self.capabilities()
            .require(operation)
            .map_err(|error| self.client.locate(error))
    }

    /// Sends a call and reads its answer.
    pub(crate) async fn fetch<T: DeserializeOwned>(&self, call: Call) -> Result<T> {
        let reply = self.client.send(call).await?;
        reply.json().map_err(|error| self.client.locate(error))
    }

    pub(crate) fn project_at(&self, path: ProjectPath) -> Result<GitHubProject> {
        path.check().map_err(|error| self.client.locate(error))?;
        match &path.namespace {
            Some(owner) if path.fork_owner.is_none() && !owner.contains('/') => {
                let owner = owner.clone();
                Ok(GitHubProject::new(self.clone(), owner, path))
            }
            _ => Err(self.client.locate(
                Error::new(ErrorKind::Invalid, "a project on GitHub is OWNER/NAME")
                    .with_resource(path.to_string()),
            )),
        }
    }

    /// The user of this credential, if that was asked before.
    pub(crate) fn remembered_me(&self) -> Option<User> {
        self.memo().get(&self.client.credential_identity()).cloned()
    }

    pub(crate) fn remember_me(&self, user: User) {
        self.memo().insert(self.client.credential_identity(), user);
    }

    fn memo(&self) -> std::sync::MutexGuard<'_, HashMap<u64, User>> {
        // Entries are put in whole, so a panic elsewhere leaves them usable.
        self.me.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Forge for GitHub {
    fn instance(&self) -> &Instance {
        self.client.instance()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(capabilities::support)
    }

    fn project(&self, path: &ProjectPath) -> Result<Arc<dyn Project>> {
        Ok(Arc::new(self.project_at(path.clone())?))
    }

    fn users(&self) -> &dyn Users {
        self
    }

    fn projects(&self) -> &dyn Projects {
        self
    }

    fn rate_limit(&self) -> Option<RateState> {
        self.client.rate_limit()
    }

    async fn raw(&self, request: RawRequest) -> Result<Reply> {
        self.client.raw(request).await
    }

    fn with(&self, options: CallOptions) -> Arc<dyn Forge> {
        Arc::new(self.with_options(&options))
    }

    /// GitHub takes a token beside any user name; no request is needed to tell the real one.
    async fn git_credential(&self) -> Result<Option<GitCredential>> {
        Ok(match self.client.credential() {
            None => None,
            Some(Credential::Basic { username, password }) => {
                Some(GitCredential::new(username.clone(), password.clone()))
            }
            Some(Credential::Token(token) | Credential::Bearer(token)) => {
                Some(GitCredential::new("x-access-token", token.clone()))
            }
            Some(_) => {
                return Err(self.client.locate(Error::new(
                    ErrorKind::Config,
                    "git on GitHub takes a token, or a user name with a token",
                )));
            }
        })
    }
}
