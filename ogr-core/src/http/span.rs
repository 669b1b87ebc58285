//! One tracing span a call, and addresses that may be shown.

use tracing::Span;
use url::Url;

use super::Call;
use crate::Instance;

/// Query parameters whose values are secrets.
const SECRET_PARAMETERS: &[&str] = &[
    "access_token",
    "client_secret",
    "job_token",
    "private_token",
    "sig",
    "token",
];

/// The span of a call. Status, attempts and bytes are recorded when they are known.
pub(super) fn of(call: &Call, instance: &Instance) -> Span {
    tracing::debug_span!(
        "forge call",
        forge = %instance.kind,
        operation = call.operation.as_str(),
        resource = call.resource.as_str(),
        method = call.method.as_str(),
        url = tracing::field::Empty,
        status = tracing::field::Empty,
        attempts = tracing::field::Empty,
        bytes = tracing::field::Empty,
    )
}

/// An address without user info, and without the values of parameters that may be secret.
pub(super) fn redacted(url: &Url) -> String {
    let mut shown = url.clone();
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    let secret = |name: &str| {
        SECRET_PARAMETERS
            .iter()
            .any(|parameter| name.eq_ignore_ascii_case(parameter))
    };
    if url.query_pairs().any(|(name, _)| secret(&name)) {
        let pairs: Vec<(String, String)> = url
            .query_pairs()
            .map(|(name, value)| {
                let value = if secret(&name) {
                    "***".to_owned()
                } else {
                    value.into_owned()
                };
                (name.into_owned(), value)
            })
            .collect();
        shown.query_pairs_mut().clear().extend_pairs(pairs);
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_secret() {
        let url = "https://user:pass@example.org/x?page=2&access_token=abc"
            .parse()
            .unwrap();
        assert_eq!(
            redacted(&url),
            "https://example.org/x?page=2&access_token=***"
        );
    }
}
