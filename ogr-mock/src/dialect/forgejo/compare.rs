//! Comparing two revisions, of one project or of two of a family.

use serde_json::{Value, json};

use super::call::Call;
use super::commits::{self, Detail};
use super::problem::Problem;
use super::{Answer, json_answer};
use crate::git::{LogQuery, Repository};
use crate::state::{ProjectId, State};

/// `GET /repos/{owner}/{repo}/compare/{base}...{head}`, or with two dots.
pub(super) async fn compare(call: &Call<'_>, id: ProjectId, basehead: &str) -> Answer {
    let default = {
        let state = call.hub.state();
        state.visible_id(call.login(), id)?.default_branch.clone()
    };
    let (base_name, head_name) = basehead
        .split_once("...")
        .or_else(|| basehead.split_once(".."))
        .unwrap_or((&default, basehead));
    let (source, branch) = head(call, id, head_name)?;
    let (target, project) = (call.repository(id).await?, call.path_of(id)?);
    let source_path = call.path_of(source)?;
    let source = call.repository(source).await?;
    let base = find(&target, base_name).await?;
    let base = base.ok_or_else(|| no_such_revision(base_name, "base", &project))?;
    let head = find(&source, &branch).await?;
    let head = head.ok_or_else(|| no_such_revision(&branch, "head", &source_path))?;
    source.fetch(&target, &base).await?;
    // Both notations mean the commits since the two parted.
    let parted = source.merge_base(&base, &head).await?.unwrap_or(base);
    let query = LogQuery {
        without: Some(&parted),
        ..LogQuery::default()
    };
    let (mut rows, mut files) = (Vec::new(), Vec::new());
    for commit in source.log(&head, &query).await? {
        let row = commits::view(call, &source, &source_path, &commit, Detail::all()).await?;
        if let Some(touched) = row["files"].as_array() {
            files.extend(touched.iter().cloned());
        }
        rows.push(row);
    }
    let body: Value = json!({"total_commits": rows.len(), "commits": rows, "files": files});
    Ok(json_answer(200, &body))
}

/// What a name means: a branch before a tag of the same name.
async fn find(repository: &Repository, name: &str) -> Answer<Option<String>> {
    match repository.branch(name).await? {
        Some(sha) => Ok(Some(sha)),
        None => Ok(repository.resolve(name).await?),
    }
}

/// What is said of a name that is no revision.
pub(super) fn no_such_revision(name: &str, role: &str, project: &str) -> Problem {
    Problem::not_found_because(format!(
        "could not find '{name}' to be a commit, branch or tag in the {role} repository {project}"
    ))
}

/// The project and revision of `branch` or `owner:branch`.
pub(super) fn head(
    call: &Call<'_>,
    id: ProjectId,
    name: &str,
) -> Result<(ProjectId, String), Problem> {
    let Some((owner, branch)) = name.split_once(':') else {
        return Ok((id, name.to_owned()));
    };
    if branch.contains(':') {
        let colons = name.matches(':').count();
        return Err(Problem::not_found_because(format!(
            "the head part of {{basehead}} {name} must contain zero or one colon (:) but contains \
             {colons}"
        )));
    }
    let state = call.hub.state();
    let target = state.visible_id(call.login(), id)?;
    if state.same_name(&target.namespace, owner) {
        return Ok((id, branch.to_owned()));
    }
    if state.account(owner).is_none() {
        let reason = format!("the owner {owner} does not exist");
        return Err(Problem::not_found_because(reason));
    }
    let found = relative_of(&state, id, owner).filter(|found| {
        let project = state.projects.get(found);
        project.is_some_and(|project| call.access(&state, project).is_some())
    });
    let found = found.ok_or_else(|| {
        let path = target.path();
        Problem::not_found_because(format!(
            "{owner} does not have a fork of {path} and {path} is not a fork of a repository from \
             {owner}"
        ))
    })?;
    Ok((found, branch.to_owned()))
}

/// The project of an owner in the family of forks: their fork, or what this one is a fork of.
pub(super) fn relative_of(state: &State, id: ProjectId, owner: &str) -> Option<ProjectId> {
    let owned = |candidate: ProjectId| {
        let project = state.projects.get(&candidate)?;
        state
            .same_name(&project.namespace, owner)
            .then_some(candidate)
    };
    let direct = state.forks(id).find_map(|fork| owned(fork.id));
    let parent = || owned(state.projects.get(&id)?.parent?);
    let anyone = || {
        let mut projects = state.projects.keys().copied();
        projects
            .find(|other| *other != id && state.same_network(*other, id) && owned(*other).is_some())
    };
    direct.or_else(parent).or_else(anyone)
}
