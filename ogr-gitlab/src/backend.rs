//! What the registry is told: how a GitLab is recognised and reached.

use std::sync::Arc;

use http::StatusCode;
use ogr_core::{
    Credential, Forge, ForgeKind, Instance, Result,
    http::HttpConfig,
    registry::{Backend, Probe, ProbeAnswer},
};
use serde_json::Value;
use url::Url;

use crate::GitLab;

/// The backend for gitlab.com and self-managed GitLab.
#[derive(Debug, Clone, Copy, Default)]
pub struct GitLabBackend;

impl Backend for GitLabBackend {
    fn kinds(&self) -> &'static [ForgeKind] {
        &[ForgeKind::GitLab]
    }

    fn probes(&self) -> &'static [Probe] {
        const PROBES: &[Probe] = &[
            Probe::new("api/v4/version", by_version),
            // Open to everybody, and there since 15.11, where something in front of the API hides its headers.
            Probe::new("-/manifest.json", by_manifest),
        ];
        PROBES
    }

    fn instance(&self, _kind: ForgeKind, web: Url) -> Instance {
        instance(web)
    }

    fn connect(
        &self,
        instance: Instance,
        credential: Option<Credential>,
        config: HttpConfig,
    ) -> Result<Arc<dyn Forge>> {
        Ok(Arc::new(GitLab::new(instance, credential, config)?))
    }
}

/// The installation whose pages are at `web`, which may be below a path. The API is on the same origin, always.
pub(crate) fn instance(web: Url) -> Instance {
    // As a folder, so that what is joined to it comes below it.
    let mut instance = Instance::new(ForgeKind::GitLab, web.clone(), web);
    if let Ok(api) = instance.web.join("api/v4/") {
        instance.api = api;
    }
    instance
}

/// The version is for those who are signed in: the refusal is what shows GitLab. Mattermost has an `/api/v4` too, and
/// refuses in other words.
fn by_version(answer: &ProbeAnswer) -> Option<ForgeKind> {
    let body = answer.json();
    let is_version = answer.status == StatusCode::OK
        && body["version"].is_string()
        && body["revision"].is_string();
    let is_refusal = answer.status == StatusCode::UNAUTHORIZED
        && body == serde_json::json!({"message": "401 Unauthorized"});
    let is_marked = answer
        .headers
        .get("x-gitlab-meta")
        .and_then(|meta| serde_json::from_slice::<Value>(meta.as_bytes()).ok())
        .is_some_and(|meta| meta["correlation_id"].is_string());
    (is_version || is_refusal || is_marked).then_some(ForgeKind::GitLab)
}

fn by_manifest(answer: &ProbeAnswer) -> Option<ForgeKind> {
    let body = answer.json();
    // Operators may give it another name; its icons stay where they are.
    let has_icon = body["icons"].as_array().is_some_and(|icons| {
        icons.iter().any(|icon| {
            icon["src"]
                .as_str()
                .is_some_and(|src| src.contains("/-/pwa-icons/"))
        })
    });
    (answer.status == StatusCode::OK && (body["name"] == "GitLab" || has_icon))
        .then_some(ForgeKind::GitLab)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn answer(status: u16, meta: Option<&'static str>, body: &'static str) -> ProbeAnswer {
        let mut headers = HeaderMap::new();
        if let Some(meta) = meta {
            headers.insert("x-gitlab-meta", HeaderValue::from_static(meta));
        }
        ProbeAnswer::new(StatusCode::from_u16(status).unwrap(), headers, body.into())
    }

    #[test]
    fn a_gitlab_shows_by_its_refusal() {
        let meta = Some(r#"{"correlation_id":"01K","version":"1"}"#);
        let found = Some(ForgeKind::GitLab);
        assert_eq!(
            by_version(&answer(401, None, r#"{"message":"401 Unauthorized"}"#)),
            found
        );
        assert_eq!(by_version(&answer(404, meta, "")), found);
        let version = r#"{"version":"18.1.0-ee","revision":"abc"}"#;
        assert_eq!(by_version(&answer(200, None, version)), found);
        assert_eq!(
            by_manifest(&answer(200, None, r#"{"name":"GitLab"}"#)),
            found
        );
    }

    #[test]
    fn others_are_not_taken_for_one() {
        for body in [
            r#"{"id":"api.context.session_expired.app_error","message":"Invalid session","status_code":401}"#,
            r#"{"message":"401 Unauthorized","status":401}"#,
            r#"{"message":"Unauthorized"}"#,
            r#"{"version":"1.22.0"}"#,
            "<html>401 Unauthorized</html>",
            "null",
        ] {
            for status in [200, 401, 404] {
                assert_eq!(
                    by_version(&answer(status, None, body)),
                    None,
                    "{status} {body}"
                );
                assert_eq!(
                    by_manifest(&answer(status, None, body)),
                    None,
                    "{status} {body}"
                );
            }
        }
        assert_eq!(by_version(&answer(200, Some("yes"), "{}")), None);
    }

    #[test]
    fn an_instance_may_be_below_a_path() {
        let instance = instance("https://git.example.org/gitlab".parse().unwrap());
        assert_eq!(
            instance.api.as_str(),
            "https://git.example.org/gitlab/api/v4/"
        );
        let instance = super::instance("https://gitlab.com".parse().unwrap());
        assert_eq!(instance.api.as_str(), "https://gitlab.com/api/v4/");
    }
}
