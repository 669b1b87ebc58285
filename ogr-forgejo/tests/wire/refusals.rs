//! What refusals mean: one status says many things.

use ogr_core::{
    CheckState, Credential, ErrorKind, Forge, ForgeKind, NewRelease, NewStatus, Outcome,
    ProjectPath, http::HttpConfig, registry::Backend,
};
use ogr_forgejo::{Forgejo, ForgejoBackend};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::server::{Server, missing, refused};

#[tokio::test]
async fn a_bad_token_is_asked_for_once_and_never_shown() {
    let server = Server::start().await;
    server
        .answer(
            "GET user",
            401,
            refused("access token does not exist [sha: very-secret]"),
        )
        .await;
    let error = server.forge().users().whoami().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.message().contains("[sha: ***]"), "{error}");
    assert!(!format!("{error} {error:?}").contains("very-secret"));
    assert_eq!(server.asked().await.len(), 1);
}

#[tokio::test]
async fn without_a_credential_nothing_is_sent_in_its_place() {
    let server = Server::start().await;
    let instance = ForgejoBackend.instance(ForgeKind::Forgejo, server.uri().parse().unwrap());
    let forge = Forgejo::new(instance, None, HttpConfig::default()).unwrap();
    let error = forge.users().whoami().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Unauthenticated, Outcome::NotSent)
    );
    assert!(server.asked().await.is_empty());
    assert!(forge.git_credential().await.unwrap().is_none());
    server
        .answer("GET users/bob", 200, json!({"id": 3, "login": "bob"}))
        .await;
    forge.users().get("bob").await.unwrap();
    assert!(
        !server.requests().await[0]
            .headers
            .contains_key("authorization")
    );
}

#[tokio::test]
async fn a_token_goes_out_in_lower_case() {
    let server = Server::start().await;
    server
        .answer("GET user", 200, json!({"id": 3, "login": "bob"}))
        .await;
    let forge = server.forge();
    forge.users().whoami().await.unwrap();
    // It is remembered.
    forge.users().whoami().await.unwrap();
    let requests = server.requests().await;
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].headers["authorization"], "token very-secret");
    let other = forge.with(ogr_core::CallOptions::new().credential(Credential::token("other")));
    other.users().whoami().await.unwrap();
    assert_eq!(
        server.requests().await[1].headers["authorization"],
        "token other"
    );
}

#[test]
fn a_job_token_is_no_credential_of_this_forge() {
    let web = "https://example.org".parse().unwrap();
    let instance = ForgejoBackend.instance(ForgeKind::Forgejo, web);
    let token = Credential::JobToken("x".to_owned().into());
    let error = Forgejo::new(instance, Some(token), HttpConfig::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

/// What a read of the project is refused with, and what that means.
#[tokio::test]
async fn statuses_and_bodies_mean_what_they_mean() {
    for (status, body, kind) in [
        (404, missing(""), ErrorKind::NotFound),
        (404, json!(null), ErrorKind::NotFound),
        (
            401,
            refused("token is required"),
            ErrorKind::Unauthenticated,
        ),
        (
            403,
            refused("token does not have at least one of required scope(s): [read:repository]"),
            ErrorKind::PermissionDenied,
        ),
        (
            403,
            refused("Only signed in user is allowed to call APIs."),
            ErrorKind::Unauthenticated,
        ),
        (
            413,
            json!({"message": "quota exceeded", "user_id": 3, "username": "bob"}),
            ErrorKind::Quota,
        ),
        (413, refused(""), ErrorKind::TooLarge),
        (422, refused("[Title]: Required"), ErrorKind::Invalid),
        (423, refused("rpms/foo is archived"), ErrorKind::Archived),
        (500, refused(""), ErrorKind::Unavailable),
    ] {
        let server = Server::start().await;
        server
            .answer("GET repos/rpms/foo", status, body.clone())
            .await;
        let error = server.project().get().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert_eq!(error.resource(), Some("rpms/foo"));
        assert_eq!(error.status(), Some(status));
        assert_eq!(server.asked().await.len(), 1, "{status} is not tried again");
    }
}

#[tokio::test]
async fn a_refusal_without_a_body_is_one_too() {
    let server = Server::start().await;
    server
        .respond("PATCH repos/rpms/foo/pulls/7", ResponseTemplate::new(403))
        .await;
    let error = server.project().pull_requests().close(7).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.resource(), Some("rpms/foo#7"));
}

#[tokio::test]
async fn the_words_of_a_404_stand_in_its_errors() {
    let server = Server::start().await;
    server
        .answer(
            "GET repos/rpms/foo/branches/a%2Fb",
            404,
            missing("branch does not exist [name: a/b]"),
        )
        .await;
    let error = server.project().refs().branch("a/b").await.unwrap_err();
    assert_eq!(error.message(), "branch does not exist [name: a/b]");
    assert_eq!(error.resource(), Some("rpms/foo branch a/b"));
}

#[tokio::test]
async fn an_unknown_call_is_unsupported() {
    let server = Server::start().await;
    let template = ResponseTemplate::new(404)
        .set_body_raw("404 page not found\n", "text/plain; charset=utf-8");
    server
        .respond("GET repos/rpms/foo/compare/a...b", template)
        .await;
    let project = server.project_of(ForgeKind::Gitea);
    let error = project.refs().compare("a", "b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_status_on_an_unknown_commit_is_not_found_on_every_version() {
    let lookup = "GET repos/rpms/foo/git/commits/abc?stat=false&verification=false&files=false";
    for (status, commit, kind, asked) in [
        // Version 16 says it.
        (404, None, ErrorKind::NotFound, 1),
        // Version 15 fails; a look tells whether that was why. Nothing is sent twice.
        (500, Some(404), ErrorKind::NotFound, 2),
        (500, Some(200), ErrorKind::Unavailable, 2),
    ] {
        let server = Server::start().await;
        server
            .answer("POST repos/rpms/foo/statuses/abc", status, refused(""))
            .await;
        if let Some(commit) = commit {
            server.answer(lookup, commit, json!({"sha": "abc"})).await;
        }
        let project = server.project();
        let error = project
            .statuses()
            .set("abc", &NewStatus::success("ci"))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.resource()),
            (kind, Some("rpms/foo@abc"))
        );
        assert_eq!(server.asked().await.len(), asked);
    }
}

#[tokio::test]
async fn words_that_no_forge_knows_are_not_written() {
    let server = Server::start().await;
    let status = NewStatus::new("ci", CheckState::Other("bogus".into()));
    let project = server.project();
    let error = project.statuses().set("abc", &status).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Invalid, Outcome::NotSent)
    );
    let error = project
        .releases()
        .create(NewRelease::new("a b"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(server.asked().await.is_empty());
}

#[tokio::test]
async fn creating_what_is_there_says_so() {
    let server = Server::start().await;
    server
        .answer(
            "POST repos/rpms/foo/branches",
            409,
            refused("The branch already exists."),
        )
        .await;
    server
        .answer(
            "POST repos/rpms/foo/releases",
            409,
            refused("Release has no Tag"),
        )
        .await;
    let project = server.project();
    let error = project
        .refs()
        .create_branch("f42", "main")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    let error = project
        .releases()
        .create(NewRelease::new("v1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn what_a_branch_starts_at_is_named_when_it_is_missing() {
    let server = Server::start().await;
    server
        .answer_once(
            "POST repos/rpms/foo/branches",
            404,
            refused("The old branch does not exist"),
        )
        .await;
    let project = server.project();
    let error = project.refs().create_branch("x", "nope").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.resource()),
        (ErrorKind::NotFound, Some("rpms/foo@nope"))
    );
    let sha = "1".repeat(40);
    server
        .answer("POST repos/rpms/foo/branches", 500, refused(""))
        .await;
    server
        .answer(
            &format!(
                "GET repos/rpms/foo/git/commits/{sha}?stat=false&verification=false&files=false"
            ),
            404,
            missing(""),
        )
        .await;
    let error = project.refs().create_branch("x", &sha).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some(format!("rpms/foo@{sha}").as_str()));
}

#[tokio::test]
async fn answers_that_cannot_be_read_say_where() {
    for body in [
        r#"{"full_name": 7}"#,
        r#"{"full_name": "rpms/foo", "parent""#,
        "[]",
    ] {
        let server = Server::start().await;
        let template = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        server.respond("GET repos/rpms/foo", template).await;
        let error = server.project().get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert_eq!(error.resource(), Some("rpms/foo"));
        assert!(error.forge().is_some());
    }
}

#[tokio::test]
async fn a_page_in_place_of_data_is_no_data() {
    let server = Server::start().await;
    let page = "<!DOCTYPE html><html><title>Making sure you're not a bot!</title></html>";
    let template = ResponseTemplate::new(200).set_body_raw(page, "text/html");
    server.respond("GET repos/rpms/foo", template).await;
    let error = server.project().get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BotWall);
}

#[tokio::test]
async fn a_renamed_project_is_followed_for_writes_too() {
    let server = Server::start().await;
    let moved =
        ResponseTemplate::new(301).insert_header("location", "/api/v1/repos/rpms/new/statuses/abc");
    server
        .respond("POST repos/rpms/foo/statuses/abc", moved)
        .await;
    server
        .answer(
            "POST repos/rpms/new/statuses/abc",
            201,
            json!({"id": 1, "status": "success", "context": "ci"}),
        )
        .await;
    let project = server.project();
    let set = project
        .statuses()
        .set("abc", &NewStatus::success("ci"))
        .await
        .unwrap();
    assert_eq!(set.state, CheckState::Success);
    assert_eq!(server.requests().await[1].method, "POST");
}

#[tokio::test]
async fn no_name_reaches_another_resource() {
    let server = Server::start().await;
    let project = server.project();
    for name in ["", ".", ".."] {
        let error = project.refs().branch(name).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name:?}");
    }
    let error = project
        .contents()
        .read("../../user", None)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(server.asked().await.is_empty());
    for path in ["a/b/c", "x"] {
        let path: ProjectPath = path.parse().unwrap();
        let error = server.forge().project(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
}
