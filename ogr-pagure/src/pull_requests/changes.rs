//! The files that a pull request changes.

use std::collections::BTreeMap;

use http::Method;
use ogr_core::{ChangedFile, Error, FileStatus, Listing, Operation, Result};

use super::wire::StatWire;
use crate::PagureProject;

impl PagureProject {
    pub(super) async fn files_of(&self, number: u64) -> Result<Listing<ChangedFile>> {
        let operation = Operation::PullRequestsFiles;
        let call = self.pull_call(operation, Method::GET, number, Some("diffstats"))?;
        let files = match self.forge.client.send(call).await {
            Ok(reply) => {
                let stats: BTreeMap<String, StatWire> = reply.json()?;
                stats
                    .into_iter()
                    .map(|(path, stat)| changed_file(path, stat))
                    .collect()
            }
            // It says this of a pull request that changes nothing, and of one that is just changing.
            Err(error) if error.code() == Some("ENOPRSTATS") => {
                self.changes_nothing(number, error).await?;
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let files: Vec<Result<ChangedFile>> = files.into_iter().map(Ok).collect();
        Ok(Listing::from_stream(futures_util::stream::iter(files)))
    }

    /// Gives the error back unless the pull request leaves the tree as it is.
    async fn changes_nothing(&self, number: u64, error: Error) -> Result<()> {
        let operation = Operation::PullRequestsFiles;
        let pull = self.pull_wire(operation, number).await?;
        let (Some(start), Some(stop)) = (pull.commit_start, pull.commit_stop) else {
            return Ok(());
        };
        let resource = self.pull_resource(number);
        let first = self.commit_wire(operation, &start, &resource).await?;
        let last = self.commit_wire(operation, &stop, &resource).await?;
        let Some(parent) = first.parent_ids.first() else {
            return Err(error);
        };
        let before = self.commit_wire(operation, parent, &resource).await?;
        if before.tree_id.is_some() && before.tree_id == last.tree_id {
            Ok(())
        } else {
            Err(error)
        }
    }
}

fn changed_file(path: String, stat: StatWire) -> ChangedFile {
    let status = match stat.status.as_str() {
        "A" => FileStatus::Added,
        "M" => FileStatus::Modified,
        "D" => FileStatus::Removed,
        "R" => FileStatus::Renamed,
        _ => FileStatus::Other(stat.status),
    };
    let mut file = ChangedFile::new(path, status);
    file.previous_path = stat.old_path.filter(|old| *old != file.path);
    file.additions = stat.lines_added;
    file.deletions = stat.lines_removed;
    file
}
