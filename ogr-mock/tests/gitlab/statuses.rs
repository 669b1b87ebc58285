use ogr_mock::Access;
use serde_json::{Value, json};

use super::{as_user, from_fork, gitlab, id};
use crate::common::{Answer, Client};

const FOO: &str = "/projects/rpms%2Ffoo";

async fn put(client: &Client, sha: &str, body: Value) -> Answer {
    client.post(&format!("{FOO}/statuses/{sha}"), body).await
}

#[tokio::test]
async fn a_status_goes_through_its_states_and_no_state_twice() {
    let (forge, client) = gitlab().await;
    let sha = forge.sha("rpms/foo", "main").await.unwrap().unwrap();
    let body = json!({
        "state": "pending",
        "context": "build",
        "description": "queued",
        "target_url": "https://ci.example.org/1",
    });
    let first = put(&client, &sha, body.clone()).await.expect(201).json();
    assert_eq!(first["status"], "pending");
    assert_eq!(first["name"], "build");
    assert_eq!(first["ref"], "main");
    assert_eq!(first["sha"], json!(sha));
    assert_eq!(first["author"]["username"], "alice");
    assert!(first["pipeline_id"].is_u64());
    let again = put(&client, &sha, body).await.expect(400);
    assert_eq!(
        again.json()["message"],
        "Cannot transition status via :enqueue from :pending (Reason(s): Status cannot transition \
         via \"enqueue\")"
    );
    let run = json!({"state": "running", "name": "build", "description": "going"});
    let second = put(&client, &sha, run.clone()).await.expect(201).json();
    assert_eq!(second["id"], first["id"]);
    assert_eq!(second["target_url"], "https://ci.example.org/1");
    assert!(second["started_at"].is_string());
    let again = put(&client, &sha, run).await.expect(400).json();
    assert!(
        again["message"]
            .as_str()
            .unwrap()
            .starts_with("Cannot transition status via :run from :running")
    );
    let back = json!({"state": "pending", "name": "build"});
    let refused = put(&client, &sha, back.clone()).await.expect(400).json();
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains(":enqueue from :running")
    );
    // What was refused changed nothing.
    let stored = forge.statuses("rpms/foo", &sha).unwrap();
    assert_eq!(stored[0].description.as_deref(), Some("going"));
    let done = json!({"state": "success", "name": "build", "coverage": 81.5});
    let third = put(&client, &sha, done.clone()).await.expect(201).json();
    assert_eq!(third["id"], first["id"]);
    assert_eq!(third["coverage"], 81.5);
    assert!(third["finished_at"].is_string());
    // After the end a new one begins, in the same pipeline.
    let fourth = put(&client, &sha, done).await.expect(201).json();
    assert_ne!(fourth["id"], first["id"]);
    assert_eq!(fourth["pipeline_id"], first["pipeline_id"]);
    put(&client, &sha, back).await.expect(201);
    assert_eq!(forge.statuses("rpms/foo", &sha).unwrap().len(), 3);
}

#[tokio::test]
async fn statuses_are_listed_by_the_last_of_each_name_or_all() {
    let (forge, client) = gitlab().await;
    let sha = forge.sha("rpms/foo", "main").await.unwrap().unwrap();
    for (state, name) in [("failed", "a"), ("success", "b"), ("success", "a")] {
        put(&client, &sha, json!({"state": state, "name": name}))
            .await
            .expect(201);
    }
    let other = json!({"state": "canceled", "name": "a", "ref": "release"});
    put(&client, &sha, other).await.expect(201);
    let list = async |query: &str| -> Vec<(String, String)> {
        let path = format!("{FOO}/repository/commits/{sha}/statuses{query}");
        let rows = client.get(&path).await.expect(200).json();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            (text("name"), text("status"))
        })
        .collect()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        list("").await,
        [
            pair("b", "success"),
            pair("a", "success"),
            pair("a", "canceled")
        ]
    );
    assert_eq!(list("?all=true").await.len(), 4);
    assert_eq!(list("?all=true&sort=desc").await[0], pair("a", "canceled"));
    assert_eq!(list("?name=b").await, [pair("b", "success")]);
    assert_eq!(list("?ref=release").await, [pair("a", "canceled")]);
    let path = format!("{FOO}/repository/commits/{sha}/statuses");
    Client::anonymous(&forge).get(&path).await.expect(401);
    let none = client
        .get(&format!(
            "{FOO}/repository/commits/{}/statuses",
            "0".repeat(40)
        ))
        .await;
    assert_eq!(
        none.expect(404).json(),
        json!({"message": "404 Commit Not Found"})
    );

    let commit = client.get(&format!("{FOO}/repository/commits/{sha}")).await;
    let commit = commit.expect(200).json();
    assert_eq!(commit["last_pipeline"]["ref"], "release");
    assert_eq!(commit["status"], "canceled");
    let pipelines = client.get(&format!("{FOO}/pipelines?ref=main")).await;
    let pipelines = pipelines.expect(200).json();
    assert_eq!(pipelines.as_array().unwrap().len(), 1);
    assert_eq!(pipelines[0]["status"], "success");
    let path = format!("{FOO}/pipelines/{}", pipelines[0]["id"]);
    assert_eq!(
        client.get(&path).await.expect(200).json()["source"],
        "external"
    );
}

#[tokio::test]
async fn setting_a_status_takes_a_developer_and_good_words() {
    let (forge, client) = gitlab().await;
    let sha = forge.sha("rpms/foo", "main").await.unwrap().unwrap();
    let body = json!({"state": "success"});
    let bob = as_user(&forge, "bob");
    let refused = put(&bob, &sha, body.clone()).await.expect(403);
    assert_eq!(refused.json(), json!({"message": "403 Forbidden"}));
    forge
        .set_permission("rpms/foo", "bob", Some(Access::Read))
        .unwrap();
    put(&bob, &sha, body.clone()).await.expect(403);
    forge
        .set_permission("rpms/foo", "bob", Some(Access::Write))
        .unwrap();
    let made = put(&bob, &sha, body.clone()).await.expect(201).json();
    assert_eq!(made["name"], "default");
    assert_eq!(made["description"], json!(null));
    put(&Client::anonymous(&forge), &sha, body)
        .await
        .expect(401);
    let bad = put(&client, &sha, json!({"state": "error"}))
        .await
        .expect(400);
    assert_eq!(
        bad.json(),
        json!({"error": "state does not have a valid value"})
    );
    let bad = put(&client, &sha, json!({})).await.expect(400);
    assert_eq!(bad.json(), json!({"error": "state is missing"}));
    let long = json!({"state": "success", "description": "x".repeat(256)});
    let bad = put(&client, &sha, long).await.expect(400).json();
    assert_eq!(
        bad["message"]["description"],
        json!(["is too long (maximum is 255 characters)"])
    );
    let url = json!({"state": "success", "target_url": "git://example.org"});
    let bad = put(&client, &sha, url).await.expect(400).json();
    assert!(bad["message"]["target_url"].is_array());
    put(&client, "nonsense", json!({"state": "success"}))
        .await
        .expect(404);
    let elsewhere = json!({"state": "success", "pipeline_id": 1});
    let bad = put(&client, &sha, elsewhere).await.expect(404);
    assert_eq!(
        bad.json()["message"],
        "404 Pipeline for pipeline_id, sha and ref Not Found"
    );
}

#[tokio::test]
async fn the_status_of_a_forks_commit_belongs_to_the_fork() {
    let (forge, client) = gitlab().await;
    let (number, sha) = from_fork(&forge).await;
    // The target has the commit, but on no branch.
    let refused = put(&client, &sha, json!({"state": "success"}))
        .await
        .expect(404);
    assert_eq!(
        refused.json(),
        json!({"message": "404 References for commit Not Found"})
    );
    let fork = format!("/projects/{}/statuses/{sha}", id(&forge, "bob/foo"));
    client
        .post(&fork, json!({"state": "running"}))
        .await
        .expect(403);
    let bob = as_user(&forge, "bob");
    bob.post(&fork, json!({"state": "running", "name": "ci"}))
        .await
        .expect(201);
    let path = format!("{FOO}/merge_requests/{number}");
    let told = client.get(&path).await.expect(200).json();
    assert_eq!(told["head_pipeline"]["status"], "running");
    assert_eq!(told["pipeline"]["sha"], json!(sha));
    let listed = client.get(&format!("{path}/pipelines")).await.expect(200);
    assert_eq!(listed.json()[0]["status"], "running");
}
