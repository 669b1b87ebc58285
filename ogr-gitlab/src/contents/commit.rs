//! Commits made through the API.

use std::collections::HashSet;

use base64::Engine;
use futures_util::future::try_join_all;
use http::Method;
use ogr_core::{
    Commit, Error, ErrorKind, FileChange, NewCommit, Onto, Operation, Outcome, ProjectPath, Result,
    area::contents::path_segments, http::Effect,
};
use serde::Serialize;

use crate::{endpoint::check_ref, forge::check, project::GitLabProject, wire::CommitRow};

const OPERATION: Operation = Operation::ContentsCommit;

/// As JSON: servers take no more than 4 MiB of a form.
#[derive(Serialize)]
struct CommitBody<'a> {
    branch: &'a str,
    commit_message: &'a str,
    actions: Vec<Action<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_sha: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    force: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author_email: Option<&'a str>,
    /// Counting the lines takes GitLab time, and nobody reads it here.
    stats: bool,
}

#[derive(Serialize)]
struct Action<'a> {
    action: &'static str,
    file_path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    execute_filemode: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_commit_id: Option<&'a str>,
}

impl<'a> Action<'a> {
    fn new(action: &'static str, file_path: &'a str) -> Self {
        Self {
            action,
            file_path,
            content: None,
            encoding: None,
            execute_filemode: None,
            last_commit_id: None,
        }
    }
}

/// A file that is there before the commit.
struct Present {
    executable: Option<bool>,
    last_commit: Option<String>,
}

/// Makes the commit.
///
/// GitLab has no way to say "only if the branch is still at this commit": with `start_sha` alone it refuses every
/// branch that is there, and with `force` it overwrites whatever is. So an expected tip is compared right before, the
/// files are guarded by the commit that last touched them, and the parent of what was made is looked at afterwards.
pub(super) async fn commit(project: &GitLabProject, new: NewCommit) -> Result<Commit> {
    project.gitlab.require(OPERATION)?;
    let resource = project.part(format_args!(" branch {}", new.branch));
    let refuse = |kind, why: &str| {
        let error = Error::new(kind, why).with_resource(resource.clone());
        project.locate(error, OPERATION)
    };
    check_ref(OPERATION, &new.branch).map_err(|error| project.locate(error, OPERATION))?;
    if new.changes.is_empty() {
        return Err(refuse(
            ErrorKind::Invalid,
            "a commit has to change something",
        ));
    }
    if new
        .author
        .as_ref()
        .is_some_and(|author| author.date.is_some())
    {
        return Err(refuse(
            ErrorKind::Unsupported,
            "GitLab dates a commit itself: leave the date out, or push with git",
        ));
    }
    let paths = paths(project, &new.changes)?;
    let from = From::of(project, &new.onto)?;
    if let Onto::Append {
        expected: Some(expected),
    } = &new.onto
    {
        let tip = project.tip(OPERATION, &new.branch).await?;
        if !tip.sha.eq_ignore_ascii_case(expected) {
            let why = format!("the branch is at {}, not at {expected}", tip.sha);
            return Err(refuse(ErrorKind::Conflict, &why));
        }
    }
    let base = from.reference.as_deref().unwrap_or(&new.branch);
    // Whether a file is created or updated has to be said.
    let present = try_join_all(new.changes.iter().zip(&paths).map(|(change, path)| async {
        match change {
            FileChange::Put { .. } => present(&from.project, path, base).await,
            _ => Ok(None),
        }
    }))
    .await?;
    let mut actions = Vec::new();
    for ((change, path), present) in new.changes.iter().zip(&paths).zip(&present) {
        actions.extend(self::actions(
            change,
            path,
            present.as_ref(),
            from.is_guarded,
        ));
    }
    let body = CommitBody {
        branch: &new.branch,
        commit_message: &new.message,
        actions,
        start_sha: from.start_sha,
        start_project: from.start_project,
        force: from.start_sha.is_some().then_some(true),
        author_name: new.author.as_ref().map(|author| author.name.as_str()),
        author_email: new.author.as_ref().map(|author| author.email.as_str()),
        stats: false,
    };
    let call = project
        .own(OPERATION, Method::POST, &["repository", "commits"])?
        .resource(resource.clone())
        // A branch that is put on a commit ends there however often that is done.
        .effect(match from.start_sha {
            Some(_) => Effect::Idempotent,
            None => Effect::Create,
        })
        .json(&body)?;
    let reply = project
        .gitlab
        .client
        .send(call)
        .await
        .map_err(|error| missing(error, project, &new, &paths))?;
    let commit = reply.json::<CommitRow>()?.into_commit();
    if let Onto::Append {
        expected: Some(expected),
    } = &new.onto
        && let Some([parent, ..]) = commit.parents.as_deref()
        && !parent.eq_ignore_ascii_case(expected)
    {
        let why = format!(
            "somebody else was faster: the commit was made, as {}, but on top of {parent}",
            commit.sha
        );
        return Err(refuse(ErrorKind::Conflict, &why).with_outcome(Outcome::Unknown));
    }
    Ok(commit)
}

/// Where the commit begins.
struct From<'a> {
    /// The project that has it.
    project: GitLabProject,
    /// The commit, or the branch itself when `None`.
    reference: Option<String>,
    start_sha: Option<&'a str>,
    start_project: Option<String>,
    /// Whether the files have to be as they are there.
    is_guarded: bool,
}

impl<'a> From<'a> {
    fn of(project: &GitLabProject, onto: &'a Onto) -> Result<Self> {
        let mut from = From {
            project: project.clone(),
            reference: None,
            start_sha: None,
            start_project: None,
            is_guarded: false,
        };
        match onto {
            Onto::Append { expected } => {
                from.is_guarded = expected.is_some();
                from.reference.clone_from(expected);
            }
            Onto::Reset {
                sha,
                project: other,
                ..
            } => {
                project.gitlab.require(Operation::ContentsCommitReset)?;
                from.start_sha = Some(sha);
                from.reference = Some(sha.clone());
                if let Some(other) = other.as_ref().filter(|other| !other.is_same(&project.path)) {
                    check(other).map_err(|error| project.locate(error, OPERATION))?;
                    from.start_project = Some(other.to_string());
                    from.project = project.gitlab.handle(ProjectPath::clone(other));
                }
            }
            _ => {
                let error = Error::unsupported(OPERATION, "this backend does not know the place");
                return Err(project.gitlab.client.locate(error));
            }
        }
        if let Some(reference) = &from.reference {
            check_ref(OPERATION, reference).map_err(|error| project.locate(error, OPERATION))?;
        }
        Ok(from)
    }
}

/// The paths that change, each once.
fn paths(project: &GitLabProject, changes: &[FileChange]) -> Result<Vec<String>> {
    let mut seen = HashSet::new();
    let mut paths = Vec::with_capacity(changes.len());
    for change in changes {
        let path = path_segments(change.path())
            .map_err(|error| project.locate(error, OPERATION))?
            .join("/");
        let why = if path.is_empty() {
            "a change names no file"
        } else if seen.insert(path.clone()) {
            paths.push(path);
            continue;
        } else {
            "a commit can change a file only once"
        };
        let error = Error::new(ErrorKind::Invalid, why);
        return Err(project
            .locate(error, OPERATION)
            .with_resource(project.part(format_args!(":{}", change.path()))));
    }
    Ok(paths)
}

/// What is known of a file, by its headers alone; `None` when it is not there.
async fn present(project: &GitLabProject, path: &str, at: &str) -> Result<Option<Present>> {
    let call = project
        .own(OPERATION, Method::HEAD, &["repository", "files", path])?
        .query("ref", at)
        .resource(project.part(format_args!(":{path}@{at}")))
        .bytes();
    match project.gitlab.client.send(call).await {
        Ok(reply) => Ok(Some(Present {
            executable: reply
                .header("x-gitlab-execute-filemode")
                .and_then(|mode| mode.parse().ok()),
            last_commit: reply.header("x-gitlab-last-commit-id").map(str::to_owned),
        })),
        // Where the project or the branch is what is missing, the commit will be refused.
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn actions<'a>(
    change: &FileChange,
    path: &'a str,
    present: Option<&'a Present>,
    is_guarded: bool,
) -> Vec<Action<'a>> {
    let FileChange::Put {
        bytes, executable, ..
    } = change
    else {
        return vec![Action::new("delete", path)];
    };
    let mut put = Action::new(
        if present.is_some() {
            "update"
        } else {
            "create"
        },
        path,
    );
    // Whatever is in it: as text, GitLab would take it for UTF-8.
    put.content = Some(base64::engine::general_purpose::STANDARD.encode(bytes));
    put.encoding = Some("base64");
    if is_guarded {
        put.last_commit_id = present.and_then(|present| present.last_commit.as_deref());
    }
    let mut actions = vec![put];
    let was = present.map_or(Some(false), |present| present.executable);
    if let Some(executable) = *executable
        && was != Some(executable)
    {
        let mut mode = Action::new("chmod", path);
        mode.execute_filemode = Some(executable);
        actions.push(mode);
    }
    actions
}

/// Names what is missing, as far as it can be told: the file that was to be deleted, or the commit to stand on.
fn missing(error: Error, project: &GitLabProject, new: &NewCommit, paths: &[String]) -> Error {
    if !error.is_not_found() || error.status() != Some(400) {
        return error;
    }
    if error.message().contains("start_sha")
        && let Onto::Reset { sha, .. } = &new.onto
    {
        return error.with_resource(project.part(format_args!("@{sha}")));
    }
    let mut deleted = new
        .changes
        .iter()
        .zip(paths)
        .filter(|(change, _)| matches!(change, FileChange::Delete { .. }));
    match (deleted.next(), deleted.next()) {
        (Some((_, path)), None) if error.message().contains("doesn't exist") => {
            let resource = project.part(format_args!(":{path}@{}", new.branch));
            error.with_resource(resource)
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(change: &FileChange, present: Option<Present>) -> serde_json::Value {
        serde_json::to_value(actions(change, "x", present.as_ref(), true)).unwrap()
    }

    #[test]
    fn what_is_there_is_updated_and_the_mode_follows() {
        let mut change = FileChange::put("x", "hi");
        assert_eq!(
            written(&change, None),
            json!([{"action": "create", "file_path": "x", "content": "aGk=", "encoding": "base64"}])
        );
        let present = |executable| {
            Some(Present {
                executable,
                last_commit: Some("abc".into()),
            })
        };
        assert_eq!(
            written(&change, present(Some(true))),
            json!([{"action": "update", "file_path": "x", "content": "aGk=", "encoding": "base64",
                    "last_commit_id": "abc"}])
        );
        if let FileChange::Put { executable, .. } = &mut change {
            *executable = Some(true);
        }
        assert_eq!(
            written(&change, present(Some(true)))
                .as_array()
                .unwrap()
                .len(),
            1
        );
        for was in [present(Some(false)), present(None), None] {
            assert_eq!(
                written(&change, was)[1],
                json!({"action": "chmod", "file_path": "x", "execute_filemode": true})
            );
        }
        assert_eq!(
            written(&FileChange::delete("x"), None),
            json!([{"action": "delete", "file_path": "x"}])
        );
    }
}
