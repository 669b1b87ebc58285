//! A working copy, over the `git` program.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

/// A working copy in a temporary folder.
pub struct Work {
    folder: TempDir,
}

impl Work {
    /// An empty repository on branch `main`.
    pub fn new() -> Self {
        let work = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        work.git(&["init", "--quiet", "--initial-branch=main"]);
        work
    }

    /// A clone, with this branch checked out.
    pub fn clone(url: &str, branch: &str) -> Self {
        let work = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        work.git(&["clone", "--quiet", "--branch", branch, url, "."]);
        work
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Commits everything.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
    }

    pub fn push(&self, url: &str, refs: &[&str]) {
        let mut arguments = vec!["push", "--quiet", "--force", url];
        arguments.extend(refs);
        self.git(&arguments);
    }

    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs git, without the configuration of whoever runs the tests.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_AUTHOR_NAME", "Test")
            .env("GIT_AUTHOR_EMAIL", "test@example.org")
            .env("GIT_COMMITTER_NAME", "Test")
            .env("GIT_COMMITTER_EMAIL", "test@example.org")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}
