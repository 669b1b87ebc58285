//! Which forge is where: from an URL to a project.
//!
//! A host name says little: `src.fedoraproject.org` is a Pagure today and a Forgejo tomorrow. So only the large public
//! forges, and what the user pins, are taken by name; every other host is asked, without a credential, which forge it is. The
//! answer is kept for an hour, and dropped at once when the forge behind a host turns out to be another.

mod backend;
mod known;
mod probe;
mod watch;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use url::Url;

pub use backend::{Backend, Probe, ProbeAnswer};

use crate::{
    Credentials, Error, ErrorKind, Forge, ForgeKind, Link, Project, RepoUrl, Result,
    http::{HttpConfig, ReqwestWire, Wire},
    location::Scheme,
};

/// How long the answer to a probe is taken for true.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);

/// Maps addresses to forges, and keeps one handle for each. Clones share everything.
///
/// The facade crate `ogr` makes one with all its backends: `ogr::Registry::from_env()`.
///
/// ```
/// # async fn example(registry: ogr_core::Registry) -> ogr_core::Result<()> {
/// let project = registry.project("https://src.fedoraproject.org/rpms/ogr").await?;
/// println!("{} is on {}", project.path(), project.forge().kind());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    backends: Vec<Arc<dyn Backend>>,
    credentials: Credentials,
    config: HttpConfig,
    pins: Vec<Pin>,
    aliases: Vec<(String, String)>,
    found: Arc<Mutex<HashMap<String, Found>>>,
    forges: Arc<Mutex<Handles>>,
    probing: Arc<tokio::sync::Mutex<()>>,
}

/// The handles by the address of the pages and the kind of forge.
type Handles = HashMap<(String, ForgeKind), Arc<dyn Forge>>;

/// A place whose kind is not asked for.
#[derive(Debug, Clone)]
struct Pin {
    web: Url,
    kind: ForgeKind,
}

/// What a probe found.
#[derive(Debug, Clone, Copy)]
struct Found {
    kind: ForgeKind,
    at: Instant,
}

impl Registry {
    /// A registry of these backends, with the credentials and the transport configuration for all its forges.
    pub fn new(
        backends: Vec<Arc<dyn Backend>>,
        credentials: Credentials,
        config: HttpConfig,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                backends,
                credentials,
                config,
                pins: known::pins(),
                aliases: known::aliases(),
                found: Arc::default(),
                forges: Arc::default(),
                probing: Arc::default(),
            }),
        }
    }

    /// Says which forge is at an address, so that it need not be asked. A path is part of it: `https://example.org/git`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when the address is none of `http` or `https`.
    pub fn pin(mut self, web: &str, kind: ForgeKind) -> Result<Self> {
        let web: Url = web
            .parse()
            .ok()
            .filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Config,
                    "a forge is pinned by its http or https address",
                )
                .with_resource(web.to_owned())
            })?;
        let inner = Arc::make_mut(&mut self.inner);
        // What the user says goes before what is known.
        inner.pins.insert(0, Pin { web, kind });
        Ok(self)
    }

    /// Says that one host is another name of a second one, as ssh hosts often are.
    #[must_use]
    pub fn alias(mut self, host: impl Into<String>, of: impl Into<String>) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        inner.aliases.insert(
            0,
            (
                host.into().to_ascii_lowercase(),
                of.into().to_ascii_lowercase(),
            ),
        );
        self
    }

    /// The forge that an address is on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for an address that cannot be read; [`ErrorKind::NotFound`] when no forge that a backend
    /// serves answers there, saying what was asked and what came back; [`ErrorKind::Network`] and
    /// [`ErrorKind::Unavailable`] when the host cannot be asked; [`ErrorKind::Config`] for a credential that does not fit.
    pub async fn forge(&self, address: &str) -> Result<Arc<dyn Forge>> {
        self.forge_of(&forge_address(address)?).await
    }

    /// The project that an address points at, or into.
    ///
    /// # Errors
    ///
    /// Those of [`forge`](Self::forge), and [`ErrorKind::Invalid`] when no project of that forge can have such a path.
    pub async fn project(&self, address: &str) -> Result<Arc<dyn Project>> {
        Ok(self.open(address).await?.0)
    }

    /// The project that an address points into, and what in it: a pull request, a commit, a file.
    ///
    /// # Errors
    ///
    /// Those of [`project`](Self::project).
    pub async fn open(&self, address: &str) -> Result<(Arc<dyn Project>, Option<Link>)> {
        let url = RepoUrl::parse(address)?;
        let forge = self.forge_of(&url).await?;
        let (path, link) = url.resolve_on(forge.instance())?;
        Ok((forge.project(&path)?, link))
    }

    /// Asks a host which forge it is, whatever is remembered. No credential is sent.
    ///
    /// # Errors
    ///
    /// Those of [`forge`](Self::forge).
    pub async fn probe(&self, web: &Url) -> Result<ForgeKind> {
        let wire: Arc<dyn Wire> = match &self.inner.config.wire {
            Some(wire) => Arc::clone(wire),
            None => Arc::new(ReqwestWire::new(&self.inner.config)?),
        };
        let kind = probe::ask(&*wire, &self.inner.config, &self.inner.backends, web).await?;
        let found = Found {
            kind,
            at: Instant::now(),
        };
        lock(&self.inner.found).insert(web.to_string(), found);
        Ok(kind)
    }

    async fn forge_of(&self, url: &RepoUrl) -> Result<Arc<dyn Forge>> {
        if let Some(pin) = self.pinned(url) {
            return self.connect(pin.kind, pin.web, false).await;
        }
        let web = self.web_of(url)?;
        let kind = self.kind_at(&web).await?;
        self.connect(kind, web, true).await
    }

    /// The pin whose host and path the address begins with; the longest path goes first.
    fn pinned(&self, url: &RepoUrl) -> Option<Pin> {
        let host = self.canonical(&url.host());
        self.inner
            .pins
            .iter()
            .filter(|pin| {
                let same_host = host_of(&pin.web) == host;
                let prefix: Vec<&str> = pin
                    .web
                    .path()
                    .split('/')
                    .filter(|part| !part.is_empty())
                    .collect();
                let below = !url.is_web()
                    || url
                        .segments()
                        .get(..prefix.len())
                        .is_some_and(|start| start == prefix);
                same_host && below
            })
            // `max_by_key` takes the last of equals, and the user's pins stand first.
            .rev()
            .max_by_key(|pin| pin.web.path().len())
            .cloned()
    }

    /// Where the pages of an address's host begin, with the host's own name in place of an alias.
    fn web_of(&self, url: &RepoUrl) -> Result<Url> {
        let mut web = url.web_base(Scheme::Https)?;
        let host = url.host();
        let canonical = self.canonical(&host);
        if canonical != host {
            web = format!("{}://{canonical}/", web.scheme())
                .parse()
                .map_err(|error| {
                    Error::new(ErrorKind::Config, "a host's alias is no host")
                        .with_resource(canonical)
                        .with_source(error)
                })?;
        }
        Ok(web)
    }

    fn canonical(&self, host: &str) -> String {
        self.inner
            .aliases
            .iter()
            .find(|(alias, _)| alias == host)
            .map_or_else(|| host.to_owned(), |(_, of)| of.clone())
    }

    async fn kind_at(&self, web: &Url) -> Result<ForgeKind> {
        if let Some(kind) = self.remembered(web) {
            return Ok(kind);
        }
        // One at a time: whoever waits here finds the answer when it is their turn.
        let _turn = self.inner.probing.lock().await;
        match self.remembered(web) {
            Some(kind) => Ok(kind),
            None => self.probe(web).await,
        }
    }

    fn remembered(&self, web: &Url) -> Option<ForgeKind> {
        let found = *lock(&self.inner.found).get(web.as_str())?;
        (found.at.elapsed() < KEPT_FOR).then_some(found.kind)
    }

    /// The one handle on this forge at this place.
    async fn connect(&self, kind: ForgeKind, web: Url, probed: bool) -> Result<Arc<dyn Forge>> {
        let key = (web.to_string(), kind);
        if let Some(forge) = lock(&self.inner.forges).get(&key) {
            return Ok(Arc::clone(forge));
        }
        let backend = self
            .inner
            .backends
            .iter()
            .find(|backend| backend.kinds().contains(&kind))
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Config,
                    format!("this program was built without the backend for {kind}"),
                )
                .with_resource(web.to_string())
            })?;
        let instance = backend.instance(kind, web.clone());
        let credential = self.inner.credentials.find(&instance).await?;
        let mut config = self.inner.config.clone();
        if probed {
            config.watch = Some(Arc::new(watch::Sentinel::new(&self.inner, web, kind)));
        }
        let forge = backend.connect(instance, credential, config)?;
        Ok(Arc::clone(
            lock(&self.inner.forges).entry(key).or_insert(forge),
        ))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("backends", &self.inner.backends)
            .field("pins", &self.inner.pins)
            .finish_non_exhaustive()
    }
}

/// An address of a forge alone, without a project, is read like one of a project on it.
fn forge_address(address: &str) -> Result<RepoUrl> {
    RepoUrl::parse(address).or_else(|error| {
        let with_project = format!("{}/x/x", address.trim().trim_end_matches('/'));
        RepoUrl::parse(&with_project).map_err(|_| error)
    })
}

fn host_of(web: &Url) -> String {
    crate::forge::host_of(web)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The maps are changed by single inserts, so a panic elsewhere leaves them usable.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
