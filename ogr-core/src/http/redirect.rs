//! Where a redirect may lead: credentials and writes stay on their origin.

use http::{HeaderMap, Method, StatusCode, header};
use url::Url;

use super::{Call, Effect};
use crate::{ErrorKind, Instance, Result};

/// How many redirects are followed.
pub(super) const HOPS: usize = 5;

/// The request to send next, if the answer is a redirect.
///
/// The method is kept for 301 and 302 too: Forgejo answers a renamed repository with 301 to a POST, and turning that
/// into a GET would silently do nothing.
pub(super) fn follow(
    call: &Call,
    from: &Url,
    status: StatusCode,
    headers: &HeaderMap,
    instance: &Instance,
) -> Result<Option<(Method, Url)>> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = headers
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok())
    else {
        return Ok(None);
    };
    let refuse = |why: String| {
        Err(call
            .error(ErrorKind::Refused, why)
            .with_status(status.as_u16()))
    };
    let Ok(target) = from.join(location) else {
        return refuse("the forge redirects to something that is no address".to_owned());
    };
    if !matches!(target.scheme(), "http" | "https") {
        return refuse(format!(
            "the forge redirects to an address of scheme {}",
            target.scheme()
        ));
    }
    if from.scheme() == "https" && target.scheme() == "http" {
        return refuse(format!(
            "the forge redirects from https to plain http at {}",
            target.host_str().unwrap_or_default()
        ));
    }
    let same = target.origin() == from.origin() || instance.trusts(&target);
    if !same && call.effect.is_write() {
        return refuse(format!(
            "the forge redirects a write to another host, {}; if it has moved, use its new address",
            target.host_str().unwrap_or_default()
        ));
    }
    let method = if status == StatusCode::SEE_OTHER && call.effect == Effect::Read {
        Method::GET
    } else {
        call.method.clone()
    };
    Ok(Some((method, target)))
}
