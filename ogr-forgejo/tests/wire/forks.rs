//! Forks: found by their parent.

use ogr_core::{ErrorKind, NewFork};
use serde_json::{Value, json};

use crate::server::{Server, missing, refused, repository};

fn fork(full_name: &str, parent: &str) -> Value {
    let mut fork = repository(full_name);
    fork["fork"] = json!(true);
    fork["parent"] = repository(parent);
    fork
}

async fn bobs() -> Server {
    let server = Server::start().await;
    server
        .answer("GET user", 200, json!({"id": 3, "login": "bob"}))
        .await;
    server
}

#[tokio::test]
async fn a_fork_of_the_same_name_takes_two_requests() {
    let server = bobs().await;
    server
        .answer("GET repos/bob/foo", 200, fork("bob/foo", "RPMS/foo"))
        .await;
    let found = server.project().forks().find_mine().await.unwrap().unwrap();
    assert_eq!(found.path().to_string(), "bob/foo");
    assert_eq!(server.asked().await, ["GET user", "GET repos/bob/foo"]);
}

#[tokio::test]
async fn a_namesake_is_no_fork_and_a_fork_may_have_another_name() {
    let server = bobs().await;
    server
        .answer("GET repos/bob/foo", 200, fork("bob/foo", "other/foo"))
        .await;
    let rows = json!([
        fork("alice/foo", "rpms/foo"),
        fork("Bob/renamed", "rpms/foo")
    ]);
    server
        .page("GET repos/rpms/foo/forks?limit=50&page=1", 2, rows)
        .await;
    let found = server.project().forks().find_mine().await.unwrap().unwrap();
    assert_eq!(found.path().to_string(), "Bob/renamed");
}

#[tokio::test]
async fn no_fork_is_no_error() {
    let server = bobs().await;
    server.answer("GET repos/bob/foo", 404, missing("")).await;
    server
        .page("GET repos/rpms/foo/forks?limit=50&page=1", 0, json!([]))
        .await;
    assert!(
        server
            .project()
            .forks()
            .find_mine()
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_hidden_parent_is_not_taken_for_this_project() {
    let server = bobs().await;
    let mut orphan = fork("bob/foo", "rpms/foo");
    orphan["parent"] = Value::Null;
    server.answer("GET repos/bob/foo", 200, orphan).await;
    server
        .page("GET repos/rpms/foo/forks?limit=50&page=1", 0, json!(null))
        .await;
    assert!(
        server
            .project()
            .forks()
            .find_mine()
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn forking_says_where_it_went() {
    let server = Server::start().await;
    let request = "POST repos/rpms/foo/forks";
    server
        .answer_once(request, 202, fork("sig/foo2", "rpms/foo"))
        .await;
    server
        .answer_once(
            request,
            409,
            refused("repository is already forked by user"),
        )
        .await;
    server
        .answer(
            request,
            422,
            refused("org does not exist [id: 0, name: nope]"),
        )
        .await;
    let project = server.project();
    let new = NewFork::new().namespace("sig").name("foo2");
    let made = project.forks().create(new).await.unwrap();
    assert_eq!(made.path().to_string(), "sig/foo2");
    assert_eq!(
        server.last_body().await,
        json!({"organization": "sig", "name": "foo2"})
    );
    let error = project.forks().create(NewFork::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    // A body is demanded, even an empty one.
    assert_eq!(server.last_body().await, json!({}));
    let error = project
        .forks()
        .create(NewFork::new().namespace("nope"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.resource()),
        (ErrorKind::NotFound, Some("nope"))
    );
    let error = project
        .forks()
        .create(NewFork::new().name("a b"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(server.asked().await.len(), 3);
}
