use ogr_mock::ProjectSetup;
use serde_json::json;

use super::{as_user, from_fork, github};

#[tokio::test]
async fn branches_are_listed_and_told() {
    let (forge, client) = github().await;
    let sha = forge.branch("rpms/foo", "f/4#2", "main").await.unwrap();
    let rows = client
        .get("/repos/rpms/foo/branches")
        .await
        .expect(200)
        .json();
    assert_eq!(rows[0]["name"], "f/4#2");
    assert_eq!(rows[0]["commit"]["sha"], sha.as_str());
    let one = client
        .get("/repos/rpms/foo/branches/f/4%232")
        .await
        .expect(200)
        .json();
    assert_eq!(one["commit"]["commit"]["message"], "Initial commit");
    let none = client
        .get("/repos/rpms/foo/branches/none")
        .await
        .expect(404)
        .json();
    assert_eq!(none["message"], "Branch not found");
}

#[tokio::test]
async fn tags_are_peeled_in_lists_and_not_as_refs() {
    let (forge, client) = github().await;
    let sha = forge.tag("rpms/foo", "v1", "main", None).await.unwrap();
    forge
        .tag("rpms/foo", "v2", "main", Some("The second"))
        .await
        .unwrap();
    let rows = client.get("/repos/rpms/foo/tags").await.expect(200).json();
    assert_eq!(rows[0]["name"], "v2");
    assert_eq!(rows[0]["commit"]["sha"], sha.as_str());
    let plain = client
        .get("/repos/rpms/foo/git/ref/tags/v1")
        .await
        .expect(200)
        .json();
    assert_eq!(plain["object"]["type"], "commit");
    let annotated = client
        .get("/repos/rpms/foo/git/ref/tags/v2")
        .await
        .expect(200)
        .json();
    assert_eq!(annotated["object"]["type"], "tag");
    let object = annotated["object"]["sha"].as_str().unwrap();
    let url = format!("/repos/rpms/foo/git/tags/{object}");
    let tag = client.get(&url).await.expect(200).json();
    assert_eq!(tag["object"]["sha"], sha.as_str());
    assert_eq!(tag["message"].as_str().unwrap().trim(), "The second");
    let rows = client
        .get("/repos/rpms/foo/git/matching-refs/tags/v")
        .await
        .expect(200);
    assert_eq!(rows.json().as_array().unwrap().len(), 2);
    client
        .get("/repos/rpms/foo/git/ref/tags/v")
        .await
        .expect(404);
}

#[tokio::test]
async fn refs_are_made_moved_and_deleted() {
    let (forge, client) = github().await;
    let old = forge.branches("rpms/foo").await.unwrap()["main"].clone();
    let new = forge
        .commit("rpms/foo", "main", "Next", &[("b", Some("b"))])
        .await
        .unwrap();
    let url = "/repos/rpms/foo/git/refs";
    let body = json!({"ref": "refs/heads/x/y", "sha": old});
    let made = client.post(url, body.clone()).await.expect(201).json();
    assert_eq!(made["ref"], "refs/heads/x/y");
    let refused = async |body, words: &str| {
        let answer = client.post(url, body).await.expect(422).json();
        let message = answer["message"].as_str().unwrap().to_owned();
        assert!(message.contains(words), "{message}");
    };
    refused(body, "Reference already exists").await;
    refused(
        json!({"ref": "heads/z", "sha": old}),
        "must start with 'refs/'",
    )
    .await;
    let unknown = "1".repeat(40);
    refused(
        json!({"ref": "refs/heads/z", "sha": unknown}),
        "Object does not exist",
    )
    .await;
    refused(
        json!({"ref": "refs/heads/a..b", "sha": old}),
        "not a valid ref",
    )
    .await;
    refused(json!({"ref": "refs/heads/z"}), "\"sha\" wasn't supplied").await;

    let one = "/repos/rpms/foo/git/refs/heads/x/y";
    client.patch(one, json!({"sha": new})).await.expect(200);
    let back = client
        .patch(one, json!({"sha": old}))
        .await
        .expect(422)
        .json();
    assert_eq!(back["message"], "Update is not a fast forward");
    client
        .patch(one, json!({"sha": old, "force": true}))
        .await
        .expect(200);
    assert_eq!(forge.branches("rpms/foo").await.unwrap()["x/y"], old);
    as_user(&forge, "bob").delete(one).await.expect(403);
    client.delete(one).await.expect(204);
    let gone = client.delete(one).await.expect(422).json();
    assert_eq!(gone["message"], "Reference does not exist");
    client.patch(one, json!({"sha": old})).await.expect(422);
}

#[tokio::test]
async fn commits_by_every_name() {
    let (forge, client) = github().await;
    let sha = forge
        .commit("rpms/foo", "v1", "Change\n\nLong.", &[("d/a", Some("a\n"))])
        .await
        .unwrap();
    let tagged = forge.tag("rpms/foo", "v1", "main", None).await.unwrap();
    let get = async |name: &str| {
        let url = format!("/repos/rpms/foo/commits/{name}");
        client.get(&url).await.expect(200).json()["sha"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(get("heads/v1").await, sha);
    assert_eq!(get("tags/v1").await, tagged);
    assert_eq!(get("v1").await, sha, "a branch goes before a tag");
    assert_eq!(get(&sha[..10]).await, sha);
    let one = client.get("/repos/rpms/foo/commits/heads/v1").await.json();
    assert_eq!(one["commit"]["message"], "Change\n\nLong.");
    assert_eq!(one["author"]["login"], "alice");
    assert_eq!(one["files"][0]["filename"], "d/a");
    assert_eq!(one["files"][0]["patch"], "@@ -0,0 +1 @@\n+a");
    assert_eq!(one["stats"]["additions"], 1);
    let none = client
        .get("/repos/rpms/foo/commits/none")
        .await
        .expect(422)
        .json();
    assert_eq!(none["message"], "No commit found for SHA: none");
    for odd in ["main..v1", "main%5E", "HEAD%7B1%7D", "--all"] {
        client
            .get(&format!("/repos/rpms/foo/commits/{odd}"))
            .await
            .expect(422);
    }

    let as_text = as_user(&forge, "alice").with("accept", "application/vnd.github.diff");
    let diff = as_text
        .get("/repos/rpms/foo/commits/heads/v1")
        .await
        .expect(200);
    assert!(diff.text().starts_with("diff --git a/d/a b/d/a"));
    let as_mail = as_user(&forge, "alice").with("accept", "application/vnd.github.v3.patch");
    let mail = as_mail
        .get("/repos/rpms/foo/commits/heads/v1")
        .await
        .expect(200);
    assert!(mail.text().contains("Subject: [PATCH] Change"));
    let as_sha = as_user(&forge, "alice").with("accept", "application/vnd.github.sha");
    let text = as_sha
        .get("/repos/rpms/foo/commits/heads/v1")
        .await
        .expect(200);
    assert_eq!(text.text(), sha);
}

#[tokio::test]
async fn commits_are_listed_youngest_first_and_filtered() {
    let (forge, client) = github().await;
    for at in 0..4 {
        let file = format!("f{at}");
        forge
            .commit("rpms/foo", "main", &file, &[(&file, Some("x"))])
            .await
            .unwrap();
    }
    let messages = async |query: &str| {
        let url = format!("/repos/rpms/foo/commits{query}");
        let rows = client.get(&url).await.expect(200).json();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["commit"]["message"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(messages("?per_page=2").await, ["f3", "f2"]);
    assert_eq!(messages("?per_page=2&page=3").await, ["Initial commit"]);
    assert_eq!(messages("?path=f1").await, ["f1"]);
    assert_eq!(messages("?author=alice&per_page=1").await, ["f3"]);
    assert_eq!(messages("?author=bob").await, [""; 0]);
    let link = client.get("/repos/rpms/foo/commits?per_page=2").await;
    assert!(link.header("link").contains("/repositories/"));
    assert!(link.header("link").contains("page=3>; rel=\"last\""));
    client
        .get("/repos/rpms/foo/commits?sha=none")
        .await
        .expect(404);

    forge
        .add_project("rpms/empty", ProjectSetup::empty())
        .await
        .unwrap();
    let empty = client
        .get("/repos/rpms/empty/commits")
        .await
        .expect(409)
        .json();
    assert_eq!(empty["message"], "Git Repository is empty.");
}

#[tokio::test]
async fn comparing_counts_both_ways_and_reaches_into_forks() {
    let (forge, client) = github().await;
    let (_, sha) = from_fork(&forge).await;
    forge
        .commit("rpms/foo", "main", "On", &[("c", Some("c"))])
        .await
        .unwrap();
    let url = "/repos/rpms/foo/compare/main...bob:fix";
    let both = client.get(url).await.expect(200).json();
    assert_eq!(both["status"], "diverged");
    assert_eq!(
        (&both["ahead_by"], &both["behind_by"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(both["commits"][0]["sha"], sha.as_str());
    assert_eq!(both["files"][0]["filename"], "a.txt");
    assert_eq!(
        both["merge_base_commit"]["commit"]["message"],
        "Initial commit"
    );
    let same = client
        .get("/repos/rpms/foo/compare/main...main")
        .await
        .expect(200)
        .json();
    assert_eq!(same["status"], "identical");
    let status = async |ends: &str| {
        let url = format!("/repos/rpms/foo/compare/{ends}");
        client.get(&url).await.expect(200).json()["status"].clone()
    };
    // A branch of the fork that no pull request has brought over.
    forge
        .commit("rpms/foo", "next", "Next", &[("n", Some("n"))])
        .await
        .unwrap();
    forge
        .commit("bob/foo", "other", "Other", &[("o", Some("o"))])
        .await
        .unwrap();
    assert_eq!(status("main...bob:other").await, "diverged");
    assert_eq!(status("main...next").await, "ahead");
    assert_eq!(status("next...main").await, "behind");
    client
        .get("/repos/rpms/foo/compare/main...none")
        .await
        .expect(404);
    client.get("/repos/rpms/foo/compare/main").await.expect(404);
    let mail = as_user(&forge, "bob").with("accept", "application/vnd.github.patch");
    assert!(
        mail.get(url)
            .await
            .expect(200)
            .text()
            .contains("Subject: [PATCH] Add a")
    );
}

#[tokio::test]
async fn the_pull_requests_of_a_commit() {
    let (forge, client) = github().await;
    let (number, sha) = from_fork(&forge).await;
    let numbers = async |sha: &str| {
        let url = format!("/repos/rpms/foo/commits/{sha}/pulls");
        let rows = client.get(&url).await.expect(200).json();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["number"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&sha).await, [number]);
    let first = forge.branches("rpms/foo").await.unwrap()["main"].clone();
    assert_eq!(numbers(&first).await, [0; 0]);
    let url = format!("/repos/rpms/foo/pulls/{number}/merge");
    let merged = client
        .put(&url, json!({"merge_method": "squash"}))
        .await
        .expect(200)
        .json();
    assert_eq!(numbers(merged["sha"].as_str().unwrap()).await, [number]);
    assert_eq!(numbers(&sha).await, [number]);
}
