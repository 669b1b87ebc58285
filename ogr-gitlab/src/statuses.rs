//! Commit statuses.
//!
//! | `CheckState` | is written as | and what reads as it |
//! | --- | --- | --- |
//! | `Pending` | `pending` | `pending`, `created`, `preparing`, `scheduled`, `waiting_for_resource`, `waiting_for_callback` |
//! | `Running` | `running` | `running`, `canceling` |
//! | `Success` | `success` | `success` |
//! | `Failure` | `failed` | `failed` |
//! | `Error`, `ActionRequired`, `TimedOut` | `failed` | |
//! | `Neutral`, `Warning` | `success` | `Warning`: `failed` of a job that may fail |
//! | `Canceled`, `Stale` | `canceled` | `canceled` |
//! | `Skipped` | `skipped` | `skipped`, and `manual` of a job that may stay undone |
//! | | | `ActionRequired`: `manual` of a job that the pipeline waits for |
//! | `Other(word)` | the word, for GitLab to judge | every other word |

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream;
use gitlab::api::{
    common::SortOrder,
    projects::repository::commits::{CommitStatuses, CommitStatusesOrderBy},
};
use http::Method;
use ogr_core::{
    CheckState, CombinedStatus, CommitStatus, Error, ErrorKind, Listing, NewStatus, Operation,
    Result, Statuses, http::Effect,
};
use serde::{Deserialize, Serialize};

use crate::{
    dialect::is_no_transition,
    endpoint::check_ref,
    paging,
    project::GitLabProject,
    wire::{UserRow, text, time},
};

/// How many characters GitLab keeps of a description.
const DESCRIPTION: usize = 255;

/// By hand: the `gitlab` crate counts the bytes of a description where GitLab counts its characters.
#[derive(Serialize)]
struct StatusBody<'a> {
    state: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#ref: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
struct StatusRow {
    id: Option<u64>,
    sha: Option<String>,
    status: Option<String>,
    name: Option<String>,
    description: Option<String>,
    target_url: Option<String>,
    allow_failure: Option<bool>,
    author: Option<UserRow>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    started_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    finished_at: Option<DateTime<Utc>>,
}

impl StatusRow {
    fn into_status(self) -> CommitStatus {
        let word = self.status.unwrap_or_default();
        let mut status = CommitStatus::new(
            self.name.unwrap_or_default(),
            read(&word, self.allow_failure == Some(true)),
        );
        status.description = text(self.description);
        status.url = text(self.target_url);
        status.sha = self.sha;
        status.id = self.id.map(|id| id.to_string());
        status.creator = self.author.and_then(UserRow::into_user);
        status.created_at = self.created_at;
        status.updated_at = self.finished_at.or(self.started_at).or(self.created_at);
        status
    }

    /// Whether setting the status would leave just this.
    fn is(&self, word: &str, new: &NewStatus, description: &str) -> bool {
        self.status.as_deref() == Some(word)
            && self.description.as_deref().unwrap_or_default() == description
            && self.target_url.as_deref().unwrap_or_default()
                == new.url.as_deref().unwrap_or_default()
    }
}

fn written(state: &CheckState) -> &str {
    match state {
        CheckState::Pending => "pending",
        CheckState::Running => "running",
        // There is no word for these; neither stands in the way of a merge, as with the forges that have them.
        CheckState::Success | CheckState::Neutral | CheckState::Warning => "success",
        CheckState::Failure
        | CheckState::Error
        | CheckState::ActionRequired
        | CheckState::TimedOut => "failed",
        CheckState::Canceled | CheckState::Stale => "canceled",
        CheckState::Skipped => "skipped",
        other => other.as_str(),
    }
}

fn read(word: &str, may_fail: bool) -> CheckState {
    match word {
        "pending"
        | "created"
        | "preparing"
        | "scheduled"
        | "waiting_for_resource"
        | "waiting_for_callback" => CheckState::Pending,
        "running" | "canceling" => CheckState::Running,
        "success" => CheckState::Success,
        "failed" if may_fail => CheckState::Warning,
        "failed" => CheckState::Failure,
        "canceled" => CheckState::Canceled,
        "skipped" => CheckState::Skipped,
        "manual" if may_fail => CheckState::Skipped,
        "manual" => CheckState::ActionRequired,
        other => CheckState::Other(other.to_owned()),
    }
}

impl GitLabProject {
    fn check_commit(&self, operation: Operation, sha: &str) -> Result<()> {
        check_ref(operation, sha).map_err(|error| self.locate(error, operation))
    }

    /// The statuses of a commit, newest first: all that were ever set, or the latest of each name.
    async fn statuses_of(
        &self,
        operation: Operation,
        sha: &str,
        all: bool,
        only: Option<&NewStatus>,
    ) -> Result<Vec<StatusRow>> {
        self.check_commit(operation, sha)?;
        let id = self.id();
        let mut endpoint = CommitStatuses::builder();
        endpoint
            .project(&id)
            .commit(sha)
            .order_by(CommitStatusesOrderBy::Id)
            .sort(SortOrder::Descending);
        if all {
            endpoint.all(true);
        }
        if let Some(new) = only {
            endpoint.name(new.context.as_str());
            if let Some(branch) = &new.branch {
                endpoint.ref_(branch.as_str());
            }
        }
        let call = self
            .call(operation, endpoint.build())
            .map(|call| call.resource(self.part(format_args!("@{sha}"))));
        let rows = paging::numbered(
            &self.gitlab.client,
            call,
            |row: StatusRow| Ok(Some(row)),
            |row| format!("{:?} {:?}", row.id, row.name),
        );
        let mut rows = rows.collect_all().await?;
        // Before 17.9 the order cannot be chosen, and is the other way round.
        rows.sort_by_key(|row| std::cmp::Reverse(row.id));
        Ok(rows)
    }

    /// GitLab lets no status go from a state to the same one. If all is as asked, that is success.
    async fn settle(
        &self,
        sha: &str,
        new: &NewStatus,
        description: &str,
        error: Error,
    ) -> Result<CommitStatus> {
        let rows = self
            .statuses_of(Operation::StatusesSet, sha, false, Some(new))
            .await?;
        let newest = rows
            .into_iter()
            .find(|row| row.name.as_deref() == Some(new.context.as_str()));
        match newest {
            Some(row) if row.is(written(&new.state), new, description) => Ok(row.into_status()),
            _ => Err(error),
        }
    }
}

#[async_trait]
impl Statuses for GitLabProject {
    async fn set(&self, sha: &str, status: &NewStatus) -> Result<CommitStatus> {
        const OPERATION: Operation = Operation::StatusesSet;
        self.gitlab.require(OPERATION)?;
        self.check_commit(OPERATION, sha)?;
        let description = status.short_description(DESCRIPTION);
        let call = self
            .own(OPERATION, Method::POST, &["statuses", sha])?
            .resource(self.part(format_args!("@{sha}")))
            // The latest of a name counts: sent twice, it says the same.
            .effect(Effect::Idempotent)
            .json(&StatusBody {
                state: written(&status.state),
                name: &status.context,
                r#ref: status.branch.as_deref(),
                target_url: status.url.as_deref(),
                description: Some(description.as_str()).filter(|text| !text.is_empty()),
            })?;
        match self.gitlab.client.send(call).await {
            Ok(reply) => Ok(reply.json::<StatusRow>()?.into_status()),
            Err(error)
                if error.kind() == ErrorKind::Conflict && is_no_transition(error.message()) =>
            {
                self.settle(sha, status, &description, error).await
            }
            Err(error) => Err(error),
        }
    }

    fn list(&self, sha: &str) -> Listing<CommitStatus> {
        let (project, sha) = (self.clone(), sha.to_owned());
        Listing::from_future(async move {
            let rows = project
                .statuses_of(Operation::StatusesList, &sha, true, None)
                .await?;
            let statuses = rows.into_iter().map(|row| Ok(row.into_status()));
            Ok(Listing::from_stream(stream::iter(statuses)))
        })
    }

    fn kept(&self, _sha: &str, status: &NewStatus) -> NewStatus {
        let mut kept = status.clone();
        kept.state = read(written(&status.state), false);
        kept.description = status.short_description(DESCRIPTION);
        kept
    }

    async fn combined(&self, sha: &str) -> Result<CombinedStatus> {
        let rows = self
            .statuses_of(Operation::StatusesCombined, sha, false, None)
            .await?;
        let statuses = rows.into_iter().map(StatusRow::into_status);
        Ok(CombinedStatus::of_newest_first(statuses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_word_and_every_word_a_state() {
        const WORDS: [&str; 6] = [
            "pending", "running", "success", "failed", "canceled", "skipped",
        ];
        for state in CheckState::ALL {
            assert!(WORDS.contains(&written(state)), "{state}");
        }
        for word in WORDS {
            assert_eq!(written(&read(word, false)), word);
        }
        assert_eq!(read("failed", true), CheckState::Warning);
        assert_eq!(read("manual", false), CheckState::ActionRequired);
        assert_eq!(read("manual", true), CheckState::Skipped);
        assert_eq!(read("brewing", false), CheckState::Other("brewing".into()));
        assert_eq!(written(&CheckState::Other("brewing".into())), "brewing");
    }
}
