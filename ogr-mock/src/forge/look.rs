//! Calls that look: the truth, whatever the API would answer.

use std::collections::BTreeMap;

use super::{MockError, MockForge};
use crate::git::{CommitInfo, LogQuery};
use crate::state::{Comment, Project, ProjectId, PullRequest, Release, State, Status};

impl MockForge {
    /// All that the forge knows at this moment, in a copy.
    #[must_use]
    pub fn state(&self) -> State {
        self.hub.state().clone()
    }

    /// The first token of a user that has not expired and is not limited.
    ///
    /// # Errors
    /// There is no such user, or they have no such token.
    pub fn token(&self, login: &str) -> Result<String, MockError> {
        let state = self.hub.state();
        state
            .tokens
            .values()
            .filter(|token| state.same_name(&token.user, login))
            .filter(|token| !token.expired && token.project.is_none() && token.scopes.is_empty())
            .min_by_key(|token| token.id)
            .map(|token| token.value.clone())
            .ok_or_else(|| MockError::new(format!("no token of {login}")))
    }

    /// A project by its path.
    ///
    /// # Errors
    /// There is no such project.
    pub fn project(&self, path: &str) -> Result<Project, MockError> {
        let state = self.hub.state();
        let project = state.project(path).cloned();
        project.ok_or_else(|| MockError::new(format!("no project {path}")))
    }

    pub(super) fn project_id(&self, path: &str) -> Result<ProjectId, MockError> {
        let state = self.hub.state();
        let id = state.project(path).map(|project| project.id);
        id.ok_or_else(|| MockError::new(format!("no project {path}")))
    }

    /// A pull request by its number.
    ///
    /// # Errors
    /// There is no such project or pull request.
    pub fn find_pull_request(&self, path: &str, number: u64) -> Result<PullRequest, MockError> {
        let id = self.project_id(path)?;
        Ok(self.hub.state().pull(id, number)?.clone())
    }

    /// All pull requests of a project, oldest first.
    ///
    /// # Errors
    /// There is no such project.
    pub fn pull_requests(&self, path: &str) -> Result<Vec<PullRequest>, MockError> {
        let project = self.project(path)?;
        Ok(project.pull_requests.into_values().collect())
    }

    /// The names of a pull request's labels, in alphabetical order.
    ///
    /// # Errors
    /// There is no such project or pull request.
    pub fn labels(&self, path: &str, number: u64) -> Result<Vec<String>, MockError> {
        let project = self.project(path)?;
        let pull = project.pull(number)?;
        let labels = project.labels_of(&pull.labels).into_iter();
        Ok(labels.map(|label| label.name.clone()).collect())
    }

    /// The comments of a pull request, oldest first.
    ///
    /// # Errors
    /// There is no such project or pull request.
    pub fn comments(&self, path: &str, number: u64) -> Result<Vec<Comment>, MockError> {
        Ok(self.find_pull_request(path, number)?.comments)
    }

    /// All statuses of a commit, oldest first.
    ///
    /// # Errors
    /// There is no such project.
    pub fn statuses(&self, path: &str, sha: &str) -> Result<Vec<Status>, MockError> {
        let project = self.project(path)?;
        Ok(project.statuses_of(sha).cloned().collect())
    }

    /// All releases of a project, oldest first.
    ///
    /// # Errors
    /// There is no such project.
    pub fn releases(&self, path: &str) -> Result<Vec<Release>, MockError> {
        Ok(self.project(path)?.releases.into_values().collect())
    }

    /// All branches and the commits that they point at.
    ///
    /// # Errors
    /// There is no such project.
    pub async fn branches(&self, path: &str) -> Result<BTreeMap<String, String>, MockError> {
        let repository = self.hub.stored_repository(self.project_id(path)?);
        let branches = repository.branches().await?.into_iter();
        Ok(branches.map(|branch| (branch.name, branch.sha)).collect())
    }

    /// All tags and the commits that they come to.
    ///
    /// # Errors
    /// There is no such project.
    pub async fn tags(&self, path: &str) -> Result<BTreeMap<String, String>, MockError> {
        let repository = self.hub.stored_repository(self.project_id(path)?);
        let tags = repository.tags().await?.into_iter();
        Ok(tags.map(|tag| (tag.name, tag.commit)).collect())
    }

    /// The commit that a revision means; `None` if it means none.
    ///
    /// # Errors
    /// There is no such project.
    pub async fn sha(&self, path: &str, revision: &str) -> Result<Option<String>, MockError> {
        let repository = self.hub.stored_repository(self.project_id(path)?);
        Ok(repository.resolve(revision).await?)
    }

    /// The commits that a revision reaches, youngest first.
    ///
    /// # Errors
    /// There is no such project or revision.
    pub async fn log(&self, path: &str, revision: &str) -> Result<Vec<CommitInfo>, MockError> {
        let repository = self.hub.stored_repository(self.project_id(path)?);
        Ok(repository.log(revision, &LogQuery::default()).await?)
    }

    /// A file's bytes at a revision; `None` if there is no such file there.
    ///
    /// # Errors
    /// There is no such project or revision.
    pub async fn file(
        &self,
        path: &str,
        revision: &str,
        file: &str,
    ) -> Result<Option<Vec<u8>>, MockError> {
        let repository = self.hub.stored_repository(self.project_id(path)?);
        Ok(repository.file(revision, file).await?)
    }
}
