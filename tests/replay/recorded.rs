//! Recorded answers of real servers, served in process.
//!
//! The recordings lie beside the project and are no part of it: where they are absent, tests say so and pass.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use base64::Engine;
use http::{Request, Response};
use ogr_core::http::{Body, Wire, WireError, WireErrorKind};
use serde_json::Value;

/// Where the shared test data is, if it is there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found = here
        .ancestors()
        .map(|folder| folder.join("shared").join(path))
        .find(|candidate| candidate.exists());
    if found.is_none() {
        eprintln!("skipped: the shared test data {path} is not beside the project");
    }
    found
}

/// The records of a `.jsonl` file of the shared test data.
pub fn records(path: &str) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(shared(path)?).unwrap();
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// The exchanges of one of ogr's tests: `recordings/ogr/github.jsonl`, and the end of the test's name.
pub fn test_of(path: &str, test: &str) -> Option<Vec<Value>> {
    let records = records(path)?;
    let record = records
        .into_iter()
        .find(|record| record["test"].as_str().unwrap().ends_with(test))
        .unwrap_or_else(|| panic!("no test {test} in {path}"));
    Some(record["exchanges"].as_array().unwrap().clone())
}

/// A request as it was sent, for assertions.
#[derive(Debug, Clone)]
pub struct Sent {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Parameters that say how much comes at once: a recording fits whatever they are.
const SIZES: &[&str] = &["per_page", "limit", "page"];

/// Answers from recorded exchanges: by method, path and query, each in the order in which it was recorded.
/// A page size that differs from the recorded one does not matter; a page number beyond 1 does.
#[derive(Debug)]
pub struct Recorded {
    answers: Mutex<HashMap<String, Vec<Value>>>,
    sent: Mutex<Vec<Sent>>,
}

impl Recorded {
    pub fn new(exchanges: &[Value]) -> Arc<Self> {
        let mut answers: HashMap<String, Vec<Value>> = HashMap::new();
        for exchange in exchanges {
            let address = exchange["url"]
                .as_str()
                .or(exchange["path"].as_str())
                .unwrap();
            let key = key(exchange["method"].as_str().unwrap(), address);
            answers.entry(key).or_default().push(exchange.clone());
        }
        Arc::new(Self {
            answers: Mutex::new(answers),
            sent: Mutex::default(),
        })
    }

    /// What was asked so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

/// Method, path and sorted query; `page=1` is no page at all.
fn key(method: &str, address: &str) -> String {
    let base = url::Url::parse("http://recorded.invalid").unwrap();
    let url = base.join(address).unwrap();
    let mut query: Vec<String> = url
        .query_pairs()
        .filter(|(name, value)| !SIZES.contains(&name.as_ref()) || (name == "page" && value != "1"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    query.sort();
    format!("{method} {} {}", url.path(), query.join("&"))
}

#[async_trait]
impl Wire for Recorded {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, WireError> {
        let uri = request.uri().clone();
        let method = request.method().to_string();
        let body = request.into_body().collect(u64::MAX).await?;
        self.sent.lock().unwrap().push(Sent {
            method: method.clone(),
            path: uri.path().to_owned(),
            query: url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
            body: body.unwrap_or_default().to_vec(),
        });
        let key = key(&method, &uri.to_string());
        let mut answers = self.answers.lock().unwrap();
        let Some(queue) = answers.get_mut(&key).filter(|queue| !queue.is_empty()) else {
            return Err(WireError::new(
                WireErrorKind::Unsendable,
                format!("not recorded: {key}"),
            ));
        };
        // The last answer is given again and again: ogr asked more often than a frugal client does, or less.
        let exchange = if queue.len() > 1 {
            queue.remove(0)
        } else {
            queue[0].clone()
        };
        let mut answer = Response::builder().status(exchange["status"].as_u64().unwrap() as u16);
        if let Some(headers) = exchange["headers"].as_object() {
            for (name, value) in headers {
                answer = answer.header(name, value.as_str().unwrap());
            }
        }
        let body = &exchange["body"];
        let bytes = match exchange["body_kind"].as_str() {
            Some("base64") => base64::engine::general_purpose::STANDARD
                .decode(body.as_str().unwrap())
                .unwrap(),
            Some("text") => body.as_str().unwrap().as_bytes().to_vec(),
            _ if body.is_null() && exchange["status"] == 204 => Vec::new(),
            _ => serde_json::to_vec(body).unwrap(),
        };
        Ok(answer.body(Body::from_bytes(bytes)).unwrap())
    }
}
