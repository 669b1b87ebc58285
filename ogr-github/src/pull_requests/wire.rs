//! What GitHub says of pull requests.

use chrono::{DateTime, Utc};
use ogr_core::{Base, Comment, Head, Mergeable, PullRequest, PullRequestState};
use serde::Deserialize;

use crate::wire::{Label, RepositoryName, User, time};

#[derive(Debug, Deserialize)]
pub(super) struct PullWire {
    number: u64,
    id: Option<u64>,
    /// The id that GraphQL goes by.
    pub(super) node_id: Option<String>,
    title: Option<String>,
    body: Option<String>,
    state: Option<String>,
    draft: Option<bool>,
    user: Option<User>,
    head: Option<Side>,
    base: Option<Side>,
    labels: Option<Vec<Label>>,
    html_url: Option<String>,
    /// Not in lists. `null` while GitHub works it out.
    pub(super) mergeable: Option<bool>,
    /// The commit that the merge made; of one that is open, the commit that tries whether it can be merged.
    merge_commit_sha: Option<String>,
    maintainer_can_modify: Option<bool>,
    merged: Option<bool>,
    merged_by: Option<User>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    closed_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    merged_at: Option<DateTime<Utc>>,
}

/// One of the two sides: head or base.
#[derive(Debug, Default, Deserialize)]
struct Side {
    #[serde(rename = "ref")]
    branch: Option<String>,
    sha: Option<String>,
    /// `null` when the fork is gone.
    repo: Option<RepositoryName>,
}

impl PullWire {
    /// Rows of lists have the time alone.
    pub(super) fn is_merged(&self) -> bool {
        self.merged == Some(true) || self.merged_at.is_some()
    }

    pub(super) fn is_open(&self) -> bool {
        self.state.as_deref() == Some("open")
    }

    /// Whether the head is this commit, if one is demanded.
    pub(super) fn head_is(&self, expected: Option<&str>) -> bool {
        let sha = self.head.as_ref().and_then(|head| head.sha.as_deref());
        expected.is_none_or(|expected| sha.is_some_and(|sha| sha.eq_ignore_ascii_case(expected)))
    }

    pub(super) fn into_pull_request(self) -> PullRequest {
        let merged = self.is_merged();
        let head = self.head.unwrap_or_default();
        let base = self.base.unwrap_or_default();
        let mut from = Head::new(
            head.repo.as_ref().and_then(RepositoryName::path),
            head.branch.unwrap_or_default(),
        );
        from.sha = head.sha;
        let mut into = Base::new(
            base.repo.as_ref().and_then(RepositoryName::path),
            base.branch.unwrap_or_default(),
        );
        into.sha = base.sha;
        let mut pull = PullRequest::new(
            self.number,
            self.title.unwrap_or_default(),
            from,
            into,
            self.html_url.unwrap_or_default(),
        );
        pull.id = self.id.map(|id| id.to_string());
        pull.body = self.body;
        pull.state = match self.state.as_deref().unwrap_or_default() {
            _ if merged => PullRequestState::Merged,
            "open" => PullRequestState::Open,
            "closed" => PullRequestState::Closed,
            other => PullRequestState::Other(other.to_owned()),
        };
        pull.draft = self.draft;
        pull.author = self.user.map(Into::into);
        pull.labels = Label::names(self.labels);
        pull.mergeable = match self.mergeable {
            Some(true) => Mergeable::Yes,
            Some(false) => Mergeable::No,
            None => Mergeable::Unknown,
        };
        pull.merge_commit = self.merge_commit_sha.filter(|_| merged);
        pull.maintainer_edit = self.maintainer_can_modify;
        pull.closed_by = self.merged_by.map(Into::into);
        pull.created_at = self.created_at;
        pull.updated_at = self.updated_at;
        pull.closed_at = self.closed_at;
        pull.merged_at = self.merged_at;
        pull
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct CommentWire {
    id: u64,
    body: Option<String>,
    user: Option<User>,
    html_url: Option<String>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<DateTime<Utc>>,
}

impl From<CommentWire> for Comment {
    fn from(wire: CommentWire) -> Self {
        let mut comment = Comment::new(wire.id.to_string(), wire.body.unwrap_or_default());
        comment.author = wire.user.map(Into::into);
        comment.created_at = wire.created_at;
        comment.updated_at = wire.updated_at;
        comment.web_url = wire.html_url;
        comment
    }
}
