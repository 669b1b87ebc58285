//! The Pagure dialect over HTTP: its traps one by one, the recordings of a real server, and a real server side
//! by side where there is one.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod compare;
mod flags;
mod live;
mod pair;
mod people;
mod projects;
mod pulls;
mod recordings;

use common::Client;
use ogr_mock::{MockForge, ProjectSetup, PullRequestSetup};
use serde_json::Value;

/// Where bob's fork of `rpms/foo` is.
const FORK: &str = "fork/bob/rpms/foo";

/// A forge with alice's projects `rpms/foo` and `demo`, and with bob and carol.
async fn pagure() -> MockForge {
    let forge = MockForge::pagure().start().await.unwrap();
    for login in ["alice", "bob", "carol"] {
        forge.add_user(login);
    }
    forge.add_group("rpms", &[]);
    forge.add_group("packager", &["alice", "bob"]);
    for path in ["rpms/foo", "demo"] {
        let setup = ProjectSetup::default()
            .owner("alice")
            .default_branch("rawhide");
        forge.add_project(path, setup).await.unwrap();
    }
    forge
}

/// Bob's pull request from the branch `fix` of his fork, which adds a file.
async fn open_pull(forge: &MockForge) -> u64 {
    forge.fork("rpms/foo", "bob").await.unwrap();
    let files = [("a.txt", Some("a\n"))];
    forge.commit(FORK, "fix", "Fix", &files).await.unwrap();
    let setup = PullRequestSetup::from_fork(FORK, "fix").author("bob");
    forge.pull_request("rpms/foo", setup).await.unwrap()
}

fn as_user(forge: &MockForge, login: &str) -> Client {
    let token = forge.token(login).unwrap();
    Client::authorized(forge, &format!("token {token}"))
}

fn anonymous(forge: &MockForge) -> Client {
    Client::anonymous(forge)
}

/// A pull request of `rpms/foo` as the API tells it.
async fn pull(forge: &MockForge, number: u64) -> Value {
    let path = format!("/rpms/foo/pull-request/{number}");
    anonymous(forge).get(&path).await.expect(200).json()
}
