use std::{path::Path, process::Command, time::Duration};

use chrono::DateTime;
use tempfile::TempDir;
use url::Url;

use super::server::script;
use crate::{
    ErrorKind, FileChange, Signature,
    git::{
        Git, Remote,
        process::{self, Failure},
    },
};

/// git as a person would run it, to set the scene.
fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    let output = command
        .current_dir(folder)
        .args(["-c", "user.name=Setup", "-c", "user.email=s@example.org"])
        .args(["-c", "init.defaultBranch=main", "-c", "core.fileMode=false"])
        .args(args)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn remote(path: &Path) -> Remote {
    Remote::new(Url::from_file_path(path).unwrap())
}

fn bot() -> Signature {
    let mut bot = Signature::new("A Bot", "bot@example.org");
    bot.date = DateTime::from_timestamp(1_700_000_000, 0);
    bot
}

/// A package with some history, and a fork of it.
struct Scene {
    folder: TempDir,
    package: Remote,
    fork: Remote,
}

impl Scene {
    /// With `stale`, the fork has not seen the package's last two commits.
    fn new(stale: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        git(root, &["init", "--quiet", "work"]);
        let scene = Self {
            package: remote(&root.join("package.git")),
            fork: remote(&root.join("fork.git")),
            folder,
        };
        let root = scene.folder.path();
        scene.write("foo.spec", "Version: 1\n");
        scene.write("run.sh", "#!/bin/sh\n");
        scene.write("docs/a.txt", "a\n");
        git(&scene.work(), &["add", "."]);
        git(&scene.work(), &["update-index", "--chmod=+x", "run.sh"]);
        git(&scene.work(), &["commit", "--quiet", "-m", "one"]);
        if stale {
            git(root, &["clone", "--quiet", "--bare", "work", "fork.git"]);
        }
        for (number, text) in [("two", "Version: 2\n"), ("three", "Version: 3\n")] {
            scene.write("foo.spec", text);
            git(&scene.work(), &["commit", "--quiet", "-am", number]);
        }
        git(root, &["clone", "--quiet", "--bare", "work", "package.git"]);
        if !stale {
            git(root, &["clone", "--quiet", "--bare", "work", "fork.git"]);
        }
        scene
    }

    fn work(&self) -> std::path::PathBuf {
        self.folder.path().join("work")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.work().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn in_fork(&self, args: &[&str]) -> String {
        git(&self.folder.path().join("fork.git"), args)
    }

    /// What a release sync does; answers the commit, or `None` when it was there already.
    async fn sync(&self, spec: &str) -> crate::Result<Option<String>> {
        let repository = Git::new().repository().await?;
        let tip = repository
            .fetch_branch(&self.package, "main")
            .await?
            .unwrap();
        let head = repository.fetch_branch(&self.fork, "update").await?;
        let changes = [FileChange::put("foo.spec", spec.to_owned())];
        let tree = repository.tree_with(&tip, &changes).await?;
        if let Some(head) = &head
            && repository.is_only_commit_on(head, &tip, &tree).await?
        {
            return Ok(None);
        }
        let sha = repository
            .commit(&tree, &[&tip], "Update", &bot(), &bot())
            .await?;
        repository
            .push_with_lease(&self.fork, &sha, "update", head.as_deref())
            .await?;
        Ok(Some(sha))
    }
}

#[tokio::test]
async fn a_sync_run_twice_makes_one_commit() {
    for stale in [false, true] {
        let scene = Scene::new(stale);
        let first = scene.sync("Version: 4\n").await.unwrap().unwrap();
        assert_eq!(scene.in_fork(&["rev-parse", "update"]), first);
        assert_eq!(scene.in_fork(&["show", "update:foo.spec"]), "Version: 4");
        assert_eq!(
            scene.in_fork(&["log", "--format=%s", "update"]),
            "Update\nthree\ntwo\none"
        );
        assert_eq!(
            scene.in_fork(&[
                "log",
                "-1",
                "--format=%an <%ae> %cn <%ce> %at %ct",
                "update"
            ]),
            "A Bot <bot@example.org> A Bot <bot@example.org> 1700000000 1700000000"
        );
        scene.in_fork(&["fsck", "--strict"]);
        assert!(!scene.folder.path().join("fork.git/shallow").exists());

        assert_eq!(scene.sync("Version: 4\n").await.unwrap(), None);

        // A newer release reuses the branch, and so does a target that went on.
        let second = scene.sync("Version: 5\n").await.unwrap().unwrap();
        assert_eq!(scene.in_fork(&["rev-parse", "update"]), second);
        scene.write("new.txt", "new\n");
        git(&scene.work(), &["add", "."]);
        git(&scene.work(), &["commit", "--quiet", "-m", "four"]);
        git(
            &scene.work(),
            &["push", "--quiet", "../package.git", "main"],
        );
        assert!(scene.sync("Version: 5\n").await.unwrap().is_some());
        assert_eq!(
            scene.in_fork(&["log", "-2", "--format=%s", "update"]),
            "Update\nfour"
        );
        assert_eq!(scene.sync("Version: 5\n").await.unwrap(), None);

        // The target went on without changing a file: the commit has to move all the same.
        git(
            &scene.work(),
            &["commit", "--quiet", "--allow-empty", "-m", "five"],
        );
        git(
            &scene.work(),
            &["push", "--quiet", "../package.git", "main"],
        );
        assert!(scene.sync("Version: 5\n").await.unwrap().is_some());
    }
}

#[tokio::test]
async fn history_is_not_fetched_unless_it_is_needed() {
    for (stale, is_whole) in [(false, false), (true, true)] {
        let scene = Scene::new(stale);
        let repository = Git::new().repository().await.unwrap();
        let tip = repository
            .fetch_branch(&scene.package, "main")
            .await
            .unwrap()
            .unwrap();
        // The commit says so itself, though its parent is not here.
        assert_eq!(repository.parents_of(&tip).await.unwrap().len(), 1);
        let tree = repository.tree_of(&tip).await.unwrap();
        let sha = repository
            .commit(&tree, &[&tip], "x", &bot(), &bot())
            .await
            .unwrap();
        assert!(repository.path().join("shallow").exists());
        repository
            .push_with_lease(&scene.fork, &sha, "x", None)
            .await
            .unwrap();
        assert_eq!(!repository.path().join("shallow").exists(), is_whole);
    }
}

#[tokio::test]
async fn a_lease_that_no_longer_holds_is_a_conflict() {
    let scene = Scene::new(false);
    scene.in_fork(&["branch", "update", "main~1"]);
    let old = scene.in_fork(&["rev-parse", "main~2"]);
    let before = scene.in_fork(&["rev-parse", "update"]);
    let repository = Git::new().repository().await.unwrap();
    let tip = repository
        .fetch_branch(&scene.fork, "main")
        .await
        .unwrap()
        .unwrap();
    for expected in [None, Some(old.as_str())] {
        let error = repository
            .push_with_lease(&scene.fork, &tip, "update", expected)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert_eq!(error.outcome(), crate::Outcome::Refused);
        assert!(error.message().contains("update"), "{error}");
        assert_eq!(scene.in_fork(&["rev-parse", "update"]), before);
    }
    repository
        .push_with_lease(&scene.fork, &tip, "update", Some(&before))
        .await
        .unwrap();
    // A push whose answer was lost may be made again with the same lease.
    repository
        .push_with_lease(&scene.fork, &tip, "update", Some(&before))
        .await
        .unwrap();
    assert_eq!(scene.in_fork(&["rev-parse", "update"]), tip);
    // A branch that was expected, but is gone.
    let error = repository
        .push_with_lease(&scene.fork, &tip, "gone", Some(&before))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_hook_that_says_no_is_a_refusal() {
    let scene = Scene::new(false);
    let hook = scene.folder.path().join("fork.git/hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    script(&hook, "#!/bin/sh\necho 'rpms are frozen' >&2\nexit 1\n");
    let error = scene.sync("Version: 4\n").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.message().contains("rpms are frozen"), "{error}");
}

#[tokio::test]
async fn trees_are_what_the_changes_say() {
    let scene = Scene::new(false);
    let repository = Git::new().repository().await.unwrap();
    let tip = repository
        .fetch_branch(&scene.package, "main")
        .await
        .unwrap()
        .unwrap();
    let same = repository.tree_of(&tip).await.unwrap();
    let nothing = [
        FileChange::delete("not/there"),
        FileChange::put("./foo.spec", "Version: 3\n"),
    ];
    assert_eq!(repository.tree_with(&tip, &nothing).await.unwrap(), same);
    assert_eq!(repository.tree_with(&tip, &[]).await.unwrap(), same);

    let mut tool = FileChange::put("bin/tool", "#!/bin/sh\n");
    if let FileChange::Put { executable, .. } = &mut tool {
        *executable = Some(true);
    }
    let changes = [
        FileChange::put("run.sh", "#!/bin/sh\necho\n"),
        FileChange::put("ü [x]*.txt", vec![0, 159, 146, 150]),
        FileChange::put(":(top)", "x"),
        FileChange::delete("docs/a.txt"),
        tool,
    ];
    let tree = repository.tree_with(&tip, &changes).await.unwrap();
    let sha = repository
        .commit(&tree, &[&tip], "many", &bot(), &bot())
        .await
        .unwrap();
    repository
        .push_with_lease(&scene.fork, &sha, "many", None)
        .await
        .unwrap();
    assert_eq!(
        scene.in_fork(&[
            "-c",
            "core.quotePath=false",
            "ls-tree",
            "-r",
            "--format=%(objectmode) %(path)",
            "many"
        ]),
        "100644 :(top)\n100755 bin/tool\n100644 foo.spec\n100755 run.sh\n100644 ü [x]*.txt"
    );
    let bytes = repository.read_file(&sha, "ü [x]*.txt").await.unwrap();
    assert_eq!(&bytes[..], [0, 159, 146, 150]);
    assert_eq!(repository.message_of(&sha).await.unwrap(), "many\n");
    assert_eq!(
        repository.read_file(&tip, "/docs/a.txt").await.unwrap(),
        "a\n"
    );

    for (path, kind) in [
        ("none", ErrorKind::NotFound),
        ("docs", ErrorKind::Invalid),
        ("../x", ErrorKind::Invalid),
        ("", ErrorKind::Invalid),
    ] {
        let error = repository.read_file(&tip, path).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{path:?}: {error}");
    }
    for path in [
        "",
        "/",
        "a//b",
        "a/../b",
        "..",
        ".git/config",
        "a/.GIT/x",
        "a\nb",
        "docs",
        "foo.spec/x",
    ] {
        let error = repository
            .tree_with(&tip, &[FileChange::put(path, "x")])
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{path:?}: {error}");
    }
    assert!(
        repository
            .tree_with(&tip, &[FileChange::delete("docs")])
            .await
            .is_err()
    );
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let scene = Scene::new(false);
    let repository = Git::new().repository().await.unwrap();
    let none = repository.fetch_branch(&scene.fork, "none").await.unwrap();
    assert_eq!(none, None);
    let error = repository
        .fetch(&scene.fork, &["refs/heads/none"])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");

    let missing = remote(&scene.folder.path().join("missing.git"));
    let error = repository.fetch_branch(&missing, "main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.resource().unwrap().contains("missing.git"));

    let git = Git::new();
    let main = scene.in_fork(&["rev-parse", "main"]);
    assert_eq!(
        git.branch_tip(&scene.fork, "main").await.unwrap(),
        Some(main.clone())
    );
    assert_eq!(git.branch_tip(&scene.fork, "mai").await.unwrap(), None);
    assert!(git.branch_tip(&missing, "main").await.is_err());

    let unknown = "1".repeat(40);
    let error = repository.tree_of(&unknown).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let fetched = repository
        .fetch(&scene.fork, &["refs/heads/main", &main])
        .await
        .unwrap();
    assert_eq!(fetched, [main.clone(), main.clone()]);

    for branch in [
        "", "-x", "a..b", "a b", "a:b", "a*", "a~1", "/a", "a/", "a//b", ".a", "a.lock", "a@{1}",
    ] {
        let error = git.branch_tip(&scene.fork, branch).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{branch:?}");
        assert!(
            repository
                .push_with_lease(&scene.fork, &main, branch, None)
                .await
                .is_err()
        );
    }
    for sha in ["main", "--all", &main[..7]] {
        assert!(
            repository
                .push_with_lease(&scene.fork, sha, "x", None)
                .await
                .is_err()
        );
        assert!(
            repository
                .push_with_lease(&scene.fork, &main, "x", Some(sha))
                .await
                .is_err()
        );
    }
    let nobody = Signature::new(" ", "a@b");
    let tree = repository.tree_of(&main).await.unwrap();
    let error = repository
        .commit(&tree, &[], "x", &nobody, &bot())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_machine_without_git_says_so() {
    let git = Git::new().program("no-such-git");
    let error = git.repository().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("no-such-git"), "{error}");
}

#[tokio::test]
async fn the_folder_goes_with_the_repository() {
    let repository = Git::new().repository().await.unwrap();
    let path = repository.path().to_owned();
    assert!(path.join("HEAD").exists());
    drop(repository);
    assert!(!path.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn programs_are_bounded() {
    use tokio::process::Command;
    let second = Duration::from_secs(1);
    let sh = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    };
    let output = process::run(&mut sh("cat; echo e >&2; exit 3"), b"in", second, 10)
        .await
        .unwrap();
    assert!(!output.success);
    assert_eq!(
        (&output.stdout[..], output.stderr.as_str()),
        (&b"in"[..], "e\n")
    );

    let late = process::run(&mut sh("sleep 60"), b"", Duration::from_millis(100), 10).await;
    assert!(matches!(late, Err(Failure::Timeout)));
    let long = process::run(&mut sh("echo 12345678901"), b"", second, 10).await;
    assert!(matches!(long, Err(Failure::TooLarge)));
    let missing = process::run(&mut Command::new("no-such-program"), b"", second, 10).await;
    assert!(matches!(missing, Err(Failure::Missing)));

    // Much talk on the side, input that nobody reads, and a daemon that keeps the pipes.
    let big = vec![b'x'; 1_000_000];
    let chatty = "i=0; while [ $i -lt 20000 ]; do echo 12345678 >&2; i=$((i+1)); done; echo ok";
    let output = process::run(&mut sh(chatty), &big, 10 * second, 10)
        .await
        .unwrap();
    assert_eq!(output.stdout, b"ok\n");
    let output = process::run(&mut sh("sleep 30 & echo ok"), b"", 10 * second, 10)
        .await
        .unwrap();
    assert_eq!(output.stdout, b"ok\n");
}
