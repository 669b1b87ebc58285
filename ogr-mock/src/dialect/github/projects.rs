//! Projects ("repositories").

use serde_json::{Value, json};

use super::call::Call;
use super::users::merge;
use super::view::{maybe_time, node_id, time};
use super::{Answer, answer};
use crate::state::{Access, Project, ProjectId, PullState, State};

/// How much of a project an answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// What lists, and the ends of pull requests, tell.
    Row,
    /// What the project's own URL tells: also its parent, and how it may be merged into.
    Whole,
}

/// `GET /repos/{owner}/{repo}`.
pub(super) fn get(call: &Call<'_>, id: ProjectId) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    Ok(answer(
        200,
        &repository(call, &state, project, Detail::Whole),
    ))
}

/// The URLs that every project answers with, and what comes after the project's own.
const URLS: &[(&str, &str)] = &[
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    (
        "notifications_url",
        "/notifications{?since,all,participating}",
    ),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

/// A project as this caller sees it.
pub(super) fn repository(
    call: &Call<'_>,
    state: &State,
    project: &Project,
    detail: Detail,
) -> Value {
    let path = project.path();
    let (url, page) = (call.view.project_url(&path), call.view.project_page(&path));
    let pulls = project.pull_requests.values();
    let open = pulls.filter(|pull| pull.state == PullState::Open).count();
    let forks = state.forks(project.id).count();
    let mut body = json!({
        "id": project.id,
        "node_id": node_id("Repository", project.id),
        "name": project.name,
        "full_name": path,
        "private": project.private,
        "owner": call.view.account(state, &project.namespace),
        "html_url": page,
        "description": project.description,
        "fork": project.parent.is_some(),
        "url": url,
        "created_at": time(project.created_at),
        "updated_at": time(project.updated_at),
        "pushed_at": maybe_time(project.pushed_at),
        "git_url": format!("git://{}/{path}.git", call.view.host),
        "ssh_url": format!("git@{}:{path}.git", ssh_host(&call.view.host)),
        "clone_url": format!("{page}.git"),
        "svn_url": page,
        "homepage": project.homepage,
        "size": 1,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": null,
        "has_issues": project.has_issues,
        "has_projects": true,
        "has_downloads": true,
        "has_wiki": true,
        "has_pages": false,
        "has_discussions": false,
        "has_pull_requests": project.has_pull_requests,
        "forks_count": forks,
        "mirror_url": null,
        "archived": project.archived,
        "disabled": false,
        "open_issues_count": open,
        "license": null,
        "allow_forking": true,
        "is_template": false,
        "web_commit_signoff_required": false,
        "topics": project.topics,
        "visibility": if project.private { "private" } else { "public" },
        "forks": forks,
        "open_issues": open,
        "watchers": 0,
        "default_branch": project.default_branch,
    });
    for (name, tail) in URLS {
        body[*name] = json!(format!("{url}{tail}"));
    }
    if let Some(reader) = &call.view.reader {
        body["permissions"] = permissions(state.access(Some(reader), project));
    }
    if detail == Detail::Whole {
        merge(&mut body, more(call, state, project));
    }
    body
}

fn more(call: &Call<'_>, state: &State, project: &Project) -> Value {
    let forks = state.forks(project.id).count();
    let mut more = json!({
        "temp_clone_token": null,
        "network_count": forks,
        "subscribers_count": 0,
    });
    // How it may be merged into is told only to those who may merge.
    if state.allows(call.login(), project, Access::Write) {
        merge(
            &mut more,
            json!({
                "allow_squash_merge": project.allow_squash,
                "allow_merge_commit": project.allow_merge_commit,
                "allow_rebase_merge": project.allow_rebase,
                "allow_auto_merge": false,
                "delete_branch_on_merge": false,
                "allow_update_branch": false,
                "use_squash_pr_title_as_default": false,
                "squash_merge_commit_message": "COMMIT_MESSAGES",
                "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
                "merge_commit_message": "PR_TITLE",
                "merge_commit_title": "MERGE_MESSAGE",
            }),
        );
    }
    if state.group(&project.namespace).is_some() {
        more["organization"] = call.view.account(state, &project.namespace);
    }
    let parent = project.parent.and_then(|id| state.projects.get(&id));
    let readable = |project: &&Project| state.access(call.login(), project).is_some();
    if let Some(parent) = parent.filter(readable) {
        more["parent"] = repository(call, state, parent, Detail::Row);
        let mut source = parent;
        while let Some(further) = source.parent.and_then(|id| state.projects.get(&id)) {
            source = further;
        }
        more["source"] = repository(call, state, source, Detail::Row);
    }
    more
}

fn permissions(access: Option<Access>) -> Value {
    let at_least = |level| access >= Some(level);
    json!({
        "admin": at_least(Access::Admin),
        "maintain": at_least(Access::Maintain),
        "push": at_least(Access::Write),
        "triage": at_least(Access::Triage),
        "pull": at_least(Access::Read),
    })
}

/// The name alone: an scp-like URL has no place for a port.
fn ssh_host(host: &str) -> &str {
    host.split(':').next().unwrap_or(host)
}
