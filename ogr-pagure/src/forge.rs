//! One Pagure.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use ogr_core::{
    CallOptions, Capabilities, Credential, Error, ErrorKind, Forge, ForgeKind, GitCredential,
    Instance, Operation, Project, ProjectPath, Projects, Result, User, Users,
    http::{Client, HttpConfig, RateState, RawRequest, Reply},
};
use url::Url;

use crate::{PagureProject, backend, capabilities::support, dialect::PagureDialect};

/// One Pagure. Clones are cheap and share their connections, limits and memory.
#[derive(Debug, Clone)]
pub struct Pagure {
    pub(crate) client: Client,
    /// Whose credential is whose: asked once for each.
    known: Arc<Mutex<HashMap<u64, User>>>,
}

impl Pagure {
    /// The Pagure whose pages are at `web`. Nothing is asked of the network.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for a configuration from which no HTTP client can be made.
    pub fn new(web: Url, credential: Option<Credential>, config: HttpConfig) -> Result<Self> {
        Self::on(
            backend::instance(ForgeKind::Pagure, web),
            credential,
            config,
        )
    }

    pub(crate) fn on(
        instance: Instance,
        credential: Option<Credential>,
        config: HttpConfig,
    ) -> Result<Self> {
        let client = Client::new(instance, Arc::new(PagureDialect), credential, config)?;
        Ok(Self {
            client,
            known: Arc::default(),
        })
    }

    pub(crate) fn scoped(&self, options: &CallOptions) -> Self {
        Self {
            client: self.client.with(options),
            known: Arc::clone(&self.known),
        }
    }

    /// Refuses what Pagure cannot do, before any request.
    pub(crate) fn require(&self, operation: Operation, resource: impl Into<String>) -> Result<()> {
        self.capabilities()
            .require(operation)
            .map_err(|error| self.client.locate(error).with_resource(resource))
    }

    /// The error of what Pagure cannot do at all.
    pub(crate) fn unsupported(&self, operation: Operation, resource: impl Into<String>) -> Error {
        let why = support(operation).note().unwrap_or_default();
        self.error(operation, ErrorKind::Unsupported, resource, why)
    }

    /// An error of ogr's own, about something of this forge.
    pub(crate) fn error(
        &self,
        operation: Operation,
        kind: ErrorKind,
        resource: impl Into<String>,
        message: impl Into<String>,
    ) -> Error {
        self.client.locate(
            Error::new(kind, message)
                .with_operation(operation)
                .with_resource(resource),
        )
    }

    /// Whose credential this is, if that was asked before.
    pub(crate) fn known_user(&self) -> Option<User> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&self.client.credential_identity()).cloned()
    }

    pub(crate) fn remember_user(&self, user: &User) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(self.client.credential_identity(), user.clone());
    }

    pub(crate) fn project_at(&self, path: ProjectPath) -> PagureProject {
        PagureProject::new(self.clone(), path)
    }

    /// Refuses a path that leads elsewhere than to a project, so that nothing else is taken for one.
    pub(crate) fn check(&self, path: &ProjectPath, operation: Operation) -> Result<()> {
        let invalid = |why: &str| {
            let resource = format!("{:?}", path.to_string());
            Err(self.error(operation, ErrorKind::Invalid, resource, why))
        };
        path.check()
            .map_err(|error| self.client.locate(error).with_operation(operation))?;
        match &path.namespace {
            Some(namespace) if namespace.contains('/') => {
                invalid("Pagure has no namespaces in namespaces")
            }
            Some(namespace) if path.fork_owner.is_none() && is_reserved(namespace) => {
                invalid("this is a page of Pagure itself, not of a project")
            }
            None if path.fork_owner.is_none() && is_reserved(&path.name) => {
                invalid("this is a page of Pagure itself, not of a project")
            }
            _ => Ok(()),
        }
    }
}

/// Names that stand for something of the API itself.
fn is_reserved(name: &str) -> bool {
    const RESERVED: &[&str] = &[
        "-",
        "_plugins",
        "api",
        "error_codes",
        "fork",
        "forks",
        "group",
        "groups",
        "new",
        "projects",
        "pull-requests",
        "settings",
        "task",
        "user",
        "users",
        "version",
    ];
    RESERVED.contains(&name)
}

#[async_trait]
impl Forge for Pagure {
    fn instance(&self) -> &Instance {
        self.client.instance()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(support)
    }

    fn project(&self, path: &ProjectPath) -> Result<Arc<dyn Project>> {
        self.check(path, Operation::ProjectsGet)?;
        Ok(Arc::new(self.project_at(path.clone())))
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
            None => None,
            Some(Credential::Basic { username, password }) => {
                Some(GitCredential::new(username, password.clone()))
            }
            // git's password is the token, beside the name of its user.
            Some(Credential::Token(token)) => {
                let me = self.whoami().await?;
                Some(GitCredential::new(me.login, token.clone()))
            }
            Some(_) => {
                return Err(self.client.locate(Error::new(
                    ErrorKind::Config,
                    "Pagure takes its own API tokens alone: no OAuth token, and no token of a job",
                )));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forge() -> Pagure {
        let web = "https://src.fedoraproject.org".parse().unwrap();
        Pagure::new(web, None, HttpConfig::default()).unwrap()
    }

    #[test]
    fn only_what_can_be_a_project_becomes_a_handle() {
        for good in ["ogr", "rpms/ogr", "fork/bob/ogr", "fork/bob/rpms/ogr"] {
            assert!(forge().project(&good.parse().unwrap()).is_ok(), "{good}");
        }
        for bad in [
            "a/b/c",
            "user/alice",
            "group/packager",
            "users",
            "fork/u/a/b/c",
        ] {
            let error = forge().project(&bad.parse().unwrap()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{bad}");
        }
    }
}
