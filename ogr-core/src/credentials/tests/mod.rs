//! What the tests of credentials have in common.

mod environment;
mod tools;

use super::{Credential, Credentials};
use crate::{ForgeKind, Instance};

/// What tokens of each forge look like.
const OF_PAGURE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ01";
const OF_FORGEJO: &str = "0123456789abcdef0123456789abcdef01234567";
const OF_GITHUB: &str = "ghp_abc";
const OF_GITLAB: &str = "glpat-abc";

fn instance(kind: ForgeKind, host: &str) -> Instance {
    let web: url::Url = format!("https://{host}/").parse().unwrap();
    Instance::new(kind, web.clone(), web)
}

fn vars(all: &[(&str, &str)]) -> Credentials {
    Credentials::from_vars(all.iter().copied()).unwrap()
}

/// The kind and the secret, as a test can compare them.
fn shown(credential: Option<Credential>) -> String {
    let Some(credential) = credential else {
        return "none".into();
    };
    let kind = match &credential {
        Credential::Token(_) => "token ".into(),
        Credential::Bearer(_) => "bearer ".into(),
        Credential::JobToken(_) => "job ".into(),
        Credential::Basic { username, .. } => format!("basic {username}:"),
    };
    format!("{kind}{}", credential.secret())
}
