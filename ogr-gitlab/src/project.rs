//! A project of a GitLab, and the door to its areas.

use std::sync::Arc;

use async_trait::async_trait;
use gitlab::api::{Endpoint, projects};
use http::Method;
use ogr_core::{
    CallOptions, Contents, Error, Forge, Forks, GitTransport, Operation, Page, Project,
    ProjectInfo, ProjectPath, PullRequests, Refs, Releases, Result, Statuses, http::Call,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::{GitLab, endpoint, wire::ProjectRow};

/// What may stand in a part of a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A project of a GitLab.
#[derive(Debug, Clone)]
pub struct GitLabProject {
    pub(crate) gitlab: GitLab,
    pub(crate) path: ProjectPath,
}

impl GitLabProject {
    /// The path as GitLab wants it, before it is encoded.
    pub(crate) fn id(&self) -> String {
        self.path.to_string()
    }

    /// A part of this project, for messages.
    pub(crate) fn part(&self, part: impl std::fmt::Display) -> String {
        format!("{}{part}", self.path)
    }

    /// An endpoint of the `gitlab` crate as a call about this project.
    pub(crate) fn call(
        &self,
        operation: Operation,
        endpoint: Result<impl Endpoint, impl std::fmt::Display>,
    ) -> Result<Call> {
        let resource = self.id();
        let place = |error: Error| {
            let error = self.gitlab.client.locate(error).with_operation(operation);
            match error.resource() {
                Some(_) => error,
                None => error.with_resource(resource.clone()),
            }
        };
        let endpoint = endpoint
            .map_err(|error| endpoint::invalid(operation, &error))
            .map_err(place)?;
        let call = endpoint::call(&self.gitlab.client, operation, &endpoint).map_err(place)?;
        Ok(call.resource(resource))
    }

    /// A call below this project that the `gitlab` crate has no endpoint for.
    pub(crate) fn own(&self, operation: Operation, method: Method, below: &[&str]) -> Result<Call> {
        let id = self.id();
        let segments = ["projects", id.as_str()]
            .into_iter()
            .chain(below.iter().copied());
        Ok(self
            .gitlab
            .client
            .call(operation, method, segments)?
            .resource(id.clone()))
    }

    /// Completes an error that was found without a request.
    pub(crate) fn locate(&self, error: Error, operation: Operation) -> Error {
        self.gitlab.client.locate(error).with_operation(operation)
    }

    /// What GitLab says of it.
    pub(crate) async fn row(&self, operation: Operation) -> Result<ProjectRow> {
        let id = self.id();
        let call = self.call(operation, projects::Project::builder().project(&id).build())?;
        let row: ProjectRow = self.gitlab.client.send(call).await?.json()?;
        self.gitlab.learn(&row);
        Ok(row)
    }

    /// Its number, for what takes no path. It costs a request unless an answer told it before.
    pub(crate) async fn number(&self, operation: Operation) -> Result<u64> {
        match self.gitlab.memo.id(self.gitlab.identity(), &self.path) {
            Some(id) => Ok(id),
            None => Ok(self.row(operation).await?.id),
        }
    }

    /// A page of the project; its front page where no address can be made.
    fn page(&self, rest: &[&str]) -> Url {
        let front = self.path.segments();
        let client = &self.gitlab.client;
        client
            .web_url(front.iter().chain(rest))
            .or_else(|_| client.web_url(&front))
            .unwrap_or_else(|_| client.instance().web.clone())
    }

    /// The address of a merge request's page.
    pub(crate) fn pull_request_url(&self, number: u64) -> Url {
        self.page(&["-", "merge_requests", &number.to_string()])
    }
}

impl GitLab {
    /// Remembers which number a project has.
    pub(crate) fn learn(&self, row: &ProjectRow) {
        self.memo.is_project(self.identity(), row.id, row.path());
    }
}

#[async_trait]
impl Project for GitLabProject {
    fn forge(&self) -> Arc<dyn Forge> {
        Arc::new(self.gitlab.clone())
    }

    fn path(&self) -> &ProjectPath {
        &self.path
    }

    fn with(&self, options: CallOptions) -> Arc<dyn Project> {
        let gitlab = GitLab {
            client: self.gitlab.client.with(&options),
            memo: Arc::clone(&self.gitlab.memo),
        };
        Arc::new(gitlab.handle(self.path.clone()))
    }

    async fn get(&self) -> Result<ProjectInfo> {
        let row = self.row(Operation::ProjectsGet).await?;
        Ok(row.into_info(self.gitlab.is_anonymous()))
    }

    async fn exists(&self) -> Result<bool> {
        match self.row(Operation::ProjectsExists).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn web_url(&self, page: &Page) -> Url {
        let below = |place: &'static str, name: &str, path: &str| {
            let parts = name.split('/').chain(path.split('/'));
            let parts = parts.filter(|part| !part.is_empty());
            self.page(&["-", place].into_iter().chain(parts).collect::<Vec<_>>())
        };
        match page {
            Page::Branch(name) => below("tree", name, ""),
            Page::Tag(name) => below("tags", name, ""),
            Page::Commit(sha) => below("commit", sha, ""),
            Page::File { path, at } => below("blob", at, path),
            Page::PullRequest(number) => self.pull_request_url(*number),
            Page::Issue(number) => self.page(&["-", "issues", &number.to_string()]),
            // The tag of a release is one part of the path here, whatever slashes it has.
            Page::Release(tag) => self.page(&["-", "releases", tag]),
            _ => self.page(&[]),
        }
    }

    fn git_url(&self, transport: GitTransport) -> Url {
        let instance = self.gitlab.client.instance();
        let mut segments: Vec<String> = self.path.segments().into_iter().map(Into::into).collect();
        if let Some(name) = segments.last_mut() {
            name.push_str(".git");
        }
        let url = match transport {
            GitTransport::Ssh => {
                let host = instance
                    .ssh_host
                    .as_deref()
                    .or(instance.web.host_str())
                    .unwrap_or_default();
                let path: Vec<String> = segments
                    .iter()
                    .map(|segment| utf8_percent_encode(segment, SEGMENT).to_string())
                    .collect();
                format!("ssh://git@{host}/{}", path.join("/")).parse().ok()
            }
            _ => self.gitlab.client.web_url(&segments).ok(),
        };
        url.unwrap_or_else(|| self.page(&[]))
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
