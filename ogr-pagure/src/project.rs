//! One project, and the door to its areas.

use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use ogr_core::{
    CallOptions, Contents, Error, ErrorKind, Forge, Forks, GitTransport, Operation, Page, Project,
    ProjectInfo, ProjectPath, PullRequests, Refs, Releases, Result, Statuses, http::Call,
};
use url::Url;

use crate::Pagure;

/// One project on a Pagure. Clones are cheap.
#[derive(Debug, Clone)]
pub struct PagureProject {
    pub(crate) forge: Pagure,
    pub(crate) path: ProjectPath,
}

impl PagureProject {
    pub(crate) fn new(forge: Pagure, path: ProjectPath) -> Self {
        Self { forge, path }
    }

    /// A call of the project's part of the API, which is about the project until something else is said.
    pub(crate) fn call<'a>(
        &'a self,
        operation: Operation,
        method: Method,
        tail: impl IntoIterator<Item = &'a str>,
    ) -> Result<Call> {
        let segments = self.path.segments().into_iter().chain(tail);
        let call = self.forge.client.call(operation, method, segments)?;
        Ok(call.resource(self.path.to_string()))
    }

    pub(crate) fn get_call<'a>(
        &'a self,
        operation: Operation,
        tail: impl IntoIterator<Item = &'a str>,
    ) -> Result<Call> {
        self.call(operation, Method::GET, tail)
    }

    /// A call of one of the project's pages that are no part of the API, and that give bytes.
    pub(crate) fn page_call<'a>(
        &'a self,
        operation: Operation,
        tail: impl IntoIterator<Item = &'a str>,
    ) -> Result<Call> {
        let segments = self.path.segments().into_iter().chain(tail);
        let client = &self.forge.client;
        let url = client
            .web_url(segments)
            .map_err(|error| client.locate(error).with_operation(operation))?;
        Ok(Call::new(operation, Method::GET, url)
            .bytes()
            .resource(self.path.to_string()))
    }

    /// An error of ogr's own about something of this project.
    pub(crate) fn error(
        &self,
        operation: Operation,
        kind: ErrorKind,
        resource: impl Into<String>,
        message: impl Into<String>,
    ) -> Error {
        self.forge.error(operation, kind, resource, message)
    }

    pub(crate) fn require(&self, operation: Operation) -> Result<()> {
        self.forge.require(operation, self.path.to_string())
    }

    /// The parts of the repository's path for git, where forks are below `forks/`.
    fn git_segments(&self) -> Vec<String> {
        let mut segments: Vec<String> = Vec::new();
        if let Some(owner) = &self.path.fork_owner {
            segments.extend(["forks".to_owned(), owner.clone()]);
        }
        segments.extend(self.path.namespace.clone());
        segments.push(format!("{}.git", self.path.name));
        segments
    }

    /// The address for git over ssh. Fedora's package sources know each user by name, all others know one named `git`.
    fn ssh_url(&self) -> Option<Url> {
        let instance = self.forge.client.instance();
        let mut url: Url = match &instance.ssh_host {
            Some(host) => format!("ssh://{host}/").parse().ok()?,
            None => format!("ssh://{}/", instance.web.host_str()?)
                .parse()
                .ok()?,
        };
        let user = match &instance.ssh_host {
            Some(_) => self.forge.known_user().map(|user| user.login),
            None => Some("git".to_owned()),
        };
        if let Some(user) = user {
            url.set_username(&user).ok()?;
        }
        url.path_segments_mut()
            .ok()?
            .clear()
            .extend(self.git_segments());
        Some(url)
    }
}

/// The parts of a ref, each to be encoded by itself: a proxy may refuse an encoded slash.
pub(crate) fn ref_parts(reference: &str) -> impl Iterator<Item = &str> {
    reference.split('/')
}

#[async_trait]
impl Project for PagureProject {
    fn forge(&self) -> Arc<dyn Forge> {
        Arc::new(self.forge.clone())
    }

    fn path(&self) -> &ProjectPath {
        &self.path
    }

    fn with(&self, options: CallOptions) -> Arc<dyn Project> {
        Arc::new(Self::new(self.forge.scoped(&options), self.path.clone()))
    }

    async fn get(&self) -> Result<ProjectInfo> {
        self.info().await
    }

    async fn exists(&self) -> Result<bool> {
        self.is_there().await
    }

    fn web_url(&self, page: &Page) -> Url {
        let number;
        let tail: Vec<&str> = match page {
            Page::Branch(name) | Page::Tag(name) | Page::Release(name) => {
                std::iter::once("tree").chain(ref_parts(name)).collect()
            }
            Page::Commit(sha) => vec!["c", sha],
            Page::File { path, at } => std::iter::once("blob")
                .chain(ref_parts(at))
                .chain(["f"])
                .chain(path.split('/').filter(|part| !part.is_empty()))
                .collect(),
            Page::PullRequest(n) => {
                number = n.to_string();
                vec!["pull-request", &number]
            }
            Page::Issue(n) => {
                number = n.to_string();
                vec!["issue", &number]
            }
            _ => Vec::new(),
        };
        let client = &self.forge.client;
        let segments = self.path.segments();
        // A name that makes no address leaves the project's own page.
        client
            .web_url(segments.iter().copied().chain(tail))
            .or_else(|_| client.web_url(segments))
            .unwrap_or_else(|_| client.instance().web.clone())
    }

    fn git_url(&self, transport: GitTransport) -> Url {
        let client = &self.forge.client;
        let url = match transport {
            GitTransport::Ssh => self.ssh_url(),
            _ => client.web_url(self.git_segments()).ok(),
        };
        url.unwrap_or_else(|| client.instance().web.clone())
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

#[cfg(test)]
mod tests {
    use ogr_core::{User, http::HttpConfig};

    use super::*;

    #[test]
    fn fedoras_host_for_git_is_told_the_users_name_once_it_is_known() {
        let web = "https://src.fedoraproject.org".parse().unwrap();
        let forge = Pagure::new(web, None, HttpConfig::default()).unwrap();
        forge.remember_user(&User::new("bob"));
        let fork = forge.project_at("fork/bob/rpms/foo".parse().unwrap());
        assert_eq!(
            fork.git_url(GitTransport::Ssh).as_str(),
            "ssh://bob@pkgs.fedoraproject.org/forks/bob/rpms/foo.git"
        );
    }
}
