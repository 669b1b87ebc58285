//! Releases.

use ogr_core::{ErrorKind, NewRelease, ReleaseChange};
use serde_json::json as j;

use crate::common::{P, Server, json, kind};

#[tokio::test]
async fn releases_are_known_by_their_tags() {
    let server = Server::start().await;
    let row = |tag: &str, upcoming: bool| {
        j!({"tag_name": tag, "name": null, "description": null, "upcoming_release": upcoming,
            "commit": {"id": "c0"}, "released_at": "2024-01-02T03:04:05.000Z", "author": null,
            "assets": {"sources": [{"format": "zip", "url": "z"}, {"format": "tar.gz", "url": "t"}]},
            "_links": {"self": "https://x/-/releases/v1"}})
    };
    let odd = format!("{P}/releases/v%2F1%20%23%3F");
    server.on("GET", &odd, 200, row("v/1 #?", false)).await;
    server.on("PUT", &odd, 200, row("v/1 #?", false)).await;
    server.on("DELETE", &odd, 200, row("v/1 #?", false)).await;
    let list = format!("{P}/releases");
    let future =
        json(200, j!([row("v3", true), row("v2", false)])).insert_header("x-total-pages", "1");
    server.once("GET", &list, future).await;
    server
        .once(
            "GET",
            &list,
            json(200, j!([])).insert_header("x-total-pages", "0"),
        )
        .await;
    let project = server.project();
    let releases = project.releases();
    let release = releases.get("v/1 #?").await.unwrap();
    assert_eq!(release.sha.as_deref(), Some("c0"));
    assert_eq!(release.tarball_url.as_deref(), Some("t"));
    assert_eq!((release.title, release.draft), (None, None));
    releases
        .change("v/1 #?", ReleaseChange::new().body("b").draft(false))
        .await
        .unwrap();
    assert_eq!(server.last_json().await, j!({"description": "b"}));
    releases.delete("v/1 #?").await.unwrap();
    assert_eq!(releases.latest().await.unwrap().unwrap().tag, "v2");
    assert_eq!(releases.latest().await.unwrap(), None);
    server
        .on(
            "GET",
            &format!("{P}/releases/none"),
            404,
            j!({"message": "404 Not found"}),
        )
        .await;
    assert_eq!(
        kind(releases.get("none").await),
        (ErrorKind::NotFound, "g/s/p release none".into())
    );
}

#[tokio::test]
async fn releases_are_created_at_a_place() {
    let server = Server::start().await;
    let place = format!("{P}/releases");
    server
        .once("POST", &place, json(201, j!({"tag_name": "v1"})))
        .await;
    server
        .once(
            "POST",
            &place,
            json(409, j!({"message": "Release already exists"})),
        )
        .await;
    server
        .once(
            "POST",
            &place,
            json(400, j!({"message": "Target nowhere is invalid"})),
        )
        .await;
    let project = server.project();
    let releases = project.releases();
    releases
        .create(NewRelease::new("v1").body("notes"))
        .await
        .unwrap();
    assert_eq!(
        server.last_json().await,
        j!({"tag_name": "v1", "name": "v1", "description": "notes", "ref": "HEAD"})
    );
    let again = NewRelease::new("v1").title("One").target("f/x");
    assert_eq!(
        kind(releases.create(again).await),
        (ErrorKind::AlreadyExists, "g/s/p release v1".into())
    );
    assert_eq!(server.last_json().await["ref"], "f/x");
    let nowhere = NewRelease::new("v1").target("nowhere");
    assert_eq!(
        kind(releases.create(nowhere).await),
        (ErrorKind::NotFound, "g/s/p@nowhere".into())
    );
    let before = server.count().await;
    assert_eq!(
        kind(releases.create(NewRelease::new("v1").draft()).await).0,
        ErrorKind::Unsupported
    );
    assert_eq!(
        kind(releases.create(NewRelease::new("v1").prerelease()).await).0,
        ErrorKind::Unsupported
    );
    let draft = ReleaseChange::new().draft(true);
    assert_eq!(
        kind(releases.change("v1", draft).await).0,
        ErrorKind::Unsupported
    );
    assert_eq!(server.count().await, before);
}
