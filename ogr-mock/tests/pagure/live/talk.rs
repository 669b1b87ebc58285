//! Opening pull requests, finding them, comments and flags.

use serde_json::json;

use super::{NEW, look, with_fork};
use crate::common::{commit, git};
use crate::pair::{Body, Pair};

#[tokio::test]
async fn pull_requests_are_opened_found_and_talked_about_alike() {
    let Some(mut pair) = Pair::new("talk").await else {
        return;
    };
    let tree = with_fork(&mut pair).await;
    git(&tree, &["checkout", "-q", "-b", "t1"]).await.unwrap();
    git(&tree, &["mv", "a.txt", "z.txt"]).await.unwrap();
    let signed = commit(&tree, "b.txt", "b\n", "two\n\nSigned-off-by: X").await;
    let tip = commit(&tree, "c.txt", "c\n", "three").await;
    pair.push(
        "forks/bob/rpms/{n}",
        "bob",
        &["t1", "t1~1:refs/heads/signed"],
    )
    .await;
    pair.push("rpms/{n}", "alice", &["t1:feature/x"]).await;

    let from = [
        ("repo_from", "{n}"),
        ("repo_from_username", "bob"),
        ("repo_from_namespace", "rpms"),
    ];
    let wrong: [&[(&str, &str)]; 9] = [
        &[("branch_to", "main"), ("branch_from", "t1")],
        &[
            ("title", "  "),
            ("branch_to", "main"),
            ("branch_from", "t1"),
        ],
        &[("title", "t"), ("branch_from", "t1")],
        &[("title", "t"), ("branch_to", "main")],
        &[("title", "t"), ("branch_to", ""), ("branch_from", "t1")],
        &[
            ("title", "t"),
            ("branch_to", "main"),
            ("branch_from", "nosuch"),
        ],
        &[
            ("title", "t"),
            ("branch_to", "nosuch"),
            ("branch_from", "t1"),
        ],
        &[
            ("title", "t"),
            ("branch_to", "nosuch"),
            ("branch_from", "nosuch"),
        ],
        &[],
    ];
    for form in wrong {
        let form = [form, &from].concat();
        pair.post(NEW, "bob", &form).await;
    }
    let right = [
        ("title", " T "),
        ("branch_to", "main"),
        ("branch_from", "t1"),
    ];
    for (who, more) in [
        ("carol", &from[..]),
        ("alice", &from[..]),
        ("", &from[..]),
        ("bound", &from[..]),
        ("bob", &[][..]),
        ("bob", &[("repo_from", "nosuch")][..]),
        (
            "bob",
            &[("repo_from", "{n}"), ("repo_from_namespace", "rpms")][..],
        ),
        ("bob", &[from[0], from[1]][..]),
        ("bob", &[from[0], from[2], ("repo_from_username", "")][..]),
        ("bob", &[from[0], from[1], ("repo_from_namespace", "")][..]),
        ("bob", &[("repo_from", ""), from[1], from[2]][..]),
        (
            "bob",
            &[from[0], from[1], from[2], ("initial_comment", " body ")][..],
        ),
        (
            "bob",
            &[from[0], from[1], from[2], ("initial_comment", "  ")][..],
        ),
    ] {
        let form = [&right, more].concat();
        pair.post(NEW, who, &form).await;
    }
    for form in [
        [
            ("title", "same"),
            ("branch_to", "main"),
            ("branch_from", "main"),
        ],
        [
            ("title", "own"),
            ("branch_to", "main"),
            ("branch_from", "feature/x"),
        ],
    ] {
        pair.post(NEW, "alice", &form).await;
    }
    let on_fork = "/fork/bob/rpms/{n}/pull-request/new";
    pair.post(on_fork, "bob", &right).await;
    pair.post("/rpms/nosuch/pull-request/new", "bob", &right)
        .await;
    for body in [
        json!({"title": 5, "branch_to": "main", "branch_from": "t1", "repo_from": "{n}",
            "repo_from_username": "bob", "repo_from_namespace": "rpms", "initial_comment": null}),
        json!({"title": "t", "branch_to": 5, "branch_from": "t1"}),
    ] {
        pair.json(NEW, "bob", body).await;
    }
    let strict = [("Enforce_signed-off_commits_in_pull-request", "true")];
    pair.post("/rpms/{n}/options/update", "alice", &strict)
        .await;
    for branch in ["t1", "signed"] {
        let form = [
            ("title", "s"),
            ("branch_to", "main"),
            ("branch_from", branch),
        ];
        pair.post(NEW, "bob", &[&form, &from[..]].concat()).await;
    }
    pair.post("/rpms/{n}/pull-request/1/merge", "alice", &[])
        .await;
    let lax = [("Enforce_signed-off_commits_in_pull-request", "false")];
    pair.post("/rpms/{n}/options/update", "alice", &lax).await;
    for number in 1..=7 {
        look(&mut pair, number).await;
    }
    pair.same_refs("rpms/{n}").await;

    let path = "/rpms/{n}/pull-request/1";
    let comments: [&[(&str, &str)]; 6] = [
        &[("comment", " x ")],
        &[
            ("comment", "inline +1"),
            ("row", "5"),
            ("filename", "b.txt"),
            ("commit", "abc"),
            ("tree_id", "def"),
        ],
        &[("comment", "y"), ("row", "abc")],
        &[("comment", "  ")],
        &[("x", "1")],
        &[],
    ];
    for form in comments {
        pair.post(&format!("{path}/comment"), "carol", form).await;
    }
    for body in [
        json!({"comment": 5}),
        json!({"comment": "j", "row": 7}),
        json!({"comment": ""}),
    ] {
        pair.json(&format!("{path}/comment"), "carol", body).await;
    }
    pair.get(path).await;
    pair.get(&format!("{path}?comments=0")).await;
    pair.get(&format!("{path}/comment/999999")).await;
    pair.get(&format!("{path}/comment/x")).await;

    let edits: [(&str, &[(&str, &str)]); 7] = [
        (
            "bob",
            &[("title", " new title "), ("initial_comment", " b ")],
        ),
        ("bob", &[("title", "t")]),
        ("bob", &[("initial_comment", "t")]),
        ("bob", &[("title", "   ")]),
        ("carol", &[("title", "t")]),
        ("carol", &[]),
        ("alice", &[("title", "by alice"), ("initial_comment", "")]),
    ];
    for (who, form) in edits {
        pair.post(path, who, form).await;
        pair.get(path).await;
    }
    pair.json(path, "bob", json!({"title": 5})).await;
    pair.json(path, "bob", json!({"title": "x", "initial_comment": null}))
        .await;
    pair.post("/rpms/{n}/pull-request/999", "bob", &[]).await;
    pair.send("DELETE", path, "bob", Body::None).await;

    let acls = [
        "pull_request_assign",
        "pull_request_close",
        "modify_project",
    ];
    pair.project_token("/rpms/{n}", "alice", "own", &acls).await;
    for (who, form) in [
        ("alice", &[("assignee", "bob")][..]),
        ("bound", &[("assignee", "bob")]),
        ("own", &[("assignee", "nosuch")]),
        ("own", &[]),
        ("own", &[("assignee", "bob")]),
        ("own", &[("assignee", "bob")]),
        ("own", &[("assignee", "")]),
        ("own", &[("assignee", "carol")]),
        ("", &[]),
    ] {
        pair.post(&format!("{path}/assign"), who, form).await;
        pair.get(path).await;
    }
    pair.post(path, "carol", &[("title", "by the assignee")])
        .await;
    pair.post("/rpms/{n}/pull-request/2/close", "own", &[])
        .await;
    pair.post("/rpms/{n}/pull-request/3/merge", "own", &[])
        .await;
    pair.post(
        "/rpms/{n}/pull-request/3/merge",
        "alice",
        &[("wait", "true")],
    )
    .await;
    for query in [
        "",
        "?status=Open",
        "?status=closed",
        "?status=MERGED",
        "?status=all&per_page=2",
        "?status=all&per_page=2&page=2",
        "?status=all&per_page=2&page=50",
        "?status=0",
        "?status=False",
        "?status=1",
        "?status=True",
        "?status=bogus",
        "?author=alice",
        "?author=nosuch",
        "?assignee=carol",
        "?assignee=!carol",
        "?assignee=1",
        "?assignee=0",
        "?tags=nosuch",
        "?tags=!nosuch",
        "?tags=!nosuch&tags=nor",
        "?tags=%20",
        "?page=0",
        "?per_page=101",
        "?per_page=100&page=1&x=y&_z=1&status=a%20b%26c",
    ] {
        pair.get(&format!("/rpms/{{n}}/pull-requests{query}")).await;
    }
    let status = format!("/rpms/{{n}}/c/{tip}/flag");
    let flag = "/rpms/{n}/pull-request/1/flag";
    let base = [
        ("username", "ci"),
        ("comment", " words "),
        ("url", "https://x.org/1"),
    ];
    for more in [
        &[("status", "pending"), ("uid", "one")][..],
        &[("status", "success"), ("uid", "one"), ("percent", " 50 ")],
        &[("status", "success"), ("percent", "abc")],
        &[("status", "canceled"), ("percent", "5.5")],
        &[("status", "error"), ("percent", "050"), ("uid", " two ")],
        &[
            ("status", "failure"),
            ("uid", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ],
        &[("status", "running")],
        &[("status", " success")],
        &[("status", "")],
        &[],
        &[("percent", "0")],
        &[("percent", "7")],
    ] {
        let form = [&base, more].concat();
        pair.post(&status, "carol", &form).await;
        pair.get(&status).await;
        pair.post(flag, "carol", &form).await;
        pair.get(flag).await;
    }
    for form in [
        &[("username", "ci")][..],
        &[
            ("username", "ci"),
            ("comment", "c"),
            ("url", "nothing"),
            ("status", "success"),
        ],
        &[],
    ] {
        pair.post(&status, "alice", form).await;
        pair.post(flag, "alice", form).await;
        pair.post(&status, "", form).await;
    }
    for body in [
        json!({"percent": "7", "username": "u"}),
        json!({"percent": null, "username": "u"}),
        json!({"percent": 0, "username": "u"}),
        json!({"percent": 7, "username": "u"}),
        json!({"status": 5, "username": "u"}),
        json!({"url": 5, "username": "u"}),
        json!({"comment": 5, "username": "u"}),
        json!({"username": 5}),
        json!({"username": ["a", "b"]}),
        json!({"uid": 7, "username": "u"}),
    ] {
        let mut whole = json!({"comment": "c", "url": "http://x.org", "status": "success"});
        for (name, value) in body.as_object().unwrap() {
            whole[name] = value.clone();
        }
        pair.json(&status, "alice", whole.clone()).await;
        pair.json(flag, "alice", whole).await;
    }
    for hash in [
        &tip[..8],
        &tip.to_uppercase(),
        &signed,
        "abcd",
        "abc",
        "main",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        let status = format!("/rpms/{{n}}/c/{hash}/flag");
        let form = [&base, &[("status", "success"), ("uid", "three")][..]].concat();
        pair.post(&status, "alice", &form).await;
        pair.get(&status).await;
    }
    // The same commit in another project.
    let status = format!("/fork/bob/rpms/{{n}}/c/{tip}/flag");
    let form = [&base, &[("status", "failure"), ("uid", "one")][..]].concat();
    pair.post(&status, "bob", &form).await;
    pair.get(&status).await;
    pair.get(flag).await;

    pair.clean("/fork/bob/rpms/{n}", "bob").await;
    for number in [1, 2, 3, 4] {
        look(&mut pair, number).await;
    }
    pair.post(&format!("{path}/rebase"), "bob", &[]).await;
    pair.clean("/rpms/{n}", "alice").await;
    pair.done();
}
