//! Making projects.

use super::repository;
use crate::dialect::forgejo::body::Body;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::problem::Problem;
use crate::dialect::forgejo::{Answer, json_answer};
use crate::git::{Edit, NewCommit};
use crate::state::{NewProject, ProjectId, RefUpdate, Refusal, What};

/// Whether a name has only letters, digits, dashes, underscores and dots.
pub(in crate::dialect::forgejo) fn is_plain_name(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Whether a name will do, but for its length: only `POST /repos` minds that.
pub(in crate::dialect::forgejo) fn is_usable_name(name: &str) -> bool {
    !name.is_empty() && is_plain_name(name) && check_reserved(name).is_ok()
}

/// What is wrong with a name, if anything is.
pub(super) fn check_name(name: &str) -> Result<(), Problem> {
    let refuse = |words: String| Err(Problem::new(422, words));
    if !is_plain_name(name) {
        return refuse("[Name]: AlphaDashDot".to_owned());
    }
    if name.len() > 100 {
        return refuse("[Name]: MaxSize".to_owned());
    }
    check_reserved(name)
}

fn check_reserved(name: &str) -> Result<(), Problem> {
    let refuse = |words: String| Err(Problem::new(422, words));
    if matches!(name, "." | ".." | "-") {
        return refuse(format!("name is reserved [name: {name}]"));
    }
    for ending in [".git", ".wiki", ".rss", ".atom"] {
        if name.to_lowercase().ends_with(ending) {
            return refuse(format!("name pattern is not allowed [pattern: *{ending}]"));
        }
    }
    Ok(())
}

/// What is wrong with a project about to be made.
pub(in crate::dialect::forgejo) fn check_new(body: &Body) -> Result<(), Problem> {
    let name = body.required("name", "Name")?;
    if !is_plain_name(name) || name.len() > 100 {
        check_name(name)?;
    }
    Ok(())
}

/// Makes a project under a user or organisation; whether the caller may is settled.
pub(in crate::dialect::forgejo) async fn create(call: &Call<'_>, owner: &str) -> Answer {
    let login = call.signed_in()?;
    let body = call.body("CreateRepoOption")?;
    check_new(&body)?;
    let name = body.required("name", "Name")?;
    check_name(name)?;
    if let Some(format) = body.text("object_format_name")?
        && !matches!(format, "" | "sha1")
    {
        return Err(Problem::server_error());
    }
    let branch = body.plain("default_branch")?;
    let owner = {
        let state = call.hub.state();
        let account = state.account(owner).ok_or_else(Problem::not_found)?;
        match account {
            crate::state::Account::User(user) => user.login.clone(),
            crate::state::Account::Group(group) => group.path.clone(),
        }
    };
    let new = NewProject {
        namespace: owner,
        name: name.to_owned(),
        owner: login.to_owned(),
        description: body
            .text("description")?
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        private: body.flag("private")?.unwrap_or(false),
        default_branch: (!branch.is_empty()).then(|| branch.to_owned()),
    };
    let id = call.hub.create_project(new).await.map_err(taken)?;
    if let Some(template) = body.value("template") {
        let mut state = call.hub.state();
        let project = state.project_mut(id)?;
        project
            .settings
            .insert("template".to_owned(), template.clone());
    }
    if body.flag("auto_init")?.unwrap_or(false) {
        first_commit(call, id, login, body.plain("description")?).await?;
    }
    let state = call.hub.state();
    let project = state.visible_id(Some(login), id)?;
    Ok(json_answer(201, &repository(call, &state, project)))
}

fn taken(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::AlreadyExists(What::Project, _) => {
            Problem::new(409, "The repository with the same name already exists.")
        }
        other => other.into(),
    }
}

/// The file that an initialised project starts with.
async fn first_commit(
    call: &Call<'_>,
    id: ProjectId,
    login: &str,
    description: &str,
) -> Result<(), Problem> {
    let (name, branch) = {
        let state = call.hub.state();
        let project = state.visible_id(Some(login), id)?;
        (project.name.clone(), project.default_branch.clone())
    };
    let repository = call.hub.stored_repository(id);
    let who = call.hub.signature(login);
    let readme = format!("# {name}\n\n{description}");
    let sha = repository
        .commit_files(&NewCommit {
            parent: None,
            edits: &[Edit::write("README.md", readme)],
            message: "Initial commit",
            author: &who,
            committer: &who,
        })
        .await?;
    repository.move_branch(&branch, &sha, Some(None)).await?;
    let update = RefUpdate::branch(&branch, None, Some(&sha));
    call.hub.refs_changed(login, id, &[update]).await?;
    Ok(())
}
