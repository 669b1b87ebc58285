//! The forges that the contract is tried on.

use std::{env, fmt, sync::Arc};

use ogr::{Capabilities, ForgeKind};
use ogr_mock::MockForge;

use crate::stage::{Stage, Tokens};

/// A forge to try the contract on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    MockGitHub,
    MockGitLab,
    MockForgejo,
    /// Before 16, which takes no commit onto a given one.
    MockForgejo15,
    MockGitea,
    MockPagure,
    LiveForgejo,
    LivePagure,
}

impl Ground {
    /// The mocks, and the real servers that the environment names.
    pub fn all() -> Vec<Self> {
        let mut grounds = vec![
            Self::MockGitHub,
            Self::MockGitLab,
            Self::MockForgejo,
            Self::MockForgejo15,
            Self::MockGitea,
            Self::MockPagure,
        ];
        for live in [Self::LiveForgejo, Self::LivePagure] {
            if live.variable("URL").is_some() {
                grounds.push(live);
            } else {
                eprintln!("skipped: no {}", live.variable_name("URL"));
            }
        }
        grounds
    }

    pub fn is_mock(self) -> bool {
        !matches!(self, Self::LiveForgejo | Self::LivePagure)
    }

    pub fn kind(self) -> ForgeKind {
        match self {
            Self::MockGitHub => ForgeKind::GitHub,
            Self::MockGitLab => ForgeKind::GitLab,
            Self::MockForgejo | Self::MockForgejo15 | Self::LiveForgejo => ForgeKind::Forgejo,
            Self::MockGitea => ForgeKind::Gitea,
            Self::MockPagure | Self::LivePagure => ForgeKind::Pagure,
        }
    }

    /// The name of the forge's published document. Gitea's differs from Forgejo's, and Pagure has none.
    pub fn document(self) -> Option<&'static str> {
        match self {
            Self::MockGitHub => Some("github"),
            Self::MockGitLab => Some("gitlab"),
            Self::MockForgejo | Self::MockForgejo15 => Some("forgejo"),
            _ => None,
        }
    }

    /// What forges of this kind can do, by the backend's table.
    pub fn capabilities(self) -> Capabilities {
        let forge = crate::stage::connect(self.kind(), "http://127.0.0.1:1", None);
        forge.capabilities()
    }

    /// A stage on this forge, with its people.
    pub async fn stage(self) -> Result<Arc<Stage>, ogr_mock::MockError> {
        let mock = match self {
            Self::MockGitHub => MockForge::github().start().await?,
            Self::MockGitLab => MockForge::gitlab().start().await?,
            Self::MockForgejo => MockForge::forgejo().start().await?,
            Self::MockForgejo15 => {
                MockForge::forgejo()
                    .version("15.0.3+gitea-1.22.0")
                    .start()
                    .await?
            }
            Self::MockGitea => MockForge::gitea().start().await?,
            Self::MockPagure => MockForge::pagure().start().await?,
            Self::LiveForgejo | Self::LivePagure => {
                let url = self.variable("URL").unwrap_or_default();
                return Ok(Stage::live(self, &url, self.tokens()));
            }
        };
        Ok(Stage::mock(self, mock))
    }

    fn tokens(self) -> Tokens {
        Tokens {
            owner: self.variable("TOKEN").unwrap_or_default(),
            contributor: self.variable("CONTRIBUTOR_TOKEN").unwrap_or_default(),
            stranger: self.variable("STRANGER_TOKEN").unwrap_or_default(),
        }
    }

    fn variable(self, what: &str) -> Option<String> {
        env::var(self.variable_name(what))
            .ok()
            .filter(|value| !value.is_empty())
    }

    fn variable_name(self, what: &str) -> String {
        format!("OGR_LIVE_{}_{what}", self.kind().as_str().to_uppercase())
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MockGitHub => "github",
            Self::MockGitLab => "gitlab",
            Self::MockForgejo => "forgejo",
            Self::MockForgejo15 => "forgejo15",
            Self::MockGitea => "gitea",
            Self::MockPagure => "pagure",
            Self::LiveForgejo => "live-forgejo",
            Self::LivePagure => "live-pagure",
        })
    }
}
