//! Merging: now, or when the pipeline has succeeded; and rebasing.

use serde_json::json;

use super::super::Answer;
use super::super::call::Call;
use super::super::pipelines;
use super::super::problem::Problem;
use super::view::flag;
use super::{existing, view};
use crate::dialect::answer;
use crate::git::{LogQuery, MergeMethod, MergeOutcome, MergeRequest};
use crate::hub::Hub;
use crate::state::{
    Access, AutoMerge, Mergeability, Project, ProjectId, PullRequest, PullState, RefUpdate,
    Refusal, What,
};

/// How a merge request is merged.
#[derive(Debug, Clone, Default)]
struct Plan {
    squash: bool,
    message: Option<String>,
    squash_message: Option<String>,
    remove_branch: bool,
}

/// `PUT .../merge_requests/{iid}/merge`.
pub(in super::super) async fn merge(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let params = &call.params;
    let pull = existing(call, id, number)?;
    // Who may not push to the target is not signed in well enough, as GitLab sees it.
    let login = call.entitled(id, Access::Write);
    let login = login.map_err(|_| Problem::unauthorized())?.to_owned();
    if let Some(sha) = params.filled("sha")?
        && !pull.head.sha.eq_ignore_ascii_case(&sha)
    {
        let actual = pull.head.sha.clone();
        return Err(Refusal::HeadMoved { actual }.into());
    }
    let squash = params.flag("squash")?;
    if squash == Some(true) {
        let mut state = call.hub.state();
        let settings = &mut state.pull_mut(id, number)?.settings;
        settings.insert("squash".to_owned(), json!(true));
    }
    let removes = params.flag("should_remove_source_branch")?;
    let plan = Plan {
        squash: squash == Some(true) || flag(&pull, "squash") == Some(true),
        message: params.filled("merge_commit_message")?,
        squash_message: params.filled("squash_commit_message")?,
        remove_branch: removes
            .or(flag(&pull, "force_remove_source_branch"))
            .unwrap_or(false),
    };
    let waits = params.flag("merge_when_pipeline_succeeds")? == Some(true)
        || params.flag("auto_merge")? == Some(true);
    let pipeline = head_pipeline(call.hub, &pull);
    match pipeline {
        Some("pending" | "running" | "created") if waits => {
            if pull.state != PullState::Open || pull.draft {
                return Err(Problem::not_allowed());
            }
            let method = if plan.squash { "squash" } else { "merge" };
            let message = plan.message.unwrap_or_default();
            let wait = AutoMerge::new(&login, method, &message, plan.remove_branch);
            call.hub.state().pull_mut(id, number)?.auto_merge = Some(wait);
        }
        Some("failed" | "canceled") if waits => return Err(Problem::not_allowed()),
        _ => {
            let found = call.hub.observed_mergeability(id, number).await?;
            let hindered = hindered(call.hub, id, &pull).await?;
            let mergeable = pull.state == PullState::Open
                && !pull.draft
                && found == Mergeability::Clean
                && hindered.is_none();
            if !mergeable {
                let waited = Problem::message(422, "Branch cannot be merged");
                return Err(if waits {
                    waited
                } else {
                    Problem::not_allowed()
                });
            }
            execute(call.hub, &login, id, &pull, &plan).await?;
        }
    }
    Ok(answer(200, &view::whole(call, id, number).await?))
}

/// What the pipeline of a merge request's head has come to.
fn head_pipeline(hub: &Hub, pull: &PullRequest) -> Option<&'static str> {
    let state = hub.state();
    let source = state.projects.get(&pull.head.project?)?;
    let pipeline = pipelines::latest(source, &pull.head.sha, None)?;
    Some(pipeline.status)
}

/// Why the project's own settings do not let a merge request be merged now, if they do not.
pub(in super::super) fn hindrance(
    hub: &Hub,
    id: ProjectId,
    pull: &PullRequest,
    behind: bool,
) -> Result<Option<&'static str>, Problem> {
    let pipeline = head_pipeline(hub, pull);
    let state = hub.state();
    let project = state.projects.get(&id);
    let project = project.ok_or_else(|| Problem::not_found("Project"))?;
    let is_on = |name: &str| project.settings.get(name) == Some(&json!(true));
    if is_on("only_allow_merge_if_pipeline_succeeds") {
        match pipeline {
            Some("success") => {}
            Some("skipped") if is_on("allow_merge_on_skipped_pipeline") => {}
            Some("pending" | "running" | "created") => return Ok(Some("ci_still_running")),
            _ => return Ok(Some("ci_must_pass")),
        }
    }
    if behind && merge_method(project) != "merge" {
        return Ok(Some("need_rebase"));
    }
    Ok(None)
}

async fn hindered(
    hub: &Hub,
    id: ProjectId,
    pull: &PullRequest,
) -> Result<Option<&'static str>, Problem> {
    let repository = hub.repository(id).await?;
    let tip = repository.branch(&pull.base_branch).await?;
    let behind = match tip {
        Some(tip) if !pull.synthetic => !repository.is_ancestor(&tip, &pull.head.sha).await?,
        _ => false,
    };
    hindrance(hub, id, pull, behind)
}

fn merge_method(project: &Project) -> &str {
    let word = project.settings.get("merge_method");
    word.and_then(|word| word.as_str()).unwrap_or("merge")
}

/// Merges, as the project's settings say.
async fn execute(
    hub: &Hub,
    actor: &str,
    id: ProjectId,
    pull: &PullRequest,
    plan: &Plan,
) -> Result<(), Problem> {
    {
        let _one_at_a_time = hub.write_lock(id).lock_owned().await;
        merge_now(hub, actor, id, pull, plan).await?;
    }
    let source = pull.head.project.filter(|_| plan.remove_branch);
    if let Some(source) = source {
        remove_branch(hub, actor, source, &pull.head.branch).await?;
    }
    Ok(())
}

/// Makes the commits and moves the branch. The repository must be locked.
async fn merge_now(
    hub: &Hub,
    actor: &str,
    id: ProjectId,
    seen: &PullRequest,
    plan: &Plan,
) -> Result<(), Problem> {
    let (pull, fast_forward, path) = {
        let state = hub.state();
        let project = state.projects.get(&id);
        let project = project.ok_or(Refusal::NotFound(What::Project))?;
        let pull = project.pull(seen.number)?.clone();
        if project.archived || pull.state != PullState::Open || pull.synthetic {
            return Err(Problem::not_allowed());
        }
        if pull.head.sha != seen.head.sha {
            let actual = pull.head.sha;
            return Err(Refusal::HeadMoved { actual }.into());
        }
        (pull, merge_method(project) == "ff", project.path())
    };
    let refused = || Problem::message(422, "Branch cannot be merged");
    let repository = hub.repository(id).await?;
    let base = repository.branch(&pull.base_branch).await?;
    let base = base.ok_or_else(refused)?;
    let (author, committer) = (hub.signature(&pull.author), hub.signature(actor));
    let squashed = if plan.squash {
        let query = LogQuery {
            without: Some(&base),
            ..LogQuery::default()
        };
        // One commit is not squashed into one.
        let several = repository.log_count(&pull.head.sha, &query).await? > 1;
        let title = super::create::without_mark(&pull.title).unwrap_or(&pull.title);
        let message = plan.squash_message.as_deref();
        if several || message.is_some() {
            let made = repository
                .merge(&MergeRequest {
                    base: &base,
                    head: &pull.head.sha,
                    method: MergeMethod::Squash,
                    message: message.unwrap_or(title),
                    author: &author,
                    committer: &committer,
                })
                .await?;
            let MergeOutcome::Merged(sha) = made else {
                return Err(refused());
            };
            Some(sha)
        } else {
            None
        }
    } else {
        None
    };
    let head = squashed.as_ref().unwrap_or(&pull.head.sha);
    let own_message = format!(
        "Merge branch '{}' into '{}'\n\n{}\n\nSee merge request {path}!{}",
        pull.head.branch, pull.base_branch, pull.title, pull.number
    );
    let merged = repository
        .merge(&MergeRequest {
            base: &base,
            head,
            method: if fast_forward {
                MergeMethod::FastForward
            } else {
                MergeMethod::Merge
            },
            message: plan.message.as_deref().unwrap_or(&own_message),
            author: &author,
            committer: &committer,
        })
        .await?;
    let MergeOutcome::Merged(sha) = merged else {
        return Err(refused());
    };
    repository
        .move_branch(&pull.base_branch, &sha, Some(Some(&base)))
        .await?;
    hub.mark_merged(actor, id, pull.number, &base, &sha)?;
    {
        let mut state = hub.state();
        let pull = state.pull_mut(id, pull.number)?;
        pull.auto_merge = None;
        let settings = &mut pull.settings;
        if fast_forward {
            settings.insert("fast_forward".to_owned(), json!(true));
        }
        if let Some(squashed) = &squashed {
            settings.insert("squash_commit_sha".to_owned(), json!(squashed));
        }
        if plan.remove_branch {
            settings.insert("should_remove_source_branch".to_owned(), json!(true));
        }
    }
    let update = RefUpdate::branch(&pull.base_branch, Some(&base), Some(&sha));
    hub.refs_changed(actor, id, &[update]).await?;
    Ok(())
}

/// Takes the merged branch away, if whoever merged may.
async fn remove_branch(
    hub: &Hub,
    actor: &str,
    source: ProjectId,
    branch: &str,
) -> Result<(), Problem> {
    let may = {
        let state = hub.state();
        state.projects.get(&source).is_some_and(|project| {
            state.allows(Some(actor), project, Access::Write) && project.default_branch != branch
        })
    };
    if !may {
        return Ok(());
    }
    let _one_at_a_time = hub.write_lock(source).lock_owned().await;
    let repository = hub.repository(source).await?;
    if let Some(old) = repository.branch(branch).await? {
        repository
            .delete_ref(&format!("refs/heads/{branch}"))
            .await?;
        let update = RefUpdate::branch(branch, Some(&old), None);
        hub.refs_changed(actor, source, &[update]).await?;
    }
    Ok(())
}

/// Merges what was waiting for the checks of a commit, if they have all succeeded.
pub(in super::super) async fn checks_changed(
    hub: &Hub,
    source: ProjectId,
    sha: &str,
) -> Result<(), Problem> {
    let waiting: Vec<(PullRequest, AutoMerge)> = {
        let state = hub.state();
        let pulls = state.projects.values();
        pulls
            .flat_map(|project| project.pull_requests.values())
            .filter(|pull| pull.head.project == Some(source) && pull.head.sha == sha)
            .filter_map(|pull| Some((pull.clone(), pull.auto_merge.clone()?)))
            .collect()
    };
    for (pull, wait) in waiting {
        match head_pipeline(hub, &pull) {
            Some("success" | "skipped") => {}
            // It waits no longer for what has failed.
            Some("failed" | "canceled") => {
                hub.state().pull_mut(pull.project, pull.number)?.auto_merge = None;
                continue;
            }
            _ => continue,
        }
        if hub.mergeability(pull.project, pull.number).await? != Mergeability::Clean {
            continue;
        }
        let plan = Plan {
            squash: wait.method == "squash",
            message: Some(wait.message).filter(|message| !message.is_empty()),
            squash_message: None,
            remove_branch: wait.delete_branch,
        };
        execute(hub, &wait.user, pull.project, &pull, &plan).await?;
    }
    Ok(())
}

/// `POST .../cancel_merge_when_pipeline_succeeds`.
pub(in super::super) async fn cancel(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let pull = existing(call, id, number)?;
    let login = call.signed_in()?;
    if login != pull.author {
        let entitled = call.entitled(id, Access::Write);
        entitled.map_err(|_| Problem::unauthorized())?;
    }
    let waited = call.hub.state().pull_mut(id, number)?.auto_merge.take();
    if waited.is_none() {
        return Err(Problem::message(406, "Can't cancel the automatic merge"));
    }
    Ok(answer(201, &view::whole(call, id, number).await?))
}

/// `GET .../merge_requests/{iid}/merge_ref`: the commit that a merge would make now.
pub(in super::super) async fn merge_ref(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let pull = existing(call, id, number)?;
    let refused = || Problem::message(400, "Merge request is not mergeable");
    if pull.state != PullState::Open || pull.synthetic {
        return Err(refused());
    }
    if call.hub.mergeability(id, number).await? != Mergeability::Clean {
        return Err(refused());
    }
    let state = call.hub.state();
    let sha = state.pull(id, number)?.test_merge.clone();
    let sha = sha.ok_or_else(refused)?;
    Ok(answer(200, &json!({"commit_id": sha})))
}

/// `PUT .../merge_requests/{iid}/rebase`: accepted at once; here it is done before the answer.
pub(in super::super) async fn rebase(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let pull = existing(call, id, number)?;
    let login = call.signed_in()?.to_owned();
    let refused = |words: &str| Problem::forbidden_because(words);
    let source = pull.head.project;
    let source = source.ok_or_else(|| refused("Source branch does not exist"))?;
    {
        let state = call.hub.state();
        let target = call.look(&state, id)?;
        let invited = pull.maintainer_edit && call.allows(&state, target, Access::Write);
        let own = call
            .look(&state, source)
            .is_ok_and(|project| call.allows(&state, project, Access::Write));
        if !own && !invited {
            return Err(refused("Cannot push to source branch"));
        }
    }
    let _one_at_a_time = call.hub.write_lock(source).lock_owned().await;
    let target = call.hub.repository(id).await?;
    let fork = call.hub.repository(source).await?;
    let branch = &pull.head.branch;
    let head = fork.branch(branch).await?;
    let head = head.ok_or_else(|| refused("Source branch does not exist"))?;
    let base = target.branch(&pull.base_branch).await?;
    let base = base.ok_or_else(|| refused("Target branch does not exist"))?;
    fork.fetch(&target, &base).await?;
    let committer = call.hub.signature(&login);
    let rebased = fork.rebase(&base, &head, &committer).await?;
    match rebased {
        Some(sha) if sha != head => {
            fork.move_branch(branch, &sha, Some(Some(&head))).await?;
            let update = RefUpdate::branch(branch, Some(&head), Some(&sha));
            call.hub.refs_changed(&login, source, &[update]).await?;
        }
        Some(_) => {}
        None => {
            let words =
                "Rebase failed: Rebase locally, resolve all conflicts, then push the branch.";
            let mut state = call.hub.state();
            let settings = &mut state.pull_mut(id, number)?.settings;
            settings.insert("merge_error".to_owned(), json!(words));
        }
    }
    Ok(answer(202, &json!({"rebase_in_progress": true})))
}
