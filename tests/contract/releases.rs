//! Releases.

use std::sync::Arc;

use ogr::{ErrorKind, NewRelease, Operation, ReleaseChange};

use crate::{scenario::Scenario, stage::Stage};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::{
        ReleasesChange, ReleasesCreate, ReleasesCreateDraft, ReleasesDelete, ReleasesGet,
        ReleasesLatest, ReleasesList,
    };
    vec![
        Scenario::new(
            "releases::a_release_is_created_once_and_read",
            &[ReleasesCreate, ReleasesGet, ReleasesList],
            |stage| Box::pin(create(stage)),
        ),
        Scenario::new(
            "releases::a_missing_release_is_named",
            &[ReleasesGet],
            |stage| Box::pin(missing(stage)),
        ),
        Scenario::new(
            "releases::the_latest_is_the_newest_published",
            &[ReleasesLatest, ReleasesCreate],
            |stage| Box::pin(latest(stage)),
        ),
        Scenario::new(
            "releases::drafts_and_prereleases_are_not_latest",
            &[ReleasesLatest, ReleasesCreateDraft],
            |stage| Box::pin(drafts(stage)),
        ),
        Scenario::new(
            "releases::a_release_is_changed",
            &[ReleasesChange],
            |stage| Box::pin(change(stage)),
        ),
        Scenario::new(
            "releases::a_release_is_deleted_and_its_tag_stays",
            &[ReleasesDelete],
            |stage| Box::pin(delete(stage)),
        ),
    ]
}

async fn create(stage: Arc<Stage>) {
    let project = stage.project().await;
    let tip = project.refs().branch("stable").await.unwrap().sha;
    let new = NewRelease::new("v1.0")
        .title("Version 1.0")
        .body("What is new")
        .target("stable");
    let made = project.releases().create(new.clone()).await.unwrap();
    assert_eq!(made.tag, "v1.0");
    assert_eq!(project.refs().tag("v1.0").await.unwrap().sha, tip);
    let read = project.releases().get("v1.0").await.unwrap();
    assert_eq!(read.tag, "v1.0");
    if stage.kind() != ogr::ForgeKind::Pagure {
        assert_eq!(read.title.as_deref(), Some("Version 1.0"));
        assert_eq!(read.body.as_deref(), Some("What is new"));
        assert!(read.created_at.is_some());
    }
    let all = project.releases().list().collect_all().await.unwrap();
    assert_eq!(all.len(), 1);
    let error = project.releases().create(new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    assert!(error.to_string().contains("v1.0"), "{error}");
}

async fn missing(stage: Arc<Stage>) {
    let project = stage.project().await;
    let error = project.releases().get("v7").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.to_string().contains("v7"), "{error}");
    assert!(
        project
            .releases()
            .list()
            .collect_all()
            .await
            .unwrap()
            .is_empty()
    );
}

async fn latest(stage: Arc<Stage>) {
    let project = stage.project().await;
    assert_eq!(project.releases().latest().await.unwrap(), None);
    for tag in ["v1.0", "v1.1"] {
        project
            .releases()
            .create(NewRelease::new(tag).body(tag))
            .await
            .unwrap();
        // Forges order by whole seconds.
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    }
    let latest = project.releases().latest().await.unwrap().unwrap();
    assert_eq!(latest.tag, "v1.1");
    let all = project.releases().list().collect_all().await.unwrap();
    let tags: Vec<&str> = all.iter().map(|release| release.tag.as_str()).collect();
    assert_eq!(tags, ["v1.1", "v1.0"], "newest first");
}

async fn drafts(stage: Arc<Stage>) {
    let project = stage.project().await;
    project
        .releases()
        .create(NewRelease::new("v1.0"))
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let pre = project
        .releases()
        .create(NewRelease::new("v2.0-rc1").prerelease())
        .await
        .unwrap();
    assert_eq!(pre.prerelease, Some(true));
    let draft = project
        .releases()
        .create(NewRelease::new("v2.0").draft())
        .await
        .unwrap();
    assert_eq!(draft.draft, Some(true));
    assert_eq!(
        project.releases().latest().await.unwrap().unwrap().tag,
        "v1.0"
    );
}

async fn change(stage: Arc<Stage>) {
    let project = stage.project().await;
    project
        .releases()
        .create(NewRelease::new("v1.0").title("Old").body("Old notes"))
        .await
        .unwrap();
    let changed = project
        .releases()
        .change("v1.0", ReleaseChange::new().title("New"))
        .await
        .unwrap();
    assert_eq!(changed.title.as_deref(), Some("New"));
    let read = project.releases().get("v1.0").await.unwrap();
    assert_eq!(read.title.as_deref(), Some("New"));
    assert_eq!(
        read.body.as_deref(),
        Some("Old notes"),
        "what is not named stays"
    );
    let error = project
        .releases()
        .change("v9", ReleaseChange::new().title("x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

async fn delete(stage: Arc<Stage>) {
    let project = stage.project().await;
    project
        .releases()
        .create(NewRelease::new("v1.0"))
        .await
        .unwrap();
    project.releases().delete("v1.0").await.unwrap();
    assert!(
        project
            .releases()
            .get("v1.0")
            .await
            .unwrap_err()
            .is_not_found()
    );
    project.refs().tag("v1.0").await.unwrap();
    let error = project.releases().delete("v1.0").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}
