//! How a project looks.

use serde_json::{Value, json};

use super::super::call::Call;
use super::super::members;
use super::super::problem::Problem;
use super::super::view::{group_name, merge, path, project_name, time};
use crate::state::{Access, Account, Project, ProjectId, State};

/// How much is told of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Detail {
    /// What strangers see, and what `simple=true` asks for.
    Basic,
    /// All but what the caller may do.
    Full,
    /// That, too.
    WithAccess,
}

/// What only git can tell about a project.
#[derive(Debug, Clone, Default)]
struct Facts {
    empty: bool,
    readme: Option<String>,
}

/// Looks into the repository.
async fn facts(call: &Call<'_>, id: ProjectId) -> Result<Facts, Problem> {
    let repository = call.hub.repository(id).await?;
    let branch = match call.hub.state().projects.get(&id) {
        Some(project) => project.default_branch.clone(),
        None => return Ok(Facts::default()),
    };
    let Some(tip) = repository.branch(&branch).await? else {
        let empty = repository.branches().await?.is_empty();
        return Ok(Facts {
            empty,
            readme: None,
        });
    };
    let entries = repository.tree(&tip, "", false).await?.unwrap_or_default();
    let is_readme = |name: &&str| name.to_lowercase().starts_with("readme");
    let names = entries.iter().map(|entry| entry.name());
    Ok(Facts {
        empty: false,
        readme: names.filter(is_readme).min().map(str::to_owned),
    })
}

/// The same of its parent, too, if that will be told of.
#[derive(Debug, Default)]
struct Family {
    own: Facts,
    parent: Facts,
}

async fn family(call: &Call<'_>, id: ProjectId, detail: Detail) -> Result<Family, Problem> {
    let parent = {
        let state = call.hub.state();
        let project = state.projects.get(&id);
        project.and_then(|project| project.parent)
    };
    let parent = match parent.filter(|_| detail != Detail::Basic) {
        // It may be gone by now.
        Some(parent) => facts(call, parent).await.unwrap_or_default(),
        None => Facts::default(),
    };
    Ok(Family {
        own: facts(call, id).await?,
        parent,
    })
}

/// One project.
pub(in super::super) async fn one(
    call: &Call<'_>,
    id: ProjectId,
    detail: Detail,
) -> Result<Value, Problem> {
    let facts = family(call, id, detail).await?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    Ok(body(call, &state, project, &facts, detail))
}

/// Several, in this order; those that are gone meanwhile are left out.
pub(in super::super) async fn many(
    call: &Call<'_>,
    ids: &[ProjectId],
    detail: Detail,
) -> Result<Vec<Value>, Problem> {
    let mut rows = Vec::new();
    for id in ids {
        let facts = family(call, *id, detail).await?;
        let state = call.hub.state();
        if let Ok(project) = call.look(&state, *id) {
            rows.push(body(call, &state, project, &facts, detail));
        }
    }
    Ok(rows)
}

fn body(
    call: &Call<'_>,
    state: &State,
    project: &Project,
    facts: &Family,
    detail: Detail,
) -> Value {
    let mut body = basic(call, state, project, &facts.own);
    if detail == Detail::Basic {
        return body;
    }
    merge(&mut body, full(call, state, project, &facts.own));
    merge(&mut body, settings(project));
    if let Some(Account::User(user)) = state.account(&project.namespace) {
        body["owner"] = call.view.user_basic(user);
    }
    let parent = project.parent.and_then(|id| state.projects.get(&id));
    if let Some(parent) = parent.filter(|parent| call.access(state, parent).is_some()) {
        body["forked_from_project"] = basic(call, state, parent, &facts.parent);
    }
    if detail == Detail::WithAccess {
        body["permissions"] = permissions(call, state, project);
    }
    body
}

fn basic(call: &Call<'_>, state: &State, project: &Project, facts: &Facts) -> Value {
    let full_path = project.path();
    let page = call.view.page(&full_path);
    let namespace_name = match state.account(&project.namespace) {
        Some(Account::User(user)) => user.name.clone().unwrap_or_else(|| user.login.clone()),
        Some(Account::Group(_)) => nested_name(state, &project.namespace),
        None => project.namespace.clone(),
    };
    let name = project_name(project);
    let branch = &project.default_branch;
    let readme = facts.readme.as_ref();
    let readme = readme.map(|name| format!("{page}/-/blob/{}/{}", path(branch), path(name)));
    let active = project.pushed_at.unwrap_or(project.created_at);
    json!({
        "id": project.id,
        "description": project.description,
        "name": name,
        "name_with_namespace": format!("{namespace_name} / {name}"),
        "path": project.name,
        "path_with_namespace": full_path,
        "created_at": time(project.created_at),
        "default_branch": (!facts.empty).then_some(branch),
        "tag_list": project.topics,
        "topics": project.topics,
        "ssh_url_to_repo": call.view.ssh_url(&full_path),
        "http_url_to_repo": format!("{page}.git"),
        "web_url": page,
        "readme_url": readme,
        "forks_count": state.forks(project.id).count(),
        "avatar_url": null,
        "star_count": 0,
        "last_activity_at": time(active.max(project.updated_at)),
        "visibility": visibility(project),
        "namespace": call.view.namespace(state, &project.namespace),
    })
}

/// The names of a group and of those above it.
fn nested_name(state: &State, full_path: &str) -> String {
    let mut names = Vec::new();
    let mut so_far = String::new();
    for part in full_path.split('/') {
        if !so_far.is_empty() {
            so_far.push('/');
        }
        so_far.push_str(part);
        let name = state.group(&so_far).map(group_name);
        names.push(name.unwrap_or(part).to_owned());
    }
    names.join(" / ")
}

pub(in super::super) fn visibility(project: &Project) -> &'static str {
    if project.private { "private" } else { "public" }
}

fn full(call: &Call<'_>, state: &State, project: &Project, facts: &Facts) -> Value {
    let url = format!("{}/projects/{}", call.view.api, project.id);
    let host = call.hub.host();
    let member = call.allows(state, project, Access::Write);
    let importing = !project.is_ready(call.hub.now());
    let import_status = match (project.parent, importing) {
        (Some(_), true) => "started",
        (Some(_), false) => "finished",
        (None, _) => "none",
    };
    let creator = state.user(&project.owner).map_or(1, |user| user.id);
    let can_create = project.has_pull_requests && call.login().is_some();
    let mut body = json!({
        "container_registry_image_prefix": format!("{host}/{}", project.path().to_lowercase()),
        "_links": {
            "self": url,
            "issues": format!("{url}/issues"),
            "merge_requests": format!("{url}/merge_requests"),
            "repo_branches": format!("{url}/repository/branches"),
            "labels": format!("{url}/labels"),
            "events": format!("{url}/events"),
            "members": format!("{url}/members"),
            "cluster_agents": format!("{url}/cluster_agents"),
        },
        "marked_for_deletion_at": null,
        "marked_for_deletion_on": null,
        "packages_enabled": true,
        "empty_repo": facts.empty,
        "archived": project.archived,
        "resolve_outdated_diff_discussions": false,
        "repository_object_format": "sha1",
        "issues_enabled": project.has_issues,
        "merge_requests_enabled": project.has_pull_requests,
        "snippets_enabled": true,
        "container_registry_enabled": true,
        "service_desk_enabled": false,
        "service_desk_address": null,
        "can_create_merge_request_in": can_create,
        "issues_access_level": level(project.has_issues),
        "repository_access_level": "enabled",
        "merge_requests_access_level": level(project.has_pull_requests),
        "forking_access_level": "enabled",
        "wiki_access_level": "enabled",
        "builds_access_level": "enabled",
        "snippets_access_level": "enabled",
        "pages_access_level": "private",
        "analytics_access_level": "enabled",
        "container_registry_access_level": "enabled",
        "security_and_compliance_access_level": "private",
        "releases_access_level": "enabled",
        "environments_access_level": "enabled",
        "feature_flags_access_level": "enabled",
        "infrastructure_access_level": "enabled",
        "monitor_access_level": "enabled",
        "model_experiments_access_level": "enabled",
        "model_registry_access_level": "enabled",
        "package_registry_access_level": "enabled",
        "emails_disabled": false,
        "emails_enabled": true,
        "shared_runners_enabled": true,
        "lfs_enabled": true,
        "creator_id": creator,
        "import_status": import_status,
        "import_error": null,
        "open_issues_count": 0,
        "description_html": "",
        "updated_at": time(project.updated_at),
        "public_jobs": true,
        "shared_with_groups": [],
    });
    if member {
        let more = json!({
            "ci_default_git_depth": 20,
            "ci_forward_deployment_enabled": true,
            "ci_job_token_scope_enabled": false,
            "ci_separated_caches": true,
            "build_git_strategy": "fetch",
            "keep_latest_artifact": true,
            "auto_cancel_pending_pipelines": "enabled",
            "build_timeout": 3600,
            "auto_devops_enabled": false,
            "auto_devops_deploy_strategy": "continuous",
            "ci_config_path": null,
        });
        merge(&mut body, more);
    }
    if project.parent.is_some() {
        body["mr_default_target_self"] = json!(false);
    }
    body
}

/// Settings that clients set, and read back.
fn settings(project: &Project) -> Value {
    let mut body = json!({
        "wiki_enabled": true,
        "jobs_enabled": true,
        "only_allow_merge_if_pipeline_succeeds": false,
        "allow_merge_on_skipped_pipeline": null,
        "request_access_enabled": true,
        "only_allow_merge_if_all_discussions_are_resolved": false,
        "remove_source_branch_after_merge": true,
        "printing_merge_request_link_enabled": true,
        "merge_method": "merge",
        "squash_option": "default_off",
        "enforce_auth_checks_on_uploads": true,
        "suggestion_commit_message": null,
        "merge_commit_template": null,
        "squash_commit_template": null,
        "issue_branch_template": null,
        "warn_about_potentially_unwanted_characters": true,
        "autoclose_referenced_issues": true,
    });
    for name in super::KEPT {
        if let Some(value) = project.settings.get(name) {
            body[name] = value.clone();
        }
    }
    // It has no texts and no nulls in the document where it is not set.
    if body["issue_branch_template"].is_null()
        && let Some(fields) = body.as_object_mut()
    {
        fields.remove("issue_branch_template");
    }
    body
}

fn level(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

/// The caller's own rights; null for what they are no member of.
fn permissions(call: &Call<'_>, state: &State, project: &Project) -> Value {
    let login = call.login().and_then(|login| state.user(login));
    let entry = |members: &std::collections::BTreeMap<String, Access>| {
        let access = login.and_then(|user| members.get(&user.login));
        access.map_or(
            Value::Null,
            |access| json!({"access_level": members::level(*access), "notification_level": 3}),
        )
    };
    json!({
        "project_access": entry(&members::own(state, project)),
        "group_access": entry(&members::inherited(state, project)),
    })
}
