//! Pull requests: what goes over the wire, and what is made of odd answers.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Served, invalid, no, pull};
use ogr_core::{
    ErrorKind, Mergeable, NewPullRequest, Operation, ProjectPath, PullRequestChange,
    PullRequestState, Side,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

fn with(mut pull: Value, field: &str, value: Value) -> Value {
    pull[field] = value;
    pull
}

#[tokio::test]
async fn one_pull_request_with_everything_and_with_nothing() {
    let served = Served::start().await;
    let full = json!({
        "number": 7, "id": 99, "node_id": "PR_7", "state": "closed", "title": "Update", "body": "Text",
        "draft": false, "user": {"login": "bob", "id": 3, "html_url": "https://github.com/bob"},
        "head": {"ref": "update", "sha": "aaa", "repo": {"full_name": "bob/foo2"}},
        "base": {"ref": "main", "sha": "bbb", "repo": {"full_name": "rpms/foo"}},
        "labels": [{"name": "bug", "color": null}, "plain", {"name": null}],
        "html_url": "https://github.com/rpms/foo/pull/7",
        "mergeable": null, "merge_commit_sha": "ccc", "maintainer_can_modify": true, "merged": true,
        "merged_by": {"login": "alice"}, "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "nonsense", "closed_at": "2026-01-02T00:00:00+02:00", "merged_at": "2026-01-02T00:00:00Z",
        "something_new": {"x": 1},
    });
    served
        .json("GET", "repos/rpms/foo/pulls/7", 200, full)
        .await;
    let project = served.project();
    let pulls = project.pull_requests();
    let seven = pulls.get(7).await.unwrap();
    assert_eq!(seven.state, PullRequestState::Merged);
    assert_eq!(seven.merge_commit.as_deref(), Some("ccc"));
    assert_eq!(seven.head.project, Some(ProjectPath::new("bob", "foo2")));
    assert_eq!(seven.base.project, Some(ProjectPath::new("rpms", "foo")));
    assert_eq!(seven.labels, ["bug", "plain"]);
    assert_eq!(seven.closed_by.unwrap().login, "alice");
    assert_eq!(seven.maintainer_edit, Some(true));
    assert_eq!(seven.updated_at, None);
    assert_eq!(
        seven.closed_at.unwrap().to_rfc3339(),
        "2026-01-01T22:00:00+00:00"
    );
    // A deleted fork, a deleted account, an open one whose trial merge is not its merge, and a word that is new.
    let bare = json!({
        "number": 8, "state": "pondering", "title": null, "user": null, "mergeable": false, "merge_commit_sha": "ddd",
        "head": {"ref": "x", "sha": null, "repo": null}, "base": null, "labels": null, "merged_at": null,
    });
    served
        .json("GET", "repos/rpms/foo/pulls/8", 200, bare)
        .await;
    let eight = pulls.get(8).await.unwrap();
    assert_eq!(eight.state, PullRequestState::Other("pondering".into()));
    assert_eq!((eight.head.project, eight.author), (None, None));
    assert_eq!(eight.mergeable, Mergeable::No);
    assert_eq!(eight.merge_commit, None);
    let error = pulls.get(9).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo#9"));
}

#[tokio::test]
async fn the_head_is_named_as_github_wants_it() {
    let served = Served::start().await;
    served
        .json("POST", "repos/rpms/foo/pulls", 201, pull(7))
        .await;
    let project = served.project();
    let pulls = project.pull_requests();
    let new = NewPullRequest::new("Update", "update", "main");
    pulls.create(new.clone()).await.unwrap();
    let of = |owner: &str, name: &str| new.clone().from_project(ProjectPath::new(owner, name));
    pulls
        .create(of("bob", "foo").draft().maintainer_edit(false).body("Text"))
        .await
        .unwrap();
    pulls.create(of("RPMS", "foo-fork")).await.unwrap();
    pulls.create(of("rpms", "Foo")).await.unwrap();
    assert_eq!(
        served.body(0).await,
        json!({"title": "Update", "body": "", "head": "update", "base": "main"})
    );
    assert_eq!(
        served.body(1).await,
        json!({"title": "Update", "body": "Text", "head": "bob:update", "base": "main",
            "draft": true, "maintainer_can_modify": false})
    );
    assert_eq!(
        served.body(2).await,
        json!({"title": "Update", "body": "", "head": "update", "head_repo": "RPMS/foo-fork", "base": "main"})
    );
    assert_eq!(served.body(3).await["head"], "update");
    assert_eq!(served.body(3).await.get("head_repo"), None);
    let nested = new.from_project(ProjectPath::new("a/b", "foo"));
    let error = pulls.create(nested).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(served.lines().await.len(), 4);
}

#[tokio::test]
async fn what_stands_against_a_new_one() {
    let particular = |field: &str| {
        invalid(json!([{"resource": "PullRequest", "field": field, "code": "invalid"}]))
    };
    let custom = |message: &str| {
        invalid(json!([{"resource": "PullRequest", "code": "custom", "message": message}]))
    };
    let cases = [
        (
            422,
            custom("A pull request already exists for bob:update."),
            ErrorKind::AlreadyExists,
            "rpms/foo",
        ),
        (
            422,
            custom("No commits between main and update"),
            ErrorKind::Conflict,
            "rpms/foo",
        ),
        (
            422,
            particular("head"),
            ErrorKind::NotFound,
            "bob/foo branch update",
        ),
        (
            422,
            particular("base"),
            ErrorKind::NotFound,
            "rpms/foo branch main",
        ),
        (
            403,
            no("Pull requests are disabled for this repository"),
            ErrorKind::Disabled,
            "rpms/foo",
        ),
        (404, no("Not Found"), ErrorKind::NotFound, "rpms/foo"),
    ];
    for (status, body, kind, resource) in cases {
        let served = Served::start().await;
        served
            .json("POST", "repos/rpms/foo/pulls", status, body)
            .await;
        let new = NewPullRequest::new("Update", "update", "main")
            .from_project(ProjectPath::new("bob", "foo"));
        let project = served.project();
        let error = project.pull_requests().create(new).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.resource(), Some(resource));
    }
}

#[tokio::test]
async fn labels_are_one_request_more_and_only_when_asked_for() {
    let served = Served::start().await;
    served
        .json(
            "POST",
            "repos/rpms/foo/pulls",
            201,
            with(pull(7), "labels", json!([])),
        )
        .await;
    // What was created a moment ago may not be there for everybody yet.
    served
        .json_once(
            "PUT",
            "repos/rpms/foo/issues/7/labels",
            404,
            no("Not Found"),
        )
        .await;
    served
        .json(
            "PUT",
            "repos/rpms/foo/issues/7/labels",
            200,
            json!([{"name": "bug"}, {"name": "easy"}]),
        )
        .await;
    let new = NewPullRequest::new("Update", "update", "main")
        .label("bug")
        .label("easy");
    let project = served.project();
    let pull = project.pull_requests().create(new).await.unwrap();
    assert_eq!(pull.labels, ["bug", "easy"]);
    assert_eq!(
        served.lines().await,
        [
            "POST repos/rpms/foo/pulls",
            "PUT repos/rpms/foo/issues/7/labels",
            "PUT repos/rpms/foo/issues/7/labels",
        ]
    );
    assert_eq!(served.body(1).await, json!({"labels": ["bug", "easy"]}));
}

#[tokio::test]
async fn a_pull_request_that_got_no_labels_is_named_by_the_error() {
    let served = Served::start().await;
    served
        .json("POST", "repos/rpms/foo/pulls", 201, pull(7))
        .await;
    served
        .json(
            "PUT",
            "repos/rpms/foo/issues/7/labels",
            403,
            no("Must have admin rights to Repository."),
        )
        .await;
    let new = NewPullRequest::new("Update", "update", "main").label("bug");
    let project = served.project();
    let error = project.pull_requests().create(new).await.unwrap_err();
    assert_eq!(error.operation(), Some(Operation::PullRequestsCreateLabels));
    assert_eq!(error.resource(), Some("rpms/foo#7"));
    assert!(error.message().contains("is open"), "{error}");
}

#[tokio::test]
async fn changes_send_only_what_changes() {
    let served = Served::start().await;
    served
        .json("PATCH", "repos/rpms/foo/pulls/7", 200, pull(7))
        .await;
    served
        .json("GET", "repos/rpms/foo/pulls/7", 200, pull(7))
        .await;
    let project = served.project();
    let pulls = project.pull_requests();
    let change = PullRequestChange::new().title("New");
    pulls.change(7, change).await.unwrap();
    let change = PullRequestChange::new().body("").target("f42");
    pulls.change(7, change).await.unwrap();
    pulls.close(7).await.unwrap();
    pulls.reopen(7).await.unwrap();
    pulls.change(7, PullRequestChange::new()).await.unwrap();
    assert_eq!(served.body(0).await, json!({"title": "New"}));
    assert_eq!(served.body(1).await, json!({"body": "", "base": "f42"}));
    assert_eq!(served.body(2).await, json!({"state": "closed"}));
    assert_eq!(served.body(3).await, json!({"state": "open"}));
    assert_eq!(served.lines().await[4], "GET repos/rpms/foo/pulls/7");
    assert_eq!(pulls.status_side(), Side::Base);
}

#[tokio::test]
async fn a_merged_one_cannot_be_reopened_and_a_missing_target_is_named() {
    let served = Served::start().await;
    let stays = invalid(
        json!([{"resource": "PullRequest", "code": "invalid", "field": "state",
        "message": "state cannot be changed. The update branch has been deleted."}]),
    );
    served
        .json_once("PATCH", "repos/rpms/foo/pulls/7", 422, stays)
        .await;
    let base = invalid(json!([{"resource": "PullRequest", "code": "invalid", "field": "base"}]));
    served
        .json("PATCH", "repos/rpms/foo/pulls/7", 422, base)
        .await;
    let project = served.project();
    let pulls = project.pull_requests();
    let error = pulls.reopen(7).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let change = PullRequestChange::new().target("f99");
    let error = pulls.change(7, change).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo branch f99"));
}

#[tokio::test]
async fn comments_and_labels() {
    let served = Served::start().await;
    let comment = json!({"id": 5, "body": "Hello", "user": null, "html_url": "https://github.com/c", "created_at": "2026-01-01T00:00:00Z"});
    served
        .json("POST", "repos/rpms/foo/issues/7/comments", 201, comment)
        .await;
    served
        .json(
            "PUT",
            "repos/rpms/foo/issues/7/labels",
            200,
            json!([{"name": "x"}]),
        )
        .await;
    served
        .answer(
            "DELETE",
            "repos/rpms/foo/issues/7/labels",
            ResponseTemplate::new(204),
        )
        .await;
    let project = served.project();
    let pulls = project.pull_requests();
    let comment = pulls.comment(7, "Hello").await.unwrap();
    assert_eq!((comment.id.as_str(), comment.author), ("5", None));
    assert_eq!(pulls.set_labels(7, &["x"]).await.unwrap(), ["x"]);
    assert!(pulls.set_labels(7, &[]).await.unwrap().is_empty());
    assert_eq!(served.body(0).await, json!({"body": "Hello"}));
    assert_eq!(served.body(1).await, json!({"labels": ["x"]}));
    let error = pulls.comment(8, "Hello").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo#8"));
}

#[tokio::test]
async fn diffs_files_and_a_file_at_the_head() {
    let served = Served::start().await;
    let diff = ResponseTemplate::new(200).set_body_raw(
        "diff --git a/x b/x\n",
        "application/vnd.github.diff; charset=utf-8",
    );
    served.answer("GET", "repos/rpms/foo/pulls/7", diff).await;
    served
        .json(
            "GET",
            "repos/rpms/foo/pulls/8",
            406,
            json!({"message": "Sorry, the diff exceeded the maximum number of files (300).",
                "errors": [{"resource": "PullRequest", "field": "diff", "code": "too_large"}]}),
        )
        .await;
    let files = json!([
        {"filename": "new", "previous_filename": "old", "status": "renamed", "additions": 1, "deletions": 2},
        {"filename": "mode", "status": "changed"},
        {"filename": "odd", "status": "transmuted"},
    ]);
    served
        .json("GET", "repos/rpms/foo/pulls/7/files", 200, files)
        .await;
    let raw = ResponseTemplate::new(200)
        .set_body_raw("text", "application/vnd.github.raw+json; charset=utf-8");
    served
        .answer("GET", "repos/rpms/foo/contents/a%20b/foo.spec", raw)
        .await;
    let project = served.project();
    let pulls = project.pull_requests();
    assert_eq!(pulls.diff(7).await.unwrap(), "diff --git a/x b/x\n");
    pulls.patch(7).await.unwrap();
    let error = pulls.diff(8).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let files = pulls.files(7).collect_all().await.unwrap();
    assert_eq!(files[0].previous_path.as_deref(), Some("old"));
    assert_eq!(files[0].deletions, Some(2));
    assert_eq!(
        files[2].status,
        ogr_core::FileStatus::Other("transmuted".into())
    );
    let file = pulls.read_file(7, "./a b/foo.spec").await.unwrap();
    assert_eq!(
        (file.path.as_str(), file.text().unwrap()),
        ("a b/foo.spec", "text")
    );
    let sent = served.sent().await;
    assert_eq!(sent[0].accept, "application/vnd.github.diff");
    assert_eq!(sent[1].accept, "application/vnd.github.patch");
    assert_eq!(
        sent[4].line,
        "GET repos/rpms/foo/contents/a%20b/foo.spec?ref=refs%2Fpull%2F7%2Fhead"
    );
    assert_eq!(pulls.head_refspec(7), "refs/pull/7/head");
}
