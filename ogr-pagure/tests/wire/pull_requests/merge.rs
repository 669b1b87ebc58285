//! Merging.

use ogr_core::{ErrorKind, Merge, MergeOutcome};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{PULL, verb};
use crate::server::{OTHER, SHA, Server, pull, refusal};

#[tokio::test]
async fn a_merge_is_believed_when_the_state_says_so() {
    let server = Server::start().await;
    let merged = json!({"message": "Changes merged!"});
    server.json("POST", &verb("merge"), 200, merged).await;
    server.once("GET", PULL, 200, pull(1, "Merged")).await;
    // A project that takes no merge commits: "Changes merged!" all the same.
    server.once("GET", PULL, 200, pull(1, "Open")).await;
    let project = server.project("rpms/foo");
    let pulls = project.pull_requests();
    let outcome = pulls.merge(1, Merge::new()).await.unwrap();
    assert_eq!(outcome, MergeOutcome::Merged { sha: None });
    let error = pulls.merge(1, Merge::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("did not merge"));
    assert_eq!(server.asked().await.len(), 4);
}

#[tokio::test]
async fn a_merge_of_another_head_never_leaves() {
    let server = Server::start().await;
    server.json("GET", PULL, 200, pull(1, "Open")).await;
    let project = server.project("rpms/foo");
    let merge = Merge::new().expected_head(OTHER);
    let error = project.pull_requests().merge(1, merge).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains(SHA) && error.message().contains(OTHER));
    assert_eq!(server.asked().await.len(), 1);
}

fn conflicts() -> Value {
    refusal(
        "EPRCONFLICTS",
        "This pull-request conflicts and thus cannot be merged",
    )
}

#[tokio::test]
async fn a_conflict_is_told_from_what_was_merged_or_closed_before() {
    for (state, words) in [
        ("Open", "conflicts and thus"),
        ("Merged", "merged already"),
        ("Closed", "closed"),
    ] {
        let server = Server::start().await;
        server.json("POST", &verb("merge"), 409, conflicts()).await;
        server.json("GET", PULL, 200, pull(1, state)).await;
        let project = server.project("rpms/foo");
        let error = project
            .pull_requests()
            .merge(1, Merge::new())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.message().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_merge_whose_answer_was_lost_is_a_merge() {
    let server = Server::start().await;
    server
        .mount("POST", &verb("merge"), ResponseTemplate::new(504), 1)
        .await;
    server.json("POST", &verb("merge"), 409, conflicts()).await;
    server.json("GET", PULL, 200, pull(1, "Merged")).await;
    let project = server.project("rpms/foo");
    let outcome = project
        .pull_requests()
        .merge(1, Merge::new())
        .await
        .unwrap();
    assert_eq!(outcome, MergeOutcome::Merged { sha: None });
}

#[tokio::test]
async fn what_brings_in_nothing_is_merged_by_a_refusal() {
    let server = Server::start().await;
    server.once("GET", PULL, 200, pull(1, "Open")).await;
    server.json("POST", &verb("merge"), 409, conflicts()).await;
    server.once("GET", PULL, 200, pull(1, "Merged")).await;
    let project = server.project("rpms/foo");
    let merge = Merge::new().expected_head(SHA);
    project.pull_requests().merge(1, merge).await.unwrap();
}

#[tokio::test]
async fn a_merge_that_is_not_allowed_is_one_request() {
    for code in ["ENOPRCLOSE", "ENOTASSIGNED", "ENOTASSIGNEE", "EPRSCORE"] {
        let server = Server::start().await;
        let no = refusal(code, "no");
        server.json("POST", &verb("merge"), 403, no).await;
        let project = server.project("rpms/foo");
        let error = project
            .pull_requests()
            .merge(1, Merge::new())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!(server.asked().await.len(), 1);
    }
}
