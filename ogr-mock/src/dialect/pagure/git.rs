//! Who may clone and push.
//!
//! A credential is a password, or a token that belongs to the very user it is sent for and holds the ACL
//! `commit`, for reading too. One that is no good counts as none: what is public is served all the same.
//! Whoever is known may push as far as HTTP goes; those without the right are refused by a hook.

use super::problem::Problem;
use crate::dialect::{Answered, Request, Response, text};
use crate::git::backend::GitPath;
use crate::git_http::GitAccess;
use crate::hub::Hub;
use crate::state::{Access, Project, State};

/// Who does what with which repository, or the refusal.
pub(crate) fn git_access(
    hub: &Hub,
    request: &Request,
    path: &GitPath,
) -> Result<GitAccess, Box<Response>> {
    let state = hub.state();
    let name = match path.repository.split_once('/') {
        Some(("forks", fork)) => Some(format!("fork/{fork}")),
        // This is how forks are called everywhere else, but not here.
        Some(("fork", _)) => None,
        _ => Some(path.repository.clone()),
    };
    let project = name.and_then(|name| state.project(&name));
    let project = project.filter(|project| !hub.still_missing(project));
    let login = caller(&state, request, project);
    if path.push && login.is_none() {
        // This comes before anyone looks whether there is such a project.
        return Err(Box::new(
            text(401, "Authorization Required")
                .with("www-authenticate", "Basic realm=\"Pagure API token\""),
        ));
    }
    let seen = project.filter(|project| state.access(login.as_deref(), project).is_some());
    // Nor are strangers asked who they are where there is something private.
    let missing = || Problem::Missing("Project not found").response(hub.base_url());
    let project = seen.ok_or_else(|| Box::new(missing()))?;
    let may_push = state.allows(login.as_deref(), project, Access::Write) && !project.archived;
    Ok(GitAccess {
        project: project.id,
        login,
        refuse_push: !may_push,
    })
}

/// Who asks, if the credential is any good for this project.
fn caller(state: &State, request: &Request, project: Option<&Project>) -> Option<String> {
    let (name, secret) = request.basic()?;
    if let Some(user) = state.user_by_password(&name, &secret) {
        return Some(user.login.clone());
    }
    let token = state.token(&secret)?;
    let bound_elsewhere = match (token.project, project) {
        (Some(bound), Some(project)) => bound != project.id,
        _ => false,
    };
    let good = !token.expired && token.user == name && token.has_scope("commit");
    (good && !bound_elsewhere).then_some(name)
}
