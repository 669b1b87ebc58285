//! The instance, its users and groups, and bodies of all kinds.

use serde_json::json;

use crate::pair::{Body, Pair};

#[tokio::test]
async fn the_instance_users_and_groups_answer_alike() {
    let Some(mut pair) = Pair::new("instance").await else {
        return;
    };
    for path in [
        "/version",
        "/version/",
        "/-/version",
        "/-/error_codes",
        "/error_codes/",
        "/users",
        "/users/",
        "/users?pattern=B",
        "/users?pattern=*o*",
        "/groups",
        "/groups/?per_page=1",
        "/groups?extended=1&pattern=PACK",
        "/groups?pattern=zzz",
        "/groups?page=0",
        "/group/nosuch",
        "/group/rpms",
        "/group/packager?projects=1&acl=commit&per_page=3",
        "/user/nosuch",
        "/user/nosuch/requests/filed",
        "/user/nosuch/requests/filed?created=2020-01-01..2021-01-01&page=2&status=all",
        "/user/nosuch/requests/filed?created=yesterday",
        "/user/nosuch/requests/filed?created=999999999999999",
        "/user/carol?per_page=101",
        "/task/nosuch/status",
        "/task/nosuch/status/",
        "/nosuch",
        "/no/such",
        "/a/b/c/d/e",
        "/rpms/tags",
        "/fork/bob",
        "/-/whoami",
        "/new",
        "/new/",
        "/fork",
        "/RPMS/Bound",
        "/rpms/bound/",
        "/rpms%2Fbound",
        "/rpms/bound/nosuch",
        "/rpms/bound/pull-request/x",
        "/rpms/bound/pull-request/0",
        "/projects?owner=a&username=b",
        "/projects?page=0",
        "/projects?page=x",
        "/projects?per_page=0",
        "/projects?per_page=x",
        "/projects?per_page=101",
        "/projects?page=&per_page=&pattern=zzz",
        "/projects?pattern=zzz&tags=a&tags=b+c&short=T&fork=y&namespace=&owner=!x",
        "//api",
        "//api/",
        "//api/0",
        "//api/nosuch",
        "//api/v4/version",
        "//api/v1/version",
        "//nosuch",
        "//no/such/page",
        "//nosuch.git/info/refs?service=git-upload-pack",
    ] {
        pair.get(path).await;
    }
    for who in ["", "alice", "bound", "nobody's"] {
        pair.post("/-/whoami", who, &[]).await;
        pair.get_as("/rpms/bound", who).await;
        pair.get_as("/rpms/bound/git/urls", who).await;
        pair.get_as("/rpms/bound/options", who).await;
        pair.get_as("/rpms/bound/connector", "carol").await;
        pair.get_as("/rpms/bound/webhook/token", who).await;
        pair.get_as("/group/packager", who).await;
        pair.post("/new", who, &[]).await;
        pair.post("/nosuch/git/tags", who, &[]).await;
    }
    for method in ["OPTIONS", "DELETE", "PATCH", "HEAD"] {
        pair.send(method, "/rpms/bound/git/tags", "alice", Body::None)
            .await;
        pair.send(method, "/rpms/bound/nosuch", "alice", Body::None)
            .await;
        pair.send(method, "/version", "", Body::None).await;
    }
    pair.post("/group/packager/add", "carol", &[("user", "carol")])
        .await;
    pair.post("/group/packager/add", "alice", &[("user", "nosuch")])
        .await;
    pair.post("/group/packager/add", "alice", &[]).await;
    pair.post("/group/packager/add", "alice", &[("user", "bob")])
        .await;
    pair.post("/group/packager/remove", "alice", &[("user", "carol")])
        .await;
    pair.post("/group/packager/remove", "bob", &[("user", "alice")])
        .await;
    pair.post("/group/nosuch/remove", "alice", &[("user", "alice")])
        .await;
    pair.done();
}

#[tokio::test]
async fn bodies_of_all_kinds_are_read_alike() {
    let Some(mut pair) = Pair::new("bodies").await else {
        return;
    };
    let form = [("name", "{n}"), ("description", "d")];
    pair.post("/new", "alice", &form).await;
    let multipart =
        "--X\r\nContent-Disposition: form-data; name=\"always_merge\"\r\n\r\ntrue\r\n--X--\r\n";
    let path = "/{n}/options/update";
    let raw: [(&str, &str); 11] = [
        ("application/json", "{bad"),
        ("application/json", "null"),
        ("application/json", "[]"),
        ("application/json", "[1]"),
        ("application/json", "\"x\""),
        (
            "application/json; charset=utf-8",
            "{\"always_merge\": true}",
        ),
        ("application/vnd.x+json", "{\"always_merge\": false}"),
        ("text/plain", "{bad"),
        ("text/plain", "always_merge=true"),
        ("multipart/form-data; boundary=X", multipart),
        ("multipart/form-data", multipart),
    ];
    for (kind, text) in raw {
        for who in ["alice", "", "nobody's"] {
            pair.send("POST", path, who, Body::Raw(kind, text)).await;
        }
    }
    pair.send("POST", "/nosuch", "", Body::Raw("application/json", "{bad"))
        .await;
    pair.send(
        "POST",
        "/a/b/c/d/e",
        "",
        Body::Raw("application/json", "{bad"),
    )
    .await;
    let settings: [&[(&str, &str)]; 10] = [
        &[],
        &[("pull_requests", "false")],
        &[("pull_requests", "yes")],
        &[("pull_requests", "1"), ("x", "1")],
        &[("pull_requests", "n")],
        &[("pull_requests", "y")],
        &[("Minimum_score_to_merge_pull-request", "-1")],
        &[("Minimum_score_to_merge_pull-request", "x")],
        &[
            ("Minimum_score_to_merge_pull-request", "3"),
            ("Web-hooks", "http://a b"),
        ],
        &[
            ("Minimum_score_to_merge_pull-request", ""),
            ("Web-hooks", ""),
            ("issue_tracker", "False"),
        ],
    ];
    for form in settings {
        pair.post(path, "carol", form).await;
        pair.get_as("/{n}/options", "alice").await;
        pair.get("/{n}/pull-requests").await;
    }
    for body in [
        json!({"pull_requests": false}),
        json!({"pull_requests": 1}),
        json!({"Minimum_score_to_merge_pull-request": 2, "always_merge": null}),
        json!({"Minimum_score_to_merge_pull-request": -1}),
    ] {
        pair.json(path, "alice", body).await;
        pair.get_as("/{n}/options", "alice").await;
    }
    pair.clean("/{n}", "alice").await;
    pair.done();
}
