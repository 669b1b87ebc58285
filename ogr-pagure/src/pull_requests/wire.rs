//! Pull requests and their comments as Pagure tells them.

use chrono::{DateTime, Utc};
use ogr_core::{Base, Comment, Head, Mergeable, Page, Project, PullRequest, PullRequestState};
use serde::Deserialize;

use crate::{
    PagureProject,
    wire::{Pagination, ProjectWire, UserWire, or_default, time},
};

#[derive(Debug, Clone, Deserialize)]
pub(super) struct PullWire {
    pub(super) id: u64,
    uid: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) title: String,
    pub(super) initial_comment: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    user: Option<UserWire>,
    #[serde(default, deserialize_with = "or_default")]
    branch: String,
    #[serde(default, deserialize_with = "or_default")]
    branch_from: String,
    /// The oldest commit; null when there is nothing to bring in.
    pub(super) commit_start: Option<String>,
    /// The newest commit: the head.
    pub(super) commit_stop: Option<String>,
    project: Option<ProjectWire>,
    /// Null when the fork is gone, and when the branch is in a repository elsewhere.
    repo_from: Option<ProjectWire>,
    #[serde(default, deserialize_with = "or_default")]
    tags: Vec<String>,
    full_url: Option<String>,
    cached_merge_status: Option<String>,
    closed_by: Option<UserWire>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) comments: Vec<CommentWire>,
    #[serde(default, deserialize_with = "time")]
    date_created: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    last_updated: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    updated_on: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    closed_at: Option<DateTime<Utc>>,
}

impl PullWire {
    pub(super) fn state(&self) -> PullRequestState {
        match self.status.as_str() {
            "Open" => PullRequestState::Open,
            "Closed" => PullRequestState::Closed,
            "Merged" => PullRequestState::Merged,
            other => PullRequestState::Other(other.to_owned()),
        }
    }

    /// What Pagure worked out when somebody last looked at the page of an open pull request.
    fn mergeable(&self) -> Mergeable {
        match (self.state(), self.cached_merge_status.as_deref()) {
            (PullRequestState::Open, Some("FFORWARD" | "MERGE")) => Mergeable::Yes,
            (PullRequestState::Open, Some("CONFLICTS")) => Mergeable::No,
            // `NO_CHANGE` is neither: there is nothing to merge.
            _ => Mergeable::Unknown,
        }
    }

    /// As a pull request of the project that was asked.
    pub(super) fn into_pull(self, asked: &PagureProject) -> PullRequest {
        let state = self.state();
        let mergeable = self.mergeable();
        let from = self.repo_from.as_ref().map(ProjectWire::path);
        let to = self.project.as_ref().map(ProjectWire::path);
        let mut head = Head::new(from, self.branch_from);
        head.sha = self.commit_stop;
        let base = Base::new(Some(to.unwrap_or_else(|| asked.path.clone())), self.branch);
        let page = self
            .full_url
            .unwrap_or_else(|| asked.web_url(&Page::PullRequest(self.id)).to_string());
        let mut pull = PullRequest::new(self.id, self.title, head, base, page);
        pull.id = self.uid;
        pull.body = self.initial_comment;
        pull.author = self.user.map(Into::into);
        pull.labels = self.tags;
        pull.mergeable = mergeable;
        pull.created_at = self.date_created;
        pull.updated_at = self.last_updated.max(self.updated_on);
        // One that was opened again still tells of its closing.
        if state != PullRequestState::Open {
            pull.closed_by = self.closed_by.map(Into::into);
            pull.closed_at = self.closed_at;
        }
        if state == PullRequestState::Merged {
            pull.merged_at = self.closed_at;
        }
        pull.state = state;
        pull
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct CommentWire {
    id: u64,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) comment: String,
    user: Option<UserWire>,
    /// Whether Pagure wrote it by itself: "Pull-Request has been merged by alice".
    #[serde(default, deserialize_with = "or_default")]
    pub(super) notification: bool,
    #[serde(default, deserialize_with = "time")]
    date_created: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    edited_on: Option<DateTime<Utc>>,
}

impl CommentWire {
    pub(super) fn is_by(&self, login: &str) -> bool {
        self.user
            .clone()
            .is_some_and(|user| ogr_core::User::from(user).login == login)
    }

    pub(super) fn into_comment(self, pull_page: &str) -> Comment {
        let mut comment = Comment::new(self.id.to_string(), self.comment);
        comment.author = self.user.map(Into::into);
        comment.created_at = self.date_created;
        comment.updated_at = self.edited_on.or(self.date_created);
        comment.web_url = Some(format!("{pull_page}#comment-{}", self.id));
        comment
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PullsWire {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) requests: Vec<PullWire>,
    pub(super) pagination: Option<Pagination>,
    pub(super) total_requests: Option<u64>,
}

/// How one file changes.
#[derive(Debug, Deserialize)]
pub(super) struct StatWire {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) status: String,
    pub(super) old_path: Option<String>,
    pub(super) lines_added: Option<u64>,
    pub(super) lines_removed: Option<u64>,
}
