//! Projects, forks, rights and tokens.

use serde_json::json;

use crate::pair::{Body, Pair};

#[tokio::test]
async fn projects_and_forks_answer_alike() {
    let Some(mut pair) = Pair::new("projects").await else {
        return;
    };
    let forms: [&[(&str, &str)]; 26] = [
        &[("name", "{n}"), ("description", "d")],
        &[("name", "{n}"), ("description", "d")],
        &[("name", "{n}"), ("description", "  ")],
        &[
            ("name", "{n}y"),
            ("description", "d"),
            ("namespace", "RPMS"),
        ],
        &[
            ("name", "{n}y"),
            ("description", "d"),
            ("namespace", "alice"),
        ],
        &[("name", "{n}"), ("description", "d"), ("namespace", "rpms")],
        &[
            ("name", "{n}"),
            ("description", "d"),
            ("namespace", "packager"),
            ("create_readme", "true"),
            ("default_branch", "dev"),
            ("url", "http://example.org"),
        ],
        &[
            ("name", "{n}p"),
            ("description", "d"),
            ("namespace", "rpms"),
            ("private", "true"),
        ],
        &[("name", "{n}q"), ("description", "d"), ("private", "False")],
        &[("name", "{n}w"), ("description", "d"), ("wait", "False")],
        &[("name", "{n}v"), ("description", "d"), ("wait", "")],
        &[("name", "a/b"), ("description", "d")],
        &[("name", "[ok]{n}"), ("description", "d")],
        &[("name", "-x"), ("description", "d")],
        &[("name", ""), ("description", "")],
        &[("name", "{n}u"), ("description", "d"), ("url", "foo")],
        &[
            ("name", "{n}u"),
            ("description", "d"),
            ("avatar_email", "foo"),
        ],
        &[
            ("name", "{n}u"),
            ("description", "d"),
            ("mirrored_from", "foo"),
        ],
        &[("name", "api"), ("description", "d")],
        &[("name", "tickets/x"), ("description", "d")],
        &[("name", "c"), ("description", "d")],
        &[("description", "d")],
        &[("wait", "True")],
        &[],
        &[("name", "{n}"), ("namespace", "nosuch")],
        &[("name", "bad name!"), ("description", "d")],
    ];
    for form in forms {
        pair.post("/new", "alice", form).await;
    }
    pair.json("/new", "alice", json!({"name": 5, "description": "d"}))
        .await;
    pair.json("/new", "alice", json!({"name": null, "description": "d"}))
        .await;
    pair.post(
        "/new",
        "carol",
        &[
            ("name", "{n}z"),
            ("description", "d"),
            ("namespace", "packager"),
        ],
    )
    .await;
    let looks = [
        "/{n}",
        "/{n}?expand_group=1",
        "/rpms/{n}",
        "/packager/{n}",
        "/packager/{n}/git/branches?with_commits=f",
        "//packager/{n}/raw/dev/f/README.md",
        "/alice/{n}p",
        "/alice/{n}p/git/urls",
        "/{n}/git/branches",
        "/{n}/git/branches?with_commits=1",
        "/{n}/git/tags",
        "/{n}/git/tags?with_commits=1",
        "/{n}/tree",
        "/{n}/contributors",
        "/{n}/watchers",
        "/{n}/hascommit",
        "/{n}/hascommit?user=alice&branch=x",
        "/{n}/hascommit?user=carol&branch=x",
        "/{n}/hascommit?user=admin&branch=x",
        "/projects?pattern={n}*",
        "/projects?pattern={n}",
        "/projects?pattern={n}*&short=1&per_page=2",
        "/projects?pattern={n}*&short=1&per_page=2&page=2",
        "/projects?pattern={n}*&namespace=rpms",
        "/projects?pattern={n}*&owner=!alice&short=1",
        "/projects?pattern={n}*&fork=true&short=1",
        "/projects?pattern={n}*&fork=false&short=1&username=bob",
    ];
    for path in looks {
        pair.get(path).await;
    }
    for path in ["/alice/{n}p", "/alice/{n}p/git/urls", "/alice/{n}p/options"] {
        pair.get_as(path, "alice").await;
        pair.get_as(path, "carol").await;
    }
    let forks: [(&str, &[(&str, &str)]); 14] = [
        ("alice", &[("repo", "{n}")]),
        ("alice", &[("repo", "{n}")]),
        ("carol", &[("repo", "{n}"), ("username", "alice")]),
        ("carol", &[("repo", "{n}")]),
        (
            "bob",
            &[("repo", "{n}"), ("namespace", "rpms"), ("wait", "True")],
        ),
        ("bob", &[("repo", "{n}"), ("namespace", "rpms")]),
        (
            "bob",
            &[("repo", "{n}"), ("namespace", ""), ("username", "")],
        ),
        ("bob", &[("repo", "{n}q"), ("wait", "")]),
        ("carol", &[("repo", "{n}p"), ("namespace", "alice")]),
        ("alice", &[("repo", "{n}p"), ("namespace", "alice")]),
        ("bob", &[("repo", "nosuch")]),
        ("bob", &[("wait", "True")]),
        ("", &[("repo", "{n}")]),
        ("bound", &[("repo", "{n}q")]),
    ];
    for (who, form) in forks {
        pair.post("/fork", who, form).await;
    }
    for path in [
        "/fork/alice/{n}",
        "/fork/carol/{n}",
        "/fork/bob/rpms/{n}",
        "/fork/BOB/rpms/{n}",
        "/fork/alice/alice/{n}p",
        "/fork/bob/rpms/{n}/git/urls",
        "/fork/bob/rpms/{n}/pull-requests",
        "/fork/bob/rpms/{n}/tree/main",
        "/fork/bob/rpms/{n}/tree/main/",
        "/projects?pattern={n}*&fork=1",
        "/projects?pattern={n}*&short=1&username=bob",
    ] {
        pair.get(path).await;
    }
    pair.get_as("/fork/bob/rpms/{n}/git/urls", "bob").await;
    let acls: [(&str, &[(&str, &str)]); 16] = [
        (
            "alice",
            &[("user_type", "user"), ("name", "carol"), ("acl", "ticket")],
        ),
        (
            "alice",
            &[("user_type", "user"), ("name", "carol"), ("acl", "commit")],
        ),
        (
            "alice",
            &[("user_type", "user"), ("name", "bob"), ("acl", "admin")],
        ),
        (
            "alice",
            &[
                ("user_type", "group"),
                ("name", "packager"),
                ("acl", "commit"),
            ],
        ),
        (
            "alice",
            &[("user_type", "user"), ("name", "alice"), ("acl", "commit")],
        ),
        (
            "carol",
            &[("user_type", "user"), ("name", "carol"), ("acl", "admin")],
        ),
        (
            "carol",
            &[("user_type", "user"), ("name", "bob"), ("acl", "")],
        ),
        ("carol", &[("user_type", "user"), ("name", "carol")]),
        (
            "alice",
            &[("user_type", "user"), ("name", "carol"), ("acl", "")],
        ),
        (
            "alice",
            &[("user_type", "user"), ("name", "carol"), ("acl", "owner")],
        ),
        ("alice", &[("user_type", "robot"), ("name", "carol")]),
        (
            "alice",
            &[("user_type", "user"), ("name", "nosuch"), ("acl", "commit")],
        ),
        (
            "alice",
            &[
                ("user_type", "group"),
                ("name", "nosuch"),
                ("acl", "commit"),
            ],
        ),
        (
            "alice",
            &[("user_type", "group"), ("name", "rpms"), ("acl", "commit")],
        ),
        ("alice", &[("acl", "commit")]),
        ("", &[]),
    ];
    for (who, form) in acls {
        pair.post("/{n}/git/modifyacls", who, form).await;
        for look in ["/{n}?expand_group=1", "/{n}/contributors", "/{n}/watchers"] {
            pair.get(look).await;
        }
        pair.get("/{n}/hascommit?user=bob&branch=x").await;
    }
    pair.post(
        "/{n}/git/modifyacls",
        "alice",
        &[("user_type", "group"), ("name", "packager")],
    )
    .await;
    let patches: [(&str, &[(&str, &str)]); 6] = [
        ("alice", &[("description", "new")]),
        ("alice", &[]),
        ("carol", &[("main_admin", "carol")]),
        ("bob", &[("main_admin", "bob")]),
        ("alice", &[("main_admin", "nosuch")]),
        (
            "alice",
            &[("main_admin", "carol"), ("retain_access", "True")],
        ),
    ];
    for (who, form) in patches {
        pair.send("PATCH", "/{n}", who, Body::Form(form)).await;
        pair.get("/{n}").await;
    }
    pair.post("/{n}/delete", "carol", &[]).await;
    pair.post("/{n}/token/new", "bob", &[]).await;
    pair.post("/{n}/token/new", "alice", &[("acls", "no")])
        .await;
    pair.post("/{n}/token/new", "carol", &[("description", "x")])
        .await;
    let acls = ["modify_project", "pull_request_comment"];
    pair.project_token("/{n}", "carol", "own", &acls).await;
    pair.get_as("/{n}/connector", "carol").await;
    pair.get_as("/{n}/connector", "own").await;
    pair.get_as("/{n}/connector", "bob").await;
    pair.get_as("/{n}/webhook/token", "own").await;
    pair.get_as("/rpms/{n}/webhook/token", "own").await;
    pair.get_as("/rpms/{n}/options", "own").await;
    pair.post("/fork", "own", &[("repo", "{n}q")]).await;
    let blocks: [&[(&str, &str)]; 3] = [
        &[("username", "bob"), ("username", " alice ")],
        &[("username", "nosuch")],
        &[],
    ];
    for form in blocks {
        pair.post("/{n}/blockuser", "own", form).await;
        pair.post("/{n}/git/tags", "bob", &[]).await;
        pair.post("/{n}/nosuch", "bob", &[]).await;
    }
    pair.json("/{n}/blockuser", "own", json!({"username": "bob"}))
        .await;
    pair.post("/{n}/git/tags", "bob", &[]).await;
    pair.post("/rpms/{n}/delete", "own", &[]).await;
    pair.post("/{n}/delete", "own", &[]).await;
    for path in ["/{n}", "/fork/alice/{n}", "/fork/carol/{n}"] {
        pair.get(path).await;
    }
    for (path, who) in [
        ("/fork/bob/rpms/{n}", "bob"),
        ("/fork/bob/{n}", "bob"),
        ("/fork/bob/{n}q", "bob"),
        ("/fork/carol/{n}", "carol"),
        ("/fork/alice/{n}", "alice"),
        ("/fork/alice/alice/{n}p", "alice"),
        ("/rpms/{n}", "alice"),
        ("/packager/{n}", "alice"),
        ("/alice/{n}p", "alice"),
        ("/{n}q", "alice"),
        ("/{n}v", "alice"),
        ("/{n}w", "alice"),
    ] {
        pair.clean(path, who).await;
    }
    pair.done();
}
