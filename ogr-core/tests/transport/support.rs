//! A forge of no kind, on a server that does what it is told.

use std::{sync::Arc, time::Duration};

use ogr_core::{
    Credential, ErrorKind, ForgeKind, Instance, LimitKind, Operation, Result,
    http::{Answer, Authorization, Call, Client, Dialect, HttpConfig, Refusal},
};
use secrecy::ExposeSecret;
use wiremock::{MockServer, ResponseTemplate};

pub const TOKEN: &str = "s3cr3t-t0ken-0123456789";

#[derive(Debug)]
pub struct Plain;

impl Dialect for Plain {
    fn authorization(&self, credential: &Credential) -> Result<Authorization> {
        match credential {
            Credential::Token(token) => Ok(Authorization::token(token.expose_secret())),
            other => panic!("not in these tests: {other:?}"),
        }
    }

    fn refusal(&self, answer: &Answer<'_>) -> Refusal {
        let message = answer.json()["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let refusal = Refusal::by_status(answer.status).message(&message);
        if message.contains("secondary rate limit") {
            return refusal.limited(LimitKind::Secondary);
        }
        refusal
    }

    fn signal(&self, _call: &Call, error: &ogr_core::Error, attempts: u32) -> Option<Duration> {
        (error.message() == "come again" && attempts < 3).then_some(Duration::from_millis(1))
    }
}

pub fn quick() -> HttpConfig {
    let mut config = HttpConfig::default();
    config.attempt_timeout = Duration::from_secs(2);
    config.max_wait = Duration::from_secs(2);
    config
}

pub fn client_with(server: &MockServer, config: HttpConfig) -> Client {
    let web: url::Url = server.uri().parse().unwrap();
    let api = web.join("/api/v1").unwrap();
    let instance = Instance::new(ForgeKind::Forgejo, web, api);
    Client::new(
        instance,
        Arc::new(Plain),
        Some(Credential::token(TOKEN)),
        config,
    )
    .unwrap()
}

pub fn client(server: &MockServer) -> Client {
    client_with(server, quick())
}

pub fn get(client: &Client, path: &[&str]) -> Call {
    client
        .get(Operation::PullRequestsGet, path)
        .unwrap()
        .resource("rpms/foo#7")
}

pub fn post(client: &Client, path: &[&str]) -> Call {
    client
        .call(Operation::PullRequestsCreate, http::Method::POST, path)
        .unwrap()
}

pub fn json(body: impl serde::Serialize) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub async fn count(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[track_caller]
pub fn assert_kind<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind) -> ogr_core::Error {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    error
}
