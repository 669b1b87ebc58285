//! Forks: `/repos/{owner}/{name}/forks`.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use ogr_core::{
    ErrorKind, Forks, Listing, NewFork, Operation, Project, ProjectInfo, ProjectPath, Result,
    Users, http::Paging,
};
use serde::Serialize;

use crate::{
    ForgejoProject,
    forge::{GET, POST},
    wire::{Repository, counted, paged},
};

#[derive(Serialize)]
struct Create<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[async_trait]
impl Forks for ForgejoProject {
    async fn find_mine(&self) -> Result<Option<Arc<dyn Project>>> {
        let me = self.forgejo().whoami().await?.login;
        let same_name = ProjectPath::new(&me, &self.path().name);
        if !same_name.is_same(self.path()) {
            let namesake = self.forgejo().at(&same_name)?;
            match namesake.repository(Operation::ForksFindMine).await {
                // After a rename the answer names another path, hence the answer's own.
                Ok(fork) if fork.parent().is_some_and(|it| it.is_same(self.path())) => {
                    return self.handle(&self.forgejo().located(fork.path())?).map(Some);
                }
                Ok(_) => {}
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        // It may have another name, or its parent has been renamed.
        let mut forks = Listing::or_failed(self.all_forks(Operation::ForksFindMine));
        while let Some(fork) = forks.try_next().await? {
            let owner = fork.path.namespace.as_deref().unwrap_or_default();
            if owner.eq_ignore_ascii_case(&me) {
                return self.handle(&fork.path).map(Some);
            }
        }
        Ok(None)
    }

    async fn create(&self, new: NewFork) -> Result<Arc<dyn Project>> {
        let operation = Operation::ForksCreate;
        self.forgejo().require(operation)?;
        // The server fails on names that it does not allow, instead of saying so.
        if let Some(name) = &new.name
            && !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        {
            return Err(self.error(
                operation,
                self.path().to_string(),
                ErrorKind::Invalid,
                format!("{name:?} cannot be the name of a fork: letters, digits, '-', '_' and '.'"),
            ));
        }
        let call = self.call(operation, POST, ["forks"])?.json(&Create {
            organization: new.namespace.as_deref(),
            name: new.name.as_deref(),
        })?;
        let reply =
            self.send(call)
                .await
                .map_err(|error| match (&new.namespace, error.status()) {
                    (Some(namespace), Some(422)) if error.is_not_found() => {
                        error.with_resource(namespace.clone())
                    }
                    _ => error,
                })?;
        let fork: Repository = self.forgejo().read(&reply)?;
        self.handle(&self.forgejo().located(fork.path())?)
    }

    fn list(&self) -> Listing<ProjectInfo> {
        Listing::or_failed(self.all_forks(Operation::ForksList))
    }
}

impl ForgejoProject {
    fn all_forks(&self, operation: Operation) -> Result<Listing<ProjectInfo>> {
        let call = paged(self.call(operation, GET, ["forks"])?);
        Ok(self.client().listing(
            call,
            Paging::Numbered,
            |reply| counted(reply, |row: Repository| row.into_info().map(Some)),
            |info| info.path.to_string(),
        ))
    }

    fn handle(&self, path: &ProjectPath) -> Result<Arc<dyn Project>> {
        Ok(Arc::new(self.forgejo().at(path)?))
    }
}
