//! Commit statuses.
//!
//! GitHub knows four states. Going out, the others become:
//!
//! | ogr | GitHub |
//! | --- | --- |
//! | pending, running, unknown words | `pending` |
//! | success, warning, neutral, skipped | `success` |
//! | failure, action required | `failure` |
//! | error, canceled, timed out, stale | `error` |
//!
//! Coming in, each of the four is itself, and any other word is kept as it is.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::Method;
use ogr_core::{
    CheckState, CombinedStatus, CommitStatus, Listing, NewStatus, Operation, Result, Statuses,
    http::{Effect, Paging, array},
};
use serde::{Deserialize, Serialize};

use crate::{
    GitHubProject,
    forge::PAGE,
    wire::{self, time},
};

/// GitHub refuses descriptions that are longer, in characters.
const DESCRIPTION: usize = 140;

#[derive(Debug, Deserialize)]
struct StatusWire {
    id: Option<u64>,
    context: Option<String>,
    state: Option<String>,
    description: Option<String>,
    target_url: Option<String>,
    creator: Option<wire::User>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<DateTime<Utc>>,
}

impl StatusWire {
    fn into_status(self, sha: &str) -> CommitStatus {
        let state = read(self.state.unwrap_or_default());
        // The context that GitHub gives where none was said.
        let context = self.context.unwrap_or_else(|| "default".to_owned());
        let mut status = CommitStatus::new(context, state);
        status.description = self.description;
        status.url = self.target_url;
        status.sha = Some(sha.to_owned());
        status.id = self.id.map(|id| id.to_string());
        status.creator = self.creator.map(Into::into);
        status.created_at = self.created_at;
        status.updated_at = self.updated_at;
        status
    }
}

#[derive(Debug, Deserialize)]
struct CombinedWire {
    sha: Option<String>,
    statuses: Option<Vec<StatusWire>>,
    total_count: Option<usize>,
}

#[derive(Serialize)]
struct NewStatusBody<'a> {
    state: &'a str,
    context: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_url: Option<&'a str>,
}

fn read(word: String) -> CheckState {
    match word.as_str() {
        "pending" => CheckState::Pending,
        "success" => CheckState::Success,
        "failure" => CheckState::Failure,
        "error" => CheckState::Error,
        _ => CheckState::Other(word),
    }
}

fn write(state: &CheckState) -> &'static str {
    match state {
        CheckState::Success | CheckState::Warning | CheckState::Neutral | CheckState::Skipped => {
            "success"
        }
        CheckState::Failure | CheckState::ActionRequired => "failure",
        CheckState::Error | CheckState::Canceled | CheckState::TimedOut | CheckState::Stale => {
            "error"
        }
        // A word that nobody knows is not taken for an end.
        _ => "pending",
    }
}

#[async_trait]
impl Statuses for GitHubProject {
    /// The states that GitHub lacks become the nearest of its four; the answer tells which. An older status of the same
    /// context stays in [`list`](Self::list), and counts no more.
    async fn set(&self, sha: &str, status: &NewStatus) -> Result<CommitStatus> {
        // Sent twice there are two rows in the history and one status: the newest of a context is the status.
        let call = self
            .call(
                Operation::StatusesSet,
                Method::POST,
                &["statuses", sha],
                format_args!("@{sha}"),
            )?
            .effect(Effect::Idempotent)
            .json(&NewStatusBody {
                state: write(&status.state),
                context: &status.context,
                description: status.short_description(DESCRIPTION),
                target_url: status.url.as_deref(),
            })?;
        match self.forge.fetch::<StatusWire>(call).await {
            Ok(wire) => Ok(wire.into_status(sha)),
            // A commit that is not there is another answer (422): this is the project, or the right to write.
            Err(error) => Err(self.explain(error, &[]).await),
        }
    }

    fn list(&self, sha: &str) -> Listing<CommitStatus> {
        let call = self.get_call(
            Operation::StatusesList,
            &["commits", sha, "statuses"],
            format_args!("@{sha}"),
        );
        let sha = sha.to_owned();
        Listing::or_failed(call.map(|call| {
            self.forge.client().listing(
                call.query("per_page", PAGE),
                Paging::Link,
                move |reply| array(reply, |row: StatusWire| Ok(Some(row.into_status(&sha)))),
                |status: &CommitStatus| {
                    let id = status.id.as_deref().unwrap_or_default();
                    format!("{id} {} {:?}", status.context, status.created_at)
                },
            )
        }))
    }

    fn kept(&self, _sha: &str, status: &NewStatus) -> NewStatus {
        let mut kept = status.clone();
        kept.state = read(write(&status.state).to_owned());
        kept.description = status.short_description(DESCRIPTION);
        kept
    }

    async fn combined(&self, sha: &str) -> Result<CombinedStatus> {
        let mut statuses = Vec::new();
        for page in 1_u32.. {
            let mut call = self
                .get_call(
                    Operation::StatusesCombined,
                    &["commits", sha, "status"],
                    format_args!("@{sha}"),
                )?
                .query("per_page", PAGE);
            if page > 1 {
                call = call.query("page", page.to_string());
            }
            let wire: CombinedWire = self.forge.fetch(call).await?;
            let sha = wire.sha.as_deref().unwrap_or(sha);
            let rows = wire.statuses.unwrap_or_default();
            let read = rows.len();
            statuses.extend(rows.into_iter().map(|row| row.into_status(sha)));
            let total = wire.total_count.unwrap_or(statuses.len());
            if read == 0 || statuses.len() >= total {
                break;
            }
        }
        Ok(CombinedStatus::of_newest_first(statuses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_goes_out_as_one_that_comes_back_as_itself() {
        for state in CheckState::ALL {
            let word = write(state);
            let back = read(word.to_owned());
            assert!(!matches!(back, CheckState::Other(_)), "{state}");
            assert_eq!(write(&back), word);
            // What is at an end stays so, and what is not does too.
            assert_eq!(back.is_final(), state.is_final(), "{state}");
        }
        let unknown = read("startled".to_owned());
        assert_eq!(unknown, CheckState::Other("startled".into()));
        assert_eq!(write(&unknown), "pending");
    }
}
