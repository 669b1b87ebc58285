use serde_json::json;

use super::{as_user, github};

#[tokio::test]
async fn statuses_pile_up_and_the_newest_of_each_context_counts() {
    let (forge, client) = github().await;
    let sha = forge.branches("rpms/foo").await.unwrap()["main"].clone();
    let post = async |context: &str, state: &str| {
        let url = format!("/repos/rpms/foo/statuses/{sha}");
        let body = json!({
            "state": state, "context": context,
            "target_url": "https://example.org/1", "description": "words",
        });
        client.post(&url, body).await.expect(201).json()
    };
    let combined = async |query: &str| {
        let url = format!("/repos/rpms/foo/commits/main/status{query}");
        client.get(&url).await.expect(200).json()
    };
    let none = combined("").await;
    assert_eq!(
        (&none["state"], &none["total_count"]),
        (&json!("pending"), &json!(0))
    );
    let made = post("build", "pending").await;
    assert_eq!(made["creator"]["login"], "alice");
    assert_eq!(combined("").await["state"], "pending");
    post("build", "success").await;
    assert_eq!(combined("").await["state"], "success");
    post("test", "error").await;
    let sum = combined("?per_page=1").await;
    assert_eq!(
        (&sum["state"], &sum["total_count"]),
        (&json!("failure"), &json!(2))
    );
    assert_eq!(sum["statuses"].as_array().unwrap().len(), 1);
    assert_eq!(sum["sha"], json!(sha));
    for url in [
        format!("/repos/rpms/foo/commits/{sha}/statuses"),
        format!("/repos/rpms/foo/statuses/{sha}"),
        "/repos/rpms/foo/commits/heads/main/statuses".to_owned(),
    ] {
        let rows = client.get(&url).await.expect(200).json();
        let states: Vec<_> = rows
            .as_array()
            .unwrap()
            .iter()
            .map(|row| &row["state"])
            .collect();
        assert_eq!(states, ["error", "success", "pending"], "newest first");
    }
    client
        .get("/repos/rpms/foo/commits/none/status")
        .await
        .expect(404);
}

#[tokio::test]
async fn what_is_no_status_is_refused() {
    let (forge, client) = github().await;
    let sha = forge.branches("rpms/foo").await.unwrap()["main"].clone();
    let url = format!("/repos/rpms/foo/statuses/{sha}");
    let long = json!({"state": "success", "description": "ü".repeat(141)});
    let answer = client.post(&url, long).await.expect(422).json();
    assert_eq!(answer["message"], "Validation Failed");
    assert_eq!(
        answer["errors"][0]["message"],
        "description is too long (maximum is 140 characters)"
    );
    let fits = json!({"state": "success", "description": "ü".repeat(140)});
    let made = client.post(&url, fits).await.expect(201).json();
    assert_eq!(made["context"], "default");
    let running = json!({"state": "running"});
    let answer = client.post(&url, running).await.expect(422).json();
    assert_eq!(answer["errors"][0]["field"], "state");
    client.post(&url, json!({})).await.expect(422);
    let bad = json!({"state": "success", "target_url": "ftp://x"});
    client.post(&url, bad).await.expect(422);
    let good = json!({"state": "success"});
    for sha in ["main", &"1".repeat(40), &sha[..10]] {
        let url = format!("/repos/rpms/foo/statuses/{sha}");
        let answer = client.post(&url, good.clone()).await.expect(422).json();
        assert_eq!(answer["message"], format!("No commit found for SHA: {sha}"));
    }
    as_user(&forge, "bob").post(&url, good).await.expect(403);
    assert_eq!(forge.statuses("rpms/foo", &sha).unwrap().len(), 1);
}
