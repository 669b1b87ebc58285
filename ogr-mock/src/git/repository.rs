//! One bare repository: running git in it, refs and tags.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use chrono::DateTime;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{Signature, ZERO_SHA};

/// A bare repository on disk. Cheap to clone: it is a path.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    dir: PathBuf,
}

/// Git said no: its exit code and its own words.
#[derive(Debug, Clone)]
pub(crate) struct GitError {
    pub(crate) message: String,
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "git: {}", self.message)
    }
}

impl std::error::Error for GitError {}

/// What a git program run left behind.
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// A branch, or any other ref, and the commit that it points at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ref {
    /// The name, without its `refs/heads/` or `refs/tags/` where the call was about branches or tags.
    pub name: String,
    /// The object that the ref holds.
    pub sha: String,
}

/// A tag, peeled.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Tag {
    /// The name, without `refs/tags/`.
    pub name: String,
    /// The object that the ref holds: the commit of a lightweight tag, the tag object of an annotated one.
    pub object: String,
    /// The commit in the end.
    pub commit: String,
    /// The message of an annotated tag.
    pub message: Option<String>,
    /// The tagger of an annotated tag.
    pub tagger: Option<Signature>,
}

/// A git command that neither asks a person nor reads the configuration of the machine it runs on.
pub(crate) fn command() -> Command {
    let mut command = Command::new("git");
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
    ] {
        command.env_remove(name);
    }
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .kill_on_drop(true);
    command
}

impl Repository {
    pub(crate) fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes a bare repository whose HEAD names this branch, born or not.
    pub(crate) async fn init(&self, default_branch: &str) -> Result<(), GitError> {
        let dir = self.dir.to_string_lossy().into_owned();
        let head = format!("--initial-branch={default_branch}");
        run(
            command().args(["init", "--quiet", "--bare", &head, &dir]),
            None,
        )
        .await?;
        self.configure().await
    }

    /// Makes this repository a copy of another one, branches and tags; pull request refs are left behind.
    pub(crate) async fn copy_of(
        &self,
        source: &Repository,
        only_branch: Option<&str>,
    ) -> Result<(), GitError> {
        let head = source.head_branch().await?;
        self.init(only_branch.unwrap_or(&head)).await?;
        let from = source.dir.to_string_lossy().into_owned();
        match only_branch {
            Some(branch) => {
                let refspec = format!("+refs/heads/{branch}:refs/heads/{branch}");
                self.git(&["fetch", "--quiet", "--no-tags", &from, &refspec])
                    .await?;
            }
            None => {
                let (heads, tags) = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*");
                self.git(&["fetch", "--quiet", "--no-tags", &from, heads, tags])
                    .await?;
            }
        }
        Ok(())
    }

    /// Takes over the refs that [`copy_of`](Self::copy_of) leaves behind: the heads of pull requests, and the
    /// branches once more as a clone remembers those of its origin.
    pub(crate) async fn copy_more_refs(&self, source: &Repository) -> Result<(), GitError> {
        let from = source.dir.to_string_lossy().into_owned();
        let pulls = "+refs/pull/*:refs/pull/*";
        let origin = "+refs/heads/*:refs/remotes/origin/*";
        self.git(&["fetch", "--quiet", "--no-tags", &from, pulls, origin])
            .await?;
        let head = format!("refs/remotes/origin/{}", source.head_branch().await?);
        if self.resolve(&head).await?.is_some() {
            self.git(&["symbolic-ref", "refs/remotes/origin/HEAD", &head])
                .await?;
        }
        Ok(())
    }

    /// Has all objects of another repository as well, those to come included.
    pub(crate) async fn borrow_objects_of(&self, source: &Repository) -> Result<(), GitError> {
        let line = format!("{}\n", source.dir.join("objects").display());
        tokio::fs::write(self.dir.join("objects/info/alternates"), line)
            .await
            .map_err(|error| GitError {
                message: error.to_string(),
            })
    }

    async fn configure(&self) -> Result<(), GitError> {
        // Written in one go: each setting through `git config` would be a process of its own. Loose
        // objects are never collected, since the state holds on to commits that no ref names.
        let path = self.dir.join("config");
        let text = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n\
            [gc]\n\tauto = 0\n[http]\n\treceivepack = true\n\
            [receive]\n\tautogc = false\n\tdenyDeleteCurrent = refuse\n\
            [uploadpack]\n\tallowAnySHA1InWant = true\n\tallowFilter = true\n";
        tokio::fs::write(path, text)
            .await
            .map_err(|error| GitError {
                message: error.to_string(),
            })
    }

    /// Runs git here; any exit code but 0 is an error.
    pub(crate) async fn git(&self, args: &[&str]) -> Result<Vec<u8>, GitError> {
        self.git_with(args, None, &[]).await
    }

    /// Runs git here with an input and more environment; any exit code but 0 is an error.
    pub(crate) async fn git_with(
        &self,
        args: &[&str],
        input: Option<&[u8]>,
        env: &[(&str, &str)],
    ) -> Result<Vec<u8>, GitError> {
        let output = self.try_git(args, input, env).await?;
        if output.code == 0 {
            Ok(output.stdout)
        } else {
            Err(GitError {
                message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            })
        }
    }

    /// Runs git here and leaves the exit code to the caller.
    pub(crate) async fn try_git(
        &self,
        args: &[&str],
        input: Option<&[u8]>,
        env: &[(&str, &str)],
    ) -> Result<Output, GitError> {
        let mut command = command();
        command
            .arg("--git-dir")
            .arg(&self.dir)
            .arg("--literal-pathspecs")
            .args(args)
            .envs(env.iter().copied());
        run_any(&mut command, input).await
    }

    /// The branch that HEAD names, whether it exists or not.
    pub(crate) async fn head_branch(&self) -> Result<String, GitError> {
        let name = self.git(&["symbolic-ref", "--short", "HEAD"]).await?;
        Ok(text(&name).trim().to_owned())
    }

    /// Makes HEAD name this branch.
    pub(crate) async fn set_head_branch(&self, branch: &str) -> Result<(), GitError> {
        let full = format!("refs/heads/{branch}");
        self.git(&["symbolic-ref", "HEAD", &full]).await.map(drop)
    }

    /// The commit that a revision means, if it means one. Names, tags (peeled) and short shas do.
    pub(crate) async fn resolve(&self, revision: &str) -> Result<Option<String>, GitError> {
        self.resolve_as(revision, "commit").await
    }

    /// The object of this type (`commit`, `tree`, `blob`, `tag`) that a revision means, if any.
    pub(crate) async fn resolve_as(
        &self,
        revision: &str,
        kind: &str,
    ) -> Result<Option<String>, GitError> {
        // Revisions come from requests: git's own operators (`a..b`, `:/text`, `@{1}`) are none of theirs.
        if revision.is_empty()
            || revision.starts_with('-')
            || revision.contains(['\0', ':', '^', '~', '{', ' '])
            || revision.contains("..")
        {
            return Ok(None);
        }
        let wanted = format!("{revision}^{{{kind}}}");
        let args = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &wanted,
        ];
        let output = self.try_git(&args, None, &[]).await?;
        Ok((output.code == 0).then(|| text(&output.stdout).trim().to_owned()))
    }

    /// The commit at the tip of a branch of exactly this name.
    pub(crate) async fn branch(&self, name: &str) -> Result<Option<String>, GitError> {
        self.resolve(&format!("refs/heads/{name}")).await
    }

    /// All branches, by name.
    pub(crate) async fn branches(&self) -> Result<Vec<Ref>, GitError> {
        self.refs("refs/heads/").await
    }

    /// All refs under a prefix such as `refs/heads/`, which is cut off their names.
    pub(crate) async fn refs(&self, prefix: &str) -> Result<Vec<Ref>, GitError> {
        let format = "--format=%(objectname) %(refname)";
        let out = self.git(&["for-each-ref", format, prefix]).await?;
        Ok(text(&out)
            .lines()
            .filter_map(|line| {
                let (sha, name) = line.split_once(' ')?;
                Some(Ref {
                    name: name.strip_prefix(prefix).unwrap_or(name).to_owned(),
                    sha: sha.to_owned(),
                })
            })
            .collect())
    }

    /// All tags, by name, peeled.
    pub(crate) async fn tags(&self) -> Result<Vec<Tag>, GitError> {
        // Fields end in \x1f and records in \x1e: messages hold newlines.
        let format = "--format=%(refname:strip=2)%1f%(objectname)%1f%(*objectname)%1f%(objecttype)%1f\
            %(taggername)%1f%(taggeremail:trim)%1f%(taggerdate:iso-strict)%1f%(contents)%1e";
        let out = self.git(&["for-each-ref", format, "refs/tags/"]).await?;
        Ok(text(&out).split('\u{1e}').filter_map(parse_tag).collect())
    }

    /// One tag by its exact name.
    pub(crate) async fn tag(&self, name: &str) -> Result<Option<Tag>, GitError> {
        Ok(self.tags().await?.into_iter().find(|tag| tag.name == name))
    }

    /// Makes a tag: an annotated one when a message is given. Fails if the name is taken or illegal.
    pub(crate) async fn create_tag(
        &self,
        name: &str,
        target: &str,
        message: Option<(&str, &Signature)>,
    ) -> Result<String, GitError> {
        let object = match message {
            None => target.to_owned(),
            Some((message, tagger)) => {
                self.write_tag(name, target, "commit", message, tagger)
                    .await?
            }
        };
        self.update_ref(&format!("refs/tags/{name}"), &object, Some(ZERO_SHA))
            .await?;
        Ok(object)
    }

    /// Stores the object of an annotated tag and tells its name; no ref is made for it.
    pub(crate) async fn write_tag(
        &self,
        name: &str,
        object: &str,
        kind: &str,
        message: &str,
        tagger: &Signature,
    ) -> Result<String, GitError> {
        let body = format!(
            "object {object}\ntype {kind}\ntag {name}\ntagger {} <{}> {}\n\n{}\n",
            tagger.name,
            tagger.email,
            tagger.git_date(),
            message.trim_end_matches('\n'),
        );
        let out = self
            .git_with(&["mktag", "--no-strict"], Some(body.as_bytes()), &[])
            .await?;
        Ok(text(&out).trim().to_owned())
    }

    /// Moves a ref (full name), creating it if need be.
    ///
    /// With `expected` the ref must hold that object, or with [`ZERO_SHA`] must not exist.
    pub(crate) async fn update_ref(
        &self,
        name: &str,
        sha: &str,
        expected: Option<&str>,
    ) -> Result<(), GitError> {
        self.check_ref_name(name).await?;
        let mut args = vec!["update-ref", name, sha];
        args.extend(expected);
        self.git(&args).await.map(drop)
    }

    /// Deletes a ref (full name); one that is not there is no error.
    pub(crate) async fn delete_ref(&self, name: &str) -> Result<(), GitError> {
        self.check_ref_name(name).await?;
        self.git(&["update-ref", "-d", name]).await.map(drop)
    }

    /// Whether git would take this full ref name.
    pub(crate) async fn check_ref_name(&self, name: &str) -> Result<(), GitError> {
        self.git(&["check-ref-format", name])
            .await
            .map(drop)
            .map_err(|_| GitError {
                message: format!("{name} is not a valid ref name"),
            })
    }

    /// Brings one commit and its history over from another repository.
    pub(crate) async fn fetch(&self, source: &Repository, sha: &str) -> Result<(), GitError> {
        if self.dir == source.dir || self.has(sha).await? {
            return Ok(());
        }
        let from = source.dir.to_string_lossy().into_owned();
        self.git(&[
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            &from,
            sha,
        ])
        .await
        .map(drop)
    }

    /// Whether this object is here.
    pub(crate) async fn has(&self, sha: &str) -> Result<bool, GitError> {
        if !super::is_full_sha(sha) {
            return Ok(false);
        }
        let output = self.try_git(&["cat-file", "-e", sha], None, &[]).await?;
        Ok(output.code == 0)
    }

    /// The best common ancestor of two commits, if they have one.
    pub(crate) async fn merge_base(&self, a: &str, b: &str) -> Result<Option<String>, GitError> {
        let output = self.try_git(&["merge-base", a, b], None, &[]).await?;
        Ok((output.code == 0).then(|| text(&output.stdout).trim().to_owned()))
    }

    /// Whether `old` is in the history of `new`.
    pub(crate) async fn is_ancestor(&self, old: &str, new: &str) -> Result<bool, GitError> {
        let args = ["merge-base", "--is-ancestor", old, new];
        Ok(self.try_git(&args, None, &[]).await?.code == 0)
    }
}

fn parse_tag(record: &str) -> Option<Tag> {
    let fields: Vec<&str> = record.trim_start_matches('\n').split('\u{1f}').collect();
    let [name, object, peeled, kind, tagger, email, date, contents] = fields.as_slice() else {
        return None;
    };
    let annotated = *kind == "tag";
    Some(Tag {
        name: (*name).to_owned(),
        object: (*object).to_owned(),
        commit: if annotated { *peeled } else { *object }.to_owned(),
        message: annotated.then(|| (*contents).to_owned()),
        tagger: DateTime::parse_from_rfc3339(date)
            .ok()
            .filter(|_| annotated)
            .map(|at| Signature {
                name: (*tagger).to_owned(),
                email: (*email).to_owned(),
                at,
            }),
    })
}

/// Git's output as text; names and messages that are not UTF-8 lose their odd bytes.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn run(command: &mut Command, input: Option<&[u8]>) -> Result<Vec<u8>, GitError> {
    let output = run_any(command, input).await?;
    if output.code == 0 {
        Ok(output.stdout)
    } else {
        Err(GitError {
            message: text(&output.stderr).trim().to_owned(),
        })
    }
}

/// Runs a program to its end, feeding it while reading from it: large inputs and outputs would
/// otherwise block each other.
pub(crate) async fn run_any(
    command: &mut Command,
    input: Option<&[u8]>,
) -> Result<Output, GitError> {
    let failed = |error: std::io::Error| GitError {
        message: format!("the git program could not be run: {error}"),
    };
    let mut child = command
        .stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let stdin = child.stdin.take();
    let feed = async {
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            // A program that has heard enough closes its end; what it says then counts, not this error.
            let _ = stdin.write_all(input).await;
            let _ = stdin.shutdown().await;
        }
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), feed);
    let output = output.map_err(failed)?;
    Ok(Output {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: output.stderr,
    })
}
