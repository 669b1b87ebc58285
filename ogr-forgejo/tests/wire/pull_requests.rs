//! Opening and changing pull requests.

use ogr_core::{
    ErrorKind, ForgeKind, Mergeable, NewPullRequest, Outcome, ProjectPath, PullRequestChange,
    PullRequestState, Side,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::server::{Server, missing, pull, refused, repository};

const CREATE: &str = "POST repos/rpms/foo/pulls";

fn new() -> NewPullRequest {
    NewPullRequest::new("Update", "update", "main")
}

fn from_bob() -> NewPullRequest {
    new().from_project(ProjectPath::new("bob", "foo-renamed"))
}

#[tokio::test]
async fn a_head_elsewhere_is_named_by_its_owner() {
    let server = Server::start().await;
    server.answer(CREATE, 201, pull(7)).await;
    let project = server.project();
    let opened = project
        .pull_requests()
        .create(from_bob().body("Text"))
        .await
        .unwrap();
    assert_eq!(
        server.last_body().await,
        json!({"title": "Update", "body": "Text", "base": "main", "head": "bob:update"})
    );
    assert_eq!(opened.number, 7);
    assert_eq!(opened.web_url, "http://example.org/rpms/foo/pulls/7");
    assert_eq!(opened.mergeable, Mergeable::Yes);
    project
        .pull_requests()
        .create(new().from_project(ProjectPath::new("RPMS", "Foo")))
        .await
        .unwrap();
    assert_eq!(server.last_body().await["head"], "update");
    assert_eq!(server.asked().await, [CREATE, CREATE]);
}

#[tokio::test]
async fn a_head_of_the_same_owner_cannot_be_named() {
    let server = Server::start().await;
    let head = new().from_project(ProjectPath::new("rpms", "foo-fork"));
    let error = server
        .project()
        .pull_requests()
        .create(head)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Unsupported, Outcome::NotSent)
    );
    assert!(server.asked().await.is_empty());
}

#[tokio::test]
async fn a_draft_is_one_by_its_title() {
    let server = Server::start().await;
    server.answer(CREATE, 201, pull(7)).await;
    let project = server.project();
    project.pull_requests().create(new().draft()).await.unwrap();
    assert_eq!(server.last_body().await["title"], "WIP: Update");
    let mut marked = new().draft();
    marked.title = "[WIP] Update".into();
    project.pull_requests().create(marked).await.unwrap();
    assert_eq!(server.last_body().await["title"], "[WIP] Update");
}

#[tokio::test]
async fn labels_go_out_by_number_and_are_looked_up_before() {
    let server = Server::start().await;
    let rows = json!([{"id": 3, "name": "bug"}, {"id": 4, "name": "bug"}]);
    server
        .page("GET repos/rpms/foo/labels?limit=50&page=1", 2, rows)
        .await;
    server
        .page(
            "GET orgs/rpms/labels?limit=50&page=1",
            1,
            json!([{"id": 9, "name": "org"}]),
        )
        .await;
    let mut labelled = pull(7);
    labelled["labels"] = json!([{"id": 3, "name": "bug"}, {"id": 9, "name": "org"}]);
    server.answer(CREATE, 201, labelled).await;
    let project = server.project();
    let opened = project
        .pull_requests()
        .create(new().label("org").label("bug"))
        .await
        .unwrap();
    assert_eq!(opened.labels, ["bug", "org"]);
    assert_eq!(server.last_body().await["labels"], json!([9, 3]));
    let error = project
        .pull_requests()
        .create(new().label("nope"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo label nope"));
    let asked = server.asked().await;
    assert_eq!(asked.iter().filter(|line| *line == CREATE).count(), 1);
}

#[tokio::test]
async fn labels_that_are_left_out_in_silence_are_an_error() {
    let server = Server::start().await;
    let rows = json!([{"id": 3, "name": "bug"}]);
    server
        .page("GET repos/rpms/foo/labels?limit=50&page=1", 1, rows)
        .await;
    server.answer(CREATE, 201, pull(7)).await;
    let project = server.project();
    let error = project
        .pull_requests()
        .create(new().label("bug"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(
        (error.resource(), error.outcome()),
        (Some("rpms/foo#7"), Outcome::Unknown)
    );
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn maintainers_are_let_in_by_a_second_request() {
    let server = Server::start().await;
    server.answer(CREATE, 201, pull(7)).await;
    let mut open_to_all = pull(7);
    open_to_all["allow_maintainer_edit"] = json!(true);
    server
        .answer("PATCH repos/rpms/foo/pulls/7", 201, open_to_all)
        .await;
    let project = server.project();
    let opened = project
        .pull_requests()
        .create(from_bob().maintainer_edit(true))
        .await
        .unwrap();
    assert_eq!(opened.maintainer_edit, Some(true));
    assert_eq!(
        server.last_body().await,
        json!({"allow_maintainer_edit": true})
    );
    // It is so by itself.
    project
        .pull_requests()
        .create(from_bob().maintainer_edit(false))
        .await
        .unwrap();
    assert_eq!(server.asked().await.len(), 3);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    for (detail, resource) in [
        (
            "could not find 'update' to be a commit, branch or tag in the head repository bob/foo-renamed",
            "bob/foo-renamed branch update",
        ),
        (
            "could not find 'main' to be a commit, branch or tag in the base repository rpms/foo",
            "rpms/foo branch main",
        ),
        (
            "bob does not have a fork of rpms/foo and rpms/foo is not a fork of a repository from bob",
            "bob/foo-renamed",
        ),
        ("the owner bob does not exist", "bob/foo-renamed"),
    ] {
        let server = Server::start().await;
        server.answer(CREATE, 404, missing(detail)).await;
        server
            .answer("GET repos/bob/foo-renamed", 404, missing(""))
            .await;
        let error = server
            .project()
            .pull_requests()
            .create(from_bob())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{detail}");
        assert_eq!(error.resource(), Some(resource), "{detail}");
    }
}

#[tokio::test]
async fn two_forks_of_one_project_are_too_far_apart() {
    let server = Server::start().await;
    let words =
        "bob does not have a fork of rpms/foo and rpms/foo is not a fork of a repository from bob";
    server.answer(CREATE, 404, missing(words)).await;
    server
        .answer(
            "GET repos/bob/foo-renamed",
            200,
            repository("bob/foo-renamed"),
        )
        .await;
    let error = server
        .project()
        .pull_requests()
        .create(from_bob())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_project_without_pull_requests_says_so() {
    let server = Server::start().await;
    server.answer(CREATE, 404, missing("")).await;
    let mut off = repository("rpms/foo");
    off["has_pull_requests"] = json!(false);
    server.answer_once("GET repos/rpms/foo", 200, off).await;
    server.answer("GET repos/rpms/foo", 404, missing("")).await;
    let project = server.project();
    let error = project.pull_requests().create(new()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.resource()),
        (ErrorKind::Disabled, Some("rpms/foo"))
    );
    let error = project.pull_requests().create(new()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.resource()),
        (ErrorKind::NotFound, Some("rpms/foo"))
    );
}

#[tokio::test]
async fn a_second_one_is_refused() {
    let server = Server::start().await;
    let words = "pull request already exists for these targets [id: 88, issue_id: 1]";
    server.answer(CREATE, 409, refused(words)).await;
    let error = server
        .project()
        .pull_requests()
        .create(new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn a_lost_answer_to_a_create_is_not_asked_for_again() {
    let server = Server::start().await;
    server.respond(CREATE, ResponseTemplate::new(502)).await;
    let error = server
        .project()
        .pull_requests()
        .create(new())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Unavailable, Outcome::Unknown)
    );
    assert!(!error.is_retryable());
    assert_eq!(server.asked().await.len(), 1);
}

#[tokio::test]
async fn an_empty_title_would_be_ignored() {
    let server = Server::start().await;
    let change = PullRequestChange::new().title(" ");
    let project = server.project();
    let error = project.pull_requests().change(7, change).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(server.asked().await.is_empty());
}

#[tokio::test]
async fn an_unknown_target_is_told_from_an_unknown_pull_request() {
    let server = Server::start().await;
    let request = "PATCH repos/rpms/foo/pulls/7";
    server
        .answer_once(request, 404, refused("new base 'nope' not exist"))
        .await;
    server.answer(request, 404, missing("")).await;
    let project = server.project();
    let change = || PullRequestChange::new().target("nope");
    let error = project
        .pull_requests()
        .change(7, change())
        .await
        .unwrap_err();
    assert_eq!(error.resource(), Some("rpms/foo branch nope"));
    let error = project
        .pull_requests()
        .change(7, change())
        .await
        .unwrap_err();
    assert_eq!(error.resource(), Some("rpms/foo#7"));
}

#[tokio::test]
async fn a_merged_one_stays_as_it_is() {
    let server = Server::start().await;
    let words = "cannot change state of this pull request, it was already merged";
    server
        .answer("PATCH repos/rpms/foo/pulls/7", 412, refused(words))
        .await;
    let error = server
        .project()
        .pull_requests()
        .reopen(7)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn labels_go_out_by_name_and_unknown_ones_are_missed() {
    let server = Server::start().await;
    let request = "PUT repos/rpms/foo/issues/7/labels";
    server
        .answer(request, 200, json!([{"id": 3, "name": "bug"}]))
        .await;
    let project = server.project();
    let labels = project
        .pull_requests()
        .set_labels(7, &["bug"])
        .await
        .unwrap();
    assert_eq!(labels, ["bug"]);
    assert_eq!(server.last_body().await, json!({"labels": ["bug"]}));
    let error = project
        .pull_requests()
        .set_labels(7, &["bug", "nope"])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo label nope"));
}

#[tokio::test]
async fn gitea_wants_the_numbers_of_labels() {
    let server = Server::start().await;
    let rows = json!([{"id": 3, "name": "bug"}]);
    server
        .page("GET repos/rpms/foo/labels?limit=50&page=1", 1, rows.clone())
        .await;
    server
        .answer("PUT repos/rpms/foo/issues/7/labels", 200, rows)
        .await;
    let project = server.project_of(ForgeKind::Gitea);
    project
        .pull_requests()
        .set_labels(7, &["bug"])
        .await
        .unwrap();
    assert_eq!(server.last_body().await, json!({"labels": [3]}));
}

#[tokio::test]
async fn a_commit_is_looked_for_as_merge_and_as_head() {
    let server = Server::start().await;
    let mut merged = pull(5);
    merged["state"] = json!("closed");
    merged["merged"] = json!(true);
    merged["merge_commit_sha"] = json!("aaaa");
    server
        .answer("GET repos/rpms/foo/commits/aaaa/pull", 200, merged.clone())
        .await;
    let mut other = pull(6);
    other["head"]["sha"] = json!("ffff");
    let request = "GET repos/rpms/foo/pulls?state=all&sort=recentupdate&limit=50&page=1";
    server
        .page(request, 3, json!([pull(7), other, merged]))
        .await;
    let found = server
        .project()
        .pull_requests()
        .for_commit("aaaa")
        .await
        .unwrap();
    let numbers: Vec<u64> = found.iter().map(|pull| pull.number).collect();
    assert_eq!(numbers, [5, 7]);
    assert_eq!(found[0].state, PullRequestState::Merged);
}

#[tokio::test]
async fn the_look_for_a_commit_is_bounded() {
    let server = Server::start().await;
    let unknown = "pull request does not exist [id: 0]";
    server
        .answer(
            "GET repos/rpms/foo/commits/ffff/pull",
            404,
            refused(unknown),
        )
        .await;
    for page in 1..=4_u64 {
        let rows: Value = (0..50).map(|n| pull(1000 - page * 50 - n)).collect();
        let request =
            format!("GET repos/rpms/foo/pulls?state=all&sort=recentupdate&limit=50&page={page}");
        server.page(&request, 900, rows).await;
    }
    let found = server
        .project()
        .pull_requests()
        .for_commit("ffff")
        .await
        .unwrap();
    assert!(found.is_empty());
    assert_eq!(server.asked().await.len(), 3);
}

#[tokio::test]
async fn its_files_and_texts_are_the_targets_own() {
    let server = Server::start().await;
    let content = json!({"path": "foo.spec", "type": "file", "sha": "f", "size": 2, "encoding": "base64", "content": "aGk="});
    server
        .answer(
            "GET repos/rpms/foo/contents/foo.spec?ref=refs%2Fpull%2F7%2Fhead",
            200,
            content,
        )
        .await;
    let diff = ResponseTemplate::new(200).set_body_raw(vec![b'd', 0xff], "text/plain");
    server
        .respond("GET repos/rpms/foo/pulls/7.diff", diff)
        .await;
    let project = server.project();
    let pulls = project.pull_requests();
    assert_eq!(
        pulls
            .read_file(7, "foo.spec")
            .await
            .unwrap()
            .text()
            .unwrap(),
        "hi"
    );
    assert_eq!(&pulls.diff(7).await.unwrap()[..], [b'd', 0xff]);
    assert_eq!(pulls.head_refspec(7), "refs/pull/7/head");
    assert_eq!(pulls.status_side(), Side::Base);
}
