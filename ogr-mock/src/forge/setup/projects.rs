//! Projects and forks.

use super::super::{MockError, MockForge};
use crate::state::{Access, ForkRequest, NewProject, ProjectId, ProjectSetup};

impl MockForge {
    /// Adds a project with a real repository, by path: `alice/foo`, `rpms/foo`, `group/sub/foo`.
    ///
    /// What stands before the last slash becomes a group unless there is a user or group of that name.
    ///
    /// # Errors
    /// There is such a project already.
    pub async fn add_project(
        &self,
        path: &str,
        setup: ProjectSetup,
    ) -> Result<ProjectId, MockError> {
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        let owner = {
            let state = self.hub.state();
            let group = state.group(namespace);
            let member = group.and_then(|group| group.members.keys().next().cloned());
            let user = state.user(namespace).map(|user| user.login.clone());
            user.or(member)
        };
        let known = namespace.is_empty() || self.hub.state().account(namespace).is_some();
        if !known {
            self.ensure_group(namespace);
        }
        if let Some(owner) = &setup.owner {
            self.add_user(owner);
        }
        let new = NewProject {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            owner: setup.owner.or(owner).unwrap_or_default(),
            description: setup.description,
            private: setup.private,
            default_branch: setup.default_branch,
        };
        let id = self.hub.create_project(new).await?;
        if !self.hub.state().rules.namespace_gives_rights && !namespace.is_empty() {
            // What `add_group` promises holds on such a forge too: the group is let in by name.
            let group = namespace.to_owned();
            let mut state = self.hub.state();
            state.project_mut(id)?.groups.insert(group, Access::Admin);
        }
        if !setup.files.is_empty() {
            let branch = self.project(path)?.default_branch;
            let files: Vec<(&str, Option<&str>)> = setup
                .files
                .iter()
                .map(|(name, content)| (name.as_str(), Some(content.as_str())))
                .collect();
            self.commit(path, &branch, "Initial commit", &files).await?;
        }
        Ok(id)
    }

    /// Changes a project's settings: visibility, archived, issues on or off, topics, labels, ...
    ///
    /// Its path changes only by [`rename_project`](Self::rename_project).
    ///
    /// # Errors
    /// There is no such project.
    pub fn change_project(
        &self,
        path: &str,
        change: impl FnOnce(&mut crate::state::Project),
    ) -> Result<(), MockError> {
        let id = self.project_id(path)?;
        change(self.hub.state().project_mut(id)?);
        Ok(())
    }

    /// Moves a project to another path; the old one leads to it.
    ///
    /// # Errors
    /// There is no such project, or the path is taken.
    pub fn rename_project(&self, path: &str, to: &str) -> Result<(), MockError> {
        let id = self.project_id(path)?;
        let (namespace, name) = to.rsplit_once('/').unwrap_or(("", to));
        Ok(self.hub.state().rename_project(id, namespace, name)?)
    }

    /// Takes a project away.
    ///
    /// # Errors
    /// There is no such project.
    pub async fn delete_project(&self, path: &str) -> Result<(), MockError> {
        let id = self.project_id(path)?;
        Ok(self.hub.delete_project(id).await?)
    }

    /// Forks a project for a user, and tells the fork's path. It is ready at once.
    ///
    /// # Errors
    /// There is no such project, or the user has a fork of it.
    pub async fn fork(&self, path: &str, user: &str) -> Result<String, MockError> {
        self.add_user(user);
        let id = self.project_id(path)?;
        let request = ForkRequest::default();
        let fork = self.hub.fork_project(user, id, &request).await?;
        let mut state = self.hub.state();
        let fork = state.project_mut(fork)?;
        fork.ready_at = None;
        Ok(fork.path())
    }

    /// Sets what a user (added if need be) may do in a project; `None` takes their own rights away.
    ///
    /// # Errors
    /// There is no such project.
    pub fn set_permission(
        &self,
        path: &str,
        user: &str,
        access: Option<Access>,
    ) -> Result<(), MockError> {
        self.add_user(user);
        self.change_project(path, |project| {
            match access {
                Some(access) => project.members.insert(user.to_owned(), access),
                None => project.members.remove(user),
            };
        })
    }
}
