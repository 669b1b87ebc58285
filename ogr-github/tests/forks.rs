//! Forks.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Served, invalid, no};
use ogr_core::{ErrorKind, NewFork, ProjectPath};
use serde_json::{Value, json};

fn repository(full_name: &str) -> Value {
    json!({
        "id": 1, "full_name": full_name, "private": false, "fork": false, "size": 10,
        "html_url": format!("https://github.com/{full_name}"), "default_branch": "main",
    })
}

fn with(mut value: Value, field: &str, new: Value) -> Value {
    value[field] = new;
    value
}

/// My fork, told by the name of its parent.
fn fork(full_name: &str, parent: &str) -> Value {
    let repository = with(repository(full_name), "fork", json!(true));
    with(repository, "parent", json!({"full_name": parent}))
}

#[tokio::test]
async fn my_fork_is_found_by_its_parent_in_two_requests() {
    let served = Served::start().await;
    served
        .json("GET", "user", 200, json!({"login": "bob"}))
        .await;
    served
        .json("GET", "repos/bob/foo", 200, fork("bob/foo", "RPMS/foo"))
        .await;
    let project = served.project();
    let mine = project.forks().find_mine().await.unwrap().unwrap();
    assert_eq!(mine.path(), &ProjectPath::new("bob", "foo"));
    assert_eq!(served.lines().await, ["GET user", "GET repos/bob/foo"]);
}

#[tokio::test]
async fn a_namesake_is_no_fork_and_a_renamed_fork_is_one() {
    for (namesake, found) in [
        (Some(repository("bob/foo")), Some("bob/renamed")),
        (Some(fork("bob/foo", "stranger/foo")), None),
        (None, Some("bob/renamed")),
        (None, None),
    ] {
        let served = Served::start().await;
        served
            .json("GET", "user", 200, json!({"login": "bob"}))
            .await;
        if let Some(namesake) = namesake {
            served.json("GET", "repos/bob/foo", 200, namesake).await;
        }
        let mut nodes = vec![
            json!(null),
            json!({"nameWithOwner": "group/foo", "owner": {"login": "group"}}),
        ];
        if let Some(found) = found {
            nodes.push(json!({"nameWithOwner": found, "owner": {"login": "Bob"}}));
        }
        let answer = json!({"data": {"repository": {"forks": {"nodes": nodes}}}});
        served.json("POST", "/api/graphql", 200, answer).await;
        let project = served.project();
        let mine = project.forks().find_mine().await.unwrap();
        assert_eq!(mine.map(|fork| fork.path().to_string()).as_deref(), found);
        let sent = served.sent().await;
        assert_eq!(sent.len(), 3);
        assert_eq!(sent[2].line, "POST /api/graphql");
        assert_eq!(
            sent[2].body["variables"],
            json!({"owner": "rpms", "name": "foo"})
        );
    }
}

#[tokio::test]
async fn where_graphql_is_not_let_through_all_forks_are_looked_at() {
    let served = Served::start().await;
    served
        .json("GET", "user", 200, json!({"login": "bob"}))
        .await;
    let rows = json!([repository("eve/foo"), repository("Bob/renamed")]);
    served.json("GET", "repos/rpms/foo/forks", 200, rows).await;
    let project = served.project();
    let mine = project.forks().find_mine().await.unwrap().unwrap();
    assert_eq!(mine.path().to_string(), "Bob/renamed");
    assert_eq!(
        served.lines().await.last().unwrap(),
        "GET repos/rpms/foo/forks?sort=oldest&per_page=100"
    );
}

#[tokio::test]
async fn a_project_that_is_not_there_has_no_fork_of_mine() {
    let served = Served::start().await;
    served
        .json("GET", "user", 200, json!({"login": "bob"}))
        .await;
    let answer = json!({"data": {"repository": null}, "errors": [
        {"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve to a Repository with the name 'rpms/foo'."}]});
    served.json("POST", "/api/graphql", 200, answer).await;
    let project = served.project();
    let error = project.forks().find_mine().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo"));
}

#[tokio::test]
async fn a_fork_is_where_github_says_it_is() {
    let served = Served::start().await;
    served
        .json(
            "POST",
            "repos/rpms/foo/forks",
            202,
            fork("bob/foo-1", "rpms/foo"),
        )
        .await;
    let project = served.project();
    let forks = project.forks();
    let made = forks.create(NewFork::new()).await.unwrap();
    assert_eq!(made.path(), &ProjectPath::new("bob", "foo-1"));
    let new = NewFork::new().namespace("group").name("foo-fork");
    forks.create(new).await.unwrap();
    assert_eq!(served.body(0).await, json!({}));
    assert_eq!(
        served.body(1).await,
        json!({"organization": "group", "name": "foo-fork"})
    );
}

#[tokio::test]
async fn my_own_name_is_no_organisation_to_fork_into() {
    let served = Served::start().await;
    served
        .json("GET", "user", 200, json!({"login": "bob"}))
        .await;
    let refused =
        invalid(json!([{"resource": "Fork", "code": "invalid", "field": "organization"}]));
    served
        .json_once("POST", "repos/rpms/foo/forks", 422, refused)
        .await;
    served
        .json(
            "POST",
            "repos/rpms/foo/forks",
            202,
            fork("bob/foo", "rpms/foo"),
        )
        .await;
    let project = served.project();
    let forks = project.forks();
    let new = NewFork::new().namespace("Bob");
    forks.create(new.clone()).await.unwrap();
    // By now it is known who bob is.
    forks.create(new).await.unwrap();
    assert_eq!(served.lines().await.len(), 4);
    assert_eq!(served.body(2).await, json!({}));
    assert_eq!(served.body(3).await, json!({}));
}

#[tokio::test]
async fn what_stands_against_a_fork() {
    for (status, message, kind) in [
        (
            403,
            "The repository exists, but forking is disabled.",
            ErrorKind::Disabled,
        ),
        (
            403,
            "The repository exists, but it contains no Git content. Empty repositories cannot be forked.",
            ErrorKind::Conflict,
        ),
        (404, "Not Found", ErrorKind::NotFound),
    ] {
        let served = Served::start().await;
        served
            .json("POST", "repos/rpms/foo/forks", status, no(message))
            .await;
        let project = served.project();
        let error = project.forks().create(NewFork::new()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{message}");
    }
}

#[tokio::test]
async fn the_rows_of_forks_are_told_their_parent() {
    let served = Served::start().await;
    let row = with(repository("eve/foo"), "fork", json!(true));
    served
        .json("GET", "repos/rpms/foo/forks", 200, json!([row]))
        .await;
    let project = served.project();
    let forks = project.forks().list().collect_all().await.unwrap();
    assert_eq!(forks[0].parent, Some(ProjectPath::new("rpms", "foo")));
    assert_eq!(forks[0].is_fork, Some(true));
}
