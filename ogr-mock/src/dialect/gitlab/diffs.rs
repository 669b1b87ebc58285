//! What differs between two commits, file by file.

use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use crate::git::{FileChange, Repository};

/// One entry a file; with `unidiff=true` its text names the file as well.
pub(super) async fn rows(
    call: &Call<'_>,
    repository: &Repository,
    old: &str,
    new: &str,
) -> Result<Vec<Value>, Problem> {
    let named = call.params.flag("unidiff")?.unwrap_or(false);
    let changes = repository.changes(old, new, true).await?;
    Ok(changes.iter().map(|change| row(change, named)).collect())
}

fn row(change: &FileChange, named: bool) -> Value {
    let old_path = change.old_path.as_ref().unwrap_or(&change.path);
    let (new_file, deleted) = (change.status == 'A', change.status == 'D');
    let mut diff = change.patch.clone().unwrap_or_default();
    if !diff.is_empty() {
        diff.push('\n');
        if named {
            let old = if new_file {
                "/dev/null".to_owned()
            } else {
                format!("a/{old_path}")
            };
            let new = if deleted {
                "/dev/null".to_owned()
            } else {
                format!("b/{}", change.path)
            };
            diff = format!("--- {old}\n+++ {new}\n{diff}");
        }
    }
    json!({
        "diff": diff,
        "collapsed": false,
        "too_large": false,
        "new_path": change.path,
        "old_path": old_path,
        "a_mode": mode(&change.old_mode),
        "b_mode": mode(&change.new_mode),
        "new_file": new_file,
        "renamed_file": change.status == 'R',
        "deleted_file": deleted,
        "generated_file": false,
    })
}

/// No file at all has mode 0, which is written short.
fn mode(mode: &str) -> &str {
    if mode == "000000" { "0" } else { mode }
}
