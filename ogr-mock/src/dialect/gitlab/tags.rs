//! Tags.

use serde_json::{Value, json};

use super::call::{Call, find_commit};
use super::problem::Problem;
use super::{Answer, commits};
use crate::dialect::{answer, empty};
use crate::git::{CommitInfo, Repository, Tag};
use crate::state::{Access, ProjectId, RefUpdate, Refusal, What};

/// `GET .../repository/tags`: the newest first.
pub(super) async fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let repository = call.repository(id).await?;
    let params = &call.params;
    let search = params.filled("search")?.map(|text| text.to_lowercase());
    let order = params.choice("order_by", &["name", "updated", "version"])?;
    let sort = params.choice("sort", &["asc", "desc"])?;
    let paging = call.paging()?;
    let mut tags = repository.tags().await?;
    tags.retain(|tag| {
        let name = tag.name.to_lowercase();
        search
            .as_ref()
            .is_none_or(|text| match text.strip_prefix('^') {
                Some(start) => name.starts_with(start),
                None => name.contains(text.as_str()),
            })
    });
    let shas: Vec<&str> = tags.iter().map(|tag| tag.commit.as_str()).collect();
    let known = repository.commits(&shas).await?;
    let mut rows: Vec<(Tag, CommitInfo)> = tags
        .into_iter()
        .filter_map(|tag| {
            let commit = known.get(&tag.commit)?.clone();
            Some((tag, commit))
        })
        .collect();
    match order.as_deref() {
        Some("name") => rows.sort_by(|a, b| a.0.name.cmp(&b.0.name)),
        Some("version") => rows.sort_by_key(|(tag, _)| numbers(&tag.name)),
        _ => rows.sort_by_key(|(tag, commit)| {
            let tagged = tag.tagger.as_ref().map(|tagger| tagger.at);
            tagged.unwrap_or(commit.committer.at)
        }),
    }
    if sort.as_deref() != Some("asc") {
        rows.reverse();
    }
    let total = rows.len();
    let page = paging.cut(rows);
    let page: Result<Vec<Value>, Problem> = page
        .iter()
        .map(|(tag, commit)| body(call, id, tag, commit))
        .collect();
    let defaults = [("order_by", "updated"), ("sort", "desc")];
    Ok(call.page_of(page?, paging, total, &defaults))
}

/// A version as numbers, to be put in order.
fn numbers(name: &str) -> Vec<u64> {
    let parts = name.split(|letter: char| !letter.is_ascii_digit());
    parts.filter_map(|part| part.parse().ok()).collect()
}

/// `GET .../repository/tags/{tag_name}`.
pub(super) async fn get(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    Ok(answer(200, &single(call, id, &repository, name).await?))
}

async fn single(
    call: &Call<'_>,
    id: ProjectId,
    repository: &Repository,
    name: &str,
) -> Result<Value, Problem> {
    let missing = || Problem::from(Refusal::NotFound(What::Tag));
    let tag = repository.tag(name).await?.ok_or_else(missing)?;
    let commit = repository.commit(&tag.commit).await?.ok_or_else(missing)?;
    body(call, id, &tag, &commit)
}

fn body(call: &Call<'_>, id: ProjectId, tag: &Tag, commit: &CommitInfo) -> Result<Value, Problem> {
    let page = call.page(id)?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let mut releases = project.releases.values();
    let release = releases.find(|release| release.tag == tag.name);
    let message = tag.message.as_deref().unwrap_or_default();
    let mut body = json!({
        "name": tag.name,
        "message": message.trim_end_matches('\n'),
        "target": tag.object,
        "commit": commits::body(&page, commit),
        "release": release.map(|release| json!({
            "tag_name": release.tag,
            "description": release.body,
        })),
        "protected": false,
    });
    // Only an annotated tag knows when it was made.
    if let Some(tagger) = &tag.tagger {
        body["created_at"] = json!(commits::date(tagger));
    }
    Ok(body)
}

/// `POST .../repository/tags`.
pub(super) async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.writer(id, Access::Write)?.to_owned();
    call.params.require(&["tag_name", "ref"])?;
    let name = call.params.text("tag_name")?.unwrap_or_default();
    let from = call.params.text("ref")?.unwrap_or_default();
    let message = call.params.filled("message")?;
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let repository = call.repository(id).await?;
    let wanted = NewTag {
        name: &name,
        from: &from,
        message: message.as_deref(),
        bad_target: 400,
    };
    make(call, &login, id, &repository, &wanted).await?;
    Ok(answer(201, &single(call, id, &repository, &name).await?))
}

/// A tag to be made.
pub(super) struct NewTag<'a> {
    pub(super) name: &'a str,
    pub(super) from: &'a str,
    pub(super) message: Option<&'a str>,
    /// The status that tells that there is nothing of the name `from`.
    pub(super) bad_target: u16,
}

/// Makes a tag, or tells why not. The repository must be locked.
pub(super) async fn make(
    call: &Call<'_>,
    login: &str,
    id: ProjectId,
    repository: &Repository,
    wanted: &NewTag<'_>,
) -> Result<(), Problem> {
    let NewTag { name, from, .. } = *wanted;
    let full = format!("refs/tags/{name}");
    if name.starts_with('-') || repository.check_ref_name(&full).await.is_err() {
        return Err(Refusal::BadName(What::Tag).into());
    }
    if repository.tag(name).await?.is_some() {
        let words = format!("Tag {name} already exists");
        return Err(Problem::message(400, words));
    }
    let bad = || Problem::message(wanted.bad_target, format!("Target {from} is invalid"));
    let target = find_commit(repository, from).await?.ok_or_else(bad)?;
    let tagger = call.hub.signature(login);
    let message = wanted.message.map(|message| (message, &tagger));
    let object = repository.create_tag(name, &target, message).await?;
    let update = RefUpdate {
        name: full,
        old: None,
        new: Some(object),
    };
    call.hub.refs_changed(login, id, &[update]).await?;
    Ok(())
}

/// `DELETE .../repository/tags/{tag_name}`: its release goes with it.
pub(super) async fn delete(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let login = call.writer(id, Access::Write)?.to_owned();
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let repository = call.repository(id).await?;
    let tag = repository.tag(name).await?;
    let tag = tag.ok_or_else(|| Problem::from(Refusal::NotFound(What::Tag)))?;
    let full = format!("refs/tags/{name}");
    repository.delete_ref(&full).await?;
    {
        let mut state = call.hub.state();
        let releases = &mut state.project_mut(id)?.releases;
        releases.retain(|_, release| release.tag != name);
    }
    let update = RefUpdate {
        name: full,
        old: Some(tag.object),
        new: None,
    };
    call.hub.refs_changed(&login, id, &[update]).await?;
    Ok(empty(204))
}
