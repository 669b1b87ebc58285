//! What the user's own git would send to a host: the system's key ring, a store, or another helper.

use super::{
    Credential, shape,
    tool::{Tool, field},
};
use crate::ForgeKind;

/// Variables that would make git ask a person, or look at a repository, or that the helpers of other tools hand out.
const VARIABLES: &[&str] = &[
    "SSH_ASKPASS",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_TRACE",
    "GIT_TRACE_CURL",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "GITLAB_TOKEN",
    "GITLAB_ACCESS_TOKEN",
    "OAUTH_TOKEN",
];

pub(super) async fn find(
    git: &Tool,
    scheme: &str,
    host: &str,
    kind: ForgeKind,
) -> Option<Credential> {
    let set = [
        ("GIT_TERMINAL_PROMPT", "0"),
        // Set but empty: git asks no program at all.
        ("GIT_ASKPASS", ""),
        ("GCM_INTERACTIVE", "never"),
        ("LC_ALL", "C"),
    ];
    let args = ["-c", "credential.interactive=false", "credential", "fill"];
    let question = format!("protocol={scheme}\nhost={host}\n\n");
    let said = git.ask(&args, &set, VARIABLES, &question).await?;
    if field(&said, "host").is_some_and(|answered| answered != host) {
        return None;
    }
    let username = field(&said, "username").unwrap_or_default();
    shape::login(kind, username, field(&said, "password")?)
}
