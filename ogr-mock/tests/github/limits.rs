use std::time::Duration;

use ogr_mock::{Fault, ProjectSetup, TokenSetup};
use serde_json::json;

use super::{as_user, github};
use crate::common::Client;

#[tokio::test]
async fn a_project_is_told_and_revalidated_and_counted() {
    let (forge, client) = github().await;
    let answer = client.get("/repos/rpms/foo").await.expect(200);
    assert_eq!(answer.json()["permissions"]["admin"], true);
    assert_eq!(answer.header("x-ratelimit-limit"), "5000");
    assert_eq!(answer.header("x-ratelimit-remaining"), "4999");
    assert!(!answer.header("x-github-request-id").is_empty());
    let etag = answer.header("etag").to_owned();
    let again = client.with("if-none-match", &etag);
    let answer = again.get("/repos/rpms/foo").await.expect(304);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("etag"), etag);
    // What had not changed cost nothing.
    assert_eq!(answer.header("x-ratelimit-remaining"), "4999");
    forge
        .change_project("rpms/foo", |p| p.description = Some("new".to_owned()))
        .unwrap();
    let answer = again.get("/repos/rpms/foo").await.expect(200);
    assert_ne!(answer.header("etag"), etag);
    assert_eq!(answer.header("x-ratelimit-remaining"), "4998");
}

#[tokio::test]
async fn who_has_used_all_requests_waits_for_the_reset() {
    let (forge, client) = github().await;
    forge.set_time("2026-05-01T12:00:00Z".parse().unwrap());
    forge.change_rate_limit(|limits| {
        limits.limit = 2;
        limits.resets_at = "2026-05-01T12:30:00Z".parse().unwrap();
    });
    client.get("/user").await.expect(200);
    client.get("/user").await.expect(200);
    let refused = client.get("/user").await.expect(403);
    assert!(refused.text().contains("API rate limit exceeded"));
    assert_eq!(refused.header("x-ratelimit-remaining"), "0");
    assert_eq!(refused.header("x-ratelimit-reset"), "1777638600");
    // To ask how many are left is free, and others have their own.
    let told = client.get("/rate_limit").await.expect(200).json();
    assert_eq!(told["resources"]["core"]["remaining"], 0);
    as_user(&forge, "bob").get("/user").await.expect(200);
    forge.advance(Duration::from_secs(30 * 60));
    let answer = client.get("/user").await.expect(200);
    assert_eq!(answer.header("x-ratelimit-remaining"), "1");
}

#[tokio::test]
async fn without_a_credential_there_are_sixty() {
    let (forge, _) = github().await;
    let answer = Client::anonymous(&forge).get("/repos/rpms/foo").await;
    assert_eq!(answer.expect(200).header("x-ratelimit-remaining"), "59");
}

#[tokio::test]
async fn the_secondary_limit_comes_with_a_wait_or_with_words_alone() {
    let (forge, client) = github().await;
    let wait = Some(Duration::from_secs(60));
    forge.fault(Fault::on("POST", "/**/statuses/*").secondary_limit(403, wait));
    forge.fault(Fault::on("POST", "/**/statuses/*").secondary_limit(429, None));
    let sha = forge.branches("rpms/foo").await.unwrap()["main"].clone();
    let post = async || {
        let url = format!("/repos/rpms/foo/statuses/{sha}");
        client.post(&url, json!({"state": "success"})).await
    };
    let first = post().await.expect(403);
    assert_eq!(first.header("retry-after"), "60");
    assert_ne!(first.header("x-ratelimit-remaining"), "0");
    let second = post().await.expect(429);
    assert_eq!(second.header("retry-after"), "");
    assert!(second.text().contains("secondary rate limit"));
    post().await.expect(201);
    assert_eq!(forge.statuses("rpms/foo", &sha).unwrap().len(), 1);
}

#[tokio::test]
async fn a_narrow_token_is_refused_with_requests_left() {
    let (forge, _) = github().await;
    let setup = TokenSetup::scopes(&["contents:read", "pull_requests:write"]);
    let token = forge.add_token("alice", &setup).unwrap();
    let client = Client::authorized(&forge, &format!("token {token}"));
    let sha = forge.branches("rpms/foo").await.unwrap()["main"].clone();
    let url = format!("/repos/rpms/foo/statuses/{sha}");
    let refused = client
        .post(&url, json!({"state": "success"}))
        .await
        .expect(403);
    let words = "Resource not accessible by personal access token";
    assert_eq!(refused.json()["message"], words);
    assert!(!refused.header("x-ratelimit-reset").is_empty());
    assert_eq!(refused.header("x-ratelimit-remaining"), "4999");
    assert!(forge.statuses("rpms/foo", &sha).unwrap().is_empty());
}

#[tokio::test]
async fn a_token_of_one_project_sees_no_other_private_one() {
    let (forge, client) = github().await;
    for path in ["rpms/one", "rpms/two"] {
        forge
            .add_project(path, ProjectSetup::private())
            .await
            .unwrap();
    }
    let token = forge
        .add_token("alice", &TokenSetup::project("rpms/one"))
        .unwrap();
    let bound = Client::authorized(&forge, &format!("Bearer {token}"));
    bound.get("/repos/rpms/one").await.expect(200);
    bound.get("/repos/rpms/two").await.expect(404);
    let label = json!({"name": "x", "color": "000000"});
    let elsewhere = "/repos/rpms/foo/labels";
    bound.get(elsewhere).await.expect(200);
    bound.post(elsewhere, label.clone()).await.expect(403);
    bound
        .post("/repos/rpms/one/labels", label)
        .await
        .expect(201);
    client.get("/repos/rpms/two").await.expect(200);
}

#[tokio::test]
async fn a_later_version_of_the_api_lacks_what_it_dropped() {
    let (forge, client) = github().await;
    super::from_fork(&forge).await;
    let newer = as_user(&forge, "alice").with("x-github-api-version", "2026-03-10");
    let url = "/repos/rpms/foo/pulls";
    let has = |row: &serde_json::Value, name: &str| row.as_object().unwrap().contains_key(name);
    let old = client.get(url).await.expect(200);
    assert_eq!(old.header("x-github-api-version-selected"), "2022-11-28");
    let old = old.json()[0].clone();
    let new = newer.get(url).await.expect(200).json()[0].clone();
    for name in ["assignee", "merge_commit_sha"] {
        assert!(has(&old, name) && !has(&new, name), "{name}");
    }
    let (old, new) = (&old["base"]["repo"], &new["base"]["repo"]);
    assert!(has(old, "has_downloads") && !has(new, "has_downloads"));
    let told = newer.get("/rate_limit").await.expect(200).json();
    assert!(has(&told, "resources") && !has(&told, "rate"));
    let odd = as_user(&forge, "alice").with("x-github-api-version", "1999-01-01");
    odd.get(url).await.expect(400);
}

#[tokio::test]
async fn pages_may_be_smaller_than_asked_for() {
    let forge = ogr_mock::MockForge::github()
        .page_cap(2)
        .start()
        .await
        .unwrap();
    forge.add_user("alice");
    forge
        .add_project("alice/foo", ProjectSetup::default())
        .await
        .unwrap();
    forge.seed_pull_requests("alice/foo", 5).unwrap();
    let client = as_user(&forge, "alice");
    let page = client
        .get("/repos/alice/foo/pulls?per_page=100")
        .await
        .expect(200);
    assert_eq!(page.json().as_array().unwrap().len(), 2);
    assert!(page.header("link").contains("page=3>; rel=\"last\""));
    let head = client
        .send("HEAD", "/repos/alice/foo/pulls?per_page=1", None)
        .await
        .expect(200);
    assert!(head.body.is_empty() && head.header("link").contains("page=5>; rel=\"last\""));
}
