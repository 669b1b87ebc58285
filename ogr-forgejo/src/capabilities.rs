//! What the API of Forgejo and Gitea can do.

use ogr_core::{Capabilities, ForgeKind, Operation, Support};

use crate::version::Version;

/// The first Forgejo whose file API can put a branch on a new commit.
const RESETS_SINCE: u64 = 16;

/// The first Gitea that compares commits and knows which pull request a commit merged.
const COMPARES_SINCE: (u64, u64) = (1, 22);

const SLOW_TO_RESET: &str =
    "before version 16 its file API cannot replace what a branch has: push with git";

/// What this kind of forge can do, as far as that is known without asking it.
pub(crate) fn of(kind: ForgeKind) -> Capabilities {
    Capabilities::new(match kind {
        ForgeKind::Gitea => gitea,
        _ => support,
    })
}

/// The same, once the version is known.
pub(crate) fn resolved(kind: ForgeKind, version: Version) -> Capabilities {
    let capabilities = of(kind);
    match version.kind {
        ForgeKind::Forgejo if version.major < RESETS_SINCE => {
            capabilities.resolved(Operation::ContentsCommitReset, Support::No(SLOW_TO_RESET))
        }
        ForgeKind::Gitea => {
            let told = (version.major, version.minor);
            let compares = if told < COMPARES_SINCE || (told == COMPARES_SINCE && version.preview) {
                Support::No("Gitea compares commits since version 1.22")
            } else {
                Support::Yes
            };
            capabilities
                .resolved(Operation::RefsCompare, compares)
                .resolved(
                    Operation::ContentsCommitReset,
                    gitea(Operation::ContentsCommitReset),
                )
        }
        _ => capabilities,
    }
}

/// Forgejo.
pub(crate) fn support(operation: Operation) -> Support {
    match operation.area() {
        "users" | "projects" | "refs" | "statuses" | "releases" => Support::Yes,
        "forge" => match operation {
            Operation::ForgeRateLimit => {
                Support::No("it keeps no request budget; what a proxy in front says is heeded")
            }
            _ => Support::Yes,
        },
        "forks" => match operation {
            Operation::ForksCreate
            | Operation::ForksCreateNamespace
            | Operation::ForksCreateName => {
                Support::Depends("one account has one fork of a project, whatever its name")
            }
            _ => Support::Yes,
        },
        "contents" => match operation {
            Operation::ContentsCommitReset => Support::Depends(
                "since version 16; in a fork, its own copy of the target's branch must not have diverged",
            ),
            _ => Support::Yes,
        },
        "pull_requests" => match operation {
            Operation::PullRequestsCreateForkToFork => Support::Depends(
                "only where one is a fork of the other, not between two forks of one project",
            ),
            Operation::PullRequestsMaintainerEdit => {
                Support::Depends("only who may write to the head can allow it")
            }
            Operation::PullRequestsCreateLabels | Operation::PullRequestsSetLabels => {
                Support::Depends("the labels must be there, and not everybody may give them")
            }
            Operation::PullRequestsMergeMethod => {
                Support::Depends("as far as the project allows the method")
            }
            _ => Support::Yes,
        },
        _ => Support::No("ogr does not know how to do this on Forgejo"),
    }
}

/// Gitea, where it differs.
fn gitea(operation: Operation) -> Support {
    match operation {
        Operation::ContentsCommitReset => {
            Support::No("Gitea's file API cannot replace what a branch has: push with git")
        }
        Operation::RefsCompare => Support::Depends("since Gitea 1.22"),
        _ => support(operation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_today_has_an_answer() {
        let unknown = support(Operation::ForgeProbe);
        assert_eq!(unknown, Support::Yes);
        for operation in Operation::ALL {
            if *operation != Operation::ForgeRateLimit {
                assert!(support(*operation).is_possible(), "{operation}");
            }
        }
    }

    #[test]
    fn the_version_settles_what_depends_on_it() {
        let reset = |kind, version: &str| {
            resolved(kind, Version::parse(version).unwrap()).can(Operation::ContentsCommitReset)
        };
        assert!(reset(ForgeKind::Forgejo, "16.0.0+gitea-1.22.0"));
        assert!(!reset(ForgeKind::Forgejo, "15.0.3+gitea-1.22.0"));
        assert!(!reset(ForgeKind::Gitea, "1.27.3"));
        // Whatever it was taken for, the version tells.
        assert!(!reset(ForgeKind::Forgejo, "1.27.3"));
        let compare = |version: &str| {
            resolved(ForgeKind::Gitea, Version::parse(version).unwrap()).can(Operation::RefsCompare)
        };
        assert!(compare("1.22.0"));
        assert!(!compare("1.21.11"));
        assert!(!compare("1.22.0+dev-305-g481e738e7"));
    }
}
