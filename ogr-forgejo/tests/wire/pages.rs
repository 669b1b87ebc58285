//! Lists: by number, at the largest size, to the last page and not beyond.

use ogr_core::ProjectQuery;
use ogr_core::{ErrorKind, Forge, PullRequestQuery, StateFilter};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::server::{Server, pull, refused, repository};

fn pulls(numbers: std::ops::Range<u64>) -> Value {
    numbers.rev().map(pull).collect()
}

#[tokio::test]
async fn a_list_of_known_length_takes_no_request_more_than_its_pages() {
    let server = Server::start().await;
    for (page, rows) in [(1, pulls(51..101)), (2, pulls(1..51))] {
        let request = format!("GET repos/rpms/foo/pulls?state=open&limit=50&page={page}");
        server.page(&request, 100, rows).await;
    }
    let found = server
        .project()
        .pull_requests()
        .list(PullRequestQuery::open())
        .collect_all()
        .await
        .unwrap();
    assert_eq!(found.len(), 100);
    assert_eq!((found[0].number, found[99].number), (100, 1));
    assert_eq!(server.asked().await.len(), 2);
}

#[tokio::test]
async fn a_server_with_smaller_pages_is_read_to_its_end() {
    let server = Server::start().await;
    for page in 1..=3_u64 {
        let request = format!("GET repos/rpms/foo/tags?limit=50&page={page}");
        let tag =
            json!([{"name": format!("v{page}"), "id": "x", "message": "", "commit": {"sha": "c"}}]);
        server.page(&request, 3, tag).await;
    }
    let tags = server.project().refs().tags().collect_all().await.unwrap();
    assert_eq!(tags.len(), 3);
    assert_eq!(server.asked().await.len(), 3);
}

#[tokio::test]
async fn a_total_that_cannot_be_one_is_not_believed() {
    let server = Server::start().await;
    // Some lists count the rows of the page, or nothing.
    for (page, rows) in [(1, pulls(51..101)), (2, pulls(50..51)), (3, json!([]))] {
        let request = format!("GET repos/rpms/foo/pulls?state=open&limit=50&page={page}");
        server
            .page(&request, 1.min(rows.as_array().unwrap().len()), rows)
            .await;
    }
    let found = server
        .project()
        .pull_requests()
        .list(PullRequestQuery::open())
        .collect_all()
        .await
        .unwrap();
    assert_eq!(found.len(), 51);
}

#[tokio::test]
async fn no_link_is_followed_wherever_it_leads() {
    let server = Server::start().await;
    let link = r#"<https://elsewhere.example/api/v1/repos/rpms/foo/branches?page=2>; rel="next",<https://elsewhere.example/x?page=9>; rel="last""#;
    let branch = |name: &str| json!([{"name": name, "commit": {"id": "c"}, "protected": null}]);
    for (page, name) in [(1, "main"), (2, "f42")] {
        let template = ResponseTemplate::new(200)
            .insert_header("link", link)
            .insert_header("x-total-count", "2")
            .set_body_json(branch(name));
        let request = format!("GET repos/rpms/foo/branches?limit=50&page={page}");
        server.respond(&request, template).await;
    }
    let branches = server.project().refs().branches().collect_all().await;
    assert_eq!(branches.unwrap().len(), 2);
}

#[tokio::test]
async fn null_is_an_empty_list() {
    let server = Server::start().await;
    server
        .page(
            "GET repos/rpms/foo/branches?limit=50&page=1",
            0,
            Value::Null,
        )
        .await;
    let branches = server.project().refs().branches().collect_all().await;
    assert!(branches.unwrap().is_empty());
    assert_eq!(server.asked().await.len(), 1);
}

#[tokio::test]
async fn an_empty_page_of_hidden_repositories_ends_nothing() {
    let server = Server::start().await;
    let link = |page: u64| {
        format!(
            r#"<{0}/api/v1/orgs/rpms/repos?limit=50&page={next}>; rel="next",<{0}/api/v1/orgs/rpms/repos?limit=50&page=3>; rel="last""#,
            server.uri(),
            next = page + 1,
        )
    };
    for (page, rows) in [
        (1, json!([repository("rpms/a")])),
        (2, json!([])),
        (3, json!([repository("rpms/b")])),
        (4, json!([])),
    ] {
        let mut template = ResponseTemplate::new(200)
            .insert_header("x-total-count", "150")
            .set_body_json(rows);
        if page < 3 {
            template = template.insert_header("link", link(page).as_str());
        }
        let request = format!("GET orgs/rpms/repos?limit=50&page={page}");
        server.respond(&request, template).await;
    }
    let forge = server.forge();
    let listing = forge.projects().list(ProjectQuery::namespace("rpms"));
    let paths: Vec<_> = listing.collect_all().await.unwrap();
    assert_eq!(paths.len(), 2);
    assert_eq!(server.asked().await.len(), 4);
}

#[tokio::test]
async fn filters_are_sent_and_applied() {
    let server = Server::start().await;
    let request =
        "GET repos/rpms/foo/pulls?state=closed&poster=bob&base=main&head=update&limit=50&page=1";
    let mut merged = pull(1);
    merged["state"] = json!("closed");
    merged["merged"] = json!(true);
    let mut closed = pull(2);
    closed["state"] = json!("closed");
    let mut elsewhere = merged.clone();
    elsewhere["number"] = json!(3);
    elsewhere["base"]["ref"] = json!("f42");
    elsewhere["base"]["label"] = json!("f42");
    let mut deleted = merged.clone();
    deleted["number"] = json!(4);
    deleted["head"]["repo"] = Value::Null;
    server
        .page(request, 4, json!([deleted, elsewhere, closed, merged]))
        .await;
    let query = PullRequestQuery::all()
        .state(StateFilter::Merged)
        .author("bob")
        .target("main")
        .head(ogr_core::ProjectPath::new("bob", "FOO"), "update");
    let found = server.project().pull_requests().list(query).collect_all();
    let numbers: Vec<u64> = found
        .await
        .unwrap()
        .iter()
        .map(|pull| pull.number)
        .collect();
    assert_eq!(numbers, [1]);
}

#[tokio::test]
async fn gitea_is_not_asked_to_filter_by_branches() {
    let server = Server::start().await;
    let request = "GET repos/rpms/foo/pulls?state=open&limit=50&page=1";
    server.page(request, 1, json!([pull(1)])).await;
    let query = PullRequestQuery::open().target("f42").head_branch("update");
    let project = server.project_of(ogr_core::ForgeKind::Gitea);
    let found = project.pull_requests().list(query).collect_all().await;
    assert!(found.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_has_opened_what_an_unknown_user_opened() {
    let server = Server::start().await;
    let request = "GET repos/rpms/foo/pulls?state=open&poster=nobody&limit=50&page=1";
    let words = "user does not exist [uid: 0, name: nobody]";
    server.answer(request, 400, refused(words)).await;
    let project = server.project();
    let query = PullRequestQuery::open().author("nobody");
    let found = project.pull_requests().list(query).collect_all().await;
    assert!(found.unwrap().is_empty());
    // Other failures are none of that kind.
    let request = "GET repos/rpms/foo/pulls?state=open&poster=bob&limit=50&page=1";
    server.answer(request, 404, refused("x")).await;
    let query = PullRequestQuery::open().author("bob");
    let error = project
        .pull_requests()
        .list(query)
        .collect_all()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn commits_of_a_pull_request_come_oldest_first() {
    let server = Server::start().await;
    let rows = |names: &[&str]| -> Value {
        names
            .iter()
            .map(|name| json!({"sha": name, "commit": null, "parents": null}))
            .collect()
    };
    let base = "GET repos/rpms/foo/pulls/7/commits?verification=false&files=false&limit=50";
    server
        .page(&format!("{base}&page=1"), 3, rows(&["c", "b"]))
        .await;
    server
        .page(&format!("{base}&page=2"), 3, rows(&["a"]))
        .await;
    let commits = server
        .project()
        .pull_requests()
        .commits(7)
        .collect_all()
        .await;
    let names: Vec<String> = commits
        .unwrap()
        .into_iter()
        .map(|commit| commit.sha)
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[tokio::test]
async fn statuses_come_newest_first_whatever_the_server_sorts() {
    let server = Server::start().await;
    let rows = json!([
        {"id": 1, "status": "pending", "context": "ci", "created_at": "2026-01-02T03:04:05Z"},
        {"id": 3, "status": "failure", "context": "ci", "created_at": "2026-01-02T03:04:05Z"},
        {"id": 2, "status": "bogus", "context": null, "target_url": "", "creator": null}
    ]);
    server
        .page(
            "GET repos/rpms/foo/statuses/abc?sort=leastindex&limit=50&page=1",
            3,
            rows,
        )
        .await;
    let statuses = server
        .project()
        .statuses()
        .list("abc")
        .collect_all()
        .await
        .unwrap();
    let states: Vec<&str> = statuses
        .iter()
        .map(|status| status.state.as_str())
        .collect();
    assert_eq!(states, ["failure", "bogus", "pending"]);
}

#[tokio::test]
async fn many_contexts_are_combined_over_pages() {
    let server = Server::start().await;
    let row =
        |id: u64, state: &str| json!({"id": id, "status": state, "context": format!("c{id}")});
    // The server's own state and count are those of the page.
    for (page, rows) in [
        (
            1,
            json!({"state": "success", "total_count": 1, "statuses": [row(1, "success")]}),
        ),
        (
            2,
            json!({"state": "error", "total_count": 1, "statuses": [row(2, "error")]}),
        ),
    ] {
        let request = format!("GET repos/rpms/foo/commits/abc/status?limit=50&page={page}");
        server.page(&request, 2, rows).await;
    }
    let combined = server.project().statuses().combined("abc").await.unwrap();
    assert_eq!(combined.state, Some(ogr_core::CheckState::Error));
    assert_eq!(combined.statuses.len(), 2);
}

#[tokio::test]
async fn no_status_at_all_is_no_state() {
    let server = Server::start().await;
    server
        .answer(
            "GET repos/rpms/foo/commits/abc/status?limit=50&page=1",
            200,
            json!({"state": "", "sha": "", "total_count": 0, "statuses": null, "repository": null, "url": ""}),
        )
        .await;
    let combined = server.project().statuses().combined("abc").await.unwrap();
    assert_eq!((combined.state, combined.statuses.len()), (None, 0));
}
