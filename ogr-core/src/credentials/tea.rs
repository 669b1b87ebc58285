//! The token that `tea`, Gitea's own tool, keeps. It works with Forgejo too.

use super::{
    Credential, shape,
    tool::{Tool, field},
};
use crate::ForgeKind;

const VARIABLES: &[&str] = &["GITEA_SERVER_TOKEN", "GITEA_SERVER_URL", "GITEA_TOKEN"];

pub(super) async fn find(
    tea: &Tool,
    scheme: &str,
    host: &str,
    kind: ForgeKind,
) -> Option<Credential> {
    // It speaks as a helper of git does.
    let question = format!("protocol={scheme}\nhost={host}\n\n");
    let said = tea
        .ask(&["login", "helper", "get"], &[], VARIABLES, &question)
        .await?;
    if field(&said, "host").is_some_and(|answered| answered != host) {
        return None;
    }
    let token = field(&said, "password").filter(|token| shape::is_usable(token))?;
    Some(shape::token(kind, token))
}
