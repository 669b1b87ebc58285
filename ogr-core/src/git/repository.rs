//! A bare repository in a temporary folder.

use std::{
    fmt,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use tempfile::TempDir;
use tokio::sync::Mutex;

use super::{Git, Remote, run::Answer};
use crate::{Error, ErrorKind, FileChange, Result, Signature};

/// A bare repository in a temporary folder, which goes when this value goes.
///
/// Commits are fetched without their history, so it stays small. What a commit says of its tree and its parents
/// is read from the commit itself, and is true all the same.
pub struct Repository {
    git: Git,
    directory: TempDir,
    /// Numbers the refs and index files made here.
    count: AtomicU64,
    /// Where commits came from, for when their history is needed after all. Held while fetching, as git allows one
    /// shallow fetch at a time.
    fetched: Mutex<Vec<(Remote, String)>>,
}

impl Repository {
    pub(super) async fn new(git: Git) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("ogr-git-")
            .tempdir()
            .map_err(|error| {
                Error::new(ErrorKind::Config, "no temporary folder can be made").with_source(error)
            })?;
        let repository = Self {
            git,
            directory,
            count: AtomicU64::new(0),
            fetched: Mutex::default(),
        };
        repository
            .local(&["init", "--quiet", "--bare", "--template="], b"")
            .await?;
        Ok(repository)
    }

    /// Its folder. It is removed with this value.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Fetches commits without their history, in one exchange: full names of refs (`refs/heads/main`) or of commits.
    /// Answers the commits in the same order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when the repository or one of the refs is not there;
    /// [`ErrorKind::Unauthenticated`] and [`ErrorKind::PermissionDenied`] when the credential is missing or does not
    /// do; [`ErrorKind::Network`], [`ErrorKind::Unavailable`] and [`ErrorKind::Timeout`] as with every request;
    /// [`ErrorKind::Refused`] for a credential on plain `http://`; [`ErrorKind::Config`] without a `git` program, and
    /// for a certificate or host key that is not trusted.
    pub async fn fetch(&self, remote: &Remote, names: &[&str]) -> Result<Vec<String>> {
        let mut fetched = self.fetched.lock().await;
        let kept: Vec<String> = names
            .iter()
            .map(|_| format!("refs/ogr/{}", self.count.fetch_add(1, Ordering::Relaxed)))
            .collect();
        let mut specs = Vec::new();
        for (name, kept) in names.iter().zip(&kept) {
            check_ref(name)?;
            specs.push(format!("+{name}:{kept}"));
        }
        let mut args = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--depth=1",
            remote.url().as_str(),
        ];
        args.extend(specs.iter().map(String::as_str));
        self.git.exchange(Some(self.path()), remote, &args).await?;
        let mut commits = Vec::new();
        for kept in &kept {
            let sha = self.rev_parse(kept).await?;
            fetched.push((remote.clone(), sha.clone()));
            commits.push(sha);
        }
        Ok(commits)
    }

    /// Fetches the tip of a branch, without its history; `None` when there is no such branch.
    ///
    /// # Errors
    ///
    /// Those of [`fetch`](Self::fetch): a repository that is not there is an error still.
    pub async fn fetch_branch(&self, remote: &Remote, branch: &str) -> Result<Option<String>> {
        match self.fetch(remote, &[&branch_ref(branch)?]).await {
            Ok(commits) => Ok(commits.into_iter().next()),
            Err(error)
                if error.is_not_found() && error.message().contains("couldn't find remote ref") =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The full name of the commit that a name stands for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when it was not fetched or made here.
    pub async fn rev_parse(&self, name: &str) -> Result<String> {
        check_ref(name)?;
        let name = format!("{name}^{{commit}}");
        let answer = self
            .try_local(&["rev-parse", "--verify", "--quiet", &name], b"")
            .await?;
        if !answer.success() {
            return Err(
                Error::new(ErrorKind::NotFound, "there is no such commit here").with_resource(name),
            );
        }
        Ok(answer.text().trim().to_owned())
    }

    /// The tree of a commit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when the commit was not fetched or made here.
    pub async fn tree_of(&self, commit: &str) -> Result<String> {
        Ok(self.header(commit).await?.0)
    }

    /// The parents of a commit, the first parent first, whether they were fetched or not.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when the commit was not fetched or made here.
    pub async fn parents_of(&self, commit: &str) -> Result<Vec<String>> {
        Ok(self.header(commit).await?.1)
    }

    /// Whether a commit has this tree and this one parent: whether it is what [`commit`](Self::commit) would make of
    /// them, message, author and date aside.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when the commit was not fetched or made here.
    pub async fn is_only_commit_on(&self, commit: &str, parent: &str, tree: &str) -> Result<bool> {
        let (its_tree, its_parents) = self.header(commit).await?;
        Ok(its_tree == tree && its_parents == [parent])
    }

    /// The message of a commit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when the commit was not fetched or made here.
    pub async fn message_of(&self, commit: &str) -> Result<String> {
        let text = self.raw(commit).await?;
        let message = text.split_once("\n\n").map_or("", |(_, message)| message);
        Ok(message.to_owned())
    }

    /// A file of a commit, byte for byte.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such file; [`ErrorKind::Invalid`] for a folder, or a path with `..`;
    /// [`ErrorKind::TooLarge`] beyond 64 MiB.
    pub async fn read_file(&self, commit: &str, path: &str) -> Result<Bytes> {
        let path = file_path(path)?;
        let sha = self.rev_parse(commit).await?;
        let error =
            |kind, why: &str| Err(Error::new(kind, why).with_resource(format!("{path}@{sha}")));
        let mode = self.entry(&sha, &path).await?.map(|(mode, _)| mode);
        match mode.as_deref() {
            None => error(ErrorKind::NotFound, "there is no such file in the commit"),
            Some("040000" | "160000") => error(ErrorKind::Invalid, "it is a folder, not a file"),
            Some(_) => {
                let object = format!("{sha}:{path}");
                let answer = self.local(&["cat-file", "blob", &object], b"").await?;
                Ok(answer.bytes().into())
            }
        }
    }

    /// The tree that a commit's tree becomes with these changes. A file that is put keeps its executable bit where the
    /// change does not say; deleting what is not there changes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when the commit was not fetched or made here; [`ErrorKind::Invalid`] for a path that is
    /// empty, absolute, climbs (`..`) or leads into `.git`, and for a file where the commit has a folder, or the other way round.
    pub async fn tree_with(&self, commit: &str, changes: &[FileChange]) -> Result<String> {
        let tree = self.tree_of(commit).await?;
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let index = self.path().join(format!("ogr-index-{number}"));
        let index = index.to_string_lossy();
        let env = [("GIT_INDEX_FILE", &*index)];
        let indexed = |args: Vec<String>, input: Vec<u8>| async move {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let answer = self.git.local(self.path(), &env, &args, &input).await?;
            done(answer)
        };
        let owned = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
        indexed(owned(&["read-tree", &tree]), Vec::new()).await?;
        let mut lines = Vec::new();
        for change in changes {
            let path = file_path(change.path())?;
            let before = self.entry(&tree, &path).await?;
            if let Some(("040000" | "160000", _)) =
                before.as_ref().map(|(mode, sha)| (mode.as_str(), sha))
            {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    "there is a folder where a file was to change",
                )
                .with_resource(path));
            }
            match change {
                FileChange::Put {
                    bytes, executable, ..
                } => {
                    self.check_parents(&tree, &path).await?;
                    let blob = self.write_blob(bytes).await?;
                    let was_executable = before.is_some_and(|(mode, _)| mode == "100755");
                    let mode = if executable.unwrap_or(was_executable) {
                        "100755"
                    } else {
                        "100644"
                    };
                    lines.extend_from_slice(format!("{mode} {blob}\t{path}\0").as_bytes());
                }
                FileChange::Delete { .. } => {
                    let nothing = "0".repeat(tree.len());
                    lines.extend_from_slice(format!("0 {nothing}\t{path}\0").as_bytes());
                }
            }
        }
        if !lines.is_empty() {
            indexed(owned(&["update-index", "-z", "--index-info"]), lines).await?;
        }
        let answer = indexed(owned(&["write-tree"]), Vec::new()).await?;
        Ok(answer.text().trim().to_owned())
    }

    /// Makes a commit. Nothing of the user's own configuration goes into it. Where the date of a signature is `None`, it
    /// is now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a tree or parent that is not here, and for an author without a name or an e-mail address.
    pub async fn commit(
        &self,
        tree: &str,
        parents: &[&str],
        message: &str,
        author: &Signature,
        committer: &Signature,
    ) -> Result<String> {
        check_sha(tree)?;
        let mut args = vec!["commit-tree", tree];
        for parent in parents {
            check_sha(parent)?;
            args.extend(["-p", *parent]);
        }
        let mut env = Vec::new();
        for (role, who) in [("AUTHOR", author), ("COMMITTER", committer)] {
            let is_good = |text: &str| {
                !text.trim().is_empty()
                    && !text.contains(|c: char| c.is_control() || c == '<' || c == '>')
            };
            if !is_good(&who.name) || !is_good(&who.email) {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    "an author needs a name and an e-mail address, without <, > and line breaks",
                ));
            }
            env.push((format!("GIT_{role}_NAME"), who.name.clone()));
            env.push((format!("GIT_{role}_EMAIL"), who.email.clone()));
            if let Some(date) = who.date {
                env.push((
                    format!("GIT_{role}_DATE"),
                    format!("@{} +0000", date.timestamp()),
                ));
            }
        }
        let env: Vec<(&str, &str)> = env
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let message = format!("{}\n", message.trim_end());
        let answer = self
            .git
            .local(self.path(), &env, &args, message.as_bytes())
            .await?;
        Ok(done(answer)?.text().trim().to_owned())
    }

    /// Puts a branch elsewhere on a commit of this repository, if its tip is still `expected`; with `None`, if there is
    /// no such branch yet. A branch that is on the commit already is left alone.
    ///
    /// Where the other side has too little history of its own to take a commit without, that is fetched after all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] when the tip is another by now; [`ErrorKind::PermissionDenied`] for a protected branch or
    /// when a hook says no; those of [`fetch`](Self::fetch). An answer that was lost leaves an outcome
    /// [`Unknown`](crate::Outcome::Unknown): the same push may be made again, as it can take effect only once.
    pub async fn push_with_lease(
        &self,
        remote: &Remote,
        commit: &str,
        branch: &str,
        expected: Option<&str>,
    ) -> Result<()> {
        let name = branch_ref(branch)?;
        check_sha(commit)?;
        if let Some(expected) = expected {
            check_sha(expected)?;
        }
        let lease = format!("--force-with-lease={name}:{}", expected.unwrap_or_default());
        let spec = format!("{commit}:{name}");
        let args = ["push", "--porcelain", &lease, remote.url().as_str(), &spec];
        let mut answer = self
            .git
            .try_exchange(Some(self.path()), remote, &args)
            .await?;
        if !answer.success() && answer.said().contains("shallow update not allowed") {
            self.fetch_history().await?;
            answer = self
                .git
                .try_exchange(Some(self.path()), remote, &args)
                .await?;
        }
        if answer.success() {
            return Ok(());
        }
        let error = answer.error(remote);
        if error.kind() == ErrorKind::Conflict {
            let expected = expected.unwrap_or("no branch at all");
            let why = format!("{branch} is not what it was expected to be: {expected}");
            return Err(error.with_message(why));
        }
        Err(error)
    }

    /// Fetches the history of what was fetched without.
    async fn fetch_history(&self) -> Result<()> {
        let fetched = self.fetched.lock().await;
        for (remote, commit) in fetched.iter() {
            if !self.path().join("shallow").exists() {
                return Ok(());
            }
            let args = [
                "fetch",
                "--quiet",
                "--no-tags",
                "--no-write-fetch-head",
                "--unshallow",
                remote.url().as_str(),
                commit,
            ];
            self.git.exchange(Some(self.path()), remote, &args).await?;
        }
        Ok(())
    }

    /// The tree and the parents of a commit, as it says itself: git's own answer ends where the history was cut.
    async fn header(&self, commit: &str) -> Result<(String, Vec<String>)> {
        let text = self.raw(commit).await?;
        let (mut tree, mut parents) = (String::new(), Vec::new());
        for line in text.lines().take_while(|line| !line.is_empty()) {
            match line.split_once(' ') {
                Some(("tree", sha)) => tree = sha.to_owned(),
                Some(("parent", sha)) => parents.push(sha.to_owned()),
                _ => {}
            }
        }
        Ok((tree, parents))
    }

    async fn raw(&self, commit: &str) -> Result<String> {
        let sha = self.rev_parse(commit).await?;
        Ok(self.local(&["cat-file", "commit", &sha], b"").await?.text())
    }

    /// The mode and the name of what a tree has at a path.
    async fn entry(&self, tree: &str, path: &str) -> Result<Option<(String, String)>> {
        let answer = self
            .local(&["ls-tree", "-z", "--full-tree", tree, "--", path], b"")
            .await?;
        let text = answer.text();
        Ok(text.split('\0').find_map(|line| {
            let (what, found) = line.split_once('\t')?;
            let mut words = what.split(' ');
            let (mode, _, sha) = (words.next()?, words.next()?, words.next()?);
            (found == path).then(|| (mode.to_owned(), sha.to_owned()))
        }))
    }

    /// Refuses a path that leads through a file: git would silently remove that.
    async fn check_parents(&self, tree: &str, path: &str) -> Result<()> {
        for (at, _) in path.match_indices('/') {
            let parent = &path[..at];
            match self.entry(tree, parent).await? {
                Some((mode, _)) if mode != "040000" => {
                    return Err(Error::new(
                        ErrorKind::Invalid,
                        format!("{parent} is no folder, so there can be no file below it"),
                    )
                    .with_resource(path));
                }
                Some(_) => {}
                None => break,
            }
        }
        Ok(())
    }

    async fn write_blob(&self, bytes: &[u8]) -> Result<String> {
        let answer = self.local(&["hash-object", "-w", "--stdin"], bytes).await?;
        Ok(answer.text().trim().to_owned())
    }

    async fn try_local(&self, args: &[&str], input: &[u8]) -> Result<Answer> {
        self.git.local(self.path(), &[], args, input).await
    }

    async fn local(&self, args: &[&str], input: &[u8]) -> Result<Answer> {
        done(self.try_local(args, input).await?)
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

/// The answer, if git did what it was told.
fn done(answer: Answer) -> Result<Answer> {
    if answer.success() {
        Ok(answer)
    } else {
        Err(Error::new(ErrorKind::Invalid, answer.complaint()))
    }
}

/// The full name of a branch, which must be one that git takes.
pub(super) fn branch_ref(branch: &str) -> Result<String> {
    let name = format!("refs/heads/{branch}");
    let is_plain = !branch.starts_with('-')
        && branch
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"));
    if !is_plain {
        return Err(no_name(branch));
    }
    check_ref(&name)?;
    Ok(name)
}

/// Refuses a name that git would take for an option, an expression or several refs.
fn check_ref(name: &str) -> Result<()> {
    let is_plain = !name.is_empty()
        && !name.starts_with(['-', '+'])
        && !name.ends_with(['.', '/'])
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(|c: char| c.is_control() || " ~^:?*[\\".contains(c));
    if is_plain { Ok(()) } else { Err(no_name(name)) }
}

fn no_name(name: &str) -> Error {
    Error::new(
        ErrorKind::Invalid,
        "git takes no such name for a branch or commit",
    )
    .with_resource(format!("{name:?}"))
}

fn check_sha(sha: &str) -> Result<()> {
    if matches!(sha.len(), 40 | 64) && sha.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Invalid,
        "this is not the full name of a git object",
    )
    .with_resource(format!("{sha:?}")))
}

/// A path from the root of the repository, without a leading `./` or `/`.
fn file_path(path: &str) -> Result<String> {
    let plain = path.strip_prefix("./").unwrap_or(path);
    let plain = plain.strip_prefix('/').unwrap_or(plain);
    let is_good = plain.split('/').all(|part| {
        !matches!(part, "" | "." | "..")
            && !part.eq_ignore_ascii_case(".git")
            && !part.contains(char::is_control)
    });
    if is_good {
        return Ok(plain.to_owned());
    }
    Err(Error::new(
        ErrorKind::Invalid,
        "this is no path of a file in a repository",
    )
    .with_resource(format!("{path:?}")))
}
