//! Merging pull requests.

use std::sync::Arc;

use ogr::{ErrorKind, Merge, MergeMethod, MergeOutcome, Operation, PullRequestState};

use super::list::open;
use crate::{scenario::Scenario, stage::Stage, work::Work};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::{PullRequestsMerge, PullRequestsMergeMethod};
    vec![
        Scenario::new("pull_requests::merged", &[PullRequestsMerge], |stage| {
            Box::pin(merged(stage))
        }),
        Scenario::new(
            "pull_requests::only_with_the_expected_head",
            &[PullRequestsMerge],
            |stage| Box::pin(expected_head(stage)),
        ),
        Scenario::new(
            "pull_requests::a_conflict_is_a_conflict",
            &[PullRequestsMerge],
            |stage| Box::pin(conflict(stage)),
        ),
        Scenario::new(
            "pull_requests::squashed",
            &[PullRequestsMergeMethod],
            |stage| Box::pin(squashed(stage)),
        ),
        Scenario::new(
            "pull_requests::without_rights_none_is_merged",
            &[PullRequestsMerge],
            |stage| Box::pin(denied(stage)),
        ),
    ]
}

async fn merged(stage: Arc<Stage>) {
    let project = stage.project().await;
    let number = open(&stage, &project, "topic", "main").await;
    stage.merge(&*project, number).await;
    let pull = project.pull_requests().get(number).await.unwrap();
    assert_eq!(pull.state, PullRequestState::Merged);
    assert!(pull.closed_at.is_some() || pull.merged_at.is_some());
    let file = project
        .contents()
        .read("topic.txt", Some("main"))
        .await
        .unwrap();
    assert_eq!(&file.bytes[..], b"x");
    let error = project
        .pull_requests()
        .merge(number, Merge::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "merged already: {error}");
}

async fn expected_head(stage: Arc<Stage>) {
    let project = stage.project().await;
    let number = open(&stage, &project, "topic", "main").await;
    let old = project.refs().branch("topic").await.unwrap().sha;
    let url = stage.git_url(&*project).await;
    let work = Work::clone(&url, "topic");
    work.write("more.txt", "more");
    work.commit("More");
    work.push(&url, &["HEAD:topic"]);
    let error = stage
        .try_merge(&*project, number, Merge::new().expected_head(old))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(
        project.pull_requests().get(number).await.unwrap().state,
        PullRequestState::Open
    );
    let outcome = stage
        .try_merge(&*project, number, Merge::new().expected_head(work.head()))
        .await
        .unwrap();
    assert!(
        matches!(outcome, MergeOutcome::Merged { .. }),
        "{outcome:?}"
    );
}

async fn conflict(stage: Arc<Stage>) {
    let project = stage.project().await;
    stage
        .branch_with(&*project, "topic", "Theirs", &[("foo.spec", "theirs\n")])
        .await;
    let new = ogr::NewPullRequest::new("x", "topic", "main");
    let number = project.pull_requests().create(new).await.unwrap().number;
    stage
        .branch_with(&*project, "main", "Ours", &[("foo.spec", "ours\n")])
        .await;
    let error = stage
        .try_merge(&*project, number, Merge::new())
        .await
        .unwrap_err();
    // Forgejo says the same words while it works it out and when there is a conflict.
    assert!(
        matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotReady),
        "{error}"
    );
    assert_eq!(
        project.pull_requests().get(number).await.unwrap().state,
        PullRequestState::Open
    );
}

async fn squashed(stage: Arc<Stage>) {
    let project = stage.project().await;
    let url = stage.git_url(&*project).await;
    let base = project.refs().branch("main").await.unwrap().sha;
    let work = Work::clone(&url, "main");
    for name in ["a", "b"] {
        work.write(name, name);
        work.commit(name);
    }
    work.push(&url, &["HEAD:topic"]);
    let new = ogr::NewPullRequest::new("Two in one", "topic", "main");
    let number = project.pull_requests().create(new).await.unwrap().number;
    let merge = Merge::new()
        .method(MergeMethod::Squash)
        .message("Both in one", "Squashed by a test");
    stage.try_merge(&*project, number, merge).await.unwrap();
    let after = Work::clone(&url, "main");
    // GitLab may put a merge commit on top, but the two commits are one.
    let log = after.git(&["log", "--format=%s", &format!("{base}..HEAD")]);
    assert!(log.contains("Both in one"), "{log}");
    assert!(!log.lines().any(|line| line == "a" || line == "b"), "{log}");
    assert_eq!(after.git(&["ls-files", "a", "b"]), "a\nb");
}

async fn denied(stage: Arc<Stage>) {
    let project = stage.project().await;
    let number = open(&stage, &project, "topic", "main").await;
    let seen = stage.stranger().project(project.path()).unwrap();
    let error = seen
        .pull_requests()
        .merge(number, Merge::new())
        .await
        .unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::PermissionDenied | ErrorKind::NotFound
        ),
        "{error}"
    );
    assert_eq!(
        project.pull_requests().get(number).await.unwrap().state,
        PullRequestState::Open
    );
}
