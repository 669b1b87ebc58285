//! A commit, made of git's own objects: blobs, a tree, a commit, and a branch that is moved to it.

use std::collections::HashMap;

use base64::Engine;
use bytes::Bytes;
use chrono::SecondsFormat;
use http::Method;
use ogr_core::{
    Commit, ErrorKind, FileChange, NewCommit, Onto, Operation, Result, Signature, http::Effect,
};
use serde::Serialize;

use super::{place, wire::TreeWire};
use crate::{
    GitHubProject,
    refs::{GitCommit, Sha},
};

const FILE: &str = "100644";
const EXECUTABLE: &str = "100755";

/// What the new commit stands on.
struct Base {
    sha: String,
    tree: String,
}

/// A file as it is now.
struct Present {
    executable: bool,
    folder: bool,
}

#[derive(Serialize)]
struct NewBlob {
    content: String,
    encoding: &'static str,
}

#[derive(Serialize)]
struct NewTree {
    base_tree: String,
    tree: Vec<TreeEntry>,
}

#[derive(Serialize)]
struct TreeEntry {
    path: String,
    mode: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    what: What,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Content(String),
    /// The name of a blob; `null` takes the file away.
    Sha(Option<String>),
}

#[derive(Serialize)]
struct NewCommitBody<'a> {
    message: &'a str,
    tree: &'a str,
    parents: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<Author<'a>>,
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a str,
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
}

impl<'a> From<&'a Signature> for Author<'a> {
    fn from(signature: &'a Signature) -> Self {
        Self {
            name: &signature.name,
            email: &signature.email,
            date: signature
                .date
                .map(|date| date.to_rfc3339_opts(SecondsFormat::Secs, true)),
        }
    }
}

#[derive(Serialize)]
struct MoveReference<'a> {
    sha: &'a str,
    force: bool,
}

impl GitHubProject {
    pub(super) async fn make_commit(&self, new: NewCommit) -> Result<Commit> {
        let operation = match &new.onto {
            Onto::Append { .. } => Operation::ContentsCommit,
            _ => Operation::ContentsCommitReset,
        };
        let base = self.base(operation, &new).await?;
        let entries = self.entries(operation, &base.tree, &new.changes).await?;
        let tree = self.new_tree(operation, base.tree, entries).await?;
        let body = NewCommitBody {
            message: &new.message,
            tree: &tree,
            parents: [&base.sha],
            author: new.author.as_ref().map(Author::from),
        };
        let commit: Commit = self
            .make::<_, GitCommit>(operation, "commits", &body)
            .await?
            .into();
        let force = matches!(new.onto, Onto::Reset { .. });
        self.move_branch(operation, &new.branch, &commit.sha, force)
            .await?;
        Ok(commit)
    }

    async fn base(&self, operation: Operation, new: &NewCommit) -> Result<Base> {
        let row = match &new.onto {
            Onto::Append { .. } => {
                let reference = format!("heads/{}", new.branch);
                let detail = format!(" branch {}", new.branch);
                self.commit_row(operation, &reference, detail).await?
            }
            Onto::Reset { sha, .. } => self.commit_row(operation, sha, format!("@{sha}")).await?,
            _ => {
                let why = "ogr does not know how to put a commit there on GitHub";
                let detail = format!(" branch {}", new.branch);
                return Err(self.error(ErrorKind::Unsupported, operation, detail, why));
            }
        };
        // Moving the branch forward only is no check: it may have been moved back in the meantime.
        if let Onto::Append {
            expected: Some(expected),
        } = &new.onto
            && !row.sha().eq_ignore_ascii_case(expected)
        {
            let why = format!("the branch is at {}, not at {expected}", row.sha());
            let detail = format!(" branch {}", new.branch);
            return Err(self.error(ErrorKind::Conflict, operation, detail, &why));
        }
        let Some(tree) = row.tree() else {
            let why = "the answer does not name the commit's tree";
            let detail = format!("@{}", row.sha());
            return Err(self.error(ErrorKind::Decode, operation, detail, why));
        };
        Ok(Base {
            tree: tree.to_owned(),
            sha: row.sha().to_owned(),
        })
    }

    /// What the tree has to say that the base does not.
    async fn entries(
        &self,
        operation: Operation,
        base: &str,
        changes: &[FileChange],
    ) -> Result<Vec<TreeEntry>> {
        let mut paths = Vec::new();
        for change in changes {
            let path = self.clean(operation, change.path())?.join("/");
            if path.is_empty() {
                return Err(self.refuse(operation, place("", None), "this is no file"));
            }
            paths.push(path);
        }
        let unsure: Vec<&str> = changes
            .iter()
            .zip(&paths)
            .filter(|(change, _)| match change {
                FileChange::Put { executable, .. } => executable.is_none(),
                _ => true,
            })
            .map(|(_, path)| path.as_str())
            .collect();
        let present = self.present(operation, base, &unsure).await?;
        let mut entries = Vec::new();
        for (change, path) in changes.iter().zip(&paths) {
            let now = present.get(path);
            match change {
                FileChange::Put {
                    bytes, executable, ..
                } => {
                    let executable =
                        executable.unwrap_or_else(|| now.is_some_and(|present| present.executable));
                    entries.push(TreeEntry {
                        path: path.clone(),
                        mode: if executable { EXECUTABLE } else { FILE },
                        kind: "blob",
                        what: self.what(operation, bytes).await?,
                    });
                }
                FileChange::Delete { .. } => match now {
                    Some(Present { folder: true, .. }) => {
                        let why = "this is a folder, not a file";
                        return Err(self.refuse(operation, place(path, None), why));
                    }
                    Some(_) => entries.push(TreeEntry {
                        path: path.clone(),
                        mode: FILE,
                        kind: "blob",
                        what: What::Sha(None),
                    }),
                    // GitHub refuses to take away what is not there; it is gone as it should be.
                    None => {}
                },
                _ => {
                    let why = "ogr does not know how to make this change on GitHub";
                    return Err(self.error(
                        ErrorKind::Unsupported,
                        operation,
                        place(path, None),
                        why,
                    ));
                }
            }
        }
        Ok(entries)
    }

    /// Text goes with the tree; only what is none needs a request of its own.
    async fn what(&self, operation: Operation, bytes: &Bytes) -> Result<What> {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => Ok(What::Content(text.to_owned())),
            _ => {
                let blob = NewBlob {
                    content: base64::engine::general_purpose::STANDARD.encode(bytes),
                    encoding: "base64",
                };
                let made: Sha = self.make(operation, "blobs", &blob).await?;
                Ok(What::Sha(Some(made.sha)))
            }
        }
    }

    /// Those of the paths that are there, by the tree: one request, unless the tree is too large to come whole.
    async fn present(
        &self,
        operation: Operation,
        tree: &str,
        paths: &[&str],
    ) -> Result<HashMap<String, Present>> {
        let mut present = HashMap::new();
        if paths.is_empty() {
            return Ok(present);
        }
        let nested = paths.iter().any(|path| path.contains('/'));
        let root = self.tree_rows(operation, tree, nested).await?;
        if !root.truncated() {
            present.extend(rows(&root, ""));
            return Ok(present);
        }
        // Folder by folder, each asked for once.
        let mut folders: HashMap<String, TreeWire> = HashMap::new();
        for path in paths {
            let mut tree = tree.to_owned();
            let mut above = String::new();
            loop {
                if !folders.contains_key(&tree) {
                    let rows = self.tree_rows(operation, &tree, false).await?;
                    folders.insert(tree.clone(), rows);
                }
                let folder = &folders[&tree];
                present.extend(rows(folder, &above));
                let rest = &path[above.len()..];
                let Some((name, _)) = rest.split_once('/') else {
                    break;
                };
                let below = folder
                    .tree
                    .iter()
                    .find(|row| row.path == name && row.is_folder())
                    .and_then(|row| row.sha.clone());
                let Some(below) = below else { break };
                above = format!("{above}{name}/");
                tree = below;
            }
        }
        Ok(present)
    }

    async fn new_tree(
        &self,
        operation: Operation,
        base: String,
        entries: Vec<TreeEntry>,
    ) -> Result<String> {
        // GitHub makes no tree of no entries.
        if entries.is_empty() {
            return Ok(base);
        }
        let tree = NewTree {
            base_tree: base,
            tree: entries,
        };
        let made: Sha = self.make(operation, "trees", &tree).await?;
        Ok(made.sha)
    }

    /// Makes a git object. Sent twice it leaves nothing that shows: an object that no branch leads to is none.
    async fn make<B: Serialize, T: serde::de::DeserializeOwned>(
        &self,
        operation: Operation,
        kind: &str,
        body: &B,
    ) -> Result<T> {
        let call = self
            .call(operation, Method::POST, &["git", kind], "")?
            .effect(Effect::Idempotent)
            .json(body)?;
        match self.forge.fetch(call).await {
            Ok(made) => Ok(made),
            Err(error) => Err(self.explain(error, &[]).await),
        }
    }

    async fn move_branch(
        &self,
        operation: Operation,
        branch: &str,
        sha: &str,
        force: bool,
    ) -> Result<()> {
        let mut tail = vec!["git", "refs", "heads"];
        tail.extend(branch.split('/'));
        let call = self
            .call(
                operation,
                Method::PATCH,
                &tail,
                format_args!(" branch {branch}"),
            )?
            .json(&MoveReference { sha, force })?;
        match self.forge.client().send(call).await {
            Ok(_) => Ok(()),
            Err(error) if force && error.is_not_found() => {
                self.create_reference(operation, branch, sha).await
            }
            Err(error) => Err(self.explain(error, &[]).await),
        }
    }
}

fn rows<'a>(tree: &'a TreeWire, above: &'a str) -> impl Iterator<Item = (String, Present)> + 'a {
    tree.tree.iter().map(move |row| {
        let present = Present {
            executable: row.mode.as_deref() == Some(EXECUTABLE),
            folder: row.is_folder(),
        };
        (format!("{above}{}", row.path), present)
    })
}
