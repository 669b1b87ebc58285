//! Commits through the file API: `POST /repos/{owner}/{name}/contents`.

use std::collections::BTreeMap;

use base64::Engine;
use chrono::{DateTime, Utc};
use ogr_core::{
    Commit, Error, ErrorKind, FileChange, NewCommit, Onto, Operation, Outcome, Project,
    ProjectPath, Refs, Result, Signature, http::Effect,
};
use serde::{Deserialize, Serialize};

use super::{TreePage, TreeRow};
use crate::{
    ForgejoProject,
    forge::{GET, POST},
    wire::{Identity, Pointer, list, said},
};

const OPERATION: Operation = Operation::ContentsCommit;

#[derive(Serialize)]
struct ChangeFiles<'a> {
    branch: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_branch: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    force_overwrite_new_branch: bool,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<Person<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dates: Option<Dates>,
    files: Vec<ChangeFile>,
}

#[derive(Serialize)]
struct Person<'a> {
    name: &'a str,
    email: &'a str,
}

#[derive(Serialize)]
struct Dates {
    author: DateTime<Utc>,
}

#[derive(Serialize)]
struct ChangeFile {
    operation: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    /// What the file was before, so that nobody else's change is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha: Option<String>,
}

#[derive(Deserialize)]
struct Changed {
    commit: Made,
}

/// A commit as the file API tells it: flat, where all others have its text in a part of its own.
#[derive(Deserialize)]
struct Made {
    sha: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    author: Option<Identity>,
    #[serde(default)]
    committer: Option<Identity>,
    #[serde(default, deserialize_with = "list")]
    parents: Vec<Pointer>,
    #[serde(default)]
    html_url: Option<String>,
}

impl From<Made> for Commit {
    fn from(made: Made) -> Self {
        let mut commit = Commit::new(made.sha);
        commit.message = made.message;
        commit.author = made.author.map(Signature::from);
        commit.committer = made.committer.map(Signature::from);
        commit.parents = Some(made.parents.into_iter().map(|parent| parent.sha).collect());
        commit.web_url = said(made.html_url);
        commit
    }
}

/// What the commit stands on, and where it goes.
struct Ground {
    /// The branch to stand on.
    from: String,
    /// The branch to put it on, where that is another, whatever it has.
    onto: Option<String>,
    /// Where the files are looked up as they are now.
    reference: String,
    /// The commit that must be the parent.
    parent: Option<String>,
}

/// Makes a commit.
pub(super) async fn make(project: &ForgejoProject, new: NewCommit) -> Result<Commit> {
    let resource = project.named("branch", &new.branch);
    if new.changes.is_empty() {
        return Err(project
            .error(
                OPERATION,
                resource,
                ErrorKind::Invalid,
                "a commit without changes",
            )
            .with_outcome(Outcome::NotSent));
    }
    project.forgejo().require(OPERATION)?;
    // Paths are checked before anything is asked.
    let mut paths = Vec::with_capacity(new.changes.len());
    for change in &new.changes {
        let segments = project.segments(OPERATION, change.path())?;
        if segments.is_empty() {
            return Err(project.no_file(OPERATION, &segments, Some(&new.branch)));
        }
        paths.push(segments.join("/"));
    }
    let ground = ground(project, &new).await?;
    let present = present(project, &ground.reference, &paths).await?;
    let mut files = Vec::with_capacity(paths.len());
    for (change, path) in new.changes.iter().zip(paths) {
        files.extend(change_of(project, change, path, &present)?);
    }
    if files.is_empty() {
        return Err(project.error(
            OPERATION,
            resource,
            ErrorKind::NotFound,
            "none of the files that shall be gone is there",
        ));
    }
    let author = new.author.as_ref();
    let call = project
        .call(OPERATION, POST, ["contents"])?
        .resource(resource.as_str())
        .json(&ChangeFiles {
            branch: &ground.from,
            new_branch: ground.onto.as_deref(),
            force_overwrite_new_branch: ground.onto.is_some(),
            message: &new.message,
            author: author.map(|author| Person {
                name: &author.name,
                email: &author.email,
            }),
            dates: author
                .and_then(|author| author.date)
                .map(|author| Dates { author }),
            files,
        })?;
    let reply = project.send(call).await.map_err(|error| {
        let in_the_way = error.message().starts_with("branch already exists");
        if in_the_way && error.status() == Some(422) {
            // The server did not know the field that says to overwrite it, and left it out.
            cannot_reset(
                project,
                &new.branch,
                "the branch is there, and this version of Forgejo cannot replace what it has: that came with version 16",
            )
        } else {
            error
        }
    })?;
    let made: Commit = project.forgejo().read::<Changed>(&reply)?.commit.into();
    check_parent(project, resource, &ground, made)
}

/// The branch may have moved between the check and the commit.
fn check_parent(
    project: &ForgejoProject,
    resource: String,
    ground: &Ground,
    made: Commit,
) -> Result<Commit> {
    let parent = made.parents.as_ref().and_then(|parents| parents.first());
    match (&ground.parent, parent) {
        (Some(expected), Some(parent)) if parent != expected => Err(project
            .error(
                OPERATION,
                resource,
                ErrorKind::Conflict,
                format!(
                    "{} moved from {expected} to {parent} in the meantime, and the commit was made on top of that: {}",
                    ground.from, made.sha
                ),
            )
            .with_outcome(Outcome::Unknown)),
        _ => Ok(made),
    }
}

/// Finds, or makes, what the commit shall stand on.
async fn ground(project: &ForgejoProject, new: &NewCommit) -> Result<Ground> {
    match &new.onto {
        Onto::Append { expected: None } => Ok(Ground {
            from: new.branch.clone(),
            onto: None,
            reference: format!("refs/heads/{}", new.branch),
            parent: None,
        }),
        Onto::Append {
            expected: Some(expected),
        } => {
            let tip = project
                .branch(&new.branch)
                .await
                .map_err(|error| error.with_operation(OPERATION))?
                .sha;
            if tip != *expected {
                return Err(moved(project, &new.branch, expected, &tip));
            }
            Ok(Ground {
                from: new.branch.clone(),
                onto: None,
                reference: tip.clone(),
                parent: Some(tip),
            })
        }
        Onto::Reset {
            sha,
            branch,
            project: other,
        } => {
            project.forgejo().require(Operation::ContentsCommitReset)?;
            let upstream = other
                .as_ref()
                .filter(|other| !other.is_same(project.path()));
            bring(project, sha, branch, upstream).await?;
            Ok(Ground {
                from: branch.clone(),
                onto: (*branch != new.branch).then(|| new.branch.clone()),
                reference: sha.clone(),
                parent: Some(sha.clone()),
            })
        }
        _ => Err(Error::unsupported(
            OPERATION,
            "ogr does not know how to commit in this way on Forgejo",
        )),
    }
}

/// Has a branch of this project stand at a commit, without taking anything from it: the API commits on top of its own
/// project's branches only.
async fn bring(
    project: &ForgejoProject,
    sha: &str,
    branch: &str,
    upstream: Option<&ProjectPath>,
) -> Result<()> {
    let tip = match project.branch(branch).await {
        Ok(found) => Some(found.sha),
        Err(error) if error.is_not_found() && upstream.is_some() => None,
        Err(error) => return Err(error.with_operation(OPERATION)),
    };
    match tip {
        Some(tip) if tip == sha => Ok(()),
        Some(tip) if upstream.is_none() => Err(moved(project, branch, sha, &tip)),
        Some(_) => {
            fast_forward(project, branch).await?;
            let tip = project
                .branch(branch)
                .await
                .map_err(|error| error.with_operation(OPERATION))?
                .sha;
            if tip == sha {
                return Ok(());
            }
            Err(moved(project, branch, sha, &tip))
        }
        // The fork is older than the branch. It has the commit all the same if it knows it from another branch.
        None => match project.create_branch(branch, sha).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Err(cannot_reset(
                project,
                branch,
                "the fork has neither the branch nor the commit that it should stand on",
            )),
            Err(error) => Err(error.with_operation(OPERATION)),
        },
    }
}

/// Moves a fork's branch forward to that of its parent.
async fn fast_forward(project: &ForgejoProject, branch: &str) -> Result<()> {
    let call = project
        .call(OPERATION, POST, ["sync_fork", branch])?
        .resource(project.named("branch", branch))
        .effect(Effect::Idempotent);
    match project.send(call).await {
        Ok(_) => Ok(()),
        // It says so for a branch that has diverged, and for one that somebody else has just moved.
        Err(error) if error.status() == Some(400) => {
            let tip = project.branch(branch).await?.sha;
            let parent = project
                .repository(OPERATION)
                .await?
                .parent()
                .ok_or_else(|| cannot_reset(project, branch, "the project is no fork"))?;
            let theirs = project.forgejo().at(&parent)?.branch(branch).await?.sha;
            if tip == theirs {
                return Ok(());
            }
            Err(cannot_reset(
                project,
                branch,
                "the fork's own branch has diverged from its parent's",
            ))
        }
        Err(error) if error.kind() == ErrorKind::Unsupported => Err(cannot_reset(
            project,
            branch,
            "the fork's own branch is behind its parent's, and this version cannot move it",
        )),
        Err(error) => Err(error),
    }
}

fn moved(project: &ForgejoProject, branch: &str, expected: &str, tip: &str) -> Error {
    project.error(
        OPERATION,
        project.named("branch", branch),
        ErrorKind::Conflict,
        format!("the branch is at {tip}, not at {expected}"),
    )
}

fn cannot_reset(project: &ForgejoProject, branch: &str, why: &str) -> Error {
    project.error(
        Operation::ContentsCommitReset,
        project.named("branch", branch),
        ErrorKind::Unsupported,
        format!("{why}; push with git"),
    )
}

/// The files among these paths that are there, by path: one request a folder.
async fn present(
    project: &ForgejoProject,
    reference: &str,
    paths: &[String],
) -> Result<BTreeMap<String, TreeRow>> {
    let mut folders: Vec<&str> = paths
        .iter()
        .map(|path| path.rsplit_once('/').map_or("", |(folder, _)| folder))
        .collect();
    folders.sort_unstable();
    folders.dedup();
    let mut present = BTreeMap::new();
    for folder in folders {
        for row in folder_rows(project, reference, folder).await? {
            let path = match folder {
                "" => row.path.clone(),
                folder => format!("{folder}/{}", row.path),
            };
            present.insert(path, row);
        }
    }
    Ok(present)
}

async fn folder_rows(
    project: &ForgejoProject,
    reference: &str,
    folder: &str,
) -> Result<Vec<TreeRow>> {
    let name = format!("{reference}:{folder}");
    let mut rows = Vec::new();
    for page in 1_u32.. {
        let call = project
            .call(OPERATION, GET, ["git", "trees", &name])?
            .resource(project.at(&name))
            .query("per_page", super::TREE_PAGE)
            .query("page", page.to_string());
        let answer: TreePage = match project.send(call).await {
            Ok(reply) => project.forgejo().read(&reply)?,
            // No such folder yet, or no commit at all: the commit itself will tell if the branch is missing.
            Err(error) if error.is_not_found() && error.status() == Some(400) => break,
            Err(error) => return Err(error),
        };
        let came = answer.tree.len();
        rows.extend(answer.tree);
        let total = answer.total_count.unwrap_or_default();
        if came == 0 || u64::try_from(rows.len()).is_ok_and(|rows| rows >= total) {
            break;
        }
    }
    Ok(rows)
}

/// The forge's words for a change; `None` when there is nothing to do.
fn change_of(
    project: &ForgejoProject,
    change: &FileChange,
    path: String,
    present: &BTreeMap<String, TreeRow>,
) -> Result<Option<ChangeFile>> {
    let there = present
        .get(&path)
        .filter(|row| row.kind.as_deref() != Some("tree"));
    let sha = there.and_then(|row| row.sha.clone());
    match change {
        FileChange::Put {
            bytes, executable, ..
        } => {
            let is = there.is_some_and(TreeRow::is_executable);
            if executable.is_some_and(|wanted| wanted != is) {
                return Err(project.error(
                    OPERATION,
                    format!("{}:{path}", project.path()),
                    ErrorKind::Unsupported,
                    "Forgejo's file API cannot change whether a file may be run: push with git",
                ));
            }
            Ok(Some(ChangeFile {
                operation: if there.is_some() { "update" } else { "create" },
                path,
                content: Some(base64::engine::general_purpose::STANDARD.encode(bytes)),
                sha,
            }))
        }
        FileChange::Delete { .. } => Ok(there.map(|_| ChangeFile {
            operation: "delete",
            path,
            content: None,
            sha,
        })),
        _ => Err(Error::unsupported(
            OPERATION,
            "ogr does not know how to make this change on Forgejo",
        )),
    }
}
