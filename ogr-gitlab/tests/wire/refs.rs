//! Branches, tags and commits, and the pages of lists.

use ogr_core::{ErrorKind, NewStatus};
use serde_json::json as j;

use crate::common::{P, Server, json, kind, pairs};

#[tokio::test]
async fn names_of_refs_are_encoded_or_refused() {
    let server = Server::start().await;
    let odd = "f/x #?%ü";
    let encoded = "f%2Fx%20%23%3F%25%C3%BC";
    let tip = j!({"name": odd, "commit": {"id": "abc"}, "protected": true});
    server
        .on(
            "GET",
            &format!("{P}/repository/branches/{encoded}"),
            200,
            tip.clone(),
        )
        .await;
    server
        .on(
            "GET",
            &format!("{P}/repository/tags/{encoded}"),
            404,
            j!({"message": "404 Tag Not Found"}),
        )
        .await;
    server
        .on(
            "GET",
            &format!("{P}/repository/commits/{encoded}"),
            200,
            j!({"id": "abc", "parent_ids": ["d"]}),
        )
        .await;
    let project = server.project();
    let refs = project.refs();
    let branch = refs.branch(odd).await.unwrap();
    assert_eq!((branch.sha.as_str(), branch.protected), ("abc", Some(true)));
    assert_eq!(
        kind(refs.tag(odd).await),
        (ErrorKind::NotFound, format!("g/s/p tag {odd}"))
    );
    assert_eq!(refs.commit(odd).await.unwrap().parents.unwrap(), ["d"]);
    let before = server.count().await;
    for bad in ["", "..", "a/../b", "a\\b", "."] {
        assert_eq!(
            kind(refs.branch(bad).await).0,
            ErrorKind::Invalid,
            "{bad:?}"
        );
        assert_eq!(kind(refs.tag(bad).await).0, ErrorKind::Invalid, "{bad:?}");
        assert_eq!(
            kind(refs.commit(bad).await).0,
            ErrorKind::Invalid,
            "{bad:?}"
        );
        assert_eq!(
            kind(project.releases().get(bad).await).0,
            ErrorKind::Invalid,
            "{bad:?}"
        );
        let status = NewStatus::success("x");
        assert_eq!(
            kind(project.statuses().set(bad, &status).await).0,
            ErrorKind::Invalid
        );
    }
    assert_eq!(server.count().await, before);
}

#[tokio::test]
async fn branches_are_created_once_and_from_something() {
    let server = Server::start().await;
    let place = format!("{P}/repository/branches");
    server
        .once(
            "POST",
            &place,
            json(201, j!({"name": "new", "commit": {"id": "abc"}})),
        )
        .await;
    server
        .once(
            "POST",
            &place,
            json(400, j!({"message": "Branch already exists"})),
        )
        .await;
    server
        .once(
            "POST",
            &place,
            json(400, j!({"message": "Invalid reference name: nowhere"})),
        )
        .await;
    server
        .once(
            "POST",
            &place,
            json(404, j!({"message": "404 Project Not Found"})),
        )
        .await;
    let project = server.project();
    let refs = project.refs();
    assert_eq!(refs.create_branch("new", "main").await.unwrap().sha, "abc");
    assert_eq!(
        server.last_form().await,
        pairs(&[("branch", "new"), ("ref", "main")])
    );
    assert_eq!(
        kind(refs.create_branch("new", "main").await).0,
        ErrorKind::AlreadyExists
    );
    assert_eq!(
        kind(refs.create_branch("new", "nowhere").await),
        (ErrorKind::NotFound, "g/s/p@nowhere".into())
    );
    assert_eq!(
        kind(refs.create_branch("new", "main").await),
        (ErrorKind::NotFound, "g/s/p branch new".into())
    );
}

#[tokio::test]
async fn commits_end_where_no_next_page_is_named() {
    let server = Server::start().await;
    let place = format!("{P}/repository/commits");
    let page = |ids: &[&str], page: &str, next: &str| {
        let rows: Vec<_> = ids.iter().map(|id| j!({"id": id})).collect();
        json(200, rows.into())
            .insert_header("x-page", page)
            .insert_header("x-next-page", next)
    };
    server.page(&place, "1", page(&["a", "b"], "1", "2")).await;
    // A short page in the middle, and one that is longer after it.
    server.page(&place, "2", page(&["c"], "2", "3")).await;
    server.page(&place, "3", page(&["d", "e"], "3", "")).await;
    let project = server.project();
    let commits = project.refs().commits("a&b").collect_all().await.unwrap();
    let shas: Vec<_> = commits.iter().map(|commit| commit.sha.as_str()).collect();
    assert_eq!(shas, ["a", "b", "c", "d", "e"]);
    let lines = server.lines().await;
    assert_eq!(lines.len(), 3);
    assert_eq!(
        lines[0],
        format!("GET {place}?ref_name=a%26b&per_page=100&page=1")
    );
}

#[tokio::test]
async fn totals_let_pages_be_read_at_once_and_links_end_a_list_too() {
    let server = Server::start().await;
    let place = format!("{P}/repository/branches");
    for page in ["1", "2", "3"] {
        let rows = j!([{"name": format!("b{page}"), "commit": {"id": "x"}}]);
        let answer = json(200, rows)
            .insert_header("x-total", "3")
            .insert_header("x-total-pages", "3");
        server.page(&place, page, answer).await;
    }
    let project = server.project();
    let all = project.refs().branches().collect_all().await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(server.count().await, 3);

    let server = Server::start().await;
    let place = format!("{P}/repository/tags");
    let next = format!("<{}{place}?page=2>; rel=\"next\"", server.http.uri());
    let tag =
        |name: &str| j!([{"name": name, "message": "", "target": "t", "commit": {"id": "c"}}]);
    server
        .page(
            &place,
            "1",
            json(200, tag("v1")).insert_header("link", next.as_str()),
        )
        .await;
    server
        .page(
            &place,
            "2",
            json(200, tag("v2")).insert_header("link", "</x>; rel=\"first\""),
        )
        .await;
    let tags = server.project().refs().tags().collect_all().await.unwrap();
    assert_eq!((tags.len(), tags[0].sha.as_str()), (2, "c"));
    assert_eq!(server.count().await, 2);

    // Without any word an empty page is the end.
    let server = Server::start().await;
    server.page(&place, "1", json(200, tag("v1"))).await;
    server.page(&place, "2", json(200, j!([]))).await;
    assert_eq!(
        server
            .project()
            .refs()
            .tags()
            .collect_all()
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(server.count().await, 2);
}
