//! Files, folders and trees.

mod commit;

use std::collections::HashMap;

use async_trait::async_trait;
use gitlab::api::projects::repository::{TreeBuilder, files};
use http::Method;
use ogr_core::{
    Commit, Contents, Entry, EntryKind, Error, ErrorKind, FileContent, Listing, NewCommit,
    Operation, Result, Tree,
    area::contents::path_segments,
    http::{self as transport, Call, Paging, Reply},
};
use serde::Deserialize;

use crate::{endpoint::check_ref, paging::PAGE_SIZE, project::GitLabProject};

/// The ref that stands for the default branch. It saves asking for its name.
const DEFAULT: &str = "HEAD";

#[derive(Deserialize)]
struct EntryRow {
    id: Option<String>,
    path: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    mode: Option<String>,
}

impl EntryRow {
    fn into_entry(self) -> Entry {
        let kind = match (self.kind.as_deref(), self.mode.as_deref()) {
            (_, Some("120000")) => EntryKind::Symlink,
            (Some("blob"), _) => EntryKind::File,
            (Some("tree"), _) => EntryKind::Directory,
            (Some("commit"), _) => EntryKind::Submodule,
            (other, _) => EntryKind::Other(other.unwrap_or_default().to_owned()),
        };
        let mut entry = Entry::new(self.path, kind);
        if entry.kind == EntryKind::File {
            entry.executable = self.mode.map(|mode| mode == "100755");
        }
        entry.sha = self.id;
        entry
    }
}

impl GitLabProject {
    /// A file's path as GitLab wants it, and the ref; both are refused where they could lead elsewhere.
    fn place(
        &self,
        operation: Operation,
        path: &str,
        at: Option<&str>,
    ) -> Result<(String, String)> {
        let segments = path_segments(path).map_err(|error| self.locate(error, operation))?;
        let at = at.unwrap_or(DEFAULT);
        check_ref(operation, at).map_err(|error| self.locate(error, operation))?;
        Ok((segments.join("/"), at.to_owned()))
    }

    /// Reads a file at a ref of any kind.
    pub(crate) async fn read_at(
        &self,
        operation: Operation,
        path: &str,
        at: Option<&str>,
    ) -> Result<FileContent> {
        let (path, at) = self.place(operation, path, at)?;
        if path.is_empty() {
            let error = Error::new(ErrorKind::Invalid, "the root of a repository is no file");
            return Err(self.locate(error, operation).with_resource(self.id()));
        }
        let id = self.id();
        let endpoint = files::FileRaw::builder()
            .project(&id)
            .file_path(path.as_str())
            .ref_(at.as_str())
            .build();
        let call = self
            .call(operation, endpoint)?
            .bytes()
            .resource(self.part(format_args!(":{path}@{at}")));
        let reply = self.gitlab.client.send(call).await?;
        let mut content = FileContent::new(path, reply.body.clone());
        content.sha = reply.header("x-gitlab-blob-id").map(str::to_owned);
        Ok(content)
    }

    fn tree_call(
        &self,
        operation: Operation,
        folder: &str,
        at: &str,
        recursive: bool,
    ) -> Result<Call> {
        let id = self.id();
        let mut endpoint = TreeBuilder::default();
        endpoint.project(&id).ref_(at);
        if !folder.is_empty() {
            endpoint.path(folder);
        }
        if recursive {
            endpoint.recursive(true);
        }
        let colon = if folder.is_empty() { "" } else { ":" };
        Ok(self
            .call(operation, endpoint.build())?
            .query("per_page", PAGE_SIZE)
            .resource(self.part(format_args!("{colon}{folder}@{at}"))))
    }

    fn entries(&self, call: Call) -> Listing<Entry> {
        self.gitlab.client.listing(
            call,
            Paging::Keyset,
            |reply: &Reply| transport::array(reply, |row: EntryRow| Ok(Some(row.into_entry()))),
            |entry| entry.path.clone(),
        )
    }

    /// A folder's entries, or none where the repository is empty.
    async fn folder(
        &self,
        operation: Operation,
        folder: &str,
        at: Option<&str>,
    ) -> Result<Vec<Entry>> {
        let (folder, name) = self.place(operation, folder, at)?;
        let call = self
            .tree_call(operation, &folder, &name, false)?
            .query("pagination", "keyset");
        let missing = call.error(ErrorKind::NotFound, "there is no such folder");
        match self.entries(call).collect_all().await {
            // Older versions answer nothing where there is no folder. git keeps none that is empty.
            Ok(entries) if entries.is_empty() && !folder.is_empty() => {
                Err(self.gitlab.client.locate(missing))
            }
            Err(error) if folder.is_empty() && at.is_none() && is_empty_repository(&error) => {
                Ok(Vec::new())
            }
            result => result,
        }
    }

    /// What of one folder is known to be there: all its files, or the first of so many that they are asked for one by one.
    async fn first_page(
        &self,
        operation: Operation,
        folder: &str,
        at: Option<&str>,
    ) -> Result<Known> {
        let (folder, name) = self.place(operation, folder, at)?;
        let call = self
            .tree_call(operation, &folder, &name, false)?
            .query("pagination", "keyset");
        let reply = match self.gitlab.client.send(call).await {
            Ok(reply) => reply,
            Err(error) if !error.is_not_found() => return Err(error),
            Err(error) if folder.is_empty() => {
                return if at.is_none() && is_empty_repository(&error) {
                    Ok(Known::default())
                } else {
                    Err(error)
                };
            }
            // Is it the folder that is missing, or all of the ref?
            Err(_) => {
                self.commit_exists(operation, &name).await?;
                return Ok(Known::default());
            }
        };
        let entries: Vec<EntryRow> = reply.rows()?;
        Ok(Known {
            is_all: transport::rel(&reply.headers, "next", &reply.url).is_none(),
            files: entries
                .into_iter()
                .map(EntryRow::into_entry)
                .filter(|entry| matches!(entry.kind, EntryKind::File | EntryKind::Symlink))
                .map(|entry| entry.path)
                .collect(),
        })
    }

    async fn commit_exists(&self, operation: Operation, at: &str) -> Result<()> {
        let call = self
            .own(operation, Method::GET, &["repository", "commits", at])?
            .query("stats", "false")
            .resource(self.part(format_args!("@{at}")));
        self.gitlab.client.send(call).await.map(|_| ())
    }
}

/// The files of a folder, as far as they are known.
#[derive(Default)]
struct Known {
    files: Vec<String>,
    is_all: bool,
}

/// Whether there is a project, but nothing in it.
fn is_empty_repository(error: &Error) -> bool {
    error.is_not_found() && error.message().contains("Tree")
}

#[async_trait]
impl Contents for GitLabProject {
    async fn read(&self, path: &str, at: Option<&str>) -> Result<FileContent> {
        self.read_at(Operation::ContentsRead, path, at).await
    }

    async fn list(&self, path: &str, at: Option<&str>) -> Result<Vec<Entry>> {
        self.folder(Operation::ContentsList, path, at).await
    }

    async fn tree(&self, at: Option<&str>) -> Result<Tree> {
        const OPERATION: Operation = Operation::ContentsTree;
        let (_, name) = self.place(OPERATION, "", at)?;
        let call = self.tree_call(OPERATION, "", &name, true)?;
        // All at once, since 15.3. The links are followed all the same, should a server not know the word.
        let whole = self
            .entries(call.clone().query("pagination", "none"))
            .collect_all()
            .await;
        let entries = match whole {
            Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::TooLarge) => {
                self.entries(call.query("pagination", "keyset"))
                    .collect_all()
                    .await
            }
            whole => whole,
        };
        let mut tree = Tree::default();
        match entries {
            Ok(entries) => tree.entries = entries,
            Err(error) if at.is_none() && is_empty_repository(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(tree)
    }

    async fn first_existing(
        &self,
        paths: &[&str],
        at: Option<&str>,
    ) -> Result<Option<FileContent>> {
        const OPERATION: Operation = Operation::ContentsFirstExisting;
        let mut folders: HashMap<String, Known> = HashMap::new();
        for path in paths {
            let (path, _) = self.place(OPERATION, path, at)?;
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if !folders.contains_key(folder) {
                let known = self.first_page(OPERATION, folder, at).await?;
                folders.insert(folder.to_owned(), known);
            }
            let Some(known) = folders.get(folder) else {
                continue;
            };
            let is_there = known.files.contains(&path);
            if known.is_all && !is_there {
                continue;
            }
            match self.read_at(OPERATION, &path, at).await {
                Err(error) if error.is_not_found() && !is_there => {}
                result => return result.map(Some),
            }
        }
        Ok(None)
    }

    async fn commit(&self, new: NewCommit) -> Result<Commit> {
        commit::commit(self, new).await
    }
}
