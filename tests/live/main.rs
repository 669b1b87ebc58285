//! `release_sync` from end to end on real servers: see CONTRIBUTING.md for the variables. Without them, the tests say that they
//! are skipped.

#![allow(clippy::unwrap_used)]

#[path = "../contract/ground.rs"]
#[allow(dead_code)]
mod ground;
#[path = "../spec/table.rs"]
#[allow(dead_code)]
mod operations;
#[path = "../../examples/release_sync/spec.rs"]
mod spec;
#[path = "../contract/stage.rs"]
#[allow(dead_code)]
mod stage;
#[path = "../../examples/release_sync/sync.rs"]
#[allow(dead_code)]
mod sync;
#[path = "../../examples/release_sync/table.rs"]
mod table;
#[path = "../contract/work.rs"]
#[allow(dead_code)]
mod work;

use std::sync::Arc;

use ground::Ground;
use ogr::{ForgeKind, Project, workflow::Change};
use ogr_mock::{MockForge, ProjectSetup};

/// What the example's modules expect at the root.
pub(crate) type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

const SPEC: &str = "Name: foo\nVersion: 1.0\nRelease: 1%{?dist}\n\n%changelog\n";

async fn three_passes(ground: Ground) {
    let stage = ground.stage().await.unwrap();
    let package = stage.project().await;
    stage
        .branch_with(&*package, "main", "Package it", &[("foo.spec", SPEC)])
        .await;
    stage
        .branch_with(&*package, "stable", "Package it", &[("foo.spec", SPEC)])
        .await;
    let upstream = MockForge::github().start().await.unwrap();
    upstream.add_group("foo", &["packit"]);
    upstream
        .add_project("foo/foo", ProjectSetup::default())
        .await
        .unwrap();
    let seen = stage.seen_by_contributor(&*package);
    let mut expected = Change::Created;
    for (version, changes) in [
        ("1.1", [Change::Created, Change::Unchanged]),
        ("1.2", [Change::Updated, Change::Unchanged]),
    ] {
        upstream
            .release("foo/foo", &format!("v{version}"), |release| {
                release.body = Some(format!("What is new in {version}"));
            })
            .await
            .unwrap();
        for change in changes {
            expected = change;
            let token = upstream.token("packit").unwrap();
            let forge = stage::connect(
                ForgeKind::GitHub,
                upstream.url(),
                Some(ogr::Credential::token(token)),
            );
            let project = forge.project(&"foo/foo".parse().unwrap()).unwrap();
            let release = sync::Release::of(project, None).await.unwrap();
            let outcome = sync::run(&release, &request(&seen)).await;
            println!("{outcome}");
            assert!(outcome.is_whole(), "{outcome}");
            for row in &outcome.rows {
                assert_eq!(row.result.as_ref().unwrap().change, change, "{outcome}");
            }
        }
    }
    assert_eq!(expected, Change::Unchanged);
    let open = package
        .pull_requests()
        .list(ogr::PullRequestQuery::open())
        .collect_all()
        .await
        .unwrap();
    assert_eq!(open.len(), 2, "{open:?}");
    assert!(open.iter().all(|pull| pull.title.ends_with("release 1.2")));
}

fn request(package: &Arc<dyn Project>) -> sync::Request {
    sync::Request {
        packages: vec![Arc::clone(package)],
        branches: vec!["main".to_owned()],
        fast_forward: vec!["stable".to_owned()],
        author: None,
    }
}

/// Runs on a real server, if the environment names one.
async fn on(ground: Ground) {
    if Ground::all().contains(&ground) {
        three_passes(ground).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn release_sync_on_a_real_pagure() {
    on(Ground::LivePagure).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn release_sync_on_a_real_forgejo() {
    on(Ground::LiveForgejo).await;
}
