//! The closed list of what ogr can be asked to do.

use std::fmt;

/// Declares [`Operation`], its names and its summaries in one table, so that none can be forgotten.
macro_rules! operations {
    ($($variant:ident $name:literal $summary:literal)+) => {
        /// Everything that ogr can be asked to do, and the options that not every forge has.
        ///
        /// The name (`pull_requests.create`) stands in errors, spans and `COMPATIBILITY.md`; the part before
        /// the dot is the area.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Operation {
            $(#[doc = concat!("`", $name, "`: ", $summary, ".")] $variant,)+
        }

        impl Operation {
            /// All operations, in the order of the areas.
            pub const ALL: &'static [Operation] = &[$(Operation::$variant,)+];

            /// The name: area, verb, and option where it is one.
            pub fn as_str(self) -> &'static str {
                match self { $(Operation::$variant => $name,)+ }
            }

            /// What it does, in a few words.
            pub fn summary(self) -> &'static str {
                match self { $(Operation::$variant => $summary,)+ }
            }
        }
    };
}

operations! {
    ForgeProbe "forge.probe" "find out which forge answers at a host"
    ForgeRateLimit "forge.rate_limit" "tell the state of the request budget"
    ForgeRaw "forge.raw" "send any request of the forge's own API"

    UsersWhoami "users.whoami" "tell whose credential this is"
    UsersGet "users.get" "read a user"

    ProjectsGet "projects.get" "read a project"
    ProjectsExists "projects.exists" "tell whether a project is there"
    ProjectsListNamespace "projects.list.namespace" "list the projects of a group, organisation or namespace"
    ProjectsListUser "projects.list.user" "list the projects of a user"
    ProjectsCreate "projects.create" "create a project"
    ProjectsCreatePrivate "projects.create.private" "create a project that only its members see"

    ForksFindMine "forks.find_mine" "find my fork of a project by its parent"
    ForksCreate "forks.create" "fork a project"
    ForksCreateNamespace "forks.create.namespace" "fork a project into a group or organisation"
    ForksCreateName "forks.create.name" "give a new fork another name"
    ForksList "forks.list" "list the forks of a project"

    RefsBranches "refs.branches" "list branches"
    RefsBranch "refs.branch" "read one branch"
    RefsTags "refs.tags" "list tags with the commits that they stand for"
    RefsTag "refs.tag" "read one tag with the commit that it stands for"
    RefsCommits "refs.commits" "list the commits of a ref"
    RefsCommit "refs.commit" "read one commit"
    RefsCreateBranch "refs.create_branch" "create a branch"
    RefsCompare "refs.compare" "compare two commits"

    ContentsRead "contents.read" "read a file"
    ContentsList "contents.list" "list a folder"
    ContentsTree "contents.tree" "list all files of a commit"
    ContentsFirstExisting "contents.first_existing" "read the first file that exists out of several names"
    ContentsCommit "contents.commit" "commit changes of one or several files on top of a branch"
    ContentsCommitReset "contents.commit.reset" "put a branch on one new commit on top of a given commit"

    PullRequestsList "pull_requests.list" "list pull requests"
    PullRequestsGet "pull_requests.get" "read a pull request"
    PullRequestsCreate "pull_requests.create" "open a pull request"
    PullRequestsCreateUnique "pull_requests.create.unique" "refuse a second open pull request for the same head and target"
    PullRequestsCreateForkToFork "pull_requests.create.fork_to_fork" "open a pull request from a fork to another fork"
    PullRequestsCreateDraft "pull_requests.create.draft" "open a pull request as a draft"
    PullRequestsCreateLabels "pull_requests.create.labels" "open a pull request with labels"
    PullRequestsMaintainerEdit "pull_requests.maintainer_edit" "let the target's maintainers push to the head"
    PullRequestsChange "pull_requests.change" "change title or body of a pull request"
    PullRequestsChangeTarget "pull_requests.change.target" "change the target branch of a pull request"
    PullRequestsClose "pull_requests.close" "close a pull request"
    PullRequestsReopen "pull_requests.reopen" "reopen a pull request"
    PullRequestsComment "pull_requests.comment" "comment on a pull request"
    PullRequestsMerge "pull_requests.merge" "merge a pull request"
    PullRequestsMergeMethod "pull_requests.merge.method" "choose how a pull request is merged"
    PullRequestsMergeExpectedHead "pull_requests.merge.expected_head" "merge only if the head is still the expected commit, checked by the forge"
    PullRequestsMergeAuto "pull_requests.merge.auto" "merge as soon as the checks pass"
    PullRequestsSetLabels "pull_requests.set_labels" "set the labels of a pull request"
    PullRequestsCommits "pull_requests.commits" "list the commits of a pull request"
    PullRequestsFiles "pull_requests.files" "list the files that a pull request changes"
    PullRequestsDiff "pull_requests.diff" "read a pull request as a diff"
    PullRequestsPatch "pull_requests.patch" "read a pull request as a mailbox of patches"
    PullRequestsForCommit "pull_requests.for_commit" "find the pull requests that a commit is head or merge of"
    PullRequestsReadFile "pull_requests.read_file" "read a file at the head of a pull request"

    StatusesSet "statuses.set" "set a status on a commit"
    StatusesList "statuses.list" "list the statuses of a commit"
    StatusesCombined "statuses.combined" "read the combined state of a commit"

    ReleasesList "releases.list" "list releases"
    ReleasesGet "releases.get" "read the release of a tag"
    ReleasesLatest "releases.latest" "read the latest release"
    ReleasesCreate "releases.create" "create a release"
    ReleasesCreateDraft "releases.create.draft" "create a release as a draft"
    ReleasesCreatePrerelease "releases.create.prerelease" "create a release as a prerelease"
    ReleasesChange "releases.change" "change a release"
    ReleasesDelete "releases.delete" "delete a release"
}

impl Operation {
    /// The area that the operation belongs to: `pull_requests`, `statuses`, …
    pub fn area(self) -> &'static str {
        self.as_str().split('.').next().unwrap_or_default()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_have_an_area() {
        let mut names: Vec<_> = Operation::ALL.iter().map(|op| op.as_str()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert_eq!(Operation::PullRequestsCreateDraft.area(), "pull_requests");
    }
}
