//! A server that answers what a test says, and a GitHub Enterprise Server's forge on it.

// Each test crate uses its own part of this.
#![allow(dead_code, clippy::unwrap_used)]

use std::sync::Arc;

use ogr_core::{Credential, Forge, ForgeKind, Project, http::HttpConfig, registry::Backend};
use ogr_github::{GitHub, GitHubBackend};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

pub struct Served {
    pub server: MockServer,
    pub forge: GitHub,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Method, path as it was encoded, and query; the API's base is left out.
    pub line: String,
    pub accept: String,
    pub body: Value,
}

impl Served {
    pub async fn start() -> Self {
        Self::with(Some(Credential::token("s3cret"))).await
    }

    pub async fn with(credential: Option<Credential>) -> Self {
        let server = MockServer::start().await;
        let instance = GitHubBackend.instance(ForgeKind::GitHub, server.uri().parse().unwrap());
        let forge = GitHub::new(instance, credential, HttpConfig::default()).unwrap();
        Self { server, forge }
    }

    pub fn project(&self) -> Arc<dyn Project> {
        self.forge.project(&"rpms/foo".parse().unwrap()).unwrap()
    }

    /// Answers JSON at a path below the API, which is matched as it was encoded.
    pub async fn json(&self, verb: &str, at: &str, status: u16, body: Value) {
        self.answer(verb, at, ResponseTemplate::new(status).set_body_json(body))
            .await;
    }

    /// The same, once: the next answer for the same request is what is told after it.
    pub async fn json_once(&self, verb: &str, at: &str, status: u16, body: Value) {
        Mock::given(method(verb))
            .and(path(format!("/api/v3/{at}")))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .up_to_n_times(1)
            .mount(&self.server)
            .await;
    }

    pub async fn answer(&self, verb: &str, at: &str, answer: ResponseTemplate) {
        let at = match at.strip_prefix('/') {
            Some(absolute) => format!("/{absolute}"),
            None => format!("/api/v3/{at}"),
        };
        Mock::given(method(verb))
            .and(path(at))
            .respond_with(answer)
            .mount(&self.server)
            .await;
    }

    pub async fn sent(&self) -> Vec<Sent> {
        let requests = self.server.received_requests().await.unwrap();
        requests
            .iter()
            .map(|request| {
                let query = request.url.query().map(|query| format!("?{query}"));
                let at = request.url.path();
                let at = at.strip_prefix("/api/v3/").unwrap_or(at);
                Sent {
                    line: format!("{} {at}{}", request.method, query.unwrap_or_default()),
                    accept: request
                        .headers
                        .get("accept")
                        .map(|value| value.to_str().unwrap().to_owned())
                        .unwrap_or_default(),
                    body: serde_json::from_slice(&request.body).unwrap_or_default(),
                }
            })
            .collect()
    }

    pub async fn lines(&self) -> Vec<String> {
        self.sent()
            .await
            .into_iter()
            .map(|sent| sent.line)
            .collect()
    }

    pub async fn body(&self, index: usize) -> Value {
        self.sent().await[index].body.clone()
    }
}

/// How GitHub says no.
pub fn no(message: &str) -> Value {
    json!({ "message": message, "documentation_url": "https://docs.github.com/rest" })
}

/// How GitHub says which field it does not like.
pub fn invalid(errors: Value) -> Value {
    json!({
        "message": "Validation Failed",
        "errors": errors,
        "documentation_url": "https://docs.github.com/rest",
    })
}

/// A pull request with no more than it must have.
pub fn pull(number: u64) -> Value {
    json!({
        "number": number,
        "node_id": format!("PR_{number}"),
        "state": "open",
        "title": "Update",
        "html_url": format!("https://github.com/rpms/foo/pull/{number}"),
        "user": { "login": "bob" },
        "head": { "ref": "update", "sha": "h".repeat(40), "repo": { "full_name": "bob/foo" } },
        "base": { "ref": "main", "sha": "b".repeat(40), "repo": { "full_name": "rpms/foo" } },
        "labels": [{ "name": "bug" }],
        "merged_at": null,
    })
}
