//! Branches, tags and commits.

use ogr_core::{ErrorKind, Tag};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::server::{OTHER, SHA, Server, refusal};

const BRANCHES: &str = "/api/0/rpms/foo/git/branches";
const TAGS: &str = "/api/0/rpms/foo/git/tags";

#[tokio::test]
async fn every_read_of_refs_is_one_request() {
    let server = Server::start().await;
    let branches = json!({"branches": {"f42": OTHER, "feat/x": SHA}, "default": {"f42": OTHER}, "total_branches": 2});
    server.once("GET", BRANCHES, 200, branches.clone()).await;
    server.once("GET", BRANCHES, 200, branches).await;
    let tags = json!({"tags": {"v1": SHA, "v2": OTHER}, "total_tags": 2});
    server.json("GET", TAGS, 200, tags).await;
    let plain = json!({"branches": ["f42"], "default": "f42", "total_branches": 1});
    server.json("GET", BRANCHES, 200, plain).await;

    let project = server.project("rpms/foo");
    let refs = project.refs();
    let names: Vec<String> = refs
        .branches()
        .collect_all()
        .await
        .unwrap()
        .into_iter()
        .map(|branch| format!("{} {}", branch.name, branch.sha))
        .collect();
    assert_eq!(names, [format!("f42 {OTHER}"), format!("feat/x {SHA}")]);
    assert_eq!(refs.branch("feat/x").await.unwrap().sha, SHA);
    assert_eq!(refs.tag("v2").await.unwrap(), Tag::new("v2", OTHER));
    assert_eq!(refs.default_branch().await.unwrap().as_deref(), Some("f42"));
    assert_eq!(
        server.asked().await,
        [
            "GET /api/0/rpms/foo/git/branches?with_commits=true",
            "GET /api/0/rpms/foo/git/branches?with_commits=true",
            "GET /api/0/rpms/foo/git/tags?with_commits=true",
            "GET /api/0/rpms/foo/git/branches",
        ]
    );
}

#[tokio::test]
async fn an_empty_repository_has_no_refs_in_any_form() {
    let server = Server::start().await;
    for branches in [
        json!({"branches": [], "default": null, "total_branches": 0}),
        json!({"branches": {}, "default": {}, "total_branches": 0}),
        json!({"branches": null}),
    ] {
        server.once("GET", BRANCHES, 200, branches).await;
        let project = server.project("rpms/foo");
        assert!(
            project
                .refs()
                .branches()
                .collect_all()
                .await
                .unwrap()
                .is_empty()
        );
    }
    let none = json!({"branches": [], "default": null});
    server.json("GET", BRANCHES, 200, none).await;
    let project = server.project("rpms/foo");
    assert_eq!(project.refs().default_branch().await.unwrap(), None);
    let tags = json!({"tags": [], "total_tags": 0});
    server.json("GET", TAGS, 200, tags).await;
    assert!(project.refs().tags().first().await.unwrap().is_none());
}

#[tokio::test]
async fn a_commit_has_one_time_and_no_addresses() {
    let server = Server::start().await;
    let body = json!({"hash": SHA, "author": "Alice", "committer": "Bob", "commit_time": 1_704_251_045,
                      "commit_time_offset": 0, "message": "Update\n\nMore.\n", "parent_ids": [OTHER], "tree_id": OTHER});
    server
        .json("GET", "/api/0/rpms/foo/c/eaa93c06/info", 200, body)
        .await;
    let commit = server.project("rpms/foo").refs().commit("eaa93c06").await;
    let commit = commit.unwrap();
    assert_eq!(commit.sha, SHA);
    assert_eq!(commit.message.as_deref(), Some("Update\n\nMore."));
    assert_eq!(commit.parents.unwrap(), [OTHER]);
    assert_eq!(commit.author.unwrap().date, None);
    let committer = commit.committer.unwrap();
    assert_eq!(committer.name, "Bob");
    assert_eq!(committer.date.unwrap().timestamp(), 1_704_251_045);
}

#[tokio::test]
async fn a_branch_is_created_at_a_commit_or_at_another_branch() {
    let server = Server::start().await;
    let path = "/api/0/rpms/foo/git/branch";
    let done = json!({"message": "Project branch was created"});
    server.json("POST", path, 200, done).await;
    let branches = json!({"branches": {"f43": OTHER}, "default": {}});
    server.json("GET", BRANCHES, 200, branches).await;
    let project = server.project("rpms/foo");
    let at_commit = project.refs().create_branch("f42", SHA).await.unwrap();
    assert_eq!(at_commit.sha, SHA);
    let at_branch = project.refs().create_branch("f43", "rawhide").await;
    assert_eq!(at_branch.unwrap().sha, OTHER);
    assert_eq!(
        server.asked().await,
        [
            format!("POST {path} branch=f42&from_commit={SHA}"),
            format!("POST {path} branch=f43&from_branch=rawhide"),
            format!("GET {BRANCHES}?with_commits=true"),
        ]
    );
}

#[tokio::test]
async fn a_branch_whose_first_answer_was_lost_is_mine_if_it_is_where_it_should_be() {
    for (at, expected) in [(SHA, Ok(SHA)), (OTHER, Err(ErrorKind::AlreadyExists))] {
        let server = Server::start().await;
        let path = "/api/0/rpms/foo/git/branch";
        server
            .mount("POST", path, ResponseTemplate::new(502), 1)
            .await;
        let exists = refusal("ENOCODE", "The branch \"f42\" already exists");
        server.json("POST", path, 400, exists).await;
        let branches = json!({"branches": {"f42": at}, "default": {}});
        server.json("GET", BRANCHES, 200, branches).await;
        let created = server
            .project("rpms/foo")
            .refs()
            .create_branch("f42", SHA)
            .await;
        let created = created
            .map(|branch| branch.sha)
            .map_err(|error| error.kind());
        assert_eq!(created.as_deref(), expected.as_ref().copied());
        assert_eq!(server.asked().await.len(), 3);
    }
}

#[tokio::test]
async fn a_branch_that_was_there_before_is_said_so() {
    let server = Server::start().await;
    let exists = refusal("ENOCODE", "The branch \"f42\" already exists");
    let path = "/api/0/rpms/foo/git/branch";
    server.json("POST", path, 400, exists).await;
    let created = server
        .project("rpms/foo")
        .refs()
        .create_branch("f42", SHA)
        .await;
    assert_eq!(created.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(server.asked().await.len(), 1);
}
