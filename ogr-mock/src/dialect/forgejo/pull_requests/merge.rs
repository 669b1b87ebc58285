//! Merging pull requests: now, or as soon as their checks have passed.

use serde_json::json;

use super::super::projects::allows;
use crate::dialect::empty;
use crate::dialect::forgejo::Answer;
use crate::dialect::forgejo::body::Body;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::problem::Problem;
use crate::git::MergeMethod;
use crate::state::{
    Access, AutoMerge, Merge, Mergeability, Project, ProjectId, PullRequest, PullState, RefUpdate,
    Refusal,
};

/// The ways of merging, by their names: git's way, and the project's setting that allows it.
const STYLES: &[(&str, MergeMethod, &str)] = &[
    ("merge", MergeMethod::Merge, "allow_merge_commits"),
    ("rebase", MergeMethod::Rebase, "allow_rebase"),
    (
        "rebase-merge",
        MergeMethod::RebaseMerge,
        "allow_rebase_explicit",
    ),
    ("squash", MergeMethod::Squash, "allow_squash_merge"),
    (
        "fast-forward-only",
        MergeMethod::FastForward,
        "allow_fast_forward_only_merge",
    ),
];

/// `POST .../pulls/{index}/merge`.
pub(super) async fn merge(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let login = call.signed_in()?;
    call.not_archived(id)?;
    let body = call.body("MergePullRequestOption")?;
    let style = body.required("Do", "Do")?;
    let known = STYLES.iter().any(|(name, ..)| *name == style) || style == "manually-merged";
    if !known || (call.flavour.gitea && style == "fast-forward-only") {
        return Err(Problem::new(422, "[Do]: In"));
    }
    let (number, pull, project) = find(call, id, number)?;
    check(call, &project, &pull, style).await?;
    if style == "manually-merged" {
        return merged_by_hand(call, id, &project, number, &body).await;
    }
    let wanted = AutoMerge::new(
        login,
        style,
        &message(call, &project, &pull, style, &body)?,
        body.flag("delete_branch_after_merge")?.unwrap_or(false),
    );
    if body.flag("merge_when_checks_succeed")?.unwrap_or(false) {
        schedule(call, id, number, wanted)?;
        // Not merged yet, for all that it is a success.
        return Ok(empty(201));
    }
    let (_, _, setting) = style_of(style)?;
    if !allows(&project, setting) {
        return Err(not_allowed(call, style));
    }
    if let Some(expected) = body.text("head_commit_id")?
        && !expected.is_empty()
        && expected != pull.head.sha
    {
        return Err(Problem::new(409, "head out of date"));
    }
    perform(call, id, number, &wanted).await?;
    settle_auto_merges(call, id, |other| other.base_branch == pull.base_branch).await?;
    Ok(empty(200))
}

fn style_of(style: &str) -> Result<(&'static str, MergeMethod, &'static str), Problem> {
    let found = STYLES.iter().find(|(name, ..)| *name == style);
    found.copied().ok_or_else(Problem::server_error)
}

fn not_allowed(call: &Call<'_>, style: &str) -> Problem {
    let words = if call.flavour.gitea {
        "is not allowed an allowed merge style for this repository"
    } else {
        "is not an allowed merge style for this repository"
    };
    Problem::new(405, format!("{style} {words}"))
}

fn find(
    call: &Call<'_>,
    id: ProjectId,
    number: &str,
) -> Result<(u64, PullRequest, Project), Problem> {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let number: u64 = number.parse().unwrap_or(0);
    let pull = project.pull(number).map_err(|_| {
        let reason = format!(
            "pull request does not exist [id: 0, issue_id: 0, head_repo_id: 0, base_repo_id: {id}, \
             head_branch: , base_branch: ]"
        );
        Problem::NotFound("GetPullRequestByIndex".to_owned(), vec![reason])
    })?;
    Ok((number, pull.clone(), project.clone()))
}

/// Whether it may be merged now, in the order in which Forgejo asks.
async fn check(
    call: &Call<'_>,
    project: &Project,
    pull: &PullRequest,
    style: &str,
) -> Result<(), Problem> {
    match pull.state {
        PullState::Merged => return Err(Refusal::AlreadyMerged.into()),
        PullState::Closed => return Err(Refusal::Closed.into()),
        PullState::Open => {}
    }
    if !call.may(&call.hub.state(), project, Access::Write) {
        // Not a 403.
        return Err(Problem::new(405, "User not allowed to merge PR"));
    }
    if style == "manually-merged" {
        return Ok(());
    }
    if pull.draft {
        return Err(Refusal::Draft.into());
    }
    let found = call
        .hub
        .observed_mergeability(pull.project, pull.number)
        .await?;
    if found != Mergeability::Clean {
        // The same words for a conflict and for not knowing yet.
        return Err(Refusal::Conflict.into());
    }
    Ok(())
}

/// The message of the commit to be made: titles and texts that are not given are made up.
fn message(
    call: &Call<'_>,
    project: &Project,
    pull: &PullRequest,
    style: &str,
    body: &Body,
) -> Result<String, Problem> {
    let title = body.plain("MergeTitleField")?.trim();
    let text = body.plain("MergeMessageField")?.trim();
    let mut message = if title.is_empty() {
        usual_title(call, project, pull, style)
    } else {
        title.to_owned()
    };
    if !text.is_empty() {
        message.push_str("\n\n");
        message.push_str(text);
    }
    Ok(message)
}

fn usual_title(call: &Call<'_>, project: &Project, pull: &PullRequest, style: &str) -> String {
    let (title, number) = (&pull.title, pull.number);
    if style == "squash" {
        return format!("{title} (#{number})");
    }
    let state = call.hub.state();
    let source = pull.head.project.and_then(|id| state.projects.get(&id));
    let from = match source {
        Some(source) if source.id != project.id => {
            format!("{}:{}", source.path(), pull.head.branch)
        }
        _ => pull.head.branch.clone(),
    };
    let into = &pull.base_branch;
    format!("Merge pull request '{title}' (#{number}) from {from} into {into}")
}

/// Merges, whoever may, and deletes the branch if that was asked for.
async fn perform(
    call: &Call<'_>,
    id: ProjectId,
    number: u64,
    wanted: &AutoMerge,
) -> Result<(), Problem> {
    let pull = call.hub.state().pull(id, number)?.clone();
    let source = pull.head.project.ok_or_else(Problem::server_error)?;
    let from = call.hub.repository(source).await?;
    if from.branch(&pull.head.branch).await?.is_none() {
        return Err(Problem::server_error());
    }
    let (_, method, _) = style_of(&wanted.method)?;
    let merge = Merge {
        method,
        message: wanted.message.clone(),
        expected_head: None,
        even_draft: false,
    };
    let merged = call
        .hub
        .merge_pull_request(&wanted.user, id, number, &merge)
        .await;
    match merged {
        Ok(_) => {}
        // Branches that went apart are not provided for.
        Err(Refusal::Conflict) if method == MergeMethod::FastForward => {
            return Err(Problem::server_error());
        }
        Err(other) => return Err(other.into()),
    }
    if wanted.delete_branch {
        delete_branch(call, source, &pull.head.branch, &wanted.user).await?;
    }
    Ok(())
}

/// Deletes a merged branch, if the user may and it is not the default one.
async fn delete_branch(
    call: &Call<'_>,
    source: ProjectId,
    branch: &str,
    user: &str,
) -> Result<(), Problem> {
    {
        let state = call.hub.state();
        let Some(project) = state.projects.get(&source) else {
            return Ok(());
        };
        let keeps =
            project.default_branch == branch || !state.allows(Some(user), project, Access::Write);
        if keeps {
            return Ok(());
        }
    }
    let repository = call.hub.repository(source).await?;
    let Some(sha) = repository.branch(branch).await? else {
        return Ok(());
    };
    let _one_at_a_time = call.hub.write_lock(source).lock_owned().await;
    repository
        .delete_ref(&format!("refs/heads/{branch}"))
        .await?;
    let update = RefUpdate::branch(branch, Some(&sha), None);
    call.hub.refs_changed(user, source, &[update]).await?;
    Ok(())
}

/// Marks as merged what someone merged past the forge, if the project lets them.
async fn merged_by_hand(
    call: &Call<'_>,
    id: ProjectId,
    project: &Project,
    number: u64,
    body: &Body,
) -> Answer {
    let login = call.signed_in()?;
    if project.settings.get("allow_manual_merge") != Some(&json!(true)) {
        return Err(not_allowed(call, "manually-merged"));
    }
    let wrong = || Problem::Json(409, json!({}));
    let commit = body.plain("MergeCommitID")?;
    let pull = call.hub.state().pull(id, number)?.clone();
    let repository = call.repository(id).await?;
    let base = repository.branch(&pull.base_branch).await?;
    let base = base.ok_or_else(Problem::server_error)?;
    if !repository.has(commit).await? || !repository.is_ancestor(commit, &base).await? {
        return Err(wrong());
    }
    let before = repository.commit(commit).await?.ok_or_else(wrong)?;
    let before = before.parents.first().map_or(commit, String::as_str);
    call.hub.mark_merged(login, id, number, before, commit)?;
    Ok(empty(200))
}

/// Puts a merge off until a check reports success, even if all have done so already.
fn schedule(call: &Call<'_>, id: ProjectId, number: u64, wanted: AutoMerge) -> Result<(), Problem> {
    let mut state = call.hub.state();
    let pull = state.pull_mut(id, number)?;
    if pull.auto_merge.is_some() {
        let words = format!(
            "pull request is already scheduled to auto merge when checks succeed [pull_id: {}]",
            pull.id
        );
        return Err(Problem::new(409, words));
    }
    pull.auto_merge = Some(wanted);
    Ok(())
}

/// `DELETE .../pulls/{index}/merge`: calls the merge off that waits for checks.
pub(super) fn cancel(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let login = call.signed_in()?;
    call.not_archived(id)?;
    let mut state = call.hub.state();
    let project = state.visible_id(Some(login), id)?;
    let pull = project.pull(number)?;
    let waiting = pull.auto_merge.as_ref().ok_or_else(Problem::not_found)?;
    let own = state.same_name(&waiting.user, login);
    if !own && !call.may(&state, project, Access::Write) {
        let words = "user has no permission to cancel the scheduled auto merge";
        return Err(Problem::new(403, words));
    }
    state.pull_mut(id, number)?.auto_merge = None;
    Ok(empty(204))
}

/// Merges what waited: for a check of this commit to succeed, or for its base to move, which makes
/// Forgejo look again.
pub(in crate::dialect::forgejo) async fn settle_auto_merges(
    call: &Call<'_>,
    id: ProjectId,
    woken: impl Fn(&PullRequest) -> bool,
) -> Result<(), Problem> {
    let ready: Vec<(u64, AutoMerge)> = {
        let mut state = call.hub.state();
        let project = state.project_mut(id)?;
        let ready = project.pull_requests.values().filter_map(|pull| {
            let waiting = pull.auto_merge.clone()?;
            let open = pull.state == PullState::Open && !pull.draft;
            (open && woken(pull)).then_some((pull.number, waiting))
        });
        ready.collect()
    };
    for (number, waiting) in ready {
        // One that cannot be merged after all goes on waiting.
        if perform(call, id, number, &waiting).await.is_ok() {
            call.hub.state().pull_mut(id, number)?.auto_merge = None;
        }
    }
    Ok(())
}
