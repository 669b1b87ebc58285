//! Tags.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::view::{git_time, path};
use super::{Answer, json_answer};
use crate::dialect::empty;
use crate::git::{CommitInfo, Repository, Signature, Tag};
use crate::state::{ProjectId, RefUpdate};

/// Routes below `/repos/{owner}/{repo}/tags`; the name of a tag may have slashes.
pub(super) async fn route(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    match (call.request.method.as_str(), name) {
        ("GET", "") => list(call, id).await,
        ("POST", "") => create(call, id).await,
        ("GET", _) => get(call, id, name).await,
        _ => delete(call, id, name).await,
    }
}

/// When a tag was made: the commit's time for one without a tagger.
fn made(
    tag: &Tag,
    commits: &HashMap<String, CommitInfo>,
) -> Option<chrono::DateTime<chrono::FixedOffset>> {
    let tagger = tag.tagger.as_ref().map(|tagger| tagger.at);
    tagger.or_else(|| commits.get(&tag.commit).map(|commit| commit.committer.at))
}

fn view(call: &Call<'_>, project: &str, tag: &Tag, commits: &HashMap<String, CommitInfo>) -> Value {
    // A tag without a message of its own tells the commit's.
    let message = match &tag.message {
        Some(message) => message.trim_end(),
        None => commits
            .get(&tag.commit)
            .map_or("", |commit| &commit.message),
    };
    let (api, page) = (call.project_api(project), call.project_page(project));
    let archive = format!("{page}/archive/{}", path(&tag.name));
    json!({
        "name": tag.name,
        "message": message,
        "id": tag.object,
        "commit": {
            "url": format!("{api}/git/commits/{}", tag.object),
            "sha": tag.commit,
            "created": made(tag, commits).map(git_time),
        },
        "zipball_url": format!("{archive}.zip"),
        "tarball_url": format!("{archive}.tar.gz"),
        "archive_download_count": {"zip": 0, "tar_gz": 0},
    })
}

async fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let project = call.path_of(id)?;
    let repository = call.repository(id).await?;
    let mut tags = repository.tags().await?;
    let shas: Vec<&str> = tags.iter().map(|tag| tag.commit.as_str()).collect();
    let commits = repository.commits(&shas).await?;
    tags.sort_by_key(|tag| Reverse(made(tag, &commits)));
    let (total, paging) = (tags.len(), call.paging());
    let rows = paging.cut(tags);
    let rows: Vec<Value> = rows
        .iter()
        .map(|tag| view(call, &project, tag, &commits))
        .collect();
    Ok(if call.flavour.gitea {
        call.counted(&json!(rows), total)
    } else {
        call.linked(&json!(rows), paging, total)
    })
}

async fn one(call: &Call<'_>, repository: &Repository, id: ProjectId, tag: &Tag) -> Answer<Value> {
    let commits = repository.commits(&[&tag.commit]).await?;
    Ok(view(call, &call.path_of(id)?, tag, &commits))
}

async fn get(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    let tag = repository.tag(name).await?;
    let tag = tag.ok_or_else(|| Problem::not_found_as(name))?;
    Ok(json_answer(200, &one(call, &repository, id, &tag).await?))
}

async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.writer(id)?;
    call.not_archived(id)?;
    let body = call.body("CreateTagOption")?;
    let name = body.required("tag_name", "TagName")?;
    let repository = call.repository(id).await?;
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let target = match body.text("target")?.filter(|target| !target.is_empty()) {
        Some(target) => target.to_owned(),
        None => call.hub.state().project_mut(id)?.default_branch.clone(),
    };
    let Some(sha) = repository.resolve(&target).await? else {
        let words = format!("target not found: object does not exist [id: {target}, rel_path: ]");
        return Err(Problem::new(404, words));
    };
    let full = format!("refs/tags/{name}");
    if repository.check_ref_name(&full).await.is_err() {
        return Err(Problem::server_error());
    }
    if repository.tag(name).await?.is_some() {
        let words = format!("tag already exists [name: {name}]");
        return Err(Problem::new(409, words));
    }
    // The server signs, not the caller.
    let tagger = Signature::new("Gitea", "gitea@fake.local", call.hub.now());
    let message = body.text("message")?.filter(|text| !text.is_empty());
    let message = message.map(|message| (message, &tagger));
    let object = repository.create_tag(name, &sha, message).await?;
    let update = RefUpdate {
        name: full,
        old: None,
        new: Some(object),
    };
    call.hub.refs_changed(login, id, &[update]).await?;
    let tag = repository.tag(name).await?;
    let tag = tag.ok_or_else(Problem::server_error)?;
    Ok(json_answer(201, &one(call, &repository, id, &tag).await?))
}

async fn delete(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let login = call.writer(id)?;
    call.not_archived(id)?;
    {
        let state = call.hub.state();
        let project = state.visible_id(Some(login), id)?;
        let mut releases = project.releases.values();
        if releases.any(|release| release.tag == name && !release.draft) {
            let words = "a tag attached to a release cannot be deleted directly";
            return Err(Problem::new(409, words));
        }
    }
    let repository = call.repository(id).await?;
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let tag = repository.tag(name).await?;
    let tag = tag.ok_or_else(Problem::not_found)?;
    let full = format!("refs/tags/{name}");
    repository.delete_ref(&full).await?;
    let update = RefUpdate {
        name: full,
        old: Some(tag.object),
        new: None,
    };
    call.hub.refs_changed(login, id, &[update]).await?;
    Ok(empty(204))
}
