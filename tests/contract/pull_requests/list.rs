//! Listing pull requests: a query means the same everywhere.

use std::{collections::BTreeSet, sync::Arc};

use ogr::{NewPullRequest, Operation, Project, PullRequestQuery, StateFilter};

use crate::{scenario::Scenario, stage::Stage, work::Work};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::{
        PullRequestsClose, PullRequestsForCommit, PullRequestsList, PullRequestsMerge,
        PullRequestsSetLabels,
    };
    vec![
        Scenario::new(
            "pull_requests::filters_mean_the_same_everywhere",
            &[PullRequestsList, PullRequestsClose, PullRequestsMerge],
            |stage| Box::pin(filters(stage)),
        ),
        Scenario::new(
            "pull_requests::listed_by_label",
            &[PullRequestsList, PullRequestsSetLabels],
            |stage| Box::pin(by_label(stage)),
        ),
        Scenario::new(
            "pull_requests::more_than_a_page",
            &[PullRequestsList],
            |stage| Box::pin(pages(stage)),
        )
        .mock_only(),
        Scenario::new(
            "pull_requests::of_a_commit",
            &[PullRequestsForCommit],
            |stage| Box::pin(for_commit(stage)),
        ),
    ]
}

/// Opens a pull request from a new branch; its number.
pub async fn open(stage: &Stage, project: &Arc<dyn Project>, branch: &str, target: &str) -> u64 {
    let file = format!("{branch}.txt");
    stage
        .branch_with(
            &**project,
            branch,
            &format!("Change {branch}"),
            &[(&file, "x")],
        )
        .await;
    let new = NewPullRequest::new(format!("From {branch}"), branch, target);
    project.pull_requests().create(new).await.unwrap().number
}

async fn numbers(project: &Arc<dyn Project>, query: PullRequestQuery) -> BTreeSet<u64> {
    let pulls = project
        .pull_requests()
        .list(query)
        .collect_all()
        .await
        .unwrap();
    let numbers: BTreeSet<u64> = pulls.iter().map(|pull| pull.number).collect();
    assert_eq!(numbers.len(), pulls.len(), "one of them came twice");
    numbers
}

async fn filters(stage: Arc<Stage>) {
    let project = stage.project().await;
    let open_main = open(&stage, &project, "one", "main").await;
    let open_stable = open(&stage, &project, "two", "stable").await;
    let closed = open(&stage, &project, "three", "main").await;
    let merged = open(&stage, &project, "four", "main").await;
    project.pull_requests().close(closed).await.unwrap();
    stage.merge(&*project, merged).await;

    let fork = stage.fork(&*project).await;
    stage
        .branch_with(&*fork, "one", "Also one", &[("fork.txt", "f")])
        .await;
    let seen = stage.seen_by_contributor(&*project);
    let from_fork = seen
        .pull_requests()
        .create(NewPullRequest::new("By bob", "one", "main").from_project(fork.path().clone()))
        .await
        .unwrap()
        .number;

    let all = PullRequestQuery::all();
    let open = PullRequestQuery::open();
    for (query, expected) in [
        (open.clone(), vec![open_main, open_stable, from_fork]),
        (
            all.clone(),
            vec![open_main, open_stable, closed, merged, from_fork],
        ),
        (open.clone().state(StateFilter::Closed), vec![closed]),
        (open.clone().state(StateFilter::Merged), vec![merged]),
        (open.clone().author("bob"), vec![from_fork]),
        (open.clone().author("alice"), vec![open_main, open_stable]),
        (open.clone().target("stable"), vec![open_stable]),
        (open.clone().head_branch("one"), vec![open_main, from_fork]),
        (
            open.clone().head(fork.path().clone(), "one"),
            vec![from_fork],
        ),
        (
            open.clone().head(project.path().clone(), "one"),
            vec![open_main],
        ),
        (
            all.clone().target("main").author("alice"),
            vec![open_main, closed, merged],
        ),
        (open.clone().target("no-such-branch"), vec![]),
        (open.clone().head(fork.path().clone(), "two"), vec![]),
    ] {
        let found = numbers(&project, query.clone()).await;
        assert_eq!(found, expected.into_iter().collect(), "{query:?}");
    }
}

async fn by_label(stage: Arc<Stage>) {
    let project = stage.project().await;
    stage.label(&*project, "bug").await;
    stage.label(&*project, "easy").await;
    let one = open(&stage, &project, "one", "main").await;
    let two = open(&stage, &project, "two", "main").await;
    let set = project
        .pull_requests()
        .set_labels(one, &["bug", "easy"])
        .await
        .unwrap();
    assert_eq!(set.iter().collect::<BTreeSet<_>>().len(), 2);
    project
        .pull_requests()
        .set_labels(two, &["bug"])
        .await
        .unwrap();
    let query = PullRequestQuery::open();
    assert_eq!(
        numbers(&project, query.clone().label("bug")).await,
        [one, two].into()
    );
    assert_eq!(
        numbers(&project, query.clone().label("bug").label("easy")).await,
        [one].into()
    );
    assert!(
        numbers(&project, query.label("no-such-label"))
            .await
            .is_empty()
    );
    // The set replaces what was there.
    let left = project
        .pull_requests()
        .set_labels(one, &["easy"])
        .await
        .unwrap();
    assert_eq!(left, ["easy"]);
    assert_eq!(
        project.pull_requests().get(one).await.unwrap().labels,
        ["easy"]
    );
}

async fn pages(stage: Arc<Stage>) {
    let project = stage.project().await;
    stage
        .mocked()
        .seed_pull_requests(&project.path().to_string(), 251)
        .unwrap();
    let all = numbers(&project, PullRequestQuery::open()).await;
    assert_eq!(all.len(), 251);
    let first = project
        .pull_requests()
        .list(PullRequestQuery::open())
        .first()
        .await
        .unwrap()
        .unwrap();
    assert!(first.author.is_some());
}

async fn for_commit(stage: Arc<Stage>) {
    let project = stage.project().await;
    let number = open(&stage, &project, "topic", "main").await;
    let other = open(&stage, &project, "other", "main").await;
    let head = project.refs().branch("topic").await.unwrap().sha;
    let found = project.pull_requests().for_commit(&head).await.unwrap();
    let found: Vec<u64> = found.iter().map(|pull| pull.number).collect();
    assert_eq!(found, [number]);
    stage.merge(&*project, number).await;
    let work = Work::clone(&stage.git_url(&*project).await, "main");
    let merge = work.head();
    let found = project.pull_requests().for_commit(&merge).await.unwrap();
    let found: Vec<u64> = found.iter().map(|pull| pull.number).collect();
    assert_eq!(found, [number], "the merge's own commit");
    let first = work.git(&["rev-list", "--max-parents=0", "HEAD"]);
    let found = project.pull_requests().for_commit(&first).await.unwrap();
    assert!(found.iter().all(|pull| pull.number != other), "{found:?}");
}
