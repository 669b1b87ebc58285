//! What differs between two commits.

use super::repository::{GitError, Repository, text};

/// The empty tree: what a root commit is compared with.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// One file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FileChange {
    /// `A` for added, `M` modified, `D` deleted, `R` renamed, `C` copied, `T` of another type.
    pub status: char,
    /// The path after the change; of a deleted file, the path that it had.
    pub path: String,
    /// The path before, if the file was renamed or copied.
    pub old_path: Option<String>,
    /// The blob before; zeros for an added file.
    pub old_sha: String,
    /// The blob after; zeros for a deleted file.
    pub new_sha: String,
    /// The mode before, `000000` for an added file.
    pub old_mode: String,
    /// The mode after, `000000` for a deleted file.
    pub new_mode: String,
    /// Lines added; 0 for a binary file.
    pub additions: u64,
    /// Lines deleted; 0 for a binary file.
    pub deletions: u64,
    /// Whether git takes it for a binary file.
    pub binary: bool,
    /// The file's part of the diff, from its first `@@` on, where it was asked for; empty for a binary file.
    pub patch: Option<String>,
}

impl Repository {
    /// The commit or empty tree that a commit is compared with: its first parent.
    pub(crate) fn before(parents: &[String]) -> &str {
        parents.first().map_or(EMPTY_TREE, String::as_str)
    }

    /// The unified diff from one commit (or tree) to another, as bytes: files need not be UTF-8.
    pub(crate) async fn diff(&self, old: &str, new: &str) -> Result<Vec<u8>, GitError> {
        self.git(&[
            "diff",
            "-M",
            "--no-color",
            "--no-ext-diff",
            "--end-of-options",
            old,
            new,
        ])
        .await
    }

    /// The commits after `old` up to `new` as mails.
    pub(crate) async fn patch(&self, old: &str, new: &str) -> Result<Vec<u8>, GitError> {
        let range = format!("{old}..{new}");
        self.git(&["format-patch", "--stdout", "--no-signature", &range])
            .await
    }

    /// One commit as a mail.
    pub(crate) async fn patch_of(&self, sha: &str) -> Result<Vec<u8>, GitError> {
        self.git(&["format-patch", "--stdout", "--no-signature", "-1", sha])
            .await
    }

    /// The files that differ, in git's order; with `patches` each with its part of the diff.
    pub(crate) async fn changes(
        &self,
        old: &str,
        new: &str,
        patches: bool,
    ) -> Result<Vec<FileChange>, GitError> {
        let args = [
            "diff",
            "-M",
            "--no-abbrev",
            "--raw",
            "--numstat",
            "-z",
            "--end-of-options",
        ];
        let out = self.git(&[&args[..], &[old, new]].concat()).await?;
        let mut changes = parse_changes(&text(&out));
        if patches && !changes.is_empty() {
            let diff = text(&self.diff(old, new).await?);
            // One part a file, in the same order as the raw lines. A line of a file's content never
            // starts with `diff --git`: content lines start with a blank, a plus or a minus.
            let parts = format!("\n{diff}");
            let parts = parts.split("\ndiff --git ").skip(1);
            for (change, part) in changes.iter_mut().zip(parts) {
                let hunks = part.find("\n@@ ").map_or("", |at| &part[at + 1..]);
                change.patch = Some(hunks.trim_end_matches('\n').to_owned());
            }
        }
        Ok(changes)
    }
}

fn parse_changes(out: &str) -> Vec<FileChange> {
    let mut changes: Vec<FileChange> = Vec::new();
    let mut counted = 0;
    let mut tokens = out.split('\0').filter(|token| !token.is_empty());
    while let Some(token) = tokens.next() {
        if let Some(raw) = token.strip_prefix(':') {
            let fields: Vec<&str> = raw.split(' ').collect();
            let [old_mode, new_mode, old_sha, new_sha, status] = fields.as_slice() else {
                continue;
            };
            let status = status.chars().next().unwrap_or('M');
            let first = tokens.next().unwrap_or_default().to_owned();
            let (path, old_path) = if matches!(status, 'R' | 'C') {
                (tokens.next().unwrap_or_default().to_owned(), Some(first))
            } else {
                (first, None)
            };
            changes.push(FileChange {
                status,
                path,
                old_path,
                old_sha: (*old_sha).to_owned(),
                new_sha: (*new_sha).to_owned(),
                old_mode: (*old_mode).to_owned(),
                new_mode: (*new_mode).to_owned(),
                ..FileChange::default()
            });
        } else {
            // `added TAB deleted TAB path`, with the path in two further tokens for a rename.
            let mut fields = token.splitn(3, '\t');
            let (added, deleted) = (fields.next(), fields.next());
            if fields.next().is_none_or(str::is_empty) {
                tokens.next();
                tokens.next();
            }
            if let Some(change) = changes.get_mut(counted) {
                change.binary = added == Some("-");
                change.additions = added.and_then(|n| n.parse().ok()).unwrap_or(0);
                change.deletions = deleted.and_then(|n| n.parse().ok()).unwrap_or(0);
            }
            counted += 1;
        }
    }
    changes
}
