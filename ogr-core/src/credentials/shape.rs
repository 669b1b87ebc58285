//! What a token's looks tell about where it comes from.

use super::Credential;
use crate::ForgeKind;

/// How the tokens of a forge begin, where they say so.
const PREFIXES: &[(&str, ForgeKind)] = &[
    ("ghp_", ForgeKind::GitHub),
    ("gho_", ForgeKind::GitHub),
    ("ghu_", ForgeKind::GitHub),
    ("ghs_", ForgeKind::GitHub),
    ("ghr_", ForgeKind::GitHub),
    ("github_pat_", ForgeKind::GitHub),
    ("glpat-", ForgeKind::GitLab),
    ("glptt-", ForgeKind::GitLab),
    ("gldt-", ForgeKind::GitLab),
    ("glcbt-", ForgeKind::GitLab),
    ("glrt-", ForgeKind::GitLab),
    ("glsoat-", ForgeKind::GitLab),
    ("gloas-", ForgeKind::GitLab),
];

/// The kinds of forge that a secret can only come from; `None` when its looks do not tell.
pub(super) fn origin(secret: &str) -> Option<&'static [ForgeKind]> {
    if let Some((_, kind)) = PREFIXES
        .iter()
        .find(|(prefix, _)| secret.starts_with(prefix))
    {
        return ForgeKind::ALL
            .iter()
            .position(|known| known == kind)
            .map(|at| &ForgeKind::ALL[at..=at]);
    }
    let all = |allowed: fn(&u8) -> bool| secret.as_bytes().iter().all(allowed);
    if secret.len() == 64 && all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        return Some(&[ForgeKind::Pagure]);
    }
    // GitHub's old tokens look so too.
    if secret.len() == 40 && all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Some(&[ForgeKind::Forgejo, ForgeKind::Gitea, ForgeKind::GitHub]);
    }
    None
}

/// Whether a secret plainly belongs to another kind of forge than this.
pub(super) fn is_foreign(secret: &str, kind: ForgeKind) -> bool {
    origin(secret).is_some_and(|kinds| !kinds.contains(&kind))
}

/// The forge that a secret comes from, in words.
pub(super) fn origin_name(secret: &str) -> &'static str {
    match origin(secret) {
        Some([one]) => one.as_str(),
        Some(_) => "Forgejo, Gitea or GitHub",
        None => "another forge",
    }
}

/// A bare token as this kind of forge takes it.
pub(super) fn token(kind: ForgeKind, secret: &str) -> Credential {
    match kind {
        ForgeKind::GitLab if secret.starts_with("glcbt-") => {
            Credential::JobToken(secret.to_owned().into())
        }
        // OAuth tokens of Forgejo and Gitea are JSON web tokens.
        ForgeKind::Forgejo | ForgeKind::Gitea if secret.starts_with("eyJ") => {
            Credential::bearer(secret)
        }
        _ => Credential::token(secret),
    }
}

/// What a user name and a password for a host come to on this kind of forge; `None` when its API takes no such thing.
pub(super) fn login(kind: ForgeKind, username: &str, password: &str) -> Option<Credential> {
    if password.is_empty() || is_foreign(password, kind) {
        return None;
    }
    Some(match (kind, username) {
        // GitHub takes tokens only, so that is what the password is.
        (ForgeKind::GitHub, _) => Credential::token(password),
        (ForgeKind::GitLab, "gitlab-ci-token") => Credential::JobToken(password.to_owned().into()),
        (ForgeKind::GitLab, "oauth2") => Credential::bearer(password),
        (ForgeKind::GitLab, _) => token(kind, password),
        (ForgeKind::Forgejo | ForgeKind::Gitea, _)
            if username.is_empty() || origin(password).is_some() || password.starts_with("eyJ") =>
        {
            token(kind, password)
        }
        (ForgeKind::Forgejo | ForgeKind::Gitea, _) => Credential::basic(username, password),
        // The password of a Pagure account is one of a whole organisation, and its API does not take it.
        (ForgeKind::Pagure, _) => {
            origin(password)?;
            Credential::token(password)
        }
    })
}

/// Whether a token can stand in a header as it is.
pub(super) fn is_usable(secret: &str) -> bool {
    !secret.is_empty() && secret.bytes().all(|b| b.is_ascii_graphic())
}
