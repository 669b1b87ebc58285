//! Opening pull requests.

use super::view_of;
use crate::dialect::forgejo::body::Body;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::compare::{head, no_such_revision};
use crate::dialect::forgejo::problem::Problem;
use crate::dialect::forgejo::{Answer, json_answer, labels};
use crate::git::Repository;
use crate::state::{NewPullRequest, ProjectId, PullRequest, Refusal, What};

/// Whether a title makes a pull request a draft; there is no other way.
pub(super) fn is_draft(title: &str) -> bool {
    let title = title.to_uppercase();
    title.starts_with("WIP:") || title.starts_with("[WIP]")
}

/// `POST /repos/{owner}/{repo}/pulls`.
pub(super) async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.signed_in()?;
    call.not_archived(id)?;
    let body = call.body("CreatePullRequestOption")?;
    let head_name = body.required("head", "Head")?;
    let base_name = body.required("base", "Base")?;
    let title = body.required("title", "Title")?;
    let (source, branch) = head(call, id, head_name).map_err(|problem| in_gitea(call, problem))?;
    if source == id && branch == base_name {
        return Err(Refusal::NothingToMerge.into());
    }
    check_branches(call, id, source, base_name, &branch).await?;
    let (labels, assignees) = extras(call, id, &body)?;
    if body
        .number("milestone")?
        .is_some_and(|milestone| milestone > 0)
    {
        // There are no milestones yet, so it is one that nobody knows.
        return Err(Problem::not_found());
    }
    let new = NewPullRequest {
        target: id,
        base_branch: base_name.to_owned(),
        source,
        head_branch: branch,
        title: title.to_owned(),
        body: body.text("body")?.map(str::to_owned),
        draft: is_draft(title),
        // `allow_maintainer_edit` is not looked at here.
        maintainer_edit: false,
        labels,
        assignees,
    };
    match call.hub.open_pull_request(login, new).await {
        Ok(pull) => {
            let body = view_of(call, id, pull.number).await?;
            Ok(json_answer(201, &body))
        }
        Err(Refusal::AlreadyExists(What::PullRequest, number)) => {
            let state = call.hub.state();
            Err(twin(state.pull(id, number)?))
        }
        Err(Refusal::Disabled(_)) => Err(Problem::not_found()),
        Err(other) => Err(other.into()),
    }
}

/// What is said of a second pull request between the same branches.
pub(super) fn twin(pull: &PullRequest) -> Problem {
    let head = pull
        .head
        .project
        .map_or(-1, |id| i64::try_from(id).unwrap_or(i64::MAX));
    Problem::new(
        409,
        format!(
            "pull request already exists for these targets [id: {}, issue_id: {}, head_repo_id: \
             {head}, base_repo_id: {}, head_branch: {}, base_branch: {}]",
            pull.id, pull.id, pull.project, pull.head.branch, pull.base_branch
        ),
    )
}

/// Gitea says less about a head that it does not find.
fn in_gitea(call: &Call<'_>, problem: Problem) -> Problem {
    match problem {
        Problem::NotFound(_, reasons) if call.flavour.gitea => {
            let reason = reasons.first().map_or("", String::as_str);
            if reason.starts_with("the owner") {
                Problem::not_found_as("GetUserByName")
            } else if reason.contains("does not have a fork") {
                Problem::not_found_as("GetForkedRepo")
            } else {
                Problem::not_found()
            }
        }
        other => other,
    }
}

/// Both ends have to be branches. A tag or commit gets far enough to make the server fail.
async fn check_branches(
    call: &Call<'_>,
    id: ProjectId,
    source: ProjectId,
    base: &str,
    head: &str,
) -> Result<(), Problem> {
    let gitea = call.flavour.gitea;
    let check = async |repository: &Repository, name: &str| -> Answer<Option<Problem>> {
        if repository.branch(name).await?.is_some() {
            return Ok(None);
        }
        let other = repository.resolve(name).await?.is_some();
        Ok(Some(if other && !gitea {
            Problem::server_error()
        } else {
            Problem::not_found()
        }))
    };
    let target = call.repository(id).await?;
    if let Some(problem) = check(&target, base).await? {
        return Err(match problem {
            Problem::NotFound(..) if gitea => Problem::not_found_as("IsBranchExist"),
            Problem::NotFound(..) => no_such_revision(base, "base", &call.path_of(id)?),
            other => other,
        });
    }
    let from = call.repository(source).await?;
    if let Some(problem) = check(&from, head).await? {
        return Err(match problem {
            Problem::NotFound(..) if !gitea => {
                no_such_revision(head, "head", &call.path_of(source)?)
            }
            other => other,
        });
    }
    Ok(())
}

/// The labels and assignees, which anyone may name who opens a pull request.
fn extras(call: &Call<'_>, id: ProjectId, body: &Body) -> Result<(Vec<u64>, Vec<String>), Problem> {
    let mut names = body.texts("assignees")?.unwrap_or_default();
    if let Some(one) = body.text("assignee")?.filter(|one| !one.is_empty()) {
        names.insert(0, one.to_owned());
    }
    let wanted = body.numbers("labels")?.unwrap_or_default();
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    let mut assignees: Vec<String> = Vec::new();
    for name in names {
        let Some(user) = state.user(&name) else {
            let why = Problem::unknown_user(call.flavour.gitea, &name);
            let words = format!("Assignee does not exist: [name: {why}]");
            return Err(Problem::new(422, words));
        };
        if !assignees.contains(&user.login) {
            assignees.push(user.login.clone());
        }
    }
    let mut held = Vec::new();
    labels::put(project, &mut held, &wanted);
    Ok((held, assignees))
}
