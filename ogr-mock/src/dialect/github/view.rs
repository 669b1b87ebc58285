//! What many answers have in common: users, URLs, times.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::hub::Hub;
use crate::state::{Account, State};

/// What stays as it is in a segment of a URL.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'+')
    .remove(b'@')
    .remove(b':');

/// One segment of a URL.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A path of several segments.
pub(super) fn path(text: &str) -> String {
    text.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// A time as GitHub writes it: whole seconds, UTC.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time that may be missing.
pub(super) fn maybe_time(at: Option<DateTime<Utc>>) -> Value {
    at.map_or(Value::Null, |at| json!(time(at)))
}

/// GraphQL's name for a thing.
pub(super) fn node_id(kind: &str, id: u64) -> String {
    STANDARD.encode(format!("{:03}:{kind}{id}", kind.len()))
}

/// Where this forge is, and for whom it writes.
pub(super) struct View {
    pub(super) web: String,
    pub(super) api: String,
    pub(super) host: String,
    pub(super) reader: Option<String>,
}

impl View {
    pub(super) fn new(hub: &Hub, reader: Option<&str>) -> Self {
        Self {
            web: hub.base_url().to_owned(),
            api: format!("{}/api/v3", hub.base_url()),
            host: hub.host().to_owned(),
            reader: reader.map(str::to_owned),
        }
    }

    /// A user or organisation in short; the stand-in for someone who is gone if there is none.
    pub(super) fn account(&self, state: &State, login: &str) -> Value {
        match state.account(login) {
            Some(Account::User(user)) => {
                let kind = if user.bot { "Bot" } else { "User" };
                self.account_of(&user.login, user.id, kind, user.admin)
            }
            Some(Account::Group(group)) => {
                self.account_of(&group.path, group.id, "Organization", false)
            }
            None => self.account_of("ghost", 10137, "User", false),
        }
    }

    fn account_of(&self, login: &str, id: u64, kind: &str, admin: bool) -> Value {
        let name = segment(login);
        let url = format!("{}/users/{name}", self.api);
        json!({
            "login": login,
            "id": id,
            "node_id": node_id(kind, id),
            "avatar_url": format!("{}/avatars/u/{id}?", self.web),
            "gravatar_id": "",
            "url": url,
            "html_url": format!("{}/{name}", self.web),
            "followers_url": format!("{url}/followers"),
            "following_url": format!("{url}/following{{/other_user}}"),
            "gists_url": format!("{url}/gists{{/gist_id}}"),
            "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
            "subscriptions_url": format!("{url}/subscriptions"),
            "organizations_url": format!("{url}/orgs"),
            "repos_url": format!("{url}/repos"),
            "events_url": format!("{url}/events{{/privacy}}"),
            "received_events_url": format!("{url}/received_events"),
            "type": kind,
            "user_view_type": "public",
            "site_admin": admin,
        })
    }

    /// The root of a project's API.
    pub(super) fn project_url(&self, path: &str) -> String {
        format!("{}/repos/{}", self.api, self::path(path))
    }

    /// A project's page.
    pub(super) fn project_page(&self, path: &str) -> String {
        format!("{}/{}", self.web, self::path(path))
    }
}
