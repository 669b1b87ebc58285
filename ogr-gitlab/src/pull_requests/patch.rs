//! A merge request as a mailbox of patches.
//!
//! The address that people use (`….patch`) takes no token, and the API has none. So the mailbox is written here, from
//! what the API tells of each commit, in the form of `git format-patch`.

use std::fmt::Write;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::Method;
use ogr_core::{Commit, Error, ErrorKind, Operation, Result, Signature};

use crate::{paging, project::GitLabProject, wire::DiffRow};

const OPERATION: Operation = Operation::PullRequestsPatch;

pub(super) async fn patch(project: &GitLabProject, number: u64) -> Result<Bytes> {
    project.gitlab.require(OPERATION)?;
    let refuse = |kind, why: &str| {
        let error = project.locate(Error::new(kind, why), OPERATION);
        error.with_resource(project.numbered(number))
    };
    let row = project.pull_row(OPERATION, number).await?;
    let refs = row.diff_refs.map(|refs| (refs.base_sha, refs.head_sha));
    let Some((Some(base), Some(head))) = refs else {
        return Err(refuse(
            ErrorKind::NotReady,
            "GitLab does not tell yet which commits are in it",
        ));
    };
    // The commits of the merge request itself come without their parents in older versions.
    let commits = project.comparison(OPERATION, &base, &head).await?.commits;
    let commits: Vec<Commit> = commits
        .into_iter()
        .filter(|commit| {
            commit
                .parents
                .as_ref()
                .is_none_or(|parents| parents.len() < 2)
        })
        .collect();
    let width = project.gitlab.client.config().reads.max(1);
    let shas: Vec<String> = commits.iter().map(|commit| commit.sha.clone()).collect();
    let diffs: Vec<Vec<DiffRow>> = stream::iter(shas)
        .map(|sha| diff(project, number, sha))
        .buffered(width)
        .try_collect()
        .await?;
    let count = commits.len();
    let mut mailbox = String::new();
    for (index, (commit, diff)) in commits.iter().zip(&diffs).enumerate() {
        letter(&mut mailbox, commit, index + 1, count);
        for file in diff {
            if file.is_binary() {
                return Err(refuse(
                    ErrorKind::Unsupported,
                    "a binary file is in it, which the API does not give: fetch the head with git",
                ));
            }
            if file.is_cut() {
                return Err(refuse(
                    ErrorKind::TooLarge,
                    "GitLab leaves out a file that changes too much: fetch the head with git",
                ));
            }
            part(&mut mailbox, file);
        }
        mailbox.push_str("-- \nogr\n\n");
    }
    Ok(mailbox.into())
}

async fn diff(project: &GitLabProject, number: u64, sha: String) -> Result<Vec<DiffRow>> {
    let first = project
        .own(
            OPERATION,
            Method::GET,
            &["repository", "commits", &sha, "diff"],
        )
        .map(|call| call.resource(project.numbered(number)));
    paging::numbered(
        &project.gitlab.client,
        first,
        |row: DiffRow| Ok(Some(row)),
        |row| format!("{:?} {:?}", row.old_path, row.new_path),
    )
    .collect_all()
    .await
}

/// Head and text of a letter. Writing to a text cannot fail.
fn letter(mailbox: &mut String, commit: &Commit, number: usize, count: usize) {
    let message = commit.message.as_deref().unwrap_or_default().trim();
    let (subject, body) = message.split_once("\n\n").unwrap_or((message, ""));
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let place = if count > 1 {
        format!(" {number:0width$}/{count}", width = count.to_string().len())
    } else {
        String::new()
    };
    let _ = writeln!(mailbox, "From {} Mon Sep 17 00:00:00 2001", commit.sha);
    if let Some(author) = &commit.author {
        let _ = writeln!(mailbox, "From: {}", address(author));
        if let Some(date) = author.date {
            let _ = writeln!(mailbox, "Date: {}", date.to_rfc2822());
        }
    }
    let _ = writeln!(mailbox, "Subject: [PATCH{place}] {subject}\n");
    let body = body.trim();
    if !body.is_empty() {
        let _ = writeln!(mailbox, "{body}");
    }
    mailbox.push_str("---\n\n");
}

/// `Name <mail>`, with the name in quotes where a mail program would trip over it.
fn address(author: &Signature) -> String {
    let clean = |text: &str| -> String { text.chars().filter(|c| !c.is_control()).collect() };
    let (name, email) = (clean(&author.name), clean(&author.email));
    if name.contains(|c| "()<>[]:;@\\,.\"".contains(c)) {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{quoted}\" <{email}>")
    } else {
        format!("{name} <{email}>")
    }
}

/// The change of one file.
fn part(mailbox: &mut String, file: &DiffRow) {
    let old = file.old_path.as_deref().or(file.new_path.as_deref());
    let new = file.new_path.as_deref().or(file.old_path.as_deref());
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let (a, b) = (quoted("a/", old), quoted("b/", new));
    let _ = writeln!(mailbox, "diff --git {a} {b}");
    let mode = |mode: &Option<String>| mode.clone().unwrap_or_else(|| "100644".to_owned());
    if file.is_new() {
        let _ = writeln!(mailbox, "new file mode {}", mode(&file.b_mode));
    } else if file.is_deleted() {
        let _ = writeln!(mailbox, "deleted file mode {}", mode(&file.a_mode));
    } else {
        if let (Some(before), Some(after)) = (&file.a_mode, &file.b_mode)
            && before != after
        {
            let _ = writeln!(mailbox, "old mode {before}\nnew mode {after}");
        }
        if file.is_renamed() {
            let (old, new) = (quoted("", old), quoted("", new));
            let _ = writeln!(mailbox, "rename from {old}\nrename to {new}");
        }
    }
    let hunks = file.hunks();
    if hunks.is_empty() {
        return;
    }
    let a = if file.is_new() { "/dev/null" } else { &a };
    let b = if file.is_deleted() { "/dev/null" } else { &b };
    let _ = writeln!(
        mailbox,
        "--- {a}\n+++ {b}\n{}",
        hunks.trim_end_matches('\n')
    );
}

/// A path as git writes it: in quotes where it has quotes or control characters in it.
fn quoted(prefix: &str, path: &str) -> String {
    if !path.contains(|c: char| c == '"' || c == '\\' || c.is_control()) {
        return format!("{prefix}{path}");
    }
    let mut text = format!("\"{prefix}");
    for c in path.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(text, "\\{:03o}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(value: serde_json::Value) -> String {
        let row: DiffRow = serde_json::from_value(value).unwrap();
        let mut text = String::new();
        part(&mut text, &row);
        text
    }

    #[test]
    fn files_are_written_as_git_writes_them() {
        assert_eq!(
            file(
                json!({"old_path": "x", "new_path": "x", "a_mode": "0", "b_mode": "100755", "new_file": true,
                        "diff": "@@ -0,0 +1 @@\n+hi\n"})
            ),
            "diff --git a/x b/x\nnew file mode 100755\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+hi\n"
        );
        assert_eq!(
            file(
                json!({"old_path": "x", "new_path": "y", "a_mode": "100644", "b_mode": "100755",
                        "renamed_file": true, "diff": ""})
            ),
            "diff --git a/x b/y\nold mode 100644\nnew mode 100755\nrename from x\nrename to y\n"
        );
        assert_eq!(
            file(
                json!({"old_path": "x\t\"", "new_path": "x\t\"", "a_mode": "100644", "b_mode": "0",
                        "deleted_file": true, "diff": "@@ -1 +0,0 @@\n-hi"})
            ),
            "diff --git \"a/x\\t\\\"\" \"b/x\\t\\\"\"\ndeleted file mode 100644\n--- \"a/x\\t\\\"\"\n+++ /dev/null\n@@ -1 +0,0 @@\n-hi\n"
        );
    }

    #[test]
    fn letters_have_a_head_and_a_text() {
        let mut commit = Commit::new("abc");
        commit.message = Some("Fix\nthis\n\nBecause.\n".into());
        commit.author = Some(Signature::new("J. R. \"Bob\" D\n", "bob@example.org"));
        let mut text = String::new();
        letter(&mut text, &commit, 2, 10);
        assert_eq!(
            text,
            "From abc Mon Sep 17 00:00:00 2001\nFrom: \"J. R. \\\"Bob\\\" D\" <bob@example.org>\n\
             Subject: [PATCH 02/10] Fix this\n\nBecause.\n---\n\n"
        );
    }
}
