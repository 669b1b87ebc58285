//! Releases, which are the tags.

use ogr_core::{ErrorKind, NewRelease};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::server::{OTHER, SHA, Server, refusal};

const TAGS: &str = "/api/0/rpms/foo/git/tags";
const BRANCHES: &str = "/api/0/rpms/foo/git/branches";

#[tokio::test]
async fn tags_stand_for_releases_with_their_commits() {
    let server = Server::start().await;
    let tags = json!({"tags": {"v1": SHA, "v2": OTHER}, "total_tags": 2});
    server.json("GET", TAGS, 200, tags).await;
    let project = server.project("rpms/foo");
    let all = project.releases().list().collect_all().await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].sha.as_deref(), Some(SHA));
    let one = project.releases().get("v2").await.unwrap();
    assert_eq!(one.sha.as_deref(), Some(OTHER));
    assert_eq!(one.title, None);
    assert_eq!(server.asked().await.len(), 2);
}

#[tokio::test]
async fn a_release_is_a_tag_with_a_message() {
    let server = Server::start().await;
    let created = json!({"tag_created": true, "tags": {"v1": SHA}, "total_tags": 1});
    server.json("POST", TAGS, 200, created).await;
    let project = server.project("rpms/foo");
    let new = NewRelease::new("v1")
        .title("One")
        .body("It works.")
        .target(SHA);
    let release = project.releases().create(new).await.unwrap();
    assert_eq!(release.sha.as_deref(), Some(SHA));
    assert_eq!(release.title.as_deref(), Some("One"));
    assert_eq!(
        server.asked().await,
        [format!(
            "POST {TAGS} tagname=v1&commit_hash={SHA}&message=One%0A%0AIt+works.&with_commits=true"
        )]
    );
}

#[tokio::test]
async fn a_branch_becomes_its_commit_for_pagure_fails_on_it() {
    let server = Server::start().await;
    let branches =
        json!({"branches": {"f42": SHA, "rawhide": OTHER}, "default": {"rawhide": OTHER}});
    server.json("GET", BRANCHES, 200, branches).await;
    let created = json!({"tag_created": true, "tags": [], "total_tags": 1});
    server.json("POST", TAGS, 200, created).await;
    let project = server.project("rpms/foo");
    let releases = project.releases();
    let at_branch = releases.create(NewRelease::new("v1").target("f42")).await;
    assert_eq!(at_branch.unwrap().sha.as_deref(), Some(SHA));
    let at_default = releases.create(NewRelease::new("v2")).await;
    assert_eq!(at_default.unwrap().sha.as_deref(), Some(OTHER));
    let nowhere = releases.create(NewRelease::new("v3").target("x")).await;
    assert_eq!(nowhere.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(server.asked().await.len(), 5);
}

#[tokio::test]
async fn a_tag_that_is_there_is_a_success_only_by_its_status() {
    let server = Server::start().await;
    let exists = json!({"tag_created": false, "tags": {"v1": SHA}, "total_tags": 1});
    server.json("POST", TAGS, 200, exists.clone()).await;
    let project = server.project("rpms/foo");
    let new = || NewRelease::new("v1").target(SHA);
    let error = project.releases().create(new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(error.resource(), Some("rpms/foo release v1"));

    // Unless my first try made it and its answer was lost.
    let server = Server::start().await;
    server
        .mount("POST", TAGS, ResponseTemplate::new(504), 1)
        .await;
    server.json("POST", TAGS, 200, exists).await;
    let project = server.project("rpms/foo");
    project.releases().create(new()).await.unwrap();
    let elsewhere = NewRelease::new("v1").target(OTHER);
    let error = project.releases().create(elsewhere).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn an_unknown_commit_is_refused() {
    let server = Server::start().await;
    let error = refusal("EGITERROR", "An error occurred during a git operation");
    server.json("POST", TAGS, 400, error).await;
    let project = server.project("rpms/foo");
    let error = project
        .releases()
        .create(NewRelease::new("v1").target(SHA))
        .await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains(SHA), "{error}");
}
