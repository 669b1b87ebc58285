//! Files and folders.

use ogr_core::{EntryKind, ErrorKind};
use serde_json::{Value, json};

use crate::server::{OTHER, SHA, Server, no_file, no_project, refusal};

const BRANCHES: &str = "/api/0/rpms/foo/git/branches";
const TAGS: &str = "/api/0/rpms/foo/git/tags";

fn folder(entries: &[(&str, &str)]) -> Value {
    let content: Vec<Value> = entries
        .iter()
        .map(|(path, kind)| {
            let url = match *kind {
                "file" => format!("https://elsewhere.test/rpms/foo/raw/rawhide/f/{path}"),
                _ => format!("https://elsewhere.test/api/0/rpms/foo/tree/rawhide/f/{path}"),
            };
            json!({"path": path, "name": path.split('/').next_back(), "type": kind, "content_url": url})
        })
        .collect();
    json!({"type": "folder", "name": null, "content": content})
}

fn file() -> Value {
    json!({"type": "file", "name": "a", "content_url": "x"})
}

fn tags(server: &Server) -> impl Future<Output = ()> {
    server.json("GET", TAGS, 200, json!({"tags": {"v1.0": SHA}}))
}

fn branches(server: &Server) -> impl Future<Output = ()> {
    let branches =
        json!({"branches": {"rawhide": OTHER, "a/f/b": SHA}, "default": {"rawhide": OTHER}});
    server.json("GET", BRANCHES, 200, branches)
}

#[tokio::test]
async fn a_file_at_a_branch_or_commit_is_one_request() {
    let server = Server::start().await;
    let at_branch = "/rpms/foo/raw/feat/x/f/d/za%20%C5%BC%23%3F%25.txt";
    server.text(at_branch, "hello").await;
    let at_commit = format!("/rpms/foo/raw/{SHA}/f/a");
    server.text(&at_commit, "<html>").await;
    let project = server.project("rpms/foo");
    let path = "./d/za ż#?%.txt";
    let read = project.contents().read(path, Some("feat/x")).await.unwrap();
    assert_eq!(read.text().unwrap(), "hello");
    assert_eq!(read.path, "d/za ż#?%.txt");
    let read = project.contents().read("/a", Some(SHA)).await.unwrap();
    assert_eq!(read.bytes, "<html>");
    assert_eq!(
        server.asked().await,
        [format!("GET {at_branch}"), format!("GET {at_commit}")]
    );
    let sent = server.requests().await;
    assert_eq!(sent[0].headers["authorization"], "token 0123456789ABCDEF");
}

#[tokio::test]
async fn a_file_of_a_fork_is_below_fork_and_not_forks() {
    let server = Server::start().await;
    let path = "/fork/bob/rpms/foo/raw/f42/f/a";
    server.text(path, "x").await;
    let fork = server.project("fork/bob/rpms/foo");
    fork.contents().read("a", Some("f42")).await.unwrap();
    assert_eq!(server.asked().await, [format!("GET {path}")]);
}

#[tokio::test]
async fn the_default_branch_costs_one_request_more() {
    let server = Server::start().await;
    branches(&server).await;
    server.text("/rpms/foo/raw/rawhide/f/a", "x").await;
    let project = server.project("rpms/foo");
    project.contents().read("a", None).await.unwrap();
    assert_eq!(server.asked().await.len(), 2);
}

#[tokio::test]
async fn a_tag_is_read_by_its_commit() {
    let server = Server::start().await;
    server.page("GET", "/rpms/foo/raw/v1.0/f/a", 404).await;
    tags(&server).await;
    branches(&server).await;
    server
        .text(&format!("/rpms/foo/raw/{SHA}/f/a"), "tagged")
        .await;
    let project = server.project("rpms/foo");
    let read = project.contents().read("a", Some("v1.0")).await.unwrap();
    assert_eq!(read.bytes, "tagged");
    assert_eq!(server.asked().await.len(), 4);
}

#[tokio::test]
async fn a_branch_goes_before_a_tag_of_its_name() {
    let server = Server::start().await;
    server.page("GET", "/rpms/foo/raw/rawhide/f/a", 404).await;
    let tag = json!({"tags": {"rawhide": SHA}});
    server.json("GET", TAGS, 200, tag).await;
    branches(&server).await;
    // What the tag has is not what the branch has.
    server
        .text(&format!("/rpms/foo/raw/{SHA}/f/a"), "tagged")
        .await;
    let tree = "/api/0/rpms/foo/tree/rawhide/f/a";
    server.json("GET", tree, 404, no_file()).await;
    let project = server.project("rpms/foo");
    let error = project.contents().read("a", Some("rawhide")).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_empty_file_is_not_a_missing_one() {
    let server = Server::start().await;
    server.page("GET", "/rpms/foo/raw/rawhide/f/a", 404).await;
    tags(&server).await;
    server
        .json("GET", "/api/0/rpms/foo/tree/rawhide/f/a", 200, file())
        .await;
    let project = server.project("rpms/foo");
    let read = project.contents().read("a", Some("rawhide")).await.unwrap();
    assert!(read.bytes.is_empty());
}

#[tokio::test]
async fn a_folder_is_no_file_and_a_file_no_folder() {
    let server = Server::start().await;
    server.page("GET", "/rpms/foo/raw/rawhide/f/d", 404).await;
    tags(&server).await;
    let entries = folder(&[("d/a", "file")]);
    server
        .json("GET", "/api/0/rpms/foo/tree/rawhide/f/d", 200, entries)
        .await;
    server
        .json("GET", "/api/0/rpms/foo/tree/rawhide/f/a", 200, file())
        .await;
    let project = server.project("rpms/foo");
    let error = project.contents().read("d", Some("rawhide")).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Invalid);
    let error = project.contents().list("a", Some("rawhide")).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_missing_file_is_named_with_its_ref() {
    let server = Server::start().await;
    let raw = format!("/rpms/foo/raw/{SHA}/f/a");
    server.page("GET", &raw, 404).await;
    let tree = format!("/api/0/rpms/foo/tree/{SHA}/f/a");
    server.json("GET", &tree, 404, no_file()).await;
    let project = server.project("rpms/foo");
    let error = project.contents().read("a", Some(SHA)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some(&*format!("rpms/foo:a@{SHA}")));
    assert_eq!(error.message(), "File not found in this git repository");
    // A commit is no tag: they are not looked at.
    assert_eq!(server.asked().await.len(), 2);
}

#[tokio::test]
async fn a_ref_that_an_address_cannot_carry_is_read_by_its_commit() {
    let server = Server::start().await;
    branches(&server).await;
    server.text(&format!("/rpms/foo/raw/{SHA}/f/a"), "x").await;
    let project = server.project("rpms/foo");
    project.contents().read("a", Some("a/f/b")).await.unwrap();
    assert_eq!(server.asked().await.len(), 2);
    server.json("GET", TAGS, 200, json!({"tags": []})).await;
    let error = project
        .contents()
        .list("", Some("x/f/y"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo@x/f/y"));
}

#[tokio::test]
async fn folders_are_listed_with_the_kinds_of_their_entries() {
    let server = Server::start().await;
    let kinds = [
        ("d", "folder"),
        ("a", "file"),
        ("l", "link"),
        ("s", "submodule"),
        ("x", "device"),
    ];
    server
        .json("GET", "/api/0/rpms/foo/tree/feat/x", 200, folder(&kinds))
        .await;
    let project = server.project("rpms/foo");
    let entries = project.contents().list("", Some("feat/x")).await.unwrap();
    let kinds: Vec<EntryKind> = entries.into_iter().map(|entry| entry.kind).collect();
    assert_eq!(
        kinds,
        [
            EntryKind::Directory,
            EntryKind::File,
            EntryKind::Symlink,
            EntryKind::Submodule,
            EntryKind::Other("device".into()),
        ]
    );
}

#[tokio::test]
async fn the_root_of_a_fork_is_asked_for_with_the_slash_that_it_wants() {
    let server = Server::start().await;
    for path in [
        "/api/0/fork/bob/rpms/foo/tree/f42/",
        "/api/0/fork/bob/rpms/foo/tree/f42/f/d",
        "/api/0/fork/bob/foo/tree/f42",
        "/api/0/fork/bob/rpms/foo/tree",
    ] {
        server
            .json("GET", path, 200, folder(&[("d/a", "file")]))
            .await;
    }
    let fork = server.project("fork/bob/rpms/foo");
    fork.contents().list("", Some("f42")).await.unwrap();
    fork.contents().list("d", Some("f42")).await.unwrap();
    fork.contents().list("", None).await.unwrap();
    let bare = server.project("fork/bob/foo");
    bare.contents().list("", Some("f42")).await.unwrap();
    assert_eq!(server.asked().await.len(), 4);
}

#[tokio::test]
async fn an_empty_repository_lists_nothing() {
    let server = Server::start().await;
    let empty = refusal("EEMPTYGIT", "This git repository is empty");
    server.json("GET", "/api/0/rpms/foo/tree", 404, empty).await;
    let project = server.project("rpms/foo");
    let contents = project.contents();
    assert!(contents.list("", None).await.unwrap().is_empty());
    assert!(contents.tree(None).await.unwrap().entries.is_empty());
    let names = ["a", "b"];
    assert!(
        contents
            .first_existing(&names, None)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_missing_default_branch_is_no_failing_forge() {
    let server = Server::start().await;
    server.page("GET", "/api/0/rpms/foo/tree", 500).await;
    let none = json!({"branches": {"f42": SHA}, "default": {}});
    server.json("GET", BRANCHES, 200, none).await;
    let project = server.project("rpms/foo");
    let error = project.contents().list("", None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("default branch"));

    // A forge that fails with a default branch does fail.
    let server = Server::start().await;
    server.page("GET", "/api/0/rpms/foo/tree", 500).await;
    branches(&server).await;
    let project = server.project("rpms/foo");
    let error = project.contents().list("", None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_tree_is_one_request_a_folder() {
    let server = Server::start().await;
    let root = folder(&[("d", "folder"), ("e", "folder"), ("a", "file")]);
    for (path, body) in [
        ("", root),
        (
            "/rawhide/f/d",
            folder(&[("d/b", "file"), ("d/c", "folder")]),
        ),
        ("/rawhide/f/e", folder(&[])),
        ("/rawhide/f/d/c", folder(&[("d/c/x", "link")])),
    ] {
        let path = format!("/api/0/rpms/foo/tree{path}");
        server.json("GET", &path, 200, body).await;
    }
    let project = server.project("rpms/foo");
    let tree = project.contents().tree(None).await.unwrap();
    let paths: Vec<&str> = tree.entries.iter().map(|entry| &*entry.path).collect();
    assert_eq!(paths, ["d", "e", "a", "d/b", "d/c", "d/c/x"]);
    assert!(!tree.truncated);
    assert_eq!(server.asked().await.len(), 4);
}

#[tokio::test]
async fn the_first_of_several_names_takes_two_requests() {
    let server = Server::start().await;
    let root = folder(&[("b.yaml", "folder"), ("c.yaml", "file"), ("d.yaml", "file")]);
    server.json("GET", "/api/0/rpms/foo/tree", 200, root).await;
    server.text("/rpms/foo/raw/rawhide/f/c.yaml", "x").await;
    let project = server.project("rpms/foo");
    let names = ["a.yaml", "./b.yaml", "c.yaml", "d.yaml"];
    let found = project.contents().first_existing(&names, None).await;
    assert_eq!(found.unwrap().unwrap().path, "c.yaml");
    assert_eq!(server.asked().await.len(), 2);
    let none = project.contents().first_existing(&["z"], None).await;
    assert!(none.unwrap().is_none());
    assert_eq!(server.asked().await.len(), 3);
    assert!(
        project
            .contents()
            .first_existing(&[], None)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(server.asked().await.len(), 3);
}

#[tokio::test]
async fn names_in_several_folders_are_looked_for_in_their_order() {
    let server = Server::start().await;
    let tree = "/api/0/rpms/foo/tree/rawhide";
    server
        .json("GET", tree, 200, folder(&[("x", "file")]))
        .await;
    let missing = format!("{tree}/f/no");
    server.json("GET", &missing, 404, no_file()).await;
    let d = folder(&[("d/a", "file")]);
    server.json("GET", &format!("{tree}/f/d"), 200, d).await;
    tags(&server).await;
    server.text("/rpms/foo/raw/rawhide/f/d/a", "in d").await;
    let project = server.project("rpms/foo");
    let names = ["no/a", "d/a", "x"];
    let found = project
        .contents()
        .first_existing(&names, Some("rawhide"))
        .await;
    assert_eq!(found.unwrap().unwrap().bytes, "in d");
}

#[tokio::test]
async fn a_missing_ref_or_project_is_an_error_of_first_existing() {
    let server = Server::start().await;
    for path in ["", "/f/d"] {
        let path = format!("/api/0/rpms/foo/tree/nosuch{path}");
        server.json("GET", &path, 404, no_file()).await;
    }
    tags(&server).await;
    server
        .json("GET", "/api/0/rpms/bar/tree/f42", 404, no_project())
        .await;
    let project = server.project("rpms/foo");
    for names in [["a"], ["d/a"]] {
        let error = project
            .contents()
            .first_existing(&names, Some("nosuch"))
            .await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound, "{names:?}");
    }
    let error = server.project("rpms/bar");
    let error = error.contents().first_existing(&["a"], Some("f42")).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);
}
