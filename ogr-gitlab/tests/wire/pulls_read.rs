//! Merge requests: read and listed.

use ogr_core::{
    ErrorKind, FileStatus, Mergeable, ProjectPath, PullRequestQuery, PullRequestState, Side,
    StateFilter,
};
use serde_json::json as j;
use wiremock::ResponseTemplate;

use crate::common::{P, Server, form, json, kind, numbers, pairs, pull};

#[tokio::test]
async fn a_merge_request_of_nothing_but_nulls_is_one() {
    let server = Server::start().await;
    let nulls = j!({
        "iid": 7, "id": null, "title": null, "description": null, "state": "locked", "draft": null, "author": null,
        "source_branch": null, "target_branch": null, "source_project_id": null, "target_project_id": null,
        "sha": null, "labels": null, "web_url": null, "references": null, "merge_status": null, "merge_user": null,
        "merged_by": null, "closed_by": null, "created_at": null, "diff_refs": null, "head_pipeline": null,
    });
    server
        .on("GET", &format!("{P}/merge_requests/7"), 200, nulls)
        .await;
    let pull = server.project().pull_requests().get(7).await.unwrap();
    assert_eq!(pull.state, PullRequestState::Other("locked".into()));
    assert_eq!(
        (pull.author, pull.head.project, pull.mergeable),
        (None, None, Mergeable::Unknown)
    );
    assert_eq!(pull.base.project, Some(ProjectPath::new("g/s", "p")));
    assert!(pull.web_url.ends_with("/g/s/p/-/merge_requests/7"));
    assert_eq!(server.count().await, 1);
}

#[tokio::test]
async fn all_fields_are_read() {
    let server = Server::start().await;
    let row = pull(
        7,
        j!({
            "title": "Draft: Fix", "draft": true, "description": "Text", "state": "merged", "source_project_id": 1,
            "author": {"id": 3, "username": "bob", "name": "Bob", "web_url": "https://x/bob"},
            "labels": ["a", "b"], "web_url": "https://x/7", "merge_status": "can_be_merged", "merge_commit_sha": null,
            "squash_commit_sha": "c0", "allow_maintainer_to_push": true, "merged_by": {"username": "eve"},
            "created_at": "2024-01-02T03:04:05.678+02:00", "merged_at": "2024-01-03T00:00:00Z", "closed_at": null,
            "diff_refs": {"base_sha": "ba5eba5e", "head_sha": "5a5a", "start_sha": "57a7"},
        }),
    );
    server
        .on("GET", &format!("{P}/merge_requests/7"), 200, row)
        .await;
    let pull = server.project().pull_requests().get(7).await.unwrap();
    assert_eq!(
        (pull.number, pull.id.as_deref(), pull.title.as_str()),
        (7, Some("1007"), "Fix")
    );
    assert_eq!(
        (pull.draft, pull.state),
        (Some(true), PullRequestState::Merged)
    );
    assert_eq!(pull.author.unwrap().name.as_deref(), Some("Bob"));
    assert_eq!(pull.head.project, Some(ProjectPath::new("g/s", "p")));
    assert_eq!(
        (pull.head.branch.as_str(), pull.head.sha.as_deref()),
        ("b", Some("5a5a"))
    );
    assert_eq!(
        (pull.base.branch.as_str(), pull.base.sha.as_deref()),
        ("main", Some("ba5eba5e"))
    );
    assert_eq!((pull.labels.len(), pull.mergeable), (2, Mergeable::Yes));
    assert_eq!(
        (pull.merge_commit.as_deref(), pull.maintainer_edit),
        (Some("c0"), Some(true))
    );
    assert_eq!(pull.closed_by.unwrap().login, "eve");
    assert_eq!(
        pull.created_at.unwrap().to_rfc3339(),
        "2024-01-02T01:04:05.678+00:00"
    );
    assert_eq!(pull.closed_at, pull.merged_at);
}

#[tokio::test]
async fn the_project_of_a_head_is_asked_for_once() {
    let server = Server::start().await;
    server
        .on(
            "GET",
            &format!("{P}/merge_requests/7"),
            200,
            pull(7, j!({})),
        )
        .await;
    server
        .on(
            "GET",
            &format!("{P}/merge_requests/8"),
            200,
            pull(8, j!({"source_project_id": 3})),
        )
        .await;
    server
        .on(
            "GET",
            &format!("{P}/merge_requests/9"),
            200,
            pull(9, j!({"source_project_id": 4})),
        )
        .await;
    server
        .on(
            "GET",
            "/api/v4/projects/2",
            200,
            j!({"id": 2, "path_with_namespace": "bob/p"}),
        )
        .await;
    server
        .on(
            "GET",
            "/api/v4/projects/3",
            404,
            j!({"message": "404 Project Not Found"}),
        )
        .await;
    server.on("GET", "/api/v4/projects/4", 502, j!({})).await;
    let project = server.project();
    let pulls = project.pull_requests();
    for _ in 0..2 {
        assert_eq!(
            pulls.get(7).await.unwrap().head.project,
            Some(ProjectPath::new("bob", "p"))
        );
    }
    assert_eq!(server.count().await, 3);
    assert_eq!(pulls.get(8).await.unwrap().head.project, None);
    assert_eq!(kind(pulls.get(9).await).0, ErrorKind::Unavailable);
    // What was told to one credential is nothing to another.
    let other =
        project.with(ogr_core::CallOptions::new().credential(ogr_core::Credential::token("o")));
    let before = server.count().await;
    other.pull_requests().get(7).await.unwrap();
    assert_eq!(server.count().await, before + 2);
}

#[tokio::test]
async fn a_list_is_filtered_by_gitlab_and_then_by_us() {
    let server = Server::start().await;
    let place = format!("{P}/merge_requests");
    let rows = j!([
        pull(
            5,
            j!({"author": {"username": "Bob"}, "labels": ["x y", "none"]})
        ),
        pull(
            4,
            j!({"author": {"username": "eve"}, "labels": ["x y", "none"]})
        ),
        pull(3, j!({"author": {"username": "bob"}, "labels": ["x y"]})),
        pull(
            2,
            j!({"author": {"username": "bob"}, "labels": ["x y", "none"], "target_branch": "other"})
        ),
    ]);
    server.list(&place, rows).await;
    let project = server.project();
    let query = PullRequestQuery::all()
        .state(StateFilter::Open)
        .author("bob")
        .target("main")
        .head_branch("b")
        .label("x y")
        .label("none");
    let found = project
        .pull_requests()
        .list(query)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(numbers(&found), [5]);
    assert_eq!(
        found[0].head.project, None,
        "GitLab gives no more than a number, and nothing told it before"
    );
    let (_, address, _) = server.asked().await.remove(0);
    let mut query = form(address.split_once('?').unwrap().1);
    query.sort();
    assert_eq!(
        query,
        pairs(&[
            ("author_username", "bob"),
            ("labels", "x y"),
            ("page", "1"),
            ("per_page", "100"),
            ("source_branch", "b"),
            ("state", "opened"),
            ("target_branch", "main"),
        ])
    );
    for (state, word) in [
        (StateFilter::Closed, "closed"),
        (StateFilter::Merged, "merged"),
    ] {
        let query = PullRequestQuery::all().state(state);
        project
            .pull_requests()
            .list(query)
            .collect_all()
            .await
            .unwrap();
        let (_, address, _) = server.asked().await.pop().unwrap();
        assert!(address.contains(&format!("state={word}&")), "{address}");
    }
    project
        .pull_requests()
        .list(PullRequestQuery::all())
        .collect_all()
        .await
        .unwrap();
    assert_eq!(
        server.lines().await.pop().unwrap(),
        format!("GET {place}?per_page=100&page=1")
    );
}

#[tokio::test]
async fn a_head_project_is_a_number_that_is_asked_for_once() {
    let server = Server::start().await;
    let place = format!("{P}/merge_requests");
    server
        .list(
            &place,
            j!([
                pull(5, j!({})),
                pull(4, j!({"source_project_id": 9})),
                pull(3, j!({"source_project_id": null}))
            ]),
        )
        .await;
    server
        .on(
            "GET",
            "/api/v4/projects/bob%2Fp",
            200,
            j!({"id": 2, "path_with_namespace": "bob/p"}),
        )
        .await;
    server
        .on(
            "GET",
            "/api/v4/projects/eve%2Fp",
            404,
            j!({"message": "404 Project Not Found"}),
        )
        .await;
    let project = server.project();
    let pulls = project.pull_requests();
    let query = || PullRequestQuery::open().head(ProjectPath::new("bob", "p"), "b");
    for _ in 0..2 {
        let found = pulls.list(query()).collect_all().await.unwrap();
        assert_eq!(numbers(&found), [5]);
        assert_eq!(found[0].head.project, Some(ProjectPath::new("bob", "p")));
    }
    let lines = server.lines().await;
    assert_eq!(lines.len(), 3);
    assert!(lines[1].contains("source_project_id=2"), "{lines:?}");
    let nobody = PullRequestQuery::open().head(ProjectPath::new("eve", "p"), "b");
    assert!(pulls.list(nobody).collect_all().await.unwrap().is_empty());
    assert_eq!(server.count().await, 4);
    // The project itself needs no number.
    let own = PullRequestQuery::open().head(ProjectPath::new("G/S", "P"), "b");
    assert!(pulls.list(own).collect_all().await.unwrap().is_empty());
    assert_eq!(server.count().await, 5);
}

#[tokio::test]
async fn commits_come_oldest_first_over_all_pages() {
    let server = Server::start().await;
    let place = format!("{P}/merge_requests/7/commits");
    let page = |ids: [&str; 2]| {
        let rows: Vec<_> = ids
            .iter()
            .map(|id| j!({"id": id, "parent_ids": []}))
            .collect();
        json(200, rows.into()).insert_header("x-total-pages", "2")
    };
    server.page(&place, "1", page(["d", "c"])).await;
    server.page(&place, "2", page(["b", "a"])).await;
    let commits = server
        .project()
        .pull_requests()
        .commits(7)
        .collect_all()
        .await
        .unwrap();
    let shas: Vec<_> = commits.iter().map(|commit| commit.sha.as_str()).collect();
    assert_eq!(shas, ["a", "b", "c", "d"]);
    assert_eq!(commits[0].parents, None);
}

#[tokio::test]
async fn files_diffs_and_heads() {
    let server = Server::start().await;
    let rows = j!([
        {"old_path": "a", "new_path": "a", "new_file": true, "diff": "@@ -0,0 +1,2 @@\n+x\n+y\n"},
        {"old_path": "b", "new_path": "c", "renamed_file": true, "diff": ""},
        {"old_path": "d", "new_path": "d", "deleted_file": true, "diff": "@@ -1 +0,0 @@\n-x\n"},
        {"old_path": "e", "new_path": "e", "diff": "", "too_large": true},
    ]);
    server
        .list(&format!("{P}/merge_requests/7/diffs"), rows)
        .await;
    let raw = ResponseTemplate::new(200).set_body_raw("diff --git a/x b/x\n", "text/plain");
    server
        .once("GET", &format!("{P}/merge_requests/7/raw_diffs"), raw)
        .await;
    server
        .once(
            "GET",
            &format!("{P}/merge_requests/7/raw_diffs"),
            json(404, j!({"error": "404 Not Found"})),
        )
        .await;
    server
        .once(
            "GET",
            &format!("{P}/merge_requests/7/raw_diffs"),
            json(404, j!({"message": "404 Not found"})),
        )
        .await;
    let head = format!("{P}/repository/files/d%2Fx/raw");
    server
        .answer(
            "GET",
            &head,
            ResponseTemplate::new(200).set_body_string("hi"),
        )
        .await;
    let project = server.project();
    let pulls = project.pull_requests();
    let files = pulls.files(7).collect_all().await.unwrap();
    let seen: Vec<_> = files
        .iter()
        .map(|f| (f.path.as_str(), f.status.clone(), f.additions, f.deletions))
        .collect();
    assert_eq!(
        seen,
        [
            ("a", FileStatus::Added, Some(2), Some(0)),
            ("c", FileStatus::Renamed, Some(0), Some(0)),
            ("d", FileStatus::Removed, Some(0), Some(1)),
            ("e", FileStatus::Modified, None, None),
        ]
    );
    assert_eq!(&pulls.diff(7).await.unwrap()[..], b"diff --git a/x b/x\n");
    assert_eq!(
        kind(pulls.diff(7).await),
        (ErrorKind::Unsupported, "g/s/p#7".into())
    );
    assert_eq!(
        kind(pulls.diff(7).await),
        (ErrorKind::NotFound, "g/s/p#7".into())
    );
    assert_eq!(pulls.head_refspec(7), "refs/merge-requests/7/head");
    assert_eq!(pulls.status_side(), Side::Head);
    assert_eq!(&pulls.read_file(7, "d/x").await.unwrap().bytes[..], b"hi");
    assert_eq!(
        server.lines().await.pop().unwrap(),
        format!("GET {head}?ref=refs%2Fmerge-requests%2F7%2Fhead")
    );
}

#[tokio::test]
async fn a_commit_leads_to_those_that_it_is_head_or_merge_of() {
    let server = Server::start().await;
    let sha = "5a5a";
    let rows = j!([
        pull(1, j!({})),
        pull(2, j!({"sha": "x", "merge_commit_sha": "5a5a"})),
        pull(3, j!({"sha": "x"})),
        pull(4, j!({"sha": "x", "squash_commit_sha": "5a5a"})),
    ]);
    server
        .list(
            &format!("{P}/repository/commits/{sha}/merge_requests"),
            rows,
        )
        .await;
    let project = server.project();
    let pulls = project.pull_requests();
    assert_eq!(numbers(&pulls.for_commit(sha).await.unwrap()), [1, 2, 4]);
    assert_eq!(server.count().await, 1);
    server
        .on(
            "GET",
            &format!("{P}/repository/commits/dead/merge_requests"),
            404,
            j!({"message": "404 Commit Not Found"}),
        )
        .await;
    assert_eq!(
        kind(pulls.for_commit("dead").await),
        (ErrorKind::NotFound, "g/s/p@dead".into())
    );
    for bad in ["", "a/../../x"] {
        assert_eq!(kind(pulls.for_commit(bad).await).0, ErrorKind::Invalid);
    }
}
