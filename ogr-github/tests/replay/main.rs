//! Recorded answers of the real GitHub, and what the models make of them.

#![allow(clippy::unwrap_used)]

mod go_scm;
#[path = "../../../tests/replay/recorded.rs"]
#[allow(dead_code)]
mod recorded;

use std::sync::Arc;

use ogr_core::{
    CheckState, Credential, ErrorKind, Forge, ForgeKind, Mergeable, NewFork, NewStatus, Project,
    ProjectPath, PullRequestChange, PullRequestState, Visibility, http::HttpConfig,
    registry::Backend,
};
use ogr_github::{GitHub, GitHubBackend};
use recorded::Recorded;
use serde_json::{Value, json};

fn github(exchanges: &[Value]) -> (GitHub, Arc<Recorded>) {
    let wire = Recorded::new(exchanges);
    let mut config = HttpConfig::default();
    config.wire = Some(wire.clone());
    config.tries = 1;
    let instance = GitHubBackend.instance(ForgeKind::GitHub, "https://github.com".parse().unwrap());
    let credential = Some(Credential::token("recorded"));
    let forge = GitHub::new(instance, credential, config).unwrap();
    (forge, wire)
}

fn project(forge: &GitHub, path: &str) -> Arc<dyn Project> {
    forge.project(&path.parse().unwrap()).unwrap()
}

/// One of ogr's tests by the end of its name; `None` where the recordings are not at hand.
fn ogr(test: &str) -> Option<(GitHub, Arc<Recorded>)> {
    Some(github(&recorded::test_of(
        "recordings/ogr/github.jsonl",
        test,
    )?))
}

/// The same answers at another address: where ogr asks otherwise than the recording's client.
fn at(mut exchanges: Vec<Value>, url: &str) -> Vec<Value> {
    for exchange in &mut exchanges {
        exchange["url"] = json!(format!("https://api.github.com{url}"));
    }
    exchanges
}

const HELLO: &str = "packit/hello-world";

#[tokio::test]
async fn merge_commits_and_mergeability() {
    let Some((forge, wire)) = ogr("PullRequests.test_merge_commit_sha") else {
        return;
    };
    let project = project(&forge, HELLO);
    let pulls = project.pull_requests();
    let merged = pulls.get(240).await.unwrap();
    assert_eq!(merged.state, PullRequestState::Merged);
    assert!(merged.head.sha.unwrap().starts_with("dabfd386"));
    assert!(merged.merge_commit.unwrap().starts_with("f502aae6"));
    let conflict = pulls.get(111).await.unwrap();
    assert_eq!(conflict.mergeable, Mergeable::No);
    // The trial merge of an open one is not the commit that merged it.
    assert_eq!(conflict.merge_commit, None);
    assert_eq!(pulls.get(112).await.unwrap().mergeable, Mergeable::Yes);
    // ogr of Python needs the project for that too.
    assert_eq!(wire.sent().len(), 3);
}

#[tokio::test]
async fn commits_of_a_pull_request() {
    let Some((forge, wire)) = ogr("PullRequests.test_all_pr_commits") else {
        return;
    };
    let project = project(&forge, "packit/ogr");
    let commits = project
        .pull_requests()
        .commits(1)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(commits.len(), 3);
    assert!(commits[0].sha.starts_with("431f4a7c5cce"));
    assert!(commits[2].sha.starts_with("5d6cc05d30ef"));
    assert!(commits[2].author.as_ref().unwrap().date.is_some());
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test]
async fn heads_of_forks() {
    for (test, target, number, head) in [
        ("upstream_fork", HELLO, 111, "lbarcziova/hello-world"),
        ("renamed_fork", HELLO, 113, "mfocko/hello-world"),
        ("fork_fork", "mfocko/hello-world", 1, "mfocko/hello-world"),
    ] {
        let test = format!("PullRequests.test_source_project_{test}");
        let Some((forge, wire)) = ogr(&test) else {
            return;
        };
        let project = project(&forge, target);
        let pull = project.pull_requests().get(number).await.unwrap();
        assert_eq!(pull.head.project.unwrap().to_string(), head);
        assert_eq!(pull.base.project.unwrap().to_string(), target);
        assert_eq!(wire.sent().len(), 1);
    }
}

#[tokio::test]
async fn changes_answer_with_what_is_now() {
    let Some((forge, wire)) = ogr("PullRequests.test_setters") else {
        return;
    };
    let project = project(&forge, HELLO);
    let pulls = project.pull_requests();
    let change = PullRequestChange::new().title("test title");
    assert_eq!(pulls.change(72, change).await.unwrap().title, "test title");
    let sent: Value = serde_json::from_slice(&wire.sent()[0].body).unwrap();
    // ogr of Python demands both, and asks twice.
    assert_eq!(sent, json!({"title": "test title"}));
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test]
async fn a_fork_to_another_fork() {
    let Some((forge, wire)) = ogr("PullRequests.test_pr_create_fork_other_fork") else {
        return;
    };
    let target = project(&forge, "lachmanfrantisek/hello-world");
    let pulls = target.pull_requests();
    let new =
        ogr_core::NewPullRequest::new("test: other_fork(master) <- fork", "test_source", "master")
            .from_project(ProjectPath::new("mfocko", "hello-world"))
            .body("pull request body");
    let pull = pulls.create(new).await.unwrap();
    assert_eq!(pull.number, 9);
    assert_eq!(pull.state, PullRequestState::Open);
    let sent: Value = serde_json::from_slice(&wire.sent()[0].body).unwrap();
    // The head is the fork's: the recording's client named the target's own.
    assert_eq!(sent["head"], "mfocko:test_source");
    assert_eq!(
        pulls.close(9).await.unwrap().state,
        PullRequestState::Closed
    );
}

#[tokio::test]
async fn a_pull_request_that_is_not_there() {
    let Some(exchanges) = recorded::test_of("recordings/ogr/github.jsonl", "test_pr_not_exists")
    else {
        return;
    };
    // The number that was asked for is larger than any that ogr takes.
    let refusal = vec![exchanges[1].clone()];
    let (forge, wire) = github(&at(refusal, "/repos/packit/ogr/pulls/1000"));
    let error = project(&forge, "packit/ogr")
        .pull_requests()
        .get(1_000)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("packit/ogr#1000"));
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test]
async fn tags_branches_and_files() {
    let Some((forge, _)) = ogr("GenericCommands.test_get_sha_from_tag") else {
        return;
    };
    let tags = project(&forge, "packit/ogr")
        .refs()
        .tags()
        .collect_all()
        .await
        .unwrap();
    let first = tags.iter().find(|tag| tag.name == "0.0.1").unwrap();
    assert!(first.sha.starts_with("29ca3cae"));
    let Some((forge, _)) = ogr("GenericCommands.test_branches") else {
        return;
    };
    let branches = project(&forge, "packit/ogr")
        .refs()
        .branches()
        .collect_all()
        .await
        .unwrap();
    assert!(branches.iter().all(|branch| branch.sha.len() == 40));
    // A server that does not know the media type for bytes is read all the same.
    let Some((forge, wire)) = ogr("GenericCommands.test_get_file") else {
        return;
    };
    let file = project(&forge, "packit/ogr")
        .contents()
        .read(".git_archival.txt", Some("master"))
        .await
        .unwrap();
    assert!(file.text().unwrap().starts_with("ref-names:"));
    assert_eq!(wire.sent().len(), 1);
    let Some((forge, _)) = ogr("GenericCommands.test_nonexisting_file") else {
        return;
    };
    let error = project(&forge, "packit/ogr")
        .contents()
        .read(".blablabla_nonexisting_file", Some("master"))
        .await
        .unwrap_err();
    assert_eq!(
        error.resource(),
        Some("packit/ogr:.blablabla_nonexisting_file@master")
    );
}

#[tokio::test]
async fn statuses_are_cut_and_set_in_one_request() {
    let Some((forge, wire)) = ogr("GenericCommands.test_set_commit_status") else {
        return;
    };
    let sha = "c891a9e4ac01e6575f3fd66cf1b7db2f52f10128";
    let status = NewStatus::success("test")
        .description("testing description")
        .url("https://github.com/packit/ogr");
    let set = project(&forge, "packit/ogr")
        .statuses()
        .set(sha, &status)
        .await
        .unwrap();
    assert_eq!(set.state, CheckState::Success);
    assert_eq!(set.context, "test");
    assert!(set.creator.is_some() && set.created_at.is_some());
    let sent: Value = serde_json::from_slice(&wire.sent()[0].body).unwrap();
    assert_eq!(
        sent,
        json!({"state": "success", "target_url": "https://github.com/packit/ogr",
            "description": "testing description", "context": "test"})
    );
    let Some((forge, wire)) = ogr("GenericCommands.test_set_commit_status_long_description") else {
        return;
    };
    let status = status.description("x".repeat(200));
    // The first recorded answer is the refusal that came of a description that was not cut.
    let error = project(&forge, "packit/ogr")
        .statuses()
        .set(sha, &status)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("description is too long"));
    let sent: Value = serde_json::from_slice(&wire.sent()[0].body).unwrap();
    assert_eq!(sent["description"].as_str().unwrap().chars().count(), 140);
}

#[tokio::test]
async fn forks_and_visibility() {
    let Some((forge, wire)) = ogr("Forks.test_fork") else {
        return;
    };
    let mine = project(&forge, "packit/ogr")
        .forks()
        .find_mine()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(mine.path(), &ProjectPath::new("mfocko", "ogr"));
    assert_eq!(wire.sent().len(), 2);
    let Some((forge, wire)) = ogr("Forks.test_create_fork_with_namespace") else {
        return;
    };
    let fork = project(&forge, HELLO)
        .forks()
        .create(NewFork::new().namespace("ogr-tests-mfocko"))
        .await
        .unwrap();
    assert_eq!(fork.path().namespace.as_deref(), Some("ogr-tests-mfocko"));
    let sent: Value = serde_json::from_slice(&wire.sent()[0].body).unwrap();
    assert_eq!(sent, json!({"organization": "ogr-tests-mfocko"}));
    let Some((forge, _)) = ogr("GenericCommands.test_is_private") else {
        return;
    };
    let info = project(&forge, "mfocko/playground").get().await.unwrap();
    assert_eq!(info.visibility, Visibility::Private);
    let Some((forge, _)) = ogr("GenericCommands.test_username") else {
        return;
    };
    assert!(!forge.users().whoami().await.unwrap().login.is_empty());
}

#[tokio::test]
async fn releases_and_a_bad_token() {
    let Some((forge, _)) = ogr("Releases.test_get_releases") else {
        return;
    };
    let releases = project(&forge, "packit/ogr")
        .releases()
        .list()
        .collect_all()
        .await
        .unwrap();
    assert!(!releases.is_empty());
    for release in releases {
        assert!(
            release.created_at.is_some() && release.author.is_some(),
            "{release:?}"
        );
    }
    let Some((forge, wire)) = ogr("Service.test_wrong_auth") else {
        return;
    };
    let error = forge
        .projects()
        .create(ogr_core::NewProject::new(ProjectPath::bare("test")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test]
async fn octokit_scenarios() {
    let Some(records) = recorded::records("recordings/octokit-fixtures.jsonl") else {
        return;
    };
    let scenario = |name: &str| -> Vec<Value> {
        records
            .iter()
            .filter(|record| record["scenario"] == name)
            .cloned()
            .collect()
    };
    let (forge, _) = github(&scenario("create-status"));
    let sha = format!("{:040}", 1);
    let repository = project(&forge, "octokit-fixture-org/create-status");
    let statuses = repository.statuses();
    let combined = statuses.combined(&sha).await.unwrap();
    assert_eq!(combined.state, Some(CheckState::Failure));
    assert_eq!(combined.statuses.len(), 2);
    let listed = statuses.list(&sha).collect_all().await.unwrap();
    assert_eq!(listed[0].context, "example/2");

    let (forge, wire) = github(&scenario("rename-repository"));
    let info = project(&forge, "octokit-fixture-org/rename-repository")
        .get()
        .await
        .unwrap();
    assert_eq!(info.path.name, "rename-repository-newname");
    assert_eq!(wire.sent().len(), 2);

    let (forge, _) = github(&scenario("get-content"));
    let entries = project(&forge, "octokit-fixture-org/hello-world")
        .contents()
        .list("", None)
        .await
        .unwrap();
    assert_eq!(entries[0].path, "README.md");

    let (forge, _) = github(&scenario("release-assets"));
    let release = project(&forge, "octokit-fixture-org/release-assets")
        .releases()
        .get("v1.0.0")
        .await
        .unwrap();
    assert_eq!(release.tag, "v1.0.0");

    let (forge, _) = github(&scenario("git-refs"));
    let repository = project(&forge, "octokit-fixture-org/git-refs");
    let made = repository
        .refs()
        .create_branch("test", &format!("{:040}", 2))
        .await
        .unwrap();
    assert_eq!(made.name, "test");
}
