//! git's own objects: refs, trees, blobs, tags and commits.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::call::Call;
use super::commits;
use super::problem::Problem;
use super::view::{path, unsigned};
use super::{Answer, json_answer};
use crate::git::{EntryKind, Repository, TreeEntry};
use crate::state::ProjectId;

/// Routes below `/repos/{owner}/{repo}/git`.
pub(super) async fn route(call: &Call<'_>, id: ProjectId, rest: &[&str]) -> Answer {
    match rest {
        ["refs", rest @ ..] => refs(call, id, &rest.join("/")).await,
        ["commits", sha] => commits::get(call, id, sha).await,
        ["trees", sha] => tree(call, id, sha).await,
        ["blobs"] => blobs(call, id).await,
        ["blobs", sha] => {
            let repository = call.repository(id).await?;
            let body = blob(call, &repository, &call.path_of(id)?, sha).await?;
            Ok(json_answer(200, &body))
        }
        ["tags", sha] => tag(call, id, sha).await,
        _ => Err(Problem::NoRoute),
    }
}

/// The refs whose names start so; always a list, even of one.
async fn refs(call: &Call<'_>, id: ProjectId, prefix: &str) -> Answer {
    let api = call.project_api(&call.path_of(id)?);
    let repository = call.repository(id).await?;
    let annotated: Vec<String> = repository
        .tags()
        .await?
        .into_iter()
        .filter(|tag| tag.object != tag.commit)
        .map(|tag| tag.object)
        .collect();
    let wanted = format!("refs/{prefix}");
    let rows: Vec<Value> = repository
        .refs("refs/")
        .await?
        .into_iter()
        .map(|found| (format!("refs/{}", found.name), found.sha))
        .filter(|(name, _)| name.starts_with(&wanted))
        .map(|(name, sha)| {
            let kind = if annotated.contains(&sha) {
                "tag"
            } else {
                "commit"
            };
            json!({
                "ref": name,
                "url": format!("{api}/git/{}", path(&name)),
                "object": {
                    "type": kind,
                    "sha": sha,
                    "url": format!("{api}/git/{kind}s/{sha}"),
                },
            })
        })
        .collect();
    if rows.is_empty() {
        return Err(Problem::not_found());
    }
    Ok(json_answer(200, &json!(rows)))
}

async fn tree(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    let api = call.project_api(&call.path_of(id)?);
    let repository = call.repository(id).await?;
    // The name goes to `git rev-parse`, which takes `REVISION:FOLDER` as well.
    let (revision, folder) = name.split_once(':').unwrap_or((name, ""));
    let mut sha = match repository.resolve(revision).await? {
        Some(commit) => Some(commit),
        None => repository.resolve_as(revision, "tree").await?,
    };
    if let (Some(above), false) = (&sha, folder.is_empty()) {
        let below = repository.entry(above, folder.trim_matches('/')).await?;
        sha = below
            .filter(|entry| entry.kind == EntryKind::Folder)
            .map(|entry| entry.sha);
    }
    let Some(sha) = sha else {
        return Err(Problem::new(400, format!("sha not found [{name}]")));
    };
    let recursive = call.flag("recursive", false);
    let entries = repository.tree(&sha, "", recursive).await?;
    let entries = entries.unwrap_or_default();
    let total = entries.len();
    // Its own names and numbers: `per_page`, and pages of up to 1000.
    let number = |name| call.param(name)?.parse::<usize>().ok().filter(|n| *n > 0);
    let page = number("page").unwrap_or(1);
    let per_page = number("per_page").unwrap_or(1000).min(1000);
    let paging = crate::dialect::Paging { page, per_page };
    let rows: Vec<Value> = paging
        .cut(entries)
        .iter()
        .map(|entry| tree_entry(&api, entry))
        .collect();
    let beyond = paging.skip() >= total;
    let body = json!({
        "sha": sha,
        "url": format!("{api}/git/trees/{sha}"),
        "tree": if beyond { Value::Null } else { json!(rows) },
        // Said of the last page too.
        "truncated": !beyond && total > per_page,
        "page": page,
        "total_count": total,
    });
    Ok(call.counted(&body, total))
}

fn tree_entry(api: &str, entry: &TreeEntry) -> Value {
    let url = match entry.kind {
        EntryKind::Folder => format!("{api}/git/trees/{}", entry.sha),
        EntryKind::Submodule => String::new(),
        _ => format!("{api}/git/blobs/{}", entry.sha),
    };
    json!({
        "path": entry.path,
        "mode": entry.mode,
        "type": entry.object_type(),
        "size": entry.size.unwrap_or(0),
        "sha": entry.sha,
        "url": url,
    })
}

/// What is wrong with the name of an object, if anything is.
fn check_sha(call: &Call<'_>, sha: &str) -> Result<(), Problem> {
    if sha.len() == 40 {
        return Ok(());
    }
    let words = if call.flavour.gitea {
        format!("Length must be 40: {sha}")
    } else {
        format!("length {} has no matched object format: {sha}", sha.len())
    };
    Err(Problem::new(400, words))
}

fn no_such_object(sha: &str) -> Problem {
    let words = format!("object does not exist [id: {sha}, rel_path: ]");
    Problem::new(400, words)
}

async fn blob(call: &Call<'_>, repository: &Repository, project: &str, sha: &str) -> Answer<Value> {
    check_sha(call, sha)?;
    // Any other object does as well.
    let bytes = match repository.blob(sha).await? {
        Some(bytes) => bytes,
        None if repository.has(sha).await? => {
            let kind = repository.git(&["cat-file", "-t", sha]).await?;
            let kind = String::from_utf8_lossy(&kind).trim().to_owned();
            repository.git(&["cat-file", &kind, sha]).await?
        }
        None => return Err(no_such_object(sha)),
    };
    Ok(json!({
        "content": STANDARD.encode(&bytes),
        "encoding": "base64",
        "url": format!("{}/git/blobs/{sha}", call.project_api(project)),
        "sha": sha,
        "size": bytes.len(),
    }))
}

async fn blobs(call: &Call<'_>, id: ProjectId) -> Answer {
    let project = call.path_of(id)?;
    let repository = call.repository(id).await?;
    let mut rows = Vec::new();
    let shas = call.param("shas");
    let shas = shas.ok_or_else(|| Problem::new(400, "shas not provided"))?;
    for sha in shas.split(',').filter(|sha| !sha.is_empty()) {
        rows.push(blob(call, &repository, &project, sha).await?);
    }
    Ok(json_answer(200, &json!(rows)))
}

async fn tag(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    check_sha(call, sha)?;
    let api = call.project_api(&call.path_of(id)?);
    let repository = call.repository(id).await?;
    let tags = repository.tags().await?;
    let found = tags
        .iter()
        .find(|tag| tag.object == sha && tag.object != tag.commit)
        .ok_or_else(|| no_such_object(sha))?;
    let body = json!({
        "tag": found.name,
        "sha": sha,
        "url": format!("{api}/git/tags/{sha}"),
        "message": found.message.as_deref().map(|text| format!("{}\n", text.trim_end())),
        "tagger": found.tagger.as_ref().map(commits::person),
        "object": {
            "type": "commit",
            "url": format!("{api}/git/commits/{}", found.commit),
            "sha": found.commit,
        },
        "verification": unsigned(),
        "archive_download_count": {"zip": 0, "tar_gz": 0},
    });
    Ok(json_answer(200, &body))
}
