//! Where git fetches from and pushes to.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::GitCredential;

/// A repository elsewhere: its address, and what it takes to get in.
#[derive(Clone)]
pub struct Remote {
    url: Url,
    credential: Option<GitCredential>,
}

impl Remote {
    /// A repository at this address: `https`, `http`, `ssh`, `git` or `file`.
    ///
    /// A user and password in a web address are taken out of it, and used as its credential.
    pub fn new(mut url: Url) -> Self {
        let mut credential = None;
        if is_http(&url) {
            let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
            if let Some(password) = url.password() {
                credential = Some(GitCredential::new(
                    decode(url.username()),
                    SecretString::from(decode(password)),
                ));
            }
            // Neither fails for an address that has a host, and these have.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        Self { url, credential }
    }

    /// Uses this credential; `None` leaves what the address brought along.
    #[must_use]
    pub fn credential(mut self, credential: impl Into<Option<GitCredential>>) -> Self {
        if let Some(credential) = credential.into() {
            self.credential = Some(credential);
        }
        self
    }

    /// The address, without any secret.
    pub fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn http_credential(&self) -> Option<&GitCredential> {
        self.credential.as_ref().filter(|_| is_http(&self.url))
    }

    pub(super) fn is_http(&self) -> bool {
        is_http(&self.url)
    }

    /// The pair of user and password as it stands in a header.
    pub(super) fn basic(credential: &GitCredential) -> String {
        STANDARD.encode(format!(
            "{}:{}",
            credential.username,
            credential.password.expose_secret()
        ))
    }

    /// The text without the secret, in any of the ways that it may have been written.
    pub(super) fn redact(&self, text: &str) -> String {
        let Some(credential) = &self.credential else {
            return text.to_owned();
        };
        let password = credential.password.expose_secret();
        if password.is_empty() {
            return text.to_owned();
        }
        let encoded = utf8_percent_encode(password, NON_ALPHANUMERIC).to_string();
        text.replace(&Self::basic(credential), "***")
            .replace(password, "***")
            .replace(&encoded, "***")
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("url", &self.url.as_str())
            .field("credential", &self.credential)
            .finish()
    }
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}
