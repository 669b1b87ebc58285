//! Pull requests: listing, opening and changing them. `parts` tells their commits, files and text,
//! `merge` merges, `talk` has comments and labels, `view` the shapes.

pub(super) mod merge;
pub(super) mod parts;
pub(super) mod talk;
pub(super) mod view;

use super::call::Call;
use super::problem::Problem;
use super::{Answer, answer};
use crate::state::{
    NewPullRequest, ProjectId, PullQuery, PullRequest, PullRequestChange, PullSort, PullState,
    Refusal, What,
};

/// The number in a URL.
pub(super) fn number(text: &str) -> Result<u64, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// `GET /repos/{owner}/{repo}/pulls`.
pub(super) fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let param = |name| call.request.param(name);
    let state_wanted = match param("state") {
        Some("closed") => Some(false),
        Some("all") => None,
        _ => Some(true),
    };
    let base = param("base").filter(|base| !base.is_empty());
    // Without an owner in front of it this filter filters nothing.
    let head = param("head").and_then(|head| head.split_once(':'));
    let sort = match param("sort") {
        Some("updated") => PullSort::Updated,
        Some("popularity" | "long-running") => PullSort::Comments,
        _ => PullSort::Created,
    };
    let ascending = match param("direction") {
        Some(direction) => direction == "asc",
        None => sort != PullSort::Created,
    };
    let paging = call.paging();
    let state = call.hub.state();
    let project = state.visible_id(call.login(), id)?;
    call.token_may(&state, id, "pull_requests", false)?;
    let matches = |pull: &PullRequest| {
        state_wanted.is_none_or(|open| (pull.state == PullState::Open) == open)
            && base.is_none_or(|base| pull.base_branch == base)
            && head.is_none_or(|(owner, branch)| {
                pull.head.owner.eq_ignore_ascii_case(owner) && pull.head.branch == branch
            })
    };
    let (rows, total) = project.pull_page(&PullQuery {
        matches: &matches,
        sort,
        ascending,
        skip: paging.skip(),
        limit: paging.per_page,
    });
    let answer = view::rows(call, &state, project, rows)?;
    drop(state);
    Ok(call.linked(answer, id, "/pulls", paging, total))
}

/// `GET /repos/{owner}/{repo}/pulls/{pull_number}`; as a diff or a patch if that is asked for.
pub(super) async fn get(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let media = call.media_type().filter(|m| matches!(*m, "diff" | "patch"));
    if let Some(media) = media {
        return parts::text(call, id, number, media).await;
    }
    let number = self::number(number)?;
    {
        let state = call.hub.state();
        call.token_may(&state, id, "pull_requests", false)?;
        state.visible_id(call.login(), id)?.pull(number)?;
    }
    let body = view::whole(call, id, number).await?;
    Ok(answer(200, &body))
}

/// `POST /repos/{owner}/{repo}/pulls`.
pub(super) async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let login = call.signed_in()?.to_owned();
    {
        let state = call.hub.state();
        call.token_may(&state, id, "pull_requests", true)?;
    }
    let body = call.body()?;
    let title = body.text("title")?.unwrap_or_default().trim().to_owned();
    let (head, base) = (body.required("head")?, body.required("base")?);
    if title.is_empty() {
        return Err(Problem::field("Issue", "title", "missing_field"));
    }
    let repo = body.text("head_repo")?;
    let (owner, branch) = match head.split_once(':') {
        Some((owner, branch)) => (Some(owner), branch),
        None => (None, head),
    };
    let source = match (owner, repo) {
        (None, None) => Some(id),
        (None, Some(repo)) => {
            let state = call.hub.state();
            let namespace = state.visible_id(Some(&login), id)?.namespace.clone();
            drop(state);
            call.relative(id, &namespace, Some(repo))
        }
        (Some(owner), repo) => call.relative(id, owner, repo),
    };
    let source = source.ok_or_else(|| Problem::field("PullRequest", "head", "invalid"))?;
    let new = NewPullRequest {
        target: id,
        base_branch: base.to_owned(),
        source,
        head_branch: branch.to_owned(),
        title,
        body: body.text("body")?.map(str::to_owned),
        draft: body.flag("draft")?.unwrap_or(false),
        // Allowed unless it is refused; of no meaning where head and base are one project's.
        maintainer_edit: source != id && body.flag("maintainer_can_modify")?.unwrap_or(true),
        ..NewPullRequest::default()
    };
    let made = call.hub.open_pull_request(&login, new).await;
    let pull = made.map_err(|refusal| not_opened(call, refusal, source, base, branch))?;
    let body = view::whole(call, id, pull.number).await?;
    Ok(answer(201, &body))
}

/// Why a pull request was not opened, or not sent to another branch.
fn not_opened(
    call: &Call<'_>,
    refusal: Refusal,
    source: ProjectId,
    base: &str,
    head: &str,
) -> Problem {
    let owner = {
        let state = call.hub.state();
        let source = state.projects.get(&source);
        source
            .map(|source| source.namespace.clone())
            .unwrap_or_default()
    };
    let custom = |words: String| Problem::custom("PullRequest", None, &words);
    match refusal {
        Refusal::AlreadyExists(What::PullRequest, _) => {
            custom(format!("A pull request already exists for {owner}:{head}."))
        }
        Refusal::NothingToMerge => custom(format!("No commits between {base} and {head}")),
        Refusal::NoCommonHistory => custom(format!(
            "The {head} branch has no history in common with {base}"
        )),
        other => other.into(),
    }
}

/// `PATCH /repos/{owner}/{repo}/pulls/{pull_number}`.
pub(super) async fn change(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let login = call.signed_in()?.to_owned();
    let number = self::number(number)?;
    let before = {
        let state = call.hub.state();
        call.token_may(&state, id, "pull_requests", true)?;
        state.visible_id(Some(&login), id)?.pull(number)?.clone()
    };
    let body = call.body()?;
    let title = body.text("title")?;
    if title.is_some_and(|title| title.trim().is_empty()) {
        return Err(Problem::field("Issue", "title", "missing_field"));
    }
    let open = match body.text("state")? {
        None => None,
        Some("open") => Some(true),
        Some("closed") => Some(false),
        Some(_) => return Err(Problem::field("PullRequest", "state", "invalid")),
    };
    let base = body.text("base")?.map(str::to_owned);
    // A draft stays one here: `draft` is not among the fields, and is dropped in silence.
    let change = PullRequestChange {
        title: title.map(str::to_owned),
        body: if body.is_null("body") {
            Some(None)
        } else {
            body.text("body")?.map(|text| Some(text.to_owned()))
        },
        base_branch: base.clone(),
        open,
        maintainer_edit: body.flag("maintainer_can_modify")?,
        ..PullRequestChange::default()
    };
    let source = before.head.project.unwrap_or(id);
    let head = &before.head;
    call.hub
        .change_pull_request(&login, id, number, change)
        .await
        .map_err(|refusal| match refusal {
            Refusal::Forbidden(_) => Problem::needs_admin(),
            Refusal::AlreadyMerged => unchangeable("The pull request cannot be reopened."),
            Refusal::NotFound(What::HeadBranch) if head.project.is_none() => {
                unchangeable("The repository that submitted this pull request has been deleted.")
            }
            Refusal::NotFound(What::HeadBranch) => {
                unchangeable(&format!("The {} branch has been deleted.", head.branch))
            }
            other => {
                let base = base.as_deref().unwrap_or(&before.base_branch);
                not_opened(call, other, source, base, &head.branch)
            }
        })?;
    let body = view::whole(call, id, number).await?;
    Ok(answer(200, &body))
}

fn unchangeable(why: &str) -> Problem {
    let words = format!("state cannot be changed. {why}");
    Problem::custom("PullRequest", Some("state"), &words)
}
