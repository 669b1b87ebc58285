//! Merge requests, which ogr calls pull requests.

mod create;
mod list;
mod merge;
mod patch;
mod wire;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use gitlab::api::projects::merge_requests::{
    EditMergeRequest, EditMergeRequestBuilder, MergeRequest, MergeRequestCommits,
    MergeRequestDiffs, MergeRequestStateEvent, notes::CreateMergeRequestNote,
};
use http::Method;
use ogr_core::{
    ChangedFile, Comment, Commit, Error, ErrorKind, FileContent, Listing, Merge, MergeOutcome,
    NewPullRequest, Operation, Outcome, ProjectPath, PullRequest, PullRequestChange,
    PullRequestQuery, PullRequestState, PullRequests, Result, Side,
};

use self::wire::{DRAFT, NoteRow, PullRow, is_marked};
use crate::{
    capabilities::NO_RAW_DIFFS,
    dialect::{is_missing_source, is_missing_target},
    endpoint::check_ref,
    paging,
    project::GitLabProject,
    wire::{CommitRow, DiffRow, ProjectRow},
};

impl GitLabProject {
    fn numbered(&self, number: u64) -> String {
        self.part(format_args!("#{number}"))
    }

    /// One merge request as GitLab tells it.
    async fn pull_row(&self, operation: Operation, number: u64) -> Result<PullRow> {
        let id = self.id();
        let endpoint = MergeRequest::builder()
            .project(&id)
            .merge_request(number)
            .build();
        let call = self
            .call(operation, endpoint)?
            .resource(self.numbered(number));
        self.gitlab.client.send(call).await?.json()
    }

    /// Changes one, as the builder was told to.
    async fn edit(
        &self,
        operation: Operation,
        number: u64,
        fill: impl FnOnce(&mut EditMergeRequestBuilder<'_>) + Send,
    ) -> Result<PullRow> {
        let id = self.id();
        let call = {
            let mut endpoint = EditMergeRequest::builder();
            endpoint.project(id.clone()).merge_request(number);
            fill(&mut endpoint);
            self.call(operation, endpoint.build())?
                .resource(self.numbered(number))
        };
        self.gitlab.client.send(call).await?.json()
    }

    /// The path of the project with this number: one request, unless an answer told it before.
    async fn path_of(&self, operation: Operation, number: u64) -> Result<Option<ProjectPath>> {
        let gitlab = &self.gitlab;
        if let Some(path) = gitlab.memo.path(gitlab.identity(), number) {
            return Ok(Some(path));
        }
        let call = gitlab
            .client
            .get(operation, ["projects", &number.to_string()])?
            .resource(format!("project {number}"));
        match gitlab.client.send(call).await {
            Ok(reply) => {
                let row: ProjectRow = reply.json()?;
                gitlab.learn(&row);
                Ok(Some(row.path()))
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::PermissionDenied
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Refuses labels that GitLab would take for several.
    fn check_labels<'l>(
        &self,
        operation: Operation,
        labels: impl IntoIterator<Item = &'l str>,
    ) -> Result<()> {
        for label in labels {
            if label.contains(',') || label.trim().is_empty() {
                let error = Error::new(
                    ErrorKind::Invalid,
                    "the name of a label is not empty and has no comma in it",
                );
                return Err(self
                    .locate(error, operation)
                    .with_resource(format!("{label:?}")));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl PullRequests for GitLabProject {
    fn list(&self, query: PullRequestQuery) -> Listing<PullRequest> {
        list::list(self, query)
    }

    async fn get(&self, number: u64) -> Result<PullRequest> {
        const OPERATION: Operation = Operation::PullRequestsGet;
        let row = self.pull_row(OPERATION, number).await?;
        let source = row.source_project_id.filter(|_| !row.is_inside());
        let mut pull = row.into_pull_request(self);
        if let Some(source) = source {
            pull.head.project = self.path_of(OPERATION, source).await?;
        }
        Ok(pull)
    }

    async fn create(&self, new: NewPullRequest) -> Result<PullRequest> {
        create::create(self, new).await
    }

    async fn change(&self, number: u64, change: PullRequestChange) -> Result<PullRequest> {
        const OPERATION: Operation = Operation::PullRequestsChange;
        if change.is_empty() {
            return self.get(number).await;
        }
        self.gitlab.require(OPERATION)?;
        let mut title = change.title.clone();
        if let Some(title) = title.as_mut().filter(|title| !is_marked(title)) {
            // A draft shall stay one.
            let row = self.pull_row(OPERATION, number).await?;
            if row.is_draft() == Some(true) {
                title.insert_str(0, DRAFT);
            }
        }
        let row = self
            .edit(OPERATION, number, |edit| {
                if let Some(title) = title {
                    edit.title(title);
                }
                if let Some(body) = change.body {
                    edit.description(body);
                }
                if let Some(target) = change.target.clone() {
                    edit.target_branch(target);
                }
                if let Some(allow) = change.maintainer_edit {
                    edit.allow_collaboration(allow);
                }
            })
            .await
            .map_err(|error| match &change.target {
                Some(target) if is_missing_target(&error) => {
                    error.with_resource(self.part(format_args!(" branch {target}")))
                }
                _ => error,
            })?;
        Ok(row.into_pull_request(self))
    }

    async fn close(&self, number: u64) -> Result<PullRequest> {
        self.gitlab.require(Operation::PullRequestsClose)?;
        let row = self
            .edit(Operation::PullRequestsClose, number, |edit| {
                edit.state_event(MergeRequestStateEvent::Close);
            })
            .await?;
        Ok(row.into_pull_request(self))
    }

    async fn reopen(&self, number: u64) -> Result<PullRequest> {
        const OPERATION: Operation = Operation::PullRequestsReopen;
        self.gitlab.require(OPERATION)?;
        let row = self
            .edit(OPERATION, number, |edit| {
                edit.state_event(MergeRequestStateEvent::Reopen);
            })
            .await?;
        // What cannot be reopened is answered as it is.
        if row.state() != PullRequestState::Open {
            let why = format!("it stays {}", row.state.as_deref().unwrap_or("what it was"));
            let error = Error::new(ErrorKind::Conflict, why).with_outcome(Outcome::Refused);
            return Err(self
                .locate(error, OPERATION)
                .with_resource(self.numbered(number)));
        }
        Ok(row.into_pull_request(self))
    }

    async fn comment(&self, number: u64, body: &str) -> Result<Comment> {
        const OPERATION: Operation = Operation::PullRequestsComment;
        self.gitlab.require(OPERATION)?;
        let id = self.id();
        let endpoint = CreateMergeRequestNote::builder()
            .project(&id)
            .merge_request(number)
            .body(body)
            .build();
        let call = self
            .call(OPERATION, endpoint)?
            .resource(self.numbered(number));
        let row: NoteRow = self.gitlab.client.send(call).await?.json()?;
        Ok(row.into_comment(body, self.pull_request_url(number).as_str()))
    }

    async fn merge(&self, number: u64, merge: Merge) -> Result<MergeOutcome> {
        merge::merge(self, number, merge).await
    }

    async fn set_labels(&self, number: u64, labels: &[&str]) -> Result<Vec<String>> {
        const OPERATION: Operation = Operation::PullRequestsSetLabels;
        self.gitlab.require(OPERATION)?;
        self.check_labels(OPERATION, labels.iter().copied())?;
        let row = self
            .edit(OPERATION, number, |edit| {
                if labels.is_empty() {
                    edit.clear_labels();
                } else {
                    edit.labels(labels.iter().map(|label| (*label).to_owned()));
                }
            })
            .await?;
        Ok(row.labels)
    }

    fn commits(&self, number: u64) -> Listing<Commit> {
        let id = self.id();
        let endpoint = MergeRequestCommits::builder()
            .project(&id)
            .merge_request(number)
            .build();
        let first = self
            .call(Operation::PullRequestsCommits, endpoint)
            .map(|call| call.resource(self.numbered(number)));
        let newest_first = paging::numbered(
            &self.gitlab.client,
            first,
            |row: CommitRow| {
                let mut commit = row.into_commit();
                // Older versions keep the commits of a merge request without their parents.
                commit.parents = commit.parents.filter(|parents| !parents.is_empty());
                Ok(Some(commit))
            },
            |commit| commit.sha.clone(),
        );
        // The oldest is on the last page: all are read before the first is given.
        Listing::from_future(async move {
            let mut commits = newest_first.collect_all().await?;
            commits.reverse();
            Ok(Listing::from_stream(stream::iter(
                commits.into_iter().map(Ok),
            )))
        })
    }

    fn files(&self, number: u64) -> Listing<ChangedFile> {
        let id = self.id();
        let endpoint = MergeRequestDiffs::builder()
            .project(&id)
            .merge_request(number)
            .build();
        let first = self
            .call(Operation::PullRequestsFiles, endpoint)
            .map(|call| call.resource(self.numbered(number)));
        paging::numbered(
            &self.gitlab.client,
            first,
            |row: DiffRow| Ok(row.into_changed_file()),
            |file| file.path.clone(),
        )
    }

    async fn diff(&self, number: u64) -> Result<Bytes> {
        const OPERATION: Operation = Operation::PullRequestsDiff;
        let below = ["merge_requests", &number.to_string(), "raw_diffs"];
        let call = self
            .own(OPERATION, Method::GET, &below)?
            .bytes()
            .resource(self.numbered(number));
        match self.gitlab.client.send(call).await {
            Ok(reply) => Ok(reply.body),
            // In these very words GitLab refuses a route that it does not have; a missing merge request is "Not found".
            Err(error) if error.is_not_found() && error.message() == "404 Not Found" => Err(error
                .with_kind(ErrorKind::Unsupported)
                .with_message(NO_RAW_DIFFS)),
            Err(error) => Err(error),
        }
    }

    async fn patch(&self, number: u64) -> Result<Bytes> {
        patch::patch(self, number).await
    }

    async fn for_commit(&self, sha: &str) -> Result<Vec<PullRequest>> {
        const OPERATION: Operation = Operation::PullRequestsForCommit;
        check_ref(OPERATION, sha).map_err(|error| self.locate(error, OPERATION))?;
        let below = ["repository", "commits", sha, "merge_requests"];
        let first = self
            .own(OPERATION, Method::GET, &below)
            .map(|call| call.resource(self.part(format_args!("@{sha}"))));
        let (project, wanted) = (self.clone(), sha.to_owned());
        paging::numbered(
            &self.gitlab.client,
            first,
            // GitLab gives all that have the commit, in whatever place.
            move |row: PullRow| {
                Ok(row
                    .is_about(&wanted)
                    .then(|| row.into_pull_request(&project)))
            },
            |pull| pull.number.to_string(),
        )
        .collect_all()
        .await
    }

    fn status_side(&self) -> Side {
        Side::Head
    }

    fn head_refspec(&self, number: u64) -> String {
        format!("refs/merge-requests/{number}/head")
    }

    async fn read_file(&self, number: u64, path: &str) -> Result<FileContent> {
        let head = self.head_refspec(number);
        self.read_at(Operation::PullRequestsReadFile, path, Some(&head))
            .await
    }
}
