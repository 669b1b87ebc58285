//! Making answers.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, StatusCode};
use serde_json::Value;

/// An answer, its body in one piece.
pub(crate) type Response = http::Response<Bytes>;

/// Who was recognised, for the recording: left in the answer's extensions by the dialect.
#[derive(Debug, Clone)]
pub(crate) struct Asker(pub(crate) String);

/// Whatever a dialect adds to an answer that is there already.
pub(crate) trait Answered: Sized {
    /// Adds a header, or replaces it. One that HTTP does not allow is left out.
    fn with(self, name: &str, value: impl AsRef<str>) -> Self;

    /// Notes who asked, for the recording.
    fn asked_by(self, login: &str) -> Self;
}

impl Answered for Response {
    fn with(mut self, name: &str, value: impl AsRef<str>) -> Self {
        if let (Ok(name), Ok(value)) = (
            name.parse::<HeaderName>(),
            HeaderValue::from_str(value.as_ref()),
        ) {
            self.headers_mut().insert(name, value);
        }
        self
    }

    fn asked_by(mut self, login: &str) -> Self {
        self.extensions_mut().insert(Asker(login.to_owned()));
        self
    }
}

/// JSON, compact.
pub(crate) fn answer(status: u16, body: &Value) -> Response {
    bytes(status, "application/json; charset=utf-8", body.to_string())
}

/// Plain text.
pub(crate) fn text(status: u16, body: impl Into<Bytes>) -> Response {
    bytes(status, "text/plain; charset=utf-8", body)
}

/// A page for people.
pub(crate) fn html(status: u16, body: impl Into<Bytes>) -> Response {
    bytes(status, "text/html; charset=utf-8", body)
}

/// Nothing but a status.
pub(crate) fn empty(status: u16) -> Response {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = code(status);
    response
}

/// Anything.
pub(crate) fn bytes(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = code(status);
    let kind = HeaderValue::from_str(content_type)
        .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
