//! The recorded writes, made again.

use ogr_core::{
    Forge, Merge, NewFork, NewProject, NewPullRequest, NewRelease, NewStatus, ProjectPath,
    PullRequestChange, PullRequestState,
};

use crate::{Recorded, Recordings, SHA, WEB, assert_pull, assert_same_form, project, serve};

#[tokio::test]
async fn requests_are_those_that_were_recorded() {
    let Some(recordings) = Recordings::open() else {
        return;
    };
    let check = |wire: &Recorded, name: &str, but: &[&str]| {
        let sent = wire.sent();
        let last = sent.iter().rfind(|sent| sent.method == "POST").unwrap();
        assert_same_form(last, recordings.get(name), but);
    };
    let fork: ProjectPath = "fork/bob/rpms/foo".parse().unwrap();

    let (forge, wire) = recordings.serve(&["project_create_rpms_foo"]);
    let new = NewProject::new(ProjectPath::new("rpms", "foo")).description("The foo rpms");
    forge.projects().create(new).await.unwrap();
    check(&wire, "project_create_rpms_foo", &["wait"]);

    let (foo, wire) = recordings.project("rpms/foo", &["fork_create"]);
    let forked = foo.forks().create(NewFork::new()).await.unwrap();
    assert_eq!(*forked.path(), fork);
    check(&wire, "fork_create", &["wait"]);

    let (foo, wire) = recordings.project("rpms/foo", &["branch_create", "branches_with_commits"]);
    // The recorded list of branches is older than the branch.
    let created = foo.refs().create_branch("f40", "rawhide").await;
    assert!(created.unwrap_err().is_not_found());
    check(&wire, "branch_create", &[]);

    let (foo, wire) = recordings.project("rpms/foo", &["tag_create_with_commits"]);
    let new = NewRelease::new("v1.3").body("Release 1.3").target(SHA);
    let release = foo.releases().create(new).await.unwrap();
    assert_eq!(release.sha.as_deref(), Some(SHA));
    check(&wire, "tag_create_with_commits", &[]);

    let (foo, wire) = recordings.project("rpms/foo", &["pr_create_from_fork"]);
    let new = NewPullRequest::new("Bump to 1.1", "pr-1", "rawhide")
        .from_project(fork)
        .body("Body of pr-1");
    let pull = foo.pull_requests().create(new).await.unwrap();
    assert_pull(&pull, &recordings.get("pr_create_from_fork")["body"]);
    check(&wire, "pr_create_from_fork", &[]);

    let (foo, wire) = recordings.project("rpms/foo", &["pr_create_same_repo"]);
    let new = NewPullRequest::new("Feature x", "feature/x", "rawhide").body("x");
    let pull = foo.pull_requests().create(new).await.unwrap();
    assert_pull(&pull, &recordings.get("pr_create_same_repo")["body"]);
    check(&wire, "pr_create_same_repo", &[]);

    let (foo, wire) = recordings.project("rpms/foo", &["pr_edit"]);
    let change = PullRequestChange::new().title("New title").body("New body");
    let pull = foo.pull_requests().change(1, change).await.unwrap();
    assert_pull(&pull, &recordings.get("pr_edit")["body"]);
    check(&wire, "pr_edit", &[]);

    let names = ["pr_comment", "pr_get_for_commit"];
    let (foo, wire) = recordings.project("rpms/foo", &names);
    let comment = foo.pull_requests().comment(1, "Looks good").await.unwrap();
    assert_eq!(comment.id, "1");
    assert_eq!(comment.author.unwrap().login, "alice");
    check(&wire, "pr_comment", &[]);

    let (foo, wire) = recordings.project("rpms/foo", &["commit_flag_status_failure"]);
    let status = NewStatus::failure("ci-failure")
        .description("Build started")
        .url("https://ci.example.org/b/1");
    let set = foo.statuses().set(SHA, &status).await.unwrap();
    assert_eq!(set.id.as_deref(), Some("st-failure"));
    check(&wire, "commit_flag_status_failure", &["uid"]);

    let names = ["pr_merge_no_body", "pr_get_merged"];
    let (foo, wire) = recordings.project("rpms/foo", &names);
    foo.pull_requests().merge(1, Merge::new()).await.unwrap();
    check(&wire, "pr_merge_no_body", &[]);

    // Answers to the same read, before and after.
    let mut open = recordings.get("pr_create_third").clone();
    open["method"] = "GET".into();
    open["path"] = "/api/0/rpms/foo/pull-request/3".into();
    let exchanges = [
        open,
        recordings.get("pr_close").clone(),
        recordings.get("pr_get_closed").clone(),
    ];
    let (forge, wire) = serve(&exchanges, WEB);
    let closed = project(&forge, "rpms/foo")
        .pull_requests()
        .close(3)
        .await
        .unwrap();
    assert_eq!(closed.state, PullRequestState::Closed);
    check(&wire, "pr_close", &[]);
}
