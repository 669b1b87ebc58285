//! Lists of projects, and new ones.

use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use ogr_core::{
    Error, ErrorKind, Listing, NewProject, Operation, Project, ProjectInfo, ProjectPath,
    ProjectQuery, Projects, Result, Users,
    http::{Call, Paging, array},
};
use serde::Serialize;

use crate::{GitHub, forge::PAGE, wire::Repository};

#[derive(Serialize)]
struct NewRepository<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    private: bool,
    auto_init: bool,
}

#[async_trait]
impl Projects for GitHub {
    /// Organisations are namespaces, users are not: ask for those by [`ProjectQuery::User`].
    ///
    /// GitHub tells only of the public projects of a user, except to the user: then it costs one request more, once,
    /// to know that.
    fn list(&self, query: ProjectQuery) -> Listing<ProjectInfo> {
        match query {
            ProjectQuery::Namespace(name) => Listing::or_failed(self.list_organisation(&name)),
            ProjectQuery::User(login) => {
                let me = self.remembered_me();
                if me.is_some() || self.client().credential().is_none() {
                    let mine = me.is_some_and(|me| same(&me.login, &login));
                    return Listing::or_failed(self.list_user(&login, mine));
                }
                let forge = self.clone();
                Listing::from_future(async move {
                    let mine = forge.is_me(&login).await?;
                    forge.list_user(&login, mine)
                })
            }
            _ => Listing::failed(self.client().locate(Error::unsupported(
                Operation::ProjectsListNamespace,
                "GitHub has projects of organisations and of users",
            ))),
        }
    }

    /// An empty repository on GitHub has no default branch to name: the first push does. A
    /// [`default_branch`](NewProject::default_branch) is `Unsupported` without a [`readme`](NewProject::readme).
    async fn create(&self, new: NewProject) -> Result<Arc<dyn Project>> {
        let path = &new.path;
        path.check().map_err(|error| self.client().locate(error))?;
        if path.fork_owner.is_some() || path.namespace.as_ref().is_some_and(|n| n.contains('/')) {
            return Err(self.invalid_path(path));
        }
        if new.private {
            self.require(Operation::ProjectsCreatePrivate)?;
        }
        if new.default_branch.is_some() && !new.readme {
            return Err(self.client().locate(
                Error::unsupported(
                    Operation::ProjectsCreate,
                    "the first push to an empty repository names its default branch on GitHub; ask for a README, or push that branch first",
                )
                .with_resource(path.to_string()),
            ));
        }
        let created = match &path.namespace {
            None => self.create_own(&new).await?,
            Some(owner) if self.remembers_as_me(owner) => self.create_own(&new).await?,
            // An organisation is the likelier one; asking who I am first would cost it a request.
            Some(owner) => match self.create_in(owner, &new).await {
                Err(error) if error.is_not_found() && self.is_me(owner).await.unwrap_or(false) => {
                    self.create_own(&new).await?
                }
                other => other?,
            },
        };
        let project = self.project_at(
            created
                .path()
                .map_err(|error| self.client().locate(error))?,
        )?;
        if let (Some(wanted), Some(got)) = (&new.default_branch, &created.default_branch)
            && wanted != got
        {
            #[derive(Serialize)]
            struct Rename<'a> {
                new_name: &'a str,
            }
            let call = project
                .call(
                    Operation::ProjectsCreate,
                    Method::POST,
                    &["branches", got, "rename"],
                    format_args!(" branch {got}"),
                )?
                .json(&Rename { new_name: wanted })?;
            self.client().send(call).await?;
        }
        Ok(Arc::new(project))
    }
}

impl GitHub {
    fn list_organisation(&self, name: &str) -> Result<Listing<ProjectInfo>> {
        let call = self
            .call(
                Operation::ProjectsListNamespace,
                Method::GET,
                ["orgs", name, "repos"],
            )?
            .resource(format!("organisation {name}"))
            .query("type", "all");
        Ok(self.repositories(call))
    }

    fn list_user(&self, login: &str, mine: bool) -> Result<Listing<ProjectInfo>> {
        let operation = Operation::ProjectsListUser;
        let call = if mine {
            self.call(operation, Method::GET, ["user", "repos"])?
                .query("affiliation", "owner")
        } else {
            self.call(operation, Method::GET, ["users", login, "repos"])?
                .query("type", "owner")
        };
        Ok(self.repositories(call.resource(format!("user {login}"))))
    }

    /// A list of repositories, the oldest first, so that new ones do not shift the pages.
    fn repositories(&self, call: Call) -> Listing<ProjectInfo> {
        let call = call
            .query("sort", "created")
            .query("direction", "asc")
            .query("per_page", PAGE);
        self.client().listing(
            call,
            Paging::Link,
            |reply| {
                array(reply, |row: Repository| {
                    ProjectInfo::try_from(row).map(Some)
                })
            },
            |project: &ProjectInfo| project.path.to_string(),
        )
    }

    fn remembers_as_me(&self, login: &str) -> bool {
        self.remembered_me()
            .is_some_and(|me| same(&me.login, login))
    }

    /// Whether this is the credential's user; the token of an App is none.
    pub(crate) async fn is_me(&self, login: &str) -> Result<bool> {
        match self.whoami().await {
            Ok(me) => Ok(same(&me.login, login)),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn create_own(&self, new: &NewProject) -> Result<Repository> {
        self.create_at(&["user", "repos"], new).await
    }

    async fn create_in(&self, organisation: &str, new: &NewProject) -> Result<Repository> {
        self.create_at(&["orgs", organisation, "repos"], new).await
    }

    async fn create_at(&self, segments: &[&str], new: &NewProject) -> Result<Repository> {
        let call = self
            .call(Operation::ProjectsCreate, Method::POST, segments)?
            .resource(new.path.to_string())
            .json(&NewRepository {
                name: &new.path.name,
                description: new.description.as_deref(),
                private: new.private,
                auto_init: new.readme,
            })?;
        self.fetch(call).await
    }

    fn invalid_path(&self, path: &ProjectPath) -> Error {
        self.client().locate(
            Error::new(
                ErrorKind::Invalid,
                "a project on GitHub is OWNER/NAME, or NAME for one of one's own",
            )
            .with_operation(Operation::ProjectsCreate)
            .with_resource(path.to_string()),
        )
    }
}

/// Logins are one whatever their case.
pub(crate) fn same(login: &str, other: &str) -> bool {
    login.eq_ignore_ascii_case(other)
}
