//! One request to GitHub: who asks, about which project, with which body.

use serde_json::{Map, Value};

use super::problem::Problem;
use super::view::View;
use crate::dialect::{Caller, Request};
use crate::git::Repository;
use crate::hub::Hub;
use crate::state::{Access, Project, ProjectId, State};

/// A request being answered.
pub(super) struct Call<'a> {
    pub(super) hub: &'a Hub,
    pub(super) request: &'a Request,
    pub(super) caller: Option<Caller>,
    pub(super) view: View,
}

/// The roots of a project's API and of its pages.
pub(super) struct Urls {
    pub(super) api: String,
    pub(super) page: String,
}

/// Whether a project is where it was looked for.
pub(super) enum Place {
    Here(ProjectId),
    /// It has another path now.
    Moved(ProjectId),
}

impl<'a> Call<'a> {
    pub(super) fn new(hub: &'a Hub, request: &'a Request, caller: Option<Caller>) -> Self {
        Self {
            hub,
            request,
            view: View::new(hub, caller.as_ref().map(|caller| caller.login.as_str())),
            caller,
        }
    }

    /// Who asks, if anyone.
    pub(super) fn login(&self) -> Option<&str> {
        self.caller.as_ref().map(|caller| caller.login.as_str())
    }

    /// Who asks; nobody may not.
    pub(super) fn signed_in(&self) -> Result<&str, Problem> {
        self.login().ok_or_else(Problem::requires_authentication)
    }

    /// The project of this path, which those without rights are not told of.
    pub(super) fn project(&self, owner: &str, name: &str) -> Result<Place, Problem> {
        let path = format!("{owner}/{name}");
        let state = self.hub.state();
        let visible = |project: &&Project| {
            state.access(self.login(), project).is_some() && !self.hub.still_missing(project)
        };
        if let Some(project) = state.project(&path).filter(visible) {
            self.may_read(project)?;
            return Ok(Place::Here(project.id));
        }
        match state.moved_project(&path).filter(visible) {
            Some(project) => Ok(Place::Moved(project.id)),
            None => Err(Problem::not_found()),
        }
    }

    /// The project of this number, likewise.
    pub(super) fn project_by_id(&self, id: &str) -> Result<ProjectId, Problem> {
        let id: ProjectId = id.parse().map_err(|_| Problem::not_found())?;
        let state = self.hub.state();
        let project = state.visible_id(self.login(), id)?;
        if self.hub.still_missing(project) {
            return Err(Problem::not_found());
        }
        self.may_read(project)?;
        Ok(id)
    }

    /// A token bound to another project, or without any right to read, does not even see a private one.
    fn may_read(&self, project: &Project) -> Result<(), Problem> {
        let token = self
            .caller
            .as_ref()
            .and_then(|caller| caller.token.as_ref());
        let Some(token) = token else {
            return Ok(());
        };
        let elsewhere = token.project.is_some_and(|bound| bound != project.id);
        let blind = !token.scopes.is_empty() && !token.scopes.iter().any(|s| s.contains(':'));
        if project.private && (elsewhere || blind) {
            return Err(Problem::not_found());
        }
        Ok(())
    }

    /// Refuses a token without this fine-grained permission on this project.
    ///
    /// Reading public projects takes none, and a token that is not limited has all.
    pub(super) fn token_may(
        &self,
        state: &State,
        project: ProjectId,
        permission: &str,
        write: bool,
    ) -> Result<(), Problem> {
        let Some(token) = self
            .caller
            .as_ref()
            .and_then(|caller| caller.token.as_ref())
        else {
            return Ok(());
        };
        let public = state.projects.get(&project).is_some_and(|p| !p.private);
        if public && !write {
            return Ok(());
        }
        let held = token.has_scope(&format!("{permission}:write"))
            || (!write && token.has_scope(&format!("{permission}:read")));
        let here = token.project.is_none_or(|bound| bound == project);
        if held && here {
            Ok(())
        } else {
            Err(Problem::token_lacks_permission())
        }
    }

    /// Refuses everyone who may not write here: strangers first, then narrow tokens, then those without
    /// the access, and then all if the project is archived.
    pub(super) fn writer(
        &self,
        project: ProjectId,
        permission: &str,
        access: Access,
    ) -> Result<&str, Problem> {
        let login = self.entitled(project, permission, access)?;
        if self.hub.state().visible_id(Some(login), project)?.archived {
            return Err(Problem::archived());
        }
        Ok(login)
    }

    /// The same, but for archived projects: for what those may still be told.
    pub(super) fn entitled(
        &self,
        project: ProjectId,
        permission: &str,
        access: Access,
    ) -> Result<&str, Problem> {
        let login = self.signed_in()?;
        let state = self.hub.state();
        self.token_may(&state, project, permission, true)?;
        let found = state.visible_id(Some(login), project)?;
        if state.allows(Some(login), found, access) {
            return Ok(login);
        }
        Err(match access {
            Access::Admin | Access::Maintain => Problem::needs_admin(),
            _ => Problem::needs_push(),
        })
    }

    /// Where a project is, now.
    pub(super) fn urls(&self, project: ProjectId) -> Result<Urls, Problem> {
        let state = self.hub.state();
        let path = state.visible_id(self.login(), project)?.path();
        Ok(self.urls_of(&path))
    }

    /// Where the project of this path is.
    pub(super) fn urls_of(&self, path: &str) -> Urls {
        Urls {
            api: self.view.project_url(path),
            page: self.view.project_page(path),
        }
    }

    /// The project's default branch, whether it exists or not.
    pub(super) fn default_branch(&self, project: ProjectId) -> Result<String, Problem> {
        let state = self.hub.state();
        let project = state.visible_id(self.login(), project)?;
        Ok(project.default_branch.clone())
    }

    /// The project in the family of forks of this one that belongs to this account, if one does.
    pub(super) fn relative(
        &self,
        project: ProjectId,
        owner: &str,
        name: Option<&str>,
    ) -> Option<ProjectId> {
        let state = self.hub.state();
        let own = state.projects.get(&project)?;
        if state.same_name(&own.namespace, owner)
            && name.is_none_or(|name| state.same_name(&own.name, name))
        {
            return Some(project);
        }
        state
            .projects_in(owner)
            .filter(|found| name.is_none_or(|name| state.same_name(&found.name, name)))
            .filter(|found| state.access(self.login(), found).is_some())
            .find(|found| state.same_network(found.id, project))
            .map(|found| found.id)
    }

    /// The login or path behind the number of a user or organisation.
    pub(super) fn account_name(&self, id: &str) -> Result<String, Problem> {
        let id: u64 = id.parse().map_err(|_| Problem::not_found())?;
        let state = self.hub.state();
        let user = state.users.get(&id).map(|user| user.login.clone());
        let group = state.groups.get(&id).map(|group| group.path.clone());
        user.or(group).ok_or_else(Problem::not_found)
    }

    /// What git is to look for when commits by this login (or mail address) are asked for.
    pub(super) fn author_pattern(&self, login: &str) -> String {
        let state = self.hub.state();
        match state.user(login) {
            Some(user) => format!("<{}>", user.email),
            None => login.to_owned(),
        }
    }

    /// The project's repository.
    pub(super) async fn repository(&self, project: ProjectId) -> Result<Repository, Problem> {
        Ok(self.hub.repository(project).await?)
    }

    /// The body as a JSON object; an empty one counts as `{}`.
    pub(super) fn body(&self) -> Result<Body, Problem> {
        if self.request.body.is_empty() {
            return Ok(Body(Map::new()));
        }
        match self.request.json() {
            Ok(Value::Object(fields)) => Ok(Body(fields)),
            Ok(_) => Err(Problem::new(
                422,
                "Invalid request.\n\nFor 'links/0/schema', the body is not an object.",
            )),
            Err(_) => Err(Problem::new(400, "Problems parsing JSON")),
        }
    }

    /// What the `Accept` header asks for, after `application/vnd.github`: `diff`, `patch`, `raw`, ...
    pub(super) fn media_type(&self) -> Option<&str> {
        self.request.header("accept")?.split(',').find_map(|kind| {
            let kind = kind.trim().strip_prefix("application/vnd.github.")?;
            let kind = kind.strip_prefix("v3.").unwrap_or(kind);
            let kind = kind.split([';', '+']).next()?;
            matches!(kind, "diff" | "patch" | "raw" | "object" | "html" | "sha").then_some(kind)
        })
    }
}

/// The fields of a request's body. A null counts as absent, unless one asks for it.
pub(super) struct Body(pub(super) Map<String, Value>);

impl Body {
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Whether the field is there and null.
    pub(super) fn is_null(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Value::is_null)
    }

    /// A string; of another type is refused.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        self.typed(name, Value::as_str, "a string")
    }

    /// A string that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Problem> {
        self.text(name)?.ok_or_else(|| {
            Problem::new(
                422,
                format!("Invalid request.\n\n\"{name}\" wasn't supplied."),
            )
        })
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        self.typed(name, Value::as_bool, "a boolean")
    }

    pub(super) fn list(&self, name: &str) -> Result<Option<&Vec<Value>>, Problem> {
        self.typed(name, Value::as_array, "an array")
    }

    /// A list of strings.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Problem> {
        let Some(list) = self.list(name)? else {
            return Ok(None);
        };
        list.iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .map(Some)
            .ok_or_else(|| mistyped(name, "an array of strings"))
    }

    fn typed<'a, T>(
        &'a self,
        name: &str,
        read: impl Fn(&'a Value) -> Option<T>,
        wanted: &str,
    ) -> Result<Option<T>, Problem> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| mistyped(name, wanted)),
        }
    }
}

fn mistyped(name: &str, wanted: &str) -> Problem {
    Problem::new(
        422,
        format!("Invalid request.\n\nFor 'properties/{name}', the value is not {wanted}."),
    )
}
