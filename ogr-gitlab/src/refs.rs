//! Branches, tags and commits.

use async_trait::async_trait;
use gitlab::api::projects::repository::{branches, commits, tags};
use ogr_core::{Branch, Commit, Comparison, Error, Listing, Operation, Refs, Result, Tag};
use serde::Deserialize;

use crate::{
    endpoint::check_ref,
    paging,
    project::GitLabProject,
    wire::{CommitRow, DiffRow, text},
};

#[derive(Deserialize)]
struct TipRow {
    id: String,
}

#[derive(Deserialize)]
struct BranchRow {
    name: String,
    commit: Option<TipRow>,
    protected: Option<bool>,
}

impl BranchRow {
    fn into_branch(self) -> Option<Branch> {
        let mut branch = Branch::new(self.name, self.commit?.id);
        branch.protected = self.protected;
        Some(branch)
    }
}

#[derive(Deserialize)]
struct TagRow {
    name: String,
    message: Option<String>,
    /// The tag object, where the tag is an annotated one.
    target: Option<String>,
    commit: Option<TipRow>,
}

impl TagRow {
    fn into_tag(self) -> Option<Tag> {
        let sha = self.commit.map(|commit| commit.id).or(self.target)?;
        let mut tag = Tag::new(self.name, sha);
        tag.message = text(self.message);
        Some(tag)
    }
}

#[derive(Deserialize)]
struct CompareRow {
    commit: Option<TipRow>,
    commits: Option<Vec<CommitRow>>,
    diffs: Option<Vec<DiffRow>>,
    compare_timeout: Option<bool>,
}

impl CompareRow {
    fn into_comparison(self) -> Comparison {
        let mut commits = self.commits.unwrap_or_default();
        // `commit` is the head. It is the last one; a server that puts it first is turned round.
        if let (Some(head), Some(first)) = (&self.commit, commits.first())
            && commits.len() > 1
            && head.id == first.id
        {
            commits.reverse();
        }
        let mut comparison = Comparison::default();
        comparison.ahead_by = u64::try_from(commits.len()).ok();
        comparison.commits = commits.into_iter().map(CommitRow::into_commit).collect();
        // Where the comparison took too long, the files are but a part.
        if self.compare_timeout != Some(true) {
            comparison.files = self.diffs.map(|diffs| {
                diffs
                    .into_iter()
                    .filter_map(DiffRow::into_changed_file)
                    .collect()
            });
        }
        comparison
    }
}

impl GitLabProject {
    /// One branch, with the operation that wants it.
    pub(crate) async fn tip(&self, operation: Operation, name: &str) -> Result<Branch> {
        check_ref(operation, name).map_err(|error| self.locate(error, operation))?;
        let id = self.id();
        let endpoint = branches::Branch::builder()
            .project(&id)
            .branch(name)
            .build();
        let call = self
            .call(operation, endpoint)?
            .resource(self.part(format_args!(" branch {name}")));
        let reply = self.gitlab.client.send(call).await?;
        let row: BranchRow = reply.json()?;
        row.into_branch()
            .ok_or_else(|| reply.unreadable("the branch has no commit"))
    }

    /// What the head has that the base lacks, as GitLab tells it.
    pub(crate) async fn comparison(
        &self,
        operation: Operation,
        base: &str,
        head: &str,
    ) -> Result<Comparison> {
        for name in [base, head] {
            check_ref(operation, name).map_err(|error| self.locate(error, operation))?;
        }
        let id = self.id();
        let endpoint = commits::CompareCommits::builder()
            .project(&id)
            .from(base)
            .to(head)
            .build();
        let call = self
            .call(operation, endpoint)?
            .resource(self.part(format_args!(" {base}...{head}")));
        let row: CompareRow = self.gitlab.client.send(call).await?.json()?;
        Ok(row.into_comparison())
    }
}

#[async_trait]
impl Refs for GitLabProject {
    async fn default_branch(&self) -> Result<Option<String>> {
        Ok(self.row(Operation::ProjectsGet).await?.default_branch())
    }

    fn branches(&self) -> Listing<Branch> {
        let id = self.id();
        let endpoint = branches::Branches::builder().project(&id).build();
        paging::numbered(
            &self.gitlab.client,
            self.call(Operation::RefsBranches, endpoint),
            |row: BranchRow| Ok(row.into_branch()),
            |branch| branch.name.clone(),
        )
    }

    async fn branch(&self, name: &str) -> Result<Branch> {
        self.tip(Operation::RefsBranch, name).await
    }

    fn tags(&self) -> Listing<Tag> {
        let id = self.id();
        let endpoint = tags::Tags::builder().project(&id).build();
        paging::numbered(
            &self.gitlab.client,
            self.call(Operation::RefsTags, endpoint),
            |row: TagRow| Ok(row.into_tag()),
            |tag| tag.name.clone(),
        )
    }

    async fn tag(&self, name: &str) -> Result<Tag> {
        const OPERATION: Operation = Operation::RefsTag;
        check_ref(OPERATION, name).map_err(|error| self.locate(error, OPERATION))?;
        let id = self.id();
        let endpoint = tags::Tag::builder().project(&id).tag_name(name).build();
        let call = self
            .call(OPERATION, endpoint)?
            .resource(self.part(format_args!(" tag {name}")));
        let reply = self.gitlab.client.send(call).await?;
        let row: TagRow = reply.json()?;
        row.into_tag()
            .ok_or_else(|| reply.unreadable("the tag stands for nothing"))
    }

    fn commits(&self, reference: &str) -> Listing<Commit> {
        const OPERATION: Operation = Operation::RefsCommits;
        let id = self.id();
        let endpoint = commits::Commits::builder()
            .project(&id)
            .ref_name(reference)
            .build();
        let first = check_ref(OPERATION, reference)
            .map_err(|error| self.locate(error, OPERATION))
            .and_then(|()| self.call(OPERATION, endpoint))
            .map(|call| call.resource(self.part(format_args!("@{reference}"))));
        let (project, wanted) = (self.clone(), reference.to_owned());
        paging::numbered(
            &self.gitlab.client,
            first,
            |row: CommitRow| Ok(Some(row.into_commit())),
            |commit| commit.sha.clone(),
        )
        // GitLab lists no commits for a ref that is not there.
        .when_empty(async move {
            let found = project.commit(&wanted).await;
            found
                .map(drop)
                .map_err(|error| error.with_operation(OPERATION))
        })
    }

    async fn commit(&self, sha: &str) -> Result<Commit> {
        const OPERATION: Operation = Operation::RefsCommit;
        check_ref(OPERATION, sha).map_err(|error| self.locate(error, OPERATION))?;
        let id = self.id();
        let endpoint = commits::Commit::builder()
            .project(&id)
            .commit(sha)
            .stats(false)
            .build();
        let call = self
            .call(OPERATION, endpoint)?
            .resource(self.part(format_args!("@{sha}")));
        let row: CommitRow = self.gitlab.client.send(call).await?.json()?;
        Ok(row.into_commit())
    }

    async fn create_branch(&self, name: &str, from: &str) -> Result<Branch> {
        const OPERATION: Operation = Operation::RefsCreateBranch;
        for name in [name, from] {
            check_ref(OPERATION, name).map_err(|error| self.locate(error, OPERATION))?;
        }
        let id = self.id();
        let endpoint = branches::CreateBranch::builder()
            .project(&id)
            .branch(name)
            .ref_(from)
            .build();
        let call = self
            .call(OPERATION, endpoint)?
            .resource(self.part(format_args!(" branch {name}")));
        // The only thing that may be missing beside the project is where the branch shall begin.
        let begins = |error: Error| {
            if error.status() == Some(400) && error.is_not_found() {
                error.with_resource(self.part(format_args!("@{from}")))
            } else {
                error
            }
        };
        let reply = self.gitlab.client.send(call).await.map_err(begins)?;
        let row: BranchRow = reply.json()?;
        row.into_branch()
            .ok_or_else(|| reply.unreadable("the branch has no commit"))
    }

    async fn compare(&self, base: &str, head: &str) -> Result<Comparison> {
        self.comparison(Operation::RefsCompare, base, head).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_comparison_is_told_oldest_first() {
        for order in [["1", "2", "3"], ["3", "2", "1"]] {
            let commits: Vec<_> = order.iter().map(|id| json!({"id": id})).collect();
            let row: CompareRow = serde_json::from_value(
                json!({"commit": {"id": "3"}, "commits": commits, "diffs": null}),
            )
            .unwrap();
            let comparison = row.into_comparison();
            let shas: Vec<_> = comparison.commits.iter().map(|c| c.sha.as_str()).collect();
            assert_eq!(shas, ["1", "2", "3"]);
            assert_eq!((comparison.ahead_by, comparison.files), (Some(3), None));
        }
    }

    #[test]
    fn a_tag_of_a_tree_stands_for_what_it_names() {
        let row: TagRow = serde_json::from_value(
            json!({"name": "t", "message": "", "target": "abc", "commit": null}),
        )
        .unwrap();
        let tag = row.into_tag().unwrap();
        assert_eq!((tag.sha.as_str(), tag.message), ("abc", None));
    }
}
