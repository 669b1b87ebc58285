//! Users, groups, tokens and their rights.

use super::super::{MockError, MockForge};
use crate::state::{Access, Group, ProjectId, Token, TokenSetup, User};

impl MockForge {
    /// Adds a user, unless there is one, and tells a token that may do all that they may.
    pub fn add_user(&self, login: &str) -> String {
        let now = self.hub.now();
        let known = self.hub.state().user(login).is_some();
        if !known {
            let mut state = self.hub.state();
            let id = state.new_id();
            let user = User {
                id,
                login: login.to_owned(),
                name: None,
                email: format!("{login}@example.org"),
                password: None,
                admin: false,
                bot: login.ends_with("[bot]"),
                created_at: now,
            };
            state.users.insert(id, user);
        }
        let token = self.token(login).ok();
        token.unwrap_or_else(|| self.new_token(login, &TokenSetup::default(), None))
    }

    /// Adds a token with limits for a user, who is added if need be.
    ///
    /// # Errors
    /// The project that it is to be bound to does not exist.
    pub fn add_token(&self, login: &str, setup: &TokenSetup) -> Result<String, MockError> {
        let project = match &setup.project {
            Some(path) => Some(self.project_id(path)?),
            None => None,
        };
        self.add_user(login);
        Ok(self.new_token(login, setup, project))
    }

    fn new_token(&self, login: &str, setup: &TokenSetup, project: Option<ProjectId>) -> String {
        let mut state = self.hub.state();
        let id = state.new_id();
        let value = self.hub.dialect.token_value(login, id);
        let token = Token {
            id,
            value: value.clone(),
            user: login.to_owned(),
            description: String::new(),
            scopes: setup.scopes.clone(),
            expired: setup.expired,
            project,
        };
        state.tokens.insert(value.clone(), token);
        value
    }

    /// Makes a token worthless.
    pub fn revoke_token(&self, value: &str) {
        self.hub.state().tokens.remove(value);
    }

    /// Changes a user: name, mail address, password, site administrator, ...
    ///
    /// # Errors
    /// There is no such user.
    pub fn change_user(
        &self,
        login: &str,
        change: impl FnOnce(&mut User),
    ) -> Result<(), MockError> {
        let mut state = self.hub.state();
        let id = state.user(login).map(|user| user.id);
        let user = id.and_then(|id| state.users.get_mut(&id));
        change(user.ok_or_else(|| MockError::new(format!("no user {login}")))?);
        Ok(())
    }

    /// Adds an organisation, group or namespace. Its members, users who are added if need be, may do
    /// anything in its projects.
    ///
    /// On Pagure one without members is no group, but a namespace for everyone to make projects in; and of
    /// the projects in a group's namespace its members may do things only in those that
    /// [`add_project`](Self::add_project) made, which lets the group in as an admin.
    pub fn add_group(&self, path: &str, members: &[&str]) {
        for member in members {
            self.set_group_access(path, member, Some(Access::Admin));
        }
        if members.is_empty() {
            self.ensure_group(path);
        }
    }

    /// Changes an organisation, group or namespace: the name that people call it, what it is about.
    ///
    /// # Errors
    /// There is no such group.
    pub fn change_group(
        &self,
        path: &str,
        change: impl FnOnce(&mut Group),
    ) -> Result<(), MockError> {
        let mut state = self.hub.state();
        let id = state.group(path).map(|group| group.id);
        let group = id.and_then(|id| state.groups.get_mut(&id));
        change(group.ok_or_else(|| MockError::new(format!("no group {path}")))?);
        Ok(())
    }

    /// Sets what a member of a group (both are added if need be) may do in its projects; `None` ends the membership.
    pub fn set_group_access(&self, path: &str, user: &str, access: Option<Access>) {
        self.add_user(user);
        let id = self.ensure_group(path);
        if let Some(group) = self.hub.state().groups.get_mut(&id) {
            match access {
                Some(access) => group.members.insert(user.to_owned(), access),
                None => group.members.remove(user),
            };
        }
    }

    pub(super) fn ensure_group(&self, path: &str) -> u64 {
        let now = self.hub.now();
        let mut state = self.hub.state();
        if let Some(group) = state.group(path) {
            return group.id;
        }
        let id = state.new_id();
        let group = Group {
            id,
            path: path.to_owned(),
            name: None,
            description: String::new(),
            members: std::collections::BTreeMap::new(),
            created_at: now,
        };
        state.groups.insert(id, group);
        id
    }
}
