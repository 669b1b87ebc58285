//! Who belongs to a group.

use serde_json::json;

use super::Answer;
use super::call::Call;
use super::form::Checks;
use super::problem::Problem;
use super::view::{Detail, reply};
use crate::state::{Access, Group, State};

/// `POST group/<name>/add`. Someone who is in it already is no error.
pub(super) fn add(call: &Call<'_>, name: &str) -> Answer {
    change(call, name, "add user to", |group, user| {
        group
            .members
            .entry(user.to_owned())
            .or_insert(Access::Admin);
        Ok(())
    })
}

/// `POST group/<name>/remove`.
pub(super) fn remove(call: &Call<'_>, name: &str) -> Answer {
    change(call, name, "remove user from", |group, user| {
        if group
            .members
            .keys()
            .next()
            .is_some_and(|first| first == user)
        {
            return Err("The creator of a group cannot be removed".to_owned());
        }
        match group.members.remove(user) {
            Some(_) => Ok(()),
            None => Err(format!(
                "User `{user}` could not be found in the group `{}`",
                group.path
            )),
        }
    })
}

fn change(
    call: &Call<'_>,
    name: &str,
    what: &str,
    act: impl FnOnce(&mut Group, &str) -> Result<(), String>,
) -> Answer {
    // Whatever is wrong is said to be the database's fault.
    let refusal = |text: String| Problem::new(400, "EDBERROR").with_errors(json!([text]));
    let login = call.user()?;
    let mut state = call.hub.state();
    let id = group_id(&state, name)?;
    Checks::on(&call.form).required("user").done()?;
    let user = call.form.text("user").unwrap_or_default();
    if state.user(&user).is_none() {
        return Err(refusal(format!("No user `{user}` found")));
    }
    let admin = state.user(login).is_some_and(|user| user.admin);
    let group = state.groups.get_mut(&id);
    let group = group.ok_or_else(|| Problem::new(404, "ENOGROUP"))?;
    if !admin && !group.members.contains_key(login) {
        return Err(refusal(format!("You are not allowed to {what} this group")));
    }
    act(group, &user).map_err(refusal)?;
    let group = group.clone();
    Ok(reply(200, &call.view.group(&state, &group, Detail::Full)))
}

fn group_id(state: &State, name: &str) -> Result<u64, Problem> {
    let group = state.group(name).filter(|group| !group.members.is_empty());
    group
        .map(|group| group.id)
        .ok_or_else(|| Problem::new(404, "ENOGROUP"))
}
