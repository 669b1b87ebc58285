//! Pull requests.

mod changes;
mod merge;

use futures_util::TryStreamExt;
use ogr_core::{
    ErrorKind, Mergeable, NewPullRequest, Outcome, ProjectPath, PullRequestChange,
    PullRequestQuery, PullRequestState, StateFilter,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::server::{SHA, Server, pull, refusal};

const PULL: &str = "/api/0/rpms/foo/pull-request/1";
const LIST: &str = "/api/0/rpms/foo/pull-requests";

fn verb(verb: &str) -> String {
    format!("{PULL}/{verb}")
}

fn fork() -> ProjectPath {
    "fork/bob/rpms/foo".parse().unwrap()
}

fn page_of(rows: Vec<Value>, pages: u64, total: u64) -> Value {
    json!({"requests": rows, "total_requests": total, "pagination": {"pages": pages, "next": null}})
}

#[tokio::test]
async fn a_pull_request_is_one_request() {
    let server = Server::start().await;
    server.json("GET", PULL, 200, pull(1, "Merged")).await;
    let read = server
        .project("rpms/foo")
        .pull_requests()
        .get(1)
        .await
        .unwrap();
    assert_eq!(server.asked().await, [format!("GET {PULL}")]);
    assert_eq!(read.number, 1);
    assert_eq!(read.state, PullRequestState::Merged);
    assert_eq!(read.body.as_deref(), Some("Body"));
    assert_eq!(read.author.unwrap().login, "bob");
    assert_eq!(read.head.project, Some(fork()));
    assert_eq!(read.head.branch, "update");
    assert_eq!(read.head.sha.as_deref(), Some(SHA));
    assert_eq!(read.base.branch, "rawhide");
    assert_eq!(read.closed_by.unwrap().login, "alice");
    assert_eq!(read.merged_at, read.closed_at);
    assert_eq!(read.merged_at.unwrap().timestamp(), 1_795_334_438);
    assert_eq!(read.draft, None);
}

#[tokio::test]
async fn nulls_everywhere_are_no_error() {
    let server = Server::start().await;
    let mut body = pull(1, "Open");
    for field in [
        "uid",
        "initial_comment",
        "user",
        "tags",
        "comments",
        "cached_merge_status",
        "repo_from",
        "project",
        "commit_start",
        "commit_stop",
        "date_created",
        "last_updated",
        "closed_at",
        "closed_by",
        "full_url",
    ] {
        body[field] = Value::Null;
    }
    server.once("GET", PULL, 200, body).await;
    let pulls = server.project("rpms/foo");
    let read = pulls.pull_requests().get(1).await.unwrap();
    // A deleted fork, or a branch in a repository elsewhere.
    assert_eq!(read.head.project, None);
    assert_eq!(read.head.sha, None);
    assert_eq!(read.author, None);
    assert_eq!(read.base.project, Some(ProjectPath::new("rpms", "foo")));
    let page = format!("{}/rpms/foo/pull-request/1", server.uri());
    assert_eq!(read.web_url, page);

    server.json("GET", PULL, 200, json!({"id": 1})).await;
    let read = pulls.pull_requests().get(1).await.unwrap();
    assert_eq!(read.state, PullRequestState::Other(String::new()));
}

#[tokio::test]
async fn whether_it_can_be_merged_is_told_only_while_it_is_open() {
    let server = Server::start().await;
    for (status, cached, mergeable) in [
        ("Open", "FFORWARD", Mergeable::Yes),
        ("Open", "MERGE", Mergeable::Yes),
        ("Open", "CONFLICTS", Mergeable::No),
        ("Open", "NO_CHANGE", Mergeable::Unknown),
        ("Open", "unknown", Mergeable::Unknown),
        ("Merged", "FFORWARD", Mergeable::Unknown),
    ] {
        let mut body = pull(1, status);
        body["cached_merge_status"] = json!(cached);
        server.once("GET", PULL, 200, body).await;
        let read = server.project("rpms/foo").pull_requests().get(1).await;
        assert_eq!(read.unwrap().mergeable, mergeable, "{status} {cached}");
    }
}

#[tokio::test]
async fn one_that_was_opened_again_is_not_closed() {
    let server = Server::start().await;
    let mut body = pull(1, "Open");
    body["closed_at"] = json!("1795334438");
    body["closed_by"] = json!({"name": "alice"});
    server.json("GET", PULL, 200, body).await;
    let read = server
        .project("rpms/foo")
        .pull_requests()
        .get(1)
        .await
        .unwrap();
    assert_eq!((read.closed_at, read.closed_by), (None, None));
}

#[tokio::test]
async fn the_server_filters_what_it_can_and_ogr_the_rest() {
    let server = Server::start().await;
    let mut labelled = pull(2, "Open");
    labelled["tags"] = json!(["bug", "easy"]);
    let mut half = pull(3, "Open");
    half["tags"] = json!(["bug"]);
    let mut elsewhere = labelled.clone();
    elsewhere["id"] = json!(4);
    elsewhere["branch"] = json!("f42");
    let rows = vec![labelled, half, elsewhere];
    server.json("GET", LIST, 200, page_of(rows, 1, 3)).await;
    let query = PullRequestQuery::open()
        .author("bob")
        .label("bug")
        .label("easy")
        .target("rawhide")
        .head(fork(), "update");
    let project = server.project("rpms/foo");
    let found: Vec<u64> = project
        .pull_requests()
        .list(query)
        .map_ok(|pull| pull.number)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(found, [2]);
    assert_eq!(
        server.asked().await,
        [format!(
            "GET {LIST}?status=Open&per_page=100&author=bob&tags=bug&tags=easy&page=1"
        )]
    );
}

#[tokio::test]
async fn each_state_has_its_word() {
    let server = Server::start().await;
    server.json("GET", LIST, 200, page_of(vec![], 0, 0)).await;
    let project = server.project("rpms/foo");
    for state in [
        StateFilter::Open,
        StateFilter::Closed,
        StateFilter::Merged,
        StateFilter::All,
    ] {
        // A label that begins with the mark for "not this one" stays here.
        let query = PullRequestQuery::open().state(state).label("!bug");
        let none = project.pull_requests().list(query).collect_all().await;
        assert!(none.unwrap().is_empty());
    }
    let words: Vec<String> = server
        .asked()
        .await
        .iter()
        .map(|line| line.replace(&format!("GET {LIST}?"), ""))
        .collect();
    assert_eq!(
        words,
        ["Open", "Closed", "Merged", "All"]
            .map(|word| format!("status={word}&per_page=100&page=1"))
    );
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page_and_ends_at_the_number_of_pages() {
    let server = Server::start().await;
    for first in [300, 200, 100] {
        let rows = (0..100).map(|n| pull(first - n, "Open")).collect();
        server.once("GET", LIST, 200, page_of(rows, 3, 300)).await;
    }
    let project = server.project("rpms/foo");
    let all = project.pull_requests().list(PullRequestQuery::open());
    let numbers: Vec<u64> = all.map_ok(|pull| pull.number).try_collect().await.unwrap();
    assert_eq!(numbers, (1..=300).rev().collect::<Vec<_>>());
    assert_eq!(server.asked().await.len(), 3);
}

#[tokio::test]
async fn a_list_without_page_numbers_ends_with_an_empty_page() {
    let server = Server::start().await;
    let body = json!({"requests": [pull(1, "Open")], "pagination": null});
    server.once("GET", LIST, 200, body).await;
    server
        .once("GET", LIST, 200, json!({"requests": null}))
        .await;
    let project = server.project("rpms/foo");
    let all = project.pull_requests().list(PullRequestQuery::open());
    assert_eq!(all.collect_all().await.unwrap().len(), 1);
    assert_eq!(server.asked().await.len(), 2);
}

#[tokio::test]
async fn pull_requests_that_are_switched_off_are_not_missing() {
    let server = Server::start().await;
    let off = refusal(
        "EPULLREQUESTSDISABLED",
        "Pull-Request have been deactivated",
    );
    let path = "/api/0/fork/bob/rpms/foo/pull-requests";
    server.json("GET", path, 404, off).await;
    let fork = server.project("fork/bob/rpms/foo");
    let error = fork.pull_requests().list(PullRequestQuery::open()).first();
    assert_eq!(error.await.unwrap_err().kind(), ErrorKind::Disabled);
}

#[tokio::test]
async fn a_pull_request_is_opened_on_the_target() {
    let server = Server::start().await;
    let path = "/api/0/rpms/foo/pull-request/new";
    server.json("POST", path, 200, pull(1, "Open")).await;
    let project = server.project("rpms/foo");
    let from_fork = NewPullRequest::new("Bump", "update", "rawhide")
        .from_project(fork())
        .body("Body");
    let opened = project.pull_requests().create(from_fork).await.unwrap();
    assert_eq!(opened.number, 1);
    let within = NewPullRequest::new("Bump", "feat/x", "rawhide")
        .from_project(ProjectPath::new("rpms", "foo"));
    project.pull_requests().create(within).await.unwrap();
    assert_eq!(
        server.asked().await,
        [
            format!(
                "POST {path} title=Bump&branch_to=rawhide&branch_from=update&initial_comment=Body&repo_from=foo\
                 &repo_from_username=bob&repo_from_namespace=rpms"
            ),
            format!(
                "POST {path} title=Bump&branch_to=rawhide&branch_from=feat%2Fx&initial_comment="
            ),
        ]
    );
}

#[tokio::test]
async fn opening_is_not_tried_again_after_a_lost_answer() {
    let server = Server::start().await;
    let path = "/api/0/rpms/foo/pull-request/new";
    server
        .mount("POST", path, ResponseTemplate::new(504), 9)
        .await;
    let project = server.project("rpms/foo");
    let new = NewPullRequest::new("Bump", "update", "rawhide");
    let error = project.pull_requests().create(new).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(!error.is_retryable());
    assert_eq!(server.asked().await.len(), 1);
}

#[tokio::test]
async fn a_new_title_keeps_the_text_and_a_new_text_the_title() {
    let server = Server::start().await;
    server.json("GET", PULL, 200, pull(1, "Open")).await;
    server.json("POST", PULL, 200, pull(1, "Open")).await;
    let project = server.project("rpms/foo");
    let pulls = project.pull_requests();
    for change in [
        PullRequestChange::new().title("New"),
        PullRequestChange::new().body("New"),
        PullRequestChange::new().title("New").body("New"),
        PullRequestChange::new(),
    ] {
        pulls.change(1, change).await.unwrap();
    }
    assert_eq!(
        server.asked().await,
        [
            format!("GET {PULL}"),
            format!("POST {PULL} title=New&initial_comment=Body"),
            format!("GET {PULL}"),
            format!("POST {PULL} title=Bump&initial_comment=New"),
            format!("POST {PULL} title=New&initial_comment=New"),
            format!("GET {PULL}"),
        ]
    );
}

fn comment(id: u64, text: &str, login: &str, notification: bool) -> Value {
    json!({"id": id, "comment": text, "user": {"name": login}, "notification": notification,
           "date_created": "1795334328.127751", "edited_on": null})
}

#[tokio::test]
async fn a_comment_is_found_again_for_the_answer_has_no_id() {
    let server = Server::start().await;
    let added = json!({"message": "Comment added"});
    server.json("POST", &verb("comment"), 200, added).await;
    let mut body = pull(1, "Open");
    body["comments"] = json!([
        comment(1, "hello", "alice", false),
        comment(2, "hello", "alice", false),
        comment(3, "hello", "eve", false),
        comment(4, "hello", "alice", true),
        comment(5, "later", "alice", false),
    ]);
    server.json("GET", PULL, 200, body).await;
    let me = json!({"username": "alice"});
    server.json("POST", "/api/0/-/whoami", 200, me).await;

    // Nobody is asked who I am for it.
    let project = server.project("rpms/foo");
    let written = project.pull_requests().comment(1, "hello").await.unwrap();
    assert_eq!(written.id, "3");
    assert_eq!(
        server.asked().await,
        [
            format!("POST {} comment=hello", verb("comment")),
            format!("GET {PULL}")
        ]
    );
    // But when it is known, it helps.
    project.forge().users().whoami().await.unwrap();
    let written = project.pull_requests().comment(1, "hello").await.unwrap();
    assert_eq!(written.id, "2");
    assert_eq!(written.author.unwrap().login, "alice");
    assert!(
        written
            .web_url
            .unwrap()
            .ends_with("/pull-request/1#comment-2")
    );
}

#[tokio::test]
async fn closing_reads_first_for_pagure_would_call_a_merged_one_closed() {
    let server = Server::start().await;
    server.once("GET", PULL, 200, pull(1, "Closed")).await;
    server.once("GET", PULL, 200, pull(1, "Merged")).await;
    server.once("GET", PULL, 200, pull(1, "Open")).await;
    server.once("GET", PULL, 200, pull(1, "Closed")).await;
    let closed = json!({"message": "Pull-request closed!"});
    server.json("POST", &verb("close"), 200, closed).await;
    let project = server.project("rpms/foo");
    let pulls = project.pull_requests();
    assert_eq!(
        pulls.close(1).await.unwrap().state,
        PullRequestState::Closed
    );
    assert_eq!(
        pulls.close(1).await.unwrap().state,
        PullRequestState::Merged
    );
    assert_eq!(server.asked().await.len(), 2, "nothing was written");
    assert_eq!(
        pulls.close(1).await.unwrap().state,
        PullRequestState::Closed
    );
    assert_eq!(server.asked().await.len(), 5);
}

#[tokio::test]
async fn reopening_reads_first_for_pagure_fails_on_an_open_one() {
    let server = Server::start().await;
    server.once("GET", PULL, 200, pull(1, "Open")).await;
    server.once("GET", PULL, 200, pull(1, "Merged")).await;
    server.once("GET", PULL, 200, pull(1, "Closed")).await;
    server.once("GET", PULL, 200, pull(1, "Open")).await;
    let opened = json!({"message": "Pull-request reopened!"});
    server.json("POST", &verb("reopen"), 200, opened).await;
    let project = server.project("rpms/foo");
    let pulls = project.pull_requests();
    assert_eq!(pulls.reopen(1).await.unwrap().state, PullRequestState::Open);
    let error = pulls.reopen(1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(server.asked().await.len(), 2, "nothing was written");
    assert_eq!(pulls.reopen(1).await.unwrap().state, PullRequestState::Open);
}

#[tokio::test]
async fn reopening_survives_a_lost_answer() {
    let server = Server::start().await;
    server.once("GET", PULL, 200, pull(1, "Closed")).await;
    server
        .mount("POST", &verb("reopen"), ResponseTemplate::new(502), 1)
        .await;
    server.page("POST", &verb("reopen"), 500).await;
    server.json("GET", PULL, 200, pull(1, "Open")).await;
    let project = server.project("rpms/foo");
    let opened = project.pull_requests().reopen(1).await.unwrap();
    assert_eq!(opened.state, PullRequestState::Open);
}
