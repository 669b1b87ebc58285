//! Commits and histories.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, Utc};

use super::repository::{GitError, Repository, text};

/// What is asked of `git log`: fields end in \x1f.
const FORMAT: &str = "--format=%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%cn%x1f%ce%x1f%cI%x1f%B";

/// Who, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signature {
    /// The name as git has it.
    pub name: String,
    /// The mail address as git has it.
    pub email: String,
    /// The time, in the offset in which it was written.
    pub at: DateTime<FixedOffset>,
}

impl Signature {
    /// A signature of this moment, written in UTC.
    pub(crate) fn new(name: &str, email: &str, at: DateTime<Utc>) -> Self {
        Self {
            name: name.to_owned(),
            email: email.to_owned(),
            at: at.fixed_offset(),
        }
    }

    /// The time in git's own notation.
    pub(crate) fn git_date(&self) -> String {
        format!("{} {}", self.at.timestamp(), self.at.format("%z"))
    }
}

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitInfo {
    /// Its object name.
    pub sha: String,
    /// The object name of its tree.
    pub tree: String,
    /// Its parents, first one first; none for a root commit.
    pub parents: Vec<String>,
    /// Who wrote it.
    pub author: Signature,
    /// Who committed it.
    pub committer: Signature,
    /// The whole message, without trailing newlines.
    pub message: String,
}

impl CommitInfo {
    /// The first line of the message.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// Which commits of a history.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LogQuery<'a> {
    /// Leave out what this commit reaches.
    pub without: Option<&'a str>,
    /// Only commits that touched this path.
    pub path: Option<&'a str>,
    /// Only commits whose author's name or address contains this.
    pub author: Option<&'a str>,
    /// Only commits not older than this, in any form that git reads.
    pub since: Option<&'a str>,
    /// Only commits not younger than this, in any form that git reads.
    pub until: Option<&'a str>,
    /// All that any branch or tag reaches, beside what the given commit does.
    pub everywhere: bool,
    /// Follow first parents only.
    pub first_parent: bool,
    /// Oldest first, in the order of the history.
    pub oldest_first: bool,
    /// Leave out so many of the commits found.
    pub skip: usize,
    /// At most so many; all when `None`.
    pub limit: Option<usize>,
}

impl LogQuery<'_> {
    fn arguments(&self, from: &str) -> Vec<String> {
        let mut args = Vec::new();
        if let Some(author) = self.author {
            args.push("--fixed-strings".to_owned());
            args.push(format!("--author={author}"));
        }
        if let Some(since) = self.since {
            args.push(format!("--since={since}"));
        }
        if let Some(until) = self.until {
            args.push(format!("--until={until}"));
        }
        if self.everywhere {
            args.push("--branches".to_owned());
            args.push("--tags".to_owned());
        }
        if self.first_parent {
            args.push("--first-parent".to_owned());
        }
        args.push("--end-of-options".to_owned());
        args.push(from.to_owned());
        if let Some(without) = self.without {
            args.push(format!("^{without}"));
        }
        if let Some(path) = self.path.filter(|path| !path.is_empty()) {
            args.push("--".to_owned());
            args.push(path.to_owned());
        }
        args
    }
}

impl Repository {
    /// One commit; `None` if there is no such commit here.
    pub(crate) async fn commit(&self, sha: &str) -> Result<Option<CommitInfo>, GitError> {
        if !self.has(sha).await? {
            return Ok(None);
        }
        let query = LogQuery {
            limit: Some(1),
            ..LogQuery::default()
        };
        Ok(self.log(sha, &query).await?.into_iter().next())
    }

    /// Several commits in one run, by their full object names; those that are not here are left out.
    pub(crate) async fn commits(
        &self,
        shas: &[&str],
    ) -> Result<HashMap<String, CommitInfo>, GitError> {
        if shas.is_empty() {
            return Ok(HashMap::new());
        }
        let mut input = shas.join("\n");
        input.push('\n');
        let args = [
            "log",
            "-z",
            FORMAT,
            "--no-walk=unsorted",
            "--ignore-missing",
            "--stdin",
        ];
        let out = text(&self.git_with(&args, Some(input.as_bytes()), &[]).await?);
        let commits = out.split('\0').filter_map(parse_commit);
        Ok(commits.map(|commit| (commit.sha.clone(), commit)).collect())
    }

    /// The commits that a commit reaches, as asked for.
    pub(crate) async fn log(
        &self,
        from: &str,
        query: &LogQuery<'_>,
    ) -> Result<Vec<CommitInfo>, GitError> {
        let mut args = vec!["log".to_owned(), "-z".to_owned(), FORMAT.to_owned()];
        if query.oldest_first {
            // git cuts before it reverses, so the cutting is left to the rows below.
            args.push("--topo-order".to_owned());
            args.push("--reverse".to_owned());
        } else {
            args.push(format!("--skip={}", query.skip));
            if let Some(limit) = query.limit {
                args.push(format!("--max-count={limit}"));
            }
        }
        args.extend(query.arguments(from));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let out = text(&self.git(&args).await?);
        let rows = out.split('\0').filter_map(parse_commit);
        Ok(if query.oldest_first {
            let limit = query.limit.unwrap_or(usize::MAX);
            rows.skip(query.skip).take(limit).collect()
        } else {
            rows.collect()
        })
    }

    /// How many commits such a log has in all, skip and limit aside.
    pub(crate) async fn log_count(
        &self,
        from: &str,
        query: &LogQuery<'_>,
    ) -> Result<usize, GitError> {
        let mut args = vec!["rev-list".to_owned(), "--count".to_owned()];
        args.extend(query.arguments(from));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let out = text(&self.git(&args).await?);
        Ok(out.trim().parse().unwrap_or(0))
    }
}

fn parse_commit(record: &str) -> Option<CommitInfo> {
    let fields: Vec<&str> = record.splitn(10, '\u{1f}').collect();
    let [sha, tree, parents, an, ae, at, cn, ce, ct, message] = fields.as_slice() else {
        return None;
    };
    let signature = |name: &str, email: &str, at: &str| {
        Some(Signature {
            name: name.to_owned(),
            email: email.to_owned(),
            at: DateTime::parse_from_rfc3339(at).ok()?,
        })
    };
    Some(CommitInfo {
        sha: (*sha).to_owned(),
        tree: (*tree).to_owned(),
        parents: parents.split_whitespace().map(str::to_owned).collect(),
        author: signature(an, ae, at)?,
        committer: signature(cn, ce, ct)?,
        message: message.trim_end_matches('\n').to_owned(),
    })
}
