//! Forks.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use http::Method;
use ogr_core::{
    ErrorKind, Forks, Listing, NewFork, Operation, Project, ProjectInfo, ProjectPath, Result,
    Users,
    http::{Effect, Paging, array},
};
use serde::{Deserialize, Serialize};

use crate::{
    GitHubProject,
    forge::PAGE,
    octocrab::{About, graphql},
    projects::same,
    wire::Repository,
};

/// The forks of a project that the viewer owns: one question, however many forks there are and whatever mine is called.
const MY_FORKS: &str = "query($owner: String!, $name: String!) { \
    repository(owner: $owner, name: $name) { \
    forks(first: 100, affiliations: [OWNER]) { nodes { nameWithOwner owner { login } } } } }";

#[derive(Deserialize)]
struct MyForks {
    repository: Option<Network>,
}

#[derive(Deserialize)]
struct Network {
    forks: Nodes,
}

#[derive(Deserialize)]
struct Nodes {
    nodes: Vec<Option<Node>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    name_with_owner: String,
    owner: Owner,
}

#[derive(Deserialize)]
struct Owner {
    login: String,
}

#[derive(Serialize)]
struct NewForkBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[async_trait]
impl Forks for GitHubProject {
    /// A fork by way of another fork counts too: GitHub gives an account one fork of all of them.
    async fn find_mine(&self) -> Result<Option<Arc<dyn Project>>> {
        let operation = Operation::ForksFindMine;
        self.forge.require(operation)?;
        let me = self
            .forge
            .whoami()
            .await
            .map_err(|error| error.with_operation(operation))?
            .login;
        // Nearly always it has the name of its parent.
        let namesake = self
            .forge
            .project_at(ProjectPath::new(&me, &self.path.name))?;
        match namesake.repository(operation).await {
            Ok(repository) if repository.is_fork_of(&self.path) => {
                let path = repository
                    .path()
                    .map_err(|error| self.forge.client().locate(error))?;
                return Ok(Some(Arc::new(self.forge.project_at(path)?)));
            }
            Ok(_) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
        match self.find_by_owner(&me).await? {
            Some(path) => Ok(Some(Arc::new(self.forge.project_at(path)?))),
            None => Ok(None),
        }
    }

    /// GitHub answers with the fork that is there when there is one already, in the same way as with a new one, and
    /// gives a new one another name where its own is taken: so there is no
    /// [`AlreadyExists`](ErrorKind::AlreadyExists), and the path of the handle is the one to go by.
    async fn create(&self, new: NewFork) -> Result<Arc<dyn Project>> {
        if new.namespace.is_some() {
            self.forge.require(Operation::ForksCreateNamespace)?;
        }
        if new.name.is_some() {
            self.forge.require(Operation::ForksCreateName)?;
        }
        let mine = match (&new.namespace, self.forge.remembered_me()) {
            (Some(namespace), Some(me)) => same(&me.login, namespace),
            (namespace, _) => namespace.is_none(),
        };
        let organisation = new.namespace.as_deref().filter(|_| !mine);
        let created = match self.fork_into(organisation, new.name.as_deref()).await {
            // A user is no organisation to GitHub, not even the one who asks.
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid)
                    && self.is_mine(organisation).await =>
            {
                self.fork_into(None, new.name.as_deref()).await?
            }
            other => other?,
        };
        let path = created
            .path()
            .map_err(|error| self.forge.client().locate(error))?;
        Ok(Arc::new(self.forge.project_at(path)?))
    }

    fn list(&self) -> Listing<ProjectInfo> {
        Listing::or_failed(self.forks_of(Operation::ForksList))
    }
}

impl GitHubProject {
    /// The oldest first, so that new ones do not shift the pages.
    fn forks_of(&self, operation: Operation) -> Result<Listing<ProjectInfo>> {
        let call = self
            .get_call(operation, &["forks"], "")?
            .query("sort", "oldest")
            .query("per_page", PAGE);
        let parent = self.path.clone();
        Ok(self.forge.client().listing(
            call,
            Paging::Link,
            move |reply| {
                array(reply, |row: Repository| {
                    let mut fork = ProjectInfo::try_from(row)?;
                    // The rows leave out what all of them have in common.
                    fork.parent.get_or_insert_with(|| parent.clone());
                    Ok(Some(fork))
                })
            },
            |fork: &ProjectInfo| fork.path.to_string(),
        ))
    }

    /// A fork that does not have its parent's name.
    async fn find_by_owner(&self, me: &str) -> Result<Option<ProjectPath>> {
        #[derive(Serialize)]
        struct Variables<'a> {
            owner: &'a str,
            name: &'a str,
        }
        let about = About {
            operation: Operation::ForksFindMine,
            effect: Effect::Read,
            resource: self.path.to_string(),
        };
        let variables = Variables {
            owner: &self.owner,
            name: &self.path.name,
        };
        let answer: Result<MyForks> =
            graphql(self.forge.client(), about, MY_FORKS, &variables).await;
        match answer {
            Ok(answer) => Ok(answer
                .repository
                .map(|network| network.forks.nodes)
                .unwrap_or_default()
                .into_iter()
                .flatten()
                .find(|node| same(&node.owner.login, me))
                .and_then(|node| node.name_with_owner.parse().ok())),
            // A gateway may let only REST through: look through all forks then.
            Err(error) if error.status() == Some(404) => {
                let mut forks = self.forks_of(Operation::ForksFindMine)?;
                while let Some(fork) = forks.try_next().await? {
                    if fork.path.namespace.as_deref().is_some_and(|n| same(n, me)) {
                        return Ok(Some(fork.path));
                    }
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Sent twice it leaves one fork, since GitHub answers the second time with the first one's.
    async fn fork_into(
        &self,
        organisation: Option<&str>,
        name: Option<&str>,
    ) -> Result<Repository> {
        let call = self
            .call(Operation::ForksCreate, Method::POST, &["forks"], "")?
            .effect(Effect::Idempotent)
            .json(&NewForkBody {
                organization: organisation,
                name,
            })?;
        self.forge.fetch(call).await
    }

    async fn is_mine(&self, namespace: Option<&str>) -> bool {
        match namespace {
            Some(namespace) => self.forge.is_me(namespace).await.unwrap_or(false),
            None => false,
        }
    }
}
