//! The settings of a project, and the rules for pull requests that come from them.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::form::truthy;
use super::problem::Problem;
use super::view::{full_path, reply};
use super::{Answer, route::Place};
use crate::state::{Project, PullRequest};

pub(super) const ASSIGNEE_MERGES: &str = "Only_assignee_can_merge_pull-request";
pub(super) const SIGNED_OFF: &str = "Enforce_signed-off_commits_in_pull-request";
pub(super) const ALWAYS_MERGE: &str = "always_merge";
pub(super) const FAST_FORWARD_ONLY: &str = "disable_non_fast-forward_merges";
const MINIMUM_SCORE: &str = "Minimum_score_to_merge_pull-request";
const WEB_HOOKS: &str = "Web-hooks";
const ISSUES: &str = "issue_tracker";
const PULL_REQUESTS: &str = "pull_requests";

/// The settings that are on or off, and what they are by default.
const SWITCHES: [(&str, bool); 16] = [
    (ISSUES, true),
    ("project_documentation", false),
    (PULL_REQUESTS, true),
    (ASSIGNEE_MERGES, false),
    (SIGNED_OFF, false),
    (ALWAYS_MERGE, false),
    ("issues_default_to_private", false),
    ("fedmsg_notifications", true),
    ("stomp_notifications", true),
    ("mqtt_notifications", true),
    ("pull_request_access_only", false),
    ("notify_on_pull-request_flag", false),
    ("notify_on_commit_flag", false),
    ("issue_tracker_read_only", false),
    (FAST_FORWARD_ONLY, false),
    ("open_metadata_access_to_all", false),
];

/// All settings of a project.
fn settings(project: &Project) -> Map<String, Value> {
    let mut all = Map::new();
    for (name, default) in SWITCHES {
        all.insert(name.to_owned(), json!(default));
    }
    all.insert(MINIMUM_SCORE.to_owned(), json!(-1));
    all.insert(WEB_HOOKS.to_owned(), Value::Null);
    for (name, value) in &project.options {
        all.insert(name.clone(), value.clone());
    }
    all.insert(ISSUES.to_owned(), json!(project.has_issues));
    all.insert(PULL_REQUESTS.to_owned(), json!(project.has_pull_requests));
    all
}

/// Whether a switch is on.
pub(super) fn is_on(project: &Project, name: &str) -> bool {
    project.options.get(name) == Some(&Value::Bool(true))
}

/// The score that a pull request needs to be merged; negative when none is needed.
pub(super) fn minimum_score(project: &Project) -> i64 {
    let score = project.options.get(MINIMUM_SCORE);
    score.and_then(Value::as_i64).unwrap_or(-1)
}

/// The votes in a pull request's comments: the last word of each user counts, and only what is said about
/// the whole.
pub(super) fn score(pull: &PullRequest) -> i64 {
    let mut votes = std::collections::BTreeMap::new();
    for comment in &pull.comments {
        let about_commit = comment.place.as_ref().is_some_and(|p| p.commit.is_some());
        if about_commit {
            continue;
        }
        let says = |words: [&str; 2]| words.iter().any(|word| comment.body.contains(word));
        if says(["+1", ":thumbsup:"]) {
            votes.insert(&comment.author, 1);
        }
        if says(["-1", ":thumbsdown:"]) {
            votes.insert(&comment.author, -1);
        }
    }
    votes.values().sum()
}

/// Whether a pull request has the votes that it needs; null when it needs none.
pub(super) fn threshold_reached(project: &Project, pull: &PullRequest) -> Option<bool> {
    let needed = minimum_score(project);
    (needed >= 0).then(|| score(pull) >= needed)
}

/// `GET options`: anyone with the ACL may look, member or not.
pub(super) fn get(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_token(id)?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let body = json!({"settings": settings(project), "status": "ok"});
    Ok(reply(200, &body))
}

/// `POST options/update`. What is not sent stays as it is, whatever the documentation says.
pub(super) fn update(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_token(id)?;
    let now = call.hub.now();
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    let mut changed = false;
    for (name, old) in settings(project) {
        let Some(sent) = call.form.value(&name) else {
            continue;
        };
        let new = new_value(&name, sent)?;
        if new != old {
            set(project, &name, new);
            changed = true;
        }
    }
    let message = if changed {
        project.updated_at = now;
        format!(
            "Edited successfully settings of repo: {}",
            full_path(project)
        )
    } else {
        "No settings to change".to_owned()
    };
    Ok(reply(200, &json!({"message": message, "status": "ok"})))
}

fn new_value(name: &str, sent: &Value) -> Result<Value, Problem> {
    match name {
        MINIMUM_SCORE => {
            if !truthy(sent) {
                return Ok(json!(-1));
            }
            let number = match sent {
                Value::Number(number) => number.as_i64(),
                Value::Bool(yes) => Some(i64::from(*yes)),
                Value::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            let refusal =
                "Please enter a numeric value for the 'minimum score to merge pull request' field.";
            // A nought counts as none.
            number
                .map(|number| json!(if number == 0 { -1 } else { number }))
                .ok_or_else(|| Problem::no_code(refusal))
        }
        WEB_HOOKS => Ok(if truthy(sent) {
            sent.clone()
        } else {
            Value::Null
        }),
        // `y` is what the site's own forms send. A 1 turns into the number, which Python takes for true.
        _ => Ok(json!(match sent {
            Value::Bool(yes) => *yes,
            Value::Number(number) => number.as_u64() == Some(1),
            Value::String(text) =>
                text == "y" || text.eq_ignore_ascii_case("true") || text.parse() == Ok(1_u64),
            _ => false,
        })),
    }
}

fn set(project: &mut Project, name: &str, value: Value) {
    let on = value == Value::Bool(true);
    match name {
        ISSUES => project.has_issues = on,
        PULL_REQUESTS => project.has_pull_requests = on,
        _ => {
            project.options.insert(name.to_owned(), value);
        }
    }
}
