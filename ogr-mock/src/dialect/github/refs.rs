//! Branches, tags, and refs of any name.

use serde_json::{Value, json};

use super::call::{Call, Urls};
use super::problem::Problem;
use super::view::{node_id, path};
use super::{Answer, answer, commits};
use crate::dialect::{empty, scramble};
use crate::git::{Ref, Repository, Tag, ZERO_SHA, is_full_sha};
use crate::state::{Access, ProjectId, RefUpdate};

/// `GET /repos/{owner}/{repo}/branches`.
pub(super) async fn branches(call: &Call<'_>, id: ProjectId) -> Answer {
    let mut branches = call.repository(id).await?.branches().await?;
    if call.request.param("protected") == Some("true") {
        branches.clear();
    }
    let urls = call.urls(id)?;
    let paging = call.paging();
    let rows: Vec<Value> = paging
        .cut(&branches)
        .into_iter()
        .map(|branch| short_branch(&urls, branch))
        .collect();
    let answer = answer(200, &json!(rows));
    Ok(call.linked(answer, id, "/branches", paging, branches.len()))
}

/// `GET /repos/{owner}/{repo}/branches/{branch}`.
pub(super) async fn branch(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    let info = match repository.branch(name).await? {
        Some(sha) => repository.commit(&sha).await?,
        None => None,
    };
    let info = info.ok_or_else(|| Problem::new(404, "Branch not found"))?;
    let urls = call.urls(id)?;
    let url = format!("{}/branches/{}", urls.api, path(name));
    let commit = commits::commit(call, &call.hub.state(), &urls, &info);
    let body = json!({
        "name": name,
        "commit": commit,
        "_links": {
            "self": url,
            "html": format!("{}/tree/{}", urls.page, path(name)),
        },
        "protected": false,
        "protection": {
            "enabled": false,
            "required_status_checks": {
                "enforcement_level": "off",
                "contexts": [],
                "checks": [],
            },
        },
        "protection_url": format!("{url}/protection"),
    });
    Ok(answer(200, &body))
}

/// A branch in a list.
pub(super) fn short_branch(urls: &Urls, branch: &Ref) -> Value {
    json!({
        "name": branch.name,
        "commit": {
            "sha": branch.sha,
            "url": format!("{}/commits/{}", urls.api, branch.sha),
        },
        "protected": false,
    })
}

/// `GET /repos/{owner}/{repo}/tags`: peeled, the last name first.
pub(super) async fn tags(call: &Call<'_>, id: ProjectId) -> Answer {
    let mut tags = call.repository(id).await?.tags().await?;
    tags.reverse();
    let urls = call.urls(id)?;
    let paging = call.paging();
    let rows: Vec<Value> = paging
        .cut(&tags)
        .into_iter()
        .map(|tag| {
            let name = path(&tag.name);
            json!({
                "name": tag.name,
                "zipball_url": format!("{}/zipball/refs/tags/{name}", urls.api),
                "tarball_url": format!("{}/tarball/refs/tags/{name}", urls.api),
                "commit": {
                    "sha": tag.commit,
                    "url": format!("{}/commits/{}", urls.api, tag.commit),
                },
                "node_id": node_id("Ref", scramble(&tag.name, id) >> 20),
            })
        })
        .collect();
    let answer = answer(200, &json!(rows));
    Ok(call.linked(answer, id, "/tags", paging, tags.len()))
}

/// `GET /repos/{owner}/{repo}/git/ref/{ref}`: of exactly this name, without `refs/`.
pub(super) async fn get(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    let found = exact(&repository, name).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    let body = reference(&repository, &call.urls(id)?, &found).await?;
    Ok(answer(200, &body))
}

/// `GET /repos/{owner}/{repo}/git/matching-refs/{ref}`: all whose names start like this.
pub(super) async fn matching(call: &Call<'_>, id: ProjectId, prefix: &str) -> Answer {
    let repository = call.repository(id).await?;
    let urls = call.urls(id)?;
    let mut rows = Vec::new();
    for found in repository.refs("refs/").await? {
        if found.name.starts_with(prefix) {
            rows.push(reference(&repository, &urls, &found).await?);
        }
    }
    Ok(answer(200, &json!(rows)))
}

/// `POST /repos/{owner}/{repo}/git/refs`.
pub(super) async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.writer(id, "contents", Access::Write)?.to_owned();
    let body = call.body()?;
    let (name, sha) = (body.required("ref")?, body.required("sha")?);
    let short = name.strip_prefix("refs/").filter(|n| n.contains('/'));
    let short = short.ok_or_else(|| {
        Problem::new(
            422,
            "Reference name must start with 'refs/' and contain at least two slashes.",
        )
    })?;
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let repository = call.repository(id).await?;
    if repository.branches().await?.is_empty() {
        return Err(commits::empty_repository());
    }
    if !is_full_sha(sha) || !repository.has(sha).await? {
        return Err(Problem::new(422, "Object does not exist"));
    }
    if exact(&repository, short).await?.is_some() {
        return Err(Problem::new(422, "Reference already exists"));
    }
    if repository
        .update_ref(name, sha, Some(ZERO_SHA))
        .await
        .is_err()
    {
        return Err(Problem::new(
            422,
            format!("{name} is not a valid ref name."),
        ));
    }
    moved(call, &login, id, name, None, Some(sha)).await?;
    let made = Ref {
        name: short.to_owned(),
        sha: sha.to_owned(),
    };
    let body = reference(&repository, &call.urls(id)?, &made).await?;
    Ok(answer(201, &body))
}

/// `PATCH /repos/{owner}/{repo}/git/refs/{ref}`: forwards only, unless forced.
pub(super) async fn update(call: &Call<'_>, id: ProjectId, short: &str) -> Answer {
    let login = call.writer(id, "contents", Access::Write)?.to_owned();
    let body = call.body()?;
    let sha = body.required("sha")?;
    let force = body.flag("force")?.unwrap_or(false);
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let repository = call.repository(id).await?;
    let old = exact(&repository, short).await?;
    let old = old.ok_or_else(|| Problem::new(422, "Reference does not exist"))?;
    if !is_full_sha(sha) || !repository.has(sha).await? {
        return Err(Problem::new(422, "Object does not exist"));
    }
    if !force && !repository.is_ancestor(&old.sha, sha).await? {
        return Err(Problem::new(422, "Update is not a fast forward"));
    }
    let name = format!("refs/{short}");
    repository.update_ref(&name, sha, Some(&old.sha)).await?;
    moved(call, &login, id, &name, Some(&old.sha), Some(sha)).await?;
    let now = Ref {
        name: short.to_owned(),
        sha: sha.to_owned(),
    };
    let body = reference(&repository, &call.urls(id)?, &now).await?;
    Ok(answer(200, &body))
}

/// `DELETE /repos/{owner}/{repo}/git/refs/{ref}`.
pub(super) async fn delete(call: &Call<'_>, id: ProjectId, short: &str) -> Answer {
    let login = call.writer(id, "contents", Access::Write)?.to_owned();
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let repository = call.repository(id).await?;
    let old = exact(&repository, short).await?;
    let old = old.ok_or_else(|| Problem::new(422, "Reference does not exist"))?;
    if short == format!("heads/{}", call.default_branch(id)?) {
        return Err(Problem::new(422, "Cannot delete the default branch"));
    }
    let name = format!("refs/{short}");
    repository.delete_ref(&name).await?;
    moved(call, &login, id, &name, Some(&old.sha), None).await?;
    Ok(empty(204))
}

async fn moved(
    call: &Call<'_>,
    login: &str,
    id: ProjectId,
    name: &str,
    old: Option<&str>,
    new: Option<&str>,
) -> Result<(), Problem> {
    let update = RefUpdate {
        name: name.to_owned(),
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
    };
    Ok(call.hub.refs_changed(login, id, &[update]).await?)
}

/// The ref of exactly this name, without `refs/`, if there is one.
async fn exact(repository: &Repository, short: &str) -> Result<Option<Ref>, Problem> {
    let refs = repository.refs("refs/").await?;
    Ok(refs.into_iter().find(|found| found.name == short))
}

async fn reference(repository: &Repository, urls: &Urls, found: &Ref) -> Result<Value, Problem> {
    let is_tag = repository.resolve_as(&found.sha, "tag").await?.is_some();
    let (kind, place) = if is_tag {
        ("tag", "tags")
    } else {
        ("commit", "commits")
    };
    Ok(json!({
        "ref": format!("refs/{}", found.name),
        "node_id": node_id("Ref", scramble(&found.name, 1) >> 20),
        "url": format!("{}/git/refs/{}", urls.api, path(&found.name)),
        "object": {
            "sha": found.sha,
            "type": kind,
            "url": format!("{}/git/{place}/{}", urls.api, found.sha),
        },
    }))
}

/// `GET /repos/{owner}/{repo}/git/tags/{tag_sha}`: the object of an annotated tag.
pub(super) async fn tag_object(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    let repository = call.repository(id).await?;
    let tags = repository.tags().await?;
    let tag = tags
        .iter()
        .find(|tag| tag.object == sha && tag.message.is_some());
    let tag = tag.ok_or_else(Problem::not_found)?;
    Ok(answer(200, &annotated(&call.urls(id)?, tag)))
}

fn annotated(urls: &Urls, tag: &Tag) -> Value {
    let tagger = tag.tagger.as_ref();
    json!({
        "node_id": node_id("Tag", scramble(&tag.object, 0) >> 20),
        "tag": tag.name,
        "sha": tag.object,
        "url": format!("{}/git/tags/{}", urls.api, tag.object),
        "message": tag.message,
        "tagger": tagger.map(|tagger| json!({
            "name": tagger.name,
            "email": tagger.email,
            "date": super::view::time(tagger.at.to_utc()),
        })),
        "object": {
            "sha": tag.commit,
            "type": "commit",
            "url": format!("{}/git/commits/{}", urls.api, tag.commit),
        },
        "verification": commits::unverified(),
    })
}
