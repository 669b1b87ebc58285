//! Changing pull requests.

use std::sync::Arc;

use ogr::{ErrorKind, Operation, PullRequestChange, PullRequestState};

use super::list::open;
use crate::{scenario::Scenario, stage::Stage};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::{
        PullRequestsChange, PullRequestsChangeTarget, PullRequestsClose, PullRequestsComment,
        PullRequestsReopen,
    };
    vec![
        Scenario::new(
            "pull_requests::what_is_not_named_stays",
            &[PullRequestsChange],
            |stage| Box::pin(change(stage)),
        ),
        Scenario::new(
            "pull_requests::another_target",
            &[PullRequestsChangeTarget],
            |stage| Box::pin(target(stage)),
        ),
        Scenario::new(
            "pull_requests::closed_and_opened_again",
            &[PullRequestsClose, PullRequestsReopen],
            |stage| Box::pin(close_reopen(stage)),
        ),
        Scenario::new(
            "pull_requests::commented_on",
            &[PullRequestsComment],
            |stage| Box::pin(comment(stage)),
        ),
        Scenario::new(
            "pull_requests::without_rights_it_is_denied",
            &[PullRequestsClose],
            |stage| Box::pin(denied(stage)),
        ),
    ]
}

async fn change(stage: Arc<Stage>) {
    let project = stage.project().await;
    let number = open(&stage, &project, "topic", "main").await;
    let pulls = project.pull_requests();
    let body = pulls
        .change(number, PullRequestChange::new().body("A text"))
        .await
        .unwrap();
    assert_eq!(
        (body.title.as_str(), body.body.as_deref()),
        ("From topic", Some("A text"))
    );
    let title = pulls
        .change(number, PullRequestChange::new().title("Another title"))
        .await
        .unwrap();
    assert_eq!(title.title, "Another title");
    let read = pulls.get(number).await.unwrap();
    assert_eq!(read.title, "Another title");
    assert_eq!(
        read.body.as_deref(),
        Some("A text"),
        "a new title clears no text"
    );
    let both = pulls
        .change(number, PullRequestChange::new().title("T").body(""))
        .await
        .unwrap();
    assert_eq!(
        (both.title.as_str(), both.body.unwrap_or_default().as_str()),
        ("T", "")
    );
    let error = pulls
        .change(4711, PullRequestChange::new().title("x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

async fn target(stage: Arc<Stage>) {
    let project = stage.project().await;
    let number = open(&stage, &project, "topic", "main").await;
    let changed = project
        .pull_requests()
        .change(number, PullRequestChange::new().target("stable"))
        .await
        .unwrap();
    assert_eq!(changed.base.branch, "stable");
    let read = project.pull_requests().get(number).await.unwrap();
    assert_eq!(read.base.branch, "stable");
    assert_eq!(read.title, "From topic");
}

async fn close_reopen(stage: Arc<Stage>) {
    let project = stage.project().await;
    let number = open(&stage, &project, "topic", "main").await;
    let pulls = project.pull_requests();
    for _ in 0..2 {
        let closed = pulls.close(number).await.unwrap();
        assert_eq!(closed.state, PullRequestState::Closed);
    }
    assert_eq!(
        pulls.get(number).await.unwrap().state,
        PullRequestState::Closed
    );
    for _ in 0..2 {
        let reopened = pulls.reopen(number).await.unwrap();
        assert_eq!(reopened.state, PullRequestState::Open);
    }
    stage.merge(&*project, number).await;
    assert_eq!(
        pulls.get(number).await.unwrap().state,
        PullRequestState::Merged
    );
    let error = pulls.reopen(number).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}

async fn comment(stage: Arc<Stage>) {
    let project = stage.project().await;
    let number = open(&stage, &project, "topic", "main").await;
    let seen = stage.seen_by_contributor(&*project);
    let comment = seen
        .pull_requests()
        .comment(number, "Looks **good**")
        .await
        .unwrap();
    assert_eq!(comment.body, "Looks **good**");
    assert_eq!(comment.author.unwrap().login, "bob");
    assert!(!comment.id.is_empty());
    assert!(comment.created_at.is_some());
    let error = seen.pull_requests().comment(4711, "x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

async fn denied(stage: Arc<Stage>) {
    let project = stage.project().await;
    let number = open(&stage, &project, "topic", "main").await;
    let seen = stage.stranger().project(project.path()).unwrap();
    let error = seen.pull_requests().close(number).await.unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::PermissionDenied | ErrorKind::NotFound
        ),
        "{error}"
    );
    let anonymous = stage.anonymous().project(project.path()).unwrap();
    let error = anonymous.pull_requests().close(number).await.unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Unauthenticated | ErrorKind::NotFound
        ),
        "{error}"
    );
    assert_eq!(
        project.pull_requests().get(number).await.unwrap().state,
        PullRequestState::Open
    );
}
