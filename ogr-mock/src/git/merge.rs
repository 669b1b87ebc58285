//! Merging, three ways, without a work tree.

use super::repository::{GitError, Repository, text};
use super::{LogQuery, Signature};

/// How a pull request is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MergeMethod {
    /// A commit with two parents, always.
    Merge,
    /// One commit with all changes.
    Squash,
    /// The head's commits anew on top of the base.
    Rebase,
    /// The head's commits anew on top of the base, then a commit with two parents.
    RebaseMerge,
    /// The base moves to the head; a conflict where that is not possible.
    FastForward,
}

/// What merging came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MergeOutcome {
    /// The commit that the base may move to.
    Merged(String),
    /// The two do not go together.
    Conflict,
}

/// Everything that a merge needs to know.
#[derive(Debug)]
pub(crate) struct MergeRequest<'a> {
    pub(crate) base: &'a str,
    pub(crate) head: &'a str,
    pub(crate) method: MergeMethod,
    /// Of the merge or squash commit.
    pub(crate) message: &'a str,
    /// Of the squash commit: the author of the changes.
    pub(crate) author: &'a Signature,
    /// Who merges.
    pub(crate) committer: &'a Signature,
}

impl Repository {
    /// The tree that merging the two gives; `None` when they conflict (or share no history).
    pub(crate) async fn merge_tree(
        &self,
        ours: &str,
        theirs: &str,
    ) -> Result<Option<String>, GitError> {
        let args = ["merge-tree", "--write-tree", "--no-messages", ours, theirs];
        let output = self.try_git(&args, None, &[]).await?;
        match output.code {
            0 => Ok(text(&output.stdout).lines().next().map(str::to_owned)),
            1 => Ok(None),
            _ if self.merge_base(ours, theirs).await?.is_none() => Ok(None),
            _ => Err(GitError {
                message: text(&output.stderr).trim().to_owned(),
            }),
        }
    }

    /// Makes the commit that a merge results in; moves no branch.
    pub(crate) async fn merge(&self, merge: &MergeRequest<'_>) -> Result<MergeOutcome, GitError> {
        let MergeRequest { base, head, .. } = *merge;
        match merge.method {
            MergeMethod::Merge => self.merge_commit(merge, head).await,
            MergeMethod::FastForward => {
                let possible = self.is_ancestor(base, head).await?;
                Ok(if possible {
                    MergeOutcome::Merged(head.to_owned())
                } else {
                    MergeOutcome::Conflict
                })
            }
            MergeMethod::Squash => {
                let Some(tree) = self.merge_tree(base, head).await? else {
                    return Ok(MergeOutcome::Conflict);
                };
                let (author, committer) = (merge.author, merge.committer);
                self.commit_tree(&tree, &[base], merge.message, author, committer)
                    .await
                    .map(MergeOutcome::Merged)
            }
            MergeMethod::Rebase => Ok(self
                .rebase(base, head, merge.committer)
                .await?
                .map_or(MergeOutcome::Conflict, MergeOutcome::Merged)),
            MergeMethod::RebaseMerge => match self.rebase(base, head, merge.committer).await? {
                Some(rebased) => self.merge_commit(merge, &rebased).await,
                None => Ok(MergeOutcome::Conflict),
            },
        }
    }

    async fn merge_commit(
        &self,
        merge: &MergeRequest<'_>,
        head: &str,
    ) -> Result<MergeOutcome, GitError> {
        let Some(tree) = self.merge_tree(merge.base, head).await? else {
            return Ok(MergeOutcome::Conflict);
        };
        let (message, who) = (merge.message, merge.committer);
        self.commit_tree(&tree, &[merge.base, head], message, who, who)
            .await
            .map(MergeOutcome::Merged)
    }

    /// The commits of `head` that `base` lacks, made anew on top of it; merges among them are left
    /// out as `git rebase` does. `None` on a conflict.
    pub(crate) async fn rebase(
        &self,
        base: &str,
        head: &str,
        committer: &Signature,
    ) -> Result<Option<String>, GitError> {
        let query = LogQuery {
            without: Some(base),
            oldest_first: true,
            ..LogQuery::default()
        };
        let mut tip = base.to_owned();
        for commit in self.log(head, &query).await? {
            if commit.parents.len() > 1 {
                continue;
            }
            let Some(parent) = commit.parents.first() else {
                return Ok(None);
            };
            // A stand-in for the tip, with the picked commit's parent as its own: then git finds
            // that parent as the merge base, which makes the merge a cherry-pick.
            let tree = format!("{tip}^{{tree}}");
            let stand_in = self
                .commit_tree(&tree, &[parent], "stand-in", committer, committer)
                .await?;
            let Some(tree) = self.merge_tree(&stand_in, &commit.sha).await? else {
                return Ok(None);
            };
            tip = self
                .commit_tree(&tree, &[&tip], &commit.message, &commit.author, committer)
                .await?;
        }
        Ok(Some(tip))
    }
}
