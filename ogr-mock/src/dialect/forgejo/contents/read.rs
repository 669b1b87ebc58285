//! Reading files and folders.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::clean;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::problem::Problem;
use crate::dialect::forgejo::view::{git_time, path as path_url, query};
use crate::dialect::forgejo::{Answer, json_answer};
use crate::git::{EntryKind, LogQuery, Object, Repository, TreeEntry};
use crate::state::ProjectId;

/// A revision as a request named it.
pub(super) struct Revision {
    /// As it was named.
    pub(super) name: String,
    /// The commit.
    pub(super) sha: String,
    /// What it is in the paths of web pages: `branch/main`, `tag/v1`, `commit/1234`.
    pub(super) in_pages: String,
}

impl Revision {
    pub(super) async fn find(repository: &Repository, name: &str) -> Answer<Option<Self>> {
        let Some(sha) = repository.resolve(name).await? else {
            return Ok(None);
        };
        let in_pages = if repository.branch(name).await?.is_some() {
            format!("branch/{}", path_url(name))
        } else if repository.tag(name).await?.is_some() {
            format!("tag/{}", path_url(name))
        } else if sha.starts_with(&name.to_lowercase()) {
            format!("commit/{sha}")
        } else {
            format!("commit/{}", path_url(name))
        };
        Ok(Some(Self {
            name: name.to_owned(),
            sha,
            in_pages,
        }))
    }
}

/// What there is to know about where an entry stands.
pub(super) struct Place<'a> {
    pub(super) repository: &'a Repository,
    pub(super) project: &'a str,
    pub(super) revision: &'a Revision,
}

/// `GET /repos/{owner}/{repo}/contents/{filepath}`.
pub(super) async fn get(call: &Call<'_>, id: ProjectId, path: &str) -> Answer {
    if call.is_empty(id)? {
        // Even for a file.
        return Ok(json_answer(200, &json!([])));
    }
    let project = call.path_of(id)?;
    let repository = call.repository(id).await?;
    let name = match call.param("ref") {
        Some(name) => name.to_owned(),
        None => {
            let state = call.hub.state();
            state.visible_id(call.login(), id)?.default_branch.clone()
        }
    };
    let revision = Revision::find(&repository, &name).await?;
    let revision = revision.ok_or_else(|| no_such_object(&name, ""))?;
    let place = Place {
        repository: &repository,
        project: &project,
        revision: &revision,
    };
    let path = clean(path);
    let body = match repository.object(&revision.sha, &path).await? {
        Some(Object::Folder(entries)) => {
            let mut rows = Vec::new();
            for entry in &entries {
                rows.push(entry_view(call, &place, entry, false).await?);
            }
            json!(rows)
        }
        Some(Object::Leaf(entry)) => entry_view(call, &place, &entry, true).await?,
        None => return Err(missing(&place, &path).await?),
    };
    Ok(json_answer(200, &body))
}

fn no_such_object(id: &str, path: &str) -> Problem {
    let reason = format!("object does not exist [id: {id}, rel_path: {path}]");
    Problem::NotFound("GetContentsOrList".to_owned(), vec![reason])
}

/// What is said of a path that leads nowhere: below a file, the file is what is said to be missing.
async fn missing(place: &Place<'_>, path: &str) -> Answer<Problem> {
    let mut above = path;
    while let Some((folder, _)) = above.rsplit_once('/') {
        above = folder;
        if let Some(Object::Leaf(entry)) =
            place.repository.object(&place.revision.sha, above).await?
        {
            return Ok(no_such_object(&entry.sha, ""));
        }
    }
    Ok(no_such_object("", path))
}

/// A file or folder. What is in it is told only when it was asked for by its own path.
pub(super) async fn entry_view(
    call: &Call<'_>,
    place: &Place<'_>,
    entry: &TreeEntry,
    whole: bool,
) -> Answer<Value> {
    let Place {
        repository,
        project,
        revision,
    } = place;
    let last = LogQuery {
        path: Some(&entry.path),
        limit: Some(1),
        ..LogQuery::default()
    };
    let last = repository.log(&revision.sha, &last).await?;
    let last = last.first();
    let bytes = match entry.kind {
        EntryKind::File | EntryKind::Executable if whole => repository.blob(&entry.sha).await?,
        EntryKind::Symlink => repository.blob(&entry.sha).await?,
        _ => None,
    };
    let symlink = entry.kind == EntryKind::Symlink;
    let content = bytes.as_deref().filter(|_| !symlink);
    let target = bytes.as_deref().filter(|_| symlink);
    let kind = match entry.kind {
        EntryKind::File | EntryKind::Executable => "file",
        EntryKind::Symlink => "symlink",
        EntryKind::Folder => "dir",
        EntryKind::Submodule => "submodule",
    };
    let (api, page) = (call.project_api(project), call.project_page(project));
    let name = path_url(&entry.path);
    let url = format!("{api}/contents/{name}?ref={}", query(&revision.name));
    let (html_url, git_url) = if entry.kind == EntryKind::Submodule {
        (None, None)
    } else {
        (
            Some(format!("{page}/src/{}/{name}", revision.in_pages)),
            // Of a folder too, though that is no blob.
            Some(format!("{api}/git/blobs/{}", entry.sha)),
        )
    };
    let download = matches!(
        entry.kind,
        EntryKind::File | EntryKind::Executable | EntryKind::Symlink
    );
    let submodule = match entry.kind {
        EntryKind::Submodule => submodule_url(repository, &revision.sha, &entry.path).await?,
        _ => None,
    };
    Ok(json!({
        "name": entry.name(),
        "path": entry.path,
        "sha": entry.sha,
        "last_commit_sha": last.map(|commit| commit.sha.as_str()),
        "last_commit_when": last.map(|commit| git_time(commit.committer.at)),
        "type": kind,
        "size": entry.size.unwrap_or(0),
        "encoding": content.map(|_| "base64"),
        "content": content.map(|bytes| STANDARD.encode(bytes)),
        "target": target.map(String::from_utf8_lossy),
        "url": url,
        "html_url": html_url,
        "git_url": git_url,
        "download_url": download.then(|| format!("{page}/raw/{}/{name}", revision.in_pages)),
        "submodule_git_url": submodule,
        "_links": {"self": url, "git": git_url, "html": html_url},
    }))
}

/// Where a submodule comes from, as `.gitmodules` says.
async fn submodule_url(repository: &Repository, sha: &str, path: &str) -> Answer<Option<String>> {
    let Some(config) = repository.file(sha, ".gitmodules").await? else {
        return Ok(None);
    };
    let config = String::from_utf8_lossy(&config).into_owned();
    let (mut here, mut url) = (false, None);
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            here = false;
            url = None;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        match key.trim() {
            "path" => here = value.trim() == path,
            "url" => url = Some(value.trim().to_owned()),
            _ => {}
        }
        if here && url.is_some() {
            return Ok(url);
        }
    }
    Ok(None)
}
