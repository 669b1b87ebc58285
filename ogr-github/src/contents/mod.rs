//! Files, folders and trees, and commits made through git's own API.

mod commit;
mod wire;

use std::collections::BTreeMap;

use async_trait::async_trait;
use base64::Engine;
use bytes::Bytes;
use http::header;
use ogr_core::{
    Commit, Contents, Entry, EntryKind, Error, ErrorKind, FileContent, NewCommit, Operation,
    Result, Tree, area::contents::path_segments, http::Reply,
};

use self::wire::{EntryRow, Shape, TreeWire};
use crate::{GitHubProject, refs::is_empty_repository};

/// Asks for the bytes of a file.
const RAW: &str = "application/vnd.github.raw+json";

/// Asks for a folder as an object, which has the name of its tree beside the entries.
const OBJECT: &str = "application/vnd.github.object+json";

/// More entries of a folder GitHub does not list, and does not say so.
const FOLDER_CAP: usize = 1_000;

/// The commit at the tip of the default branch.
const HEAD: &str = "HEAD";

#[async_trait]
impl Contents for GitHubProject {
    /// GitHub gives files up to 100 MB; the cap of [`HttpConfig`](ogr_core::http::HttpConfig::body_limit) applies
    /// before. A symbolic link is read as the file of this repository that it leads to, else as its target's name.
    async fn read(&self, path: &str, at: Option<&str>) -> Result<FileContent> {
        self.read_at(Operation::ContentsRead, path, at).await
    }

    async fn list(&self, path: &str, at: Option<&str>) -> Result<Vec<Entry>> {
        self.list_at(Operation::ContentsList, path, at).await
    }

    async fn tree(&self, at: Option<&str>) -> Result<Tree> {
        let wire = match self
            .tree_rows(Operation::ContentsTree, at.unwrap_or(HEAD), true)
            .await
        {
            Ok(wire) => wire,
            // An empty repository has no files, rather than no default branch.
            Err(error) if at.is_none() && is_empty_repository(&error) => return Ok(Tree::default()),
            Err(error) => return Err(error),
        };
        let mut tree = Tree::default();
        tree.truncated = wire.truncated();
        tree.entries = wire.into_entries("");
        Ok(tree)
    }

    async fn first_existing(
        &self,
        paths: &[&str],
        at: Option<&str>,
    ) -> Result<Option<FileContent>> {
        let operation = Operation::ContentsFirstExisting;
        let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut seen_one = false;
        for path in paths {
            let path = self.clean(operation, path)?.join("/");
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if !folders.contains_key(folder) {
                let files = match self.list_at(operation, folder, at).await {
                    Ok(entries) => {
                        seen_one = true;
                        files(entries)
                    }
                    // The folder is missing, or all of it: the ref, the project. That is told below.
                    Err(error) if error.is_not_found() && !folder.is_empty() => Vec::new(),
                    Err(error) => return Err(error),
                };
                folders.insert(folder.to_owned(), files);
            }
            if folders[folder].contains(&path) {
                return Ok(Some(self.read_at(operation, &path, at).await?));
            }
        }
        if !seen_one && !folders.is_empty() {
            self.list_at(operation, "", at).await?;
        }
        Ok(None)
    }

    /// Three to six requests, and one for each file that is no text: the commit to stand on, the files that are there
    /// (where a mode shall stay as it is), the tree, the commit, and the branch, which is moved last. A commit that only a
    /// fork's parent has can be stood on: both share their objects. Without changes the commit is an empty one.
    ///
    /// An empty repository takes no commits in this way: push to it.
    async fn commit(&self, new: NewCommit) -> Result<Commit> {
        self.make_commit(new).await
    }
}

impl GitHubProject {
    pub(crate) async fn read_at(
        &self,
        operation: Operation,
        path: &str,
        at: Option<&str>,
    ) -> Result<FileContent> {
        let segments = self.clean(operation, path)?;
        let path = segments.join("/");
        let detail = place(&path, at);
        if segments.is_empty() {
            return Err(self.refuse(operation, detail, "this is the root folder, not a file"));
        }
        let mut tail = vec!["contents"];
        tail.extend(segments);
        let mut call = self
            .get_call(operation, &tail, &detail)?
            .bytes()
            .accept(RAW);
        if let Some(at) = at {
            call = call.query("ref", at);
        }
        let reply = self.forge.client().send(call).await?;
        let bytes = match described(&reply, &path) {
            None => reply.body,
            Some(shape) => {
                content(shape).map_err(|(kind, why)| self.error(kind, operation, detail, why))?
            }
        };
        Ok(FileContent::new(path, bytes))
    }

    async fn list_at(
        &self,
        operation: Operation,
        path: &str,
        at: Option<&str>,
    ) -> Result<Vec<Entry>> {
        let segments = self.clean(operation, path)?;
        let path = segments.join("/");
        let detail = place(&path, at);
        let mut tail = vec!["contents"];
        tail.extend(segments);
        let mut call = self.get_call(operation, &tail, &detail)?.accept(OBJECT);
        if path.is_empty() {
            // The root's address is the one that the document has for a path: with nothing behind the slash.
            let root = format!("{}/", call.url.path());
            call.url.set_path(&root);
        }
        if let Some(at) = at {
            call = call.query("ref", at);
        }
        let shape: Shape = match self.forge.fetch(call).await {
            Ok(shape) => shape,
            Err(error) if path.is_empty() && is_empty_repository(&error) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let (rows, sha) = match shape {
            Shape::Folder(rows) => (rows, None),
            Shape::One(EntryRow {
                entries: Some(rows),
                sha,
                ..
            }) => (rows, Some(sha)),
            Shape::One(_) => {
                let why = "there is a file of that name, and no folder";
                return Err(self.error(ErrorKind::NotFound, operation, detail, why));
            }
        };
        match sha {
            Some(sha) if rows.len() >= FOLDER_CAP => Ok(self
                .tree_rows(operation, &sha, false)
                .await?
                .into_entries(&path)),
            _ => Ok(rows.into_iter().map(Entry::from).collect()),
        }
    }

    /// A tree by its name or by that of a ref.
    async fn tree_rows(
        &self,
        operation: Operation,
        tree: &str,
        recursive: bool,
    ) -> Result<TreeWire> {
        let mut call =
            self.get_call(operation, &["git", "trees", tree], format_args!("@{tree}"))?;
        if recursive {
            call = call.query("recursive", "1");
        }
        self.forge.fetch(call).await
    }

    /// The parts of a path; refused when it could lead elsewhere.
    fn clean<'a>(&self, operation: Operation, path: &'a str) -> Result<Vec<&'a str>> {
        path_segments(path)
            .map_err(|error| self.forge.client().locate(error).with_operation(operation))
    }

    fn refuse(&self, operation: Operation, detail: String, why: &str) -> Error {
        self.error(ErrorKind::Invalid, operation, detail, why)
    }

    fn error(&self, kind: ErrorKind, operation: Operation, detail: String, why: &str) -> Error {
        self.forge.client().locate(
            Error::new(kind, why)
                .with_operation(operation)
                .with_resource(format!("{}{detail}", self.path)),
        )
    }
}

/// How a place in the repository stands in messages: `:path@ref`.
fn place(path: &str, at: Option<&str>) -> String {
    let colon = if path.is_empty() { "" } else { ":" };
    match at {
        Some(at) => format!("{colon}{path}@{at}"),
        None => format!("{colon}{path}"),
    }
}

/// The paths among the entries that can be read as a file.
fn files(entries: Vec<Entry>) -> Vec<String> {
    entries
        .into_iter()
        .filter(|entry| matches!(entry.kind, EntryKind::File | EntryKind::Symlink))
        .map(|entry| entry.path)
        .collect()
}

/// What is no file is described as JSON, whatever was asked for. A file that is JSON has another content type, and is no
/// description of this path.
fn described(reply: &Reply, path: &str) -> Option<Shape> {
    let content_type = reply.header(header::CONTENT_TYPE.as_str())?;
    if !content_type.trim_start().starts_with("application/json") {
        return None;
    }
    let shape: Shape = serde_json::from_slice(&reply.body).ok()?;
    let below = format!("{path}/");
    let fits = match &shape {
        // Git has no empty folders.
        Shape::Folder(rows) => {
            !rows.is_empty() && rows.iter().all(|row| row.path.starts_with(&below))
        }
        Shape::One(row) => row.path == path,
    };
    fits.then_some(shape)
}

/// The content of what was described rather than given.
fn content(shape: Shape) -> Result<Bytes, (ErrorKind, &'static str)> {
    let row = match shape {
        Shape::Folder(_) => return Err((ErrorKind::Invalid, "this is a folder, not a file")),
        Shape::One(row) => row,
    };
    match (row.kind.as_str(), row.encoding.as_deref()) {
        ("dir", _) => Err((ErrorKind::Invalid, "this is a folder, not a file")),
        ("submodule", _) => Err((ErrorKind::Invalid, "this is a submodule, not a file")),
        ("symlink", _) => Ok(row.target.unwrap_or_default().into()),
        (_, Some("base64")) => {
            let text: String = row.content.unwrap_or_default().split_whitespace().collect();
            base64::engine::general_purpose::STANDARD
                .decode(text)
                .map(Bytes::from)
                .map_err(|_| (ErrorKind::Decode, "the content is no base64"))
        }
        (_, Some("none")) => Err((ErrorKind::TooLarge, "GitHub does not give so large a file")),
        _ => Err((ErrorKind::Decode, "the answer has no content")),
    }
}
