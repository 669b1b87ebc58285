//! Releases: each belongs to a tag, and is known by its name alone.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::call::{Call, encoded};
use super::problem::Problem;
use super::tags::NewTag;
use super::view::{path, time};
use super::{Answer, commits, tags};
use crate::dialect::{Answered, answer, text};
use crate::state::{Access, Project, ProjectId, Refusal, Release, What};

/// `GET /projects/{id}/releases`: the newest first.
pub(super) async fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    call.may_read_code(id)?;
    let order = call
        .params
        .choice("order_by", &["released_at", "created_at"])?;
    let sort = call.params.choice("sort", &["asc", "desc"])?;
    let paging = call.paging()?;
    let mut releases: Vec<Release> = {
        let state = call.hub.state();
        call.look(&state, id)?.releases.values().cloned().collect()
    };
    releases.sort_by_key(|release| match order.as_deref() {
        Some("created_at") => (release.created_at, release.id),
        _ => (released_at(release), release.id),
    });
    if sort.as_deref() != Some("asc") {
        releases.reverse();
    }
    let total = releases.len();
    let mut rows = Vec::new();
    for release in paging.cut(releases) {
        rows.push(body(call, id, &release).await?);
    }
    let defaults = [("order_by", "released_at"), ("sort", "desc")];
    Ok(call.page_of(rows, paging, total, &defaults))
}

/// `GET /projects/{id}/releases/permalink/latest`: leads to the release, and to what is in it.
pub(super) fn latest(call: &Call<'_>, id: ProjectId, rest: &[&str]) -> Answer {
    call.may_read_code(id)?;
    let state = call.hub.state();
    let releases = call.look(&state, id)?.releases.values();
    let latest = releases.max_by_key(|release| (released_at(release), release.id));
    let latest = latest.ok_or(Refusal::NotFound(What::Release))?;
    let tag = encoded(&[&latest.tag]);
    let mut to = format!("/api/v4/projects/{id}/releases/{tag}");
    if !rest.is_empty() {
        to.push('/');
        to.push_str(&encoded(rest));
    }
    let others = call
        .request
        .query
        .iter()
        .filter(|(name, _)| name != "order_by");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(others);
    let query = query.finish();
    if !query.is_empty() {
        to.push('?');
        to.push_str(&query);
    }
    let words = format!("This resource has been moved temporarily to {to}.");
    Ok(text(302, words).with("location", to))
}

/// `GET /projects/{id}/releases/{tag_name}`.
pub(super) async fn get(call: &Call<'_>, id: ProjectId, tag: &str) -> Answer {
    call.may_read_code(id)?;
    let release = find(call, id, tag)?;
    let release = release.ok_or(Refusal::NotFound(What::Release))?;
    Ok(answer(200, &body(call, id, &release).await?))
}

fn find(call: &Call<'_>, id: ProjectId, tag: &str) -> Result<Option<Release>, Problem> {
    let state = call.hub.state();
    let mut releases = call.look(&state, id)?.releases.values();
    Ok(releases.find(|release| release.tag == tag).cloned())
}

/// The release that is to be changed. That there is none is a matter of rights to GitLab.
fn own(call: &Call<'_>, id: ProjectId, tag: &str) -> Result<Release, Problem> {
    call.writer(id, Access::Write)?;
    find(call, id, tag)?.ok_or_else(Problem::forbidden)
}

/// `POST /projects/{id}/releases`: makes the tag, too, if a `ref` says where.
pub(super) async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    call.params.require(&["tag_name"])?;
    let login = call.writer(id, Access::Write)?.to_owned();
    let params = &call.params;
    let tag = params.text("tag_name")?.unwrap_or_default();
    let from = params.filled("ref")?;
    let message = params.filled("tag_message")?;
    let released_at = params.time("released_at")?;
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    if find(call, id, &tag)?.is_some() {
        return Err(Problem::message(409, "Release already exists"));
    }
    let repository = call.repository(id).await?;
    if repository.tag(&tag).await?.is_none() {
        let unsaid = || Problem::message(422, "Ref is not specified");
        let from = from.clone().ok_or_else(unsaid)?;
        let wanted = NewTag {
            name: &tag,
            from: &from,
            message: message.as_deref(),
            bad_target: 404,
        };
        tags::make(call, &login, id, &repository, &wanted).await?;
    }
    let now = call.hub.now();
    let release = {
        let mut state = call.hub.state();
        let release = Release {
            id: state.new_id(),
            name: params.filled("name")?.or_else(|| Some(tag.clone())),
            body: params.text("description")?,
            target: from.unwrap_or_else(|| tag.clone()),
            tag,
            draft: false,
            prerelease: false,
            never_latest: false,
            author: login,
            created_at: now,
            published_at: Some(released_at.unwrap_or(now)),
        };
        let releases = &mut state.project_mut(id)?.releases;
        releases.insert(release.id, release.clone());
        release
    };
    Ok(answer(201, &body(call, id, &release).await?))
}

/// `PUT /projects/{id}/releases/{tag_name}`.
pub(super) async fn change(call: &Call<'_>, id: ProjectId, tag: &str) -> Answer {
    let mut release = own(call, id, tag)?;
    let params = &call.params;
    let names = [
        "name",
        "description",
        "released_at",
        "milestones",
        "milestone_ids",
    ];
    if !names.iter().any(|name| params.given(name)) {
        return Err(Problem::message(400, "params is empty"));
    }
    if let Some(name) = params.filled("name")? {
        release.name = Some(name);
    }
    if params.given("description") {
        release.body = params.text("description")?;
    }
    if let Some(at) = params.time("released_at")? {
        release.published_at = Some(at);
    }
    let changed = {
        let mut state = call.hub.state();
        let releases = &mut state.project_mut(id)?.releases;
        releases.insert(release.id, release.clone())
    };
    changed.ok_or_else(Problem::no_record)?;
    Ok(answer(200, &body(call, id, &release).await?))
}

/// `DELETE /projects/{id}/releases/{tag_name}`: the tag stays. The release is told for the last time.
pub(super) async fn delete(call: &Call<'_>, id: ProjectId, tag: &str) -> Answer {
    let release = own(call, id, tag)?;
    let last_words = body(call, id, &release).await?;
    let mut state = call.hub.state();
    state.project_mut(id)?.releases.remove(&release.id);
    Ok(answer(200, &last_words))
}

/// A text as HTML shows it, its Markdown left as it is.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn released_at(release: &Release) -> DateTime<Utc> {
    release.published_at.unwrap_or(release.created_at)
}

async fn body(call: &Call<'_>, id: ProjectId, release: &Release) -> Result<Value, Problem> {
    let repository = call.repository(id).await?;
    let tag = repository.tag(&release.tag).await?;
    let info = match &tag {
        Some(tag) => repository.commit(&tag.commit).await?,
        None => None,
    };
    let page = call.page(id)?;
    let state = call.hub.state();
    let project: &Project = call.look(&state, id)?;
    let root = path(&project.path());
    let name = path(&release.tag);
    let own_page = format!("{page}/-/releases/{name}");
    let archive = |kind: &str| {
        let file = format!("{}-{}.{kind}", project.name, release.tag.replace('/', "-"));
        json!({"format": kind, "url": format!("{page}/-/archive/{name}/{}", path(&file))})
    };
    let sources: Vec<Value> = ["zip", "tar.gz", "tar.bz2", "tar"]
        .into_iter()
        .map(archive)
        .collect();
    let mut body = json!({
        "name": release.name.as_ref().unwrap_or(&release.tag),
        "tag_name": release.tag,
        "description": release.body,
        "created_at": time(release.created_at),
        "released_at": time(released_at(release)),
        "upcoming_release": released_at(release) > call.hub.now(),
        "author": call.view.user(&state, &release.author),
        "tag_path": format!("/{root}/-/tags/{name}"),
        "assets": {"count": sources.len(), "sources": sources, "links": []},
        "evidences": [],
        "_links": {
            "closed_issues_url": format!("{page}/-/issues?release_tag={name}&scope=all&state=closed"),
            "closed_merge_requests_url":
                format!("{page}/-/merge_requests?release_tag={name}&scope=all&state=closed"),
            "merged_merge_requests_url":
                format!("{page}/-/merge_requests?release_tag={name}&scope=all&state=merged"),
            "opened_issues_url": format!("{page}/-/issues?release_tag={name}&scope=all&state=opened"),
            "opened_merge_requests_url":
                format!("{page}/-/merge_requests?release_tag={name}&scope=all&state=opened"),
            "self": own_page,
        },
    });
    if call.allows(&state, project, Access::Write) {
        body["_links"]["edit_url"] = json!(format!("{own_page}/edit"));
    }
    if call.params.flag("include_html_description")? == Some(true) {
        let text = release.body.as_deref().unwrap_or_default();
        body["description_html"] = json!(format!("<p dir=\"auto\">{}</p>", escaped(text)));
    }
    if let Some(info) = info {
        body["commit"] = commits::body(&page, &info);
        body["commit_path"] = json!(format!("/{root}/-/commit/{}", info.sha));
    }
    Ok(body)
}
