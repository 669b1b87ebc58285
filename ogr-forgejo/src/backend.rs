//! What the registry is told: which forges these are, and where their API is.

use std::sync::Arc;

use http::StatusCode;
use ogr_core::{
    Credential, Forge, ForgeKind, Instance, Result,
    http::HttpConfig,
    registry::{Backend, Probe, ProbeAnswer},
};
use url::Url;

use crate::{Forgejo, version::Version};

/// Serves Forgejo and Gitea.
#[derive(Debug, Clone, Copy, Default)]
pub struct ForgejoBackend;

impl Backend for ForgejoBackend {
    fn kinds(&self) -> &'static [ForgeKind] {
        &[ForgeKind::Forgejo, ForgeKind::Gitea]
    }

    fn probes(&self) -> &'static [Probe] {
        // Only Forgejo has the first; both have the second.
        const PROBES: &[Probe] = &[
            Probe::new("api/forgejo/v1/version", forgejo),
            Probe::new("api/v1/version", either),
        ];
        PROBES
    }

    /// The API is below the pages. What the server itself says of its address is not heeded: it may lie behind a proxy.
    fn instance(&self, kind: ForgeKind, web: Url) -> Instance {
        let mut api = web.clone();
        api.set_path(&format!("{}/api/v1/", web.path().trim_end_matches('/')));
        Instance::new(kind, web, api)
    }

    fn connect(
        &self,
        instance: Instance,
        credential: Option<Credential>,
        config: HttpConfig,
    ) -> Result<Arc<dyn Forge>> {
        Ok(Arc::new(Forgejo::new(instance, credential, config)?))
    }
}

fn forgejo(answer: &ProbeAnswer) -> Option<ForgeKind> {
    (version(answer).is_some() || asks_to_sign_in(answer)).then_some(ForgeKind::Forgejo)
}

fn either(answer: &ProbeAnswer) -> Option<ForgeKind> {
    match version(answer) {
        Some(version) => Some(version.kind),
        // Had it been a Forgejo, its own version endpoint would have said the same.
        None => asks_to_sign_in(answer).then_some(ForgeKind::Gitea),
    }
}

fn version(answer: &ProbeAnswer) -> Option<Version> {
    if !answer.status.is_success() {
        return None;
    }
    Version::parse(answer.json()["version"].as_str()?)
}

/// Instances that show nothing to strangers refuse even to tell their version, in words of their own.
fn asks_to_sign_in(answer: &ProbeAnswer) -> bool {
    answer.status == StatusCode::FORBIDDEN
        && answer.json()["message"]
            .as_str()
            .is_some_and(|message| message.starts_with("Only signed in user"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    fn answer(status: u16, body: &'static str) -> ProbeAnswer {
        ProbeAnswer::new(
            StatusCode::from_u16(status).unwrap(),
            HeaderMap::new(),
            Bytes::from_static(body.as_bytes()),
        )
    }

    #[test]
    fn tells_forgejo_from_gitea_and_from_others() {
        let ours = r#"{"version":"15.0.2+gitea-1.22.0"}"#;
        let theirs = r#"{"version":"1.22.0+dev-305-g481e738e7"}"#;
        assert_eq!(forgejo(&answer(200, ours)), Some(ForgeKind::Forgejo));
        assert_eq!(either(&answer(200, ours)), Some(ForgeKind::Forgejo));
        assert_eq!(either(&answer(200, theirs)), Some(ForgeKind::Gitea));
        assert_eq!(forgejo(&answer(404, "404 page not found\n")), None);
        let closed = r#"{"message":"Only signed in user is allowed to call APIs."}"#;
        assert_eq!(forgejo(&answer(403, closed)), Some(ForgeKind::Forgejo));
        assert_eq!(either(&answer(403, closed)), Some(ForgeKind::Gitea));
        for other in [
            "{}",
            r#"{"version":7}"#,
            r#"{"version":"x"}"#,
            "<html>",
            "null",
        ] {
            assert_eq!(either(&answer(200, other)), None, "{other}");
        }
        assert_eq!(either(&answer(404, ours)), None);
        assert_eq!(either(&answer(403, r#"{"message":"blocked"}"#)), None);
    }

    #[test]
    fn the_api_is_below_the_pages() {
        let instance =
            |web: &str| ForgejoBackend.instance(ForgeKind::Forgejo, web.parse().unwrap());
        assert_eq!(
            instance("https://codeberg.org").api.as_str(),
            "https://codeberg.org/api/v1/"
        );
        let below = instance("https://example.org:3000/git/");
        assert_eq!(below.api.as_str(), "https://example.org:3000/git/api/v1/");
        assert_eq!(below.web.as_str(), "https://example.org:3000/git/");
    }
}
