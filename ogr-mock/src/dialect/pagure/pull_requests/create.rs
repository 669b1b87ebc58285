//! Opening a pull request.

use super::super::call::Call;
use super::super::form::Checks;
use super::super::options::{SIGNED_OFF, is_on};
use super::super::problem::Problem;
use super::super::view::reply;
use super::super::{Answer, Place};
use super::refresh::{Compared, Route, Stuck, compare};
use crate::state::{Access, Head, ProjectId, PullRequest};

/// `POST pull-request/new`, to the target. It may come from any project, need not bring a commit, and may be
/// open already.
pub(in super::super) async fn create(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let target = call.project(place)?;
    let source = source(call, target)?;
    super::project(call, place)?;
    call.check_token(source)?;
    Checks::on(&call.form).required("title").done()?;
    for name in ["branch_to", "branch_from"] {
        if call.form.filled(name).is_none() {
            return Err(Problem::field_required(name));
        }
    }
    let signed_off = {
        let state = call.hub.state();
        if !call.may(&state, call.look(&state, source)?, Access::Write) {
            return Err(Problem::new(401, "ENOTHIGHENOUGH"));
        }
        is_on(call.look(&state, target)?, SIGNED_OFF)
    };
    let branch = |name| Ok::<_, Problem>(call.form.plain(name)?.unwrap_or_default().to_owned());
    let (base, head) = (branch("branch_to")?, branch("branch_from")?);
    let (from, to) = (
        call.hub.stored_repository(source),
        call.hub.stored_repository(target),
    );
    let compared = compare(&Route {
        source: Some(&from),
        head: &head,
        target: &to,
        base: &base,
        kept: None,
    })
    .await
    .map_err(|stuck| match stuck {
        Stuck::Because(text) => Problem::invalid().with_errors(text),
        Stuck::Broken(refusal) => refusal.into(),
    })?;
    let signed = |message: &str| message.to_lowercase().contains("signed-off-by");
    if signed_off && !compared.commits.iter().all(|c| signed(&c.message)) {
        return Err(Problem::new(400, "ENOSIGNEDOFF"));
    }
    let branches = Branches {
        source,
        head,
        target,
        base,
    };
    let number = insert(call, branches, &compared)?;
    if let Some(tip) = &compared.head {
        let kept = call.hub.state().rules.pull_ref(number);
        to.update_ref(&kept, tip, None).await?;
    }
    let state = call.hub.state();
    let pull = state.pull(target, number)?;
    Ok(reply(200, &call.view.pull(&state, pull, true)))
}

/// The project that the branch is in: the target unless another is named. A user's name or a namespace that
/// is there but empty leads to none.
fn source(call: &Call<'_>, target: ProjectId) -> Result<ProjectId, Problem> {
    let Some(name) = call.form.filled("repo_from") else {
        return Ok(target);
    };
    let user = call.form.text("repo_from_username");
    let namespace = call.form.text("repo_from_namespace");
    if user.as_deref() == Some("") || namespace.as_deref() == Some("") {
        return Err(Problem::no_project());
    }
    let mut path = String::new();
    if let Some(user) = user {
        path.push_str(&format!("fork/{user}/"));
    }
    if let Some(namespace) = namespace {
        path.push_str(&format!("{namespace}/"));
    }
    path.push_str(&name);
    call.project_at(&path)
}

struct Branches {
    source: ProjectId,
    head: String,
    target: ProjectId,
    base: String,
}

fn insert(call: &Call<'_>, branches: Branches, compared: &Compared) -> Result<u64, Problem> {
    let author = call.user()?.to_owned();
    let body = call.form.stripped("initial_comment")?;
    let commits = &compared.commits;
    let now = call.hub.now();
    let mut state = call.hub.state();
    let source = call.look(&state, branches.source)?;
    let owner = source.fork_owner.as_ref().unwrap_or(&source.namespace);
    let owner = owner.clone();
    let id = state.new_id();
    let project = state.project_mut(branches.target)?;
    let number = project.new_number();
    let tip = commits.first().map(|commit| commit.sha.clone());
    let pull = PullRequest {
        title: call.form.text("title").unwrap_or_default(),
        body: body.filter(|body| !body.is_empty()),
        author,
        base_branch: branches.base,
        base_sha: compared.base.clone().unwrap_or_default(),
        head: Head {
            project: Some(branches.source),
            owner,
            branch: branches.head,
            sha: tip.or_else(|| compared.head.clone()).unwrap_or_default(),
        },
        first_commit: commits.last().map(|commit| commit.sha.clone()),
        ..PullRequest::blank(id, number, branches.target, now)
    };
    project.pull_requests.insert(number, pull);
    Ok(number)
}
