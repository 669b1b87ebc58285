//! Files, folders and trees.

use std::sync::Arc;

use ogr::{EntryKind, ErrorKind, FileChange, NewCommit, Onto, Operation, workflow};

use crate::{scenario::Scenario, stage::Stage, work::Work};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::{
        ContentsCommit, ContentsCommitReset, ContentsFirstExisting, ContentsList, ContentsRead,
        ContentsTree,
    };
    vec![
        Scenario::new(
            "contents::files_are_read_byte_for_byte",
            &[ContentsRead],
            |stage| Box::pin(read(stage)),
        ),
        Scenario::new(
            "contents::odd_paths_are_themselves",
            &[ContentsRead],
            |stage| Box::pin(odd_paths(stage)),
        ),
        Scenario::new("contents::folders_are_listed", &[ContentsList], |stage| {
            Box::pin(list(stage))
        }),
        Scenario::new("contents::the_whole_tree", &[ContentsTree], |stage| {
            Box::pin(tree(stage))
        }),
        Scenario::new(
            "contents::the_first_of_several_names",
            &[ContentsFirstExisting],
            |stage| Box::pin(first_existing(stage)),
        ),
        Scenario::new(
            "contents::several_files_in_one_commit",
            &[ContentsCommit],
            |stage| Box::pin(commit(stage)),
        ),
        Scenario::new(
            "contents::a_lost_update_is_a_conflict",
            &[ContentsCommit],
            |stage| Box::pin(lost_update(stage)),
        ),
        Scenario::new(
            "contents::a_branch_is_put_on_a_commit",
            &[ContentsCommitReset],
            |stage| Box::pin(reset(stage)),
        ),
        Scenario::new(
            "contents::ensure_commit_converges",
            &[Operation::ForksCreate],
            |stage| Box::pin(ensure_commit(stage)),
        ),
    ]
}

async fn read(stage: Arc<Stage>) {
    let project = stage.project().await;
    let url = stage.git_url(&*project).await;
    let work = Work::clone(&url, "main");
    let bytes: Vec<u8> = (0..=255).cycle().take(2_000).collect();
    work.write("data.bin", &bytes);
    work.write("empty", "");
    work.commit("Add data");
    work.push(&url, &["HEAD:main"]);
    let main = Some("main");
    assert_eq!(
        project
            .contents()
            .read("data.bin", main)
            .await
            .unwrap()
            .bytes,
        bytes
    );
    assert!(
        project
            .contents()
            .read("empty", main)
            .await
            .unwrap()
            .bytes
            .is_empty()
    );
    let spec = project.contents().read("./foo.spec", None).await.unwrap();
    assert_eq!(spec.text().unwrap(), "Name: foo\nVersion: 1.0\n");
    let by_sha = project
        .contents()
        .read("src/lib.c", Some(&work.head()))
        .await
        .unwrap();
    assert!(by_sha.text().unwrap().starts_with("int main"));
    for (path, at) in [("no/such.file", "main"), ("foo.spec", "no-such-ref")] {
        let error = project.contents().read(path, Some(at)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.to_string().contains(path), "{error}");
    }
    let error = project.contents().read("src", main).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound),
        "a folder is no file: {error}"
    );
}

async fn odd_paths(stage: Arc<Stage>) {
    let project = stage.project().await;
    let url = stage.git_url(&*project).await;
    let work = Work::clone(&url, "main");
    let names = [
        "a b.txt",
        "50%.txt",
        "q?.txt",
        "h#.txt",
        "ü/ß.txt",
        "p+lus&.txt",
    ];
    for name in names {
        work.write(name, name);
    }
    work.commit("Odd names");
    work.push(&url, &["HEAD:main"]);
    for name in names {
        let file = project.contents().read(name, Some("main")).await.unwrap();
        assert_eq!(file.bytes, name.as_bytes(), "{name}");
    }
    for bad in ["../foo.spec", "src/../foo.spec", "a//b", ""] {
        let error = project
            .contents()
            .read(bad, Some("main"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{bad:?}: {error}");
    }
}

async fn list(stage: Arc<Stage>) {
    let project = stage.project().await;
    let mut root = project.contents().list("", Some("main")).await.unwrap();
    root.sort_by(|a, b| a.path.cmp(&b.path));
    let root: Vec<(&str, &EntryKind)> = root
        .iter()
        .map(|entry| (entry.path.as_str(), &entry.kind))
        .collect();
    assert_eq!(
        root,
        [
            ("README.md", &EntryKind::File),
            ("foo.spec", &EntryKind::File),
            ("src", &EntryKind::Directory),
        ]
    );
    let below = project.contents().list("src/", None).await.unwrap();
    assert_eq!(below.len(), 1);
    assert_eq!(below[0].path, "src/lib.c");
    let error = project
        .contents()
        .list("nowhere", Some("main"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

async fn tree(stage: Arc<Stage>) {
    let project = stage.project().await;
    stage
        .branch_with(
            &*project,
            "main",
            "Deeper",
            &[("a/b/c/d.txt", "d"), ("a/e.txt", "e")],
        )
        .await;
    for at in [None, Some("main")] {
        let tree = project.contents().tree(at).await.unwrap();
        assert!(!tree.truncated);
        let mut files: Vec<&str> = tree
            .entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::File)
            .map(|entry| entry.path.as_str())
            .collect();
        files.sort_unstable();
        assert_eq!(
            files,
            [
                "README.md",
                "a/b/c/d.txt",
                "a/e.txt",
                "foo.spec",
                "src/lib.c"
            ]
        );
    }
    let error = project.contents().tree(Some("nothing")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

async fn first_existing(stage: Arc<Stage>) {
    let project = stage.project().await;
    let names = [".packit.yaml", "foo.spec", "README.md"];
    let found = project
        .contents()
        .first_existing(&names, Some("main"))
        .await
        .unwrap();
    assert_eq!(found.unwrap().path, "foo.spec");
    let none = project
        .contents()
        .first_existing(&["x", "y"], Some("main"))
        .await
        .unwrap();
    assert!(none.is_none());
    let deep = project
        .contents()
        .first_existing(&["src/x", "src/lib.c"], None)
        .await
        .unwrap();
    assert_eq!(deep.unwrap().path, "src/lib.c");
    let missing_ref = project
        .contents()
        .first_existing(&names, Some("nothing"))
        .await;
    assert_eq!(missing_ref.unwrap_err().kind(), ErrorKind::NotFound);
}

async fn commit(stage: Arc<Stage>) {
    let project = stage.project().await;
    let before = project.refs().branch("main").await.unwrap().sha;
    let new = NewCommit::append("main", "Change three files")
        .change(FileChange::put("foo.spec", "Name: foo\nVersion: 2.0\n"))
        .change(FileChange::put("new/file.bin", vec![0_u8, 255, 10]))
        .change(FileChange::delete("README.md"))
        .expected(&before);
    let made = project.contents().commit(new).await.unwrap();
    let main = project.refs().branch("main").await.unwrap();
    assert_eq!(main.sha, made.sha);
    let commit = project.refs().commit(&made.sha).await.unwrap();
    assert_eq!(commit.parents, Some(vec![before]));
    assert_eq!(
        commit.message.as_deref().map(str::trim_end),
        Some("Change three files")
    );
    let at = Some(made.sha.as_str());
    let spec = project.contents().read("foo.spec", at).await.unwrap();
    assert_eq!(spec.text().unwrap(), "Name: foo\nVersion: 2.0\n");
    let binary = project.contents().read("new/file.bin", at).await.unwrap();
    assert_eq!(&binary.bytes[..], [0, 255, 10]);
    assert!(
        project
            .contents()
            .read("README.md", at)
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert!(project.contents().read("src/lib.c", at).await.is_ok());
}

async fn lost_update(stage: Arc<Stage>) {
    let project = stage.project().await;
    let before = project.refs().branch("main").await.unwrap().sha;
    let after = stage
        .branch_with(
            &*project,
            "main",
            "Somebody else",
            &[("foo.spec", "theirs\n")],
        )
        .await;
    let new = NewCommit::append("main", "Mine")
        .change(FileChange::put("foo.spec", "mine\n"))
        .expected(before);
    let error = project.contents().commit(new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(project.refs().branch("main").await.unwrap().sha, after);
}

async fn reset(stage: Arc<Stage>) {
    let project = stage.project().await;
    let base = project.refs().branch("main").await.unwrap().sha;
    stage
        .branch_with(&*project, "topic", "An old attempt", &[("old.txt", "old")])
        .await;
    for (branch, version) in [("topic", "2.0"), ("fresh", "2.0"), ("topic", "3.0")] {
        let content = format!("Version: {version}\n");
        let new = NewCommit::append(branch, format!("Update to {version}"))
            .change(FileChange::put("foo.spec", content.clone()))
            .onto(Onto::Reset {
                sha: base.clone(),
                branch: "main".to_owned(),
                project: None,
            });
        let made = project.contents().commit(new).await.unwrap();
        assert_eq!(project.refs().branch(branch).await.unwrap().sha, made.sha);
        let commit = project.refs().commit(&made.sha).await.unwrap();
        assert_eq!(
            commit.parents,
            Some(vec![base.clone()]),
            "{branch} {version}"
        );
        let spec = project
            .contents()
            .read("foo.spec", Some(branch))
            .await
            .unwrap();
        assert_eq!(spec.text().unwrap(), content);
        assert!(
            project
                .contents()
                .read("old.txt", Some(branch))
                .await
                .unwrap_err()
                .is_not_found()
        );
    }
}

async fn ensure_commit(stage: Arc<Stage>) {
    let project = stage.project().await;
    let fork = stage.fork(&*project).await;
    // The fork has fallen behind: the commit must stand on the target all the same.
    let base = stage
        .branch_with(&*project, "main", "Meanwhile", &[("news.txt", "n")])
        .await;
    let seen = stage.seen_by_contributor(&*project);
    let request = |version: &str| {
        workflow::EnsureCommit::on(
            fork.clone(),
            "main-update",
            ogr::Signature::new("A Bot", "bot@example.org"),
        )
        .top_of(seen.clone(), "main", &base)
        .message(format!("Update to {version}"))
        .change(FileChange::put("foo.spec", format!("Version: {version}\n")))
    };
    let first = request("2.0").run().await.unwrap();
    assert_eq!(first.change, workflow::Change::Created);
    let again = request("2.0").run().await.unwrap();
    assert_eq!(again.change, workflow::Change::Unchanged);
    assert_eq!(again.sha, first.sha);
    assert!(request("2.0").plan().await.unwrap().writes().is_empty());
    let newer = request("3.0").run().await.unwrap();
    assert_eq!(newer.change, workflow::Change::Updated);
    let tip = fork.refs().branch("main-update").await.unwrap().sha;
    assert_eq!(Some(&tip), newer.sha.as_ref());
    let work = Work::clone(&stage.git_url(&*fork).await, "main-update");
    assert_eq!(
        work.git(&["rev-parse", "HEAD^"]),
        base,
        "one commit on top of the target"
    );
    assert_eq!(
        work.git(&["log", "-1", "--format=%an <%ae>"]),
        "A Bot <bot@example.org>"
    );
    // What the target has already is no commit.
    let nothing = workflow::EnsureCommit::on(
        fork.clone(),
        "other-update",
        ogr::Signature::new("A Bot", "bot@example.org"),
    )
    .top_of(seen.clone(), "main", &base)
    .message("Nothing")
    .change(FileChange::put("news.txt", "n"));
    let nothing = nothing.run().await.unwrap();
    assert_eq!(
        (nothing.sha, nothing.change),
        (None, workflow::Change::Unchanged)
    );
    assert!(
        fork.refs()
            .branch("other-update")
            .await
            .unwrap_err()
            .is_not_found()
    );
}
