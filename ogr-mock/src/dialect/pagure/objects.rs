//! Finding git's objects the way Pagure does: by name for branches, by hash for everything else. The name
//! of a tag finds nothing.

use crate::git::{GitError, Repository};

/// What a hash, or the beginning of one, comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// It is no hash, or too short a beginning, or that of several objects.
    Bad,
    /// There is no such object.
    Unknown,
    Object {
        sha: String,
        kind: String,
    },
}

/// Looks for the object with this hash, or with a hash that starts so.
pub(super) async fn by_hash(repository: &Repository, hash: &str) -> Result<Named, GitError> {
    let hex = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hex || !(4..=40).contains(&hash.len()) {
        return Ok(Named::Bad);
    }
    let hash = hash.to_ascii_lowercase();
    let sha = if hash.len() == 40 {
        hash
    } else {
        // Not by `rev-parse HASH`: a branch may be called like one.
        let wanted = format!("--disambiguate={hash}");
        let output = repository.git(&["rev-parse", &wanted]).await?;
        let output = String::from_utf8_lossy(&output).into_owned();
        let mut lines = output.lines();
        match (lines.next(), lines.next()) {
            (None, _) => return Ok(Named::Unknown),
            (Some(_), Some(_)) => return Ok(Named::Bad),
            (Some(sha), None) => sha.to_owned(),
        }
    };
    let output = repository
        .try_git(&["cat-file", "-t", &sha], None, &[])
        .await?;
    if output.code != 0 {
        return Ok(Named::Unknown);
    }
    let kind = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(Named::Object { sha, kind })
}

/// The commit that a branch's name, or a hash, stands for; a tag's hash leads to its commit.
pub(super) async fn branch_or_hash(
    repository: &Repository,
    reference: &str,
) -> Result<Named, GitError> {
    if let Some(sha) = repository.branch(reference).await? {
        let kind = "commit".to_owned();
        return Ok(Named::Object { sha, kind });
    }
    match by_hash(repository, reference).await? {
        Named::Object { sha, kind } if kind == "tag" => {
            match repository.resolve_as(&sha, "commit").await? {
                Some(sha) => Ok(Named::Object {
                    sha,
                    kind: "commit".to_owned(),
                }),
                None => Ok(Named::Unknown),
            }
        }
        other => Ok(other),
    }
}

/// A commit's message as it is stored, with the newline at its end.
pub(super) async fn whole_message(repository: &Repository, sha: &str) -> Result<String, GitError> {
    let commit = repository.git(&["cat-file", "commit", sha]).await?;
    let commit = String::from_utf8_lossy(&commit);
    let message = commit.split_once("\n\n").map_or("", |(_, message)| message);
    Ok(message.to_owned())
}
