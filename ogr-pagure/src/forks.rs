//! Forks: one for each user, at a place that follows from the parent's.

use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use ogr_core::{
    Forks, Listing, NewFork, Operation, Project, ProjectInfo, ProjectPath, Result, Users,
    http::{Effect, Paging},
};

use serde::Deserialize;

use crate::{
    PagureProject,
    projects::{PAGE_SIZE, project_page},
    wire::ProjectWire,
};

#[derive(Debug, Deserialize)]
struct ForkedWire {
    message: Option<String>,
}

impl ForkedWire {
    /// Whose fork it is: `Repo "rpms/foo" cloned to "bob/rpms/foo"`.
    fn owner(&self) -> Option<&str> {
        let place = self.message.as_deref()?.split('"').nth(3)?;
        place.split('/').next().filter(|owner| !owner.is_empty())
    }
}

impl PagureProject {
    /// Where the fork of a user is, whatever it was forked from.
    fn fork_path(&self, owner: &str) -> ProjectPath {
        self.path.fork_of(owner)
    }

    fn list_forks(&self) -> Result<Listing<ProjectInfo>> {
        let mut call = self
            .forge
            .client
            .get(Operation::ForksList, ["projects"])?
            .query("fork", "true")
            .query("pattern", &self.path.name)
            .query("per_page", PAGE_SIZE)
            .resource(self.path.to_string());
        if let Some(namespace) = &self.path.namespace {
            call = call.query("namespace", namespace);
        }
        let forge = self.forge.clone();
        let parent = self.path.clone();
        Ok(self.forge.client.listing(
            call,
            Paging::Numbered,
            // Forks of other projects may have the same name, and forks of forks do.
            move |reply| {
                project_page(&forge, reply, |fork| {
                    fork.parent.as_ref().is_some_and(|of| of.is_same(&parent))
                })
            },
            |fork| fork.path.to_string(),
        ))
    }
}

#[async_trait]
impl Forks for PagureProject {
    async fn find_mine(&self) -> Result<Option<Arc<dyn Project>>> {
        let operation = Operation::ForksFindMine;
        let me = self.forge.whoami().await?;
        let fork = self.forge.project_at(self.fork_path(&me.login));
        let call = fork.get_call(operation, [])?;
        match self.forge.client.send(call).await {
            Ok(reply) => {
                // I may have forked somebody's fork of the same project: that one stands at the same place.
                let wire: ProjectWire = reply.json()?;
                let is_mine = wire
                    .parent
                    .is_some_and(|parent| parent.path().is_same(&self.path));
                Ok(is_mine.then(|| Arc::new(fork) as Arc<dyn Project>))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create(&self, new: NewFork) -> Result<Arc<dyn Project>> {
        let operation = Operation::ForksCreate;
        if new.namespace.is_some() {
            self.require(Operation::ForksCreateNamespace)?;
        }
        if new.name.is_some_and(|name| name != self.path.name) {
            self.require(Operation::ForksCreateName)?;
        }
        let mut form = vec![("repo", self.path.name.as_str()), ("wait", "true")];
        if let Some(namespace) = &self.path.namespace {
            form.push(("namespace", namespace));
        }
        if let Some(owner) = &self.path.fork_owner {
            form.push(("username", owner));
        }
        let call = self
            .forge
            .client
            .call(operation, Method::POST, ["fork"])?
            .effect(Effect::Create)
            .resource(self.path.to_string())
            .form(form);
        let answer: ForkedWire = self.forge.client.send(call).await?.json()?;
        let fork = match answer.owner() {
            Some(owner) => self.fork_path(owner),
            None => self.fork_path(&self.forge.whoami().await?.login),
        };
        Ok(Arc::new(self.forge.project_at(fork)))
    }

    fn list(&self) -> Listing<ProjectInfo> {
        Listing::or_failed(self.list_forks())
    }
}
