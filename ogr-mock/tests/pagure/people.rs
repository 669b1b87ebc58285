//! Who asks, and how they say so.

use bytes::Bytes;
use ogr_mock::{MockForge, ProjectSetup, TokenSetup};
use serde_json::{Value, json};

use crate::common::Client;
use crate::{anonymous, as_user, pagure};

const TOKEN_TEXT: &str = "Invalid or expired token. Please visit";

/// The error code and the details of an answer.
fn code(answer: &Value) -> (&str, &Value) {
    (answer["error_code"].as_str().unwrap(), &answer["errors"])
}

#[tokio::test]
async fn the_word_token_is_looked_for_in_lower_case_anywhere() {
    let forge = pagure().await;
    let token = forge.token("alice").unwrap();
    let whoami = async |header: String| {
        let client = Client::authorized(&forge, &header);
        client.post("/-/whoami", json!({})).await
    };
    for header in [
        format!("token {token}"),
        format!("token{token}"),
        format!("my token   {token} "),
    ] {
        let answer = whoami(header).await.expect(200);
        assert_eq!(answer.json()["username"], "alice");
    }
    for header in [format!("Token {token}"), format!("Bearer {token}")] {
        let answer = whoami(header).await.expect(401).json();
        assert_eq!(code(&answer), ("EINVALIDTOK", &Value::Null));
        assert!(answer["error"].as_str().unwrap().starts_with(TOKEN_TEXT));
    }
}

#[tokio::test]
async fn one_code_stands_for_all_that_is_wrong_with_a_token() {
    let forge = pagure().await;
    let setups = [
        (TokenSetup::expired(), json!("Expired token")),
        (
            TokenSetup::scopes(&["commit"]),
            json!("Missing ACLs: modify_project, tag_project"),
        ),
        (TokenSetup::project("demo"), Value::Null),
    ];
    for (setup, errors) in setups {
        let token = forge.add_token("alice", &setup).unwrap();
        let client = Client::authorized(&forge, &format!("token {token}"));
        let answer = client.post("/rpms/foo/git/tags", json!({})).await;
        let answer = answer.expect(401).json();
        assert_eq!(code(&answer), ("EINVALIDTOK", &errors));
    }
    for client in [
        anonymous(&forge),
        Client::authorized(&forge, "token nobody's"),
    ] {
        let answer = client.post("/rpms/foo/git/tags", json!({})).await;
        let answer = answer.expect(401).json();
        assert_eq!(code(&answer), ("EINVALIDTOK", &json!("Invalid token")));
        // It comes before the question whether there is such a project.
        client
            .post("/rpms/nosuch/git/tags", json!({}))
            .await
            .expect(401);
    }
}

#[tokio::test]
async fn some_calls_want_the_project_s_own_token() {
    let forge = pagure().await;
    let number = crate::open_pull(&forge).await;
    let alice = as_user(&forge, "alice");
    let own = forge.add_token("alice", &TokenSetup::project("rpms/foo"));
    let own = Client::authorized(&forge, &format!("token {}", own.unwrap()));
    let assign = format!("/rpms/foo/pull-request/{number}/assign");
    let form = [("assignee", "bob")];
    let answer = alice.post_form(&assign, &form).await.expect(401).json();
    assert_eq!(code(&answer), ("EINVALIDTOK", &Value::Null));
    let answer = own.post_form(&assign, &form).await.expect(200).json();
    assert_eq!(answer["message"], "Request assigned");
    let comments = forge.comments("rpms/foo", number).unwrap();
    assert_eq!(
        comments[0].body,
        "**Metadata Update from @alice**:\n- Request assigned"
    );
    assert!(comments[0].system);
    alice.post("/rpms/foo/delete", json!({})).await.expect(401);
    own.post("/rpms/foo/delete", json!({})).await.expect(200);
    forge.project("rpms/foo").unwrap_err();
}

#[tokio::test]
async fn a_bad_token_is_not_looked_at_where_none_is_needed() {
    let forge = pagure().await;
    let client = Client::authorized(&forge, "token nobody's");
    client.get("/rpms/foo").await.expect(200);
    client.get("/projects").await.expect(200);
    for path in ["/rpms/foo/git/urls", "/group/packager"] {
        let answer = client.get(path).await.expect(401).json();
        assert_eq!(code(&answer), ("EINVALIDTOK", &json!("Invalid token")));
    }
    // Nobody thought of a caller without a token here.
    let answer = anonymous(&forge).get("/rpms/foo/webhook/token").await;
    assert!(
        answer
            .expect(500)
            .header("content-type")
            .starts_with("text/html")
    );
}

#[tokio::test]
async fn private_projects_are_there_only_where_somebody_looks_who_asks() {
    let forge = pagure().await;
    forge
        .add_project("alice/secret", ProjectSetup::private())
        .await
        .unwrap();
    let (alice, carol) = (as_user(&forge, "alice"), as_user(&forge, "carol"));
    for path in ["/alice/secret", "/alice/secret/git/branches"] {
        let answer = alice.get(path).await.expect(404).json();
        assert_eq!(answer["error_code"], "ENOPROJECT");
    }
    let answer = alice.get("/alice/secret/git/urls").await.expect(200).json();
    let ssh = answer["urls"]["ssh"].as_str().unwrap();
    assert!(ssh.starts_with("ssh://alice@"), "{ssh}");
    carol.get("/alice/secret/git/urls").await.expect(404);
    alice.get("/alice/secret/options").await.expect(200);
    carol.get("/alice/secret/options").await.expect(404);
}

#[tokio::test]
async fn an_acl_is_all_that_some_calls_ask_for() {
    let forge = pagure().await;
    let carol = as_user(&forge, "carol");
    let sha = forge.sha("rpms/foo", "rawhide").await.unwrap().unwrap();
    let form = [("tagname", "v9"), ("commit_hash", sha.as_str())];
    let answer = carol
        .post_form("/rpms/foo/git/tags", &form)
        .await
        .expect(200);
    assert_eq!(answer.json()["tag_created"], true);
    carol.get("/rpms/foo/options").await.expect(200);
    let form = [("branch_name", "rawhide")];
    carol
        .post_form("/rpms/foo/git/branches", &form)
        .await
        .expect(200);
    // Making a branch is a push, and pushes are another matter.
    let form = [("branch", "f99"), ("from_branch", "rawhide")];
    let answer = carol.post_form("/rpms/foo/git/branch", &form).await;
    let answer = answer.expect(400).json();
    let text = answer["error"].as_str().unwrap();
    assert!(text.contains("Denied push for ref 'refs/heads/f99' for user 'carol'"));
}

#[tokio::test]
async fn a_blocked_user_reads_and_does_not_write() {
    let forge = pagure().await;
    let own = forge.add_token("alice", &TokenSetup::project("rpms/foo"));
    let own = Client::authorized(&forge, &format!("token {}", own.unwrap()));
    let form = [("username", "carol")];
    own.post_form("/rpms/foo/blockuser", &form)
        .await
        .expect(200);
    let carol = as_user(&forge, "carol");
    let answer = carol.post("/rpms/foo/git/tags", json!({})).await;
    assert_eq!(answer.expect(403).json()["error_code"], "EUBLOCKED");
    carol.get("/rpms/foo/options").await.expect(200);
    own.post("/rpms/foo/blockuser", json!({})).await.expect(200);
    carol
        .post("/rpms/foo/git/tags", json!({}))
        .await
        .expect(400);
}

#[tokio::test]
async fn bodies_are_forms_of_either_kind_or_json() {
    let forge = pagure().await;
    let number = crate::open_pull(&forge).await;
    let alice = as_user(&forge, "alice");
    let path = format!("/rpms/foo/pull-request/{number}/comment");
    let multipart =
        "--X\r\nContent-Disposition: form-data; name=\"comment\"\r\n\r\nin parts\r\n--X--\r\n";
    for (kind, body) in [
        ("application/x-www-form-urlencoded", "comment=a+form"),
        ("multipart/form-data; boundary=X", multipart),
        ("application/json", r#"{"comment": "json"}"#),
        (
            "application/json; charset=utf-8",
            r#"{"comment": "more json"}"#,
        ),
    ] {
        let body = Bytes::from(body);
        let answer = alice.try_send("POST", &path, kind, body).await.unwrap();
        // The answer does not tell which comment it made.
        assert_eq!(
            answer.expect(200).json(),
            json!({"message": "Comment added"})
        );
    }
    let said = forge.comments("rpms/foo", number).unwrap();
    let said: Vec<&str> = said.iter().map(|comment| comment.body.as_str()).collect();
    assert_eq!(said, ["a form", "in parts", "json", "more json"]);

    let send = async |client: &Client, kind: &str, body: &'static str| {
        let body = Bytes::from(body);
        client.try_send("POST", &path, kind, body).await.unwrap()
    };
    let answer = send(&alice, "text/plain", "comment=x").await.expect(400);
    let required = json!({"comment": ["This field is required."]});
    assert_eq!(answer.json()["errors"], required);
    // What is no JSON but says so is refused before anyone asks who sent it.
    for client in [&alice, &anonymous(&forge)] {
        let answer = send(client, "application/json", "{not").await.expect(400);
        assert!(answer.text().contains("<title>400 Bad Request</title>"));
        send(client, "application/json", "\"a text\"")
            .await
            .expect(500);
    }
}

#[tokio::test]
async fn errors_of_routes_are_pages_and_errors_of_the_api_are_json() {
    let forge = pagure().await;
    let client = anonymous(&forge);
    let bare = client.get("/a/b/c/d/e").await.expect(404);
    assert!(bare.text().starts_with("<!doctype html>"));
    client.get("/rpms/foo/").await.expect(404);
    let page = client.get("//nosuch").await.expect(404);
    assert!(page.text().contains("Page not found :'("));
    let answer = client.get("/rpms/nosuch").await.expect(404);
    assert_eq!(answer.header("content-type"), "application/json");
    let expected = json!({"error": "Project not found", "error_code": "ENOPROJECT"});
    assert_eq!(answer.json(), expected);
    // A path that a project could have is read as one.
    let answer = client.get("/-/whoami").await.expect(404);
    assert_eq!(answer.json(), expected);
    let answer = client.delete("/rpms/foo/git/tags").await.expect(405);
    assert_eq!(answer.header("allow"), "GET, POST, HEAD, OPTIONS");
    assert!(answer.header("content-type").starts_with("text/html"));
    let codes = client.get("/-/error_codes").await.expect(200).json();
    assert_eq!(codes.as_object().unwrap().len(), 47);
    assert_eq!(codes["ENOPROJECT"], "Project not found");
    for path in ["/version", "/-/version"] {
        let answer = client.get(path).await.expect(200);
        assert_eq!(answer.json(), json!({"version": "0.31"}));
    }
}

#[tokio::test]
async fn a_group_let_in_by_name_may_do_what_its_members_may() {
    let forge = MockForge::pagure().start().await.unwrap();
    forge.add_group("team", &["alice", "bob"]);
    forge
        .add_project("team/foo", ProjectSetup::default())
        .await
        .unwrap();
    let client = anonymous(&forge);
    let project = client
        .get("/team/foo?expand_group=1")
        .await
        .expect(200)
        .json();
    assert_eq!(project["access_groups"]["admin"], json!(["team"]));
    assert_eq!(project["access_users"]["owner"], json!(["alice"]));
    assert_eq!(project["group_details"]["team"], json!(["alice", "bob"]));
    let path = "/team/foo/hascommit?branch=x&user=";
    let bob = client.get(&format!("{path}bob")).await.expect(200).json();
    assert_eq!(bob["hascommit"], true);
    // A project made through the API in a group's namespace does not let the group in.
    let alice = as_user(&forge, "alice");
    let form = [("name", "own"), ("description", "d"), ("namespace", "team")];
    alice.post_form("/new", &form).await.expect(200);
    let project = client.get("/team/own").await.expect(200).json();
    assert_eq!(project["access_groups"]["admin"], json!([]));
    forge.add_user("carol");
    let carol = as_user(&forge, "carol");
    let form = [
        ("name", "hers"),
        ("description", "d"),
        ("namespace", "team"),
    ];
    let answer = carol.post_form("/new", &form).await.expect(400).json();
    assert_eq!(
        answer["errors"],
        json!({"namespace": ["Not a valid choice."]})
    );

    let acl = [("user_type", "user"), ("name", "carol"), ("acl", "commit")];
    carol
        .post_form("/team/own/git/modifyacls", &acl)
        .await
        .expect(401);
    let answer = alice.post_form("/team/own/git/modifyacls", &acl).await;
    assert_eq!(
        answer.expect(200).json()["access_users"]["commit"],
        json!(["carol"])
    );
    carol
        .post_form("/team/own/git/modifyacls", &acl[..2])
        .await
        .expect(200);
    let answer = carol.post_form("/team/own/git/modifyacls", &acl[..2]).await;
    let errors = &answer.expect(400).json()["errors"];
    assert_eq!(errors, "User does not have any access on the repo");
}
