//! How Pagure says no, and what ogr makes of it.

use ogr_core::{
    Credential, Error, ErrorKind, Forge, Merge, NewFork, NewProject, NewPullRequest, NewStatus,
    ProjectPath, Users, http::RawRequest,
};
use serde_json::{Value, json};

use crate::server::{SHA, Server, no_project, refusal};

const TOKEN_TEXT: &str = "Invalid or expired token. Please visit https://pagure.test/settings#nav-api-tab to get or renew \
                          your API token.";

fn token_refusal(errors: Option<&str>) -> Value {
    let mut body = refusal("EINVALIDTOK", TOKEN_TEXT);
    if let Some(errors) = errors {
        body["errors"] = json!(errors);
    }
    body
}

/// The error of opening a pull request that is answered so.
async fn refused(status: u16, body: Value) -> Error {
    let server = Server::start().await;
    let path = "/api/0/rpms/foo/pull-request/new";
    server.json("POST", path, status, body).await;
    let new = NewPullRequest::new("t", "update", "rawhide");
    let project = server.project("rpms/foo");
    let error = project.pull_requests().create(new).await.unwrap_err();
    assert_eq!(server.asked().await.len(), 1, "no second try");
    error
}

#[tokio::test]
async fn a_token_goes_out_as_pagure_spells_it() {
    let server = Server::start().await;
    let me = json!({"username": "alice"});
    server.json("POST", "/api/0/-/whoami", 200, me).await;
    let passwords = Credential::Basic {
        username: "alice".into(),
        password: "0123456789ABCDEF".into(),
    };
    for credential in [Credential::token("0123456789ABCDEF"), passwords] {
        server.forge_with(Some(credential)).whoami().await.unwrap();
    }
    for request in server.requests().await {
        assert_eq!(request.headers["authorization"], "token 0123456789ABCDEF");
    }
}

#[tokio::test]
async fn other_kinds_of_credential_are_refused_before_any_request() {
    let server = Server::start().await;
    let forge = server.forge_with(Some(Credential::Bearer("0123456789ABCDEF".into())));
    let error = forge.whoami().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(
        forge.git_credential().await.unwrap_err().kind(),
        ErrorKind::Config
    );
    assert!(server.asked().await.is_empty());
}

#[tokio::test]
async fn a_missing_right_of_the_token_is_named() {
    let error = refused(
        401,
        token_refusal(Some("Missing ACLs: pull_request_create")),
    )
    .await;
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.message(), "Missing ACLs: pull_request_create");
    assert_eq!(error.code(), Some("EINVALIDTOK"));
}

#[tokio::test]
async fn a_bad_token_is_one_request_and_no_sleep() {
    for errors in ["Expired token", "Invalid token"] {
        let error = refused(401, token_refusal(Some(errors))).await;
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert_eq!(error.message(), errors);
    }
}

#[tokio::test]
async fn a_token_of_the_wrong_kind_is_called_so() {
    let error = refused(401, token_refusal(None)).await;
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(
        error.message().contains("tied to another project"),
        "{error}"
    );

    let server = Server::start().await;
    let path = "/api/0/rpms/foo/delete";
    server.json("POST", path, 401, token_refusal(None)).await;
    let delete = RawRequest::post("rpms/foo/delete");
    let error = server.forge().raw(delete).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(
        error.message().contains("tied to this very project"),
        "{error}"
    );
}

#[tokio::test]
async fn whoami_says_nothing_of_the_reason_and_means_the_token() {
    let server = Server::start().await;
    let path = "/api/0/-/whoami";
    server.json("POST", path, 401, token_refusal(None)).await;
    let error = server.forge().whoami().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(server.asked().await.len(), 1);

    // Without a token there is nothing to ask.
    let error = server.forge_with(None).whoami().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(server.asked().await.len(), 1);
}

#[tokio::test]
async fn details_come_as_fields_or_as_a_sentence_or_not_at_all() {
    let text = "Invalid or incomplete input submitted";
    let mut body = refusal("EINVALIDREQ", text);
    let error = refused(400, body.clone()).await;
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.message(), text);

    body["errors"] = json!({"title": ["This field is required.", "Too short"]});
    let error = refused(400, body.clone()).await;
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(
        error
            .message()
            .ends_with("title: This field is required. Too short")
    );

    body["errors"] = json!("Branch update does not exist");
    let error = refused(400, body.clone()).await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo branch update"));

    body["errors"] = json!("Branch rawhide could not be found in the target repo");
    let error = refused(400, body).await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo branch rawhide"));
}

#[tokio::test]
async fn each_code_has_its_kind() {
    for (status, code, text, kind) in [
        (404, "ENOPROJECT", "Project not found", ErrorKind::NotFound),
        (
            404,
            "EPULLREQUESTSDISABLED",
            "Pull-Request have been deactivated",
            ErrorKind::Disabled,
        ),
        (401, "ENOTHIGHENOUGH", "no", ErrorKind::PermissionDenied),
        (
            401,
            "EMODIFYPROJECTNOTALLOWED",
            "no",
            ErrorKind::PermissionDenied,
        ),
        (401, "ETRACKERREADONLY", "no", ErrorKind::Disabled),
        (403, "EUBLOCKED", "blocked", ErrorKind::PermissionDenied),
        (403, "EPRNOTALLOWED", "no", ErrorKind::PermissionDenied),
        (400, "ENOSIGNEDOFF", "sign", ErrorKind::Invalid),
        (400, "EDBERROR", "database", ErrorKind::Unavailable),
        (
            400,
            "ENOCODE",
            "The branch \"f40\" already exists",
            ErrorKind::AlreadyExists,
        ),
        (
            400,
            "ENOCODE",
            "It is not possible to create the repo \"demo\"",
            ErrorKind::AlreadyExists,
        ),
        (
            400,
            "ENOCODE",
            "The \"master\" branch does not exist",
            ErrorKind::NotFound,
        ),
        (
            400,
            "ENOCODE",
            "No user \"nosuch\" found",
            ErrorKind::NotFound,
        ),
        (
            400,
            "ENOCODE",
            "Remote hook declined the push: Denied push for ref 'refs/heads/b1' for user 'carol'",
            ErrorKind::PermissionDenied,
        ),
        (
            400,
            "ENOCODE",
            "Did not manage to rebase this pull-request",
            ErrorKind::Invalid,
        ),
        (418, "EFUTURE", "of another time", ErrorKind::Decode),
    ] {
        let error = refused(status, refusal(code, text)).await;
        assert_eq!(error.kind(), kind, "{code} {text}");
        assert_eq!(error.code(), Some(code));
        assert_eq!(error.status(), Some(status));
        assert!(error.message().starts_with(text), "{error}");
    }
}

#[tokio::test]
async fn odd_bodies_are_judged_by_the_status() {
    for (status, body, kind) in [
        (401, json!({}), ErrorKind::Unauthenticated),
        (403, json!({"error": "no"}), ErrorKind::PermissionDenied),
        (404, json!([]), ErrorKind::NotFound),
        (
            400,
            json!({"error": 7, "error_code": null}),
            ErrorKind::Invalid,
        ),
        (
            400,
            json!({"error": null, "error_code": "EINVALIDREQ", "errors": [1]}),
            ErrorKind::Invalid,
        ),
    ] {
        assert_eq!(refused(status, body.clone()).await.kind(), kind, "{body}");
    }
}

#[tokio::test]
async fn pages_in_place_of_data_are_no_decode_errors() {
    for (status, kind) in [
        (500, ErrorKind::Unavailable),
        (404, ErrorKind::NotFound),
        (200, ErrorKind::BotWall),
        (403, ErrorKind::BotWall),
    ] {
        let server = Server::start().await;
        let path = "/api/0/rpms/foo/pull-request/1/merge";
        server.page("POST", path, status).await;
        server
            .page("GET", "/api/0/rpms/foo/pull-request/1", status)
            .await;
        let project = server.project("rpms/foo");
        let merged = project.pull_requests().merge(1, Merge::new()).await;
        assert_eq!(merged.unwrap_err().kind(), kind, "{status}");
    }
}

#[tokio::test]
async fn json_of_the_wrong_shape_is_a_decode_error_that_names_the_place() {
    let server = Server::start().await;
    for body in [json!(null), json!([]), json!({"version": "0.31"})] {
        server.once("GET", "/api/0/rpms/foo", 200, body).await;
        let error = server.project("rpms/foo").get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(error.resource(), Some("rpms/foo"));
    }
}

#[tokio::test]
async fn not_found_names_what_was_asked_for() {
    let server = Server::start().await;
    let project = server.project("rpms/foo");
    for (method, path) in [
        ("GET", "/api/0/rpms/foo/git/branches".to_owned()),
        ("GET", "/api/0/rpms/foo/git/tags".to_owned()),
        ("GET", "/api/0/rpms/foo/pull-request/7".to_owned()),
        ("POST", format!("/api/0/rpms/foo/c/{SHA}/flag")),
        ("POST", "/api/0/fork".to_owned()),
        ("GET", "/api/0/user/eve".to_owned()),
    ] {
        server.json(method, &path, 404, no_project()).await;
    }
    let status = NewStatus::success("x");
    let errors = [
        project.refs().branch("f42").await.err(),
        project.refs().tag("v1").await.err(),
        project.releases().get("v1").await.err(),
        project.pull_requests().get(7).await.err(),
        project.statuses().set(SHA, &status).await.err(),
        project.forks().create(NewFork::new()).await.err(),
        server.forge().users().get("eve").await.err(),
    ];
    let flagged = format!("rpms/foo@{SHA}");
    let names = [
        "rpms/foo branch f42",
        "rpms/foo tag v1",
        "rpms/foo release v1",
        "rpms/foo#7",
        &flagged,
        "rpms/foo",
        "eve",
    ];
    for (error, name) in errors.into_iter().zip(names) {
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.resource(), Some(name));
    }
}

#[tokio::test]
async fn what_pagure_cannot_do_is_refused_before_any_request() {
    let server = Server::start().await;
    let forge = server.forge();
    let project = server.project("rpms/foo");
    let new = || NewPullRequest::new("t", "update", "rawhide");
    let pulls = project.pull_requests();
    let text = Merge::new().message("title", "rest");
    let refused: Vec<Option<Error>> = vec![
        pulls.create(new().draft()).await.err(),
        pulls.create(new().label("bug")).await.err(),
        pulls.create(new().maintainer_edit(true)).await.err(),
        pulls
            .change(1, ogr_core::PullRequestChange::new().target("f42"))
            .await
            .err(),
        pulls.set_labels(1, &["bug"]).await.err(),
        pulls
            .merge(1, Merge::new().method(ogr_core::MergeMethod::Squash))
            .await
            .err(),
        pulls.merge(1, Merge::new().when_checks_pass()).await.err(),
        pulls.merge(1, text).await.err(),
        project.refs().commits("rawhide").first().await.err(),
        project.refs().compare("a", "b").await.err(),
        project
            .contents()
            .commit(ogr_core::NewCommit::append("rawhide", "m"))
            .await
            .err(),
        project.releases().latest().await.err(),
        project
            .releases()
            .change("v1", ogr_core::ReleaseChange::new())
            .await
            .err(),
        project.releases().delete("v1").await.err(),
        project
            .releases()
            .create(ogr_core::NewRelease::new("v1").draft())
            .await
            .err(),
        project
            .releases()
            .create(ogr_core::NewRelease::new("v1").prerelease())
            .await
            .err(),
        project
            .forks()
            .create(NewFork::new().namespace("rpms"))
            .await
            .err(),
        project
            .forks()
            .create(NewFork::new().name("bar"))
            .await
            .err(),
    ];
    for (place, error) in refused.into_iter().enumerate() {
        let error = error.unwrap_or_else(|| panic!("{place} was not refused"));
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(!error.message().is_empty(), "{error}");
        assert!(error.forge().is_some(), "{error}");
        assert!(error.resource().is_some(), "{error}");
        // What the table says and what happens are one.
        let operation = error.operation().unwrap();
        let by_table = !forge.capabilities().can(operation);
        assert!(
            by_table || error.message().contains("merge commit"),
            "{error}"
        );
    }
    assert!(server.asked().await.is_empty());
}

#[tokio::test]
async fn names_that_would_reach_something_else_are_refused_before_any_request() {
    let server = Server::start().await;
    let project = server.project("rpms/foo");
    let invalid = [
        server.forge().users().get("alice/issues").await.err(),
        project.refs().commit("x/../..").await.err(),
        project.refs().create_branch("a b", "f42").await.err(),
        project.contents().read("../x", Some("f42")).await.err(),
        project.contents().read("", Some("f42")).await.err(),
        project.contents().read("x", Some("..")).await.err(),
        project.contents().list("a//b", Some("f42")).await.err(),
        project
            .statuses()
            .set("eaa93c06", &NewStatus::success("x"))
            .await
            .err(),
        project.statuses().combined("rawhide").await.err(),
        project.statuses().list("eaa93c06").first().await.err(),
        server
            .forge()
            .projects()
            .list(ogr_core::ProjectQuery::user("!alice"))
            .first()
            .await
            .err(),
        server
            .forge()
            .projects()
            .create(NewProject::new(ProjectPath::bare("x").fork_of("bob")))
            .await
            .err(),
    ];
    for (place, error) in invalid.into_iter().enumerate() {
        let error = error.unwrap_or_else(|| panic!("{place} was not refused"));
        assert_eq!(error.kind(), ErrorKind::Invalid, "{place} {error}");
        assert!(error.operation().is_some(), "{place} {error}");
    }
    assert!(server.asked().await.is_empty());
}
