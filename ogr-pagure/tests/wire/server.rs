//! A server that answers what a test says, and tells what it was asked.

use std::sync::Arc;

use ogr_core::{Credential, Forge, Project, http::HttpConfig};
use ogr_pagure::Pagure;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

pub(crate) const SHA: &str = "eaa93c06c0deb681e0a31f7ff04f774e49edea40";
pub(crate) const OTHER: &str = "5763d4f3f2ea458b29fd9486344ecadf8325c50c";

pub(crate) struct Server {
    mock: MockServer,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self {
            mock: MockServer::start().await,
        }
    }

    pub(crate) fn forge(&self) -> Pagure {
        self.forge_with(Some(Credential::token("0123456789ABCDEF")))
    }

    pub(crate) fn forge_with(&self, credential: Option<Credential>) -> Pagure {
        let mut config = HttpConfig::default();
        config.tries = 2;
        Pagure::new(self.mock.uri().parse().unwrap(), credential, config).unwrap()
    }

    pub(crate) fn project(&self, path: &str) -> Arc<dyn Project> {
        self.forge().project(&path.parse().unwrap()).unwrap()
    }

    pub(crate) fn uri(&self) -> String {
        self.mock.uri()
    }

    pub(crate) async fn mount(
        &self,
        method: &str,
        path: &str,
        template: ResponseTemplate,
        times: u64,
    ) {
        let (method, path) = (method.to_owned(), path.to_owned());
        Mock::given(move |request: &Request| {
            request.method.as_str() == method && request.url.path() == path
        })
        .respond_with(template)
        .up_to_n_times(times)
        .mount(&self.mock)
        .await;
    }

    /// Answers with JSON, every time; answers given before go first.
    pub(crate) async fn json(&self, method: &str, path: &str, status: u16, body: Value) {
        let template = ResponseTemplate::new(status).set_body_json(body);
        self.mount(method, path, template, u64::MAX).await;
    }

    /// Answers with JSON, once.
    pub(crate) async fn once(&self, method: &str, path: &str, status: u16, body: Value) {
        let template = ResponseTemplate::new(status).set_body_json(body);
        self.mount(method, path, template, 1).await;
    }

    /// Answers with a web page.
    pub(crate) async fn page(&self, method: &str, path: &str, status: u16) {
        let page =
            "<!DOCTYPE html><html><head><title>Page not found :'( - Pagure</title></head></html>";
        let template = ResponseTemplate::new(status).set_body_raw(page, "text/html; charset=utf-8");
        self.mount(method, path, template, u64::MAX).await;
    }

    /// Answers with text.
    pub(crate) async fn text(&self, path: &str, body: &str) {
        let template = ResponseTemplate::new(200).set_body_raw(body, "text/plain; charset=utf-8");
        self.mount("GET", path, template, u64::MAX).await;
    }

    /// What was asked, as `GET /path?query` and `POST /path form`.
    pub(crate) async fn asked(&self) -> Vec<String> {
        let requests = self.mock.received_requests().await.unwrap();
        requests
            .iter()
            .map(|request| {
                let query = match request.url.query() {
                    Some(query) => format!("?{query}"),
                    None => String::new(),
                };
                let body = String::from_utf8_lossy(&request.body);
                let line = format!("{} {}{query} {body}", request.method, request.url.path());
                line.trim_end().to_owned()
            })
            .collect()
    }

    pub(crate) async fn requests(&self) -> Vec<Request> {
        self.mock.received_requests().await.unwrap()
    }
}

/// An error as Pagure says it.
pub(crate) fn refusal(code: &str, text: &str) -> Value {
    json!({"error": text, "error_code": code})
}

pub(crate) fn no_project() -> Value {
    refusal("ENOPROJECT", "Project not found")
}

pub(crate) fn no_file() -> Value {
    refusal("EFILENOTFOUND", "File not found in this git repository")
}

/// A project, as it is told everywhere.
pub(crate) fn project(path: &str) -> Value {
    let parts: Vec<&str> = path.split('/').collect();
    let (fork, rest) = match parts.as_slice() {
        ["fork", owner, rest @ ..] => (Some(*owner), rest),
        rest => (None, rest),
    };
    let parent = match fork {
        Some(_) => project(&rest.join("/")),
        None => Value::Null,
    };
    json!({
        "name": rest.last(),
        "namespace": if rest.len() > 1 { json!(rest[0]) } else { Value::Null },
        "fullname": path.replacen("fork/", "forks/", 1),
        "url_path": path,
        "description": "d",
        "parent": parent,
        "user": {"name": fork.unwrap_or("alice"), "fullname": "A B"},
        "date_created": "1795333865.135163",
        "date_modified": "1795333865",
    })
}

/// A pull request of `rpms/foo` from bob's fork.
pub(crate) fn pull(number: u64, status: &str) -> Value {
    json!({
        "id": number,
        "uid": "fa063ecd3d3f4a419e56781e0654ed9e",
        "title": "Bump",
        "initial_comment": "Body",
        "status": status,
        "branch": "rawhide",
        "branch_from": "update",
        "commit_start": SHA,
        "commit_stop": SHA,
        "project": project("rpms/foo"),
        "repo_from": project("fork/bob/rpms/foo"),
        "user": {"name": "bob", "fullname": "Bob"},
        "tags": [],
        "comments": [],
        "cached_merge_status": "unknown",
        "date_created": "1795334315.519016",
        "last_updated": "1795334438",
        "closed_at": if status == "Open" { Value::Null } else { json!("1795334438") },
        "closed_by": if status == "Open" { Value::Null } else { json!({"name": "alice"}) },
        "full_url": "https://pagure.test/rpms/foo/pull-request/1",
    })
}
