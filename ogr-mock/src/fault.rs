//! Scripted misfortune: what goes wrong, where, and how often.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::hub::lock;

/// One scripted fault: which requests it hits, and what happens to them.
///
/// ```
/// use ogr_mock::Fault;
/// use std::time::Duration;
///
/// // The second and third listing of pull requests answer 503.
/// let busy = Fault::on("GET", "/**/pulls").skip(1).times(2).answer(503, "busy").header("Retry-After", "1");
/// // One merge takes effect, but its answer is lost.
/// let lost = Fault::on("PUT", "/**/merge").drop_after();
/// # let _ = (busy, lost, Fault::any().times(3).delay(Duration::from_millis(5)));
/// ```
#[derive(Debug, Clone)]
pub struct Fault {
    method: Option<Method>,
    pattern: Option<String>,
    skip: usize,
    times: Option<usize>,
    action: Action,
}

/// What a fault does to the request that it hits.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Answer this, without acting.
    Answer {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    },
    /// Close the connection, without acting.
    DropBefore,
    /// Act, then close the connection without an answer.
    DropAfter,
    /// Wait, then act and answer as usual.
    Delay(Duration),
    /// Act, then send only so many bytes of the body and close the connection.
    Truncate(usize),
    /// Act, then replace the status and the body but keep acting's effect.
    AnswerAfter {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    },
}

impl Fault {
    /// A fault on every request with this method (`*` for any) and path.
    ///
    /// In the path pattern `*` stands for any characters but a slash, `**` for any at all. It is
    /// matched against the raw path (`/api/v4/projects/a%2Fb`), the whole of it, without the query.
    #[must_use]
    pub fn on(method: &str, pattern: &str) -> Self {
        Self {
            method: if method == "*" {
                None
            } else {
                method.to_ascii_uppercase().parse().ok()
            },
            pattern: Some(pattern.to_owned()),
            ..Self::any()
        }
    }

    /// A fault on any request.
    #[must_use]
    pub fn any() -> Self {
        Self {
            method: None,
            pattern: None,
            skip: 0,
            times: Some(1),
            action: Action::DropBefore,
        }
    }

    /// Lets the first `n` matching requests pass unharmed.
    #[must_use]
    pub fn skip(mut self, n: usize) -> Self {
        self.skip = n;
        self
    }

    /// Hits `n` requests; without this call it hits one.
    #[must_use]
    pub fn times(mut self, n: usize) -> Self {
        self.times = Some(n);
        self
    }

    /// Hits every matching request until the faults are cleared.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// Answers this status and body instead of acting.
    ///
    /// A body that starts with `{` or `[` is sent as JSON, any other as plain text.
    #[must_use]
    pub fn answer(mut self, status: u16, body: impl Into<Bytes>) -> Self {
        let (status, headers, body) = answer(status, body.into());
        self.action = Action::Answer {
            status,
            headers,
            body,
        };
        self
    }

    /// Acts on the request, but answers this: what a proxy in front of a busy forge does.
    #[must_use]
    pub fn answer_after_acting(mut self, status: u16, body: impl Into<Bytes>) -> Self {
        let (status, headers, body) = answer(status, body.into());
        self.action = Action::AnswerAfter {
            status,
            headers,
            body,
        };
        self
    }

    /// Answers an HTML page: a proxy's error page or a bot wall.
    #[must_use]
    pub fn html(self, status: u16, page: impl Into<Bytes>) -> Self {
        self.answer(status, page)
            .header("content-type", "text/html; charset=utf-8")
    }

    /// Answers what GitHub says to those who ask too fast: with a `Retry-After`, or without one, so
    /// that only the words tell. The status is 403 or 429.
    #[must_use]
    pub fn secondary_limit(self, status: u16, retry_after: Option<Duration>) -> Self {
        let body = r#"{"documentation_url":"https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits","message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}"#;
        // The ordinary limit is far from used up: it has no part in this.
        let fault = self
            .answer(status, body)
            .header("x-ratelimit-limit", "5000")
            .header("x-ratelimit-remaining", "4900");
        match retry_after {
            Some(wait) => fault.header("retry-after", &wait.as_secs().to_string()),
            None => fault,
        }
    }

    /// Answers a redirect.
    #[must_use]
    pub fn redirect(self, status: u16, location: &str) -> Self {
        self.answer(status, Bytes::new())
            .header("location", location)
    }

    /// Adds a header to a scripted answer; of no effect on the other kinds, or if it is no legal header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Action::Answer { headers, .. } | Action::AnswerAfter { headers, .. } =
            &mut self.action
            && let (Ok(name), Ok(value)) =
                (name.parse::<HeaderName>(), HeaderValue::from_str(value))
        {
            headers.insert(name, value);
        }
        self
    }

    /// Closes the connection before the request has any effect.
    #[must_use]
    pub fn drop_before(mut self) -> Self {
        self.action = Action::DropBefore;
        self
    }

    /// Closes the connection after the request took effect: the answer is lost.
    #[must_use]
    pub fn drop_after(mut self) -> Self {
        self.action = Action::DropAfter;
        self
    }

    /// Answers late.
    #[must_use]
    pub fn delay(mut self, by: Duration) -> Self {
        self.action = Action::Delay(by);
        self
    }

    /// Announces the whole body, sends its first `bytes` bytes, and closes the connection.
    #[must_use]
    pub fn truncate(mut self, bytes: usize) -> Self {
        self.action = Action::Truncate(bytes);
        self
    }

    fn hits(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|want| want == method)
            && self
                .pattern
                .as_ref()
                .is_none_or(|pattern| glob(pattern.as_bytes(), path.as_bytes()))
    }
}

fn answer(status: u16, body: Bytes) -> (StatusCode, HeaderMap, Bytes) {
    let kind = if matches!(body.first(), Some(b'{' | b'[')) {
        "application/json; charset=utf-8"
    } else {
        "text/plain; charset=utf-8"
    };
    let mut headers = HeaderMap::new();
    if !body.is_empty() {
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    // A number that is no status would be the test's mistake: 500 keeps it visible.
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, headers, body)
}

/// The faults in force, in the order in which they were scripted.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        lock(&self.0).push(fault);
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// The fault that hits this request, if any; the first scripted one wins, and only it is used up.
    pub(crate) fn strike(&self, method: &Method, path: &str) -> Option<Action> {
        let mut faults = lock(&self.0);
        let at = faults.iter_mut().position(|fault| {
            if !fault.hits(method, path) {
                return false;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                return false;
            }
            true
        })?;
        let action = faults[at].action.clone();
        if let Some(times) = &mut faults[at].times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                faults.remove(at);
            }
        }
        Some(action)
    }
}

/// `*` is any run without a slash, `**` any run.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=text.len()).any(|n| glob(rest, &text[n..])),
        [b'*', rest @ ..] => {
            let run = text
                .iter()
                .position(|byte| *byte == b'/')
                .unwrap_or(text.len());
            (0..=run).any(|n| glob(rest, &text[n..]))
        }
        [first, rest @ ..] => text.first() == Some(first) && glob(rest, &text[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_keep_to_their_segments() {
        for (pattern, path, hit) in [
            ("/repos/*/pulls", "/repos/foo/pulls", true),
            ("/repos/*/pulls", "/repos/a/b/pulls", false),
            ("/**/pulls", "/api/v3/repos/a/b/pulls", true),
            ("/**/pulls", "/api/v3/repos/a/b/pulls/1", false),
            ("/**/pulls/*", "/api/v3/repos/a/b/pulls/1", true),
            ("/a", "/a", true),
            ("/a", "/ab", false),
        ] {
            assert_eq!(
                glob(pattern.as_bytes(), path.as_bytes()),
                hit,
                "{pattern} on {path}"
            );
        }
    }

    #[test]
    fn a_fault_skips_then_strikes_then_is_spent() {
        let faults = Faults::default();
        faults.add(Fault::on("GET", "/a").skip(1).times(2).answer(503, ""));
        let struck: Vec<bool> = (0..4)
            .map(|_| faults.strike(&Method::GET, "/a").is_some())
            .collect();
        assert_eq!(struck, [false, true, true, false]);
        assert!(faults.strike(&Method::POST, "/a").is_none());
    }
}
