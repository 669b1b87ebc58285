//! A server that answers exactly what it is told to, and remembers what it was asked.

use std::sync::Arc;

use ogr_core::{Credential, ForgeKind, Project, ProjectPath, http::HttpConfig, registry::Backend};
use ogr_forgejo::{Forgejo, ForgejoBackend};
use serde_json::{Value, json};
use wiremock::{Match, Mock, MockServer, Request, ResponseTemplate};

pub struct Server {
    mock: MockServer,
}

/// Method, path and query, to the letter.
struct Exactly(String);

impl Match for Exactly {
    fn matches(&self, request: &Request) -> bool {
        line(request) == self.0
    }
}

fn line(request: &Request) -> String {
    let path = request.url.path().trim_start_matches("/api/v1/");
    match request.url.query() {
        Some(query) => format!("{} {path}?{query}", request.method),
        None => format!("{} {path}", request.method),
    }
}

impl Server {
    pub async fn start() -> Self {
        Self {
            mock: MockServer::start().await,
        }
    }

    /// Answers `GET repos/rpms/foo?x=y` so, again and again.
    pub async fn answer(&self, request: &str, status: u16, body: Value) {
        let template = ResponseTemplate::new(status).set_body_json(body);
        self.respond(request, template).await;
    }

    /// Answers so once; later answers to the same request come after it.
    pub async fn answer_once(&self, request: &str, status: u16, body: Value) {
        Mock::given(Exactly(request.to_owned()))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .up_to_n_times(1)
            .mount(&self.mock)
            .await;
    }

    pub async fn respond(&self, request: &str, template: ResponseTemplate) {
        Mock::given(Exactly(request.to_owned()))
            .respond_with(template)
            .mount(&self.mock)
            .await;
    }

    /// Answers a page of a list, with the total that the server would tell.
    pub async fn page(&self, request: &str, total: usize, rows: Value) {
        let template = ResponseTemplate::new(200)
            .insert_header("x-total-count", total.to_string())
            .set_body_json(rows);
        self.respond(request, template).await;
    }

    pub fn forge_of(&self, kind: ForgeKind) -> Forgejo {
        let web = self.mock.uri().parse().unwrap();
        let instance = ForgejoBackend.instance(kind, web);
        let token = Credential::token("very-secret");
        Forgejo::new(instance, Some(token), HttpConfig::default()).unwrap()
    }

    pub fn forge(&self) -> Forgejo {
        self.forge_of(ForgeKind::Forgejo)
    }

    /// `rpms/foo` on a Forgejo.
    pub fn project(&self) -> Arc<dyn Project> {
        self.project_of(ForgeKind::Forgejo)
    }

    pub fn project_of(&self, kind: ForgeKind) -> Arc<dyn Project> {
        use ogr_core::Forge;
        self.forge_of(kind)
            .project(&ProjectPath::new("rpms", "foo"))
            .unwrap()
    }

    pub fn uri(&self) -> String {
        self.mock.uri()
    }

    /// What it was asked: `GET repos/rpms/foo?x=y`.
    pub async fn asked(&self) -> Vec<String> {
        let requests = self.mock.received_requests().await.unwrap();
        requests.iter().map(line).collect()
    }

    /// The body of the last request, as JSON.
    pub async fn last_body(&self) -> Value {
        let requests = self.mock.received_requests().await.unwrap();
        let last = requests.last().unwrap();
        match last.body.as_slice() {
            [] => Value::Null,
            body => serde_json::from_slice(body).unwrap(),
        }
    }

    pub async fn requests(&self) -> Vec<Request> {
        self.mock.received_requests().await.unwrap()
    }
}

/// The refusal of the most common shape.
pub fn refused(message: &str) -> Value {
    json!({"message": message, "url": "http://example.org/api/swagger"})
}

/// A 404, whose words stand in `errors`.
pub fn missing(detail: &str) -> Value {
    let errors: &[&str] = if detail.is_empty() { &[] } else { &[detail] };
    json!({"message": "The target couldn't be found.", "url": "http://example.org/api/swagger", "errors": errors})
}

pub fn repository(full_name: &str) -> Value {
    json!({"id": 1, "full_name": full_name, "html_url": format!("http://example.org/{full_name}"), "default_branch": "main",
        "empty": false, "private": false, "internal": false, "fork": false, "parent": null, "has_pull_requests": true,
        "default_merge_style": "rebase", "archived": false, "created_at": "2026-01-02T03:04:05+01:00"})
}

pub fn pull(number: u64) -> Value {
    json!({"id": number + 100, "number": number, "title": format!("Update {number}"), "body": "", "state": "open", "merged": false,
        "draft": false, "mergeable": true, "user": {"id": 3, "login": "bob"}, "labels": null, "allow_maintainer_edit": false,
        "html_url": format!("http://example.org/rpms/foo/pulls/{number}"), "url": "x", "merge_commit_sha": null,
        "head": {"label": "update", "ref": "update", "sha": "aaaa", "repo_id": 2, "repo": repository("bob/foo")},
        "base": {"label": "main", "ref": "main", "sha": "bbbb", "repo_id": 1, "repo": repository("rpms/foo")},
        "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z", "closed_at": null, "merged_at": null})
}
