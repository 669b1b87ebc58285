//! One attempt: the only trait that a custom HTTP client must implement.

use std::{fmt, pin::Pin};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::{Request, Response};

use super::HttpConfig;
use crate::{Error, ErrorKind, Result};

/// A body, in either direction: bytes in memory, or a stream of them.
pub struct Body(Source);

enum Source {
    Bytes(Bytes),
    Stream(Pin<Box<dyn Stream<Item = Result<Bytes, WireError>> + Send>>),
}

impl Body {
    /// No bytes.
    pub fn empty() -> Self {
        Self(Source::Bytes(Bytes::new()))
    }

    /// These bytes.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Source::Bytes(bytes.into()))
    }

    /// The bytes of a stream, which can be sent once only.
    pub fn from_stream(
        stream: impl Stream<Item = Result<Bytes, WireError>> + Send + 'static,
    ) -> Self {
        Self(Source::Stream(Box::pin(stream)))
    }

    /// The bytes, if they are in memory.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Source::Bytes(bytes) => Some(bytes),
            Source::Stream(_) => None,
        }
    }

    /// The body as a stream.
    pub fn into_stream(self) -> Pin<Box<dyn Stream<Item = Result<Bytes, WireError>> + Send>> {
        match self.0 {
            Source::Bytes(bytes) => Box::pin(stream::iter([Ok(bytes)])),
            Source::Stream(stream) => stream,
        }
    }

    /// All bytes in memory; `None` when there are more than `limit`.
    ///
    /// # Errors
    ///
    /// What broke the stream.
    pub async fn collect(self, limit: u64) -> Result<Option<Bytes>, WireError> {
        let fits = |length: usize| u64::try_from(length).is_ok_and(|length| length <= limit);
        match self.0 {
            Source::Bytes(bytes) => Ok(fits(bytes.len()).then_some(bytes)),
            Source::Stream(mut stream) => {
                let mut all = BytesMut::new();
                while let Some(chunk) = stream.next().await {
                    let chunk = chunk?;
                    if !fits(all.len() + chunk.len()) {
                        return Ok(None);
                    }
                    all.extend_from_slice(&chunk);
                }
                Ok(Some(all.freeze()))
            }
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Bytes(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Source::Stream(_) => f.write_str("Body(stream)"),
        }
    }
}

/// How an attempt broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WireErrorKind {
    /// No connection: nothing can have reached the forge.
    Connect,
    /// The connection broke after that: the forge may have acted.
    Broken,
    /// The answer took too long: the forge may have acted.
    Timeout,
    /// The request cannot be sent at all.
    Unsendable,
}

/// What an attempt that brought no answer says. It holds no address, for an address may hold a secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct WireError {
    /// How it broke.
    pub kind: WireErrorKind,
    /// What the client said.
    pub message: String,
    /// The error underneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl WireError {
    /// An attempt that broke in this way.
    pub fn new(kind: WireErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }
}

/// Sends one request and gives the answer, whatever its status: no redirects, no retries, no decoding beside gzip.
///
/// `reqwest` is the default ([`ReqwestWire`]); the mock forges implement it in process.
#[async_trait]
pub trait Wire: Send + Sync + fmt::Debug + 'static {
    /// One attempt.
    ///
    /// # Errors
    ///
    /// [`WireError`] when no answer came.
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, WireError>;
}

/// The default wire: `reqwest` with rustls.
#[derive(Debug, Clone)]
pub struct ReqwestWire {
    client: reqwest::Client,
}

impl ReqwestWire {
    /// A client by this configuration: time-outs, authorities, proxy.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for a certificate or proxy that cannot be used.
    pub fn new(config: &HttpConfig) -> Result<Self> {
        let broken = |what: &str, error: reqwest::Error| {
            Error::new(ErrorKind::Config, format!("{what} cannot be used"))
                .with_source(error.without_url())
        };
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(config.connect_timeout);
        for pem in &config.ca_certificates {
            let certificate = reqwest::Certificate::from_pem(pem)
                .map_err(|error| broken("a certificate of an authority", error))?;
            builder = builder.add_root_certificate(certificate);
        }
        if let Some(proxy) = &config.proxy {
            let proxy =
                reqwest::Proxy::all(proxy.as_str()).map_err(|error| broken("the proxy", error))?;
            builder = builder.proxy(proxy);
        }
        let client = builder
            .build()
            .map_err(|error| broken("the HTTP client", error))?;
        Ok(Self { client })
    }
}

#[async_trait]
impl Wire for ReqwestWire {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, WireError> {
        let request = request.map(|body| match body.0 {
            Source::Bytes(bytes) => reqwest::Body::from(bytes),
            Source::Stream(stream) => reqwest::Body::wrap_stream(stream),
        });
        let request = reqwest::Request::try_from(request).map_err(wire_error)?;
        let answer = self.client.execute(request).await.map_err(wire_error)?;
        let answer: Response<reqwest::Body> = answer.into();
        Ok(answer.map(|body| {
            use http_body_util::BodyExt;
            Body::from_stream(body.into_data_stream().map_err(wire_error))
        }))
    }
}

fn wire_error(error: reqwest::Error) -> WireError {
    let error = error.without_url();
    let kind = if error.is_builder() {
        WireErrorKind::Unsendable
    } else if error.is_connect() {
        WireErrorKind::Connect
    } else if error.is_timeout() {
        WireErrorKind::Timeout
    } else {
        WireErrorKind::Broken
    };
    // reqwest's own line says little; the cause underneath says what broke.
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        message = inner.to_string();
        cause = inner.source();
    }
    WireError {
        kind,
        message,
        source: Some(Box::new(error)),
    }
}
