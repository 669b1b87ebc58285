//! Merge requests as GitLab tells them.

use chrono::{DateTime, Utc};
use ogr_core::{Base, Comment, Head, Mergeable, ProjectPath, PullRequest, PullRequestState, User};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{
    project::GitLabProject,
    wire::{self, UserRow, text, time},
};

/// What GitLab puts before the title of a draft.
pub(super) const DRAFT: &str = "Draft: ";

/// The marks of a draft that GitLab knows, and those that it knew.
const MARKS: &[&str] = &["draft:", "[draft]", "(draft)", "wip:", "[wip]"];

#[derive(Debug, Clone, Deserialize)]
pub(super) struct PullRow {
    pub(super) iid: u64,
    id: Option<u64>,
    title: Option<String>,
    description: Option<String>,
    pub(super) state: Option<String>,
    draft: Option<bool>,
    work_in_progress: Option<bool>,
    author: Option<UserRow>,
    source_branch: Option<String>,
    target_branch: Option<String>,
    pub(super) source_project_id: Option<u64>,
    pub(super) target_project_id: Option<u64>,
    pub(super) sha: Option<String>,
    #[serde(default, deserialize_with = "labels")]
    pub(super) labels: Vec<String>,
    web_url: Option<String>,
    references: Option<ReferencesRow>,
    merge_status: Option<String>,
    pub(super) detailed_merge_status: Option<String>,
    merge_commit_sha: Option<String>,
    squash_commit_sha: Option<String>,
    allow_collaboration: Option<bool>,
    allow_maintainer_to_push: Option<bool>,
    merge_user: Option<UserRow>,
    merged_by: Option<UserRow>,
    closed_by: Option<UserRow>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    closed_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    merged_at: Option<DateTime<Utc>>,
    pub(super) diff_refs: Option<DiffRefsRow>,
    pub(super) merge_error: Option<String>,
    pub(super) merge_when_pipeline_succeeds: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
struct ReferencesRow {
    full: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct DiffRefsRow {
    pub(super) base_sha: Option<String>,
    pub(super) head_sha: Option<String>,
}

/// Names, or objects with a name where the server was asked for the particulars.
fn labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let rows = Option::<Vec<Value>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(rows
        .iter()
        .filter_map(|row| row.as_str().or_else(|| row["name"].as_str()))
        .map(str::to_owned)
        .collect())
}

impl PullRow {
    pub(super) fn is_draft(&self) -> Option<bool> {
        self.draft.or(self.work_in_progress)
    }

    pub(super) fn state(&self) -> PullRequestState {
        match self.state.as_deref() {
            Some("opened") | None => PullRequestState::Open,
            Some("closed") => PullRequestState::Closed,
            Some("merged") => PullRequestState::Merged,
            Some(other) => PullRequestState::Other(other.to_owned()),
        }
    }

    /// The title without the mark of a draft.
    pub(super) fn title(&self) -> String {
        let title = self.title.as_deref().unwrap_or_default();
        if self.is_draft() == Some(true) {
            unmarked(title).to_owned()
        } else {
            title.to_owned()
        }
    }

    pub(super) fn source_branch(&self) -> String {
        self.source_branch.clone().unwrap_or_default()
    }

    pub(super) fn target_branch(&self) -> String {
        self.target_branch.clone().unwrap_or_default()
    }

    /// Whether the head is in the project that it wants to change.
    pub(super) fn is_inside(&self) -> bool {
        self.source_project_id.is_some() && self.source_project_id == self.target_project_id
    }

    /// The commit that the merge made: by itself, or by squashing before it moved the target forward.
    pub(super) fn merge_commit(&self) -> Option<String> {
        self.merge_commit_sha
            .clone()
            .or_else(|| self.squash_commit_sha.clone())
    }

    /// Whether this commit is the head, or was made by the merge.
    pub(super) fn is_about(&self, sha: &str) -> bool {
        [&self.sha, &self.merge_commit_sha, &self.squash_commit_sha]
            .into_iter()
            .flatten()
            .any(|known| {
                known
                    .get(..sha.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(sha))
            })
    }

    /// Whether GitLab is still working out whether it can be merged.
    pub(super) fn is_being_checked(&self) -> bool {
        const WORDS: &[&str] = &[
            "unchecked",
            "checking",
            "cannot_be_merged_recheck",
            "cannot_be_merged_rechecking",
            "preparing",
            "approvals_syncing",
        ];
        let detailed = self.detailed_merge_status.as_deref();
        match detailed.or(self.merge_status.as_deref()) {
            Some(word) => WORDS.contains(&word),
            None => false,
        }
    }

    pub(super) fn mergeable(&self) -> Mergeable {
        match self.merge_status.as_deref() {
            Some("can_be_merged") => return Mergeable::Yes,
            Some("cannot_be_merged") => return Mergeable::No,
            // Deprecated: it may go one day.
            Some(_) => return Mergeable::Unknown,
            None => {}
        }
        // Most of its words tell of rules and not of conflicts.
        match self.detailed_merge_status.as_deref() {
            Some("mergeable") => Mergeable::Yes,
            Some("conflict" | "broken_status") => Mergeable::No,
            _ => Mergeable::Unknown,
        }
    }

    /// The project that it wants to change, by its present path.
    fn base_project(&self, project: &GitLabProject) -> ProjectPath {
        self.references
            .as_ref()
            .and_then(|references| references.full.as_deref())
            .and_then(|full| full.rsplit_once('!'))
            .and_then(|(full, _)| wire::path(full))
            .unwrap_or_else(|| project.path.clone())
    }

    /// The project that the head is in, without asking: that of the target, or one that an answer told of before.
    fn head_project(&self, project: &GitLabProject, base: &ProjectPath) -> Option<ProjectPath> {
        if self.is_inside() {
            return Some(base.clone());
        }
        let gitlab = &project.gitlab;
        gitlab.memo.path(gitlab.identity(), self.source_project_id?)
    }

    pub(super) fn into_pull_request(self, project: &GitLabProject) -> PullRequest {
        let base_project = self.base_project(project);
        let head_project = self.head_project(project, &base_project);
        let mut head = Head::new(head_project, self.source_branch());
        head.sha.clone_from(&self.sha);
        let mut base = Base::new(Some(base_project), self.target_branch());
        base.sha = self
            .diff_refs
            .as_ref()
            .and_then(|refs| refs.base_sha.clone());
        let web_url = text(self.web_url.clone())
            .unwrap_or_else(|| project.pull_request_url(self.iid).to_string());
        let mut pull = PullRequest::new(self.iid, self.title(), head, base, web_url);
        pull.state = self.state();
        pull.draft = self.is_draft();
        pull.mergeable = self.mergeable();
        pull.merge_commit = self.merge_commit();
        pull.id = self.id.map(|id| id.to_string());
        pull.body = text(self.description);
        pull.author = user(self.author);
        pull.labels = self.labels;
        pull.maintainer_edit = self.allow_collaboration.or(self.allow_maintainer_to_push);
        pull.closed_by = user(self.merge_user.or(self.merged_by).or(self.closed_by));
        pull.created_at = self.created_at;
        pull.updated_at = self.updated_at;
        pull.closed_at = self.closed_at.or(self.merged_at);
        pull.merged_at = self.merged_at;
        pull
    }
}

fn user(row: Option<UserRow>) -> Option<User> {
    row.and_then(UserRow::into_user)
}

/// Whether a title makes a draft.
pub(super) fn is_marked(title: &str) -> bool {
    unmarked(title).len() < title.len()
}

fn unmarked(title: &str) -> &str {
    let mut rest = title.trim_start();
    loop {
        let found = MARKS.iter().find_map(|mark| {
            rest.get(..mark.len())
                .filter(|start| start.eq_ignore_ascii_case(mark))
        });
        match found {
            Some(mark) => rest = rest[mark.len()..].trim_start(),
            None => return rest,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct NoteRow {
    /// Absent where the text was nothing but quick actions (`/close`): GitLab carries them out and keeps no note.
    pub(super) id: Option<u64>,
    body: Option<String>,
    author: Option<UserRow>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<DateTime<Utc>>,
}

impl NoteRow {
    pub(super) fn into_comment(self, written: &str, page: &str) -> Comment {
        let id = self.id.map(|id| id.to_string());
        let body = self.body.unwrap_or_else(|| written.to_owned());
        let mut comment = Comment::new(id.clone().unwrap_or_default(), body);
        comment.author = user(self.author);
        comment.created_at = self.created_at;
        comment.updated_at = self.updated_at;
        comment.web_url = id.map(|id| format!("{page}#note_{id}"));
        comment
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: Value) -> PullRow {
        let mut whole = json!({"iid": 7});
        whole
            .as_object_mut()
            .unwrap()
            .extend(value.as_object().unwrap().clone());
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn a_draft_is_one_by_its_title() {
        for title in [
            "Draft: x",
            "draft:x",
            "[Draft] x",
            "(DRAFT)  x",
            "Draft: Draft: x",
            "WIP: x",
        ] {
            assert!(is_marked(title), "{title}");
            assert_eq!(row(json!({"title": title, "draft": true})).title(), "x");
        }
        for title in ["Drafty: x", "x draft:", "ä: x", ""] {
            assert!(!is_marked(title), "{title}");
        }
        // A title that only looks like one is left alone.
        assert_eq!(
            row(json!({"title": "WIP: x", "draft": false})).title(),
            "WIP: x"
        );
        assert_eq!(
            row(json!({"title": "WIP: x", "work_in_progress": true})).title(),
            "x"
        );
    }

    #[test]
    fn labels_come_as_names_or_as_objects_or_not_at_all() {
        assert_eq!(
            row(json!({"labels": ["a", {"name": "b"}, 3]})).labels,
            ["a", "b"]
        );
        assert!(row(json!({"labels": null})).labels.is_empty());
        assert!(row(json!({})).labels.is_empty());
    }

    #[test]
    fn what_is_not_worked_out_is_unknown() {
        let mergeable = |status: &str, detailed: &str| {
            row(json!({"merge_status": status, "detailed_merge_status": detailed})).mergeable()
        };
        assert_eq!(mergeable("can_be_merged", "draft_status"), Mergeable::Yes);
        assert_eq!(mergeable("cannot_be_merged", "conflict"), Mergeable::No);
        for word in ["unchecked", "checking", "cannot_be_merged_recheck", "new"] {
            assert_eq!(mergeable(word, word), Mergeable::Unknown);
        }
        let detailed = |word: &str| row(json!({"detailed_merge_status": word})).mergeable();
        assert_eq!(detailed("mergeable"), Mergeable::Yes);
        assert_eq!(detailed("conflict"), Mergeable::No);
        assert_eq!(detailed("ci_still_running"), Mergeable::Unknown);
        assert!(row(json!({"merge_status": "checking"})).is_being_checked());
        assert!(
            !row(json!({"merge_status": "unchecked", "detailed_merge_status": "draft_status"}))
                .is_being_checked()
        );
    }

    #[test]
    fn a_commit_is_known_as_head_or_merge() {
        let row = row(
            json!({"sha": "aaaa1111", "merge_commit_sha": "bbbb2222", "squash_commit_sha": null}),
        );
        for sha in ["aaaa1111", "AAAA", "bbbb2222"] {
            assert!(row.is_about(sha), "{sha}");
        }
        for sha in ["cccc", "aaaa11112", "1111"] {
            assert!(!row.is_about(sha), "{sha}");
        }
    }
}
