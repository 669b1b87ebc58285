//! Projects: read, list and create them.

use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use ogr_core::{
    Error, ErrorKind, GitTransport, Listing, NewProject, Operation, Outcome, Page, Project,
    ProjectInfo, ProjectPath, ProjectQuery, Projects, Result, Users, Visibility,
    http::{Batch, Effect, Paging, Reply},
};
use serde::Deserialize;

use crate::{
    Pagure, PagureProject,
    wire::{Pagination, ProjectWire, or_default},
};

/// The largest page that Pagure gives.
pub(crate) const PAGE_SIZE: &str = "100";

#[derive(Debug, Deserialize)]
struct ProjectsWire {
    #[serde(default, deserialize_with = "or_default")]
    projects: Vec<ProjectWire>,
    pagination: Option<Pagination>,
    total_projects: Option<u64>,
}

/// The answer to a request that creates a project.
#[derive(Debug, Deserialize)]
struct CreatedWire {
    message: Option<String>,
}

impl CreatedWire {
    /// Where the project landed: `Project "alice/secret" created`.
    fn path(&self) -> Option<ProjectPath> {
        let quoted = self.message.as_deref()?.split('"').nth(1)?;
        quoted.parse().ok()
    }
}

impl PagureProject {
    /// What the forge says of the project.
    ///
    /// Pagure shows private projects to nobody here, not even to their owner, but it tells their addresses for git to
    /// those who may see them: what is told there and not here is private.
    pub(crate) async fn info(&self) -> Result<ProjectInfo> {
        let operation = Operation::ProjectsGet;
        let client = &self.forge.client;
        let missing = match client.send(self.get_call(operation, [])?).await {
            Ok(reply) => return Ok(project_info(&self.forge, &reply.json()?)),
            Err(error) => error,
        };
        let is_hidden = missing.is_not_found() && client.credential().is_some();
        if !is_hidden {
            return Err(missing);
        }
        match client.send(self.addresses(operation)?).await {
            Ok(_) => {
                let mut info = self.forge.bare_info(self.path.clone());
                info.visibility = Visibility::Private;
                Ok(info)
            }
            Err(error) if error.is_not_found() => Err(missing),
            Err(error) => Err(error),
        }
    }

    /// Whether the project is there, private or not.
    pub(crate) async fn is_there(&self) -> Result<bool> {
        let call = self.addresses(Operation::ProjectsExists)?;
        match self.forge.client.send(call).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Asks for the addresses for git, which is the one read that takes note of the token.
    fn addresses(&self, operation: Operation) -> Result<ogr_core::http::Call> {
        self.get_call(operation, ["git", "urls"])
    }
}

impl Pagure {
    /// What is known of a project without asking.
    fn bare_info(&self, path: ProjectPath) -> ProjectInfo {
        let project = self.project_at(path.clone());
        let mut info = ProjectInfo::new(path, project.web_url(&Page::Project).to_string());
        info.http_url = Some(project.git_url(GitTransport::Http).to_string());
        info.ssh_url = Some(project.git_url(GitTransport::Ssh).to_string());
        info.is_fork = Some(info.path.fork_owner.is_some());
        info
    }
}

/// What an answer says of a project.
pub(crate) fn project_info(forge: &Pagure, wire: &ProjectWire) -> ProjectInfo {
    let mut info = forge.bare_info(wire.path());
    info.id = wire.id();
    info.description = wire.description.clone();
    // A private project is not found where this answer comes from.
    info.visibility = Visibility::Public;
    if let Some(url) = &wire.full_url {
        info.web_url = url.clone();
    }
    info.parent = wire.parent.as_ref().map(|parent| parent.path());
    info.is_fork = Some(wire.parent.is_some() || info.path.fork_owner.is_some());
    info.created_at = wire.date_created;
    info.updated_at = wire.date_modified;
    info
}

/// A page of projects; `wanted` says which rows to take.
pub(crate) fn project_page(
    forge: &Pagure,
    reply: &Reply,
    wanted: impl Fn(&ProjectInfo) -> bool,
) -> Result<Batch<ProjectInfo>> {
    let page: ProjectsWire = reply.json()?;
    let rows = page.projects.len();
    let items = page
        .projects
        .iter()
        .map(|wire| project_info(forge, wire))
        .filter(wanted)
        .collect();
    Ok(Batch::new(items, rows)
        .pages(page.pagination.and_then(|pagination| pagination.pages))
        .total(page.total_projects))
}

#[async_trait]
impl Projects for Pagure {
    fn list(&self, query: ProjectQuery) -> Listing<ProjectInfo> {
        Listing::or_failed(self.list_projects(query))
    }

    async fn create(&self, new: NewProject) -> Result<Arc<dyn Project>> {
        let operation = if new.private {
            Operation::ProjectsCreatePrivate
        } else {
            Operation::ProjectsCreate
        };
        let resource = new.path.to_string();
        self.check(&new.path, operation)?;
        if new.path.fork_owner.is_some() {
            let why = "a fork is made by forking";
            return Err(self.error(operation, ErrorKind::Invalid, resource, why));
        }
        if new.private {
            self.check_private(&new.path, &resource).await?;
        }
        let created = self.send_project(operation, &new, &resource).await?;
        let project = self.project_at(created.path().unwrap_or(new.path));
        if new.private && self.is_public(operation, &project).await? {
            // Some instances know no private projects, and say nothing when one is asked for.
            let why = "this Pagure has no private projects: the project was created, for everybody to see";
            return Err(self
                .error(operation, ErrorKind::Unsupported, resource, why)
                .with_outcome(Outcome::Unknown));
        }
        Ok(Arc::new(project))
    }
}

impl Pagure {
    fn list_projects(&self, query: ProjectQuery) -> Result<Listing<ProjectInfo>> {
        let (operation, field, name) = match query {
            ProjectQuery::Namespace(name) => (Operation::ProjectsListNamespace, "namespace", name),
            ProjectQuery::User(login) => (Operation::ProjectsListUser, "owner", login),
            other => {
                let why = "Pagure lists the projects of a namespace or a user";
                let resource = format!("{other:?}");
                return Err(self.error(
                    Operation::ProjectsListNamespace,
                    ErrorKind::Unsupported,
                    resource,
                    why,
                ));
            }
        };
        // An empty name would list everything, and one with a mark before it everything else.
        if name.is_empty() || name.starts_with('!') {
            let resource = format!("{name:?}");
            let why = "this is no name of a namespace or a user";
            return Err(self.error(operation, ErrorKind::Invalid, resource, why));
        }
        let mut call = self
            .client
            .get(operation, ["projects"])?
            .query(field, &name)
            .query("per_page", PAGE_SIZE)
            .resource(&name);
        if operation == Operation::ProjectsListNamespace {
            // The forks of a namespace's projects carry its name as well, and are not in it.
            call = call.query("fork", "false");
        }
        let forge = self.clone();
        Ok(self.client.listing(
            call,
            Paging::Numbered,
            move |reply| project_page(&forge, reply, |_| true),
            |info| info.path.to_string(),
        ))
    }

    /// Refuses a private project in a place where Pagure would not put it: it goes to the user's own namespace, whatever was asked.
    async fn check_private(&self, path: &ProjectPath, resource: &str) -> Result<()> {
        let Some(namespace) = &path.namespace else {
            return Ok(());
        };
        if self.whoami().await?.login == *namespace {
            return Ok(());
        }
        Err(self.error(
            Operation::ProjectsCreatePrivate,
            ErrorKind::Unsupported,
            resource,
            "a private project on Pagure lives in its user's own namespace",
        ))
    }

    async fn send_project(
        &self,
        operation: Operation,
        new: &NewProject,
        resource: &str,
    ) -> Result<CreatedWire> {
        let description = match &new.description {
            Some(text) if !text.trim().is_empty() => text,
            // Pagure demands one.
            _ => &new.path.name,
        };
        let mut form = vec![
            ("name", new.path.name.as_str()),
            ("description", description.as_str()),
            ("wait", "true"),
        ];
        if let Some(namespace) = &new.path.namespace {
            form.push(("namespace", namespace));
        }
        if let Some(branch) = &new.default_branch {
            form.push(("default_branch", branch));
        }
        if new.private {
            form.push(("private", "true"));
        }
        if new.readme {
            form.push(("create_readme", "true"));
        }
        let call = self
            .client
            .call(operation, Method::POST, ["new"])?
            .effect(Effect::Create)
            .resource(resource)
            .form(form);
        let reply = self.client.send(call).await.map_err(closed_namespace)?;
        reply.json()
    }

    async fn is_public(&self, operation: Operation, project: &PagureProject) -> Result<bool> {
        match self.client.send(project.get_call(operation, [])?).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Pagure calls a namespace that is not there, or not open to this user, a bad choice.
fn closed_namespace(error: Error) -> Error {
    let is_namespace = error.kind() == ErrorKind::Invalid
        && error.message().contains("namespace: Not a valid choice");
    if is_namespace {
        error
            .with_kind(ErrorKind::PermissionDenied)
            .with_message("there is no such namespace, or it is not open to this user")
    } else {
        error
    }
}
