//! Projects ("repositories").

mod create;
mod edit;
mod search;
mod topics;

pub(super) use create::{check_new, create, is_plain_name, is_usable_name};
pub(super) use edit::edit;
pub(super) use search::search;
pub(super) use topics::topics;

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::view::{EPOCH, NO_TIME, time};
use super::{Answer, json_answer};
use crate::dialect::empty;
use crate::state::{Access, Project, ProjectId, PullState, State};

/// `GET /repos/{owner}/{repo}`.
pub(super) fn get(call: &Call<'_>, id: ProjectId) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    Ok(json_answer(200, &repository(call, &state, project)))
}

/// `GET /repositories/{id}`.
pub(super) fn by_id(call: &Call<'_>, id: &str) -> Answer {
    call.scoped(&["repository"])?;
    call.signed_in()?;
    let id: ProjectId = id.parse().map_err(|_| Problem::not_found())?;
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    if call.access(&state, project).is_none() || call.hub.still_missing(project) {
        return Err(Problem::not_found());
    }
    Ok(json_answer(200, &repository(call, &state, project)))
}

/// `DELETE /repos/{owner}/{repo}`.
pub(super) async fn delete(call: &Call<'_>, id: ProjectId) -> Answer {
    {
        let state = call.hub.state();
        let project = state.visible_id(call.login(), id)?;
        if call.flavour.gitea {
            call.signed_in()?;
        }
        // Forgejo asks strangers for no token here, but says at once that they may not.
        if !call.may(&state, project, Access::Admin) || call.login().is_none() {
            return Err(Problem::new(403, "user should be the owner of the repo"));
        }
    }
    orphan(&mut call.hub.state(), id);
    call.hub.delete_project(id).await?;
    Ok(empty(204))
}

/// Makes the forks of a project into projects of their own, which stay as bare as forks are.
fn orphan(state: &mut State, id: ProjectId) {
    for fork in state.projects.values_mut() {
        if fork.parent == Some(id) {
            let whole = is_whole(fork);
            fork.settings.insert("whole".to_owned(), whole);
            fork.parent = None;
        }
    }
}

/// Whether a project has more than code and pull requests. A fork starts without issues, and without
/// all else that is not code.
fn is_whole(project: &Project) -> Value {
    kept(
        project,
        "whole",
        json!(project.parent.is_none() || project.has_issues),
    )
}

/// A setting that is kept as it was told, or what it is if nobody told.
fn kept(project: &Project, name: &str, usual: Value) -> Value {
    project.settings.get(name).cloned().unwrap_or(usual)
}

/// Whether a way of merging, by the name of its setting, is allowed in a project.
pub(super) fn allows(project: &Project, setting: &str) -> bool {
    kept(project, setting, json!(true)) == json!(true)
}

/// A project as the caller sees it.
pub(super) fn repository(call: &Call<'_>, state: &State, project: &Project) -> Value {
    with_permissions(call, state, project, call.access(state, project), true)
}

fn with_permissions(
    call: &Call<'_>,
    state: &State,
    project: &Project,
    access: Option<Access>,
    with_parent: bool,
) -> Value {
    let path = project.path();
    let page = call.project_page(&path);
    let ssh = format!("ssh://git@{}/{path}", call.host_name());
    let pulls = project.pull_requests.values();
    let open = pulls.filter(|pull| pull.state == PullState::Open).count();
    let published = project.releases.values().filter(|release| !release.draft);
    // A fork shows the rights to itself on its parent too, and it shows one that is private to all.
    let parent = project.parent.filter(|_| with_parent);
    let parent = parent.and_then(|id| state.projects.get(&id));
    let parent = parent.map(|parent| with_permissions(call, state, parent, access, false));
    let whole = is_whole(project);
    let mut body = json!({
        "id": project.id,
        "owner": call.owner(state, &project.namespace),
        "name": project.name,
        "full_name": path,
        "description": project.description.as_deref().unwrap_or_default(),
        "empty": project.pushed_at.is_none() || !project.is_ready(call.hub.now()),
        "private": project.private,
        "fork": project.parent.is_some(),
        "template": kept(project, "template", json!(false)),
        "parent": parent,
        "mirror": false,
        "size": if project.pushed_at.is_some() { 27 } else { 0 },
        "language": "",
        "languages_url": format!("{}/languages", call.project_api(&path)),
        "html_url": page,
        "url": call.project_api(&path),
        "link": "",
        "ssh_url": format!("{ssh}.git"),
        "clone_url": format!("{page}.git"),
        "original_url": "",
        "website": project.homepage.as_deref().unwrap_or_default(),
        "stars_count": 0,
        "forks_count": state.forks(project.id).count(),
        "watchers_count": 1,
        "open_issues_count": 0,
        "open_pr_counter": open,
        "release_counter": published.count(),
        "default_branch": project.default_branch,
        "archived": project.archived,
        "created_at": time(project.created_at),
        "updated_at": time(project.pushed_at.unwrap_or(project.updated_at)),
        "archived_at": if project.archived { time(project.updated_at) } else { EPOCH.to_owned() },
        "permissions": {
            "admin": access >= Some(Access::Admin),
            "push": access >= Some(Access::Write),
            "pull": access >= Some(Access::Read),
        },
        "has_issues": project.has_issues,
        "has_wiki": kept(project, "has_wiki", whole.clone()),
        "has_wiki_contents": false,
        "wiki_ssh_url": format!("{ssh}.wiki.git"),
        "wiki_clone_url": format!("{page}.wiki.git"),
        "globally_editable_wiki": false,
        "has_pull_requests": project.has_pull_requests,
        "has_projects": kept(project, "has_projects", whole.clone()),
        "has_releases": kept(project, "has_releases", whole.clone()),
        "has_packages": false,
        "has_actions": false,
        "avatar_url": "",
        "internal": false,
        "mirror_interval": "",
        "object_format_name": "sha1",
        "mirror_updated": NO_TIME,
        "repo_transfer": null,
        "topics": project.topics,
    });
    if project.has_issues {
        body["internal_tracker"] = json!({
            "enable_time_tracker": true,
            "allow_only_contributors_to_track_time": true,
            "enable_issue_dependencies": true,
        });
    }
    if whole == json!(true) {
        body["wiki_branch"] = json!("main");
    }
    merge_settings(project, &mut body);
    body
}

/// The settings of merging, and what they are unless someone changed them. They all say no where there
/// are no pull requests.
fn merge_settings(project: &Project, body: &mut Value) {
    let on = project.has_pull_requests;
    let flags = [
        ("ignore_whitespace_conflicts", false),
        ("allow_merge_commits", true),
        ("allow_rebase", true),
        ("allow_rebase_explicit", true),
        ("allow_squash_merge", true),
        ("allow_fast_forward_only_merge", true),
        ("allow_rebase_update", true),
        ("default_delete_branch_after_merge", false),
        ("default_allow_maintainer_edit", false),
    ];
    for (name, usual) in flags {
        body[name] = if on {
            kept(project, name, json!(usual))
        } else {
            json!(false)
        };
    }
    let words = [
        ("default_merge_style", "merge"),
        ("default_update_style", "merge"),
    ];
    for (name, usual) in words {
        body[name] = if on {
            kept(project, name, json!(usual))
        } else {
            json!(usual)
        };
    }
}
