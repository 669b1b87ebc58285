use std::time::Duration;

use ogr_mock::{ForkDelay, ProjectSetup};
use serde_json::json;

use super::{as_user, gitlab, id};

const FOO: &str = "/projects/rpms%2Ffoo";

#[tokio::test]
async fn a_fork_is_answered_at_once_and_filled_later() {
    let (forge, _) = gitlab().await;
    forge.set_time("2026-05-01T12:00:00Z".parse().unwrap());
    let delay = Duration::from_secs(30);
    forge.set_fork_delay(Some((delay, ForkDelay::Empty)));
    let bob = as_user(&forge, "bob");
    let made = bob.post(&format!("{FOO}/fork"), json!({})).await;
    let made = made.expect(201).json();
    assert_eq!(made["path_with_namespace"], "bob/foo");
    assert_eq!(made["import_status"], "scheduled");
    assert_eq!(made["empty_repo"], true);
    assert_eq!(made["issues_enabled"], true);
    assert_eq!(
        made["forked_from_project"]["path_with_namespace"],
        "rpms/foo"
    );
    assert_eq!(made["forked_from_project"]["id"], id(&forge, "rpms/foo"));

    let path = "/projects/bob%2Ffoo";
    let told = bob.get(path).await.expect(200).json();
    assert_eq!(told["import_status"], "started");
    assert_eq!(told["default_branch"], json!(null));
    let branches = format!("{path}/repository/branches");
    assert_eq!(bob.get(&branches).await.expect(200).json(), json!([]));
    forge.advance(delay);
    let told = bob.get(path).await.expect(200).json();
    assert_eq!(told["import_status"], "finished");
    assert_eq!(told["default_branch"], "main");
    assert_eq!(bob.get(&branches).await.json()[0]["name"], "main");
}

#[tokio::test]
async fn a_fork_may_be_missing_at_first() {
    let (forge, _) = gitlab().await;
    forge.set_time("2026-05-01T12:00:00Z".parse().unwrap());
    forge.set_fork_delay(Some((Duration::from_secs(5), ForkDelay::Missing)));
    let bob = as_user(&forge, "bob");
    bob.post(&format!("{FOO}/fork"), json!({}))
        .await
        .expect(201);
    bob.get("/projects/bob%2Ffoo").await.expect(404);
    forge.advance(Duration::from_secs(5));
    bob.get("/projects/bob%2Ffoo").await.expect(200);
}

#[tokio::test]
async fn a_taken_name_is_a_conflict_and_another_name_is_not() {
    let (forge, client) = gitlab().await;
    let bob = as_user(&forge, "bob");
    bob.post(&format!("{FOO}/fork"), json!({}))
        .await
        .expect(201);
    let taken = bob
        .post(&format!("{FOO}/fork"), json!({}))
        .await
        .expect(409);
    let words = taken.json()["message"].clone();
    assert_eq!(words[0], "Project namespace name has already been taken");
    assert_eq!(words[2], "Path has already been taken");
    let body = json!({"path": "foo-again", "name": "Foo again"});
    let second = bob.post(&format!("{FOO}/fork"), body).await.expect(201);
    assert_eq!(second.json()["path_with_namespace"], "bob/foo-again");

    // An unrelated project of the name is in the way as well.
    forge
        .add_project("alice/foo", ProjectSetup::default())
        .await
        .unwrap();
    client
        .post(&format!("{FOO}/fork"), json!({}))
        .await
        .expect(409);

    let body = json!({"namespace_path": "rpms"});
    let refused = bob.post(&format!("{FOO}/fork"), body).await.expect(404);
    assert_eq!(
        refused.json(),
        json!({"message": "404 Target Namespace Not Found"})
    );
    forge.add_group("forks", &["bob"]);
    let body = json!({"namespace_path": "forks"});
    let third = bob.post(&format!("{FOO}/fork"), body).await.expect(201);
    assert_eq!(third.json()["path_with_namespace"], "forks/foo");

    let all = client.get(&format!("{FOO}/forks")).await.expect(200);
    assert_eq!(all.json().as_array().unwrap().len(), 3);
    let own = client.get(&format!("{FOO}/forks?owned=true")).await;
    assert_eq!(own.expect(200).json(), json!([]));
    let own = bob.get(&format!("{FOO}/forks?owned=true")).await.json();
    assert_eq!(own.as_array().unwrap().len(), 3);
    assert_eq!(own[0]["forked_from_project"]["path"], "foo");
    assert_eq!(client.get(FOO).await.json()["forks_count"], 3);
    bob.delete("/projects/bob%2Ffoo/fork").await.expect(204);
    bob.delete("/projects/bob%2Ffoo/fork").await.expect(304);
}
