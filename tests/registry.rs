//! From an address to a forge: by asking, not by guessing from names.

#![allow(clippy::unwrap_used)]

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use http::{Request, Response};
use ogr::{
    Credential, Credentials, ErrorKind, ForgeKind, Link, Registry,
    http::{Body, HttpConfig, Wire, WireError, WireErrorKind},
};
use ogr_mock::{MockForge, ProjectSetup};

fn registry() -> Registry {
    ogr::registry(Credentials::none(), HttpConfig::default())
}

async fn mocks() -> Vec<(ForgeKind, MockForge)> {
    vec![
        (
            ForgeKind::GitHub,
            MockForge::github().start().await.unwrap(),
        ),
        (
            ForgeKind::GitLab,
            MockForge::gitlab().start().await.unwrap(),
        ),
        (
            ForgeKind::Forgejo,
            MockForge::forgejo().start().await.unwrap(),
        ),
        (ForgeKind::Gitea, MockForge::gitea().start().await.unwrap()),
        (
            ForgeKind::Pagure,
            MockForge::pagure().start().await.unwrap(),
        ),
    ]
}

#[tokio::test]
async fn every_forge_gives_itself_away_and_is_asked_once_and_without_a_credential() {
    for (kind, mock) in mocks().await {
        mock.add_group("rpms", &["alice"]);
        mock.add_project("rpms/foo", ProjectSetup::default())
            .await
            .unwrap();
        let mut credentials = Credentials::none();
        credentials.insert(
            mock.host(),
            None,
            Credential::token(mock.token("alice").unwrap()),
        );
        let registry = ogr::registry(credentials, HttpConfig::default());
        let address = format!("{}/rpms/foo", mock.url());
        let project = registry.project(&address).await.unwrap();
        assert_eq!(project.forge().kind(), kind);
        for exchange in mock.requests() {
            assert!(
                !exchange.request_headers.contains_key("authorization"),
                "{kind}"
            );
            assert!(
                !exchange.request_headers.contains_key("private-token"),
                "{kind}"
            );
        }
        let asked = mock.count();
        let again = registry.project(&address).await.unwrap();
        assert_eq!(mock.count(), asked, "{kind} was asked again");
        assert_eq!(again.path(), project.path());
        assert!(project.exists().await.unwrap(), "{kind}");
    }
}

#[tokio::test]
async fn links_lead_to_the_project_and_to_what_they_point_at() {
    for (kind, mock) in mocks().await {
        let page = match kind {
            ForgeKind::GitHub => "pull/7/files",
            ForgeKind::GitLab => "-/merge_requests/7/diffs",
            ForgeKind::Pagure => "pull-request/7#comment-1",
            _ => "pulls/7",
        };
        let address = format!("{}/rpms/foo/{page}", mock.url());
        let (project, link) = registry().open(&address).await.unwrap();
        assert_eq!(project.path().to_string(), "rpms/foo");
        assert_eq!(link, Some(Link::PullRequest(7)), "{kind}");
    }
}

/// Answers every request by a rule.
struct Scripted<F>(F);

impl<F> std::fmt::Debug for Scripted<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

#[async_trait]
impl<F> Wire for Scripted<F>
where
    F: Fn(&Request<Body>) -> Result<Response<Body>, WireError> + Send + Sync + 'static,
{
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, WireError> {
        (self.0)(&request)
    }
}

fn scripted(
    rule: impl Fn(&Request<Body>) -> Result<Response<Body>, WireError> + Send + Sync + 'static,
) -> Registry {
    let mut config = HttpConfig::default();
    config.wire = Some(Arc::new(Scripted(rule)));
    ogr::registry(Credentials::none(), config)
}

fn answer(status: u16, content_type: &str, body: &'static str) -> Response<Body> {
    Response::builder()
        .status(status)
        .header("content-type", content_type)
        .body(Body::from_bytes(body))
        .unwrap()
}

#[tokio::test]
async fn a_host_that_is_no_forge_is_told_with_what_was_asked_and_what_came_back() {
    let registry = scripted(|_| Ok(answer(404, "text/html", "<html>nothing here")));
    let error = registry.forge("https://example.org/a/b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let text = error.to_string();
    for said in [
        "example.org",
        "api/v1/version",
        "api/0/version",
        "api/v4",
        "404 (text/html)",
    ] {
        assert!(text.contains(said), "{said} is not in: {text}");
    }
}

#[tokio::test]
async fn a_host_that_is_down_is_not_taken_for_no_forge() {
    let down = scripted(|_| Ok(answer(503, "text/html", "<html>maintenance")));
    let error = down.forge("https://example.org/a/b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.is_retryable());
    let away = scripted(|_| Err(WireError::new(WireErrorKind::Connect, "connection refused")));
    let error = away.forge("https://example.org/a/b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    assert!(error.to_string().contains("connection refused"), "{error}");
}

#[tokio::test]
async fn a_host_that_answers_yes_to_everything_is_no_forge() {
    for (content_type, body) in [
        ("text/html", "<html>a single-page application"),
        ("application/json", "{}"),
        ("application/json", "[]"),
        ("application/json", "{\"version\": null}"),
        ("text/plain", "ok"),
    ] {
        let registry = scripted(move |_| Ok(answer(200, content_type, body)));
        let error = registry.forge("https://example.org/a/b").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{body}: {error}");
    }
}

#[tokio::test]
async fn known_hosts_are_compared_whole() {
    let asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&asked);
    let registry = scripted(move |_| {
        seen.store(true, Ordering::SeqCst);
        Ok(answer(404, "text/plain", "no"))
    });
    let github = registry.forge("https://github.com/a/b").await.unwrap();
    assert_eq!(github.kind(), ForgeKind::GitHub);
    assert!(!asked.load(Ordering::SeqCst), "a pinned host is not asked");
    for look_alike in [
        "https://github.com.evil.example/a/b",
        "https://notgithub.com/a/b",
        "https://gitlab.example.org/a/b",
        "https://codeberg.org.example/a/b",
        "https://github.com:8443/a/b",
    ] {
        asked.store(false, Ordering::SeqCst);
        assert!(registry.forge(look_alike).await.is_err(), "{look_alike}");
        assert!(
            asked.load(Ordering::SeqCst),
            "{look_alike} was taken by its name"
        );
    }
}

#[tokio::test]
async fn ssh_aliases_and_pins_lead_to_the_forge() {
    let registry = scripted(|request| {
        let pagure = request.uri().host() == Some("src.fedoraproject.org")
            && request.uri().path() == "/api/0/version";
        Ok(match pagure {
            true => answer(200, "application/json", "{\"version\": \"0.31\"}"),
            false => answer(404, "text/html", "<html>"),
        })
    });
    let project = registry
        .project("ssh://packit@pkgs.fedoraproject.org/forks/packit/rpms/ogr.git")
        .await
        .unwrap();
    assert_eq!(project.forge().kind(), ForgeKind::Pagure);
    assert_eq!(project.forge().instance().host(), "src.fedoraproject.org");
    assert_eq!(project.path().to_string(), "fork/packit/rpms/ogr");

    let registry = registry
        .pin("https://example.org/git", ForgeKind::GitLab)
        .unwrap();
    let project = registry
        .project("https://example.org/git/group/sub/tool")
        .await
        .unwrap();
    assert_eq!(project.path().to_string(), "group/sub/tool");
    assert_eq!(project.forge().instance().api.path(), "/git/api/v4/");
    assert!(
        registry
            .clone()
            .pin("ftp://example.org", ForgeKind::GitLab)
            .is_err()
    );
}

#[tokio::test]
async fn an_address_that_cannot_be_a_project_is_refused_with_the_reason() {
    let registry = registry();
    for (address, said) in [
        ("", "empty"),
        ("https://github.com/a/../b", ".."),
        ("https://github.com/only-one", "github.com"),
        ("git@github.com:2222:a/b.git", "ssh://"),
    ] {
        let error = registry.project(address).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{address}: {error}");
        assert!(error.to_string().contains(said), "{address}: {error}");
    }
}

/// Two forges in process, at one host: the second takes it over.
#[derive(Debug)]
struct Switch {
    before: MockForge,
    after: MockForge,
    moved: AtomicBool,
}

#[async_trait]
impl Wire for Switch {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, WireError> {
        let (parts, body) = request.into_parts();
        let bytes = body.collect(u64::MAX).await?.unwrap();
        let forge = match self.moved.load(Ordering::SeqCst) {
            true => &self.after,
            false => &self.before,
        };
        let answer = forge
            .handle(Request::from_parts(parts, bytes))
            .await
            .map_err(|error| WireError::new(WireErrorKind::Broken, error.to_string()))?;
        Ok(answer.map(Body::from_bytes))
    }
}

#[tokio::test]
async fn another_forge_at_the_same_host_is_noticed_and_gets_no_token_of_the_first() {
    let before = MockForge::pagure().in_process().unwrap();
    let after = MockForge::forgejo().in_process().unwrap();
    for forge in [&before, &after] {
        forge.add_group("rpms", &["alice"]);
        forge
            .add_project("rpms/foo", ProjectSetup::default())
            .await
            .unwrap();
    }
    let pagure_token = before.token("alice").unwrap();
    let forgejo_token = after.token("alice").unwrap();
    let address = format!("{}/rpms/foo", before.url());
    let host = before.host().to_owned();
    let wire = Arc::new(Switch {
        before,
        after,
        moved: AtomicBool::new(false),
    });
    let mut config = HttpConfig::default();
    config.wire = Some(wire.clone());
    config.plain_http_hosts = vec![host.clone()];
    let mut credentials = Credentials::none();
    credentials.insert(
        &host,
        Some(ForgeKind::Pagure),
        Credential::token(&pagure_token),
    );
    credentials.insert(
        &host,
        Some(ForgeKind::Forgejo),
        Credential::token(forgejo_token),
    );
    let registry = ogr::registry(credentials, config);

    let old = registry.project(&address).await.unwrap();
    assert_eq!(old.forge().kind(), ForgeKind::Pagure);
    assert_eq!(old.forge().users().whoami().await.unwrap().login, "alice");

    wire.moved.store(true, Ordering::SeqCst);
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    let error = old.get().await.unwrap_err();
    // The host was asked a moment ago: the first failure may still be taken for what it looks like.
    assert!(
        matches!(
            error.kind(),
            ErrorKind::ForgeChanged | ErrorKind::NotFound | ErrorKind::Unauthenticated
        ),
        "{error}"
    );
    let web = old.forge().instance().web.clone();
    assert_eq!(registry.probe(&web).await.unwrap(), ForgeKind::Forgejo);
    let error = old.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForgeChanged, "{error}");
    assert!(error.to_string().contains("Forgejo"), "{error}");

    let new = registry.project(&address).await.unwrap();
    assert_eq!(new.forge().kind(), ForgeKind::Forgejo);
    assert!(new.exists().await.unwrap());
    assert_eq!(new.forge().users().whoami().await.unwrap().login, "alice");
    // A stored address of a Pagure fork leads to the fork on the new forge.
    let fork = registry
        .project(&format!("http://{host}/fork/bob/rpms/foo"))
        .await
        .unwrap();
    assert_eq!(fork.path().to_string(), "bob/foo");
}
