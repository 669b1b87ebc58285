//! Commit statuses.

use std::sync::Arc;

use ogr::{CheckState, ErrorKind, NewStatus, Operation, workflow};

use crate::{scenario::Scenario, stage::Stage};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::{StatusesCombined, StatusesList, StatusesSet};
    vec![
        Scenario::new(
            "statuses::a_status_is_set_and_read_back",
            &[StatusesSet, StatusesList],
            |stage| Box::pin(set(stage)),
        ),
        Scenario::new(
            "statuses::every_state_can_be_set_and_read",
            &[StatusesSet],
            |stage| Box::pin(every_state(stage)),
        ),
        Scenario::new(
            "statuses::the_newest_of_a_context_counts",
            &[StatusesCombined],
            |stage| Box::pin(newest_counts(stage)),
        ),
        Scenario::new(
            "statuses::a_commit_without_any_has_no_state",
            &[StatusesCombined],
            |stage| Box::pin(none(stage)),
        ),
        Scenario::new(
            "statuses::without_rights_it_is_denied",
            &[StatusesSet],
            |stage| Box::pin(denied(stage)),
        )
        .mock_only(),
        Scenario::new(
            "statuses::a_report_updates_and_does_not_pile_up",
            &[StatusesSet],
            |stage| Box::pin(report(stage)),
        ),
    ]
}

async fn set(stage: Arc<Stage>) {
    let project = stage.project().await;
    let sha = project.refs().branch("main").await.unwrap().sha;
    let status = NewStatus::success("build:rawhide [x86_64]")
        .description("all good")
        .url("https://ci.example.org/7")
        .branch("main");
    let made = project.statuses().set(&sha, &status).await.unwrap();
    assert_eq!(made.state, CheckState::Success);
    let all = project.statuses().list(&sha).collect_all().await.unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    let read = &all[0];
    assert_eq!(read.context, "build:rawhide [x86_64]");
    assert_eq!(read.state, CheckState::Success);
    assert_eq!(read.description.as_deref(), Some("all good"));
    assert_eq!(read.url.as_deref(), Some("https://ci.example.org/7"));
    assert!(read.created_at.is_some());
}

async fn every_state(stage: Arc<Stage>) {
    let project = stage.project().await;
    let sha = project.refs().branch("main").await.unwrap().sha;
    for state in CheckState::ALL {
        let status = NewStatus::new(format!("check-{state}"), state.clone())
            .description(format!("it is {state}"))
            .branch("main");
        let kept = project.statuses().kept(&sha, &status);
        let made = project.statuses().set(&sha, &status).await.unwrap();
        assert_eq!(made.state, kept.state, "{state}");
        assert!(!matches!(made.state, CheckState::Other(_)), "{state}");
        // Final is final, and what is not must not read as an end.
        assert_eq!(made.state.is_final(), kept.state.is_final());
        assert!(
            !state.is_final() || kept.state.is_final() || *state == CheckState::ActionRequired,
            "{state} became {}",
            kept.state
        );
    }
    let all = project.statuses().list(&sha).collect_all().await.unwrap();
    assert_eq!(all.len(), CheckState::ALL.len());
    for status in all {
        assert!(!matches!(status.state, CheckState::Other(_)), "{status:?}");
    }
}

async fn newest_counts(stage: Arc<Stage>) {
    let project = stage.project().await;
    let sha = project.refs().branch("main").await.unwrap().sha;
    let set = async |status: NewStatus| {
        project
            .statuses()
            .set(&sha, &status.branch("main"))
            .await
            .unwrap();
    };
    set(NewStatus::pending("build").description("waits")).await;
    set(NewStatus::success("test").description("fine")).await;
    assert_eq!(
        project.statuses().combined(&sha).await.unwrap().state,
        Some(CheckState::Pending)
    );
    set(NewStatus::failure("build").description("broken")).await;
    let combined = project.statuses().combined(&sha).await.unwrap();
    assert_eq!(combined.state, Some(CheckState::Failure));
    assert_eq!(combined.statuses.len(), 2, "{combined:?}");
    set(NewStatus::success("build").description("mended")).await;
    let combined = project.statuses().combined(&sha).await.unwrap();
    assert_eq!(combined.state, Some(CheckState::Success));
}

async fn none(stage: Arc<Stage>) {
    let project = stage.project().await;
    let sha = project.refs().branch("main").await.unwrap().sha;
    let combined = project.statuses().combined(&sha).await.unwrap();
    assert_eq!(combined.state, None);
    assert!(combined.statuses.is_empty());
    assert!(
        project
            .statuses()
            .list(&sha)
            .collect_all()
            .await
            .unwrap()
            .is_empty()
    );
}

async fn denied(stage: Arc<Stage>) {
    let project = stage.project().await;
    let sha = project.refs().branch("main").await.unwrap().sha;
    let seen = stage.stranger().project(project.path()).unwrap();
    let result = seen
        .statuses()
        .set(&sha, &NewStatus::success("x").description("y"))
        .await;
    match result {
        // Pagure asks for nothing but the token's right to set flags.
        Ok(_) => assert_eq!(stage.kind(), ogr::ForgeKind::Pagure),
        Err(error) => assert!(
            matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::NotFound
            ),
            "{error}"
        ),
    }
}

async fn report(stage: Arc<Stage>) {
    let project = stage.project().await;
    let sha = project.refs().branch("main").await.unwrap().sha;
    for state in CheckState::ALL {
        let status = NewStatus::new("job", state.clone())
            .description(format!("it is {state}: {}", "x".repeat(300)))
            .url("https://ci.example.org/1")
            .branch("main");
        workflow::report(project.clone(), &sha, status.clone())
            .await
            .unwrap();
        let again = workflow::report(project.clone(), &sha, status.clone())
            .await
            .unwrap();
        assert_eq!(again.change, workflow::Change::Unchanged, "{state}");
        let plan = workflow::Report::on(project.clone(), &sha, status)
            .plan()
            .await
            .unwrap();
        assert!(plan.writes().is_empty(), "{state}");
    }
    let combined = project.statuses().combined(&sha).await.unwrap();
    assert_eq!(combined.statuses.len(), 1);
}
