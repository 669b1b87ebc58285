//! What GitLab can do.

use ogr_core::{Operation, Support};

/// When the endpoint for raw diffs came: the first version that surely has it, and the last that surely has not.
pub(crate) const RAW_DIFFS_SINCE: (u64, u64) = (17, 10);
pub(crate) const NO_RAW_DIFFS_UNTIL: (u64, u64) = (17, 8);
pub(crate) const NO_RAW_DIFFS: &str =
    "GitLab before 17.9 gives diffs file by file only: list the files, or fetch the head with git";

/// Whether GitLab can do something.
pub(crate) fn support(operation: Operation) -> Support {
    use Operation::*;
    match operation {
        ForgeProbe | ForgeRaw => Support::Yes,
        ForgeRateLimit => {
            Support::Depends("self-managed instances tell it only where limits are on")
        }

        UsersWhoami | UsersGet => Support::Yes,

        ProjectsGet
        | ProjectsExists
        | ProjectsListNamespace
        | ProjectsListUser
        | ProjectsCreate
        | ProjectsCreatePrivate => Support::Yes,

        ForksFindMine | ForksCreate | ForksCreateNamespace | ForksCreateName | ForksList => {
            Support::Yes
        }

        RefsBranches | RefsBranch | RefsTags | RefsTag | RefsCommits | RefsCommit
        | RefsCreateBranch | RefsCompare => Support::Yes,

        ContentsRead
        | ContentsList
        | ContentsTree
        | ContentsFirstExisting
        | ContentsCommit
        | ContentsCommitReset => Support::Yes,

        PullRequestsList
        | PullRequestsGet
        | PullRequestsCreate
        | PullRequestsCreateUnique
        | PullRequestsCreateForkToFork
        | PullRequestsCreateDraft
        | PullRequestsCreateLabels
        | PullRequestsMaintainerEdit
        | PullRequestsChange
        | PullRequestsChangeTarget
        | PullRequestsClose
        | PullRequestsReopen
        | PullRequestsComment
        | PullRequestsMerge
        | PullRequestsMergeExpectedHead
        | PullRequestsMergeAuto
        | PullRequestsSetLabels
        | PullRequestsCommits
        | PullRequestsFiles
        | PullRequestsForCommit
        | PullRequestsReadFile => Support::Yes,
        PullRequestsMergeMethod => Support::Depends(
            "squashing can be chosen; merge commit or fast-forward is a setting of the project; rebasing cannot be asked for",
        ),
        PullRequestsDiff => Support::Depends("needs GitLab 17.9 or newer"),
        PullRequestsPatch => Support::Depends(
            "put together from the commits, one request for each; not with binary or very large files",
        ),

        StatusesSet | StatusesList | StatusesCombined => Support::Yes,

        ReleasesList | ReleasesGet | ReleasesLatest | ReleasesCreate | ReleasesChange
        | ReleasesDelete => Support::Yes,
        ReleasesCreateDraft => Support::No("GitLab publishes a release when it is created"),
        ReleasesCreatePrerelease => Support::No("GitLab does not mark prereleases"),

        _ => Support::No(NEWER),
    }
}

const NEWER: &str = "this backend does not know the operation";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_decided() {
        for operation in Operation::ALL {
            assert_ne!(support(*operation), Support::No(NEWER), "{operation}");
        }
    }
}
