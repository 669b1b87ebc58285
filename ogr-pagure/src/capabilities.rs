//! What Pagure can do.

use ogr_core::{
    Operation,
    Support::{self, Depends, No, Yes},
};

/// Whether Pagure can do something.
pub(crate) fn support(operation: Operation) -> Support {
    match operation.area() {
        "users" | "statuses" => Yes,
        "projects" => projects(operation),
        "forks" => forks(operation),
        "refs" => refs(operation),
        "contents" => contents(operation),
        "pull_requests" => pull_requests(operation),
        "releases" => releases(operation),
        "forge" => forge(operation),
        _ => No("ogr has no such thing for Pagure yet"),
    }
}

fn forge(operation: Operation) -> Support {
    match operation {
        Operation::ForgeRateLimit => No("Pagure tells nothing of a request budget"),
        _ => Yes,
    }
}

fn projects(operation: Operation) -> Support {
    match operation {
        Operation::ProjectsCreate => Depends("on the right to create projects in the namespace"),
        Operation::ProjectsCreatePrivate => {
            Depends("on the instance, and only in the user's own namespace")
        }
        _ => Yes,
    }
}

fn forks(operation: Operation) -> Support {
    match operation {
        Operation::ForksCreateNamespace => No("a fork on Pagure is always its user's own"),
        Operation::ForksCreateName => No("a fork on Pagure has the name of its parent"),
        _ => Yes,
    }
}

fn refs(operation: Operation) -> Support {
    match operation {
        Operation::RefsCommits => No("Pagure's API cannot list commits: fetch them with git"),
        Operation::RefsCompare => No("Pagure's API cannot compare commits: fetch them with git"),
        _ => Yes,
    }
}

fn contents(operation: Operation) -> Support {
    match operation {
        Operation::ContentsCommit | Operation::ContentsCommitReset => {
            No("Pagure's API cannot commit files: push with git")
        }
        _ => Yes,
    }
}

fn pull_requests(operation: Operation) -> Support {
    match operation {
        Operation::PullRequestsCreateUnique => {
            No("Pagure opens a second pull request for the same head and target")
        }
        Operation::PullRequestsCreateForkToFork => {
            Depends("on the target, for pull requests are off in a new fork")
        }
        Operation::PullRequestsCreateDraft => No("Pagure has no drafts"),
        Operation::PullRequestsCreateLabels | Operation::PullRequestsSetLabels => {
            No("Pagure's API can read the labels of a pull request, and not write them")
        }
        Operation::PullRequestsMaintainerEdit => {
            No("on Pagure the fork's own access list says who may push to it")
        }
        Operation::PullRequestsChangeTarget => {
            No("the target branch of a pull request cannot be changed on Pagure")
        }
        Operation::PullRequestsMergeMethod => {
            No("on Pagure the project's settings alone say how pull requests are merged")
        }
        Operation::PullRequestsMergeExpectedHead => {
            Depends("on ogr, which reads the head right before merging: Pagure does not check it")
        }
        Operation::PullRequestsMergeAuto => No("Pagure merges at once or not at all"),
        Operation::PullRequestsForCommit => {
            Depends("on the age of the pull request: ogr looks at the newest 300")
        }
        _ => Yes,
    }
}

fn releases(operation: Operation) -> Support {
    match operation {
        Operation::ReleasesLatest => {
            No("Pagure's releases are its tags, which carry no time: none is the latest")
        }
        Operation::ReleasesCreateDraft => No("Pagure's releases are its tags: none is a draft"),
        Operation::ReleasesCreatePrerelease => {
            No("Pagure's releases are its tags: none is a prerelease")
        }
        Operation::ReleasesChange => No("Pagure's releases are its tags, which do not change"),
        Operation::ReleasesDelete => No("Pagure's API cannot delete tags: push with git"),
        _ => Yes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_an_answer_that_was_thought_of() {
        for operation in Operation::ALL {
            if let No(why) = support(*operation) {
                assert!(!why.contains("yet"), "{operation} is not in the table");
            }
        }
    }
}
