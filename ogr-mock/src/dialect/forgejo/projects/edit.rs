//! Changing projects.

use super::create::check_name;
use super::repository;
use crate::dialect::forgejo::body::Body;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::problem::Problem;
use crate::dialect::forgejo::{Answer, json_answer};
use crate::state::{ProjectId, Refusal, State, What};

/// The settings beside those of merging that are kept just as they are told.
const KEPT: &[&str] = &["template", "has_wiki", "has_projects", "has_releases"];

/// The settings of merging, kept likewise.
const MERGE_SETTINGS: &[&str] = &[
    "ignore_whitespace_conflicts",
    "allow_merge_commits",
    "allow_rebase",
    "allow_rebase_explicit",
    "allow_squash_merge",
    "allow_fast_forward_only_merge",
    "allow_manual_merge",
    "allow_rebase_update",
    "default_delete_branch_after_merge",
    "default_merge_style",
    "default_allow_maintainer_edit",
    "default_update_style",
];

/// `PATCH /repos/{owner}/{repo}`.
pub(in crate::dialect::forgejo) async fn edit(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.admin(id)?;
    let body = call.body("EditRepoOption")?;
    if let Some(name) = body.text("name")?.filter(|name| !name.is_empty()) {
        rename(call, id, name)?;
    }
    if let Some(branch) = body.text("default_branch")?
        && !branch.is_empty()
    {
        // One that does not exist is passed over in silence.
        match call.hub.set_default_branch(id, branch).await {
            Ok(()) | Err(Refusal::NotFound(What::Branch)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    change(call, id, &body)?;
    let state = call.hub.state();
    let project = state.visible_id(Some(login), id)?;
    Ok(json_answer(200, &repository(call, &state, project)))
}

fn rename(call: &Call<'_>, id: ProjectId, name: &str) -> Result<(), Problem> {
    check_name(name)?;
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    if project.name == name {
        return Ok(());
    }
    let namespace = project.namespace.clone();
    match state.rename_project(id, &namespace, name) {
        Err(Refusal::AlreadyExists(..)) => {
            let words = format!("repository already exists [uname: {namespace}, name: {name}]");
            Err(Problem::new(422, words))
        }
        other => Ok(other?),
    }
}

/// The forks go along, and theirs: out of sight or back.
fn set_private(state: &mut State, id: ProjectId, private: bool) -> Result<(), Problem> {
    let project = state.project_mut(id)?;
    if project.private == private {
        return Ok(());
    }
    let mut changed = vec![id];
    while let Some(id) = changed.pop() {
        state.project_mut(id)?.private = private;
        changed.extend(state.forks(id).map(|fork| fork.id));
    }
    Ok(())
}

fn change(call: &Call<'_>, id: ProjectId, body: &Body) -> Result<(), Problem> {
    let now = call.hub.now();
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    if let Some(text) = body.text("description")? {
        project.description = Some(text.to_owned());
    }
    if let Some(text) = body.text("website")? {
        project.homepage = Some(text.to_owned());
    }
    if let Some(private) = body.flag("private")? {
        set_private(&mut state, id, private)?;
    }
    let project = state.project_mut(id)?;
    if let Some(archived) = body.flag("archived")? {
        project.archived = archived;
    }
    if let Some(issues) = body.flag("has_issues")? {
        project.has_issues = issues;
    }
    if let Some(pulls) = body.flag("has_pull_requests")? {
        if pulls && !project.has_pull_requests {
            // How to merge is forgotten with the switch.
            for name in MERGE_SETTINGS {
                project.settings.remove(*name);
            }
        }
        project.has_pull_requests = pulls;
    }
    for name in KEPT.iter().chain(MERGE_SETTINGS) {
        if let Some(value) = body.value(name) {
            project.settings.insert((*name).to_owned(), value.clone());
        }
    }
    let allowed = |name| super::allows(project, name);
    let ways = (
        allowed("allow_merge_commits"),
        allowed("allow_squash_merge"),
        allowed("allow_rebase"),
    );
    (
        project.allow_merge_commit,
        project.allow_squash,
        project.allow_rebase,
    ) = ways;
    project.updated_at = now;
    Ok(())
}
