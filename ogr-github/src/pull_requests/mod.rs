//! Pull requests.

mod list;
mod merge;
mod wire;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use ogr_core::{
    ChangedFile, Comment, Commit, Error, FileContent, Listing, Merge, MergeOutcome, NewPullRequest,
    Operation, ProjectPath, PullRequest, PullRequestChange, PullRequestQuery, PullRequests, Result,
    Side,
    http::{Effect, Paging, array},
};
use serde::Serialize;

use self::wire::{CommentWire, PullWire};
use crate::{GitHubProject, forge::PAGE, projects::same, refs::FileRow, wire::Label};

#[derive(Serialize)]
struct NewPull<'a> {
    title: &'a str,
    body: &'a str,
    head: String,
    base: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    head_repo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maintainer_can_modify: Option<bool>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    draft: bool,
}

#[derive(Serialize, Default)]
struct Change<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maintainer_can_modify: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
}

#[derive(Serialize)]
struct CommentBody<'a> {
    body: &'a str,
}

#[derive(Serialize)]
struct LabelsBody<'a> {
    labels: &'a [&'a str],
}

#[async_trait]
impl PullRequests for GitHubProject {
    /// State, target and head are GitHub's to filter, the head only where its project is named. The rest is filtered in
    /// the rows: they carry author and labels.
    fn list(&self, query: PullRequestQuery) -> Listing<PullRequest> {
        Listing::or_failed(self.list_matching(query))
    }

    async fn get(&self, number: u64) -> Result<PullRequest> {
        Ok(self
            .pull(Operation::PullRequestsGet, number)
            .await?
            .into_pull_request())
    }

    /// Labels are one request more. When that fails the error is of
    /// [`pull_requests.create.labels`](Operation::PullRequestsCreateLabels) and names the pull request, which is open
    /// then.
    async fn create(&self, new: NewPullRequest) -> Result<PullRequest> {
        self.check_options(&new)?;
        let (head, head_repo) = self.head(&new);
        let call = self
            .call(Operation::PullRequestsCreate, Method::POST, &["pulls"], "")?
            .json(&NewPull {
                title: &new.title,
                body: &new.body,
                head,
                base: &new.target,
                head_repo,
                maintainer_can_modify: new.maintainer_edit,
                draft: new.draft,
            })?;
        let mut pull = match self.forge.fetch::<PullWire>(call).await {
            Ok(wire) => wire.into_pull_request(),
            Err(error) if error.is_not_found() && error.status() == Some(422) => {
                return Err(self.missing_branch(error, &new));
            }
            Err(error) => return Err(self.explain(error, &[]).await),
        };
        if !new.labels.is_empty() {
            let labels: Vec<&str> = new.labels.iter().map(String::as_str).collect();
            pull.labels = self
                .write_labels(Operation::PullRequestsCreateLabels, pull.number, &labels)
                .await
                .map_err(|error| {
                    let message = format!(
                        "the pull request is open, but its labels are not set: {}",
                        error.message()
                    );
                    error.with_message(message)
                })?;
        }
        Ok(pull)
    }

    async fn change(&self, number: u64, change: PullRequestChange) -> Result<PullRequest> {
        if change.is_empty() {
            return self.get(number).await;
        }
        let operation = if change.target.is_some() {
            Operation::PullRequestsChangeTarget
        } else {
            Operation::PullRequestsChange
        };
        if change.maintainer_edit.is_some() {
            self.forge.require(Operation::PullRequestsMaintainerEdit)?;
        }
        let body = Change {
            title: change.title.as_deref(),
            body: change.body.as_deref(),
            base: change.target.as_deref(),
            maintainer_can_modify: change.maintainer_edit,
            state: None,
        };
        match (
            self.patch_pull(operation, number, &body).await,
            &change.target,
        ) {
            (Err(error), Some(target)) if error.is_not_found() && error.status() == Some(422) => {
                Err(error.with_resource(format!("{} branch {target}", self.path)))
            }
            (result, _) => result,
        }
    }

    async fn close(&self, number: u64) -> Result<PullRequest> {
        self.set_state(Operation::PullRequestsClose, number, "closed")
            .await
    }

    async fn reopen(&self, number: u64) -> Result<PullRequest> {
        self.set_state(Operation::PullRequestsReopen, number, "open")
            .await
    }

    /// Comments of pull requests are comments of issues to GitHub: by the number of an issue, the issue gets it.
    async fn comment(&self, number: u64, body: &str) -> Result<Comment> {
        let number_text = number.to_string();
        let call = self
            .call(
                Operation::PullRequestsComment,
                Method::POST,
                &["issues", &number_text, "comments"],
                format_args!("#{number}"),
            )?
            .json(&CommentBody { body })?;
        match self.forge.fetch::<CommentWire>(call).await {
            Ok(wire) => Ok(wire.into()),
            Err(error) => Err(self.explain(error, &["pulls", &number_text]).await),
        }
    }

    /// Without a method it is merged by a merge commit, and where the project does not allow that, by the first of squash
    /// and rebase that it allows. With [`when_checks_pass`](Merge::when_checks_pass), what needs to wait for nothing is
    /// merged at once.
    async fn merge(&self, number: u64, merge: Merge) -> Result<MergeOutcome> {
        self.merge_pull(number, merge).await
    }

    async fn set_labels(&self, number: u64, labels: &[&str]) -> Result<Vec<String>> {
        self.write_labels(Operation::PullRequestsSetLabels, number, labels)
            .await
    }

    /// GitHub lists the first 250; further ones are read by comparing the two sides.
    fn commits(&self, number: u64) -> Listing<Commit> {
        Listing::or_failed(self.commits_of(number))
    }

    /// GitHub lists up to 3,000 files.
    fn files(&self, number: u64) -> Listing<ChangedFile> {
        let call = self.get_call(
            Operation::PullRequestsFiles,
            &["pulls", &number.to_string(), "files"],
            format_args!("#{number}"),
        );
        Listing::or_failed(call.map(|call| {
            self.forge.client().listing(
                call.query("per_page", PAGE),
                Paging::Link,
                |reply| array(reply, |row: FileRow| Ok(Some(ChangedFile::from(row)))),
                |file: &ChangedFile| file.path.clone(),
            )
        }))
    }

    async fn diff(&self, number: u64) -> Result<Bytes> {
        self.text(
            Operation::PullRequestsDiff,
            number,
            "application/vnd.github.diff",
        )
        .await
    }

    async fn patch(&self, number: u64) -> Result<Bytes> {
        self.text(
            Operation::PullRequestsPatch,
            number,
            "application/vnd.github.patch",
        )
        .await
    }

    async fn for_commit(&self, sha: &str) -> Result<Vec<PullRequest>> {
        self.list_for_commit(sha)?.collect_all().await
    }

    fn status_side(&self) -> Side {
        Side::Base
    }

    fn head_refspec(&self, number: u64) -> String {
        format!("refs/pull/{number}/head")
    }

    async fn read_file(&self, number: u64, path: &str) -> Result<FileContent> {
        // The target has the head under a name of its own, wherever that is.
        let head = self.head_refspec(number);
        self.read_at(Operation::PullRequestsReadFile, path, Some(&head))
            .await
    }
}

impl GitHubProject {
    async fn pull(&self, operation: Operation, number: u64) -> Result<PullWire> {
        let call = self.get_call(
            operation,
            &["pulls", &number.to_string()],
            format_args!("#{number}"),
        )?;
        self.forge.fetch(call).await
    }

    fn check_options(&self, new: &NewPullRequest) -> Result<()> {
        if new.draft {
            self.forge.require(Operation::PullRequestsCreateDraft)?;
        }
        if !new.labels.is_empty() {
            self.forge.require(Operation::PullRequestsCreateLabels)?;
        }
        if new.maintainer_edit.is_some() {
            self.forge.require(Operation::PullRequestsMaintainerEdit)?;
        }
        if let Some(project) = &new.head_project {
            self.forge.project_at(project.clone())?;
        }
        Ok(())
    }

    /// How GitHub wants the head named. By its owner it is found wherever it is; only when the owner has the target
    /// too must its repository be named.
    fn head(&self, new: &NewPullRequest) -> (String, Option<String>) {
        let branch = &new.head_branch;
        match &new.head_project {
            Some(project) if !project.is_same(&self.path) => {
                let owner = owner(project);
                if same(owner, &self.owner) {
                    (branch.clone(), Some(project.to_string()))
                } else {
                    (format!("{owner}:{branch}"), None)
                }
            }
            _ => (branch.clone(), None),
        }
    }

    /// Names the branch that GitHub calls an invalid field.
    fn missing_branch(&self, error: Error, new: &NewPullRequest) -> Error {
        let resource = if error.message().contains("PullRequest.base") {
            format!("{} branch {}", self.path, new.target)
        } else {
            let project = new.head_project.as_ref().unwrap_or(&self.path);
            format!("{project} branch {}", new.head_branch)
        };
        error.with_resource(resource)
    }

    async fn set_state(
        &self,
        operation: Operation,
        number: u64,
        state: &str,
    ) -> Result<PullRequest> {
        let body = Change {
            state: Some(state),
            ..Change::default()
        };
        self.patch_pull(operation, number, &body).await
    }

    async fn patch_pull(
        &self,
        operation: Operation,
        number: u64,
        body: &Change<'_>,
    ) -> Result<PullRequest> {
        let number_text = number.to_string();
        let tail = ["pulls", number_text.as_str()];
        let call = self
            .call(operation, Method::PATCH, &tail, format_args!("#{number}"))?
            .json(body)?;
        match self.forge.fetch::<PullWire>(call).await {
            Ok(wire) => Ok(wire.into_pull_request()),
            Err(error) => Err(self.explain(error, &tail).await),
        }
    }

    async fn write_labels(
        &self,
        operation: Operation,
        number: u64,
        labels: &[&str],
    ) -> Result<Vec<String>> {
        let number_text = number.to_string();
        // No labels at all have a verb of their own: the document wants at least one in the other.
        let method = if labels.is_empty() {
            Method::DELETE
        } else {
            Method::PUT
        };
        let mut call = self
            .call(
                operation,
                method,
                &["issues", &number_text, "labels"],
                format_args!("#{number}"),
            )?
            .effect(Effect::Idempotent);
        if !labels.is_empty() {
            call = call.json(&LabelsBody { labels })?;
        }
        match self.forge.fetch::<Option<Vec<Label>>>(call).await {
            Ok(labels) => Ok(Label::names(labels)),
            Err(error) => Err(self.explain(error, &["pulls", &number_text]).await),
        }
    }

    async fn text(&self, operation: Operation, number: u64, accept: &'static str) -> Result<Bytes> {
        let call = self
            .get_call(
                operation,
                &["pulls", &number.to_string()],
                format_args!("#{number}"),
            )?
            .bytes()
            .accept(accept);
        Ok(self.forge.client().send(call).await?.body)
    }
}

fn owner(project: &ProjectPath) -> &str {
    project.namespace.as_deref().unwrap_or_default()
}
