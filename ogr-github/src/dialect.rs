//! GitHub's way with HTTP: its headers, its limits, and what its refusals mean.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use ogr_core::{
    Credential, Error, ErrorKind, LimitKind, Operation, Result,
    http::{Answer, Authorization, Call, Dialect, Effect, Pace, Refusal},
};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

/// The code that says that a repository has no commit yet. GitHub says it in prose only.
pub(crate) const EMPTY: &str = "empty";

/// How often and how far apart a write on something just created is tried again; renovate's numbers.
const FRESH: (u32, Duration) = (3, Duration::from_secs(1));

/// GitHub's dialect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GitHubDialect;

impl Dialect for GitHubDialect {
    fn authorization(&self, credential: &Credential) -> Result<Authorization> {
        match credential {
            Credential::Token(token) | Credential::Bearer(token) => {
                Ok(Authorization::bearer(token.expose_secret()))
            }
            Credential::Basic { username, password } => {
                Ok(Authorization::basic(username, password.expose_secret()))
            }
            Credential::JobToken(_) => Err(Error::new(
                ErrorKind::Config,
                "GitHub has no job tokens of GitLab's kind; the GITHUB_TOKEN of a workflow is a plain token",
            )),
            _ => Err(Error::new(
                ErrorKind::Config,
                "GitHub takes tokens, OAuth tokens and a user name with a token",
            )),
        }
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        vec![(
            HeaderName::from_static("x-github-api-version"),
            HeaderValue::from_static("2022-11-28"),
        )]
    }

    fn refusal(&self, answer: &Answer<'_>) -> Refusal {
        let said = Said::of(answer);
        let mut refusal = Refusal::by_status(answer.status).message(&said.words);
        refusal.code = said.code.clone();
        if let Some(limit) = limit(answer, &said) {
            return refusal.limited(limit);
        }
        if said.mentions("repository is empty") {
            refusal.code = Some(EMPTY.to_owned());
        }
        if let Some(kind) = meaning(answer, &said) {
            refusal.kind = kind;
        }
        refusal
    }

    /// GraphQL answers 200 whatever went wrong. What came in part is let through, unless a limit cut it short.
    fn hidden_refusal(&self, answer: &Answer<'_>) -> Option<Refusal> {
        if answer.call.method != Method::POST || !answer.call.url.path().ends_with("/graphql") {
            return None;
        }
        let json = answer.json();
        let errors = json.get("errors")?.as_array()?;
        let first = errors.first()?;
        let words = errors
            .iter()
            .filter_map(|error| error["message"].as_str())
            .collect::<Vec<_>>()
            .join("; ");
        let kind = first["type"].as_str().unwrap_or_default();
        let refusal = |kind| Refusal::new(kind, words.clone());
        let lower = words.to_lowercase();
        if kind == "RATE_LIMITED" {
            return Some(refusal(ErrorKind::RateLimited).limited(LimitKind::Primary));
        }
        if lower.contains("secondary rate limit") {
            return Some(refusal(ErrorKind::RateLimited).limited(LimitKind::Secondary));
        }
        if lower.contains("something went wrong") || lower.contains("timed out") {
            return Some(refusal(ErrorKind::Unavailable));
        }
        let came_in_part = json["data"]
            .as_object()
            .is_some_and(|data| data.values().any(|value| !value.is_null()));
        if came_in_part {
            return None;
        }
        let meaning = match kind {
            "NOT_FOUND" => ErrorKind::NotFound,
            "FORBIDDEN" | "INSUFFICIENT_SCOPES" => ErrorKind::PermissionDenied,
            "UNPROCESSABLE" => ErrorKind::Conflict,
            _ => ErrorKind::Invalid,
        };
        let refusal = refusal(meaning);
        Some(if kind.is_empty() {
            refusal
        } else {
            refusal.code(kind)
        })
    }

    fn bucket(&self, url: &Url) -> &'static str {
        let path = url.path();
        if path.ends_with("/graphql") {
            return "graphql";
        }
        // Somebody may be called "search": what counts is where the API begins.
        let below = path
            .split_once("/api/v3/")
            .map_or(path.trim_start_matches('/'), |(_, below)| below);
        match below {
            "search/code" => "code_search",
            below if below.starts_with("search/") => "search",
            _ => "core",
        }
    }

    /// The labels of a pull request that was created a moment ago may be refused with 404.
    fn signal(&self, call: &Call, error: &Error, attempts: u32) -> Option<Duration> {
        let fresh = call.operation == Operation::PullRequestsCreateLabels;
        (fresh && error.status() == Some(404) && attempts < FRESH.0).then_some(FRESH.1)
    }

    /// GitHub asks for a second between writes when there are many of them.
    fn pace(&self) -> Option<Pace> {
        Some(Pace::new(20, Duration::from_secs(1)))
    }
}

/// What an error's body says, in one line and in parts.
struct Said {
    /// The message and the particulars, for people.
    words: String,
    /// The same in lower case, for recognising.
    lower: String,
    /// The code of the first particular.
    code: Option<String>,
    /// The codes and the fields of all particulars.
    particulars: Vec<(String, String)>,
    documentation: String,
}

impl Said {
    fn of(answer: &Answer<'_>) -> Self {
        let json = answer.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut words = text(&json["message"]);
        let mut particulars = Vec::new();
        let mut code = None;
        for error in json["errors"].as_array().into_iter().flatten() {
            let said = if let Some(plain) = error.as_str() {
                plain.to_owned()
            } else {
                let (resource, field) = (text(&error["resource"]), text(&error["field"]));
                let what = match error["message"].as_str() {
                    Some(message) => message.to_owned(),
                    None => text(&error["code"]).replace('_', " "),
                };
                if !text(&error["code"]).is_empty() {
                    code.get_or_insert_with(|| text(&error["code"]));
                }
                particulars.push((text(&error["code"]), field.clone()));
                let place: Vec<_> = [resource, field]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect();
                if place.is_empty() {
                    what
                } else {
                    format!("{}: {what}", place.join("."))
                }
            };
            if !said.is_empty() {
                words = if words.is_empty() {
                    said
                } else {
                    format!("{words}; {said}")
                };
            }
        }
        Self {
            lower: words.to_lowercase(),
            words,
            code,
            particulars,
            documentation: text(&json["documentation_url"]),
        }
    }

    fn mentions(&self, words: &str) -> bool {
        self.lower.contains(words)
    }

    fn mentions_any(&self, words: &[&str]) -> bool {
        words.iter().any(|words| self.mentions(words))
    }

    fn has_code(&self, code: &str) -> bool {
        self.particulars.iter().any(|(c, _)| c == code)
    }

    fn has(&self, code: &str, field: &str) -> bool {
        self.particulars
            .iter()
            .any(|(c, f)| c == code && f == field)
    }
}

/// Whether a limit refused the request. A mere `X-RateLimit-Reset` says nothing: every answer has one.
fn limit(answer: &Answer<'_>, said: &Said) -> Option<LimitKind> {
    // The limit on content creation hides among the validation errors.
    if answer.status.as_u16() == 422 && said.mentions("submitted too quickly") {
        return Some(LimitKind::Secondary);
    }
    if !matches!(answer.status.as_u16(), 403 | 429) {
        return None;
    }
    let secondary = said.mentions_any(&["secondary rate limit", "abuse detection"])
        || said.documentation.ends_with("secondary-rate-limits")
        || said.documentation.ends_with("#abuse-rate-limits");
    if secondary {
        return Some(LimitKind::Secondary);
    }
    if answer.header("x-ratelimit-remaining") == Some("0") {
        return Some(LimitKind::Primary);
    }
    let told = answer.header("retry-after").is_some() || answer.status.as_u16() == 429;
    (told || said.mentions("api rate limit exceeded")).then_some(LimitKind::Unspecified)
}

/// What the words of a refusal mean, where the status alone misleads.
fn meaning(answer: &Answer<'_>, said: &Said) -> Option<ErrorKind> {
    let operation = answer.call.operation;
    let status = answer.status.as_u16();
    let by_words = if said.mentions("archived so is read-only") {
        ErrorKind::Archived
    } else if said.has_code("too_large") {
        ErrorKind::TooLarge
    } else if said.mentions("repository is empty") {
        if answer.call.effect == Effect::Read {
            ErrorKind::NotFound
        } else {
            ErrorKind::Conflict
        }
    } else if said.has_code("already_exists") || said.mentions("already exists") {
        ErrorKind::AlreadyExists
    } else if said.mentions("maximum number of statuses") {
        ErrorKind::Quota
    } else if said.mentions_any(&["no commit found", "object does not exist"])
        || said.mentions("reference does not exist")
        || said.has_code("missing")
    {
        ErrorKind::NotFound
    } else if said.mentions("not a fast forward") {
        ErrorKind::Conflict
    } else {
        return by_status(operation, status, said);
    };
    Some(by_words)
}

fn by_status(operation: Operation, status: u16, said: &Said) -> Option<ErrorKind> {
    let guarded = || {
        said.mentions_any(&[
            "protected branch",
            "rule violations",
            "review is required",
            "reviews are required",
            "status check",
            "not authorized",
            "must be made through",
        ])
    };
    match status {
        403 if said.mentions("no git content") => Some(ErrorKind::Conflict),
        403 | 410 if said.mentions_any(&["is disabled", "are disabled", "been disabled"]) => {
            Some(ErrorKind::Disabled)
        }
        405 if said.mentions("not allowed on this repository") => Some(ErrorKind::Disabled),
        405 | 409 | 422 if guarded() => Some(ErrorKind::PermissionDenied),
        405 => Some(ErrorKind::Conflict),
        406 => Some(ErrorKind::TooLarge),
        422 if is_missing_branch(operation, said) => Some(ErrorKind::NotFound),
        422 if operation == Operation::PullRequestsReopen => Some(ErrorKind::Conflict),
        422 if said.mentions("no commits between") => Some(ErrorKind::Conflict),
        // Taken down for legal reasons: it is there, and nobody may have it.
        451 => Some(ErrorKind::PermissionDenied),
        _ => None,
    }
}

/// A branch that is not there is an invalid field to GitHub.
fn is_missing_branch(operation: Operation, said: &Said) -> bool {
    match operation {
        Operation::PullRequestsCreate => said.has("invalid", "head") || said.has("invalid", "base"),
        Operation::PullRequestsChange | Operation::PullRequestsChangeTarget => {
            said.has("invalid", "base")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_its_budget() {
        let bucket = |url: &str| GitHubDialect.bucket(&url.parse().unwrap());
        assert_eq!(bucket("https://api.github.com/repos/search/issues"), "core");
        assert_eq!(bucket("https://api.github.com/orgs/search/repos"), "core");
        assert_eq!(bucket("https://api.github.com/search/issues?q=x"), "search");
        assert_eq!(bucket("https://api.github.com/search/code"), "code_search");
        assert_eq!(bucket("https://api.github.com/graphql"), "graphql");
        assert_eq!(bucket("https://g.example.org/api/graphql"), "graphql");
        let below = "https://g.example.org/x/api/v3/search/repositories";
        assert_eq!(bucket(below), "search");
    }
}
