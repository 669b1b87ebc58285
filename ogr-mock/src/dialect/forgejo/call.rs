//! One request: who asks, about which project, and what they may.

use super::body::Body;
use super::flavour::Flavour;
use super::problem::Problem;
use crate::dialect::{Caller, Request};
use crate::git::Repository;
use crate::hub::Hub;
use crate::state::{Access, Project, ProjectId, State};

/// A request being answered.
pub(super) struct Call<'a> {
    pub(super) hub: &'a Hub,
    pub(super) request: &'a Request,
    pub(super) caller: Option<Caller>,
    pub(super) flavour: Flavour,
    /// The root of the web pages.
    pub(super) web: &'a str,
    /// The root of the API.
    pub(super) api: String,
}

/// Where a project is.
pub(super) enum Place {
    Here(ProjectId),
    /// It has this path now.
    Moved(String),
}

impl<'a> Call<'a> {
    pub(super) fn new(
        hub: &'a Hub,
        request: &'a Request,
        caller: Option<Caller>,
        flavour: Flavour,
    ) -> Self {
        Self {
            hub,
            request,
            caller,
            flavour,
            web: hub.base_url(),
            api: format!("{}/api/v1", hub.base_url()),
        }
    }

    /// Who asks, if anyone.
    pub(super) fn login(&self) -> Option<&str> {
        self.caller.as_ref().map(|caller| caller.login.as_str())
    }

    /// Who asks; nobody may not.
    pub(super) fn signed_in(&self) -> Result<&str, Problem> {
        self.login().ok_or_else(Problem::token_required)
    }

    /// The body; `structure` is Go's name for what it is read into.
    pub(super) fn body(&self, structure: &'static str) -> Result<Body, Problem> {
        Body::read(self.request, structure)
    }

    /// Refuses a token without any of these scope categories, for reading or writing by the method.
    pub(super) fn scoped(&self, categories: &[&str]) -> Result<(), Problem> {
        let token = self
            .caller
            .as_ref()
            .and_then(|caller| caller.token.as_ref());
        let Some(token) = token else {
            return Ok(());
        };
        let writes = !matches!(self.request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        let level = if writes { "write" } else { "read" };
        let held = |category: &&str| {
            token.has_scope("all")
                || token.has_scope(&format!("write:{category}"))
                || (!writes && token.has_scope(&format!("read:{category}")))
        };
        if categories.iter().any(held) {
            return Ok(());
        }
        let needed: Vec<String> = categories
            .iter()
            .map(|category| format!("{level}:{category}"))
            .collect();
        Err(Problem::new(
            403,
            format!(
                "token does not have at least one of required scope(s): [{}]",
                needed.join(" ")
            ),
        ))
    }

    /// What the caller may do in a project: a token bound to another one is nobody's there, and one for
    /// public things alone does not see the rest.
    pub(super) fn access(&self, state: &State, project: &Project) -> Option<Access> {
        let token = self
            .caller
            .as_ref()
            .and_then(|caller| caller.token.as_ref());
        let elsewhere = token.is_some_and(|token| {
            let bound = token.project.is_some_and(|bound| bound != project.id);
            let public_only = token.scopes.iter().any(|scope| scope == "public-only");
            bound || (public_only && project.private && !self.flavour.gitea)
        });
        let login = if elsewhere { None } else { self.login() };
        state.access(login, project)
    }

    pub(super) fn may(&self, state: &State, project: &Project, level: Access) -> bool {
        self.access(state, project) >= Some(level)
    }

    /// The project at this path, which those without rights are not told of.
    pub(super) fn project(&self, owner: &str, name: &str) -> Result<Place, Problem> {
        let path = format!("{owner}/{name}");
        let state = self.hub.state();
        let visible = |project: &&Project| {
            self.access(&state, project).is_some() && !self.hub.still_missing(project)
        };
        if let Some(project) = state.project(&path).filter(visible) {
            return Ok(Place::Here(project.id));
        }
        if let Some(moved) = state.moved_project(&path).filter(visible) {
            return Ok(Place::Moved(moved.path()));
        }
        if state.account(owner).is_none() {
            let reason = format!("user redirect does not exist [name: {owner}]");
            return Err(Problem::NotFound("GetUserByName".to_owned(), vec![reason]));
        }
        Err(Problem::not_found())
    }

    /// Refuses where there are no pull requests: they are switched off, or there is no commit yet.
    pub(super) fn takes_pulls(&self, id: ProjectId) -> Result<(), Problem> {
        let state = self.hub.state();
        let project = state.visible_id(self.login(), id)?;
        if project.has_pull_requests && project.pushed_at.is_some() {
            Ok(())
        } else {
            Err(Problem::not_found())
        }
    }

    /// Who may push to a project.
    pub(super) fn writer(&self, id: ProjectId) -> Result<&str, Problem> {
        self.with_access(id, Access::Write, Problem::needs_write)
    }

    /// Who may change a project's settings.
    pub(super) fn admin(&self, id: ProjectId) -> Result<&str, Problem> {
        self.with_access(id, Access::Admin, Problem::needs_admin)
    }

    pub(super) fn with_access(
        &self,
        id: ProjectId,
        level: Access,
        otherwise: impl FnOnce() -> Problem,
    ) -> Result<&str, Problem> {
        let login = self.signed_in()?;
        let state = self.hub.state();
        let project = state.visible_id(Some(login), id)?;
        if self.may(&state, project, level) {
            Ok(login)
        } else {
            Err(otherwise())
        }
    }

    /// Refuses where nothing may be written any more.
    pub(super) fn not_archived(&self, id: ProjectId) -> Result<(), Problem> {
        let state = self.hub.state();
        let project = state.visible_id(self.login(), id)?;
        if !project.archived {
            return Ok(());
        }
        let words = format!("<Repository {id}:{}> is archived", project.path());
        Err(Problem::new(423, words))
    }

    /// Whether a project has no commit yet.
    pub(super) fn is_empty(&self, id: ProjectId) -> Result<bool, Problem> {
        let state = self.hub.state();
        let project = state.visible_id(self.login(), id)?;
        Ok(project.pushed_at.is_none() || !project.is_ready(self.hub.now()))
    }

    /// The project's repository.
    pub(super) async fn repository(&self, id: ProjectId) -> Result<Repository, Problem> {
        Ok(self.hub.repository(id).await?)
    }

    /// The project's path.
    pub(super) fn path_of(&self, id: ProjectId) -> Result<String, Problem> {
        Ok(self.hub.state().visible_id(self.login(), id)?.path())
    }

    /// A query parameter that is there and not empty.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.request.param(name).filter(|value| !value.is_empty())
    }

    /// A query parameter for yes or no.
    pub(super) fn flag(&self, name: &str, usual: bool) -> bool {
        match self.param(name) {
            None => usual,
            Some(value) => matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True"),
        }
    }
}
