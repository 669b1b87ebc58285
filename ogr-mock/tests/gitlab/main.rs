//! The GitLab dialect over HTTP.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod access;
mod contents;
mod forks;
mod merge_requests;
mod merging;
mod notes;
mod paging;
mod projects;
mod refs;
mod releases;
mod statuses;

use common::Client;
use ogr_mock::{MockForge, ProjectSetup, PullRequestSetup};

/// A GitLab with a group `rpms` of alice's and a project in it, and alice's client.
async fn gitlab() -> (MockForge, Client) {
    let forge = MockForge::gitlab().start().await.unwrap();
    set_up(&forge).await;
    let client = as_user(&forge, "alice");
    (forge, client)
}

async fn set_up(forge: &MockForge) {
    forge.add_group("rpms", &["alice"]);
    let setup = ProjectSetup::default().description("A package");
    forge.add_project("rpms/foo", setup).await.unwrap();
}

fn as_user(forge: &MockForge, login: &str) -> Client {
    let token = forge.add_user(login);
    Client::anonymous(forge).with("private-token", &token)
}

/// A merge request from bob's fork: its number and the commit at its head.
async fn from_fork(forge: &MockForge) -> (u64, String) {
    let fork = forge.fork("rpms/foo", "bob").await.unwrap();
    let files = [("a.txt", Some("one\ntwo\n"))];
    let sha = forge
        .commit(&fork, "fix", "Add a\n\nAt length.", &files)
        .await
        .unwrap();
    let setup = PullRequestSetup::from_fork(&fork, "fix")
        .title("A fix")
        .body("Why");
    (forge.pull_request("rpms/foo", setup).await.unwrap(), sha)
}

/// The number of a project.
fn id(forge: &MockForge, path: &str) -> u64 {
    forge.project(path).unwrap().id
}
