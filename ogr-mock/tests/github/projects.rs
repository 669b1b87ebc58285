use std::time::Duration;

use ogr_mock::{Access, ForkDelay, ProjectSetup};
use serde_json::{Value, json};

use super::{as_user, github};
use crate::common::Client;

fn names(rows: &Value) -> Vec<&str> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["full_name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn private_projects_are_there_only_for_those_with_rights() {
    let (forge, client) = github().await;
    forge
        .add_project("rpms/secret", ProjectSetup::private())
        .await
        .unwrap();
    let bob = as_user(&forge, "bob");
    let url = "/repos/rpms/secret";
    assert_eq!(
        client.get(url).await.expect(200).json()["visibility"],
        "private"
    );
    bob.get(url).await.expect(404);
    Client::anonymous(&forge).get(url).await.expect(404);
    forge
        .set_permission("rpms/secret", "bob", Some(Access::Read))
        .unwrap();
    let seen = bob.get(url).await.expect(200).json();
    assert_eq!(seen["permissions"]["pull"], true);
    assert_eq!(seen["permissions"]["push"], false);
    let rows = bob.get("/orgs/rpms/repos").await.expect(200).json();
    assert_eq!(names(&rows), ["rpms/secret", "rpms/foo"]);
}

#[tokio::test]
async fn a_renamed_project_redirects_by_number() {
    let (forge, client) = github().await;
    let id = client.get("/repos/rpms/foo").await.expect(200).json()["id"].clone();
    let body = json!({"name": "bar"});
    client.patch("/repos/rpms/foo", body).await.expect(200);
    let moved = client.get("/repos/rpms/foo").await.expect(301);
    let target = format!("{}/repositories/{id}", forge.api_url());
    assert_eq!(moved.header("location"), target);
    assert_eq!(moved.json()["message"], "Moved Permanently");
    let followed = client.get(&format!("/repositories/{id}")).await.expect(200);
    assert_eq!(followed.json()["full_name"], "rpms/bar");
    let below = client
        .get("/repos/rpms/foo/pulls?state=all")
        .await
        .expect(301);
    assert_eq!(
        below.header("location"),
        format!("{target}/pulls?state=all")
    );
    // A write is sent on as a write.
    let write = client.patch("/repos/rpms/foo", json!({})).await.expect(307);
    assert_eq!(write.header("location"), target);
    // Whoever takes the name has it.
    forge
        .add_project("rpms/foo", ProjectSetup::default())
        .await
        .unwrap();
    client.get("/repos/rpms/foo").await.expect(200);
}

#[tokio::test]
async fn projects_are_made_changed_and_deleted() {
    let (forge, client) = github().await;
    let body = json!({"name": "new one", "description": "d", "auto_init": true, "private": true});
    let made = client
        .post("/user/repos", body.clone())
        .await
        .expect(201)
        .json();
    assert_eq!(made["full_name"], "alice/new-one");
    assert_eq!(made["private"], true);
    let readme = forge.file("alice/new-one", "main", "README.md").await;
    assert!(readme.unwrap().is_some());
    let again = client.post("/user/repos", body).await.expect(422).json();
    assert_eq!(again["message"], "Repository creation failed.");
    assert_eq!(
        again["errors"][0]["message"],
        "name already exists on this account"
    );

    client
        .post("/orgs/rpms/repos", json!({"name": "bar"}))
        .await
        .expect(201);
    let bob = as_user(&forge, "bob");
    bob.post("/orgs/rpms/repos", json!({"name": "baz"}))
        .await
        .expect(403);
    Client::anonymous(&forge)
        .post("/user/repos", json!({"name": "x"}))
        .await
        .expect(401);

    let body = json!({"description": null, "has_issues": false, "private": false});
    let changed = client
        .patch("/repos/alice/new-one", body)
        .await
        .expect(200)
        .json();
    assert_eq!(changed["description"], Value::Null);
    assert_eq!(changed["has_issues"], false);
    let refused = bob
        .patch("/repos/alice/new-one", json!({"private": true}))
        .await;
    assert_eq!(
        refused.expect(403).json()["message"],
        "Must have admin rights to Repository."
    );
    let refused = client
        .patch("/repos/rpms/foo", json!({"default_branch": "none"}))
        .await;
    assert_eq!(
        refused.expect(422).json()["errors"][0]["field"],
        "default_branch"
    );

    bob.delete("/repos/alice/new-one").await.expect(403);
    client.delete("/repos/alice/new-one").await.expect(204);
    client.get("/repos/alice/new-one").await.expect(404);
}

#[tokio::test]
async fn an_archived_project_takes_no_writes_until_it_is_revived() {
    let (forge, client) = github().await;
    client
        .patch("/repos/rpms/foo", json!({"archived": true}))
        .await
        .expect(200);
    let sha = forge.branches("rpms/foo").await.unwrap()["main"].clone();
    let status = format!("/repos/rpms/foo/statuses/{sha}");
    let refused = client
        .post(&status, json!({"state": "success"}))
        .await
        .expect(403);
    assert!(
        refused.json()["message"]
            .as_str()
            .unwrap()
            .contains("archived")
    );
    client
        .patch("/repos/rpms/foo", json!({"description": "x"}))
        .await
        .expect(403);
    client
        .patch("/repos/rpms/foo", json!({"archived": false}))
        .await
        .expect(200);
    client
        .post(&status, json!({"state": "success"}))
        .await
        .expect(201);
}

#[tokio::test]
async fn lists_come_in_pages_linked_by_number() {
    let (forge, client) = github().await;
    for at in 0..7 {
        let path = format!("rpms/p{at}");
        forge
            .add_project(&path, ProjectSetup::empty())
            .await
            .unwrap();
    }
    let first = client
        .get("/orgs/rpms/repos?per_page=3&sort=full_name")
        .await
        .expect(200);
    assert_eq!(names(&first.json()), ["rpms/foo", "rpms/p0", "rpms/p1"]);
    let link = first.header("link").to_owned();
    assert!(link.contains("/api/v3/organizations/"), "{link}");
    assert!(link.contains("&page=2>; rel=\"next\"") && link.contains("&page=3>; rel=\"last\""));
    assert!(!link.contains("prev") && !link.contains("first"), "{link}");
    let next = link.split(['<', '>']).nth(1).unwrap();
    let next = next.strip_prefix(forge.url()).unwrap();
    let second = client.get(next).await.expect(200);
    assert_eq!(names(&second.json()), ["rpms/p2", "rpms/p3", "rpms/p4"]);
    let link = second.header("link");
    assert_eq!(
        link.matches("page=").count(),
        8,
        "per_page and page, once each: {link}"
    );
    for rel in ["prev", "next", "last", "first"] {
        assert!(link.contains(&format!("rel=\"{rel}\"")), "{link}");
    }
    let beyond = client
        .get("/orgs/rpms/repos?per_page=3&page=9")
        .await
        .expect(200);
    assert_eq!(beyond.json(), json!([]));
    // Everything on one page: no links at all.
    let whole = client
        .get("/orgs/rpms/repos?per_page=1000")
        .await
        .expect(200);
    assert_eq!(names(&whole.json()).len(), 8);
    assert_eq!(whole.header("link"), "");
}

#[tokio::test]
async fn own_projects_and_those_of_others() {
    let (forge, client) = github().await;
    forge.add_user("bob");
    forge
        .add_project("bob/x", ProjectSetup::empty())
        .await
        .unwrap();
    forge
        .add_project("bob/y", ProjectSetup::private())
        .await
        .unwrap();
    forge
        .set_permission("bob/y", "alice", Some(Access::Write))
        .unwrap();
    let rows = async |url: &str| {
        let rows = client.get(url).await.expect(200).json();
        names(&rows)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(rows("/users/bob/repos").await, ["bob/x"]);
    assert_eq!(rows("/user/repos").await, ["bob/y", "rpms/foo"]);
    assert_eq!(
        rows("/user/repos?affiliation=collaborator").await,
        ["bob/y"]
    );
    assert_eq!(rows("/user/repos?visibility=public").await, ["rpms/foo"]);
}

#[tokio::test]
async fn topics_are_replaced_as_a_whole() {
    let (_forge, client) = github().await;
    let url = "/repos/rpms/foo/topics";
    client
        .put(url, json!({"names": ["One", "two"]}))
        .await
        .expect(200);
    assert_eq!(
        client.get(url).await.expect(200).json(),
        json!({"names": ["one", "two"]})
    );
    client.put(url, json!({"names": ["a b"]})).await.expect(422);
    client.put(url, json!({"topics": []})).await.expect(422);
}

#[tokio::test]
async fn a_fork_is_told_at_once_and_made_once() {
    let (forge, client) = github().await;
    let bob = as_user(&forge, "bob");
    let fork = bob
        .post("/repos/rpms/foo/forks", json!({}))
        .await
        .expect(202)
        .json();
    assert_eq!(fork["full_name"], "bob/foo");
    assert_eq!(fork["parent"]["full_name"], "rpms/foo");
    assert_eq!(fork["fork"], true);
    let again = bob
        .post("/repos/rpms/foo/forks", json!({}))
        .await
        .expect(202)
        .json();
    assert_eq!(again["id"], fork["id"]);
    let rows = client.get("/repos/rpms/foo/forks").await.expect(200).json();
    assert_eq!(names(&rows), ["bob/foo"]);
    let parent = client.get("/repos/rpms/foo").await.expect(200).json();
    assert_eq!(parent["forks_count"], 1);

    // A name that is taken by something else gets a number.
    forge.add_user("carol");
    forge
        .add_project("carol/foo", ProjectSetup::empty())
        .await
        .unwrap();
    let carol = as_user(&forge, "carol");
    let fork = carol
        .post("/repos/rpms/foo/forks", json!({}))
        .await
        .expect(202)
        .json();
    assert_eq!(fork["full_name"], "carol/foo-1");
    // Into an organisation, under another name; only for those who may.
    let body = json!({"organization": "rpms", "name": "foo-copy", "default_branch_only": true});
    forge.branch("rpms/foo", "extra", "main").await.unwrap();
    bob.post("/repos/rpms/foo/forks", body.clone())
        .await
        .expect(403);
    let fork = client
        .post("/repos/rpms/foo/forks", body)
        .await
        .expect(202)
        .json();
    assert_eq!(fork["full_name"], "rpms/foo-copy");
    let branches = forge.branches("rpms/foo-copy").await.unwrap();
    assert_eq!(branches.keys().collect::<Vec<_>>(), ["main"]);
    Client::anonymous(&forge)
        .post("/repos/rpms/foo/forks", json!({}))
        .await
        .expect(401);
}

#[tokio::test]
async fn a_fork_takes_its_time() {
    let (forge, _) = github().await;
    forge.set_time("2026-05-01T12:00:00Z".parse().unwrap());
    let delay = Duration::from_secs(10);
    forge.set_fork_delay(Some((delay, ForkDelay::Missing)));
    let bob = as_user(&forge, "bob");
    bob.post("/repos/rpms/foo/forks", json!({}))
        .await
        .expect(202);
    bob.get("/repos/bob/foo").await.expect(404);
    forge.advance(delay);
    bob.get("/repos/bob/foo").await.expect(200);

    forge.set_fork_delay(Some((delay, ForkDelay::Empty)));
    let carol = as_user(&forge, "carol");
    carol
        .post("/repos/rpms/foo/forks", json!({}))
        .await
        .expect(202);
    carol.get("/repos/carol/foo").await.expect(200);
    let rows = carol.get("/repos/carol/foo/branches").await.expect(200);
    assert_eq!(rows.json(), json!([]));
    carol.get("/repos/carol/foo/commits").await.expect(409);
    forge.advance(delay);
    let rows = carol
        .get("/repos/carol/foo/branches")
        .await
        .expect(200)
        .json();
    assert_eq!(rows[0]["name"], "main");
}
