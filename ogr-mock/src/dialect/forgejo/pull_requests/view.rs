//! Writing pull requests.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use crate::dialect::forgejo::Answer;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::problem::Problem;
use crate::dialect::forgejo::projects::repository;
use crate::dialect::forgejo::view::{maybe_time, time};
use crate::git::Repository;
use crate::state::{Mergeability, Project, ProjectId, PullRequest, PullStat, PullState, State};

/// What the answer to a pull request tells of git.
#[derive(Debug, Clone, Default)]
struct Facts {
    base_sha: String,
    /// The head, if its branch is still there.
    head_sha: Option<String>,
    merge_base: String,
    additions: u64,
    deletions: u64,
    files: usize,
    mergeable: bool,
}

/// The branches of the projects that a list of pull requests touches, read once each.
struct Branches(HashMap<ProjectId, BTreeMap<String, String>>);

impl Branches {
    async fn of(call: &Call<'_>, id: ProjectId, pulls: &[PullRequest]) -> Answer<Self> {
        let mut all = HashMap::new();
        let sources = pulls.iter().filter_map(|pull| pull.head.project);
        for project in sources.chain([id]) {
            if all.contains_key(&project) {
                continue;
            }
            let branches = call.hub.repository(project).await?.branches().await?;
            let branches = branches.into_iter().map(|found| (found.name, found.sha));
            all.insert(project, branches.collect());
        }
        Ok(Self(all))
    }

    fn tip(&self, project: Option<ProjectId>, branch: &str) -> Option<&String> {
        self.0.get(&project?)?.get(branch)
    }
}

/// The rows of a list: there Forgejo does not look up who merged.
pub(super) async fn listed(call: &Call<'_>, id: ProjectId, numbers: &[u64]) -> Answer<Vec<Value>> {
    let mut rows = rows(call, id, numbers).await?;
    if !call.flavour.gitea {
        for row in &mut rows {
            row["merged_by"] = Value::Null;
        }
    }
    Ok(rows)
}

/// These pull requests of a project, as far as they are there.
pub(super) async fn rows(call: &Call<'_>, id: ProjectId, numbers: &[u64]) -> Answer<Vec<Value>> {
    let pulls: Vec<PullRequest> = {
        let state = call.hub.state();
        let project = state.visible_id(call.login(), id)?;
        let found = numbers
            .iter()
            .filter_map(|number| project.pull(*number).ok());
        found.cloned().collect()
    };
    let branches = Branches::of(call, id, &pulls).await?;
    let repository = call.repository(id).await?;
    let mut facts = Vec::new();
    for pull in &pulls {
        facts.push(look(call, &repository, &branches, pull).await?);
    }
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let rows = pulls.iter().zip(&facts);
    Ok(rows
        .map(|(pull, facts)| view(call, &state, project, pull, facts))
        .collect())
}

async fn look(
    call: &Call<'_>,
    repository: &Repository,
    branches: &Branches,
    pull: &PullRequest,
) -> Answer<Facts> {
    if pull.synthetic {
        return Ok(Facts {
            base_sha: pull.base_sha.clone(),
            head_sha: Some(pull.head.sha.clone()),
            merge_base: pull.base_sha.clone(),
            mergeable: true,
            ..Facts::default()
        });
    }
    let tip = branches.tip(Some(pull.project), &pull.base_branch);
    let base_sha = tip.unwrap_or(&pull.base_sha).clone();
    let head_sha = branches.tip(pull.head.project, &pull.head.branch);
    // What a merged one is compared with is the base as it was before.
    let compared = if pull.state == PullState::Merged {
        &pull.base_sha
    } else {
        &base_sha
    };
    let stat = stat(call, repository, pull, compared).await?;
    // Nobody counts for a branch that is gone, unless it went after the merge.
    let counted = head_sha.is_some() || pull.state == PullState::Merged;
    let mergeable = match pull.state {
        PullState::Merged => true,
        _ if pull.draft => false,
        _ => is_mergeable(call, pull, &base_sha).await?,
    };
    Ok(Facts {
        base_sha,
        head_sha: head_sha.cloned(),
        merge_base: stat.merge_base,
        additions: if counted { stat.additions } else { 0 },
        deletions: if counted { stat.deletions } else { 0 },
        files: if counted { stat.files } else { 0 },
        mergeable,
    })
}

/// Whether it can be merged: "no" also while nobody knows yet.
async fn is_mergeable(call: &Call<'_>, pull: &PullRequest, base: &str) -> Answer<bool> {
    if let Some(check) = &pull.check
        && check.hidden_for == 0
        && check.base == base
        && check.head == pull.head.sha
    {
        return Ok(check.found == Mergeability::Clean);
    }
    let found = call
        .hub
        .observed_mergeability(pull.project, pull.number)
        .await?;
    Ok(found == Mergeability::Clean)
}

/// What a pull request changes since it left its base; counted anew only when either has moved.
async fn stat(
    call: &Call<'_>,
    repository: &Repository,
    pull: &PullRequest,
    base: &str,
) -> Answer<PullStat> {
    if let Some(stat) = &pull.stat
        && stat.base == base
        && stat.head == pull.head.sha
    {
        return Ok(stat.clone());
    }
    let head = &pull.head.sha;
    let merge_base = repository.merge_base(base, head).await?;
    let merge_base = merge_base.unwrap_or_else(|| base.to_owned());
    let changes = repository.changes(&merge_base, head, false).await?;
    let stat = PullStat {
        base: base.to_owned(),
        head: head.clone(),
        merge_base,
        additions: changes.iter().map(|change| change.additions).sum(),
        deletions: changes.iter().map(|change| change.deletions).sum(),
        files: changes.len(),
    };
    call.hub.state().pull_mut(pull.project, pull.number)?.stat = Some(stat.clone());
    Ok(stat)
}

/// The commit that a pull request left its base at.
pub(super) async fn merge_base(
    call: &Call<'_>,
    repository: &Repository,
    pull: &PullRequest,
) -> Result<String, Problem> {
    let tip = repository.branch(&pull.base_branch).await?;
    let base = match tip {
        Some(tip) if pull.state != PullState::Merged => tip,
        _ => pull.base_sha.clone(),
    };
    Ok(stat(call, repository, pull, &base).await?.merge_base)
}

fn view(
    call: &Call<'_>,
    state: &State,
    project: &Project,
    pull: &PullRequest,
    facts: &Facts,
) -> Value {
    let path = project.path();
    let page = format!("{}/pulls/{}", call.project_page(&path), pull.number);
    let url = if call.flavour.sixteen() {
        format!("{}/pulls/{}", call.project_api(&path), pull.number)
    } else {
        // Not the API's.
        page.clone()
    };
    let labels: Vec<Value> = project
        .labels_of(&pull.labels)
        .into_iter()
        .map(|label| call.label(&path, label))
        .collect();
    let assignees: Vec<Value> = pull
        .assignees
        .iter()
        .map(|login| call.user_unseen(state, login))
        .collect();
    let merged_by = pull.merged_by.as_deref();
    json!({
        "id": pull.id,
        "url": url,
        "number": pull.number,
        "user": call.user(state, &pull.author),
        "title": pull.title,
        "body": pull.body.as_deref().unwrap_or_default(),
        "labels": labels,
        "milestone": null,
        "assignee": assignees.first(),
        "assignees": if assignees.is_empty() { Value::Null } else { json!(assignees) },
        "requested_reviewers": [],
        "requested_reviewers_teams": [],
        "state": if pull.state == PullState::Open { "open" } else { "closed" },
        "draft": pull.draft,
        "is_locked": false,
        "comments": pull.comments.len(),
        "review_comments": 0,
        "additions": facts.additions,
        "deletions": facts.deletions,
        "changed_files": facts.files,
        "html_url": page,
        "diff_url": format!("{page}.diff"),
        "patch_url": format!("{page}.patch"),
        "mergeable": facts.mergeable,
        "merged": pull.state == PullState::Merged,
        "merged_at": maybe_time(pull.merged_at),
        "merge_commit_sha": pull.merge_sha,
        "merged_by": merged_by.map(|login| call.user_unseen(state, login)),
        "allow_maintainer_edit": pull.maintainer_edit,
        "base": {
            "label": pull.base_branch,
            "ref": pull.base_branch,
            "sha": facts.base_sha,
            "repo_id": project.id,
            "repo": repository(call, state, project),
        },
        "head": head(call, state, pull, facts),
        "merge_base": facts.merge_base,
        "due_date": null,
        "created_at": time(pull.created_at),
        "updated_at": time(pull.updated_at),
        "closed_at": maybe_time(pull.closed_at),
        "pin_order": 0,
        "flow": 0,
    })
}

/// Where a pull request comes from: the bare branch, and without it the ref that keeps the commits.
fn head(call: &Call<'_>, state: &State, pull: &PullRequest, facts: &Facts) -> Value {
    let source = pull.head.project.and_then(|id| state.projects.get(&id));
    let reference = match &facts.head_sha {
        Some(_) => pull.head.branch.clone(),
        None => state.rules.pull_ref(pull.number),
    };
    let readable = source.filter(|source| call.access(state, source).is_some());
    json!({
        "label": pull.head.branch,
        "ref": reference,
        "sha": facts.head_sha.as_ref().unwrap_or(&pull.head.sha),
        "repo_id": source.map_or(json!(-1), |source| json!(source.id)),
        "repo": readable.map(|source| repository(call, state, source)),
    })
}
