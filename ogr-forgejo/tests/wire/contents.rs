//! Files, folders, trees, and commits through the file API.

use base64::Engine;
use ogr_core::{
    EntryKind, ErrorKind, FileChange, NewCommit, Onto, Outcome, ProjectPath, Signature,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::server::{Server, missing, refused, repository};

const TIP: &str = "1111111111111111111111111111111111111111";
const NEXT: &str = "2222222222222222222222222222222222222222";

fn file(path: &str, text: &str) -> Value {
    let content = base64::engine::general_purpose::STANDARD.encode(text);
    json!({"name": path, "path": path, "type": "file", "sha": "f", "size": text.len(), "encoding": "base64", "content": content,
        "target": null, "submodule_git_url": null})
}

fn entry(path: &str, kind: &str) -> Value {
    json!({"path": path, "type": kind, "sha": "e", "size": 0, "encoding": null, "content": null, "target": null})
}

fn branch(name: &str, sha: &str) -> Value {
    json!({"name": name, "commit": {"id": sha}})
}

fn tree(rows: Value) -> Value {
    let count = rows.as_array().map_or(0, Vec::len);
    json!({"sha": TIP, "tree": rows, "truncated": false, "page": 1, "total_count": count})
}

fn made(sha: &str, parent: &str) -> Value {
    json!({"commit": {"sha": sha, "message": "m\n", "author": {"name": "A", "email": "a@x", "date": "2026-01-02T03:04:05Z"},
        "committer": null, "parents": [{"sha": parent}], "html_url": ""}, "files": [null], "verification": null})
}

#[tokio::test]
async fn a_file_takes_one_request_and_keeps_its_bytes() {
    let server = Server::start().await;
    let path = "repos/rpms/foo/contents/dir%20with%20space/%C3%BC%23%3F%25.txt";
    server
        .answer(
            &format!("GET {path}?ref=epel9%2Fnext"),
            200,
            file("x", "a\r\n\u{0}ä"),
        )
        .await;
    let project = server.project();
    let read = project
        .contents()
        .read("./dir with space/ü#?%.txt", Some("epel9/next"))
        .await
        .unwrap();
    assert_eq!(read.bytes, "a\r\n\u{0}ä".as_bytes());
    assert_eq!(
        (read.path.as_str(), read.sha.as_deref()),
        ("dir with space/ü#?%.txt", Some("f"))
    );
    assert_eq!(server.asked().await.len(), 1);
}

#[tokio::test]
async fn odd_entries_are_told_from_files() {
    let server = Server::start().await;
    let base = "GET repos/rpms/foo/contents";
    server
        .answer(&format!("{base}/src"), 200, json!([entry("src/a", "file")]))
        .await;
    server
        .answer(&format!("{base}/vendor"), 200, entry("vendor", "submodule"))
        .await;
    let mut link = entry("link", "symlink");
    link["target"] = json!("README.md");
    server.answer(&format!("{base}/link"), 200, link).await;
    // An empty repository has an empty folder at every path.
    server.answer(&format!("{base}/x"), 200, json!([])).await;
    server.answer(base, 200, json!([])).await;
    server
        .answer(&format!("{base}/empty"), 200, file("empty", ""))
        .await;
    let project = server.project();
    let contents = project.contents();
    for (path, kind) in [
        ("src", ErrorKind::Invalid),
        ("vendor", ErrorKind::Invalid),
        ("", ErrorKind::Invalid),
        ("x", ErrorKind::NotFound),
    ] {
        let error = contents.read(path, None).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{path}");
    }
    assert_eq!(
        contents.read("link", None).await.unwrap().bytes,
        "README.md"
    );
    assert!(contents.read("empty", None).await.unwrap().bytes.is_empty());
    assert!(contents.list("", None).await.unwrap().is_empty());
    assert_eq!(
        contents.list("x", None).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(
        contents.list("empty", None).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(
        contents.list("src", None).await.unwrap()[0].kind,
        EntryKind::File
    );
}

#[tokio::test]
async fn a_file_too_large_for_json_is_read_raw() {
    let server = Server::start().await;
    let mut large = file("big", "");
    large["size"] = json!(11_000_000);
    server
        .answer("GET repos/rpms/foo/contents/big?ref=main", 200, large)
        .await;
    let raw = ResponseTemplate::new(200).set_body_raw(vec![7_u8; 3], "application/octet-stream");
    server
        .respond("GET repos/rpms/foo/raw/big?ref=main", raw)
        .await;
    let read = server
        .project()
        .contents()
        .read("big", Some("main"))
        .await
        .unwrap();
    assert_eq!(&read.bytes[..], [7, 7, 7]);
}

#[tokio::test]
async fn the_first_of_several_names_takes_two_requests() {
    let server = Server::start().await;
    let rows = json!([
        entry("packit.yaml", "dir"),
        entry("b.yml", "file"),
        entry("c.yml", "file")
    ]);
    server
        .answer("GET repos/rpms/foo/contents?ref=main", 200, rows)
        .await;
    server
        .answer(
            "GET repos/rpms/foo/contents/b.yml?ref=main",
            200,
            file("b.yml", "hi"),
        )
        .await;
    let project = server.project();
    let contents = project.contents();
    let names = ["a.yml", "packit.yaml", "b.yml", "c.yml"];
    let first = contents.first_existing(&names, Some("main")).await.unwrap();
    assert_eq!(first.unwrap().path, "b.yml");
    assert_eq!(server.asked().await.len(), 2);
    let none = contents
        .first_existing(&["x", "y"], Some("main"))
        .await
        .unwrap();
    assert!(none.is_none());
}

#[tokio::test]
async fn a_missing_file_is_told_from_a_missing_ref() {
    let server = Server::start().await;
    let no_file = "object does not exist [id: , rel_path: x]";
    let no_ref = "object does not exist [id: nope, rel_path: ]";
    server
        .answer("GET repos/rpms/foo/contents/x", 404, missing(no_file))
        .await;
    server
        .answer(
            "GET repos/rpms/foo/contents/x?ref=nope",
            404,
            missing(no_ref),
        )
        .await;
    server
        .answer("GET repos/rpms/foo/contents?ref=nope", 404, missing(no_ref))
        .await;
    let project = server.project();
    let contents = project.contents();
    assert!(
        contents
            .first_existing(&["x"], None)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(server.asked().await.len(), 1);
    let error = contents
        .first_existing(&["x"], Some("nope"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo@nope"));
}

#[tokio::test]
async fn a_tree_is_read_to_its_end_at_one_commit() {
    let server = Server::start().await;
    let row =
        |path: &str| json!({"path": path, "mode": "100644", "type": "blob", "size": 1, "sha": "b"});
    let page = |rows: Value, page: u64| json!({"sha": TIP, "tree": rows, "truncated": true, "page": page, "total_count": 3});
    let query = "recursive=true&per_page=1000&page";
    server
        .answer(
            &format!("GET repos/rpms/foo/git/trees/epel9%2Fnext?{query}=1"),
            200,
            page(json!([row("a"), row("b")]), 1),
        )
        .await;
    server
        .answer(
            &format!("GET repos/rpms/foo/git/trees/{TIP}?{query}=2"),
            200,
            page(json!([row("c")]), 2),
        )
        .await;
    let tree = server
        .project()
        .contents()
        .tree(Some("epel9/next"))
        .await
        .unwrap();
    assert_eq!(tree.entries.len(), 3);
    assert!(!tree.truncated);
    assert_eq!(tree.entries[0].executable, Some(false));
}

#[tokio::test]
async fn the_tree_of_an_empty_repository_is_empty_and_that_of_an_unknown_ref_is_none() {
    let server = Server::start().await;
    let query = "recursive=true&per_page=1000&page=1";
    for name in ["HEAD", "nope"] {
        server
            .answer(
                &format!("GET repos/rpms/foo/git/trees/{name}?{query}"),
                400,
                refused(&format!("sha not found [{name}]")),
            )
            .await;
    }
    let project = server.project();
    assert!(
        project
            .contents()
            .tree(None)
            .await
            .unwrap()
            .entries
            .is_empty()
    );
    let error = project.contents().tree(Some("nope")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.resource()),
        (ErrorKind::NotFound, Some("rpms/foo@nope"))
    );
}

#[tokio::test]
async fn a_commit_says_of_each_file_what_it_was() {
    let server = Server::start().await;
    server
        .answer("GET repos/rpms/foo/branches/main", 200, branch("main", TIP))
        .await;
    let rows = json!([
        {"path": "foo.spec", "mode": "100644", "type": "blob", "sha": "s"},
        {"path": "run.sh", "mode": "100755", "type": "blob", "sha": "r"},
        {"path": "src", "mode": "040000", "type": "tree", "sha": "t"}
    ]);
    let listing = |folder: &str| {
        format!("GET repos/rpms/foo/git/trees/{TIP}%3A{folder}?per_page=1000&page=1")
    };
    server.answer(&listing(""), 200, tree(rows)).await;
    server
        .answer(&listing("new%2Fdir"), 400, refused("sha not found"))
        .await;
    server
        .answer("POST repos/rpms/foo/contents", 201, made(NEXT, TIP))
        .await;
    let commit = NewCommit::append("main", "m")
        .expected(TIP)
        .author(Signature::new("A", "a@x"))
        .change(FileChange::put("foo.spec", "x"))
        .change(FileChange::put("/new/dir/a", "y"))
        .change(FileChange::put("run.sh", "z"))
        .change(FileChange::delete("gone"))
        .change(FileChange::delete("run.sh"));
    let done = server.project().contents().commit(commit).await.unwrap();
    assert_eq!(
        (done.sha.as_str(), done.parents),
        (NEXT, Some(vec![TIP.to_owned()]))
    );
    assert_eq!(
        server.last_body().await,
        json!({"branch": "main", "message": "m", "author": {"name": "A", "email": "a@x"}, "files": [
            {"operation": "update", "path": "foo.spec", "content": "eA==", "sha": "s"},
            {"operation": "create", "path": "new/dir/a", "content": "eQ=="},
            {"operation": "update", "path": "run.sh", "content": "eg==", "sha": "r"},
            {"operation": "delete", "path": "run.sh", "sha": "r"}
        ]})
    );
}

#[tokio::test]
async fn a_branch_that_moved_is_a_conflict() {
    let server = Server::start().await;
    server
        .answer(
            "GET repos/rpms/foo/branches/main",
            200,
            branch("main", NEXT),
        )
        .await;
    let project = server.project();
    let commit = NewCommit::append("main", "m")
        .expected(TIP)
        .change(FileChange::put("a", "x"));
    let error = project.contents().commit(commit).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Conflict, Outcome::Refused)
    );
    assert_eq!(server.asked().await.len(), 1);
}

#[tokio::test]
async fn a_branch_that_moves_at_the_last_moment_is_a_conflict_too() {
    let server = Server::start().await;
    server
        .answer("GET repos/rpms/foo/branches/main", 200, branch("main", TIP))
        .await;
    server
        .answer(
            &format!("GET repos/rpms/foo/git/trees/{TIP}%3A?per_page=1000&page=1"),
            200,
            tree(json!([])),
        )
        .await;
    server
        .answer("POST repos/rpms/foo/contents", 201, made("c", NEXT))
        .await;
    let project = server.project();
    let commit = NewCommit::append("main", "m")
        .expected(TIP)
        .change(FileChange::put("a", "x"));
    let error = project.contents().commit(commit).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Conflict, Outcome::Unknown)
    );
}

#[tokio::test]
async fn what_the_file_api_cannot_do_is_refused() {
    let server = Server::start().await;
    let listing = "GET repos/rpms/foo/git/trees/refs%2Fheads%2Fmain%3A?per_page=1000&page=1";
    server.answer(listing, 200, tree(json!([]))).await;
    let project = server.project();
    let run = FileChange::Put {
        path: "run.sh".into(),
        bytes: "x".into(),
        executable: Some(true),
    };
    for (changes, kind) in [
        (vec![run], ErrorKind::Unsupported),
        (vec![FileChange::delete("gone")], ErrorKind::NotFound),
        (vec![FileChange::put("../x", "x")], ErrorKind::Invalid),
        (vec![FileChange::put("/", "x")], ErrorKind::Invalid),
        (vec![], ErrorKind::Invalid),
    ] {
        let mut commit = NewCommit::append("main", "m");
        commit.changes = changes;
        let error = project.contents().commit(commit).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    assert!(
        server
            .asked()
            .await
            .iter()
            .all(|line| line.starts_with("GET"))
    );
}

fn reset() -> NewCommit {
    NewCommit::append("update", "m")
        .onto(onto(Some(ProjectPath::new("up", "foo"))))
        .change(FileChange::put("a", "x"))
}

fn onto(project: Option<ProjectPath>) -> Onto {
    Onto::Reset {
        sha: TIP.into(),
        branch: "main".into(),
        project,
    }
}

async fn with_files(server: &Server) {
    server
        .answer(
            &format!("GET repos/rpms/foo/git/trees/{TIP}%3A?per_page=1000&page=1"),
            200,
            tree(json!([])),
        )
        .await;
}

#[tokio::test]
async fn a_reset_overwrites_the_branch_from_the_forks_own_copy() {
    let server = Server::start().await;
    server
        .answer("GET repos/rpms/foo/branches/main", 200, branch("main", TIP))
        .await;
    with_files(&server).await;
    server
        .answer("POST repos/rpms/foo/contents", 201, made(NEXT, TIP))
        .await;
    server.project().contents().commit(reset()).await.unwrap();
    assert_eq!(
        server.last_body().await,
        json!({"branch": "main", "new_branch": "update", "force_overwrite_new_branch": true, "message": "m",
            "files": [{"operation": "create", "path": "a", "content": "eA=="}]})
    );
    assert_eq!(server.asked().await.len(), 3);
}

#[tokio::test]
async fn a_fork_that_is_behind_is_moved_forward_first() {
    let server = Server::start().await;
    let main = "GET repos/rpms/foo/branches/main";
    server.answer_once(main, 200, branch("main", NEXT)).await;
    server.answer(main, 200, branch("main", TIP)).await;
    server
        .respond(
            "POST repos/rpms/foo/sync_fork/main",
            ResponseTemplate::new(204),
        )
        .await;
    with_files(&server).await;
    server
        .answer("POST repos/rpms/foo/contents", 201, made(NEXT, TIP))
        .await;
    server.project().contents().commit(reset()).await.unwrap();
    assert_eq!(
        server.asked().await[1],
        "POST repos/rpms/foo/sync_fork/main"
    );
}

#[tokio::test]
async fn a_fork_that_has_diverged_is_for_git() {
    let server = Server::start().await;
    server
        .answer(
            "GET repos/rpms/foo/branches/main",
            200,
            branch("main", NEXT),
        )
        .await;
    server
        .answer(
            "POST repos/rpms/foo/sync_fork/main",
            400,
            refused("You can't sync this branch"),
        )
        .await;
    let mut fork = repository("rpms/foo");
    fork["parent"] = repository("up/foo");
    server.answer("GET repos/rpms/foo", 200, fork).await;
    server
        .answer("GET repos/up/foo/branches/main", 200, branch("main", TIP))
        .await;
    let error = server
        .project()
        .contents()
        .commit(reset())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("diverged"), "{error}");
}

#[tokio::test]
async fn a_fork_older_than_the_branch_gets_it_if_it_has_the_commit() {
    let server = Server::start().await;
    server
        .answer(
            "GET repos/rpms/foo/branches/main",
            404,
            missing("branch does not exist"),
        )
        .await;
    server
        .answer_once("POST repos/rpms/foo/branches", 201, branch("main", TIP))
        .await;
    with_files(&server).await;
    server
        .answer("POST repos/rpms/foo/contents", 201, made(NEXT, TIP))
        .await;
    let project = server.project();
    project.contents().commit(reset()).await.unwrap();
    server
        .answer("POST repos/rpms/foo/branches", 500, refused(""))
        .await;
    let lookup =
        format!("GET repos/rpms/foo/git/commits/{TIP}?stat=false&verification=false&files=false");
    server.answer(&lookup, 404, missing("")).await;
    let error = project.contents().commit(reset()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn an_old_server_cannot_reset_and_says_it_in_its_own_way() {
    let server = Server::start().await;
    server
        .answer("GET repos/rpms/foo/branches/main", 200, branch("main", TIP))
        .await;
    with_files(&server).await;
    server
        .answer(
            "POST repos/rpms/foo/contents",
            422,
            refused("branch already exists [name: update]"),
        )
        .await;
    let error = server
        .project()
        .contents()
        .commit(reset())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Unsupported, Outcome::NotSent)
    );
}

#[tokio::test]
async fn gitea_cannot_reset_at_all() {
    let server = Server::start().await;
    let project = server.project_of(ogr_core::ForgeKind::Gitea);
    let error = project.contents().commit(reset()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(server.asked().await.is_empty());
}

#[tokio::test]
async fn somebody_elses_change_to_the_same_file_is_a_conflict_on_both_flavours() {
    for status in [409, 422] {
        let server = Server::start().await;
        let listing = "GET repos/rpms/foo/git/trees/refs%2Fheads%2Fmain%3A?per_page=1000&page=1";
        server.answer(listing, 200, tree(json!([]))).await;
        let words = "sha does not match [given: a, expected: b]";
        server
            .answer("POST repos/rpms/foo/contents", status, refused(words))
            .await;
        let project = server.project();
        let commit = NewCommit::append("main", "m").change(FileChange::put("a", "x"));
        let error = project.contents().commit(commit).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{status}");
    }
}
