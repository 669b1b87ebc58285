//! Lists: of pull requests, of those of a commit, of the commits of one.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Served, pull};
use futures_util::TryStreamExt;
use ogr_core::{
    ErrorKind, Mergeable, Operation, ProjectPath, PullRequestQuery, PullRequestState, StateFilter,
};
use serde_json::{Value, json};
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path, query_param},
};

fn with(mut pull: Value, field: &str, value: Value) -> Value {
    pull[field] = value;
    pull
}

#[tokio::test]
async fn the_list_asks_github_for_what_github_can_filter() {
    let served = Served::start().await;
    served
        .json("GET", "repos/rpms/foo/pulls", 200, json!([]))
        .await;
    let project = served.project();
    let pulls = project.pull_requests();
    let query = PullRequestQuery::open()
        .target("f42")
        .head(ProjectPath::new("bob", "foo"), "up/date")
        .author("bob")
        .label("bug");
    pulls.list(query).collect_all().await.unwrap();
    let merged = PullRequestQuery::all()
        .state(StateFilter::Merged)
        .head_branch("update");
    pulls.list(merged).collect_all().await.unwrap();
    pulls
        .list(PullRequestQuery::all())
        .collect_all()
        .await
        .unwrap();
    assert_eq!(
        served.lines().await,
        [
            "GET repos/rpms/foo/pulls?state=open&sort=created&direction=desc&base=f42&head=bob%3Aup%2Fdate&per_page=100",
            "GET repos/rpms/foo/pulls?state=closed&sort=created&direction=desc&per_page=100",
            "GET repos/rpms/foo/pulls?state=all&sort=created&direction=desc&per_page=100",
        ]
    );
    assert_eq!(served.sent().await[0].accept, "application/vnd.github+json");
}

#[tokio::test]
async fn rows_are_filtered_and_never_asked_for_again() {
    let served = Served::start().await;
    let closed = |number| with(pull(number), "state", json!("closed"));
    let merged = |number| with(closed(number), "merged_at", json!("2026-01-02T03:04:05Z"));
    let rows = json!([
        merged(6),
        closed(5),
        with(merged(4), "user", json!({"login": "Eve"})),
        with(merged(3), "user", Value::Null),
        with(merged(2), "labels", json!(null)),
        merged(1),
    ]);
    served.json("GET", "repos/rpms/foo/pulls", 200, rows).await;
    let project = served.project();
    let pulls = project.pull_requests();
    let query = PullRequestQuery::all()
        .state(StateFilter::Merged)
        .author("BOB")
        .label("bug");
    let found = pulls.list(query).collect_all().await.unwrap();
    let numbers: Vec<_> = found.iter().map(|pull| pull.number).collect();
    assert_eq!(numbers, [6, 1]);
    assert_eq!(found[0].state, PullRequestState::Merged);
    assert_eq!(found[0].labels, ["bug"]);
    // A row does not tell whether it can be merged.
    assert_eq!(found[0].mergeable, Mergeable::Unknown);
    let unmerged = PullRequestQuery::all().state(StateFilter::Closed);
    let found = pulls.list(unmerged).collect_all().await.unwrap();
    assert_eq!(
        found.iter().map(|pull| pull.number).collect::<Vec<_>>(),
        [5]
    );
    assert_eq!(served.lines().await.len(), 2);
}

#[tokio::test]
async fn pages_follow_the_links_by_number() {
    let served = Served::start().await;
    let base = served.server.uri();
    let link = format!(
        r#"<{base}/api/v3/repositories/1000/pulls?state=open&per_page=100&page=2>; rel="next", <{base}/api/v3/repositories/1000/pulls?state=open&per_page=100&page=3>; rel="last""#
    );
    let first = ResponseTemplate::new(200)
        .insert_header("link", link.as_str())
        .set_body_json(json!([pull(9), pull(8)]));
    served.answer("GET", "repos/rpms/foo/pulls", first).await;
    for (page, rows) in [("2", json!([pull(8), pull(7)])), ("3", json!([pull(6)]))] {
        Mock::given(method("GET"))
            .and(path("/api/v3/repositories/1000/pulls"))
            .and(query_param("page", page))
            .respond_with(ResponseTemplate::new(200).set_body_json(rows))
            .mount(&served.server)
            .await;
    }
    let project = served.project();
    let pulls = project.pull_requests();
    let all = pulls
        .list(PullRequestQuery::open())
        .collect_all()
        .await
        .unwrap();
    let numbers: Vec<_> = all.iter().map(|pull| pull.number).collect();
    assert_eq!(numbers, [9, 8, 7, 6]);
    assert_eq!(served.lines().await.len(), 3);
    // One is enough for the first: nothing more is read.
    pulls
        .list(PullRequestQuery::open())
        .first()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(served.lines().await.len(), 4);
}

#[tokio::test]
async fn a_list_does_not_go_on_at_another_host() {
    let served = Served::start().await;
    let first = ResponseTemplate::new(200)
        .insert_header("link", r#"<https://evil.example/pulls?page=2>; rel="next""#)
        .set_body_json(json!([pull(9)]));
    served.answer("GET", "repos/rpms/foo/pulls", first).await;
    let project = served.project();
    let mut list = project.pull_requests().list(PullRequestQuery::open());
    let error = list.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.operation(), Some(Operation::PullRequestsList));
}

#[tokio::test]
async fn further_commits_than_github_lists_are_read_by_comparing() {
    let served = Served::start().await;
    let row = |number: usize| json!({"sha": format!("{number:040}"), "commit": {"message": "m"}});
    let rows = |range: std::ops::Range<usize>| range.map(row).collect::<Vec<_>>();
    served
        .json(
            "GET",
            "repos/rpms/foo/pulls/7/commits",
            200,
            json!(rows(0..250)),
        )
        .await;
    served
        .json("GET", "repos/rpms/foo/pulls/7", 200, pull(7))
        .await;
    let range = format!("{}...{}", "b".repeat(40), "h".repeat(40));
    served
        .json(
            "GET",
            &format!("repos/rpms/foo/compare/{range}"),
            200,
            json!({"commits": rows(0..260), "files": []}),
        )
        .await;
    let project = served.project();
    let commits = project
        .pull_requests()
        .commits(7)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(commits.len(), 260);
    assert_eq!(commits[259].sha, format!("{:040}", 259));
    // Fewer than that are all there are.
    let served = Served::start().await;
    served
        .json(
            "GET",
            "repos/rpms/foo/pulls/7/commits",
            200,
            json!(rows(0..3)),
        )
        .await;
    let project = served.project();
    let commits = project
        .pull_requests()
        .commits(7)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(commits.len(), 3);
    assert_eq!(served.lines().await.len(), 1);
}

#[tokio::test]
async fn for_commit_keeps_those_that_end_in_it_or_that_it_came_of() {
    let served = Served::start().await;
    let sha = "c".repeat(40);
    let mut head = pull(1);
    head["head"]["sha"] = json!(sha);
    let contains = pull(2);
    let mut came_of = with(pull(3), "merge_commit_sha", json!(sha));
    came_of["state"] = json!("closed");
    came_of["merged_at"] = json!("2026-01-01T00:00:00Z");
    // The commit that tries whether it can be merged is no merge.
    let trial = with(pull(4), "merge_commit_sha", json!(sha));
    served
        .json(
            "GET",
            &format!("repos/rpms/foo/commits/{sha}/pulls"),
            200,
            json!([head, contains, came_of, trial]),
        )
        .await;
    let project = served.project();
    let found = project.pull_requests().for_commit(&sha).await.unwrap();
    let numbers: Vec<_> = found.iter().map(|pull| pull.number).collect();
    assert_eq!(numbers, [1, 3]);
    assert_eq!(served.lines().await.len(), 1);
}
