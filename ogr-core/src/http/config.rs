//! How the transport behaves: time-outs, tries, widths, and who may watch.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use http::HeaderValue;
use url::Url;

use super::Wire;
use crate::{ForgeKind, Operation};

/// Why a call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PauseReason {
    /// A limit of the forge.
    Limit,
    /// A failure that may pass.
    Retry,
    /// Writes that came in a burst.
    Pace,
}

/// A wait of the transport, told to the [`Observer`] before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pause {
    /// Why.
    pub reason: PauseReason,
    /// How long.
    pub wait: Duration,
    /// What waits.
    pub operation: Operation,
    /// The host that it waits for.
    pub host: String,
    /// How often the request has been sent so far.
    pub attempts: u32,
}

/// Watches the transport: for a progress bar, or a log line when a bot stands still.
pub trait Observer: Send + Sync {
    /// A call is about to wait.
    fn pause(&self, pause: &Pause);
}

/// Knows whether a host still runs the forge that a handle was made for. The registry has one for each host that it probed.
#[async_trait]
pub trait Watch: Send + Sync {
    /// The forge that answers now, if it is another. It is asked when an answer looks like that of a wrong forge.
    async fn other_forge(&self) -> Option<ForgeKind>;
}

/// How the transport behaves. The defaults suit a bot; every field may be changed.
///
/// ```
/// use std::time::Duration;
/// use ogr_core::http::HttpConfig;
///
/// let mut config = HttpConfig::default();
/// config.user_agent = "packit/1.0 (https://packit.dev)".into();
/// config.max_wait = Duration::from_secs(5);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpConfig {
    /// The `User-Agent`. Some hosts let only agents through that they know.
    pub user_agent: String,
    /// Headers for every request, such as one that a gateway demands.
    pub headers: Vec<(http::HeaderName, HeaderValue)>,
    /// How long connecting may take. Default: 10 s.
    pub connect_timeout: Duration,
    /// How long one attempt may take, from sending to the last byte. Default: 60 s.
    pub attempt_timeout: Duration,
    /// How often a request is sent at most. Default: 3.
    pub tries: u32,
    /// The longest single wait for a limit or a `Retry-After`; beyond it the call fails at once. Default: 60 s.
    pub max_wait: Duration,
    /// How many reads may be under way at once, per host and credential. Default: 8.
    pub reads: usize,
    /// How many writes may be under way at once, per host and credential. Default: 1.
    pub writes: usize,
    /// The largest answer to take where a call says nothing else, in bytes. Default: 32 MiB.
    pub body_limit: u64,
    /// How much memory the answers may take that are kept for revalidation, in bytes. Default: 8 MiB; 0 turns it off.
    pub cache_bytes: usize,
    /// Certificates (PEM) of authorities to trust beside the system's.
    pub ca_certificates: Vec<Vec<u8>>,
    /// A proxy for all requests; the environment's (`HTTPS_PROXY`, …) when `None`.
    pub proxy: Option<Url>,
    /// Hosts beside loopback to which a credential may go over plain `http://`.
    pub plain_http_hosts: Vec<String>,
    /// Who is told of waits.
    pub observer: Option<Arc<dyn Observer>>,
    /// Who knows whether the host has changed its forge.
    pub watch: Option<Arc<dyn Watch>>,
    /// What sends the requests; `reqwest` when `None`.
    pub wire: Option<Arc<dyn Wire>>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            user_agent: concat!("ogr/", env!("CARGO_PKG_VERSION")).to_owned(),
            headers: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(60),
            tries: 3,
            max_wait: Duration::from_secs(60),
            reads: 8,
            writes: 1,
            body_limit: 32 * 1024 * 1024,
            cache_bytes: 8 * 1024 * 1024,
            ca_certificates: Vec::new(),
            proxy: None,
            plain_http_hosts: Vec::new(),
            observer: None,
            watch: None,
            wire: None,
        }
    }
}

impl fmt::Debug for HttpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and the proxy may hold secrets: neither is shown.
        f.debug_struct("HttpConfig")
            .field("user_agent", &self.user_agent)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("tries", &self.tries)
            .field("max_wait", &self.max_wait)
            .field("reads", &self.reads)
            .field("writes", &self.writes)
            .finish_non_exhaustive()
    }
}
