//! Files and folders: `/repos/{owner}/{name}/contents`, `raw` and `git/trees`.

mod commit;

use async_trait::async_trait;
use base64::Engine;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use ogr_core::{
    Commit, Contents, Entry, EntryKind, Error, ErrorKind, FileContent, NewCommit, Operation,
    Project, Result, Tree,
    area::contents::path_segments,
    http::{Call, Reply},
};
use serde::Deserialize;

use crate::{ForgejoProject, forge::GET, wire::list};

/// How many entries of a tree to ask for at once: what servers give at most, unless their owners say otherwise.
const TREE_PAGE: &str = "1000";

/// A file, a symbolic link or a submodule, or one entry of a folder.
#[derive(Deserialize)]
struct Row {
    path: String,
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    sha: Option<String>,
    #[serde(default)]
    size: Option<u64>,
    /// Base64; empty for a file that is too large for this.
    #[serde(default)]
    content: Option<String>,
    /// Where a symbolic link points.
    #[serde(default)]
    target: Option<String>,
}

impl Row {
    fn kind(&self) -> EntryKind {
        match self.kind.as_deref() {
            Some("file") => EntryKind::File,
            Some("dir") => EntryKind::Directory,
            Some("symlink") => EntryKind::Symlink,
            Some("submodule") => EntryKind::Submodule,
            Some(other) => EntryKind::Other(other.to_owned()),
            None => EntryKind::Other(String::new()),
        }
    }
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        let kind = row.kind();
        let size = row.size.filter(|_| kind == EntryKind::File);
        let mut entry = Entry::new(row.path, kind);
        entry.size = size;
        entry.sha = row.sha;
        entry
    }
}

/// What is at a path.
enum Found {
    Folder(Vec<Row>),
    One(Row),
}

#[derive(Deserialize)]
struct TreePage {
    #[serde(default)]
    sha: Option<String>,
    #[serde(default, deserialize_with = "list")]
    tree: Vec<TreeRow>,
    #[serde(default)]
    total_count: Option<u64>,
    #[serde(default)]
    truncated: Option<bool>,
}

#[derive(Deserialize)]
struct TreeRow {
    path: String,
    #[serde(default)]
    mode: Option<String>,
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    sha: Option<String>,
}

impl TreeRow {
    fn is_executable(&self) -> bool {
        self.mode.as_deref() == Some("100755")
    }
}

impl From<TreeRow> for Entry {
    fn from(row: TreeRow) -> Self {
        let executable = row.is_executable();
        let kind = match (row.mode.as_deref(), row.kind.as_deref()) {
            (Some("120000"), _) => EntryKind::Symlink,
            (Some("160000"), _) | (_, Some("commit")) => EntryKind::Submodule,
            (_, Some("tree")) => EntryKind::Directory,
            (_, Some("blob")) => EntryKind::File,
            (_, other) => EntryKind::Other(other.unwrap_or_default().to_owned()),
        };
        let is_file = kind == EntryKind::File;
        let mut entry = Entry::new(row.path, kind);
        entry.executable = is_file.then_some(executable);
        entry.size = row.size.filter(|_| is_file);
        entry.sha = row.sha;
        entry
    }
}

#[async_trait]
impl Contents for ForgejoProject {
    /// Reads a file, byte for byte, in one request; in two if it is larger than the server puts into JSON (10 MiB unless its
    /// owner says otherwise). Of a symbolic link it gives what the link says, as git keeps it.
    async fn read(&self, path: &str, at: Option<&str>) -> Result<FileContent> {
        self.read_as(Operation::ContentsRead, path, at).await
    }

    async fn list(&self, path: &str, at: Option<&str>) -> Result<Vec<Entry>> {
        let operation = Operation::ContentsList;
        let segments = self.segments(operation, path)?;
        let resource = self.file(&segments, at);
        match self.look(operation, &segments, at).await? {
            // No folder of git is empty, but an empty repository has an empty one at every path.
            Found::Folder(rows) if rows.is_empty() && !segments.is_empty() => Err(self.error(
                operation,
                resource,
                ErrorKind::NotFound,
                "the repository is empty",
            )),
            Found::Folder(rows) => Ok(rows.into_iter().map(Entry::from).collect()),
            Found::One(_) => Err(self.error(
                operation,
                resource,
                ErrorKind::NotFound,
                "this is no folder",
            )),
        }
    }

    async fn tree(&self, at: Option<&str>) -> Result<Tree> {
        let first = match self.tree_page(at.unwrap_or("HEAD"), 1).await {
            Ok(first) => first,
            // Without a commit there is no HEAD.
            Err(error) if at.is_none() && error.status() == Some(400) => return Ok(Tree::default()),
            Err(error) => return Err(error),
        };
        let mut tree = Tree::default();
        let size = first.tree.len();
        let total = usize::try_from(first.total_count.unwrap_or_default()).unwrap_or(usize::MAX);
        let complete = first.truncated != Some(true);
        // The other pages are those of the same commit, whatever happens to the ref.
        let sha = first
            .sha
            .clone()
            .or(at.map(str::to_owned))
            .unwrap_or_default();
        tree.entries.extend(first.tree.into_iter().map(Entry::from));
        if size == 0 || complete {
            return Ok(tree);
        }
        let pages = total.div_ceil(size);
        let mut rest = stream::iter(2..=pages)
            .map(|page| self.tree_page(&sha, page))
            .buffered(
                self.client()
                    .width()
                    .unwrap_or(self.client().config().reads)
                    .max(1),
            );
        while let Some(page) = rest.try_next().await? {
            tree.entries.extend(page.tree.into_iter().map(Entry::from));
        }
        tree.truncated = tree.entries.len() < total;
        Ok(tree)
    }

    async fn first_existing(
        &self,
        paths: &[&str],
        at: Option<&str>,
    ) -> Result<Option<FileContent>> {
        let operation = Operation::ContentsFirstExisting;
        if let [path] = paths {
            return match self.read_as(operation, path, at).await {
                Ok(content) => Ok(Some(content)),
                Err(error) if error.is_not_found() => self
                    .missing_alone(operation, error, at)
                    .await
                    .map(|()| None),
                Err(error) => Err(error),
            };
        }
        // One look at each folder, in the order in which the names ask for them.
        let mut folders: Vec<(String, Vec<String>)> = Vec::new();
        for path in paths {
            let segments = self.segments(operation, path)?;
            let Some((_, parents)) = segments.split_last() else {
                return Err(self.no_file(operation, &segments, at));
            };
            let folder = parents.join("/");
            let known = folders.iter().position(|(name, _)| *name == folder);
            let known = match known {
                Some(known) => known,
                None => {
                    let files = self.files_in(operation, parents, at).await?;
                    folders.push((folder, files));
                    folders.len() - 1
                }
            };
            let name = segments.join("/");
            if folders
                .get(known)
                .is_some_and(|(_, files)| files.contains(&name))
            {
                return self.read_as(operation, path, at).await.map(Some);
            }
        }
        Ok(None)
    }

    /// Commits changes to a branch, all of them in one commit.
    ///
    /// What [`expected`](NewCommit::expected) demands is checked right before the commit, and once more in the commit that
    /// came of it: the API itself compares files, not the branch. If the branch moves in between, the commit stands on top of
    /// what it moved to, unless that changed one of the same files, and the answer is a `Conflict` of unknown outcome that names it.
    ///
    /// [`Onto::Reset`](ogr_core::Onto::Reset) needs Forgejo 16 where the branch is there already. In a fork, its copy of the
    /// target's branch is brought up to date first; where it has diverged, the answer is `Unsupported`: push with git.
    ///
    /// The API cannot make a file executable, or take that away: `Unsupported`.
    async fn commit(&self, new: NewCommit) -> Result<Commit> {
        commit::make(self, new).await
    }
}

impl ForgejoProject {
    /// A path in parts, or an error that says where it was meant to be.
    fn segments<'a>(&self, operation: Operation, path: &'a str) -> Result<Vec<&'a str>> {
        self.forgejo()
            .located(path_segments(path))
            .map_err(|error| error.with_operation(operation))
    }

    /// A name for a file of this project: `rpms/foo:path@ref`.
    fn file(&self, segments: &[&str], at: Option<&str>) -> String {
        let at = at.map(|at| format!("@{at}")).unwrap_or_default();
        let file = match segments {
            [] => String::new(),
            segments => format!(":{}", segments.join("/")),
        };
        format!("{}{file}{at}", self.path())
    }

    fn no_file(&self, operation: Operation, segments: &[&str], at: Option<&str>) -> Error {
        self.error(
            operation,
            self.file(segments, at),
            ErrorKind::Invalid,
            "this is a folder, not a file",
        )
    }

    fn below(
        &self,
        operation: Operation,
        endpoint: &str,
        segments: &[&str],
        at: Option<&str>,
    ) -> Result<Call> {
        let below = [endpoint].into_iter().chain(segments.iter().copied());
        let call = self
            .call(operation, GET, below)?
            .resource(self.file(segments, at));
        Ok(match at {
            Some(at) => call.query("ref", at),
            None => call,
        })
    }

    async fn look(
        &self,
        operation: Operation,
        segments: &[&str],
        at: Option<&str>,
    ) -> Result<Found> {
        let call = self.below(operation, "contents", segments, at)?;
        let reply = self.send(call).await?;
        self.forgejo().located(found(&reply))
    }

    /// Reads a file, on behalf of this operation.
    pub(crate) async fn read_as(
        &self,
        operation: Operation,
        path: &str,
        at: Option<&str>,
    ) -> Result<FileContent> {
        let segments = self.segments(operation, path)?;
        if segments.is_empty() {
            return Err(self.no_file(operation, &segments, at));
        }
        let row = match self.look(operation, &segments, at).await? {
            Found::One(row) => row,
            Found::Folder(rows) if rows.is_empty() => {
                return Err(self.error(
                    operation,
                    self.file(&segments, at),
                    ErrorKind::NotFound,
                    "the repository is empty",
                ));
            }
            Found::Folder(_) => return Err(self.no_file(operation, &segments, at)),
        };
        let kind = row.kind();
        let bytes = match (kind, row.target, row.content) {
            (EntryKind::Submodule, ..) => {
                return Err(self.error(
                    operation,
                    self.file(&segments, at),
                    ErrorKind::Invalid,
                    "this is a submodule, not a file",
                ));
            }
            (EntryKind::Symlink, Some(target), _) => Bytes::from(target),
            (_, _, Some(content)) if !content.is_empty() || row.size == Some(0) => {
                self.decoded(operation, &segments, at, &content)?
            }
            // Too large for JSON.
            _ => self.raw_file(operation, &segments, at).await?,
        };
        let mut content = FileContent::new(segments.join("/"), bytes);
        content.sha = row.sha;
        Ok(content)
    }

    fn decoded(
        &self,
        operation: Operation,
        segments: &[&str],
        at: Option<&str>,
        content: &str,
    ) -> Result<Bytes> {
        let plain: String = content.split_ascii_whitespace().collect();
        base64::engine::general_purpose::STANDARD
            .decode(plain)
            .map(Bytes::from)
            .map_err(|error| {
                self.error(
                    operation,
                    self.file(segments, at),
                    ErrorKind::Decode,
                    "the content of the file is no base64",
                )
                .with_source(error)
            })
    }

    async fn raw_file(
        &self,
        operation: Operation,
        segments: &[&str],
        at: Option<&str>,
    ) -> Result<Bytes> {
        let call = self.below(operation, "raw", segments, at)?.bytes();
        Ok(self.send(call).await?.body)
    }

    /// The paths of the files in a folder; none when there is no such folder.
    async fn files_in(
        &self,
        operation: Operation,
        folder: &[&str],
        at: Option<&str>,
    ) -> Result<Vec<String>> {
        let rows = match self.look(operation, folder, at).await {
            Ok(Found::Folder(rows)) => rows,
            Ok(Found::One(_)) => Vec::new(),
            Err(error) if error.is_not_found() && !folder.is_empty() => {
                self.missing_alone(operation, error, at).await?;
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let is_file = |row: &Row| matches!(row.kind(), EntryKind::File | EntryKind::Symlink);
        let files = rows.into_iter().filter(is_file);
        Ok(files.map(|row| row.path).collect())
    }

    /// Makes sure that it is the path alone that is missing, and not the ref or the project. The words of the refusal mostly
    /// tell; where they do not, the root is looked at.
    async fn missing_alone(
        &self,
        operation: Operation,
        error: Error,
        at: Option<&str>,
    ) -> Result<()> {
        let names_a_path = error
            .message()
            .split_once("rel_path: ")
            .is_some_and(|(_, path)| !path.starts_with(']'));
        if names_a_path || error.status().is_none() {
            return Ok(());
        }
        self.look(operation, &[], at).await.map(|_| ())
    }

    async fn tree_page(&self, reference: &str, page: usize) -> Result<TreePage> {
        let call = self
            .call(Operation::ContentsTree, GET, ["git", "trees", reference])?
            .resource(self.at(reference))
            .query("recursive", "true")
            .query("per_page", TREE_PAGE)
            .query("page", page.to_string());
        let reply = self.send(call).await?;
        self.forgejo().read(&reply)
    }
}

/// A folder comes as an array, whatever the published document says; everything else as an object.
fn found(reply: &Reply) -> Result<Found> {
    if reply.body.trim_ascii_start().first() == Some(&b'{') {
        reply.json().map(Found::One)
    } else {
        reply.rows().map(Found::Folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_tells_what_an_entry_is() {
        let read = |mode: &str, kind: &str| -> Entry {
            let json = format!(r#"{{"path":"x","mode":{mode:?},"type":{kind:?},"size":0}}"#);
            serde_json::from_str::<TreeRow>(&json).unwrap().into()
        };
        assert_eq!(read("100644", "blob").executable, Some(false));
        assert_eq!(read("100755", "blob").executable, Some(true));
        assert_eq!(read("120000", "blob").kind, EntryKind::Symlink);
        assert_eq!(read("120000", "blob").executable, None);
        assert_eq!(read("160000", "commit").kind, EntryKind::Submodule);
        let folder = read("040000", "tree");
        assert_eq!((folder.kind, folder.size), (EntryKind::Directory, None));
    }
}
