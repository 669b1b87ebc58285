//! What more than one area reads: users, projects, times, pages.

use chrono::{DateTime, Utc};
use ogr_core::{ProjectPath, User};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A user.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct UserWire {
    name: String,
    fullname: Option<String>,
    full_url: Option<String>,
    default_email: Option<String>,
}

impl From<UserWire> for User {
    fn from(wire: UserWire) -> Self {
        let mut user = User::new(wire.name);
        user.name = wire.fullname;
        user.email = wire.default_email;
        user.web_url = wire.full_url;
        user
    }
}

/// A project, in lists and as the side of a pull request as well.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProjectWire {
    pub(crate) name: String,
    namespace: Option<String>,
    fullname: Option<String>,
    url_path: Option<String>,
    pub(crate) full_url: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) parent: Option<Box<ProjectWire>>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) date_created: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) date_modified: Option<DateTime<Utc>>,
    #[serde(default)]
    id: Value,
}

impl ProjectWire {
    /// Where it is. A fork is `fork/bob/rpms/foo` in `url_path` and `forks/bob/rpms/foo` in `fullname`.
    pub(crate) fn path(&self) -> ProjectPath {
        [&self.url_path, &self.fullname]
            .into_iter()
            .flatten()
            .find_map(|path| path.parse().ok())
            .unwrap_or_else(|| match &self.namespace {
                Some(namespace) if !namespace.is_empty() => ProjectPath::new(namespace, &self.name),
                _ => ProjectPath::bare(&self.name),
            })
    }

    pub(crate) fn id(&self) -> Option<String> {
        match &self.id {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// Where a list stands.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Pagination {
    /// How many pages there are; 0 when the list is empty.
    pub(crate) pages: Option<u64>,
}

/// A field that may be null where something is due.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A time: a string of seconds, whole or with a fraction; a number in one place; null where it has not happened.
pub(crate) fn time<'de, D>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => seconds(&text),
        Value::Number(number) => seconds(&number.to_string()),
        _ => None,
    })
}

/// Seconds since 1970. A time that cannot be read is no reason to lose the thing that has it.
fn seconds(text: &str) -> Option<DateTime<Utc>> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    DateTime::from_timestamp(whole.parse().ok()?, nanos.parse().ok()?)
}

/// Whether this is the full name of a commit.
pub(crate) fn is_full_sha(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_whole_and_in_fractions() {
        let time = |text| seconds(text).map(|time| time.timestamp_micros());
        assert_eq!(time("1795334438"), Some(1_795_334_438_000_000));
        assert_eq!(time("1795334438.446956"), Some(1_795_334_438_446_956));
        assert_eq!(time("1795334532.6"), Some(1_795_334_532_600_000));
        assert_eq!(time("1795334531.60121"), Some(1_795_334_531_601_210));
        for unreadable in ["", "soon", "1.2.3", "12.x", "99999999999999999999"] {
            assert_eq!(time(unreadable), None, "{unreadable:?}");
        }
    }

    #[test]
    fn a_project_says_where_it_is_in_several_ways() {
        let path = |json: &str| {
            let wire: ProjectWire = serde_json::from_str(json).unwrap();
            wire.path().to_string()
        };
        assert_eq!(
            path(
                r#"{"name":"foo","url_path":"fork/bob/rpms/foo","fullname":"forks/bob/rpms/foo"}"#
            ),
            "fork/bob/rpms/foo"
        );
        assert_eq!(
            path(r#"{"name":"foo","url_path":null,"fullname":"forks/bob/foo"}"#),
            "fork/bob/foo"
        );
        assert_eq!(path(r#"{"name":"foo","namespace":"rpms"}"#), "rpms/foo");
        assert_eq!(path(r#"{"name":"foo","namespace":null}"#), "foo");
    }
}
