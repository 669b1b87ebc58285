//! How a pull request looks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use super::super::call::Call;
use super::super::problem::Problem;
use super::super::projects::{Detail, repository};
use super::super::users::merge;
use super::super::view::{maybe_time, node_id, path, time};
use super::parts;
use crate::dialect::{Response, bytes};
use crate::git::LogQuery;
use crate::state::{Label, Mergeability, Project, ProjectId, PullRequest, PullState, State};

/// Pull requests in a list: with their labels and their authors, without whether they can be merged.
pub(in super::super) fn rows<'p>(
    call: &Call<'_>,
    state: &State,
    project: &Project,
    pulls: impl IntoIterator<Item = &'p PullRequest>,
) -> Result<Response, Problem> {
    let mut shared = Shared::new(project);
    let rows = pulls.into_iter();
    let rows = rows.map(|pull| row(call, state, project, pull, &mut shared));
    let rows = rows.collect::<Result<Vec<Row>, Problem>>()?;
    let text = serde_json::to_string(&rows).map_err(unwritable)?;
    Ok(bytes(200, "application/json; charset=utf-8", text))
}

/// One pull request. Most of it by weight is said about few projects and users over and over: those
/// parts are written once for all rows.
#[derive(Debug, Serialize)]
struct Row {
    #[serde(flatten)]
    own: Map<String, Value>,
    user: Arc<RawValue>,
    head: End,
    base: End,
}

/// Where a pull request comes from, or goes to.
#[derive(Debug, Serialize)]
struct End {
    label: String,
    r#ref: String,
    sha: String,
    user: Option<Arc<RawValue>>,
    repo: Option<Arc<RawValue>>,
}

/// What all rows of a list have in common, worked out once: a page costs its rows, not the project.
struct Shared<'a> {
    repositories: BTreeMap<ProjectId, Arc<RawValue>>,
    accounts: BTreeMap<String, Arc<RawValue>>,
    contributors: BTreeSet<&'a str>,
}

impl<'a> Shared<'a> {
    fn new(project: &'a Project) -> Self {
        let pulls = project.pull_requests.values();
        let merged = pulls.filter(|pull| pull.state == PullState::Merged);
        Self {
            repositories: BTreeMap::new(),
            accounts: BTreeMap::new(),
            contributors: merged.map(|pull| pull.author.as_str()).collect(),
        }
    }

    fn repository(
        &mut self,
        call: &Call<'_>,
        state: &State,
        project: &Project,
    ) -> Result<Arc<RawValue>, Problem> {
        if let Some(known) = self.repositories.get(&project.id) {
            return Ok(known.clone());
        }
        let text = written(&repository(call, state, project, Detail::Row))?;
        self.repositories.insert(project.id, text.clone());
        Ok(text)
    }

    fn account(
        &mut self,
        call: &Call<'_>,
        state: &State,
        login: &str,
    ) -> Result<Arc<RawValue>, Problem> {
        if let Some(known) = self.accounts.get(login) {
            return Ok(known.clone());
        }
        let text = written(&call.view.account(state, login))?;
        self.accounts.insert(login.to_owned(), text.clone());
        Ok(text)
    }
}

fn written(value: &Value) -> Result<Arc<RawValue>, Problem> {
    let text = to_raw_value(value).map_err(unwritable)?;
    Ok(text.into())
}

/// JSON that cannot be written would be the mock's own mistake.
fn unwritable(error: serde_json::Error) -> Problem {
    Problem::new(500, format!("ogr-mock: {error}"))
}

fn row(
    call: &Call<'_>,
    state: &State,
    project: &Project,
    pull: &PullRequest,
    shared: &mut Shared<'_>,
) -> Result<Row, Problem> {
    let urls = call.urls_of(&project.path());
    let (api, number) = (&urls.api, pull.number);
    let url = format!("{api}/pulls/{number}");
    let issue = format!("{api}/issues/{number}");
    let page = format!("{}/pull/{number}", urls.page);
    let statuses = format!("{api}/statuses/{}", pull.head.sha);
    let assignees = pull.assignees.iter();
    let assignees: Vec<Value> = assignees.map(|a| call.view.account(state, a)).collect();
    let labels = project.labels_of(&pull.labels).into_iter();
    let labels: Vec<Value> = labels.map(|l| label(call, project, l)).collect();
    let own = json!({
        "url": url,
        "id": pull.id,
        "node_id": node_id("PullRequest", pull.id),
        "html_url": page,
        "diff_url": format!("{page}.diff"),
        "patch_url": format!("{page}.patch"),
        "issue_url": issue,
        "number": number,
        "state": if pull.state == PullState::Open { "open" } else { "closed" },
        "locked": false,
        "title": pull.title,
        "body": pull.body,
        "created_at": time(pull.created_at),
        "updated_at": time(pull.updated_at),
        "closed_at": maybe_time(pull.closed_at),
        "merged_at": maybe_time(pull.merged_at),
        "merge_commit_sha": pull.merge_sha.as_ref().or(pull.test_merge.as_ref()),
        "assignee": assignees.first(),
        "assignees": assignees,
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": labels,
        "milestone": null,
        "draft": pull.draft,
        "commits_url": format!("{url}/commits"),
        "review_comments_url": format!("{url}/comments"),
        "review_comment_url": format!("{api}/pulls/comments{{/number}}"),
        "comments_url": format!("{issue}/comments"),
        "statuses_url": statuses,
        "_links": {
            "self": {"href": url},
            "html": {"href": page},
            "issue": {"href": issue},
            "comments": {"href": format!("{issue}/comments")},
            "review_comments": {"href": format!("{url}/comments")},
            "review_comment": {"href": format!("{api}/pulls/comments{{/number}}")},
            "commits": {"href": format!("{url}/commits")},
            "statuses": {"href": statuses},
        },
        "author_association": association(state, project, &pull.author, &shared.contributors),
        "auto_merge": null,
        "active_lock_reason": null,
    });
    let Value::Object(own) = own else {
        return Err(Problem::new(500, "ogr-mock: a pull request is an object"));
    };
    Ok(Row {
        own,
        user: shared.account(call, state, &pull.author)?,
        head: head(call, state, pull, shared)?,
        base: base(call, state, project, pull, shared)?,
    })
}

/// Where it comes from. A deleted fork leaves null.
fn head(
    call: &Call<'_>,
    state: &State,
    pull: &PullRequest,
    shared: &mut Shared<'_>,
) -> Result<End, Problem> {
    let head = &pull.head;
    let user = match state.account(&head.owner) {
        Some(_) => Some(shared.account(call, state, &head.owner)?),
        None => None,
    };
    let repo = match head.project.and_then(|id| state.projects.get(&id)) {
        Some(source) => Some(shared.repository(call, state, source)?),
        None => None,
    };
    Ok(End {
        label: format!("{}:{}", head.owner, head.branch),
        r#ref: head.branch.clone(),
        sha: head.sha.clone(),
        user,
        repo,
    })
}

fn base(
    call: &Call<'_>,
    state: &State,
    project: &Project,
    pull: &PullRequest,
    shared: &mut Shared<'_>,
) -> Result<End, Problem> {
    Ok(End {
        label: format!("{}:{}", project.namespace, pull.base_branch),
        r#ref: pull.base_branch.clone(),
        sha: pull.base_sha.clone(),
        user: Some(shared.account(call, state, &project.namespace)?),
        repo: Some(shared.repository(call, state, project)?),
    })
}

/// What someone is to a project.
fn association(
    state: &State,
    project: &Project,
    login: &str,
    contributors: &BTreeSet<&str>,
) -> &'static str {
    let group = state.group(&project.namespace);
    if state.same_name(&project.namespace, login) {
        "OWNER"
    } else if group.is_some_and(|group| group.members.contains_key(login)) {
        "MEMBER"
    } else if project.members.contains_key(login) {
        "COLLABORATOR"
    } else if contributors.contains(login) {
        "CONTRIBUTOR"
    } else {
        "NONE"
    }
}

/// What someone who wrote a comment is to its project.
pub(super) fn association_of(state: &State, project: &Project, login: &str) -> &'static str {
    let shared = Shared::new(project);
    association(state, project, login, &shared.contributors)
}

/// A label.
pub(in super::super) fn label(call: &Call<'_>, project: &Project, label: &Label) -> Value {
    let urls = call.urls_of(&project.path());
    json!({
        "id": label.id,
        "node_id": node_id("Label", label.id),
        "url": format!("{}/labels/{}", urls.api, path(&label.name)),
        "name": label.name,
        "color": label.color,
        "default": false,
        "description": label.description,
    })
}

/// A pull request on its own: also what it holds, and whether it can be merged (null as long as
/// nobody knows).
pub(in super::super) async fn whole(
    call: &Call<'_>,
    id: ProjectId,
    number: u64,
) -> Result<Value, Problem> {
    let pull = call.hub.state().pull(id, number)?.clone();
    let open = pull.state == PullState::Open;
    let found = if open {
        call.hub.observed_mergeability(id, number).await?
    } else {
        Mergeability::Unknown
    };
    let (mut commits, mut changes) = (0, Vec::new());
    if !pull.synthetic {
        let (_, base, head) = parts::range(call, id, &number.to_string()).await?;
        let repository = call.repository(id).await?;
        let query = LogQuery {
            without: Some(&base),
            ..LogQuery::default()
        };
        commits = repository.log_count(&head, &query).await?;
        changes = repository.changes(&base, &head, false).await?;
    }
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let pull = project.pull(number)?;
    let mut shared = Shared::new(project);
    let row = row(call, &state, project, pull, &mut shared)?;
    let mut body = serde_json::to_value(row).map_err(unwritable)?;
    let mergeable = match found {
        Mergeability::Unknown => None,
        Mergeability::Clean => Some(true),
        Mergeability::Conflict => Some(false),
    };
    let more = json!({
        "merged": pull.state == PullState::Merged,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": mergeable_state(project, pull, found),
        "merged_by": pull.merged_by.as_ref().map(|login| call.view.account(&state, login)),
        "comments": pull.comments.len(),
        "review_comments": 0,
        "maintainer_can_modify": pull.maintainer_edit,
        "commits": commits,
        "additions": changes.iter().map(|change| change.additions).sum::<u64>(),
        "deletions": changes.iter().map(|change| change.deletions).sum::<u64>(),
        "changed_files": changes.len(),
    });
    merge(&mut body, more);
    Ok(body)
}

fn mergeable_state(project: &Project, pull: &PullRequest, found: Mergeability) -> &'static str {
    match found {
        Mergeability::Unknown => "unknown",
        Mergeability::Conflict => "dirty",
        Mergeability::Clean if pull.draft => "draft",
        Mergeability::Clean => {
            let statuses = project.latest_statuses(&pull.head.sha);
            if statuses.iter().all(|status| status.state == "success") {
                "clean"
            } else {
                "unstable"
            }
        }
    }
}
