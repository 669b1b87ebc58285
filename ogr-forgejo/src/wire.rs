//! What the answers of several areas are made of.
//!
//! The published document calls nothing nullable, but everything that is unset comes as `null`: every field but an identity
//! is optional here, and a list that is `null` is an empty one.

use chrono::{DateTime, Datelike, Utc};
use ogr_core::{
    Commit, Error, ErrorKind, ProjectInfo, ProjectPath, Result, Signature, User, Visibility,
    http::{Batch, Call, Reply, array},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// The page size to ask for: what servers give at most, unless their owners say otherwise. A server that gives less is no
/// harm: pages are counted by the rows that came.
const PAGE_SIZE: &str = "50";

/// The first page of a list. The transport adds `page`: without it many lists ignore `limit` and send all their rows.
pub(crate) fn paged(call: Call) -> Call {
    call.query("limit", PAGE_SIZE)
}

/// Reads a page of a list whose `X-Total-Count` has been seen to be true.
///
/// # Errors
///
/// Those of [`array`].
pub(crate) fn counted<R: DeserializeOwned, T>(
    reply: &Reply,
    convert: impl Fn(R) -> Result<Option<T>>,
) -> Result<Batch<T>> {
    let batch = array(reply, convert)?;
    // A total below what has come cannot be one: timelines count the rows of the page.
    let total = total(reply).filter(|total| u64::try_from(batch.rows).is_ok_and(|n| n <= *total));
    Ok(batch.total(total))
}

/// How many rows there are, as the server counts them.
pub(crate) fn total(reply: &Reply) -> Option<u64> {
    reply.header("x-total-count")?.trim().parse().ok()
}

/// A list that may be `null`.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A time. Unset ones come as `null`, as an empty text or as the year 1.
pub(crate) fn time<'de, D>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error>
where
    D: Deserializer<'de>,
{
    let text: Option<String> = Option::deserialize(deserializer)?;
    Ok(text
        .and_then(|text| DateTime::parse_from_rfc3339(&text).ok())
        .map(|time| time.with_timezone(&Utc))
        .filter(|time| time.year() > 1))
}

/// A text that says something.
pub(crate) fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// A user, an organisation, or the ghost that stands for an account that is gone.
#[derive(Debug, Deserialize)]
pub(crate) struct Account {
    pub(crate) login: String,
    #[serde(default)]
    id: Option<i64>,
    #[serde(default)]
    full_name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
}

impl Account {
    /// The user; `None` for the ghost.
    pub(crate) fn known(self) -> Option<User> {
        (self.id != Some(-1)).then(|| self.into_user())
    }

    pub(crate) fn into_user(self) -> User {
        let mut user = User::new(self.login);
        user.id = self.id.map(|id| id.to_string());
        user.name = said(self.full_name);
        user.email = said(self.email);
        user.web_url = said(self.html_url);
        user
    }
}

/// A repository.
#[derive(Debug, Deserialize)]
pub(crate) struct Repository {
    pub(crate) full_name: String,
    #[serde(default)]
    id: Option<i64>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    private: Option<bool>,
    #[serde(default)]
    internal: Option<bool>,
    #[serde(default)]
    fork: Option<bool>,
    #[serde(default)]
    parent: Option<Named>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    clone_url: Option<String>,
    #[serde(default)]
    ssh_url: Option<String>,
    #[serde(default)]
    default_branch: Option<String>,
    #[serde(default)]
    archived: Option<bool>,
    #[serde(default)]
    pub(crate) empty: Option<bool>,
    #[serde(default)]
    has_issues: Option<bool>,
    #[serde(default)]
    pub(crate) has_pull_requests: Option<bool>,
    #[serde(default)]
    open_pr_counter: Option<u64>,
    #[serde(default)]
    pub(crate) default_merge_style: Option<String>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<DateTime<Utc>>,
}

/// A repository of which only the name matters.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    #[serde(default)]
    full_name: Option<String>,
}

impl Named {
    pub(crate) fn path(&self) -> Option<ProjectPath> {
        path_of(self.full_name.as_deref()?).ok()
    }
}

impl Repository {
    pub(crate) fn path(&self) -> Result<ProjectPath> {
        path_of(&self.full_name)
    }

    pub(crate) fn parent(&self) -> Option<ProjectPath> {
        self.parent.as_ref().and_then(Named::path)
    }

    pub(crate) fn default_branch(&self) -> Option<String> {
        // An empty repository names the branch that it would have.
        if self.empty == Some(true) {
            return None;
        }
        said(self.default_branch.clone())
    }

    pub(crate) fn into_info(self) -> Result<ProjectInfo> {
        let mut info = ProjectInfo::new(self.path()?, self.html_url.clone().unwrap_or_default());
        info.parent = self.parent();
        info.default_branch = self.default_branch();
        info.id = self.id.map(|id| id.to_string());
        info.visibility = match (self.private, self.internal) {
            (Some(true), _) => Visibility::Private,
            (_, Some(true)) => Visibility::Internal,
            (Some(false), _) => Visibility::Public,
            (None, _) => Visibility::Unknown,
        };
        info.description = said(self.description);
        info.http_url = said(self.clone_url);
        info.ssh_url = said(self.ssh_url);
        info.is_fork = self.fork;
        info.archived = self.archived;
        info.empty = self.empty;
        info.has_issues = self.has_issues;
        info.has_pull_requests = self.has_pull_requests;
        info.open_pull_requests = self.open_pr_counter;
        info.created_at = self.created_at;
        info.updated_at = self.updated_at;
        Ok(info)
    }
}

/// `owner/name`, of which `owner` may well be called `fork`.
fn path_of(full_name: &str) -> Result<ProjectPath> {
    let path = full_name
        .split_once('/')
        .map(|(owner, name)| ProjectPath::new(owner, name))
        .filter(|path| path.check().is_ok());
    path.ok_or_else(|| {
        Error::new(
            ErrorKind::Decode,
            format!("a repository calls itself {full_name:?}"),
        )
    })
}

/// A commit, as lists and single answers show it.
#[derive(Debug, Deserialize)]
pub(crate) struct CommitRow {
    pub(crate) sha: String,
    #[serde(default)]
    commit: Option<CommitText>,
    #[serde(default, deserialize_with = "list")]
    parents: Vec<Pointer>,
    #[serde(default)]
    html_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct CommitText {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    author: Option<Identity>,
    #[serde(default)]
    committer: Option<Identity>,
}

/// Something that is known by its name as a git object.
#[derive(Debug, Deserialize)]
pub(crate) struct Pointer {
    pub(crate) sha: String,
}

/// Who made a commit, and when.
#[derive(Debug, Deserialize)]
pub(crate) struct Identity {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default, deserialize_with = "time")]
    date: Option<DateTime<Utc>>,
}

impl From<Identity> for Signature {
    fn from(identity: Identity) -> Self {
        let mut signature = Signature::new(
            identity.name.unwrap_or_default(),
            identity.email.unwrap_or_default(),
        );
        signature.date = identity.date;
        signature
    }
}

impl From<CommitRow> for Commit {
    fn from(row: CommitRow) -> Self {
        let mut commit = Commit::new(row.sha);
        if let Some(text) = row.commit {
            commit.message = text.message;
            commit.author = text.author.map(Into::into);
            commit.committer = text.committer.map(Into::into);
        }
        commit.parents = Some(row.parents.into_iter().map(|parent| parent.sha).collect());
        commit.web_url = said(row.html_url);
        commit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_null_for_everything_but_the_name() {
        let repository: Repository = serde_json::from_str(
            r#"{"full_name":"fork/foo","id":null,"description":null,"private":null,"parent":null,"html_url":null,
                "default_branch":null,"empty":null,"created_at":null,"updated_at":"0001-01-01T00:00:00Z","new_field":[1]}"#,
        )
        .unwrap();
        let info = repository.into_info().unwrap();
        assert_eq!(info.path, ProjectPath::new("fork", "foo"));
        assert_eq!(info.visibility, Visibility::Unknown);
        assert_eq!(info.updated_at, None);
        for name in ["foo", "", "a/../b", "a//b"] {
            let json = format!(r#"{{"full_name":{name:?}}}"#);
            let repository: Repository = serde_json::from_str(&json).unwrap();
            assert!(repository.into_info().is_err(), "{name}");
        }
    }

    #[test]
    fn an_empty_repository_has_no_default_branch() {
        let read = |empty| {
            let json = format!(r#"{{"full_name":"a/b","empty":{empty},"default_branch":"main"}}"#);
            let repository: Repository = serde_json::from_str(&json).unwrap();
            repository.default_branch()
        };
        assert_eq!(read(true), None);
        assert_eq!(read(false).as_deref(), Some("main"));
    }

    #[test]
    fn the_ghost_is_nobody() {
        let read = |json: &str| serde_json::from_str::<Account>(json).unwrap().known();
        assert_eq!(read(r#"{"id":-1,"login":"Ghost"}"#), None);
        let bob = read(r#"{"id":3,"login":"bob","full_name":"","email":null}"#).unwrap();
        assert_eq!(
            (bob.login.as_str(), bob.name, bob.email),
            ("bob", None, None)
        );
    }
}
