//! What a pull request brings in: files, commits, text; and where a commit belongs.

use ogr_core::{ErrorKind, FileStatus, Side};
use serde_json::{Value, json};

use super::{LIST, PULL, page_of, verb};
use crate::server::{OTHER, SHA, Server, no_project, pull, refusal};

#[tokio::test]
async fn changed_files_are_one_request() {
    let server = Server::start().await;
    let stats = json!({
        "README.rst": {"lines_added": 0, "lines_removed": 0, "old_path": "README.md", "status": "R"},
        "foo.spec": {"lines_added": 2, "lines_removed": 1, "old_path": "foo.spec", "status": "M"},
        "sources": {"lines_added": 0, "lines_removed": 1, "old_path": "sources", "status": "D"},
        "type": {"status": "T", "old_path": null, "lines_added": null},
        "z": {"lines_added": 1, "lines_removed": 0, "old_path": "z", "status": "A"},
    });
    server.json("GET", &verb("diffstats"), 200, stats).await;
    let project = server.project("rpms/foo");
    let files = project
        .pull_requests()
        .files(1)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(server.asked().await.len(), 1);
    let kinds: Vec<&FileStatus> = files.iter().map(|file| &file.status).collect();
    let other = FileStatus::Other("T".into());
    assert_eq!(
        kinds,
        [
            &FileStatus::Renamed,
            &FileStatus::Modified,
            &FileStatus::Removed,
            &other,
            &FileStatus::Added
        ]
    );
    assert_eq!(files[0].previous_path.as_deref(), Some("README.md"));
    assert_eq!(files[1].previous_path, None);
    assert_eq!((files[1].additions, files[1].deletions), (Some(2), Some(1)));
}

fn commit(sha: &str, parent: &str, tree: &str) -> Value {
    json!({"hash": sha, "message": "m\n", "author": "A", "committer": "A", "commit_time": 1, "parent_ids": [parent],
           "tree_id": tree})
}

const START: &str = "1111111111111111111111111111111111111111";

#[tokio::test]
async fn no_statistics_is_no_file_only_where_the_trees_are_equal() {
    for (tree, expected) in [("t1", None), ("t2", Some(ErrorKind::NotReady))] {
        let server = Server::start().await;
        let none = refusal("ENOPRSTATS", "No statistics could be computed for this PR");
        server.json("GET", &verb("diffstats"), 400, none).await;
        server.json("GET", PULL, 200, pull(1, "Open")).await;
        let head = commit(SHA, OTHER, tree);
        let info = format!("/api/0/rpms/foo/c/{SHA}/info");
        server.json("GET", &info, 200, head).await;
        let info = format!("/api/0/rpms/foo/c/{OTHER}/info");
        server
            .json("GET", &info, 200, commit(OTHER, START, "t1"))
            .await;
        let project = server.project("rpms/foo");
        let files = project.pull_requests().files(1).collect_all().await;
        assert_eq!(files.err().map(|error| error.kind()), expected);
    }
}

#[tokio::test]
async fn a_pull_request_without_commits_has_no_files_and_no_commits() {
    let server = Server::start().await;
    let none = refusal("ENOPRSTATS", "No statistics could be computed for this PR");
    server.json("GET", &verb("diffstats"), 400, none).await;
    let mut body = pull(1, "Open");
    body["commit_start"] = Value::Null;
    body["commit_stop"] = Value::Null;
    server.json("GET", PULL, 200, body).await;
    let project = server.project("rpms/foo");
    let pulls = project.pull_requests();
    assert!(pulls.files(1).collect_all().await.unwrap().is_empty());
    assert!(pulls.commits(1).collect_all().await.unwrap().is_empty());
    let error = pulls.read_file(1, "a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn commits_come_from_the_patches() {
    let server = Server::start().await;
    server.json("GET", PULL, 200, pull(1, "Open")).await;
    let patch = format!(
        "From {SHA} Mon Sep 17 00:00:00 2001\nFrom: Bob <bob@example.org>\nDate: Feb 01 2024 00:00:00 +0000\n\
         Subject: Bump\n\n\n---\n\ndiff --git a/x b/x\n"
    );
    server.text("/rpms/foo/pull-request/1.patch", &patch).await;
    let project = server.project("rpms/foo");
    let commits = project
        .pull_requests()
        .commits(1)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(commits.len(), 1);
    assert_eq!(commits[0].sha, SHA);
    assert_eq!(commits[0].author.clone().unwrap().email, "bob@example.org");
    let page = format!("{}/rpms/foo/c/{SHA}", server.uri());
    assert_eq!(commits[0].web_url, Some(page));
    assert_eq!(server.asked().await.len(), 2);
}

#[tokio::test]
async fn commits_without_a_change_are_read_one_by_one() {
    let server = Server::start().await;
    let mut body = pull(1, "Open");
    body["commit_start"] = json!(START);
    server.json("GET", PULL, 200, body).await;
    server.text("/rpms/foo/pull-request/1.patch", "").await;
    for (sha, parent) in [(SHA, OTHER), (OTHER, START), (START, SHA)] {
        let path = format!("/api/0/rpms/foo/c/{sha}/info");
        server
            .json("GET", &path, 200, commit(sha, parent, "t"))
            .await;
    }
    let project = server.project("rpms/foo");
    let commits = project
        .pull_requests()
        .commits(1)
        .collect_all()
        .await
        .unwrap();
    let shas: Vec<&str> = commits.iter().map(|commit| &*commit.sha).collect();
    assert_eq!(shas, [START, OTHER, SHA]);
}

#[tokio::test]
async fn diff_and_patch_are_pages_and_read_with_the_token() {
    let server = Server::start().await;
    server.text("/rpms/foo/pull-request/1.diff", "diff").await;
    server.text("/rpms/foo/pull-request/1.patch", "patch").await;
    server
        .page("GET", "/rpms/foo/pull-request/9.diff", 404)
        .await;
    let project = server.project("rpms/foo");
    let pulls = project.pull_requests();
    assert_eq!(pulls.diff(1).await.unwrap(), "diff");
    assert_eq!(pulls.patch(1).await.unwrap(), "patch");
    for request in server.requests().await {
        assert_eq!(request.headers["authorization"], "token 0123456789ABCDEF");
    }
    let error = pulls.diff(9).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo#9"));
}

#[tokio::test]
async fn a_file_at_the_head_is_read_from_the_fork_or_what_is_left_of_it() {
    let server = Server::start().await;
    server.once("GET", PULL, 200, pull(1, "Open")).await;
    let mut gone = pull(1, "Open");
    gone["repo_from"] = Value::Null;
    server.once("GET", PULL, 200, gone).await;
    let in_fork = format!("/fork/bob/rpms/foo/raw/{SHA}/f/a");
    server.text(&in_fork, "fork").await;
    let in_target = format!("/rpms/foo/raw/{SHA}/f/a");
    server.text(&in_target, "target").await;
    let project = server.project("rpms/foo");
    let pulls = project.pull_requests();
    assert_eq!(pulls.read_file(1, "a").await.unwrap().bytes, "fork");
    assert_eq!(pulls.read_file(1, "a").await.unwrap().bytes, "target");
    assert_eq!(server.asked().await.len(), 4);
    assert_eq!(pulls.head_refspec(7), "refs/pull/7/head");
    assert_eq!(pulls.status_side(), Side::Base);
}

#[tokio::test]
async fn a_commit_belongs_to_the_pull_requests_that_it_heads_or_merges() {
    let server = Server::start().await;
    let mut merge = commit(OTHER, START, "t");
    merge["message"] = json!("Merge #1 `Bump`");
    merge["parent_ids"] = json!([START, SHA]);
    let info = |sha: &str| format!("/api/0/rpms/foo/c/{sha}/info");
    server.json("GET", &info(OTHER), 200, merge).await;
    server
        .json("GET", &info(SHA), 200, commit(SHA, START, "t"))
        .await;
    let mut other = pull(3, "Open");
    other["commit_stop"] = json!(START);
    let rows = vec![other, pull(2, "Open"), pull(1, "Merged")];
    server.json("GET", LIST, 200, page_of(rows, 1, 3)).await;
    server.json("GET", PULL, 200, pull(1, "Merged")).await;
    let project = server.project("rpms/foo");
    let numbers = async |sha: &str| {
        let found = project.pull_requests().for_commit(sha).await.unwrap();
        found
            .into_iter()
            .map(|pull| pull.number)
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(SHA).await, [2, 1]);
    assert_eq!(server.asked().await.len(), 2);
    assert_eq!(numbers(OTHER).await, [1]);
}

#[tokio::test]
async fn a_message_that_only_looks_like_a_merge_is_none() {
    let server = Server::start().await;
    let mut feigned = commit(OTHER, START, "t");
    feigned["message"] = json!("Merge #1 `Bump`");
    let info = format!("/api/0/rpms/foo/c/{OTHER}/info");
    server.json("GET", &info, 200, feigned).await;
    server.json("GET", LIST, 200, page_of(vec![], 0, 0)).await;
    server.json("GET", PULL, 200, pull(1, "Merged")).await;
    let project = server.project("rpms/foo");
    let found = project.pull_requests().for_commit(OTHER).await.unwrap();
    assert!(found.is_empty());
}

#[tokio::test]
async fn a_commit_that_nobody_knows_is_not_found() {
    let server = Server::start().await;
    let info = format!("/api/0/rpms/foo/c/{SHA}/info");
    let missing = refusal("ENOCOMMIT", "No such commit found in this repository");
    server.json("GET", &info, 404, missing).await;
    server.once("GET", LIST, 200, page_of(vec![], 0, 0)).await;
    // A head that the target has no copy of yet.
    let rows = vec![pull(1, "Open")];
    server.once("GET", LIST, 200, page_of(rows, 1, 1)).await;
    let project = server.project("rpms/foo");
    let error = project.pull_requests().for_commit(SHA).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let found = project.pull_requests().for_commit(SHA).await.unwrap();
    assert_eq!(found.len(), 1);

    let bar = server.project("rpms/bar");
    let info = format!("/api/0/rpms/bar/c/{SHA}/info");
    server.json("GET", &info, 404, no_project()).await;
    let error = bar.pull_requests().for_commit(SHA).await.unwrap_err();
    assert_eq!(error.code(), Some("ENOPROJECT"));
}

#[tokio::test]
async fn the_look_for_a_commit_is_bounded() {
    let server = Server::start().await;
    let info = format!("/api/0/rpms/foo/c/{OTHER}/info");
    server
        .json("GET", &info, 200, commit(OTHER, START, "t"))
        .await;
    for first in [1000, 900, 800, 700] {
        let rows = (0..100).map(|n| pull(first - n, "Open")).collect();
        server.once("GET", LIST, 200, page_of(rows, 10, 1000)).await;
    }
    let project = server.project("rpms/foo");
    let found = project.pull_requests().for_commit(OTHER).await.unwrap();
    assert!(found.is_empty());
    assert_eq!(server.asked().await.len(), 4);
}
