//! The mailbox of a merge request, tried with git itself.

use std::{path::Path, process::Command};

use crate::common::{P, Server, json};
use ogr_core::ErrorKind;
use serde_json::json as j;
use wiremock::matchers::{method, path, query_param};

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=T", "-c", "user.email=t@example.org"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

async fn serve(server: &Server, diffs: [serde_json::Value; 2]) {
    let row = j!({"iid": 7, "diff_refs": {"base_sha": "ba5eba5e", "head_sha": "b"}});
    server
        .on("GET", &format!("{P}/merge_requests/7"), 200, row)
        .await;
    let commit = |id: &str, message: &str, parents: &[&str]| {
        j!({"id": id, "message": message, "parent_ids": parents, "author_name": "Bob \"J\" Roe, Jr",
            "author_email": "bob@example.org", "authored_date": "2024-01-02T03:04:05+01:00"})
    };
    let comparison = j!({"commits": [
        commit("a", "First\n\nWith a text.\n", &["ba5eba5e"]),
        commit("m", "Merge branch 'main'", &["a", "x"]),
        commit("b", "Zweiter: ä", &["m"]),
    ]});
    wiremock::Mock::given(method("GET"))
        .and(path(format!("{P}/repository/compare")))
        .and(query_param("from", "ba5eba5e"))
        .and(query_param("to", "b"))
        .respond_with(json(200, comparison))
        .mount(&server.http)
        .await;
    for (id, rows) in ["a", "b"].into_iter().zip(diffs) {
        server
            .list(&format!("{P}/repository/commits/{id}/diff"), rows)
            .await;
    }
}

#[tokio::test]
async fn git_takes_the_mailbox() {
    let server = Server::start().await;
    let first = j!([
        {"old_path": "old.txt", "new_path": "dir/new name.txt", "a_mode": "100644", "b_mode": "100644",
         "renamed_file": true, "diff": ""},
        {"old_path": "run.sh", "new_path": "run.sh", "a_mode": "0", "b_mode": "100755", "new_file": true,
         "diff": "@@ -0,0 +1 @@\n+echo hi\n\\ No newline at end of file"},
    ]);
    let second = j!([
        {"old_path": "text", "new_path": "text", "a_mode": "100644", "b_mode": "100644",
         "diff": "--- a/text\n+++ b/text\n@@ -1,2 +1,2 @@\n one\n-two\n+zwei"},
        {"old_path": "gone", "new_path": "gone", "a_mode": "100644", "b_mode": "0", "deleted_file": true,
         "diff": "@@ -1 +0,0 @@\n-bye\n"},
    ]);
    serve(&server, [first, second]).await;
    let mailbox = server.project().pull_requests().patch(7).await.unwrap();
    assert_eq!(server.count().await, 4);

    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q"]);
    for (name, text) in [
        ("old.txt", "same\n"),
        ("text", "one\ntwo\n"),
        ("gone", "bye\n"),
    ] {
        std::fs::write(at.join(name), text).unwrap();
    }
    git(at, &["add", "."]);
    git(at, &["commit", "-q", "-m", "Base"]);
    std::fs::write(at.join("mailbox"), &mailbox).unwrap();
    git(at, &["am", "-q", "mailbox"]);
    let log = git(
        at,
        &[
            "log",
            "--reverse",
            "-2",
            "--format=%an <%ae> %ad %s|%b",
            "--date=iso-strict",
        ],
    );
    let log: Vec<&str> = log.split_whitespace().collect();
    let bob = "Bob \"J\" Roe, Jr <bob@example.org> 2024-01-02T02:04:05+00:00";
    assert_eq!(
        log.join(" "),
        format!("{bob} First|With a text. {bob} Zweiter: ä|")
    );
    let files = git(at, &["ls-tree", "-r", "HEAD"]);
    let files: Vec<_> = files
        .lines()
        .map(|line| format!("{} {}", &line[..6], line.split_once('\t').unwrap().1))
        .collect();
    assert_eq!(
        files,
        ["100644 dir/new name.txt", "100755 run.sh", "100644 text"]
    );
    assert_eq!(
        std::fs::read_to_string(at.join("text")).unwrap(),
        "one\nzwei\n"
    );
    assert_eq!(
        std::fs::read_to_string(at.join("run.sh")).unwrap(),
        "echo hi"
    );
}

#[tokio::test]
async fn what_the_api_does_not_give_is_not_made_up() {
    let plain = j!([]);
    for (rows, expected) in [
        (
            j!([{"old_path": "x", "new_path": "x", "diff": "Binary files a/x and b/x differ\n"}]),
            ErrorKind::Unsupported,
        ),
        (
            j!([{"old_path": "x", "new_path": "x", "diff": "", "too_large": true}]),
            ErrorKind::TooLarge,
        ),
        (
            j!([{"old_path": "x", "new_path": "x", "a_mode": "100644", "b_mode": "100644", "diff": ""}]),
            ErrorKind::TooLarge,
        ),
    ] {
        let server = Server::start().await;
        serve(&server, [plain.clone(), rows]).await;
        let error = server.project().pull_requests().patch(7).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.resource()),
            (expected, Some("g/s/p#7"))
        );
    }
}
