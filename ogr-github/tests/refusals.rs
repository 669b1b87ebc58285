//! What a refusal means: one request, no sleep, the right kind, and the thing named.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::{Served, invalid, no};
use ogr_core::{
    Credential, ErrorKind, Forge, LimitKind, NewPullRequest, NewRelease, NewStatus, Outcome,
    http::RawRequest,
};
use serde_json::json;
use wiremock::ResponseTemplate;

/// GitHub sends these with every answer, whether a limit was hit or not.
fn with_rate(answer: ResponseTemplate, remaining: u32) -> ResponseTemplate {
    let reset = chrono::Utc::now().timestamp() + 1_800;
    answer
        .insert_header("x-ratelimit-limit", "5000")
        .insert_header("x-ratelimit-remaining", remaining.to_string())
        .insert_header("x-ratelimit-reset", reset.to_string())
        .insert_header("x-ratelimit-resource", "core")
}

#[tokio::test]
async fn a_bad_token_costs_one_request_and_no_sleep() {
    let served = Served::start().await;
    served.json("GET", "user", 401, no("Bad credentials")).await;
    let start = Instant::now();
    let error = served.forge.users().whoami().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(error.message(), "Bad credentials");
    assert!(start.elapsed() < Duration::from_millis(400));
    assert_eq!(served.lines().await, ["GET user"]);
}

#[tokio::test]
async fn without_a_credential_nobody_is_asked_who_one_is() {
    let served = Served::with(None).await;
    let error = served.forge.users().whoami().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(served.lines().await.is_empty());
}

#[tokio::test]
async fn a_token_for_gitlab_jobs_is_refused() {
    let served = Served::with(Some(Credential::JobToken("x".into()))).await;
    let error = served.project().get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(served.lines().await.is_empty());
}

#[tokio::test]
async fn a_403_with_budget_left_is_no_limit() {
    let served = Served::start().await;
    let answer =
        ResponseTemplate::new(403).set_body_json(no("Must have admin rights to Repository."));
    served
        .answer("GET", "repos/rpms/foo", with_rate(answer, 4_000))
        .await;
    let start = Instant::now();
    let error = served.project().get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.retry_after(), None);
    assert!(start.elapsed() < Duration::from_millis(400));
    assert_eq!(served.lines().await.len(), 1);
}

#[tokio::test]
async fn an_empty_budget_is_a_limit_with_its_reset() {
    let served = Served::start().await;
    let answer =
        ResponseTemplate::new(403).set_body_json(no("API rate limit exceeded for user ID 1."));
    served
        .answer("GET", "repos/rpms/foo", with_rate(answer, 0))
        .await;
    let error = served.project().get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    let hit = error.rate_limit().unwrap();
    assert_eq!(hit.kind, LimitKind::Primary);
    assert!(hit.reset.is_some());
    assert!(error.retry_after().unwrap() > Duration::from_secs(1_700));
    // The wait is longer than a call may take: it fails at once, and so does the next one without being sent.
    served.project().get().await.unwrap_err();
    assert_eq!(served.lines().await.len(), 1);
    // Searching has a budget of its own.
    served
        .json("GET", "search/repositories", 200, json!({"items": []}))
        .await;
    let search = RawRequest::get("search/repositories?q=x");
    served.forge.raw(search).await.unwrap();
}

#[tokio::test]
async fn the_secondary_limit_is_told_by_its_words_or_its_page() {
    for (message, page) in [
        (
            "You have exceeded a secondary rate limit.",
            "https://docs.github.com/rest",
        ),
        (
            "Slow down",
            "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
        ),
        ("Wait", "https://developer.github.com/v3/#abuse-rate-limits"),
    ] {
        let served = Served::start().await;
        let body = json!({ "message": message, "documentation_url": page });
        let answer = ResponseTemplate::new(403)
            .insert_header("retry-after", "3600")
            .set_body_json(body);
        served
            .answer("GET", "repos/rpms/foo", with_rate(answer, 4_000))
            .await;
        let error = served.project().get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited, "{message}");
        assert_eq!(error.rate_limit().unwrap().kind, LimitKind::Secondary);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3_600)));
    }
}

#[tokio::test]
async fn a_create_comes_back_after_a_limit_that_is_short() {
    let served = Served::start().await;
    let limited = ResponseTemplate::new(429)
        .insert_header("retry-after", "0")
        .set_body_json(no("Too many requests"));
    wiremock::Mock::given(wiremock::matchers::method("POST"))
        .respond_with(limited)
        .up_to_n_times(1)
        .mount(&served.server)
        .await;
    served
        .json("POST", "repos/rpms/foo/pulls", 201, common::pull(7))
        .await;
    let new = NewPullRequest::new("Update", "update", "main");
    let pull = served.project().pull_requests().create(new).await.unwrap();
    assert_eq!(pull.number, 7);
    assert_eq!(served.lines().await.len(), 2);
}

#[tokio::test]
async fn a_create_is_not_sent_again_when_it_may_have_worked() {
    let served = Served::start().await;
    served
        .json("POST", "repos/rpms/foo/pulls", 502, no("Bad gateway"))
        .await;
    let new = NewPullRequest::new("Update", "update", "main");
    let error = served
        .project()
        .pull_requests()
        .create(new)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(!error.is_retryable());
    assert_eq!(served.lines().await.len(), 1);
}

#[tokio::test]
async fn an_archived_project_says_so() {
    let served = Served::start().await;
    served
        .json(
            "POST",
            "repos/rpms/foo/pulls",
            403,
            no("Repository was archived so is read-only."),
        )
        .await;
    let new = NewPullRequest::new("Update", "update", "main");
    let error = served
        .project()
        .pull_requests()
        .create(new)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Archived);
}

#[tokio::test]
async fn words_decide_where_the_status_misleads() {
    let cases = [
        (
            410,
            no("Issues are disabled for this repo"),
            ErrorKind::Disabled,
        ),
        (
            451,
            no("Repository access blocked"),
            ErrorKind::PermissionDenied,
        ),
        (
            422,
            no("Reference already exists"),
            ErrorKind::AlreadyExists,
        ),
        (422, no("Object does not exist"), ErrorKind::NotFound),
        (422, no("Update is not a fast forward"), ErrorKind::Conflict),
        (
            422,
            invalid(json!([{"resource": "Label", "code": "invalid", "field": "color"}])),
            ErrorKind::Invalid,
        ),
        (
            422,
            no("This SHA and context has reached the maximum number of statuses."),
            ErrorKind::Quota,
        ),
        (
            403,
            invalid(json!([{"resource": "Blob", "code": "too_large", "field": "data"}])),
            ErrorKind::TooLarge,
        ),
        (409, no("Git Repository is empty."), ErrorKind::NotFound),
        (404, no("Not Found"), ErrorKind::NotFound),
        (400, no("Problems parsing JSON"), ErrorKind::Invalid),
        (500, no("Server Error"), ErrorKind::Unavailable),
        (
            422,
            json!({"message": null, "errors": ["odd"]}),
            ErrorKind::Invalid,
        ),
        (422, json!([1]), ErrorKind::Invalid),
    ];
    for (status, body, kind) in cases {
        let served = Served::start().await;
        served.json("GET", "x", status, body.clone()).await;
        let error = served.forge.raw(RawRequest::get("x")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert_eq!(error.status(), Some(status));
    }
}

#[tokio::test]
async fn a_validation_error_names_the_fields() {
    let served = Served::start().await;
    let errors = json!([
        {"resource": "Status", "code": "custom", "field": "description", "message": "description is too long"},
        {"resource": "Status", "code": "missing_field", "field": "state"},
    ]);
    served.json("GET", "x", 422, invalid(errors)).await;
    let error = served.forge.raw(RawRequest::get("x")).await.unwrap_err();
    assert_eq!(
        error.message(),
        "Validation Failed; Status.description: description is too long; Status.state: missing field"
    );
    assert_eq!(error.code(), Some("custom"));
}

#[tokio::test]
async fn a_404_to_a_write_on_what_is_there_is_a_missing_right() {
    let served = Served::start().await;
    served
        .json("POST", "repos/rpms/foo/statuses/abc", 404, no("Not Found"))
        .await;
    let status = NewStatus::success("build");
    let statuses = served.project();
    let statuses = statuses.statuses();
    let error = statuses.set("abc", &status).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo@abc"));
    served
        .json(
            "GET",
            "repos/rpms/foo",
            200,
            json!({"full_name": "rpms/foo"}),
        )
        .await;
    let error = statuses.set("abc", &status).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    // Another answer tells that the commit is not there: it needs no look.
    let served = Served::start().await;
    served
        .json(
            "POST",
            "repos/rpms/foo/statuses/abc",
            422,
            no("No commit found for SHA: abc"),
        )
        .await;
    let error = served
        .project()
        .statuses()
        .set("abc", &status)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(served.lines().await.len(), 1);
}

#[tokio::test]
async fn a_hidden_write_without_a_credential_asks_for_one() {
    let served = Served::with(None).await;
    served
        .json("POST", "repos/rpms/foo/releases", 404, no("Not Found"))
        .await;
    served
        .json(
            "GET",
            "repos/rpms/foo",
            200,
            json!({"full_name": "rpms/foo"}),
        )
        .await;
    let error = served
        .project()
        .releases()
        .create(NewRelease::new("v1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_web_page_is_no_data() {
    let served = Served::start().await;
    let page = "<html><title>Are you a robot?</title></html>";
    let answer = ResponseTemplate::new(200).set_body_raw(page, "text/html; charset=utf-8");
    served.answer("GET", "repos/rpms/foo", answer).await;
    let error = served.project().get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BotWall);
    let served = Served::start().await;
    let answer = ResponseTemplate::new(502).set_body_raw("<html>Unicorn!</html>", "text/html");
    served.answer("GET", "repos/rpms/foo", answer).await;
    let error = served.project().get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn what_cannot_be_read_is_said_with_its_place() {
    for (body, place) in [
        (r#"{"full_name": "rpms/foo", "id": "#, "EOF"),
        (r#"{"full_name": 7}"#, "full_name"),
        (r#"{"full_name": "rpms"}"#, "rpms"),
        ("null", "null"),
        ("[]", "Repository"),
    ] {
        let served = Served::start().await;
        let answer = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        served.answer("GET", "repos/rpms/foo", answer).await;
        let error = served.project().get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert!(error.message().contains(place), "{}", error.message());
        assert!(error.forge().is_some());
        assert_eq!(error.resource(), Some("rpms/foo"));
    }
}

#[tokio::test]
async fn the_secret_stays_out_of_what_is_shown() {
    let served = Served::start().await;
    served
        .json("GET", "repos/rpms/foo", 401, no("Bad credentials: s3cret"))
        .await;
    let error = served.project().get().await.unwrap_err();
    for shown in [
        error.to_string(),
        format!("{error:?}"),
        format!("{:?}", served.forge),
    ] {
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
