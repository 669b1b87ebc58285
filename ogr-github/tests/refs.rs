//! Branches, tags and commits.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Served, no};
use ogr_core::{ErrorKind, FileStatus};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

fn tip(sha: &str) -> Value {
    json!({"ref": "refs/heads/x", "object": {"type": "commit", "sha": sha}})
}

#[tokio::test]
async fn one_branch_is_exactly_that_branch() {
    let served = Served::start().await;
    served
        .json(
            "GET",
            "repos/rpms/foo/git/ref/heads/up/date%20x",
            200,
            tip("abc"),
        )
        .await;
    let project = served.project();
    let refs = project.refs();
    let branch = refs.branch("up/date x").await.unwrap();
    assert_eq!(
        (branch.name.as_str(), branch.sha.as_str()),
        ("up/date x", "abc")
    );
    let error = refs.branch("f99").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo branch f99"));
    assert_eq!(served.lines().await.len(), 2);
    for odd in ["", "a//b", "../../x"] {
        let error = refs.branch(odd).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{odd}");
    }
    assert_eq!(served.lines().await.len(), 2);
}

#[tokio::test]
async fn one_tag_is_its_commit_in_one_request() {
    let served = Served::start().await;
    let sha = "a".repeat(40);
    let answer = ResponseTemplate::new(200)
        .set_body_raw(sha.clone(), "application/vnd.github.sha; charset=utf-8");
    served
        .answer("GET", "repos/rpms/foo/commits/tags%2Fv1%2Frc", answer)
        .await;
    served
        .json(
            "GET",
            "repos/rpms/foo/commits/tags%2Fv9",
            422,
            no("No commit found for SHA: tags/v9"),
        )
        .await;
    let nonsense = ResponseTemplate::new(200).set_body_raw("hello", "text/plain");
    served
        .answer("GET", "repos/rpms/foo/commits/tags%2Fodd", nonsense)
        .await;
    let project = served.project();
    let refs = project.refs();
    assert_eq!(refs.tag("v1/rc").await.unwrap().sha, sha);
    assert_eq!(served.sent().await[0].accept, "application/vnd.github.sha");
    let error = refs.tag("v9").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo tag v9"));
    assert_eq!(refs.tag("odd").await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn lists_of_refs_and_commits() {
    let served = Served::start().await;
    served
        .json(
            "GET",
            "repos/rpms/foo/branches",
            200,
            json!([{"name": "main", "commit": {"sha": "1"}, "protected": true}, {"name": "x", "commit": {"sha": "2"}}]),
        )
        .await;
    served
        .json(
            "GET",
            "repos/rpms/foo/tags",
            200,
            json!([{"name": "v1", "commit": {"sha": "3"}, "node_id": "x"}]),
        )
        .await;
    served
        .json(
            "GET",
            "repos/rpms/foo/commits",
            200,
            json!([{"sha": "4", "author": null, "commit": {"message": "m", "author": null, "committer": {"name": null, "email": "e"}}, "parents": null},
                {"sha": "5", "commit": null}]),
        )
        .await;
    let project = served.project();
    let refs = project.refs();
    let branches = refs.branches().collect_all().await.unwrap();
    assert_eq!(branches[0].protected, Some(true));
    assert_eq!(branches[1].protected, None);
    let tags = refs.tags().collect_all().await.unwrap();
    assert_eq!((tags[0].name.as_str(), tags[0].sha.as_str()), ("v1", "3"));
    let commits = refs.commits("up/date").collect_all().await.unwrap();
    assert_eq!(commits[0].committer.as_ref().unwrap().email, "e");
    assert_eq!(commits[1].message, None);
    assert_eq!(
        served.lines().await,
        [
            "GET repos/rpms/foo/branches?per_page=100",
            "GET repos/rpms/foo/tags?per_page=100",
            "GET repos/rpms/foo/commits?sha=up%2Fdate&per_page=100",
        ]
    );
}

#[tokio::test]
async fn the_default_branch_of_an_empty_project_is_none() {
    for (size, tip_there, due, requests) in [
        (json!(10), false, Some("main"), 1),
        (json!(0), true, Some("main"), 2),
        (json!(0), false, None, 2),
        (Value::Null, false, Some("main"), 1),
    ] {
        let served = Served::start().await;
        let repository = json!({"full_name": "rpms/foo", "default_branch": "main", "size": size});
        served.json("GET", "repos/rpms/foo", 200, repository).await;
        let at = "repos/rpms/foo/git/ref/heads/main";
        if tip_there {
            served.json("GET", at, 200, tip("abc")).await;
        } else {
            served
                .json("GET", at, 409, no("Git Repository is empty."))
                .await;
        }
        let project = served.project();
        let branch = project.refs().default_branch().await.unwrap();
        assert_eq!(branch.as_deref(), due);
        assert_eq!(served.lines().await.len(), requests);
    }
}

#[tokio::test]
async fn a_branch_is_created_at_a_commit_or_at_another_branch() {
    let served = Served::start().await;
    let sha = "a".repeat(40);
    served
        .json("POST", "repos/rpms/foo/git/refs", 201, tip(&sha))
        .await;
    served
        .json("GET", "repos/rpms/foo/git/ref/heads/main", 200, tip("bbb"))
        .await;
    let project = served.project();
    let refs = project.refs();
    refs.create_branch("f/42", &sha).await.unwrap();
    assert_eq!(refs.create_branch("f43", "main").await.unwrap().sha, "bbb");
    assert_eq!(
        served.body(0).await,
        json!({"ref": "refs/heads/f/42", "sha": sha})
    );
    assert_eq!(
        served.lines().await,
        [
            "POST repos/rpms/foo/git/refs",
            "GET repos/rpms/foo/git/ref/heads/main",
            "POST repos/rpms/foo/git/refs",
        ]
    );
    let error = refs.create_branch("f44", "f99").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("rpms/foo branch f99"));
}

#[tokio::test]
async fn what_stands_against_a_new_branch() {
    let sha = "a".repeat(40);
    let missing = format!("rpms/foo@{sha}");
    for (message, kind, resource) in [
        (
            "Reference already exists",
            ErrorKind::AlreadyExists,
            "rpms/foo branch x",
        ),
        (
            "Object does not exist",
            ErrorKind::NotFound,
            missing.as_str(),
        ),
        (
            "Repository rule violations found",
            ErrorKind::PermissionDenied,
            "rpms/foo branch x",
        ),
    ] {
        let served = Served::start().await;
        served
            .json("POST", "repos/rpms/foo/git/refs", 422, no(message))
            .await;
        let project = served.project();
        let error = project.refs().create_branch("x", &sha).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{message}");
        assert_eq!(error.resource(), Some(resource));
    }
}

#[tokio::test]
async fn a_branch_whose_answer_was_lost_is_looked_for() {
    for (at, due) in [("a", true), ("b", false)] {
        let served = Served::start().await;
        served
            .json_once("POST", "repos/rpms/foo/git/refs", 502, no("Bad gateway"))
            .await;
        served
            .json(
                "POST",
                "repos/rpms/foo/git/refs",
                422,
                no("Reference already exists"),
            )
            .await;
        served
            .json(
                "GET",
                "repos/rpms/foo/git/ref/heads/x",
                200,
                tip(&at.repeat(40)),
            )
            .await;
        let project = served.project();
        let made = project.refs().create_branch("x", &"a".repeat(40)).await;
        assert_eq!(made.is_ok(), due);
    }
}

#[tokio::test]
async fn comparisons_and_single_commits() {
    let served = Served::start().await;
    let comparison = json!({"ahead_by": 2, "behind_by": 0, "merge_base_commit": {"sha": "m"},
        "commits": [{"sha": "1", "commit": {"message": "a"}}],
        "files": [{"filename": "x", "status": "removed"}, {"filename": "y", "status": "copied"}]});
    served
        .json(
            "GET",
            "repos/rpms/foo/compare/main...bob%3Aup%2Fdate",
            200,
            comparison,
        )
        .await;
    served
        .json(
            "GET",
            "repos/rpms/foo/commits/abc",
            200,
            json!({"sha": "abcdef", "html_url": "https://x", "parents": [{"sha": "p"}],
                "commit": {"message": "m", "tree": {"sha": "t"}, "author": {"name": "A", "email": "a", "date": "2026-01-01T00:00:00Z"}}}),
        )
        .await;
    let project = served.project();
    let refs = project.refs();
    let comparison = refs.compare("main", "bob:up/date").await.unwrap();
    assert_eq!(comparison.ahead_by, Some(2));
    assert_eq!(comparison.merge_base.as_deref(), Some("m"));
    assert_eq!(comparison.files.unwrap()[0].status, FileStatus::Removed);
    let commit = refs.commit("abc").await.unwrap();
    assert_eq!(commit.sha, "abcdef");
    assert_eq!(commit.parents, Some(vec!["p".to_owned()]));
    assert_eq!(
        served.lines().await[1],
        "GET repos/rpms/foo/commits/abc?per_page=1"
    );
    let error = refs.commit("fff").await.unwrap_err();
    assert_eq!(error.resource(), Some("rpms/foo@fff"));
}
