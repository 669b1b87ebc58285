//! The token that `glab`, GitLab's own tool, keeps in its file or in the system's key ring.

use super::{Credential, shape, tool::Tool};
use crate::ForgeKind;

/// With one of these set, `glab` answers with it for any host.
const VARIABLES: &[&str] = &[
    "GITLAB_TOKEN",
    "GITLAB_ACCESS_TOKEN",
    "OAUTH_TOKEN",
    "CI_JOB_TOKEN",
    "GLAB_ENABLE_CI_AUTOLOGIN",
    "GITLAB_HOST",
    "GL_HOST",
    "GITLAB_URI",
    "DEBUG",
];

pub(super) async fn find(glab: &Tool, host: &str) -> Option<Credential> {
    let set = [
        ("GLAB_CHECK_UPDATE", "false"),
        ("GLAB_SEND_TELEMETRY", "false"),
        ("NO_PROMPT", "1"),
        ("NO_COLOR", "1"),
    ];
    let get = async |key: &str| {
        let args = ["config", "get", key, "--host", host];
        glab.ask(&args, &set, VARIABLES, "").await
    };
    let token = get("token").await?;
    if !shape::is_usable(&token) {
        return None;
    }
    // An OAuth token is not taken in the header of the others.
    let is_oauth = get("is_oauth2").await.as_deref() == Some("true");
    Some(if is_oauth {
        Credential::bearer(token)
    } else {
        shape::token(ForgeKind::GitLab, &token)
    })
}
