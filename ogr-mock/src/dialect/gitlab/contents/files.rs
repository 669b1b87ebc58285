//! Reading files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::call::{Call, find_commit};
use super::super::problem::Problem;
use super::sha256;
use crate::dialect::{Answered, Response, answer, bytes, empty};
use crate::git::{EntryKind, LogQuery, Repository, TreeEntry};
use crate::state::ProjectId;

/// A file, read.
struct Blob {
    entry: TreeEntry,
    content: Vec<u8>,
    /// The ref as it was asked for.
    reference: String,
    commit: String,
    last_commit: String,
}

/// `GET .../repository/files/{file_path}`.
pub(in super::super) async fn get(call: &Call<'_>, id: ProjectId, path: &str) -> Answer {
    call.params.require_filled(&["ref"])?;
    let blob = read(call, id, path).await?;
    let mut body = blob.facts();
    body["content"] = json!(STANDARD.encode(&blob.content));
    Ok(blob.headed(answer(200, &body)))
}

/// `HEAD .../repository/files/{file_path}`: all but the content, in headers.
pub(in super::super) async fn head(call: &Call<'_>, id: ProjectId, path: &str) -> Answer {
    call.params.require_filled(&["ref"])?;
    let blob = read(call, id, path).await?;
    Ok(blob.headed(empty(200)))
}

/// `GET .../repository/files/{file_path}/raw`.
pub(in super::super) async fn raw(call: &Call<'_>, id: ProjectId, path: &str) -> Answer {
    let blob = read(call, id, path).await?;
    let inline = format!("inline; filename=\"{}\"", blob.entry.name());
    let answer = bytes(200, "text/plain; charset=utf-8", blob.content.clone());
    Ok(blob.headed(answer).with("content-disposition", inline))
}

async fn read(call: &Call<'_>, id: ProjectId, path: &str) -> Result<Blob, Problem> {
    let repository = call.repository(id).await?;
    if path.split('/').any(|part| part == "..") {
        let words = "file_path should be a valid file path";
        return Err(Problem::error(400, words));
    }
    let reference = match call.params.filled("ref")? {
        Some(name) => name,
        None => "HEAD".to_owned(),
    };
    let commit = find_commit(&repository, &reference).await?;
    let commit = commit.ok_or_else(|| Problem::not_found("Commit"))?;
    let missing = || Problem::not_found("File");
    let entry = repository.entry(&commit, path).await?.ok_or_else(missing)?;
    if entry.size.is_none() {
        return Err(missing());
    }
    let content = repository.blob(&entry.sha).await?.ok_or_else(missing)?;
    let last_commit = last_commit(&repository, &commit, path).await?;
    Ok(Blob {
        entry,
        content,
        reference,
        last_commit: last_commit.unwrap_or_else(|| commit.clone()),
        commit,
    })
}

/// The last commit up to this one that changed a path.
pub(super) async fn last_commit(
    repository: &Repository,
    from: &str,
    path: &str,
) -> Result<Option<String>, Problem> {
    let query = LogQuery {
        path: Some(path),
        limit: Some(1),
        ..LogQuery::default()
    };
    let found = repository.log(from, &query).await?;
    Ok(found.into_iter().next().map(|commit| commit.sha))
}

impl Blob {
    fn facts(&self) -> Value {
        json!({
            "file_name": self.entry.name(),
            "file_path": self.entry.path,
            "size": self.content.len(),
            "encoding": "base64",
            "content_sha256": sha256::hex(&self.content),
            "ref": self.reference,
            "blob_id": self.entry.sha,
            "commit_id": self.commit,
            "last_commit_id": self.last_commit,
            "execute_filemode": self.entry.kind == EntryKind::Executable,
        })
    }

    /// Says the same in headers.
    fn headed(&self, mut answer: Response) -> Response {
        let facts = self.facts();
        for (name, value) in facts.as_object().into_iter().flatten() {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            answer = answer.with(&format!("x-gitlab-{}", name.replace('_', "-")), text);
        }
        answer
    }
}
