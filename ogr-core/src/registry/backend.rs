//! What a backend tells the registry.

use std::{fmt, sync::Arc};

use http::{HeaderMap, StatusCode};
use url::Url;

use crate::{Credential, Forge, ForgeKind, Instance, Result, http::HttpConfig};

/// The answer to a probe.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProbeAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The first bytes of the body.
    pub body: bytes::Bytes,
}

impl ProbeAnswer {
    /// An answer as it came.
    pub fn new(status: StatusCode, headers: HeaderMap, body: bytes::Bytes) -> Self {
        Self {
            status,
            headers,
            body,
        }
    }

    /// The body as JSON; `Null` when it is something else.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A question, asked without a credential, by which a forge gives itself away.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Probe {
    /// The path to ask, relative to the address of the pages: `api/v1/version`.
    pub path: &'static str,
    /// Which forge the answer shows; `None` when it is none of this backend's.
    pub recognise: fn(&ProbeAnswer) -> Option<ForgeKind>,
}

impl Probe {
    /// A question, and how its answer is read.
    pub const fn new(path: &'static str, recognise: fn(&ProbeAnswer) -> Option<ForgeKind>) -> Self {
        Self { path, recognise }
    }
}

/// What a backend tells the registry: which forges it serves, how they are recognised, and how they are reached.
///
/// A new forge is added by implementing this, [`Forge`], [`Project`](crate::Project) and the area traits; the backends
/// of this workspace are examples.
pub trait Backend: Send + Sync + fmt::Debug {
    /// The kinds of forge that it serves.
    fn kinds(&self) -> &'static [ForgeKind];

    /// The questions by which its forges are recognised.
    fn probes(&self) -> &'static [Probe];

    /// The installation whose pages are at `web`: where its API is, and which origins it trusts.
    fn instance(&self, kind: ForgeKind, web: Url) -> Instance;

    /// A forge on that installation. Nothing is asked of the network.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a configuration or credential that cannot be used.
    fn connect(
        &self,
        instance: Instance,
        credential: Option<Credential>,
        config: HttpConfig,
    ) -> Result<Arc<dyn Forge>>;
}
