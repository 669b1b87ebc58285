//! Merging: many meanings of one status, and answers that were lost.

use ogr_core::{ErrorKind, Merge, MergeMethod, MergeOutcome};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::server::{Server, missing, pull, refused};

const MERGE: &str = "POST repos/rpms/foo/pulls/7/merge";
const GET: &str = "GET repos/rpms/foo/pulls/7";

fn merged() -> Value {
    let mut pull = pull(7);
    pull["state"] = json!("closed");
    pull["merged"] = json!(true);
    pull["merge_commit_sha"] = json!("cccc");
    pull
}

fn squash() -> Merge {
    Merge::new().method(MergeMethod::Squash)
}

#[tokio::test]
async fn the_method_is_sent_in_the_forges_mixed_case() {
    let server = Server::start().await;
    server.respond(MERGE, ResponseTemplate::new(200)).await;
    let merge = squash().expected_head("aaaa").message("Title", "Text");
    let outcome = server
        .project()
        .pull_requests()
        .merge(7, merge)
        .await
        .unwrap();
    assert_eq!(outcome, MergeOutcome::Merged { sha: None });
    assert_eq!(
        server.last_body().await,
        json!({"Do": "squash", "MergeTitleField": "Title", "MergeMessageField": "Text", "head_commit_id": "aaaa"})
    );
    assert_eq!(server.asked().await, [MERGE]);
}

#[tokio::test]
async fn the_projects_own_method_takes_one_look() {
    let server = Server::start().await;
    server.answer(GET, 200, pull(7)).await;
    server.respond(MERGE, ResponseTemplate::new(200)).await;
    let project = server.project();
    project
        .pull_requests()
        .merge(7, Merge::new())
        .await
        .unwrap();
    assert_eq!(server.last_body().await, json!({"Do": "rebase"}));
    assert_eq!(server.asked().await, [GET, MERGE]);
}

#[tokio::test]
async fn created_means_scheduled() {
    let server = Server::start().await;
    server.respond(MERGE, ResponseTemplate::new(201)).await;
    let project = server.project();
    let merge = squash().when_checks_pass();
    let outcome = project.pull_requests().merge(7, merge).await.unwrap();
    assert_eq!(outcome, MergeOutcome::Scheduled);
    assert_eq!(
        server.last_body().await,
        json!({"Do": "squash", "merge_when_checks_succeed": true})
    );
}

#[tokio::test]
async fn what_is_scheduled_already_is_scheduled() {
    let server = Server::start().await;
    let words = "pull request is already scheduled to auto merge when checks succeed [pull_id: 59]";
    server.answer(MERGE, 409, refused(words)).await;
    let project = server.project();
    let merge = squash().when_checks_pass();
    let outcome = project.pull_requests().merge(7, merge).await.unwrap();
    assert_eq!(outcome, MergeOutcome::Scheduled);
}

#[tokio::test]
async fn scheduling_looks_at_the_expected_head_itself() {
    let server = Server::start().await;
    server.answer(GET, 200, pull(7)).await;
    let merge = squash().when_checks_pass().expected_head("0000");
    let project = server.project();
    let error = project.pull_requests().merge(7, merge).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(server.asked().await, [GET]);
}

#[tokio::test]
async fn one_status_means_many_things() {
    for (status, body, now, kind) in [
        (
            405,
            refused("User not allowed to merge PR"),
            None,
            ErrorKind::PermissionDenied,
        ),
        (
            405,
            refused("not allowed to merge [reason: Not all required status checks successful]"),
            None,
            ErrorKind::NotReady,
        ),
        (
            405,
            refused("squash is not an allowed merge style for this repository"),
            None,
            ErrorKind::Disabled,
        ),
        (
            405,
            refused("Work in progress PRs cannot be merged"),
            Some(pull(7)),
            ErrorKind::Conflict,
        ),
        (405, refused(""), Some(merged()), ErrorKind::Conflict),
        (409, refused("head out of date"), None, ErrorKind::Conflict),
        (
            409,
            json!({"Style": "merge", "StdOut": "", "StdErr": "CONFLICT (content)", "Err": {}}),
            None,
            ErrorKind::Conflict,
        ),
        (422, refused("[Do]: In"), None, ErrorKind::Unsupported),
        (404, missing(""), Some(merged()), ErrorKind::Conflict),
    ] {
        let server = Server::start().await;
        server.answer(MERGE, status, body.clone()).await;
        if let Some(now) = now {
            server.answer(GET, 200, now).await;
        }
        let error = server
            .project()
            .pull_requests()
            .merge(7, squash())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert_eq!(error.resource(), Some("rpms/foo#7"));
    }
}

#[tokio::test]
async fn a_closed_one_is_told_from_one_that_is_not_there() {
    let server = Server::start().await;
    server.answer(MERGE, 404, missing("")).await;
    let mut closed = pull(7);
    closed["state"] = json!("closed");
    server.answer_once(GET, 200, closed).await;
    server.answer(GET, 404, missing("")).await;
    let project = server.project();
    let error = project
        .pull_requests()
        .merge(7, squash())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Conflict, "it is closed")
    );
    let error = project
        .pull_requests()
        .merge(7, squash())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn try_again_later_is_tried_again() {
    let server = Server::start().await;
    server
        .answer_once(MERGE, 405, refused("Please try again later"))
        .await;
    server.respond(MERGE, ResponseTemplate::new(200)).await;
    let project = server.project();
    let outcome = project.pull_requests().merge(7, squash()).await.unwrap();
    assert_eq!(outcome, MergeOutcome::Merged { sha: None });
    assert_eq!(server.asked().await.len(), 2);
}

#[tokio::test]
async fn but_not_for_ever() {
    let server = Server::start().await;
    server
        .answer(MERGE, 405, refused("Please try again later"))
        .await;
    let error = server
        .project()
        .pull_requests()
        .merge(7, squash())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotReady);
    assert!(error.is_retryable());
    assert!(error.message().contains("conflicts"), "{error}");
    assert_eq!(server.asked().await.len(), 4);
}

#[tokio::test]
async fn a_merge_whose_answer_was_lost_is_a_merge() {
    let server = Server::start().await;
    server.answer_once(MERGE, 502, json!(null)).await;
    server.answer(MERGE, 405, refused("")).await;
    server.answer(GET, 200, merged()).await;
    let project = server.project();
    let pulls = project.pull_requests();
    let outcome = pulls
        .merge(7, squash().expected_head("aaaa"))
        .await
        .unwrap();
    assert_eq!(
        outcome,
        MergeOutcome::Merged {
            sha: Some("cccc".into())
        }
    );
    assert_eq!(server.asked().await, [MERGE, MERGE, GET]);
}

#[tokio::test]
async fn a_merge_of_another_head_is_not_ours() {
    let server = Server::start().await;
    server.answer_once(MERGE, 502, json!(null)).await;
    server.answer(MERGE, 409, refused("head out of date")).await;
    server.answer(GET, 200, merged()).await;
    let project = server.project();
    let merge = squash().expected_head("0000");
    let error = project.pull_requests().merge(7, merge).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}
