//! Statuses.

use ogr_core::{CheckState, ErrorKind, NewStatus};
use serde_json::json as j;

use crate::common::{P, Server, kind};

#[tokio::test]
async fn a_status_goes_to_its_branch_with_a_text_that_fits() {
    let server = Server::start().await;
    let row = j!({"id": 1, "sha": "abc", "status": "failed", "name": "ci", "description": null,
                  "target_url": null, "author": {"username": "bob"}, "created_at": "2024-01-02T03:04:05Z"});
    server
        .on("POST", &format!("{P}/statuses/abc"), 201, row)
        .await;
    let project = server.project();
    let new = NewStatus::new("ci", CheckState::Error)
        .description("ä".repeat(300))
        .url("https://ci.example.org/7")
        .branch("f/x");
    let status = project.statuses().set("abc", &new).await.unwrap();
    assert_eq!(
        (status.state, status.creator.unwrap().login.as_str()),
        (CheckState::Failure, "bob")
    );
    let kept = project.statuses().kept("abc", &new);
    assert_eq!(kept.state, CheckState::Failure);
    assert_eq!(kept.description.chars().count(), 255);
    let body = server.last_json().await;
    assert_eq!(body["description"], kept.description);
    assert_eq!(body["state"], "failed");
    assert_eq!(body["name"], "ci");
    assert_eq!(body["ref"], "f/x");
    assert_eq!(body["target_url"], "https://ci.example.org/7");
    project
        .statuses()
        .set("abc", &NewStatus::pending("ci"))
        .await
        .unwrap();
    assert_eq!(
        server.last_json().await,
        j!({"state": "pending", "name": "ci"})
    );
}

#[tokio::test]
async fn a_status_that_is_as_asked_already_is_set() {
    let server = Server::start().await;
    let refusal =
        j!({"message": "Cannot transition status via :enqueue from :pending (Reason(s): …)"});
    server
        .on("POST", &format!("{P}/statuses/abc"), 400, refusal)
        .await;
    let rows = j!([
        {"id": 4, "status": "running", "name": "ci", "description": "old"},
        {"id": 9, "status": "pending", "name": "ci", "description": "wait"},
    ]);
    server
        .list(&format!("{P}/repository/commits/abc/statuses"), rows)
        .await;
    let project = server.project();
    let statuses = project.statuses();
    let same = NewStatus::pending("ci").description("wait").branch("b");
    assert_eq!(
        statuses.set("abc", &same).await.unwrap().id.as_deref(),
        Some("9")
    );
    assert_eq!(
        server.lines().await[1],
        format!(
            "GET {P}/repository/commits/abc/statuses?ref=b&name=ci&order_by=id&sort=desc&per_page=100&page=1"
        )
    );
    for other in [
        NewStatus::pending("ci").description("another"),
        NewStatus::pending("ci")
            .description("wait")
            .url("https://x"),
        NewStatus::new("ci", CheckState::Running).description("wait"),
        NewStatus::pending("other"),
    ] {
        assert_eq!(
            kind(statuses.set("abc", &other).await),
            (ErrorKind::Conflict, "g/s/p@abc".into())
        );
    }
}

#[tokio::test]
async fn statuses_come_newest_first_and_no_word_kills_the_list() {
    let server = Server::start().await;
    let rows = j!([
        {"id": 1, "status": "success", "name": "a", "allow_failure": false},
        {"id": 3, "status": "brewing", "name": "b", "description": null, "author": null},
        {"id": 2, "status": "waiting_for_resource", "name": "a", "created_at": "nonsense"},
    ]);
    server
        .list(&format!("{P}/repository/commits/abc/statuses"), rows)
        .await;
    let project = server.project();
    let list = project.statuses().list("abc").collect_all().await.unwrap();
    let states: Vec<_> = list.iter().map(|status| status.state.to_string()).collect();
    assert_eq!(states, ["brewing", "pending", "success"]);
    let combined = project.statuses().combined("abc").await.unwrap();
    assert_eq!(combined.statuses.len(), 2);
    assert_eq!(combined.state, Some(CheckState::Other("brewing".into())));
    let lines = server.lines().await;
    assert!(
        lines[0].contains("all=true") && !lines[1].contains("all="),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 2);
}
