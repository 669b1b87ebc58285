use ogr_mock::ProjectSetup;
use serde_json::json;

use super::{as_user, github};

const URL: &str = "/repos/rpms/foo/releases";

#[tokio::test]
async fn a_release_makes_its_tag() {
    let (forge, client) = github().await;
    client.get(&format!("{URL}/latest")).await.expect(404);
    let sha = forge
        .commit("rpms/foo", "stable", "On stable", &[("s", Some("s"))])
        .await
        .unwrap();
    let body = json!({
        "tag_name": "v1/0", "name": "One", "body": "Text", "target_commitish": "stable",
    });
    let made = client.post(URL, body.clone()).await.expect(201).json();
    assert_eq!(forge.tags("rpms/foo").await.unwrap()["v1/0"], sha);
    let tagged = client
        .get(&format!("{URL}/tags/v1/0"))
        .await
        .expect(200)
        .json();
    assert_eq!(tagged, made);
    assert_eq!(
        client
            .get(&format!("{URL}/latest"))
            .await
            .expect(200)
            .json(),
        made
    );
    assert_eq!(
        client
            .get(&format!("{URL}/{}", made["id"]))
            .await
            .expect(200)
            .json(),
        made
    );
    let again = client.post(URL, body).await.expect(422).json();
    assert_eq!(again["errors"][0]["code"], "already_exists");
    assert_eq!(forge.releases("rpms/foo").unwrap().len(), 1);
}

#[tokio::test]
async fn drafts_are_hidden_and_prereleases_are_never_the_latest() {
    let (forge, client) = github().await;
    let bob = as_user(&forge, "bob");
    client
        .post(URL, json!({"tag_name": "v1"}))
        .await
        .expect(201);
    client
        .post(URL, json!({"tag_name": "v2", "prerelease": true}))
        .await
        .expect(201);
    let draft = client
        .post(URL, json!({"tag_name": "v3", "draft": true}))
        .await;
    let draft = draft.expect(201).json();
    assert_eq!(
        (&draft["published_at"], &draft["tarball_url"]),
        (&json!(null), &json!(null))
    );
    assert!(!forge.tags("rpms/foo").await.unwrap().contains_key("v3"));

    let tags = async |client: &crate::common::Client| {
        let rows = client.get(URL).await.expect(200).json();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["tag_name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(tags(&client).await, ["v3", "v2", "v1"]);
    assert_eq!(tags(&bob).await, ["v2", "v1"]);
    let latest = client
        .get(&format!("{URL}/latest"))
        .await
        .expect(200)
        .json();
    assert_eq!(latest["tag_name"], "v1");
    client.get(&format!("{URL}/tags/v3")).await.expect(404);
    let own = format!("{URL}/{}", draft["id"]);
    bob.get(&own).await.expect(404);
    client.get(&own).await.expect(200);

    let published = client
        .patch(&own, json!({"draft": false, "name": "Three"}))
        .await;
    assert_eq!(published.expect(200).json()["name"], "Three");
    assert!(forge.tags("rpms/foo").await.unwrap().contains_key("v3"));
    let latest = client
        .get(&format!("{URL}/latest"))
        .await
        .expect(200)
        .json();
    assert_eq!(latest["tag_name"], "v3");
    let taken = client
        .patch(&own, json!({"tag_name": "v1"}))
        .await
        .expect(422)
        .json();
    assert_eq!(taken["errors"][0]["code"], "already_exists");
    bob.patch(&own, json!({"name": "x"})).await.expect(403);
    client.delete(&own).await.expect(204);
    client.get(&own).await.expect(404);
    assert!(forge.tags("rpms/foo").await.unwrap().contains_key("v3"));
}

#[tokio::test]
async fn what_cannot_be_tagged_is_not_released() {
    let (forge, client) = github().await;
    let code = async |body| {
        let answer = client.post(URL, body).await.expect(422).json();
        let error = &answer["errors"][0];
        format!(
            "{}:{}",
            error["field"].as_str().unwrap_or_default(),
            error["code"].as_str().unwrap()
        )
    };
    assert_eq!(code(json!({"name": "x"})).await, "tag_name:missing_field");
    assert_eq!(code(json!({"tag_name": "a..b"})).await, "tag_name:custom");
    let body = json!({"tag_name": "v1", "target_commitish": "none"});
    assert_eq!(code(body).await, "target_commitish:invalid");
    assert!(forge.releases("rpms/foo").unwrap().is_empty());
    forge
        .add_project("rpms/empty", ProjectSetup::empty())
        .await
        .unwrap();
    let url = "/repos/rpms/empty/releases";
    let answer = client
        .post(url, json!({"tag_name": "v1"}))
        .await
        .expect(422)
        .json();
    assert_eq!(answer["errors"][0]["message"], "Repository is empty.");
}
