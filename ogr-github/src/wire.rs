//! What several areas read: users, repositories, times.
//!
//! Everything but the identity may be absent or null: GitHub leaves out what a credential may not see, and sends null for
//! deleted accounts and forks.

use chrono::{DateTime, Utc};
use ogr_core::{Error, ErrorKind, ProjectInfo, ProjectPath, Result, Visibility};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A time, or none: one that cannot be read shall not spoil the answer.
pub(crate) fn time<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    Ok(value
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
        .map(|time| time.to_utc()))
}

#[derive(Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) login: String,
    id: Option<u64>,
    name: Option<String>,
    email: Option<String>,
    html_url: Option<String>,
}

impl From<User> for ogr_core::User {
    fn from(wire: User) -> Self {
        let mut user = ogr_core::User::new(wire.login);
        user.id = wire.id.map(|id| id.to_string());
        user.name = wire.name;
        user.email = wire.email;
        user.web_url = wire.html_url;
        user
    }
}

/// A repository by no more than its name: what a pull request says of its two sides.
#[derive(Debug, Deserialize)]
pub(crate) struct RepositoryName {
    full_name: Option<String>,
}

impl RepositoryName {
    pub(crate) fn path(&self) -> Option<ProjectPath> {
        path(self.full_name.as_deref()?)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Repository {
    full_name: String,
    id: Option<u64>,
    description: Option<String>,
    pub(crate) default_branch: Option<String>,
    private: Option<bool>,
    visibility: Option<String>,
    html_url: Option<String>,
    clone_url: Option<String>,
    ssh_url: Option<String>,
    fork: Option<bool>,
    parent: Option<RepositoryName>,
    source: Option<RepositoryName>,
    archived: Option<bool>,
    has_issues: Option<bool>,
    has_pull_requests: Option<bool>,
    /// In kilobytes; 0 for an empty repository, and for one that is new or tiny.
    pub(crate) size: Option<u64>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<DateTime<Utc>>,
}

impl Repository {
    pub(crate) fn path(&self) -> Result<ProjectPath> {
        path(&self.full_name).ok_or_else(|| {
            Error::new(
                ErrorKind::Decode,
                format!("{:?} is no name of a repository", self.full_name),
            )
        })
    }

    /// Whether it was forked from this project, directly or by way of another fork. An account has one fork of a
    /// project and its forks together, so that both are the fork that pull requests come from.
    pub(crate) fn is_fork_of(&self, project: &ProjectPath) -> bool {
        [&self.parent, &self.source]
            .into_iter()
            .flatten()
            .filter_map(RepositoryName::path)
            .any(|origin| origin.is_same(project))
    }
}

impl TryFrom<Repository> for ProjectInfo {
    type Error = Error;

    fn try_from(wire: Repository) -> Result<Self> {
        let mut info = ProjectInfo::new(wire.path()?, wire.html_url.unwrap_or_default());
        info.id = wire.id.map(|id| id.to_string());
        info.description = wire.description;
        info.default_branch = wire.default_branch;
        info.visibility = match (wire.visibility.as_deref(), wire.private) {
            (Some("internal"), _) => Visibility::Internal,
            (Some("private"), _) | (_, Some(true)) => Visibility::Private,
            (Some("public"), _) | (None, Some(false)) => Visibility::Public,
            _ => Visibility::Unknown,
        };
        info.http_url = wire.clone_url;
        info.ssh_url = wire.ssh_url;
        info.is_fork = wire.fork;
        info.parent = wire.parent.as_ref().and_then(RepositoryName::path);
        info.archived = wire.archived;
        info.has_issues = wire.has_issues;
        info.has_pull_requests = wire.has_pull_requests;
        info.created_at = wire.created_at;
        info.updated_at = wire.updated_at;
        Ok(info)
    }
}

fn path(full_name: &str) -> Option<ProjectPath> {
    let (owner, name) = full_name.split_once('/')?;
    let path = ProjectPath::new(owner, name);
    path.check().is_ok().then_some(path)
}

/// A label: an object, or only its name as old servers send it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Label {
    Object { name: Option<String> },
    Name(String),
}

impl Label {
    pub(crate) fn names(labels: Option<Vec<Label>>) -> Vec<String> {
        labels
            .unwrap_or_default()
            .into_iter()
            .filter_map(|label| match label {
                Label::Object { name } => name,
                Label::Name(name) => Some(name),
            })
            .collect()
    }
}
