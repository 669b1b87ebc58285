//! Releases.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::body::Body;
use super::call::Call;
use super::problem::Problem;
use super::view::{path, time};
use super::{Answer, json_answer};
use crate::dialect::empty;
use crate::state::{Access, Project, ProjectId, RefUpdate, Release, State};

/// Routes below `/repos/{owner}/{repo}/releases`.
pub(super) async fn route(call: &Call<'_>, id: ProjectId, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", []) => list(call, id),
        ("POST", []) => create(call, id).await,
        ("GET", ["latest"]) => latest(call, id),
        ("GET", ["tags", tag]) => by_tag(call, id, tag),
        (_, ["tags", tag]) => delete_by_tag(call, id, tag),
        ("GET", [release]) => get(call, id, release),
        ("PATCH", [release]) => edit(call, id, release).await,
        (_, [release]) => delete(call, id, release),
        _ => Err(Problem::NoRoute),
    }
}

fn view(call: &Call<'_>, state: &State, project: &Project, release: &Release) -> Value {
    let full = project.path();
    let (api, page) = (call.project_api(&full), call.project_page(&full));
    let (url, tag) = (format!("{api}/releases/{}", release.id), path(&release.tag));
    // A draft has its times too.
    let created = time(release.created_at);
    json!({
        "id": release.id,
        "tag_name": release.tag,
        "target_commitish": release.target,
        "name": release.name.as_deref().unwrap_or_default(),
        "body": release.body.as_deref().unwrap_or_default(),
        "url": url,
        "html_url": format!("{page}/releases/tag/{tag}"),
        "tarball_url": format!("{page}/archive/{tag}.tar.gz"),
        "zipball_url": format!("{page}/archive/{tag}.zip"),
        "hide_archive_links": false,
        "upload_url": format!("{url}/assets"),
        "draft": release.draft,
        "prerelease": release.prerelease,
        "created_at": created,
        "published_at": created,
        "author": call.user_unseen(state, &release.author),
        "assets": [],
        "archive_download_count": {"zip": 0, "tar_gz": 0},
    })
}

/// The youngest first.
fn sorted(project: &Project) -> Vec<&Release> {
    let mut releases: Vec<&Release> = project.releases.values().collect();
    releases.sort_by_key(|release| std::cmp::Reverse((release.created_at.timestamp(), release.id)));
    releases
}

/// Drafts are listed only for those who may write.
fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let writer = call.login().is_some() && call.may(&state, project, Access::Write);
    let wanted = |name: &str| call.param(name).map(|_| call.flag(name, false));
    let text = call.param("q").unwrap_or_default().to_lowercase();
    let (draft, prerelease) = (wanted("draft"), wanted("pre-release"));
    let mut found = sorted(project);
    found.retain(|release| {
        let name = release.name.as_deref().unwrap_or_default().to_lowercase();
        (writer || !release.draft)
            && draft.is_none_or(|draft| release.draft == draft)
            && prerelease.is_none_or(|prerelease| release.prerelease == prerelease)
            && (text.is_empty()
                || name.contains(&text)
                || release.tag.to_lowercase().contains(&text))
    });
    let (total, paging) = (found.len(), call.paging());
    let rows: Vec<Value> = paging
        .cut(found)
        .into_iter()
        .map(|release| view(call, &state, project, release))
        .collect();
    Ok(call.linked(&json!(rows), paging, total))
}

fn latest(call: &Call<'_>, id: ProjectId) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let mut releases = sorted(project).into_iter();
    let found = releases.find(|release| !release.draft && !release.prerelease);
    let found = found.ok_or_else(Problem::not_found)?;
    Ok(json_answer(200, &view(call, &state, project, found)))
}

fn find(project: &Project, id: &str) -> Result<u64, Problem> {
    let id: u64 = id.parse().map_err(|_| Problem::not_found())?;
    let known = project.releases.contains_key(&id);
    known.then_some(id).ok_or_else(Problem::not_found)
}

/// Whether the caller may know of a release.
fn seen(call: &Call<'_>, state: &State, project: &Project, release: &Release) -> bool {
    let writer = call.login().is_some() && call.may(state, project, Access::Write);
    writer || !release.draft || !call.flavour.hides_drafts()
}

fn get(call: &Call<'_>, id: ProjectId, release: &str) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let release = find(project, release)?;
    let release = project.releases.get(&release);
    let release = release.filter(|release| seen(call, &state, project, release));
    let release = release.ok_or_else(Problem::not_found)?;
    Ok(json_answer(200, &view(call, &state, project, release)))
}

fn find_by_tag<'p>(project: &'p Project, tag: &str) -> Option<&'p Release> {
    let mut releases = project.releases.values();
    releases.find(|release| release.tag.eq_ignore_ascii_case(tag))
}

fn by_tag(call: &Call<'_>, id: ProjectId, tag: &str) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let release = find_by_tag(project, tag);
    let release = release.filter(|release| seen(call, &state, project, release));
    let release = release.ok_or_else(Problem::not_found)?;
    Ok(json_answer(200, &view(call, &state, project, release)))
}

async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.writer(id)?;
    let body = call.body("CreateReleaseOption")?;
    let tag = body.required("tag_name", "TagName")?;
    if call.is_empty(id)? {
        return Err(Problem::new(422, "repo is empty"));
    }
    let (default, taken, archived) = {
        let state = call.hub.state();
        let project = state.visible_id(Some(login), id)?;
        (
            project.default_branch.clone(),
            find_by_tag(project, tag).is_some(),
            project.archived,
        )
    };
    if taken {
        // Odd words, but these.
        return Err(Problem::new(409, "Release has no Tag"));
    }
    if archived {
        return Err(Problem::server_error());
    }
    let draft = body.flag("draft")?.unwrap_or(false);
    let given = body.plain("target_commitish")?;
    let target = if given.is_empty() { &default } else { given };
    let (existing, target) = ensure_tag(call, id, tag, target, given, draft).await?;
    let created = existing.unwrap_or_else(|| call.hub.now());
    let mut state = call.hub.state();
    let number = state.new_id();
    let name = body.text("name")?.filter(|name| !name.is_empty());
    let release = Release {
        id: number,
        tag: tag.to_owned(),
        name: Some(name.unwrap_or(tag).to_owned()),
        body: Some(body.plain("body")?.to_owned()),
        target,
        draft,
        prerelease: body.flag("prerelease")?.unwrap_or(false),
        author: login.to_owned(),
        created_at: created,
        published_at: (!draft).then_some(created),
        never_latest: false,
    };
    let project = state.project_mut(id)?;
    project.releases.insert(number, release.clone());
    let project = state.visible_id(Some(login), id)?;
    Ok(json_answer(201, &view(call, &state, project, &release)))
}

/// Makes the tag of a release, unless it is there or the release is a draft. Tells when an existing
/// one was made, and what the release says it was made at.
async fn ensure_tag(
    call: &Call<'_>,
    id: ProjectId,
    tag: &str,
    target: &str,
    given: &str,
    draft: bool,
) -> Answer<(Option<DateTime<Utc>>, String)> {
    let login = call.signed_in()?;
    let repository = call.repository(id).await?;
    if let Some(known) = repository.tag(tag).await? {
        let commit = repository.commit(&known.commit).await?;
        let tagged = known.tagger.map(|tagger| tagger.at);
        let at = tagged.or_else(|| commit.map(|commit| commit.committer.at));
        return Ok((at.map(|at| at.to_utc()), given.to_owned()));
    }
    if draft {
        return Ok((None, target.to_owned()));
    }
    let Some(sha) = repository.resolve(target).await? else {
        let words = format!(
            "target \"{target}\" not found: object does not exist [id: {target}, rel_path: ]"
        );
        return Err(Problem::new(404, words));
    };
    let full = format!("refs/tags/{tag}");
    if repository.check_ref_name(&full).await.is_err() {
        return Err(Problem::server_error());
    }
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    repository.create_tag(tag, &sha, None).await?;
    let update = RefUpdate {
        name: full,
        old: None,
        new: Some(sha),
    };
    call.hub.refs_changed(login, id, &[update]).await?;
    Ok((None, target.to_owned()))
}

async fn edit(call: &Call<'_>, id: ProjectId, release: &str) -> Answer {
    let login = call.writer(id)?;
    let body = call.body("EditReleaseOption")?;
    let before = {
        let state = call.hub.state();
        let project = state.visible_id(Some(login), id)?;
        if project.archived {
            return Err(Problem::server_error());
        }
        let number = find(project, release)?;
        let found = project.releases.get(&number).cloned();
        found.ok_or_else(Problem::not_found)?
    };
    let mut release = changed(&body, &before)?;
    if release.tag != before.tag {
        let state = call.hub.state();
        let project = state.visible_id(Some(login), id)?;
        if find_by_tag(project, &release.tag).is_some() {
            // Meant to be a 409.
            return Err(Problem::server_error());
        }
    }
    if release.draft {
        // Every change of a draft makes it a new one.
        release.created_at = call.hub.now();
        release.published_at = None;
    } else if before.draft || release.tag != before.tag {
        let (tag, target) = (release.tag.clone(), release.target.clone());
        let (existing, _) = ensure_tag(call, id, &tag, &target, &target, false).await?;
        if existing.is_none() {
            release.created_at = call.hub.now();
        }
        release.published_at = Some(release.created_at);
    }
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    project.releases.insert(release.id, release.clone());
    let project = state.visible_id(Some(login), id)?;
    Ok(json_answer(200, &view(call, &state, project, &release)))
}

fn changed(body: &Body, before: &Release) -> Result<Release, Problem> {
    let mut release = before.clone();
    let filled = |name: &str| -> Result<Option<String>, Problem> {
        let text = body.text(name)?.filter(|text| !text.is_empty());
        Ok(text.map(str::to_owned))
    };
    if let Some(tag) = filled("tag_name")? {
        release.tag = tag;
    }
    if let Some(target) = filled("target_commitish")? {
        release.target = target;
    }
    if let Some(name) = filled("name")? {
        release.name = Some(name);
    }
    if let Some(text) = filled("body")? {
        release.body = Some(text);
    }
    if let Some(draft) = body.flag("draft")? {
        release.draft = draft;
    }
    if let Some(prerelease) = body.flag("prerelease")? {
        release.prerelease = prerelease;
    }
    Ok(release)
}

/// The tag stays.
fn delete(call: &Call<'_>, id: ProjectId, release: &str) -> Answer {
    call.writer(id)?;
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    let number = find(project, release)?;
    project.releases.remove(&number);
    Ok(empty(204))
}

fn delete_by_tag(call: &Call<'_>, id: ProjectId, tag: &str) -> Answer {
    call.writer(id)?;
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    let number = find_by_tag(project, tag).map(|release| release.id);
    let number = number.ok_or_else(Problem::not_found)?;
    project.releases.remove(&number);
    Ok(empty(204))
}
