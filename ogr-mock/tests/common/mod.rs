//! A plain HTTP client and git for the tests.

// Each test binary uses its own part of this.
#![allow(dead_code, clippy::unwrap_used)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use ogr_mock::MockForge;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Sends requests to one forge as one user.
pub struct Client {
    address: std::net::SocketAddr,
    api: String,
    headers: Vec<(String, String)>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// Fails the test unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

impl Client {
    /// A client without a credential. Paths that start with `/api/` or `//` are taken as they are
    /// (less one slash), all others are below the forge's API.
    pub fn anonymous(forge: &MockForge) -> Self {
        Self {
            address: forge.address().unwrap(),
            api: forge.dialect().api_path().to_owned(),
            headers: Vec::new(),
        }
    }

    /// A client without a credential for any server, its API below this path.
    pub fn at(address: std::net::SocketAddr, api: &str) -> Self {
        Self {
            address,
            api: api.to_owned(),
            headers: Vec::new(),
        }
    }

    /// A client with an `Authorization` header.
    pub fn authorized(forge: &MockForge, authorization: &str) -> Self {
        Self::anonymous(forge).with("authorization", authorization)
    }

    /// The same client with another header on each request.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(fields).finish();
        let kind = "application/x-www-form-urlencoded";
        self.try_send("POST", path, kind, body.into())
            .await
            .unwrap()
    }

    /// Sends a request with a JSON body, or none.
    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let bytes = body.map(|body| Bytes::from(body.to_string()));
        self.try_send(method, path, "application/json", bytes.unwrap_or_default())
            .await
            .unwrap()
    }

    /// Sends a request; the connection may break.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> Result<Answer, String> {
        let path = match path.strip_prefix("//") {
            Some(path) => format!("/{path}"),
            None if path.starts_with("/api/") => path.to_owned(),
            None => format!("{}{path}", self.api),
        };
        let mut request = http::Request::builder()
            .method(method)
            .uri(&path)
            .header("host", self.address.to_string());
        if !body.is_empty() {
            request = request.header("content-type", kind);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body.clone())).unwrap();
        let broke = |error: &dyn std::error::Error| error.to_string();

        let stream = tokio::net::TcpStream::connect(self.address).await;
        let stream = TokioIo::new(stream.map_err(|error| broke(&error))?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream)
            .await
            .map_err(|error| broke(&error))?;
        tokio::spawn(connection);
        let answer = sender.send_request(request).await;
        let (head, incoming) = answer.map_err(|error| broke(&error))?.into_parts();
        let collected = incoming.collect().await.map_err(|error| broke(&error))?;
        let answer = Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: collected.to_bytes(),
        };
        dump(method, &path, kind, &body, &answer);
        Ok(answer)
    }
}

/// Appends the exchange to the file that `OGR_MOCK_DUMP` names, for a check against the forge's document.
fn dump(method: &str, path: &str, kind: &str, body: &Bytes, answer: &Answer) {
    let Ok(file) = std::env::var("OGR_MOCK_DUMP") else {
        return;
    };
    let read = |bytes: &Bytes| serde_json::from_slice::<Value>(bytes).ok();
    let request = if kind == "application/json" {
        read(body)
    } else {
        Some(json!(String::from_utf8_lossy(body)))
    };
    let answered = answer.header("content-type");
    let line = json!({
        "method": method,
        "path": path,
        "content_type": kind,
        "request_body": request,
        "status": answer.status,
        "answer_type": answered,
        "body": if answered.contains("json") { read(&answer.body) } else { None },
    });
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// A folder for work trees.
pub struct Work {
    folder: TempDir,
}

impl Work {
    pub fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Clones into a folder of this name.
    pub async fn clone(&self, url: &str, name: &str) -> PathBuf {
        git(self.folder.path(), &["clone", "-q", url, name])
            .await
            .unwrap();
        self.path(name)
    }
}

/// Writes a file into a work tree and commits it; tells the commit.
pub async fn commit(tree: &Path, file: &str, content: &str, message: &str) -> String {
    let path = tree.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
    git(tree, &["add", "-A"]).await.unwrap();
    git(tree, &["commit", "-q", "-m", message]).await.unwrap();
    git(tree, &["rev-parse", "HEAD"]).await.unwrap()
}

/// Runs git and tells what it said, on standard output if it was pleased, on standard error if not.
pub async fn git(folder: &Path, args: &[&str]) -> Result<String, String> {
    let output = tokio::process::Command::new("git")
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_AUTHOR_NAME", "Tess Ter")
        .env("GIT_AUTHOR_EMAIL", "tess@example.org")
        .env("GIT_COMMITTER_NAME", "Tess Ter")
        .env("GIT_COMMITTER_EMAIL", "tess@example.org")
        .args(args)
        .output()
        .await
        .unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(said(&output.stdout))
    } else {
        Err(said(&output.stderr))
    }
}
