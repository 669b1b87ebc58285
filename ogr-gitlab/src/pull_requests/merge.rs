//! Merging.

use std::time::Duration;

use gitlab::api::projects::merge_requests::MergeMergeRequest;
use ogr_core::{
    Error, ErrorKind, Merge, MergeMethod, MergeOutcome, Operation, Outcome, PullRequestState,
    Result,
};

use super::wire::PullRow;
use crate::project::GitLabProject;

const OPERATION: Operation = Operation::PullRequestsMerge;

/// How often to come back while GitLab works out whether it can be merged: after 250 ms·n², 13.75 s in all.
const POLLS: u32 = 5;

pub(super) async fn merge(
    project: &GitLabProject,
    number: u64,
    merge: Merge,
) -> Result<MergeOutcome> {
    project.gitlab.require(OPERATION)?;
    check_method(project, merge.method).await?;
    let message = message(project, number, &merge).await?;
    let mut request = Request {
        project,
        number,
        message,
        squash: merge.method == Some(MergeMethod::Squash),
        sha: merge.expected_head,
        auto: merge.when_checks_pass,
    };
    let mut polls = 0;
    loop {
        let error = match request.send().await {
            Ok(row) => return request.outcome(&row),
            Err(error) => error,
        };
        match request.judge(error).await? {
            Verdict::Done(outcome) => return Ok(outcome),
            Verdict::WithoutAuto => request.auto = false,
            Verdict::Later(_) if polls < POLLS => {
                polls += 1;
                tokio::time::sleep(Duration::from_millis(250) * polls * polls).await;
            }
            Verdict::Later(error) => return Err(error),
        }
    }
}

/// Merge commit and fast-forward are a setting of the project, not of the merge.
async fn check_method(project: &GitLabProject, method: Option<MergeMethod>) -> Result<()> {
    let unsupported = |why: String| {
        let error = Error::unsupported(Operation::PullRequestsMergeMethod, why);
        Err(project
            .gitlab
            .client
            .locate(error)
            .with_resource(project.id()))
    };
    let wanted: &[&str] = match method {
        None | Some(MergeMethod::Squash) => return Ok(()),
        Some(MergeMethod::Merge) => &["merge", "rebase_merge"],
        Some(MergeMethod::FastForward) => &["ff"],
        _ => {
            return unsupported(
                "GitLab rebases a merge request only as a step of its own: merge in the project's way".to_owned(),
            );
        }
    };
    match project.row(OPERATION).await?.merge_method {
        Some(method) if !wanted.contains(&method.as_str()) => unsupported(format!(
            "this project merges by {method:?}, which only its settings can change"
        )),
        // Not everybody is told.
        _ => Ok(()),
    }
}

/// The whole message of the commit that the merge makes; `None` leaves it to GitLab.
async fn message(project: &GitLabProject, number: u64, merge: &Merge) -> Result<Option<String>> {
    let rest = merge.message.as_deref().filter(|rest| !rest.is_empty());
    let title = match (&merge.title, rest) {
        (Some(title), _) => title.clone(),
        (None, None) => return Ok(None),
        // GitLab takes the whole or nothing, so that its own title has to be written for it.
        (None, Some(_)) => {
            let row = project.pull_row(OPERATION, number).await?;
            if merge.method == Some(MergeMethod::Squash) {
                row.title()
            } else {
                let (source, target) = (row.source_branch(), row.target_branch());
                format!("Merge branch '{source}' into '{target}'")
            }
        }
    };
    Ok(Some(match rest {
        Some(rest) => format!("{title}\n\n{rest}"),
        None => title,
    }))
}

struct Request<'a> {
    project: &'a GitLabProject,
    number: u64,
    message: Option<String>,
    squash: bool,
    sha: Option<String>,
    auto: bool,
}

/// What to do about a refusal.
enum Verdict {
    /// It is merged, or will be: the answer was lost.
    Done(MergeOutcome),
    /// There is nothing to wait for.
    WithoutAuto,
    /// GitLab is still working it out.
    Later(Error),
}

impl Request<'_> {
    async fn send(&self) -> Result<PullRow> {
        let call = {
            let id = self.project.id();
            let mut endpoint = MergeMergeRequest::builder();
            endpoint.project(&id).merge_request(self.number);
            if let Some(message) = &self.message {
                if self.squash {
                    endpoint.squash_commit_message(message.as_str());
                } else {
                    endpoint.merge_commit_message(message.as_str());
                }
            }
            if self.squash {
                endpoint.squash(true);
            }
            if self.auto {
                // Its new name, auto_merge, is known since 17.11 only; this one goes with version 5 of the API.
                endpoint.merge_when_pipeline_succeeds(true);
            }
            if let Some(sha) = &self.sha {
                endpoint.sha(sha.as_str());
            }
            self.project
                .call(OPERATION, endpoint.build())?
                .resource(self.project.numbered(self.number))
        };
        self.project.gitlab.client.send(call).await?.json()
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        self.project
            .locate(Error::new(kind, why), OPERATION)
            .with_resource(self.project.numbered(self.number))
    }

    /// What an accepted request came to.
    fn outcome(&self, row: &PullRow) -> Result<MergeOutcome> {
        if row.state() == PullRequestState::Merged {
            return Ok(MergeOutcome::Merged {
                sha: row.merge_commit(),
            });
        }
        if let Some(why) = row.merge_error.as_deref().filter(|why| !why.is_empty()) {
            return Err(self.error(ErrorKind::Conflict, why));
        }
        if self.auto {
            return Ok(MergeOutcome::Scheduled);
        }
        let state = row.state.as_deref().unwrap_or("open");
        Err(self.error(
            ErrorKind::NotReady,
            format!("GitLab took the request, but it is {state} still"),
        ))
    }

    /// What a refusal means: its status says little, the merge request says more.
    async fn judge(&self, error: Error) -> Result<Verdict> {
        let was_lost = error.outcome() == Outcome::Unknown;
        let status = error.status().unwrap_or_default();
        if !(was_lost || matches!(status, 401 | 405 | 406)) || error.is_not_found() {
            return Err(error);
        }
        let Ok(row) = self.project.pull_row(OPERATION, self.number).await else {
            return Err(error);
        };
        if was_lost && let Some(outcome) = self.settled(&row) {
            return Ok(Verdict::Done(outcome));
        }
        if status == 401 {
            // In this way GitLab says that the user may not push to the target. The credential is good: it read
            // the merge request.
            return Err(error
                .with_kind(ErrorKind::PermissionDenied)
                .with_message("the user may not merge into the target branch"));
        }
        if !matches!(status, 405 | 406) {
            return Err(error);
        }
        let state = row.state();
        if state != PullRequestState::Open {
            let state = row.state.as_deref().unwrap_or_default();
            return Err(conflict(error, &format!("it is {state}")));
        }
        if row.is_being_checked() {
            return Ok(Verdict::Later(
                error
                    .with_kind(ErrorKind::NotReady)
                    .with_retryable(true)
                    .with_message("GitLab is still working out whether it can be merged"),
            ));
        }
        match row.detailed_merge_status.as_deref() {
            // There are no checks to wait for, which GitLab refuses too.
            Some("mergeable") if self.auto => Ok(Verdict::WithoutAuto),
            Some("ci_still_running") => Err(error
                .with_kind(ErrorKind::NotReady)
                .with_retryable(true)
                .with_code("ci_still_running")
                .with_message("the checks still run")),
            Some(word) => Err(conflict(error, &format!("GitLab says: {word}")).with_code(word)),
            None => Err(error),
        }
    }

    /// Whether it is as asked, whatever became of the answer.
    fn settled(&self, row: &PullRow) -> Option<MergeOutcome> {
        let is_expected = match (&self.sha, &row.sha) {
            (Some(wanted), Some(head)) => wanted.eq_ignore_ascii_case(head),
            (Some(_), None) => false,
            (None, _) => true,
        };
        if !is_expected {
            return None;
        }
        if row.state() == PullRequestState::Merged {
            return Some(MergeOutcome::Merged {
                sha: row.merge_commit(),
            });
        }
        let is_scheduled = self.auto && row.merge_when_pipeline_succeeds == Some(true);
        is_scheduled.then_some(MergeOutcome::Scheduled)
    }
}

fn conflict(error: Error, why: &str) -> Error {
    error.with_kind(ErrorKind::Conflict).with_message(why)
}
