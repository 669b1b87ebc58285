//! Branches, tags and commits: `/repos/{owner}/{name}/branches`, `tags`, `commits`, `git/commits` and `compare`.

use async_trait::async_trait;
use ogr_core::{
    Branch, ChangedFile, Commit, Comparison, ErrorKind, FileStatus, Listing, Operation, Refs,
    Result, Tag, http::Paging,
};
use serde::{Deserialize, Serialize};

use crate::{
    ForgejoProject,
    forge::{GET, POST},
    project::is_commit,
    wire::{CommitRow, Pointer, counted, list, paged, said},
};

#[derive(Deserialize)]
struct BranchRow {
    name: String,
    commit: Tip,
    #[serde(default)]
    protected: Option<bool>,
}

#[derive(Deserialize)]
struct Tip {
    id: String,
}

#[derive(Deserialize)]
struct TagRow {
    name: String,
    /// The commit that the tag stands for, for annotated tags too.
    commit: Pointer,
    /// The name of the tag object where there is one; else that of the commit.
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Compared {
    #[serde(default)]
    total_commits: Option<u64>,
    #[serde(default, deserialize_with = "list")]
    commits: Vec<CommitRow>,
    #[serde(default)]
    files: Option<Vec<AffectedFile>>,
}

/// A file that a commit touched.
#[derive(Deserialize)]
struct AffectedFile {
    filename: String,
    #[serde(default)]
    status: Option<String>,
}

#[derive(Serialize)]
struct CreateBranch<'a> {
    new_branch_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_branch_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_ref_name: Option<&'a str>,
}

impl From<BranchRow> for Branch {
    fn from(row: BranchRow) -> Self {
        let mut branch = Branch::new(row.name, row.commit.id);
        branch.protected = row.protected;
        branch
    }
}

impl From<TagRow> for Tag {
    fn from(row: TagRow) -> Self {
        let annotated = row.id.is_some_and(|id| id != row.commit.sha);
        let mut tag = Tag::new(row.name, row.commit.sha);
        // A lightweight tag comes with the message of its commit.
        tag.message = said(row.message).filter(|_| annotated);
        tag
    }
}

#[async_trait]
impl Refs for ForgejoProject {
    async fn default_branch(&self) -> Result<Option<String>> {
        let repository = self.repository(Operation::ProjectsGet).await?;
        Ok(repository.default_branch())
    }

    fn branches(&self) -> Listing<Branch> {
        Listing::or_failed(self.all_branches())
    }

    async fn branch(&self, name: &str) -> Result<Branch> {
        let call = self
            .call(Operation::RefsBranch, GET, ["branches", name])?
            .resource(self.named("branch", name));
        let reply = self.send(call).await?;
        let row: BranchRow = self.forgejo().read(&reply)?;
        Ok(row.into())
    }

    fn tags(&self) -> Listing<Tag> {
        Listing::or_failed(self.all_tags())
    }

    async fn tag(&self, name: &str) -> Result<Tag> {
        let call = self
            .call(Operation::RefsTag, GET, ["tags", name])?
            .resource(self.named("tag", name));
        let reply = self.send(call).await?;
        let row: TagRow = self.forgejo().read(&reply)?;
        Ok(row.into())
    }

    fn commits(&self, reference: &str) -> Listing<Commit> {
        Listing::or_failed(self.commits_of(reference))
    }

    async fn commit(&self, sha: &str) -> Result<Commit> {
        let call = self
            .call(Operation::RefsCommit, GET, ["git", "commits", sha])?
            .resource(self.at(sha))
            .query("stat", "false")
            .query("verification", "false")
            .query("files", "false");
        let reply = self.send(call).await?;
        let row: CommitRow = self.forgejo().read(&reply)?;
        Ok(row.into())
    }

    async fn create_branch(&self, name: &str, from: &str) -> Result<Branch> {
        let operation = Operation::RefsCreateBranch;
        // Each has a field of its own: an unknown branch in the field for commits makes the server fail.
        let body = CreateBranch {
            new_branch_name: name,
            old_branch_name: (!is_commit(from)).then_some(from),
            old_ref_name: is_commit(from).then_some(from),
        };
        let call = self
            .call(operation, POST, ["branches"])?
            .resource(self.named("branch", name))
            .json(&body)?;
        let error = match self.send(call).await {
            Ok(reply) => {
                let row: BranchRow = self.forgejo().read(&reply)?;
                return Ok(row.into());
            }
            Err(error) => error,
        };
        let source = || self.at(from);
        if error.is_not_found() {
            return Err(error.with_resource(source()));
        }
        // The server fails on an unknown commit instead of saying so.
        if error.status() == Some(500)
            && is_commit(from)
            && !self.has_commit(operation, from).await?
        {
            return Err(self.error(
                operation,
                source(),
                ErrorKind::NotFound,
                "there is no such commit to start the branch at",
            ));
        }
        Err(error)
    }

    /// The commits of `head` since the two parted, and the files that these commits touch: the forge tells the files
    /// commit by commit. One that was changed and changed back is among them; one that came and went is not.
    async fn compare(&self, base: &str, head: &str) -> Result<Comparison> {
        let operation = Operation::RefsCompare;
        self.forgejo().require(operation)?;
        let range = format!("{base}...{head}");
        let call = self
            .call(operation, GET, ["compare", &range])?
            .resource(self.at(&range));
        let reply = self.send(call).await?;
        let compared: Compared = self.forgejo().read(&reply)?;
        let mut comparison = Comparison::default();
        comparison.ahead_by = compared.total_commits;
        comparison.files = compared.files.map(|files| folded(files.into_iter().rev()));
        comparison.commits = compared
            .commits
            .into_iter()
            .rev()
            .map(Commit::from)
            .collect();
        Ok(comparison)
    }
}

impl ForgejoProject {
    fn all_branches(&self) -> Result<Listing<Branch>> {
        let call = paged(self.call(Operation::RefsBranches, GET, ["branches"])?);
        Ok(self.client().listing(
            call,
            Paging::Numbered,
            |reply| counted(reply, |row: BranchRow| Ok(Some(row.into()))),
            |branch: &Branch| branch.name.clone(),
        ))
    }

    fn all_tags(&self) -> Result<Listing<Tag>> {
        let call = paged(self.call(Operation::RefsTags, GET, ["tags"])?);
        Ok(self.client().listing(
            call,
            Paging::Numbered,
            |reply| counted(reply, |row: TagRow| Ok(Some(row.into()))),
            |tag: &Tag| tag.name.clone(),
        ))
    }

    fn commits_of(&self, reference: &str) -> Result<Listing<Commit>> {
        let call = self
            .call(Operation::RefsCommits, GET, ["commits"])?
            .resource(self.at(reference))
            .query("sha", reference)
            // What each commit changes is work for the server, and not asked for.
            .query("stat", "false")
            .query("verification", "false")
            .query("files", "false");
        Ok(self.client().listing(
            paged(call),
            Paging::Numbered,
            |reply| counted(reply, |row: CommitRow| Ok(Some(row.into()))),
            |commit: &Commit| commit.sha.clone(),
        ))
    }
}

/// What the forge's word for a change to a file means.
pub(crate) fn file_status(word: Option<String>) -> FileStatus {
    match word.as_deref() {
        Some("added" | "copied") => FileStatus::Added,
        Some("modified" | "changed") => FileStatus::Modified,
        Some("removed" | "deleted") => FileStatus::Removed,
        Some("renamed") => FileStatus::Renamed,
        Some(other) => FileStatus::Other(other.to_owned()),
        None => FileStatus::Other(String::new()),
    }
}

/// The files that several commits touch, oldest commit first, as one change each.
fn folded(files: impl Iterator<Item = AffectedFile>) -> Vec<ChangedFile> {
    let mut changed: Vec<ChangedFile> = Vec::new();
    for file in files {
        let status = file_status(file.status);
        let Some(known) = changed.iter().position(|it| it.path == file.filename) else {
            changed.push(ChangedFile::new(file.filename, status));
            continue;
        };
        match (&changed[known].status, &status) {
            (FileStatus::Added, FileStatus::Removed) => {
                changed.remove(known);
            }
            (FileStatus::Added, _) => {}
            (FileStatus::Removed, FileStatus::Added) => {
                changed[known].status = FileStatus::Modified;
            }
            _ => changed[known].status = status,
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_one_file_become_one() {
        let touched = [
            ("a", "added"),
            ("a", "modified"),
            ("b", "added"),
            ("b", "removed"),
            ("c", "removed"),
            ("c", "added"),
            ("d", "modified"),
            ("d", "removed"),
            ("e", "typechanged"),
        ];
        let files = touched.map(|(name, status)| AffectedFile {
            filename: name.to_owned(),
            status: Some(status.to_owned()),
        });
        let folded: Vec<_> = folded(files.into_iter())
            .into_iter()
            .map(|file| (file.path, file.status))
            .collect();
        let expected = [
            ("a", FileStatus::Added),
            ("c", FileStatus::Modified),
            ("d", FileStatus::Removed),
            ("e", FileStatus::Other("typechanged".into())),
        ];
        assert_eq!(
            folded,
            expected.map(|(path, status)| (path.to_owned(), status))
        );
    }

    #[test]
    fn a_lightweight_tag_has_no_message_of_its_own() {
        let read = |json| -> Tag { serde_json::from_str::<TagRow>(json).unwrap().into() };
        let light = read(r#"{"name":"v1","id":"c","message":"the commit's","commit":{"sha":"c"}}"#);
        assert_eq!((light.sha.as_str(), light.message), ("c", None));
        let annotated = read(r#"{"name":"v1","id":"t","message":"mine","commit":{"sha":"c"}}"#);
        assert_eq!(
            (annotated.sha.as_str(), annotated.message.as_deref()),
            ("c", Some("mine"))
        );
    }
}
