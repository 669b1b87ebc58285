//! A GitLab as a forge.

use std::sync::Arc;

use async_trait::async_trait;
use ogr_core::{
    CallOptions, Capabilities, Credential, Error, ErrorKind, Forge, GitCredential, Instance,
    Operation, Project, ProjectPath, Projects, Result, Support, Users,
    http::{Client, HttpConfig, RateState, RawRequest, Reply},
};
use serde::Deserialize;
use url::Url;

use crate::{
    backend,
    capabilities::{NO_RAW_DIFFS, NO_RAW_DIFFS_UNTIL, RAW_DIFFS_SINCE, support},
    dialect::GitLabDialect,
    memo::Memo,
    project::GitLabProject,
};

/// A GitLab: gitlab.com, or one that somebody runs.
///
/// It is cheap to clone. What it remembers (whose credential it is, and the numbers of the projects that answers
/// told of, for ten minutes) is kept per credential.
#[derive(Debug, Clone)]
pub struct GitLab {
    pub(crate) client: Client,
    pub(crate) memo: Arc<Memo>,
}

impl GitLab {
    /// A GitLab on this installation. Nothing is asked of the network.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for a configuration that cannot be used.
    pub fn new(
        instance: Instance,
        credential: Option<Credential>,
        config: HttpConfig,
    ) -> Result<Self> {
        Ok(Self {
            client: Client::new(instance, Arc::new(GitLabDialect), credential, config)?,
            memo: Arc::default(),
        })
    }

    /// A GitLab by the address of its pages: `https://gitlab.com`, or `https://git.example.org/gitlab`.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    pub fn at(web: Url, credential: Option<Credential>, config: HttpConfig) -> Result<Self> {
        Self::new(backend::instance(web), credential, config)
    }

    /// A handle on a project of this GitLab.
    pub(crate) fn handle(&self, path: ProjectPath) -> GitLabProject {
        GitLabProject {
            gitlab: self.clone(),
            path,
        }
    }

    /// Refuses what GitLab cannot do, before any request.
    pub(crate) fn require(&self, operation: Operation) -> Result<()> {
        Capabilities::new(support)
            .require(operation)
            .map_err(|error| self.client.locate(error))
    }

    /// Whose credential this handle has, as a key of what is remembered.
    pub(crate) fn identity(&self) -> u64 {
        self.client.credential_identity()
    }

    pub(crate) fn is_anonymous(&self) -> bool {
        self.client.credential().is_none()
    }
}

impl GitLab {
    /// The version of the server, asked for once. It is for those who are signed in, and not for jobs.
    async fn version(&self) -> Result<Option<(u64, u64)>> {
        if let Some(version) = self.memo.version() {
            return Ok(Some(version));
        }
        if matches!(
            self.client.credential(),
            None | Some(Credential::JobToken(_))
        ) {
            return Ok(None);
        }
        let call = self
            .client
            .get(Operation::ForgeProbe, ["version"])?
            .resource("version");
        let row: VersionRow = self.client.send(call).await?.json()?;
        let found = row.version.as_deref().and_then(version);
        if let Some(found) = found {
            self.memo.is_version(found);
        }
        Ok(found)
    }
}

#[derive(Deserialize)]
struct VersionRow {
    version: Option<String>,
}

#[async_trait]
impl Forge for GitLab {
    fn instance(&self) -> &Instance {
        self.client.instance()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(support)
    }

    async fn resolve_capabilities(&self) -> Result<Capabilities> {
        let capabilities = self.capabilities();
        let Some(version) = self.version().await? else {
            return Ok(capabilities);
        };
        let diff = Operation::PullRequestsDiff;
        Ok(if version >= RAW_DIFFS_SINCE {
            capabilities.resolved(diff, Support::Yes)
        } else if version <= NO_RAW_DIFFS_UNTIL {
            capabilities.resolved(diff, Support::No(NO_RAW_DIFFS))
        } else {
            capabilities
        })
    }

    fn project(&self, path: &ProjectPath) -> Result<Arc<dyn Project>> {
        check(path).map_err(|error| self.client.locate(error))?;
        Ok(Arc::new(self.handle(path.clone())))
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
        Arc::new(Self {
            client: self.client.with(&options),
            memo: Arc::clone(&self.memo),
        })
    }

    async fn git_credential(&self) -> Result<Option<GitCredential>> {
        // No name is needed beside a token: any will do, and these say what it is.
        let (username, password) = match self.client.credential() {
            Some(Credential::Basic { username, password }) => (username.as_str(), password),
            Some(Credential::JobToken(token)) => ("gitlab-ci-token", token),
            Some(Credential::Token(token) | Credential::Bearer(token)) => ("oauth2", token),
            _ => return Ok(None),
        };
        Ok(Some(GitCredential::new(username, password.clone())))
    }
}

/// Refuses a path that no project of a GitLab can have.
pub(crate) fn check(path: &ProjectPath) -> Result<()> {
    path.check()?;
    let invalid =
        |why: &str| Err(Error::new(ErrorKind::Invalid, why).with_resource(path.to_string()));
    if path.fork_owner.is_some() {
        return invalid(
            "this is the path of a fork on Pagure; a fork on GitLab is a project like any other",
        );
    }
    if path.namespace.is_none() {
        return invalid("a project on GitLab is GROUP/NAME");
    }
    Ok(())
}

/// Major and minor version out of `17.10.1-ee`.
fn version(text: &str) -> Option<(u64, u64)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_whatever_is_behind_them() {
        assert_eq!(version("17.10.1-ee"), Some((17, 10)));
        assert_eq!(version("19.0-pre"), None);
        assert_eq!(version("next"), None);
    }

    #[test]
    fn only_a_path_in_a_group_is_one() {
        check(&ProjectPath::new("a/b/c", "d")).unwrap();
        for path in [
            ProjectPath::bare("d"),
            ProjectPath::new("a", "d").fork_of("bob"),
            ProjectPath::new("a/../b", "d"),
            ProjectPath::new("", "d"),
        ] {
            assert_eq!(check(&path).unwrap_err().kind(), ErrorKind::Invalid);
        }
    }
}
