//! The escape hatch: any request of a forge's own API.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;

use super::{Call, Effect, Payload};
use crate::{Operation, Result};

/// Any request of a forge's own API, sent through the same transport.
///
/// ```
/// use ogr_core::http::RawRequest;
///
/// # async fn example(forge: &dyn ogr_core::Forge) -> ogr_core::Result<()> {
/// let reply = forge.raw(RawRequest::get("repos/packit/ogr/topics")).await?;
/// let topics: serde_json::Value = reply.json()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RawRequest {
    /// The method.
    pub method: Method,
    /// The address: relative to the base of the API, with its query; or absolute, on this forge.
    pub path: String,
    /// What it does to the forge. It decides over retries, and over what a
    /// [`ReadOnly`](crate::ReadOnly) handle lets through.
    pub effect: Effect,
    /// Headers.
    pub headers: HeaderMap,
    /// The body.
    pub payload: Payload,
}

impl RawRequest {
    /// A request with the effect of its method.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            effect: Effect::of(&method),
            method,
            path: path.into(),
            headers: HeaderMap::new(),
            payload: Payload::Empty,
        }
    }

    /// A read.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A POST, taken for a create unless [`effect`](Self::effect) says otherwise.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// Says what it does to the forge.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sends a value as JSON.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when the value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Result<Self> {
        self.payload =
            Payload::json(value).map_err(|error| error.with_operation(Operation::ForgeRaw))?;
        Ok(self)
    }

    /// Sends pairs as an urlencoded form.
    #[must_use]
    pub fn form<K: AsRef<str>, V: AsRef<str>>(
        mut self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.payload = Payload::form(pairs);
        self
    }

    /// The request as a call to an address that has been checked.
    pub(super) fn into_call(self, url: url::Url) -> Call {
        let mut call = Call::new(Operation::ForgeRaw, self.method, url)
            .resource(self.path)
            .effect(self.effect);
        call.wants_json = false;
        call.headers.extend(
            self.headers
                .into_iter()
                .filter_map(|(name, value)| Some((name?, value))),
        );
        call.payload = self.payload;
        call
    }
}
