//! Commit flags.

use ogr_core::{CheckState, ErrorKind, NewStatus};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::server::{SHA, Server};

fn path() -> String {
    format!("/api/0/rpms/foo/c/{SHA}/flag")
}

fn flag(context: &str, status: Value, comment: &str) -> Value {
    json!({"username": context, "status": status, "comment": comment, "percent": null, "url": "https://x.org",
           "commit_hash": SHA, "date_created": "1795334531.601206", "date_updated": null,
           "user": {"name": "alice"}})
}

#[tokio::test]
async fn a_status_is_one_request_with_a_key_of_its_own() {
    let server = Server::start().await;
    let answer = json!({"flag": flag("build", json!("pending"), "wait"), "message": "Flag added", "uid": "U"});
    server.json("POST", &path(), 200, answer).await;
    let project = server.project("rpms/foo");
    let status = NewStatus::new("build", CheckState::Running)
        .description("wait")
        .url("https://x.org");
    let set = project.statuses().set(SHA, &status).await.unwrap();
    assert_eq!(set.state, CheckState::Pending);
    assert_eq!(set.id.as_deref(), Some("U"));
    assert_eq!(set.sha.as_deref(), Some(SHA));
    assert_eq!(set.creator.unwrap().login, "alice");
    project.statuses().set(SHA, &status).await.unwrap();
    let asked = server.asked().await;
    assert_eq!(asked[0], asked[1], "the same key");
    let form = asked[0].split_once("&uid=").unwrap();
    assert_eq!(
        form.0,
        format!(
            "POST {} username=build&comment=wait&url=https%3A%2F%2Fx.org&status=pending",
            path()
        )
    );
    assert_eq!(form.1.len(), 32);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again() {
    let server = Server::start().await;
    server
        .mount("POST", &path(), ResponseTemplate::new(503), 1)
        .await;
    let answer = json!({"flag": flag("build", json!("success"), "x"), "uid": null});
    server.json("POST", &path(), 200, answer).await;
    let project = server.project("rpms/foo");
    let set = project
        .statuses()
        .set(SHA, &NewStatus::success("build"))
        .await;
    assert_eq!(set.unwrap().state, CheckState::Success);
    assert_eq!(server.asked().await.len(), 2);
}

#[tokio::test]
async fn flags_come_oldest_first_and_are_given_newest_first() {
    let server = Server::start().await;
    let flags = json!({"total_flags": 4, "flags": [
        flag("build", json!("failure"), "first"),
        flag("lint", json!("blocked"), "own word"),
        flag("lint", json!(null), "no word"),
        flag("build", json!("success"), "second"),
    ]});
    server.json("GET", &path(), 200, flags).await;
    let project = server.project("rpms/foo");
    let all = project.statuses().list(SHA).collect_all().await.unwrap();
    let texts: Vec<&str> = all
        .iter()
        .filter_map(|status| status.description.as_deref())
        .collect();
    assert_eq!(texts, ["second", "no word", "own word", "first"]);
    assert_eq!(all[2].state, CheckState::Other("blocked".into()));
    assert_eq!(all[0].updated_at, None);

    let combined = project.statuses().combined(SHA).await.unwrap();
    assert_eq!(combined.statuses.len(), 2);
    assert_eq!(combined.state, Some(CheckState::Other(String::new())));
    assert_eq!(server.asked().await.len(), 2);
}

#[tokio::test]
async fn equal_flags_are_all_given() {
    let server = Server::start().await;
    let one = flag("build", json!("success"), "x");
    let flags = json!({"flags": [one, one, one]});
    server.json("GET", &path(), 200, flags).await;
    let project = server.project("rpms/foo");
    let all = project.statuses().list(SHA).collect_all().await.unwrap();
    assert_eq!(all.len(), 3);
}

#[tokio::test]
async fn no_flags_is_no_state() {
    let server = Server::start().await;
    let none = json!({"flags": null, "total_flags": 0});
    server.json("GET", &path(), 200, none).await;
    let project = server.project("rpms/foo");
    let combined = project.statuses().combined(SHA).await.unwrap();
    assert_eq!(combined.state, None);
}

#[tokio::test]
async fn a_bad_address_is_the_forges_to_refuse() {
    let server = Server::start().await;
    let refusal = json!({"error": "Invalid or incomplete input submitted", "error_code": "EINVALIDREQ",
                         "errors": {"url": ["Invalid input."]}});
    server.json("POST", &path(), 400, refusal).await;
    let project = server.project("rpms/foo");
    let status = NewStatus::success("build").url("nonsense");
    let error = project.statuses().set(SHA, &status).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().ends_with("url: Invalid input."));
}
