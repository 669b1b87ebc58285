//! Forks.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use http::Method;
use ogr_core::{Error, Forks, Listing, NewFork, Operation, Project, ProjectInfo, Result, Users};
use serde::Serialize;

use crate::{project::GitLabProject, wire::ProjectRow};

#[derive(Serialize)]
struct ForkBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace_path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
}

impl GitLabProject {
    fn listing_of_forks(&self, operation: Operation, mine: bool) -> Listing<ProjectInfo> {
        let first = self.own(operation, Method::GET, &["forks"]).map(|call| {
            if mine {
                call.query("owned", "true")
            } else {
                call
            }
        });
        self.gitlab.listing_of_projects(first)
    }
}

#[async_trait]
impl Forks for GitLabProject {
    async fn find_mine(&self) -> Result<Option<Arc<dyn Project>>> {
        const OPERATION: Operation = Operation::ForksFindMine;
        let me = self.gitlab.whoami().await?;
        // GitLab finds them by their parent, whatever their names. Forks in groups that I own are not *mine*.
        let mut forks = self.listing_of_forks(OPERATION, true);
        while let Some(fork) = forks.try_next().await? {
            let owner = fork.path.namespace.as_deref();
            if owner.is_some_and(|owner| owner.eq_ignore_ascii_case(&me.login)) {
                return Ok(Some(Arc::new(self.gitlab.handle(fork.path))));
            }
        }
        Ok(None)
    }

    async fn create(&self, new: NewFork) -> Result<Arc<dyn Project>> {
        const OPERATION: Operation = Operation::ForksCreate;
        self.gitlab.require(OPERATION)?;
        let call = self
            .own(OPERATION, Method::POST, &["fork"])?
            .json(&ForkBody {
                namespace_path: new.namespace.as_deref(),
                name: new.name.as_deref(),
                path: new.name.as_deref(),
            })?;
        let named = |error: Error| match &new.namespace {
            Some(namespace) if error.is_not_found() && error.message().contains("Namespace") => {
                error.with_resource(namespace.clone())
            }
            _ => error,
        };
        let reply = self.gitlab.client.send(call).await.map_err(named)?;
        let row: ProjectRow = reply.json()?;
        self.gitlab.learn(&row);
        Ok(Arc::new(self.gitlab.handle(row.path())))
    }

    fn list(&self) -> Listing<ProjectInfo> {
        self.listing_of_forks(Operation::ForksList, false)
    }
}
