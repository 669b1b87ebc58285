//! One request to GitLab: who asks, about which project, with which parameters.

use super::auth;
use super::params::Params;
use super::problem::Problem;
use super::view::{View, segment};
use crate::dialect::{Caller, Request};
use crate::git::Repository;
use crate::hub::Hub;
use crate::state::{Access, Project, ProjectId, State};

/// A request being answered.
pub(super) struct Call<'a> {
    pub(super) hub: &'a Hub,
    pub(super) request: &'a Request,
    pub(super) caller: Option<Caller>,
    pub(super) params: Params,
    pub(super) view: View,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        hub: &'a Hub,
        request: &'a Request,
        caller: Option<Caller>,
    ) -> Result<Self, Problem> {
        Ok(Self {
            hub,
            request,
            caller,
            params: Params::read(request)?,
            view: View::new(hub),
        })
    }

    /// Who asks, if anyone.
    pub(super) fn login(&self) -> Option<&str> {
        self.caller.as_ref().map(|caller| caller.login.as_str())
    }

    /// Who asks; nobody may not.
    pub(super) fn signed_in(&self) -> Result<&str, Problem> {
        self.login().ok_or_else(Problem::unauthorized)
    }

    /// What the caller may do with a project, their token considered.
    pub(super) fn access(&self, state: &State, project: &Project) -> Option<Access> {
        let token = self
            .caller
            .as_ref()
            .and_then(|caller| caller.token.as_ref());
        // A project's own token is a stranger everywhere else.
        let login = self.login().filter(|_| auth::works_on(token, project.id));
        state.access(login, project)
    }

    pub(super) fn allows(&self, state: &State, project: &Project, level: Access) -> bool {
        self.access(state, project) >= Some(level)
    }

    /// The project of this number or full path. Strangers are not told of private ones, and what
    /// moved is redirected if it is only read.
    pub(super) fn project(&self, id: &str) -> Result<ProjectId, Problem> {
        let state = self.hub.state();
        let visible = |project: &&Project| {
            self.access(&state, project).is_some() && !self.hub.still_missing(project)
        };
        let missing = || Problem::not_found("Project");
        if let Ok(number) = id.parse::<ProjectId>() {
            let project = state.projects.get(&number).filter(visible);
            return project.map(|project| project.id).ok_or_else(missing);
        }
        if !id.contains('/') {
            return Err(missing());
        }
        if let Some(project) = state.project(id).filter(visible) {
            return Ok(project.id);
        }
        let moved = state
            .moved_project(id)
            .filter(visible)
            .ok_or_else(missing)?;
        if self.request.method != http::Method::GET {
            let words = "Non GET methods are not allowed for moved projects";
            return Err(Problem::message(405, words));
        }
        Err(Problem::moved(self.url_by_number(moved.id)))
    }

    /// This request's URL with the project's number in place of its path.
    fn url_by_number(&self, id: ProjectId) -> String {
        let tail = self.request.raw_path.split('/').skip(5);
        let mut url = format!("{}/projects/{id}", self.view.api);
        for part in tail {
            url.push('/');
            url.push_str(part);
        }
        if !self.request.raw_query.is_empty() {
            url.push('?');
            url.push_str(&self.request.raw_query);
        }
        url
    }

    /// Looks at a project that [`project`](Self::project) found.
    pub(super) fn look<'s>(&self, state: &'s State, id: ProjectId) -> Result<&'s Project, Problem> {
        let project = state.projects.get(&id);
        project
            .filter(|project| self.access(state, project).is_some())
            .ok_or_else(|| Problem::not_found("Project"))
    }

    /// Refuses everyone who may not do this much: strangers with a 401, the others with a 403.
    pub(super) fn entitled(&self, id: ProjectId, level: Access) -> Result<&str, Problem> {
        let login = self.signed_in()?;
        let state = self.hub.state();
        let project = self.look(&state, id)?;
        if self.allows(&state, project, level) {
            Ok(login)
        } else {
            Err(Problem::forbidden())
        }
    }

    /// The same for what changes the project: nobody changes an archived one.
    pub(super) fn writer(&self, id: ProjectId, level: Access) -> Result<&str, Problem> {
        let login = self.entitled(id, level)?;
        let state = self.hub.state();
        if self.look(&state, id)?.archived {
            return Err(Problem::forbidden());
        }
        Ok(login)
    }

    /// Refuses guests, who see that the project is there but not its code. Who may read it as
    /// the public may is no guest.
    pub(super) fn may_read_code(&self, id: ProjectId) -> Result<(), Problem> {
        let state = self.hub.state();
        let project = self.look(&state, id)?;
        if self.allows(&state, project, Access::Read) {
            Ok(())
        } else {
            Err(Problem::forbidden())
        }
    }

    /// The project's repository, for those who may read it.
    pub(super) async fn repository(&self, id: ProjectId) -> Result<Repository, Problem> {
        self.may_read_code(id)?;
        Ok(self.hub.repository(id).await?)
    }

    /// The project's default branch, whether it exists or not.
    pub(super) fn default_branch(&self, id: ProjectId) -> Result<String, Problem> {
        let state = self.hub.state();
        Ok(self.look(&state, id)?.default_branch.clone())
    }

    /// The root of a project's pages.
    pub(super) fn page(&self, id: ProjectId) -> Result<String, Problem> {
        let state = self.hub.state();
        Ok(self.view.page(&self.look(&state, id)?.path()))
    }
}

/// The path of a URL below the API, from decoded segments.
pub(super) fn encoded(segments: &[&str]) -> String {
    let parts: Vec<String> = segments.iter().map(|part| segment(part)).collect();
    parts.join("/")
}

/// The commit that a name means: a branch, a tag or a sha, or a full ref name.
pub(super) async fn find_commit(
    repository: &Repository,
    name: &str,
) -> Result<Option<String>, Problem> {
    let hex = name.len() >= 4 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if name.len() == 40 && hex {
        return Ok(repository.resolve(name).await?);
    }
    for full in [format!("refs/heads/{name}"), format!("refs/tags/{name}")] {
        if let Some(sha) = repository.resolve(&full).await? {
            return Ok(Some(sha));
        }
    }
    if hex || name == "HEAD" || name.starts_with("refs/") {
        return Ok(repository.resolve(name).await?);
    }
    Ok(None)
}
