//! Branches, tags and commits.

use std::sync::Arc;

use ogr::{ErrorKind, FileStatus, Operation};

use crate::{scenario::Scenario, stage::Stage, work::Work};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::{
        RefsBranch, RefsBranches, RefsCommit, RefsCommits, RefsCompare, RefsCreateBranch, RefsTag,
        RefsTags,
    };
    vec![
        Scenario::new(
            "refs::branches_are_listed_and_read",
            &[RefsBranches, RefsBranch],
            |stage| Box::pin(branches(stage)),
        ),
        Scenario::new(
            "refs::a_branch_is_created_once",
            &[RefsCreateBranch],
            |stage| Box::pin(create_branch(stage)),
        ),
        Scenario::new(
            "refs::odd_branch_names_are_themselves",
            &[RefsBranch],
            |stage| Box::pin(odd_names(stage)),
        ),
        Scenario::new(
            "refs::tags_stand_for_commits",
            &[RefsTags, RefsTag],
            |stage| Box::pin(tags(stage)),
        ),
        Scenario::new(
            "refs::commits_are_listed_newest_first",
            &[RefsCommits],
            |stage| Box::pin(commits(stage)),
        ),
        Scenario::new("refs::a_commit_is_read", &[RefsCommit], |stage| {
            Box::pin(commit(stage))
        }),
        Scenario::new("refs::commits_are_compared", &[RefsCompare], |stage| {
            Box::pin(compare(stage))
        }),
        Scenario::new(
            "refs::an_empty_project_has_none",
            &[RefsBranches],
            |stage| Box::pin(empty(stage)),
        ),
        Scenario::new("refs::more_than_a_page_of_tags", &[RefsTags], |stage| {
            Box::pin(many_tags(stage))
        }),
    ]
}

async fn branches(stage: Arc<Stage>) {
    let project = stage.project().await;
    let mut all = project.refs().branches().collect_all().await.unwrap();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let names: Vec<&str> = all.iter().map(|branch| branch.name.as_str()).collect();
    assert_eq!(names, ["main", "stable"]);
    let main = project.refs().branch("main").await.unwrap();
    assert_eq!(main.sha, all[0].sha);
    assert_eq!(main.sha.len(), 40);
    let error = project.refs().branch("no-such-branch").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.to_string().contains("no-such-branch"), "{error}");
    assert!(
        error.to_string().contains(&project.path().to_string()),
        "{error}"
    );
}

async fn create_branch(stage: Arc<Stage>) {
    let project = stage.project().await;
    let main = project.refs().branch("main").await.unwrap();
    let by_sha = project
        .refs()
        .create_branch("by-sha", &main.sha)
        .await
        .unwrap();
    assert_eq!((by_sha.name.as_str(), &by_sha.sha), ("by-sha", &main.sha));
    let by_name = project
        .refs()
        .create_branch("by/name", "stable")
        .await
        .unwrap();
    assert_eq!(by_name.sha, main.sha);
    assert_eq!(
        project.refs().branch("by/name").await.unwrap().sha,
        main.sha
    );
    let error = project
        .refs()
        .create_branch("by-sha", "main")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    let error = project
        .refs()
        .create_branch("x", "no-such-branch")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

async fn odd_names(stage: Arc<Stage>) {
    let project = stage.project().await;
    let names = ["feature/a+b", "50%", "ü#1", "with.dots"];
    let refs: Vec<String> = names
        .iter()
        .map(|name| format!("main:refs/heads/{name}"))
        .collect();
    let refs: Vec<&str> = refs.iter().map(String::as_str).collect();
    let url = stage.git_url(&*project).await;
    Work::clone(&url, "main").push(&url, &refs);
    for name in names {
        let branch = project.refs().branch(name).await.unwrap();
        assert_eq!(branch.name, name);
        let file = project
            .contents()
            .read("foo.spec", Some(name))
            .await
            .unwrap();
        assert!(file.bytes.starts_with(b"Name: foo"), "{name}");
    }
    for bad in ["", "..", "a/../main"] {
        let error = project.refs().branch(bad).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound),
            "{bad:?}: {error}"
        );
    }
}

async fn tags(stage: Arc<Stage>) {
    let project = stage.project().await;
    let url = stage.git_url(&*project).await;
    let work = Work::clone(&url, "main");
    work.git(&["tag", "v1.0"]);
    work.git(&["tag", "--annotate", "v1.1", "-m", "Version 1.1"]);
    work.push(&url, &["v1.0", "v1.1"]);
    let mut all = project.refs().tags().collect_all().await.unwrap();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let names: Vec<&str> = all.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(names, ["v1.0", "v1.1"]);
    for tag in &all {
        assert_eq!(tag.sha, work.head(), "{} stands for its commit", tag.name);
    }
    assert_eq!(project.refs().tag("v1.1").await.unwrap().sha, work.head());
    let error = project.refs().tag("v9").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.to_string().contains("v9"), "{error}");
    // A tag is as good a ref as any to read a file at.
    let file = project
        .contents()
        .read("foo.spec", Some("v1.1"))
        .await
        .unwrap();
    assert!(file.bytes.starts_with(b"Name: foo"));
}

async fn commits(stage: Arc<Stage>) {
    let project = stage.project().await;
    let first = project.refs().branch("main").await.unwrap().sha;
    let second = stage
        .branch_with(&*project, "main", "Second", &[("a.txt", "a")])
        .await;
    let all = project.refs().commits("main").collect_all().await.unwrap();
    let shas: Vec<&str> = all.iter().map(|commit| commit.sha.as_str()).collect();
    assert_eq!(shas, [second.as_str(), first.as_str()]);
    assert_eq!(all[0].message.as_deref().map(str::trim_end), Some("Second"));
    assert_eq!(all[0].author.as_ref().unwrap().name, "Test");
    let of_commit = project.refs().commits(&first).collect_all().await.unwrap();
    assert_eq!(of_commit.len(), 1);
    let error = project.refs().commits("nothing").first().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

async fn commit(stage: Arc<Stage>) {
    let project = stage.project().await;
    let first = project.refs().branch("main").await.unwrap().sha;
    let second = stage
        .branch_with(
            &*project,
            "main",
            "Second\n\nWith a body.",
            &[("a.txt", "a")],
        )
        .await;
    let commit = project.refs().commit(&second).await.unwrap();
    assert_eq!(commit.sha, second);
    assert_eq!(
        commit.message.as_deref().map(str::trim_end),
        Some("Second\n\nWith a body.")
    );
    assert_eq!(commit.parents, Some(vec![first]));
    assert!(commit.committer.unwrap().date.is_some());
    let missing = "0123456789abcdef0123456789abcdef01234567";
    let error = project.refs().commit(missing).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.to_string().contains(missing), "{error}");
}

async fn compare(stage: Arc<Stage>) {
    let project = stage.project().await;
    let tip = stage
        .branch_with(
            &*project,
            "topic",
            "Change",
            &[("foo.spec", "Name: bar\n"), ("new.txt", "n")],
        )
        .await;
    let comparison = project.refs().compare("main", "topic").await.unwrap();
    assert_eq!(comparison.commits.len(), 1);
    assert_eq!(comparison.commits[0].sha, tip);
    let mut files = comparison.files.unwrap();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let files: Vec<(&str, &FileStatus)> = files
        .iter()
        .map(|file| (file.path.as_str(), &file.status))
        .collect();
    assert_eq!(
        files,
        [
            ("foo.spec", &FileStatus::Modified),
            ("new.txt", &FileStatus::Added)
        ]
    );
    assert!(
        project
            .refs()
            .compare("main", "main")
            .await
            .unwrap()
            .commits
            .is_empty()
    );
    let error = project.refs().compare("main", "nothing").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

async fn empty(stage: Arc<Stage>) {
    let project = stage.empty_project().await;
    assert!(
        project
            .refs()
            .branches()
            .collect_all()
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        project
            .refs()
            .tags()
            .collect_all()
            .await
            .unwrap()
            .is_empty()
    );
    assert!(project.contents().list("", None).await.unwrap().is_empty());
    let error = project.refs().branch("main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

async fn many_tags(stage: Arc<Stage>) {
    let project = stage.project().await;
    let url = stage.git_url(&*project).await;
    let work = Work::clone(&url, "main");
    for number in 0..120 {
        work.git(&["tag", &format!("v0.{number}")]);
    }
    work.push(&url, &["--tags"]);
    let all = project.refs().tags().collect_all().await.unwrap();
    assert_eq!(all.len(), 120);
}
