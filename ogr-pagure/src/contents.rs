//! Files and folders, read at branches, tags and commits.
//!
//! The API lists folders, and the bytes of a file come from a page beside it. Neither takes the name of a tag, so that a
//! ref that is not found is looked up among the tags before the answer is "not found".

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::Method;
use ogr_core::{
    Commit, Contents, Entry, EntryKind, ErrorKind, FileContent, NewCommit, Operation, Result, Tree,
    area::contents::path_segments, http::Call,
};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::{
    PagureProject,
    project::ref_parts,
    wire::{is_full_sha, or_default},
};

/// How many folders are listed at once.
const WIDTH: usize = 8;

#[derive(Debug, Deserialize)]
struct TreeWire {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    kind: String,
    #[serde(default, deserialize_with = "or_default")]
    content: Vec<EntryWire>,
}

#[derive(Debug, Deserialize)]
struct EntryWire {
    path: String,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    kind: String,
    content_url: Option<String>,
}

impl EntryWire {
    fn into_entry(self) -> Entry {
        let kind = match self.kind.as_str() {
            "file" => EntryKind::File,
            "folder" => EntryKind::Directory,
            "link" => EntryKind::Symlink,
            "submodule" => EntryKind::Submodule,
            _ => EntryKind::Other(self.kind),
        };
        Entry::new(self.path, kind)
    }

    fn is_file(&self) -> bool {
        matches!(self.kind.as_str(), "file" | "link")
    }
}

impl TreeWire {
    fn is_file(&self) -> bool {
        self.kind == "file"
    }

    fn into_entries(self) -> Vec<Entry> {
        self.content
            .into_iter()
            .map(EntryWire::into_entry)
            .collect()
    }
}

/// One question about files, for its errors.
#[derive(Debug, Clone, Copy)]
struct Question<'a> {
    operation: Operation,
    resource: &'a str,
}

/// What a place in the tree is, and the ref by which it was found.
struct Found {
    tree: TreeWire,
    /// `None` when the default branch was not named.
    at: Option<String>,
}

impl PagureProject {
    fn file_resource(&self, path: &str, at: Option<&str>) -> String {
        let place = match path {
            "" => self.path.to_string(),
            path => format!("{}:{path}", self.path),
        };
        match at {
            Some(at) => format!("{place}@{at}"),
            None => place,
        }
    }

    /// One request for a folder or file of the tree.
    async fn tree_at(
        &self,
        question: Question<'_>,
        at: Option<&str>,
        path: &[&str],
    ) -> Result<TreeWire> {
        let call = self.tree_call(question.operation, at, path)?;
        let call = call.resource(question.resource);
        self.forge.client.send(call).await?.json()
    }

    fn tree_call(&self, operation: Operation, at: Option<&str>, path: &[&str]) -> Result<Call> {
        let mut tail = vec!["tree"];
        tail.extend(at.into_iter().flat_map(ref_parts));
        if !path.is_empty() {
            tail.push("f");
            tail.extend(path);
        }
        let mut call = self.call(operation, Method::GET, tail)?;
        // This one address is declared with a slash at its end; without it the answer is a redirect.
        let is_fork_in_namespace = self.path.fork_owner.is_some() && self.path.namespace.is_some();
        if is_fork_in_namespace && at.is_some() && path.is_empty() {
            let with_slash = format!("{}/", call.url.path());
            call.url.set_path(&with_slash);
        }
        Ok(call)
    }

    /// One request for the bytes of a file; "not found" for an empty one too.
    async fn raw_at(&self, question: Question<'_>, at: &str, path: &[&str]) -> Result<Bytes> {
        let mut tail = vec!["raw"];
        tail.extend(ref_parts(at));
        tail.push("f");
        tail.extend(path);
        let call = self
            .page_call(question.operation, tail)?
            .resource(question.resource);
        Ok(self.forge.client.send(call).await?.body)
    }

    /// The default branch, for addresses that cannot do without a ref.
    async fn default_ref(&self, question: Question<'_>) -> Result<String> {
        let Question {
            operation,
            resource,
        } = question;
        let branches = self.all_branches(operation, resource).await?;
        branches.default.map(|(name, _)| name).ok_or_else(|| {
            let why = "the project has no default branch";
            self.error(operation, ErrorKind::NotFound, resource, why)
        })
    }

    /// The commit that a ref stands for, when it is a tag and no branch: Pagure goes by branches first.
    async fn commit_of_tag(&self, question: Question<'_>, at: &str) -> Result<Option<String>> {
        let Question {
            operation,
            resource,
        } = question;
        if is_full_sha(at) {
            return Ok(None);
        }
        let Some(sha) = self.all_tags(operation, resource).await?.remove(at) else {
            return Ok(None);
        };
        let branches = self.all_branches(operation, resource).await?;
        Ok((!branches.commits.contains_key(at)).then_some(sha))
    }

    /// The ref as an address can carry it. A part that is `f` would end the ref there, so such a one becomes its commit.
    async fn addressable(&self, question: Question<'_>, at: &str) -> Result<String> {
        if !ref_parts(at).skip(1).any(|part| part == "f") {
            return Ok(at.to_owned());
        }
        let Question {
            operation,
            resource,
        } = question;
        let mut branches = self.all_branches(operation, resource).await?;
        let sha = match branches.commits.remove(at) {
            Some(sha) => Some(sha),
            None => self.all_tags(operation, resource).await?.remove(at),
        };
        sha.ok_or_else(|| self.no_ref(question, at))
    }

    fn no_ref(&self, question: Question<'_>, at: &str) -> ogr_core::Error {
        let why = format!("there is no branch, tag or commit {at}");
        self.error(
            question.operation,
            ErrorKind::NotFound,
            question.resource,
            why,
        )
    }

    /// A folder or file, at a branch, tag or commit.
    async fn look(&self, question: Question<'_>, at: Option<&str>, path: &[&str]) -> Result<Found> {
        let at = match at {
            Some(at) => Some(self.addressable(question, at).await?),
            None if path.is_empty() => None,
            None => Some(self.default_ref(question).await?),
        };
        let missing = match self.tree_at(question, at.as_deref(), path).await {
            Ok(tree) => return Ok(Found { tree, at }),
            Err(error) => error,
        };
        let Some(at) = at else {
            // Pagure fails where the default branch is not there, in place of saying so.
            if missing.kind() == ErrorKind::Unavailable {
                self.default_ref(question).await?;
            }
            return Err(missing);
        };
        if missing.code() != Some("EFILENOTFOUND") {
            return Err(missing);
        }
        match self.commit_of_tag(question, &at).await? {
            Some(sha) => {
                let tree = self.tree_at(question, Some(&sha), path).await?;
                Ok(Found {
                    tree,
                    at: Some(sha),
                })
            }
            None => Err(missing),
        }
    }

    /// The bytes of a file at a ref that an address can carry.
    async fn read_at(&self, question: Question<'_>, at: &str, path: &[&str]) -> Result<Bytes> {
        let missing = match self.raw_at(question, at, path).await {
            Err(error) if error.is_not_found() => error,
            result => return result,
        };
        let (at, missing) = match self.commit_of_tag(question, at).await? {
            None => (at.to_owned(), missing),
            Some(sha) => match self.raw_at(question, &sha, path).await {
                Err(error) if error.is_not_found() => (sha, error),
                result => return result,
            },
        };
        // The page says "not found" to a folder and to an empty file as well; the tree tells them apart.
        let tree = match self.tree_at(question, Some(&at), path).await {
            Ok(tree) => tree,
            // The API says what is missing, a page does not.
            Err(error) if error.is_not_found() && error.code().is_none() => return Err(missing),
            Err(error) => return Err(error),
        };
        if !tree.is_file() {
            let why = "this is a folder";
            return Err(self.error(
                question.operation,
                ErrorKind::Invalid,
                question.resource,
                why,
            ));
        }
        // It may have been written in between.
        match self.raw_at(question, &at, path).await {
            Err(error) if error.is_not_found() => Ok(Bytes::new()),
            result => result,
        }
    }

    /// Reads a file, for other areas too.
    pub(crate) async fn read_file_at(
        &self,
        operation: Operation,
        path: &str,
        at: Option<&str>,
    ) -> Result<FileContent> {
        let resource = self.file_resource(path, at);
        let question = Question {
            operation,
            resource: &resource,
        };
        let segments = path_segments(path)
            .map_err(|error| self.forge.client.locate(error).with_operation(operation))?;
        if segments.is_empty() {
            let why = "this is the root folder";
            return Err(self.error(operation, ErrorKind::Invalid, resource, why));
        }
        let at = match at {
            Some(at) => self.addressable(question, at).await?,
            None => self.default_ref(question).await?,
        };
        let bytes = self.read_at(question, &at, &segments).await?;
        Ok(FileContent::new(segments.join("/"), bytes))
    }

    /// The ref in the address of an entry: the only place where the answer names the default branch.
    fn ref_in(&self, entries: &[EntryWire]) -> Option<String> {
        entries.iter().find_map(|entry| {
            let url: url::Url = entry.content_url.as_ref()?.parse().ok()?;
            let parts: Vec<String> = url
                .path_segments()?
                .map(|part| Some(percent_decode_str(part).decode_utf8().ok()?.into_owned()))
                .collect::<Option<_>>()?;
            let project = self.path.segments();
            let start = parts.windows(project.len() + 1).position(|window| {
                window[..project.len()] == project
                    && matches!(window[project.len()].as_str(), "tree" | "raw")
            })? + project.len()
                + 1;
            let end = parts.len().checked_sub(entry.path.split('/').count() + 1)?;
            let at = parts.get(start..end)?.join("/");
            (parts[end] == "f" && !at.is_empty()).then_some(at)
        })
    }

    /// All entries below a folder that was listed, folder by folder, several at once.
    async fn walk(
        &self,
        question: Question<'_>,
        at: &str,
        mut entries: Vec<Entry>,
    ) -> Result<Vec<Entry>> {
        let mut fresh = 0;
        while fresh < entries.len() {
            let folders: Vec<String> = entries[fresh..]
                .iter()
                .filter(|entry| entry.kind == EntryKind::Directory)
                .map(|entry| entry.path.clone())
                .collect();
            fresh = entries.len();
            let mut listed = stream::iter(folders)
                .map(|folder| async move {
                    let path: Vec<&str> = folder.split('/').collect();
                    let tree = self.tree_at(question, Some(at), &path).await?;
                    Ok::<_, ogr_core::Error>(tree.into_entries())
                })
                .buffered(WIDTH);
            while let Some(more) = listed.try_next().await? {
                entries.extend(more);
            }
        }
        Ok(entries)
    }
}

#[async_trait]
impl Contents for PagureProject {
    async fn read(&self, path: &str, at: Option<&str>) -> Result<FileContent> {
        self.read_file_at(Operation::ContentsRead, path, at).await
    }

    async fn list(&self, path: &str, at: Option<&str>) -> Result<Vec<Entry>> {
        let operation = Operation::ContentsList;
        let resource = self.file_resource(path, at);
        let question = Question {
            operation,
            resource: &resource,
        };
        let segments = path_segments(path)
            .map_err(|error| self.forge.client.locate(error).with_operation(operation))?;
        match self.look(question, at, &segments).await {
            Ok(found) if found.tree.is_file() => {
                let why = "this is a file, not a folder";
                Err(self.error(operation, ErrorKind::NotFound, resource, why))
            }
            Ok(found) => Ok(found.tree.into_entries()),
            Err(error) if segments.is_empty() && error.code() == Some("EEMPTYGIT") => {
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }

    async fn tree(&self, at: Option<&str>) -> Result<Tree> {
        let resource = self.file_resource("", at);
        let question = Question {
            operation: Operation::ContentsTree,
            resource: &resource,
        };
        let found = match self.look(question, at, &[]).await {
            Ok(found) => found,
            Err(error) if at.is_none() && error.code() == Some("EEMPTYGIT") => {
                return Ok(Tree::default());
            }
            Err(error) => return Err(error),
        };
        let at = match found.at.or_else(|| self.ref_in(&found.tree.content)) {
            Some(at) => self.addressable(question, &at).await?,
            None => self.default_ref(question).await?,
        };
        let mut tree = Tree::default();
        tree.entries = self.walk(question, &at, found.tree.into_entries()).await?;
        Ok(tree)
    }

    async fn first_existing(
        &self,
        paths: &[&str],
        at: Option<&str>,
    ) -> Result<Option<FileContent>> {
        let operation = Operation::ContentsFirstExisting;
        let resource = self.file_resource(&paths.join(", "), at);
        let question = Question {
            operation,
            resource: &resource,
        };
        let mut listed: Vec<(Vec<&str>, Option<Found>)> = Vec::new();
        for path in paths {
            let segments = path_segments(path)
                .map_err(|error| self.forge.client.locate(error).with_operation(operation))?;
            let Some((_, folder)) = segments.split_last() else {
                continue;
            };
            let place = match listed.iter().position(|(seen, _)| *seen == folder) {
                Some(place) => place,
                None => {
                    let found = self.folder(question, at, folder).await?;
                    listed.push((folder.to_vec(), found));
                    listed.len() - 1
                }
            };
            let Some((_, Some(found))) = listed.get(place) else {
                continue;
            };
            let wanted = segments.join("/");
            let is_there = found
                .tree
                .content
                .iter()
                .any(|entry| entry.path == wanted && entry.is_file());
            if !is_there {
                continue;
            }
            let at = match found
                .at
                .clone()
                .or_else(|| self.ref_in(&found.tree.content))
            {
                Some(at) => self.addressable(question, &at).await?,
                None => self.default_ref(question).await?,
            };
            match self.read_at(question, &at, &segments).await {
                Ok(bytes) => return Ok(Some(FileContent::new(wanted, bytes))),
                // It went away in between.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn commit(&self, new: NewCommit) -> Result<Commit> {
        let resource = format!("{} branch {}", self.path, new.branch);
        Err(self.forge.unsupported(Operation::ContentsCommit, resource))
    }
}

impl PagureProject {
    /// A folder; `None` when the ref is there and the folder is not.
    async fn folder(
        &self,
        question: Question<'_>,
        at: Option<&str>,
        path: &[&str],
    ) -> Result<Option<Found>> {
        let missing = match self.look(question, at, path).await {
            Ok(found) => return Ok((!found.tree.is_file()).then_some(found)),
            Err(error) => error,
        };
        match missing.code() {
            Some("EEMPTYGIT") if at.is_none() => Ok(None),
            Some("EFILENOTFOUND") if !path.is_empty() => {
                // The answer is the same when the ref is missing, and that is an error.
                self.look(question, at, &[]).await?;
                Ok(None)
            }
            _ => Err(missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use ogr_core::http::HttpConfig;

    use super::*;
    use crate::Pagure;

    #[test]
    fn the_default_branch_is_in_the_addresses_of_the_entries() {
        let web = "https://pagure.io/sub".parse().unwrap();
        let forge = Pagure::new(web, None, HttpConfig::default()).unwrap();
        let entry = |path: &str, url: &str| EntryWire {
            path: path.to_owned(),
            kind: "file".to_owned(),
            content_url: Some(url.to_owned()),
        };
        let found = |project: &str, path: &str, url: &str| {
            let project = forge.project_at(project.parse().unwrap());
            project.ref_in(&[entry(path, url)])
        };
        for (project, path, url, at) in [
            (
                "foo",
                "a",
                "http://h/sub/api/0/foo/tree/main/f/a",
                Some("main"),
            ),
            (
                "rpms/tree",
                "a b",
                "http://h/rpms/tree/raw/feat/x/f/a%20b",
                Some("feat/x"),
            ),
            (
                "fork/u/rpms/foo",
                "d/e",
                "http://h/fork/u/rpms/foo/raw/r/f/d/e",
                Some("r"),
            ),
            ("foo", "f", "http://h/foo/raw/main/f/f", Some("main")),
            ("foo", "a", "http://h/bar/raw/main/f/a", None),
            ("foo", "a", "http://h/foo/raw/f/a", None),
            ("foo", "a", "nonsense", None),
        ] {
            assert_eq!(found(project, path, url).as_deref(), at, "{url}");
        }
        let project = forge.project_at("foo".parse().unwrap());
        assert_eq!(project.ref_in(&[]), None);
    }
}
