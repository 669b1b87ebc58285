//! Flags, on commits and on pull requests: the same things, for a pull request's are those of its last
//! commit.

use serde_json::{Value, json};

use super::call::Call;
use super::form::Checks;
use super::objects::{Named, by_hash};
use super::problem::Problem;
use super::view::{Detail, last_commit, reply};
use super::{Answer, Place, pull_requests};
use crate::dialect::scramble;
use crate::state::{NewStatus, ProjectId, State, Status};

const STATES: [&str; 5] = ["success", "failure", "error", "pending", "canceled"];

/// What a form says about a flag.
struct Wanted {
    state: String,
    context: String,
    percent: Option<String>,
    comment: Option<String>,
    url: Option<String>,
    uid: Option<String>,
}

impl Wanted {
    fn read(call: &Call<'_>, with_status: bool) -> Result<Self, Problem> {
        let checks = Checks::on(&call.form)
            .required("username")
            .required("comment")
            .url("url");
        if with_status {
            checks
                .choice("status", &STATES, "This field is required.")
                .done()?;
        } else {
            checks.done()?;
        }
        let percent = call.form.stripped("percent")?;
        // Without a state the progress tells it.
        let by_progress = match percent.as_deref() {
            None => "pending",
            Some("0") => "failure",
            Some(_) => "success",
        };
        Ok(Self {
            context: call.form.text("username").unwrap_or_default(),
            comment: call.form.stripped("comment")?,
            url: call.form.stripped("url")?,
            uid: call.form.stripped("uid")?,
            state: if with_status {
                call.form.stripped("status")?.unwrap_or_default()
            } else {
                by_progress.to_owned()
            },
            percent,
        })
    }
}

/// A flag's key in the answer that sets it, and what was done.
struct Flagged {
    uid: String,
    message: &'static str,
    flag: Status,
}

/// `GET c/<sha>/flag`. The hash is compared as a text: the beginning of one finds nothing.
pub(super) async fn of_commit(call: &Call<'_>, place: &Place<'_>, hash: &str) -> Answer {
    let id = call.project(place)?;
    known_hash(call, id, hash).await?;
    let flags = flags(call, &call.hub.state(), id, hash)?;
    let body = json!({"total_flags": flags.len(), "flags": flags});
    Ok(reply(200, &body))
}

/// Refuses what cannot be the hash of a commit. It need not be the hash of one.
async fn known_hash(call: &Call<'_>, id: ProjectId, hash: &str) -> Result<(), Problem> {
    let repository = call.repository(id).await?;
    match by_hash(&repository, hash).await? {
        Named::Bad => Err(Problem::new(404, "ENOCOMMIT")),
        _ => Ok(()),
    }
}

/// The flags of a commit, the one that changed last at the end.
fn flags(call: &Call<'_>, state: &State, id: ProjectId, hash: &str) -> Result<Vec<Value>, Problem> {
    let mut flags: Vec<&Status> = call.look(state, id)?.statuses_of(hash).collect();
    flags.sort_by_key(|flag| flag.updated_at);
    let flags = flags.into_iter();
    let flags = flags.map(|flag| call.view.flag(state, flag, Detail::Public));
    Ok(flags.collect())
}

/// `POST c/<sha>/flag`. Being a member is not asked for.
pub(super) async fn set_on_commit(call: &Call<'_>, place: &Place<'_>, hash: &str) -> Answer {
    let id = call.project(place)?;
    call.check_token(id)?;
    known_hash(call, id, hash).await?;
    let flagged = set(call, id, hash, Wanted::read(call, true)?)?;
    let state = call.hub.state();
    Ok(reply(200, &told(call, &state, &flagged)))
}

fn told(call: &Call<'_>, state: &State, flagged: &Flagged) -> Value {
    json!({
        "message": flagged.message,
        "uid": flagged.uid,
        "flag": call.view.flag(state, &flagged.flag, Detail::Full),
    })
}

/// Adds a flag, or updates the one with the same key on the same commit, whatever project that is in.
fn set(call: &Call<'_>, id: ProjectId, hash: &str, wanted: Wanted) -> Result<Flagged, Problem> {
    let login = call.user()?;
    let now = call.hub.now();
    let mut state = call.hub.state();
    let same = state
        .projects
        .values_mut()
        .flat_map(|project| project.statuses.iter_mut())
        .find(|flag| wanted.uid.is_some() && flag.sha == hash && flag.uid == wanted.uid);
    if let Some(flag) = same {
        let before = flag.clone();
        flag.description = wanted.comment;
        flag.percent = wanted.percent;
        flag.state = wanted.state;
        flag.target_url = wanted.url;
        // The database notes a time only where something changed.
        if *flag != before {
            flag.updated_at = now;
        }
        return Ok(Flagged {
            uid: wanted.uid.unwrap_or_default(),
            message: "Flag updated",
            flag: flag.clone(),
        });
    }
    let uid = wanted.uid.unwrap_or_else(|| {
        let number = state.new_id();
        let (high, low) = (scramble("flag", number), scramble(hash, number));
        format!("{high:016x}{low:016x}")
    });
    drop(state);
    let new = NewStatus {
        sha: hash.to_owned(),
        state: wanted.state,
        context: wanted.context,
        description: wanted.comment,
        target_url: wanted.url,
        percent: wanted.percent,
        uid: Some(uid.clone()),
        ..NewStatus::default()
    };
    Ok(Flagged {
        uid,
        message: "Flag added",
        flag: call.hub.add_status(login, id, new)?,
    })
}

/// `GET pull-request/<n>/flag`.
pub(super) async fn of_pull(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    let id = pull_requests::project(call, place)?;
    let last = last_commit_of(call, id, number).await?;
    let flags = match last {
        Some(sha) => flags(call, &call.hub.state(), id, &sha)?,
        None => Vec::new(),
    };
    Ok(reply(200, &json!({"flags": flags})))
}

/// The last commit of a pull request; of one that had none so far, the source is looked at again.
async fn last_commit_of(
    call: &Call<'_>,
    id: ProjectId,
    number: u64,
) -> Result<Option<String>, Problem> {
    let known = |call: &Call<'_>| -> Result<Option<String>, Problem> {
        let state = call.hub.state();
        Ok(last_commit(state.pull(id, number)?).map(str::to_owned))
    };
    if let Some(sha) = known(call)? {
        return Ok(Some(sha));
    }
    pull_requests::refresh(call.hub, id, number, None)
        .await
        .map_err(|_| Problem::Fatal)?;
    known(call)
}

/// `POST pull-request/<n>/flag`: as on commits, but one without a state gets one from its progress.
pub(super) async fn set_on_pull(call: &Call<'_>, place: &Place<'_>, number: u64) -> Answer {
    let id = pull_requests::project(call, place)?;
    call.check_token(id)?;
    let login = call.user()?;
    call.hub.state().pull(id, number)?;
    let wanted = Wanted::read(call, call.form.has("status"))?;
    let sha = last_commit_of(call, id, number).await?;
    // There is no row to hang the flag on.
    let sha = sha.ok_or_else(|| Problem::new(400, "EDBERROR"))?;
    let flagged = set(call, id, &sha, wanted)?;
    let state = call.hub.state();
    let mut body = told(call, &state, &flagged);
    body["user"] = json!(login);
    body["avatar_url"] = json!(state.user(login).map(|user| call.view.avatar(user, 30)));
    Ok(reply(200, &body))
}
