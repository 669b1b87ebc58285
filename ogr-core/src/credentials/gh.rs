//! The token that `gh`, GitHub's own tool, keeps in its file or in the system's key ring.

use super::{Credential, shape, tool::Tool};
use crate::ForgeKind;

/// With one of these set, `gh` answers with it, for other hosts too.
const VARIABLES: &[&str] = &[
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "GH_HOST",
    "GH_DEBUG",
];

pub(super) async fn find(gh: &Tool, host: &str) -> Option<Credential> {
    let set = [
        ("GH_PROMPT_DISABLED", "1"),
        ("GH_NO_UPDATE_NOTIFIER", "1"),
        ("NO_COLOR", "1"),
    ];
    let token = gh
        .ask(&["auth", "token", "--hostname", host], &set, VARIABLES, "")
        .await?;
    shape::is_usable(&token).then(|| shape::token(ForgeKind::GitHub, &token))
}
