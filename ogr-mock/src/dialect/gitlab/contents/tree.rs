//! Folders: the tree, by pages or by keyset.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::call::{Call, find_commit};
use super::super::problem::Problem;
use crate::dialect::answer;
use crate::git::TreeEntry;
use crate::state::ProjectId;

/// `GET .../repository/tree`: folders first, then files, then submodules.
pub(in super::super) async fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let repository = call.repository(id).await?;
    let params = &call.params;
    let reference = match params.filled("ref")? {
        Some(name) => name,
        None => call.default_branch(id)?,
    };
    let path = params.filled("path")?.unwrap_or_default();
    let recursive = params.flag("recursive")?.unwrap_or(false);
    let way = params.choice("pagination", &["legacy", "keyset", "none"])?;
    let commit = find_commit(&repository, &reference).await?;
    let commit = commit.ok_or_else(|| Problem::not_found("Tree"))?;
    let entries = repository.tree(&commit, &path, recursive).await?;
    let mut entries = entries.ok_or_else(|| Problem::not_found("invalid revision or path"))?;
    entries.sort_by_key(|entry| match entry.object_type() {
        "tree" => 0,
        "blob" => 1,
        _ => 2,
    });
    match way.as_deref() {
        Some("keyset") => by_key(call, entries),
        Some("none") if recursive => Ok(answer(200, &json!(rows(&entries)))),
        Some("none") => {
            let words = "pagination cannot be \"none\" unless \"recursive\" is true";
            Err(Problem::error(400, words))
        }
        _ => {
            let paging = call.paging()?;
            let total = entries.len();
            let page: Vec<TreeEntry> = paging.cut(entries);
            let defaults = [("pagination", "legacy"), ("recursive", "false")];
            Ok(call.page_of(rows(&page), paging, total, &defaults))
        }
    }
}

/// The page after an entry. What names the entry is for the server alone to understand.
fn by_key(call: &Call<'_>, mut entries: Vec<TreeEntry>) -> Answer {
    let per_page = call.per_page()?;
    if let Some(token) = call.params.filled("page_token")? {
        let path = STANDARD.decode(&token).ok();
        let path = path.and_then(|bytes| String::from_utf8(bytes).ok());
        let at = entries
            .iter()
            .position(|entry| Some(&entry.path) == path.as_ref());
        let Some(at) = at else {
            let words = format!("could not find starting OID: {token}");
            return Err(Problem::message(422, words));
        };
        entries.drain(..=at);
    }
    let more = entries.len() > per_page;
    entries.truncate(per_page);
    let last = entries.last().map(|entry| STANDARD.encode(&entry.path));
    let next = last.as_deref().filter(|_| more);
    let next = next.map(|token| ("page_token", token));
    Ok(call.after_key(answer(200, &json!(rows(&entries))), next))
}

fn rows(entries: &[TreeEntry]) -> Vec<Value> {
    let row = |entry: &TreeEntry| {
        json!({
            "id": entry.sha,
            "name": entry.name(),
            "type": entry.object_type(),
            "path": entry.path,
            "mode": entry.mode,
        })
    };
    entries.iter().map(row).collect()
}
