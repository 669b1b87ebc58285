//! Listing pull requests.

use futures_util::{StreamExt, TryStreamExt, future};
use ogr_core::{
    Error, ErrorKind, Listing, Operation, Project, PullRequest, PullRequestQuery, Result,
    StateFilter, http::Paging,
};

use super::wire::Pull;
use crate::{
    ForgejoProject,
    forge::GET,
    wire::{counted, paged},
};

/// How many of the pull requests that changed last are looked at for a commit: two pages.
const LOOK_BACK: usize = 100;

impl ForgejoProject {
    /// The pull requests that match. What the server filters it is asked to; the rest, and what older servers ignore in
    /// silence, is filtered here.
    pub(super) fn pulls(&self, query: PullRequestQuery) -> Result<Listing<PullRequest>> {
        let operation = Operation::PullRequestsList;
        let state = match query.state {
            StateFilter::Open => "open",
            // It has no word for merged ones: they are closed.
            StateFilter::Closed | StateFilter::Merged => "closed",
            _ => "all",
        };
        let mut call = self.call(operation, GET, ["pulls"])?.query("state", state);
        if let Some(author) = &query.author {
            call = call.query("poster", author);
        }
        // Since version 16 Forgejo filters by the names of the branches. Gitea's own parameters mean something else.
        if !self.forgejo().is_gitea() {
            if let Some(target) = &query.target {
                call = call.query("base", target);
            }
            if let Some(branch) = &query.head_branch {
                call = call.query("head", branch);
            }
        }
        let has_author = query.author.is_some();
        let project = self.path().clone();
        let listing = self.client().listing(
            paged(call),
            Paging::Numbered,
            move |reply| {
                counted(reply, |row: Pull| {
                    let pull = row.into_pull(&project);
                    Ok(query.matches(&pull).then_some(pull))
                })
            },
            |pull: &PullRequest| pull.number.to_string(),
        );
        if !has_author {
            return Ok(listing);
        }
        // Nobody has opened what an unknown user opened; the server calls that a bad request.
        let nobody =
            |error: &Error| error.status() == Some(400) && error.kind() == ErrorKind::Invalid;
        Ok(Listing::from_stream(listing.take_while(move |row| {
            future::ready(!row.as_ref().is_err_and(nobody))
        })))
    }
}

/// The pull requests of a commit.
pub(super) async fn for_commit(project: &ForgejoProject, sha: &str) -> Result<Vec<PullRequest>> {
    let operation = Operation::PullRequestsForCommit;
    let mut found = Vec::new();
    let call = project
        .call(operation, GET, ["commits", sha, "pull"])?
        .resource(project.at(sha));
    match project.send(call).await {
        Ok(reply) => {
            let pull: Pull = project.forgejo().read(&reply)?;
            found.push(pull.into_pull(project.path()));
        }
        // None was merged as this commit, or the server is too old to say so.
        Err(error) if error.is_not_found() || error.kind() == ErrorKind::Unsupported => {}
        Err(error) => return Err(error),
    }
    let call = project
        .call(operation, GET, ["pulls"])?
        .resource(project.at(sha))
        .query("state", "all")
        .query("sort", "recentupdate");
    let path = project.path().clone();
    let mut newest = project
        .client()
        .listing(
            paged(call),
            Paging::Numbered,
            move |reply| counted(reply, |row: Pull| Ok(Some(row.into_pull(&path)))),
            |pull: &PullRequest| pull.number.to_string(),
        )
        .take(LOOK_BACK);
    while let Some(pull) = newest.try_next().await? {
        let is_it =
            |of: &Option<String>| of.as_deref().is_some_and(|of| of.eq_ignore_ascii_case(sha));
        if (is_it(&pull.head.sha) || is_it(&pull.merge_commit))
            && !found.iter().any(|known| known.number == pull.number)
        {
            found.push(pull);
        }
    }
    Ok(found)
}
