//! Reading what is in a pull request.

use std::sync::Arc;

use ogr::{ErrorKind, FileStatus, NewPullRequest, Operation};

use super::list::open;
use crate::{scenario::Scenario, stage::Stage, work::Work};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::{
        PullRequestsCommits, PullRequestsDiff, PullRequestsFiles, PullRequestsGet,
        PullRequestsPatch, PullRequestsReadFile,
    };
    vec![
        Scenario::new(
            "pull_requests::a_missing_one_is_named",
            &[PullRequestsGet],
            |stage| Box::pin(missing(stage)),
        ),
        Scenario::new(
            "pull_requests::its_commits_oldest_first",
            &[PullRequestsCommits],
            |stage| Box::pin(commits(stage)),
        ),
        Scenario::new("pull_requests::its_files", &[PullRequestsFiles], |stage| {
            Box::pin(files(stage))
        }),
        Scenario::new("pull_requests::its_diff", &[PullRequestsDiff], |stage| {
            Box::pin(diff(stage))
        }),
        Scenario::new("pull_requests::its_patch", &[PullRequestsPatch], |stage| {
            Box::pin(patch(stage))
        }),
        Scenario::new(
            "pull_requests::a_file_at_its_head",
            &[PullRequestsReadFile],
            |stage| Box::pin(read_file(stage)),
        ),
        Scenario::new(
            "pull_requests::git_fetches_its_head",
            &[PullRequestsGet],
            |stage| Box::pin(refspec(stage)),
        ),
    ]
}

async fn missing(stage: Arc<Stage>) {
    let project = stage.project().await;
    let error = project.pull_requests().get(4711).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.to_string().contains("4711"), "{error}");
    assert!(
        error.to_string().contains(&project.path().to_string()),
        "{error}"
    );
}

async fn two_commits(stage: &Stage) -> (Arc<dyn ogr::Project>, u64, [String; 2]) {
    let project = stage.project().await;
    let url = stage.git_url(&*project).await;
    let work = Work::clone(&url, "main");
    work.write("foo.spec", "Name: foo\nVersion: 2.0\n");
    work.commit("First");
    let first = work.head();
    work.write("new.txt", "new\n");
    work.git(&["rm", "--quiet", "README.md"]);
    work.commit("Second");
    let second = work.head();
    work.push(&url, &["HEAD:topic"]);
    let new = NewPullRequest::new("Two commits", "topic", "main");
    let number = project.pull_requests().create(new).await.unwrap().number;
    (project, number, [first, second])
}

async fn commits(stage: Arc<Stage>) {
    let (project, number, expected) = two_commits(&stage).await;
    let commits = project
        .pull_requests()
        .commits(number)
        .collect_all()
        .await
        .unwrap();
    let shas: Vec<&str> = commits.iter().map(|commit| commit.sha.as_str()).collect();
    assert_eq!(shas, expected);
    assert_eq!(
        commits[0].message.as_deref().map(str::trim_end),
        Some("First")
    );
}

async fn files(stage: Arc<Stage>) {
    let (project, number, _) = two_commits(&stage).await;
    let mut files = project
        .pull_requests()
        .files(number)
        .collect_all()
        .await
        .unwrap();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let files: Vec<(&str, &FileStatus)> = files
        .iter()
        .map(|file| (file.path.as_str(), &file.status))
        .collect();
    assert_eq!(
        files,
        [
            ("README.md", &FileStatus::Removed),
            ("foo.spec", &FileStatus::Modified),
            ("new.txt", &FileStatus::Added),
        ]
    );
}

async fn diff(stage: Arc<Stage>) {
    let (project, number, _) = two_commits(&stage).await;
    let diff = project.pull_requests().diff(number).await.unwrap();
    let text = String::from_utf8(diff.to_vec()).unwrap();
    assert!(text.contains("+Version: 2.0"), "{text}");
    assert!(text.contains("-Version: 1.0"), "{text}");
    assert!(text.contains("new.txt"), "{text}");
    let error = project.pull_requests().diff(4711).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

async fn patch(stage: Arc<Stage>) {
    let (project, number, [first, second]) = two_commits(&stage).await;
    let patch = project.pull_requests().patch(number).await.unwrap();
    let text = String::from_utf8(patch.to_vec()).unwrap();
    assert!(text.contains(&format!("From {first}")), "{text}");
    assert!(text.contains(&format!("From {second}")), "{text}");
    assert!(text.contains("Subject: [PATCH 1/2] First"), "{text}");
}

async fn read_file(stage: Arc<Stage>) {
    let project = stage.project().await;
    let fork = stage.fork(&*project).await;
    stage
        .branch_with(
            &*fork,
            "topic",
            "Change",
            &[("foo.spec", "Version: 9\n"), ("d/e.txt", "e")],
        )
        .await;
    let seen = stage.seen_by_contributor(&*project);
    let number = seen
        .pull_requests()
        .create(NewPullRequest::new("x", "topic", "main").from_project(fork.path().clone()))
        .await
        .unwrap()
        .number;
    let file = project
        .pull_requests()
        .read_file(number, "foo.spec")
        .await
        .unwrap();
    assert_eq!(file.text().unwrap(), "Version: 9\n");
    let deep = project
        .pull_requests()
        .read_file(number, "d/e.txt")
        .await
        .unwrap();
    assert_eq!(deep.text().unwrap(), "e");
    let error = project
        .pull_requests()
        .read_file(number, "nothing")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

async fn refspec(stage: Arc<Stage>) {
    let project = stage.project().await;
    let number = open(&stage, &project, "topic", "main").await;
    let tip = project.refs().branch("topic").await.unwrap().sha;
    let refspec = project.pull_requests().head_refspec(number);
    let url = stage.git_url(&*project).await;
    let listed = Work::new().git(&["ls-remote", &url, &refspec]);
    assert!(listed.starts_with(&tip), "{refspec}: {listed:?}");
}
