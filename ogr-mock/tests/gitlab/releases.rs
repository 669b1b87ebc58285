use ogr_mock::Access;
use serde_json::json;

use super::{as_user, gitlab, id};
use crate::common::Client;

const RELEASES: &str = "/projects/rpms%2Ffoo/releases";

#[tokio::test]
async fn a_release_makes_its_tag_and_is_told_by_it() {
    let (forge, client) = gitlab().await;
    forge.set_time("2026-05-01T12:00:00Z".parse().unwrap());
    let body = json!({"tag_name": "v1.0", "name": "One", "description": "News", "ref": "main"});
    let made = client.post(RELEASES, body.clone()).await.expect(201).json();
    assert_eq!(made["tag_name"], "v1.0");
    assert_eq!(made["name"], "One");
    assert_eq!(made["description"], "News");
    assert_eq!(made["released_at"], "2026-05-01T12:00:00.000Z");
    assert_eq!(made["upcoming_release"], false);
    assert_eq!(made["author"]["username"], "alice");
    assert_eq!(made["assets"]["count"], 4);
    let tip = forge.sha("rpms/foo", "main").await.unwrap().unwrap();
    assert_eq!(made["commit"]["id"], json!(tip));
    assert_eq!(forge.tags("rpms/foo").await.unwrap()["v1.0"], tip);
    let again = client.post(RELEASES, body).await.expect(409);
    assert_eq!(again.json(), json!({"message": "Release already exists"}));
    let lost = client
        .post(RELEASES, json!({"tag_name": "v2"}))
        .await
        .expect(422);
    assert_eq!(lost.json(), json!({"message": "Ref is not specified"}));
    let body = json!({"tag_name": "v2", "ref": "bogus"});
    let lost = client.post(RELEASES, body).await.expect(404);
    assert_eq!(lost.json(), json!({"message": "Target bogus is invalid"}));
    let bad = client.post(RELEASES, json!({})).await.expect(400);
    assert_eq!(bad.json(), json!({"error": "tag_name is missing"}));
    let one = client
        .get(&format!("{RELEASES}/v1.0"))
        .await
        .expect(200)
        .json();
    assert_eq!(one["name"], "One");
    let missing = client.get(&format!("{RELEASES}/v9")).await.expect(404);
    assert_eq!(missing.json(), json!({"message": "404 Not found"}));
}

#[tokio::test]
async fn the_newest_release_is_first_and_latest() {
    let (forge, client) = gitlab().await;
    forge.set_time("2026-05-01T12:00:00Z".parse().unwrap());
    let create = async |tag: &str, at: &str| {
        let body = json!({"tag_name": tag, "ref": "main", "released_at": at});
        client.post(RELEASES, body).await.expect(201).json()
    };
    create("group/v2", "2026-04-02T00:00:00Z").await;
    create("v1", "2026-04-01T00:00:00Z").await;
    let future = create("v3", "2027-01-01T00:00:00Z").await;
    assert_eq!(future["upcoming_release"], true);
    assert_eq!(future["description"], json!(null));
    let list = client.get(RELEASES).await.expect(200);
    assert_eq!(list.header("x-total"), "3");
    let names: Vec<_> = list.json().as_array().unwrap().clone();
    let names: Vec<_> = names
        .iter()
        .map(|row| row["tag_name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["v3", "group/v2", "v1"]);
    client.delete(&format!("{RELEASES}/v3")).await.expect(200);
    let latest = client
        .get(&format!("{RELEASES}/permalink/latest?a=b"))
        .await;
    let latest = latest.expect(302);
    let number = id(&forge, "rpms/foo");
    // The place is told without a host.
    assert_eq!(
        latest.header("location"),
        format!("/api/v4/projects/{number}/releases/group%2Fv2?a=b")
    );
    let one = client.get(latest.header("location")).await.expect(200);
    assert_eq!(one.json()["tag_name"], "group/v2");
}

#[tokio::test]
async fn releases_are_edited_and_deleted_by_developers() {
    let (forge, client) = gitlab().await;
    forge.release("rpms/foo", "v1", |_| {}).await.unwrap();
    let path = format!("{RELEASES}/v1");
    let body = json!({"description": "Better", "name": "First"});
    let told = client.put(&path, body.clone()).await.expect(200).json();
    assert_eq!(told["description"], "Better");
    assert_eq!(told["name"], "First");
    let empty = client.put(&path, json!({})).await.expect(400);
    assert_eq!(empty.json(), json!({"message": "params is empty"}));
    // That there is none is a matter of rights here.
    client
        .put(&format!("{RELEASES}/v9"), body.clone())
        .await
        .expect(403);
    client.delete(&format!("{RELEASES}/v9")).await.expect(403);
    let bob = as_user(&forge, "bob");
    bob.put(&path, body).await.expect(403);
    let body = json!({"tag_name": "v2", "ref": "main"});
    bob.post(RELEASES, body.clone()).await.expect(403);
    forge
        .set_permission("rpms/foo", "bob", Some(Access::Write))
        .unwrap();
    bob.post(RELEASES, body).await.expect(201);
    let gone = client.delete(&path).await.expect(200);
    assert_eq!(gone.json()["tag_name"], "v1");
    client.get(&path).await.expect(404);
    assert!(forge.tags("rpms/foo").await.unwrap().contains_key("v1"));
    Client::anonymous(&forge).get(RELEASES).await.expect(200);
}
