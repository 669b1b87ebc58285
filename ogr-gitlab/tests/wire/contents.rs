//! Files, folders and trees.

use ogr_core::ErrorKind;
use serde_json::json as j;
use wiremock::ResponseTemplate;

use crate::common::{P, Server, json, kind};

#[tokio::test]
async fn files_are_read_byte_for_byte_at_any_place() {
    let server = Server::start().await;
    let place = format!("{P}/repository/files/a%20b%2Fc%23%3F%25.txt/raw");
    let raw = ResponseTemplate::new(200)
        .insert_header("x-gitlab-blob-id", "b10b")
        .set_body_raw(vec![0, 159, 146, 150], "text/plain");
    server.answer("GET", &place, raw).await;
    let project = server.project();
    let contents = project.contents();
    let file = contents.read("./a b/./c#?%.txt", None).await.unwrap();
    assert_eq!(
        (&file.bytes[..], file.sha.as_deref()),
        (&[0, 159, 146, 150][..], Some("b10b"))
    );
    assert_eq!(file.path, "a b/c#?%.txt");
    contents.read("/a b/c#?%.txt", Some("f/x")).await.unwrap();
    assert_eq!(
        server.lines().await,
        [
            format!("GET {place}?ref=HEAD"),
            format!("GET {place}?ref=f%2Fx")
        ]
    );
    server
        .on(
            "GET",
            &format!("{P}/repository/files/none/raw"),
            404,
            j!({"message": "404 File Not Found"}),
        )
        .await;
    assert_eq!(
        kind(contents.read("none", Some("main")).await),
        (ErrorKind::NotFound, "g/s/p:none@main".into())
    );
    for bad in ["../x", "a/../../x", "a//b", "", "/", "a\0"] {
        assert_eq!(
            kind(contents.read(bad, None).await).0,
            ErrorKind::Invalid,
            "{bad:?}"
        );
    }
    assert_eq!(server.count().await, 3);
}

#[tokio::test]
async fn folders_follow_the_keyset_and_know_their_kinds() {
    let server = Server::start().await;
    let place = format!("{P}/repository/tree");
    let rows = j!([
        {"id": "1", "name": "d", "type": "tree", "path": "s/d", "mode": "040000"},
        {"id": "2", "name": "x", "type": "blob", "path": "s/x", "mode": "100755"},
        {"id": "3", "name": "l", "type": "blob", "path": "s/l", "mode": "120000"},
        {"id": "4", "name": "m", "type": "commit", "path": "s/m", "mode": "160000"},
    ]);
    let next = format!(
        "<{}{place}?page_token=abc>; rel=\"next\"",
        server.http.uri()
    );
    server
        .once(
            "GET",
            &place,
            json(200, rows).insert_header("link", next.as_str()),
        )
        .await;
    server
        .once(
            "GET",
            &place,
            json(
                200,
                j!([{"type": "blob", "path": "s/y", "mode": "100644", "id": null}]),
            ),
        )
        .await;
    let project = server.project();
    let entries = project.contents().list("s", Some("main")).await.unwrap();
    let seen: Vec<_> = entries
        .iter()
        .map(|e| format!("{} {:?} {:?}", e.path, e.kind, e.executable))
        .collect();
    assert_eq!(
        seen,
        [
            "s/d Directory None",
            "s/x File Some(true)",
            "s/l Symlink None",
            "s/m Submodule None",
            "s/y File Some(false)"
        ]
    );
    assert_eq!(
        server.lines().await,
        [
            format!("GET {place}?path=s&ref=main&per_page=100&pagination=keyset"),
            format!("GET {place}?page_token=abc"),
        ]
    );
}

#[tokio::test]
async fn an_empty_repository_has_an_empty_root_and_no_folders() {
    let server = Server::start().await;
    let place = format!("{P}/repository/tree");
    server
        .on("GET", &place, 404, j!({"message": "404 Tree Not Found"}))
        .await;
    let project = server.project();
    let contents = project.contents();
    assert_eq!(contents.list("", None).await.unwrap(), []);
    assert!(contents.tree(None).await.unwrap().entries.is_empty());
    assert_eq!(
        kind(contents.list("", Some("x")).await),
        (ErrorKind::NotFound, "g/s/p@x".into())
    );
    assert_eq!(
        kind(contents.tree(Some("x")).await),
        (ErrorKind::NotFound, "g/s/p@x".into())
    );
    assert_eq!(
        kind(contents.list("d", None).await),
        (ErrorKind::NotFound, "g/s/p:d@HEAD".into())
    );
    assert!(
        contents
            .first_existing(&["a"], None)
            .await
            .unwrap()
            .is_none()
    );

    // A project that is not there is another thing, and so is a folder that older versions know nothing of.
    let server = Server::start().await;
    server
        .once(
            "GET",
            &place,
            json(404, j!({"message": "404 Project Not Found"})),
        )
        .await;
    server.once("GET", &place, json(200, j!([]))).await;
    let project = server.project();
    assert_eq!(
        kind(project.contents().list("", None).await).0,
        ErrorKind::NotFound
    );
    assert_eq!(
        kind(project.contents().list("d", None).await),
        (ErrorKind::NotFound, "g/s/p:d@HEAD".into())
    );
}

#[tokio::test]
async fn a_tree_comes_at_once_or_page_by_page() {
    let server = Server::start().await;
    let place = format!("{P}/repository/tree");
    let row = |path: &str| j!([{"id": "1", "type": "blob", "path": path, "mode": "100644"}]);
    server.once("GET", &place, json(200, row("a"))).await;
    server
        .once(
            "GET",
            &place,
            json(400, j!({"error": "pagination does not have a valid value"})),
        )
        .await;
    server.once("GET", &place, json(200, row("b"))).await;
    let project = server.project();
    let contents = project.contents();
    assert_eq!(contents.tree(None).await.unwrap().entries[0].path, "a");
    assert_eq!(contents.tree(Some("x")).await.unwrap().entries[0].path, "b");
    let base = format!("GET {place}?ref");
    assert_eq!(
        server.lines().await,
        [
            format!("{base}=HEAD&recursive=true&per_page=100&pagination=none"),
            format!("{base}=x&recursive=true&per_page=100&pagination=none"),
            format!("{base}=x&recursive=true&per_page=100&pagination=keyset"),
        ]
    );
}

#[tokio::test]
async fn the_first_file_that_exists_takes_two_requests() {
    let server = Server::start().await;
    let rows = j!([
        {"type": "tree", "path": "a.yml", "mode": "040000"},
        {"type": "blob", "path": "c.yml", "mode": "100644"},
        {"type": "blob", "path": "b.yml", "mode": "100644"},
    ]);
    server
        .on("GET", &format!("{P}/repository/tree"), 200, rows)
        .await;
    let raw = format!("{P}/repository/files/b.yml/raw");
    server
        .answer(
            "GET",
            &raw,
            ResponseTemplate::new(200).set_body_string("hi"),
        )
        .await;
    let project = server.project();
    let found = project
        .contents()
        .first_existing(&["a.yml", "./b.yml", "c.yml"], Some("m"))
        .await;
    assert_eq!(found.unwrap().unwrap().path, "b.yml");
    assert_eq!(server.count().await, 2);
    assert!(
        project
            .contents()
            .first_existing(&["x"], Some("m"))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(server.count().await, 3);
}

#[tokio::test]
async fn in_a_very_large_folder_the_files_are_asked_for_one_by_one() {
    let server = Server::start().await;
    let next = format!("<{}/x>; rel=\"next\"", server.http.uri());
    let rows = json(200, j!([{"type": "blob", "path": "a", "mode": "100644"}]));
    server
        .answer(
            "GET",
            &format!("{P}/repository/tree"),
            rows.insert_header("link", next.as_str()),
        )
        .await;
    server
        .on(
            "GET",
            &format!("{P}/repository/files/y/raw"),
            404,
            j!({"message": "404 File Not Found"}),
        )
        .await;
    let raw = ResponseTemplate::new(200).set_body_string("hi");
    server
        .answer("GET", &format!("{P}/repository/files/z/raw"), raw)
        .await;
    let found = server
        .project()
        .contents()
        .first_existing(&["y", "z"], None)
        .await
        .unwrap();
    assert_eq!(found.unwrap().path, "z");
    assert_eq!(server.count().await, 3);
}

#[tokio::test]
async fn a_missing_ref_is_an_error_where_a_missing_folder_is_none() {
    let server = Server::start().await;
    let gone = j!({"message": "404 invalid revision or path Not Found"});
    server
        .on("GET", &format!("{P}/repository/tree"), 404, gone)
        .await;
    server
        .once(
            "GET",
            &format!("{P}/repository/commits/m"),
            json(200, j!({"id": "x"})),
        )
        .await;
    server
        .on(
            "GET",
            &format!("{P}/repository/commits/m"),
            404,
            j!({"message": "404 Commit Not Found"}),
        )
        .await;
    let project = server.project();
    let contents = project.contents();
    assert!(
        contents
            .first_existing(&["d/x"], Some("m"))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        kind(contents.first_existing(&["d/x"], Some("m")).await),
        (ErrorKind::NotFound, "g/s/p@m".into())
    );
}
