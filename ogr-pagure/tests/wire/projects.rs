//! Users, projects and forks.

use futures_util::TryStreamExt;
use ogr_core::{
    CallOptions, Credential, ErrorKind, Forge, GitTransport, NewFork, NewProject, Outcome, Page,
    ProjectPath, ProjectQuery, Visibility, http::HttpConfig,
};
use ogr_pagure::Pagure;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::server::{Server, no_project, project, refusal};

#[tokio::test]
async fn whoami_is_asked_once_for_each_credential() {
    let server = Server::start().await;
    let me = json!({"username": "alice"});
    server.json("POST", "/api/0/-/whoami", 200, me).await;
    let forge = server.forge();
    let again = forge.project(&"rpms/foo".parse().unwrap()).unwrap().forge();
    for forge in [&forge as &dyn Forge, again.as_ref()] {
        assert_eq!(forge.users().whoami().await.unwrap().login, "alice");
    }
    assert_eq!(server.asked().await, ["POST /api/0/-/whoami"]);

    let other = CallOptions::new().credential(Credential::token("FEDCBA9876543210"));
    forge.with(other).users().whoami().await.unwrap();
    assert_eq!(server.asked().await.len(), 2);
}

#[tokio::test]
async fn git_wants_the_users_name_beside_the_token() {
    let server = Server::start().await;
    let me = json!({"username": "alice"});
    server.json("POST", "/api/0/-/whoami", 200, me).await;
    let credential = server.forge().git_credential().await.unwrap().unwrap();
    assert_eq!(credential.username, "alice");
    assert_eq!(credential.password.expose_secret(), "0123456789ABCDEF");
    let nobody = server.forge_with(None).git_credential().await.unwrap();
    assert!(nobody.is_none());
    assert_eq!(server.asked().await.len(), 1);
}

#[tokio::test]
async fn a_user_comes_without_their_projects() {
    let server = Server::start().await;
    let body = json!({"user": {"name": "bob", "fullname": null, "full_url": "https://pagure.test/user/bob"}});
    server.json("GET", "/api/0/user/bob", 200, body).await;
    let user = server.forge().users().get("bob").await.unwrap();
    assert_eq!(user.login, "bob");
    assert_eq!(user.name, None);
    assert_eq!(
        user.web_url.as_deref(),
        Some("https://pagure.test/user/bob")
    );
    assert_eq!(server.asked().await, ["GET /api/0/user/bob?per_page=1"]);
}

#[tokio::test]
async fn a_project_is_one_request() {
    let server = Server::start().await;
    let body = project("fork/bob/rpms/foo");
    server
        .json("GET", "/api/0/fork/bob/rpms/foo", 200, body)
        .await;
    let info = server.project("fork/bob/rpms/foo").get().await.unwrap();
    assert_eq!(server.asked().await.len(), 1);
    assert_eq!(info.path.to_string(), "fork/bob/rpms/foo");
    assert_eq!(info.parent, Some(ProjectPath::new("rpms", "foo")));
    assert_eq!(info.is_fork, Some(true));
    assert_eq!(info.visibility, Visibility::Public);
    assert_eq!(info.web_url, format!("{}/fork/bob/rpms/foo", server.uri()));
    let git = format!("{}/forks/bob/rpms/foo.git", server.uri());
    assert_eq!(info.http_url, Some(git));
    let times = [info.created_at, info.updated_at].map(|time| time.unwrap().timestamp_micros());
    assert_eq!(times, [1_795_333_865_135_163, 1_795_333_865_000_000]);
}

#[tokio::test]
async fn a_project_that_says_little_is_read_all_the_same() {
    let server = Server::start().await;
    let body = json!({"name": "foo", "namespace": null, "parent": null, "user": null, "date_created": null,
                      "description": null, "surprise": {"a": 1}});
    server.json("GET", "/api/0/foo", 200, body).await;
    let info = server.project("foo").get().await.unwrap();
    assert_eq!(info.path, ProjectPath::bare("foo"));
    assert_eq!(info.description, None);
    assert_eq!(info.created_at, None);
    assert_eq!(info.is_fork, Some(false));
}

#[tokio::test]
async fn a_private_project_shows_itself_by_its_addresses_for_git() {
    let server = Server::start().await;
    let urls = json!({"total_urls": 1, "urls": {"git": "x"}});
    server
        .json("GET", "/api/0/alice/secret", 404, no_project())
        .await;
    server
        .json("GET", "/api/0/alice/secret/git/urls", 200, urls)
        .await;
    let secret = server.project("alice/secret");
    let info = secret.get().await.unwrap();
    assert_eq!(info.visibility, Visibility::Private);
    assert_eq!(server.asked().await.len(), 2);
    assert!(secret.exists().await.unwrap());
    assert_eq!(server.asked().await.len(), 3, "one request to exist");
}

#[tokio::test]
async fn a_missing_project_is_missing_with_and_without_a_token() {
    let server = Server::start().await;
    server
        .json("GET", "/api/0/rpms/foo", 404, no_project())
        .await;
    server
        .json("GET", "/api/0/rpms/foo/git/urls", 404, no_project())
        .await;
    let error = server.project("rpms/foo").get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.message(), "Project not found");
    assert!(!server.project("rpms/foo").exists().await.unwrap());
    assert_eq!(server.asked().await.len(), 3);

    let nobody = server.forge_with(None);
    let foo = nobody.project(&"rpms/foo".parse().unwrap()).unwrap();
    assert!(foo.get().await.unwrap_err().is_not_found());
    assert_eq!(server.asked().await.len(), 4, "nobody has nothing hidden");
}

#[tokio::test]
async fn a_bad_token_is_said_where_a_project_seems_missing() {
    let server = Server::start().await;
    let mut bad = refusal("EINVALIDTOK", "Invalid or expired token.");
    bad["errors"] = json!("Expired token");
    server
        .json("GET", "/api/0/rpms/foo", 404, no_project())
        .await;
    server
        .json("GET", "/api/0/rpms/foo/git/urls", 401, bad)
        .await;
    let foo = server.project("rpms/foo");
    let error = foo.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(foo.exists().await.is_err());
}

#[tokio::test]
async fn addresses_are_made_without_asking() {
    let forge = |web: &str| Pagure::new(web.parse().unwrap(), None, HttpConfig::default()).unwrap();
    let fork = "fork/bob/rpms/foo".parse().unwrap();
    let pagure = forge("https://pagure.io").project(&fork).unwrap();
    let page = |page| pagure.web_url(&page).to_string();
    let base = "https://pagure.io/fork/bob/rpms/foo";
    assert_eq!(page(Page::Project), base);
    assert_eq!(
        page(Page::Branch("feat/x".into())),
        format!("{base}/tree/feat/x")
    );
    assert_eq!(page(Page::Tag("v1".into())), format!("{base}/tree/v1"));
    assert_eq!(page(Page::Commit("abc".into())), format!("{base}/c/abc"));
    assert_eq!(page(Page::PullRequest(7)), format!("{base}/pull-request/7"));
    assert_eq!(page(Page::Issue(7)), format!("{base}/issue/7"));
    let file = Page::File {
        path: "/d/a b#?.txt".into(),
        at: "feat/x".into(),
    };
    assert_eq!(
        page(file),
        format!("{base}/blob/feat/x/f/d/a%20b%23%3F.txt")
    );
    // A name that would climb leaves the project's own page.
    assert_eq!(page(Page::Branch("../..".into())), base);

    let http = pagure.git_url(GitTransport::Http);
    assert_eq!(http.as_str(), "https://pagure.io/forks/bob/rpms/foo.git");
    let ssh = pagure.git_url(GitTransport::Ssh);
    assert_eq!(ssh.as_str(), "ssh://git@pagure.io/forks/bob/rpms/foo.git");
    // Fedora's host for git knows each user by name, and nobody has been asked for theirs.
    let fedora = forge("https://src.fedoraproject.org")
        .project(&fork)
        .unwrap();
    let ssh = fedora.git_url(GitTransport::Ssh);
    assert_eq!(
        ssh.as_str(),
        "ssh://pkgs.fedoraproject.org/forks/bob/rpms/foo.git"
    );
}

fn page_of(projects: &[&str], pages: u64, total: u64) -> serde_json::Value {
    let rows: Vec<_> = projects.iter().map(|path| project(path)).collect();
    json!({"projects": rows, "total_projects": total, "pagination": {"pages": pages, "next": null}})
}

#[tokio::test]
async fn projects_are_listed_by_namespace_and_by_user() {
    let server = Server::start().await;
    let first: Vec<String> = (0..100).map(|n| format!("rpms/p{n}")).collect();
    let first: Vec<&str> = first.iter().map(String::as_str).collect();
    let path = "/api/0/projects";
    server.once("GET", path, 200, page_of(&first, 2, 101)).await;
    server
        .once("GET", path, 200, page_of(&["rpms/last"], 2, 101))
        .await;
    let query = ProjectQuery::namespace("rpms");
    let all = server.forge().projects().list(query).collect_all().await;
    assert_eq!(all.unwrap().len(), 101);
    assert_eq!(
        server.asked().await,
        [
            "GET /api/0/projects?namespace=rpms&per_page=100&fork=false&page=1",
            "GET /api/0/projects?namespace=rpms&per_page=100&fork=false&page=2",
        ]
    );

    let server = Server::start().await;
    server.json("GET", path, 200, page_of(&[], 0, 0)).await;
    let query = ProjectQuery::user("bob");
    let none = server.forge().projects().list(query).collect_all().await;
    assert!(none.unwrap().is_empty());
    assert_eq!(
        server.asked().await,
        ["GET /api/0/projects?owner=bob&per_page=100&page=1"]
    );
}

#[tokio::test]
async fn a_new_project_says_what_pagure_demands() {
    let server = Server::start().await;
    let created = json!({"message": "Project \"rpms/foo\" created"});
    server.json("POST", "/api/0/new", 200, created).await;
    let forge = server.forge();
    let path = ProjectPath::new("rpms", "foo");
    let new = NewProject::new(path.clone());
    let project = forge.projects().create(new).await.unwrap();
    assert_eq!(*project.path(), path);
    let new = NewProject::new(ProjectPath::bare("foo"))
        .description("What it is")
        .default_branch("rawhide")
        .readme();
    forge.projects().create(new).await.unwrap();
    assert_eq!(
        server.asked().await,
        [
            "POST /api/0/new name=foo&description=foo&wait=true&namespace=rpms",
            "POST /api/0/new name=foo&description=What+it+is&wait=true&default_branch=rawhide&create_readme=true",
        ]
    );
}

#[tokio::test]
async fn a_namespace_that_is_not_open_is_no_malformed_request() {
    let server = Server::start().await;
    let mut body = refusal("EINVALIDREQ", "Invalid or incomplete input submitted");
    // With and without the dot: that depends on the server's form library.
    for words in ["Not a valid choice.", "Not a valid choice"] {
        body["errors"] = json!({"namespace": [words]});
        server.once("POST", "/api/0/new", 400, body.clone()).await;
        let new = NewProject::new(ProjectPath::new("rpms", "foo"));
        let error = server.forge().projects().create(new).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!(error.resource(), Some("rpms/foo"));
    }
}

#[tokio::test]
async fn a_private_project_lands_with_its_user() {
    let server = Server::start().await;
    let created = json!({"message": "Project \"alice/secret\" created"});
    server.json("POST", "/api/0/new", 200, created).await;
    server
        .json("GET", "/api/0/alice/secret", 404, no_project())
        .await;
    let me = json!({"username": "alice"});
    server.json("POST", "/api/0/-/whoami", 200, me).await;
    let forge = server.forge();
    let new = NewProject::new(ProjectPath::bare("secret")).private();
    let project = forge.projects().create(new).await.unwrap();
    assert_eq!(*project.path(), ProjectPath::new("alice", "secret"));

    // Pagure would put it with its user whatever was asked.
    let new = NewProject::new(ProjectPath::new("rpms", "secret")).private();
    let error = forge.projects().create(new).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let asked = server.asked().await;
    let creates = asked.iter().filter(|line| line.contains("/new"));
    assert_eq!(creates.count(), 1);
}

#[tokio::test]
async fn a_private_project_that_everybody_sees_is_an_error() {
    let server = Server::start().await;
    let created = json!({"message": "Project \"secret\" created"});
    server.json("POST", "/api/0/new", 200, created).await;
    server
        .json("GET", "/api/0/secret", 200, project("secret"))
        .await;
    let new = NewProject::new(ProjectPath::bare("secret")).private();
    let error = server.forge().projects().create(new).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.outcome(), Outcome::Unknown, "it is there");
    assert!(error.message().contains("for everybody to see"));
}

#[tokio::test]
async fn my_fork_is_told_by_its_parent() {
    let server = Server::start().await;
    let me = json!({"username": "bob"});
    server.json("POST", "/api/0/-/whoami", 200, me).await;
    let path = "/api/0/fork/bob/rpms/foo";
    server
        .once("GET", path, 200, project("fork/bob/rpms/foo"))
        .await;
    let mut of_another = project("fork/bob/rpms/foo");
    of_another["parent"] = project("fork/eve/rpms/foo");
    server.once("GET", path, 200, of_another).await;
    server.once("GET", path, 404, no_project()).await;

    let forge = server.forge();
    let parent = forge.project(&"rpms/foo".parse().unwrap()).unwrap();
    let fork = parent.forks().find_mine().await.unwrap().unwrap();
    assert_eq!(fork.path().to_string(), "fork/bob/rpms/foo");
    assert_eq!(server.asked().await.len(), 2);
    assert!(parent.forks().find_mine().await.unwrap().is_none());
    assert!(parent.forks().find_mine().await.unwrap().is_none());
    assert_eq!(server.asked().await.len(), 4, "whoami is remembered");
}

#[tokio::test]
async fn a_fork_is_one_request() {
    let server = Server::start().await;
    let done = json!({"message": "Repo \"rpms/foo\" cloned to \"bob/rpms/foo\""});
    server.once("POST", "/api/0/fork", 200, done).await;
    let done =
        json!({"message": "Repo \"forks/bob/rpms/foo\" cloned to \"eve/forks/bob/rpms/foo\""});
    server.once("POST", "/api/0/fork", 200, done).await;
    let parent = server.project("rpms/foo");
    let fork = parent.forks().create(NewFork::new());
    assert_eq!(fork.await.unwrap().path().to_string(), "fork/bob/rpms/foo");
    let fork = server.project("fork/bob/rpms/foo");
    // The parent's name is no other name.
    let fork = fork.forks().create(NewFork::new().name("foo")).await;
    assert_eq!(fork.unwrap().path().to_string(), "fork/eve/rpms/foo");
    assert_eq!(
        server.asked().await,
        [
            "POST /api/0/fork repo=foo&wait=true&namespace=rpms",
            "POST /api/0/fork repo=foo&wait=true&namespace=rpms&username=bob",
        ]
    );
}

#[tokio::test]
async fn a_fork_that_is_there_already_is_said_so_and_not_tried_again() {
    let server = Server::start().await;
    let body = refusal("ENOCODE", "Repo \"forks/bob/foo\" already exists");
    server.json("POST", "/api/0/fork", 400, body).await;
    let parent = server.project("rpms/foo");
    let fork = parent.forks().create(NewFork::new());
    assert_eq!(fork.await.err().unwrap().kind(), ErrorKind::AlreadyExists);
    assert_eq!(server.asked().await.len(), 1);
}

#[tokio::test]
async fn forks_of_other_projects_are_left_out() {
    let server = Server::start().await;
    let mut of_a_fork = project("fork/eve/rpms/foo");
    of_a_fork["parent"] = project("fork/bob/rpms/foo");
    let body = json!({
        "projects": [project("fork/bob/rpms/foo"), of_a_fork, project("fork/bob/foo")],
        "total_projects": 3,
        "pagination": {"pages": 1},
    });
    server.json("GET", "/api/0/projects", 200, body).await;
    let forks: Vec<String> = server
        .project("rpms/foo")
        .forks()
        .list()
        .map_ok(|fork| fork.path.to_string())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(forks, ["fork/bob/rpms/foo"]);
    assert_eq!(
        server.asked().await,
        ["GET /api/0/projects?fork=true&pattern=foo&per_page=100&namespace=rpms&page=1"]
    );
}
