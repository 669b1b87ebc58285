//! Merging.

use serde_json::json;

use super::super::call::Call;
use super::super::problem::Problem;
use super::super::{Answer, answer};
use super::parts;
use crate::dialect::empty;
use crate::git::{LogQuery, MergeMethod, MergeOutcome, MergeRequest};
use crate::state::{Access, Merge, ProjectId, PullRequest, PullState, RefUpdate, Refusal};

/// `GET .../pulls/{pull_number}/merge`: 204 if it was merged, 404 if not.
pub(in super::super) fn merged(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let number = super::number(number)?;
    let state = call.hub.state();
    let pull = state.visible_id(call.login(), id)?.pull(number)?;
    match pull.state {
        PullState::Merged => Ok(empty(204)),
        PullState::Open | PullState::Closed => Err(Problem::not_found()),
    }
}

/// `PUT .../pulls/{pull_number}/merge`.
pub(in super::super) async fn merge(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let login = call.signed_in()?.to_owned();
    let (pull, base, head) = parts::range(call, id, number).await?;
    let (by_merge, by_squash, by_rebase) = {
        let state = call.hub.state();
        // Merging writes to the repository, and that is the permission it takes.
        call.token_may(&state, id, "contents", true)?;
        let project = state.visible_id(Some(&login), id)?;
        let squash = project.allow_squash;
        (project.allow_merge_commit, squash, project.allow_rebase)
    };
    let body = call.body()?;
    let (method, allowed, name) = match body.text("merge_method")?.unwrap_or("merge") {
        "merge" => (MergeMethod::Merge, by_merge, "Merge commits"),
        "squash" => (MergeMethod::Squash, by_squash, "Squash merges"),
        "rebase" => (MergeMethod::Rebase, by_rebase, "Rebase merges"),
        other => {
            let words = format!(
                "Invalid request.\n\n{other} is not a member of [\"merge\", \"squash\", \"rebase\"]."
            );
            return Err(Problem::new(422, words));
        }
    };
    let (title, text) = (body.text("commit_title")?, body.text("commit_message")?);
    let (own_title, own_text) = match method {
        MergeMethod::Squash => squash_message(call, id, &pull, &base, &head).await?,
        _ => (merge_title(&pull), pull.title.clone()),
    };
    let title = title.filter(|t| !t.is_empty()).unwrap_or(&own_title);
    let text = text.unwrap_or(&own_text);
    let merge = Merge {
        method,
        message: format!("{title}\n\n{text}"),
        expected_head: body.text("sha")?.map(str::to_owned),
        even_draft: false,
    };
    if !allowed && pull.state == PullState::Open {
        let words = format!("{name} are not allowed on this repository.");
        return Err(Problem::new(405, words));
    }
    let merged = call
        .hub
        .merge_pull_request(&login, id, pull.number, &merge)
        .await;
    let sha = merged.map_err(|refusal| match refusal {
        Refusal::Draft => Problem::new(405, "Pull Request is still a draft"),
        Refusal::Conflict if method == MergeMethod::Rebase => {
            Problem::new(405, "This branch can't be rebased")
        }
        other => other.into(),
    })?;
    let words = "Pull Request successfully merged";
    Ok(answer(
        200,
        &json!({"sha": sha, "merged": true, "message": words}),
    ))
}

/// `PUT .../pulls/{pull_number}/update-branch`: merges the base into the head.
pub(in super::super) async fn update_branch(
    call: &Call<'_>,
    id: ProjectId,
    number: &str,
) -> Answer {
    let login = call.signed_in()?.to_owned();
    let (pull, _, head) = parts::range(call, id, number).await?;
    let source = pull.head.project.ok_or_else(Problem::not_found)?;
    {
        let state = call.hub.state();
        call.token_may(&state, id, "pull_requests", true)?;
        let target = state.visible_id(Some(&login), id)?;
        let fork = state.visible_id(Some(&login), source)?;
        let invited = pull.maintainer_edit && state.allows(Some(&login), target, Access::Write);
        if !invited && !state.allows(Some(&login), fork, Access::Write) {
            return Err(Problem::needs_push());
        }
    }
    let body = call.body()?;
    if body
        .text("expected_head_sha")?
        .is_some_and(|sha| sha != head)
    {
        let words = "expected_head_sha does not match the current head ref";
        return Err(Problem::new(422, words));
    }
    if pull.state != PullState::Open || pull.synthetic {
        return Err(Problem::new(422, "The pull request is not open"));
    }
    let _one_at_a_time = call.hub.write_lock(source).lock_owned().await;
    let target = call.repository(id).await?;
    let base = target.branch(&pull.base_branch).await?;
    let base = base.ok_or_else(Problem::not_found)?;
    if target.is_ancestor(&base, &head).await? {
        let words = "There are no new commits on the base branch.";
        return Err(Problem::new(422, words));
    }
    let fork = call.repository(source).await?;
    fork.fetch(&target, &base).await?;
    let me = call.hub.signature(&login);
    let (into, branch) = (&pull.head.branch, &pull.base_branch);
    let outcome = fork
        .merge(&MergeRequest {
            base: &head,
            head: &base,
            method: MergeMethod::Merge,
            message: &format!("Merge branch '{branch}' into {into}"),
            author: &me,
            committer: &me,
        })
        .await?;
    let MergeOutcome::Merged(sha) = outcome else {
        return Err(Problem::new(422, "merge conflict between base and head"));
    };
    fork.move_branch(into, &sha, Some(Some(&head))).await?;
    let update = RefUpdate::branch(into, Some(&head), Some(&sha));
    call.hub.refs_changed(&login, source, &[update]).await?;
    let url = format!("{}/pulls/{number}", call.urls(id)?.api);
    let words = "Updating pull request branch.";
    Ok(answer(202, &json!({"message": words, "url": url})))
}

fn merge_title(pull: &PullRequest) -> String {
    format!(
        "Merge pull request #{} from {}/{}",
        pull.number, pull.head.owner, pull.head.branch
    )
}

/// The only commit's own words, or the title over a list of all commits.
async fn squash_message(
    call: &Call<'_>,
    id: ProjectId,
    pull: &PullRequest,
    base: &str,
    head: &str,
) -> Result<(String, String), Problem> {
    let query = LogQuery {
        without: Some(base),
        oldest_first: true,
        ..LogQuery::default()
    };
    let mut commits = Vec::new();
    if !pull.synthetic {
        commits = call.repository(id).await?.log(head, &query).await?;
    }
    let number = pull.number;
    Ok(match commits.as_slice() {
        [only] => {
            let text = only.message.split_once("\n\n").map_or("", |(_, text)| text);
            (format!("{} (#{number})", only.subject()), text.to_owned())
        }
        commits => {
            let items = commits.iter().map(|one| format!("* {}", one.message));
            let text = items.collect::<Vec<_>>().join("\n\n");
            (format!("{} (#{number})", pull.title), text)
        }
    })
}
