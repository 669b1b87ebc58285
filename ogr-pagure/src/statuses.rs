//! Commit statuses, which Pagure calls flags.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::Method;
use ogr_core::{
    CheckState, CombinedStatus, CommitStatus, ErrorKind, Listing, NewStatus, Operation, Page,
    Project, Result, Statuses,
    http::{Batch, Call, Effect, Paging, Reply},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    PagureProject,
    wire::{UserWire, is_full_sha, or_default, time},
};

#[derive(Debug, Deserialize)]
struct FlagWire {
    username: String,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    comment: Option<String>,
    url: Option<String>,
    commit_hash: Option<String>,
    user: Option<UserWire>,
    #[serde(default, deserialize_with = "time")]
    date_created: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    date_updated: Option<DateTime<Utc>>,
}

impl From<FlagWire> for CommitStatus {
    fn from(wire: FlagWire) -> Self {
        let mut status = CommitStatus::new(wire.username, state(&wire.status));
        status.description = wire.comment;
        status.url = wire.url;
        status.sha = wire.commit_hash;
        status.creator = wire.user.map(Into::into);
        status.created_at = wire.date_created;
        status.updated_at = wire.date_updated;
        status
    }
}

#[derive(Debug, Deserialize)]
struct FlagsWire {
    #[serde(default, deserialize_with = "or_default")]
    flags: Vec<FlagWire>,
}

#[derive(Debug, Deserialize)]
struct SetFlagWire {
    flag: FlagWire,
    uid: Option<String>,
}

/// The state that one of Pagure's words stands for. An instance may have words of its own.
fn state(word: &str) -> CheckState {
    match word {
        "pending" => CheckState::Pending,
        "success" => CheckState::Success,
        "failure" => CheckState::Failure,
        "error" => CheckState::Error,
        "canceled" => CheckState::Canceled,
        other => CheckState::Other(other.to_owned()),
    }
}

/// The state among Pagure's five that a state becomes.
fn kept_state(state: &CheckState) -> CheckState {
    match state {
        CheckState::Pending | CheckState::Running => CheckState::Pending,
        CheckState::Success | CheckState::Warning => CheckState::Success,
        CheckState::Failure | CheckState::ActionRequired => CheckState::Failure,
        CheckState::Error | CheckState::Neutral | CheckState::TimedOut => CheckState::Error,
        CheckState::Canceled | CheckState::Skipped | CheckState::Stale => CheckState::Canceled,
        // An unknown word is not taken for an end.
        _ => CheckState::Pending,
    }
}

impl PagureProject {
    fn flags_call(&self, operation: Operation, method: Method, sha: &str) -> Result<Call> {
        let resource = format!("{}@{sha}", self.path);
        if !is_full_sha(sha) {
            // Pagure compares names as text: it would find no flag, and keep one that nobody finds.
            let why = "Pagure keeps statuses by the full name of the commit";
            return Err(self.error(operation, ErrorKind::Invalid, resource, why));
        }
        let sha = sha.to_ascii_lowercase();
        Ok(self
            .call(operation, method, ["c", sha.as_str(), "flag"])?
            .resource(resource))
    }

    /// The key by which Pagure knows a flag of a commit again, at most 32 characters long.
    ///
    /// The project is a part of it: Pagure looks a key up among the flags that a commit has in *all* projects, and a fork
    /// shares its commits with its parent.
    fn flag_uid(&self, context: &str) -> String {
        let digest = Sha256::new()
            .chain_update(self.path.to_string())
            .chain_update([0])
            .chain_update(context)
            .finalize();
        digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// The flags of an answer, newest first: Pagure gives the oldest first.
fn newest_first(reply: &Reply) -> Result<Vec<CommitStatus>> {
    let wire: FlagsWire = reply.json()?;
    Ok(wire.flags.into_iter().rev().map(Into::into).collect())
}

#[async_trait]
impl Statuses for PagureProject {
    async fn set(&self, sha: &str, status: &NewStatus) -> Result<CommitStatus> {
        let kept = self.kept(sha, status);
        let call = self
            .flags_call(Operation::StatusesSet, Method::POST, sha)?
            // The key makes a second one of it an update of the first.
            .effect(Effect::Idempotent)
            .form([
                ("username", kept.context.as_str()),
                ("comment", &kept.description),
                ("url", kept.url.as_deref().unwrap_or_default()),
                ("status", kept.state.as_str()),
                ("uid", &self.flag_uid(&kept.context)),
            ]);
        let answer: SetFlagWire = self.forge.client.send(call).await?.json()?;
        let mut set = CommitStatus::from(answer.flag);
        set.id = answer.uid;
        Ok(set)
    }

    fn list(&self, sha: &str) -> Listing<CommitStatus> {
        Listing::or_failed(
            self.flags_call(Operation::StatusesList, Method::GET, sha)
                .map(|call| {
                    self.forge
                        .client
                        .listing(
                            call,
                            Paging::Whole,
                            |reply: &Reply| {
                                // Flags have no key of their own in this answer, and may be equal: their place tells them apart.
                                let flags: Vec<_> =
                                    newest_first(reply)?.into_iter().enumerate().collect();
                                let rows = flags.len();
                                Ok(Batch::new(flags, rows))
                            },
                            |(place, _)| place.to_string(),
                        )
                        .filter_map(|(_, status)| Some(status))
                }),
        )
    }

    fn kept(&self, sha: &str, status: &NewStatus) -> NewStatus {
        let mut kept = status.clone();
        kept.context = status.context.trim().to_owned();
        kept.state = kept_state(&status.state);
        // Pagure demands a text and an address, and trims both.
        kept.description = match status.description.trim() {
            "" => kept.context.clone(),
            text => text.to_owned(),
        };
        kept.url = match status.url.as_deref().map(str::trim) {
            None | Some("") => Some(self.web_url(&Page::Commit(sha.to_owned())).to_string()),
            Some(url) => Some(url.to_owned()),
        };
        kept
    }

    async fn combined(&self, sha: &str) -> Result<CombinedStatus> {
        let call = self.flags_call(Operation::StatusesCombined, Method::GET, sha)?;
        let reply = self.forge.client.send(call).await?;
        Ok(CombinedStatus::of_newest_first(newest_first(&reply)?))
    }
}

#[cfg(test)]
mod tests {
    use ogr_core::http::HttpConfig;

    use super::*;
    use crate::Pagure;

    fn project(path: &str) -> PagureProject {
        let web = "https://pagure.io".parse().unwrap();
        let forge = Pagure::new(web, None, HttpConfig::default()).unwrap();
        forge.project_at(path.parse().unwrap())
    }

    #[test]
    fn every_state_is_kept_as_one_that_reads_back_the_same() {
        let other = [CheckState::Other("manual".into())];
        for wanted in CheckState::ALL.iter().chain(&other) {
            let kept = kept_state(wanted);
            assert_eq!(state(kept.as_str()), kept, "{wanted}");
            assert!(!matches!(kept, CheckState::Other(_)), "{wanted}");
        }
        assert_eq!(state("blocked"), CheckState::Other("blocked".into()));
    }

    #[test]
    fn a_key_belongs_to_one_context_of_one_project() {
        let parent = project("rpms/foo");
        let uid = parent.flag_uid("build");
        assert_eq!(uid.len(), 32);
        assert_eq!(uid, project("rpms/foo").flag_uid("build"));
        assert_ne!(uid, parent.flag_uid("test"));
        assert_ne!(uid, project("fork/bob/rpms/foo").flag_uid("build"));
    }

    #[test]
    fn what_pagure_demands_is_filled_in() {
        let kept = project("rpms/foo").kept("abc", &NewStatus::success("build"));
        assert_eq!(kept.description, "build");
        assert_eq!(
            kept.url.as_deref(),
            Some("https://pagure.io/rpms/foo/c/abc")
        );
        let given = NewStatus::success("build")
            .description(" done ")
            .url("https://x.org ");
        let kept = project("rpms/foo").kept("abc", &given);
        assert_eq!(kept.description, "done");
        assert_eq!(kept.url.as_deref(), Some("https://x.org"));
    }
}
