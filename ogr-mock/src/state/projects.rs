//! Projects: finding, making, forking, renaming and deleting them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    Access, ForkNaming, Label, ProjectId, PullRequest, Refusal, Release, State, Status, What,
};
use crate::hub::Hub;

/// One project and what belongs to it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Project {
    /// The forge's own number for it.
    pub id: ProjectId,
    /// The user, organisation or group that it stands under; with slashes for nested groups. Empty
    /// for a Pagure project without a namespace.
    pub namespace: String,
    /// The last part of its path.
    pub name: String,
    /// Whose fork it is, on Pagure, where that is a part of the path.
    pub fork_owner: Option<String>,
    /// The login of who made it, who may do anything with it (on Pagure also after leaving).
    pub owner: String,
    /// The project that this one is a fork of; `None` also when that was deleted.
    pub parent: Option<ProjectId>,
    /// What it is about; may be unset.
    pub description: Option<String>,
    /// The web page that it names as its own.
    pub homepage: Option<String>,
    /// The branch that HEAD names, whether it exists or not.
    pub default_branch: String,
    /// Whether only those with rights see it.
    pub private: bool,
    /// Whether it takes no more writes.
    pub archived: bool,
    /// Whether it takes issues.
    pub has_issues: bool,
    /// Whether it takes pull requests.
    pub has_pull_requests: bool,
    /// Which ways of merging it allows: a merge commit, a squash, a rebase.
    pub allow_merge_commit: bool,
    /// See [`allow_merge_commit`](Self::allow_merge_commit).
    pub allow_squash: bool,
    /// See [`allow_merge_commit`](Self::allow_merge_commit).
    pub allow_rebase: bool,
    /// The topics (Pagure: tags).
    pub topics: Vec<String>,
    /// Settings that only this forge has, in its own words (Pagure's options); those at their default
    /// are left out.
    pub options: BTreeMap<String, serde_json::Value>,
    /// Users who may not write anything here (Pagure).
    pub blocked: std::collections::BTreeSet<String>,
    /// Users with rights of their own here.
    pub members: BTreeMap<String, Access>,
    /// Groups that were given rights here, by path.
    pub groups: BTreeMap<String, Access>,
    /// The labels by number.
    pub labels: BTreeMap<u64, Label>,
    /// The pull requests by their number in the project.
    pub pull_requests: BTreeMap<u64, PullRequest>,
    /// All statuses ever set, oldest first.
    pub statuses: Vec<Status>,
    /// The releases by number, drafts included.
    pub releases: BTreeMap<u64, Release>,
    /// Until when a fresh fork is not there yet.
    pub ready_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its settings last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was last pushed to.
    pub pushed_at: Option<DateTime<Utc>>,
    /// Settings that only one forge knows, in its own words and as it was told them.
    pub(crate) settings: BTreeMap<String, serde_json::Value>,
    /// Issues and pull requests share it.
    last_number: u64,
}

impl Project {
    /// The path that finds it: `rpms/foo`, `group/sub/foo`, or `fork/bob/rpms/foo` on Pagure.
    #[must_use]
    pub fn path(&self) -> String {
        let path = if self.namespace.is_empty() {
            self.name.clone()
        } else {
            format!("{}/{}", self.namespace, self.name)
        };
        match &self.fork_owner {
            Some(owner) => format!("fork/{owner}/{path}"),
            None => path,
        }
    }

    /// The next number of an issue or pull request.
    pub(crate) fn new_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Whether it is there for use already, which a fresh fork may not be.
    pub(crate) fn is_ready(&self, now: DateTime<Utc>) -> bool {
        self.ready_at.is_none_or(|ready| ready <= now)
    }
}

/// How a project is set up. The default is a public project with one commit, a `README.md`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProjectSetup {
    /// What it is about.
    pub description: Option<String>,
    /// Whether only those with rights see it.
    pub private: bool,
    /// The default branch; `None` takes the forge's own default.
    pub default_branch: Option<String>,
    /// The files of its first commit; without any the repository is empty.
    pub files: Vec<(String, String)>,
    /// The login of who makes it; `None` takes the namespace's user, or some member of the group.
    pub owner: Option<String>,
}

impl Default for ProjectSetup {
    fn default() -> Self {
        Self {
            description: None,
            private: false,
            default_branch: None,
            files: vec![("README.md".to_owned(), "# Read me\n".to_owned())],
            owner: None,
        }
    }
}

impl ProjectSetup {
    /// A project whose repository has no commit at all.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            files: Vec::new(),
            ..Self::default()
        }
    }

    /// A project that only those with rights see.
    #[must_use]
    pub fn private() -> Self {
        Self {
            private: true,
            ..Self::default()
        }
    }

    /// Names the default branch.
    #[must_use]
    pub fn default_branch(mut self, branch: &str) -> Self {
        self.default_branch = Some(branch.to_owned());
        self
    }

    /// Says what the project is about.
    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        self.description = Some(text.to_owned());
        self
    }

    /// Names who makes the project.
    #[must_use]
    pub fn owner(mut self, login: &str) -> Self {
        self.owner = Some(login.to_owned());
        self
    }

    /// Adds a file to the first commit, or replaces it.
    #[must_use]
    pub fn file(mut self, path: &str, content: &str) -> Self {
        self.files.retain(|(known, _)| known != path);
        self.files.push((path.to_owned(), content.to_owned()));
        self
    }
}

/// A project to be made.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewProject {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) owner: String,
    pub(crate) description: Option<String>,
    pub(crate) private: bool,
    pub(crate) default_branch: Option<String>,
}

/// A fork to be made.
#[derive(Debug, Clone, Default)]
pub(crate) struct ForkRequest {
    /// The namespace to put it in; `None` is the user's own. Of no meaning on Pagure.
    pub(crate) namespace: Option<String>,
    /// Another name than the parent's.
    pub(crate) name: Option<String>,
    pub(crate) only_default_branch: bool,
}

impl State {
    /// The project at this path, whether or not the caller may see it.
    #[must_use]
    pub fn project(&self, path: &str) -> Option<&Project> {
        self.projects.get(self.paths.get(&self.path_key(path))?)
    }

    /// The project that once was at this path, if nothing else is there now.
    pub(crate) fn moved_project(&self, path: &str) -> Option<&Project> {
        let key = self.path_key(path);
        if self.paths.contains_key(&key) {
            return None;
        }
        self.projects.get(self.moved.get(&key)?)
    }

    /// The project at this path, if this user (or nobody) may know of it.
    pub(crate) fn visible(&self, user: Option<&str>, path: &str) -> Result<&Project, Refusal> {
        self.project(path)
            .filter(|project| self.access(user, project).is_some())
            .ok_or(Refusal::NotFound(What::Project))
    }

    /// The project of this number, if this user (or nobody) may know of it.
    pub(crate) fn visible_id(
        &self,
        user: Option<&str>,
        id: ProjectId,
    ) -> Result<&Project, Refusal> {
        self.projects
            .get(&id)
            .filter(|project| self.access(user, project).is_some())
            .ok_or(Refusal::NotFound(What::Project))
    }

    pub(crate) fn project_mut(&mut self, id: ProjectId) -> Result<&mut Project, Refusal> {
        self.projects
            .get_mut(&id)
            .ok_or(Refusal::NotFound(What::Project))
    }

    /// The forks made from a project, oldest first.
    pub(crate) fn forks(&self, parent: ProjectId) -> impl Iterator<Item = &Project> {
        self.projects
            .values()
            .filter(move |project| project.parent == Some(parent))
    }

    /// The projects that stand directly in a namespace, oldest first. Pagure's forks do not.
    pub(crate) fn projects_in(&self, namespace: &str) -> impl Iterator<Item = &Project> {
        self.projects.values().filter(move |project| {
            project.fork_owner.is_none() && self.same_name(&project.namespace, namespace)
        })
    }

    /// Whether two projects belong to one family of forks.
    pub(crate) fn same_network(&self, a: ProjectId, b: ProjectId) -> bool {
        self.network_root(a) == self.network_root(b)
    }

    fn network_root(&self, mut id: ProjectId) -> ProjectId {
        while let Some(parent) = self.projects.get(&id).and_then(|project| project.parent) {
            id = parent;
        }
        id
    }

    fn path_key(&self, path: &str) -> String {
        if self.rules.paths_case_sensitive {
            return path.to_owned();
        }
        // Whose fork it is stands in the path, too, and is read as users are.
        if self.rules.fork_naming == ForkNaming::Nested
            && let Some((user, rest)) = path.strip_prefix("fork/").and_then(|p| p.split_once('/'))
        {
            return format!("fork/{user}/{}", rest.to_lowercase());
        }
        path.to_lowercase()
    }

    fn insert_project(&mut self, project: Project) -> Result<ProjectId, Refusal> {
        let key = self.path_key(&project.path());
        if let Some(id) = self.paths.get(&key) {
            return Err(Refusal::AlreadyExists(What::Project, *id));
        }
        let id = project.id;
        self.paths.insert(key, id);
        self.projects.insert(id, project);
        Ok(id)
    }

    /// Moves a project to another name or namespace; its old path leads to it from then on.
    pub(crate) fn rename_project(
        &mut self,
        id: ProjectId,
        namespace: &str,
        name: &str,
    ) -> Result<(), Refusal> {
        let project = self.project_mut(id)?;
        let old = project.path();
        let mut renamed = project.clone();
        (renamed.namespace, renamed.name) = (namespace.to_owned(), name.to_owned());
        let (old, new) = (self.path_key(&old), self.path_key(&renamed.path()));
        match self.paths.get(&new) {
            Some(taken) if *taken != id => {
                return Err(Refusal::AlreadyExists(What::Project, *taken));
            }
            _ => {}
        }
        self.paths.remove(&old);
        self.paths.insert(new.clone(), id);
        self.moved.remove(&new);
        if old != new {
            self.moved.insert(old, id);
        }
        self.projects.insert(id, renamed);
        Ok(())
    }

    /// Takes a project away. Its forks lose their parent, and pull requests from it their source.
    pub(crate) fn remove_project(&mut self, id: ProjectId) -> Option<Project> {
        let project = self.projects.remove(&id)?;
        let key = self.path_key(&project.path());
        self.paths.remove(&key);
        self.moved.retain(|_, to| *to != id);
        for other in self.projects.values_mut() {
            if other.parent == Some(id) {
                other.parent = project.parent;
            }
            for pull in other.pull_requests.values_mut() {
                if pull.head.project == Some(id) {
                    pull.head.project = None;
                }
            }
        }
        Some(project)
    }

    fn blank_project(&mut self, now: DateTime<Utc>) -> Project {
        Project {
            id: self.new_id(),
            namespace: String::new(),
            name: String::new(),
            fork_owner: None,
            owner: String::new(),
            parent: None,
            description: None,
            homepage: None,
            default_branch: self.rules.default_branch.to_owned(),
            private: false,
            archived: false,
            has_issues: true,
            has_pull_requests: true,
            allow_merge_commit: true,
            allow_squash: true,
            allow_rebase: true,
            topics: Vec::new(),
            options: BTreeMap::new(),
            blocked: std::collections::BTreeSet::new(),
            members: BTreeMap::new(),
            groups: BTreeMap::new(),
            labels: BTreeMap::new(),
            pull_requests: BTreeMap::new(),
            statuses: Vec::new(),
            releases: BTreeMap::new(),
            ready_at: None,
            created_at: now,
            updated_at: now,
            pushed_at: None,
            settings: BTreeMap::new(),
            last_number: 0,
        }
    }
}

impl Hub {
    /// Makes a project with an empty repository. Whether the caller may is the dialect's to say.
    pub(crate) async fn create_project(&self, new: NewProject) -> Result<ProjectId, Refusal> {
        let now = self.now();
        let (id, branch) = {
            let mut state = self.state();
            let mut project = state.blank_project(now);
            project.namespace = new.namespace;
            project.name = new.name;
            project.owner = new.owner;
            project.description = new.description;
            project.private = new.private;
            if let Some(branch) = new.default_branch {
                project.default_branch = branch;
            }
            let branch = project.default_branch.clone();
            (state.insert_project(project)?, branch)
        };
        self.stored_repository(id).init(&branch).await?;
        Ok(id)
    }

    /// Forks a project. One that this account has already is refused as `AlreadyExists(Fork, its id)`,
    /// and a name that is taken by another project as `AlreadyExists(Project, its id)`.
    pub(crate) async fn fork_project(
        &self,
        actor: &str,
        parent: ProjectId,
        request: &ForkRequest,
    ) -> Result<ProjectId, Refusal> {
        let now = self.now();
        let (id, branch) = {
            let mut state = self.state();
            let source = state.visible_id(Some(actor), parent)?.clone();
            let mut fork = state.blank_project(now);
            fork.parent = Some(parent);
            actor.clone_into(&mut fork.owner);
            fork.name = request.name.clone().unwrap_or_else(|| source.name.clone());
            fork.description.clone_from(&source.description);
            fork.default_branch.clone_from(&source.default_branch);
            fork.private = source.private;
            fork.has_issues = source.has_issues && state.rules.forks_take_issues;
            fork.has_pull_requests = state.rules.forks_take_pull_requests;
            fork.pushed_at = source.pushed_at;
            if state.rules.fork_naming == ForkNaming::Nested {
                fork.namespace.clone_from(&source.namespace);
                fork.fork_owner = Some(actor.to_owned());
            } else {
                fork.namespace = request
                    .namespace
                    .clone()
                    .unwrap_or_else(|| actor.to_owned());
            }
            let known = state.forks(parent).find(|known| {
                state.same_name(&known.namespace, &fork.namespace)
                    && known.fork_owner == fork.fork_owner
                    && (state.rules.one_fork_each || state.same_name(&known.name, &fork.name))
            });
            if let Some(known) = known {
                return Err(Refusal::AlreadyExists(What::Fork, known.id));
            }
            fork.ready_at = self.fork_ready_at(now);
            let wanted = fork.name.clone();
            let mut suffix = 0;
            while state.rules.fork_naming == ForkNaming::Suffixed
                && state.project(&fork.path()).is_some()
            {
                suffix += 1;
                fork.name = format!("{wanted}-{suffix}");
            }
            let branch = request
                .only_default_branch
                .then(|| source.default_branch.clone());
            (state.insert_project(fork)?, branch)
        };
        let source = self.stored_repository(parent);
        let fork = self.stored_repository(id);
        fork.copy_of(&source, branch.as_deref()).await?;
        if self.state().rules.forks_share_objects {
            fork.borrow_objects_of(&source).await?;
        }
        if self.state().rules.forks_copy_all_refs {
            fork.copy_more_refs(&source).await?;
        }
        Ok(id)
    }

    /// Takes a project away, its repository included.
    pub(crate) async fn delete_project(&self, id: ProjectId) -> Result<(), Refusal> {
        let lends = {
            let mut state = self.state();
            let lends = state.rules.forks_share_objects && state.forks(id).next().is_some();
            let removed = state.remove_project(id);
            removed.ok_or(Refusal::NotFound(What::Project))?;
            lends
        };
        if lends {
            // Its forks live on, and have some of its objects from there.
            return Ok(());
        }
        let dir = self.stored_repository(id).dir().to_owned();
        // A git process may still be reading there; what it leaves behind goes with the whole folder.
        let _ = tokio::fs::remove_dir_all(dir).await;
        Ok(())
    }

    /// Makes a project's HEAD name another branch, which must exist unless the repository is empty.
    pub(crate) async fn set_default_branch(
        &self,
        id: ProjectId,
        branch: &str,
    ) -> Result<(), Refusal> {
        let repository = self.stored_repository(id);
        if repository.branch(branch).await?.is_none() && !repository.branches().await?.is_empty() {
            return Err(Refusal::NotFound(What::Branch));
        }
        repository.set_head_branch(branch).await?;
        branch.clone_into(&mut self.state().project_mut(id)?.default_branch);
        Ok(())
    }
}
