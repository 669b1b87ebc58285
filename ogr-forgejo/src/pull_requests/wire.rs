//! What the answers about pull requests are made of.

use chrono::{DateTime, Utc};
use ogr_core::{
    Base, ChangedFile, Comment, Head, Mergeable, ProjectPath, PullRequest, PullRequestState,
};
use serde::Deserialize;

use crate::{
    refs::file_status,
    wire::{Account, Repository, list, said, time},
};

/// A pull request.
#[derive(Debug, Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    #[serde(default)]
    id: Option<u64>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    pub(super) merged: Option<bool>,
    #[serde(default)]
    draft: Option<bool>,
    #[serde(default)]
    mergeable: Option<bool>,
    #[serde(default)]
    user: Option<Account>,
    #[serde(default)]
    merged_by: Option<Account>,
    #[serde(default, deserialize_with = "list")]
    labels: Vec<LabelRow>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    pub(super) merge_commit_sha: Option<String>,
    #[serde(default)]
    allow_maintainer_edit: Option<bool>,
    #[serde(default)]
    pub(super) base: Option<Side>,
    #[serde(default)]
    pub(super) head: Option<Side>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    closed_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    merged_at: Option<DateTime<Utc>>,
}

/// A label, of a project or of an organisation.
#[derive(Debug, Deserialize)]
pub(super) struct LabelRow {
    #[serde(default)]
    pub(super) id: i64,
    pub(super) name: String,
}

/// One side of a pull request.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Side {
    /// The branch, without its owner. It keeps the name when the branch is gone, and is empty for a pull request that was pushed
    /// to `refs/for/…` and has no branch.
    #[serde(default)]
    label: Option<String>,
    /// The branch while it is there, else `refs/pull/7/head`.
    #[serde(default, rename = "ref")]
    reference: Option<String>,
    #[serde(default)]
    pub(super) sha: Option<String>,
    /// `null` when the fork is gone.
    #[serde(default)]
    pub(super) repo: Option<Repository>,
}

impl Side {
    fn branch(&self) -> String {
        let name = said(self.label.clone())
            .or_else(|| said(self.reference.clone()))
            .unwrap_or_default();
        // No branch has a colon in it: what stands before one would be an owner.
        match name.rsplit_once(':') {
            Some((_, branch)) => branch.to_owned(),
            None => name,
        }
    }

    fn project(&self) -> Option<ProjectPath> {
        self.repo.as_ref()?.path().ok()
    }
}

impl Pull {
    pub(super) fn is_merged(&self) -> bool {
        self.merged == Some(true)
    }

    pub(super) fn is_open(&self) -> bool {
        self.state() == PullRequestState::Open
    }

    pub(super) fn head_sha(&self) -> Option<&str> {
        self.head.as_ref()?.sha.as_deref()
    }

    fn state(&self) -> PullRequestState {
        match (self.merged, self.state.as_deref()) {
            (Some(true), _) => PullRequestState::Merged,
            (_, Some("open")) => PullRequestState::Open,
            (_, Some("closed")) => PullRequestState::Closed,
            (_, other) => PullRequestState::Other(other.unwrap_or_default().to_owned()),
        }
    }

    /// The pull request, as one of this project.
    pub(super) fn into_pull(self, project: &ProjectPath) -> PullRequest {
        let state = self.state();
        let head_side = self.head.unwrap_or_default();
        let base_side = self.base.unwrap_or_default();
        let mut head = Head::new(head_side.project(), head_side.branch());
        head.sha = said(head_side.sha);
        let base_project = base_side.project().unwrap_or_else(|| project.clone());
        let mut base = Base::new(Some(base_project), base_side.branch());
        base.sha = said(base_side.sha);
        let mut pull = PullRequest::new(
            self.number,
            self.title.unwrap_or_default(),
            head,
            base,
            self.html_url.unwrap_or_default(),
        );
        pull.id = self.id.map(|id| id.to_string());
        pull.body = self.body;
        pull.draft = self.draft;
        pull.author = self.user.and_then(Account::known);
        pull.labels = self.labels.into_iter().map(|label| label.name).collect();
        // "No" stands for a conflict, for a check that is not done, for a failed one and for a draft.
        pull.mergeable = match (&state, self.mergeable) {
            (PullRequestState::Open, Some(true)) => Mergeable::Yes,
            _ => Mergeable::Unknown,
        };
        pull.merge_commit =
            said(self.merge_commit_sha).filter(|_| state == PullRequestState::Merged);
        pull.maintainer_edit = self.allow_maintainer_edit;
        pull.closed_by = self.merged_by.and_then(Account::known);
        pull.created_at = self.created_at;
        pull.updated_at = self.updated_at;
        pull.closed_at = self.closed_at;
        pull.merged_at = self.merged_at;
        pull.state = state;
        pull
    }
}

/// A comment.
#[derive(Debug, Deserialize)]
pub(super) struct CommentRow {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<Account>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<DateTime<Utc>>,
}

impl From<CommentRow> for Comment {
    fn from(row: CommentRow) -> Self {
        let mut comment = Comment::new(row.id.to_string(), row.body.unwrap_or_default());
        comment.author = row.user.and_then(Account::known);
        comment.web_url = said(row.html_url);
        comment.created_at = row.created_at;
        comment.updated_at = row.updated_at;
        comment
    }
}

/// A file that a pull request changes.
#[derive(Debug, Deserialize)]
pub(super) struct FileRow {
    filename: String,
    #[serde(default)]
    previous_filename: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    additions: Option<u64>,
    #[serde(default)]
    deletions: Option<u64>,
}

impl From<FileRow> for ChangedFile {
    fn from(row: FileRow) -> Self {
        let mut file = ChangedFile::new(row.filename, file_status(row.status));
        file.previous_path = said(row.previous_filename);
        file.additions = row.additions;
        file.deletions = row.deletions;
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> PullRequest {
        serde_json::from_str::<Pull>(json)
            .unwrap()
            .into_pull(&ProjectPath::new("rpms", "foo"))
    }

    #[test]
    fn takes_null_for_everything_but_the_number() {
        let pull = read(
            r#"{"number":7,"title":null,"body":null,"state":null,"merged":null,"draft":null,"mergeable":null,"user":null,
                "labels":null,"head":null,"base":null,"merged_at":null,"created_at":null}"#,
        );
        assert_eq!(pull.state, PullRequestState::Other(String::new()));
        assert_eq!(pull.base.project, Some(ProjectPath::new("rpms", "foo")));
        assert_eq!((pull.author, pull.mergeable), (None, Mergeable::Unknown));
    }

    #[test]
    fn the_branch_keeps_its_name_when_it_is_gone() {
        let head = |label: &str, reference: &str, repo: &str| {
            read(&format!(
                r#"{{"number":7,"state":"open","head":{{"label":{label:?},"ref":{reference:?},"repo":{repo}}}}}"#
            ))
            .head
        };
        let bob = r#"{"full_name":"bob/foo"}"#;
        let gone = head("update", "refs/pull/7/head", bob);
        assert_eq!(gone.branch, "update");
        assert_eq!(gone.project, Some(ProjectPath::new("bob", "foo")));
        assert_eq!(head("update", "update", "null").project, None);
        assert_eq!(head("", "refs/pull/7/head", bob).branch, "refs/pull/7/head");
        assert_eq!(head("bob:update", "update", bob).branch, "update");
    }

    #[test]
    fn mergeable_is_said_of_open_ones_only_and_no_is_no_answer() {
        let of = |state: &str, merged: bool, mergeable: bool| {
            let pull = read(&format!(
                r#"{{"number":7,"state":{state:?},"merged":{merged},"mergeable":{mergeable},"merge_commit_sha":"c"}}"#
            ));
            (pull.state, pull.mergeable, pull.merge_commit.is_some())
        };
        assert_eq!(
            of("open", false, true),
            (PullRequestState::Open, Mergeable::Yes, false)
        );
        assert_eq!(of("open", false, false).1, Mergeable::Unknown);
        assert_eq!(
            of("closed", true, true),
            (PullRequestState::Merged, Mergeable::Unknown, true)
        );
        assert_eq!(of("closed", false, true).0, PullRequestState::Closed);
    }
}
