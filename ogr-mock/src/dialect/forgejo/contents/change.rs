//! Working out what a request makes of a tree, file by file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::clean;
use crate::dialect::forgejo::Answer;
use crate::dialect::forgejo::body::Body;
use crate::dialect::forgejo::problem::Problem;
use crate::git::{Edit, EntryKind, FileAction, Object, Repository};

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Update,
    Delete,
}

/// One file of a request.
#[derive(Debug, Clone)]
pub(super) struct FileChange {
    pub(super) operation: Operation,
    pub(super) path: String,
    /// Where the file was, if it is to move.
    pub(super) from: Option<String>,
    pub(super) content: Vec<u8>,
    /// The blob that the caller has seen.
    pub(super) sha: Option<String>,
}

impl FileChange {
    pub(super) fn read(body: &Body, operation: Operation, path: &str) -> Result<Self, Problem> {
        if path.split('/').any(|segment| segment == "..") {
            // Meant to be a 422.
            return Err(Problem::server_error());
        }
        let path = clean(path);
        check_path(&path)?;
        let from = body.text("from_path")?.filter(|from| !from.is_empty());
        Ok(Self {
            operation,
            path,
            from: from.map(clean),
            content: decode(body.plain("content")?)?,
            sha: body
                .text("sha")?
                .filter(|sha| !sha.is_empty())
                .map(str::to_owned),
        })
    }
}

fn check_path(path: &str) -> Result<(), Problem> {
    let malformed = path.is_empty()
        || path
            .split('/')
            .any(|segment| segment.eq_ignore_ascii_case(".git"));
    if malformed {
        let words = format!("path contains a malformed path component [path: {path}]");
        return Err(Problem::new(422, words));
    }
    Ok(())
}

/// Base64 as Go reads it: line breaks are no matter, anything else is told by its place.
fn decode(text: &str) -> Result<Vec<u8>, Problem> {
    let plain: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    STANDARD.decode(&plain).map_err(|_| {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        let at = text
            .bytes()
            .position(|byte| !legal(byte) && !matches!(byte, b'\r' | b'\n'));
        // What is cut short is told by where its last four characters begin.
        let at = at.unwrap_or(plain.len() / 4 * 4);
        Problem::new(422, format!("illegal base64 data at input byte {at}"))
    })
}

/// The edits of one change on top of a commit (or of nothing).
pub(super) async fn edits(
    repository: &Repository,
    tip: Option<&str>,
    change: &FileChange,
    gitea: bool,
) -> Answer<Vec<Edit>> {
    let source = change.from.as_deref().unwrap_or(&change.path);
    let object = match tip {
        Some(tip) => repository.object(tip, source).await?,
        None => None,
    };
    let known = match object {
        Some(Object::Leaf(entry)) => Some(entry),
        _ => None,
    };
    match change.operation {
        Operation::Create => {}
        Operation::Update => {
            // Meant to be a 404.
            let entry = known.as_ref().ok_or_else(Problem::server_error)?;
            check_sha(change, &entry.sha, if gitea { 422 } else { 409 })?;
        }
        Operation::Delete => {
            let Some(entry) = &known else {
                let words = format!("repository file does not exist [path: {}]", change.path);
                return Err(Problem::new(404, words));
            };
            check_sha(change, &entry.sha, if gitea { 422 } else { 409 })?;
            return Ok(vec![Edit::delete(&change.path)]);
        }
    }
    if change.operation == Operation::Create || source != change.path {
        check_free(repository, tip, &change.path).await?;
    }
    let mode = match known.map(|entry| entry.kind) {
        Some(EntryKind::Executable) => "100755",
        Some(EntryKind::Symlink) => "120000",
        _ => "100644",
    };
    let mut edits = Vec::new();
    if source != change.path {
        edits.push(Edit::delete(source));
    }
    edits.push(Edit {
        path: change.path.clone(),
        action: FileAction::Write {
            content: change.content.clone().into(),
            mode,
        },
    });
    Ok(edits)
}

fn check_sha(change: &FileChange, actual: &str, status: u16) -> Result<(), Problem> {
    match &change.sha {
        Some(given) if given != actual => {
            let words = format!("sha does not match [given: {given}, expected: {actual}]");
            Err(Problem::new(status, words))
        }
        _ => Ok(()),
    }
}

/// Refuses a path that is taken, or whose folder would be a file.
async fn check_free(repository: &Repository, tip: Option<&str>, path: &str) -> Result<(), Problem> {
    let Some(tip) = tip else {
        return Ok(());
    };
    let refuse = |words: String| Err(Problem::new(422, words));
    match repository.object(tip, path).await? {
        Some(Object::Leaf(_)) => {
            return refuse(format!("repository file already exists [path: {path}]"));
        }
        Some(Object::Folder(_)) => {
            return refuse(format!(
                "a directory exists where you’re trying to create a file [path: {path}]"
            ));
        }
        None => {}
    }
    let mut above = path;
    while let Some((folder, _)) = above.rsplit_once('/') {
        above = folder;
        if let Some(Object::Leaf(_)) = repository.object(tip, above).await? {
            return refuse(format!(
                "a file exists where you’re trying to create a subdirectory [path: {above}]"
            ));
        }
    }
    Ok(())
}
