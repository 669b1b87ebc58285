//! Pull requests: `/repos/{owner}/{name}/pulls`, and `issues` for comments and labels.
//!
//! Two things are told by the title here. A pull request is a draft while its title begins with `WIP:` or `[WIP]` (servers may
//! be set up for other words); ogr puts `WIP: ` in front to open one, and shows titles as they are. And whether the
//! target's maintainers may push to the head is not taken on creation: it is asked for by a second request.

mod create;
mod labels;
mod list;
mod merge;
mod wire;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use ogr_core::{
    ChangedFile, Comment, Commit, ErrorKind, FileContent, Listing, Merge, MergeOutcome,
    NewPullRequest, Operation, Outcome, Project, PullRequest, PullRequestChange, PullRequestQuery,
    PullRequests, Result, Side,
    http::{Call, Paging},
};
use serde::Serialize;

use self::wire::{CommentRow, FileRow, Pull};
use crate::{
    ForgejoProject,
    forge::{GET, PATCH, POST},
    wire::{CommitRow, counted, paged},
};

#[derive(Default, Serialize)]
struct Edit<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_maintainer_edit: Option<bool>,
}

#[derive(Serialize)]
struct CreateComment<'a> {
    body: &'a str,
}

#[async_trait]
impl PullRequests for ForgejoProject {
    fn list(&self, query: PullRequestQuery) -> Listing<PullRequest> {
        Listing::or_failed(self.pulls(query))
    }

    async fn get(&self, number: u64) -> Result<PullRequest> {
        let pull = self.pull(Operation::PullRequestsGet, number).await?;
        Ok(pull.into_pull(self.path()))
    }

    async fn create(&self, new: NewPullRequest) -> Result<PullRequest> {
        create::open(self, new).await
    }

    async fn change(&self, number: u64, change: PullRequestChange) -> Result<PullRequest> {
        let operation = Operation::PullRequestsChange;
        if change
            .title
            .as_deref()
            .is_some_and(|title| title.trim().is_empty())
        {
            // The server would leave the title as it is, and say that all went well.
            return Err(self
                .error(
                    operation,
                    self.numbered(number),
                    ErrorKind::Invalid,
                    "a pull request needs a title",
                )
                .with_outcome(Outcome::NotSent));
        }
        if change.is_empty() {
            return PullRequests::get(self, number).await;
        }
        let edit = Edit {
            title: change.title.as_deref(),
            body: change.body.as_deref(),
            base: change.target.as_deref(),
            state: None,
            allow_maintainer_edit: change.maintainer_edit,
        };
        self.edit(operation, number, &edit).await.map_err(|error| {
            match &change.target {
                // The refusal of an unknown target names it; that of an unknown pull request does not.
                Some(target) if error.is_not_found() && error.message().contains("new base") => {
                    error.with_resource(self.named("branch", target))
                }
                _ => error,
            }
        })
    }

    async fn close(&self, number: u64) -> Result<PullRequest> {
        let edit = Edit {
            state: Some("closed"),
            ..Edit::default()
        };
        self.edit(Operation::PullRequestsClose, number, &edit).await
    }

    async fn reopen(&self, number: u64) -> Result<PullRequest> {
        let edit = Edit {
            state: Some("open"),
            ..Edit::default()
        };
        self.edit(Operation::PullRequestsReopen, number, &edit)
            .await
    }

    async fn comment(&self, number: u64, body: &str) -> Result<Comment> {
        let number_text = number.to_string();
        let call = self
            .call(
                Operation::PullRequestsComment,
                POST,
                ["issues", &number_text, "comments"],
            )?
            .resource(self.numbered(number))
            .json(&CreateComment { body })?;
        let reply = self.send(call).await?;
        let row: CommentRow = self.forgejo().read(&reply)?;
        Ok(row.into())
    }

    /// Merges it.
    ///
    /// The forge wants the method to be named: for the project's own, the pull request is read first. A merge that is refused
    /// with "Please try again later" is sent again for some seconds; the forge says so while it looks for conflicts, and
    /// when it has found one. Then the answer is `NotReady`, for there is nothing to tell the two apart.
    ///
    /// With [`when_checks_pass`](Merge::when_checks_pass) the forge does not look at the expected head: ogr does right
    /// before, but a later push is merged too. It answers "scheduled" even where the checks have passed already.
    async fn merge(&self, number: u64, merge: Merge) -> Result<MergeOutcome> {
        merge::merge(self, number, merge).await
    }

    async fn set_labels(&self, number: u64, labels: &[&str]) -> Result<Vec<String>> {
        labels::set(self, number, labels).await
    }

    /// Its commits, oldest first. The forge gives the newest first, so that all of them are read before the first is given.
    fn commits(&self, number: u64) -> Listing<Commit> {
        let newest_first = self.commits_of_pull(number);
        Listing::from_future(async move {
            let mut commits = newest_first?.collect_all().await?;
            commits.reverse();
            Ok(Listing::from_stream(stream::iter(
                commits.into_iter().map(Ok),
            )))
        })
    }

    fn files(&self, number: u64) -> Listing<ChangedFile> {
        Listing::or_failed(self.files_of_pull(number))
    }

    async fn diff(&self, number: u64) -> Result<Bytes> {
        self.text(Operation::PullRequestsDiff, number, "diff").await
    }

    async fn patch(&self, number: u64) -> Result<Bytes> {
        self.text(Operation::PullRequestsPatch, number, "patch")
            .await
    }

    /// The pull requests whose head is this commit, or whose merge made it: the forge knows the second, and the first are
    /// looked for among the hundred that changed last.
    async fn for_commit(&self, sha: &str) -> Result<Vec<PullRequest>> {
        list::for_commit(self, sha).await
    }

    /// The forge shows, and demands for a merge, the statuses set on the target. Those set on a fork are seen there alone.
    fn status_side(&self) -> Side {
        Side::Base
    }

    fn head_refspec(&self, number: u64) -> String {
        head_ref(number)
    }

    /// Reads a file at its head: the target keeps that, even when the fork is gone.
    async fn read_file(&self, number: u64, path: &str) -> Result<FileContent> {
        self.read_as(
            Operation::PullRequestsReadFile,
            path,
            Some(&head_ref(number)),
        )
        .await
    }
}

impl ForgejoProject {
    /// A name for a pull request: `rpms/foo#7`.
    fn numbered(&self, number: u64) -> String {
        format!("{}#{number}", self.path())
    }

    fn pull_call(&self, operation: Operation, number: u64, below: &[&str]) -> Result<Call> {
        let number_text = number.to_string();
        let parts = ["pulls", &number_text].into_iter();
        Ok(self
            .call(operation, GET, parts.chain(below.iter().copied()))?
            .resource(self.numbered(number)))
    }

    async fn pull(&self, operation: Operation, number: u64) -> Result<Pull> {
        let call = self.pull_call(operation, number, &[])?;
        let reply = self.send(call).await?;
        self.forgejo().read(&reply)
    }

    async fn edit(
        &self,
        operation: Operation,
        number: u64,
        edit: &Edit<'_>,
    ) -> Result<PullRequest> {
        let number_text = number.to_string();
        let call = self
            .call(operation, PATCH, ["pulls", &number_text])?
            .resource(self.numbered(number))
            .json(edit)?;
        let reply = self.send(call).await?;
        let pull: Pull = self.forgejo().read(&reply)?;
        Ok(pull.into_pull(self.path()))
    }

    fn commits_of_pull(&self, number: u64) -> Result<Listing<Commit>> {
        let call = self
            .pull_call(Operation::PullRequestsCommits, number, &["commits"])?
            .query("verification", "false")
            .query("files", "false");
        Ok(self.client().listing(
            paged(call),
            Paging::Numbered,
            |reply| counted(reply, |row: CommitRow| Ok(Some(row.into()))),
            |commit: &Commit| commit.sha.clone(),
        ))
    }

    fn files_of_pull(&self, number: u64) -> Result<Listing<ChangedFile>> {
        let call = self.pull_call(Operation::PullRequestsFiles, number, &["files"])?;
        Ok(self.client().listing(
            paged(call),
            Paging::Numbered,
            |reply| counted(reply, |row: FileRow| Ok(Some(row.into()))),
            |file: &ChangedFile| file.path.clone(),
        ))
    }

    async fn text(&self, operation: Operation, number: u64, kind: &str) -> Result<Bytes> {
        let name = format!("{number}.{kind}");
        let call = self
            .call(operation, GET, ["pulls", &name])?
            .resource(self.numbered(number))
            .bytes();
        Ok(self.send(call).await?.body)
    }
}

/// The ref that the target keeps for the head.
fn head_ref(number: u64) -> String {
    format!("refs/pull/{number}/head")
}
