//! Users, groups, tokens, and who may do what.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Project, State};

/// What someone may do in a project; each level holds the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Access {
    /// May see that it is there. GitLab's guest.
    Guest,
    /// May read. GitLab's reporter, GitHub's pull.
    Read,
    /// May care for issues and pull requests, but not push. GitHub's triage, Pagure's ticket.
    Triage,
    /// May push and merge. GitLab's developer, Pagure's commit.
    Write,
    /// May change most settings. GitLab's maintainer.
    Maintain,
    /// May do anything. GitLab's owner.
    Admin,
}

/// Someone with a login.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct User {
    /// The forge's own number for them.
    pub id: u64,
    /// The name that they sign in with.
    pub login: String,
    /// The name that people call them; may be unset.
    pub name: Option<String>,
    /// The mail address.
    pub email: String,
    /// The password for Basic authentication, where one was set.
    pub password: Option<String>,
    /// Whether they administer the whole forge.
    pub admin: bool,
    /// Whether they are a program.
    pub bot: bool,
    /// When they signed up.
    pub created_at: DateTime<Utc>,
}

/// An organisation, group or namespace. Its path has slashes where the forge nests groups.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Group {
    /// The forge's own number for it.
    pub id: u64,
    /// Its whole path.
    pub path: String,
    /// The name that people call it; may be unset.
    pub name: Option<String>,
    /// What it is about.
    pub description: String,
    /// Its members and what they may do in its projects.
    pub members: BTreeMap<String, Access>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What a token may be limited to. The default is a token that may do all that its user may.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TokenSetup {
    /// The scopes or ACLs, in the forge's own words; empty means all.
    ///
    /// GitHub: fine-grained permissions such as `pull_requests:write` or `contents:read`. GitLab: `api`,
    /// `read_api`, ... Forgejo: `write:issue`, ... Pagure: `pull_request_create`, ...
    pub scopes: Vec<String>,
    /// Whether it has expired.
    pub expired: bool,
    /// The path of the one project that it works on, if it is bound to one.
    pub project: Option<String>,
}

impl TokenSetup {
    /// A token with these scopes only.
    #[must_use]
    pub fn scopes(scopes: &[&str]) -> Self {
        Self {
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            ..Self::default()
        }
    }

    /// A token that has expired.
    #[must_use]
    pub fn expired() -> Self {
        Self {
            expired: true,
            ..Self::default()
        }
    }

    /// A token that works on this project only.
    #[must_use]
    pub fn project(path: &str) -> Self {
        Self {
            project: Some(path.to_owned()),
            ..Self::default()
        }
    }
}

/// A token.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Token {
    /// The forge's own number for it.
    pub id: u64,
    /// The secret.
    pub value: String,
    /// Whose it is.
    pub user: String,
    /// What its maker noted about it.
    pub description: String,
    /// The scopes or ACLs; empty means all.
    pub scopes: Vec<String>,
    /// Whether it has expired.
    pub expired: bool,
    /// The id of the one project that it works on, if it is bound to one.
    pub project: Option<u64>,
}

impl Token {
    /// Whether the token holds this scope: it does when it is not limited at all.
    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.scopes.is_empty() || self.scopes.iter().any(|held| held == scope)
    }
}

/// What a name in front of a slash, or alone, stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Account<'a> {
    User(&'a User),
    Group(&'a Group),
}

impl State {
    /// A user by login.
    #[must_use]
    pub fn user(&self, login: &str) -> Option<&User> {
        self.users
            .values()
            .find(|user| self.same_name(&user.login, login))
    }

    /// A group by its whole path.
    #[must_use]
    pub fn group(&self, path: &str) -> Option<&Group> {
        self.groups
            .values()
            .find(|group| self.same_name(&group.path, path))
    }

    /// A user or group by name.
    pub(crate) fn account(&self, name: &str) -> Option<Account<'_>> {
        let user = self.user(name).map(Account::User);
        user.or_else(|| self.group(name).map(Account::Group))
    }

    /// A token by its secret, expired or not.
    pub(crate) fn token(&self, value: &str) -> Option<&Token> {
        self.tokens.get(value)
    }

    /// The user behind a login and a password, if both fit.
    pub(crate) fn user_by_password(&self, login: &str, password: &str) -> Option<&User> {
        self.user(login)
            .filter(|user| user.password.as_deref() == Some(password))
    }

    pub(crate) fn same_name(&self, a: &str, b: &str) -> bool {
        if self.rules.case_sensitive {
            a == b
        } else {
            a.eq_ignore_ascii_case(b)
        }
    }

    /// What a user (or nobody) may do in a project; `None` when not even see it.
    pub(crate) fn access(&self, user: Option<&str>, project: &Project) -> Option<Access> {
        let public = (!project.private).then_some(Access::Read);
        let Some(user) = user.and_then(|login| self.user(login)) else {
            return public;
        };
        let by_namespace = self.rules.namespace_gives_rights;
        let owner = user.admin
            || self.same_name(&project.owner, &user.login)
            || (by_namespace && self.same_name(&project.namespace, &user.login));
        let own = owner.then_some(Access::Admin);
        let member = project.members.get(&user.login).copied();
        // A group's members may do the same in all groups below it.
        let through_groups = self.groups.values().filter_map(|group| {
            let level = *group.members.get(&user.login)?;
            let within = self.same_name(&group.path, &project.namespace)
                || project
                    .namespace
                    .strip_prefix(&group.path)
                    .is_some_and(|rest| rest.starts_with('/'));
            let invited = project.groups.get(&group.path).copied();
            if !by_namespace {
                return invited.map(|invited| invited.min(level));
            }
            within.then_some(level).max(invited)
        });
        public.max(own).max(member).max(through_groups.max())
    }

    /// Whether a user (or nobody) may do at least this in a project.
    pub(crate) fn allows(&self, user: Option<&str>, project: &Project, level: Access) -> bool {
        self.access(user, project) >= Some(level)
    }
}

impl super::RateLimit {
    /// How many requests this user (or nobody) may make in all.
    pub(crate) fn limit_of(&self, login: Option<&str>) -> u64 {
        if login.is_some() {
            self.limit
        } else {
            self.anonymous_limit
        }
    }

    /// How many requests are left to this user (or nobody).
    pub(crate) fn remaining(&self, login: Option<&str>) -> u64 {
        let used = self.used.get(login.unwrap_or_default()).copied();
        self.limit_of(login).saturating_sub(used.unwrap_or(0))
    }
}
