//! The same requests to the mock and to a real Pagure. Skipped where the environment names none: call
//! `real-pagure up DIR` before, and export the lines that it prints.

mod git;
mod instance;
mod projects;
mod pulls;
mod talk;

use crate::common::commit;
use crate::pair::Pair;

/// A project with one commit and bob's fork of it.
async fn with_fork(pair: &mut Pair) -> std::path::PathBuf {
    let form = [("name", "{n}"), ("description", "d"), ("namespace", "rpms")];
    pair.post("/new", "alice", &form).await;
    let tree = pair.tree().await;
    commit(&tree, "a.txt", "a\n", "one").await;
    pair.push("rpms/{n}", "alice", &["main"]).await;
    pair.post(
        "/rpms/{n}/git/branches",
        "alice",
        &[("branch_name", "main")],
    )
    .await;
    let form = [("repo", "{n}"), ("namespace", "rpms"), ("wait", "True")];
    pair.post("/fork", "bob", &form).await;
    tree
}

const NEW: &str = "/rpms/{n}/pull-request/new";

/// Opens a pull request from bob's fork.
async fn open(pair: &mut Pair, head: &str, base: &str) {
    let form = [
        ("title", "From a fork"),
        ("branch_to", base),
        ("branch_from", head),
        ("repo_from", "{n}"),
        ("repo_from_username", "bob"),
        ("repo_from_namespace", "rpms"),
    ];
    pair.post(NEW, "bob", &form).await;
}

/// Looks at everything about a pull request.
async fn look(pair: &mut Pair, number: u32) {
    let path = format!("/rpms/{{n}}/pull-request/{number}");
    pair.get(&path).await;
    pair.get(&format!("{path}/diffstats")).await;
    pair.get(&path).await;
    pair.get(&format!("{path}/flag")).await;
    pair.get(&format!("/{path}.patch")).await;
    pair.get(&format!("/{path}.diff")).await;
    pair.get(&path).await;
}
