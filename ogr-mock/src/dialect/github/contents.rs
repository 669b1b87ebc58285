//! Files and folders by path.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::call::{Call, Urls};
use super::git_data::{decoded, good_path, person};
use super::problem::Problem;
use super::view::path as encoded;
use super::{Answer, answer, commits};
use crate::dialect::{Answered, Response, bytes};
use crate::git::{Edit, EntryKind, NewCommit, Object, Repository, TreeEntry};
use crate::state::{Access, ProjectId, RefUpdate};

/// From this size on the content is left out.
const LARGE: u64 = 1 << 20;
/// From this size on there is no answer at all.
const TOO_LARGE: u64 = 100 << 20;

/// `GET /repos/{owner}/{repo}/contents/{path}`.
pub(super) async fn get(call: &Call<'_>, id: ProjectId, path: &str) -> Answer {
    let path = path.trim_matches('/');
    let repository = call.repository(id).await?;
    let (name, sha) = revision(call, id, &repository).await?;
    let object = repository.object(&sha, path).await?;
    let urls = call.urls(id)?;
    let place = Place { urls, name };
    match object.ok_or_else(Problem::not_found)? {
        Object::Folder(entries) => {
            let rows: Vec<Value> = entries.iter().map(|e| place.row(e)).collect();
            if call.media_type() == Some("object") {
                return Ok(answer(200, &place.folder(path, rows)));
            }
            Ok(answer(200, &json!(rows)))
        }
        Object::Leaf(entry) => leaf(call, &repository, &sha, &place, entry).await,
    }
}

/// `GET /repos/{owner}/{repo}/readme`.
pub(super) async fn readme(call: &Call<'_>, id: ProjectId) -> Answer {
    let repository = call.repository(id).await?;
    let (name, sha) = revision(call, id, &repository).await?;
    let entries = repository.tree(&sha, "", false).await?.unwrap_or_default();
    let readme = entries
        .into_iter()
        .find(|entry| entry.name().to_ascii_lowercase().starts_with("readme"));
    let entry = readme.ok_or_else(Problem::not_found)?;
    let urls = call.urls(id)?;
    leaf(call, &repository, &sha, &Place { urls, name }, entry).await
}

/// The name and the commit that a request is about: `ref`, or the default branch.
async fn revision(
    call: &Call<'_>,
    id: ProjectId,
    repository: &Repository,
) -> Result<(String, String), Problem> {
    let asked = call.request.param("ref").filter(|name| !name.is_empty());
    let name = match asked {
        Some(name) => name.to_owned(),
        None => call.default_branch(id)?,
    };
    match commits::find(repository, &name).await? {
        Some(sha) => Ok((name, sha)),
        None if repository.branches().await?.is_empty() => {
            Err(Problem::new(404, "This repository is empty."))
        }
        None => Err(Problem::new(
            404,
            format!("No commit found for the ref {name}"),
        )),
    }
}

/// A file, a symlink or a submodule.
async fn leaf(
    call: &Call<'_>,
    repository: &Repository,
    revision: &str,
    place: &Place,
    entry: TreeEntry,
) -> Answer {
    let mut body = place.row(&entry);
    match entry.kind {
        EntryKind::Submodule => {
            let modules = repository.file(revision, ".gitmodules").await?;
            let modules = String::from_utf8_lossy(&modules.unwrap_or_default()).into_owned();
            body["type"] = json!("submodule");
            body["submodule_git_url"] = json!(submodule_url(&modules, &entry.path));
            return Ok(answer(200, &body));
        }
        EntryKind::Symlink => {
            let target = repository.blob(&entry.sha).await?.unwrap_or_default();
            let target = String::from_utf8_lossy(&target).into_owned();
            // A link to a file of the same repository is followed, and the answer does not tell.
            let followed = resolved(&entry.path, &target);
            let file = match &followed {
                Some(path) => repository.entry(revision, path).await?,
                None => None,
            };
            if let Some(file) = file.filter(is_file) {
                return Box::pin(leaf(call, repository, revision, place, file)).await;
            }
            if call.media_type() == Some("raw") {
                return Ok(raw(target.into_bytes()));
            }
            body["type"] = json!("symlink");
            body["target"] = json!(target);
            return Ok(answer(200, &body));
        }
        EntryKind::File | EntryKind::Executable | EntryKind::Folder => {}
    }
    let size = entry.size.unwrap_or(0);
    if size > TOO_LARGE {
        return Err(too_large());
    }
    let content = repository.blob(&entry.sha).await?.unwrap_or_default();
    if call.media_type() == Some("raw") {
        return Ok(raw(content));
    }
    if size > LARGE {
        body["content"] = json!("");
        body["encoding"] = json!("none");
    } else {
        body["content"] = json!(wrapped(&content));
        body["encoding"] = json!("base64");
    }
    Ok(answer(200, &body))
}

fn too_large() -> Problem {
    Problem::new(
        403,
        "This API returns blobs up to 100 MB in size. The requested blob is too large to fetch via the API.",
    )
}

fn is_file(entry: &TreeEntry) -> bool {
    matches!(entry.kind, EntryKind::File | EntryKind::Executable)
}

/// Bytes as they are.
pub(super) fn raw(content: Vec<u8>) -> Response {
    bytes(
        200,
        "application/vnd.github.raw+json; charset=utf-8",
        content,
    )
    .with("x-github-media-type", "github.v3; param=raw; format=json")
}

/// Base64 in lines of 60 characters, each ended.
pub(super) fn wrapped(content: &[u8]) -> String {
    let encoded = STANDARD.encode(content);
    let mut text = String::with_capacity(encoded.len() + encoded.len() / 60 + 1);
    for (at, letter) in encoded.chars().enumerate() {
        if at > 0 && at % 60 == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// Where a symlink leads within the repository, if it does not leave it.
fn resolved(link: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The URL that `.gitmodules` gives for a path.
fn submodule_url(modules: &str, path: &str) -> Option<String> {
    let mut found = None;
    let (mut at, mut url) = (None, None);
    for line in modules.lines().chain(["["]) {
        let line = line.trim();
        if line.starts_with('[') {
            if at.as_deref() == Some(path) {
                found = url.take();
            }
            (at, url) = (None, None);
        } else if let Some((key, value)) = line.split_once('=') {
            match key.trim() {
                "path" => at = Some(value.trim().to_owned()),
                "url" => url = Some(value.trim().to_owned()),
                _ => {}
            }
        }
    }
    found
}

/// What rows need to know to tell their URLs.
struct Place {
    urls: Urls,
    /// The branch, tag or commit as it was asked for.
    name: String,
}

impl Place {
    fn links(&self, path: &str, kind: &str, sha: &str) -> Value {
        let (path, name) = (encoded(path), encoded(&self.name));
        let page = if kind == "trees" { "tree" } else { "blob" };
        let url = format!("{}/contents/{path}?ref={name}", self.urls.api);
        let git = format!("{}/git/{kind}/{sha}", self.urls.api);
        let html = format!("{}/{page}/{name}/{path}", self.urls.page);
        json!({"self": url, "git": git, "html": html})
    }

    /// An entry as folders list it: submodules pass for files there.
    fn row(&self, entry: &TreeEntry) -> Value {
        let (kind, place) = match entry.kind {
            EntryKind::Folder => ("dir", "trees"),
            EntryKind::Symlink => ("symlink", "blobs"),
            EntryKind::Submodule => ("file", "trees"),
            EntryKind::File | EntryKind::Executable => ("file", "blobs"),
        };
        let mut links = self.links(&entry.path, place, &entry.sha);
        let mut download = Value::Null;
        if entry.size.is_some() {
            let (name, path) = (encoded(&self.name), encoded(&entry.path));
            download = json!(format!("{}/raw/{name}/{path}", self.urls.page));
        }
        if entry.kind == EntryKind::Submodule {
            links["git"] = Value::Null;
            links["html"] = Value::Null;
        }
        json!({
            "name": entry.name(),
            "path": entry.path,
            "sha": entry.sha,
            "size": entry.size.unwrap_or(0),
            "url": links["self"],
            "html_url": links["html"],
            "git_url": links["git"],
            "download_url": download,
            "type": kind,
            "_links": links,
        })
    }

    /// A folder as one object, which is what the `object` media type is for.
    fn folder(&self, path: &str, entries: Vec<Value>) -> Value {
        let links = self.links(path, "trees", &self.name);
        json!({
            "name": path.rsplit('/').next(),
            "path": path,
            "sha": "",
            "size": 0,
            "url": links["self"],
            "html_url": links["html"],
            "git_url": links["git"],
            "download_url": null,
            "type": "dir",
            "entries": entries,
            "_links": links,
        })
    }
}

/// `PUT` (make or change) and `DELETE` of one file, a commit each.
pub(super) async fn write(call: &Call<'_>, id: ProjectId, path: &str, delete: bool) -> Answer {
    let login = call.writer(id, "contents", Access::Write)?.to_owned();
    let body = call.body()?;
    let message = body.required("message")?.to_owned();
    let edit = if delete {
        Edit::delete(path)
    } else {
        Edit::write(path, decoded(body.required("content")?)?)
    };
    if !good_path(path) {
        return Err(Problem::new(
            422,
            "path contains a malformed path component",
        ));
    }
    let branch = match body.text("branch")? {
        Some(branch) => branch
            .strip_prefix("refs/heads/")
            .unwrap_or(branch)
            .to_owned(),
        None => call.default_branch(id)?,
    };

    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let repository = call.repository(id).await?;
    let tip = repository.branch(&branch).await?;
    if tip.is_none() && (delete || !repository.branches().await?.is_empty()) {
        return Err(Problem::new(404, format!("Branch {branch} not found")));
    }
    let old = match &tip {
        Some(tip) => repository.entry(tip, path).await?,
        None => None,
    };
    match (&old, body.text("sha")?) {
        (None, _) if delete => return Err(Problem::not_found()),
        (Some(_), None) => {
            let words = "Invalid request.\n\n\"sha\" wasn't supplied.";
            return Err(Problem::new(422, words));
        }
        (Some(old), Some(sha)) if old.sha != sha => {
            return Err(Problem::new(409, format!("{path} does not match {sha}")));
        }
        (None, Some(sha)) => {
            return Err(Problem::new(409, format!("{path} does not match {sha}")));
        }
        _ => {}
    }

    let me = call.hub.signature(&login);
    let committer = person(&body, "committer")?.unwrap_or(me);
    let author = person(&body, "author")?.unwrap_or_else(|| committer.clone());
    let sha = repository
        .commit_files(&NewCommit {
            parent: tip.as_deref(),
            edits: &[edit],
            message: &message,
            author: &author,
            committer: &committer,
        })
        .await?;
    repository
        .move_branch(&branch, &sha, Some(tip.as_deref()))
        .await?;
    let update = RefUpdate::branch(&branch, tip.as_deref(), Some(&sha));
    call.hub.refs_changed(&login, id, &[update]).await?;

    let info = repository.commit(&sha).await?;
    let info = info.ok_or_else(Problem::not_found)?;
    let written = repository.entry(&sha, path).await?;
    let urls = call.urls(id)?;
    let commit = commits::git_commit(&urls, &info);
    let place = Place { urls, name: branch };
    let content = written.map_or(Value::Null, |entry| place.row(&entry));
    let status = if old.is_some() { 200 } else { 201 };
    Ok(answer(
        status,
        &json!({"content": content, "commit": commit}),
    ))
}
