//! The tokens that `fj`, the tool for Forgejo, keeps in its file.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Credential, shape};
use crate::ForgeKind;

#[derive(Deserialize)]
struct Keys {
    #[serde(default)]
    hosts: HashMap<String, Login>,
}

#[derive(Deserialize)]
struct Login {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    token: String,
}

/// The tokens by host, with the path below it where the instance has one.
pub(super) fn read(keys: &str) -> Result<HashMap<String, Credential>, serde_json::Error> {
    let keys: Keys = serde_json::from_str(keys)?;
    let logins = keys.hosts.into_iter();
    Ok(logins
        .filter(|(_, login)| shape::is_usable(&login.token))
        .map(|(host, login)| {
            let credential = if login.kind.eq_ignore_ascii_case("oauth") {
                Credential::bearer(login.token)
            } else {
                shape::token(ForgeKind::Forgejo, &login.token)
            };
            (host.to_ascii_lowercase(), credential)
        })
        .collect())
}
