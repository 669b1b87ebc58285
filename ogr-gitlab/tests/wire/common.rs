//! A GitLab that answers what a test tells it to.

use std::sync::Arc;

use ogr_core::{Credential, Error, ErrorKind, Forge, Project, PullRequest, http::HttpConfig};
use ogr_gitlab::GitLab;
use serde_json::{Value, json as j};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, query_param},
};

pub const P: &str = "/api/v4/projects/g%2Fs%2Fp";

/// A server, and the handle on it of somebody with a token.
pub struct Server {
    pub http: MockServer,
}

impl Server {
    pub async fn start() -> Self {
        Self {
            http: MockServer::start().await,
        }
    }

    pub fn gitlab(&self, credential: Option<Credential>) -> Arc<dyn Forge> {
        let web = self.http.uri().parse().unwrap();
        Arc::new(GitLab::at(web, credential, config()).unwrap())
    }

    pub fn signed_in(&self) -> Arc<dyn Forge> {
        self.gitlab(Some(Credential::token("secret-token")))
    }

    /// The project `g/s/p`.
    pub fn project(&self) -> Arc<dyn Project> {
        self.signed_in().project(&"g/s/p".parse().unwrap()).unwrap()
    }

    /// Answers one address with JSON, whatever its query.
    pub async fn on(&self, verb: &str, place: &str, status: u16, body: Value) {
        self.answer(verb, place, json(status, body)).await;
    }

    pub async fn answer(&self, verb: &str, place: &str, answer: ResponseTemplate) {
        Mock::given(method(verb))
            .and(path(place))
            .respond_with(answer)
            .mount(&self.http)
            .await;
    }

    /// Answers it once; what was told first is given first.
    pub async fn once(&self, verb: &str, place: &str, answer: ResponseTemplate) {
        Mock::given(method(verb))
            .and(path(place))
            .respond_with(answer)
            .up_to_n_times(1)
            .mount(&self.http)
            .await;
    }

    /// Answers with a list that is whole.
    pub async fn list(&self, place: &str, rows: Value) {
        let answer = json(200, rows).insert_header("x-total-pages", "1");
        self.answer("GET", place, answer).await;
    }

    /// One page of a list.
    pub async fn page(&self, place: &str, number: &str, answer: ResponseTemplate) {
        Mock::given(method("GET"))
            .and(path(place))
            .and(query_param("page", number))
            .respond_with(answer)
            .mount(&self.http)
            .await;
    }

    /// What was asked so far: method, address without the host, body.
    pub async fn asked(&self) -> Vec<(String, String, String)> {
        let requests = self.http.received_requests().await.unwrap();
        requests
            .into_iter()
            .map(|request| {
                let mut address = request.url.path().to_owned();
                if let Some(query) = request.url.query() {
                    address = format!("{address}?{query}");
                }
                let body = String::from_utf8(request.body).unwrap();
                (request.method.to_string(), address, body)
            })
            .collect()
    }

    /// The addresses alone: `GET /api/v4/…`.
    pub async fn lines(&self) -> Vec<String> {
        let asked = self.asked().await;
        asked
            .into_iter()
            .map(|(method, address, _)| format!("{method} {address}"))
            .collect()
    }

    pub async fn count(&self) -> usize {
        self.asked().await.len()
    }

    /// The body of the last request, as JSON or as a form.
    pub async fn last_json(&self) -> Value {
        let (_, _, body) = self.asked().await.pop().unwrap();
        serde_json::from_str(&body).unwrap()
    }

    pub async fn last_form(&self) -> Vec<(String, String)> {
        let (_, _, body) = self.asked().await.pop().unwrap();
        form(&body)
    }
}

pub fn config() -> HttpConfig {
    let mut config = HttpConfig::default();
    config.max_wait = std::time::Duration::from_millis(50);
    config
}

pub fn form(body: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect()
}

pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

pub fn json(status: u16, body: Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// What an error is, and what it is about.
pub fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> (ErrorKind, String) {
    let error = result.unwrap_err();
    (
        error.kind(),
        error.resource().unwrap_or_default().to_owned(),
    )
}

/// A merge request of the project, which has the number 1, from the project with the number 2.
pub fn pull(iid: u64, more: Value) -> Value {
    let mut row = j!({
        "iid": iid, "id": 1000 + iid, "title": "T", "state": "opened", "source_branch": "b", "target_branch": "main",
        "source_project_id": 2, "target_project_id": 1, "sha": "5a5a",
        "references": {"full": format!("g/s/p!{iid}")},
    });
    row.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    row
}

pub fn numbers(pulls: &[PullRequest]) -> Vec<u64> {
    pulls.iter().map(|pull| pull.number).collect()
}
