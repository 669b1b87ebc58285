//! The pull requests that a commit belongs to.

use futures_util::TryStreamExt;
use ogr_core::{
    ErrorKind, Listing, Operation, PullRequest, PullRequestQuery, PullRequestState, Result,
};

use crate::{PagureProject, refs::CommitWire};

/// How many of the newest pull requests are looked at.
const LOOKED_AT: usize = 300;

impl PagureProject {
    pub(super) async fn pulls_of_commit(&self, sha: &str) -> Result<Vec<PullRequest>> {
        let operation = Operation::PullRequestsForCommit;
        let resource = format!("{}@{sha}", self.path);
        // A head of which the target has no copy yet is not found here, and is in the list all the same.
        let (commit, missing) = match self.commit_wire(operation, sha, &resource).await {
            Ok(commit) => (Some(commit), None),
            Err(error) if error.code() == Some("ENOCOMMIT") => (None, Some(error)),
            Err(error) => return Err(error),
        };
        let full = commit
            .as_ref()
            .map_or_else(|| sha.to_owned(), |commit| commit.hash.clone());
        let newest: Listing<PullRequest> = self
            .pulls(operation, PullRequestQuery::all())?
            .take(LOOKED_AT);
        let mut found: Vec<PullRequest> = newest
            .try_filter(|pull| {
                let head = pull.head.sha.as_ref();
                let is_head = head.is_some_and(|head| head.eq_ignore_ascii_case(&full));
                std::future::ready(is_head)
            })
            .try_collect()
            .await?;
        if let Some(merged) = self.merged_by(commit.as_ref()).await?
            && found.iter().all(|pull| pull.number != merged.number)
        {
            found.push(merged);
        }
        match missing {
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }

    /// The pull request whose merge made this commit. Pagure names it in the message: ``Merge #7 `Update` ``.
    async fn merged_by(&self, commit: Option<&CommitWire>) -> Result<Option<PullRequest>> {
        let Some((commit, number)) =
            commit.and_then(|commit| Some((commit, merged_number(commit.message())?)))
        else {
            return Ok(None);
        };
        let operation = Operation::PullRequestsForCommit;
        let pull = match self.read_pull(operation, number).await {
            Ok(pull) => pull,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // A message is no proof: the head must be among the parents.
        let is_merge = pull.state == PullRequestState::Merged
            && pull
                .head
                .sha
                .as_ref()
                .is_some_and(|head| commit.parent_ids.contains(head));
        Ok(is_merge.then_some(pull))
    }
}

fn merged_number(message: &str) -> Option<u64> {
    let (number, _) = message.strip_prefix("Merge #")?.split_once(' ')?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_name_their_pull_request() {
        assert_eq!(merged_number("Merge #2 `T p2`"), Some(2));
        assert_eq!(merged_number("Merge branch 'x'"), None);
        assert_eq!(merged_number("Merge #2"), None);
        assert_eq!(merged_number("Merge #x `y`"), None);
    }
}
