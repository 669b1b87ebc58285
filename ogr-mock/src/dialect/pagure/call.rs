//! One request to Pagure: who asks, about which project, with which form.

use super::form::Form;
use super::problem::Problem;
use super::route::{Part, Place, Route};
use super::view::View;
use crate::dialect::{Caller, Request};
use crate::git::Repository;
use crate::hub::Hub;
use crate::state::{Access, Project, ProjectId, State};

/// A request being answered.
pub(super) struct Call<'a> {
    pub(super) hub: &'a Hub,
    pub(super) request: &'a Request,
    pub(super) form: Form,
    pub(super) caller: Option<Caller>,
    pub(super) view: View,
}

/// What a route wants to know about who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing: a token is not even looked at, be it good or bad.
    Nothing,
    /// A token may be sent, and is to be good if it is.
    Optional,
    /// A token that holds one of these ACLs.
    Acls(&'static [&'static str]),
}

impl Need {
    pub(super) fn of(route: &Route<'_>) -> Self {
        match route {
            Route::WhoAmI | Route::Group(_) => Self::Optional,
            Route::GroupAdd(_) | Route::GroupRemove(_) => Self::Acls(&["group_modify"]),
            Route::NewProject => Self::Acls(&["create_project"]),
            Route::ForkProject => Self::Acls(&["fork_project"]),
            Route::Project(_, part) => Self::of_part(part),
            _ => Self::Nothing,
        }
    }

    fn of_part(part: &Part<'_>) -> Self {
        match part {
            Part::Urls | Part::WebhookToken => Self::Optional,
            Part::Modify
            | Part::Delete
            | Part::Options
            | Part::UpdateOptions
            | Part::Connector
            | Part::NewToken
            | Part::BlockUser
            | Part::ModifyAcls
            | Part::NewLabel
            | Part::DeleteLabel(_)
            | Part::SetDefaultBranch => Self::Acls(&["modify_project"]),
            Part::NewBranch => Self::Acls(&["create_branch"]),
            Part::NewTag => Self::Acls(&["modify_project", "tag_project"]),
            Part::FlagCommit(_) => Self::Acls(&["commit_flag"]),
            Part::NewPull => Self::Acls(&["pull_request_create"]),
            Part::EditPull(_) => Self::Acls(&["pull_request_update"]),
            Part::MergePull(_) => Self::Acls(&["pull_request_merge"]),
            Part::RebasePull(_) => Self::Acls(&["pull_request_rebase"]),
            Part::ClosePull(_) => Self::Acls(&["pull_request_close"]),
            Part::ReopenPull(_) => Self::Acls(&["pull_request_close", "pull_request_update"]),
            Part::CommentPull(_) => Self::Acls(&["pull_request_comment"]),
            Part::FlagPull(_) => Self::Acls(&["pull_request_flag"]),
            Part::AssignPull(_) => Self::Acls(&["pull_request_assign", "pull_request_update"]),
            _ => Self::Nothing,
        }
    }
}

/// Who asks, as far as the route wants to know.
pub(super) fn authenticate(
    hub: &Hub,
    request: &Request,
    need: Need,
) -> Result<Option<Caller>, Problem> {
    // Pagure looks for the word anywhere in the header, in lower case, and takes what follows it.
    let header = request.header("authorization").unwrap_or_default();
    let value = header.split_once("token").map(|(_, rest)| rest.trim());
    let value = value.filter(|value| !value.is_empty());
    match (need, value) {
        (Need::Nothing, _) | (Need::Optional, None) => Ok(None),
        (Need::Acls(_), None) => Err(Problem::bad_token(Some("Invalid token"))),
        (need, Some(value)) => {
            let state = hub.state();
            let Some(token) = state.token(value) else {
                return Err(Problem::bad_token(Some("Invalid token")));
            };
            if token.expired {
                return Err(Problem::bad_token(Some("Expired token")));
            }
            if let Need::Acls(acls) = need
                && !acls.iter().any(|acl| token.has_scope(acl))
            {
                let missing = format!("Missing ACLs: {}", acls.join(", "));
                return Err(Problem::bad_token(Some(&missing)));
            }
            Ok(Some(Caller {
                login: token.user.clone(),
                token: Some(token.clone()),
            }))
        }
    }
}

impl Call<'_> {
    /// Who asks, if the route looked.
    pub(super) fn login(&self) -> Option<&str> {
        self.caller.as_ref().map(|caller| caller.login.as_str())
    }

    /// Who asks, on routes that do not let in anyone without a token.
    pub(super) fn user(&self) -> Result<&str, Problem> {
        self.login().ok_or(Problem::Fatal)
    }

    /// The project of this path. A private one is there only for its people, and only on routes that look
    /// who asks.
    pub(super) fn project_at(&self, path: &str) -> Result<ProjectId, Problem> {
        let state = self.hub.state();
        let project = state
            .project(path)
            .filter(|project| state.access(self.login(), project).is_some())
            .filter(|project| !self.hub.still_missing(project));
        let project = project.ok_or_else(Problem::no_project)?;
        Ok(project.id)
    }

    pub(super) fn project(&self, place: &Place<'_>) -> Result<ProjectId, Problem> {
        self.project_at(&place.path())
    }

    /// Refuses a token of another project.
    pub(super) fn check_token(&self, project: ProjectId) -> Result<(), Problem> {
        let token = self
            .caller
            .as_ref()
            .and_then(|caller| caller.token.as_ref());
        match token.and_then(|token| token.project) {
            Some(bound) if bound != project => Err(Problem::bad_token(None)),
            _ => Ok(()),
        }
    }

    /// Refuses any token but one of this project.
    pub(super) fn check_project_token(&self, project: ProjectId) -> Result<(), Problem> {
        let token = self
            .caller
            .as_ref()
            .and_then(|caller| caller.token.as_ref());
        match token {
            Some(token) if token.project != Some(project) => Err(Problem::bad_token(None)),
            _ => Ok(()),
        }
    }

    /// Whether who asks may do at least this in a project.
    pub(super) fn may(&self, state: &State, project: &Project, level: Access) -> bool {
        self.login().is_some() && state.allows(self.login(), project, level)
    }

    /// A project for looking at; it was there a moment ago.
    pub(super) fn look<'s>(
        &self,
        state: &'s State,
        project: ProjectId,
    ) -> Result<&'s Project, Problem> {
        let found = state.projects.get(&project);
        found.ok_or_else(Problem::no_project)
    }

    pub(super) async fn repository(&self, project: ProjectId) -> Result<Repository, Problem> {
        Ok(self.hub.repository(project).await?)
    }
}
