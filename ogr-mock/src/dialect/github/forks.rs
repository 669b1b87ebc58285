//! Forks.

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::projects::{Detail, repository};
use super::{Answer, answer};
use crate::state::{Access, Account, ForkRequest, Project, ProjectId, Refusal, What};

/// `GET /repos/{owner}/{repo}/forks`.
pub(super) fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let paging = call.paging();
    let state = call.hub.state();
    let visible = |fork: &&Project| {
        state.access(call.login(), fork).is_some() && !call.hub.still_missing(fork)
    };
    let mut forks: Vec<&Project> = state.forks(id).filter(visible).collect();
    match call.request.param("sort") {
        Some("oldest") => {}
        Some("newest" | "stargazers" | "watchers") | None => forks.reverse(),
        Some(_) => return Err(Problem::new(400, "Bad Request")),
    }
    let total = forks.len();
    let rows: Vec<Value> = paging
        .cut(forks)
        .into_iter()
        .map(|fork| repository(call, &state, fork, Detail::Row))
        .collect();
    drop(state);
    Ok(call.linked(answer(200, &json!(rows)), id, "/forks", paging, total))
}

/// `POST /repos/{owner}/{repo}/forks`: told at once, there a while later. Forking again tells the fork
/// that there is.
pub(super) async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.signed_in()?.to_owned();
    let body = call.body()?;
    let organization = body.text("organization")?;
    let namespace = {
        let state = call.hub.state();
        call.token_may(&state, id, "administration", true)?;
        match organization {
            None => None,
            Some(name) => Some(fork_home(&state, &login, name)?),
        }
    };
    let request = ForkRequest {
        namespace,
        name: body.text("name")?.map(str::to_owned),
        only_default_branch: body.flag("default_branch_only")?.unwrap_or(false),
    };
    let empty = call.hub.stored_repository(id).branches().await?.is_empty();
    if empty {
        let words = "The repository exists, but it contains no Git content. Empty repositories cannot be forked.";
        return Err(Problem::new(403, words));
    }
    let fork = match call.hub.fork_project(&login, id, &request).await {
        Ok(fork) => fork,
        Err(Refusal::AlreadyExists(What::Fork, fork)) => fork,
        Err(refusal) => return Err(refusal.into()),
    };
    let state = call.hub.state();
    let fork = state.visible_id(Some(&login), fork)?;
    let body = repository(call, &state, fork, Detail::Whole);
    Ok(answer(202, &body))
}

/// The organisation (or one's own account) that a fork is to go to.
fn fork_home(state: &crate::state::State, login: &str, name: &str) -> Result<String, Problem> {
    match state.account(name) {
        Some(Account::Group(group)) => {
            let level = group.members.get(login);
            if level >= Some(&Access::Write) {
                Ok(group.path.clone())
            } else {
                let words =
                    "You do not have permission to create repositories in this organization";
                Err(Problem::new(403, words))
            }
        }
        Some(Account::User(user)) => Err(Problem::new(
            422,
            format!(
                "'{}' is the login for a user account. You must supply the login for an organization account",
                user.login
            ),
        )),
        None => Err(Problem::not_found()),
    }
}
