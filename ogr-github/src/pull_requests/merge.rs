//! Merging: now, or when the checks pass.

use http::Method;
use ogr_core::{
    Error, ErrorKind, Merge, MergeMethod, MergeOutcome, Operation, Outcome, Result, http::Effect,
};
use serde::{Deserialize, Serialize};

use super::wire::PullWire;
use crate::{
    GitHubProject,
    octocrab::{About, graphql},
};

const MERGE_WHEN_READY: &str = "mutation($input: EnablePullRequestAutoMergeInput!) { \
    enablePullRequestAutoMerge(input: $input) { pullRequest { number } } }";

#[derive(Serialize)]
struct MergeBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sha: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merge_method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit_title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit_message: Option<&'a str>,
}

#[derive(Deserialize)]
struct MergeAnswer {
    sha: Option<String>,
}

#[derive(Serialize)]
struct Variables<'a> {
    input: AutoMergeInput<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AutoMergeInput<'a> {
    pull_request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    merge_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit_headline: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit_body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_head_oid: Option<&'a str>,
}

impl GitHubProject {
    pub(super) async fn merge_pull(&self, number: u64, merge: Merge) -> Result<MergeOutcome> {
        if merge.expected_head.is_some() {
            self.forge
                .require(Operation::PullRequestsMergeExpectedHead)?;
        }
        let method = match merge.method {
            None => None,
            Some(method) => Some(self.method(number, method)?),
        };
        if merge.when_checks_pass {
            self.schedule(number, &merge, method).await
        } else {
            self.merge_now(number, &merge, method).await
        }
    }

    fn method(&self, number: u64, method: MergeMethod) -> Result<&'static str> {
        self.forge.require(Operation::PullRequestsMergeMethod)?;
        match method {
            MergeMethod::Merge => Ok("merge"),
            MergeMethod::Squash => Ok("squash"),
            MergeMethod::Rebase => Ok("rebase"),
            _ => Err(self.forge.client().locate(
                Error::unsupported(
                    Operation::PullRequestsMergeMethod,
                    "GitHub merges, squashes and rebases; it cannot move the target forward without a new commit",
                )
                .with_resource(format!("{}#{number}", self.path)),
            )),
        }
    }

    async fn merge_now(
        &self,
        number: u64,
        merge: &Merge,
        method: Option<&str>,
    ) -> Result<MergeOutcome> {
        let mut refused = match self.try_merge(number, merge, method).await {
            Err(error) if method.is_none() && error.kind() == ErrorKind::Disabled => error,
            settled => return settled,
        };
        // The project's own way is none that GitHub tells: it is one of those that are left.
        for method in ["squash", "rebase"] {
            match self.try_merge(number, merge, Some(method)).await {
                Err(error) if error.kind() == ErrorKind::Disabled => refused = error,
                settled => return settled,
            }
        }
        Err(refused)
    }

    async fn try_merge(
        &self,
        number: u64,
        merge: &Merge,
        method: Option<&str>,
    ) -> Result<MergeOutcome> {
        let call = self
            .call(
                Operation::PullRequestsMerge,
                Method::PUT,
                &["pulls", &number.to_string(), "merge"],
                format_args!("#{number}"),
            )?
            .json(&MergeBody {
                sha: merge.expected_head.as_deref(),
                merge_method: method,
                commit_title: merge.title.as_deref(),
                commit_message: merge.message.as_deref(),
            })?;
        match self.forge.fetch::<MergeAnswer>(call).await {
            Ok(answer) => Ok(MergeOutcome::Merged { sha: answer.sha }),
            Err(error) => self.settle(number, merge, error).await,
        }
    }

    /// What a refused merge means. "Not mergeable" is said of one that was merged by a first try whose answer was lost, of
    /// one that GitHub has not looked at yet, and of conflicts alike; a look tells which.
    async fn settle(&self, number: u64, merge: &Merge, error: Error) -> Result<MergeOutcome> {
        let lost = error.outcome() == Outcome::Unknown;
        let vague = error.status() == Some(405) && error.kind() == ErrorKind::Conflict;
        if !lost && !vague {
            let number = number.to_string();
            return Err(self.explain(error, &["pulls", &number]).await);
        }
        let Ok(pull) = self.pull(Operation::PullRequestsMerge, number).await else {
            return Err(error);
        };
        if pull.is_merged() {
            return if lost && pull.head_is(merge.expected_head.as_deref()) {
                Ok(MergeOutcome::Merged {
                    sha: pull.into_pull_request().merge_commit,
                })
            } else {
                Err(error)
            };
        }
        let waits = pull.is_open() && pull.mergeable.is_none();
        Err(if vague && waits {
            error
                .with_kind(ErrorKind::NotReady)
                .with_retryable(true)
                .with_message("GitHub works out whether it can be merged")
        } else {
            error
        })
    }

    /// Two requests: GitHub schedules by GraphQL, which goes by another id than the number.
    async fn schedule(
        &self,
        number: u64,
        merge: &Merge,
        method: Option<&str>,
    ) -> Result<MergeOutcome> {
        let operation = Operation::PullRequestsMergeAuto;
        self.forge.require(operation)?;
        let pull = self.pull(operation, number).await?;
        self.can_wait(number, merge, &pull)?;
        let resource = format!("{}#{number}", self.path);
        let Some(id) = &pull.node_id else {
            let why = "the answer does not have the id that GraphQL goes by";
            return Err(self.forge.client().locate(
                Error::new(ErrorKind::Decode, why)
                    .with_operation(operation)
                    .with_resource(resource),
            ));
        };
        let variables = Variables {
            input: AutoMergeInput {
                pull_request_id: id,
                merge_method: method.map(str::to_uppercase),
                commit_headline: merge.title.as_deref(),
                commit_body: merge.message.as_deref(),
                expected_head_oid: merge.expected_head.as_deref(),
            },
        };
        let about = About {
            operation,
            // Scheduled twice it is merged once.
            effect: Effect::Idempotent,
            resource,
        };
        let scheduled: Result<serde_json::Value> =
            graphql(self.forge.client(), about, MERGE_WHEN_READY, &variables).await;
        match scheduled {
            Ok(_) => Ok(MergeOutcome::Scheduled),
            // There is nothing to wait for.
            Err(error) if error.message().to_lowercase().contains("clean status") => {
                self.merge_now(number, merge, method).await
            }
            Err(error) if says_off(&error) => Err(error.with_kind(ErrorKind::Disabled)),
            Err(error) => Err(error),
        }
    }

    /// Refuses what waiting does not help.
    fn can_wait(&self, number: u64, merge: &Merge, pull: &PullWire) -> Result<()> {
        let why = if pull.is_merged() {
            "it is merged already"
        } else if !pull.is_open() {
            "it is closed"
        } else if !pull.head_is(merge.expected_head.as_deref()) {
            "its head is not the expected commit"
        } else {
            return Ok(());
        };
        Err(self.forge.client().locate(
            Error::new(ErrorKind::Conflict, why)
                .with_operation(Operation::PullRequestsMergeAuto)
                .with_resource(format!("{}#{number}", self.path)),
        ))
    }
}

/// Whether the project does not let pull requests wait.
fn says_off(error: &Error) -> bool {
    let message = error.message().to_lowercase();
    ["auto merge is not allowed", "auto-merge is not allowed"]
        .iter()
        .any(|words| message.contains(words))
        || message.contains("protected branch rules not configured")
}
