use ogr_mock::{MockForge, TokenSetup};
use serde_json::json;

use super::{as_user, github};
use crate::common::Client;

#[tokio::test]
async fn whoami_by_every_form_of_credential() {
    let (forge, _) = github().await;
    let token = forge.token("alice").unwrap();
    use base64::Engine as _;
    let basic = |text: String| {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        format!("Basic {encoded}")
    };
    for authorization in [
        format!("Bearer {token}"),
        format!("bearer {token}"),
        format!("token {token}"),
        basic(format!("alice:{token}")),
        basic(format!("{token}:x-oauth-basic")),
    ] {
        let client = Client::authorized(&forge, &authorization);
        let me = client.get("/user").await.expect(200).json();
        assert_eq!(me["login"], "alice", "{authorization}");
        assert_eq!(me["email"], "alice@example.org");
    }
}

#[tokio::test]
async fn bad_credentials_are_refused_even_for_public_things() {
    let (forge, _) = github().await;
    let expired = forge.add_token("alice", &TokenSetup::expired()).unwrap();
    for authorization in ["Bearer nonsense", &format!("Bearer {expired}"), "Odd thing"] {
        let client = Client::authorized(&forge, authorization);
        let answer = client.get("/repos/rpms/foo").await.expect(401).json();
        assert_eq!(answer["message"], "Bad credentials");
    }
    let nobody = Client::anonymous(&forge);
    let answer = nobody.get("/user").await.expect(401).json();
    assert_eq!(answer["message"], "Requires authentication");
    nobody.get("/repos/rpms/foo").await.expect(200);
}

#[tokio::test]
async fn a_bot_is_no_user() {
    let (forge, _) = github().await;
    let bot = as_user(&forge, "packit[bot]");
    bot.get("/user").await.expect(403);
    let row = bot.get("/users/packit%5Bbot%5D").await.expect(200).json();
    assert_eq!(row["type"], "Bot");
}

#[tokio::test]
async fn users_and_organisations_by_name_and_number() {
    let (forge, client) = github().await;
    forge
        .change_user("alice", |user| user.name = Some("Alice A.".to_owned()))
        .unwrap();
    let user = client.get("/users/alice").await.expect(200).json();
    assert_eq!(user["name"], "Alice A.");
    assert_eq!(user["type"], "User");
    let same = client.get(&format!("/user/{}", user["id"])).await;
    assert_eq!(same.expect(200).json()["login"], "alice");
    // Others do not see the address.
    let seen = as_user(&forge, "bob").get("/users/alice").await.expect(200);
    assert_eq!(seen.json()["email"], json!(null));

    let group = client.get("/orgs/rpms").await.expect(200).json();
    assert_eq!(group["login"], "rpms");
    // Unset names are not null but absent.
    assert!(!group.as_object().unwrap().contains_key("name"));
    let url = format!("/organizations/{}", group["id"]);
    assert_eq!(client.get(&url).await.expect(200).json(), group);
    let as_user = client.get("/users/rpms").await.expect(200).json();
    assert_eq!(as_user["type"], "Organization");
    client.get("/users/nobody").await.expect(404);
    client.get("/orgs/alice").await.expect(404);
}

#[tokio::test]
async fn the_forge_tells_its_version_and_denies_unknown_routes() {
    let forge = MockForge::github().version("3.14.2").start().await.unwrap();
    let client = Client::anonymous(&forge);
    let answer = client.get("/meta").await.expect(200);
    assert_eq!(answer.json()["installed_version"], "3.14.2");
    assert_eq!(answer.header("x-github-enterprise-version"), "3.14.2");
    client.get("/").await.expect(200);
    for path in ["/nonsense", "/api/v1/version", "/api/v4/version", "//a/b/c"] {
        let answer = client.get(path).await.expect(404);
        assert_eq!(answer.json()["message"], "Not Found", "{path}");
    }
}

#[tokio::test]
async fn graphql_knows_the_viewer_and_says_what_it_does_not_know() {
    let (forge, client) = github().await;
    let ask = |query: &str| json!({"query": query});
    let url = "/api/graphql";
    let answer = client.post(url, ask("query { viewer { login } }")).await;
    let answer = answer.expect(200).json();
    assert_eq!(answer, json!({"data": {"viewer": {"login": "alice"}}}));
    let answer = client.post(url, ask("{ rateLimit { cost } }")).await;
    let answer = answer.expect(200).json();
    assert!(answer["data"].is_null(), "{answer}");
    let said = answer["errors"][0]["message"].as_str().unwrap();
    assert!(said.contains("`rateLimit`"), "{said}");
    Client::anonymous(&forge)
        .post(url, ask("{viewer{login}}"))
        .await
        .expect(401);
}
