//! Notices that another forge has taken a host.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use async_trait::async_trait;
use url::Url;

use super::{Inner, Registry, lock};
use crate::{ForgeKind, http::Watch};

/// A host is not asked again sooner than this: a wrong address in a loop shall not become a storm of probes.
const AT_MOST_EVERY: Duration = Duration::from_secs(10);

/// Stands beside the handle of one forge that was found by a probe.
pub(super) struct Sentinel {
    // Weak: the registry holds the handle that holds this.
    registry: Weak<Inner>,
    web: Url,
    kind: ForgeKind,
}

impl Sentinel {
    pub(super) fn new(registry: &Arc<Inner>, web: Url, kind: ForgeKind) -> Self {
        Self {
            registry: Arc::downgrade(registry),
            web,
            kind,
        }
    }
}

#[async_trait]
impl Watch for Sentinel {
    async fn other_forge(&self) -> Option<ForgeKind> {
        let registry = Registry {
            inner: self.registry.upgrade()?,
        };
        let _turn = registry.inner.probing.lock().await;
        let found = lock(&registry.inner.found).get(self.web.as_str()).copied();
        let now = match found {
            Some(found) if found.at.elapsed() < AT_MOST_EVERY => found.kind,
            // A host that cannot be asked now is no evidence of another forge.
            _ => registry.probe(&self.web).await.ok()?,
        };
        (now != self.kind).then_some(now)
    }
}
