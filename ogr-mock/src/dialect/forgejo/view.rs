//! What many answers have in common: users, organisations, labels, times, URLs.

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::call::Call;
use crate::dialect::scramble;
use crate::git::Signature;
use crate::state::{Account, Group, Label, State};

/// What stays as it is in a segment of a URL.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'+')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'$')
    .remove(b':');

/// What stays as it is in a value of a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The time that Go writes for none.
pub(super) const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// The start of Unix's time, which stands for none where the database says so.
pub(super) const EPOCH: &str = "1970-01-01T00:00:00Z";

/// One segment of a URL.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A path of several segments.
pub(super) fn path(text: &str) -> String {
    text.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// A value of a query.
pub(super) fn query(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}

/// A time as Forgejo writes it: whole seconds, UTC.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A commit's time, in the offset of who wrote it.
pub(super) fn git_time(at: DateTime<FixedOffset>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time that may be missing.
pub(super) fn maybe_time(at: Option<DateTime<Utc>>) -> Value {
    at.map_or(Value::Null, |at| json!(time(at)))
}

/// What is said of every signature: that there is none.
pub(super) fn unsigned() -> Value {
    json!({
        "verified": false,
        "reason": "gpg.error.not_signed_commit",
        "signature": "",
        "signer": null,
        "payload": "",
    })
}

impl Call<'_> {
    /// A user or organisation as the caller sees them.
    pub(super) fn user(&self, state: &State, login: &str) -> Value {
        self.user_seen_by(state, login, self.login())
    }

    /// The owner of a project: not trusted even with themselves.
    pub(super) fn owner(&self, state: &State, login: &str) -> Value {
        let mut owner = self.user_seen_by(state, login, self.login());
        owner["is_admin"] = json!(false);
        owner["last_login"] = json!(NO_TIME);
        owner["active"] = json!(false);
        owner
    }

    /// A user where nobody looked who asks: the address is hidden even from themselves.
    pub(super) fn user_unseen(&self, state: &State, login: &str) -> Value {
        self.user_seen_by(state, login, None)
    }

    fn user_seen_by(&self, state: &State, login: &str, reader: Option<&str>) -> Value {
        let hidden = |name: &str| format!("{name}@{}", self.no_reply());
        let trusted = reader.is_some_and(|reader| {
            let admin = state.user(reader).is_some_and(|user| user.admin);
            admin || state.same_name(reader, login)
        });
        let (id, name, full_name, mail, description, admin, created) = match state.account(login) {
            Some(Account::User(user)) => (
                json!(user.id),
                user.login.as_str(),
                user.name.as_deref(),
                user.email.as_str(),
                "",
                user.admin,
                time(user.created_at),
            ),
            Some(Account::Group(group)) => (
                json!(group.id),
                group.path.as_str(),
                group.name.as_deref(),
                "",
                group.description.as_str(),
                false,
                time(group.created_at),
            ),
            None => (json!(-1), "Ghost", None, "", "", false, EPOCH.to_owned()),
        };
        json!({
            "id": id,
            "login": name,
            "login_name": "",
            "source_id": 0,
            "full_name": full_name.unwrap_or_default(),
            "email": if reader.is_some() { mail.to_owned() } else { hidden(&name.to_lowercase()) },
            "avatar_url": self.avatar(name),
            "html_url": format!("{}/{}", self.web, segment(name)),
            "language": "",
            "is_admin": trusted && admin,
            "last_login": if trusted { EPOCH } else { NO_TIME },
            "created": created,
            "restricted": false,
            "active": trusted,
            "prohibit_login": false,
            "location": "",
            "pronouns": "",
            "website": "",
            "description": description,
            "visibility": "public",
            "followers_count": 0,
            "following_count": 0,
            "starred_repos_count": 0,
            "username": name,
        })
    }

    fn no_reply(&self) -> String {
        format!("noreply.{}", self.host_name())
    }

    /// The host without its port.
    pub(super) fn host_name(&self) -> &str {
        let host = self.hub.host();
        host.split(':').next().unwrap_or(host)
    }

    fn avatar(&self, name: &str) -> String {
        let hash = |seed| scramble(name, seed);
        format!("{}/avatars/{:016x}{:016x}", self.web, hash(1), hash(2))
    }

    pub(super) fn organization(&self, group: &Group) -> Value {
        let mut body = json!({
            "id": group.id,
            "name": group.path,
            "full_name": group.name.as_deref().unwrap_or_default(),
            "email": "",
            "avatar_url": self.avatar(&group.path),
            "description": group.description,
            "website": "",
            "location": "",
            "visibility": "public",
            "repo_admin_change_team_access": false,
            "username": group.path,
        });
        if self.flavour.sixteen() {
            body["created"] = json!(time(group.created_at));
        }
        body
    }

    pub(super) fn label(&self, project: &str, label: &Label) -> Value {
        json!({
            "id": label.id,
            "name": label.name,
            "exclusive": label.exclusive,
            "is_archived": label.archived,
            "color": label.color,
            "description": label.description.as_deref().unwrap_or_default(),
            "url": format!("{}/labels/{}", self.project_api(project), label.id),
        })
    }

    /// Who wrote a commit, by the address.
    pub(super) fn user_of_signature<'s>(
        &self,
        state: &'s State,
        who: &Signature,
    ) -> Option<&'s str> {
        let mut users = state.users.values();
        let user = users.find(|user| user.email.eq_ignore_ascii_case(&who.email))?;
        Some(&user.login)
    }

    /// The root of a project's API.
    pub(super) fn project_api(&self, path: &str) -> String {
        format!("{}/repos/{}", self.api, self::path(path))
    }

    /// A project's page.
    pub(super) fn project_page(&self, path: &str) -> String {
        format!("{}/{}", self.web, self::path(path))
    }
}
