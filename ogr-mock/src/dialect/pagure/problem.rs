//! Saying no, in Pagure's words: JSON with a code from the API, pages for people from everything else.

use serde_json::{Map, Value, json};

use super::view::reply;
use crate::dialect::{Answered, Response, empty, html};
use crate::git::GitError;
use crate::state::{Refusal, What};

/// The codes and what each says. `{base}` stands for the forge's own address.
pub(super) const CODES: &[(&str, &str)] = &[
    ("EBRANCHNOTFOUND", "Branch not found in this git repository"),
    ("EDATETIME", "Invalid datetime format"),
    (
        "EDBERROR",
        "An error occurred at the database level and prevent the action from reaching completion",
    ),
    ("EEMPTYGIT", "This git repository is empty"),
    ("EFILENOTFOUND", "File not found in this git repository"),
    ("EGITERROR", "An error occurred during a git operation"),
    ("EINVALIDISSUEFIELD", "Invalid custom field submitted"),
    (
        "EINVALIDISSUEFIELD_LINK",
        "Invalid custom field submitted, the value is not a link",
    ),
    (
        "EINVALIDPERPAGEVALUE",
        "The per_page value must be between 1 and 100",
    ),
    ("EINVALIDPRIORITY", "Invalid priority submitted"),
    ("EINVALIDREQ", "Invalid or incomplete input submitted"),
    (
        "EINVALIDTOK",
        "Invalid or expired token. Please visit {base}/settings#nav-api-tab to get or renew your API token.",
    ),
    ("EISSUENOTALLOWED", "You are not allowed to view this issue"),
    (
        "EMIRRORINGDISABLED",
        "Mirroring external project has been disabled in this instance",
    ),
    (
        "EMODIFYPROJECTNOTALLOWED",
        "You are not allowed to modify this project",
    ),
    (
        "ENEWPROJECTDISABLED",
        "Creating project have been disabled for this instance",
    ),
    (
        "ENEWPROJECTFORBIDDEN",
        "You are not allowed to create new projects on this instance",
    ),
    ("ENOCODE", "Variable message describing the issue"),
    ("ENOCOMMENT", "Comment not found"),
    ("ENOCOMMIT", "No such commit found in this repository"),
    ("ENOGROUP", "Group not found"),
    ("ENOISSUE", "Issue not found"),
    ("ENOPLUGIN", "No such plugin"),
    (
        "ENOPRCLOSE",
        "You are not allowed to merge/close pull-request for this project",
    ),
    ("ENOPROJECT", "Project not found"),
    ("ENOPROJECTS", "No projects found"),
    ("ENOPRSTATS", "No statistics could be computed for this PR"),
    ("ENOREQ", "Pull-Request not found"),
    (
        "ENOSIGNEDOFF",
        "This repo enforces that all commits are signed off by their author.",
    ),
    ("ENOTAG", "Tag not found"),
    ("ENOTASSIGNED", "This request must be assigned to be merged"),
    ("ENOTASSIGNEE", "Only the assignee can merge this request"),
    (
        "ENOTHIGHENOUGH",
        "You do not have sufficient permissions to perform this action",
    ),
    (
        "ENOTMAINADMIN",
        "Only the main admin can set the main admin of a project",
    ),
    ("ENOUSER", "No such user found"),
    ("EPLUGINCHANGENOTALLOWED", "This plugin cannot be changed"),
    ("EPLUGINDISABLED", "Plugin disabled"),
    (
        "EPLUGINNOTINSTALLED",
        "Project doesn't have this plugin installed",
    ),
    (
        "EPRCONFLICTS",
        "This pull-request conflicts and thus cannot be merged",
    ),
    (
        "EPRNOTALLOWED",
        "You are not allowed to view this pull-request",
    ),
    (
        "EPRSCORE",
        "This request does not have the minimum review score necessary to be merged",
    ),
    (
        "EPULLREQUESTSDISABLED",
        "Pull-Request have been deactivated for this project",
    ),
    (
        "EREBASENOTALLOWED",
        "You are not authorized to rebase this pull-request",
    ),
    ("ETIMESTAMP", "Invalid timestamp format"),
    ("ETRACKERDISABLED", "Issue tracker disabled"),
    (
        "ETRACKERREADONLY",
        "The issue tracker of this project is read-only",
    ),
    ("EUBLOCKED", "You have been blocked from this project"),
];

/// A refusal.
#[derive(Debug, Clone)]
pub(super) enum Problem {
    /// The API knows why.
    Api {
        status: u16,
        code: &'static str,
        /// Another text than the code's own.
        text: Option<String>,
        /// Details: an object, a list or a text.
        errors: Option<Value>,
    },
    /// The web framework's own bare page.
    Bare(u16),
    /// The same for a method that the path does not take; the methods that it does.
    Method(Vec<&'static str>),
    /// The site's page for what is not there.
    Missing(&'static str),
    /// The site's page for what nobody foresaw. Pagure has it for many a wrong input.
    Fatal,
}

impl Problem {
    pub(super) fn new(status: u16, code: &'static str) -> Self {
        Self::Api {
            status,
            code,
            text: None,
            errors: None,
        }
    }

    /// A refusal whose text alone tells what is the matter.
    pub(super) fn no_code(text: impl Into<String>) -> Self {
        Self::Api {
            status: 400,
            code: "ENOCODE",
            text: Some(text.into()),
            errors: None,
        }
    }

    /// The same refusal with details.
    pub(super) fn with_errors(self, details: impl Into<Value>) -> Self {
        match self {
            Self::Api {
                status, code, text, ..
            } => Self::Api {
                status,
                code,
                text,
                errors: Some(details.into()),
            },
            other => other,
        }
    }

    pub(super) fn invalid() -> Self {
        Self::new(400, "EINVALIDREQ")
    }

    /// A field that must be there is not.
    pub(super) fn field_required(name: &str) -> Self {
        let mut errors = Map::new();
        errors.insert(name.to_owned(), json!(["This field is required."]));
        Self::invalid().with_errors(errors)
    }

    pub(super) fn no_project() -> Self {
        Self::new(404, "ENOPROJECT")
    }

    pub(super) fn no_request() -> Self {
        Self::new(404, "ENOREQ")
    }

    /// A token that will not do; the API gives this one code for every reason.
    pub(super) fn bad_token(why: Option<&str>) -> Self {
        let problem = Self::new(401, "EINVALIDTOK");
        match why {
            Some(why) => problem.with_errors(why),
            None => problem,
        }
    }

    pub(super) fn response(self, base: &str) -> Response {
        match self {
            Self::Api {
                status,
                code,
                text,
                errors,
            } => {
                let text = text.unwrap_or_else(|| meaning(code, base));
                let mut body = json!({"error": text, "error_code": code});
                if let Some(errors) = errors {
                    body["errors"] = errors;
                }
                reply(status, &body)
            }
            Self::Bare(status) => bare(status),
            Self::Method(allowed) => bare(405).with("allow", allowed.join(", ")),
            Self::Missing(message) => {
                site_page(404, "Page not found :'(", "Page not found (404)", message)
            }
            Self::Fatal => site_page(
                500,
                "A fatal error occured :'(",
                "Fatal Error (500)",
                "The server encountered an internal error and was unable to complete your request.",
            ),
        }
    }
}

/// What a code says.
pub(super) fn meaning(code: &str, base: &str) -> String {
    let found = CODES.iter().find(|(known, _)| *known == code);
    found.map_or(code, |(_, text)| text).replace("{base}", base)
}

/// The answer to OPTIONS.
pub(super) fn options(allowed: &[&'static str]) -> Response {
    empty(200)
        .with("allow", allowed.join(", "))
        .with("content-type", "text/html; charset=utf-8")
}

/// A move to another address.
pub(super) fn redirect(status: u16, to: &str) -> Response {
    let page = format!(
        "<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n\
        <p>You should be redirected automatically to the target URL: <a href=\"{to}\">{to}</a>. If not, click the link.\n"
    );
    html(status, page).with("location", to)
}

fn bare(status: u16) -> Response {
    let (title, text) = match status {
        400 => (
            "Bad Request",
            "The browser (or proxy) sent a request that this server could not understand.",
        ),
        405 => (
            "Method Not Allowed",
            "The method is not allowed for the requested URL.",
        ),
        _ => (
            "Not Found",
            "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
        ),
    };
    html(
        status,
        format!(
            "<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n<p>{text}</p>\n"
        ),
    )
}

fn site_page(status: u16, title: &str, heading: &str, message: &str) -> Response {
    html(
        status,
        format!(
            "\n<!DOCTYPE html>\n<html lang='en'>\n<head>\n    \
            <meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\"/>\n    \
            <title>{title} - Pagure</title>\n  </head>\n  <body id=\"error\">\n\
            <h2>{heading}</h2>\n<p>With the message:</p>\n<p>{message}</p>\n</body>\n</html>\n"
        ),
    )
}

impl From<GitError> for Problem {
    fn from(_: GitError) -> Self {
        // Pagure does not foresee that git fails.
        Self::Fatal
    }
}

impl From<Refusal> for Problem {
    /// What a refusal is called when the route has nothing better to say.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound(What::PullRequest) => Self::no_request(),
            Refusal::NotFound(What::Comment) => Self::new(404, "ENOCOMMENT"),
            Refusal::NotFound(What::Commit) => Self::new(404, "ENOCOMMIT"),
            Refusal::NotFound(What::Account) => Self::new(404, "ENOUSER"),
            Refusal::NotFound(_) => Self::no_project(),
            Refusal::Disabled(_) => Self::new(404, "EPULLREQUESTSDISABLED"),
            Refusal::Forbidden(_) | Refusal::Archived => Self::new(401, "ENOTHIGHENOUGH"),
            Refusal::Conflict | Refusal::Closed | Refusal::AlreadyMerged | Refusal::Draft => {
                Self::new(409, "EPRCONFLICTS")
            }
            Refusal::BadName(_) => Self::invalid(),
            _ => Self::Fatal,
        }
    }
}
