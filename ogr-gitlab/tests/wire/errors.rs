//! Credentials, refusals and addresses.

use ogr_core::{
    Credential, ErrorKind, Forge, GitTransport, LimitKind, NewRelease, Page, ProjectPath,
    http::RawRequest,
};
use serde_json::json as j;
use wiremock::ResponseTemplate;

use crate::common::{P, Server, config, json, kind};

#[tokio::test]
async fn each_credential_has_its_header() {
    for (credential, header, value) in [
        (Credential::token("t1"), "private-token", "t1"),
        (
            Credential::Bearer("t2".to_owned().into()),
            "authorization",
            "Bearer t2",
        ),
        (
            Credential::JobToken("t3".to_owned().into()),
            "job-token",
            "t3",
        ),
    ] {
        let server = Server::start().await;
        server
            .on("GET", P, 200, j!({"id": 1, "path_with_namespace": "g/s/p"}))
            .await;
        let forge = server.gitlab(Some(credential));
        let project = forge.project(&"g/s/p".parse().unwrap()).unwrap();
        project.get().await.unwrap();
        let request = &server.http.received_requests().await.unwrap()[0];
        assert_eq!(request.headers[header], value);
        let all = ["private-token", "authorization", "job-token"];
        assert_eq!(
            all.iter()
                .filter(|name| request.headers.contains_key(**name))
                .count(),
            1
        );
    }
    let server = Server::start().await;
    let basic = Credential::Basic {
        username: "u".into(),
        password: "p".to_owned().into(),
    };
    let forge = server.gitlab(Some(basic));
    assert_eq!(kind(forge.users().whoami().await).0, ErrorKind::Config);
    assert_eq!(server.count().await, 0);
    let git = forge.git_credential().await.unwrap().unwrap();
    assert_eq!(git.username, "u");
}

#[tokio::test]
async fn git_needs_no_request() {
    let server = Server::start().await;
    let name = |credential| {
        let forge = server.gitlab(credential);
        async move {
            forge
                .git_credential()
                .await
                .unwrap()
                .map(|git| git.username)
        }
    };
    assert_eq!(name(None).await, None);
    assert_eq!(name(Some(Credential::token("t"))).await.unwrap(), "oauth2");
    let job = Credential::JobToken("t".to_owned().into());
    assert_eq!(name(Some(job)).await.unwrap(), "gitlab-ci-token");
    assert_eq!(server.count().await, 0);
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let cases = [
        (
            json(401, j!({"message": "401 Unauthorized"})),
            ErrorKind::Unauthenticated,
            None,
        ),
        (
            json(
                401,
                j!({"error": "invalid_token", "error_description": "Token is expired."}),
            ),
            ErrorKind::Unauthenticated,
            Some("invalid_token"),
        ),
        (
            json(
                403,
                j!({"error": "insufficient_scope", "error_description": "The request requires higher privileges", "scope": "api"}),
            ),
            ErrorKind::PermissionDenied,
            Some("insufficient_scope"),
        ),
        (
            json(403, j!({"message": "403 Forbidden"})),
            ErrorKind::PermissionDenied,
            None,
        ),
        (
            json(404, j!({"message": "404 Project Not Found"})),
            ErrorKind::NotFound,
            None,
        ),
        (
            ResponseTemplate::new(500).set_body_json(j!({"message": "500 Internal Server Error"})),
            ErrorKind::Unavailable,
            None,
        ),
        (
            ResponseTemplate::new(200).set_body_raw("<html>sign in</html>", "text/html"),
            ErrorKind::BotWall,
            None,
        ),
        (json(200, j!({"id": "seven"})), ErrorKind::Decode, None),
        (json(200, j!([])), ErrorKind::Decode, None),
    ];
    for (answer, expected, code) in cases {
        let server = Server::start().await;
        server.answer("GET", P, answer).await;
        let error = server.project().get().await.unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
        assert_eq!(error.code(), code);
        assert_eq!(error.resource(), Some("g/s/p"));
        assert_eq!(server.count().await, 1, "{error}");
        assert!(!error.to_string().contains("secret-token"));
    }
}

#[tokio::test]
async fn a_limit_tells_when_to_come_back() {
    let server = Server::start().await;
    let reset = chrono::Utc::now().timestamp() + 600;
    let answer = ResponseTemplate::new(429)
        .insert_header("ratelimit-limit", "2000")
        .insert_header("ratelimit-remaining", "0")
        .insert_header("ratelimit-reset", reset.to_string().as_str())
        .insert_header("retry-after", "600")
        .set_body_string("Retry later\n");
    server.answer("GET", P, answer).await;
    let project = server.project();
    let error = project.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    let hit = error.rate_limit().unwrap();
    assert_eq!(
        (hit.kind, hit.reset.unwrap().timestamp()),
        (LimitKind::Primary, reset)
    );
    // The next call knows, and does not ask.
    assert_eq!(kind(project.get().await).0, ErrorKind::RateLimited);
    assert_eq!(server.count().await, 1);
    let rate = project.forge().rate_limit().unwrap();
    assert_eq!((rate.limit, rate.remaining), (Some(2000), Some(0)));
}

#[tokio::test]
async fn an_old_name_leads_to_a_renamed_project() {
    let server = Server::start().await;
    let moved = ResponseTemplate::new(301).insert_header("location", "/api/v4/projects/7");
    server.answer("GET", P, moved).await;
    server
        .on(
            "GET",
            "/api/v4/projects/7",
            200,
            j!({"id": 7, "path_with_namespace": "g/new"}),
        )
        .await;
    let info = server.project().get().await.unwrap();
    assert_eq!(info.path, ProjectPath::new("g", "new"));
    let gone = j!({"message": "405 Non GET methods are not allowed for moved projects"});
    server.on("POST", &format!("{P}/releases"), 405, gone).await;
    let error = server
        .project()
        .releases()
        .create(NewRelease::new("v1"))
        .await;
    assert_eq!(
        kind(error),
        (ErrorKind::NotFound, "g/s/p release v1".into())
    );
}

#[tokio::test]
async fn capabilities_are_resolved_by_the_version_once() {
    use ogr_core::{Operation::PullRequestsDiff, Support};
    for (version, expected) in [
        ("17.10.0", Some(Support::Yes)),
        ("18.1.2-ee", Some(Support::Yes)),
        ("17.9.1", None),
        ("16.0.0", Some(Support::No(""))),
        ("next", None),
    ] {
        let server = Server::start().await;
        server
            .on(
                "GET",
                "/api/v4/version",
                200,
                j!({"version": version, "revision": "x"}),
            )
            .await;
        let forge = server.signed_in();
        let found = forge
            .resolve_capabilities()
            .await
            .unwrap()
            .support(PullRequestsDiff);
        match expected {
            Some(Support::No(_)) => assert!(!found.is_possible()),
            Some(expected) => assert_eq!(found, expected),
            None => assert!(matches!(found, Support::Depends(_))),
        }
        forge.resolve_capabilities().await.unwrap();
        assert!(version == "next" || server.count().await == 1);
    }
    let server = Server::start().await;
    server.gitlab(None).resolve_capabilities().await.unwrap();
    assert_eq!(server.count().await, 0);
}

#[tokio::test]
async fn addresses_are_made_without_asking() {
    let forge = ogr_gitlab::GitLab::at(
        "https://git.example.org/gitlab".parse().unwrap(),
        None,
        config(),
    )
    .unwrap();
    let project = forge.project(&"g/s/p".parse().unwrap()).unwrap();
    let base = "https://git.example.org/gitlab/g/s/p";
    let url = |page| project.web_url(&page).to_string();
    assert_eq!(url(Page::Project), base);
    assert_eq!(
        url(Page::Branch("f/x y".into())),
        format!("{base}/-/tree/f/x%20y")
    );
    assert_eq!(url(Page::Tag("v/1".into())), format!("{base}/-/tags/v/1"));
    assert_eq!(
        url(Page::Commit("abc".into())),
        format!("{base}/-/commit/abc")
    );
    let file = Page::File {
        path: "d/x#?".into(),
        at: "main".into(),
    };
    assert_eq!(url(file), format!("{base}/-/blob/main/d/x%23%3F"));
    assert_eq!(
        url(Page::PullRequest(7)),
        format!("{base}/-/merge_requests/7")
    );
    assert_eq!(url(Page::Issue(7)), format!("{base}/-/issues/7"));
    assert_eq!(
        url(Page::Release("v/1".into())),
        format!("{base}/-/releases/v%2F1")
    );
    // What cannot be said leads to the front page, and nowhere else.
    assert_eq!(url(Page::Branch("../../x".into())), base);
    assert_eq!(
        project.git_url(GitTransport::Http).as_str(),
        format!("{base}.git")
    );
    assert_eq!(
        project.git_url(GitTransport::Ssh).as_str(),
        "ssh://git@git.example.org/g/s/p.git"
    );
    for bad in ["p", "fork/bob/g/p"] {
        assert_eq!(
            kind(forge.project(&bad.parse().unwrap()).map(|_| ())).0,
            ErrorKind::Invalid
        );
    }
}

#[tokio::test]
async fn any_request_can_be_sent_but_not_anywhere() {
    let server = Server::start().await;
    server
        .on("GET", &format!("{P}/languages"), 200, j!({"Rust": 100.0}))
        .await;
    let forge = server.signed_in();
    let reply = forge
        .raw(RawRequest::get("projects/g%2Fs%2Fp/languages"))
        .await
        .unwrap();
    assert_eq!(reply.json::<serde_json::Value>().unwrap()["Rust"], 100.0);
    let away = forge.raw(RawRequest::get("https://example.org/x")).await;
    assert_eq!(kind(away).0, ErrorKind::Refused);
}
