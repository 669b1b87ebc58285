//! Trees and blobs.

use super::repository::{GitError, Repository, text};

/// What a tree entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    Executable,
    Symlink,
    Folder,
    Submodule,
}

/// One entry of a tree.
#[derive(Debug, Clone)]
pub(crate) struct TreeEntry {
    /// Six octal digits.
    pub(crate) mode: String,
    pub(crate) kind: EntryKind,
    pub(crate) sha: String,
    /// In bytes; `None` for folders and submodules.
    pub(crate) size: Option<u64>,
    /// From the root of the repository.
    pub(crate) path: String,
}

impl TreeEntry {
    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Git's word for the object.
    pub(crate) fn object_type(&self) -> &'static str {
        match self.kind {
            EntryKind::Folder => "tree",
            EntryKind::Submodule => "commit",
            EntryKind::File | EntryKind::Executable | EntryKind::Symlink => "blob",
        }
    }
}

/// What stands at a path.
#[derive(Debug, Clone)]
pub(crate) enum Object {
    /// A folder, and what is right inside.
    Folder(Vec<TreeEntry>),
    /// Anything else.
    Leaf(TreeEntry),
}

impl Repository {
    /// The entries of a folder ("" is the root) at a commit or tree; with `recursive` all below it, folders too.
    ///
    /// `None` when there is no such folder.
    pub(crate) async fn tree(
        &self,
        revision: &str,
        folder: &str,
        recursive: bool,
    ) -> Result<Option<Vec<TreeEntry>>, GitError> {
        let folder = folder.trim_matches('/');
        if folder.is_empty() {
            return self.list_tree(revision, None, recursive).await.map(Some);
        }
        match self.entry(revision, folder).await? {
            Some(entry) if entry.kind == EntryKind::Folder => {
                let within = format!("{folder}/");
                self.list_tree(revision, Some(&within), recursive)
                    .await
                    .map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What stands at a path at a commit or tree; the root is a folder.
    pub(crate) async fn object(
        &self,
        revision: &str,
        path: &str,
    ) -> Result<Option<Object>, GitError> {
        let path = path.trim_matches('/');
        if path.is_empty() {
            let entries = self.list_tree(revision, None, false).await?;
            return Ok(Some(Object::Folder(entries)));
        }
        Ok(match self.entry(revision, path).await? {
            Some(entry) if entry.kind == EntryKind::Folder => {
                let within = format!("{path}/");
                let entries = self.list_tree(revision, Some(&within), false).await?;
                Some(Object::Folder(entries))
            }
            Some(entry) => Some(Object::Leaf(entry)),
            None => None,
        })
    }

    /// The entry of exactly this path, if there is one.
    pub(crate) async fn entry(
        &self,
        revision: &str,
        path: &str,
    ) -> Result<Option<TreeEntry>, GitError> {
        let entries = self.list_tree(revision, Some(path), false).await?;
        Ok(entries.into_iter().find(|entry| entry.path == path))
    }

    async fn list_tree(
        &self,
        revision: &str,
        path: Option<&str>,
        recursive: bool,
    ) -> Result<Vec<TreeEntry>, GitError> {
        let mut args = vec!["ls-tree", "-z", "-l", "--full-tree"];
        if recursive {
            args.extend(["-r", "-t"]);
        }
        args.push(revision);
        if let Some(path) = path {
            args.extend(["--", path]);
        }
        let out = text(&self.git(&args).await?);
        Ok(out
            .split('\0')
            .filter_map(parse_entry)
            // With -t git lists the folders on the way to the path as well.
            .filter(|entry| path.is_none_or(|path| entry.path.len() >= path.len()))
            .collect())
    }

    /// A blob's bytes; `None` if there is no such blob.
    pub(crate) async fn blob(&self, sha: &str) -> Result<Option<Vec<u8>>, GitError> {
        let output = self.try_git(&["cat-file", "blob", sha], None, &[]).await?;
        Ok((output.code == 0).then_some(output.stdout))
    }

    /// The bytes of the file (or the target of the symlink) at a path; `None` for anything else.
    pub(crate) async fn file(
        &self,
        revision: &str,
        path: &str,
    ) -> Result<Option<Vec<u8>>, GitError> {
        match self.entry(revision, path.trim_matches('/')).await? {
            Some(entry) if entry.size.is_some() => self.blob(&entry.sha).await,
            _ => Ok(None),
        }
    }

    /// Stores a blob and tells its name.
    pub(crate) async fn write_blob(&self, bytes: &[u8]) -> Result<String, GitError> {
        let out = self
            .git_with(&["hash-object", "-w", "--stdin"], Some(bytes), &[])
            .await?;
        Ok(text(&out).trim().to_owned())
    }
}

fn parse_entry(record: &str) -> Option<TreeEntry> {
    let (meta, path) = record.split_once('\t')?;
    let mut fields = meta.split_whitespace();
    let (mode, _type, sha, size) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    Some(TreeEntry {
        mode: mode.to_owned(),
        kind: match mode {
            "040000" => EntryKind::Folder,
            "160000" => EntryKind::Submodule,
            "120000" => EntryKind::Symlink,
            "100755" => EntryKind::Executable,
            _ => EntryKind::File,
        },
        sha: sha.to_owned(),
        size: size.parse().ok(),
        path: path.to_owned(),
    })
}
