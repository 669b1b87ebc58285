//! Branches, tags and commits.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::Method;
use ogr_core::{
    Branch, ChangedFile, Commit, Comparison, Error, ErrorKind, FileStatus, Listing, Operation,
    Outcome, Refs, Result, Signature, Tag,
    http::{Effect, Paging, array},
};
use serde::{Deserialize, Serialize};

use crate::{GitHubProject, dialect::EMPTY, forge::PAGE, wire::time};

#[derive(Debug, Deserialize)]
pub(crate) struct Sha {
    pub(crate) sha: String,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
    commit: Sha,
    protected: Option<bool>,
}

/// A ref of git's own API.
#[derive(Debug, Deserialize)]
pub(crate) struct Reference {
    pub(crate) object: Sha,
}

#[derive(Debug, Deserialize)]
struct Person {
    name: Option<String>,
    email: Option<String>,
    #[serde(default, deserialize_with = "time")]
    date: Option<DateTime<Utc>>,
}

impl From<Person> for Signature {
    fn from(wire: Person) -> Self {
        let mut signature = Signature::new(
            wire.name.unwrap_or_default(),
            wire.email.unwrap_or_default(),
        );
        signature.date = wire.date;
        signature
    }
}

/// A commit as the commits API gives it: git's part lies one level down.
#[derive(Debug, Deserialize)]
pub(crate) struct CommitRow {
    sha: String,
    html_url: Option<String>,
    commit: Option<GitPart>,
    parents: Option<Vec<Sha>>,
}

/// What git itself says of a commit.
#[derive(Debug, Deserialize)]
struct GitPart {
    message: Option<String>,
    author: Option<Person>,
    committer: Option<Person>,
    tree: Option<Sha>,
}

/// A commit as git's own API gives it.
#[derive(Debug, Deserialize)]
pub(crate) struct GitCommit {
    sha: String,
    html_url: Option<String>,
    parents: Option<Vec<Sha>>,
    #[serde(flatten)]
    git: GitPart,
}

impl CommitRow {
    pub(crate) fn sha(&self) -> &str {
        &self.sha
    }

    /// The name of its tree.
    pub(crate) fn tree(&self) -> Option<&str> {
        Some(&self.commit.as_ref()?.tree.as_ref()?.sha)
    }
}

impl From<CommitRow> for Commit {
    fn from(wire: CommitRow) -> Self {
        commit(wire.sha, wire.html_url, wire.parents, wire.commit)
    }
}

impl From<GitCommit> for Commit {
    fn from(wire: GitCommit) -> Self {
        commit(wire.sha, wire.html_url, wire.parents, Some(wire.git))
    }
}

fn commit(
    sha: String,
    web_url: Option<String>,
    parents: Option<Vec<Sha>>,
    git: Option<GitPart>,
) -> Commit {
    let mut commit = Commit::new(sha);
    commit.web_url = web_url;
    commit.parents = parents.map(|parents| parents.into_iter().map(|parent| parent.sha).collect());
    if let Some(git) = git {
        commit.message = git.message;
        commit.author = git.author.map(Signature::from);
        commit.committer = git.committer.map(Signature::from);
    }
    commit
}

#[derive(Debug, Deserialize)]
pub(crate) struct FileRow {
    filename: String,
    previous_filename: Option<String>,
    status: Option<String>,
    additions: Option<u64>,
    deletions: Option<u64>,
}

impl From<FileRow> for ChangedFile {
    fn from(wire: FileRow) -> Self {
        let status = match wire.status.as_deref().unwrap_or_default() {
            "added" | "copied" => FileStatus::Added,
            // "changed": the mode, and not the content.
            "modified" | "changed" => FileStatus::Modified,
            "removed" => FileStatus::Removed,
            "renamed" => FileStatus::Renamed,
            other => FileStatus::Other(other.to_owned()),
        };
        let mut file = ChangedFile::new(wire.filename, status);
        file.previous_path = wire.previous_filename;
        file.additions = wire.additions;
        file.deletions = wire.deletions;
        file
    }
}

#[derive(Debug, Deserialize)]
struct ComparisonWire {
    ahead_by: Option<u64>,
    behind_by: Option<u64>,
    commits: Option<Vec<CommitRow>>,
    files: Option<Vec<FileRow>>,
    merge_base_commit: Option<Sha>,
}

#[derive(Serialize)]
struct NewReference<'a> {
    #[serde(rename = "ref")]
    name: &'a str,
    sha: &'a str,
}

#[async_trait]
impl Refs for GitHubProject {
    /// One request; a second one where the project may be empty, since GitHub names a branch for those too.
    async fn default_branch(&self) -> Result<Option<String>> {
        let repository = self.repository(Operation::ProjectsGet).await?;
        let Some(name) = repository.default_branch else {
            return Ok(None);
        };
        if repository.size != Some(0) {
            return Ok(Some(name));
        }
        match self.tip(Operation::ProjectsGet, &name).await {
            Ok(_) => Ok(Some(name)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn branches(&self) -> Listing<Branch> {
        let call = self.get_call(Operation::RefsBranches, &["branches"], "");
        Listing::or_failed(call.map(|call| {
            self.forge.client().listing(
                call.query("per_page", PAGE),
                Paging::Link,
                |reply| {
                    array(reply, |row: Named| {
                        let mut branch = Branch::new(row.name, row.commit.sha);
                        branch.protected = row.protected;
                        Ok(Some(branch))
                    })
                },
                |branch: &Branch| branch.name.clone(),
            )
        }))
    }

    /// Whether it is protected is not told: that comes with an address that follows renamed branches, and answers for
    /// another branch than was asked for.
    async fn branch(&self, name: &str) -> Result<Branch> {
        let sha = self.tip(Operation::RefsBranch, name).await?;
        Ok(Branch::new(name, sha))
    }

    fn tags(&self) -> Listing<Tag> {
        let call = self.get_call(Operation::RefsTags, &["tags"], "");
        Listing::or_failed(call.map(|call| {
            self.forge.client().listing(
                call.query("per_page", PAGE),
                Paging::Link,
                |reply| {
                    array(reply, |row: Named| {
                        Ok(Some(Tag::new(row.name, row.commit.sha)))
                    })
                },
                |tag: &Tag| tag.name.clone(),
            )
        }))
    }

    async fn tag(&self, name: &str) -> Result<Tag> {
        // Asked for its commit, GitHub follows a tag object to what it stands for, in one request.
        let reference = format!("tags/{name}");
        let call = self
            .get_call(
                Operation::RefsTag,
                &["commits", &reference],
                format_args!(" tag {name}"),
            )?
            .bytes()
            .accept("application/vnd.github.sha");
        let reply = self.forge.client().send(call).await?;
        let sha = std::str::from_utf8(&reply.body).unwrap_or_default().trim();
        if sha.is_empty() || !sha.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let error = reply.unreadable("the name of a commit was due");
            return Err(self.forge.client().locate(error));
        }
        Ok(Tag::new(name, sha))
    }

    fn commits(&self, reference: &str) -> Listing<Commit> {
        let call = self.get_call(
            Operation::RefsCommits,
            &["commits"],
            format_args!("@{reference}"),
        );
        Listing::or_failed(call.map(|call| {
            self.forge.client().listing(
                call.query("sha", reference).query("per_page", PAGE),
                Paging::Link,
                |reply| array(reply, |row: CommitRow| Ok(Some(Commit::from(row)))),
                |commit: &Commit| commit.sha.clone(),
            )
        }))
    }

    async fn commit(&self, sha: &str) -> Result<Commit> {
        let row = self
            .commit_row(Operation::RefsCommit, sha, format!("@{sha}"))
            .await?;
        Ok(row.into())
    }

    async fn create_branch(&self, name: &str, from: &str) -> Result<Branch> {
        let operation = Operation::RefsCreateBranch;
        let sha = if is_full_sha(from) {
            from.to_owned()
        } else {
            self.tip(operation, from).await?
        };
        match self.create_reference(operation, name, &sha).await {
            Ok(()) => Ok(Branch::new(name, sha)),
            // GitHub says this of the commit that the branch shall point at.
            Err(error) if error.is_not_found() && error.status() == Some(422) => {
                Err(error.with_resource(format!("{}@{sha}", self.path)))
            }
            Err(error) => Err(error),
        }
    }

    /// GitHub's answer holds up to 250 commits and 300 files.
    async fn compare(&self, base: &str, head: &str) -> Result<Comparison> {
        let range = format!("{base}...{head}");
        let call = self.get_call(
            Operation::RefsCompare,
            &["compare", &range],
            format_args!(" {range}"),
        )?;
        let wire: ComparisonWire = self.forge.fetch(call).await?;
        let mut comparison = Comparison::default();
        comparison.commits = wire
            .commits
            .unwrap_or_default()
            .into_iter()
            .map(Commit::from)
            .collect();
        comparison.ahead_by = wire.ahead_by;
        comparison.behind_by = wire.behind_by;
        comparison.files = wire
            .files
            .map(|files| files.into_iter().map(ChangedFile::from).collect());
        comparison.merge_base = wire.merge_base_commit.map(|commit| commit.sha);
        Ok(comparison)
    }
}

impl GitHubProject {
    /// The commit at the tip of a branch of exactly this name.
    pub(crate) async fn tip(&self, operation: Operation, branch: &str) -> Result<String> {
        let mut tail = vec!["git", "ref", "heads"];
        tail.extend(branch.split('/'));
        let call = self.get_call(operation, &tail, format_args!(" branch {branch}"))?;
        Ok(self.forge.fetch::<Reference>(call).await?.object.sha)
    }

    /// A commit by its name or by that of a ref, without the files that it changes.
    pub(crate) async fn commit_row(
        &self,
        operation: Operation,
        reference: &str,
        detail: String,
    ) -> Result<CommitRow> {
        // The list of files cannot be left out, but cut to one.
        let call = self
            .get_call(operation, &["commits", reference], detail)?
            .query("per_page", "1");
        self.forge.fetch(call).await
    }

    /// Creates a branch. Sent twice it is one branch; when the first answer was lost, the refusal of the second try is
    /// settled by a look at where the branch is.
    pub(crate) async fn create_reference(
        &self,
        operation: Operation,
        branch: &str,
        sha: &str,
    ) -> Result<()> {
        let name = format!("refs/heads/{branch}");
        let call = self
            .call(
                operation,
                Method::POST,
                &["git", "refs"],
                format_args!(" branch {branch}"),
            )?
            .effect(Effect::Idempotent)
            .json(&NewReference { name: &name, sha })?;
        match self.forge.client().send(call).await {
            Ok(_) => Ok(()),
            Err(error)
                if error.kind() == ErrorKind::AlreadyExists
                    && error.outcome() == Outcome::Unknown
                    && self
                        .tip(operation, branch)
                        .await
                        .is_ok_and(|tip| tip == sha) =>
            {
                Ok(())
            }
            Err(error) => Err(self.explain(error, &[]).await),
        }
    }
}

/// Whether an error says that the repository has no commit yet.
pub(crate) fn is_empty_repository(error: &Error) -> bool {
    error.code() == Some(EMPTY)
}

fn is_full_sha(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
