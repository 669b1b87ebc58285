//! What the pages' own URLs give to programs: raw files, diffs and patches.

use super::call::{Call, Place};
use super::problem::Problem;
use super::{Answer, commits};
use crate::dialect::text;
use crate::state::ProjectId;

/// `GET /{owner}/{repo}/...`. A browser's session it has not, so that only public projects are there.
pub(super) async fn get(call: &Call<'_>, path: &[&str]) -> Answer {
    let [owner, name, tail @ ..] = path else {
        return Err(Problem::not_found());
    };
    let Place::Here(id) = call.project(owner, name)? else {
        return Err(Problem::not_found());
    };
    if call.hub.state().visible_id(None, id).is_err() {
        return Err(Problem::not_found());
    }
    match tail {
        ["raw", rest @ ..] => raw(call, id, rest).await,
        ["pull", number] => pull(call, id, number).await,
        ["commit", sha] => commit(call, id, sha).await,
        _ => Err(Problem::not_found()),
    }
}

/// The name of the revision may have slashes, and so may the path: the longest name that means something wins.
async fn raw(call: &Call<'_>, id: ProjectId, rest: &[&str]) -> Answer {
    let repository = call.repository(id).await?;
    for at in (1..rest.len()).rev() {
        let (name, path) = (rest[..at].join("/"), rest[at..].join("/"));
        if let Some(sha) = commits::find(&repository, &name).await?
            && let Some(content) = repository.file(&sha, &path).await?
        {
            return Ok(text(200, content));
        }
    }
    Err(Problem::not_found())
}

async fn pull(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let (number, kind) = number.rsplit_once('.').ok_or_else(Problem::not_found)?;
    let (_, base, head) = super::pull_requests::parts::range(call, id, number).await?;
    let repository = call.repository(id).await?;
    let content = match kind {
        "diff" => repository.diff(&base, &head).await?,
        "patch" => repository.patch(&base, &head).await?,
        _ => return Err(Problem::not_found()),
    };
    Ok(text(200, content))
}

async fn commit(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    let (sha, kind) = sha.rsplit_once('.').ok_or_else(Problem::not_found)?;
    let repository = call.repository(id).await?;
    let info = commits::existing(&repository, sha).await?;
    let before = crate::git::Repository::before(&info.parents);
    let content = match kind {
        "diff" => repository.diff(before, &info.sha).await?,
        "patch" => repository.patch_of(&info.sha).await?,
        _ => return Err(Problem::not_found()),
    };
    Ok(text(200, content))
}
