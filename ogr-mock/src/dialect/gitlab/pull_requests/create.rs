//! Opening merge requests: in the project that they come from.

use serde_json::json;

use super::super::Answer;
use super::super::call::Call;
use super::super::problem::Problem;
use super::view;
use crate::dialect::answer;
use crate::state::{Access, NewPullRequest, ProjectId, Refusal, What};

/// `POST /projects/{id}/merge_requests`: the project is the source, `target_project_id` the target.
pub(in super::super) async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let params = &call.params;
    params.require(&["title", "source_branch", "target_branch"])?;
    let login = call.entitled(id, Access::Write)?.to_owned();
    let title = params.text("title")?.unwrap_or_default();
    if title.trim().is_empty() {
        return Err(Problem::field("title", "can't be blank"));
    }
    let target = params.number("target_project_id")?.unwrap_or(id);
    let trusted = {
        let state = call.hub.state();
        let missing = |_| Problem::no_record();
        let project = call.look(&state, target).map_err(missing)?;
        if !call.allows(&state, project, Access::Read) || project.archived {
            return Err(Problem::forbidden());
        }
        if !state.same_network(id, target) {
            let words = "Source project is not a fork of the target project";
            return Err(Problem::message(422, json!([words])));
        }
        call.allows(&state, project, Access::Write)
    };
    let (source_branch, target_branch) = (
        params.text("source_branch")?.unwrap_or_default(),
        params.text("target_branch")?.unwrap_or_default(),
    );
    let collaboration = match params.flag("allow_collaboration")? {
        Some(on) => Some(on),
        None => params.flag("allow_maintainer_to_push")?,
    };
    let names = params.list("labels")?.unwrap_or_default();
    let more = params.list("add_labels")?.unwrap_or_default();
    let people = people(call, "assignee")?;
    let reviewers = people_of(call, "reviewer_ids")?;
    let labels = {
        let mut state = call.hub.state();
        let names = names.iter().chain(&more);
        // Those who may not push to the target set no labels and no assignees, and are not told so.
        let names = names.filter(|_| trusted);
        names
            .filter_map(|name| state.label_id(target, name))
            .collect()
    };
    let new = NewPullRequest {
        target,
        base_branch: target_branch,
        source: id,
        head_branch: source_branch,
        draft: is_draft(&title),
        title,
        body: params.text("description")?,
        // Allowed unless it is refused; of no meaning within one project.
        maintainer_edit: target != id && collaboration.unwrap_or(true),
        labels,
        assignees: people.filter(|_| trusted).unwrap_or_default(),
    };
    let made = call.hub.open_pull_request(&login, new).await;
    let pull = made.map_err(|refusal| match refusal {
        Refusal::Forbidden(What::HeadBranch) => Problem::forbidden(),
        other => other.into(),
    })?;
    {
        let mut state = call.hub.state();
        let pull = state.pull_mut(target, pull.number)?;
        let settings = &mut pull.settings;
        for (name, key) in [
            ("remove_source_branch", "force_remove_source_branch"),
            ("squash", "squash"),
        ] {
            if let Some(on) = params.flag(name)? {
                settings.insert(key.to_owned(), json!(on));
            }
        }
        if let Some(reviewers) = reviewers.filter(|_| trusted) {
            settings.insert("reviewers".to_owned(), json!(reviewers));
        }
    }
    let mut body = view::whole(call, target, pull.number).await?;
    // Whether it can be merged is worked out after this answer.
    body["merge_status"] = json!("checking");
    if !pull.draft {
        body["detailed_merge_status"] = json!("checking");
    }
    body["has_conflicts"] = json!(false);
    Ok(answer(201, &body))
}

/// Whether a title marks a draft.
pub(super) fn is_draft(title: &str) -> bool {
    without_mark(title).is_some()
}

/// The title without its mark of a draft, if it has one.
pub(super) fn without_mark(title: &str) -> Option<&str> {
    let title = title.trim_start();
    for mark in ["draft:", "[draft]", "(draft)"] {
        let start = title.get(..mark.len());
        if start.is_some_and(|start| start.eq_ignore_ascii_case(mark)) {
            return Some(title[mark.len()..].trim_start());
        }
    }
    None
}

/// The logins behind `assignee_ids`, or the one `assignee_id`.
pub(super) fn people(call: &Call<'_>, name: &str) -> Result<Option<Vec<String>>, Problem> {
    match people_of(call, &format!("{name}_ids"))? {
        Some(people) => Ok(Some(people)),
        None => people_of(call, &format!("{name}_id")),
    }
}

/// The logins behind a list of numbers; numbers of nobody are left out, above all the 0 that empties.
pub(super) fn people_of(call: &Call<'_>, name: &str) -> Result<Option<Vec<String>>, Problem> {
    let Some(ids) = call.params.list(name)? else {
        return Ok(call.params.given(name).then(Vec::new));
    };
    let state = call.hub.state();
    let mut logins = Vec::new();
    for id in ids {
        let id: u64 = id
            .parse()
            .map_err(|_| Problem::error(400, format!("{name} is invalid")))?;
        logins.extend(state.users.get(&id).map(|user| user.login.clone()));
    }
    Ok(Some(logins))
}
