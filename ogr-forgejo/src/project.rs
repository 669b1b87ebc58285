//! One repository of a Forgejo or Gitea instance.

use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use ogr_core::{
    CallOptions, Contents, Error, ErrorKind, Forge, Forks, GitTransport, Operation, Page, Project,
    ProjectInfo, ProjectPath, PullRequests, Refs, Releases, Result, Statuses,
    http::{Call, Client, Reply},
};
use url::Url;

use crate::{Forgejo, forge::GET, wire};

/// One repository, and all its areas.
#[derive(Debug, Clone)]
pub struct ForgejoProject {
    forge: Forgejo,
    path: ProjectPath,
}

impl ForgejoProject {
    pub(crate) fn new(forge: Forgejo, path: &ProjectPath) -> Result<Self> {
        forge.located(path.check())?;
        if path.fork_owner.is_some() || path.segments().len() != 2 {
            return Err(forge.client().locate(
                Error::new(
                    ErrorKind::Invalid,
                    "a project of Forgejo has an owner and a name, and nothing else",
                )
                .with_resource(path.to_string()),
            ));
        }
        Ok(Self {
            forge,
            path: path.clone(),
        })
    }

    pub(crate) fn forgejo(&self) -> &Forgejo {
        &self.forge
    }

    pub(crate) fn client(&self) -> &Client {
        self.forge.client()
    }

    pub(crate) fn owner(&self) -> &str {
        self.path.namespace.as_deref().unwrap_or_default()
    }

    /// A call below `repos/{owner}/{name}`, about the project until something else is said.
    pub(crate) fn call<'a>(
        &'a self,
        operation: Operation,
        method: Method,
        below: impl IntoIterator<Item = &'a str>,
    ) -> Result<Call> {
        let start = ["repos", self.owner(), &self.path.name];
        let call = self
            .client()
            .call(operation, method, start.into_iter().chain(below))?;
        Ok(call.resource(self.path.to_string()))
    }

    pub(crate) async fn send(&self, call: Call) -> Result<Reply> {
        self.client().send(call).await
    }

    /// A name for something in this project: `rpms/foo branch x`.
    pub(crate) fn named(&self, what: &str, name: &str) -> String {
        format!("{} {what} {name}", self.path)
    }

    /// A name for a commit or ref of this project: `rpms/foo@x`.
    pub(crate) fn at(&self, reference: &str) -> String {
        format!("{}@{reference}", self.path)
    }

    /// An error of this project that was found before or after a request.
    pub(crate) fn error(
        &self,
        operation: Operation,
        resource: impl Into<String>,
        kind: ErrorKind,
        message: impl Into<String>,
    ) -> Error {
        self.forge.error(operation, resource, kind, message)
    }

    pub(crate) async fn repository(&self, operation: Operation) -> Result<wire::Repository> {
        let call = self.call(operation, GET, [])?;
        let reply = self.send(call).await?;
        self.forge.read(&reply)
    }

    /// Whether a commit is there. It is asked where the server fails instead of saying that it is not.
    pub(crate) async fn has_commit(&self, operation: Operation, sha: &str) -> Result<bool> {
        let call = self
            .call(operation, GET, ["git", "commits", sha])?
            .resource(self.at(sha))
            .query("stat", "false")
            .query("verification", "false")
            .query("files", "false");
        match self.send(call).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Project for ForgejoProject {
    fn forge(&self) -> Arc<dyn Forge> {
        Arc::new(self.forge.clone())
    }

    fn path(&self) -> &ProjectPath {
        &self.path
    }

    fn with(&self, options: CallOptions) -> Arc<dyn Project> {
        Arc::new(Self {
            forge: self.forge.scoped(&options),
            path: self.path.clone(),
        })
    }

    async fn get(&self) -> Result<ProjectInfo> {
        let repository = self.repository(Operation::ProjectsGet).await?;
        self.forge.located(repository.into_info())
    }

    fn web_url(&self, page: &Page) -> Url {
        let number;
        let below: Vec<&str> = match page {
            Page::Branch(name) => join(&["src", "branch"], name),
            Page::Tag(name) => join(&["src", "tag"], name),
            Page::Commit(sha) => join(&["commit"], sha),
            // Whether this is a branch or a tag is for the server to find out: it redirects to the right page.
            Page::File { path, at } if !is_commit(at) => {
                let mut parts = join(&["src"], at);
                parts.extend(segments(path));
                parts
            }
            Page::File { path, at } => {
                let mut parts = join(&["src", "commit"], at);
                parts.extend(segments(path));
                parts
            }
            Page::PullRequest(n) => {
                number = n.to_string();
                vec!["pulls", &number]
            }
            Page::Issue(n) => {
                number = n.to_string();
                vec!["issues", &number]
            }
            Page::Release(tag) => join(&["releases", "tag"], tag),
            _ => Vec::new(),
        };
        let front = [self.owner(), self.path.name.as_str()];
        let web = |below: &[&str]| {
            self.client()
                .web_url(front.iter().chain(below.iter()).copied())
        };
        // A name that makes no address leads to the project.
        web(&below)
            .or_else(|_| web(&[]))
            .unwrap_or_else(|_| self.client().instance().web.clone())
    }

    fn git_url(&self, transport: GitTransport) -> Url {
        let instance = self.client().instance();
        let name = format!("{}.git", self.path.name);
        let http = self
            .client()
            .web_url([self.owner(), name.as_str()])
            .unwrap_or_else(|_| instance.web.clone());
        match transport {
            GitTransport::Ssh => {
                let host = instance
                    .ssh_host
                    .as_deref()
                    .or(instance.web.host_str())
                    .unwrap_or_default();
                format!("ssh://git@{host}/{}/{name}", self.owner())
                    .parse()
                    .unwrap_or(http)
            }
            _ => http,
        }
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

/// Whether a ref is the full name of a commit.
pub(crate) fn is_commit(reference: &str) -> bool {
    matches!(reference.len(), 40 | 64) && reference.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

/// Parts of an address and behind them those of a name, whose slashes part it on Forgejo's pages.
fn join<'a>(start: &[&'a str], name: &'a str) -> Vec<&'a str> {
    start.iter().copied().chain(segments(name)).collect()
}

#[cfg(test)]
mod tests {
    use ogr_core::{ForgeKind, http::HttpConfig, registry::Backend};

    use super::*;
    use crate::ForgejoBackend;

    fn forge() -> Forgejo {
        let web = "https://example.org:3000/git".parse().unwrap();
        let instance = ForgejoBackend.instance(ForgeKind::Forgejo, web);
        Forgejo::new(instance, None, HttpConfig::default()).unwrap()
    }

    #[test]
    fn knows_its_pages() {
        let project = forge().at(&ProjectPath::new("rpms", "foo")).unwrap();
        let base = "https://example.org:3000/git/rpms/foo";
        let sha = "919de83d8db120c6c2f3d9b3204bf45f2c422150";
        let file = |at: &str| Page::File {
            path: "a b/ü#.txt".into(),
            at: at.into(),
        };
        for (page, below) in [
            (Page::Project, String::new()),
            (
                Page::Branch("epel9/next".into()),
                "/src/branch/epel9/next".into(),
            ),
            (Page::Tag("v1".into()), "/src/tag/v1".into()),
            (Page::Commit(sha.into()), format!("/commit/{sha}")),
            (file("main"), "/src/main/a%20b/%C3%BC%23.txt".into()),
            (file(sha), format!("/src/commit/{sha}/a%20b/%C3%BC%23.txt")),
            (Page::PullRequest(7), "/pulls/7".into()),
            (Page::Issue(8), "/issues/8".into()),
            (Page::Release("v1?".into()), "/releases/tag/v1%3F".into()),
            (Page::Branch("../../admin".into()), String::new()),
        ] {
            assert_eq!(project.web_url(&page).as_str(), format!("{base}{below}"));
        }
        assert_eq!(
            project.git_url(GitTransport::Http).as_str(),
            format!("{base}.git")
        );
        assert_eq!(
            project.git_url(GitTransport::Ssh).as_str(),
            "ssh://git@example.org/rpms/foo.git"
        );
    }

    #[test]
    fn refuses_paths_that_it_cannot_have() {
        let bare = ProjectPath::bare("foo");
        let nested = ProjectPath::new("group/sub", "foo");
        let fork = ProjectPath::new("rpms", "foo").fork_of("bob");
        let climbing = ProjectPath::new("..", "foo");
        for path in [bare, nested, fork, climbing] {
            let error = forge().at(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{path}");
        }
    }
}
