//! Merging. The answer is not to be trusted: where a project forbids merge commits, Pagure says "Changes merged!" and
//! merges nothing, and it calls a conflict what is merged already. So the state is read afterwards.

use http::Method;
use ogr_core::{
    Error, ErrorKind, Merge, MergeOutcome, Operation, Outcome, PullRequest, PullRequestState,
    Result, http::Effect,
};

use crate::PagureProject;

impl PagureProject {
    pub(super) async fn merge_pull(&self, number: u64, merge: Merge) -> Result<MergeOutcome> {
        let operation = Operation::PullRequestsMerge;
        let resource = self.pull_resource(number);
        self.check_merge(&merge, &resource)?;
        let conflict =
            |why: &str| self.error(operation, ErrorKind::Conflict, resource.as_str(), why);
        let expected = merge.expected_head.as_deref();
        if let Some(expected) = expected {
            let pull = self.read_pull(operation, number).await?;
            match pull.state {
                PullRequestState::Merged => return Err(conflict("it is merged already")),
                PullRequestState::Closed => return Err(conflict("it is closed")),
                _ => {}
            }
            if !has_head(&pull, expected) {
                let head = pull.head.sha.unwrap_or_default();
                return Err(conflict(&format!(
                    "the head is {head}, and not the expected {expected}"
                )));
            }
        }
        let call = self
            .pull_call(operation, Method::POST, number, Some("merge"))?
            // A second one finds it merged.
            .effect(Effect::Idempotent);
        match self.forge.client.send(call).await {
            Ok(_) => {
                let pull = self.read_pull(operation, number).await?;
                match pull.state {
                    PullRequestState::Merged => Ok(MergeOutcome::Merged { sha: None }),
                    _ => Err(conflict(
                        "Pagure did not merge it: it is no fast-forward, and the project takes no merge commits",
                    )),
                }
            }
            Err(error) => self.settle(number, expected, error).await,
        }
    }

    fn check_merge(&self, merge: &Merge, resource: &str) -> Result<()> {
        if merge.method.is_some() {
            self.forge
                .require(Operation::PullRequestsMergeMethod, resource)?;
        }
        if merge.when_checks_pass {
            self.forge
                .require(Operation::PullRequestsMergeAuto, resource)?;
        }
        if merge.title.is_some() || merge.message.is_some() {
            return Err(self.error(
                Operation::PullRequestsMerge,
                ErrorKind::Unsupported,
                resource,
                "Pagure writes the message of a merge commit by itself",
            ));
        }
        Ok(())
    }

    /// Finds out what a merge that was not answered with success has come to.
    async fn settle(
        &self,
        number: u64,
        expected: Option<&str>,
        error: Error,
    ) -> Result<MergeOutcome> {
        let unknown = error.outcome() == Outcome::Unknown;
        if !unknown && error.kind() != ErrorKind::Conflict {
            return Err(error);
        }
        let Ok(pull) = self.read_pull(Operation::PullRequestsMerge, number).await else {
            return Err(error);
        };
        match pull.state {
            PullRequestState::Merged => {
                // It was open right before, or one of my own tries may have merged it.
                let mine = unknown || expected.is_some();
                let as_expected = expected.is_none_or(|expected| has_head(&pull, expected));
                if mine && as_expected {
                    Ok(MergeOutcome::Merged { sha: None })
                } else {
                    Err(error
                        .with_kind(ErrorKind::Conflict)
                        .with_message("it is merged already"))
                }
            }
            PullRequestState::Closed => Err(error
                .with_kind(ErrorKind::Conflict)
                .with_message("it is closed")),
            _ => Err(error),
        }
    }
}

fn has_head(pull: &PullRequest, expected: &str) -> bool {
    pull.head
        .sha
        .as_ref()
        .is_some_and(|sha| sha.eq_ignore_ascii_case(expected))
}
