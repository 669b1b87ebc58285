//! Projects: the lists of them, and new ones.

use std::sync::Arc;

use async_trait::async_trait;
use gitlab::api::{
    Endpoint, common::VisibilityLevel, groups::projects::GroupProjects, namespaces::Namespace,
    projects::CreateProject, users::UserProjects,
};
use ogr_core::{
    Error, ErrorKind, Listing, NewProject, Operation, Project, ProjectInfo, ProjectQuery, Projects,
    Result, http::Call,
};
use serde::Deserialize;

use crate::{GitLab, endpoint, forge::check, paging, wire::ProjectRow};

#[derive(Deserialize)]
struct NamespaceRow {
    id: u64,
}

impl GitLab {
    fn about(
        &self,
        operation: Operation,
        resource: &str,
        endpoint: Result<impl Endpoint, impl std::fmt::Display>,
    ) -> Result<Call> {
        endpoint
            .map_err(|error| endpoint::invalid(operation, &error))
            .and_then(|endpoint| endpoint::call(&self.client, operation, &endpoint))
            .map(|call| call.resource(resource))
            .map_err(|error| self.client.locate(error).with_resource(resource))
    }

    /// A list of projects; each is remembered by its number.
    pub(crate) fn listing_of_projects(&self, first: Result<Call>) -> Listing<ProjectInfo> {
        let gitlab = self.clone();
        let anonymous = self.is_anonymous();
        paging::numbered(
            &self.client,
            first,
            move |row: ProjectRow| {
                gitlab.learn(&row);
                Ok(Some(row.into_info(anonymous)))
            },
            |info| info.path.to_string(),
        )
    }
}

#[async_trait]
impl Projects for GitLab {
    fn list(&self, query: ProjectQuery) -> Listing<ProjectInfo> {
        let first = match query {
            ProjectQuery::Namespace(group) => {
                let operation = Operation::ProjectsListNamespace;
                // Projects of other groups that are shared with this one are not its own.
                let endpoint = GroupProjects::builder()
                    .group(&group)
                    .include_subgroups(false)
                    .with_shared(false)
                    .build();
                check_namespace(operation, &group)
                    .map_err(|error| self.client.locate(error))
                    .and_then(|()| self.about(operation, &group, endpoint))
            }
            ProjectQuery::User(login) => {
                let operation = Operation::ProjectsListUser;
                let endpoint = UserProjects::builder().user(&login).build();
                check_namespace(operation, &login)
                    .map_err(|error| self.client.locate(error))
                    .and_then(|()| self.about(operation, &login, endpoint))
            }
            _ => Err(self.client.locate(Error::unsupported(
                Operation::ProjectsListNamespace,
                "this backend does not know the query",
            ))),
        };
        self.listing_of_projects(first)
    }

    async fn create(&self, new: NewProject) -> Result<Arc<dyn Project>> {
        const OPERATION: Operation = Operation::ProjectsCreate;
        self.require(OPERATION)?;
        // Without a namespace it becomes the user's own, of whatever name.
        let checked = match &new.path.namespace {
            Some(_) => check(&new.path),
            None => new.path.check(),
        };
        checked.map_err(|error| self.client.locate(error).with_operation(OPERATION))?;
        let resource = new.path.to_string();
        let mut builder = CreateProject::builder();
        builder
            .name(new.path.name.as_str())
            .path(new.path.name.as_str())
            .visibility(if new.private {
                VisibilityLevel::Private
            } else {
                VisibilityLevel::Public
            });
        if let Some(namespace) = &new.path.namespace {
            // It takes the number of the namespace alone.
            let endpoint = Namespace::builder().namespace(namespace.as_str()).build();
            let call = self.about(OPERATION, namespace, endpoint)?;
            let row: NamespaceRow = self.client.send(call).await?.json()?;
            builder.namespace_id(row.id);
        }
        if let Some(description) = &new.description {
            builder.description(description.as_str());
        }
        if let Some(branch) = &new.default_branch {
            builder.default_branch(branch.as_str());
        }
        if new.readme {
            builder.initialize_with_readme(true);
        }
        let call = self.about(OPERATION, &resource, builder.build())?;
        let row: ProjectRow = self.client.send(call).await?.json()?;
        self.learn(&row);
        Ok(Arc::new(self.handle(row.path())))
    }
}

/// Refuses what cannot be the path of a group or the name of a user.
fn check_namespace(operation: Operation, namespace: &str) -> Result<()> {
    if namespace
        .split('/')
        .all(|part| !matches!(part, "" | "." | "..") && !part.contains(char::is_control))
    {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Invalid,
        "the path of a group has a part that is empty, or would climb",
    )
    .with_operation(operation)
    .with_resource(format!("{namespace:?}")))
}
