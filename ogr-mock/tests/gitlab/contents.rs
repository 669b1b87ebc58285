//! Files, trees and commits of many files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ogr_mock::{Access, ProjectSetup, PullRequestSetup};
use serde_json::{Value, json};

use super::{as_user, gitlab, id};

const REPO: &str = "/projects/rpms%2Ffoo/repository";

#[tokio::test]
async fn files_are_read_by_encoded_path_in_several_ways() {
    let (forge, client) = gitlab().await;
    let sha = forge
        .commit(
            "rpms/foo",
            "main",
            "Deep",
            &[("dir/a b.txt", Some("text\n"))],
        )
        .await
        .unwrap();
    let path = format!("{REPO}/files/dir%2Fa%20b.txt");
    let file = client.get(&format!("{path}?ref=main")).await.expect(200);
    let body = file.json();
    assert_eq!(body["file_name"], "a b.txt");
    assert_eq!(body["file_path"], "dir/a b.txt");
    assert_eq!(body["size"], 5);
    assert_eq!(body["encoding"], "base64");
    assert_eq!(body["content"], STANDARD.encode("text\n"));
    assert_eq!(body["commit_id"], json!(sha));
    assert_eq!(body["last_commit_id"], json!(sha));
    assert_eq!(body["execute_filemode"], false);
    // printf 'text\n' | sha256sum
    let digest = "b9e68e1bea3e5b19ca6b2f98b73a54b73daafaa250484902e09982e07a12e733";
    assert_eq!(body["content_sha256"], digest);
    let head = client.send("HEAD", &format!("{path}?ref=main"), None).await;
    let head = head.expect(200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("x-gitlab-size"), "5");
    assert_eq!(head.header("x-gitlab-content-sha256"), digest);
    assert_eq!(head.header("x-gitlab-file-path"), "dir/a b.txt");
    let raw = client
        .get(&format!("{path}/raw?ref={sha}"))
        .await
        .expect(200);
    assert_eq!(raw.text(), "text\n");
    assert!(raw.header("content-type").starts_with("text/plain"));
    client.get(&format!("{path}/raw")).await.expect(200);

    let missing = |what: &str| json!({"message": format!("404 {what} Not Found")});
    let raw_slash = client
        .get(&format!("{REPO}/files/dir/a%20b.txt?ref=main"))
        .await;
    assert_eq!(
        raw_slash.expect(404).json(),
        json!({"error": "404 Not Found"})
    );
    let none = client.get(&format!("{REPO}/files/nope?ref=main")).await;
    assert_eq!(none.expect(404).json(), missing("File"));
    let dotted = client
        .get(&format!("{REPO}/files/.%2FREADME.md?ref=main"))
        .await;
    assert_eq!(dotted.expect(404).json(), missing("File"));
    let folder = client.get(&format!("{REPO}/files/dir?ref=main")).await;
    assert_eq!(folder.expect(404).json(), missing("File"));
    let bad_ref = client.get(&format!("{path}?ref=nope")).await.expect(404);
    assert_eq!(bad_ref.json(), missing("Commit"));
    let no_ref = client.get(&path).await.expect(400).json();
    assert_eq!(no_ref, json!({"error": "ref is missing, ref is empty"}));

    let blob = body["blob_id"].as_str().unwrap();
    let told = client
        .get(&format!("{REPO}/blobs/{blob}"))
        .await
        .expect(200);
    assert_eq!(told.json()["size"], 5);
    let raw = client.get(&format!("{REPO}/blobs/{blob}/raw")).await;
    assert_eq!(raw.expect(200).text(), "text\n");
    let none = client
        .get(&format!("{REPO}/blobs/{}", "0".repeat(40)))
        .await;
    assert_eq!(none.expect(404).json(), missing("Blob"));
}

#[tokio::test]
async fn trees_name_folders_first() {
    let (forge, client) = gitlab().await;
    let files = [("z/y/x", Some("1")), ("a", Some("2"))];
    forge
        .commit("rpms/foo", "main", "Files", &files)
        .await
        .unwrap();
    let rows = |answer: crate::common::Answer| -> Vec<String> {
        let rows = answer.expect(200).json();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["path"].as_str().unwrap().to_owned())
            .collect()
    };
    let tree = format!("{REPO}/tree");
    assert_eq!(rows(client.get(&tree).await), ["z", "README.md", "a"]);
    assert_eq!(rows(client.get(&format!("{tree}?path=z")).await), ["z/y"]);
    assert_eq!(
        rows(client.get(&format!("{tree}?recursive=true&ref=main")).await),
        ["z", "z/y", "README.md", "a", "z/y/x"]
    );
    let missing = client.get(&format!("{tree}?path=nope")).await.expect(404);
    assert_eq!(
        missing.json(),
        json!({"message": "404 invalid revision or path Not Found"})
    );
    let missing = client.get(&format!("{tree}?ref=nope")).await.expect(404);
    assert_eq!(missing.json(), json!({"message": "404 Tree Not Found"}));
}

#[tokio::test]
async fn one_file_is_written_updated_and_deleted() {
    let (forge, client) = gitlab().await;
    let path = format!("{REPO}/files/dir%2Fnew.txt");
    let body = json!({"branch": "main", "commit_message": "Add", "content": "one"});
    let made = client.post(&path, body.clone()).await.expect(201);
    assert_eq!(
        made.json(),
        json!({"file_path": "dir/new.txt", "branch": "main"})
    );
    let again = client.post(&path, body).await.expect(400);
    assert_eq!(
        again.json(),
        json!({"message": "A file with this name already exists"})
    );
    let first = forge.sha("rpms/foo", "main").await.unwrap().unwrap();
    let body = json!({
        "branch": "main",
        "commit_message": "Change",
        "content": STANDARD.encode([0, 159, 146, 150]),
        "encoding": "base64",
        "last_commit_id": first,
        "author_name": "Al",
        "author_email": "al@example.org",
    });
    client.put(&path, body.clone()).await.expect(200);
    let file = forge.file("rpms/foo", "main", "dir/new.txt").await.unwrap();
    assert_eq!(file.unwrap(), [0, 159, 146, 150]);
    let log = forge.log("rpms/foo", "main").await.unwrap();
    assert_eq!(log[0].author.email, "al@example.org");
    assert_eq!(log[0].committer.email, "alice@example.org");
    let stale = client.put(&path, body).await.expect(400).json();
    assert!(
        stale["message"]
            .as_str()
            .unwrap()
            .contains("has changed since")
    );
    let missing = format!("{REPO}/files/nope.txt");
    let body = json!({"branch": "main", "commit_message": "x", "content": "y"});
    let refused = client.put(&missing, body.clone()).await.expect(400);
    assert_eq!(
        refused.json(),
        json!({"message": "A file with this name doesn't exist"})
    );
    let on = "branch=main&commit_message=Drop";
    client.delete(&format!("{path}?{on}")).await.expect(204);
    assert_eq!(
        forge.file("rpms/foo", "main", "dir/new.txt").await.unwrap(),
        None
    );
    client.delete(&format!("{path}?{on}")).await.expect(400);
    let incomplete = client
        .post(&path, json!({"branch": "main"}))
        .await
        .expect(400);
    let words = incomplete.json()["error"].as_str().unwrap().to_owned();
    assert!(words.contains("commit_message is missing"), "{words}");
    as_user(&forge, "bob").put(&missing, body).await.expect(403);
    let body = json!({
        "branch": "topic", "start_branch": "main", "commit_message": "x", "content": "y",
    });
    client.post(&missing, body).await.expect(201);
    assert!(
        forge
            .branches("rpms/foo")
            .await
            .unwrap()
            .contains_key("topic")
    );
}

async fn commit(client: &crate::common::Client, body: Value) -> crate::common::Answer {
    client.post(&format!("{REPO}/commits"), body).await
}

#[tokio::test]
async fn many_files_make_one_commit() {
    let (forge, client) = gitlab().await;
    let files = [("old.txt", Some("old\n")), ("tool.sh", Some("#!/bin/sh\n"))];
    forge
        .commit("rpms/foo", "main", "Seed", &files)
        .await
        .unwrap();
    let body = json!({
        "branch": "work",
        "start_branch": "main",
        "commit_message": "All at once",
        "actions": [
            {"action": "create", "file_path": "a/b.txt", "content": "b\n"},
            {"action": "update", "file_path": "README.md", "content": "# New\n"},
            {"action": "move", "file_path": "new.txt", "previous_path": "old.txt"},
            {"action": "chmod", "file_path": "tool.sh", "execute_filemode": true},
            {"action": "update", "file_path": "a/b.txt", "content": "twice\n"},
        ],
    });
    let made = commit(&client, body).await.expect(201).json();
    assert_eq!(made["title"], "All at once");
    assert_eq!(made["author_email"], "alice@example.org");
    assert!(made["stats"]["total"].as_u64().unwrap() > 0);
    let tip = forge.branches("rpms/foo").await.unwrap()["work"].clone();
    assert_eq!(made["id"], json!(tip));
    let read = async |path: &str| forge.file("rpms/foo", "work", path).await.unwrap();
    assert_eq!(read("a/b.txt").await.unwrap(), b"twice\n");
    assert_eq!(read("new.txt").await.unwrap(), b"old\n");
    assert_eq!(read("old.txt").await, None);
    let tree = client.get(&format!("{REPO}/tree?ref=work")).await.json();
    let mut rows = tree.as_array().unwrap().iter();
    let tool = rows.find(|row| row["path"] == "tool.sh").unwrap();
    assert_eq!(tool["mode"], "100755");
}

#[tokio::test]
async fn impossible_commits_are_refused_whole() {
    let (forge, client) = gitlab().await;
    let before = forge.branches("rpms/foo").await.unwrap();
    let one = |action: Value| {
        json!({"branch": "main", "commit_message": "x", "actions": [
        {"action": "create", "file_path": "fine.txt", "content": "x"}, action]})
    };
    let cases = [
        (
            json!({"action": "create", "file_path": "README.md", "content": "x"}),
            "A file with this name already exists",
        ),
        (
            json!({"action": "update", "file_path": "nope", "content": "x"}),
            "A file with this name doesn't exist",
        ),
        (
            json!({"action": "delete", "file_path": "nope"}),
            "A file with this name doesn't exist",
        ),
        (
            json!({"action": "move", "file_path": "x", "previous_path": "nope"}),
            "A file with this name doesn't exist",
        ),
        (
            json!({"action": "create", "file_path": "../x", "content": "x"}),
            "Path cannot include directory traversal",
        ),
        (
            json!({"action": "update", "file_path": "README.md"}),
            "400 Bad request - actions[1][content] is required for update action",
        ),
        (
            json!({"action": "burn", "file_path": "README.md"}),
            "400 Bad request - actions[1][action] must be one of: create, update, move, delete, chmod",
        ),
    ];
    for (action, words) in cases {
        let refused = commit(&client, one(action)).await.expect(400);
        assert_eq!(refused.json(), json!({"message": words}));
    }
    let on = |branch: &str, start: Value| {
        let actions = json!([{"action": "create", "file_path": "n", "content": "n"}]);
        let mut body = json!({"branch": branch, "commit_message": "x", "actions": actions});
        for (name, value) in start.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let refused = commit(&client, on("nope", json!({}))).await.expect(400);
    assert_eq!(
        refused.json(),
        json!({"message": "You can only create or edit files when you are on a branch"})
    );
    forge.branch("rpms/foo", "other", "main").await.unwrap();
    let refused = commit(&client, on("other", json!({"start_branch": "main"}))).await;
    let words = "A branch called 'other' already exists. Switch to that branch in order to make \
        changes";
    assert_eq!(refused.expect(400).json(), json!({"message": words}));
    let forced = json!({"start_branch": "main", "force": true});
    commit(&client, on("other", forced)).await.expect(201);
    let refused = as_user(&forge, "bob");
    let refused = commit(&refused, on("main", json!({}))).await.expect(403);
    assert_eq!(
        refused.json()["message"],
        "403 Forbidden - You are not allowed to push into this branch"
    );
    let after = forge.branches("rpms/foo").await.unwrap();
    assert_eq!(before["main"], after["main"]);
}

#[tokio::test]
async fn a_commit_starts_elsewhere_or_nowhere() {
    let (forge, client) = gitlab().await;
    forge
        .add_project("rpms/new", ProjectSetup::empty())
        .await
        .unwrap();
    let path = "/projects/rpms%2Fnew/repository/commits";
    let actions = json!([{"action": "create", "file_path": "n", "content": "n"}]);
    let body = json!({"branch": "trunk", "commit_message": "First", "actions": actions});
    let made = client.post(path, body).await.expect(201).json();
    assert_eq!(made["parent_ids"], json!([]));
    assert_eq!(
        client.get("/projects/rpms%2Fnew").await.json()["default_branch"],
        "trunk"
    );

    // A fork's branch, built on what the parent has and the fork has not.
    let fork = forge.fork("rpms/foo", "bob").await.unwrap();
    let new = forge
        .commit("rpms/foo", "main", "Newer", &[("newer", Some("x"))])
        .await
        .unwrap();
    let bob = as_user(&forge, "bob");
    let body = json!({
        "branch": "sync",
        "start_project": id(&forge, "rpms/foo"),
        "start_sha": new,
        "commit_message": "On top",
        "actions": [{"action": "create", "file_path": "b", "content": "b"}],
    });
    let path = "/projects/bob%2Ffoo/repository/commits";
    let made = bob.post(path, body.clone()).await.expect(201).json();
    assert_eq!(made["parent_ids"], json!([new]));
    let log = forge.log(&fork, "sync").await.unwrap();
    assert_eq!(log[1].subject(), "Newer");
    // Again it is in the way of itself, unless it is forced: then it is put anew on the same base.
    bob.post(path, body.clone()).await.expect(400);
    let mut forced = body;
    forced["force"] = json!(true);
    bob.post(path, forced).await.expect(201);
    assert_eq!(forge.log(&fork, "sync").await.unwrap().len(), log.len());
}

#[tokio::test]
async fn who_may_merge_may_commit_to_the_branch_of_a_merge_request_that_lets_them() {
    let (forge, _) = gitlab().await;
    let fork = forge.fork("rpms/foo", "bob").await.unwrap();
    let files = [("a.txt", Some("a\n"))];
    forge.commit(&fork, "fix", "Fix", &files).await.unwrap();
    let setup = PullRequestSetup::from_fork(&fork, "fix");
    let number = forge.pull_request("rpms/foo", setup).await.unwrap();
    forge
        .set_permission("rpms/foo", "dave", Some(Access::Write))
        .unwrap();
    let dave = as_user(&forge, "dave");
    let path = "/projects/bob%2Ffoo/repository/commits";
    let actions = json!([{"action": "create", "file_path": "d", "content": "d"}]);
    let body = |branch: &str| json!({"branch": branch, "commit_message": "Help", "actions": actions.clone()});
    dave.post(path, body("fix")).await.expect(403);
    forge
        .change_pull_request("rpms/foo", number, |pull| pull.maintainer_edit = true)
        .unwrap();
    let made = dave.post(path, body("fix")).await.expect(201).json();
    dave.post(path, body("main")).await.expect(403);
    let pull = forge.find_pull_request("rpms/foo", number).unwrap();
    assert_eq!(made["id"], json!(pull.head.sha));
}
