//! Commit statuses: `/repos/{owner}/{name}/statuses/{sha}` and `commits/{sha}/status`.
//!
//! Forgejo knows five states, since version 16 a sixth, and stores any other word unseen. They are written and read like this:
//!
//! | ogr | Forgejo |
//! | --- | --- |
//! | pending, running | `pending` |
//! | success, neutral | `success` |
//! | failure, action required | `failure` |
//! | error, canceled, timed out, stale | `error` |
//! | warning | `warning` |
//! | skipped | `skipped` |
//!
//! A word beside these is read as [`CheckState::Other`] and never written.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream;
use ogr_core::{
    CheckState, CombinedStatus, CommitStatus, ErrorKind, Listing, NewStatus, Operation, Outcome,
    Result, Statuses,
    http::{Effect, Paging},
};
use serde::{Deserialize, Serialize};

use crate::{
    ForgejoProject,
    forge::{GET, POST},
    wire::{Account, counted, list, paged, said, time, total},
};

#[derive(Deserialize)]
struct Row {
    /// The state: it is sent as `state` and comes back as `status`.
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    id: Option<u64>,
    #[serde(default)]
    context: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    target_url: Option<String>,
    #[serde(default)]
    creator: Option<Account>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Combined {
    #[serde(default, deserialize_with = "list")]
    statuses: Vec<Row>,
}

#[derive(Serialize)]
struct Set<'a> {
    state: &'a str,
    context: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_url: Option<&'a str>,
}

impl Row {
    fn into_status(self, sha: &str) -> CommitStatus {
        let state = read_state(self.status.unwrap_or_default());
        let mut status = CommitStatus::new(self.context.unwrap_or_default(), state);
        status.description = said(self.description);
        status.url = said(self.target_url);
        status.sha = Some(sha.to_owned());
        status.id = self.id.map(|id| id.to_string());
        status.creator = self.creator.and_then(Account::known);
        status.created_at = self.created_at;
        status.updated_at = self.updated_at;
        status
    }
}

/// The forge's word for a state; `None` for a word that ogr does not know.
fn written_state(state: &CheckState) -> Option<&'static str> {
    Some(match state {
        CheckState::Pending | CheckState::Running => "pending",
        CheckState::Success | CheckState::Neutral => "success",
        CheckState::Failure | CheckState::ActionRequired => "failure",
        CheckState::Error | CheckState::Canceled | CheckState::TimedOut | CheckState::Stale => {
            "error"
        }
        CheckState::Warning => "warning",
        CheckState::Skipped => "skipped",
        _ => return None,
    })
}

fn read_state(word: String) -> CheckState {
    match word.as_str() {
        "pending" => CheckState::Pending,
        "success" => CheckState::Success,
        "failure" => CheckState::Failure,
        "error" => CheckState::Error,
        "warning" => CheckState::Warning,
        "skipped" => CheckState::Skipped,
        _ => CheckState::Other(word),
    }
}

#[async_trait]
impl Statuses for ForgejoProject {
    async fn set(&self, sha: &str, status: &NewStatus) -> Result<CommitStatus> {
        let operation = Operation::StatusesSet;
        let Some(state) = written_state(&status.state) else {
            // The server would take any word, and show it to nobody.
            return Err(self
                .error(
                    operation,
                    self.at(sha),
                    ErrorKind::Invalid,
                    format!(
                        "{:?} is no state of a status on Forgejo",
                        status.state.as_str()
                    ),
                )
                .with_outcome(Outcome::NotSent));
        };
        let call = self
            .call(operation, POST, ["statuses", sha])?
            .resource(self.at(sha))
            // The newest of a context counts, so that setting it twice is setting it once.
            .effect(Effect::Idempotent)
            .json(&Set {
                state,
                context: &status.context,
                description: &status.description,
                target_url: status.url.as_deref(),
            })?;
        let error = match self.send(call).await {
            Ok(reply) => return Ok(self.forgejo().read::<Row>(&reply)?.into_status(sha)),
            Err(error) => error,
        };
        // Up to version 15 the server fails on an unknown commit instead of saying so.
        if error.status() == Some(500) && !self.has_commit(operation, sha).await? {
            return Err(self.error(
                operation,
                self.at(sha),
                ErrorKind::NotFound,
                "there is no such commit",
            ));
        }
        Err(error)
    }

    fn list(&self, sha: &str) -> Listing<CommitStatus> {
        let all = self.statuses_of(sha);
        // The forge's sort orders are swapped, and its default does not tell statuses of one second apart: the ids do.
        Listing::from_future(async move {
            let mut all = all?.collect_all().await?;
            all.sort_by_key(|status| std::cmp::Reverse(number_of(status)));
            Ok(Listing::from_stream(stream::iter(all.into_iter().map(Ok))))
        })
    }

    fn kept(&self, _sha: &str, status: &NewStatus) -> NewStatus {
        let mut kept = status.clone();
        if let Some(word) = written_state(&kept.state) {
            kept.state = read_state(word.to_owned());
        }
        kept
    }

    async fn combined(&self, sha: &str) -> Result<CombinedStatus> {
        let call = self
            .call(Operation::StatusesCombined, GET, ["commits", sha, "status"])?
            .resource(self.at(sha));
        let call = paged(call);
        let mut statuses = Vec::new();
        // One page unless there are very many contexts. Its own sum is that of the page, hence ours.
        for page in 1_u32.. {
            let reply = self
                .send(call.clone().set_query("page", &page.to_string()))
                .await?;
            let combined: Combined = self.forgejo().read(&reply)?;
            let rows = combined.statuses.len();
            statuses.extend(
                combined
                    .statuses
                    .into_iter()
                    .map(|row| row.into_status(sha)),
            );
            let contexts = total(&reply).unwrap_or_default();
            let got = u64::try_from(statuses.len()).unwrap_or(u64::MAX);
            if rows == 0 || got >= contexts {
                break;
            }
        }
        Ok(CombinedStatus::of_newest_first(statuses))
    }
}

impl ForgejoProject {
    fn statuses_of(&self, sha: &str) -> Result<Listing<CommitStatus>> {
        let call = self
            .call(Operation::StatusesList, GET, ["statuses", sha])?
            .resource(self.at(sha))
            // By the number that each status has: whichever end comes first, pages cut by it hold together.
            .query("sort", "leastindex");
        let sha = sha.to_owned();
        Ok(self.client().listing(
            paged(call),
            Paging::Numbered,
            move |reply| counted(reply, |row: Row| Ok(Some(row.into_status(&sha)))),
            |status: &CommitStatus| status.id.clone().unwrap_or_default(),
        ))
    }
}

fn number_of(status: &CommitStatus) -> Option<u64> {
    status.id.as_ref()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_written_and_every_word_is_read() {
        for state in CheckState::ALL {
            let word = written_state(state).unwrap();
            assert!(!matches!(read_state(word.into()), CheckState::Other(_)));
        }
        assert_eq!(written_state(&CheckState::Other("bogus".into())), None);
        assert_eq!(
            read_state("bogus".into()),
            CheckState::Other("bogus".into())
        );
        for word in [
            "pending", "success", "failure", "error", "warning", "skipped",
        ] {
            assert_eq!(written_state(&read_state(word.into())), Some(word));
        }
    }
}
