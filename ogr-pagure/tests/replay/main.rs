//! Answers of real Pagures, served again: the models are compared with the answers, and the requests with those that were recorded.
//!
//! The recordings lie beside the project and are no part of it: without them these tests say that they are skipped.

#![allow(clippy::unwrap_used)]

#[allow(dead_code, unreachable_pub)]
#[path = "../../../tests/replay/recorded.rs"]
mod recorded;

mod ogr;
mod reads;
mod refusals;
mod writes;

use std::{collections::HashMap, sync::Arc};

use ogr_core::{Credential, Forge, Project, PullRequest, PullRequestState, http::HttpConfig};
use ogr_pagure::Pagure;
use recorded::{Recorded, Sent};
use serde_json::Value;

const WEB: &str = "https://pagure.test";
const SHA: &str = "eaa93c06c0deb681e0a31f7ff04f774e49edea40";
const OTHER: &str = "5763d4f3f2ea458b29fd9486344ecadf8325c50c";

/// The 483 exchanges with a live server, by name.
struct Recordings(HashMap<String, Value>);

impl Recordings {
    fn open() -> Option<Self> {
        let records = recorded::records("recordings/pagure.jsonl")?;
        let records = records.into_iter().map(|record| {
            let name = record["name"].as_str().unwrap().to_owned();
            let record = record.to_string().replace("{base}", WEB);
            (name, serde_json::from_str(&record).unwrap())
        });
        Some(Self(records.collect()))
    }

    fn get(&self, name: &str) -> &Value {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("no recording {name}"))
    }

    /// A forge that gives these answers, and what it was asked.
    fn serve(&self, names: &[&str]) -> (Pagure, Arc<Recorded>) {
        let exchanges: Vec<Value> = names.iter().map(|name| self.get(name).clone()).collect();
        serve(&exchanges, WEB)
    }

    /// The same for one project.
    fn project(&self, path: &str, names: &[&str]) -> (Arc<dyn Project>, Arc<Recorded>) {
        let (forge, wire) = self.serve(names);
        (project(&forge, path), wire)
    }

    /// All that were answered with success at a path that begins and ends so.
    fn reads(&self, start: &str, end: &str) -> Vec<&Value> {
        let mut found: Vec<&Value> = self
            .0
            .values()
            .filter(|record| {
                let path = record["path"].as_str().unwrap();
                record["method"] == "GET"
                    && record["status"] == 200
                    && path.starts_with(start)
                    && path.ends_with(end)
            })
            .collect();
        found.sort_by_key(|record| record["name"].to_string());
        assert!(!found.is_empty(), "nothing was recorded at {start}…{end}");
        found
    }
}

fn serve(exchanges: &[Value], web: &str) -> (Pagure, Arc<Recorded>) {
    let wire = Recorded::new(exchanges);
    let mut config = HttpConfig::default();
    config.wire = Some(wire.clone());
    let token = Credential::token("0123456789ABCDEF");
    let forge = Pagure::new(web.parse().unwrap(), Some(token), config).unwrap();
    (forge, wire)
}

fn project(forge: &Pagure, path: &str) -> Arc<dyn Project> {
    forge.project(&path.parse().unwrap()).unwrap()
}

/// What a request sent as a form.
fn form(sent: &Sent) -> HashMap<String, String> {
    url::form_urlencoded::parse(&sent.body)
        .into_owned()
        .collect()
}

/// Checks that a request is the recorded one, but for fields that may be left out or added.
fn assert_same_form(sent: &Sent, record: &Value, but: &[&str]) {
    let recorded = record["request_body"].as_str().unwrap_or_default();
    let mut expected: HashMap<String, String> = url::form_urlencoded::parse(recorded.as_bytes())
        .into_owned()
        .collect();
    let mut now = form(sent);
    for field in but {
        expected.remove(*field);
        now.remove(*field);
    }
    assert_eq!(now, expected, "{}", record["name"]);
    assert_eq!(sent.method, record["method"]);
    assert_eq!(sent.path, record["path"]);
}

fn seconds(time: &Value) -> Option<i64> {
    let text = time.as_str()?;
    text.split('.').next()?.parse().ok()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Compares a pull request with the answer that it was read from.
fn assert_pull(pull: &PullRequest, body: &Value) {
    let state = match body["status"].as_str().unwrap() {
        "Open" => PullRequestState::Open,
        "Closed" => PullRequestState::Closed,
        "Merged" => PullRequestState::Merged,
        other => panic!("{other}"),
    };
    let over = pull.state != PullRequestState::Open;
    assert_eq!(pull.number, body["id"].as_u64().unwrap());
    assert_eq!(pull.id, text(&body["uid"]));
    assert_eq!(pull.state, state);
    assert_eq!(Some(&*pull.title), body["title"].as_str());
    assert_eq!(pull.body, text(&body["initial_comment"]));
    assert_eq!(Some(&*pull.head.branch), body["branch_from"].as_str());
    assert_eq!(pull.head.sha, text(&body["commit_stop"]));
    let head = pull.head.project.as_ref().map(ToString::to_string);
    assert_eq!(head, text(&body["repo_from"]["url_path"]));
    assert_eq!(Some(&*pull.base.branch), body["branch"].as_str());
    let base = pull.base.project.as_ref().map(ToString::to_string);
    assert_eq!(base, text(&body["project"]["url_path"]));
    let author = pull.author.as_ref().map(|user| user.login.clone());
    assert_eq!(author, text(&body["user"]["name"]));
    let labels: Vec<&str> = body["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag.as_str().unwrap())
        .collect();
    assert_eq!(pull.labels, labels);
    if let Some(url) = body["full_url"].as_str() {
        assert_eq!(pull.web_url, url);
    }
    let at = |time: Option<chrono::DateTime<chrono::Utc>>| time.map(|time| time.timestamp());
    assert_eq!(at(pull.created_at), seconds(&body["date_created"]));
    assert!(at(pull.updated_at) >= seconds(&body["last_updated"]));
    let closed = seconds(&body["closed_at"]).filter(|_| over);
    assert_eq!(at(pull.closed_at), closed);
    let closed_by = pull.closed_by.as_ref().map(|user| user.login.clone());
    assert_eq!(closed_by, text(&body["closed_by"]["name"]).filter(|_| over));
    let merged = closed.filter(|_| pull.state == PullRequestState::Merged);
    assert_eq!(at(pull.merged_at), merged);
}
