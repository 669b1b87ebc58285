//! A request, taken apart.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::form_urlencoded;

/// A request with its path split and its query read.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// As it came, percent-encoding kept.
    pub(crate) raw_path: String,
    /// As it came, without the question mark.
    pub(crate) raw_query: String,
    /// The path, split at each `/` that came as one, and then decoded.
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn read(request: http::Request<Bytes>) -> Self {
        let (head, body) = request.into_parts();
        let raw_path = head.uri.path().to_owned();
        let raw_query = head.uri.query().unwrap_or_default().to_owned();
        Self {
            method: head.method,
            segments: raw_path
                .strip_prefix('/')
                .unwrap_or(&raw_path)
                .split('/')
                .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
                .collect(),
            query: form_urlencoded::parse(raw_query.as_bytes())
                .into_owned()
                .collect(),
            raw_path,
            raw_query,
            headers: head.headers,
            body,
        }
    }

    /// The method and the path's segments, to be matched upon.
    pub(crate) fn route(&self) -> (&str, Vec<&str>) {
        let segments = self.segments.iter().map(String::as_str).collect();
        (self.method.as_str(), segments)
    }

    /// The whole path, decoded.
    pub(crate) fn decoded_path(&self) -> String {
        percent_decode_str(&self.raw_path)
            .decode_utf8_lossy()
            .into_owned()
    }

    /// The first query parameter of this name.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All query parameters of this name.
    pub(crate) fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A header, if it is there and text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Scheme and rest of the `Authorization` header.
    pub(crate) fn authorization(&self) -> Option<(&str, &str)> {
        let (scheme, rest) = self.header("authorization")?.split_once(' ')?;
        Some((scheme, rest.trim()))
    }

    /// Name and password of Basic authentication.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let (scheme, encoded) = self.authorization()?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (name, password) = decoded.split_once(':')?;
        Some((name.to_owned(), password.to_owned()))
    }

    /// The type of the body, without parameters, in lower case.
    pub(crate) fn content_type(&self) -> String {
        let full = self.header("content-type").unwrap_or_default();
        let kind = full.split(';').next().unwrap_or_default();
        kind.trim().to_ascii_lowercase()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// The body as an urlencoded form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_split_before_they_are_decoded() {
        let request = http::Request::builder()
            .uri("/api/v4/projects/a%2Fb/x%20y?q=a+b&q=%2F")
            .body(Bytes::new())
            .expect("a legal request");
        let request = Request::read(request);
        assert_eq!(request.route().1, ["api", "v4", "projects", "a/b", "x y"]);
        assert_eq!(request.params("q").collect::<Vec<_>>(), ["a b", "/"]);
    }
}
