//! The telling values that the Python library's own tests pin, out of its recordings on pagure.io.

use std::sync::Arc;

use ogr_core::{
    CallOptions, CheckState, Credential, ErrorKind, Forge, GitTransport, Mergeable, NewProject,
    NewPullRequest, NewStatus, Project, ProjectPath, PullRequestState,
};
use serde_json::Value;

use crate::{
    form, project,
    recorded::{self, Recorded},
    serve,
};

fn project_of(test: &str, path: &str) -> Option<(Arc<dyn Project>, Arc<Recorded>)> {
    let exchanges = recorded::test_of("recordings/ogr/pagure.jsonl", test)?;
    let (forge, wire) = serve(&exchanges, "https://pagure.io");
    Some((project(&forge, path), wire))
}

#[tokio::test]
async fn pr_info() {
    let Some((project, wire)) = project_of("test_pr_info", "ogr-tests") else {
        return;
    };
    let pull = project.pull_requests().get(5).await.unwrap();
    assert_eq!(pull.title, "Test PR");
    assert_eq!(pull.body.as_deref(), Some(""));
    assert_eq!(pull.state, PullRequestState::Merged);
    assert_eq!(pull.web_url, "https://pagure.io/ogr-tests/pull-request/5");
    let head = pull.head.sha.unwrap();
    assert_eq!(head, "517121273b142293807606dbd7a2e0f514b21cc8");
    assert_eq!(pull.closed_by.unwrap().login, "mfocko");
    let fork: ProjectPath = "fork/mfocko/ogr-tests".parse().unwrap();
    assert_eq!(pull.head.project, Some(fork));
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test]
async fn pr_with_conflicts() {
    let Some((project, _)) = project_of("test_head_commit", "ogr-tests") else {
        return;
    };
    let pull = project.pull_requests().get(4).await.unwrap();
    assert_eq!(pull.mergeable, Mergeable::No);
}

#[tokio::test]
async fn pr_create_from_fork() {
    let test = "test_pr_create_from_fork";
    let Some((project, wire)) = project_of(test, "ogr-tests") else {
        return;
    };
    let fork = "fork/ttomecek/ogr-tests".parse().unwrap();
    let new = NewPullRequest::new("Testing PR", "master", "master")
        .body("Body of the testing PR.")
        .from_project(fork);
    let pull = project.pull_requests().create(new).await.unwrap();
    let target = pull.base.project.unwrap();
    assert_eq!(target.fork_owner, None);
    let sent = wire.sent();
    assert_eq!(sent.len(), 1);
    let form = form(&sent[0]);
    assert_eq!(form["repo_from"], "ogr-tests");
    assert_eq!(form["repo_from_username"], "ttomecek");
    assert!(!form.contains_key("repo_from_namespace"));
}

#[tokio::test]
async fn pr_status() {
    let Some((project, wire)) = project_of("test_pr_status", "ogr-tests") else {
        return;
    };
    let sha = "1b491a6718ca39c249e4e15a1b9d74fb2ff9d90a";
    let status = NewStatus::success("test")
        .description("not failed test")
        .url("https://pagure.io/ogr-tests/pull-request/4");
    project.statuses().set(sha, &status).await.unwrap();
    let list = project.statuses().list(sha).collect_all().await.unwrap();
    assert_eq!(list[0].state, CheckState::Success);
    assert_eq!(wire.sent().len(), 2);
}

#[tokio::test]
async fn a_token_that_is_changed() {
    let test = "test_token_is_none_then_set";
    let Some((project, wire)) = project_of(test, "ogr-tests") else {
        return;
    };
    let forge = project.forge();
    let error = forge.users().whoami().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    let other = CallOptions::new().credential(Credential::token("FEDCBA9876543210"));
    let me = forge.with(other).users().whoami().await.unwrap();
    assert_eq!(me.login, "jscotka");
    assert_eq!(wire.sent().len(), 2);
}

#[tokio::test]
async fn sha_from_branch() {
    for (test, branch, found) in [
        ("test_get_sha_from_branch", "for-testing-get-files", true),
        (
            "test_get_sha_from_branch_non_existing",
            "non-existing",
            false,
        ),
    ] {
        let path = "recordings/ogr/pagure.jsonl";
        let Some(exchanges) = recorded::test_of(path, test) else {
            return;
        };
        // ogr writes booleans as Python does.
        let exchanges = Value::from(exchanges)
            .to_string()
            .replace("with_commits=True", "with_commits=true");
        let exchanges: Vec<Value> = serde_json::from_str(&exchanges).unwrap();
        let (forge, wire) = serve(&exchanges, "https://pagure.io");
        let read = project(&forge, "ogr-tests").refs().branch(branch).await;
        assert_eq!(read.is_ok(), found);
        assert_eq!(wire.sent().len(), 1);
    }
}

#[tokio::test]
async fn diff_that_fails_and_then_succeeds() {
    let test = "test_pr_diff_failing_and_succeding";
    let Some(mut exchanges) = recorded::test_of("recordings/ogr/pagure.jsonl", test) else {
        return;
    };
    // ogr asks again at once; this asks what the pull request is before it believes in none.
    let pull = recorded::test_of("recordings/ogr/pagure.jsonl", "test_pr_info").unwrap();
    let mut pull = pull.last().unwrap().clone();
    pull["url"] = "https://pagure.io/api/0/ogr-tests/pull-request/7".into();
    exchanges.push(pull);
    let (forge, _) = serve(&exchanges, "https://pagure.io");
    let project = project(&forge, "ogr-tests");
    let files = project.pull_requests().files(7).collect_all().await;
    assert!(files.is_err());
    let files = project
        .pull_requests()
        .files(7)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(files[0].path, "README.md");
    assert_eq!(files[0].additions, Some(5));
}

#[tokio::test]
async fn urls_and_parents() {
    let Some((project, wire)) = project_of("test_git_urls", "ogr-tests") else {
        return;
    };
    let http = project.git_url(GitTransport::Http);
    assert_eq!(http.as_str(), "https://pagure.io/ogr-tests.git");
    let ssh = project.git_url(GitTransport::Ssh);
    assert_eq!(ssh.as_str(), "ssh://git@pagure.io/ogr-tests.git");
    assert!(wire.sent().is_empty());

    let (fork, _) = project_of("test_parent_project", "fork/mfocko/ogr-tests").unwrap();
    let info = fork.get().await.unwrap();
    assert_eq!(info.parent, Some(ProjectPath::bare("ogr-tests")));
}

#[tokio::test]
async fn project_create() {
    let test = "test_project_create_with_description";
    let Some(exchanges) = recorded::test_of("recordings/ogr/pagure.jsonl", test) else {
        return;
    };
    let (forge, wire) = serve(&exchanges, "https://pagure.io");
    let path = ProjectPath::bare("new-ogr-testing-repo-with-description");
    let text = "The description of the newly created project.";
    let new = NewProject::new(path.clone()).description(text);
    let project = forge.projects().create(new).await.unwrap();
    assert_eq!(*project.path(), path);
    let sent = wire.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(form(&sent[0])["description"], text);
}
