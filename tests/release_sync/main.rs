//! The main job, on the embedded forges: three passes, and what each of them leaves.

#![allow(clippy::unwrap_used)]

#[path = "../../examples/release_sync/demo.rs"]
#[allow(dead_code)]
mod demo;
#[path = "../../examples/release_sync/plan.rs"]
mod plan;
mod program;
#[path = "../../examples/release_sync/spec.rs"]
mod spec;
mod spec_files;
#[path = "../../examples/release_sync/sync.rs"]
#[allow(dead_code)]
mod sync;
#[path = "../../examples/release_sync/table.rs"]
mod table;

use demo::Stage;
use http::Method;
use ogr::workflow::Change;
use ogr_mock::{Exchange, MockForge};

/// What the example's modules expect at the root.
pub(crate) type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Requests that change something: the API's by method, and git's pushes. Pagure's whoami is a POST that reads.
fn writes(forge: &MockForge) -> Vec<Exchange> {
    forge
        .requests()
        .into_iter()
        .filter(|exchange| {
            let reads = exchange.method == Method::GET
                || exchange.path.ends_with("/whoami")
                || exchange.path.ends_with("/git-upload-pack");
            !reads
        })
        .collect()
}

fn changes(outcome: &sync::Outcome) -> Vec<Change> {
    outcome
        .rows
        .iter()
        .map(|row| row.result.as_ref().unwrap().change)
        .collect()
}

/// What a sync has left on a dist-git, in words that do not depend on the forge.
async fn left(forge: &MockForge, fork: &str) -> Vec<String> {
    let mut left = Vec::new();
    for pull in forge.pull_requests("rpms/hello").unwrap() {
        left.push(format!(
            "{} <- {}: {} ({:?}), {} comments of people",
            pull.base_branch,
            pull.head.branch,
            pull.title,
            pull.state,
            forge
                .comments("rpms/hello", pull.number)
                .unwrap()
                .iter()
                .filter(|comment| !comment.system)
                .count(),
        ));
    }
    let branch = "rawhide-update-pull_from_upstream";
    let tip = forge.sha(fork, branch).await.unwrap().unwrap();
    let log = forge.log(fork, branch).await.unwrap();
    left.push(format!("{}: {}", log.len(), log[0].message.trim()));
    let spec = forge
        .file(fork, branch, "hello.spec")
        .await
        .unwrap()
        .unwrap();
    left.push(String::from_utf8(spec.to_vec()).unwrap());
    let mut statuses: Vec<String> = Vec::new();
    for project in ["rpms/hello", fork] {
        for status in forge.statuses(project, &tip).unwrap() {
            statuses.push(format!("{} {}", status.context, status.state));
        }
    }
    left.push(statuses.join(", "));
    left
}

#[tokio::test]
async fn three_passes_leave_one_thing_each_and_the_same_on_both_forges() {
    let stage = Stage::start().await.unwrap();
    stage.release("1.1", "- Says hello louder").await.unwrap();

    let first = stage.sync().await.unwrap();
    assert!(first.warnings.is_empty(), "{first}");
    assert_eq!(changes(&first), [Change::Created; 4], "{first}");
    let after_first = (
        left(&stage.pagure, "fork/packit/rpms/hello").await,
        left(&stage.forgejo, "packit/hello").await,
    );
    assert_eq!(after_first.0, after_first.1, "the forges differ");
    let text = after_first.0.join("\n");
    assert!(text.contains("Version:        1.1"), "{text}");
    assert!(text.contains("- Update to 1.1 upstream release"), "{text}");
    assert!(text.contains("release-sync:rawhide success"), "{text}");
    assert!(
        text.contains("Update f42 to upstream release 1.1"),
        "{text}"
    );

    for forge in [&stage.upstream, &stage.pagure, &stage.forgejo] {
        forge.reset_requests();
    }
    let second = stage.sync().await.unwrap();
    assert_eq!(changes(&second), [Change::Unchanged; 4], "{second}");
    for forge in [&stage.upstream, &stage.pagure, &stage.forgejo] {
        let writes = writes(forge);
        assert!(
            writes.is_empty(),
            "{:?} was written to: {writes:#?}",
            forge.dialect()
        );
    }
    let after_second = (
        left(&stage.pagure, "fork/packit/rpms/hello").await,
        left(&stage.forgejo, "packit/hello").await,
    );
    assert_eq!(after_second, after_first);

    stage
        .release("1.2", "- Says hello in more languages")
        .await
        .unwrap();
    let third = stage.sync().await.unwrap();
    assert_eq!(changes(&third), [Change::Updated; 4], "{third}");
    let pagure = left(&stage.pagure, "fork/packit/rpms/hello").await;
    let forgejo = left(&stage.forgejo, "packit/hello").await;
    assert_eq!(pagure, forgejo, "the forges differ");
    assert_eq!(stage.pagure.pull_requests("rpms/hello").unwrap().len(), 2);
    assert_eq!(stage.forgejo.pull_requests("rpms/hello").unwrap().len(), 2);
    let text = pagure.join("\n");
    assert!(text.contains("Version:        1.2"), "{text}");
    assert!(
        !text.contains("Update to 1.1"),
        "one commit on top of the target: {text}"
    );
    assert!(
        text.contains("Update rawhide to upstream release 1.2"),
        "{text}"
    );

    let sha = stage
        .upstream
        .sha("hello/hello", "v1.2")
        .await
        .unwrap()
        .unwrap();
    let upstream = stage.upstream.statuses("hello/hello", &sha).unwrap();
    assert_eq!(upstream.len(), 1, "{upstream:?}");
    assert_eq!(upstream[0].context, "release-sync:rawhide");
}

#[tokio::test]
async fn all_pull_requests_come_from_one_head() {
    let stage = Stage::start().await.unwrap();
    stage.release("1.1", "").await.unwrap();
    stage.sync().await.unwrap();
    for (forge, fork) in [
        (&stage.pagure, "fork/packit/rpms/hello"),
        (&stage.forgejo, "packit/hello"),
    ] {
        let tip = forge
            .sha(fork, "rawhide-update-pull_from_upstream")
            .await
            .unwrap()
            .unwrap();
        for pull in forge.pull_requests("rpms/hello").unwrap() {
            assert_eq!(pull.head.sha.as_str(), tip);
        }
    }
}

#[tokio::test]
async fn a_dry_run_says_what_a_run_writes_and_writes_nothing() {
    let stage = Stage::start().await.unwrap();
    stage.release("1.1", "").await.unwrap();
    for forge in [&stage.upstream, &stage.pagure, &stage.forgejo] {
        forge.reset_requests();
    }
    let plan = stage.plan().await.unwrap();
    let text = plan.to_string();
    assert!(plan.is_whole(), "{text}");
    // Per dist-git: a fork, a commit, two pull requests, a status; and one status upstream.
    assert_eq!(text.matches("would ").count(), 11, "{text}");
    for forge in [&stage.upstream, &stage.pagure, &stage.forgejo] {
        assert!(writes(forge).is_empty(), "{:?}", forge.dialect());
    }
    stage.sync().await.unwrap();
    let plan = stage.plan().await.unwrap().to_string();
    assert!(plan.contains("would write nothing"), "{plan}");
}

#[tokio::test]
async fn a_branch_that_fails_does_not_keep_the_others_from_being_done() {
    let stage = Stage::start().await.unwrap();
    stage.release("1.1", "").await.unwrap();
    stage
        .pagure
        .delete_branch("rpms/hello", "f42")
        .await
        .unwrap();
    let outcome = stage.sync().await.unwrap();
    assert!(!outcome.is_whole());
    let failed: Vec<&str> = outcome
        .rows
        .iter()
        .filter(|row| row.result.is_err())
        .map(|row| row.branch.as_str())
        .collect();
    assert_eq!(failed, ["f42"], "{outcome}");
    assert_eq!(outcome.rows.len(), 4);
}

#[tokio::test]
async fn a_status_that_upstream_refuses_is_a_warning() {
    let stage = Stage::start().await.unwrap();
    stage.release("1.1", "").await.unwrap();
    stage
        .upstream
        .set_group_access("hello", "packit", Some(ogr_mock::Access::Read));
    let outcome = stage.sync().await.unwrap();
    assert!(outcome.is_whole(), "{outcome}");
    assert_eq!(outcome.warnings.len(), 1, "{outcome}");
    assert!(
        outcome
            .to_string()
            .contains("warning: no status on the upstream commit")
    );
}
