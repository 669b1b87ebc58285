//! Forks: found by their parent, created once, usable when they are said to be.

use std::sync::Arc;

use ogr::{ErrorKind, NewFork, NewProject, Operation, ProjectPath, workflow};

use crate::{
    scenario::Scenario,
    stage::{Stage, unique},
};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::{ForksCreate, ForksCreateName, ForksFindMine, ForksList};
    vec![
        Scenario::new(
            "forks::a_fork_is_made_found_and_listed",
            &[ForksCreate, ForksList],
            |stage| Box::pin(made_found_listed(stage)),
        ),
        Scenario::new("forks::a_fork_knows_its_parent", &[ForksCreate], |stage| {
            Box::pin(knows_its_parent(stage))
        }),
        Scenario::new(
            "forks::a_second_fork_is_refused_or_the_same",
            &[ForksCreate],
            |stage| Box::pin(second(stage)),
        ),
        Scenario::new(
            "forks::a_project_of_the_same_name_is_no_fork",
            &[ForksFindMine, ForksCreateName],
            |stage| Box::pin(same_name(stage)),
        ),
        Scenario::new("forks::ensure_fork_converges", &[ForksCreate], |stage| {
            Box::pin(converges(stage))
        }),
        Scenario::new(
            "forks::many_workers_make_one_fork",
            &[ForksCreate],
            |stage| Box::pin(many_workers(stage)),
        ),
    ]
}

async fn made_found_listed(stage: Arc<Stage>) {
    let project = stage.project().await;
    let seen = stage.seen_by_contributor(&*project);
    assert!(seen.forks().find_mine().await.unwrap().is_none());
    assert!(seen.forks().list().collect_all().await.unwrap().is_empty());
    let fork = stage.fork(&*project).await;
    let found = seen.forks().find_mine().await.unwrap().unwrap();
    assert_eq!(found.path(), fork.path());
    let listed = project.forks().list().collect_all().await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert!(listed[0].path.is_same(fork.path()), "{listed:?}");
    // Nobody else has one.
    let other = stage.stranger().project(project.path()).unwrap();
    assert!(other.forks().find_mine().await.unwrap().is_none());
}

async fn knows_its_parent(stage: Arc<Stage>) {
    let project = stage.project().await;
    let fork = stage.fork(&*project).await;
    let info = fork.get().await.unwrap();
    assert_eq!(info.is_fork, Some(true));
    assert!(info.parent.unwrap().is_same(project.path()));
    // What the parent has, the fork has.
    let tip = project.refs().branch("main").await.unwrap();
    assert_eq!(fork.refs().branch("main").await.unwrap().sha, tip.sha);
}

async fn second(stage: Arc<Stage>) {
    let project = stage.project().await;
    let fork = stage.fork(&*project).await;
    let seen = stage.seen_by_contributor(&*project);
    // GitHub answers with the fork that is there; the others refuse.
    match seen.forks().create(NewFork::new()).await {
        Ok(same) => assert_eq!(same.path(), fork.path()),
        Err(error) => assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}"),
    }
    assert_eq!(project.forks().list().collect_all().await.unwrap().len(), 1);
}

async fn same_name(stage: Arc<Stage>) {
    let project = stage.project().await;
    let contributor = stage.contributor();
    let me = contributor.users().whoami().await.unwrap().login;
    let mine = ProjectPath::new(&me, &project.path().name);
    contributor
        .projects()
        .create(NewProject::new(mine.clone()).description("Mine"))
        .await
        .unwrap();
    let seen = stage.seen_by_contributor(&*project);
    assert!(seen.forks().find_mine().await.unwrap().is_none());
    // A fork by another name is found all the same.
    let name = unique("fork");
    let fork = seen
        .forks()
        .create(NewFork::new().name(&name))
        .await
        .unwrap();
    assert_eq!(fork.path().name, name);
    let found = seen.forks().find_mine().await.unwrap().unwrap();
    assert_eq!(found.path(), fork.path());
}

async fn converges(stage: Arc<Stage>) {
    let project = stage.project().await;
    let seen = stage.seen_by_contributor(&*project);
    let plan = workflow::EnsureFork::of(seen.clone()).plan().await.unwrap();
    assert_eq!(plan.writes().len(), 1);
    drop(plan);
    let first = workflow::ensure_fork(seen.clone()).await.unwrap();
    assert_eq!(first.change, workflow::Change::Created);
    assert_eq!(
        first.value.refs().branch("main").await.unwrap().sha,
        project.refs().branch("main").await.unwrap().sha
    );
    let second = workflow::ensure_fork(seen.clone()).await.unwrap();
    assert_eq!(second.change, workflow::Change::Unchanged);
    assert_eq!(second.value.path(), first.value.path());
    let plan = workflow::EnsureFork::of(seen).plan().await.unwrap();
    assert!(plan.writes().is_empty());
}

async fn many_workers(stage: Arc<Stage>) {
    let project = stage.project().await;
    let seen = stage.seen_by_contributor(&*project);
    let workers = (0..4).map(|_| workflow::ensure_fork(seen.clone()));
    let forks = futures_util::future::join_all(workers).await;
    let mut created = 0;
    for fork in forks {
        let fork = fork.unwrap();
        created += usize::from(fork.change == workflow::Change::Created);
    }
    assert_eq!(created, 1);
    assert_eq!(project.forks().list().collect_all().await.unwrap().len(), 1);
}
