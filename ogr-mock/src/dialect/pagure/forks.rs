//! Forking.

use serde_json::json;

use super::Answer;
use super::call::Call;
use super::form::Checks;
use super::problem::Problem;
use super::view::{full_path, reply};
use crate::state::{ForkRequest, ProjectId, Refusal};

/// `POST fork`. The namespace of the fork's path is the parent's; the text about one that is there already
/// leaves it out.
pub(super) async fn create(call: &Call<'_>) -> Answer {
    let login = call.user()?;
    Checks::on(&call.form).required("repo").done()?;
    let name = call.form.text("repo").unwrap_or_default();
    let namespace = call.form.filled("namespace").unwrap_or_default();
    let mut path = match namespace.trim() {
        "" => name,
        namespace => format!("{namespace}/{name}"),
    };
    if let Some(user) = call.form.filled("username") {
        path = format!("fork/{user}/{path}");
    }
    let parent = call.project_at(&path)?;
    let (name, full) = {
        let state = call.hub.state();
        let project = call.look(&state, parent)?;
        (project.name.clone(), full_path(project))
    };
    let request = ForkRequest::default();
    let fork = call.hub.fork_project(login, parent, &request).await;
    let fork = fork.map_err(|refusal| match refusal {
        Refusal::AlreadyExists(..) => {
            Problem::no_code(format!("Repo \"forks/{login}/{name}\" already exists"))
        }
        other => other.into(),
    })?;
    if !call.form.waits() {
        let ready_at = call.look(&call.hub.state(), fork)?.ready_at;
        let ready_at = ready_at.unwrap_or_else(|| call.hub.now());
        return Ok(call.queued("Project forking queued", ready_at, true));
    }
    ready(call, fork).await?;
    let message = format!("Repo \"{full}\" cloned to \"{login}/{full}\"");
    Ok(reply(200, &json!({"message": message})))
}

/// Waits until a fork is ready, as the answer does on a real one.
async fn ready(call: &Call<'_>, fork: ProjectId) -> Result<(), Problem> {
    let delay = call.hub.tuning().fork_delay;
    if let Some((delay, _)) = delay {
        tokio::time::sleep(delay).await;
        call.hub.state().project_mut(fork)?.ready_at = None;
    }
    Ok(())
}
