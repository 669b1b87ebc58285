//! Opening pull requests.

use std::sync::Arc;

use ogr::{ErrorKind, ForgeKind, NewPullRequest, Operation, PullRequestState};

use crate::{scenario::Scenario, stage::Stage};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::{
        PullRequestsCreate, PullRequestsCreateDraft, PullRequestsCreateForkToFork,
        PullRequestsCreateLabels, PullRequestsCreateUnique, PullRequestsMaintainerEdit,
    };
    vec![
        Scenario::new(
            "pull_requests::from_the_same_project",
            &[PullRequestsCreate],
            |stage| Box::pin(same_project(stage)),
        ),
        Scenario::new(
            "pull_requests::from_a_fork",
            &[PullRequestsCreate],
            |stage| Box::pin(from_fork(stage)),
        ),
        Scenario::new(
            "pull_requests::from_a_fork_to_another_fork",
            &[PullRequestsCreateForkToFork],
            |stage| Box::pin(fork_to_fork(stage)),
        ),
        Scenario::new(
            "pull_requests::a_second_one_is_refused",
            &[PullRequestsCreateUnique],
            |stage| Box::pin(second(stage)),
        ),
        Scenario::new(
            "pull_requests::a_missing_branch_is_named",
            &[PullRequestsCreate],
            |stage| Box::pin(missing_branch(stage)),
        ),
        Scenario::new(
            "pull_requests::drafts",
            &[PullRequestsCreateDraft],
            |stage| Box::pin(draft(stage)),
        ),
        Scenario::new(
            "pull_requests::opened_with_labels",
            &[PullRequestsCreateLabels],
            |stage| Box::pin(labels(stage)),
        ),
        Scenario::new(
            "pull_requests::maintainers_may_push",
            &[PullRequestsMaintainerEdit],
            |stage| Box::pin(maintainer_edit(stage)),
        ),
    ]
}

async fn same_project(stage: Arc<Stage>) {
    let project = stage.project().await;
    let tip = stage
        .branch_with(&*project, "topic", "Change", &[("a.txt", "a")])
        .await;
    let new = NewPullRequest::new("A change", "topic", "main").body("What it does\n\nand why.");
    let pull = project.pull_requests().create(new).await.unwrap();
    assert_eq!(pull.title, "A change");
    assert_eq!(pull.body.as_deref(), Some("What it does\n\nand why."));
    assert_eq!(pull.state, PullRequestState::Open);
    assert_eq!(pull.author.as_ref().unwrap().login, "alice");
    assert_eq!(pull.head.branch, "topic");
    assert_eq!(pull.head.project.as_ref(), Some(project.path()));
    assert_eq!(pull.base.branch, "main");
    assert!(pull.web_url.starts_with(stage.url()), "{}", pull.web_url);
    assert!(pull.created_at.is_some());
    let read = project.pull_requests().get(pull.number).await.unwrap();
    assert_eq!(read.head.sha.as_deref(), Some(tip.as_str()));
    assert_eq!(read.number, pull.number);
}

async fn from_fork(stage: Arc<Stage>) {
    let project = stage.project().await;
    let fork = stage.fork(&*project).await;
    let tip = stage
        .branch_with(&*fork, "topic/with-slash", "Change", &[("a.txt", "a")])
        .await;
    let seen = stage.seen_by_contributor(&*project);
    let new = NewPullRequest::new("From a fork", "topic/with-slash", "main")
        .from_project(fork.path().clone());
    let made = seen.pull_requests().create(new).await.unwrap();
    let pull = project.pull_requests().get(made.number).await.unwrap();
    assert_eq!(pull.author.as_ref().unwrap().login, "bob");
    assert_eq!(pull.head.branch, "topic/with-slash");
    assert!(
        pull.head.project.as_ref().unwrap().is_same(fork.path()),
        "{pull:?}"
    );
    assert!(
        pull.base.project.as_ref().unwrap().is_same(project.path()),
        "{pull:?}"
    );
    assert_eq!(pull.head.sha.as_deref(), Some(tip.as_str()));
}

async fn fork_to_fork(stage: Arc<Stage>) {
    let project = stage.project().await;
    let fork = stage.fork(&*project).await;
    let stranger = stage.stranger().project(project.path()).unwrap();
    let other = ogr::workflow::ensure_fork(stranger).await.unwrap().value;
    if stage.kind() == ForgeKind::Pagure {
        // Forks have pull requests off there until they are told otherwise.
        let path = format!("{}/options/update", other.path());
        let request = ogr::http::RawRequest::post(path).form([("pull_requests", "true")]);
        other.forge().raw(request).await.unwrap();
    }
    stage
        .branch_with(&*fork, "topic", "Change", &[("a.txt", "a")])
        .await;
    let target = stage.contributor().project(other.path()).unwrap();
    let new =
        NewPullRequest::new("Between forks", "topic", "main").from_project(fork.path().clone());
    let made = match target.pull_requests().create(new).await {
        // Forgejo wants a direct fork or parent, and says so.
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            assert!(
                matches!(stage.kind(), ForgeKind::Forgejo | ForgeKind::Gitea),
                "{error}"
            );
            return;
        }
        other => other.unwrap(),
    };
    let pull = other.pull_requests().get(made.number).await.unwrap();
    assert!(
        pull.head.project.as_ref().unwrap().is_same(fork.path()),
        "{pull:?}"
    );
    assert!(
        pull.base.project.as_ref().unwrap().is_same(other.path()),
        "{pull:?}"
    );
}

async fn second(stage: Arc<Stage>) {
    let project = stage.project().await;
    stage
        .branch_with(&*project, "topic", "Change", &[("a.txt", "a")])
        .await;
    let new = NewPullRequest::new("A change", "topic", "main");
    project.pull_requests().create(new.clone()).await.unwrap();
    let error = project.pull_requests().create(new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    // Another target is another pull request.
    let other = NewPullRequest::new("A change", "topic", "stable");
    project.pull_requests().create(other).await.unwrap();
}

async fn missing_branch(stage: Arc<Stage>) {
    let project = stage.project().await;
    let new = NewPullRequest::new("A change", "no-such-branch", "main");
    let error = project.pull_requests().create(new).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid),
        "{error}"
    );
    let gone = stage
        .owner()
        .project(&ogr::ProjectPath::new("rpms", "there-is-none-of-this-name"))
        .unwrap();
    let error = gone
        .pull_requests()
        .create(NewPullRequest::new("A change", "topic", "main"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(
        error.to_string().contains("there-is-none-of-this-name"),
        "{error}"
    );
}

async fn draft(stage: Arc<Stage>) {
    let project = stage.project().await;
    stage
        .branch_with(&*project, "topic", "Change", &[("a.txt", "a")])
        .await;
    let new = NewPullRequest::new("A change", "topic", "main").draft();
    let made = project.pull_requests().create(new).await.unwrap();
    let pull = project.pull_requests().get(made.number).await.unwrap();
    // An old Gitea does not say it.
    let unsaid = stage.kind() == ForgeKind::Gitea && pull.draft.is_none();
    assert!(unsaid || pull.draft == Some(true), "{pull:?}");
    assert!(pull.title.ends_with("A change"), "{}", pull.title);
}

async fn labels(stage: Arc<Stage>) {
    let project = stage.project().await;
    stage.label(&*project, "bug").await;
    stage
        .branch_with(&*project, "topic", "Change", &[("a.txt", "a")])
        .await;
    let new = NewPullRequest::new("A change", "topic", "main").label("bug");
    let pull = project.pull_requests().create(new).await.unwrap();
    assert_eq!(pull.labels, ["bug"]);
}

async fn maintainer_edit(stage: Arc<Stage>) {
    let project = stage.project().await;
    let fork = stage.fork(&*project).await;
    stage
        .branch_with(&*fork, "topic", "Change", &[("a.txt", "a")])
        .await;
    let seen = stage.seen_by_contributor(&*project);
    let new = NewPullRequest::new("A change", "topic", "main")
        .from_project(fork.path().clone())
        .maintainer_edit(true);
    let pull = seen.pull_requests().create(new).await.unwrap();
    let read = seen.pull_requests().get(pull.number).await.unwrap();
    assert_eq!(read.maintainer_edit, Some(true));
}
