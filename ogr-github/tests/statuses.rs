//! Commit statuses.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Served, no};
use ogr_core::{CheckState, NewStatus};
use serde_json::json;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path, query_param, query_param_is_missing},
};

#[tokio::test]
async fn a_status_is_one_request_that_may_be_sent_again() {
    let served = Served::start().await;
    let at = "repos/rpms/foo/statuses/abc";
    served.json_once("POST", at, 502, no("Bad gateway")).await;
    let answer = json!({"id": 5, "state": "pending", "context": "ci", "description": null, "target_url": "https://ci",
        "creator": {"login": "bot"}, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"});
    served.json("POST", at, 201, answer).await;
    let project = served.project();
    let statuses = project.statuses();
    let status = NewStatus::new("ci", CheckState::Running)
        .description("ä".repeat(200))
        .url("https://ci");
    let set = statuses.set("abc", &status).await.unwrap();
    assert_eq!(set.state, CheckState::Pending);
    assert_eq!(set.sha.as_deref(), Some("abc"));
    assert_eq!(set.creator.unwrap().login, "bot");
    assert_eq!(served.lines().await.len(), 2);
    let body = served.body(1).await;
    assert_eq!(body["description"].as_str().unwrap().chars().count(), 140);
    assert_eq!(body["state"], "pending");
    let kept = statuses.kept("abc", &status);
    assert_eq!(kept.state, CheckState::Pending);
    assert_eq!(json!(kept.description), body["description"]);
    // An empty description is none.
    statuses
        .set("abc", &NewStatus::success("ci"))
        .await
        .unwrap();
    assert_eq!(
        served.body(2).await,
        json!({"state": "success", "context": "ci"})
    );
}

#[tokio::test]
async fn statuses_are_listed_and_combined() {
    let served = Served::start().await;
    served
        .json(
            "GET",
            "repos/rpms/foo/commits/abc/statuses",
            200,
            json!([{"id": 2, "state": "startled", "context": "ci"}, {"id": 1, "state": "error", "context": "ci", "creator": null},
                {"state": "success", "context": null}]),
        )
        .await;
    let row = |n: usize, state: &str| json!({"id": n, "context": format!("c{n}"), "state": state});
    let pages = [
        (
            None,
            json!((0..100).map(|n| row(n, "success")).collect::<Vec<_>>()),
        ),
        (Some("2"), json!([row(100, "failure")])),
    ];
    for (page, statuses) in pages {
        let body =
            json!({"sha": "abc", "state": "failure", "total_count": 101, "statuses": statuses});
        let mock =
            Mock::given(method("GET")).and(path("/api/v3/repos/rpms/foo/commits/abc/status"));
        let mock = match page {
            Some(page) => mock.and(query_param("page", page)),
            None => mock.and(query_param_is_missing("page")),
        };
        mock.respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&served.server)
            .await;
    }
    let project = served.project();
    let statuses = project.statuses();
    let all = statuses.list("abc").collect_all().await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all[0].state, CheckState::Other("startled".into()));
    assert_eq!(all[2].context, "default");
    let combined = statuses.combined("abc").await.unwrap();
    assert_eq!(combined.state, Some(CheckState::Failure));
    assert_eq!(combined.statuses.len(), 101);
    assert_eq!(served.lines().await.len(), 3);
    // No status at all is no state, whatever GitHub calls it.
    served
        .json(
            "GET",
            "repos/rpms/foo/commits/def/status",
            200,
            json!({"state": "pending", "total_count": 0, "statuses": []}),
        )
        .await;
    assert_eq!(statuses.combined("def").await.unwrap().state, None);
}
