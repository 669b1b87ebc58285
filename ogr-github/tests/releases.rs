//! Releases.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Served, invalid};
use futures_util::TryStreamExt;
use ogr_core::{ErrorKind, NewRelease, ReleaseChange};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

fn release(id: u64, tag: &str) -> Value {
    json!({"id": id, "tag_name": tag, "name": null, "body": null, "draft": false, "prerelease": true,
        "author": null, "tarball_url": null, "published_at": null, "created_at": "2026-01-01T00:00:00Z"})
}

#[tokio::test]
async fn releases_are_read_by_tag() {
    let served = Served::start().await;
    served
        .json(
            "GET",
            "repos/rpms/foo/releases/tags/v1%2Frc",
            200,
            release(1, "v1/rc"),
        )
        .await;
    served
        .json(
            "GET",
            "repos/rpms/foo/releases",
            200,
            json!([release(2, "v2")]),
        )
        .await;
    let project = served.project();
    let releases = project.releases();
    let one = releases.get("v1/rc").await.unwrap();
    assert_eq!(one.id.as_deref(), Some("1"));
    assert_eq!((one.title, one.author), (None, None));
    assert_eq!(one.prerelease, Some(true));
    let error = releases.get("v9").await.unwrap_err();
    assert_eq!(error.resource(), Some("rpms/foo release v9"));
    let mut list = releases.list();
    assert_eq!(list.try_next().await.unwrap().unwrap().tag, "v2");
    assert_eq!(served.lines().await.len(), 3);
}

#[tokio::test]
async fn no_release_is_told_from_no_project() {
    let served = Served::start().await;
    let project = served.project();
    let releases = project.releases();
    let error = releases.latest().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    served
        .json(
            "GET",
            "repos/rpms/foo",
            200,
            json!({"full_name": "rpms/foo"}),
        )
        .await;
    assert_eq!(releases.latest().await.unwrap(), None);
    served
        .json(
            "GET",
            "repos/rpms/foo/releases/latest",
            200,
            release(3, "v3"),
        )
        .await;
    assert_eq!(releases.latest().await.unwrap().unwrap().tag, "v3");
}

#[tokio::test]
async fn releases_are_created_and_say_when_they_are_there() {
    let served = Served::start().await;
    let exists =
        invalid(json!([{"resource": "Release", "code": "already_exists", "field": "tag_name"}]));
    served
        .json_once("POST", "repos/rpms/foo/releases", 201, release(1, "v1"))
        .await;
    served
        .json_once("POST", "repos/rpms/foo/releases", 201, release(2, "v2"))
        .await;
    served
        .json("POST", "repos/rpms/foo/releases", 422, exists)
        .await;
    let project = served.project();
    let releases = project.releases();
    releases.create(NewRelease::new("v1")).await.unwrap();
    let new = NewRelease::new("v2")
        .title("Two")
        .body("Notes")
        .target("main")
        .draft()
        .prerelease();
    releases.create(new.clone()).await.unwrap();
    let error = releases.create(new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(error.resource(), Some("rpms/foo release v2"));
    assert_eq!(
        served.body(0).await,
        json!({"tag_name": "v1", "name": "v1", "body": "", "draft": false, "prerelease": false})
    );
    assert_eq!(
        served.body(1).await,
        json!({"tag_name": "v2", "name": "Two", "body": "Notes", "target_commitish": "main", "draft": true, "prerelease": true})
    );
}

#[tokio::test]
async fn releases_are_changed_and_deleted_by_their_id() {
    let served = Served::start().await;
    served
        .json(
            "GET",
            "repos/rpms/foo/releases/tags/v1",
            200,
            release(11, "v1"),
        )
        .await;
    // A draft is in the list alone.
    served
        .json(
            "GET",
            "repos/rpms/foo/releases",
            200,
            json!([release(12, "v3"), release(13, "v2")]),
        )
        .await;
    for id in [11, 13] {
        served
            .json(
                "PATCH",
                &format!("repos/rpms/foo/releases/{id}"),
                200,
                release(id, "x"),
            )
            .await;
    }
    served
        .answer(
            "DELETE",
            "repos/rpms/foo/releases/11",
            ResponseTemplate::new(204),
        )
        .await;
    let project = served.project();
    let releases = project.releases();
    let change = ReleaseChange::new().body("New");
    releases.change("v1", change.clone()).await.unwrap();
    releases
        .change("v2", ReleaseChange::new().draft(false))
        .await
        .unwrap();
    releases.delete("v1").await.unwrap();
    assert_eq!(served.body(1).await, json!({"body": "New"}));
    assert_eq!(served.body(4).await, json!({"draft": false}));
    assert_eq!(served.lines().await.len(), 7);
    let error = releases.change("v9", change).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo release v9"));
    // It was read, so that "not found" means "not allowed".
    let error = releases.delete("v2").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}
