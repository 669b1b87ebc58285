//! The GitHub dialect over HTTP.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod contents;
mod git_data;
mod limits;
mod merging;
mod projects;
mod pull_requests;
mod refs;
mod releases;
mod statuses;
mod users;

use common::Client;
use ogr_mock::{MockForge, ProjectSetup, PullRequestSetup};

/// A GitHub with an organisation `rpms` of alice's and a project in it, and alice's client.
async fn github() -> (MockForge, Client) {
    let forge = MockForge::github().start().await.unwrap();
    forge.add_group("rpms", &["alice"]);
    forge
        .add_project("rpms/foo", ProjectSetup::default())
        .await
        .unwrap();
    let client = as_user(&forge, "alice");
    (forge, client)
}

fn as_user(forge: &MockForge, login: &str) -> Client {
    let token = forge.add_user(login);
    Client::authorized(forge, &format!("Bearer {token}"))
}

/// A pull request from bob's fork: its number and the commit at its head.
async fn from_fork(forge: &MockForge) -> (u64, String) {
    let fork = forge.fork("rpms/foo", "bob").await.unwrap();
    let files = [("a.txt", Some("one\ntwo\n"))];
    let sha = forge
        .commit(&fork, "fix", "Add a\n\nAt length.", &files)
        .await
        .unwrap();
    let setup = PullRequestSetup::from_fork(&fork, "fix").title("A fix");
    (forge.pull_request("rpms/foo", setup).await.unwrap(), sha)
}
