//! Forks.

use serde_json::json;

use super::call::Call;
use super::problem::Problem;
use super::projects::{Detail, view};
use super::{Answer, projects};
use crate::dialect::{answer, empty};
use crate::state::{Access, ForkRequest, ProjectId};

/// `POST /projects/{id}/fork`: answered at once, and the content comes later.
pub(super) async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.signed_in()?.to_owned();
    call.may_read_code(id)?;
    let params = &call.params;
    let mut wanted = None;
    for name in ["namespace_path", "namespace_id", "namespace"] {
        wanted = wanted.or(params.filled(name)?);
    }
    let (name, path) = (params.filled("name")?, params.filled("path")?);
    let visibility = params.choice("visibility", &["private", "internal", "public"])?;
    let branches = params.filled("branches")?;
    let namespace = match wanted {
        None => login.clone(),
        Some(wanted) => {
            let state = call.hub.state();
            let found = projects::namespace_for(&state, &login, &wanted);
            found.ok_or_else(|| Problem::not_found("Target Namespace"))?
        }
    };
    let request = ForkRequest {
        namespace: Some(namespace),
        // A name alone leaves the path as it is.
        name: path,
        // GitLab copies one named branch alone, and only the default one is ever named.
        only_default_branch: branches.is_some(),
    };
    let made = call.hub.fork_project(&login, id, &request).await;
    let fork = made.map_err(|refusal| match refusal {
        crate::state::Refusal::AlreadyExists(..) => {
            let words = [
                "Project namespace name has already been taken",
                "Name has already been taken",
                "Path has already been taken",
            ];
            Problem::message(409, json!(words))
        }
        other => other.into(),
    })?;
    {
        let mut state = call.hub.state();
        let project = state.project_mut(fork)?;
        if let Some(name) = name {
            project.settings.insert("name".to_owned(), json!(name));
        }
        if let Some(text) = params.text("description")? {
            project.description = Some(text);
        }
        if let Some(word) = visibility {
            // A fork is never seen by more than its parent.
            project.private = project.private || word == "private";
        }
    }
    // Nothing has been copied yet when this answer is written.
    let mut body = view::one(call, fork, Detail::Full).await?;
    body["import_status"] = json!("scheduled");
    body["empty_repo"] = json!(true);
    body["readme_url"] = json!(null);
    body["default_branch"] = json!(null);
    Ok(answer(201, &body))
}

/// `GET /projects/{id}/forks`.
pub(super) async fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let forks = projects::select(call, |_, project| project.parent == Some(id), false)?;
    projects::listed(call, forks).await
}

/// `DELETE /projects/{id}/fork`: it is a project of its own from then on.
pub(super) fn detach(call: &Call<'_>, id: ProjectId) -> Answer {
    call.entitled(id, Access::Admin)?;
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    match project.parent.take() {
        Some(_) => Ok(empty(204)),
        None => Ok(empty(304)),
    }
}
