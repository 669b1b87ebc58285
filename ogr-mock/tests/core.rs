//! What all dialects share: git over HTTP, faults, the recording. Spoken through GitHub's API where one is needed.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Client, Work, commit, git};
use ogr_mock::{Access, Fault, MockForge, ProjectSetup, PullRequestSetup, PullState, TokenSetup};

async fn github() -> MockForge {
    let forge = MockForge::github().start().await.unwrap();
    forge.add_group("rpms", &["alice"]);
    forge
        .add_project("rpms/foo", ProjectSetup::default())
        .await
        .unwrap();
    forge
}

#[tokio::test]
async fn a_clone_and_a_push_reach_the_repository() {
    let forge = github().await;
    let work = Work::new();
    let tree = work.clone(&forge.clone_url("rpms/foo"), "foo").await;
    assert!(tree.join("README.md").exists());

    let url = forge.clone_url_as("rpms/foo", "alice").unwrap();
    let sha = commit(&tree, "dir/a.txt", "a\n", "Add a").await;
    git(&tree, &["push", "-q", &url, "HEAD:refs/heads/topic"])
        .await
        .unwrap();
    assert_eq!(forge.branches("rpms/foo").await.unwrap()["topic"], sha);
    let file = forge.file("rpms/foo", "topic", "dir/a.txt").await.unwrap();
    assert_eq!(file.as_deref(), Some(&b"a\n"[..]));
    let pushed = forge.requests().into_iter().rev();
    let users: Vec<_> = pushed.filter_map(|exchange| exchange.user).collect();
    assert_eq!(users.first().map(String::as_str), Some("alice"));
}

#[tokio::test]
async fn pushing_takes_rights_and_reading_a_private_project_too() {
    let forge = github().await;
    forge.add_user("bob");
    let work = Work::new();
    let tree = work.clone(&forge.clone_url("rpms/foo"), "foo").await;
    commit(&tree, "a.txt", "a\n", "Add a").await;
    let push = async |url: String| git(&tree, &["push", "-q", &url, "HEAD:main"]).await;

    let error = push(forge.clone_url("rpms/foo")).await.unwrap_err();
    assert!(error.contains("could not read Username"), "{error}");
    let as_bob = forge.clone_url_as("rpms/foo", "bob").unwrap();
    let error = push(as_bob.clone()).await.unwrap_err();
    assert!(error.contains("403"), "{error}");
    forge
        .set_permission("rpms/foo", "bob", Some(Access::Write))
        .unwrap();
    push(as_bob).await.unwrap();

    let narrow = forge
        .add_token("alice", &TokenSetup::scopes(&["contents:read"]))
        .unwrap();
    let narrow = format!("http://alice:{narrow}@{}/rpms/foo.git", forge.host());
    let error = push(narrow.clone()).await.unwrap_err();
    assert!(error.contains("403"), "{error}");

    forge
        .change_project("rpms/foo", |project| project.private = true)
        .unwrap();
    let read = async |url: &str| git(&tree, &["ls-remote", url]).await;
    read(&forge.clone_url("rpms/foo")).await.unwrap_err();
    read(&narrow).await.unwrap();
    forge.add_user("carol");
    let as_carol = forge.clone_url_as("rpms/foo", "carol").unwrap();
    let error = read(&as_carol).await.unwrap_err();
    assert!(error.contains("not found"), "{error}");
}

#[tokio::test]
async fn a_push_updates_and_a_push_to_the_base_merges_pull_requests() {
    let forge = github().await;
    let fork = forge.fork("rpms/foo", "bob").await.unwrap();
    assert_eq!(fork, "bob/foo");
    let first = forge
        .commit(&fork, "fix", "Fix", &[("a.txt", Some("a\n"))])
        .await
        .unwrap();
    let number = forge
        .pull_request("rpms/foo", PullRequestSetup::from_fork(&fork, "fix"))
        .await
        .unwrap();
    assert_eq!(head(&forge, number), first);

    let work = Work::new();
    let tree = work
        .clone(&forge.clone_url_as(&fork, "bob").unwrap(), "fork")
        .await;
    git(&tree, &["checkout", "-q", "fix"]).await.unwrap();
    let second = commit(&tree, "b.txt", "b\n", "More").await;
    git(&tree, &["push", "-q", "origin", "fix"]).await.unwrap();
    assert_eq!(head(&forge, number), second);
    let url = forge.clone_url("rpms/foo");
    let refs = git(&tree, &["ls-remote", &url]).await.unwrap();
    assert!(refs.contains(&format!("{second}\trefs/pull/{number}/head")));

    let upstream = forge.clone_url_as("rpms/foo", "alice").unwrap();
    git(&tree, &["push", "-q", &upstream, "fix:main"])
        .await
        .unwrap();
    let pull = forge.find_pull_request("rpms/foo", number).unwrap();
    assert_eq!(pull.state, PullState::Merged);
    assert_eq!(pull.merged_by.as_deref(), Some("alice"));
}

#[tokio::test]
async fn a_maintainer_may_push_to_the_branch_of_a_pull_request_that_lets_them_and_no_other() {
    let forge = github().await;
    let fork = forge.fork("rpms/foo", "bob").await.unwrap();
    forge
        .commit(&fork, "fix", "Fix", &[("a.txt", Some("a\n"))])
        .await
        .unwrap();
    let number = forge
        .pull_request("rpms/foo", PullRequestSetup::from_fork(&fork, "fix"))
        .await
        .unwrap();
    let work = Work::new();
    let tree = work.clone(&forge.clone_url(&fork), "fork").await;
    git(&tree, &["checkout", "-q", "fix"]).await.unwrap();
    let sha = commit(&tree, "b.txt", "b\n", "More").await;
    let url = forge.clone_url_as(&fork, "alice").unwrap();
    let push = async |to: &str| git(&tree, &["push", "-q", &url, to]).await;

    assert!(push("fix").await.unwrap_err().contains("403"));
    forge
        .change_pull_request("rpms/foo", number, |pull| pull.maintainer_edit = true)
        .unwrap();
    assert!(push("fix:main").await.unwrap_err().contains("403"));
    push("fix").await.unwrap();
    assert_eq!(head(&forge, number), sha);
}

#[tokio::test]
async fn deleting_the_head_branch_closes_and_deleting_the_fork_leaves_a_gap() {
    let forge = github().await;
    let fork = forge.fork("rpms/foo", "bob").await.unwrap();
    for branch in ["one", "two"] {
        let files = [(branch, Some("x"))];
        forge.commit(&fork, branch, "Fix", &files).await.unwrap();
        let setup = PullRequestSetup::from_fork(&fork, branch);
        forge.pull_request("rpms/foo", setup).await.unwrap();
    }
    forge.delete_branch(&fork, "one").await.unwrap();
    let state = |number| {
        let pull = forge.find_pull_request("rpms/foo", number).unwrap();
        (pull.state, pull.head.project.is_some())
    };
    assert_eq!(state(1), (PullState::Closed, true));
    assert_eq!(state(2), (PullState::Open, true));
    forge.delete_project(&fork).await.unwrap();
    assert_eq!(state(2), (PullState::Open, false));
}

#[tokio::test]
async fn faults_strike_as_scripted() {
    let forge = github().await;
    let client = Client::anonymous(&forge);
    let path = "/repos/rpms/foo";
    forge.fault(
        Fault::on("GET", "/**/foo")
            .skip(1)
            .answer(503, r#"{"message":"busy"}"#)
            .header("retry-after", "7"),
    );
    client.get(path).await.expect(200);
    let busy = client.get(path).await.expect(503);
    assert_eq!(busy.header("retry-after"), "7");
    assert_eq!(busy.json()["message"], "busy");
    client.get(path).await.expect(200);

    let try_get = async || client.try_send("GET", path, "", Bytes::new()).await;
    forge.fault(Fault::any().drop_before());
    try_get().await.unwrap_err();
    forge.fault(Fault::any().truncate(10));
    let error = try_get().await.unwrap_err();
    assert!(!error.is_empty());
    try_get().await.unwrap();

    forge.fault(Fault::any().delay(Duration::from_millis(80)));
    let start = std::time::Instant::now();
    client.get(path).await.expect(200);
    assert!(start.elapsed() >= Duration::from_millis(80));

    let faulted = forge.requests().iter().filter(|e| e.faulted).count();
    assert_eq!(faulted, 4);
    assert_eq!(forge.requests()[3].status, None);
    assert_eq!(forge.count(), 7);
    forge.reset_requests();
    assert_eq!(forge.count(), 0);
}

#[tokio::test]
async fn the_server_is_gone_with_the_forge() {
    let forge = github().await;
    let address = forge.address().unwrap();
    drop(forge);
    tokio::time::sleep(Duration::from_millis(50)).await;
    tokio::net::TcpStream::connect(address).await.unwrap_err();
}

fn head(forge: &MockForge, number: u64) -> String {
    let pull = forge.find_pull_request("rpms/foo", number).unwrap();
    pull.head.sha
}

#[tokio::test]
async fn the_same_answers_come_in_process_without_a_server() {
    let forge = MockForge::github().in_process().unwrap();
    forge.add_user("alice");
    forge
        .add_project("alice/foo", ProjectSetup::default())
        .await
        .unwrap();
    assert_eq!(forge.address(), None);
    let ask = || {
        http::Request::builder()
            .uri(format!("{}/repos/alice/foo", forge.api_url()))
            .body(Bytes::new())
            .unwrap()
    };
    let answer = forge.handle(ask()).await.unwrap();
    assert_eq!(answer.status(), 200);
    let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(body["clone_url"], "http://forge.invalid/alice/foo.git");
    forge.fault(Fault::any().drop_before());
    forge.handle(ask()).await.unwrap_err();
    forge.fault(Fault::any().truncate(5));
    let cut = forge.handle(ask()).await.unwrap();
    assert_eq!(cut.body().len(), 5);
    assert_eq!(
        cut.headers()["content-length"],
        answer.body().len().to_string()
    );
    assert_eq!(forge.count(), 3);
}

#[tokio::test]
async fn latency_and_the_clock_are_settable() {
    let forge = github().await;
    let client = Client::anonymous(&forge);
    forge.set_latency(Duration::from_millis(60));
    let start = std::time::Instant::now();
    client.get("/repos/rpms/foo").await.expect(200);
    assert!(start.elapsed() >= Duration::from_millis(60));
    forge.set_latency(Duration::ZERO);
    forge.set_time("2026-01-02T03:04:05Z".parse().unwrap());
    forge
        .commit("rpms/foo", "main", "Now", &[("n", Some("n"))])
        .await
        .unwrap();
    let log = forge.log("rpms/foo", "main").await.unwrap();
    assert_eq!(
        log[0].committer.at.to_rfc3339(),
        "2026-01-02T03:04:05+00:00"
    );
}
