//! One credential.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::OnceLock,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// A credential of one instance of a forge.
///
/// `Debug` shows its kind and never its secret.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credential {
    /// A personal, project or application token, sent in the way that the forge prefers.
    Token(SecretString),
    /// An OAuth token.
    Bearer(SecretString),
    /// The token of a GitLab CI job.
    JobToken(SecretString),
    /// A user name with a password, or with a token in its place.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: SecretString,
    },
}

impl Credential {
    /// A personal, project or application token.
    pub fn token(token: impl Into<String>) -> Self {
        Self::Token(SecretString::from(token.into()))
    }

    /// An OAuth token.
    pub fn bearer(token: impl Into<String>) -> Self {
        Self::Bearer(SecretString::from(token.into()))
    }

    /// A user name with a password, or with a token in its place.
    pub fn basic(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Basic {
            username: username.into(),
            password: SecretString::from(password.into()),
        }
    }

    /// A number that tells credentials apart within this process, for caches and limits.
    pub fn identity(&self) -> u64 {
        static HASHER: OnceLock<RandomState> = OnceLock::new();
        let hasher = HASHER.get_or_init(RandomState::new);
        // 0 stands for "no credential".
        hasher
            .hash_one((self.kind(), self.username(), self.secret()))
            .max(1)
    }

    /// A text without this credential's secret, in any of the forms in which it goes over the wire.
    pub fn redact(&self, text: &str) -> String {
        let secret = self.secret();
        if secret.is_empty() {
            return text.to_owned();
        }
        let mut text = text.to_owned();
        // The longer forms first: they may hold the shorter.
        if let Self::Basic { username, .. } = self {
            text = text.replace(&STANDARD.encode(format!("{username}:{secret}")), "***");
        }
        text.replace(secret, "***").replace(
            &utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
            "***",
        )
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Token(_) => "Token",
            Self::Bearer(_) => "Bearer",
            Self::JobToken(_) => "JobToken",
            Self::Basic { .. } => "Basic",
        }
    }

    fn username(&self) -> &str {
        match self {
            Self::Basic { username, .. } => username,
            _ => "",
        }
    }

    pub(super) fn secret(&self) -> &str {
        match self {
            Self::Token(secret) | Self::Bearer(secret) | Self::JobToken(secret) => secret,
            Self::Basic { password, .. } => password,
        }
        .expose_secret()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { username, .. } => write!(f, "Basic({username:?}, ***)"),
            _ => write!(f, "{}(***)", self.kind()),
        }
    }
}
