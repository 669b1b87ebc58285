//! What the registry is told: which forges these are, and where their API is.

use std::sync::Arc;

use http::StatusCode;
use ogr_core::{
    Credential, Forge, ForgeKind, Instance, Result,
    http::HttpConfig,
    registry::{Backend, Probe, ProbeAnswer},
};
use url::Url;

use crate::GitHub;

/// Serves github.com and GitHub Enterprise.
#[derive(Debug, Clone, Copy, Default)]
pub struct GitHubBackend;

impl Backend for GitHubBackend {
    fn kinds(&self) -> &'static [ForgeKind] {
        &[ForgeKind::GitHub]
    }

    fn probes(&self) -> &'static [Probe] {
        const PROBES: &[Probe] = &[Probe::new("api/v3/meta", recognise)];
        PROBES
    }

    /// github.com and the Enterprise Cloud's `*.ghe.com` have their API on a host of its own; an Enterprise Server has it
    /// below its pages.
    fn instance(&self, kind: ForgeKind, web: Url) -> Instance {
        let host = web.host_str().unwrap_or_default();
        let api_host = match host {
            "github.com" => Some("api.github.com".to_owned()),
            cloud if cloud.ends_with(".ghe.com") => Some(format!("api.{cloud}")),
            _ => None,
        };
        let mut api = web.clone();
        match &api_host {
            Some(api_host) if api.set_host(Some(api_host)).is_ok() => api.set_path("/"),
            _ => api.set_path(&format!("{}/api/v3/", web.path().trim_end_matches('/'))),
        }
        let instance = Instance::new(kind, web.clone(), api);
        if host != "github.com" {
            return instance;
        }
        let mut uploads = web;
        match uploads.set_host(Some("uploads.github.com")) {
            Ok(()) => instance.trust(uploads),
            Err(_) => instance,
        }
    }

    fn connect(
        &self,
        instance: Instance,
        credential: Option<Credential>,
        config: HttpConfig,
    ) -> Result<Arc<dyn Forge>> {
        Ok(Arc::new(GitHub::new(instance, credential, config)?))
    }
}

/// An Enterprise Server names its version; one in private mode refuses in GitHub's way.
fn recognise(answer: &ProbeAnswer) -> Option<ForgeKind> {
    let has = |name: &str| answer.headers.contains_key(name);
    let json = answer.json();
    // The pages that GitHub hosts for others have a request id too, but are no API.
    let by_header =
        has("x-github-enterprise-version") || (has("x-github-request-id") && json.is_object());
    let by_body = json.get("installed_version").is_some()
        || json.get("verifiable_password_authentication").is_some();
    let refused = matches!(
        answer.status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
    ) && json["documentation_url"]
        .as_str()
        .is_some_and(|url| url.starts_with("https://docs.github.com/"));
    (by_header || (answer.status.is_success() && by_body) || refused).then_some(ForgeKind::GitHub)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    fn instance(web: &str) -> Instance {
        GitHubBackend.instance(ForgeKind::GitHub, web.parse().unwrap())
    }

    #[test]
    fn knows_where_the_api_is() {
        let public = instance("https://github.com");
        assert_eq!(public.api.as_str(), "https://api.github.com/");
        assert!(public.trusts(&"https://uploads.github.com/x".parse().unwrap()));
        assert!(!public.trusts(&"https://codeload.github.com/x".parse().unwrap()));
        let cloud = instance("https://octocorp.ghe.com/");
        assert_eq!(cloud.api.as_str(), "https://api.octocorp.ghe.com/");
        let server = instance("https://git.example.org:8443/github");
        assert_eq!(
            server.api.as_str(),
            "https://git.example.org:8443/github/api/v3/"
        );
        // Only the whole host counts.
        let other = instance("https://notgithub.com");
        assert_eq!(other.api.as_str(), "https://notgithub.com/api/v3/");
    }

    #[test]
    fn recognises_a_server() {
        let answer = |status: u16, header: Option<&'static str>, body: &'static str| {
            let mut headers = HeaderMap::new();
            if let Some(name) = header {
                headers.insert(name, "x".parse().unwrap());
            }
            recognise(&ProbeAnswer::new(
                StatusCode::from_u16(status).unwrap(),
                headers,
                Bytes::from_static(body.as_bytes()),
            ))
        };
        let github = Some(ForgeKind::GitHub);
        assert_eq!(
            answer(200, None, r#"{"installed_version":"3.17.0"}"#),
            github
        );
        assert_eq!(
            answer(
                404,
                Some("x-github-request-id"),
                r#"{"message":"Not Found"}"#
            ),
            github
        );
        assert_eq!(answer(404, Some("x-github-request-id"), "<html>"), None);
        assert_eq!(
            answer(
                401,
                None,
                r#"{"message":"Must authenticate to access this API.","documentation_url":"https://docs.github.com/enterprise-server@3.17/rest"}"#
            ),
            github
        );
        assert_eq!(answer(404, None, "<html>"), None);
        assert_eq!(answer(200, None, "{}"), None);
        assert_eq!(answer(404, None, r#"{"installed_version":"1"}"#), None);
    }
}
