//! Projects: read, list, create.

use std::sync::Arc;

use ogr::{ErrorKind, NewProject, Operation, ProjectPath, ProjectQuery, Visibility};

use crate::{
    scenario::Scenario,
    stage::{NAMESPACE, Stage, unique},
};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::{ProjectsCreate, ProjectsGet, ProjectsListNamespace};
    vec![
        Scenario::new("projects::a_project_is_read", &[ProjectsGet], |stage| {
            Box::pin(read(stage))
        }),
        Scenario::new(
            "projects::a_missing_project_is_named",
            &[ProjectsGet],
            |stage| Box::pin(missing(stage)),
        ),
        Scenario::new(
            "projects::a_namespace_is_listed",
            &[ProjectsListNamespace],
            |stage| Box::pin(listed(stage)),
        ),
        Scenario::new(
            "projects::a_project_is_created_once",
            &[ProjectsCreate],
            |stage| Box::pin(created_once(stage)),
        ),
    ]
}

async fn read(stage: Arc<Stage>) {
    let project = stage.project().await;
    let info = project.get().await.unwrap();
    assert_eq!(&info.path, project.path());
    assert_eq!(info.visibility, Visibility::Public);
    assert_eq!(info.is_fork, Some(false));
    assert_eq!(info.parent, None);
    assert!(
        info.web_url.contains(&project.path().name),
        "{}",
        info.web_url
    );
    if let Some(branch) = &info.default_branch {
        assert_eq!(branch, "main");
    }
    assert_eq!(info.description.as_deref(), Some("A project for a test"));
}

async fn missing(stage: Arc<Stage>) {
    let path = ProjectPath::new(NAMESPACE, "there-is-none-of-this-name");
    let project = stage.owner().project(&path).unwrap();
    assert!(!project.exists().await.unwrap());
    let error = project.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.to_string().contains(&path.to_string()), "{error}");
    let there = stage.empty_project().await;
    assert!(there.exists().await.unwrap());
}

async fn listed(stage: Arc<Stage>) {
    let project = stage.project().await;
    let query = ProjectQuery::namespace(NAMESPACE);
    let all = stage
        .owner()
        .projects()
        .list(query)
        .collect_all()
        .await
        .unwrap();
    assert!(
        all.iter().any(|info| &info.path == project.path()),
        "{all:?}"
    );
}

async fn created_once(stage: Arc<Stage>) {
    let owner = stage.owner();
    let path = ProjectPath::new(NAMESPACE, unique("new"));
    let new = NewProject::new(path.clone()).description("What it is about");
    let project = owner.projects().create(new.clone()).await.unwrap();
    assert_eq!(project.path(), &path);
    assert_eq!(
        project.get().await.unwrap().description.as_deref(),
        Some("What it is about")
    );
    let error = owner.projects().create(new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
}
