//! Users, and the version.

use serde_json::{Value, json};

use super::Answer;
use super::call::Call;
use super::problem::Problem;
use super::view::{merge, time};
use crate::dialect::answer;
use crate::state::User;

/// `GET /version`: for those who are signed in.
pub(super) fn version(call: &Call<'_>) -> Answer {
    call.signed_in()?;
    let body = json!({
        "version": call.hub.settings.version,
        "revision": "a1b2c3d4e5f",
        "kas": {"enabled": false, "externalUrl": null, "externalK8sProxyUrl": null, "version": null},
        "enterprise": false,
    });
    Ok(answer(200, &body))
}

/// `GET /user`.
pub(super) fn whoami(call: &Call<'_>) -> Answer {
    let login = call.signed_in()?;
    let state = call.hub.state();
    let user = state.user(login).ok_or_else(Problem::unauthorized)?;
    let mut body = public(call, user);
    let more = json!({
        "last_sign_in_at": time(user.created_at),
        "confirmed_at": time(user.created_at),
        "last_activity_on": call.hub.now().format("%Y-%m-%d").to_string(),
        "email": user.email,
        "theme_id": 3,
        "color_scheme_id": 1,
        "projects_limit": 100_000,
        "current_sign_in_at": time(user.created_at),
        "identities": [],
        "can_create_group": true,
        "can_create_project": true,
        "two_factor_enabled": false,
        "external": false,
        "private_profile": false,
        "commit_email": user.email,
        "preferred_language": "en",
        "shared_runners_minutes_limit": null,
        "extra_shared_runners_minutes_limit": null,
        "scim_identities": [],
    });
    merge(&mut body, more);
    Ok(answer(200, &body))
}

/// `GET /users`: those without a token must name whom they want.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let name = call.params.filled("username")?;
    let search = call
        .params
        .filled("search")?
        .map(|text| text.to_lowercase());
    if call.login().is_none() && name.is_none() {
        let words = "Not authorized to access /api/v4/users";
        return Err(Problem::forbidden_because(words));
    }
    let paging = call.paging()?;
    let state = call.hub.state();
    let matches = |user: &&User| {
        let called = user.name.as_deref().unwrap_or_default().to_lowercase();
        name.as_ref()
            .is_none_or(|name| state.same_name(&user.login, name))
            && search.as_ref().is_none_or(|text| {
                called.contains(text)
                    || user.login.to_lowercase().contains(text)
                    || user.email.to_lowercase() == *text
            })
    };
    // The newest first.
    let users: Vec<&User> = state.users.values().rev().filter(matches).collect();
    let total = users.len();
    let rows = paging.cut(users).into_iter();
    let rows = rows.map(|user| call.view.user_basic(user)).collect();
    drop(state);
    Ok(call.page_of(rows, paging, total, &[]))
}

/// `GET /users/{id}`.
pub(super) fn by_id(call: &Call<'_>, id: &str) -> Answer {
    if call.login().is_none() {
        return Err(Problem::forbidden_because("Not authorized!"));
    }
    let id: u64 = id
        .parse()
        .map_err(|_| Problem::error(400, "id is invalid"))?;
    let state = call.hub.state();
    let user = state.users.get(&id);
    let user = user.ok_or_else(|| Problem::not_found("User"))?;
    Ok(answer(200, &public(call, user)))
}

/// A user as everyone sees them.
fn public(call: &Call<'_>, user: &User) -> Value {
    let mut body = call.view.user_basic(user);
    let more = json!({
        "created_at": time(user.created_at),
        "bio": "",
        "location": "",
        "linkedin": "",
        "twitter": "",
        "discord": "",
        "website_url": "",
        "github": "",
        "job_title": "",
        "pronouns": "",
        "organization": "",
        "bot": user.bot,
        "work_information": null,
        "followers": 0,
        "following": 0,
        "is_followed": false,
        "local_time": "9:30 AM",
    });
    merge(&mut body, more);
    body
}
