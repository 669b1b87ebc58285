//! What in a project an address points at.

/// What in a project an address points at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Link {
    /// A pull request (GitLab: merge request).
    PullRequest(u64),
    /// An issue.
    Issue(u64),
    /// A commit.
    Commit(String),
    /// A branch.
    Branch(String),
    /// A tag.
    Tag(String),
    /// A branch, tag or commit: the address does not say which.
    Ref(String),
    /// A release, by its tag.
    Release(String),
    /// A file or a folder at a branch, tag or commit. See [`Link::readings`] where the ref may have a slash in its name.
    File {
        /// Its path from the root of the repository.
        path: String,
        /// The branch, tag or commit.
        at: String,
    },
}

impl Link {
    /// The ways to read a [`Link::File`] as a pair of ref and path, the likeliest first; the path is empty in the last.
    ///
    /// `…/tree/feature/x/docs` does not say whether the branch is `feature`, `feature/x` or `feature/x/docs`: ask
    /// the forge for each in turn. A full commit name has one reading. Other links have none.
    ///
    /// ```
    /// use ogr_core::{ForgeKind, RepoUrl};
    ///
    /// let url = RepoUrl::parse("https://github.com/a/b/tree/feature/x")?;
    /// let (_, link) = url.resolve(ForgeKind::GitHub, "/")?;
    /// let readings = link.map(|link| link.readings()).unwrap_or_default();
    /// assert_eq!(readings, [("feature".into(), "x".into()), ("feature/x".into(), "".into())]);
    /// # Ok::<(), ogr_core::Error>(())
    /// ```
    pub fn readings(&self) -> Vec<(String, String)> {
        let Link::File { path, at } = self else {
            return Vec::new();
        };
        let mut readings = vec![(at.clone(), path.clone())];
        if is_full_sha(at) {
            return readings;
        }
        let parts: Vec<&str> = path.split('/').collect();
        for taken in 1..=parts.len() {
            let (more, rest) = parts.split_at(taken);
            readings.push((format!("{at}/{}", more.join("/")), rest.join("/")));
        }
        readings
    }
}

/// Whether this is the whole name of a commit, of either hash.
pub(super) fn is_full_sha(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && is_hex(text)
}

/// Whether this can be the name of a commit, maybe cut short.
pub(super) fn is_sha(text: &str) -> bool {
    (6..=64).contains(&text.len()) && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}
