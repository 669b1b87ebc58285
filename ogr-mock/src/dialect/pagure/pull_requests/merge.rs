//! Merging and rebasing.

use serde_json::json;

use super::super::call::Call;
use super::super::options::{
    ALWAYS_MERGE, ASSIGNEE_MERGES, FAST_FORWARD_ONLY, SIGNED_OFF, is_on, minimum_score, score,
};
use super::super::problem::Problem;
use super::super::view::reply;
use super::super::{Answer, Place};
use super::change::book_closed;
use super::refresh::{Stuck, forget_merges, refresh, settle, tip};
use crate::git::Repository;
use crate::hub::Hub;
use crate::state::{Access, ProjectId, PullRequest, PullState, RefUpdate};

/// `POST merge`. There is one refusal for all that git or the books have against it.
pub(in super::super) async fn merge(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    let id = super::project(call, place)?;
    call.check_token(id)?;
    let login = call.user()?;
    {
        let state = call.hub.state();
        let project = call.look(&state, id)?;
        let pull = project.pull(number)?;
        if !call.may(&state, project, Access::Write) {
            return Err(Problem::new(403, "ENOPRCLOSE"));
        }
        if is_on(project, ASSIGNEE_MERGES) {
            match pull.assignees.first() {
                None => return Err(Problem::new(403, "ENOTASSIGNED")),
                Some(assignee) if assignee != login => {
                    return Err(Problem::new(403, "ENOTASSIGNEE"));
                }
                Some(_) => {}
            }
        }
        let needed = minimum_score(project);
        if needed > 0 && score(pull) < needed {
            return Err(Problem::new(403, "EPRSCORE"));
        }
    }
    let done = match try_merge(call.hub, login, id, number).await {
        Ok(()) => true,
        Err(Stuck::Because(_)) => false,
        Err(Stuck::Broken(refusal)) => return Err(refusal.into()),
    };
    if !call.form.waits() {
        return Ok(call.queued("Merging queued", call.hub.now(), done));
    }
    if done {
        Ok(reply(200, &json!({"message": "Changes merged!"})))
    } else {
        Err(Problem::new(409, "EPRCONFLICTS"))
    }
}

fn because(text: &str) -> Stuck {
    Stuck::Because(text.to_owned())
}

async fn try_merge(hub: &Hub, login: &str, id: ProjectId, number: u64) -> Result<(), Stuck> {
    let _one_at_a_time = hub.write_lock(id).lock_owned().await;
    let commits = refresh(hub, id, number, Some(login)).await?;
    let (pull, project) = {
        let state = hub.state();
        let project = state.projects.get(&id).cloned();
        let project = project.ok_or_else(|| because("no such project"))?;
        (state.pull(id, number)?.clone(), project)
    };
    let signed_off = is_on(&project, SIGNED_OFF);
    let signed = |message: &str| message.to_lowercase().contains("signed-off-by");
    if signed_off && !commits.iter().all(|commit| signed(&commit.message)) {
        return Err(because("commits are not signed off"));
    }
    let target = hub.stored_repository(id);
    let tip = tip(hub, &pull, &target).await?;
    let tip = tip.ok_or_else(|| because("the branch is gone"))?;
    if pull.state != PullState::Open || pull.synthetic {
        return Err(because("it is not open"));
    }
    let base = target.branch(&pull.base_branch).await?;
    if let Some(base) = &base
        && target.is_ancestor(&tip, base).await?
    {
        // Refused, and merged all the same as far as the books go.
        book_closed(hub, login, id, number, true)?;
        return Err(because("there is nothing to merge"));
    }
    let forward = match &base {
        Some(base) => target.is_ancestor(base, &tip).await?,
        None => true,
    };
    let merged = if forward && !is_on(&project, ALWAYS_MERGE) {
        tip.clone()
    } else {
        let parents = Parents {
            base: base.as_deref(),
            tip: &tip,
        };
        let commit = merge_commit(hub, &target, login, &pull, &parents, signed_off).await?;
        let commit = commit.ok_or_else(|| because("merge conflicts"))?;
        if !forward && is_on(&project, FAST_FORWARD_ONLY) {
            // Not merged, and said to be.
            forget_merges(hub, id, &[]);
            return Ok(());
        }
        commit
    };
    target
        .move_branch(&pull.base_branch, &merged, Some(base.as_deref()))
        .await?;
    let update = RefUpdate::branch(&pull.base_branch, base.as_deref(), Some(&merged));
    hub.refs_changed(login, id, &[update]).await?;
    if let Ok(pull) = hub.state().pull_mut(id, number) {
        pull.base_sha = base.unwrap_or_default();
        pull.merge_sha = Some(merged);
    }
    book_closed(hub, login, id, number, true)?;
    forget_merges(hub, id, &[]);
    Ok(())
}

struct Parents<'a> {
    base: Option<&'a str>,
    tip: &'a str,
}

/// A commit of both; `None` when they conflict.
async fn merge_commit(
    hub: &Hub,
    target: &Repository,
    login: &str,
    pull: &PullRequest,
    parents: &Parents<'_>,
    signed_off: bool,
) -> Result<Option<String>, Stuck> {
    let (tree, parents) = match parents.base {
        Some(base) => match target.merge_tree(base, parents.tip).await? {
            Some(tree) => (tree, vec![base, parents.tip]),
            None => return Ok(None),
        },
        None => (format!("{}^{{tree}}", parents.tip), vec![parents.tip]),
    };
    let who = hub.signature(login);
    let mut message = format!("Merge #{} `{}`", pull.number, pull.title);
    if signed_off {
        message.push_str(&format!("\n\nSigned-off-by: {} <{}>", who.name, who.email));
    }
    let commit = target
        .commit_tree(&tree, &parents, &message, &who, &who)
        .await?;
    Ok(Some(commit))
}

/// `POST rebase`: takes the right to push to the source.
pub(in super::super) async fn rebase(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    let id = super::project(call, place)?;
    call.check_token(id)?;
    let login = call.user()?;
    let (pull, source) = {
        let state = call.hub.state();
        let pull = state.pull(id, number)?.clone();
        let source = pull.head.project.and_then(|id| state.projects.get(&id));
        let source = source.filter(|source| call.may(&state, source, Access::Write));
        let source = source.map(|source| source.id);
        // Authors cannot let others rebase through the API.
        let source = source.ok_or_else(|| Problem::new(403, "EREBASENOTALLOWED"))?;
        (pull, source)
    };
    let done = try_rebase(call.hub, login, &pull, source).await;
    let done = match done {
        Ok(()) => true,
        Err(Stuck::Because(_)) => false,
        Err(Stuck::Broken(refusal)) => return Err(refusal.into()),
    };
    if done {
        settle(call.hub, id, number, login).await;
        forget_merges(call.hub, id, &[]);
    }
    if !call.form.waits() {
        return Ok(call.queued("Rebasing queued", call.hub.now(), done));
    }
    if done {
        Ok(reply(200, &json!({"message": "Pull-request rebased"})))
    } else {
        let text = "Did not manage to rebase this pull-request";
        Err(Problem::no_code(text))
    }
}

async fn try_rebase(
    hub: &Hub,
    login: &str,
    pull: &PullRequest,
    source: ProjectId,
) -> Result<(), Stuck> {
    let _one_at_a_time = hub.write_lock(source).lock_owned().await;
    let (from, to) = (
        hub.stored_repository(source),
        hub.stored_repository(pull.project),
    );
    let tip = from.branch(&pull.head.branch).await?;
    let base = to.branch(&pull.base_branch).await?;
    let (Some(tip), Some(base)) = (tip, base) else {
        return Err(because("a branch is gone"));
    };
    from.fetch(&to, &base).await?;
    if from.is_ancestor(&base, &tip).await? {
        return Ok(());
    }
    let rebased = from.rebase(&base, &tip, &hub.signature(login)).await?;
    let rebased = rebased.ok_or_else(|| because("a commit conflicts"))?;
    from.move_branch(&pull.head.branch, &rebased, Some(Some(&tip)))
        .await?;
    let update = RefUpdate::branch(&pull.head.branch, Some(&tip), Some(&rebased));
    hub.refs_changed(login, source, &[update]).await?;
    Ok(())
}
