//! Writing answers: times, users, projects, pull requests, comments, flags.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::dialect::{Response, bytes, scramble};
use crate::hub::Hub;
use crate::state::{
    Access, Comment, Group, Project, ProjectId, PullRequest, PullState, State, Status, User,
};

/// What stays as it is in a path of a URL.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b'/')
    .remove(b':')
    .remove(b';')
    .remove(b'@');

/// JSON, without a word on its charset.
pub(super) fn reply(status: u16, body: &Value) -> Response {
    bytes(status, "application/json", format!("{body}\n"))
}

/// A text as a part of a path.
pub(super) fn in_path(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}

/// How much of a user is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Public,
    /// With mail addresses.
    Full,
}

/// Where this forge is, and how it writes times.
pub(super) struct View {
    pub(super) web: String,
    pub(super) api: String,
    host: String,
    whole_seconds: bool,
}

impl View {
    pub(super) fn new(hub: &Hub) -> Self {
        Self {
            web: hub.base_url().to_owned(),
            api: format!("{}/api/0", hub.base_url()),
            host: hub.host().to_owned(),
            whole_seconds: hub.settings.whole_seconds,
        }
    }

    /// A time: a number, in a text.
    pub(super) fn time(&self, at: DateTime<Utc>) -> String {
        if self.whole_seconds {
            return at.timestamp().to_string();
        }
        // As Python prints a float: the shortest text that reads back the same.
        #[allow(clippy::cast_precision_loss)]
        let seconds = at.timestamp_micros() as f64 / 1e6;
        format!("{seconds:?}")
    }

    fn maybe_time(&self, at: Option<DateTime<Utc>>) -> Value {
        at.map_or(Value::Null, |at| json!(self.time(at)))
    }

    pub(super) fn user(&self, state: &State, login: &str, detail: Detail) -> Value {
        let known = state.user(login);
        let mut user = json!({
            "name": login,
            "fullname": known.map_or(login, full_name),
            "url_path": format!("user/{login}"),
            "full_url": format!("{}/user/{login}", self.web),
        });
        if let (Detail::Full, Some(known)) = (detail, known) {
            user["default_email"] = json!(known.email);
            user["emails"] = json!([known.email]);
        }
        user
    }

    fn maybe_user(&self, state: &State, login: Option<&str>) -> Value {
        login.map_or(Value::Null, |login| self.user(state, login, Detail::Public))
    }

    /// The address of a picture of someone, on another host, as real ones are.
    pub(super) fn avatar(&self, user: &User, size: u32) -> String {
        let hash = |n| scramble(&user.email, n);
        format!(
            "https://seccdn.libravatar.org/avatar/{:016x}{:016x}{:016x}{:016x}?s={size}&d=retro",
            hash(0),
            hash(1),
            hash(2),
            hash(3)
        )
    }

    pub(super) fn project(&self, state: &State, project: &Project, detail: Detail) -> Value {
        let path = project.path();
        let parent = project.parent.and_then(|id| state.projects.get(&id));
        json!({
            "id": project.id,
            "name": project.name,
            "fullname": full_path(project),
            "url_path": path,
            "full_url": format!("{}/{path}", self.web),
            "description": project.description,
            "namespace": (!project.namespace.is_empty()).then_some(&project.namespace),
            "parent": parent.map(|parent| self.project(state, parent, detail)),
            "date_created": self.time(project.created_at),
            "date_modified": self.time(project.updated_at),
            "user": self.user(state, &project.owner, detail),
            "access_users": access_users(project),
            "access_groups": access_groups(state, project),
            "tags": project.topics,
            // Issues are where these come from.
            "priorities": {},
            "custom_keys": [],
            "close_status": [],
            "milestones": {},
        })
    }

    /// The same by its number; null if it is gone.
    pub(super) fn project_by_id(&self, state: &State, id: Option<ProjectId>) -> Value {
        let project = id.and_then(|id| state.projects.get(&id));
        project.map_or(Value::Null, |project| {
            self.project(state, project, Detail::Public)
        })
    }

    pub(super) fn pull(&self, state: &State, pull: &PullRequest, comments: bool) -> Value {
        let Some(project) = state.projects.get(&pull.project) else {
            return Value::Null;
        };
        let labels = project.labels_of(&pull.labels).into_iter();
        let labels: Vec<&str> = labels.map(|label| label.name.as_str()).collect();
        let comments: Vec<Value> = pull
            .comments
            .iter()
            .filter(|_| comments)
            .map(|comment| self.comment(state, comment))
            .collect();
        json!({
            "id": pull.number,
            "uid": pull_uid(pull),
            "title": pull.title,
            "branch": pull.base_branch,
            "project": self.project(state, project, Detail::Public),
            "branch_from": pull.head.branch,
            "repo_from": self.project_by_id(state, pull.head.project),
            "remote_git": null,
            "date_created": self.time(pull.created_at),
            "updated_on": self.time(pull.updated_at),
            "last_updated": self.time(pull.touched_at.max(pull.updated_at)),
            "closed_at": self.maybe_time(pull.closed_at),
            "user": self.user(state, &pull.author, Detail::Public),
            "assignee": self.maybe_user(state, pull.assignees.first().map(String::as_str)),
            "status": status_word(pull.state),
            "commit_start": first_commit(pull),
            "commit_stop": last_commit(pull),
            "closed_by": self.maybe_user(state, pull.closed_by.as_deref()),
            "initial_comment": pull.body,
            "cached_merge_status": pull.merge_status.as_deref().unwrap_or("unknown"),
            "threshold_reached": super::options::threshold_reached(project, pull),
            "tags": labels,
            "full_url": format!("{}/{}/pull-request/{}", self.web, project.path(), pull.number),
            "comments": comments,
        })
    }

    pub(super) fn comment(&self, state: &State, comment: &Comment) -> Value {
        let place = comment.place.clone().unwrap_or_default();
        json!({
            "id": comment.id,
            "commit": place.commit,
            "tree": place.tree,
            "filename": place.path,
            "line": place.line.as_deref().map_or(Value::Null, loose_number),
            "comment": comment.body,
            "parent": null,
            "date_created": self.time(comment.created_at),
            "user": self.user(state, &comment.author, Detail::Public),
            "edited_on": null,
            "editor": null,
            "notification": comment.system,
            "reactions": {},
        })
    }

    pub(super) fn flag(&self, state: &State, flag: &Status, detail: Detail) -> Value {
        json!({
            "commit_hash": flag.sha,
            "username": flag.context,
            "percent": flag.percent.as_deref().map_or(Value::Null, loose_number),
            "comment": flag.description.as_deref().unwrap_or_default(),
            "status": flag.state,
            "url": flag.target_url.as_deref().unwrap_or_default(),
            "date_created": self.time(flag.created_at),
            "date_updated": self.time(flag.updated_at),
            "user": self.user(state, &flag.creator, detail),
        })
    }

    pub(super) fn group(&self, state: &State, group: &Group, detail: Detail) -> Value {
        let members: Vec<&String> = group.members.keys().collect();
        let creator = members.first().map_or("", |login| login.as_str());
        json!({
            "name": group.path,
            "display_name": group.name.as_ref().unwrap_or(&group.path),
            "description": group.description,
            "group_type": "user",
            "creator": self.user(state, creator, detail),
            "date_created": self.time(group.created_at),
            "full_url": format!("{}/group/{}", self.web, group.path),
            "members": members,
        })
    }

    /// The two addresses of a project's repository. There is no ssh server behind the second.
    pub(super) fn git_urls(&self, project: &Project, login: Option<&str>) -> Value {
        let path = full_path(project);
        let user = login.unwrap_or("{username}");
        json!({
            "git": format!("{}/{path}.git", self.web),
            "ssh": format!("ssh://{user}@{}/{path}.git", self.host),
        })
    }
}

/// The name that people call a user.
pub(super) fn full_name(user: &User) -> &str {
    user.name.as_deref().unwrap_or(&user.login)
}

/// A project's full name: a fork's starts with `forks/`, its URL with `fork/`.
pub(super) fn full_path(project: &Project) -> String {
    let path = project.path();
    match path.strip_prefix("fork/") {
        Some(rest) if project.fork_owner.is_some() => format!("forks/{rest}"),
        _ => path,
    }
}

/// The forge's own name for a pull request over all projects: it ends in its number there.
pub(super) fn pull_uid(pull: &PullRequest) -> String {
    format!("{:016x}{:016x}", scramble("pull-request", pull.id), pull.id)
}

/// The first of the commits, unless the base had them all from the beginning.
fn first_commit(pull: &PullRequest) -> Option<&str> {
    let made_up = pull.synthetic.then_some(pull.head.sha.as_str());
    pull.first_commit.as_deref().or(made_up)
}

/// The last of the commits, likewise.
pub(super) fn last_commit(pull: &PullRequest) -> Option<&str> {
    first_commit(pull).map(|_| pull.head.sha.as_str())
}

pub(super) fn status_word(state: PullState) -> &'static str {
    match state {
        PullState::Open => "Open",
        PullState::Closed => "Closed",
        PullState::Merged => "Merged",
    }
}

/// What the database makes of a text in a column of numbers: a number if it looks like one.
fn loose_number(text: &str) -> Value {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return json!(number);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number.fract() == 0.0 && number.abs() < 1e15 => {
            #[allow(clippy::cast_possible_truncation)]
            let whole = number as i64;
            json!(whole)
        }
        Ok(number) if number.is_finite() => json!(number),
        _ => json!(text),
    }
}

/// Pagure's word for what someone may do; what is below its lowest has none.
pub(super) fn access_word(access: Access) -> Option<&'static str> {
    match access {
        Access::Admin | Access::Maintain => Some("admin"),
        Access::Write => Some("commit"),
        Access::Triage => Some("ticket"),
        Access::Read | Access::Guest => None,
    }
}

fn access_users(project: &Project) -> Value {
    let members = project.members.iter();
    let mut users = by_access(members.map(|(login, access)| (login.clone(), *access)));
    users.insert("owner".to_owned(), json!([project.owner]));
    Value::Object(users)
}

fn access_groups(state: &State, project: &Project) -> Value {
    let groups = group_access(state, project).into_iter();
    Value::Object(by_access(groups))
}

/// The groups that may do something in a project, and what. A namespace without members is no group.
pub(super) fn group_access(state: &State, project: &Project) -> BTreeMap<String, Access> {
    let groups = project.groups.iter().filter_map(|(path, access)| {
        let group = state.group(path)?;
        let most = group.members.values().max()?;
        Some((path.clone(), (*access).min(*most)))
    });
    groups.collect()
}

fn by_access(holders: impl Iterator<Item = (String, Access)>) -> Map<String, Value> {
    let mut lists = Map::new();
    for word in ["admin", "commit", "collaborator", "ticket"] {
        lists.insert(word.to_owned(), json!([]));
    }
    for (name, access) in holders {
        let list = access_word(access).and_then(|word| lists.get_mut(word));
        if let Some(Value::Array(list)) = list {
            list.push(json!(name));
        }
    }
    lists
}
