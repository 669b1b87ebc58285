//! What GitHub says of files and trees.

use ogr_core::{Entry, EntryKind};
use serde::Deserialize;

/// The answer to a question for a path: a folder is an array, or an object where that was asked for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Shape {
    Folder(Vec<EntryRow>),
    One(EntryRow),
}

#[derive(Debug, Deserialize)]
pub(super) struct EntryRow {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) path: String,
    pub(super) sha: String,
    size: Option<u64>,
    git_url: Option<String>,
    /// The entries of a folder.
    pub(super) entries: Option<Vec<EntryRow>>,
    pub(super) encoding: Option<String>,
    pub(super) content: Option<String>,
    /// Where a symbolic link leads.
    pub(super) target: Option<String>,
}

impl From<EntryRow> for Entry {
    fn from(wire: EntryRow) -> Self {
        // In lists a submodule calls itself a file, for the sake of old clients; its address is that of a tree.
        let is_tree = wire
            .git_url
            .as_deref()
            .is_some_and(|url| url.contains("/git/trees/"));
        let kind = match wire.kind.as_str() {
            "submodule" => EntryKind::Submodule,
            "file" if is_tree => EntryKind::Submodule,
            "file" => EntryKind::File,
            "dir" => EntryKind::Directory,
            "symlink" => EntryKind::Symlink,
            other => EntryKind::Other(other.to_owned()),
        };
        let size = wire.size.filter(|_| kind == EntryKind::File);
        let mut entry = Entry::new(wire.path, kind);
        entry.size = size;
        entry.sha = Some(wire.sha);
        entry
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct TreeWire {
    pub(super) tree: Vec<TreeRow>,
    truncated: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TreeRow {
    pub(super) path: String,
    pub(super) mode: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    pub(super) sha: Option<String>,
    size: Option<u64>,
}

impl TreeRow {
    pub(super) fn is_folder(&self) -> bool {
        self.kind.as_deref() == Some("tree")
    }
}

impl TreeWire {
    pub(super) fn truncated(&self) -> bool {
        self.truncated.unwrap_or_default()
    }

    /// The entries, their paths put below `folder`.
    pub(super) fn into_entries(self, folder: &str) -> Vec<Entry> {
        self.tree
            .into_iter()
            .map(|mut row| {
                if !folder.is_empty() {
                    row.path = format!("{folder}/{}", row.path);
                }
                row.into()
            })
            .collect()
    }
}

impl From<TreeRow> for Entry {
    fn from(wire: TreeRow) -> Self {
        let mode = wire.mode.as_deref().unwrap_or_default();
        let kind = match (mode, wire.kind.as_deref().unwrap_or_default()) {
            ("120000", _) => EntryKind::Symlink,
            (_, "blob") => EntryKind::File,
            (_, "tree") => EntryKind::Directory,
            (_, "commit") => EntryKind::Submodule,
            (_, other) => EntryKind::Other(other.to_owned()),
        };
        let executable = (kind == EntryKind::File).then_some(mode == "100755");
        let mut entry = Entry::new(wire.path, kind);
        entry.executable = executable;
        entry.size = wire.size;
        entry.sha = wire.sha;
        entry
    }
}
