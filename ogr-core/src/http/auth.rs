//! Credentials are attached here and nowhere else, per trusted origin.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::{Dialect, HttpConfig};
use crate::{Credential, Error, ErrorKind, Instance, Result};

/// The header that carries a credential. Its value is marked sensitive when it is built.
#[derive(Debug, Clone)]
pub struct Authorization {
    name: HeaderName,
    value: SecretString,
}

impl Authorization {
    /// A header with a secret value.
    pub fn new(name: HeaderName, value: impl Into<String>) -> Self {
        Self {
            name,
            value: SecretString::from(value.into()),
        }
    }

    /// `Authorization: Bearer …`.
    pub fn bearer(token: &str) -> Self {
        Self::new(header::AUTHORIZATION, format!("Bearer {token}"))
    }

    /// `Authorization: token …`, in the lower case that Pagure demands.
    pub fn token(token: &str) -> Self {
        Self::new(header::AUTHORIZATION, format!("token {token}"))
    }

    /// `Authorization: Basic …`.
    pub fn basic(username: &str, password: &str) -> Self {
        use base64::Engine;
        let pair =
            base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
        Self::new(header::AUTHORIZATION, format!("Basic {pair}"))
    }
}

/// Adds the credential to a request, if the instance trusts where the request goes.
pub(super) fn attach(
    headers: &mut HeaderMap,
    url: &Url,
    instance: &Instance,
    dialect: &dyn Dialect,
    credential: Option<&Credential>,
    config: &HttpConfig,
) -> Result<()> {
    let Some(credential) = credential else {
        return Ok(());
    };
    if !instance.trusts(url) {
        return Ok(());
    }
    if url.scheme() != "https" && !may_be_plain(url, config) {
        return Err(Error::new(
            ErrorKind::Refused,
            format!(
                "the credential would go to {} unencrypted; use https, or allow the host by name in HttpConfig::plain_http_hosts",
                url.host_str().unwrap_or_default()
            ),
        ));
    }
    let authorization = dialect.authorization(credential)?;
    let mut value = HeaderValue::from_str(authorization.value.expose_secret()).map_err(|_| {
        // The source would show the value: it is left out.
        Error::new(
            ErrorKind::Config,
            "the credential has characters in it that no header can carry",
        )
    })?;
    value.set_sensitive(true);
    headers.insert(authorization.name, value);
    Ok(())
}

/// Whether a credential may go to this address unencrypted: to this machine, or where the user said so.
fn may_be_plain(url: &Url, config: &HttpConfig) -> bool {
    let loopback = match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    };
    loopback
        || config
            .plain_http_hosts
            .iter()
            .any(|host| url.host_str() == Some(host))
}
