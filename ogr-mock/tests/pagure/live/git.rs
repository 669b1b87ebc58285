//! Refs, contents, and git itself.

use std::os::unix::fs::symlink;

use serde_json::json;

use crate::common::{commit, git};
use crate::pair::{Body, Pair};

#[tokio::test]
async fn refs_and_contents_answer_alike() {
    let Some(mut pair) = Pair::new("git").await else {
        return;
    };
    let form = [("name", "{n}"), ("description", "d"), ("namespace", "rpms")];
    pair.post("/new", "alice", &form).await;
    let tree = pair.tree().await;
    for (file, text) in [
        ("empty", ""),
        ("x.html", "<b>"),
        ("x.py", "é\n"),
        ("x.bin", "a\0b"),
        ("x.json", "{}"),
        ("foo.spec", "Name: foo\n"),
        ("uni zażółć.txt", "ł\n"),
        ("d/b.txt", "b\n"),
        ("d/e/c.md", "c\n"),
        ("f/f/f", "f\n"),
    ] {
        let path = tree.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    symlink("foo.spec", tree.join("link")).unwrap();
    let first = commit(&tree, "a.txt", "a\n", "One\n\nMore of it.").await;
    pair.push("rpms/{n}", "alice", &["main"]).await;
    pair.get("/rpms/{n}/git/branches").await;
    pair.get("/rpms/{n}/tree").await;
    git(&tree, &["checkout", "-q", "-b", "feature/x"])
        .await
        .unwrap();
    git(&tree, &["mv", "a.txt", "renamed.txt"]).await.unwrap();
    let second = commit(&tree, "x.txt", "x\n", "Two").await;
    git(&tree, &["tag", "light"]).await.unwrap();
    git(&tree, &["tag", "-m", "words", "heavy"]).await.unwrap();
    pair.push("rpms/{n}", "alice", &["feature/x", "light", "heavy"])
        .await;
    let blob = git(&tree, &["rev-parse", "main:d/b.txt"]).await.unwrap();
    let folder = git(&tree, &["rev-parse", "main:d"]).await.unwrap();
    let heavy = git(&tree, &["rev-parse", "heavy"]).await.unwrap();

    for form in [
        &[("branch_name", "nosuch")][..],
        &[("x", "main")],
        &[("branch_name", "main"), ("with_commits", "true")],
    ] {
        pair.post("/rpms/{n}/git/branches", "alice", form).await;
        pair.get("/rpms/{n}/git/branches?with_commits=T").await;
    }
    pair.json(
        "/rpms/{n}/git/branches",
        "alice",
        json!({"branch_name": "main"}),
    )
    .await;
    pair.post("/rpms/{n}/git/branches?branch_name=feature/x", "carol", &[])
        .await;
    pair.post("/rpms/{n}/git/branches?branch_name=main", "alice", &[])
        .await;

    let mut references = vec![
        "main".to_owned(),
        "main/".to_owned(),
        "feature/x".to_owned(),
        "nosuch".to_owned(),
        "HEAD".to_owned(),
        "light".to_owned(),
        "refs/heads/main".to_owned(),
        "0000000000000000000000000000000000000001".to_owned(),
    ];
    for sha in [&first, &second, &heavy, &folder, &blob] {
        references.push(sha.clone());
        references.push(sha[..8].to_owned());
        references.push(sha[..3].to_owned());
        references.push(sha.to_uppercase());
    }
    for reference in &references {
        let api = "/rpms/{n}";
        pair.get(&format!("{api}/tree/{reference}")).await;
        pair.get(&format!("{api}/tree/{reference}/f/d/b.txt")).await;
        pair.get(&format!("{api}/c/{reference}/info")).await;
        pair.get(&format!("{api}/c/{reference}/flag")).await;
        let is_object_but_no_commit = [&folder, &blob, &heavy]
            .iter()
            .any(|sha| sha.starts_with(&reference.to_lowercase()) && reference.len() > 3);
        if !is_object_but_no_commit {
            pair.get(&format!("/{api}/raw/{reference}")).await;
            pair.get(&format!("/{api}/raw/{reference}/f/d/b.txt")).await;
            pair.get(&format!("/{api}/c/{reference}.patch")).await;
            pair.get(&format!("/{api}/c/{reference}.diff")).await;
        }
    }
    pair.get("/rpms/{n}/tree").await;
    for file in [
        "a.txt",
        "d",
        "d/",
        "d//b.txt",
        "d/b.txt",
        "d/e",
        "f",
        "f/f",
        "f/f/f",
        "link/x",
        "empty",
        "x.html",
        "x.py",
        "x.bin",
        "x.json",
        "foo.spec",
        "nosuch",
        "uni%20za%C5%BC%C3%B3%C5%82%C4%87.txt",
    ] {
        pair.get(&format!("/rpms/{{n}}/tree/main/f/{file}")).await;
        pair.get(&format!("//rpms/{{n}}/raw/main/f/{file}")).await;
    }
    for form in [
        &[][..],
        &[("branch", "b1")],
        &[("branch", "b1"), ("from_branch", "nosuch")],
        &[("branch", "b1"), ("from_commit", "nosuch")],
        &[
            ("branch", "b1"),
            ("from_commit", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ],
        &[("branch", "b1"), ("from_commit", &first[..7])],
        &[
            ("branch", "b2"),
            ("from_commit", &first),
            ("from_branch", "main"),
        ],
        &[
            ("branch", "b2"),
            ("from_commit", &first),
            ("from_branch", ""),
        ],
        &[("branch", "b1"), ("from_branch", "main")],
        &[("branch", "bad..name"), ("from_branch", "main")],
        &[("branch", ""), ("from_branch", "main")],
    ] {
        pair.post("/rpms/{n}/git/branch", "alice", form).await;
    }
    pair.json("/rpms/{n}/git/branch", "alice", json!({"branch": 5}))
        .await;
    pair.json(
        "/rpms/{n}/git/branch",
        "alice",
        json!({"branch": "b3", "from_branch": "main"}),
    )
    .await;
    let form = [("branch", "b4"), ("from_branch", "main")];
    pair.post("/rpms/{n}/git/branch", "carol", &form).await;
    pair.post("/rpms/{n}/git/branch", "bound", &form).await;
    pair.get("/rpms/{n}/git/branches").await;

    let short = &first[..7];
    for form in [
        &[("tagname", "v1"), ("commit_hash", short), ("force", "true")][..],
        &[("tagname", "v1"), ("commit_hash", short)],
        &[("tagname", "v1"), ("commit_hash", &second)],
        &[
            ("tagname", "v1"),
            ("commit_hash", &second),
            ("force", "true"),
            ("message", "again"),
        ],
        &[
            ("tagname", "v2"),
            ("commit_hash", &first),
            ("with_commits", "1"),
        ],
        &[("tagname", "v3"), ("commit_hash", "main")],
        &[
            ("tagname", "v3"),
            ("commit_hash", "0000000000000000000000000000000000000001"),
        ],
        &[("tagname", "bad..name"), ("commit_hash", &first)],
        &[("tagname", "v3")],
        &[("commit_hash", &first)],
    ] {
        pair.post("/rpms/{n}/git/tags", "carol", form).await;
        pair.get("/rpms/{n}/git/tags?with_commits=True").await;
    }
    let body = json!({"tagname": "v4", "commit_hash": first, "with_commits": true});
    pair.json("/rpms/{n}/git/tags", "alice", body).await;
    pair.get("/rpms/{n}/git/tags").await;

    let labels: [&[(&str, &str)]; 6] = [
        &[
            ("tag", "bug one"),
            ("tag_color", "red"),
            ("tag_description", "d"),
        ],
        &[("tag", "bug one"), ("tag_color", "red")],
        &[("tag", "a,b"), ("tag_color", "red")],
        &[("tag", "x"), ("tag_color", "red")],
        &[("tag", "nodesc"), ("tag_color", "red")],
        &[("tag", "nocolor")],
    ];
    for form in labels {
        pair.post("/rpms/{n}/tags/new", "carol", form).await;
    }
    for path in [
        "/tags",
        "/tags/",
        "/tags?pattern=BUG",
        "/tag/bug%20one",
        "/tag/no",
    ] {
        pair.get(&format!("/rpms/{{n}}{path}")).await;
    }
    let token = ["modify_project"];
    pair.project_token("/rpms/{n}", "alice", "own", &token)
        .await;
    for who in ["", "alice", "own", "own"] {
        pair.send("DELETE", "/rpms/{n}/tag/bug%20one", who, Body::None)
            .await;
    }
    pair.clean("/rpms/{n}", "alice").await;
    pair.done();
}

#[tokio::test]
async fn empty_projects_and_strangers_and_git_itself_are_alike() {
    let Some(mut pair) = Pair::new("empty").await else {
        return;
    };
    pair.post("/new", "alice", &[("name", "{n}"), ("description", "d")])
        .await;
    pair.post("/fork", "bob", &[("repo", "{n}")]).await;
    let tree = pair.tree().await;
    git(&tree, &["checkout", "-q", "-b", "master"])
        .await
        .unwrap();
    let from = [
        ("title", "T"),
        ("branch_to", "master"),
        ("branch_from", "master"),
        ("repo_from", "{n}"),
        ("repo_from_username", "bob"),
    ];
    let new = "/{n}/pull-request/new";
    pair.post(new, "bob", &from).await;
    commit(&tree, "a.txt", "a\n", "one").await;
    pair.push("forks/bob/{n}", "bob", &["master"]).await;
    pair.post(new, "bob", &from).await;
    for path in [
        "/{n}/git/branches",
        "/{n}/tree",
        "/{n}/pull-request/1/diffstats",
    ] {
        pair.get(path).await;
    }
    pair.post("/{n}/pull-request/1/merge", "alice", &[]).await;
    pair.get("/{n}/pull-request/1").await;
    pair.get("/{n}/git/branches?with_commits=1").await;
    pair.post(new, "bob", &from).await;

    git(&tree, &["checkout", "-q", "-b", "x"]).await.unwrap();
    commit(&tree, "b.txt", "b\n", "two").await;
    for (path, who, reference) in [
        ("{n}", "carol", "x"),
        ("{n}", "bound", "x"),
        ("fork/bob/{n}", "bob", "x"),
        ("nosuch", "alice", "x"),
        ("{n}", "alice", "x"),
    ] {
        let said = pair.try_push(path, who, &[reference]).await;
        let kinds = said.each_ref().map(|said| match said {
            Ok(_) => "pushed",
            Err(error) if error.contains("pre-receive hook declined") => "declined",
            Err(error) if error.contains("not found") => "not found",
            Err(error) if error.contains("Authentication failed") => "unknown",
            Err(_) => "other",
        });
        assert_eq!(kinds[0], kinds[1], "{path} {who}: {said:?}");
    }
    pair.same_refs("{n}").await;
    pair.same_refs("forks/bob/{n}").await;
    pair.same_refs("fork/bob/{n}").await;
    pair.same_refs("nosuch").await;
    assert!(
        pair.forge()
            .branches(&pair.name)
            .await
            .unwrap()
            .contains_key("x")
    );
    pair.clean("/fork/bob/{n}", "bob").await;
    pair.clean("/{n}", "alice").await;
    pair.done();
}
