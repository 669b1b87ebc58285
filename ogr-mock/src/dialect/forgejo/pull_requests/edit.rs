//! Editing, closing and reopening pull requests.

use super::create::{is_draft, twin};
use super::view_of;
use crate::dialect::forgejo::body::Body;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::problem::Problem;
use crate::dialect::forgejo::{Answer, json_answer, labels};
use crate::state::{Access, ProjectId, PullRequestChange, PullState, Refusal, State, What};

/// `PATCH /repos/{owner}/{repo}/pulls/{index}`.
pub(super) async fn edit(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let login = call.signed_in()?;
    let body = call.body("EditPullRequestOption")?;
    check_types(&body)?;
    let number = super::number_of(call, id, number)?;
    let change = {
        let state = call.hub.state();
        let project = state.visible_id(Some(login), id)?;
        let pull = project.pull(number)?;
        let own = state.same_name(&pull.author, login);
        if !own && !call.may(&state, project, Access::Write) {
            return Err(Refusal::Forbidden(What::PullRequest).into());
        }
        let change = read(call, &state, id, number, &body)?;
        if change.open.is_some() && pull.state == PullState::Merged {
            let words = "cannot change state of this pull request, it was already merged";
            return Err(Problem::new(412, words));
        }
        change
    };
    check_base(call, id, number, &change).await?;
    let base = change.base_branch.clone();
    match call
        .hub
        .change_pull_request(login, id, number, change)
        .await
    {
        Ok(_) => Ok(json_answer(201, &view_of(call, id, number).await?)),
        Err(Refusal::NotFound(What::BaseBranch)) => {
            let base = base.unwrap_or_default();
            Err(Problem::new(404, format!("new base '{base}' not exist")))
        }
        Err(Refusal::AlreadyExists(_, other)) => {
            let state = call.hub.state();
            Err(twin(state.pull(id, other)?))
        }
        Err(other) => Err(other.into()),
    }
}

/// Fields of a wrong type are found out before anything is looked up.
fn check_types(body: &Body) -> Result<(), Problem> {
    for name in ["title", "body", "base", "assignee", "state"] {
        body.text(name)?;
    }
    body.texts("assignees")?;
    body.numbers("labels")?;
    body.number("milestone")?;
    body.flag("allow_maintainer_edit")?;
    Ok(())
}

/// A closed one keeps its base, unless it is opened again at the same time.
async fn check_base(
    call: &Call<'_>,
    id: ProjectId,
    number: u64,
    change: &PullRequestChange,
) -> Result<(), Problem> {
    let Some(base) = &change.base_branch else {
        return Ok(());
    };
    let pull = call.hub.state().pull(id, number)?.clone();
    let stays_closed = pull.state == PullState::Closed && change.open != Some(true);
    if !stays_closed || pull.base_branch == *base {
        return Ok(());
    }
    if call.repository(id).await?.branch(base).await?.is_none() {
        return Ok(());
    }
    let words = format!(
        "issue is closed [id: {}, repo_id: {id}, index: {number}]",
        pull.id
    );
    Err(Problem::new(422, words))
}

/// What is to change. Words that make no sense, and what only writers may set, are passed over.
fn read(
    call: &Call<'_>,
    state: &State,
    id: ProjectId,
    number: u64,
    body: &Body,
) -> Result<PullRequestChange, Problem> {
    let project = state.visible_id(call.login(), id)?;
    let pull = project.pull(number)?;
    let writer = call.may(state, project, Access::Write);
    let title = body.text("title")?.filter(|title| !title.is_empty());
    let base = body.text("base")?.filter(|base| !base.is_empty());
    let mut change = PullRequestChange {
        title: title.map(str::to_owned),
        draft: title.map(is_draft),
        body: body.text("body")?.map(|text| Some(text.to_owned())),
        // That of a merged one is passed over.
        base_branch: base
            .filter(|_| pull.state != PullState::Merged)
            .map(str::to_owned),
        open: match body.text("state")? {
            Some("open") => Some(true),
            Some("closed") => Some(false),
            _ => None,
        },
        ..PullRequestChange::default()
    };
    if let Some(allowed) = body.flag("allow_maintainer_edit")? {
        // Only who opened it, not even an administrator.
        if call.login() != Some(&pull.author) {
            let words = "SetAllowEdits: user not allowed to do this action";
            return Err(Problem::new(403, words));
        }
        change.maintainer_edit = Some(allowed);
    }
    let (wanted, names) = (body.numbers("labels")?, body.texts("assignees")?);
    if !writer {
        return Ok(change);
    }
    if body
        .number("milestone")?
        .is_some_and(|milestone| milestone > 0)
    {
        // Of one that nobody knows, as all are yet; meant to be a 404.
        return Err(Problem::server_error());
    }
    if let Some(wanted) = wanted {
        let mut held = Vec::new();
        labels::put(project, &mut held, &wanted);
        change.labels = Some(held);
    }
    let one = body.text("assignee")?.filter(|one| !one.is_empty());
    if names.is_some() || one.is_some() {
        let mut logins: Vec<String> = Vec::new();
        for name in names.into_iter().flatten().chain(one.map(str::to_owned)) {
            let user = state.user(&name).ok_or_else(|| {
                let why = Problem::unknown_user(call.flavour.gitea, &name);
                Problem::new(422, format!("Assignee does not exist: [name: {why}]"))
            })?;
            if !logins.contains(&user.login) {
                logins.push(user.login.clone());
            }
        }
        change.assignees = Some(logins);
    }
    Ok(change)
}
