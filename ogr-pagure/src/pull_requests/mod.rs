//! Pull requests.

mod changes;
mod commits;
mod find;
mod merge;
mod wire;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use ogr_core::{
    ChangedFile, Comment, Commit, Error, ErrorKind, FileContent, Listing, Merge, MergeOutcome,
    NewPullRequest, Operation, ProjectPath, PullRequest, PullRequestChange, PullRequestQuery,
    PullRequestState, PullRequests, Result, Side, StateFilter,
    http::{Batch, Call, Effect, Paging, Reply},
};

use crate::{PagureProject, projects::PAGE_SIZE};
use wire::{PullWire, PullsWire};

impl PagureProject {
    pub(crate) fn pull_resource(&self, number: u64) -> String {
        format!("{}#{number}", self.path)
    }

    /// A call about one pull request; `verb` is what to do with it.
    fn pull_call(
        &self,
        operation: Operation,
        method: Method,
        number: u64,
        verb: Option<&str>,
    ) -> Result<Call> {
        let text = number.to_string();
        let tail = ["pull-request", text.as_str()].into_iter().chain(verb);
        Ok(self
            .call(operation, method, tail)?
            .resource(self.pull_resource(number)))
    }

    async fn pull_wire(&self, operation: Operation, number: u64) -> Result<PullWire> {
        let call = self.pull_call(operation, Method::GET, number, None)?;
        self.forge.client.send(call).await?.json()
    }

    async fn read_pull(&self, operation: Operation, number: u64) -> Result<PullRequest> {
        Ok(self.pull_wire(operation, number).await?.into_pull(self))
    }

    /// The list that a query asks for, filtered by the server as far as it can.
    fn pulls(&self, operation: Operation, query: PullRequestQuery) -> Result<Listing<PullRequest>> {
        let state = match query.state {
            StateFilter::Open => "Open",
            StateFilter::Closed => "Closed",
            StateFilter::Merged => "Merged",
            _ => "All",
        };
        let mut call = self
            .get_call(operation, ["pull-requests"])?
            .query("status", state)
            .query("per_page", PAGE_SIZE);
        if let Some(author) = &query.author {
            call = call.query("author", author);
        }
        // The server gives what has any of the labels, and takes a mark before one for "not this one".
        for label in query.labels.iter().filter(|label| !label.starts_with('!')) {
            call = call.query("tags", label);
        }
        let project = self.clone();
        Ok(self.forge.client.listing(
            call,
            Paging::Numbered,
            move |reply: &Reply| {
                let page: PullsWire = reply.json()?;
                let rows = page.requests.len();
                let items = page
                    .requests
                    .into_iter()
                    .map(|row| row.into_pull(&project))
                    .filter(|pull| query.matches(pull))
                    .collect();
                Ok(Batch::new(items, rows)
                    .pages(page.pagination.and_then(|pagination| pagination.pages))
                    .total(page.total_requests))
            },
            |pull| pull.number.to_string(),
        ))
    }

    /// Whether a pull request may be opened so at all.
    fn check_new(&self, new: &NewPullRequest) -> Result<()> {
        if new.draft {
            self.require(Operation::PullRequestsCreateDraft)?;
        }
        if !new.labels.is_empty() {
            self.require(Operation::PullRequestsCreateLabels)?;
        }
        if new.maintainer_edit == Some(true) {
            self.require(Operation::PullRequestsMaintainerEdit)?;
        }
        match &new.head_project {
            Some(head) => self.forge.check(head, Operation::PullRequestsCreate),
            None => Ok(()),
        }
    }

    /// A page beside the API that gives the pull request as text.
    async fn pull_text(&self, operation: Operation, number: u64, suffix: &str) -> Result<Bytes> {
        let name = format!("{number}.{suffix}");
        let call = self
            .page_call(operation, ["pull-request", &name])?
            .resource(self.pull_resource(number));
        Ok(self.forge.client.send(call).await?.body)
    }

    /// Closes or opens one again, unless it is so already: Pagure would comment once more, call a merged one closed, or fail.
    async fn turn(&self, operation: Operation, number: u64, verb: &str) -> Result<PullRequest> {
        let call = self
            .pull_call(operation, Method::POST, number, Some(verb))?
            .effect(Effect::Idempotent);
        match self.forge.client.send(call).await {
            Ok(_) => self.read_pull(operation, number).await,
            Err(error) => {
                // The try whose answer was lost may have done it, and Pagure fails on the second one.
                let failed = matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout);
                let now = if failed {
                    self.read_pull(operation, number).await.ok()
                } else {
                    None
                };
                let wanted = match verb {
                    "reopen" => PullRequestState::Open,
                    _ => PullRequestState::Closed,
                };
                now.filter(|pull| pull.state == wanted).ok_or(error)
            }
        }
    }
}

/// Names the branch that is missing, as far as the answer tells which it is.
fn missing_branch(
    error: Error,
    target: &ProjectPath,
    head: &ProjectPath,
    new: &NewPullRequest,
) -> Error {
    if !error.is_not_found() || error.code() != Some("EINVALIDREQ") {
        return error;
    }
    if error.message().contains("in the target repo") {
        error.with_resource(format!("{target} branch {}", new.target))
    } else {
        error.with_resource(format!("{head} branch {}", new.head_branch))
    }
}

#[async_trait]
impl PullRequests for PagureProject {
    fn list(&self, query: PullRequestQuery) -> Listing<PullRequest> {
        Listing::or_failed(self.pulls(Operation::PullRequestsList, query))
    }

    async fn get(&self, number: u64) -> Result<PullRequest> {
        self.read_pull(Operation::PullRequestsGet, number).await
    }

    async fn create(&self, new: NewPullRequest) -> Result<PullRequest> {
        let operation = Operation::PullRequestsCreate;
        self.check_new(&new)?;
        let head = new
            .head_project
            .clone()
            .unwrap_or_else(|| self.path.clone());
        let mut form = vec![
            ("title", new.title.as_str()),
            ("branch_to", &new.target),
            ("branch_from", &new.head_branch),
            ("initial_comment", &new.body),
        ];
        if !head.is_same(&self.path) {
            form.push(("repo_from", &head.name));
            if let Some(owner) = &head.fork_owner {
                form.push(("repo_from_username", owner));
            }
            if let Some(namespace) = &head.namespace {
                form.push(("repo_from_namespace", namespace));
            }
        }
        let call = self
            .call(operation, Method::POST, ["pull-request", "new"])?
            .effect(Effect::Create)
            .resource(format!("{} from {head}:{}", self.path, new.head_branch))
            .form(form);
        let reply = self
            .forge
            .client
            .send(call)
            .await
            .map_err(|error| missing_branch(error, &self.path, &head, &new))?;
        Ok(reply.json::<PullWire>()?.into_pull(self))
    }

    async fn change(&self, number: u64, change: PullRequestChange) -> Result<PullRequest> {
        let operation = Operation::PullRequestsChange;
        let resource = self.pull_resource(number);
        if change.target.is_some() {
            self.forge
                .require(Operation::PullRequestsChangeTarget, &resource)?;
        }
        if change.maintainer_edit == Some(true) {
            self.forge
                .require(Operation::PullRequestsMaintainerEdit, &resource)?;
        }
        let (title, body) = match (change.title, change.body) {
            (Some(title), Some(body)) => (title, body),
            (None, None) => return self.read_pull(operation, number).await,
            // Pagure demands a title, and clears the text when none is sent along.
            (title, body) => {
                let now = self.pull_wire(operation, number).await?;
                (
                    title.unwrap_or(now.title),
                    body.or(now.initial_comment).unwrap_or_default(),
                )
            }
        };
        let call = self
            .pull_call(operation, Method::POST, number, None)?
            .effect(Effect::Idempotent)
            .form([("title", title), ("initial_comment", body)]);
        let wire: PullWire = self.forge.client.send(call).await?.json()?;
        Ok(wire.into_pull(self))
    }

    async fn close(&self, number: u64) -> Result<PullRequest> {
        let operation = Operation::PullRequestsClose;
        let pull = self.read_pull(operation, number).await?;
        match pull.state {
            PullRequestState::Closed | PullRequestState::Merged => Ok(pull),
            _ => self.turn(operation, number, "close").await,
        }
    }

    async fn reopen(&self, number: u64) -> Result<PullRequest> {
        let operation = Operation::PullRequestsReopen;
        let pull = self.read_pull(operation, number).await?;
        match pull.state {
            PullRequestState::Open => Ok(pull),
            PullRequestState::Merged => {
                let why = "it was merged";
                let resource = self.pull_resource(number);
                Err(self.error(operation, ErrorKind::Conflict, resource, why))
            }
            _ => self.turn(operation, number, "reopen").await,
        }
    }

    async fn comment(&self, number: u64, body: &str) -> Result<Comment> {
        let operation = Operation::PullRequestsComment;
        let call = self
            .pull_call(operation, Method::POST, number, Some("comment"))?
            .effect(Effect::Create)
            .form([("comment", body)]);
        self.forge.client.send(call).await?;
        // The answer says no more than that it was added.
        let pull = self.pull_wire(operation, number).await?;
        let me = self.forge.known_user();
        let page = pull.clone().into_pull(self).web_url;
        let found = pull
            .comments
            .into_iter()
            .rev()
            .filter(|comment| !comment.notification && comment.comment == body)
            .find(|comment| me.as_ref().is_none_or(|me| comment.is_by(&me.login)));
        found
            .map(|comment| comment.into_comment(&page))
            .ok_or_else(|| {
                let why = "the comment was added, and is not among the pull request's comments";
                let resource = self.pull_resource(number);
                self.error(operation, ErrorKind::Decode, resource, why)
            })
    }

    async fn merge(&self, number: u64, merge: Merge) -> Result<MergeOutcome> {
        self.merge_pull(number, merge).await
    }

    async fn set_labels(&self, number: u64, _labels: &[&str]) -> Result<Vec<String>> {
        let resource = self.pull_resource(number);
        Err(self
            .forge
            .unsupported(Operation::PullRequestsSetLabels, resource))
    }

    fn commits(&self, number: u64) -> Listing<Commit> {
        let project = self.clone();
        Listing::from_future(async move { project.commits_of(number).await })
    }

    fn files(&self, number: u64) -> Listing<ChangedFile> {
        let project = self.clone();
        Listing::from_future(async move { project.files_of(number).await })
    }

    async fn diff(&self, number: u64) -> Result<Bytes> {
        self.pull_text(Operation::PullRequestsDiff, number, "diff")
            .await
    }

    async fn patch(&self, number: u64) -> Result<Bytes> {
        self.pull_text(Operation::PullRequestsPatch, number, "patch")
            .await
    }

    async fn for_commit(&self, sha: &str) -> Result<Vec<PullRequest>> {
        self.pulls_of_commit(sha).await
    }

    fn status_side(&self) -> Side {
        Side::Base
    }

    fn head_refspec(&self, number: u64) -> String {
        format!("refs/pull/{number}/head")
    }

    async fn read_file(&self, number: u64, path: &str) -> Result<FileContent> {
        let operation = Operation::PullRequestsReadFile;
        let head = self.read_pull(operation, number).await?.head;
        let Some(sha) = head.sha else {
            let why = "the pull request brings in no commit";
            let resource = format!("{}:{path}", self.pull_resource(number));
            return Err(self.error(operation, ErrorKind::NotFound, resource, why));
        };
        // When the fork is gone, its commits are still in the target, under the pull request's own ref.
        let place = head.project.unwrap_or_else(|| self.path.clone());
        self.forge
            .project_at(place)
            .read_file_at(operation, path, Some(&sha))
            .await
    }
}
