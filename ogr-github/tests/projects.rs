//! Users and projects.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Served, invalid, no};
use ogr_core::{
    CallOptions, Credential, ErrorKind, Forge, GitTransport, NewProject, Page, ProjectPath,
    ProjectQuery, Visibility,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

fn repository(full_name: &str) -> Value {
    json!({
        "id": 1, "full_name": full_name, "private": false, "fork": false, "size": 10,
        "html_url": format!("https://github.com/{full_name}"), "default_branch": "main",
    })
}

#[tokio::test]
async fn who_one_is_is_asked_once_for_each_credential() {
    let served = Served::start().await;
    let me = json!({"login": "bob", "id": 7, "name": null, "email": null, "html_url": "https://github.com/bob"});
    served.json("GET", "user", 200, me).await;
    let users = served.forge.users();
    assert_eq!(users.whoami().await.unwrap().login, "bob");
    assert_eq!(users.whoami().await.unwrap().id.as_deref(), Some("7"));
    assert_eq!(served.lines().await.len(), 1);
    let fresh = served.forge.with(CallOptions::new().width(2));
    fresh.users().whoami().await.unwrap();
    assert_eq!(served.lines().await.len(), 1);
    let other = CallOptions::new().credential(Credential::token("other"));
    served.forge.with(other).users().whoami().await.unwrap();
    assert_eq!(served.lines().await.len(), 2);
}

#[tokio::test]
async fn a_user_is_named_when_it_is_not_there() {
    let served = Served::start().await;
    let error = served.forge.users().get("no one").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("user no one"));
    assert_eq!(served.lines().await, ["GET users/no%20one"]);
    let error = served.forge.users().get("..").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(served.lines().await.len(), 1);
}

#[tokio::test]
async fn a_project_with_everything_and_with_nothing() {
    let served = Served::start().await;
    let full = json!({
        "id": 42, "full_name": "rpms/foo", "description": null, "private": true, "visibility": "internal",
        "html_url": "https://github.com/rpms/foo", "clone_url": "https://github.com/rpms/foo.git",
        "ssh_url": "git@github.com:rpms/foo.git", "fork": true, "archived": true, "default_branch": "rawhide",
        "has_issues": false, "has_pull_requests": true, "created_at": "2026-01-01T00:00:00Z", "updated_at": null,
        "parent": {"full_name": "up/foo"}, "source": {"full_name": "root/foo"}, "owner": null, "license": {"spdx_id": null},
    });
    served.json("GET", "repos/rpms/foo", 200, full).await;
    let info = served.project().get().await.unwrap();
    assert_eq!(info.visibility, Visibility::Internal);
    assert_eq!(info.parent, Some(ProjectPath::new("up", "foo")));
    assert_eq!((info.is_fork, info.archived), (Some(true), Some(true)));
    assert_eq!(info.default_branch.as_deref(), Some("rawhide"));
    assert_eq!(info.has_pull_requests, Some(true));
    assert_eq!(served.lines().await, ["GET repos/rpms/foo"]);
    served
        .json(
            "GET",
            "repos/rpms/bar",
            200,
            json!({"full_name": "rpms/bar"}),
        )
        .await;
    let bar = served
        .forge
        .project(&ProjectPath::new("rpms", "bar"))
        .unwrap();
    let info = bar.get().await.unwrap();
    assert_eq!(info.visibility, Visibility::Unknown);
    assert!(bar.exists().await.unwrap());
    let none = served
        .forge
        .project(&ProjectPath::new("rpms", "none"))
        .unwrap();
    assert!(!none.exists().await.unwrap());
}

#[tokio::test]
async fn a_renamed_project_is_followed_and_says_so() {
    let served = Served::start().await;
    let moved = wiremock::ResponseTemplate::new(301)
        .insert_header(
            "location",
            format!("{}/api/v3/repositories/42", served.server.uri()),
        )
        .set_body_json(no("Moved Permanently"));
    served.answer("GET", "repos/rpms/foo", moved).await;
    served
        .json("GET", "repositories/42", 200, repository("rpms/foo-ng"))
        .await;
    let info = served.project().get().await.unwrap();
    assert_eq!(info.path, ProjectPath::new("rpms", "foo-ng"));
}

#[tokio::test]
async fn paths_that_no_project_can_have_are_refused() {
    let served = Served::start().await;
    let fork = ProjectPath::new("rpms", "foo").fork_of("bob");
    for path in [
        ProjectPath::bare("foo"),
        ProjectPath::new("a/b", "foo"),
        ProjectPath::new("rpms", ".."),
        ProjectPath::new("rpms", ""),
        ProjectPath::new("..", "user"),
        fork,
    ] {
        let error = served.forge.project(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{path}");
    }
    let odd = ProjectPath::new("a?b=c#d", "x%2e y");
    let project = served.forge.project(&odd).unwrap();
    assert!(!project.exists().await.unwrap());
    assert_eq!(served.lines().await, ["GET repos/a%3Fb%3Dc%23d/x%252e%20y"]);
}

#[tokio::test]
async fn addresses_need_no_request() {
    let served = Served::with(None).await;
    let project = served.project();
    let web = served.server.uri();
    for (page, due) in [
        (Page::Project, ""),
        (Page::Branch("up/date #1".into()), "/tree/up/date%20%231"),
        (Page::Tag("v1".into()), "/tree/v1"),
        (Page::Commit("abc".into()), "/commit/abc"),
        (
            Page::File {
                path: "a b/c?.rs".into(),
                at: "f/42".into(),
            },
            "/blob/f/42/a%20b/c%3F.rs",
        ),
        (Page::PullRequest(7), "/pull/7"),
        (Page::Issue(8), "/issues/8"),
        (Page::Release("v1/rc".into()), "/releases/tag/v1/rc"),
    ] {
        assert_eq!(
            project.web_url(&page).as_str(),
            format!("{web}/rpms/foo{due}")
        );
    }
    assert_eq!(
        project.git_url(GitTransport::Http).as_str(),
        format!("{web}/rpms/foo.git")
    );
    assert_eq!(
        project.git_url(GitTransport::Ssh).as_str(),
        "ssh://git@127.0.0.1/rpms/foo.git"
    );
    assert!(served.forge.git_credential().await.unwrap().is_none());
    let token = Served::start().await;
    let git = token.forge.git_credential().await.unwrap().unwrap();
    assert_eq!(git.username, "x-access-token");
    assert_eq!(git.password.expose_secret(), "s3cret");
    assert!(token.lines().await.is_empty());
}

#[tokio::test]
async fn lists_of_projects_are_of_organisations_and_of_users() {
    let served = Served::start().await;
    for at in ["orgs/rpms/repos", "users/eve/repos", "user/repos"] {
        served
            .json("GET", at, 200, json!([repository("x/y")]))
            .await;
    }
    served
        .json("GET", "user", 200, json!({"login": "Bob"}))
        .await;
    let projects = served.forge.projects();
    let list = |query| projects.list(query).collect_all();
    list(ProjectQuery::namespace("rpms")).await.unwrap();
    list(ProjectQuery::user("eve")).await.unwrap();
    list(ProjectQuery::user("bob")).await.unwrap();
    assert_eq!(
        served.lines().await,
        [
            "GET orgs/rpms/repos?type=all&sort=created&direction=asc&per_page=100",
            "GET user",
            "GET users/eve/repos?type=owner&sort=created&direction=asc&per_page=100",
            "GET user/repos?affiliation=owner&sort=created&direction=asc&per_page=100",
        ]
    );
    let error = list(ProjectQuery::namespace("none")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.resource(), Some("organisation none"));
    // Without a credential there is nobody to be.
    let anonymous = Served::with(None).await;
    anonymous
        .json("GET", "users/eve/repos", 200, json!([]))
        .await;
    let projects = anonymous.forge.projects();
    projects
        .list(ProjectQuery::user("eve"))
        .collect_all()
        .await
        .unwrap();
    assert_eq!(anonymous.lines().await.len(), 1);
}

#[tokio::test]
async fn the_token_of_an_app_lists_what_everybody_sees() {
    let served = Served::start().await;
    let refused = no("Resource not accessible by integration");
    served.json("GET", "user", 403, refused).await;
    served
        .json("GET", "users/bob/repos", 200, json!([repository("bob/x")]))
        .await;
    let projects = served.forge.projects();
    let found = projects
        .list(ProjectQuery::user("bob"))
        .collect_all()
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_project_is_created_where_it_belongs() {
    let served = Served::start().await;
    served
        .json("POST", "user/repos", 201, repository("bob/new"))
        .await;
    served
        .json("POST", "orgs/rpms/repos", 201, repository("rpms/new"))
        .await;
    served
        .json("GET", "user", 200, json!({"login": "bob"}))
        .await;
    let projects = served.forge.projects();
    let own = projects
        .create(NewProject::new(ProjectPath::bare("new")))
        .await
        .unwrap();
    assert_eq!(own.path(), &ProjectPath::new("bob", "new"));
    let new = NewProject::new(ProjectPath::new("rpms", "new"))
        .description("Text")
        .private()
        .readme();
    projects.create(new).await.unwrap();
    // One's own name is no organisation: that is found out once.
    let mine = NewProject::new(ProjectPath::new("Bob", "new"));
    projects.create(mine.clone()).await.unwrap();
    projects.create(mine).await.unwrap();
    assert_eq!(
        served.lines().await,
        [
            "POST user/repos",
            "POST orgs/rpms/repos",
            "POST orgs/Bob/repos",
            "GET user",
            "POST user/repos",
            "POST user/repos",
        ]
    );
    assert_eq!(
        served.body(0).await,
        json!({"name": "new", "private": false, "auto_init": false})
    );
    assert_eq!(
        served.body(1).await,
        json!({"name": "new", "description": "Text", "private": true, "auto_init": true})
    );
    let error = projects
        .create(NewProject::new(ProjectPath::new("none", "new")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = projects
        .create(NewProject::new(ProjectPath::new("a/b", "new")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_project_that_is_there_cannot_be_created() {
    let served = Served::start().await;
    let taken = invalid(
        json!([{"resource": "Repository", "code": "custom", "field": "name",
        "message": "name already exists on this account"}]),
    );
    served.json("POST", "user/repos", 422, taken).await;
    let projects = served.forge.projects();
    let error = projects
        .create(NewProject::new(ProjectPath::bare("foo")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(error.resource(), Some("foo"));
}

#[tokio::test]
async fn a_default_branch_needs_a_first_commit() {
    let served = Served::start().await;
    served
        .json("POST", "user/repos", 201, repository("bob/new"))
        .await;
    served
        .json("POST", "repos/bob/new/branches/main/rename", 201, json!({}))
        .await;
    let projects = served.forge.projects();
    let new = NewProject::new(ProjectPath::bare("new")).default_branch("rawhide");
    let error = projects.create(new.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(served.lines().await.is_empty());
    projects.create(new.readme()).await.unwrap();
    assert_eq!(served.body(1).await, json!({"new_name": "rawhide"}));
}
