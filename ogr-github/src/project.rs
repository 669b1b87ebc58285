//! A project: the door to its areas.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use http::Method;
use ogr_core::{
    CallOptions, Contents, Error, ErrorKind, Forge, Forks, GitTransport, Operation, Page, Project,
    ProjectInfo, ProjectPath, PullRequests, Refs, Releases, Result, Statuses, http::Call,
};
use url::Url;

use crate::{GitHub, wire::Repository};

/// A repository on GitHub. All its areas are this one type.
#[derive(Debug, Clone)]
pub struct GitHubProject {
    pub(crate) forge: GitHub,
    pub(crate) owner: String,
    pub(crate) path: ProjectPath,
}

impl GitHubProject {
    pub(crate) fn new(forge: GitHub, owner: String, path: ProjectPath) -> Self {
        Self { forge, owner, path }
    }

    /// A call below `repos/OWNER/NAME`, each segment encoded whole. The resource is the project with `detail` behind it.
    pub(crate) fn call(
        &self,
        operation: Operation,
        method: Method,
        tail: &[&str],
        detail: impl fmt::Display,
    ) -> Result<Call> {
        let mut segments = vec!["repos", &self.owner, &self.path.name];
        segments.extend(tail);
        let resource = format!("{}{detail}", self.path);
        match self.forge.call(operation, method, segments) {
            Ok(call) => Ok(call.resource(resource)),
            Err(error) => Err(error.with_resource(resource)),
        }
    }

    pub(crate) fn get_call(
        &self,
        operation: Operation,
        tail: &[&str],
        detail: impl fmt::Display,
    ) -> Result<Call> {
        self.call(operation, Method::GET, tail, detail)
    }

    pub(crate) async fn repository(&self, operation: Operation) -> Result<Repository> {
        self.forge.fetch(self.get_call(operation, &[], "")?).await
    }

    /// GitHub answers 404 to a write that a credential may not do, as if the thing were not there. This looks
    /// whether it is: `tail` is where it would be read.
    pub(crate) async fn explain(&self, error: Error, tail: &[&str]) -> Error {
        if !error.is_not_found() || error.status() != Some(404) {
            return error;
        }
        let operation = error.operation().unwrap_or(Operation::ProjectsExists);
        let Ok(look) = self.get_call(operation, tail, "") else {
            return error;
        };
        match self.forge.client().send(look).await {
            Ok(_) => self.hidden(error),
            Err(_) => error,
        }
    }

    /// The error for a write that was answered 404 on something that is there.
    pub(crate) fn hidden(&self, error: Error) -> Error {
        if self.forge.client().credential().is_some() {
            error
                .with_kind(ErrorKind::PermissionDenied)
                .with_message("GitHub answers \"not found\" to whom it does not let do this")
        } else {
            error
                .with_kind(ErrorKind::Unauthenticated)
                .with_message("GitHub answers \"not found\" to a write without a credential")
        }
    }
}

#[async_trait]
impl Project for GitHubProject {
    fn forge(&self) -> Arc<dyn Forge> {
        Arc::new(self.forge.clone())
    }

    fn path(&self) -> &ProjectPath {
        &self.path
    }

    fn with(&self, options: CallOptions) -> Arc<dyn Project> {
        let mut project = self.clone();
        project.forge = self.forge.with_options(&options);
        Arc::new(project)
    }

    /// What GitHub says of it. The default branch is named for an empty repository too: GitHub knows what it will be
    /// called. [`Refs::default_branch`] tells whether it is there.
    async fn get(&self) -> Result<ProjectInfo> {
        let operation = Operation::ProjectsGet;
        let repository = self.repository(operation).await?;
        ProjectInfo::try_from(repository).map_err(|error| {
            self.forge
                .client()
                .locate(error)
                .with_operation(operation)
                .with_resource(self.path.to_string())
        })
    }

    fn web_url(&self, page: &Page) -> Url {
        let number;
        let tail: Vec<&str> = match page {
            Page::Branch(name) | Page::Tag(name) => {
                ["tree"].into_iter().chain(name.split('/')).collect()
            }
            Page::Commit(sha) => vec!["commit", sha],
            Page::File { path, at } => ["blob"]
                .into_iter()
                .chain(at.split('/'))
                .chain(path.split('/'))
                .collect(),
            Page::PullRequest(n) => {
                number = n.to_string();
                vec!["pull", &number]
            }
            Page::Issue(n) => {
                number = n.to_string();
                vec!["issues", &number]
            }
            Page::Release(tag) => ["releases", "tag"]
                .into_iter()
                .chain(tag.split('/'))
                .collect(),
            _ => Vec::new(),
        };
        self.page(&self.path.name, tail)
    }

    fn git_url(&self, transport: GitTransport) -> Url {
        let web = self.page(&format!("{}.git", self.path.name), Vec::new());
        if transport == GitTransport::Http {
            return web;
        }
        let instance = self.forge.client().instance();
        let host = instance
            .ssh_host
            .as_deref()
            .or(web.host_str())
            .unwrap_or_default();
        // Below a prefix the pages are, not the repositories.
        let below = web
            .path()
            .strip_prefix(instance.web.path())
            .unwrap_or_default();
        Url::parse(&format!("ssh://git@{host}/{below}")).unwrap_or(web)
    }

    fn forks(&self) -> &dyn Forks {
        self
    }

    fn refs(&self) -> &dyn Refs {
        self
    }

    fn contents(&self) -> &dyn Contents {
        self
    }

    fn pull_requests(&self) -> &dyn PullRequests {
        self
    }

    fn statuses(&self) -> &dyn Statuses {
        self
    }

    fn releases(&self) -> &dyn Releases {
        self
    }
}

impl GitHubProject {
    fn page(&self, name: &str, tail: Vec<&str>) -> Url {
        let mut url = self.forge.client().instance().web.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .push(&self.owner)
                .push(name)
                .extend(tail.into_iter().filter(|part| !part.is_empty()));
        }
        url
    }
}
