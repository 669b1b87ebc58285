//! Making commits from files.

use bytes::Bytes;

use super::repository::{GitError, Repository, text};
use super::{Signature, ZERO_SHA};

/// What happens to one path in a commit.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    pub(crate) path: String,
    pub(crate) action: FileAction,
}

/// The kinds of change.
#[derive(Debug, Clone)]
pub(crate) enum FileAction {
    /// The path holds this content afterwards. Mode: `100644`, `100755` or `120000`.
    Write { content: Bytes, mode: &'static str },
    /// The path holds this object afterwards: a move, a change of mode, a submodule, a whole tree.
    Object { sha: String, mode: String },
    /// The path, file or folder, is gone afterwards.
    Delete,
}

impl Edit {
    /// A plain file.
    pub(crate) fn write(path: &str, content: impl Into<Bytes>) -> Self {
        Self {
            path: path.to_owned(),
            action: FileAction::Write {
                content: content.into(),
                mode: "100644",
            },
        }
    }

    pub(crate) fn delete(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            action: FileAction::Delete,
        }
    }
}

/// A commit to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewCommit<'a> {
    /// The commit to build on; `None` makes a root commit.
    pub(crate) parent: Option<&'a str>,
    pub(crate) edits: &'a [Edit],
    pub(crate) message: &'a str,
    pub(crate) author: &'a Signature,
    pub(crate) committer: &'a Signature,
}

impl Repository {
    /// Makes a commit that no ref names yet. It may change nothing: the forges allow that.
    pub(crate) async fn commit_files(&self, new: &NewCommit<'_>) -> Result<String, GitError> {
        // One run of fast-import, however many files. It insists on naming the commit, so it gets a
        // name of its own that is taken away again.
        static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("refs/ogr-mock/new-{}-{count}", std::process::id());

        let mut stream = Vec::new();
        stream.extend_from_slice(format!("commit {name}\nmark :1\n").as_bytes());
        for (role, who) in [("author", new.author), ("committer", new.committer)] {
            let line = format!(
                "{role} {} <{}> {}\n",
                one_line(&who.name),
                one_line(&who.email),
                who.git_date()
            );
            stream.extend_from_slice(line.as_bytes());
        }
        data(&mut stream, with_newline(new.message).as_bytes());
        if let Some(parent) = new.parent {
            stream.extend_from_slice(format!("from {parent}\n").as_bytes());
        }
        for edit in new.edits {
            let path = quoted(&edit.path);
            match &edit.action {
                FileAction::Write { content, mode } => {
                    stream.extend_from_slice(format!("M {mode} inline {path}\n").as_bytes());
                    data(&mut stream, content);
                }
                FileAction::Object { sha, mode } => {
                    stream.extend_from_slice(format!("M {mode} {sha} {path}\n").as_bytes());
                }
                FileAction::Delete => stream.extend_from_slice(format!("D {path}\n").as_bytes()),
            }
        }
        stream.extend_from_slice(b"\nget-mark :1\ndone\n");
        let args = [
            "fast-import",
            "--quiet",
            "--done",
            "--date-format=raw-permissive",
        ];
        let out = self.git_with(&args, Some(&stream), &[]).await?;
        let sha = text(&out).trim().to_owned();
        self.git(&["update-ref", "-d", &name]).await?;
        Ok(sha)
    }

    /// Builds a tree from another one (or nothing) and tells its name.
    pub(crate) async fn write_tree(
        &self,
        base: Option<&str>,
        edits: &[Edit],
        now: &Signature,
    ) -> Result<String, GitError> {
        // A commit of the tree does for a base: fast-import knows commits, not trees.
        let parent = match base {
            Some(tree) => Some(self.commit_tree(tree, &[], "base", now, now).await?),
            None => None,
        };
        let commit = self
            .commit_files(&NewCommit {
                parent: parent.as_deref(),
                edits,
                message: "tree",
                author: now,
                committer: now,
            })
            .await?;
        let tree = format!("{commit}^{{tree}}");
        let out = self.git(&["rev-parse", "--verify", &tree]).await?;
        Ok(text(&out).trim().to_owned())
    }

    /// Makes a commit of a tree that is here already.
    pub(crate) async fn commit_tree(
        &self,
        tree: &str,
        parents: &[&str],
        message: &str,
        author: &Signature,
        committer: &Signature,
    ) -> Result<String, GitError> {
        let mut args = vec!["commit-tree", tree];
        for parent in parents {
            args.extend(["-p", parent]);
        }
        let (authored, committed) = (author.git_date(), committer.git_date());
        let env = [
            ("GIT_AUTHOR_NAME", author.name.as_str()),
            ("GIT_AUTHOR_EMAIL", &author.email),
            ("GIT_AUTHOR_DATE", &authored),
            ("GIT_COMMITTER_NAME", &committer.name),
            ("GIT_COMMITTER_EMAIL", &committer.email),
            ("GIT_COMMITTER_DATE", &committed),
        ];
        let message = with_newline(message);
        let out = self.git_with(&args, Some(message.as_bytes()), &env).await?;
        Ok(text(&out).trim().to_owned())
    }

    /// Makes a branch point at a commit. With `expected` the branch must point there now, or be absent for `Some(None)`.
    pub(crate) async fn move_branch(
        &self,
        branch: &str,
        sha: &str,
        expected: Option<Option<&str>>,
    ) -> Result<(), GitError> {
        let expected = expected.map(|old| old.unwrap_or(ZERO_SHA));
        self.update_ref(&format!("refs/heads/{branch}"), sha, expected)
            .await
    }
}

fn data(stream: &mut Vec<u8>, bytes: &[u8]) {
    stream.extend_from_slice(format!("data {}\n", bytes.len()).as_bytes());
    stream.extend_from_slice(bytes);
    stream.push(b'\n');
}

fn with_newline(message: &str) -> String {
    format!("{}\n", message.trim_end_matches('\n'))
}

/// Names of people may hold what would end a header line.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r', '<', '>', '\0'], " ")
}

fn quoted(path: &str) -> String {
    let escaped = path
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}
