//! Tokens, the version, headers, limits, and what the web knows.

use std::time::Duration;

use ogr_mock::{Access, MockForge, ProjectSetup, TokenSetup};
use serde_json::json;

use super::{as_user, from_fork, gitlab, id};
use crate::common::Client;

const FOO: &str = "/projects/rpms%2Ffoo";

#[tokio::test]
async fn the_version_is_for_those_who_are_signed_in() {
    let (forge, client) = gitlab().await;
    let stranger = Client::anonymous(&forge);
    let refused = stranger.get("/version").await.expect(401);
    assert_eq!(refused.json(), json!({"message": "401 Unauthorized"}));
    assert!(refused.header("content-type").contains("json"));
    let told = client.get("/version").await.expect(200).json();
    assert_eq!(told["version"], "19.0.0");
    client.get("/metadata").await.expect(200);
    // The probes of other forges find nothing here.
    for path in ["/api/v1/version", "/api/0/version"] {
        let missing = stranger.get(path).await.expect(404);
        assert_eq!(missing.json(), json!({"error": "404 Not Found"}));
    }
    stranger.get("/api/v3/meta").await.expect(410);
    let forge = MockForge::gitlab().version("16.2.1").start().await.unwrap();
    let told = as_user(&forge, "alice").get("/version").await.json();
    assert_eq!(told["version"], "16.2.1");
}

#[tokio::test]
async fn tokens_come_in_several_ways() {
    let (forge, _) = gitlab().await;
    let token = forge.token("alice").unwrap();
    let plain = Client::anonymous(&forge);
    let ways = [
        Client::anonymous(&forge).with("private-token", &token),
        Client::authorized(&forge, &format!("Bearer {token}")),
    ];
    for client in ways {
        let me = client.get("/user").await.expect(200).json();
        assert_eq!(me["username"], "alice");
        assert_eq!(me["email"], "alice@example.org");
    }
    plain
        .get(&format!("/user?private_token={token}"))
        .await
        .expect(200);
    plain
        .get(&format!("/user?access_token={token}"))
        .await
        .expect(200);
    plain.get("/user").await.expect(401);
    // A token that is none is refused even where none is needed.
    let wrong = Client::anonymous(&forge).with("private-token", "glpat-wrong");
    let refused = wrong.get(FOO).await.expect(401);
    assert_eq!(refused.json(), json!({"message": "401 Unauthorized"}));
    plain.get(FOO).await.expect(200);
    assert_eq!(forge.requests().last().unwrap().user, None);
}

#[tokio::test]
async fn a_job_token_opens_few_doors() {
    let (forge, _) = gitlab().await;
    let token = forge.token("alice").unwrap();
    let job = Client::anonymous(&forge).with("job-token", &token);
    let path = format!("{FOO}/releases");
    let body = json!({"tag_name": "v1", "ref": "main"});
    job.post(&path, body).await.expect(201);
    // Elsewhere it is as if there was no token.
    job.get("/user").await.expect(401);
    job.post(
        &format!("{FOO}/labels"),
        json!({"name": "a", "color": "red"}),
    )
    .await
    .expect(401);
    let wrong = Client::anonymous(&forge).with("job-token", "nonsense");
    wrong.get(&path).await.expect(401);
}

#[tokio::test]
async fn narrow_and_expired_tokens_say_what_they_lack() {
    let (forge, _) = gitlab().await;
    let with = |setup: TokenSetup| {
        let token = forge.add_token("alice", &setup).unwrap();
        Client::anonymous(&forge).with("private-token", &token)
    };
    let reader = with(TokenSetup::scopes(&["read_api"]));
    reader.get(FOO).await.expect(200);
    let body = json!({"description": "new"});
    let refused = reader.put(FOO, body).await.expect(403).json();
    assert_eq!(refused["error"], "insufficient_scope");
    assert_eq!(refused["scope"], "api");
    let narrow = with(TokenSetup::scopes(&["read_user"]));
    narrow.get("/user").await.expect(200);
    narrow.get(FOO).await.expect(403);
    let repository = with(TokenSetup::scopes(&["read_repository"]));
    let file = format!("{FOO}/repository/files/README.md?ref=main");
    repository.get(&file).await.expect(200);
    repository.get(FOO).await.expect(403);
    let expired = with(TokenSetup::expired());
    let refused = expired.get("/user").await.expect(401).json();
    assert_eq!(refused["error"], "invalid_token");
    assert!(
        refused["error_description"]
            .as_str()
            .unwrap()
            .starts_with("Token is expired.")
    );
}

#[tokio::test]
async fn a_projects_own_token_is_a_stranger_elsewhere() {
    let (forge, _) = gitlab().await;
    forge
        .add_project("rpms/bar", ProjectSetup::private())
        .await
        .unwrap();
    let token = forge
        .add_token("alice", &TokenSetup::project("rpms/foo"))
        .unwrap();
    let client = Client::anonymous(&forge).with("private-token", &token);
    client
        .put(FOO, json!({"description": "x"}))
        .await
        .expect(200);
    client.get("/projects/rpms%2Fbar").await.expect(404);
    forge
        .change_project("rpms/bar", |project| project.private = false)
        .unwrap();
    client.get("/projects/rpms%2Fbar").await.expect(200);
    client
        .put("/projects/rpms%2Fbar", json!({"description": "x"}))
        .await
        .expect(403);
}

#[tokio::test]
async fn answers_are_revalidated_and_counted_by_the_minute() {
    let (forge, client) = gitlab().await;
    forge.set_time("2026-05-01T12:00:00Z".parse().unwrap());
    forge.change_rate_limit(|limits| {
        limits.resets_at = "2026-05-01T12:01:00Z".parse().unwrap();
    });
    let answer = client.get(FOO).await.expect(200);
    let tag = answer.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    assert_eq!(answer.header("ratelimit-limit"), "2000");
    assert_eq!(answer.header("ratelimit-observed"), "1");
    assert_eq!(answer.header("ratelimit-remaining"), "1999");
    assert_eq!(answer.header("ratelimit-reset"), "1777636860");
    let again = as_user(&forge, "alice").with("if-none-match", &tag);
    let same = again.get(FOO).await.expect(304);
    assert!(same.body.is_empty());
    forge
        .change_project("rpms/foo", |project| project.archived = true)
        .unwrap();
    assert_ne!(again.get(FOO).await.expect(200).header("etag"), tag);

    forge.change_rate_limit(|limits| limits.limit = 3);
    let refused = client.get("/user").await.expect(429);
    assert_eq!(refused.text(), "Retry later\n");
    assert_eq!(refused.header("retry-after"), "60");
    assert_eq!(refused.header("ratelimit-remaining"), "0");
    // Others have their own.
    Client::anonymous(&forge).get(FOO).await.expect(200);
    forge.advance(Duration::from_secs(60));
    client.get("/user").await.expect(200);
}

#[tokio::test]
async fn users_and_namespaces_are_found() {
    let (forge, client) = gitlab().await;
    forge.add_user("bob");
    forge
        .change_user("bob", |user| user.name = Some("Bob B.".to_owned()))
        .unwrap();
    let found = client.get("/users?username=BOB").await.expect(200).json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["name"], "Bob B.");
    let bob = found[0]["id"].as_u64().unwrap();
    let told = client.get(&format!("/users/{bob}")).await.expect(200);
    assert_eq!(told.json()["username"], "bob");
    let missing = client.get("/users/99999").await.expect(404);
    assert_eq!(missing.json(), json!({"message": "404 User Not Found"}));
    let stranger = Client::anonymous(&forge);
    stranger.get("/users?username=bob").await.expect(200);
    stranger.get("/users").await.expect(403);

    let spaces = client.get("/namespaces").await.expect(200).json();
    let names: Vec<_> = spaces.as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[0]["full_path"], "alice");
    assert_eq!(names[0]["kind"], "user");
    assert_eq!(names[1]["full_path"], "rpms");
    let group = &names[1]["id"];
    client
        .get(&format!("/namespaces/{group}"))
        .await
        .expect(200);
    let refused = as_user(&forge, "bob").get("/namespaces/rpms").await;
    assert_eq!(
        refused.expect(404).json(),
        json!({"message": "404 Namespace Not Found"})
    );
    let found = client.get("/namespaces?search=rpm").await.json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    let told = client.get("/namespaces/rpms/exists").await.json();
    assert_eq!(told, json!({"exists": true, "suggests": ["rpms1"]}));
    let group = client.get("/groups/rpms").await.expect(200).json();
    assert_eq!(group["full_path"], "rpms");
    assert_eq!(group["projects"][0]["path"], "foo");
    let missing = client.get("/groups/nope").await.expect(404);
    assert_eq!(missing.json(), json!({"message": "404 Group Not Found"}));
}

#[tokio::test]
async fn members_have_numbers_for_levels() {
    let (forge, client) = gitlab().await;
    forge
        .set_permission("rpms/foo", "dave", Some(Access::Write))
        .unwrap();
    let own = client.get(&format!("{FOO}/members")).await.expect(200);
    let own = own.json();
    assert_eq!(own.as_array().unwrap().len(), 1);
    assert_eq!(own[0]["username"], "dave");
    assert_eq!(own[0]["access_level"], 30);
    let all = client.get(&format!("{FOO}/members/all")).await.json();
    assert_eq!(all[0]["username"], "alice");
    assert_eq!(all[0]["access_level"], 50);
    let alice = all[0]["id"].as_u64().unwrap();
    client
        .get(&format!("{FOO}/members/all/{alice}"))
        .await
        .expect(200);
    client
        .get(&format!("{FOO}/members/{alice}"))
        .await
        .expect(404);
    client.get("/groups/rpms/members").await.expect(200);
}

#[tokio::test]
async fn the_web_knows_sessions_and_no_tokens() {
    let (forge, client) = gitlab().await;
    let (number, sha) = from_fork(&forge).await;
    let page = format!("//rpms/foo/-/merge_requests/{number}");
    let diff = client.get(&format!("{page}.diff")).await.expect(200);
    assert!(diff.text().contains("+++ b/a.txt"));
    let patch = client.get(&format!("{page}.patch")).await.expect(200);
    assert!(patch.text().contains("Subject: [PATCH] Add a"));
    client
        .get(&format!("//bob/foo/-/commit/{sha}.patch"))
        .await
        .expect(200);
    let raw = client.get("//rpms/foo/-/raw/main/README.md").await;
    assert_eq!(raw.expect(200).text(), "# Read me\n");
    forge
        .change_project("rpms/foo", |project| project.private = true)
        .unwrap();
    let hidden = client.get(&format!("{page}.diff")).await.expect(302);
    assert!(hidden.header("location").ends_with("/users/sign_in"));
    // The API is where a token gets it.
    let api = format!(
        "/projects/{}/merge_requests/{number}/raw_diffs",
        id(&forge, "rpms/foo")
    );
    assert!(
        client
            .get(&api)
            .await
            .expect(200)
            .text()
            .contains("+++ b/a.txt")
    );
}
