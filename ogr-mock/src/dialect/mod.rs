//! The four dialects, and what they need to read requests and write answers.

pub(crate) mod forgejo;
pub(crate) mod github;
pub(crate) mod gitlab;
mod paging;
pub(crate) mod pagure;
mod request;
mod response;

pub(crate) use paging::Paging;
pub(crate) use request::Request;
pub(crate) use response::{Answered, Asker, Response, answer, bytes, empty, html, text};

use crate::hub::Hub;
use crate::state::{ProjectId, RefUpdate, Refusal, Token};

/// Which forge the mock plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// GitHub, served as GitHub Enterprise Server is: under `/api/v3`.
    GitHub,
    /// GitLab, under `/api/v4`.
    GitLab,
    /// Forgejo, under `/api/v1`.
    Forgejo,
    /// Gitea, which Forgejo came from, under `/api/v1`.
    Gitea,
    /// Pagure, under `/api/0`.
    Pagure,
}

/// Who asks: a user, and the token that says so (none when it was a password).
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) login: String,
    pub(crate) token: Option<Token>,
}

impl Dialect {
    /// The path that the API is served under.
    #[must_use]
    pub fn api_path(self) -> &'static str {
        match self {
            Self::GitHub => "/api/v3",
            Self::GitLab => "/api/v4",
            Self::Forgejo | Self::Gitea => "/api/v1",
            Self::Pagure => "/api/0",
        }
    }

    /// What the version endpoint says unless the test names another version.
    pub(crate) fn default_version(self) -> &'static str {
        match self {
            Self::GitHub => "3.17.0",
            Self::GitLab => "19.0.0",
            Self::Forgejo => "16.0.0+gitea-1.22.0",
            Self::Gitea => "1.22.0+dev-305-g481e738e7",
            Self::Pagure => "0.31",
        }
    }

    /// How many readers of a changed pull request are told that its mergeability is not known yet.
    pub(crate) fn default_mergeability_reads(self) -> u32 {
        match self {
            Self::GitHub => 1,
            Self::GitLab | Self::Forgejo | Self::Gitea | Self::Pagure => 0,
        }
    }

    /// Makes up a token that looks like this forge's. The number makes it unique.
    pub(crate) fn token_value(self, login: &str, number: u64) -> String {
        let hex = |length: usize| {
            let mut text = String::new();
            let mut seed = number;
            while text.len() < length {
                seed = scramble(login, seed);
                text.push_str(&format!("{seed:016x}"));
            }
            text.truncate(length);
            text
        };
        match self {
            Self::GitHub => format!("ghp_{}", hex(36)),
            Self::GitLab => format!("glpat-{}", hex(20)),
            Self::Forgejo | Self::Gitea => hex(40),
            Self::Pagure => hex(64).to_ascii_uppercase(),
        }
    }

    /// Whether a token is good for git itself, reading or pushing.
    pub(crate) fn token_allows_git(self, token: &Token, push: bool) -> bool {
        match self {
            Self::GitHub => github::allows_git(token, push),
            Self::GitLab => gitlab::allows_git(token, push),
            Self::Forgejo | Self::Gitea => forgejo::allows_git(token, push),
            Self::Pagure => pagure::allows_git(token, push),
        }
    }

    /// The project's path that a path of a git URL means.
    pub(crate) fn project_of_git_path(self, path: &str) -> String {
        match (self, path.strip_prefix("forks/")) {
            (Self::Pagure, Some(fork)) => format!("fork/{fork}"),
            _ => path.to_owned(),
        }
    }

    /// Notes about a pull request that was just opened what this forge notes.
    pub(crate) async fn pull_request_opened(
        self,
        hub: &Hub,
        project: ProjectId,
        number: u64,
    ) -> Result<(), Refusal> {
        match self {
            Self::Pagure => pagure::pull_request_opened(hub, project, number).await,
            Self::GitHub | Self::GitLab | Self::Forgejo | Self::Gitea => Ok(()),
        }
    }

    /// Brings the pull requests up to date after a push, on forges that do not do it as the others do;
    /// tells whether this is one.
    pub(crate) async fn follows_pushes(
        self,
        hub: &Hub,
        actor: &str,
        project: ProjectId,
        updates: &[RefUpdate],
    ) -> Result<bool, Refusal> {
        match self {
            Self::Pagure => {
                pagure::pushed(hub, actor, project, updates).await?;
                Ok(true)
            }
            Self::GitHub | Self::GitLab | Self::Forgejo | Self::Gitea => Ok(false),
        }
    }

    /// Answers a request that is not git's.
    pub(crate) async fn handle(self, hub: &Hub, request: &Request) -> Response {
        match self {
            Self::GitHub => github::handle(hub, request).await,
            Self::GitLab => gitlab::handle(hub, request).await,
            Self::Forgejo | Self::Gitea => forgejo::handle(hub, request).await,
            Self::Pagure => pagure::handle(hub, request).await,
        }
    }
}

/// FNV-1a: a well-mixed number from a text, the same in every run.
pub(crate) fn scramble(text: &str, seed: u64) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    text.bytes()
        .chain(seed.to_le_bytes())
        .fold(start, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
}
