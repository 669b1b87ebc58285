//! Releases.

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::view::{maybe_time, node_id, path, time};
use super::{Answer, answer, commits};
use crate::dialect::empty;
use crate::git::Repository;
use crate::state::{Access, Project, ProjectId, RefUpdate, Release, State};

/// `GET /repos/{owner}/{repo}/releases`: the newest first; drafts for those who may push.
pub(super) fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let paging = call.paging();
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let drafts = state.allows(call.login(), project, Access::Write);
    let releases = project.releases.values().rev();
    let rows: Vec<&Release> = releases.filter(|r| drafts || !r.draft).collect();
    let total = rows.len();
    let page: Vec<Value> = paging
        .cut(rows)
        .into_iter()
        .map(|release| body(call, &state, project, release))
        .collect();
    drop(state);
    Ok(call.linked(answer(200, &json!(page)), id, "/releases", paging, total))
}

/// `GET /repos/{owner}/{repo}/releases/latest`: neither a draft nor a prerelease.
pub(super) fn latest(call: &Call<'_>, id: ProjectId) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let good = |release: &&Release| !release.draft && !release.prerelease && !release.never_latest;
    let releases = project.releases.values().filter(good);
    let latest =
        releases.max_by_key(|release| (release.created_at, release.published_at, release.id));
    let release = latest.ok_or_else(Problem::not_found)?;
    Ok(answer(200, &body(call, &state, project, release)))
}

/// `GET /repos/{owner}/{repo}/releases/tags/{tag}`: published ones only.
pub(super) fn by_tag(call: &Call<'_>, id: ProjectId, tag: &str) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let mut releases = project.releases.values();
    let release = releases.find(|release| release.tag == tag && !release.draft);
    let release = release.ok_or_else(Problem::not_found)?;
    Ok(answer(200, &body(call, &state, project, release)))
}

/// `GET /repos/{owner}/{repo}/releases/{release_id}`.
pub(super) fn get(call: &Call<'_>, id: ProjectId, release: &str) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let release = find(project, release)?;
    if release.draft && !state.allows(call.login(), project, Access::Write) {
        return Err(Problem::not_found());
    }
    Ok(answer(200, &body(call, &state, project, release)))
}

/// `GET /repos/{owner}/{repo}/releases/{release_id}/assets`.
pub(super) fn assets(call: &Call<'_>, id: ProjectId, release: &str) -> Answer {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    find(project, release)?;
    Ok(answer(200, &json!([])))
}

/// `POST /repos/{owner}/{repo}/releases`: makes the tag, unless it is there or the release is a draft.
pub(super) async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.writer(id, "contents", Access::Write)?.to_owned();
    let asked = call.body()?;
    let tag = asked.text("tag_name")?.unwrap_or_default().to_owned();
    if tag.is_empty() {
        return Err(Problem::field("Release", "tag_name", "missing_field"));
    }
    let text = |name: &str| asked.text(name).map(|text| text.map(str::to_owned));
    let now = call.hub.now();
    let mut release = Release {
        id: 0,
        tag,
        name: text("name")?,
        body: text("body")?,
        target: match text("target_commitish")? {
            Some(target) if !target.is_empty() => target,
            _ => call.default_branch(id)?,
        },
        draft: asked.flag("draft")?.unwrap_or(false),
        prerelease: asked.flag("prerelease")?.unwrap_or(false),
        never_latest: asked.text("make_latest")? == Some("false"),
        author: login.clone(),
        created_at: now,
        published_at: None,
    };
    if !release.draft {
        if taken(call, id, &release.tag, None)? {
            return Err(Problem::field("Release", "tag_name", "already_exists"));
        }
        release.created_at = publish(call, &login, id, &release).await?;
        release.published_at = Some(now);
    }
    let mut state = call.hub.state();
    release.id = state.new_id();
    let project = state.project_mut(id)?;
    project.releases.insert(release.id, release.clone());
    let project = state.visible_id(Some(&login), id)?;
    Ok(answer(201, &body(call, &state, project, &release)))
}

/// `PATCH /repos/{owner}/{repo}/releases/{release_id}`.
pub(super) async fn change(call: &Call<'_>, id: ProjectId, release: &str) -> Answer {
    let login = call.writer(id, "contents", Access::Write)?.to_owned();
    let mut release = {
        let state = call.hub.state();
        find(state.visible_id(Some(&login), id)?, release)?.clone()
    };
    let asked = call.body()?;
    if let Some(tag) = asked.text("tag_name")?.filter(|tag| !tag.is_empty()) {
        tag.clone_into(&mut release.tag);
    }
    if let Some(target) = asked.text("target_commitish")?.filter(|t| !t.is_empty()) {
        target.clone_into(&mut release.target);
    }
    if let Some(name) = asked.text("name")? {
        release.name = Some(name.to_owned());
    }
    if let Some(text) = asked.text("body")? {
        release.body = Some(text.to_owned());
    }
    if let Some(prerelease) = asked.flag("prerelease")? {
        release.prerelease = prerelease;
    }
    if let Some(latest) = asked.text("make_latest")? {
        release.never_latest = latest == "false";
    }
    if let Some(draft) = asked.flag("draft")? {
        release.draft = draft;
    }
    if release.draft {
        release.published_at = None;
    } else {
        if taken(call, id, &release.tag, Some(release.id))? {
            return Err(Problem::field("Release", "tag_name", "already_exists"));
        }
        release.created_at = publish(call, &login, id, &release).await?;
        release.published_at = release.published_at.or_else(|| Some(call.hub.now()));
    }
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    project.releases.insert(release.id, release.clone());
    let project = state.visible_id(Some(&login), id)?;
    Ok(answer(200, &body(call, &state, project, &release)))
}

/// `DELETE /repos/{owner}/{repo}/releases/{release_id}`: the tag stays.
pub(super) fn delete(call: &Call<'_>, id: ProjectId, release: &str) -> Answer {
    call.writer(id, "contents", Access::Write)?;
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    let release = find(project, release)?.id;
    project.releases.remove(&release);
    Ok(empty(204))
}

fn find<'a>(project: &'a Project, id: &str) -> Result<&'a Release, Problem> {
    let id: Option<u64> = id.parse().ok();
    let release = id.and_then(|id| project.releases.get(&id));
    release.ok_or_else(Problem::not_found)
}

/// Whether another published release has this tag.
fn taken(call: &Call<'_>, id: ProjectId, tag: &str, but: Option<u64>) -> Result<bool, Problem> {
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let mut others = project.releases.values().filter(|r| Some(r.id) != but);
    Ok(others.any(|release| release.tag == tag && !release.draft))
}

/// Makes the tag if need be, and tells the time of its commit, which counts as the release's own.
async fn publish(
    call: &Call<'_>,
    login: &str,
    id: ProjectId,
    release: &Release,
) -> Result<chrono::DateTime<chrono::Utc>, Problem> {
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let repository = call.repository(id).await?;
    let sha = match repository.tag(&release.tag).await? {
        Some(tag) => tag.commit,
        None => make_tag(call, login, id, &repository, release).await?,
    };
    let info = repository.commit(&sha).await?;
    Ok(info.map_or_else(|| call.hub.now(), |info| info.committer.at.to_utc()))
}

async fn make_tag(
    call: &Call<'_>,
    login: &str,
    id: ProjectId,
    repository: &Repository,
    release: &Release,
) -> Result<String, Problem> {
    if repository.branches().await?.is_empty() {
        return Err(Problem::custom("Release", None, "Repository is empty."));
    }
    let name = format!("refs/tags/{}", release.tag);
    if repository.check_ref_name(&name).await.is_err() {
        let words = "tag_name is not a valid tag";
        return Err(Problem::custom("Release", Some("tag_name"), words));
    }
    let target = commits::find(repository, &release.target).await?;
    let target = target.ok_or_else(|| Problem::field("Release", "target_commitish", "invalid"))?;
    repository.create_tag(&release.tag, &target, None).await?;
    let update = RefUpdate {
        name,
        old: None,
        new: Some(target.clone()),
    };
    call.hub.refs_changed(login, id, &[update]).await?;
    Ok(target)
}

fn body(call: &Call<'_>, state: &State, project: &Project, release: &Release) -> Value {
    let urls = call.urls_of(&project.path());
    let (id, tag) = (release.id, path(&release.tag));
    let url = format!("{}/releases/{id}", urls.api);
    // A draft's page is not under its tag, which need not exist; nor has it anything to download.
    let page = if release.draft {
        format!("{}/releases/tag/untagged-{id:020x}", urls.page)
    } else {
        format!("{}/releases/tag/{tag}", urls.page)
    };
    let archive = |kind: &str| {
        let url = format!("{}/{kind}/{tag}", urls.api);
        if release.draft {
            Value::Null
        } else {
            json!(url)
        }
    };
    json!({
        "url": url,
        "assets_url": format!("{url}/assets"),
        "upload_url": format!(
            "{}/api/uploads/repos/{}/releases/{id}/assets{{?name,label}}",
            call.view.web,
            path(&project.path()),
        ),
        "html_url": page,
        "id": id,
        "author": call.view.account(state, &release.author),
        "node_id": node_id("Release", id),
        "tag_name": release.tag,
        "target_commitish": release.target,
        "name": release.name,
        "draft": release.draft,
        "immutable": false,
        "prerelease": release.prerelease,
        "created_at": time(release.created_at),
        "updated_at": time(release.published_at.unwrap_or(release.created_at)),
        "published_at": maybe_time(release.published_at),
        "assets": [],
        "tarball_url": archive("tarball"),
        "zipball_url": archive("zipball"),
        "body": release.body,
    })
}
