//! Lists of projects.

use super::super::Answer;
use super::super::call::Call;
use super::super::members;
use super::super::namespaces::{self, find};
use super::super::problem::Problem;
use super::super::view::project_name;
use super::view::{Detail, many};
use crate::dialect::answer;
use crate::state::{Access, Account, Project, ProjectId, State};

/// Beyond so many rows projects are listed by keyset only.
const DEEPEST: usize = 50_000;

/// What GitLab repeats in the links of these lists.
const DEFAULTS: [(&str, &str); 7] = [
    ("membership", "false"),
    ("order_by", "created_at"),
    ("owned", "false"),
    ("simple", "false"),
    ("sort", "desc"),
    ("starred", "false"),
    ("with_custom_attributes", "false"),
];

/// `GET /projects`.
pub(in super::super) async fn list(call: &Call<'_>) -> Answer {
    let wanted = wanted(call, |_, _| true)?;
    if call
        .params
        .choice("pagination", &["legacy", "keyset", "offset"])?
        .as_deref()
        == Some("keyset")
    {
        return by_key(call, wanted).await;
    }
    listed(call, wanted).await
}

/// `GET /users/{user_id}/projects`: those in the user's own namespace.
pub(in super::super) async fn list_of_user(call: &Call<'_>, id: &str) -> Answer {
    let login = {
        let state = call.hub.state();
        let found = match id.parse::<u64>() {
            Ok(number) => state.users.get(&number),
            Err(_) => state.user(id),
        };
        let user = found.ok_or_else(|| Problem::not_found("User"))?;
        user.login.clone()
    };
    let wanted = wanted(call, |state, project| {
        state.same_name(&project.namespace, &login)
    })?;
    listed(call, wanted).await
}

/// `GET /groups/{id}/projects`.
pub(in super::super) async fn list_of_group(call: &Call<'_>, id: &str) -> Answer {
    let path = namespaces::group_path(call, id)?;
    let deep = call.params.flag("include_subgroups")?.unwrap_or(false);
    let wanted = wanted(call, |state, project| {
        let below = |rest: &str| rest.starts_with('/');
        state.same_name(&project.namespace, &path)
            || (deep && project.namespace.strip_prefix(&path).is_some_and(below))
    })?;
    listed(call, wanted).await
}

/// The projects of the list that is asked for, in its order.
fn wanted(
    call: &Call<'_>,
    within: impl Fn(&State, &Project) -> bool,
) -> Result<Vec<ProjectId>, Problem> {
    select(call, within, false)
}

pub(in super::super) fn select(
    call: &Call<'_>,
    within: impl Fn(&State, &Project) -> bool,
    oldest_first: bool,
) -> Result<Vec<ProjectId>, Problem> {
    let params = &call.params;
    let search = params.filled("search")?.map(|text| text.to_lowercase());
    let owned = params.flag("owned")?.unwrap_or(false);
    let membership = params.flag("membership")?.unwrap_or(false);
    let archived = params.flag("archived")?;
    let visibility = params.choice("visibility", &["private", "internal", "public"])?;
    let least = params.number("min_access_level")?;
    let (after, before) = (params.number("id_after")?, params.number("id_before")?);
    let topic = params.filled("topic")?;
    let orders = [
        "id",
        "name",
        "path",
        "created_at",
        "updated_at",
        "last_activity_at",
        "similarity",
        "star_count",
    ];
    let order = params.choice("order_by", &orders)?;
    let sort = params.choice("sort", &["asc", "desc"])?;
    let ascending = sort.map_or(oldest_first, |sort| sort == "asc");
    let state = call.hub.state();
    let own_level = |project: &Project| {
        let login = call.login()?;
        let user = state.user(login)?;
        let own = members::own(&state, project).get(&user.login).copied();
        own.max(
            members::inherited(&state, project)
                .get(&user.login)
                .copied(),
        )
    };
    let matches = |project: &&Project| {
        call.access(&state, project).is_some()
            && !call.hub.still_missing(project)
            && within(&state, project)
            && (!owned || own_level(project) >= Some(Access::Admin))
            && (!membership || own_level(project).is_some())
            && least.is_none_or(|least| {
                own_level(project).is_some_and(|level| members::level(level) >= least)
            })
            && archived.is_none_or(|archived| project.archived == archived)
            && visibility
                .as_deref()
                .is_none_or(|word| super::view::visibility(project) == word)
            && after.is_none_or(|id| project.id > id)
            && before.is_none_or(|id| project.id < id)
            && topic
                .as_ref()
                .is_none_or(|topic| project.topics.contains(topic))
            && search.as_ref().is_none_or(|text| {
                project.name.to_lowercase().contains(text)
                    || project_name(project).to_lowercase().contains(text)
            })
    };
    let mut found: Vec<&Project> = state.projects.values().filter(matches).collect();
    match order.as_deref() {
        Some("name") => found.sort_by_key(|project| project_name(project).to_lowercase()),
        Some("path") => found.sort_by_key(|project| project.name.to_lowercase()),
        Some("updated_at") => found.sort_by_key(|project| project.updated_at),
        Some("last_activity_at") => {
            found.sort_by_key(|project| project.pushed_at.unwrap_or(project.created_at));
        }
        _ => {}
    }
    if !ascending {
        found.reverse();
    }
    Ok(found.iter().map(|project| project.id).collect())
}

/// The page of these projects that is asked for.
pub(in super::super) async fn listed(call: &Call<'_>, ids: Vec<ProjectId>) -> Answer {
    let paging = call.paging()?;
    if paging.skip() > DEEPEST {
        let words = format!(
            "Offset pagination has a maximum allowed offset of {DEEPEST} for requests that return \
             objects of type Project. Remaining records can be retrieved using keyset pagination."
        );
        return Err(Problem::error(405, words));
    }
    let total = ids.len();
    let page: Vec<ProjectId> = paging.cut(ids);
    let rows = many(call, &page, detail(call)?).await?;
    Ok(call.page_of(rows, paging, total, &DEFAULTS))
}

/// The page that starts after a number: `id_after`, or `id_before` when the list goes down.
async fn by_key(call: &Call<'_>, mut ids: Vec<ProjectId>) -> Answer {
    if call
        .params
        .filled("order_by")?
        .is_none_or(|order| order != "id")
    {
        let words = "Keyset pagination is not yet available for this type of request";
        return Err(Problem::error(405, words));
    }
    let per_page = call.per_page()?;
    let more = ids.len() > per_page;
    ids.truncate(per_page);
    let rows = many(call, &ids, detail(call)?).await?;
    let key = match call.params.filled("sort")?.as_deref() {
        Some("asc") => "id_after",
        _ => "id_before",
    };
    let last = ids.last().map(ToString::to_string).unwrap_or_default();
    let next = more.then_some((key, last.as_str()));
    let answer = answer(200, &serde_json::Value::Array(rows));
    Ok(call.after_key(answer, next))
}

fn detail(call: &Call<'_>) -> Result<Detail, Problem> {
    let simple = call.params.flag("simple")?.unwrap_or(false);
    Ok(if simple || call.login().is_none() {
        Detail::Basic
    } else {
        Detail::WithAccess
    })
}

/// Whether a user may make projects in a namespace, named by number or path; its name if so.
pub(in super::super) fn namespace_for(state: &State, login: &str, id: &str) -> Option<String> {
    let name = find(state, id)?;
    let may = match state.account(&name)? {
        Account::User(user) => state.same_name(&user.login, login),
        Account::Group(group) => {
            namespaces::level_in(state, login, &group.path) >= Some(Access::Write)
        }
    };
    may.then_some(name)
}
