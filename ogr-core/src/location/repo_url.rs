//! The address of a project, in any of the forms that people paste.

use std::{fmt, str::FromStr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Link, ProjectPath,
    link::is_full_sha,
    pages,
    parse::{self, Parts},
};
use crate::{Error, ErrorKind, ForgeKind, Instance, Result};

/// What may stand in a part of a path as it is. `@` may, but not in an address of pip's kind (`repo.git@v1`).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':');

/// The same, for what stands after `#`.
const REVISION: &AsciiSet = &SEGMENT.remove(b'/').remove(b'@');

/// How an address says to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// `https://`, also written `git+https://`.
    Https,
    /// `http://`.
    Http,
    /// `ssh://`, also written `user@host:path`.
    Ssh,
    /// `git://`.
    Git,
}

impl Scheme {
    /// The scheme as it stands before `://`.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Https => "https",
            Scheme::Http => "http",
            Scheme::Ssh => "ssh",
            Scheme::Git => "git",
        }
    }

    /// The port that need not be written.
    pub fn default_port(self) -> u16 {
        match self {
            Scheme::Https => 443,
            Scheme::Http => 80,
            Scheme::Ssh => 22,
            Scheme::Git => 9418,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The address of a project, or of something in it, whatever forge it is on.
///
/// It takes `https`, `http`, `ssh` and `git` URLs, `git+https` and the like, `user@host:path` and a bare
/// `host/path`; ports and paths below a prefix; links to a pull request, an issue, a commit, a branch, a
/// file or a release. User names and passwords of web URLs are dropped while reading and never kept or shown.
///
/// Which part of the path is the project depends on the kind of forge: [`resolve`](Self::resolve) tells, when that is known.
///
/// ```
/// use ogr_core::{ForgeKind, Link, RepoUrl};
///
/// let url: RepoUrl = "https://gitlab.com/group/sub/tool/-/merge_requests/7".parse()?;
/// assert_eq!(url.host(), "gitlab.com");
/// let (project, link) = url.resolve(ForgeKind::GitLab, "/")?;
/// assert_eq!(project.to_string(), "group/sub/tool");
/// assert_eq!(link, Some(Link::PullRequest(7)));
///
/// let url: RepoUrl = "ssh://git@pagure.io/forks/bob/rpms/foo.git".parse()?;
/// assert_eq!(url.resolve(ForgeKind::Pagure, "/")?.0.to_string(), "fork/bob/rpms/foo");
/// // The same address, after its host has moved to Forgejo:
/// assert_eq!(url.resolve(ForgeKind::Forgejo, "/")?.0.to_string(), "bob/foo");
///
/// let error = RepoUrl::parse("git@example.org:2222:a/b.git").unwrap_err();
/// assert!(error.to_string().contains("ssh://"));
/// # Ok::<(), ogr_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RepoUrl {
    parts: Parts,
}

impl RepoUrl {
    /// Reads an address. White space around it is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] with the reason: no host or no project in it, another scheme, a path of this machine, a part that
    /// is empty or climbs (`..`), a space, a backslash, a control character, `%2F`. The error never shows what stands before
    /// the host.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self {
            parts: parse::parse(text)?,
        })
    }

    /// How it says to connect; `None` for a bare `host/path`.
    pub fn scheme(&self) -> Option<Scheme> {
        self.parts.scheme
    }

    /// The host of the forge's pages, in lower case, with the port where it is not the scheme's own.
    ///
    /// The port of an `ssh` or `git` address is left out: it says nothing about the pages.
    pub fn host(&self) -> String {
        match self.parts.port {
            Some(port) if self.is_web() => format!("{}:{port}", self.parts.host),
            _ => self.parts.host.clone(),
        }
    }

    /// The host without any port.
    pub fn hostname(&self) -> &str {
        &self.parts.host
    }

    /// The port, where it is not the scheme's own.
    pub fn port(&self) -> Option<u16> {
        self.parts.port
    }

    /// The user of an `ssh` address: `git`, or an account's own name.
    pub fn ssh_user(&self) -> Option<&str> {
        self.parts.user.as_deref()
    }

    /// The parts of the path, decoded once. Which of them are the project is for [`resolve`](Self::resolve) to say.
    pub fn segments(&self) -> &[String] {
        &self.parts.segments
    }

    /// Whether it is an address of pages: `https`, `http` or a bare host.
    pub fn is_web(&self) -> bool {
        !matches!(self.parts.scheme, Some(Scheme::Ssh | Scheme::Git))
    }

    /// Where the host's pages begin: its scheme, host and port, with a path of `/`.
    ///
    /// `default` is taken where the address does not say, as in `ssh` addresses and bare hosts; `https` where
    /// that is no scheme of pages.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] when the host cannot stand in an URL.
    pub fn web_base(&self, default: Scheme) -> Result<Url> {
        let scheme = match (self.parts.scheme, default) {
            (Some(scheme @ (Scheme::Https | Scheme::Http)), _) => scheme,
            (_, Scheme::Http) => Scheme::Http,
            _ => Scheme::Https,
        };
        Url::parse(&format!("{scheme}://{}/", self.host())).map_err(|error| {
            Error::new(ErrorKind::Invalid, "the host cannot stand in an URL")
                .with_resource(self.parts.host.clone())
                .with_source(error)
        })
    }

    /// Whether it is an address of this instance. Hosts are compared whole, never by a part of them.
    ///
    /// An `ssh` address is compared with the instance's ssh host too.
    pub fn is_on(&self, instance: &Instance) -> bool {
        if self.is_web() {
            return self.host() == instance.host() && self.below(instance.web.path()).is_some();
        }
        instance.web.host_str() == Some(&self.parts.host)
            || instance
                .ssh_host
                .as_deref()
                .is_some_and(|ssh| ssh.eq_ignore_ascii_case(&self.parts.host))
    }

    /// The project, and what in it the address points at, on a forge of this kind whose pages begin at `base_path`:
    /// `/`, or `/git/` for an instance below a prefix.
    ///
    /// An address that a Pagure had still leads to the project after its host has moved to Forgejo: `fork/bob/rpms/foo`
    /// is `bob/foo` there. Its pull requests and issues have other numbers, so links to those are refused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] when no project of such a forge can have that path, or its pages have no such place.
    pub fn resolve(&self, kind: ForgeKind, base_path: &str) -> Result<(ProjectPath, Option<Link>)> {
        let invalid =
            |why: String| Error::new(ErrorKind::Invalid, why).with_resource(self.to_string());
        let segments = self
            .below(base_path)
            .ok_or_else(|| invalid(format!("it is not below {base_path}")))?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (path, link) = pages::read(kind, &segments).map_err(invalid)?;
        path.check()?;
        let link = match &self.parts.revision {
            Some(revision) if is_full_sha(revision) => Some(Link::Commit(revision.clone())),
            Some(revision) => Some(Link::Ref(revision.clone())),
            None => link,
        };
        Ok((path, link))
    }

    /// The project, and what in it the address points at, on this instance.
    ///
    /// The host is not compared: ask [`is_on`](Self::is_on), or the registry, which knows further names of a host.
    ///
    /// # Errors
    ///
    /// Those of [`resolve`](Self::resolve).
    pub fn resolve_on(&self, instance: &Instance) -> Result<(ProjectPath, Option<Link>)> {
        self.resolve(instance.kind, instance.web.path())
    }

    /// The project alone.
    ///
    /// # Errors
    ///
    /// Those of [`resolve`](Self::resolve).
    pub fn project_path(&self, kind: ForgeKind, base_path: &str) -> Result<ProjectPath> {
        Ok(self.resolve(kind, base_path)?.0)
    }

    /// The parts after those of the base path; `None` when it does not begin so. A prefix of the pages does not
    /// stand in `ssh` and `git` addresses.
    fn below(&self, base_path: &str) -> Option<&[String]> {
        let base: Vec<&str> = base_path
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        if base.is_empty() || !self.is_web() {
            return Some(&self.parts.segments);
        }
        let (head, rest) = self.parts.segments.split_at_checked(base.len())?;
        (head == base).then_some(rest)
    }
}

impl FromStr for RepoUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl TryFrom<String> for RepoUrl {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<RepoUrl> for String {
    fn from(url: RepoUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for RepoUrl {
    /// Writes it as an URL that reads back as the same; `user@host:path` becomes `ssh://user@host/path`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.parts;
        if parts.revision.is_some() {
            f.write_str("git+")?;
        }
        if let Some(scheme) = parts.scheme {
            write!(f, "{scheme}://")?;
        }
        if let Some(user) = &parts.user {
            write!(f, "{}@", utf8_percent_encode(user, SEGMENT))?;
        }
        f.write_str(&parts.host)?;
        if let Some(port) = parts.port {
            write!(f, ":{port}")?;
        }
        for segment in &parts.segments {
            write!(f, "/{}", utf8_percent_encode(segment, SEGMENT))?;
        }
        if let Some(revision) = &parts.revision {
            write!(f, "#{}", utf8_percent_encode(revision, REVISION))?;
        }
        Ok(())
    }
}
