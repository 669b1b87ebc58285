//! Bringing a pull request's branch up with its base.

use crate::dialect::empty;
use crate::dialect::forgejo::Answer;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::problem::Problem;
use crate::git::{MergeMethod, MergeOutcome, MergeRequest};
use crate::state::{Access, ProjectId, PullRequest, PullState, RefUpdate, Refusal, What};

/// `POST .../pulls/{index}/update?style=merge` or `rebase`; any other word is taken for `merge`.
pub(super) async fn update(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let login = call.signed_in()?;
    let pull = {
        let state = call.hub.state();
        state.visible_id(Some(login), id)?.pull(number)?.clone()
    };
    if pull.state != PullState::Open {
        return Err(Problem::new(422, "%!s(<nil>)"));
    }
    // A fork or branch that is gone is not provided for.
    let source = pull.head.project.ok_or(Problem::Page500)?;
    if !may_update(call, id, &pull)? {
        return Err(Refusal::Forbidden(What::PullRequest).into());
    }
    let target = call.repository(id).await?;
    let repository = call.repository(source).await?;
    let head = repository.branch(&pull.head.branch).await?;
    let head = head.ok_or_else(Problem::server_error)?;
    let _one_at_a_time = call.hub.write_lock(source).lock_owned().await;
    let base = target.branch(&pull.base_branch).await?;
    let base = base.ok_or_else(Problem::server_error)?;
    repository.fetch(&target, &base).await?;
    if repository.is_ancestor(&base, &head).await? {
        // Nothing to do is a failure.
        return Err(Problem::server_error());
    }
    let who = call.hub.signature(login);
    let rebases = call.param("style") == Some("rebase");
    let new = if rebases {
        repository.rebase(&base, &head, &who).await?
    } else {
        let message = format!(
            "Merge branch '{}' into {}",
            pull.base_branch, pull.head.branch
        );
        let outcome = repository
            .merge(&MergeRequest {
                base: &head,
                head: &base,
                method: MergeMethod::Merge,
                message: &message,
                author: &who,
                committer: &who,
            })
            .await?;
        match outcome {
            MergeOutcome::Merged(sha) => Some(sha),
            MergeOutcome::Conflict => None,
        }
    };
    let Some(new) = new else {
        let how = if rebases { "rebase" } else { "merge" };
        let words = format!("{how} failed because of conflict");
        return Err(Problem::new(409, words));
    };
    let branch = &pull.head.branch;
    repository
        .move_branch(branch, &new, Some(Some(&head)))
        .await?;
    let moved = RefUpdate::branch(branch, Some(&head), Some(&new));
    call.hub.refs_changed(login, source, &[moved]).await?;
    Ok(empty(200))
}

/// Who may push to the head, and maintainers of the base if the contributor let them.
fn may_update(call: &Call<'_>, id: ProjectId, pull: &PullRequest) -> Result<bool, Problem> {
    let state = call.hub.state();
    let target = state.visible_id(call.login(), id)?;
    let source = pull.head.project.and_then(|id| state.projects.get(&id));
    let writes = |project| call.may(&state, project, Access::Write);
    Ok(source.is_some_and(writes) || (pull.maintainer_edit && writes(target)))
}
