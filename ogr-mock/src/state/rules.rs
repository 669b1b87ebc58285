//! What the forges disagree about, in one place.

use crate::dialect::Dialect;

/// How a forge names forks, and what it does about a name that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ForkNaming {
    /// `{user}/{name}`, or `{name}-1` and so on when that is taken.
    Suffixed,
    /// `{user}/{name}`, refused when that is taken.
    Refused,
    /// `fork/{user}/{namespace}/{name}`: never taken by anything but the same fork.
    Nested,
}

/// The rules of one forge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Whether `Foo` and `foo` are two names.
    pub(crate) case_sensitive: bool,
    /// The same of the paths of projects, but for the user in a fork's.
    pub(crate) paths_case_sensitive: bool,
    /// Whether a user or group may do things in a project because it stands in their namespace.
    pub(crate) namespace_gives_rights: bool,
    /// Whether a second pull request from the same head into the same base may be open.
    pub(crate) duplicate_pull_requests: bool,
    /// Whether only those who may push to the head may open a pull request from it.
    pub(crate) open_needs_source_write: bool,
    /// Whether a pull request needs commits that its base lacks.
    pub(crate) open_needs_commits: bool,
    /// Whether deleting the head branch closes the pull request.
    pub(crate) deleted_branch_closes: bool,
    /// Whether deleting the base branch closes it as well.
    pub(crate) deleted_base_closes: bool,
    /// Whether a push that brings the head's commits into the base marks the pull request as merged.
    pub(crate) pushed_head_merges: bool,
    /// Whether an account has one fork of a project at most, whatever its name.
    pub(crate) one_fork_each: bool,
    /// How forks are named.
    pub(crate) fork_naming: ForkNaming,
    /// Whether a fork takes over all refs of its parent, the heads of pull requests too, and what the
    /// clone that it was made from remembered of its origin.
    pub(crate) forks_copy_all_refs: bool,
    /// Whether the commits of a project can be had in its forks, whatever their branches.
    pub(crate) forks_share_objects: bool,
    /// Whether a fork takes issues if its parent does.
    pub(crate) forks_take_issues: bool,
    /// Whether a pull request may be opened on a fork's own pages right after forking.
    pub(crate) forks_take_pull_requests: bool,
    /// Whether a status may be set by anyone with a token, member or not.
    pub(crate) statuses_from_anyone: bool,
    /// Where a pull request's head is kept: this, the number, `/head`.
    pub(crate) pull_ref_prefix: &'static str,
    /// Whether a merge is tried out beforehand, and its result kept beside the head.
    pub(crate) test_merges: bool,
    /// Whether a push to a pull request's branch leaves a comment of the system (on Pagure it is the
    /// dialect that sees to it).
    pub(crate) push_leaves_comment: bool,
    /// Whether the first branch pushed to an empty repository becomes its default branch.
    pub(crate) first_push_sets_default: bool,
    /// What it takes, beside being its author, to close or edit a pull request.
    pub(crate) access_to_close: super::Access,
    /// Whether a closed pull request may be opened again beside an open one of the same branches, and
    /// without its head branch.
    pub(crate) reopens_anything: bool,
    /// Whether pull requests of an archived project may still be edited.
    pub(crate) edits_archived: bool,
    /// What a draft's title starts with, where that is what makes it a draft.
    pub(crate) draft_mark: Option<&'static str>,
    /// How many requests a user may make, how many an address without a credential, and in how many seconds.
    pub(crate) request_limits: (u64, u64, i64),
    /// The default branch of a project that does not say.
    pub(crate) default_branch: &'static str,
}

impl Rules {
    pub(crate) fn of(dialect: Dialect) -> Self {
        let github = Self {
            case_sensitive: false,
            paths_case_sensitive: false,
            namespace_gives_rights: true,
            duplicate_pull_requests: false,
            open_needs_source_write: false,
            open_needs_commits: true,
            deleted_branch_closes: true,
            deleted_base_closes: true,
            pushed_head_merges: true,
            one_fork_each: true,
            fork_naming: ForkNaming::Suffixed,
            forks_copy_all_refs: false,
            forks_share_objects: true,
            forks_take_issues: false,
            forks_take_pull_requests: true,
            statuses_from_anyone: false,
            pull_ref_prefix: "refs/pull/",
            test_merges: true,
            push_leaves_comment: false,
            first_push_sets_default: true,
            access_to_close: super::Access::Triage,
            reopens_anything: false,
            edits_archived: false,
            draft_mark: None,
            request_limits: (5000, 60, 3600),
            default_branch: "main",
        };
        match dialect {
            Dialect::GitHub => github,
            Dialect::GitLab => Self {
                forks_share_objects: false,
                open_needs_source_write: true,
                open_needs_commits: false,
                deleted_base_closes: false,
                one_fork_each: false,
                forks_take_issues: true,
                fork_naming: ForkNaming::Refused,
                pull_ref_prefix: "refs/merge-requests/",
                push_leaves_comment: true,
                draft_mark: Some("Draft: "),
                request_limits: (2000, 500, 60),
                access_to_close: super::Access::Write,
                ..github
            },
            Dialect::Forgejo | Dialect::Gitea => Self {
                forks_share_objects: false,
                test_merges: false,
                open_needs_commits: false,
                pushed_head_merges: false,
                fork_naming: ForkNaming::Refused,
                access_to_close: super::Access::Write,
                reopens_anything: true,
                edits_archived: true,
                draft_mark: Some("WIP: "),
                ..github
            },
            Dialect::Pagure => Self {
                forks_share_objects: false,
                test_merges: false,
                case_sensitive: true,
                namespace_gives_rights: false,
                duplicate_pull_requests: true,
                open_needs_source_write: true,
                open_needs_commits: false,
                deleted_branch_closes: false,
                pushed_head_merges: false,
                fork_naming: ForkNaming::Nested,
                forks_copy_all_refs: true,
                forks_take_pull_requests: false,
                statuses_from_anyone: true,
                first_push_sets_default: false,
                access_to_close: super::Access::Write,
                default_branch: "master",
                ..github
            },
        }
    }
}
