//! Merging now. Merging when the checks pass goes through octocrab, and is tried there.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Served, no, pull};
use ogr_core::{ErrorKind, Merge, MergeMethod, MergeOutcome};
use serde_json::{Value, json};

fn with(mut pull: Value, field: &str, value: Value) -> Value {
    pull[field] = value;
    pull
}

#[tokio::test]
async fn a_merge_says_what_it_was_told() {
    let served = Served::start().await;
    served
        .json(
            "PUT",
            "repos/rpms/foo/pulls/7/merge",
            200,
            json!({"sha": "ccc", "merged": true, "message": "ok"}),
        )
        .await;
    let project = served.project();
    let pulls = project.pull_requests();
    let merged = MergeOutcome::Merged {
        sha: Some("ccc".into()),
    };
    assert_eq!(pulls.merge(7, Merge::new()).await.unwrap(), merged);
    let merge = Merge::new()
        .method(MergeMethod::Squash)
        .expected_head("aaa")
        .message("Title", "Rest");
    pulls.merge(7, merge).await.unwrap();
    assert_eq!(served.body(0).await, json!({}));
    assert_eq!(
        served.body(1).await,
        json!({"sha": "aaa", "merge_method": "squash", "commit_title": "Title", "commit_message": "Rest"})
    );
    let forward = Merge::new().method(MergeMethod::FastForward);
    let error = pulls.merge(7, forward).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(served.lines().await.len(), 2);
}

#[tokio::test]
async fn the_projects_own_way_to_merge_is_found() {
    let served = Served::start().await;
    let at = "repos/rpms/foo/pulls/7/merge";
    for way in ["Merge commits", "Squash merges"] {
        served
            .json_once(
                "PUT",
                at,
                405,
                no(&format!("{way} are not allowed on this repository.")),
            )
            .await;
    }
    served.json("PUT", at, 200, json!({"sha": "ccc"})).await;
    let project = served.project();
    project
        .pull_requests()
        .merge(7, Merge::new())
        .await
        .unwrap();
    assert_eq!(served.body(2).await, json!({"merge_method": "rebase"}));
    // What the caller asks for is not replaced by something else.
    let served = Served::start().await;
    served
        .json(
            "PUT",
            at,
            405,
            no("Merge commits are not allowed on this repository."),
        )
        .await;
    let project = served.project();
    let merge = Merge::new().method(MergeMethod::Merge);
    let error = project.pull_requests().merge(7, merge).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Disabled);
    assert_eq!(served.lines().await.len(), 1);
}

#[tokio::test]
async fn a_refused_merge_says_why() {
    let merged = with(pull(7), "merged", json!(true));
    let cases = [
        (
            409,
            "Head branch was modified. Review and try the merge again.",
            None,
            ErrorKind::Conflict,
        ),
        (
            405,
            "At least 1 approving review is required by reviewers with write access.",
            None,
            ErrorKind::PermissionDenied,
        ),
        (
            405,
            "Pull Request is not mergeable",
            Some(with(pull(7), "mergeable", json!(false))),
            ErrorKind::Conflict,
        ),
        (
            405,
            "Pull Request is not mergeable",
            Some(with(pull(7), "mergeable", Value::Null)),
            ErrorKind::NotReady,
        ),
        (
            405,
            "Pull Request is not mergeable",
            Some(merged),
            ErrorKind::Conflict,
        ),
        (
            403,
            "Resource not accessible by integration",
            None,
            ErrorKind::PermissionDenied,
        ),
        (404, "Not Found", Some(pull(7)), ErrorKind::PermissionDenied),
        (404, "Not Found", None, ErrorKind::NotFound),
    ];
    for (status, message, look, kind) in cases {
        let served = Served::start().await;
        served
            .json("PUT", "repos/rpms/foo/pulls/7/merge", status, no(message))
            .await;
        if let Some(look) = look {
            served
                .json("GET", "repos/rpms/foo/pulls/7", 200, look)
                .await;
        }
        let project = served.project();
        let error = project
            .pull_requests()
            .merge(7, Merge::new())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{message}");
        assert_eq!(error.is_retryable(), kind == ErrorKind::NotReady);
    }
}

#[tokio::test]
async fn a_merge_whose_answer_was_lost_is_a_merge() {
    let served = Served::start().await;
    let at = "repos/rpms/foo/pulls/7/merge";
    served.json_once("PUT", at, 502, no("Bad gateway")).await;
    served
        .json("PUT", at, 405, no("Pull Request is not mergeable"))
        .await;
    let mut merged = with(pull(7), "merged", json!(true));
    merged["merge_commit_sha"] = json!("ccc");
    served
        .json("GET", "repos/rpms/foo/pulls/7", 200, merged)
        .await;
    let project = served.project();
    let pulls = project.pull_requests();
    let merge = Merge::new().expected_head("h".repeat(40));
    let outcome = pulls.merge(7, merge).await.unwrap();
    assert_eq!(
        outcome,
        MergeOutcome::Merged {
            sha: Some("ccc".into())
        }
    );
    assert_eq!(served.lines().await.len(), 3);
}
