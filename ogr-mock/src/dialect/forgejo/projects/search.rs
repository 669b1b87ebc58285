//! Searching projects.

use serde_json::{Value, json};

use super::repository;
use crate::dialect::forgejo::Answer;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::problem::Problem;
use crate::state::{Project, State};

/// `GET /repos/search`.
pub(in crate::dialect::forgejo) fn search(call: &Call<'_>) -> Answer {
    call.scoped(&["repository"])?;
    let mode = call.param("mode").unwrap_or_default();
    if !matches!(mode, "" | "fork" | "source" | "mirror" | "collaborative") {
        let words = format!("Invalid search mode: \"{mode}\"");
        return Err(Problem::new(422, words));
    }
    let sort = call.param("sort").unwrap_or_default();
    if !matches!(
        sort,
        "" | "alpha"
            | "created"
            | "updated"
            | "size"
            | "git_size"
            | "lfs_size"
            | "stars"
            | "forks"
            | "id"
    ) {
        return Err(Problem::new(422, format!("Invalid sort mode: \"{sort}\"")));
    }
    let order = call.param("order").unwrap_or("asc");
    if !sort.is_empty() && !matches!(order, "asc" | "desc") {
        return Err(Problem::new(
            422,
            format!("Invalid sort order: \"{order}\""),
        ));
    }
    let state = call.hub.state();
    let mut found: Vec<&Project> = state
        .projects
        .values()
        .filter(|project| matches(call, &state, project, mode))
        .collect();
    // Of what is the same the older comes first, whatever the order.
    let descending = !sort.is_empty() && order == "desc";
    let number = |value: i64| if descending { -value } else { value };
    let updated = |project: &Project| project.pushed_at.max(Some(project.updated_at));
    match sort {
        "id" => found.sort_by_key(|project| number(project.id.cast_signed())),
        "created" => found.sort_by_key(|project| number(project.created_at.timestamp())),
        "updated" => {
            found.sort_by_key(|project| number(updated(project).map_or(0, |at| at.timestamp())))
        }
        "forks" => found.sort_by_key(|project| {
            number(i64::try_from(state.forks(project.id).count()).unwrap_or(0))
        }),
        "size" | "git_size" | "lfs_size" | "stars" => {}
        _ if descending => {
            found.sort_by_key(|project| std::cmp::Reverse(project.name.to_lowercase()));
        }
        _ => found.sort_by_key(|project| project.name.to_lowercase()),
    }
    let (total, paging) = (found.len(), call.paging());
    let rows: Vec<Value> = paging
        .cut(found)
        .into_iter()
        .map(|project| repository(call, &state, project))
        .collect();
    Ok(call.linked(&json!({"ok": true, "data": rows}), paging, total))
}

fn matches(call: &Call<'_>, state: &State, project: &Project, mode: &str) -> bool {
    let wanted = call.param("q").unwrap_or_default().to_lowercase();
    let by_topic = call.flag("topic", false);
    let described = call.flag("includeDesc", false)
        && project
            .description
            .as_deref()
            .is_some_and(|text| text.to_lowercase().contains(&wanted));
    let named = if by_topic {
        wanted.is_empty() || project.topics.contains(&wanted)
    } else {
        project.name.to_lowercase().contains(&wanted) || described
    };
    let owner: Option<u64> = call.param("uid").and_then(|uid| uid.parse().ok());
    let owned = owner.filter(|uid| *uid > 0).is_none_or(|uid| {
        let user = state.users.get(&uid).map(|user| user.login.as_str());
        let group = state.groups.get(&uid).map(|group| group.path.as_str());
        user.or(group)
            .is_some_and(|name| state.same_name(name, &project.namespace))
    });
    let archived = call
        .param("archived")
        .is_none_or(|_| call.flag("archived", false) == project.archived);
    let private = call
        .param("is_private")
        .is_none_or(|_| call.flag("is_private", false) == project.private);
    let shown = !project.private || call.flag("private", true);
    let kind = match mode {
        "fork" => project.parent.is_some(),
        "source" => project.parent.is_none(),
        "mirror" => false,
        _ => true,
    };
    named && owned && archived && private && shown && kind && call.access(state, project).is_some()
}
