//! Making projects.

use serde_json::json;

use super::super::Answer;
use super::super::call::Call;
use super::super::problem::Problem;
use super::list::namespace_for;
use super::view::{self, Detail};
use super::{TAKEN, choices, keep};
use crate::dialect::answer;
use crate::git::{Edit, NewCommit};
use crate::state::{NewProject, ProjectId, RefUpdate};

/// `POST /projects`.
pub(in super::super) async fn create(call: &Call<'_>) -> Answer {
    let login = call.signed_in()?.to_owned();
    let params = &call.params;
    let (name, path) = (params.filled("name")?, params.filled("path")?);
    if name.is_none() && path.is_none() {
        let words = "name, path are missing, at least one parameter must be provided";
        return Err(Problem::error(400, words));
    }
    choices(call)?;
    let visibility = params.choice("visibility", &["private", "internal", "public"])?;
    let path = path.unwrap_or_else(|| slug(name.as_deref().unwrap_or_default()));
    let name = name.unwrap_or_else(|| path.clone());
    if !is_good_path(&path) {
        let words = "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', \
            end in '.git' or end in '.atom'";
        return Err(Problem::field("path", words));
    }
    let namespace = match params.number("namespace_id")? {
        None => login.clone(),
        Some(id) => {
            let state = call.hub.state();
            let found = namespace_for(&state, &login, &id.to_string());
            found.ok_or_else(|| Problem::field("namespace", "is not valid"))?
        }
    };
    let new = NewProject {
        namespace,
        name: path.clone(),
        owner: login.clone(),
        description: params.text("description")?,
        private: visibility.is_none_or(|word| word == "private"),
        default_branch: params.filled("default_branch")?,
    };
    let made = call.hub.create_project(new).await;
    let id = made.map_err(|_| {
        let fields = json!({
            "project_namespace.name": [TAKEN],
            "name": [TAKEN],
            "path": [TAKEN],
        });
        Problem::message(400, fields)
    })?;
    {
        let mut state = call.hub.state();
        let project = state.project_mut(id)?;
        keep(call, &mut project.settings);
        if name != path {
            project.settings.insert("name".to_owned(), json!(name));
        }
        if let Some(topics) = params.list("topics")? {
            project.topics = topics;
        }
        if let Some(on) = params.flag("issues_enabled")? {
            project.has_issues = on;
        }
        if let Some(on) = params.flag("merge_requests_enabled")? {
            project.has_pull_requests = on;
        }
    }
    if params.flag("initialize_with_readme")?.unwrap_or(false) {
        write_readme(call, &login, id, &name).await?;
    }
    Ok(answer(201, &view::one(call, id, Detail::Full).await?))
}

async fn write_readme(
    call: &Call<'_>,
    login: &str,
    id: ProjectId,
    name: &str,
) -> Result<(), Problem> {
    let repository = call.hub.stored_repository(id);
    let branch = call.default_branch(id)?;
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
    repository.move_branch(&branch, &sha, Some(None)).await?;
    let update = RefUpdate::branch(&branch, None, Some(&sha));
    call.hub.refs_changed(login, id, &[update]).await?;
    Ok(())
}

/// A path made from a name.
pub(in super::super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.trim().chars() {
        if letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-') {
            slug.extend(letter.to_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

fn is_good_path(path: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    !path.is_empty()
        && path.chars().all(letters)
        && !path.starts_with(['-', '.'])
        && !path.ends_with(".git")
        && !path.ends_with(".atom")
        && !path.ends_with('.')
}
