//! Users, projects and forks.

use ogr_core::{Credential, ErrorKind, NewFork, NewProject, Outcome, ProjectPath, ProjectQuery};
use serde_json::json as j;

use crate::common::{P, Server, json, kind, pairs};

#[tokio::test]
async fn who_i_am_is_asked_once_for_each_credential() {
    let server = Server::start().await;
    let me =
        j!({"id": 3, "username": "bob", "name": "Bob", "email": "", "public_email": "b@e.org"});
    server.on("GET", "/api/v4/user", 200, me).await;
    server
        .on(
            "GET",
            "/api/v4/job",
            200,
            j!({"id": 9, "user": {"id": 4, "username": "ci"}}),
        )
        .await;
    let forge = server.signed_in();
    let user = forge.users().whoami().await.unwrap();
    assert_eq!(
        (user.login.as_str(), user.email.as_deref()),
        ("bob", Some("b@e.org"))
    );
    forge.users().whoami().await.unwrap();
    assert_eq!(server.count().await, 1);
    let job = Credential::JobToken("j".to_owned().into());
    let other = forge.with(ogr_core::CallOptions::new().credential(job));
    assert_eq!(other.users().whoami().await.unwrap().login, "ci");
    assert_eq!(forge.users().whoami().await.unwrap().login, "bob");
    let error = server.gitlab(None).users().whoami().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Unauthenticated, Outcome::NotSent)
    );
    assert_eq!(server.count().await, 2);
}

#[tokio::test]
async fn a_user_is_found_by_the_whole_name() {
    let server = Server::start().await;
    server
        .on(
            "GET",
            "/api/v4/users",
            200,
            j!([{"id": 1, "username": "bobby"}, {"id": 2, "username": "Bob"}]),
        )
        .await;
    let forge = server.signed_in();
    assert_eq!(
        forge.users().get("bob").await.unwrap().id.as_deref(),
        Some("2")
    );
    assert_eq!(
        kind(forge.users().get("bo&x=1").await),
        (ErrorKind::NotFound, "bo&x=1".into())
    );
    assert_eq!(
        server.lines().await,
        [
            "GET /api/v4/users?username=bob",
            "GET /api/v4/users?username=bo%26x%3D1"
        ]
    );
}

#[tokio::test]
async fn projects_are_listed_and_created() {
    let server = Server::start().await;
    let row = j!({"id": 5, "path_with_namespace": "g/s/p", "visibility": "internal", "import_status": "none"});
    server
        .list("/api/v4/groups/g%2Fs/projects", j!([row]))
        .await;
    server
        .on(
            "GET",
            "/api/v4/users/bob/projects",
            404,
            j!({"message": "404 User Not Found"}),
        )
        .await;
    server
        .on("GET", "/api/v4/namespaces/g%2Fs", 200, j!({"id": 77}))
        .await;
    server.on("POST", "/api/v4/projects", 201, row).await;
    let forge = server.signed_in();
    let projects = forge.projects();
    let all = projects
        .list(ProjectQuery::namespace("g/s"))
        .collect_all()
        .await
        .unwrap();
    assert_eq!(all[0].path, ProjectPath::new("g/s", "p"));
    assert_eq!(
        kind(projects.list(ProjectQuery::user("bob")).first().await),
        (ErrorKind::NotFound, "bob".into())
    );
    for bad in ["", "g//s", "../g", "g/.."] {
        assert_eq!(
            kind(projects.list(ProjectQuery::namespace(bad)).first().await).0,
            ErrorKind::Invalid
        );
    }
    let path = ProjectPath::new("g/s", "p");
    let new = NewProject::new(path.clone())
        .private()
        .readme()
        .default_branch("main")
        .description("d");
    let project = projects.create(new).await.unwrap();
    assert_eq!(project.path(), &path);
    assert_eq!(
        server.lines().await,
        [
            "GET /api/v4/groups/g%2Fs/projects?with_shared=false&include_subgroups=false&per_page=100&page=1",
            "GET /api/v4/users/bob/projects?per_page=100&page=1",
            "GET /api/v4/namespaces/g%2Fs",
            "POST /api/v4/projects",
        ]
    );
    let mut form = server.last_form().await;
    form.sort();
    assert_eq!(
        form,
        pairs(&[
            ("default_branch", "main"),
            ("description", "d"),
            ("initialize_with_readme", "true"),
            ("name", "p"),
            ("namespace_id", "77"),
            ("path", "p"),
            ("visibility", "private"),
        ])
    );
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_new_project_is_named() {
    let taken =
        j!({"message": {"name": ["has already been taken"], "path": ["has already been taken"]}});
    let cases = [
        (400, taken, ErrorKind::AlreadyExists),
        (
            400,
            j!({"message": {"namespace": ["is not valid"]}}),
            ErrorKind::PermissionDenied,
        ),
        (
            403,
            j!({"message": "403 Forbidden"}),
            ErrorKind::PermissionDenied,
        ),
    ];
    for (status, body, expected) in cases {
        let server = Server::start().await;
        server.on("POST", "/api/v4/projects", status, body).await;
        let forge = server.signed_in();
        let new = NewProject::new(ProjectPath::bare("mine"));
        assert_eq!(
            kind(forge.projects().create(new).await),
            (expected, "mine".into())
        );
    }
    let server = Server::start().await;
    server
        .on(
            "GET",
            "/api/v4/namespaces/nope",
            404,
            j!({"message": "404 Namespace Not Found"}),
        )
        .await;
    let new = NewProject::new(ProjectPath::new("nope", "p"));
    let error = server.signed_in().projects().create(new).await;
    assert_eq!(kind(error), (ErrorKind::NotFound, "nope".into()));
}

#[tokio::test]
async fn my_fork_is_found_by_its_parent_in_two_requests() {
    let server = Server::start().await;
    server
        .on("GET", "/api/v4/user", 200, j!({"id": 3, "username": "bob"}))
        .await;
    let rows = j!([
        {"id": 8, "path_with_namespace": "bobs-group/p"},
        {"id": 9, "path_with_namespace": "Bob/renamed"},
    ]);
    server.on("GET", &format!("{P}/forks"), 200, rows).await;
    let fork = server.project().forks().find_mine().await.unwrap().unwrap();
    assert_eq!(fork.path(), &ProjectPath::new("Bob", "renamed"));
    assert_eq!(
        server.lines().await,
        [
            "GET /api/v4/user".to_owned(),
            format!("GET {P}/forks?owned=true&per_page=100&page=1")
        ]
    );
}

#[tokio::test]
async fn forks_are_created_where_and_as_asked() {
    let server = Server::start().await;
    let row = j!({"id": 9, "path_with_namespace": "other/q", "import_status": "scheduled",
                  "forked_from_project": {"path_with_namespace": "g/s/p"}});
    server
        .once("POST", &format!("{P}/fork"), json(201, row.clone()))
        .await;
    server
        .once("POST", &format!("{P}/fork"), json(201, row))
        .await;
    let taken = j!({"message": ["Project namespace name has already been taken", "Path has already been taken"]});
    server
        .once("POST", &format!("{P}/fork"), json(409, taken))
        .await;
    server
        .once(
            "POST",
            &format!("{P}/fork"),
            json(404, j!({"message": "404 Target Namespace Not Found"})),
        )
        .await;
    let project = server.project();
    let forks = project.forks();
    let new = NewFork::new().namespace("other").name("q");
    let fork = forks.create(new.clone()).await.unwrap();
    assert_eq!(fork.path(), &ProjectPath::new("other", "q"));
    assert_eq!(
        server.last_json().await,
        j!({"namespace_path": "other", "name": "q", "path": "q"})
    );
    forks.create(NewFork::new()).await.unwrap();
    assert_eq!(server.last_json().await, j!({}));
    assert_eq!(
        kind(forks.create(NewFork::new()).await),
        (ErrorKind::AlreadyExists, "g/s/p".into())
    );
    assert_eq!(
        kind(forks.create(new).await),
        (ErrorKind::NotFound, "other".into())
    );
}
