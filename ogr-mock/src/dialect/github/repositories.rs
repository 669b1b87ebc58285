//! Making, listing, changing and deleting projects.

use serde_json::{Value, json};

use super::call::{Body, Call};
use super::problem::Problem;
use super::projects::{Detail, repository};
use super::{Answer, answer};
use crate::dialect::empty;
use crate::git::{Edit, NewCommit};
use crate::state::{Access, NewProject, Project, ProjectId, RefUpdate, Refusal, State, What};

/// `POST /user/repos`.
pub(super) async fn create_own(call: &Call<'_>) -> Answer {
    let login = call.signed_in()?.to_owned();
    token_may_administer(call)?;
    create(call, &login, &login).await
}

/// `POST /orgs/{org}/repos`.
pub(super) async fn create_in(call: &Call<'_>, organization: &str) -> Answer {
    let login = call.signed_in()?.to_owned();
    token_may_administer(call)?;
    let namespace = {
        let state = call.hub.state();
        let group = state.group(organization).ok_or_else(Problem::not_found)?;
        if group.members.get(&login) < Some(&Access::Write) {
            let words =
                "You need admin access to the organization before adding a repository to it.";
            return Err(Problem::new(403, words));
        }
        group.path.clone()
    };
    create(call, &login, &namespace).await
}

/// A token of narrow permissions needs the one for this, and is bound to no project.
fn token_may_administer(call: &Call<'_>) -> Result<(), Problem> {
    let token = call.caller.as_ref().and_then(|c| c.token.as_ref());
    match token {
        Some(token) if !token.has_scope("administration:write") || token.project.is_some() => {
            Err(Problem::token_lacks_permission())
        }
        _ => Ok(()),
    }
}

async fn create(call: &Call<'_>, login: &str, namespace: &str) -> Answer {
    let body = call.body()?;
    let name = project_name(body.text("name")?.unwrap_or_default())?;
    let new = NewProject {
        namespace: namespace.to_owned(),
        name,
        owner: login.to_owned(),
        description: body.text("description")?.map(str::to_owned),
        private: private(&body)?.unwrap_or(false),
        default_branch: None,
    };
    let initial = body.flag("auto_init")?.unwrap_or(false);
    let id = match call.hub.create_project(new).await {
        Ok(id) => id,
        Err(Refusal::AlreadyExists(..)) => {
            let words = "name already exists on this account";
            let problem = Problem::custom("Repository", Some("name"), words);
            return Err(problem.titled("Repository creation failed."));
        }
        Err(refusal) => return Err(refusal.into()),
    };
    apply(call.hub.state().project_mut(id)?, &body)?;
    if initial {
        first_commit(call, login, id).await?;
    }
    let state = call.hub.state();
    let project = state.visible_id(Some(login), id)?;
    Ok(answer(
        201,
        &repository(call, &state, project, Detail::Whole),
    ))
}

/// Names are not refused for odd letters: those become dashes.
fn project_name(wanted: &str) -> Result<String, Problem> {
    let good = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let name: String = wanted
        .trim()
        .chars()
        .map(|letter| if good(letter) { letter } else { '-' })
        .collect();
    if name.is_empty() || name == "." || name == ".." || name.ends_with(".git") {
        let problem = Problem::custom(
            "Repository",
            Some("name"),
            "name is too short (minimum is 1 character)",
        );
        return Err(problem.titled("Repository creation failed."));
    }
    Ok(name.chars().take(100).collect())
}

async fn first_commit(call: &Call<'_>, login: &str, id: ProjectId) -> Result<(), Problem> {
    let (name, branch) = {
        let state = call.hub.state();
        let project = state.visible_id(Some(login), id)?;
        (project.name.clone(), project.default_branch.clone())
    };
    let repository = call.repository(id).await?;
    let me = call.hub.signature(login);
    let sha = repository
        .commit_files(&NewCommit {
            parent: None,
            edits: &[Edit::write("README.md", format!("# {name}\n"))],
            message: "Initial commit",
            author: &me,
            committer: &me,
        })
        .await?;
    repository.move_branch(&branch, &sha, None).await?;
    let update = RefUpdate::branch(&branch, None, Some(&sha));
    Ok(call.hub.refs_changed(login, id, &[update]).await?)
}

fn private(body: &Body) -> Result<Option<bool>, Problem> {
    Ok(match body.text("visibility")? {
        Some("private" | "internal") => Some(true),
        Some("public") => Some(false),
        _ => body.flag("private")?,
    })
}

/// The settings that both making and changing take.
fn apply(project: &mut Project, body: &Body) -> Result<(), Problem> {
    if let Some(homepage) = body.text("homepage")? {
        project.homepage = Some(homepage.to_owned());
    }
    let flags: [(&str, &mut bool); 4] = [
        ("has_issues", &mut project.has_issues),
        ("allow_merge_commit", &mut project.allow_merge_commit),
        ("allow_squash_merge", &mut project.allow_squash),
        ("allow_rebase_merge", &mut project.allow_rebase),
    ];
    for (name, setting) in flags {
        if let Some(value) = body.flag(name)? {
            *setting = value;
        }
    }
    Ok(())
}

/// `PATCH /repos/{owner}/{repo}`: settings, the name, the default branch.
pub(super) async fn change(call: &Call<'_>, id: ProjectId) -> Answer {
    let body = call.body()?;
    // An archived project takes one change: to be one no longer.
    let revived = body.flag("archived")? == Some(false);
    let login = if revived {
        call.entitled(id, "administration", Access::Admin)?
    } else {
        call.writer(id, "administration", Access::Admin)?
    };
    let login = login.to_owned();
    if let Some(branch) = body.text("default_branch")? {
        let changed = call.hub.set_default_branch(id, branch).await;
        changed.map_err(|refusal| match refusal {
            Refusal::NotFound(What::Branch) => {
                let words = format!(
                    "The branch {branch} was not found. Please push that ref first or create it via the Git Data API."
                );
                Problem::custom("Repository", Some("default_branch"), &words)
            }
            other => other.into(),
        })?;
    }
    let now = call.hub.now();
    let mut state = call.hub.state();
    if let Some(name) = body.text("name")? {
        let name = project_name(name)?;
        let namespace = state.visible_id(Some(&login), id)?.namespace.clone();
        state.rename_project(id, &namespace, &name).map_err(|_| {
            Problem::custom(
                "Repository",
                Some("name"),
                "name already exists on this account",
            )
        })?;
    }
    let project = state.project_mut(id)?;
    apply(project, &body)?;
    if body.is_null("description") {
        project.description = None;
    } else if let Some(text) = body.text("description")? {
        project.description = Some(text.to_owned()).filter(|text| !text.is_empty());
    }
    if let Some(private) = private(&body)? {
        project.private = private;
    }
    if let Some(archived) = body.flag("archived")? {
        project.archived = archived;
    }
    project.updated_at = now;
    let project = state.visible_id(Some(&login), id)?;
    Ok(answer(
        200,
        &repository(call, &state, project, Detail::Whole),
    ))
}

/// `DELETE /repos/{owner}/{repo}`.
pub(super) async fn delete(call: &Call<'_>, id: ProjectId) -> Answer {
    call.entitled(id, "administration", Access::Admin)?;
    call.hub.delete_project(id).await?;
    Ok(empty(204))
}

/// `GET /repos/{owner}/{repo}/topics`.
pub(super) fn topics(call: &Call<'_>, id: ProjectId) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    Ok(answer(200, &json!({"names": project.topics})))
}

/// `PUT /repos/{owner}/{repo}/topics`.
pub(super) fn set_topics(call: &Call<'_>, id: ProjectId) -> Answer {
    call.writer(id, "administration", Access::Admin)?;
    let names = call.body()?.texts("names")?;
    let names =
        names.ok_or_else(|| Problem::new(422, "Invalid request.\n\n\"names\" wasn't supplied."))?;
    let good = |name: &String| {
        name.len() <= 50
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !names
        .iter()
        .map(|name| name.to_lowercase())
        .all(|name| good(&name))
    {
        let words = "Topics must start with a lowercase letter or number, consist of 50 characters or less, and can include hyphens.";
        return Err(Problem::validation(json!(words)));
    }
    let names: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let mut state = call.hub.state();
    state.project_mut(id)?.topics.clone_from(&names);
    Ok(answer(200, &json!({"names": names})))
}

/// `GET /orgs/{org}/repos`.
pub(super) fn list_of_organization(call: &Call<'_>, name: &str) -> Answer {
    let state = call.hub.state();
    let group = state.group(name).ok_or_else(Problem::not_found)?;
    let url = format!("{}/organizations/{}/repos", call.view.api, group.id);
    let kind = call.request.param("type").unwrap_or("all");
    let wanted = |project: &&Project| match kind {
        "public" => !project.private,
        "private" => project.private,
        "forks" => project.parent.is_some(),
        "sources" => project.parent.is_none(),
        _ => true,
    };
    let rows: Vec<&Project> = state.projects_in(&group.path).filter(wanted).collect();
    Ok(listed(call, &state, rows, &url, "created"))
}

/// `GET /users/{username}/repos`: the public ones; one's own private ones are under `/user/repos`.
pub(super) fn list_of_user(call: &Call<'_>, name: &str) -> Answer {
    let state = call.hub.state();
    let account = state.account(name).ok_or_else(Problem::not_found)?;
    let (id, name) = match account {
        crate::state::Account::User(user) => (user.id, &user.login),
        crate::state::Account::Group(group) => (group.id, &group.path),
    };
    let url = format!("{}/user/{id}/repos", call.view.api);
    let rows = state.projects_in(name).filter(|project| !project.private);
    Ok(listed(call, &state, rows.collect(), &url, "full_name"))
}

/// `GET /user/repos`: one's own, and those where one has been given rights.
pub(super) fn list_own(call: &Call<'_>) -> Answer {
    let login = call.signed_in()?;
    let state = call.hub.state();
    let affiliation = call.request.param("affiliation");
    let affiliation = affiliation.unwrap_or("owner,collaborator,organization_member");
    let kind = call.request.param("type").unwrap_or("all");
    let visibility = call.request.param("visibility").unwrap_or("all");
    let belongs = |project: &&Project| {
        let owner = state.same_name(&project.namespace, login);
        let collaborator = project.members.contains_key(login);
        let group = state.group(&project.namespace);
        let member = group.is_some_and(|group| group.members.contains_key(login));
        let by_affiliation = affiliation.split(',').any(|word| match word {
            "owner" => owner,
            "collaborator" => collaborator,
            "organization_member" => member,
            _ => false,
        });
        let by_type = match kind {
            "owner" => owner,
            "member" => collaborator || member,
            "public" => !project.private,
            "private" => project.private,
            _ => true,
        };
        let by_visibility = match visibility {
            "public" => !project.private,
            "private" => project.private,
            _ => true,
        };
        by_affiliation && by_type && by_visibility
    };
    let rows: Vec<&Project> = state.projects.values().filter(belongs).collect();
    let url = format!("{}/user/repos", call.view.api);
    Ok(listed(call, &state, rows, &url, "full_name"))
}

/// One page of those that the caller may see, in the order that is asked for.
fn listed(
    call: &Call<'_>,
    state: &State,
    mut rows: Vec<&Project>,
    url: &str,
    default_sort: &str,
) -> crate::dialect::Response {
    rows.retain(|project| {
        state.access(call.login(), project).is_some() && !call.hub.still_missing(project)
    });
    let sort = call.request.param("sort").unwrap_or(default_sort);
    match sort {
        "updated" => rows.sort_by_key(|project| project.updated_at),
        "pushed" => rows.sort_by_key(|project| project.pushed_at),
        "full_name" => rows.sort_by_key(|project| project.path().to_lowercase()),
        _ => rows.sort_by_key(|project| (project.created_at, project.id)),
    }
    let ascending = match call.request.param("direction") {
        Some(direction) => direction == "asc",
        None => sort == "full_name",
    };
    if !ascending {
        rows.reverse();
    }
    let paging = call.paging();
    let total = rows.len();
    let page: Vec<Value> = paging
        .cut(rows)
        .into_iter()
        .map(|project| repository(call, state, project, Detail::Row))
        .collect();
    call.linked_at(answer(200, &json!(page)), url, paging, total)
}
