use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ogr_mock::ProjectSetup;
use serde_json::json;

use super::{as_user, github};
use crate::common::{Client, Work, commit, git};

const FOO: &str = "/repos/rpms/foo/contents";

#[tokio::test]
async fn files_and_folders() {
    let (forge, client) = github().await;
    let files = [("dir/ü b.txt", Some("hello\n")), ("dir/sub/x", Some("x"))];
    forge
        .commit("rpms/foo", "topic/1", "Files", &files)
        .await
        .unwrap();
    let file = client
        .get(&format!("{FOO}/dir/%C3%BC%20b.txt?ref=topic/1"))
        .await
        .expect(200);
    let file = file.json();
    assert_eq!(
        (&file["type"], &file["encoding"]),
        (&json!("file"), &json!("base64"))
    );
    assert_eq!(
        (&file["name"], &file["size"]),
        (&json!("ü b.txt"), &json!(6))
    );
    assert_eq!(file["content"], "aGVsbG8K\n");
    let again = file["url"]
        .as_str()
        .unwrap()
        .strip_prefix(forge.url())
        .unwrap();
    assert_eq!(client.get(again).await.expect(200).json(), file);
    let raw = file["download_url"]
        .as_str()
        .unwrap()
        .strip_prefix(forge.url())
        .unwrap();
    let raw = client.get(&format!("/{raw}")).await.expect(200);
    assert_eq!(raw.text(), "hello\n");

    let rows = client
        .get(&format!("{FOO}/dir?ref=topic/1"))
        .await
        .expect(200)
        .json();
    let kinds: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["type"])
        .collect();
    assert_eq!(kinds, ["dir", "file"]);
    let root = client.get(&format!("{FOO}/")).await.expect(200).json();
    assert_eq!(root[0]["name"], "README.md");
    let readme = client
        .get("/repos/rpms/foo/readme")
        .await
        .expect(200)
        .json();
    assert_eq!(readme["path"], "README.md");

    client.get(&format!("{FOO}/none")).await.expect(404);
    let none = client
        .get(&format!("{FOO}/README.md?ref=none"))
        .await
        .expect(404)
        .json();
    assert_eq!(none["message"], "No commit found for the ref none");
    forge
        .add_project("rpms/empty", ProjectSetup::empty())
        .await
        .unwrap();
    let empty = client
        .get("/repos/rpms/empty/contents/")
        .await
        .expect(404)
        .json();
    assert_eq!(empty["message"], "This repository is empty.");
}

#[tokio::test]
async fn a_large_file_is_told_without_its_content() {
    let (forge, client) = github().await;
    let large = vec![b'x'; (1 << 20) + 1];
    forge
        .commit_bytes("rpms/foo", "main", "Large", "large", large.clone())
        .await
        .unwrap();
    let file = client.get(&format!("{FOO}/large")).await.expect(200).json();
    assert_eq!(
        (&file["content"], &file["encoding"]),
        (&json!(""), &json!("none"))
    );
    assert_eq!(file["size"], large.len());
    let raw = as_user(&forge, "alice").with("accept", "application/vnd.github.raw+json");
    let answer = raw.get(&format!("{FOO}/large")).await.expect(200);
    assert_eq!(answer.body, large);
    // What is no file is told as ever.
    let rows = raw.get(&format!("{FOO}/")).await.expect(200).json();
    assert!(rows.is_array());
}

#[tokio::test]
async fn symlinks_are_followed_to_files_and_told_otherwise_and_submodules_pass_for_files() {
    let (forge, client) = github().await;
    let work = Work::new();
    let url = forge.clone_url_as("rpms/foo", "alice").unwrap();
    let tree = work.clone(&url, "foo").await;
    std::os::unix::fs::symlink("README.md", tree.join("link")).unwrap();
    std::os::unix::fs::symlink("/nowhere", tree.join("dangling")).unwrap();
    let sha = git(&tree, &["rev-parse", "HEAD"]).await.unwrap();
    let modules = "[submodule \"m\"]\n\tpath = mod\n\turl = https://example.org/m.git\n";
    std::fs::write(tree.join(".gitmodules"), modules).unwrap();
    let index = format!("160000,{sha},mod");
    git(&tree, &["update-index", "--add", "--cacheinfo", &index])
        .await
        .unwrap();
    std::fs::create_dir(tree.join("mod")).unwrap();
    git(&tree, &["add", "link", "dangling", ".gitmodules"])
        .await
        .unwrap();
    git(&tree, &["commit", "-q", "-m", "Odd"]).await.unwrap();
    git(&tree, &["push", "-q", "origin", "HEAD:main"])
        .await
        .unwrap();

    let link = client.get(&format!("{FOO}/link")).await.expect(200).json();
    assert_eq!(
        (&link["type"], &link["name"]),
        (&json!("file"), &json!("README.md"))
    );
    let dangling = client
        .get(&format!("{FOO}/dangling"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&dangling["type"], &dangling["target"]),
        (&json!("symlink"), &json!("/nowhere"))
    );
    let module = client.get(&format!("{FOO}/mod")).await.expect(200).json();
    assert_eq!(module["type"], "submodule");
    assert_eq!(module["submodule_git_url"], "https://example.org/m.git");
    let rows = client.get(&format!("{FOO}/")).await.expect(200).json();
    let of = |name: &str| {
        let mut rows = rows.as_array().unwrap().iter();
        rows.find(|row| row["name"] == name).unwrap()["type"].clone()
    };
    assert_eq!((of("mod"), of("link")), (json!("file"), json!("symlink")));
    let newer = as_user(&forge, "alice").with("x-github-api-version", "2026-03-10");
    let rows = newer.get(&format!("{FOO}/")).await.expect(200).json();
    let mut rows = rows.as_array().unwrap().iter();
    assert_eq!(
        rows.find(|row| row["name"] == "mod").unwrap()["type"],
        "submodule"
    );
}

#[tokio::test]
async fn a_file_is_written_with_the_sha_that_was_seen() {
    let (forge, client) = github().await;
    let url = format!("{FOO}/d/new.txt");
    let body = json!({"message": "Add", "content": STANDARD.encode("one"), "branch": "main"});
    let made = client.put(&url, body.clone()).await.expect(201).json();
    assert_eq!(made["content"]["path"], "d/new.txt");
    assert_eq!(made["commit"]["message"], "Add");
    let words =
        |answer: crate::common::Answer| answer.json()["message"].as_str().unwrap().to_owned();
    let again = client.put(&url, body).await.expect(422);
    assert!(words(again).contains("\"sha\" wasn't supplied"));
    let change = |sha: &serde_json::Value| json!({"message": "Change", "content": STANDARD.encode("two"), "sha": sha});
    let stale = client
        .put(&url, change(&json!("1".repeat(40))))
        .await
        .expect(409);
    assert!(words(stale).contains("does not match"));
    let changed = client
        .put(&url, change(&made["content"]["sha"]))
        .await
        .expect(200)
        .json();
    let file = forge.file("rpms/foo", "main", "d/new.txt").await.unwrap();
    assert_eq!(file.as_deref(), Some(&b"two"[..]));

    let without = json!({"message": "Drop"});
    client.send("DELETE", &url, Some(without)).await.expect(422);
    let body = json!({"message": "Drop", "sha": changed["content"]["sha"]});
    let gone = client
        .send("DELETE", &url, Some(body.clone()))
        .await
        .expect(200)
        .json();
    assert_eq!(gone["content"], json!(null));
    client.send("DELETE", &url, Some(body)).await.expect(404);
    assert_eq!(forge.log("rpms/foo", "main").await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_file_is_refused_where_it_cannot_be_written() {
    let (forge, client) = github().await;
    let content = STANDARD.encode("x");
    let body = |branch: &str| json!({"message": "m", "content": content, "branch": branch});
    let url = format!("{FOO}/x");
    let answer = client.put(&url, body("none")).await.expect(404).json();
    assert_eq!(answer["message"], "Branch none not found");
    client
        .put(&url, json!({"message": "m", "content": "%"}))
        .await
        .expect(422);
    client
        .put(&url, json!({"content": content}))
        .await
        .expect(422);
    client
        .put(&format!("{FOO}/a/../x"), body("main"))
        .await
        .expect(422);
    as_user(&forge, "bob")
        .put(&url, body("main"))
        .await
        .expect(403);
    Client::anonymous(&forge)
        .put(&url, body("main"))
        .await
        .expect(401);
    // The first commit of an empty project can be made this way.
    forge
        .add_project("rpms/empty", ProjectSetup::empty())
        .await
        .unwrap();
    let url = "/repos/rpms/empty/contents/a.txt";
    client
        .put(url, json!({"message": "First", "content": content}))
        .await
        .expect(201);
    assert!(
        forge
            .branches("rpms/empty")
            .await
            .unwrap()
            .contains_key("main")
    );
}

#[tokio::test]
async fn a_file_written_to_the_head_moves_the_pull_request() {
    let (forge, client) = github().await;
    let (number, old) = super::from_fork(&forge).await;
    let bob = as_user(&forge, "bob");
    let body = json!({"message": "More", "content": STANDARD.encode("x"), "branch": "fix"});
    let made = bob
        .put("/repos/bob/foo/contents/more", body)
        .await
        .expect(201)
        .json();
    let pull = client
        .get(&format!("/repos/rpms/foo/pulls/{number}"))
        .await
        .expect(200)
        .json();
    assert_eq!(pull["head"]["sha"], made["commit"]["sha"]);
    assert_ne!(pull["head"]["sha"], json!(old));
    assert_eq!(pull["commits"], 2);
    // A push does the same, as ever.
    let work = Work::new();
    let tree = work
        .clone(&forge.clone_url_as("bob/foo", "bob").unwrap(), "foo")
        .await;
    git(&tree, &["checkout", "-q", "fix"]).await.unwrap();
    let sha = commit(&tree, "again", "x", "Again").await;
    git(&tree, &["push", "-q", "origin", "fix"]).await.unwrap();
    let pull = client
        .get(&format!("/repos/rpms/foo/pulls/{number}"))
        .await
        .expect(200)
        .json();
    assert_eq!(pull["head"]["sha"], json!(sha));
}
