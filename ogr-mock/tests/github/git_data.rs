use ogr_mock::MockForge;
use ogr_mock::ProjectSetup;
use serde_json::json;

use super::{as_user, github};

#[tokio::test]
async fn a_commit_is_made_from_blobs_and_trees() {
    let (forge, client) = github().await;
    let files = [("d/old", Some("old")), ("keep", Some("keep"))];
    let tip = forge
        .commit("rpms/foo", "main", "Files", &files)
        .await
        .unwrap();
    let git = "/repos/rpms/foo/git";
    let blob = json!({"content": "AAEC", "encoding": "base64"});
    let blob = client
        .post(&format!("{git}/blobs"), blob)
        .await
        .expect(201)
        .json();
    let read = client
        .get(&format!("{git}/blobs/{}", blob["sha"].as_str().unwrap()))
        .await;
    let read = read.expect(200).json();
    assert_eq!(
        (&read["content"], &read["size"]),
        (&json!("AAEC\n"), &json!(3))
    );

    let tree = json!({"base_tree": tip, "tree": [
        {"path": "bin/x", "mode": "100755", "type": "blob", "sha": blob["sha"]},
        {"path": "new.txt", "mode": "100644", "type": "blob", "content": "new"},
        {"path": "d/old", "mode": "100644", "type": "blob", "sha": null},
    ]});
    let tree = client
        .post(&format!("{git}/trees"), tree)
        .await
        .expect(201)
        .json();
    let commit = json!({
        "message": "By hand", "tree": tree["sha"], "parents": [tip],
        "author": {"name": "Ann", "email": "ann@example.org", "date": "2026-01-02T03:04:05Z"},
    });
    let commit = client
        .post(&format!("{git}/commits"), commit)
        .await
        .expect(201)
        .json();
    assert_eq!(commit["author"]["date"], "2026-01-02T03:04:05Z");
    let sha = commit["sha"].as_str().unwrap();
    let body = json!({"sha": sha});
    client
        .patch(&format!("{git}/refs/heads/main"), body)
        .await
        .expect(200);

    let file = async |path: &str| forge.file("rpms/foo", "main", path).await.unwrap();
    assert_eq!(file("bin/x").await.as_deref(), Some(&[0, 1, 2][..]));
    assert_eq!(file("new.txt").await.as_deref(), Some(&b"new"[..]));
    assert_eq!(file("keep").await.as_deref(), Some(&b"keep"[..]));
    assert_eq!(file("d/old").await, None);
    let read = client
        .get(&format!("{git}/commits/{sha}"))
        .await
        .expect(200)
        .json();
    assert_eq!(read, commit);
}

#[tokio::test]
async fn what_does_not_exist_goes_into_no_tree_and_no_commit() {
    let (forge, client) = github().await;
    let git = "/repos/rpms/foo/git";
    let none = "1".repeat(40);
    let tree = |path: &str, sha: &str| json!({"tree": [{"path": path, "mode": "100644", "type": "blob", "sha": sha}]});
    let url = format!("{git}/trees");
    client.post(&url, tree("a", &none)).await.expect(422);
    client.post(&url, tree("../a", &none)).await.expect(422);
    client.post(&url, json!({"tree": []})).await.expect(422);
    client
        .post(
            &url,
            json!({"base_tree": none, "tree": [{"path": "a", "mode": "100644", "content": "x"}]}),
        )
        .await
        .expect(422);
    let body = json!({"message": "m", "tree": none});
    let answer = client
        .post(&format!("{git}/commits"), body)
        .await
        .expect(422)
        .json();
    assert_eq!(answer["message"], "Tree SHA does not exist");
    let bad = json!({"content": "%%%", "encoding": "base64"});
    client.post(&format!("{git}/blobs"), bad).await.expect(422);
    let bob = as_user(&forge, "bob");
    bob.post(&format!("{git}/blobs"), json!({"content": "x"}))
        .await
        .expect(403);
    client.get(&format!("{git}/blobs/{none}")).await.expect(404);
    forge
        .add_project("rpms/empty", ProjectSetup::empty())
        .await
        .unwrap();
    let url = "/repos/rpms/empty/git/blobs";
    client.post(url, json!({"content": "x"})).await.expect(409);
}

#[tokio::test]
async fn a_whole_tree_is_told_and_cut_off() {
    let forge = MockForge::github().tree_cap(3).start().await.unwrap();
    forge.add_user("alice");
    let setup = ProjectSetup::empty().file("a/b/c", "1").file("d", "22");
    forge.add_project("alice/x", setup).await.unwrap();
    let client = as_user(&forge, "alice");
    let tree = async |query: &str| {
        let url = format!("/repos/alice/x/git/trees/{query}");
        client.get(&url).await.expect(200).json()
    };
    let flat = tree("main").await;
    assert_eq!(flat["truncated"], false);
    assert_eq!(flat["tree"].as_array().unwrap().len(), 2);
    let cut = tree("main?recursive=1").await;
    assert_eq!(cut["truncated"], true);
    let paths: Vec<_> = cut["tree"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["path"])
        .collect();
    assert_eq!(paths, ["a", "a/b", "a/b/c"]);
    assert_eq!(tree(flat["sha"].as_str().unwrap()).await, flat);
    client
        .get("/repos/alice/x/git/trees/none")
        .await
        .expect(404);
}

#[tokio::test]
async fn a_tag_object_and_its_ref() {
    let (forge, client) = github().await;
    let sha = forge.branches("rpms/foo").await.unwrap()["main"].clone();
    let tag = json!({"tag": "v1", "message": "One", "object": sha, "type": "commit"});
    let tag = client
        .post("/repos/rpms/foo/git/tags", tag)
        .await
        .expect(201)
        .json();
    assert!(forge.tags("rpms/foo").await.unwrap().is_empty());
    let body = json!({"ref": "refs/tags/v1", "sha": tag["sha"]});
    client
        .post("/repos/rpms/foo/git/refs", body)
        .await
        .expect(201);
    assert_eq!(forge.tags("rpms/foo").await.unwrap()["v1"], sha);
}
