//! A call as a plain value, and the answer to it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::{Error, ErrorKind, Operation, Result};

/// What a request does to the forge. The method alone does not tell: Pagure's whoami is a POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// It changes nothing.
    Read,
    /// Sent twice, it leaves what it leaves when sent once.
    Idempotent,
    /// Sent twice, it leaves two things.
    Create,
}

impl Effect {
    /// The effect that a method has by its definition.
    pub fn of(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD | Method::OPTIONS => Effect::Read,
            Method::PUT | Method::DELETE | Method::PATCH => Effect::Idempotent,
            _ => Effect::Create,
        }
    }

    /// Whether it changes anything.
    pub fn is_write(self) -> bool {
        self != Effect::Read
    }
}

/// The body of a request. It is held in memory, so that it can be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Payload {
    /// None.
    #[default]
    Empty,
    /// Bytes of a content type.
    Bytes {
        /// The content type.
        content_type: HeaderValue,
        /// The content.
        bytes: Bytes,
    },
}

impl Payload {
    /// A value as JSON.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] when the value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        let bytes = serde_json::to_vec(value).map_err(|error| {
            Error::new(ErrorKind::Invalid, "the request cannot be written as JSON")
                .with_source(error)
        })?;
        Ok(Self::Bytes {
            content_type: HeaderValue::from_static("application/json"),
            bytes: bytes.into(),
        })
    }

    /// Pairs as an urlencoded form.
    pub fn form<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let encoded = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        Self::Bytes {
            content_type: HeaderValue::from_static("application/x-www-form-urlencoded"),
            bytes: encoded.into(),
        }
    }
}

/// One request as a plain value: what it is for, and what goes over the wire.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call {
    /// What it is for.
    pub operation: Operation,
    /// What it is about, for messages: `rpms/foo#7`.
    pub resource: String,
    /// What it does to the forge.
    pub effect: Effect,
    /// The method.
    pub method: Method,
    /// The address.
    pub url: Url,
    /// Headers beside those that the dialect and the transport add.
    pub headers: HeaderMap,
    /// The body.
    pub payload: Payload,
    /// The largest answer to take, in bytes; the configuration's when `None`.
    pub body_limit: Option<u64>,
    /// Whether JSON is due. A web page in its place is then a
    /// [`BotWall`](ErrorKind::BotWall) or an error page, not a decode error.
    pub wants_json: bool,
    /// Whether the answer may be kept for revalidation.
    pub remember: bool,
}

impl Call {
    /// A call with the effect of its method. `Accept: application/json` is set.
    pub fn new(operation: Operation, method: Method, url: Url) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        Self {
            operation,
            resource: String::new(),
            effect: Effect::of(&method),
            method,
            url,
            headers,
            payload: Payload::Empty,
            body_limit: None,
            wants_json: true,
            remember: true,
        }
    }

    /// Names what the call is about.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = resource.into();
        self
    }

    /// Says what the call does, where the method does not tell.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// Adds a pair to the query.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.url.query_pairs_mut().append_pair(name, value.as_ref());
        self
    }

    /// Replaces a pair of the query, or adds it.
    #[must_use]
    pub fn set_query(mut self, name: &str, value: &str) -> Self {
        let others: Vec<(String, String)> = self
            .url
            .query_pairs()
            .filter(|(key, _)| key != name)
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        self.url
            .query_pairs_mut()
            .clear()
            .extend_pairs(others)
            .append_pair(name, value);
        self
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets what to accept.
    #[must_use]
    pub fn accept(self, media_type: &'static str) -> Self {
        self.header(header::ACCEPT, HeaderValue::from_static(media_type))
    }

    /// Takes whatever comes as bytes: a file, a diff.
    #[must_use]
    pub fn bytes(mut self) -> Self {
        self.wants_json = false;
        self.headers.remove(header::ACCEPT);
        self
    }

    /// Sets the largest answer to take, in bytes.
    #[must_use]
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// Sends a value as JSON.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] when the value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Result<Self> {
        self.payload =
            Payload::json(value).map_err(|error| error.with_operation(self.operation))?;
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

    /// An error of this call.
    pub fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        let error = Error::new(kind, message).with_operation(self.operation);
        if self.resource.is_empty() {
            error
        } else {
            error.with_resource(self.resource.clone())
        }
    }
}

/// The answer to a call that succeeded.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Reply {
    /// The status: 2xx.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Where the answer came from, after redirects.
    pub url: Url,
    /// How often the request was sent before this answer came.
    pub attempts: u32,
    /// What was asked, for messages.
    pub(crate) operation: Operation,
    pub(crate) resource: String,
}

impl Reply {
    /// Reads the body as JSON. An empty body reads as `null`, hence as `()` or `None`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] naming the place in the document where it differs from what was due.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let bytes: &[u8] = if self.body.is_empty() {
            b"null"
        } else {
            &self.body
        };
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let value = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| self.unreadable(error.to_string()))?;
        json.end()
            .map_err(|error| self.unreadable(error.to_string()))?;
        Ok(value)
    }

    /// Reads the body as a JSON array; `null` and an empty body are an empty one (Forgejo sends that).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`], as for [`json`](Self::json).
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>> {
        Ok(self.json::<Option<Vec<T>>>()?.unwrap_or_default())
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// An error that says that the answer cannot be read.
    pub fn unreadable(&self, why: impl Into<String>) -> Error {
        let error = Error::new(ErrorKind::Decode, why)
            .with_operation(self.operation)
            .with_status(self.status.as_u16());
        if self.resource.is_empty() {
            error
        } else {
            error.with_resource(self.resource.clone())
        }
    }
}
