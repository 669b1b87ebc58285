//! Lists of pull requests, and of their commits.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt, TryStreamExt, stream};
use ogr_core::{
    Commit, Error, ErrorKind, Listing, Operation, PullRequest, PullRequestQuery, PullRequestState,
    Result, StateFilter,
    http::{Batch, Paging, array},
};
use serde::Deserialize;

use super::{owner, wire::PullWire};
use crate::{GitHubProject, forge::PAGE, refs::CommitRow};

/// So many commits of a pull request GitHub lists, and does not say when there are more.
const COMMITS: usize = 250;

#[derive(Deserialize)]
struct CommitsOfComparison {
    commits: Vec<CommitRow>,
}

impl GitHubProject {
    pub(super) fn list_matching(&self, query: PullRequestQuery) -> Result<Listing<PullRequest>> {
        // Merged ones are among the closed; which they are stands in the row.
        let state = match query.state {
            StateFilter::Open => "open",
            StateFilter::Closed | StateFilter::Merged => "closed",
            _ => "all",
        };
        let mut call = self
            .get_call(Operation::PullRequestsList, &["pulls"], "")?
            .query("state", state)
            .query("sort", "created")
            .query("direction", "desc");
        if let Some(target) = &query.target {
            call = call.query("base", target);
        }
        if let (Some(project), Some(branch)) = (&query.head_project, &query.head_branch) {
            call = call.query("head", format!("{}:{branch}", owner(project)));
        }
        Ok(self.forge.client().listing(
            call.query("per_page", PAGE),
            Paging::Link,
            move |reply| {
                array(reply, |row: PullWire| {
                    let pull = row.into_pull_request();
                    Ok(query.matches(&pull).then_some(pull))
                })
            },
            |pull: &PullRequest| pull.number.to_string(),
        ))
    }

    /// GitHub names the pull requests that contain the commit; those are wanted that end in it, or that it came of.
    pub(super) fn list_for_commit(&self, sha: &str) -> Result<Listing<PullRequest>> {
        let call = self
            .get_call(
                Operation::PullRequestsForCommit,
                &["commits", sha, "pulls"],
                format_args!("@{sha}"),
            )?
            .query("per_page", PAGE);
        let sha = sha.to_ascii_lowercase();
        let is_it = move |commit: &Option<String>| {
            commit
                .as_ref()
                .is_some_and(|commit| commit.to_ascii_lowercase().starts_with(&sha))
        };
        Ok(self.forge.client().listing(
            call,
            Paging::Link,
            move |reply| {
                array(reply, |row: PullWire| {
                    let pull = row.into_pull_request();
                    let made = pull.state == PullRequestState::Merged && is_it(&pull.merge_commit);
                    Ok((is_it(&pull.head.sha) || made).then_some(pull))
                })
            },
            |pull: &PullRequest| pull.web_url.clone(),
        ))
    }

    pub(super) fn commits_of(&self, number: u64) -> Result<Listing<Commit>> {
        let call = self
            .get_call(
                Operation::PullRequestsCommits,
                &["pulls", &number.to_string(), "commits"],
                format_args!("#{number}"),
            )?
            .query("per_page", PAGE);
        let first = self.forge.client().listing(
            call,
            Paging::Link,
            |reply| array(reply, |row: CommitRow| Ok(Some(Commit::from(row)))),
            |commit: &Commit| commit.sha.clone(),
        );
        let seen: Arc<Mutex<HashSet<String>>> = Arc::default();
        let noted = Arc::clone(&seen);
        let first = first.inspect_ok(move |commit| {
            noted
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(commit.sha.clone());
        });
        let project = self.clone();
        let rest = stream::once(async move {
            let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
            if seen.len() < COMMITS {
                return Ok(Listing::from_stream(stream::empty()));
            }
            project.compared(number, seen).await
        });
        Ok(Listing::from_stream(first.chain(rest.try_flatten())))
    }

    /// The commits of a pull request beyond those that were seen, by comparing its sides.
    async fn compared(&self, number: u64, seen: HashSet<String>) -> Result<Listing<Commit>> {
        let operation = Operation::PullRequestsCommits;
        let pull = self.pull(operation, number).await?.into_pull_request();
        let (Some(base), Some(head)) = (pull.base.sha, pull.head.sha) else {
            return Err(self.forge.client().locate(
                Error::new(ErrorKind::Decode, "the answer does not name both sides")
                    .with_operation(operation)
                    .with_resource(format!("{}#{number}", self.path)),
            ));
        };
        let range = format!("{base}...{head}");
        let call = self
            .get_call(operation, &["compare", &range], format_args!("#{number}"))?
            .query("per_page", PAGE);
        Ok(self.forge.client().listing(
            call,
            Paging::Link,
            move |reply| {
                let rows = reply.json::<CommitsOfComparison>()?.commits;
                let count = rows.len();
                let fresh = rows
                    .into_iter()
                    .filter(|row| !seen.contains(row.sha()))
                    .map(Commit::from)
                    .collect();
                Ok(Batch::new(fresh, count))
            },
            |commit: &Commit| commit.sha.clone(),
        ))
    }
}
