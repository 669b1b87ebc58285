//! What GitLab answers, as far as more than one area reads it.
//!
//! Null is taken wherever it may stand, unknown fields are ignored, and a time that cannot be read is none.

use chrono::{DateTime, Utc};
use ogr_core::{
    ChangedFile, Commit, FileStatus, ProjectInfo, ProjectPath, Signature, User, Visibility,
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A time in any form of RFC 3339; everything else is none.
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

/// A text that is there and not empty.
pub(crate) fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// `group/subgroup/name`, as GitLab writes it.
pub(crate) fn path(full: &str) -> Option<ProjectPath> {
    let (namespace, name) = full.rsplit_once('/')?;
    (!namespace.is_empty() && !name.is_empty()).then(|| ProjectPath::new(namespace, name))
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct UserRow {
    id: Option<u64>,
    username: Option<String>,
    name: Option<String>,
    email: Option<String>,
    public_email: Option<String>,
    web_url: Option<String>,
}

impl UserRow {
    /// `None` for an account that is gone, of which only a shell is told.
    pub(crate) fn into_user(self) -> Option<User> {
        let mut user = User::new(text(self.username)?);
        user.id = self.id.map(|id| id.to_string());
        user.name = text(self.name);
        user.email = text(self.email).or_else(|| text(self.public_email));
        user.web_url = self.web_url;
        Some(user)
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CommitRow {
    pub(crate) id: String,
    title: Option<String>,
    message: Option<String>,
    author_name: Option<String>,
    author_email: Option<String>,
    #[serde(default, deserialize_with = "time")]
    authored_date: Option<DateTime<Utc>>,
    committer_name: Option<String>,
    committer_email: Option<String>,
    #[serde(default, deserialize_with = "time")]
    committed_date: Option<DateTime<Utc>>,
    parent_ids: Option<Vec<String>>,
    web_url: Option<String>,
}

impl CommitRow {
    pub(crate) fn into_commit(self) -> Commit {
        let mut commit = Commit::new(self.id);
        commit.message = self.message.or(self.title);
        commit.author = signature(self.author_name, self.author_email, self.authored_date);
        commit.committer = signature(
            self.committer_name,
            self.committer_email,
            self.committed_date,
        );
        commit.parents = self.parent_ids;
        commit.web_url = self.web_url;
        commit
    }
}

fn signature(
    name: Option<String>,
    email: Option<String>,
    date: Option<DateTime<Utc>>,
) -> Option<Signature> {
    if name.is_none() && email.is_none() {
        return None;
    }
    let mut signature = Signature::new(name.unwrap_or_default(), email.unwrap_or_default());
    signature.date = date;
    Some(signature)
}

/// A file that differs, in merge requests, commits and comparisons.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct DiffRow {
    pub(crate) old_path: Option<String>,
    pub(crate) new_path: Option<String>,
    pub(crate) a_mode: Option<String>,
    pub(crate) b_mode: Option<String>,
    pub(crate) diff: Option<String>,
    new_file: Option<bool>,
    renamed_file: Option<bool>,
    deleted_file: Option<bool>,
    collapsed: Option<bool>,
    too_large: Option<bool>,
}

impl DiffRow {
    pub(crate) fn is_new(&self) -> bool {
        self.new_file == Some(true)
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted_file == Some(true)
    }

    pub(crate) fn is_renamed(&self) -> bool {
        self.renamed_file == Some(true)
    }

    pub(crate) fn is_binary(&self) -> bool {
        self.diff.as_deref().is_some_and(|diff| {
            diff.starts_with("Binary files ") || diff.contains("\nBinary files ")
        })
    }

    /// Whether GitLab left the text out. Before it said so, a changed file came with an empty one.
    pub(crate) fn is_cut(&self) -> bool {
        if self.too_large == Some(true) || self.collapsed == Some(true) {
            return true;
        }
        let explained =
            self.is_new() || self.is_deleted() || self.is_renamed() || self.a_mode != self.b_mode;
        self.hunks().is_empty() && !self.is_binary() && !explained
    }

    /// The text from its first `@@` on: some versions put file names before that, others do not.
    pub(crate) fn hunks(&self) -> &str {
        let diff = self.diff.as_deref().unwrap_or_default();
        if diff.starts_with("@@") {
            return diff;
        }
        diff.find("\n@@").map_or("", |at| &diff[at + 1..])
    }

    pub(crate) fn into_changed_file(self) -> Option<ChangedFile> {
        let status = if self.is_new() {
            FileStatus::Added
        } else if self.is_deleted() {
            FileStatus::Removed
        } else if self.is_renamed() {
            FileStatus::Renamed
        } else {
            FileStatus::Modified
        };
        let counted = (!self.is_cut() && !self.is_binary()).then(|| {
            let count = |sign| {
                let lines = self.hunks().lines().filter(|line| line.starts_with(sign));
                u64::try_from(lines.count()).unwrap_or(u64::MAX)
            };
            (count('+'), count('-'))
        });
        let (path, other) = if status == FileStatus::Removed {
            (self.old_path.or(self.new_path)?, None)
        } else {
            (
                self.new_path.or_else(|| self.old_path.clone())?,
                self.old_path,
            )
        };
        let mut file = ChangedFile::new(path, status);
        file.previous_path = other.filter(|other| *other != file.path);
        (file.additions, file.deletions) = counted.unzip();
        Some(file)
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ParentRow {
    path_with_namespace: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProjectRow {
    pub(crate) id: u64,
    pub(crate) path_with_namespace: String,
    description: Option<String>,
    default_branch: Option<String>,
    visibility: Option<String>,
    web_url: Option<String>,
    http_url_to_repo: Option<String>,
    ssh_url_to_repo: Option<String>,
    forked_from_project: Option<ParentRow>,
    pub(crate) archived: Option<bool>,
    empty_repo: Option<bool>,
    import_status: Option<String>,
    issues_enabled: Option<bool>,
    pub(crate) merge_requests_enabled: Option<bool>,
    pub(crate) merge_method: Option<String>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    last_activity_at: Option<DateTime<Utc>>,
}

impl ProjectRow {
    pub(crate) fn path(&self) -> ProjectPath {
        path(&self.path_with_namespace)
            .unwrap_or_else(|| ProjectPath::bare(&self.path_with_namespace))
    }

    pub(crate) fn default_branch(&self) -> Option<String> {
        // An empty repository has the name of the branch that is to come.
        text(self.default_branch.clone()).filter(|_| self.empty_repo != Some(true))
    }

    /// `anonymous`: whether it was read without a credential. Such answers leave the visibility out, and show nothing
    /// but what everybody sees.
    pub(crate) fn into_info(self, anonymous: bool) -> ProjectInfo {
        let web_url = self.web_url.clone().unwrap_or_default();
        let mut info = ProjectInfo::new(self.path(), web_url);
        info.default_branch = self.default_branch();
        info.id = Some(self.id.to_string());
        info.description = text(self.description);
        info.visibility = match self.visibility.as_deref() {
            Some("public") => Visibility::Public,
            Some("internal") => Visibility::Internal,
            Some("private") => Visibility::Private,
            None if anonymous => Visibility::Public,
            _ => Visibility::Unknown,
        };
        info.http_url = self.http_url_to_repo;
        info.ssh_url = self.ssh_url_to_repo;
        info.is_fork = Some(self.forked_from_project.is_some());
        info.parent = self
            .forked_from_project
            .and_then(|parent| path(&parent.path_with_namespace?));
        info.archived = self.archived;
        info.empty = self.empty_repo;
        // "none" is a project that was not made by copying; one whose copying failed will never be ready.
        info.ready = self
            .import_status
            .map(|status| matches!(status.as_str(), "none" | "finished"));
        info.has_issues = self.issues_enabled;
        info.has_pull_requests = self.merge_requests_enabled;
        info.created_at = self.created_at;
        info.updated_at = self.updated_at.or(self.last_activity_at);
        info
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nulls_everywhere_leave_the_identity() {
        let row: ProjectRow = serde_json::from_value(json!({
            "id": 7, "path_with_namespace": "g/s/p", "description": null, "default_branch": null,
            "visibility": null, "web_url": null, "forked_from_project": null, "archived": null,
            "import_status": null, "created_at": null, "last_activity_at": "yesterday"
        }))
        .unwrap();
        let info = row.into_info(false);
        assert_eq!(info.path, ProjectPath::new("g/s", "p"));
        assert_eq!(info.visibility, Visibility::Unknown);
        assert_eq!((info.ready, info.updated_at), (None, None));
        let row: CommitRow = serde_json::from_value(json!({
            "id": "abc", "title": "t", "parent_ids": null, "author_name": null
        }))
        .unwrap();
        let commit = row.into_commit();
        assert_eq!((commit.parents, commit.author), (None, None));
        assert_eq!(commit.message.as_deref(), Some("t"));
        let row: UserRow = serde_json::from_value(json!({"id": 1, "username": null})).unwrap();
        assert_eq!(row.into_user(), None);
    }

    #[test]
    fn a_fork_is_ready_when_its_import_is() {
        let ready = |status: &str| {
            let row: ProjectRow = serde_json::from_value(json!({
                "id": 7, "path_with_namespace": "g/p", "import_status": status, "visibility": "internal",
                "forked_from_project": {"path_with_namespace": "up/p"},
                "default_branch": "main", "empty_repo": status == "scheduled"
            }))
            .unwrap();
            let info = row.into_info(false);
            assert_eq!(info.parent, Some(ProjectPath::new("up", "p")));
            assert_eq!(info.visibility, Visibility::Internal);
            (info.ready, info.default_branch)
        };
        assert_eq!(ready("scheduled"), (Some(false), None));
        assert_eq!(ready("finished"), (Some(true), Some("main".into())));
        assert_eq!(ready("none").0, Some(true));
        assert_eq!(ready("failed").0, Some(false));
    }

    #[test]
    fn diffs_with_and_without_file_names_count_the_same() {
        for diff in [
            "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-old\n+new\n+newer\n same",
            "@@ -1,2 +1,2 @@\n-old\n+new\n+newer\n same",
        ] {
            let row: DiffRow = serde_json::from_value(json!({
                "old_path": "x", "new_path": "x", "a_mode": "100644", "b_mode": "100644", "diff": diff,
                "new_file": false, "renamed_file": false, "deleted_file": false
            }))
            .unwrap();
            let file = row.into_changed_file().unwrap();
            assert_eq!((file.additions, file.deletions), (Some(2), Some(1)));
            assert_eq!(file.previous_path, None);
        }
        let cut: DiffRow = serde_json::from_value(
            json!({"old_path": "x", "new_path": "x", "diff": "", "too_large": true}),
        )
        .unwrap();
        assert_eq!(cut.into_changed_file().unwrap().additions, None);
        let renamed: DiffRow = serde_json::from_value(
            json!({"old_path": "x", "new_path": "y", "diff": "", "renamed_file": true}),
        )
        .unwrap();
        let file = renamed.into_changed_file().unwrap();
        assert_eq!(file.status, FileStatus::Renamed);
        assert_eq!(file.previous_path.as_deref(), Some("x"));
        assert_eq!(file.additions, Some(0));
    }

    #[test]
    fn times_come_in_every_offset() {
        let row: CommitRow = serde_json::from_value(json!({
            "id": "a", "author_name": "n", "authored_date": "2012-06-28T03:44:20-07:00"
        }))
        .unwrap();
        let author = row.into_commit().author.unwrap();
        assert_eq!(
            author.date.unwrap().to_rfc3339(),
            "2012-06-28T10:44:20+00:00"
        );
    }
}
