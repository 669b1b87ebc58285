//! Which credential is for which instance.

use std::{collections::HashMap, env, ffi::OsString, fmt, sync::Arc};

use super::{
    Credential,
    discovery::{Discovery, Places},
    env::{Variables, variable},
    shape,
};
use crate::{Error, ErrorKind, ForgeKind, Instance, Result};

/// Credentials, each for one instance and kind of forge. Cheap to clone.
///
/// A credential is looked for in this order:
///
/// 1. what [`insert`](Self::insert) was given for the host and kind, then for the host;
/// 2. the variable `OGR_TOKEN_<HOST>_<KIND>`, then `OGR_TOKEN_<HOST>`. The host is in upper case, with its port where that is
///    not the scheme's own; a dash is two underscores, and every other character that is no letter or digit is one:
///    `OGR_TOKEN_SRC_FEDORAPROJECT_ORG`, `OGR_TOKEN_GIT__MIRROR_EXAMPLE_ORG_8443`. Kinds are `GITHUB`, `GITLAB`,
///    `FORGEJO`, `GITEA`, `PAGURE`;
/// 3. the usual variable of each forge, for its own public host only: `GH_TOKEN` and `GITHUB_TOKEN` for github.com (or the host
///    of `GITHUB_SERVER_URL`), `GH_ENTERPRISE_TOKEN` for the host in `GH_HOST`, `GITLAB_TOKEN` for gitlab.com (or the host in
///    `GITLAB_HOST`), `CODEBERG_TOKEN` and `FORGEJO_TOKEN` for codeberg.org (or the host of `FORGEJO_SERVER_URL`),
///    `PAGURE_TOKEN` for pagure.io and src.fedoraproject.org;
/// 4. with [`discover`](Self::discover): the forge's own tool (`gh`, `glab`, `fj`, `tea`), `.netrc`, and the credential
///    helpers of git.
///
/// A credential never goes to another kind of forge than its own: when a host moves from Pagure to Forgejo, the old token
/// stays where it is, even if its variable does not name the kind, as long as its looks tell.
///
/// ```
/// use ogr_core::{Credential, Credentials, ForgeKind, Instance};
///
/// let mut credentials = Credentials::from_vars([("OGR_TOKEN_CODEBERG_ORG", "0123abcd")])?;
/// credentials.insert("git.example.org:8443", Some(ForgeKind::GitLab), Credential::token("glpat-x"));
///
/// let web = "https://codeberg.org/".parse()?;
/// let api = "https://codeberg.org/api/v1/".parse()?;
/// let codeberg = Instance::new(ForgeKind::Forgejo, web, api);
/// assert!(credentials.for_instance(&codeberg)?.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Credentials {
    inserted: HashMap<(String, Option<ForgeKind>), Credential>,
    variables: Arc<Variables>,
    discovery: Option<Arc<Discovery>>,
}

impl Credentials {
    /// No credentials.
    pub fn none() -> Self {
        Self::default()
    }

    /// Those in the environment, as it is now. Nothing else is read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] naming a variable that has white space or a character in it that no token has. An
    /// empty variable counts as not set.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(env::vars_os())
    }

    /// Those in these variables.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_vars<K: Into<OsString>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self> {
        Ok(Self {
            variables: Arc::new(Variables::read(variables)?),
            ..Self::default()
        })
    }

    /// Those in the environment, and those that the forges' own tools, `.netrc` and git keep on this machine.
    ///
    /// The tools' files are read now. The tools are asked by [`find`](Self::find), each once a host, for at most ten
    /// seconds; they are told not to ask anybody. No request is made, but a helper of git may make one of its own.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env). A tool that is not there or fails is passed over.
    pub async fn discover() -> Result<Self> {
        Ok(Self::from_env()?.with_places(Places::usual()))
    }

    pub(super) fn with_places(mut self, places: Places) -> Self {
        self.discovery = Some(Arc::new(Discovery::read(places)));
        self
    }

    /// Uses this credential for a host (with its port, where that is not the scheme's own), before all others.
    ///
    /// Without a kind it is for whatever forge answers there, unless its looks tell that it is of another.
    pub fn insert(
        &mut self,
        host: impl Into<String>,
        kind: Option<ForgeKind>,
        credential: Credential,
    ) {
        let host = host.into().to_ascii_lowercase();
        self.inserted.insert((host, kind), credential);
    }

    /// The name of the variable that holds the token for a host: `OGR_TOKEN_CODEBERG_ORG`.
    pub fn variable(host: &str) -> String {
        variable(host)
    }

    /// The credential for an instance, as far as it is known without asking another program.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when what is there plainly belongs to another kind of forge, saying what to set in its place.
    pub fn for_instance(&self, instance: &Instance) -> Result<Option<Credential>> {
        let (host, kind) = (instance.host(), instance.kind);
        if let Some(credential) = self.inserted.get(&(host.clone(), Some(kind))) {
            return Ok(Some(credential.clone()));
        }
        match self.inserted.get(&(host.clone(), None)) {
            Some(credential) if shape::is_foreign(credential.secret(), kind) => Err(Error::new(
                ErrorKind::Config,
                format!(
                    "the credential for {host} is one of {}, but {host} runs {kind}",
                    shape::origin_name(credential.secret())
                ),
            )),
            Some(credential) => Ok(Some(credential.clone())),
            None => self.variables.find(&host, kind),
        }
    }

    /// The credential for an instance, wherever it is kept.
    ///
    /// # Errors
    ///
    /// Those of [`for_instance`](Self::for_instance).
    pub async fn find(&self, instance: &Instance) -> Result<Option<Credential>> {
        if let Some(credential) = self.for_instance(instance)? {
            return Ok(Some(credential));
        }
        match &self.discovery {
            Some(discovery) => Ok(discovery.find(instance).await),
            None => Ok(None),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("inserted", &self.inserted)
            .field("variables", &self.variables.names().collect::<Vec<_>>())
            .field("discovers", &self.discovery.is_some())
            .finish()
    }
}
