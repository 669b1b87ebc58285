//! Projects: getting, listing and changing them. `view` has the shapes, `make` makes them.

mod list;
mod make;
pub(super) mod view;

pub(super) use list::{list, list_of_group, list_of_user, listed, namespace_for, select};
pub(super) use make::create;
use serde_json::{Map, Value, json};

pub(super) use self::view::Detail;
use super::Answer;
use super::call::Call;
use super::problem::Problem;
use crate::dialect::answer;
use crate::state::{Access, ProjectId, Refusal};

/// Settings that are told as they were set; whatever else GitLab knows stays at its default.
pub(super) const KEPT: [&str; 12] = [
    "merge_method",
    "squash_option",
    "remove_source_branch_after_merge",
    "only_allow_merge_if_pipeline_succeeds",
    "allow_merge_on_skipped_pipeline",
    "only_allow_merge_if_all_discussions_are_resolved",
    "issues_access_level",
    "merge_requests_access_level",
    "wiki_enabled",
    "jobs_enabled",
    "mr_default_target_self",
    "request_access_enabled",
];

/// `GET /projects/{id}`.
pub(super) async fn get(call: &Call<'_>, id: ProjectId) -> Answer {
    // Strangers are told less.
    let detail = match call.login() {
        Some(_) => Detail::WithAccess,
        None => Detail::Basic,
    };
    Ok(answer(200, &view::one(call, id, detail).await?))
}

/// `PUT /projects/{id}`.
pub(super) async fn change(call: &Call<'_>, id: ProjectId) -> Answer {
    call.writer(id, Access::Maintain)?;
    let params = &call.params;
    let name = params.filled("name")?;
    let path = params.filled("path")?;
    let visibility = params.choice("visibility", &["private", "internal", "public"])?;
    let branch = params.filled("default_branch")?;
    let topics = match params.list("topics")? {
        Some(topics) => Some(topics),
        None => params.list("tag_list")?,
    };
    choices(call)?;
    if let Some(branch) = branch {
        let set = call.hub.set_default_branch(id, &branch).await;
        set.map_err(|refusal| match refusal {
            Refusal::NotFound(_) => {
                let words = "Could not set the default branch. Do you have a branch named \
                    '{branch}' in your repository?";
                Problem::message(400, json!({"base": [words.replace("{branch}", &branch)]}))
            }
            other => other.into(),
        })?;
    }
    {
        let mut state = call.hub.state();
        if let Some(path) = path {
            let namespace = call.look(&state, id)?.namespace.clone();
            let renamed = state.rename_project(id, &namespace, &path);
            renamed.map_err(|_| Problem::message(400, json!({"path": [TAKEN]})))?;
        }
        let now = call.hub.now();
        let project = state.project_mut(id)?;
        if let Some(text) = params.text("description")? {
            project.description = Some(text);
        }
        if let Some(visibility) = visibility {
            project.private = visibility == "private";
        }
        if let Some(topics) = topics {
            project.topics = topics;
        }
        if let Some(on) = params.flag("issues_enabled")? {
            project.has_issues = on;
        }
        if let Some(on) = params.flag("merge_requests_enabled")? {
            project.has_pull_requests = on;
        }
        keep(call, &mut project.settings);
        if let Some(name) = name {
            project.settings.insert("name".to_owned(), json!(name));
        }
        project.updated_at = now;
    }
    Ok(answer(200, &view::one(call, id, Detail::Full).await?))
}

/// What a name that is taken is told.
pub(super) const TAKEN: &str = "has already been taken";

/// Refuses settings whose words GitLab does not know.
fn choices(call: &Call<'_>) -> Result<(), Problem> {
    let params = &call.params;
    params.choice("merge_method", &["ff", "rebase_merge", "merge"])?;
    let options = ["never", "always", "default_on", "default_off"];
    params.choice("squash_option", &options)?;
    Ok(())
}

/// Notes the settings that are told again.
fn keep(call: &Call<'_>, settings: &mut std::collections::BTreeMap<String, Value>) {
    for name in KEPT {
        if let Some(value) = call.params.value(name) {
            // A form has only texts.
            let value = match value.as_str() {
                Some("true") => json!(true),
                Some("false") => json!(false),
                _ => value.clone(),
            };
            settings.insert(name.to_owned(), value);
        }
    }
}

/// `DELETE /projects/{id}`: accepted, and here done at once.
pub(super) async fn delete(call: &Call<'_>, id: ProjectId) -> Answer {
    call.entitled(id, Access::Admin)?;
    call.hub.delete_project(id).await?;
    Ok(answer(202, &json!({"message": "202 Accepted"})))
}

/// `POST /projects/{id}/archive` and `unarchive`.
pub(super) async fn archive(call: &Call<'_>, id: ProjectId, archived: bool) -> Answer {
    call.entitled(id, Access::Admin)?;
    call.hub.state().project_mut(id)?.archived = archived;
    Ok(answer(201, &view::one(call, id, Detail::Full).await?))
}

/// `GET /projects/{id}/languages`: by the bytes of the files whose names tell.
pub(super) async fn languages(call: &Call<'_>, id: ProjectId) -> Answer {
    let repository = call.repository(id).await?;
    let branch = call.default_branch(id)?;
    let Some(tip) = repository.branch(&branch).await? else {
        return Ok(answer(200, &json!({})));
    };
    let entries = repository.tree(&tip, "", true).await?.unwrap_or_default();
    let mut bytes: Map<String, Value> = Map::new();
    let mut sums: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for entry in &entries {
        let language = match entry.name().rsplit_once('.').map(|(_, end)| end) {
            Some("rs") => "Rust",
            Some("py") => "Python",
            Some("rb") => "Ruby",
            Some("go") => "Go",
            Some("c" | "h") => "C",
            Some("js") => "JavaScript",
            Some("sh") => "Shell",
            _ => continue,
        };
        *sums.entry(language).or_default() += entry.size.unwrap_or(0);
    }
    let total: u64 = sums.values().sum();
    for (language, sum) in sums {
        // In hundredths of a percent, as GitLab rounds it.
        let share = (sum * 10_000 + total / 2).checked_div(total).unwrap_or(0);
        #[allow(clippy::cast_precision_loss)]
        bytes.insert(language.to_owned(), json!(share as f64 / 100.0));
    }
    Ok(answer(200, &Value::Object(bytes)))
}
