//! The git database: blobs, trees and commits, made one by one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use serde_json::{Value, json};

use super::call::{Body, Call};
use super::problem::Problem;
use super::view::node_id;
use super::{Answer, answer, commits};
use crate::dialect::scramble;
use crate::git::{Edit, FileAction, Repository, Signature, TreeEntry};
use crate::state::{Access, ProjectId};

/// `GET /repos/{owner}/{repo}/git/blobs/{sha}`.
pub(super) async fn blob(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    let repository = call.repository(id).await?;
    let full = repository.resolve_as(sha, "blob").await?;
    let content = match &full {
        Some(sha) => repository.blob(sha).await?,
        None => None,
    };
    let (Some(sha), Some(content)) = (full, content) else {
        return Err(Problem::not_found());
    };
    if call.media_type() == Some("raw") {
        return Ok(super::contents::raw(content));
    }
    let body = json!({
        "sha": sha,
        "node_id": node_id("Blob", scramble(&sha, 0) >> 20),
        "size": content.len(),
        "url": format!("{}/git/blobs/{sha}", call.urls(id)?.api),
        "content": super::contents::wrapped(&content),
        "encoding": "base64",
    });
    Ok(answer(200, &body))
}

/// `POST /repos/{owner}/{repo}/git/blobs`.
pub(super) async fn create_blob(call: &Call<'_>, id: ProjectId) -> Answer {
    call.writer(id, "contents", Access::Write)?;
    let body = call.body()?;
    let content = body.required("content")?;
    let bytes = match body.text("encoding")?.unwrap_or("utf-8") {
        "utf-8" => content.as_bytes().to_vec(),
        "base64" => decoded(content)?,
        other => {
            let words = format!("{other} is not a supported encoding");
            return Err(Problem::new(422, words));
        }
    };
    let repository = call.repository(id).await?;
    if repository.branches().await?.is_empty() {
        return Err(commits::empty_repository());
    }
    let sha = repository.write_blob(&bytes).await?;
    let url = format!("{}/git/blobs/{sha}", call.urls(id)?.api);
    Ok(answer(201, &json!({"sha": sha, "url": url})))
}

/// Base64 as clients send it: with or without line breaks.
pub(super) fn decoded(content: &str) -> Result<Vec<u8>, Problem> {
    let compact: String = content.split_ascii_whitespace().collect();
    STANDARD
        .decode(compact)
        .map_err(|_| Problem::new(422, "content is not valid Base64"))
}

/// `GET /repos/{owner}/{repo}/git/trees/{sha}`, of a commit or branch as well; `recursive` counts
/// whatever its value.
pub(super) async fn tree(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let repository = call.repository(id).await?;
    let Some(sha) = find_tree(&repository, name).await? else {
        return Err(if repository.branches().await?.is_empty() {
            commits::empty_repository()
        } else {
            Problem::not_found()
        });
    };
    let recursive = call.request.param("recursive").is_some();
    let entries = repository.tree(&sha, "", recursive).await?;
    let body = tree_body(call, id, &sha, &entries.unwrap_or_default())?;
    Ok(answer(200, &body))
}

fn tree_body(
    call: &Call<'_>,
    id: ProjectId,
    sha: &str,
    entries: &[TreeEntry],
) -> Result<Value, Problem> {
    let api = call.urls(id)?.api;
    let cap = call.hub.settings.tree_cap;
    let rows: Vec<Value> = entries
        .iter()
        .take(cap)
        .map(|e| tree_row(&api, e))
        .collect();
    Ok(json!({
        "sha": sha,
        "url": format!("{api}/git/trees/{sha}"),
        "tree": rows,
        "truncated": entries.len() > cap,
    }))
}

fn tree_row(api: &str, entry: &TreeEntry) -> Value {
    let kind = entry.object_type();
    let mut row = json!({
        "path": entry.path,
        "mode": entry.mode,
        "type": kind,
        "sha": entry.sha,
    });
    if let Some(size) = entry.size {
        row["size"] = json!(size);
    }
    // A submodule's commit is in no repository of this forge.
    if kind != "commit" {
        row["url"] = json!(format!("{api}/git/{kind}s/{}", entry.sha));
    }
    row
}

/// The tree that a sha (also of a commit) or a branch means.
async fn find_tree(repository: &Repository, name: &str) -> Result<Option<String>, Problem> {
    if let Some(commit) = commits::find(repository, name).await? {
        return Ok(repository.resolve_as(&commit, "tree").await?);
    }
    let hex = name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hex {
        return Ok(None);
    }
    Ok(repository.resolve_as(name, "tree").await?)
}

/// `POST /repos/{owner}/{repo}/git/trees`.
pub(super) async fn create_tree(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.writer(id, "contents", Access::Write)?.to_owned();
    let body = call.body()?;
    let repository = call.repository(id).await?;
    if repository.branches().await?.is_empty() {
        return Err(commits::empty_repository());
    }
    let base = match body.text("base_tree")? {
        Some(name) => {
            let tree = find_tree(&repository, name).await?;
            Some(tree.ok_or_else(|| Problem::new(422, "base_tree is not a valid tree oid"))?)
        }
        None => None,
    };
    let rows = body.list("tree")?;
    let rows = rows.filter(|rows| !rows.is_empty());
    let rows = rows.ok_or_else(|| Problem::new(422, "Invalid tree info"))?;
    let mut edits = Vec::new();
    for row in rows {
        edits.push(tree_edit(&repository, row).await?);
    }
    let now = call.hub.signature(&login);
    let sha = repository.write_tree(base.as_deref(), &edits, &now).await?;
    let entries = repository.tree(&sha, "", false).await?;
    let body = tree_body(call, id, &sha, &entries.unwrap_or_default())?;
    Ok(answer(201, &body))
}

/// One row of a tree to be made: a content, an object, or with a null sha the end of a path.
async fn tree_edit(repository: &Repository, row: &Value) -> Result<Edit, Problem> {
    let invalid = || Problem::new(422, "Invalid tree info");
    let path = row["path"].as_str().filter(|path| good_path(path));
    let path = path.ok_or_else(|| {
        let words = format!("tree.path {} is malformed", row["path"]);
        Problem::new(422, words)
    })?;
    if row.get("sha").is_some_and(Value::is_null) {
        return Ok(Edit::delete(path));
    }
    let mode = row["mode"].as_str().ok_or_else(invalid)?;
    if let Some(content) = row["content"].as_str() {
        let mode = match mode {
            "100644" => "100644",
            "100755" => "100755",
            "120000" => "120000",
            _ => return Err(invalid()),
        };
        let content = content.to_owned().into();
        return Ok(Edit {
            path: path.to_owned(),
            action: FileAction::Write { content, mode },
        });
    }
    let sha = row["sha"].as_str().ok_or_else(invalid)?;
    let kind = match mode {
        "100644" | "100755" | "120000" => "blob",
        "040000" => "tree",
        "160000" => "commit",
        _ => return Err(invalid()),
    };
    // A submodule's commit lives elsewhere.
    if kind != "commit" && repository.resolve_as(sha, kind).await?.is_none() {
        let words = format!("tree.sha {sha} is not a valid {kind}");
        return Err(Problem::new(422, words));
    }
    Ok(Edit {
        path: path.to_owned(),
        action: FileAction::Object {
            sha: sha.to_owned(),
            mode: mode.to_owned(),
        },
    })
}

/// Whether git would take this for a path in a tree.
pub(super) fn good_path(path: &str) -> bool {
    !path.is_empty()
        && !path.contains('\0')
        && path
            .split('/')
            .all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git"))
}

/// `GET /repos/{owner}/{repo}/git/commits/{sha}`.
pub(super) async fn commit(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    let repository = call.repository(id).await?;
    let info = repository.commit(sha).await?;
    let info = info.ok_or_else(Problem::not_found)?;
    Ok(answer(200, &commits::git_commit(&call.urls(id)?, &info)))
}

/// `POST /repos/{owner}/{repo}/git/commits`.
pub(super) async fn create_commit(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.writer(id, "contents", Access::Write)?.to_owned();
    let body = call.body()?;
    let (message, tree) = (body.required("message")?, body.required("tree")?);
    let repository = call.repository(id).await?;
    if repository.resolve_as(tree, "tree").await?.is_none() {
        return Err(Problem::new(422, "Tree SHA does not exist"));
    }
    let parents = body.texts("parents")?.unwrap_or_default();
    for parent in &parents {
        if !repository.has(parent).await? {
            let words = "Parent SHA does not exist or is not a commit object";
            return Err(Problem::new(422, words));
        }
    }
    let me = call.hub.signature(&login);
    let author = person(&body, "author")?.unwrap_or(me);
    // Who wrote it counts as who committed it, unless someone else is named.
    let committer = person(&body, "committer")?.unwrap_or_else(|| author.clone());
    let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
    let sha = repository
        .commit_tree(tree, &parents, message, &author, &committer)
        .await?;
    let info = repository.commit(&sha).await?;
    let info = info.ok_or_else(Problem::not_found)?;
    Ok(answer(201, &commits::git_commit(&call.urls(id)?, &info)))
}

/// `POST /repos/{owner}/{repo}/git/tags`: the object alone; a ref must be made for it.
pub(super) async fn create_tag(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.writer(id, "contents", Access::Write)?.to_owned();
    let body = call.body()?;
    let (name, message) = (body.required("tag")?, body.required("message")?);
    let (object, kind) = (body.required("object")?, body.required("type")?);
    let repository = call.repository(id).await?;
    if repository.resolve_as(object, kind).await?.is_none() {
        return Err(Problem::new(422, "Could not verify object"));
    }
    let me = call.hub.signature(&login);
    let tagger = person(&body, "tagger")?.unwrap_or(me);
    let sha = repository
        .write_tag(name, object, kind, message, &tagger)
        .await?;
    let urls = call.urls(id)?;
    let body = json!({
        "node_id": node_id("Tag", scramble(&sha, 0) >> 20),
        "tag": name,
        "sha": sha,
        "url": format!("{}/git/tags/{sha}", urls.api),
        "message": message,
        "tagger": {
            "name": tagger.name,
            "email": tagger.email,
            "date": super::view::time(tagger.at.to_utc()),
        },
        "object": {
            "sha": object,
            "type": kind,
            "url": format!("{}/git/{kind}s/{object}", urls.api),
        },
        "verification": commits::unverified(),
    });
    Ok(answer(201, &body))
}

/// The author or committer that a request names, now unless it names a time as well.
pub(super) fn person(body: &Body, field: &str) -> Result<Option<Signature>, Problem> {
    let Some(value) = body.value(field) else {
        return Ok(None);
    };
    let text = |name: &str| {
        let words = format!("Invalid request.\n\n\"{name}\" wasn't supplied.");
        let text = value[name].as_str();
        text.ok_or_else(|| Problem::new(422, words))
    };
    let at = match value["date"].as_str() {
        Some(date) => DateTime::parse_from_rfc3339(date)
            .map_err(|_| Problem::new(422, format!("{field}.date is not a valid timestamp")))?,
        None => chrono::Utc::now().fixed_offset(),
    };
    let mut who = Signature::new(text("name")?, text("email")?, at.to_utc());
    who.at = at;
    Ok(Some(who))
}
