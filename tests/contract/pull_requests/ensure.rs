//! Exactly one pull request for a head and a target.

use std::sync::Arc;

use ogr::{
    NewPullRequest, Operation, Project, PullRequestQuery,
    workflow::{Change, EnsurePullRequest, ensure_pull_request},
};

use crate::{scenario::Scenario, stage::Stage};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::PullRequestsCreate;
    vec![
        Scenario::new(
            "pull_requests::ensured_it_converges",
            &[PullRequestsCreate],
            |stage| Box::pin(converges(stage)),
        ),
        Scenario::new(
            "pull_requests::one_head_several_targets",
            &[PullRequestsCreate],
            |stage| Box::pin(several_targets(stage)),
        ),
        Scenario::new(
            "pull_requests::many_workers_open_one",
            &[PullRequestsCreate],
            |stage| Box::pin(many_workers(stage)),
        ),
        Scenario::new(
            "pull_requests::a_lost_answer_opens_no_second",
            &[PullRequestsCreate],
            |stage| Box::pin(lost_answer(stage)),
        )
        .mock_only(),
        Scenario::new(
            "pull_requests::a_dry_run_writes_nothing",
            &[PullRequestsCreate],
            |stage| Box::pin(dry_run(stage)),
        ),
    ]
}

struct Setting {
    project: Arc<dyn Project>,
    seen: Arc<dyn Project>,
    fork: Arc<dyn Project>,
}

async fn setting(stage: &Stage) -> Setting {
    let project = stage.project().await;
    let fork = stage.fork(&*project).await;
    stage
        .branch_with(&*fork, "update", "Change", &[("a.txt", "a")])
        .await;
    Setting {
        seen: stage.seen_by_contributor(&*project),
        project,
        fork,
    }
}

impl Setting {
    fn pull(&self, title: &str, target: &str) -> NewPullRequest {
        NewPullRequest::new(title, "update", target)
            .from_project(self.fork.path().clone())
            .body(format!("About {title}\n\n- one\n- two"))
    }

    async fn open(&self) -> Vec<(u64, String)> {
        let pulls = self.project.pull_requests().list(PullRequestQuery::open());
        pulls
            .collect_all()
            .await
            .unwrap()
            .into_iter()
            .map(|pull| (pull.number, pull.title))
            .collect()
    }
}

async fn converges(stage: Arc<Stage>) {
    let setting = setting(&stage).await;
    let ensure =
        |title: &str| ensure_pull_request(setting.seen.clone(), setting.pull(title, "main"));
    let first = ensure("Version 1").await.unwrap();
    assert_eq!(first.change, Change::Created);
    let again = ensure("Version 1").await.unwrap();
    assert_eq!(again.change, Change::Unchanged);
    assert_eq!(again.value.number, first.value.number);
    let newer = ensure("Version 2").await.unwrap();
    assert_eq!(newer.change, Change::Updated);
    assert_eq!(newer.value.number, first.value.number);
    assert_eq!(
        setting.open().await,
        [(first.value.number, "Version 2".to_owned())]
    );
    // One that was closed is not opened again: a new one is.
    setting
        .seen
        .pull_requests()
        .close(first.value.number)
        .await
        .unwrap();
    let fresh = ensure("Version 2").await.unwrap();
    assert_eq!(fresh.change, Change::Created);
    assert_ne!(fresh.value.number, first.value.number);
}

async fn several_targets(stage: Arc<Stage>) {
    let setting = setting(&stage).await;
    for _ in 0..2 {
        for target in ["main", "stable"] {
            ensure_pull_request(setting.seen.clone(), setting.pull(target, target))
                .await
                .unwrap();
        }
    }
    let open = setting.open().await;
    assert_eq!(open.len(), 2, "{open:?}");
}

async fn many_workers(stage: Arc<Stage>) {
    let setting = setting(&stage).await;
    let workers =
        (0..8).map(|_| ensure_pull_request(setting.seen.clone(), setting.pull("x", "main")));
    for done in futures_util::future::join_all(workers).await {
        done.unwrap();
    }
    let open = setting.open().await;
    assert_eq!(open.len(), 1, "{open:?}");
}

async fn lost_answer(stage: Arc<Stage>) {
    let setting = setting(&stage).await;
    // The server opens the pull request, and the connection breaks before it says so.
    stage
        .mocked()
        .fault(ogr_mock::Fault::on("POST", "*").drop_after());
    let done = ensure_pull_request(setting.seen.clone(), setting.pull("x", "main")).await;
    let done = match done {
        Ok(done) => done,
        Err(_) => ensure_pull_request(setting.seen.clone(), setting.pull("x", "main"))
            .await
            .unwrap(),
    };
    assert_eq!(setting.open().await, [(done.value.number, "x".to_owned())]);
}

async fn dry_run(stage: Arc<Stage>) {
    let setting = setting(&stage).await;
    let plan = EnsurePullRequest::on(setting.seen.clone(), setting.pull("x", "main"))
        .plan()
        .await
        .unwrap();
    assert_eq!(plan.change(), Change::Created);
    assert_eq!(plan.writes().len(), 1);
    assert!(setting.open().await.is_empty());
    plan.apply().await.unwrap();
    assert_eq!(setting.open().await.len(), 1);
}
