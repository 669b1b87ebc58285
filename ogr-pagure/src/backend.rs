//! What the registry needs to know of Pagure.

use std::sync::Arc;

use ogr_core::{
    Credential, Forge, ForgeKind, Instance, Result,
    http::HttpConfig,
    registry::{Backend, Probe, ProbeAnswer},
};
use url::Url;

use crate::Pagure;

/// The backend for [`ForgeKind::Pagure`].
#[derive(Debug, Clone, Copy, Default)]
pub struct PagureBackend;

/// Package sources whose ssh host is another than that of their pages.
const SSH_HOSTS: &[(&str, &str)] = &[
    ("src.fedoraproject.org", "pkgs.fedoraproject.org"),
    ("src.stg.fedoraproject.org", "pkgs.stg.fedoraproject.org"),
];

impl Backend for PagureBackend {
    fn kinds(&self) -> &'static [ForgeKind] {
        &[ForgeKind::Pagure]
    }

    fn probes(&self) -> &'static [Probe] {
        const PROBES: &[Probe] = &[Probe::new("api/0/version", recognise)];
        PROBES
    }

    fn instance(&self, kind: ForgeKind, web: Url) -> Instance {
        instance(kind, web)
    }

    fn connect(
        &self,
        instance: Instance,
        credential: Option<Credential>,
        config: HttpConfig,
    ) -> Result<Arc<dyn Forge>> {
        Ok(Arc::new(Pagure::on(instance, credential, config)?))
    }
}

/// The installation whose pages are at `web`.
pub(crate) fn instance(kind: ForgeKind, web: Url) -> Instance {
    let mut api = web.clone();
    api.set_path(&format!("{}/api/0/", web.path().trim_end_matches('/')));
    let ssh = web.host_str().and_then(|host| {
        let (_, ssh) = SSH_HOSTS.iter().find(|(pages, _)| *pages == host)?;
        Some(*ssh)
    });
    let instance = Instance::new(kind, web, api);
    match ssh {
        Some(ssh) => instance.ssh_host(ssh),
        None => instance,
    }
}

/// Pagure tells the version of its API, `0.31`, and nothing else.
fn recognise(answer: &ProbeAnswer) -> Option<ForgeKind> {
    let version = answer.json();
    let is_pagure = answer.status.is_success()
        && version["version"]
            .as_str()
            .is_some_and(|version| version.starts_with("0."));
    is_pagure.then_some(ForgeKind::Pagure)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn answer(status: u16, body: &'static str) -> ProbeAnswer {
        let status = StatusCode::from_u16(status).unwrap();
        ProbeAnswer::new(status, HeaderMap::new(), body.into())
    }

    #[test]
    fn only_the_version_of_its_api_shows_a_pagure() {
        assert_eq!(
            recognise(&answer(200, r#"{"version":"0.31"}"#)),
            Some(ForgeKind::Pagure)
        );
        assert_eq!(recognise(&answer(200, r#"{"version":"16.0.1"}"#)), None);
        assert_eq!(recognise(&answer(404, r#"{"version":"0.31"}"#)), None);
        assert_eq!(recognise(&answer(200, "<html></html>")), None);
        assert_eq!(recognise(&answer(200, r#"{"version":31}"#)), None);
    }

    #[test]
    fn the_api_is_below_the_pages_and_fedora_has_an_ssh_host_of_its_own() {
        let fedora = instance(
            ForgeKind::Pagure,
            "https://src.fedoraproject.org".parse().unwrap(),
        );
        assert_eq!(fedora.api.as_str(), "https://src.fedoraproject.org/api/0/");
        assert_eq!(fedora.ssh_host.as_deref(), Some("pkgs.fedoraproject.org"));
        let below = instance(
            ForgeKind::Pagure,
            "http://127.0.0.1:5015/git/".parse().unwrap(),
        );
        assert_eq!(below.api.as_str(), "http://127.0.0.1:5015/git/api/0/");
        assert_eq!(below.web.as_str(), "http://127.0.0.1:5015/git/");
        assert_eq!(below.ssh_host, None);
    }
}
