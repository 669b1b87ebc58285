//! The path of a project on its forge.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// The path of a project on its forge: `rpms/foo`, `group/subgroup/tool`, or a Pagure fork `fork/bob/rpms/foo`.
///
/// ```
/// use ogr_core::ProjectPath;
///
/// let path: ProjectPath = "fork/bob/rpms/foo".parse()?;
/// assert_eq!(path.fork_owner.as_deref(), Some("bob"));
/// assert_eq!(path.namespace.as_deref(), Some("rpms"));
/// assert_eq!(path.name, "foo");
/// assert!("rpms/../foo".parse::<ProjectPath>().is_err());
/// # Ok::<(), ogr_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProjectPath {
    /// The owner of a Pagure fork; `None` for everything else, forks on other forges included.
    pub fork_owner: Option<String>,
    /// The owner, organisation, group (with its parents) or namespace; `None` for a Pagure project outside any.
    pub namespace: Option<String>,
    /// The name of the project.
    pub name: String,
}

impl ProjectPath {
    /// A project in a namespace, which may be nested: `group/subgroup`.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            fork_owner: None,
            namespace: Some(namespace.into()),
            name: name.into(),
        }
    }

    /// A project outside any namespace, as Pagure has them.
    pub fn bare(name: impl Into<String>) -> Self {
        Self {
            fork_owner: None,
            namespace: None,
            name: name.into(),
        }
    }

    /// The Pagure fork that `owner` has of this project.
    #[must_use]
    pub fn fork_of(&self, owner: impl Into<String>) -> Self {
        Self {
            fork_owner: Some(owner.into()),
            ..self.clone()
        }
    }

    /// Whether both name the same project. Forges do not tell paths apart by case.
    pub fn is_same(&self, other: &ProjectPath) -> bool {
        self.to_string().eq_ignore_ascii_case(&other.to_string())
    }

    /// The parts between the slashes, as `Display` writes them.
    pub fn segments(&self) -> Vec<&str> {
        let mut segments = Vec::new();
        if let Some(owner) = &self.fork_owner {
            segments.extend(["fork", owner.as_str()]);
        }
        if let Some(namespace) = &self.namespace {
            segments.extend(namespace.split('/'));
        }
        segments.push(&self.name);
        segments
    }

    /// Refuses a path that no project can have, so that no request goes to another resource.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for an empty part, `.`, `..`, a control character, a backslash, or a name with a slash in it.
    pub fn check(&self) -> Result<()> {
        let invalid = |why: &str| {
            Err(Error::new(ErrorKind::Invalid, why)
                .with_resource(format!("{:?}", self.to_string())))
        };
        if self.name.contains('/') || self.fork_owner.as_ref().is_some_and(|o| o.contains('/')) {
            return invalid("the name of a project has no slash in it");
        }
        for segment in self.segments() {
            if segment.is_empty() {
                return invalid("the path of a project has an empty part");
            }
            if segment == "." || segment == ".." {
                return invalid("the path of a project may not climb");
            }
            if segment.contains(|c: char| c.is_control() || c == '\\') {
                return invalid("the path of a project has a character in it that no forge allows");
            }
        }
        Ok(())
    }
}

impl fmt::Display for ProjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments().join("/"))
    }
}

impl FromStr for ProjectPath {
    type Err = Error;

    /// Reads `name`, `namespace/name`, `group/subgroup/name`, `fork/user/name` and `fork/user/namespace/name`.
    fn from_str(text: &str) -> Result<Self> {
        let segments: Vec<&str> = text.split('/').collect();
        let path = match segments.as_slice() {
            ["fork" | "forks", owner, rest @ .., name] if !rest.is_empty() || !owner.is_empty() => {
                Self {
                    fork_owner: Some((*owner).to_owned()),
                    namespace: (!rest.is_empty()).then(|| rest.join("/")),
                    name: (*name).to_owned(),
                }
            }
            [name] => Self::bare(*name),
            [namespace @ .., name] => Self::new(namespace.join("/"), *name),
            [] => Self::bare(""),
        };
        path.check()?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_every_form() {
        for text in [
            "foo",
            "rpms/foo",
            "a/b/c/tool",
            "fork/bob/foo",
            "fork/bob/rpms/foo",
        ] {
            let path: ProjectPath = text.parse().unwrap();
            assert_eq!(path.to_string(), text);
        }
        // Two parts cannot be a fork: someone's user name may well be "fork".
        let path: ProjectPath = "fork/foo".parse().unwrap();
        assert_eq!(path, ProjectPath::new("fork", "foo"));
    }

    #[test]
    fn refuses_what_could_reach_another_resource() {
        for text in ["", "a//b", "../user", "a/..", "a/./b", "a/b\n", "/a", "a/"] {
            assert!(text.parse::<ProjectPath>().is_err(), "{text:?}");
        }
    }
}
