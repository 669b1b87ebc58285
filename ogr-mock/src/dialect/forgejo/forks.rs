//! Forks, and keeping them up with their parents.

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::projects::{is_usable_name, repository};
use super::{Answer, json_answer};
use crate::dialect::empty;
use crate::git::{LogQuery, Repository};
use crate::state::{ForkRequest, Project, ProjectId, RefUpdate, Refusal, What};

/// `/repos/{owner}/{repo}/forks`.
pub(super) async fn route(call: &Call<'_>, id: ProjectId) -> Answer {
    if call.request.method == http::Method::POST {
        create(call, id).await
    } else {
        list(call, id)
    }
}

fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let state = call.hub.state();
    let found: Vec<&Project> = state
        .forks(id)
        .filter(|fork| call.access(&state, fork).is_some() && !call.hub.still_missing(fork))
        .collect();
    let total = found.len();
    let rows: Vec<Value> = call
        .paging_if_page()
        .cut(found)
        .into_iter()
        .map(|fork| repository(call, &state, fork))
        .collect();
    Ok(call.counted(&json!(rows), total))
}

async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.signed_in()?;
    let body = call.body("CreateForkOption")?;
    let name = body.text("name")?;
    let organization = body.text("organization")?;
    let namespace = organization
        .map(|org| group(call, login, org))
        .transpose()?;
    let owner = namespace.clone().unwrap_or_else(|| login.to_owned());
    if name.is_some_and(|name| !is_usable_name(name)) && !has_fork(call, id, &owner)? {
        return Err(Problem::server_error());
    }
    let request = ForkRequest {
        namespace,
        name: name.map(str::to_owned),
        ..ForkRequest::default()
    };
    let made = call.hub.fork_project(login, id, &request).await;
    let state = call.hub.state();
    match made {
        Ok(fork) => {
            let fork = state.visible_id(Some(login), fork)?;
            let mut body = repository(call, &state, fork);
            body["size"] = json!(0);
            body["watchers_count"] = json!(0);
            Ok(json_answer(202, &body))
        }
        Err(Refusal::AlreadyExists(What::Fork, fork)) => {
            let parent = state.visible_id(Some(login), id)?.path();
            let fork = state.visible_id(Some(login), fork)?.path();
            let words = format!(
                "repository is already forked by user [uname: {owner}, repo path: {parent}, fork \
                 path: {fork}]"
            );
            Err(Problem::new(409, words))
        }
        Err(Refusal::AlreadyExists(..)) => {
            let parent = state.visible_id(Some(login), id)?;
            let name = name.unwrap_or(&parent.name);
            let words = format!("repository already exists [uname: {owner}, name: {name}]");
            Err(Problem::new(409, words))
        }
        Err(other) => Err(other.into()),
    }
}

/// Whether someone has a fork already: that is looked at before the name.
fn has_fork(call: &Call<'_>, id: ProjectId, owner: &str) -> Result<bool, Problem> {
    let state = call.hub.state();
    state.visible_id(call.login(), id)?;
    let mut forks = state.forks(id);
    Ok(forks.any(|fork| state.same_name(&fork.namespace, owner)))
}

/// The organisation to fork into, of which even an administrator has to be a member.
fn group(call: &Call<'_>, login: &str, name: &str) -> Result<String, Problem> {
    let state = call.hub.state();
    let Some(group) = state.group(name) else {
        let words = format!("org does not exist [id: 0, name: {name}]");
        return Err(Problem::new(422, words));
    };
    if !group.members.contains_key(login) {
        let words = format!("User is no Member of Organisation '{}'", group.path);
        return Err(Problem::new(403, words));
    }
    Ok(group.path.clone())
}

/// What there is to bring over to a branch of a fork.
#[derive(Default)]
struct Lag {
    fork: String,
    base: String,
    /// How many commits, if any may be taken.
    behind: usize,
    /// Whether the fork's branch can just move forward.
    allowed: bool,
}

/// `/repos/{owner}/{repo}/sync_fork` and below it, for a branch.
pub(super) async fn sync(call: &Call<'_>, id: ProjectId, branch: &str) -> Answer {
    let posted = call.request.method == http::Method::POST;
    let (parent, branch, archived) = {
        let state = call.hub.state();
        let project = state.visible_id(call.login(), id)?;
        let branch = if branch.is_empty() {
            project.default_branch.clone()
        } else {
            branch.to_owned()
        };
        (project.parent, branch, project.archived)
    };
    let login = if posted {
        // Without a token it is not the token that is asked for.
        if call.login().is_none() {
            return Err(Problem::needs_write());
        }
        let login = call.writer(id)?;
        call.not_archived(id)?;
        login
    } else {
        ""
    };
    let Some(parent) = parent else {
        return Err(Problem::new(400, "The Repo must be a fork"));
    };
    let (fork, base) = (call.repository(id).await?, call.repository(parent).await?);
    let lag = if archived {
        Lag::default()
    } else {
        lag(&fork, &base, id, &branch).await?
    };
    if !posted {
        let body = json!({
            "allowed": lag.allowed,
            "fork_commit": lag.fork,
            "base_commit": lag.base,
            "commits_behind": lag.behind,
        });
        return Ok(json_answer(200, &body));
    }
    if !lag.allowed {
        return Err(Problem::new(400, "You can't sync this branch"));
    }
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    fork.move_branch(&branch, &lag.base, Some(Some(&lag.fork)))
        .await?;
    let update = RefUpdate::branch(&branch, Some(&lag.fork), Some(&lag.base));
    call.hub.refs_changed(login, id, &[update]).await?;
    Ok(empty(204))
}

async fn lag(fork: &Repository, base: &Repository, id: ProjectId, branch: &str) -> Answer<Lag> {
    let Some(fork_tip) = fork.branch(branch).await? else {
        let reason = format!("branch does not exist [repo_id: {id} name: {branch}]");
        return Err(Problem::NotFound(branch.to_owned(), vec![reason]));
    };
    // Whatever keeps the branch from being moved forward ends the looking.
    let mut lag = Lag {
        fork: fork_tip,
        ..Lag::default()
    };
    let Some(base_tip) = base.branch(branch).await? else {
        return Ok(lag);
    };
    lag.base = base_tip;
    if lag.fork == lag.base {
        return Ok(lag);
    }
    fork.fetch(base, &lag.base).await?;
    if fork.is_ancestor(&lag.fork, &lag.base).await? {
        let query = LogQuery {
            without: Some(&lag.fork),
            ..LogQuery::default()
        };
        lag.behind = fork.log_count(&lag.base, &query).await?;
        lag.allowed = true;
    }
    Ok(lag)
}
