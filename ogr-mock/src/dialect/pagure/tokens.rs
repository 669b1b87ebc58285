//! Tokens of a project.

use serde_json::{Value, json};

use super::call::Call;
use super::form::Checks;
use super::problem::Problem;
use super::projects::is_named_admin;
use super::view::reply;
use super::{Answer, Place};
use crate::dialect::scramble;
use crate::state::{Access, Project, Token};

/// What a user may put on a token.
const ACLS: [&str; 29] = [
    "create_branch",
    "create_project",
    "commit_flag",
    "fork_project",
    "issue_assign",
    "issue_change_status",
    "issue_comment",
    "issue_create",
    "issue_subscribe",
    "issue_update",
    "issue_update_custom_fields",
    "issue_update_milestone",
    "modify_project",
    "pull_request_create",
    "pull_request_close",
    "pull_request_comment",
    "pull_request_flag",
    "pull_request_merge",
    "pull_request_subscribe",
    "pull_request_assign",
    "pull_request_update",
    "update_watch_status",
    "pull_request_rebase",
    "tag_project",
    "commit",
    "modify_git_alias",
    "create_git_alias",
    "delete_git_alias",
    "group_modify",
];

/// What is noted about a token, if anything.
fn told(description: &str) -> Option<&str> {
    Some(description).filter(|description| !description.is_empty())
}

/// The secret that a project signs its web hooks with.
fn hook_token(project: &Project) -> String {
    let hash = |n: u64| {
        format!(
            "{:016X}",
            scramble("hook", project.id.wrapping_add(n << 40))
        )
    };
    let mut token = format!("{}{}{}", hash(1), hash(2), hash(3));
    token.truncate(40);
    token
}

/// `GET connector`: the hook's secret, and the caller's tokens of this project, secrets included.
pub(super) fn connector(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_token(id)?;
    let login = call.user()?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    if !is_named_admin(project, login) {
        return Err(Problem::new(401, "ENOTHIGHENOUGH"));
    }
    let mut tokens: Vec<&Token> = state
        .tokens
        .values()
        .filter(|token| token.project == Some(id) && token.user == login)
        .collect();
    tokens.sort_by_key(|token| token.id);
    let tokens = tokens.into_iter().map(|token| {
        json!({
            "description": told(&token.description),
            "id": token.value,
            "expired": token.expired,
        })
    });
    let connector = json!({
        "hook_token": hook_token(project),
        "api_tokens": tokens.collect::<Vec<Value>>(),
    });
    Ok(reply(200, &json!({"connector": connector, "status": "ok"})))
}

/// `GET webhook/token`. Nobody was expected to ask without a token: that breaks the server.
pub(super) fn webhook(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_token(id)?;
    let login = call.user()?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let member = project.members.get(login) >= Some(&Access::Triage);
    if project.owner != login && !member {
        return Err(Problem::new(401, "ENOTHIGHENOUGH"));
    }
    let webhook = json!({"token": hook_token(project)});
    Ok(reply(200, &json!({"webhook": webhook, "status": "ok"})))
}

/// `POST token/new`: a token that works on this project only.
pub(super) fn create(call: &Call<'_>, place: &Place<'_>) -> Answer {
    let id = call.project(place)?;
    call.check_token(id)?;
    let login = call.user()?;
    let mut state = call.hub.state();
    if !is_named_admin(call.look(&state, id)?, login) {
        return Err(Problem::new(401, "ENOTHIGHENOUGH"));
    }
    let wanted: Vec<String> = call
        .form
        .values("acls")
        .filter_map(|acl| acl.as_str().map(str::to_owned))
        .collect();
    let unknown: Vec<String> = wanted
        .iter()
        .filter(|acl| !ACLS.contains(&acl.as_str()))
        .map(|acl| format!("'{acl}'"))
        .collect();
    let mut checks = Checks::on(&call.form);
    match unknown.as_slice() {
        [] if wanted.is_empty() => checks.wrong("acls", "This field is required."),
        [] => {}
        [one] => checks.wrong(
            "acls",
            &format!("{one} is not a valid choice for this field."),
        ),
        many => checks.wrong(
            "acls",
            &format!("{} are not valid choices for this field.", many.join(", ")),
        ),
    }
    checks.done()?;
    let number = state.new_id();
    let token = Token {
        id: number,
        value: call.hub.dialect.token_value(login, number),
        user: login.to_owned(),
        description: call.form.text("description").unwrap_or_default(),
        scopes: wanted,
        expired: false,
        project: Some(id),
    };
    let description = told(&token.description);
    let body = json!({"token": {"description": description, "id": token.value}});
    state.tokens.insert(token.value.clone(), token);
    Ok(reply(200, &body))
}
