//! Merge requests: opened, changed, commented.

use ogr_core::{ErrorKind, NewPullRequest, ProjectPath, PullRequestChange, PullRequestState};
use serde_json::json as j;

use crate::common::{P, Server, json, kind, pairs, pull};

#[tokio::test]
async fn one_from_a_fork_is_posted_in_the_fork() {
    let server = Server::start().await;
    let place = "/api/v4/projects/bob%2Fp/merge_requests";
    server
        .on("GET", P, 200, j!({"id": 1, "path_with_namespace": "g/s/p"}))
        .await;
    server
        .on(
            "POST",
            place,
            201,
            pull(7, j!({"draft": true, "title": "Draft: T"})),
        )
        .await;
    let project = server.project();
    let new = NewPullRequest::new("T", "b", "main")
        .from_project(ProjectPath::new("bob", "p"))
        .body("Text & more")
        .draft()
        .label("x")
        .label("y z")
        .maintainer_edit(true);
    let made = project.pull_requests().create(new.clone()).await.unwrap();
    assert_eq!(
        (made.number, made.title.as_str(), made.draft),
        (7, "T", Some(true))
    );
    assert_eq!(made.head.project, Some(ProjectPath::new("bob", "p")));
    assert_eq!(made.base.project, Some(ProjectPath::new("g/s", "p")));
    let mut sent = server.last_form().await;
    sent.sort();
    assert_eq!(
        sent,
        pairs(&[
            ("allow_collaboration", "true"),
            ("description", "Text & more"),
            ("labels", "x,y z"),
            ("source_branch", "b"),
            ("target_branch", "main"),
            ("target_project_id", "1"),
            ("title", "Draft: T"),
        ])
    );
    project.pull_requests().create(new).await.unwrap();
    assert_eq!(
        server.lines().await,
        [
            format!("GET {P}"),
            format!("POST {place}"),
            format!("POST {place}")
        ]
    );
}

#[tokio::test]
async fn one_within_the_project_takes_one_request() {
    let server = Server::start().await;
    let place = format!("{P}/merge_requests");
    server
        .on("POST", &place, 201, pull(7, j!({"source_project_id": 1})))
        .await;
    let project = server.project();
    let new = NewPullRequest::new("T", "b", "main").from_project(ProjectPath::new("G/s", "p"));
    project.pull_requests().create(new).await.unwrap();
    let sent = pairs(&[
        ("source_branch", "b"),
        ("target_branch", "main"),
        ("title", "T"),
    ]);
    assert_eq!(server.last_form().await, sent);
    assert_eq!(server.count().await, 1);
    let comma = NewPullRequest::new("T", "b", "main").label("a,b");
    assert_eq!(
        kind(project.pull_requests().create(comma).await).0,
        ErrorKind::Invalid
    );
    assert_eq!(server.count().await, 1);
}

#[tokio::test]
async fn what_keeps_one_from_being_opened_is_named() {
    let target = "g/s/p branch main";
    let cases = [
        (
            409,
            j!({"message": ["Another open merge request already exists for this source branch: !3"]}),
            ErrorKind::AlreadyExists,
            "g/s/p",
        ),
        (
            400,
            j!({"message": {"target_branch": ["does not exist"]}}),
            ErrorKind::NotFound,
            target,
        ),
        (
            422,
            j!({"message": ["Target branch \"main\" does not exist"]}),
            ErrorKind::NotFound,
            target,
        ),
        (
            404,
            j!({"message": "404 Project Not Found"}),
            ErrorKind::NotFound,
            "bob/p",
        ),
        (
            422,
            j!({"message": ["The fork project is not a fork"]}),
            ErrorKind::Invalid,
            "g/s/p",
        ),
        (
            401,
            j!({"message": "401 Unauthorized"}),
            ErrorKind::Unauthenticated,
            "g/s/p",
        ),
    ];
    for (status, body, expected, resource) in cases {
        let server = Server::start().await;
        server
            .on("GET", P, 200, j!({"id": 1, "path_with_namespace": "g/s/p"}))
            .await;
        server
            .on(
                "POST",
                "/api/v4/projects/bob%2Fp/merge_requests",
                status,
                body,
            )
            .await;
        let new = NewPullRequest::new("T", "b", "main").from_project(ProjectPath::new("bob", "p"));
        let error = server.project().pull_requests().create(new).await;
        assert_eq!(kind(error), (expected, resource.into()));
        assert_eq!(server.count().await, 2);
    }
}

#[tokio::test]
async fn a_silent_refusal_is_explained_by_the_target() {
    let cases = [
        (j!({"archived": true}), ErrorKind::Archived),
        (j!({"merge_requests_enabled": false}), ErrorKind::Disabled),
        (
            j!({"merge_requests_enabled": true}),
            ErrorKind::PermissionDenied,
        ),
    ];
    for (more, expected) in cases {
        let server = Server::start().await;
        let mut row = j!({"id": 1, "path_with_namespace": "g/s/p"});
        row.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        server.on("GET", P, 200, row).await;
        server
            .on(
                "POST",
                &format!("{P}/merge_requests"),
                403,
                j!({"message": "403 Forbidden"}),
            )
            .await;
        let new = NewPullRequest::new("T", "b", "main");
        let error = server.project().pull_requests().create(new).await;
        assert_eq!(kind(error), (expected, "g/s/p".into()));
    }
}

#[tokio::test]
async fn a_change_keeps_a_draft_one() {
    let server = Server::start().await;
    let place = format!("{P}/merge_requests/7");
    server
        .on(
            "GET",
            &place,
            200,
            pull(
                7,
                j!({"source_project_id": 1, "draft": true, "title": "Draft: T"}),
            ),
        )
        .await;
    server
        .on(
            "PUT",
            &place,
            200,
            pull(7, j!({"draft": true, "title": "Draft: U"})),
        )
        .await;
    let project = server.project();
    let pulls = project.pull_requests();
    let changed = pulls
        .change(7, PullRequestChange::new().title("U"))
        .await
        .unwrap();
    assert_eq!((changed.title.as_str(), changed.draft), ("U", Some(true)));
    assert_eq!(server.last_form().await, pairs(&[("title", "Draft: U")]));
    assert_eq!(server.count().await, 2);
    // Nothing but the title is read for.
    let rest = PullRequestChange::new()
        .body("")
        .target("f/x")
        .maintainer_edit(false);
    pulls.change(7, rest).await.unwrap();
    let mut sent = server.last_form().await;
    sent.sort();
    assert_eq!(
        sent,
        pairs(&[
            ("allow_collaboration", "false"),
            ("description", ""),
            ("target_branch", "f/x")
        ])
    );
    assert_eq!(server.count().await, 3);
    pulls.change(7, PullRequestChange::new()).await.unwrap();
    assert_eq!(server.lines().await.pop().unwrap(), format!("GET {place}"));
}

#[tokio::test]
async fn closing_and_reopening_say_what_is() {
    let server = Server::start().await;
    let place = format!("{P}/merge_requests/7");
    server
        .once("PUT", &place, json(200, pull(7, j!({"state": "closed"}))))
        .await;
    server.once("PUT", &place, json(200, pull(7, j!({})))).await;
    server
        .once("PUT", &place, json(200, pull(7, j!({"state": "merged"}))))
        .await;
    server
        .once("PUT", &place, json(404, j!({"message": "404 Not found"})))
        .await;
    let project = server.project();
    let pulls = project.pull_requests();
    assert_eq!(
        pulls.close(7).await.unwrap().state,
        PullRequestState::Closed
    );
    assert_eq!(server.last_form().await, pairs(&[("state_event", "close")]));
    assert_eq!(pulls.reopen(7).await.unwrap().state, PullRequestState::Open);
    assert_eq!(
        server.last_form().await,
        pairs(&[("state_event", "reopen")])
    );
    assert_eq!(
        kind(pulls.reopen(7).await),
        (ErrorKind::Conflict, "g/s/p#7".into())
    );
    assert_eq!(
        kind(pulls.close(7).await),
        (ErrorKind::NotFound, "g/s/p#7".into())
    );
}

#[tokio::test]
async fn comments_have_a_page_unless_they_were_commands() {
    let server = Server::start().await;
    let place = format!("{P}/merge_requests/7/notes");
    let note = j!({"id": 5, "body": "hi", "author": {"username": "bob"}, "created_at": "2024-01-02T03:04:05Z"});
    server.once("POST", &place, json(201, note)).await;
    server
        .once(
            "POST",
            &place,
            json(
                202,
                j!({"commands_changes": {"state_event": "close"}, "summary": ["Closed"]}),
            ),
        )
        .await;
    let project = server.project();
    let comment = project.pull_requests().comment(7, "hi").await.unwrap();
    assert_eq!(
        (comment.id.as_str(), comment.author.unwrap().login.as_str()),
        ("5", "bob")
    );
    assert!(
        comment
            .web_url
            .unwrap()
            .ends_with("/g/s/p/-/merge_requests/7#note_5")
    );
    assert_eq!(server.last_form().await, pairs(&[("body", "hi")]));
    let command = project.pull_requests().comment(7, "/close").await.unwrap();
    assert_eq!(
        (command.id.as_str(), command.body.as_str(), command.web_url),
        ("", "/close", None)
    );
}

#[tokio::test]
async fn labels_are_set_or_cleared() {
    let server = Server::start().await;
    server
        .on(
            "PUT",
            &format!("{P}/merge_requests/7"),
            200,
            pull(7, j!({"labels": ["a", "b c"]})),
        )
        .await;
    let project = server.project();
    let pulls = project.pull_requests();
    assert_eq!(
        pulls.set_labels(7, &["a", "b c"]).await.unwrap(),
        ["a", "b c"]
    );
    assert_eq!(server.last_form().await, pairs(&[("labels", "a,b c")]));
    pulls.set_labels(7, &[]).await.unwrap();
    assert_eq!(server.last_form().await, pairs(&[("labels", "")]));
    for bad in ["a,b", ""] {
        assert_eq!(
            kind(pulls.set_labels(7, &[bad]).await).0,
            ErrorKind::Invalid
        );
    }
    assert_eq!(server.count().await, 2);
}
