//! Credentials in environment variables.

use std::{collections::BTreeMap, ffi::OsString};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Credential, shape};
use crate::{Error, ErrorKind, ForgeKind, Result, forge::host_of};

const PREFIX: &str = "OGR_TOKEN_";

/// A variable that a forge's own tools and CI use.
struct Usual {
    name: &'static str,
    kind: ForgeKind,
    /// The hosts that it is for, unless a further variable names another.
    hosts: &'static [&'static str],
    /// The variables that name the host that it is for: a token of one's own instance must not go to the public one.
    named_by: &'static [&'static str],
}

const USUAL: &[Usual] = &[
    Usual {
        name: "GH_TOKEN",
        kind: ForgeKind::GitHub,
        hosts: &["github.com"],
        named_by: &[],
    },
    Usual {
        name: "GITHUB_TOKEN",
        kind: ForgeKind::GitHub,
        hosts: &["github.com"],
        named_by: &["GITHUB_SERVER_URL"],
    },
    Usual {
        name: "GH_ENTERPRISE_TOKEN",
        kind: ForgeKind::GitHub,
        hosts: &[],
        named_by: &["GH_HOST"],
    },
    Usual {
        name: "GITLAB_TOKEN",
        kind: ForgeKind::GitLab,
        hosts: &["gitlab.com"],
        named_by: &["GITLAB_HOST", "GL_HOST"],
    },
    Usual {
        name: "CODEBERG_TOKEN",
        kind: ForgeKind::Forgejo,
        hosts: &["codeberg.org"],
        named_by: &[],
    },
    Usual {
        name: "FORGEJO_TOKEN",
        kind: ForgeKind::Forgejo,
        hosts: &["codeberg.org"],
        named_by: &["FORGEJO_SERVER_URL"],
    },
    Usual {
        name: "PAGURE_TOKEN",
        kind: ForgeKind::Pagure,
        hosts: &["pagure.io", "src.fedoraproject.org"],
        named_by: &[],
    },
];

/// The variables that matter, as they were when they were read.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    tokens: BTreeMap<String, SecretString>,
    /// Which host the usual variables are for, by the variable that says so.
    hosts: BTreeMap<String, String>,
}

impl Variables {
    /// Keeps what matters. An empty variable counts as not set.
    pub(super) fn read<K: Into<OsString>, V: Into<OsString>>(
        all: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self> {
        let mut variables = Self::default();
        for (name, value) in all {
            let Ok(name) = name.into().into_string() else {
                continue;
            };
            let is_token = name.starts_with(PREFIX) || USUAL.iter().any(|usual| usual.name == name);
            let names_host = USUAL
                .iter()
                .any(|usual| usual.named_by.contains(&name.as_str()));
            if !is_token && !names_host {
                continue;
            }
            // What is not text cannot be a token, and is refused below.
            let value = value
                .into()
                .into_string()
                .unwrap_or_else(|_| "\0".to_owned());
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            if names_host {
                variables.hosts.insert(name, named_host(value));
            } else if shape::is_usable(value) {
                variables
                    .tokens
                    .insert(name, SecretString::from(value.to_owned()));
            } else {
                return Err(Error::new(
                    ErrorKind::Config,
                    format!(
                        "the variable {name} has white space or characters in it that no token has"
                    ),
                ));
            }
        }
        Ok(variables)
    }

    /// The credential for a host and kind, the most particular variable first.
    pub(super) fn find(&self, host: &str, kind: ForgeKind) -> Result<Option<Credential>> {
        let name = variable(host);
        let with_kind = format!("{name}_{}", suffix(kind));
        if let Some(secret) = self.tokens.get(&with_kind) {
            // The user has said in so many words what it is for.
            return Ok(Some(shape::token(kind, secret.expose_secret())));
        }
        if let Some(secret) = self.tokens.get(&name) {
            return self.fitting(&name, secret, host, kind).map(Some);
        }
        self.hint_at_dash(host, &name);
        for usual in USUAL.iter().filter(|usual| usual.kind == kind) {
            if let Some(secret) = self.tokens.get(usual.name)
                && self.is_for(usual, host)
            {
                return self.fitting(usual.name, secret, host, kind).map(Some);
            }
        }
        Ok(None)
    }

    /// The names of the variables that are set, for `Debug`.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tokens.keys().map(String::as_str)
    }

    fn is_for(&self, usual: &Usual, host: &str) -> bool {
        let named = usual.named_by.iter().find_map(|name| self.hosts.get(*name));
        match named {
            Some(named) => named == host,
            None => usual.hosts.contains(&host),
        }
    }

    /// Refuses to send the token of one forge to the other that answers at its host now.
    fn fitting(
        &self,
        name: &str,
        secret: &SecretString,
        host: &str,
        kind: ForgeKind,
    ) -> Result<Credential> {
        let secret = secret.expose_secret();
        if !shape::is_foreign(secret, kind) {
            return Ok(shape::token(kind, secret));
        }
        Err(Error::new(
            ErrorKind::Config,
            format!(
                "the variable {name} holds a token of {}, but {host} runs {kind}: set {}_{} to a token of its own",
                shape::origin_name(secret),
                variable(host),
                suffix(kind)
            ),
        ))
    }

    /// Tells who left the dash out why their token is not used.
    fn hint_at_dash(&self, host: &str, name: &str) {
        let careless = name.replace("__", "_");
        if host.contains('-') && self.tokens.contains_key(&careless) {
            tracing::warn!(
                target: "ogr::credentials",
                host,
                "{careless} is not used for {host}: a dash in a host is two underscores, as in {name}"
            );
        }
    }
}

/// The name of the variable that holds the token for a host (with its port, where that is not the scheme's own).
///
/// A dash becomes two underscores: `git-example.org` may belong to somebody else than `git.example.org`,
/// and the token of the one must not go to the other.
pub(super) fn variable(host: &str) -> String {
    let mut name = PREFIX.to_owned();
    for c in host.chars() {
        match c {
            '-' => name.push_str("__"),
            c if c.is_ascii_alphanumeric() => name.push(c.to_ascii_uppercase()),
            _ => name.push('_'),
        }
    }
    name
}

fn suffix(kind: ForgeKind) -> &'static str {
    match kind {
        ForgeKind::GitHub => "GITHUB",
        ForgeKind::GitLab => "GITLAB",
        ForgeKind::Forgejo => "FORGEJO",
        ForgeKind::Gitea => "GITEA",
        ForgeKind::Pagure => "PAGURE",
    }
}

/// The host in `https://host:port/path` or `host:port`.
fn named_host(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if url.has_host() => host_of(&url),
        _ => text.trim_end_matches('/').to_ascii_lowercase(),
    }
}
