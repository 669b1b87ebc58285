//! Requests to the letter, for what no other file here sends.

use ogr_core::{
    CheckState, Forge, ForgeKind, GitTransport, NewProject, NewRelease, NewStatus, Operation,
    ProjectPath, ReleaseChange, Visibility,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::server::{Server, missing, refused, repository};

fn release(id: u64, tag: &str) -> Value {
    json!({"id": id, "tag_name": tag, "name": "", "body": "notes", "draft": false, "prerelease": false, "author": {"id": -1, "login": "Ghost"},
        "html_url": format!("http://example.org/rpms/foo/releases/tag/{tag}"), "tarball_url": null, "created_at": "2026-01-02T03:04:05Z",
        "published_at": "0001-01-01T00:00:00Z", "assets": null})
}

#[tokio::test]
async fn projects_are_created_where_they_belong() {
    let server = Server::start().await;
    server
        .answer("POST user/repos", 201, repository("bob/new"))
        .await;
    server
        .answer("POST orgs/rpms/repos", 201, repository("rpms/new"))
        .await;
    let forge = server.forge();
    let create = |path: ProjectPath| forge.projects().create(NewProject::new(path));
    create(ProjectPath::bare("new")).await.unwrap();
    assert_eq!(
        server.last_body().await,
        json!({"name": "new", "private": false, "auto_init": false})
    );
    let full = NewProject::new(ProjectPath::new("rpms", "new"))
        .description("d")
        .private()
        .default_branch("rawhide")
        .readme();
    forge.projects().create(full).await.unwrap();
    assert_eq!(
        server.last_body().await,
        json!({"name": "new", "description": "d", "private": true, "default_branch": "rawhide", "auto_init": true, "readme": "Default"})
    );
    assert_eq!(
        server.asked().await,
        ["POST user/repos", "POST orgs/rpms/repos"]
    );
}

#[tokio::test]
async fn a_namespace_that_is_no_organisation_may_be_the_users_own() {
    let server = Server::start().await;
    for name in ["bob", "eve"] {
        server
            .answer(&format!("POST orgs/{name}/repos"), 404, missing(""))
            .await;
    }
    server
        .answer("GET user", 200, json!({"id": 3, "login": "Bob"}))
        .await;
    server
        .answer("POST user/repos", 201, repository("Bob/new"))
        .await;
    let forge = server.forge();
    let create = |owner: &str| {
        forge
            .projects()
            .create(NewProject::new(ProjectPath::new(owner, "new")))
    };
    let made = create("bob").await.unwrap();
    assert_eq!(made.path().to_string(), "Bob/new");
    let error = create("eve").await.unwrap_err();
    assert_eq!(
        (error.is_not_found(), error.resource()),
        (true, Some("eve"))
    );
    // By now it is known who the user is.
    let before = server.asked().await.len();
    create("bob").await.unwrap();
    assert_eq!(server.asked().await.len(), before + 1);
}

#[tokio::test]
async fn a_project_tells_what_it_is() {
    let server = Server::start().await;
    let mut row = repository("rpms/foo");
    row["internal"] = json!(true);
    row["open_pr_counter"] = json!(4);
    row["description"] = json!("");
    server.answer("GET repos/rpms/foo", 200, row).await;
    let project = server.project();
    let info = project.get().await.unwrap();
    assert_eq!(info.visibility, Visibility::Internal);
    assert_eq!((info.description, info.open_pull_requests), (None, Some(4)));
    assert_eq!(
        info.created_at.unwrap().to_rfc3339(),
        "2026-01-02T02:04:05+00:00"
    );
    let git = project.git_url(GitTransport::Http);
    assert_eq!(git.as_str(), format!("{}/rpms/foo.git", server.uri()));
}

#[tokio::test]
async fn a_status_is_sent_as_state_and_read_as_status() {
    let server = Server::start().await;
    let request = "POST repos/rpms/foo/statuses/abc";
    let row = json!({"id": 9, "status": "pending", "context": "ci", "description": "d", "target_url": "/rel", "creator": null});
    server.answer(request, 201, row).await;
    let project = server.project();
    let status = NewStatus::new("ci", CheckState::Running)
        .description("d")
        .url("/rel");
    let set = project.statuses().set("abc", &status).await.unwrap();
    assert_eq!(
        server.last_body().await,
        json!({"state": "pending", "context": "ci", "description": "d", "target_url": "/rel"})
    );
    assert_eq!(
        (set.state, set.sha.as_deref()),
        (CheckState::Pending, Some("abc"))
    );
    assert_eq!(set.url.as_deref(), Some("/rel"));
    let kept = project.statuses().kept("abc", &status);
    assert_eq!(kept.state, CheckState::Pending);
}

#[tokio::test]
async fn the_latest_release_takes_one_request_and_may_be_none() {
    let server = Server::start().await;
    let request = "GET repos/rpms/foo/releases?draft=false&pre-release=false&page=1&limit=1";
    server
        .answer_once(request, 200, json!([release(3, "v3")]))
        .await;
    server.answer_once(request, 200, json!([])).await;
    server.answer_once(request, 404, missing("")).await;
    let project = server.project();
    let latest = project.releases().latest().await.unwrap().unwrap();
    assert_eq!(
        (latest.tag.as_str(), latest.title, latest.author),
        ("v3", None, None)
    );
    assert_eq!(latest.published_at, None);
    assert!(project.releases().latest().await.unwrap().is_none());
    let error = project.releases().latest().await.unwrap_err();
    assert_eq!(
        (error.is_not_found(), error.resource()),
        (true, Some("rpms/foo"))
    );
    assert_eq!(server.asked().await.len(), 3);
}

#[tokio::test]
async fn a_server_that_ignores_the_filters_is_asked_for_the_latest() {
    let server = Server::start().await;
    let request = "GET repos/rpms/foo/releases?draft=false&pre-release=false&page=1&limit=1";
    let mut draft = release(4, "v4");
    draft["draft"] = json!(true);
    server.answer(request, 200, json!([draft])).await;
    server
        .answer("GET repos/rpms/foo/releases/latest", 200, release(3, "v3"))
        .await;
    let latest = server.project().releases().latest().await.unwrap();
    assert_eq!(latest.unwrap().tag, "v3");
}

#[tokio::test]
async fn releases_are_made_changed_and_deleted_by_their_tag() {
    let server = Server::start().await;
    server
        .answer("POST repos/rpms/foo/releases", 201, release(3, "epel/1"))
        .await;
    let by_tag = "repos/rpms/foo/releases/tags/epel%2F1";
    server
        .answer(&format!("GET {by_tag}"), 200, release(3, "epel/1"))
        .await;
    server
        .answer("PATCH repos/rpms/foo/releases/3", 200, release(3, "epel/1"))
        .await;
    server
        .respond(
            &format!("DELETE {by_tag}"),
            wiremock::ResponseTemplate::new(204),
        )
        .await;
    let project = server.project();
    let releases = project.releases();
    releases
        .create(NewRelease::new("epel/1").body("n").target("main").draft())
        .await
        .unwrap();
    assert_eq!(
        server.last_body().await,
        json!({"tag_name": "epel/1", "name": "epel/1", "body": "n", "target_commitish": "main", "draft": true, "prerelease": false})
    );
    let change = ReleaseChange::new().title("T").draft(false);
    releases.change("epel/1", change).await.unwrap();
    assert_eq!(
        server.last_body().await,
        json!({"name": "T", "draft": false})
    );
    // It would be taken for "leave it".
    let error = releases
        .change("epel/1", ReleaseChange::new().body(""))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ogr_core::ErrorKind::Unsupported);
    releases.delete("epel/1").await.unwrap();
    assert_eq!(server.asked().await.len(), 5);
}

#[tokio::test]
async fn an_unknown_target_of_a_release_is_named() {
    let server = Server::start().await;
    let words = r#"target "nope" not found: object does not exist [id: nope, rel_path: ]"#;
    server
        .answer("POST repos/rpms/foo/releases", 404, refused(words))
        .await;
    let project = server.project();
    let error = project
        .releases()
        .create(NewRelease::new("v1").target("nope"))
        .await
        .unwrap_err();
    assert_eq!(error.resource(), Some("rpms/foo@nope"));
}

#[tokio::test]
async fn a_comparison_comes_oldest_first_and_file_by_file() {
    let server = Server::start().await;
    let commit = |sha: &str| json!({"sha": sha, "commit": {"message": sha}, "parents": []});
    server
        .answer(
            "GET repos/rpms/foo/compare/f41...epel9%2Fnext",
            200,
            json!({"total_commits": 2, "commits": [commit("b"), commit("a")], "files": [
                {"filename": "x", "status": "modified"}, {"filename": "y", "status": "removed"},
                {"filename": "y", "status": "added"}, {"filename": "x", "status": "added"}]}),
        )
        .await;
    let project = server.project();
    let comparison = project.refs().compare("f41", "epel9/next").await.unwrap();
    let names: Vec<&str> = comparison
        .commits
        .iter()
        .map(|commit| commit.sha.as_str())
        .collect();
    assert_eq!(names, ["a", "b"]);
    let files = comparison.files.unwrap();
    assert_eq!((files.len(), files[0].path.as_str()), (1, "x"));
    assert_eq!(files[0].status, ogr_core::FileStatus::Added);
    assert_eq!((comparison.ahead_by, comparison.behind_by), (Some(2), None));
}

#[tokio::test]
async fn the_version_is_asked_for_once() {
    let server = Server::start().await;
    server
        .answer(
            "GET version",
            200,
            json!({"version": "15.0.3+gitea-1.22.0"}),
        )
        .await;
    let forge = server.forge();
    for _ in 0..2 {
        let capabilities = forge.resolve_capabilities().await.unwrap();
        assert!(!capabilities.can(Operation::ContentsCommitReset));
    }
    assert!(forge.capabilities().can(Operation::ContentsCommitReset));
    assert_eq!(server.asked().await, ["GET version"]);
    assert_eq!(server.forge_of(ForgeKind::Gitea).kind(), ForgeKind::Gitea);
}

#[tokio::test]
async fn git_needs_no_name_beside_a_token() {
    let server = Server::start().await;
    let credential = server.forge().git_credential().await.unwrap().unwrap();
    assert_eq!(credential.password.expose_secret(), "very-secret");
    assert!(!credential.username.is_empty());
    assert!(server.asked().await.is_empty());
}

#[tokio::test]
async fn a_branch_starts_at_a_branch_or_at_a_commit_each_in_its_field() {
    let server = Server::start().await;
    let row = json!({"name": "f42", "commit": {"id": "c"}, "protected": true});
    server
        .answer("POST repos/rpms/foo/branches", 201, row)
        .await;
    let project = server.project();
    let made = project
        .refs()
        .create_branch("f42", "rawhide")
        .await
        .unwrap();
    assert_eq!((made.sha.as_str(), made.protected), ("c", Some(true)));
    let by_branch = json!({"new_branch_name": "f42", "old_branch_name": "rawhide"});
    assert_eq!(server.last_body().await, by_branch);
    let sha = "a1".repeat(20);
    project.refs().create_branch("f42", &sha).await.unwrap();
    let by_commit = json!({"new_branch_name": "f42", "old_ref_name": sha});
    assert_eq!(server.last_body().await, by_commit);
}

#[tokio::test]
async fn an_empty_repository_has_no_commits_at_any_ref() {
    let server = Server::start().await;
    let request = "GET repos/rpms/foo/commits?sha=main&stat=false&verification=false&files=false&limit=50&page=1";
    server
        .answer(request, 409, refused("Git Repository is empty."))
        .await;
    let project = server.project();
    let error = project
        .refs()
        .commits("main")
        .collect_all()
        .await
        .unwrap_err();
    assert_eq!(
        (error.is_not_found(), error.resource()),
        (true, Some("rpms/foo@main"))
    );
}
