//! What GitHub's API can do.

use ogr_core::{Operation, Support};

/// GitHub's API has a way for nearly everything; what is left depends on the project.
pub(crate) fn support(operation: Operation) -> Support {
    match operation.area() {
        "users" | "projects" | "refs" | "statuses" | "releases" => Support::Yes,
        "forks" => match operation {
            Operation::ForksCreate
            | Operation::ForksCreateNamespace
            | Operation::ForksCreateName => {
                Support::Depends("the owner may have forbidden forks; one account has one fork")
            }
            _ => Support::Yes,
        },
        "contents" => match operation {
            Operation::ContentsCommit | Operation::ContentsCommitReset => {
                Support::Depends("not on an empty repository, which has no git data yet")
            }
            _ => Support::Yes,
        },
        "pull_requests" => match operation {
            Operation::PullRequestsCreateDraft => {
                Support::Depends("private projects have drafts only on some plans")
            }
            Operation::PullRequestsMergeMethod => Support::Depends(
                "merge, squash and rebase, as far as the project allows them; never fast-forward",
            ),
            Operation::PullRequestsMergeAuto => {
                Support::Depends("the project must allow auto-merge")
            }
            _ => Support::Yes,
        },
        "forge" => Support::Yes,
        _ => Support::No("ogr does not know how to do this on GitHub"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_today_is_possible() {
        for operation in Operation::ALL {
            assert!(support(*operation).is_possible(), "{operation}");
        }
    }
}
