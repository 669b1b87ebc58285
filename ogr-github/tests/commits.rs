//! Commits made through git's own API.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Served, no};
use ogr_core::{ErrorKind, FileChange, NewCommit, Onto, Signature};
use serde_json::{Value, json};

/// What the answers to a commit's requests have in common.
async fn ready_for_commit(served: &Served, reference: &str, tree: Value) {
    let commit = json!({"sha": "base", "commit": {"message": "m", "tree": {"sha": "tree0"}}});
    served
        .json(
            "GET",
            &format!("repos/rpms/foo/commits/{reference}"),
            200,
            commit,
        )
        .await;
    served
        .json("GET", "repos/rpms/foo/git/trees/tree0", 200, tree)
        .await;
    served
        .json(
            "POST",
            "repos/rpms/foo/git/blobs",
            201,
            json!({"sha": "blob1"}),
        )
        .await;
    served
        .json(
            "POST",
            "repos/rpms/foo/git/trees",
            201,
            json!({"sha": "tree1"}),
        )
        .await;
    let made = json!({"sha": "new", "message": "Update", "parents": [{"sha": "base"}],
        "author": {"name": "A", "email": "a@example.org", "date": "2026-01-01T00:00:00Z"}});
    served
        .json("POST", "repos/rpms/foo/git/commits", 201, made)
        .await;
}

#[tokio::test]
async fn several_files_become_one_commit() {
    let served = Served::start().await;
    let tree = json!({"truncated": false, "tree": [
        {"path": "bin/run", "mode": "100755", "type": "blob", "sha": "1"},
        {"path": "old", "mode": "100644", "type": "blob", "sha": "2"},
    ]});
    ready_for_commit(&served, "heads%2Fup%2Fdate", tree).await;
    served
        .json(
            "PATCH",
            "repos/rpms/foo/git/refs/heads/up/date",
            200,
            json!({"ref": "x", "object": {"sha": "new"}}),
        )
        .await;
    let mut author = Signature::new("A", "a@example.org");
    author.date = Some("2026-01-01T00:00:00Z".parse().unwrap());
    let new = NewCommit::append("up/date", "Update")
        .expected("BASE")
        .author(author)
        .change(FileChange::put("./bin/run", "text"))
        .change(FileChange::put("data", vec![0xff, 0x00]))
        .change(FileChange::put("nul", "a\0b"))
        .change(FileChange::delete("old"))
        .change(FileChange::delete("never/there"))
        .change(FileChange::Put {
            path: "plain".into(),
            bytes: "x".into(),
            executable: Some(true),
        });
    let project = served.project();
    let commit = project.contents().commit(new).await.unwrap();
    assert_eq!(commit.sha, "new");
    assert_eq!(commit.message.as_deref(), Some("Update"));
    assert_eq!(commit.parents, Some(vec!["base".to_owned()]));
    assert_eq!(commit.author.unwrap().name, "A");
    assert_eq!(
        served.lines().await,
        [
            "GET repos/rpms/foo/commits/heads%2Fup%2Fdate?per_page=1",
            "GET repos/rpms/foo/git/trees/tree0?recursive=1",
            "POST repos/rpms/foo/git/blobs",
            "POST repos/rpms/foo/git/blobs",
            "POST repos/rpms/foo/git/trees",
            "POST repos/rpms/foo/git/commits",
            "PATCH repos/rpms/foo/git/refs/heads/up/date",
        ]
    );
    assert_eq!(
        served.body(2).await,
        json!({"content": "/wA=", "encoding": "base64"})
    );
    assert_eq!(
        served.body(4).await,
        json!({"base_tree": "tree0", "tree": [
            {"path": "bin/run", "mode": "100755", "type": "blob", "content": "text"},
            {"path": "data", "mode": "100644", "type": "blob", "sha": "blob1"},
            {"path": "nul", "mode": "100644", "type": "blob", "sha": "blob1"},
            {"path": "old", "mode": "100644", "type": "blob", "sha": null},
            {"path": "plain", "mode": "100755", "type": "blob", "content": "x"},
        ]})
    );
    assert_eq!(
        served.body(5).await,
        json!({"message": "Update", "tree": "tree1", "parents": ["base"],
            "author": {"name": "A", "email": "a@example.org", "date": "2026-01-01T00:00:00Z"}})
    );
    assert_eq!(served.body(6).await, json!({"sha": "new", "force": false}));
}

#[tokio::test]
async fn a_branch_that_moved_is_a_conflict() {
    let served = Served::start().await;
    ready_for_commit(&served, "heads%2Fmain", json!({"tree": []})).await;
    let project = served.project();
    let contents = project.contents();
    let put = FileChange::put("a", "b");
    let stale = NewCommit::append("main", "m")
        .expected("other")
        .change(put.clone());
    let error = contents.commit(stale).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.resource(), Some("rpms/foo branch main"));
    // Nothing was written.
    assert_eq!(served.lines().await.len(), 1);
    served
        .json(
            "PATCH",
            "repos/rpms/foo/git/refs/heads/main",
            422,
            no("Update is not a fast forward"),
        )
        .await;
    let raced = NewCommit::append("main", "m").change(put.clone());
    let error = contents.commit(raced).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let missing = NewCommit::append("f99", "m").change(put);
    let error = contents.commit(missing).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo branch f99"));
}

#[tokio::test]
async fn a_branch_is_put_on_one_commit_whether_it_is_there_or_not() {
    let served = Served::start().await;
    ready_for_commit(&served, "abc", json!({"tree": []})).await;
    served
        .json_once(
            "PATCH",
            "repos/rpms/foo/git/refs/heads/update",
            422,
            no("Reference does not exist"),
        )
        .await;
    served
        .json(
            "PATCH",
            "repos/rpms/foo/git/refs/heads/update",
            200,
            json!({}),
        )
        .await;
    served
        .json("POST", "repos/rpms/foo/git/refs", 201, json!({}))
        .await;
    let onto = Onto::Reset {
        sha: "abc".into(),
        branch: "main".into(),
        project: None,
    };
    let new = NewCommit::append("update", "m")
        .onto(onto)
        .change(FileChange::put("foo.spec", "Version: 2"));
    let project = served.project();
    let contents = project.contents();
    contents.commit(new.clone()).await.unwrap();
    contents.commit(new).await.unwrap();
    let lines = served.lines().await;
    assert_eq!(
        lines[..6],
        [
            "GET repos/rpms/foo/commits/abc?per_page=1",
            "GET repos/rpms/foo/git/trees/tree0",
            "POST repos/rpms/foo/git/trees",
            "POST repos/rpms/foo/git/commits",
            "PATCH repos/rpms/foo/git/refs/heads/update",
            "POST repos/rpms/foo/git/refs",
        ]
    );
    assert_eq!(served.body(4).await, json!({"sha": "new", "force": true}));
    assert_eq!(
        served.body(5).await,
        json!({"ref": "refs/heads/update", "sha": "new"})
    );
    assert_eq!(lines.len(), 11);
}

#[tokio::test]
async fn without_changes_the_commit_is_an_empty_one() {
    let served = Served::start().await;
    ready_for_commit(&served, "heads%2Fmain", json!({"tree": []})).await;
    served
        .json(
            "PATCH",
            "repos/rpms/foo/git/refs/heads/main",
            200,
            json!({}),
        )
        .await;
    let project = served.project();
    project
        .contents()
        .commit(NewCommit::append("main", "again"))
        .await
        .unwrap();
    let lines = served.lines().await;
    assert!(!lines.iter().any(|line| line.ends_with("git/trees")));
    assert_eq!(served.body(1).await["tree"], "tree0");
}

#[tokio::test]
async fn a_tree_too_large_to_come_whole_is_walked() {
    let served = Served::start().await;
    // The first answer is for the whole tree, the ones after it for single folders.
    served
        .json_once(
            "GET",
            "repos/rpms/foo/git/trees/tree0",
            200,
            json!({"truncated": true, "tree": []}),
        )
        .await;
    let root = json!({"tree": [{"path": "bin", "mode": "040000", "type": "tree", "sha": "bin0"}]});
    ready_for_commit(&served, "heads%2Fmain", root).await;
    let bin = json!({"tree": [{"path": "run", "mode": "100755", "type": "blob", "sha": "1"}]});
    served
        .json("GET", "repos/rpms/foo/git/trees/bin0", 200, bin)
        .await;
    served
        .json(
            "PATCH",
            "repos/rpms/foo/git/refs/heads/main",
            200,
            json!({}),
        )
        .await;
    let new = NewCommit::append("main", "m")
        .change(FileChange::put("bin/run", "x"))
        .change(FileChange::put("bin/new", "x"))
        .change(FileChange::put("lib/a/b", "x"));
    let project = served.project();
    project.contents().commit(new).await.unwrap();
    let lines = served.lines().await;
    assert_eq!(
        lines[1..4],
        [
            "GET repos/rpms/foo/git/trees/tree0?recursive=1",
            "GET repos/rpms/foo/git/trees/tree0",
            "GET repos/rpms/foo/git/trees/bin0",
        ]
    );
    let modes: Vec<_> = served.body(4).await["tree"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["mode"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(modes, ["100755", "100644", "100644"]);
}

#[tokio::test]
async fn a_folder_is_not_deleted_as_a_file() {
    let served = Served::start().await;
    let root = json!({"tree": [{"path": "bin", "mode": "040000", "type": "tree", "sha": "bin0"}]});
    ready_for_commit(&served, "heads%2Fmain", root).await;
    let new = NewCommit::append("main", "m").change(FileChange::delete("bin"));
    let project = served.project();
    let error = project.contents().commit(new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.resource(), Some("rpms/foo:bin"));
}
