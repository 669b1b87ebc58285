//! Commits, branches and tags.

use super::super::{MockError, MockForge};
use crate::git::{Edit, NewCommit};
use crate::state::RefUpdate;

impl MockForge {
    /// Commits files to a branch, which is made (from the default branch's tip, or from nothing in an
    /// empty repository) if need be, and tells the commit. `None` for a content deletes the file.
    ///
    /// # Errors
    /// There is no such project.
    pub async fn commit(
        &self,
        path: &str,
        branch: &str,
        message: &str,
        files: &[(&str, Option<&str>)],
    ) -> Result<String, MockError> {
        let edits: Vec<Edit> = files
            .iter()
            .map(|(name, content)| match content {
                Some(content) => Edit::write(name, (*content).to_owned()),
                None => Edit::delete(name),
            })
            .collect();
        self.commit_edits(path, branch, message, &edits).await
    }

    /// Commits one file of any bytes, as [`commit`](Self::commit) does.
    ///
    /// # Errors
    /// There is no such project.
    pub async fn commit_bytes(
        &self,
        path: &str,
        branch: &str,
        message: &str,
        file: &str,
        content: Vec<u8>,
    ) -> Result<String, MockError> {
        let edits = [Edit::write(file, content)];
        self.commit_edits(path, branch, message, &edits).await
    }

    async fn commit_edits(
        &self,
        path: &str,
        branch: &str,
        message: &str,
        edits: &[Edit],
    ) -> Result<String, MockError> {
        let project = self.project(path)?;
        let repository = self.hub.stored_repository(project.id);
        let _one_at_a_time = self.hub.write_lock(project.id).lock_owned().await;
        let tip = repository.branch(branch).await?;
        let parent = match &tip {
            Some(tip) => Some(tip.clone()),
            None => repository.branch(&project.default_branch).await?,
        };
        let author = self.hub.signature(&project.owner);
        let sha = repository
            .commit_files(&NewCommit {
                parent: parent.as_deref(),
                edits,
                message,
                author: &author,
                committer: &author,
            })
            .await?;
        repository
            .move_branch(branch, &sha, Some(tip.as_deref()))
            .await?;
        let update = RefUpdate::branch(branch, tip.as_deref(), Some(&sha));
        self.hub
            .refs_changed(&project.owner, project.id, &[update])
            .await?;
        Ok(sha)
    }

    /// Makes a branch point at a revision (branch, tag or commit), and tells the commit.
    ///
    /// # Errors
    /// There is no such project or revision.
    pub async fn branch(&self, path: &str, name: &str, from: &str) -> Result<String, MockError> {
        let project = self.project(path)?;
        let repository = self.hub.stored_repository(project.id);
        let sha = repository.resolve(from).await?;
        let sha = sha.ok_or_else(|| MockError::new(format!("no revision {from} in {path}")))?;
        let old = repository.branch(name).await?;
        repository.move_branch(name, &sha, None).await?;
        let update = RefUpdate::branch(name, old.as_deref(), Some(&sha));
        self.hub
            .refs_changed(&project.owner, project.id, &[update])
            .await?;
        Ok(sha)
    }

    /// Deletes a branch.
    ///
    /// # Errors
    /// There is no such project.
    pub async fn delete_branch(&self, path: &str, name: &str) -> Result<(), MockError> {
        let project = self.project(path)?;
        let repository = self.hub.stored_repository(project.id);
        let old = repository.branch(name).await?;
        repository.delete_ref(&format!("refs/heads/{name}")).await?;
        let update = RefUpdate::branch(name, old.as_deref(), None);
        self.hub
            .refs_changed(&project.owner, project.id, &[update])
            .await?;
        Ok(())
    }

    /// Tags a revision; with a message the tag is an annotated one. Tells the tagged commit.
    ///
    /// # Errors
    /// There is no such project or revision, or the tag exists.
    pub async fn tag(
        &self,
        path: &str,
        name: &str,
        revision: &str,
        message: Option<&str>,
    ) -> Result<String, MockError> {
        let project = self.project(path)?;
        let repository = self.hub.stored_repository(project.id);
        let sha = repository.resolve(revision).await?;
        let sha = sha.ok_or_else(|| MockError::new(format!("no revision {revision} in {path}")))?;
        let tagger = self.hub.signature(&project.owner);
        let message = message.map(|message| (message, &tagger));
        repository.create_tag(name, &sha, message).await?;
        Ok(sha)
    }
}
