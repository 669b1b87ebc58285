//! Projects: `/orgs/{org}/repos`, `/users/{name}/repos` and `/user/repos`.

use std::sync::Arc;

use async_trait::async_trait;
use ogr_core::{
    Error, Listing, NewProject, Operation, Project, ProjectInfo, ProjectQuery, Projects, Result,
    Users,
    http::{Batch, Paging, Reply, array, page_number, rel},
};
use serde::Serialize;

use crate::{
    Forgejo,
    forge::POST,
    wire::{Repository, paged},
};

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    private: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_branch: Option<&'a str>,
    auto_init: bool,
    /// The template of the first commit's README; without a name none is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    readme: Option<&'a str>,
}

#[async_trait]
impl Projects for Forgejo {
    fn list(&self, query: ProjectQuery) -> Listing<ProjectInfo> {
        Listing::or_failed(self.projects_of(&query))
    }

    async fn create(&self, new: NewProject) -> Result<Arc<dyn Project>> {
        // The path is checked before anything is sent, its owner known or not.
        let mut path = new.path.clone();
        path.namespace.get_or_insert_with(|| "me".to_owned());
        self.at(&path)
            .map_err(|error| error.with_operation(Operation::ProjectsCreate))?;
        let Some(namespace) = new.path.namespace.as_deref() else {
            return self.create_below(&["user", "repos"], &new).await;
        };
        let is_me = |login: &str| login.eq_ignore_ascii_case(namespace);
        if self.remembered_user().is_some_and(|me| is_me(&me.login)) {
            return self.create_below(&["user", "repos"], &new).await;
        }
        let error = match self.create_below(&["orgs", namespace, "repos"], &new).await {
            Err(error) if error.is_not_found() => error,
            result => return result,
        };
        // No such organisation: it may be the credential's own user, who is asked for only now.
        if is_me(&self.whoami().await?.login) {
            return self.create_below(&["user", "repos"], &new).await;
        }
        Err(error.with_resource(namespace.to_owned()))
    }
}

impl Forgejo {
    fn projects_of(&self, query: &ProjectQuery) -> Result<Listing<ProjectInfo>> {
        let (operation, segments, of) = match query {
            ProjectQuery::Namespace(name) => (
                Operation::ProjectsListNamespace,
                ["orgs", name.as_str(), "repos"],
                name,
            ),
            ProjectQuery::User(name) => (
                Operation::ProjectsListUser,
                ["users", name.as_str(), "repos"],
                name,
            ),
            _ => {
                return Err(Error::unsupported(
                    Operation::ProjectsListNamespace,
                    "ogr does not know how to list these on Forgejo",
                ));
            }
        };
        let call = paged(self.client().get(operation, segments)?).resource(of.as_str());
        Ok(self
            .client()
            .listing(call, Paging::Numbered, repositories, |info| {
                info.path.to_string()
            }))
    }

    async fn create_below(&self, segments: &[&str], new: &NewProject) -> Result<Arc<dyn Project>> {
        let call = self
            .client()
            .call(Operation::ProjectsCreate, POST, segments)?
            .resource(new.path.to_string())
            .json(&Create {
                name: &new.path.name,
                description: new.description.as_deref(),
                private: new.private,
                default_branch: new.default_branch.as_deref(),
                auto_init: new.readme,
                readme: new.readme.then_some("Default"),
            })?;
        let reply = self.send(call).await?;
        let created: Repository = self.read(&reply)?;
        let path = self.located(created.path())?;
        Ok(Arc::new(self.at(&path)?))
    }
}

/// A page of repositories.
///
/// The server leaves out those that the reader may not see after it has cut the pages and counted: pages are short, and one
/// may be empty while others follow. The last page's number, which it counts before, tells.
fn repositories(reply: &Reply) -> Result<Batch<ProjectInfo>> {
    let mut batch = array(reply, |row: Repository| row.into_info().map(Some))?;
    let last = rel(&reply.headers, "last", &reply.url).and_then(|last| page_number(&last));
    let here = page_number(&reply.url).unwrap_or(1);
    if last.is_some_and(|last| here < last) {
        batch.rows = batch.rows.max(1);
    }
    Ok(batch)
}
