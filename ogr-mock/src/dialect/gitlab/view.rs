//! What many answers have in common: times, URLs, users and namespaces.

use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::hub::Hub;
use crate::state::{Account, Group, Project, State, User};

/// What stands in a segment of a URL as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What stands in a path as it is.
const PATH: &AsciiSet = &SEGMENT.remove(b'/');

/// How far the numbers of users' namespaces are from those of the users.
const NAMESPACES: u64 = 10_000_000;

/// Escapes a text for one segment of a URL.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Escapes a path, its slashes kept.
pub(super) fn path(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}

/// A time, in milliseconds and UTC.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub(super) fn maybe_time(at: Option<DateTime<Utc>>) -> Option<String> {
    at.map(time)
}

/// The roots of the API and of the pages.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) api: String,
    pub(super) web: String,
    host: String,
}

impl View {
    pub(super) fn new(hub: &Hub) -> Self {
        let web = hub.base_url().to_owned();
        let host = hub.host();
        Self {
            api: format!("{web}/api/v4"),
            host: host.split(':').next().unwrap_or(host).to_owned(),
            web,
        }
    }

    /// The root of a project's pages, by its path.
    pub(super) fn page(&self, project: &str) -> String {
        format!("{}/{}", self.web, path(project))
    }

    pub(super) fn ssh_url(&self, project: &str) -> String {
        format!("git@{}:{project}.git", self.host)
    }

    /// A user as they stand in other answers.
    pub(super) fn user(&self, state: &State, login: &str) -> Value {
        match state.user(login) {
            Some(user) => self.user_basic(user),
            // What its author left behind belongs to the ghost.
            None => json!({
                "id": 1,
                "username": "ghost",
                "public_email": "",
                "name": "Ghost User",
                "state": "active",
                "locked": false,
                "avatar_url": null,
                "web_url": format!("{}/ghost", self.web),
            }),
        }
    }

    /// The same, or null.
    pub(super) fn maybe_user(&self, state: &State, login: Option<&str>) -> Value {
        login.map_or(Value::Null, |login| self.user(state, login))
    }

    pub(super) fn user_basic(&self, user: &User) -> Value {
        let id = user.id;
        json!({
            "id": id,
            "username": user.login,
            "public_email": "",
            "name": display_name(user),
            "state": "active",
            "locked": false,
            "avatar_url": format!("{}/uploads/-/system/user/avatar/{id}/avatar.png", self.web),
            "web_url": format!("{}/{}", self.web, path(&user.login)),
        })
    }

    /// The namespace of a project.
    pub(super) fn namespace(&self, state: &State, full_path: &str) -> Value {
        match state.account(full_path) {
            Some(Account::User(user)) => self.user_namespace(user),
            Some(Account::Group(group)) => self.group_namespace(state, group),
            None => Value::Null,
        }
    }

    pub(super) fn user_namespace(&self, user: &User) -> Value {
        let id = user.id;
        json!({
            "id": id + NAMESPACES,
            "name": display_name(user),
            "path": user.login,
            "kind": "user",
            "full_path": user.login,
            "parent_id": null,
            "avatar_url": format!("{}/uploads/-/system/user/avatar/{id}/avatar.png", self.web),
            "web_url": format!("{}/{}", self.web, path(&user.login)),
        })
    }

    pub(super) fn group_namespace(&self, state: &State, group: &Group) -> Value {
        json!({
            "id": group.id,
            "name": group_name(group),
            "path": last_part(&group.path),
            "kind": "group",
            "full_path": group.path,
            "parent_id": parent_of(state, group),
            "avatar_url": null,
            "web_url": format!("{}/groups/{}", self.web, path(&group.path)),
        })
    }
}

/// The user or group that a namespace's number means, by name.
pub(super) fn namespace_of(state: &State, id: u64) -> Option<String> {
    if let Some(group) = state.groups.get(&id) {
        return Some(group.path.clone());
    }
    let user = state.users.get(&id.checked_sub(NAMESPACES)?)?;
    Some(user.login.clone())
}

/// The number of the group that a group stands in.
pub(super) fn parent_of(state: &State, group: &Group) -> Option<u64> {
    let (parent, _) = group.path.rsplit_once('/')?;
    state.group(parent).map(|parent| parent.id)
}

pub(super) fn display_name(user: &User) -> &str {
    user.name.as_deref().unwrap_or(&user.login)
}

pub(super) fn group_name(group: &Group) -> &str {
    let name = group.name.as_deref();
    name.unwrap_or_else(|| last_part(&group.path))
}

/// The name that people call a project; its path need not be like it.
pub(super) fn project_name(project: &Project) -> &str {
    let name = project.settings.get("name").and_then(Value::as_str);
    name.unwrap_or(&project.name)
}

pub(super) fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Copies the fields of one object into another.
pub(super) fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}
