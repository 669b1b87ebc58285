//! Commits: what they say and what they change.

use serde_json::json;

use super::call::Call;
use super::objects::{Named, branch_or_hash, by_hash, whole_message};
use super::problem::Problem;
use super::view::reply;
use super::{Answer, Place};
use crate::dialect::{Answered, Response, bytes};
use crate::git::{CommitInfo, Repository};
use crate::state::ProjectId;

impl Call<'_> {
    /// The project on a page of the site, where tokens are not looked at.
    pub(super) fn web_project(&self, place: &Place<'_>) -> Result<ProjectId, Problem> {
        let missing = |_| Problem::Missing("Project not found");
        self.project(place).map_err(missing)
    }
}

/// `GET c/<sha>/info`.
pub(super) async fn info(call: &Call<'_>, place: &Place<'_>, hash: &str) -> Answer {
    let missing = || Problem::new(404, "ENOCOMMIT");
    let id = call.project(place)?;
    let repository = call.repository(id).await?;
    let sha = match by_hash(&repository, hash).await? {
        Named::Object { sha, kind } if kind == "commit" => sha,
        _ => return Err(missing()),
    };
    let commit = repository.commit(&sha).await?.ok_or_else(missing)?;
    let body = json!({
        "author": commit.author.name,
        "committer": commit.committer.name,
        "commit_time": commit.committer.at.timestamp(),
        "commit_time_offset": commit.committer.at.offset().local_minus_utc() / 60,
        "hash": commit.sha,
        "message": whole_message(&repository, &sha).await?,
        "parent_ids": commit.parents,
        "tree_id": commit.tree,
    });
    Ok(reply(200, &body))
}

async fn commit(repository: &Repository, hash: &str) -> Result<CommitInfo, Problem> {
    let missing = || Problem::Missing("Commit not found");
    match by_hash(repository, hash).await? {
        Named::Object { sha, kind } if kind == "commit" => {
            repository.commit(&sha).await?.ok_or_else(missing)
        }
        Named::Object { .. } => Err(Problem::Fatal),
        _ => Err(missing()),
    }
}

/// `GET c/<sha>.patch`, on the site.
pub(super) async fn patch(call: &Call<'_>, place: &Place<'_>, hash: &str) -> Answer {
    let id = call.web_project(place)?;
    let repository = call.repository(id).await?;
    let commit = commit(&repository, hash).await?;
    Ok(plain(patches(&repository, &[commit]).await?))
}

/// `GET c/<sha>.diff`, on the site.
pub(super) async fn diff(call: &Call<'_>, place: &Place<'_>, hash: &str) -> Answer {
    let id = call.web_project(place)?;
    let repository = call.repository(id).await?;
    let commit = commit(&repository, hash).await?;
    Ok(plain(diffs(&repository, &[commit]).await?))
}

/// `GET raw/<ref>`, on the site: what the commit changed.
pub(super) async fn raw_diff(call: &Call<'_>, place: &Place<'_>, reference: &str) -> Answer {
    let id = call.web_project(place)?;
    let repository = call.repository(id).await?;
    let Named::Object { sha, kind } = branch_or_hash(&repository, reference).await? else {
        return Err(Problem::Missing("Branch not found"));
    };
    if kind != "commit" {
        return Err(Problem::Fatal);
    }
    let commit = repository.commit(&sha).await?.ok_or(Problem::Fatal)?;
    let diff = changes(&repository, &commit).await?;
    if diff.is_empty() {
        return Err(Problem::Missing("No content found"));
    }
    let (kind, _) = super::contents::content_type("", &diff);
    Ok(bytes(200, &kind, diff).with("x-content-type-options", "nosniff"))
}

/// Text without a blank before its charset, as only these pages have it.
pub(super) fn plain(text: Vec<u8>) -> Response {
    bytes(200, "text/plain;charset=UTF-8", text)
}

/// What a commit changed, renames told as deletions and additions.
async fn changes(repository: &Repository, commit: &CommitInfo) -> Result<Vec<u8>, Problem> {
    let args = [
        "diff",
        "--no-renames",
        "--no-color",
        "--no-ext-diff",
        "--end-of-options",
        Repository::before(&commit.parents),
        &commit.sha,
    ];
    Ok(as_libgit2(&repository.git(&args).await?))
}

/// A diff of git's as libgit2 writes it: of files that are empty it names both sides, and behind names with
/// blanks there is no tab.
fn as_libgit2(diff: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(diff.len());
    let mut part: Vec<&[u8]> = Vec::new();
    for line in diff.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"diff --git ") {
            finish(&mut whole, &part);
            part.clear();
        }
        part.push(line);
    }
    finish(&mut whole, &part);
    whole
}

/// Adds the part of one file.
fn finish(whole: &mut Vec<u8>, part: &[&[u8]]) {
    let mut in_head = true;
    for line in part {
        in_head &= !line.starts_with(b"@@ ");
        match line.strip_suffix(b"\t\n") {
            // Git marks the end of names with blanks in them.
            Some(line) if in_head => whole.extend([line, b"\n"].concat()),
            _ => whole.extend_from_slice(line),
        }
    }
    let [head, mode, index] = part else {
        return;
    };
    let Some(names) = head.strip_prefix(b"diff --git ") else {
        return;
    };
    // Without renames both names are of the same length, quoted or not.
    let (old, new) = names.trim_ascii_end().split_at(names.len() / 2 - 1);
    let new = new.trim_ascii_start();
    let sides: [&[u8]; 4] = if !index.starts_with(b"index ") {
        return;
    } else if mode.starts_with(b"new file") {
        [b"--- /dev/null\n+++ ", new, b"\n", b""]
    } else if mode.starts_with(b"deleted file") {
        [b"--- ", old, b"\n", b"+++ /dev/null\n"]
    } else {
        return;
    };
    whole.extend(sides.concat());
}

/// The changes of commits one after the other, not summed up.
pub(super) async fn diffs(
    repository: &Repository,
    commits: &[CommitInfo],
) -> Result<Vec<u8>, Problem> {
    let mut whole = Vec::new();
    for commit in commits {
        whole.extend(changes(repository, commit).await?);
    }
    Ok(whole)
}

/// Commits as mails of Pagure's own kind, oldest first. Those that change nothing are left out.
pub(super) async fn patches(
    repository: &Repository,
    commits: &[CommitInfo],
) -> Result<Vec<u8>, Problem> {
    let mut whole = Vec::new();
    for (n, commit) in commits.iter().enumerate() {
        let diff = changes(repository, commit).await?;
        if diff.is_empty() {
            continue;
        }
        let message = whole_message(repository, &commit.sha).await?;
        let (subject, text) = message.split_once('\n').unwrap_or((&message, ""));
        let count = if commits.len() > 1 {
            format!("[PATCH {}/{}] ", n + 1, commits.len())
        } else {
            String::new()
        };
        let date = commit.committer.at.to_utc();
        let head = format!(
            "From {} Mon Sep 17 00:00:00 2001\nFrom: {} <{}>\nDate: {}\nSubject: {count}{subject}\n\n{text}\n---\n\n",
            commit.sha,
            commit.author.name,
            commit.author.email,
            date.format("%b %d %Y %H:%M:%S +0000"),
        );
        whole.extend(head.into_bytes());
        whole.extend(diff);
        whole.push(b'\n');
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::as_libgit2;

    #[test]
    fn empty_files_have_both_sides_and_names_no_tabs() {
        let head = "diff --git a/x y b/x y\nnew file mode 100644\nindex 0000000..e69de29\n";
        let other =
            "diff --git a/z b/z\nindex 1..2 100644\n--- a/z\n+++ b/z\n@@ -1 +1 @@\n-a\n+b\n";
        let diff = format!("{head}{other}");
        let expected = format!("{head}--- /dev/null\n+++ b/x y\n{other}");
        assert_eq!(as_libgit2(diff.as_bytes()), expected.into_bytes());
        let gone = "diff --git \"a/\\305\" \"b/\\305\"\ndeleted file mode 100644\nindex e69de29..0000000\n";
        let expected = format!("{gone}--- \"a/\\305\"\n+++ /dev/null\n");
        assert_eq!(as_libgit2(gone.as_bytes()), expected.into_bytes());
        let tab =
            "diff --git a/x y b/x y\nindex 1..2\n--- a/x y\t\n+++ b/x y\t\n@@ -1 +1 @@\n--- z\t\n";
        let expected = tab.replacen("\t\n", "\n", 2);
        assert_eq!(as_libgit2(tab.as_bytes()), expected.into_bytes());
    }
}
