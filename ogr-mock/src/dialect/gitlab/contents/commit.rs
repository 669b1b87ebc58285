//! Committing: one file, or many at once.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::call::{Call, find_commit};
use super::super::problem::Problem;
use super::super::{Answer, commits};
use super::files::last_commit;
use crate::dialect::{answer, empty};
use crate::git::{Edit, EntryKind, FileAction, NewCommit, Repository, Signature};
use crate::state::{Access, ProjectId, PullState, RefUpdate, Refusal, What};

const EXISTS: &str = "A file with this name already exists";
const MISSING: &str = "A file with this name doesn't exist";

/// One thing to do to one path.
#[derive(Debug, Default)]
struct Action {
    kind: String,
    path: String,
    previous: Option<String>,
    content: Option<Vec<u8>>,
    last_commit: Option<String>,
    executable: Option<bool>,
}

/// Where a commit goes, and what it builds on.
#[derive(Debug, Default)]
struct Target {
    branch: String,
    start_branch: Option<String>,
    start_sha: Option<String>,
    start_project: Option<ProjectId>,
    force: bool,
}

/// `POST .../repository/commits`.
pub(in super::super) async fn create(call: &Call<'_>, id: ProjectId) -> Answer {
    let params = &call.params;
    let branch = params.filled("branch")?.unwrap_or_default();
    may_push(call, id, &branch)?;
    let required = |name: &str| {
        let words = format!("400 Bad request - {name} is required");
        Problem::message(400, words)
    };
    if branch.is_empty() {
        return Err(required("branch"));
    }
    let message = params.filled("commit_message")?;
    let message = message.ok_or_else(|| required("commit_message"))?;
    let listed = params.value("actions").and_then(Value::as_array);
    let listed = listed.filter(|actions| !actions.is_empty());
    let listed = listed.ok_or_else(|| required("actions"))?;
    let target = Target {
        branch,
        start_branch: params.filled("start_branch")?,
        start_sha: params.filled("start_sha")?,
        start_project: match params.filled("start_project")? {
            Some(name) => Some(relative(call, id, &name)?),
            None => None,
        },
        force: params.flag("force")?.unwrap_or(false),
    };
    if target.start_branch.is_some() && target.start_sha.is_some() {
        let words = "400 Bad request - start_branch, start_sha are mutually exclusive";
        return Err(Problem::message(400, words));
    }
    let actions = listed.iter().enumerate();
    let actions = actions.map(|(at, action)| read(action, at));
    let actions: Vec<Action> = actions.collect::<Result<_, _>>()?;
    let sha = commit(call, id, &target, &message, &actions).await?;
    let repository = call.repository(id).await?;
    let info = commits::existing(&repository, &sha).await?;
    let stats = params.flag("stats")?.unwrap_or(true);
    let body = commits::detail(call, id, &repository, &info, stats).await?;
    Ok(answer(201, &body))
}

/// `POST`, `PUT` and `DELETE .../repository/files/{file_path}`.
pub(in super::super) async fn one_file(
    call: &Call<'_>,
    id: ProjectId,
    path: &str,
    kind: &str,
) -> Answer {
    call.signed_in()?;
    let params = &call.params;
    params.require_filled(&["branch", "commit_message"])?;
    if kind != "delete" {
        params.require(&["content"])?;
    }
    let branch = params.text("branch")?.unwrap_or_default();
    may_push(call, id, &branch).map_err(|_| Problem::forbidden())?;
    let content = params.text("content")?.unwrap_or_default();
    let encoding = params.choice("encoding", &["base64", "text"])?;
    let content = decoded(&content, encoding.as_deref())?;
    let action = Action {
        kind: kind.to_owned(),
        path: path.to_owned(),
        content: (kind != "delete").then_some(content),
        last_commit: params.filled("last_commit_id")?,
        executable: params.flag("execute_filemode")?,
        previous: None,
    };
    let target = Target {
        start_branch: params.filled("start_branch")?,
        branch: branch.clone(),
        ..Target::default()
    };
    let message = params.text("commit_message")?.unwrap_or_default();
    commit(call, id, &target, &message, &[action]).await?;
    let body = json!({"file_path": path, "branch": branch});
    Ok(match kind {
        "create" => answer(201, &body),
        "update" => answer(200, &body),
        _ => empty(204),
    })
}

/// Whether the caller may push to a branch: developers may, and those who may merge a merge request
/// from it that lets them.
fn may_push(call: &Call<'_>, id: ProjectId, branch: &str) -> Result<(), Problem> {
    call.signed_in()?;
    let state = call.hub.state();
    let project = call.look(&state, id)?;
    let as_maintainer = || {
        let pulls = state.projects.values();
        pulls
            .filter(|target| call.allows(&state, target, Access::Write))
            .flat_map(|target| target.pull_requests.values())
            .any(|pull| {
                pull.state == PullState::Open
                    && pull.maintainer_edit
                    && pull.head.project == Some(id)
                    && pull.head.branch == branch
            })
    };
    let may = call.allows(&state, project, Access::Write) || as_maintainer();
    if may && !project.archived {
        return Ok(());
    }
    let words = "You are not allowed to push into this branch";
    Err(Problem::forbidden_because(words))
}

/// The project of the same family that a commit is to build on.
fn relative(call: &Call<'_>, id: ProjectId, name: &str) -> Result<ProjectId, Problem> {
    let other = call.project(name)?;
    let state = call.hub.state();
    if state.same_network(id, other) {
        return Ok(other);
    }
    let full = call.look(&state, other)?.path().replace('/', " / ");
    let words = format!("Project is not included in the fork network for {full}");
    Err(Problem::forbidden_because(&words))
}

fn read(action: &Value, at: usize) -> Result<Action, Problem> {
    let bad =
        |words: String| Problem::message(400, format!("400 Bad request - actions[{at}]{words}"));
    let text = |name: &str| action[name].as_str().filter(|text| !text.is_empty());
    let kind = text("action").ok_or_else(|| bad("[action] is required".to_owned()))?;
    let path = text("file_path").ok_or_else(|| bad("[file_path] is required".to_owned()))?;
    if !["create", "update", "move", "delete", "chmod"].contains(&kind) {
        let words = "[action] must be one of: create, update, move, delete, chmod";
        return Err(bad(words.to_owned()));
    }
    let encoding = action["encoding"].as_str();
    if encoding.is_some_and(|word| word != "text" && word != "base64") {
        return Err(bad("[encoding] must be text or base64".to_owned()));
    }
    let content = action["content"].as_str();
    let executable = match &action["execute_filemode"] {
        Value::Bool(on) => Some(*on),
        Value::String(word) => Some(word == "true"),
        _ => None,
    };
    match kind {
        "update" if content.is_none() => {
            return Err(bad("[content] is required for update action".to_owned()));
        }
        "move" if text("previous_path").is_none() => {
            let words = "[previous_path] is required for move action";
            return Err(bad(words.to_owned()));
        }
        "chmod" if executable.is_none() => {
            let words = "[execute_filemode] is required for chmod action";
            return Err(bad(words.to_owned()));
        }
        _ => {}
    }
    Ok(Action {
        kind: kind.to_owned(),
        path: path.to_owned(),
        previous: text("previous_path").map(str::to_owned),
        content: content.map(|text| decoded(text, encoding)).transpose()?,
        last_commit: text("last_commit_id").map(str::to_owned),
        executable,
    })
}

fn decoded(content: &str, encoding: Option<&str>) -> Result<Vec<u8>, Problem> {
    if encoding != Some("base64") {
        return Ok(content.as_bytes().to_vec());
    }
    let stripped: String = content.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = STANDARD.decode(stripped);
    bytes.map_err(|_| Problem::message(400, "Invalid base64"))
}

/// Makes the commit, moves the branch, and tells the commit.
async fn commit(
    call: &Call<'_>,
    id: ProjectId,
    target: &Target,
    message: &str,
    actions: &[Action],
) -> Result<String, Problem> {
    let login = call.signed_in()?.to_owned();
    let _one_at_a_time = call.hub.write_lock(id).lock_owned().await;
    let repository = call.repository(id).await?;
    let branch = &target.branch;
    let tip = repository.branch(branch).await?;
    let parent = start(call, id, &repository, target, tip.as_deref()).await?;
    let edits = edits(&repository, parent.as_deref(), actions).await?;
    let full = format!("refs/heads/{branch}");
    if repository.check_ref_name(&full).await.is_err() {
        return Err(Refusal::BadName(What::Branch).into());
    }
    let committer = call.hub.signature(&login);
    let now = call.hub.now();
    let (name, email) = (
        call.params.filled("author_name")?,
        call.params.filled("author_email")?,
    );
    let author = Signature::new(
        name.as_deref().unwrap_or(&committer.name),
        email.as_deref().unwrap_or(&committer.email),
        now,
    );
    let sha = repository
        .commit_files(&NewCommit {
            parent: parent.as_deref(),
            edits: &edits,
            message,
            author: &author,
            committer: &committer,
        })
        .await?;
    repository
        .move_branch(branch, &sha, Some(tip.as_deref()))
        .await?;
    let update = RefUpdate::branch(branch, tip.as_deref(), Some(&sha));
    call.hub.refs_changed(&login, id, &[update]).await?;
    Ok(sha)
}

/// The commit to build on; none in an empty repository.
async fn start(
    call: &Call<'_>,
    id: ProjectId,
    repository: &Repository,
    target: &Target,
    tip: Option<&str>,
) -> Result<Option<String>, Problem> {
    let other = target.start_project.filter(|other| *other != id);
    let elsewhere = other.is_some()
        || target.start_sha.is_some()
        || target
            .start_branch
            .as_ref()
            .is_some_and(|name| *name != target.branch);
    if elsewhere && tip.is_some() && !target.force {
        let words = format!(
            "A branch called '{}' already exists. Switch to that branch in order to make changes",
            target.branch
        );
        return Err(Problem::message(400, words));
    }
    let source = match other {
        Some(other) => call.repository(other).await?,
        None => repository.clone(),
    };
    if source.branches().await?.is_empty() {
        return Ok(None);
    }
    let found = match &target.start_sha {
        Some(sha) => {
            let found = find_commit(&source, sha).await?;
            let words = format!("Cannot find start_sha '{sha}'");
            found.ok_or_else(|| Problem::message(400, words))?
        }
        None => {
            let name = target.start_branch.as_ref().unwrap_or(&target.branch);
            let found = source.branch(name).await?;
            let words = "You can only create or edit files when you are on a branch";
            found.ok_or_else(|| Problem::message(400, words))?
        }
    };
    repository.fetch(&source, &found).await?;
    Ok(Some(found))
}

/// What is at a path while the actions are gone through.
#[derive(Debug, Clone)]
enum Found {
    Nothing,
    Folder,
    File {
        mode: &'static str,
        sha: String,
    },
    /// A file that an earlier action wrote.
    Written {
        mode: &'static str,
        content: Vec<u8>,
    },
}

/// What the actions come to; the first that is impossible refuses all.
async fn edits(
    repository: &Repository,
    parent: Option<&str>,
    actions: &[Action],
) -> Result<Vec<Edit>, Problem> {
    let refused = |words: &str| Problem::message(400, words);
    let mut seen: HashMap<String, Found> = HashMap::new();
    let mut edits = Vec::new();
    for action in actions {
        let path = cleaned(&action.path)?;
        let source = match &action.previous {
            Some(previous) if action.kind == "move" => cleaned(previous)?,
            _ => path.clone(),
        };
        let before = at(repository, parent, &seen, &source).await?;
        if let (Some(known), Some(parent)) = (&action.last_commit, parent) {
            let last = last_commit(repository, parent, &source).await?;
            if action.kind != "create" && last.as_ref() != Some(known) {
                let words = "You are attempting to update a file that has changed since you \
                    started editing it.";
                return Err(refused(words));
            }
        }
        if action.kind == "create" {
            match before {
                Found::Nothing => {}
                Found::Folder => {
                    return Err(refused("A directory with this name already exists"));
                }
                _ => return Err(refused(EXISTS)),
            }
        } else if matches!(before, Found::Nothing | Found::Folder) {
            return Err(refused(MISSING));
        }
        if source != path {
            if !matches!(at(repository, parent, &seen, &path).await?, Found::Nothing) {
                return Err(refused(EXISTS));
            }
            edits.push(Edit::delete(&source));
            seen.insert(source.clone(), Found::Nothing);
        }
        if action.kind == "delete" {
            edits.push(Edit::delete(&path));
            seen.insert(path, Found::Nothing);
            continue;
        }
        let after = after(action, before);
        edits.push(Edit {
            path: path.clone(),
            action: match &after {
                Found::Written { mode, content } => FileAction::Write {
                    content: content.clone().into(),
                    mode,
                },
                Found::File { mode, sha } => FileAction::Object {
                    sha: sha.clone(),
                    mode: (*mode).to_owned(),
                },
                Found::Nothing | Found::Folder => FileAction::Delete,
            },
        });
        seen.insert(path, after);
    }
    Ok(edits)
}

/// What a file is like after an action on it.
fn after(action: &Action, before: Found) -> Found {
    let mode = match (action.executable, &before) {
        (Some(true), _) => "100755",
        (Some(false), _) => "100644",
        (None, Found::File { mode, .. } | Found::Written { mode, .. }) => *mode,
        (None, _) => "100644",
    };
    // A change of mode takes no content, and a move without any keeps what there was.
    let content = action.content.clone().filter(|_| action.kind != "chmod");
    match (content, before) {
        (Some(content), _) => Found::Written { mode, content },
        (None, Found::File { sha, .. }) => Found::File { mode, sha },
        (None, Found::Written { content, .. }) => Found::Written { mode, content },
        (None, Found::Nothing | Found::Folder) => Found::Written {
            mode,
            content: Vec::new(),
        },
    }
}

async fn at(
    repository: &Repository,
    parent: Option<&str>,
    seen: &HashMap<String, Found>,
    path: &str,
) -> Result<Found, Problem> {
    if let Some(found) = seen.get(path) {
        return Ok(found.clone());
    }
    let Some(parent) = parent else {
        return Ok(Found::Nothing);
    };
    Ok(match repository.entry(parent, path).await? {
        None => Found::Nothing,
        Some(entry) => match entry.kind {
            EntryKind::Folder => Found::Folder,
            EntryKind::Executable => Found::File {
                mode: "100755",
                sha: entry.sha,
            },
            EntryKind::Symlink => Found::File {
                mode: "120000",
                sha: entry.sha,
            },
            EntryKind::Submodule => Found::File {
                mode: "160000",
                sha: entry.sha,
            },
            EntryKind::File => Found::File {
                mode: "100644",
                sha: entry.sha,
            },
        },
    })
}

/// A path without what means nothing in it; one that leaves the repository is refused.
fn cleaned(path: &str) -> Result<String, Problem> {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    if parts.contains(&"..") {
        let words = "Path cannot include directory traversal";
        return Err(Problem::message(400, words));
    }
    if parts.is_empty() || parts.contains(&".git") {
        return Err(Problem::message(400, "invalid path"));
    }
    Ok(parts.join("/"))
}
