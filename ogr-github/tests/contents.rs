//! Files, folders and trees.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Served, no};
use ogr_core::{EntryKind, ErrorKind, Forge, Operation, http::RawRequest};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

const RAW: &str = "application/vnd.github.raw+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

fn raw(bytes: impl Into<Vec<u8>>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(bytes, RAW)
}

fn described(shape: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(shape.to_string(), JSON)
}

#[tokio::test]
async fn a_file_is_read_byte_for_byte_in_one_request() {
    let served = Served::start().await;
    let bytes = [0, 159, 146, 150, b'\r', b'\n'];
    served
        .answer(
            "GET",
            "repos/rpms/foo/contents/dir/a%20%23%3F%25%C3%A4.bin",
            raw(bytes),
        )
        .await;
    let project = served.project();
    let contents = project.contents();
    let file = contents
        .read("/./dir/a #?%ä.bin", Some("b1&b2/x"))
        .await
        .unwrap();
    assert_eq!(file.path, "dir/a #?%ä.bin");
    assert_eq!(&file.bytes[..], bytes);
    assert!(file.text().is_err());
    let sent = &served.sent().await[0];
    assert_eq!(
        sent.line,
        "GET repos/rpms/foo/contents/dir/a%20%23%3F%25%C3%A4.bin?ref=b1%26b2%2Fx"
    );
    assert_eq!(sent.accept, "application/vnd.github.raw+json");
}

#[tokio::test]
async fn a_file_that_is_json_is_a_file() {
    let served = Served::start().await;
    let package = r#"{"type": "module", "path": "x", "sha": "y"}"#;
    for content_type in [RAW, JSON] {
        let answer = ResponseTemplate::new(200).set_body_raw(package, content_type);
        let served = Served::start().await;
        served
            .answer("GET", "repos/rpms/foo/contents/package.json", answer)
            .await;
        let project = served.project();
        let file = project.contents().read("package.json", None).await.unwrap();
        assert_eq!(file.text().unwrap(), package, "{content_type}");
    }
    // An HTML file is one too, and no bot wall.
    let page = ResponseTemplate::new(200).set_body_raw("<html>", "text/html");
    served
        .answer("GET", "repos/rpms/foo/contents/index.html", page)
        .await;
    let project = served.project();
    let file = project.contents().read("index.html", None).await.unwrap();
    assert_eq!(file.text().unwrap(), "<html>");
}

#[tokio::test]
async fn what_is_no_file_is_refused_and_what_is_described_is_read() {
    let row = |kind: &str, path: &str| json!({"type": kind, "path": path, "sha": "abc", "size": 1});
    let with = |mut row: Value, field: &str, value: &str| {
        row[field] = json!(value);
        row
    };
    let cases = [
        (
            json!([row("file", "d/a"), row("dir", "d/b")]),
            Err(ErrorKind::Invalid),
        ),
        (json!([]), Ok("[]")),
        (row("submodule", "d"), Err(ErrorKind::Invalid)),
        (with(row("symlink", "d"), "target", "../x"), Ok("../x")),
        (
            with(row("file", "d"), "encoding", "none"),
            Err(ErrorKind::TooLarge),
        ),
        (
            with(
                with(row("file", "d"), "encoding", "base64"),
                "content",
                "aGVs\nbG8=\n",
            ),
            Ok("hello"),
        ),
        (
            with(
                with(row("file", "d"), "encoding", "base64"),
                "content",
                "%%%",
            ),
            Err(ErrorKind::Decode),
        ),
    ];
    for (shape, due) in cases {
        let served = Served::start().await;
        served
            .answer("GET", "repos/rpms/foo/contents/d", described(shape.clone()))
            .await;
        let project = served.project();
        let read = project.contents().read("d", None).await;
        match due {
            Ok(text) => assert_eq!(read.unwrap().text().unwrap(), text),
            Err(kind) => {
                let error = read.unwrap_err();
                assert_eq!(error.kind(), kind, "{shape}");
                assert_eq!(error.resource(), Some("rpms/foo:d"));
            }
        }
    }
}

#[tokio::test]
async fn a_path_leads_nowhere_else() {
    let served = Served::start().await;
    let project = served.project();
    let contents = project.contents();
    for path in ["../../user", "a//b", "a/../b", "a\0"] {
        let error = contents.read(path, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{path}");
        assert_eq!(error.operation(), Some(Operation::ContentsRead));
    }
    let error = contents.read("./", None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(served.lines().await.is_empty());
    let error = contents.read("missing", Some("main")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo:missing@main"));
    // The other way round, nobody gets out of the API by a raw request.
    let out = RawRequest::get("../../admin");
    assert_eq!(
        served.forge.raw(out).await.unwrap_err().kind(),
        ErrorKind::Refused
    );
}

#[tokio::test]
async fn a_folder_is_listed_in_either_shape() {
    let rows = json!([
        {"type": "file", "path": "src/a.rs", "sha": "1", "size": 3, "git_url": "https://x/git/blobs/1"},
        {"type": "dir", "path": "src/b", "sha": "2", "size": 0, "git_url": "https://x/git/trees/2"},
        {"type": "file", "path": "src/sub", "sha": "3", "size": 0, "git_url": "https://x/repos/a/b/git/trees/3", "download_url": null},
        {"type": "symlink", "path": "src/link", "sha": "4", "size": 2, "git_url": null},
        {"type": "hologram", "path": "src/odd", "sha": "5"},
    ]);
    let object = json!({"type": "dir", "path": "src", "sha": "ttt", "size": 0, "entries": rows});
    for shape in [rows.clone(), object] {
        let served = Served::start().await;
        served
            .json("GET", "repos/rpms/foo/contents/src", 200, shape)
            .await;
        let project = served.project();
        let entries = project.contents().list("src/", Some("main")).await.unwrap();
        let kinds: Vec<_> = entries.iter().map(|entry| entry.kind.clone()).collect();
        assert_eq!(
            kinds,
            [
                EntryKind::File,
                EntryKind::Directory,
                EntryKind::Submodule,
                EntryKind::Symlink,
                EntryKind::Other("hologram".into()),
            ]
        );
        assert_eq!(entries[0].size, Some(3));
        let sent = &served.sent().await[0];
        assert_eq!(sent.line, "GET repos/rpms/foo/contents/src?ref=main");
        assert_eq!(sent.accept, "application/vnd.github.object+json");
    }
}

#[tokio::test]
async fn a_folder_of_more_than_github_lists_is_read_as_a_tree() {
    let served = Served::start().await;
    let rows: Vec<_> = (0..1_000)
        .map(|n| json!({"type": "file", "path": format!("pkgs/{n}"), "sha": "1"}))
        .collect();
    let object = json!({"type": "dir", "path": "pkgs", "sha": "ttt", "entries": rows});
    served
        .json("GET", "repos/rpms/foo/contents/pkgs", 200, object)
        .await;
    let tree: Vec<_> = (0..1_001)
        .map(|n| json!({"type": "blob", "mode": "100644", "path": n.to_string(), "sha": "1"}))
        .collect();
    served
        .json(
            "GET",
            "repos/rpms/foo/git/trees/ttt",
            200,
            json!({"sha": "ttt", "tree": tree, "truncated": false}),
        )
        .await;
    let project = served.project();
    let entries = project.contents().list("pkgs", None).await.unwrap();
    assert_eq!(entries.len(), 1_001);
    assert_eq!(entries[1_000].path, "pkgs/1000");
}

#[tokio::test]
async fn what_an_empty_repository_and_a_file_answer_to_a_list() {
    let served = Served::start().await;
    served
        .json(
            "GET",
            "repos/rpms/foo/contents/",
            404,
            no("This repository is empty."),
        )
        .await;
    served
        .json(
            "GET",
            "repos/rpms/foo/git/trees/HEAD",
            409,
            no("Git Repository is empty."),
        )
        .await;
    served
        .json(
            "GET",
            "repos/rpms/foo/git/trees/main",
            409,
            no("Git Repository is empty."),
        )
        .await;
    let file =
        json!({"type": "file", "path": "README", "sha": "1", "encoding": "base64", "content": ""});
    served
        .json("GET", "repos/rpms/foo/contents/README", 200, file)
        .await;
    let project = served.project();
    let contents = project.contents();
    assert!(contents.list("", None).await.unwrap().is_empty());
    assert!(contents.tree(None).await.unwrap().entries.is_empty());
    let error = contents.tree(Some("main")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = contents.list("README", None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn the_whole_tree_is_one_request() {
    let served = Served::start().await;
    let tree = json!({"sha": "ttt", "truncated": true, "tree": [
        {"path": "run", "mode": "100755", "type": "blob", "sha": "1", "size": 5},
        {"path": "src", "mode": "040000", "type": "tree", "sha": "2"},
        {"path": "link", "mode": "120000", "type": "blob", "sha": "3", "size": 1},
        {"path": "sub", "mode": "160000", "type": "commit", "sha": "4"},
    ]});
    served
        .json("GET", "repos/rpms/foo/git/trees/feature%2Fx", 200, tree)
        .await;
    let project = served.project();
    let tree = project.contents().tree(Some("feature/x")).await.unwrap();
    assert!(tree.truncated);
    let seen: Vec<_> = tree
        .entries
        .iter()
        .map(|entry| (entry.path.as_str(), entry.kind.clone(), entry.executable))
        .collect();
    assert_eq!(
        seen,
        [
            ("run", EntryKind::File, Some(true)),
            ("src", EntryKind::Directory, None),
            ("link", EntryKind::Symlink, None),
            ("sub", EntryKind::Submodule, None),
        ]
    );
    assert_eq!(
        served.lines().await,
        ["GET repos/rpms/foo/git/trees/feature%2Fx?recursive=1"]
    );
}

#[tokio::test]
async fn the_first_that_exists_takes_two_requests() {
    let served = Served::start().await;
    let rows = json!([
        {"type": "dir", "path": ".packit.yaml", "sha": "1"},
        {"type": "file", "path": "packit.yml", "sha": "2"},
        {"type": "file", "path": "packit.yaml", "sha": "2"},
    ]);
    served
        .json("GET", "repos/rpms/foo/contents/", 200, rows)
        .await;
    served
        .answer(
            "GET",
            "repos/rpms/foo/contents/packit.yaml",
            raw("jobs: []"),
        )
        .await;
    let project = served.project();
    let contents = project.contents();
    let names = [".packit.yaml", ".packit.yml", "./packit.yaml", "packit.yml"];
    let found = contents
        .first_existing(&names, Some("main"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.path, "packit.yaml");
    assert_eq!(
        served.lines().await,
        [
            "GET repos/rpms/foo/contents/?ref=main",
            "GET repos/rpms/foo/contents/packit.yaml?ref=main",
        ]
    );
    assert_eq!(contents.first_existing(&[], None).await.unwrap(), None);
}

#[tokio::test]
async fn a_missing_folder_is_no_error_and_a_missing_ref_is() {
    let served = Served::start().await;
    let project = served.project();
    let contents = project.contents();
    // Neither the folder nor the root: the ref, or the project, is missing.
    let error = contents
        .first_existing(&["conf/a"], Some("f99"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo@f99"));
    let error = contents.first_existing(&["a"], None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    served
        .json("GET", "repos/rpms/foo/contents/", 200, json!([]))
        .await;
    assert_eq!(
        contents.first_existing(&["conf/a"], None).await.unwrap(),
        None
    );
    assert_eq!(
        contents
            .first_existing(&["a", "conf/a", "b"], None)
            .await
            .unwrap(),
        None
    );
}
