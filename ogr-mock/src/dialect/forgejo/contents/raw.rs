//! Files as they are, which alone can be asked for again by `ETag` and by date.

use chrono::{DateTime, Utc};

use super::clean;
use crate::dialect::forgejo::Answer;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::problem::Problem;
use crate::dialect::{Answered, Response, bytes, empty, text};
use crate::git::{EntryKind, LogQuery, Object, Repository, is_full_sha};
use crate::state::ProjectId;

/// `GET /repos/{owner}/{repo}/raw/{filepath}`, and `media`, which differs only for large files.
///
/// Without `ref` the path may start with a branch, tag or commit.
pub(in crate::dialect::forgejo) async fn raw(
    call: &Call<'_>,
    id: ProjectId,
    segments: &[&str],
) -> Answer {
    if call.is_empty(id)? {
        return Err(Problem::not_found_because("repository is empty"));
    }
    let repository = call.repository(id).await?;
    if let Some(name) = call.param("ref") {
        let sha = repository.resolve(name).await?;
        let sha = sha.ok_or_else(Problem::not_found)?;
        return file(call, &repository, &sha, &segments.join("/")).await;
    }
    if let Some((sha, rest)) = split(&repository, segments).await? {
        return file(call, &repository, &sha, &rest).await;
    }
    let default = {
        let state = call.hub.state();
        state.visible_id(call.login(), id)?.default_branch.clone()
    };
    let sha = repository.branch(&default).await?;
    let sha = sha.ok_or_else(Problem::not_found)?;
    file(call, &repository, &sha, &segments.join("/")).await
}

/// The page that `download_url` leads to: below `raw/branch/`, `raw/tag/` and `raw/commit/`.
pub(in crate::dialect::forgejo) async fn raw_below(
    call: &Call<'_>,
    id: ProjectId,
    segments: &[&str],
) -> Answer {
    let repository = call.repository(id).await?;
    let found = split(&repository, segments).await?;
    let (sha, path) = found.ok_or_else(Problem::not_found)?;
    file(call, &repository, &sha, &path).await
}

/// The branch, tag or whole commit that stands in front of a path, and the rest.
async fn split(repository: &Repository, segments: &[&str]) -> Answer<Option<(String, String)>> {
    for length in 1..segments.len() {
        let name = segments[..length].join("/");
        let named = match repository.branch(&name).await? {
            None if is_full_sha(&name) => repository.resolve(&name).await?,
            None => repository.tag(&name).await?.map(|tag| tag.commit),
            branch => branch,
        };
        if let Some(sha) = named {
            return Ok(Some((sha, segments[length..].join("/"))));
        }
    }
    Ok(None)
}

async fn file(call: &Call<'_>, repository: &Repository, sha: &str, path: &str) -> Answer {
    let path = clean(path);
    let entry = match repository.object(sha, &path).await? {
        Some(Object::Leaf(entry)) if entry.kind != EntryKind::Submodule => entry,
        Some(_) => return Err(Problem::not_found_as("getBlobForEntry")),
        None => return Err(Problem::not_found()),
    };
    let content = repository.blob(&entry.sha).await?;
    let content = content.ok_or_else(Problem::not_found)?;
    let last = LogQuery {
        path: Some(&path),
        limit: Some(1),
        ..LogQuery::default()
    };
    let last = repository.log(sha, &last).await?;
    let changed = last.first().map(|commit| commit.committer.at.to_utc());
    let etag = format!("\"{}\"", entry.sha);
    let marked = |answer: Response| {
        let answer = answer.with("etag", &etag);
        match changed {
            Some(at) => answer.with("last-modified", http_date(at)),
            None => answer,
        }
    };
    if is_known(call, &etag, changed) {
        return Ok(marked(empty(304)));
    }
    let name = entry.name();
    let disposition = format!(
        "inline; filename=\"{name}\"; filename*=UTF-8''{}",
        crate::dialect::forgejo::view::query(name)
    );
    let kind = content_type(name, &content);
    let answer = match range(call, content.len()) {
        None => bytes(200, kind, content),
        Some(Ok((from, to))) => {
            let part = content[from..=to].to_vec();
            let span = format!("bytes {from}-{to}/{}", content.len());
            bytes(206, kind, part).with("content-range", span)
        }
        Some(Err(words)) => text(416, words),
    };
    Ok(marked(answer)
        .with("cache-control", "private, max-age=300")
        .with("content-disposition", disposition)
        .with("access-control-expose-headers", "Content-Disposition"))
}

pub(super) fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Whether the client has this version already: the `ETag` decides, the date only without one.
fn is_known(call: &Call<'_>, etag: &str, changed: Option<DateTime<Utc>>) -> bool {
    if let Some(known) = call.request.header("if-none-match") {
        return known
            .split(',')
            .any(|one| matches!(one.trim(), "*") || one.trim().trim_start_matches("W/") == etag);
    }
    let since = call.request.header("if-modified-since");
    let since = since.and_then(|since| DateTime::parse_from_rfc2822(since).ok());
    match (since, changed) {
        (Some(since), Some(changed)) => changed.timestamp() <= since.timestamp(),
        _ => false,
    }
}

/// Go's guess: by the first bytes, and then no more than text or not.
fn content_type(name: &str, content: &[u8]) -> &'static str {
    let image = [
        (&b"\x89PNG"[..], "image/png"),
        (b"GIF8", "image/gif"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"%PDF-", "application/pdf"),
    ];
    for (magic, kind) in image {
        if content.starts_with(magic) {
            return kind;
        }
    }
    let start = &content[..content.len().min(512)];
    if name.ends_with(".svg") && start.starts_with(b"<svg") {
        return "image/svg+xml";
    }
    let binary = |byte: &u8| matches!(byte, 0x00..=0x08 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    if start.iter().any(binary) {
        "application/octet-stream"
    } else {
        "text/plain; charset=utf-8"
    }
}

/// The first and last byte of a range, which has to name the first one; or what is wrong with it.
fn range(call: &Call<'_>, length: usize) -> Option<Result<(usize, usize), &'static str>> {
    let spec = call.request.header("range")?.strip_prefix("bytes=")?;
    let (from, to) = spec.split_once('-')?;
    let last = length.saturating_sub(1);
    let Ok(from) = from.parse::<usize>() else {
        return Some(Err("strconv.ParseInt: parsing \"\": invalid syntax\n"));
    };
    if from >= length {
        return Some(Err("invalid start range\n"));
    }
    let to = to.parse::<usize>().map_or(last, |to| to.min(last));
    Some(Ok((from, to.max(from))))
}
