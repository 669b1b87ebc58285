//! Commits made through the API.

use ogr_core::{ErrorKind, FileChange, NewCommit, Onto, Outcome, ProjectPath, Signature};
use serde_json::json as j;
use wiremock::ResponseTemplate;

use crate::common::{P, Server, json, kind};

#[tokio::test]
async fn a_commit_says_what_is_created_and_what_is_updated() {
    let server = Server::start().await;
    let there = ResponseTemplate::new(200)
        .insert_header("x-gitlab-last-commit-id", "1a57")
        .insert_header("x-gitlab-execute-filemode", "false");
    server
        .answer("HEAD", &format!("{P}/repository/files/d%2Fold"), there)
        .await;
    server
        .answer(
            "HEAD",
            &format!("{P}/repository/files/new"),
            ResponseTemplate::new(404),
        )
        .await;
    server
        .on(
            "POST",
            &format!("{P}/repository/commits"),
            201,
            j!({"id": "c0", "parent_ids": ["p"]}),
        )
        .await;
    let project = server.project();
    let commit = NewCommit::append("f/x", "Text\n\nmore")
        .author(Signature::new("A", "a@e.org"))
        .change(FileChange::put("./d/old", "hi"))
        .change(FileChange::put("new", vec![0_u8, 255]))
        .change(FileChange::delete("gone"));
    let made = project.contents().commit(commit).await.unwrap();
    assert_eq!(made.sha, "c0");
    let mut lines = server.lines().await;
    lines[..2].sort();
    assert_eq!(
        lines,
        [
            format!("HEAD {P}/repository/files/d%2Fold?ref=f%2Fx"),
            format!("HEAD {P}/repository/files/new?ref=f%2Fx"),
            format!("POST {P}/repository/commits"),
        ]
    );
    assert_eq!(
        server.last_json().await,
        j!({
            "branch": "f/x", "commit_message": "Text\n\nmore", "stats": false,
            "author_name": "A", "author_email": "a@e.org",
            "actions": [
                {"action": "update", "file_path": "d/old", "content": "aGk=", "encoding": "base64"},
                {"action": "create", "file_path": "new", "content": "AP8=", "encoding": "base64"},
                {"action": "delete", "file_path": "gone"},
            ],
        })
    );
}

#[tokio::test]
async fn a_branch_is_put_on_a_commit_of_the_parent() {
    let server = Server::start().await;
    let up = "/api/v4/projects/up%2Fp";
    server
        .answer(
            "HEAD",
            &format!("{up}/repository/files/x"),
            ResponseTemplate::new(200),
        )
        .await;
    server
        .on(
            "POST",
            &format!("{P}/repository/commits"),
            201,
            j!({"id": "c0"}),
        )
        .await;
    let onto = Onto::Reset {
        sha: "5a".into(),
        branch: "main".into(),
        project: Some(ProjectPath::new("up", "p")),
    };
    let commit = NewCommit::append("b", "m")
        .onto(onto)
        .change(FileChange::put("x", "y"));
    server.project().contents().commit(commit).await.unwrap();
    assert_eq!(
        server.lines().await[0],
        format!("HEAD {up}/repository/files/x?ref=5a")
    );
    let body = server.last_json().await;
    assert_eq!(body["start_sha"], "5a");
    assert_eq!(body["start_project"], "up/p");
    assert_eq!(body["force"], true);
    assert_eq!(body["actions"][0]["action"], "update");
}

#[tokio::test]
async fn an_expected_tip_is_looked_at_before_and_after() {
    let server = Server::start().await;
    let branch = format!("{P}/repository/branches/b");
    server
        .on(
            "GET",
            &branch,
            200,
            j!({"name": "b", "commit": {"id": "aaa"}}),
        )
        .await;
    let there = ResponseTemplate::new(200).insert_header("x-gitlab-last-commit-id", "1a57");
    server
        .answer("HEAD", &format!("{P}/repository/files/x"), there)
        .await;
    let commits = format!("{P}/repository/commits");
    server
        .once(
            "POST",
            &commits,
            json(201, j!({"id": "c0", "parent_ids": ["aaa"]})),
        )
        .await;
    server
        .once(
            "POST",
            &commits,
            json(201, j!({"id": "c1", "parent_ids": ["bbb"]})),
        )
        .await;
    let changed = j!({"message": "The file has changed since you started editing it: x"});
    server.once("POST", &commits, json(400, changed)).await;
    let project = server.project();
    let commit = |expected: &str| {
        let new = NewCommit::append("b", "m")
            .expected(expected)
            .change(FileChange::put("x", "y"));
        project.contents().commit(new)
    };
    assert_eq!(
        kind(commit("zzz").await),
        (ErrorKind::Conflict, "g/s/p branch b".into())
    );
    assert_eq!(server.count().await, 1);
    assert_eq!(commit("aaa").await.unwrap().sha, "c0");
    assert_eq!(
        server.last_json().await["actions"][0]["last_commit_id"],
        "1a57"
    );
    assert_eq!(
        server.lines().await[2],
        format!("HEAD {P}/repository/files/x?ref=aaa")
    );
    let error = commit("aaa").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Conflict, Outcome::Unknown)
    );
    assert!(
        error.message().contains("c1") && error.message().contains("bbb"),
        "{error}"
    );
    assert_eq!(kind(commit("aaa").await).0, ErrorKind::Conflict);
}

#[tokio::test]
async fn refused_commits_name_what_is_missing() {
    let cases = [
        (
            "A file with this name doesn't exist",
            ErrorKind::NotFound,
            "g/s/p:x@b",
        ),
        (
            "You can only create or edit files when you are on a branch",
            ErrorKind::NotFound,
            "g/s/p branch b",
        ),
        (
            "Cannot find start_sha '5a'",
            ErrorKind::NotFound,
            "g/s/p@5a",
        ),
        (
            "You are not allowed to push into this branch",
            ErrorKind::PermissionDenied,
            "g/s/p branch b",
        ),
        ("something else", ErrorKind::Invalid, "g/s/p branch b"),
    ];
    for (message, expected, resource) in cases {
        let server = Server::start().await;
        server
            .on(
                "POST",
                &format!("{P}/repository/commits"),
                400,
                j!({"message": message}),
            )
            .await;
        let onto = Onto::Reset {
            sha: "5a".into(),
            branch: "main".into(),
            project: None,
        };
        let commit = NewCommit::append("b", "m")
            .onto(onto)
            .change(FileChange::delete("x"));
        let error = server.project().contents().commit(commit).await;
        assert_eq!(kind(error), (expected, resource.into()), "{message}");
    }
}

#[tokio::test]
async fn commits_that_make_no_sense_are_not_sent() {
    let server = Server::start().await;
    let project = server.project();
    let mut dated = Signature::new("A", "a@e.org");
    dated.date = Some(chrono::Utc::now());
    let put = |path: &str| FileChange::put(path, "y");
    for (commit, expected) in [
        (NewCommit::append("b", "m"), ErrorKind::Invalid),
        (
            NewCommit::append("b", "m").change(put("../x")),
            ErrorKind::Invalid,
        ),
        (
            NewCommit::append("b", "m")
                .change(put("x"))
                .change(put("./x")),
            ErrorKind::Invalid,
        ),
        (
            NewCommit::append("b..c", "m").change(put("x")),
            ErrorKind::Invalid,
        ),
        (
            NewCommit::append("b", "m").change(put("")),
            ErrorKind::Invalid,
        ),
        (
            NewCommit::append("b", "m").change(put("x")).author(dated),
            ErrorKind::Unsupported,
        ),
    ] {
        assert_eq!(kind(project.contents().commit(commit).await).0, expected);
    }
    assert_eq!(server.count().await, 0);
}
