//! Merge requests: merged.

use ogr_core::{ErrorKind, Merge, MergeMethod, MergeOutcome};
use serde_json::json as j;

use crate::common::{P, Server, json, kind, pairs, pull};

#[tokio::test]
async fn a_merge_is_guarded_and_told() {
    let server = Server::start().await;
    let place = format!("{P}/merge_requests/7/merge");
    let merged = pull(7, j!({"state": "merged", "merge_commit_sha": "c0"}));
    server.once("PUT", &place, json(200, merged)).await;
    server
        .once(
            "PUT",
            &place,
            json(
                200,
                pull(7, j!({"state": "merged", "squash_commit_sha": "c1"})),
            ),
        )
        .await;
    server
        .once(
            "PUT",
            &place,
            json(200, pull(7, j!({"merge_when_pipeline_succeeds": true}))),
        )
        .await;
    server
        .once(
            "PUT",
            &place,
            json(200, pull(7, j!({"merge_error": "Something broke"}))),
        )
        .await;
    let mismatch = j!({"message": "SHA does not match HEAD of source branch: 5a5a"});
    server.once("PUT", &place, json(409, mismatch)).await;
    server
        .once(
            "PUT",
            &place,
            json(422, j!({"message": "Branch cannot be merged"})),
        )
        .await;
    let project = server.project();
    let pulls = project.pull_requests();
    let merge = Merge::new().expected_head("5a5a").message("Title", "Rest");
    assert_eq!(
        pulls.merge(7, merge).await.unwrap(),
        MergeOutcome::Merged {
            sha: Some("c0".into())
        }
    );
    assert_eq!(
        server.last_form().await,
        pairs(&[("merge_commit_message", "Title\n\nRest"), ("sha", "5a5a")])
    );
    let squash = Merge::new()
        .method(MergeMethod::Squash)
        .message("Title", "");
    assert_eq!(
        pulls.merge(7, squash).await.unwrap(),
        MergeOutcome::Merged {
            sha: Some("c1".into())
        }
    );
    assert_eq!(
        server.last_form().await,
        pairs(&[("squash_commit_message", "Title"), ("squash", "true")])
    );
    assert_eq!(
        pulls
            .merge(7, Merge::new().when_checks_pass())
            .await
            .unwrap(),
        MergeOutcome::Scheduled
    );
    assert_eq!(
        server.last_form().await,
        pairs(&[("merge_when_pipeline_succeeds", "true")])
    );
    let place = (ErrorKind::Conflict, "g/s/p#7".to_owned());
    assert_eq!(kind(pulls.merge(7, Merge::new()).await), place);
    assert_eq!(
        kind(pulls.merge(7, Merge::new().expected_head("x")).await),
        place
    );
    assert_eq!(kind(pulls.merge(7, Merge::new()).await), place);
    assert_eq!(server.count().await, 6);
}

#[tokio::test]
async fn the_method_is_the_projects_own() {
    let server = Server::start().await;
    server
        .on(
            "GET",
            P,
            200,
            j!({"id": 1, "path_with_namespace": "g/s/p", "merge_method": "ff"}),
        )
        .await;
    server
        .on(
            "PUT",
            &format!("{P}/merge_requests/7/merge"),
            200,
            pull(7, j!({"state": "merged"})),
        )
        .await;
    let project = server.project();
    let merge = |method| {
        project
            .pull_requests()
            .merge(7, Merge::new().method(method))
    };
    assert_eq!(
        kind(merge(MergeMethod::Rebase).await),
        (ErrorKind::Unsupported, "g/s/p".into())
    );
    assert_eq!(server.count().await, 0);
    assert_eq!(
        kind(merge(MergeMethod::Merge).await),
        (ErrorKind::Unsupported, "g/s/p".into())
    );
    assert_eq!(server.count().await, 1);
    merge(MergeMethod::FastForward).await.unwrap();
    assert_eq!(server.count().await, 3);
}

#[tokio::test]
async fn a_title_of_its_own_is_written_for_gitlab() {
    let server = Server::start().await;
    server
        .on(
            "GET",
            &format!("{P}/merge_requests/7"),
            200,
            pull(7, j!({})),
        )
        .await;
    server
        .on(
            "PUT",
            &format!("{P}/merge_requests/7/merge"),
            200,
            pull(7, j!({"state": "merged"})),
        )
        .await;
    let mut merge = Merge::new();
    merge.message = Some("Rest".into());
    server
        .project()
        .pull_requests()
        .merge(7, merge)
        .await
        .unwrap();
    let message = "Merge branch 'b' into 'main'\n\nRest";
    assert_eq!(
        server.last_form().await,
        pairs(&[("merge_commit_message", message)])
    );
}

#[tokio::test]
async fn a_refused_merge_is_looked_into() {
    let words = |word: &str| j!({"detailed_merge_status": word, "merge_status": "can_be_merged"});
    let cases = [
        (401, j!({}), ErrorKind::PermissionDenied, None),
        (405, j!({"state": "merged"}), ErrorKind::Conflict, None),
        (405, j!({"state": "closed"}), ErrorKind::Conflict, None),
        (
            405,
            words("draft_status"),
            ErrorKind::Conflict,
            Some("draft_status"),
        ),
        (
            405,
            words("conflict"),
            ErrorKind::Conflict,
            Some("conflict"),
        ),
        (
            405,
            words("ci_still_running"),
            ErrorKind::NotReady,
            Some("ci_still_running"),
        ),
        (406, j!({}), ErrorKind::Conflict, None),
    ];
    for (status, more, expected, code) in cases {
        let server = Server::start().await;
        let body = j!({"message": format!("{status} refused")});
        server
            .on("PUT", &format!("{P}/merge_requests/7/merge"), status, body)
            .await;
        server
            .on("GET", &format!("{P}/merge_requests/7"), 200, pull(7, more))
            .await;
        let error = server
            .project()
            .pull_requests()
            .merge(7, Merge::new())
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.code()), (expected, code), "{error}");
        assert_eq!(error.resource(), Some("g/s/p#7"));
        assert_eq!(server.count().await, 2);
    }
    // A bad token cannot read either.
    let server = Server::start().await;
    let refused = j!({"message": "401 Unauthorized"});
    server
        .on(
            "PUT",
            &format!("{P}/merge_requests/7/merge"),
            401,
            refused.clone(),
        )
        .await;
    server
        .on("GET", &format!("{P}/merge_requests/7"), 401, refused)
        .await;
    let error = server
        .project()
        .pull_requests()
        .merge(7, Merge::new())
        .await;
    assert_eq!(kind(error).0, ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn where_there_is_nothing_to_wait_for_it_is_merged_at_once() {
    let server = Server::start().await;
    let place = format!("{P}/merge_requests/7/merge");
    server
        .once(
            "PUT",
            &place,
            json(405, j!({"message": "405 Method Not Allowed"})),
        )
        .await;
    server
        .once(
            "PUT",
            &place,
            json(
                200,
                pull(7, j!({"state": "merged", "merge_commit_sha": "c0"})),
            ),
        )
        .await;
    let mergeable = pull(7, j!({"detailed_merge_status": "mergeable"}));
    server
        .on("GET", &format!("{P}/merge_requests/7"), 200, mergeable)
        .await;
    let merge = Merge::new().when_checks_pass().expected_head("5a5a");
    let outcome = server
        .project()
        .pull_requests()
        .merge(7, merge)
        .await
        .unwrap();
    assert_eq!(
        outcome,
        MergeOutcome::Merged {
            sha: Some("c0".into())
        }
    );
    assert_eq!(server.last_form().await, pairs(&[("sha", "5a5a")]));
}
