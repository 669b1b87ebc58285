//! What goes through octocrab: GraphQL, and with the feature everything that a user sends.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Served, pull};
use ogr_core::{ErrorKind, Forge, LimitKind, Merge, MergeMethod, MergeOutcome, http::RawRequest};
use serde_json::{Value, json};

async fn refusal(errors: Value, data: Value) -> Served {
    let served = Served::start().await;
    served
        .json("GET", "repos/rpms/foo/pulls/7", 200, pull(7))
        .await;
    let answer = json!({ "data": data, "errors": errors });
    served.json("POST", "/api/graphql", 200, answer).await;
    served
}

fn nothing() -> Value {
    json!({"enablePullRequestAutoMerge": null})
}

fn unprocessable(message: &str) -> Value {
    json!([{"type": "UNPROCESSABLE", "path": ["enablePullRequestAutoMerge"], "message": message}])
}

fn later() -> Merge {
    Merge::new().when_checks_pass()
}

#[tokio::test]
async fn a_merge_is_scheduled_in_two_requests() {
    let served = Served::start().await;
    served
        .json("GET", "repos/rpms/foo/pulls/7", 200, pull(7))
        .await;
    let answer = json!({"data": {"enablePullRequestAutoMerge": {"pullRequest": {"number": 7}}}});
    served.json("POST", "/api/graphql", 200, answer).await;
    let project = served.project();
    let pulls = project.pull_requests();
    assert_eq!(
        pulls.merge(7, later()).await.unwrap(),
        MergeOutcome::Scheduled
    );
    let merge = later()
        .method(MergeMethod::Squash)
        .expected_head("h".repeat(40))
        .message("Title", "Rest");
    pulls.merge(7, merge).await.unwrap();
    let sent = served.sent().await;
    assert_eq!(sent.len(), 4);
    assert_eq!(sent[1].line, "POST /api/graphql");
    assert_eq!(sent[1].accept, "application/vnd.github+json");
    assert_eq!(
        sent[1].body["variables"],
        json!({"input": {"pullRequestId": "PR_7"}})
    );
    assert_eq!(
        sent[3].body["variables"]["input"],
        json!({"pullRequestId": "PR_7", "mergeMethod": "SQUASH", "commitHeadline": "Title",
            "commitBody": "Rest", "expectedHeadOid": "h".repeat(40)})
    );
    let requests = served.server.received_requests().await.unwrap();
    let headers = &requests[1].headers;
    assert_eq!(headers["authorization"], "Bearer s3cret");
    assert_eq!(headers["x-github-api-version"], "2022-11-28");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("ogr/"));
    assert_eq!(headers.get_all("x-github-api-version").iter().count(), 1);
}

#[tokio::test]
async fn what_need_not_wait_is_merged_at_once() {
    let served = refusal(
        unprocessable("Pull request Pull request is in clean status"),
        nothing(),
    )
    .await;
    served
        .json(
            "PUT",
            "repos/rpms/foo/pulls/7/merge",
            200,
            json!({"sha": "ccc", "merged": true}),
        )
        .await;
    let project = served.project();
    let outcome = project.pull_requests().merge(7, later()).await.unwrap();
    assert_eq!(
        outcome,
        MergeOutcome::Merged {
            sha: Some("ccc".into())
        }
    );
}

#[tokio::test]
async fn waiting_does_not_help_everything() {
    let mut merged = pull(7);
    merged["merged"] = json!(true);
    let mut closed = pull(7);
    closed["state"] = json!("closed");
    for (pull, merge) in [
        (merged, later()),
        (closed, later()),
        (pull(7), later().expected_head("other")),
    ] {
        let served = Served::start().await;
        served
            .json("GET", "repos/rpms/foo/pulls/7", 200, pull)
            .await;
        let project = served.project();
        let error = project.pull_requests().merge(7, merge).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(served.lines().await.len(), 1);
    }
}

#[tokio::test]
async fn graphql_says_no_with_200() {
    let one = |kind: &str, message: &str| json!([{"type": kind, "message": message}]);
    let cases = [
        (
            unprocessable("Pull request Auto merge is not allowed for this repository"),
            ErrorKind::Disabled,
        ),
        (
            unprocessable("Pull request Pull request is in unstable status"),
            ErrorKind::Conflict,
        ),
        (
            one(
                "NOT_FOUND",
                "Could not resolve to a node with the global id of 'PR_7'",
            ),
            ErrorKind::NotFound,
        ),
        (
            one("FORBIDDEN", "Resource not accessible by integration"),
            ErrorKind::PermissionDenied,
        ),
        (
            one(
                "INSUFFICIENT_SCOPES",
                "Your token has not been granted the required scopes",
            ),
            ErrorKind::PermissionDenied,
        ),
        (
            one("RATE_LIMITED", "API rate limit exceeded for user ID 1."),
            ErrorKind::RateLimited,
        ),
        (
            json!([{"message": "Field 'x' doesn't exist on type 'Query'"}]),
            ErrorKind::Invalid,
        ),
    ];
    for (errors, kind) in cases {
        let served = refusal(errors, nothing()).await;
        let project = served.project();
        let mut options = ogr_core::CallOptions::new();
        options.deadline = Some(std::time::Duration::from_millis(300));
        let project = project.with(options);
        let error = project.pull_requests().merge(7, later()).await.unwrap_err();
        // The transport's own error comes out of octocrab, with all that it knows.
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.resource(), Some("rpms/foo#7"));
        assert!(error.operation().is_some() && error.forge().is_some());
    }
}

#[tokio::test]
async fn graphql_that_went_wrong_is_like_a_500() {
    let errors = json!([{"message": "Something went wrong while executing your query. Please include `ABCD` when reporting this issue."}]);
    let served = refusal(errors, nothing()).await;
    let project = served.project();
    let error = project.pull_requests().merge(7, later()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let secondary = json!([{"message": "You have exceeded a secondary rate limit."}]);
    let served = refusal(secondary, nothing()).await;
    let mut options = ogr_core::CallOptions::new();
    options.deadline = Some(std::time::Duration::from_millis(300));
    let project = served.project().with(options);
    let error = project.pull_requests().merge(7, later()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.rate_limit().unwrap().kind, LimitKind::Secondary);
}

#[tokio::test]
async fn what_came_in_part_is_let_through_to_who_asks_by_hand() {
    let served = Served::start().await;
    let answer = json!({"data": {"a": {"name": "x"}, "b": null}, "errors": [{"type": "NOT_FOUND", "path": ["b"], "message": "no b"}]});
    served.json("POST", "graphql", 200, answer.clone()).await;
    let ask = RawRequest::post("graphql")
        .json(&json!({"query": "{ a { name } b { name } }"}))
        .unwrap();
    let reply = served.forge.raw(ask).await.unwrap();
    assert_eq!(reply.json::<Value>().unwrap(), answer);
}

#[test]
fn octocrab_outlives_no_runtime_and_needs_not_to() {
    // A client of octocrab dies with the runtime that it was built on: each call builds its own.
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let keeper = runtime();
    let served = keeper.block_on(async {
        let served = Served::start().await;
        served
            .json("GET", "repos/rpms/foo/pulls/7", 200, pull(7))
            .await;
        let answer = json!({"data": {"enablePullRequestAutoMerge": {"pullRequest": null}}});
        served.json("POST", "/api/graphql", 200, answer).await;
        served
    });
    let project = served.project();
    for _ in 0..2 {
        let short = runtime();
        let outcome = short.block_on(project.pull_requests().merge(7, later()));
        assert_eq!(outcome.unwrap(), MergeOutcome::Scheduled);
    }
    keeper.block_on(async { served.lines().await });
}

#[cfg(feature = "octocrab")]
mod escape {
    use octocrab::Error;
    use ogr_github::GitHub;
    use wiremock::ResponseTemplate;

    use super::{common::no, *};

    #[tokio::test]
    async fn octocrabs_own_api_runs_on_our_transport() {
        let served = Served::start().await;
        served
            .json_once("GET", "meta", 503, no("Service unavailable"))
            .await;
        served
            .json(
                "GET",
                "meta",
                200,
                json!({"verifiable_password_authentication": false}),
            )
            .await;
        let octocrab = served.forge.octocrab().unwrap();
        let meta: Value = octocrab.get("/meta", None::<&()>).await.unwrap();
        assert_eq!(meta["verifiable_password_authentication"], false);
        // With our credential, and with our retries.
        let requests = served.server.received_requests().await.unwrap();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[1].headers["authorization"], "Bearer s3cret");
    }

    #[tokio::test]
    async fn a_refusal_is_octocrabs_own_error() {
        let served = Served::start().await;
        served
            .json("GET", "repos/rpms/foo", 404, no("Not Found"))
            .await;
        let octocrab = served.forge.octocrab().unwrap();
        let error = octocrab.repos("rpms", "foo").get().await.unwrap_err();
        match &error {
            Error::GitHub { source, .. } => {
                assert_eq!(source.status_code, 404);
                assert_eq!(source.message, "Not Found");
            }
            other => panic!("{other:?}"),
        }
        assert!(GitHub::error_of_octocrab(&error).is_none());
        // What octocrab reads out of a 404 it still can.
        served
            .answer(
                "GET",
                "repos/rpms/foo/pulls/7/merge",
                ResponseTemplate::new(404),
            )
            .await;
        let merged = octocrab.pulls("rpms", "foo").is_merged(7).await.unwrap();
        assert!(!merged);
    }

    #[tokio::test]
    async fn nothing_leaves_for_another_host() {
        let served = Served::start().await;
        let octocrab = served.forge.octocrab().unwrap();
        let result: Result<Value, _> = octocrab.get("https://evil.example/user", None::<&()>).await;
        let error = result.unwrap_err();
        let own = GitHub::error_of_octocrab(&error).unwrap();
        assert_eq!(own.kind(), ErrorKind::Refused);
        assert!(served.lines().await.is_empty());
    }

    #[tokio::test]
    async fn writes_and_graphql_find_their_way() {
        let served = Served::start().await;
        served
            .json(
                "POST",
                "/api/graphql",
                200,
                json!({"data": {"viewer": {"login": "bob"}}}),
            )
            .await;
        served
            .json("POST", "repos/rpms/foo/dispatches", 502, no("Bad gateway"))
            .await;
        let octocrab = served.forge.octocrab().unwrap();
        let query = json!({"query": "{ viewer { login } }"});
        let data: Value = octocrab.graphql(&query).await.unwrap();
        assert_eq!(data["viewer"]["login"], "bob");
        // octocrab by itself would repeat a POST.
        let event = json!({"event_type": "x"});
        let result: Result<Value, _> = octocrab
            .post("/repos/rpms/foo/dispatches", Some(&event))
            .await;
        assert!(result.is_err());
        let sent = served.sent().await;
        assert_eq!(sent.len(), 2);
        assert_eq!(sent[1].body, event);
    }
}
