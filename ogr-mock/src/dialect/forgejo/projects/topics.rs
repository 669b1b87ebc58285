//! A project's topics.

use serde_json::{Value, json};

use crate::dialect::empty;
use crate::dialect::forgejo::Answer;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::problem::Problem;
use crate::state::ProjectId;

/// Routes below `/repos/{owner}/{repo}/topics`.
pub(in crate::dialect::forgejo) fn topics(call: &Call<'_>, id: ProjectId, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", []) => list(call, id),
        ("PUT", []) => replace(call, id),
        ("PUT", [name]) => add(call, id, name),
        (_, [name]) => remove(call, id, name),
        _ => Err(Problem::NoRoute),
    }
}

fn list(call: &Call<'_>, id: ProjectId) -> Answer {
    let state = call.hub.state();
    let mut topics = state.visible_id(call.login(), id)?.topics.clone();
    topics.sort();
    let total = topics.len();
    let rows = call.paging().cut(topics);
    Ok(call.counted(&json!({"topics": rows}), total))
}

/// Whether a topic is made of small letters, digits and dashes, with no dash in front.
fn is_topic(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= 35
        && first.is_some_and(plain)
        && chars.all(|c| plain(c) || matches!(c, '-' | '.'))
}

fn replace(call: &Call<'_>, id: ProjectId) -> Answer {
    call.admin(id)?;
    let body = call.body("RepoTopicOptions")?;
    let mut topics: Vec<String> = Vec::new();
    for topic in body.texts("topics")?.unwrap_or_default() {
        let topic = topic.trim().to_lowercase();
        if !topic.is_empty() && !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    if topics.len() > 25 {
        return Err(too_many());
    }
    let wrong: Vec<&String> = topics.iter().filter(|topic| !is_topic(topic)).collect();
    if !wrong.is_empty() {
        return Err(invalid(json!(wrong), "Topic names are invalid"));
    }
    call.hub.state().project_mut(id)?.topics = topics;
    Ok(empty(204))
}

/// Refuses who may not, and strangers with the same words.
fn admin(call: &Call<'_>, id: ProjectId) -> Result<(), Problem> {
    if call.login().is_none() {
        return Err(Problem::needs_admin());
    }
    call.admin(id).map(drop)
}

fn add(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    admin(call, id)?;
    let name = name.trim().to_lowercase();
    if !is_topic(&name) {
        return Err(invalid(json!(name), "Topic name is invalid"));
    }
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    if !project.topics.contains(&name) {
        if project.topics.len() >= 25 {
            return Err(too_many());
        }
        project.topics.push(name);
    }
    Ok(empty(204))
}

fn remove(call: &Call<'_>, id: ProjectId, name: &str) -> Answer {
    admin(call, id)?;
    let name = name.trim().to_lowercase();
    let mut state = call.hub.state();
    let project = state.project_mut(id)?;
    let before = project.topics.len();
    project.topics.retain(|topic| *topic != name);
    if project.topics.len() == before {
        return Err(Problem::not_found());
    }
    Ok(empty(204))
}

fn invalid(topics: Value, words: &str) -> Problem {
    Problem::Json(422, json!({"invalidTopics": topics, "message": words}))
}

fn too_many() -> Problem {
    Problem::Json(
        422,
        json!({"invalidTopics": null, "message": "Exceeding maximum number of topics per repo"}),
    )
}
