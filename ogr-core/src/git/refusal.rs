//! What git's complaints mean.
//!
//! git runs with `LC_ALL=C`, so its words are English; the forge's own words come in its `remote:` lines.

use crate::{Error, ErrorKind, Outcome};

/// Words of git, curl, ssh and forges, in small letters, and what they mean. The first that fits counts.
const SIGNS: &[(&str, ErrorKind)] = &[
    ("couldn't find remote ref", ErrorKind::NotFound),
    ("not our ref", ErrorKind::NotFound),
    ("ssl certificate problem", ErrorKind::Config),
    ("server certificate verification failed", ErrorKind::Config),
    ("host key verification failed", ErrorKind::Config),
    ("mismatched algorithms", ErrorKind::Unsupported),
    ("stale info", ErrorKind::Conflict),
    ("cannot lock ref", ErrorKind::Conflict),
    ("failed to update ref", ErrorKind::Conflict),
    ("fetch first", ErrorKind::Conflict),
    ("non-fast-forward", ErrorKind::Conflict),
    ("is archived", ErrorKind::Archived),
    ("was archived", ErrorKind::Archived),
    ("file size limit", ErrorKind::TooLarge),
    ("requested url returned error: 413", ErrorKind::TooLarge),
    // A git before 2.46 follows no redirect that comes after the password.
    ("requested url returned error: 30", ErrorKind::NotFound),
    (
        "requested url returned error: 401",
        ErrorKind::Unauthenticated,
    ),
    (
        "requested url returned error: 403",
        ErrorKind::PermissionDenied,
    ),
    ("requested url returned error: 404", ErrorKind::NotFound),
    ("requested url returned error: 429", ErrorKind::RateLimited),
    ("requested url returned error: 5", ErrorKind::Unavailable),
    ("authentication failed", ErrorKind::Unauthenticated),
    ("could not read username", ErrorKind::Unauthenticated),
    ("could not read password", ErrorKind::Unauthenticated),
    ("permission denied (", ErrorKind::Unauthenticated),
    ("access denied", ErrorKind::PermissionDenied),
    ("permission to", ErrorKind::PermissionDenied),
    ("not allowed to", ErrorKind::PermissionDenied),
    ("not permitted", ErrorKind::PermissionDenied),
    ("protected branch", ErrorKind::PermissionDenied),
    ("hook declined", ErrorKind::PermissionDenied),
    ("repository not found", ErrorKind::NotFound),
    ("not found", ErrorKind::NotFound),
    ("could not be found", ErrorKind::NotFound),
    (
        "does not appear to be a git repository",
        ErrorKind::NotFound,
    ),
    ("does not exist", ErrorKind::NotFound),
    ("operation timed out", ErrorKind::Timeout),
    ("operation too slow", ErrorKind::Timeout),
    ("could not resolve", ErrorKind::Network),
    ("failed to connect", ErrorKind::Network),
    ("couldn't connect", ErrorKind::Network),
    ("connection refused", ErrorKind::Network),
    ("connection reset", ErrorKind::Network),
    ("connection timed out", ErrorKind::Network),
    ("network is unreachable", ErrorKind::Network),
    ("no route to host", ErrorKind::Network),
    ("empty reply from server", ErrorKind::Network),
    ("early eof", ErrorKind::Network),
    ("hung up unexpectedly", ErrorKind::Network),
    ("unexpected disconnect", ErrorKind::Network),
    ("rpc failed", ErrorKind::Network),
    ("recv failure", ErrorKind::Network),
    ("unable to access", ErrorKind::Network),
    ("not allowed", ErrorKind::PermissionDenied),
    ("remote rejected", ErrorKind::PermissionDenied),
];

/// Signs that nothing can have reached the other side.
const NOT_SENT: &[&str] = &[
    "could not resolve",
    "failed to connect",
    "couldn't connect",
    "connection refused",
    "network is unreachable",
    "no route to host",
];

/// The error that git's complaints amount to. `said` must be free of secrets.
pub(super) fn error(said: &str) -> Error {
    let small = said.to_lowercase();
    let kind = SIGNS
        .iter()
        .find(|(sign, _)| small.contains(sign))
        .map_or(ErrorKind::Invalid, |(_, kind)| *kind);
    let mut message = essence(said);
    if small.contains("requested url returned error: 30") {
        message = format!("the repository has moved: use its new address; {message}");
    }
    let error = Error::new(kind, message);
    if NOT_SENT.iter().any(|sign| small.contains(sign)) {
        return error.with_outcome(Outcome::NotSent);
    }
    error
}

/// The lines that say what happened; hints, progress and warnings are left out.
fn essence(said: &str) -> String {
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let telling: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| {
            ["fatal:", "error:", "remote:", "! [", "!\t"]
                .iter()
                .any(|start| line.starts_with(start))
        })
        .collect();
    let chosen = if telling.is_empty() { lines } else { telling };
    if chosen.is_empty() {
        return "git failed, and did not say why".to_owned();
    }
    chosen.join("; ")
}
