//! How many requests each operation takes: the column "min", and not one more.

use std::sync::Arc;

use ogr::Operation;

use crate::{scenario::Scenario, stage::Stage};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "economy::reading_a_project_takes_one_request",
            &[Operation::ProjectsGet],
            |stage| Box::pin(project(stage)),
        )
        .mock_only(),
    ]
}

async fn project(stage: Arc<Stage>) {
    let project = stage.project().await;
    let (info, count) = stage.count(project.get()).await;
    info.unwrap();
    assert_eq!(count, 1);
    let (there, count) = stage.count(project.exists()).await;
    assert!(there.unwrap());
    assert_eq!(count, 1);
}
