//! Changing a pull request: its text, where it stands, whose it is, what is said about it.

use serde_json::json;

use super::super::call::Call;
use super::super::form::Checks;
use super::super::problem::Problem;
use super::super::view::reply;
use super::super::{Answer, Place};
use crate::hub::Hub;
use crate::state::{Access, CommentPlace, ProjectId, PullRequest, PullState, Refusal};

/// Whether the caller may do what takes rights here, or being the author, or the one it is assigned to.
fn may_change(
    call: &Call<'_>,
    id: ProjectId,
    pull: &PullRequest,
    author_too: bool,
) -> Result<(), Problem> {
    let state = call.hub.state();
    let login = call.user()?;
    let author = author_too && pull.author == login;
    let assignee = pull.assignees.first().is_some_and(|known| known == login);
    if author || assignee || call.may(&state, call.look(&state, id)?, Access::Triage) {
        return Ok(());
    }
    Err(Problem::new(403, "EPRNOTALLOWED"))
}

/// The pull request that a call is about, the token being good for its project.
fn find(
    call: &Call<'_>,
    place: &Place<'_>,
    number: u64,
) -> Result<(ProjectId, PullRequest), Problem> {
    let id = super::project(call, place)?;
    call.check_token(id)?;
    let pull = call.hub.state().pull(id, number)?.clone();
    Ok((id, pull))
}

/// `POST pull-request/<n>`. A text that is not sent is taken away.
pub(in super::super) fn edit(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    let (id, pull) = find(call, place, number)?;
    may_change(call, id, &pull, true)?;
    Checks::on(&call.form).required("title").done()?;
    let title = call.form.stripped("title")?.unwrap_or_default();
    let body = call.form.stripped("initial_comment")?.unwrap_or_default();
    let now = call.hub.now();
    let mut state = call.hub.state();
    let pull = state.pull_mut(id, number)?;
    pull.title = title;
    pull.body = Some(body);
    pull.touched_at = now;
    let pull = state.pull(id, number)?;
    Ok(reply(200, &call.view.pull(&state, pull, true)))
}

/// Closes or merges as far as the forge's books go, and says so in a comment.
pub(super) fn book_closed(
    hub: &Hub,
    actor: &str,
    project: ProjectId,
    number: u64,
    merged: bool,
) -> Result<(), Refusal> {
    let now = hub.now();
    {
        let mut state = hub.state();
        let pull = state.pull_mut(project, number)?;
        pull.state = if merged {
            PullState::Merged
        } else {
            PullState::Closed
        };
        (pull.closed_at, pull.closed_by) = (Some(now), Some(actor.to_owned()));
        if merged {
            (pull.merged_at, pull.merged_by) = (Some(now), Some(actor.to_owned()));
        }
    }
    let word = if merged { "merged" } else { "closed" };
    let text = format!("Pull-Request has been {word} by {actor}");
    hub.add_comment(actor, project, number, &text, true)?;
    Ok(())
}

fn may_close(call: &Call<'_>, id: ProjectId, pull: &PullRequest) -> Result<(), Problem> {
    let state = call.hub.state();
    let author = call.login() == Some(&pull.author);
    if author || call.may(&state, call.look(&state, id)?, Access::Write) {
        return Ok(());
    }
    Err(Problem::new(403, "ENOPRCLOSE"))
}

/// `POST close`: of one that is closed, or merged, too.
pub(in super::super) fn close(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    let (id, pull) = find(call, place, number)?;
    may_close(call, id, &pull)?;
    book_closed(call.hub, call.user()?, id, number, false)?;
    Ok(reply(200, &json!({"message": "Pull-request closed!"})))
}

/// `POST reopen`. Who closed it, and when, stays noted. One that is not closed breaks the server.
pub(in super::super) fn reopen(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    let (id, pull) = find(call, place, number)?;
    may_close(call, id, &pull)?;
    if pull.state != PullState::Closed {
        return Err(Problem::Fatal);
    }
    call.hub.state().pull_mut(id, number)?.state = PullState::Open;
    let login = call.user()?;
    let text = format!("Pull-Request has been reopened by {login}");
    call.hub.add_comment(login, id, number, &text, true)?;
    Ok(reply(200, &json!({"message": "Pull-request reopened!"})))
}

/// `POST assign`, with a token of the project itself.
pub(in super::super) fn assign(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    let id = super::project(call, place)?;
    call.check_project_token(id)?;
    let pull = call.hub.state().pull(id, number)?.clone();
    may_change(call, id, &pull, false)?;
    let wanted = call.form.filled("assignee");
    let message = match (&wanted, pull.assignees.first()) {
        (None, None) => None,
        (None, Some(_)) => Some("Request assignee reset"),
        (Some(wanted), old) => {
            if call.hub.state().user(wanted).is_none() {
                return Err(Problem::no_code(format!("No user \"{wanted}\" found")));
            }
            (old != Some(wanted)).then_some("Request assigned")
        }
    };
    let Some(message) = message else {
        return Ok(reply(200, &json!({"message": "Nothing to change"})));
    };
    call.hub.state().pull_mut(id, number)?.assignees = wanted.into_iter().collect();
    let login = call.user()?;
    let text = format!("**Metadata Update from @{login}**:\n- {message}");
    call.hub.add_comment(login, id, number, &text, true)?;
    Ok(reply(200, &json!({"message": message})))
}

/// `POST comment`: anyone may, on whatever there is. The answer does not tell the comment's number.
pub(in super::super) fn add_comment(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    let (id, _) = find(call, place, number)?;
    Checks::on(&call.form).required("comment").done()?;
    let text = call.form.text("comment").unwrap_or_default();
    let about = CommentPlace {
        commit: call.form.filled("commit"),
        path: call.form.filled("filename"),
        line: call.form.filled("row"),
        tree: call.form.filled("tree_id"),
    };
    let login = call.user()?;
    let comment = call.hub.add_comment(login, id, number, &text, false)?;
    if about != CommentPlace::default() {
        let mut state = call.hub.state();
        let comments = &mut state.pull_mut(id, number)?.comments;
        let added = comments.iter_mut().find(|known| known.id == comment.id);
        if let Some(added) = added {
            added.place = Some(about);
        }
    }
    Ok(reply(200, &json!({"message": "Comment added"})))
}
