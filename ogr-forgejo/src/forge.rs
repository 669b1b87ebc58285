//! A Forgejo or Gitea instance.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use http::Method;
use ogr_core::{
    CallOptions, Capabilities, Credential, Error, ErrorKind, Forge, ForgeKind, GitCredential,
    Instance, Operation, Project, ProjectPath, Projects, Result, User, Users,
    http::{Call, Client, Dialect, HttpConfig, RateState, RawRequest, Reply},
};
use serde::de::DeserializeOwned;

use crate::{
    ForgejoProject, capabilities,
    dialect::ForgejoDialect,
    version::{Told, Version},
};

/// Goes with a token as the password. The server looks at the token alone, so that nobody's name has to be asked for.
const ANY_USER: &str = "oauth2";

/// A Forgejo or Gitea instance. Clones share everything.
#[derive(Clone)]
pub struct Forgejo {
    client: Client,
    memo: Arc<Memo>,
}

/// What was asked once and does not change.
#[derive(Default)]
struct Memo {
    /// Whose credentials these are, by their identity.
    users: Mutex<HashMap<u64, User>>,
    version: Mutex<Option<Version>>,
}

impl Forgejo {
    /// An instance, which [`ForgejoBackend`](crate::ForgejoBackend) makes from the address of its pages. Nothing is asked of
    /// the network.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for a credential of a kind that Forgejo does not take, and for a configuration that cannot be
    /// used.
    pub fn new(
        instance: Instance,
        credential: Option<Credential>,
        config: HttpConfig,
    ) -> Result<Self> {
        let dialect = Arc::new(ForgejoDialect);
        if let Some(credential) = &credential {
            dialect.authorization(credential)?;
        }
        Ok(Self {
            client: Client::new(instance, dialect, credential, config)?,
            memo: Arc::default(),
        })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether it was said to be a Gitea.
    pub(crate) fn is_gitea(&self) -> bool {
        self.client.instance().kind == ForgeKind::Gitea
    }

    /// The same forge with other call options.
    pub(crate) fn scoped(&self, options: &CallOptions) -> Self {
        Self {
            client: self.client.with(options),
            memo: Arc::clone(&self.memo),
        }
    }

    /// A handle on a project.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] when the path is not of the form `owner/name`.
    pub(crate) fn at(&self, path: &ProjectPath) -> Result<ForgejoProject> {
        ForgejoProject::new(self.clone(), path)
    }

    pub(crate) async fn send(&self, call: Call) -> Result<Reply> {
        self.client.send(call).await
    }

    /// Reads an answer.
    pub(crate) fn read<T: DeserializeOwned>(&self, reply: &Reply) -> Result<T> {
        self.located(reply.json())
    }

    /// Names the forge in an error that came without a request.
    pub(crate) fn located<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| self.client.locate(error))
    }

    /// An error that was found before or after a request.
    pub(crate) fn error(
        &self,
        operation: Operation,
        resource: impl Into<String>,
        kind: ErrorKind,
        message: impl Into<String>,
    ) -> Error {
        self.client.locate(
            Error::new(kind, message)
                .with_operation(operation)
                .with_resource(resource),
        )
    }

    /// Refuses what this kind of forge cannot do.
    pub(crate) fn require(&self, operation: Operation) -> Result<()> {
        self.located(self.capabilities().require(operation))
    }

    pub(crate) fn remembered_user(&self) -> Option<User> {
        lock(&self.memo.users)
            .get(&self.client.credential_identity())
            .cloned()
    }

    pub(crate) fn remember_user(&self, user: &User) {
        lock(&self.memo.users).insert(self.client.credential_identity(), user.clone());
    }

    async fn version(&self) -> Result<Version> {
        if let Some(version) = *lock(&self.memo.version) {
            return Ok(version);
        }
        let call = self
            .client
            .get(Operation::ForgeProbe, ["version"])?
            .resource("version");
        let reply = self.send(call).await?;
        let told: Told = self.read(&reply)?;
        let version = Version::parse(&told.version).ok_or_else(|| {
            self.client
                .locate(reply.unreadable(format!("the forge calls its version {:?}", told.version)))
        })?;
        *lock(&self.memo.version) = Some(version);
        Ok(version)
    }
}

#[async_trait]
impl Forge for Forgejo {
    fn instance(&self) -> &Instance {
        self.client.instance()
    }

    fn capabilities(&self) -> Capabilities {
        capabilities::of(self.kind())
    }

    /// What it can do, after asking for the version, which is asked for once.
    async fn resolve_capabilities(&self) -> Result<Capabilities> {
        Ok(capabilities::resolved(self.kind(), self.version().await?))
    }

    fn project(&self, path: &ProjectPath) -> Result<Arc<dyn Project>> {
        Ok(Arc::new(self.at(path)?))
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
        Arc::new(self.scoped(&options))
    }

    async fn git_credential(&self) -> Result<Option<GitCredential>> {
        Ok(match self.client.credential() {
            Some(Credential::Token(secret) | Credential::Bearer(secret)) => {
                Some(GitCredential::new(ANY_USER, secret.clone()))
            }
            Some(Credential::Basic { username, password }) => {
                Some(GitCredential::new(username, password.clone()))
            }
            _ => None,
        })
    }
}

impl fmt::Debug for Forgejo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forgejo")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What is in there is replaced whole, so that a panic elsewhere leaves it usable.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The methods, in one place for all areas.
pub(crate) const GET: Method = Method::GET;
pub(crate) const POST: Method = Method::POST;
pub(crate) const PUT: Method = Method::PUT;
pub(crate) const PATCH: Method = Method::PATCH;
pub(crate) const DELETE: Method = Method::DELETE;
