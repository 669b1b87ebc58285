//! What becomes of pull requests.

use super::{look, open, with_fork};
use crate::common::{commit, git};
use crate::pair::Pair;

#[tokio::test]
async fn pull_requests_live_through_the_same_things() {
    let Some(mut pair) = Pair::new("pulls").await else {
        return;
    };
    let tree = with_fork(&mut pair).await;
    let pull = |number: u32, what: &str| format!("/rpms/{{n}}/pull-request/{number}{what}");

    git(&tree, &["checkout", "-q", "-b", "t1"]).await.unwrap();
    commit(&tree, "b.txt", "b\n", "two").await;
    commit(&tree, "b.txt", "b2\n", "three").await;
    let fork = "forks/bob/rpms/{n}";
    pair.push(fork, "bob", &["t1"]).await;
    open(&mut pair, "t1", "main").await;
    look(&mut pair, 1).await;
    // More commits, and other ones.
    commit(&tree, "b.txt", "b3\n", "four").await;
    pair.push(fork, "bob", &["t1"]).await;
    pair.get(&pull(1, "")).await;
    commit(&tree, "b.txt", "b4\n", "five\n\nbody").await;
    commit(&tree, "b.txt", "b5\n", "six").await;
    pair.push(fork, "bob", &["t1"]).await;
    pair.get(&pull(1, "")).await;
    git(&tree, &["commit", "-q", "--amend", "-m", "six again"])
        .await
        .unwrap();
    pair.push(fork, "bob", &["-f", "t1"]).await;
    look(&mut pair, 1).await;
    // A branch that is called like the default branch.
    git(&tree, &["checkout", "-q", "main"]).await.unwrap();
    commit(&tree, "c.txt", "c\n", "seven").await;
    pair.push(fork, "bob", &["main"]).await;
    open(&mut pair, "main", "main").await;
    commit(&tree, "c.txt", "c2\n", "eight").await;
    pair.push(fork, "bob", &["main"]).await;
    pair.get(&pull(2, "")).await;
    look(&mut pair, 2).await;
    // Nothing new, and then something.
    git(&tree, &["checkout", "-q", "-b", "t3", "main~2"])
        .await
        .unwrap();
    pair.push(fork, "bob", &["t3"]).await;
    open(&mut pair, "t3", "main").await;
    look(&mut pair, 3).await;
    let flag = [
        ("username", "u"),
        ("comment", "c"),
        ("url", "http://x.org/"),
    ];
    pair.post(&pull(3, "/flag"), "alice", &flag).await;
    commit(&tree, "e.txt", "e\n", "nine").await;
    pair.push(fork, "bob", &["t3"]).await;
    look(&mut pair, 3).await;
    // Merged by moving the branch, and by a commit.
    pair.post(&pull(3, "/merge"), "carol", &[]).await;
    pair.post(&pull(3, "/merge"), "alice", &[]).await;
    look(&mut pair, 3).await;
    pair.get(&pull(1, "")).await;
    pair.same_refs("rpms/{n}").await;
    pair.post(&pull(3, "/merge"), "alice", &[]).await;
    pair.post(&pull(3, "/reopen"), "alice", &[]).await;
    pair.post(&pull(3, "/close"), "carol", &[]).await;
    pair.post(&pull(3, "/close"), "bob", &[]).await;
    look(&mut pair, 3).await;
    pair.post(&pull(3, "/reopen"), "bob", &[]).await;
    pair.post(&pull(3, "/reopen"), "bob", &[]).await;
    pair.get(&pull(3, "")).await;
    // What the base has got meanwhile.
    git(&tree, &["checkout", "-q", "-b", "t4"]).await.unwrap();
    commit(&tree, "f.txt", "f\n", "ten").await;
    pair.push(fork, "bob", &["t4"]).await;
    open(&mut pair, "t4", "main").await;
    pair.push("rpms/{n}", "alice", &["t4:main"]).await;
    look(&mut pair, 4).await;
    pair.post(&pull(4, "/merge"), "alice", &[]).await;
    pair.get(&pull(4, "")).await;
    // A branch that is gone.
    git(&tree, &["checkout", "-q", "-b", "t5"]).await.unwrap();
    commit(&tree, "g.txt", "g\n", "eleven").await;
    pair.push(fork, "bob", &["t5"]).await;
    open(&mut pair, "t5", "main").await;
    pair.push(fork, "bob", &[":t5"]).await;
    look(&mut pair, 5).await;
    pair.post(&pull(5, "/merge"), "alice", &[]).await;
    pair.post(&pull(5, "/merge"), "alice", &[("wait", "")])
        .await;
    pair.get(&pull(5, "")).await;
    // A base that takes the first of two commits, and a first commit that changes.
    git(&tree, &["checkout", "-q", "-b", "t6"]).await.unwrap();
    commit(&tree, "h.txt", "h\n", "twelve").await;
    commit(&tree, "i.txt", "i\n", "thirteen").await;
    pair.push(fork, "bob", &["t6"]).await;
    open(&mut pair, "t6", "main").await;
    pair.push("rpms/{n}", "alice", &["t6~1:main"]).await;
    look(&mut pair, 6).await;
    git(&tree, &["reset", "-q", "--soft", "HEAD~1"])
        .await
        .unwrap();
    git(&tree, &["commit", "-q", "-m", "thirteen anew"])
        .await
        .unwrap();
    pair.push(fork, "bob", &["-f", "t6"]).await;
    pair.get(&pull(6, "")).await;
    for who in ["bob", "alice", "carol", ""] {
        pair.post(&pull(6, "/rebase"), who, &[]).await;
    }
    pair.get(&pull(6, "")).await;
    // One that does not go together with the base, and one that does.
    git(&tree, &["checkout", "-q", "-b", "t7"]).await.unwrap();
    commit(&tree, "h.txt", "other\n", "conflicting").await;
    pair.push(fork, "bob", &["t7"]).await;
    git(&tree, &["checkout", "-q", "-b", "base", "t6~1"])
        .await
        .unwrap();
    commit(&tree, "h.txt", "mine\n", "on the base").await;
    pair.push("rpms/{n}", "alice", &["base:main"]).await;
    open(&mut pair, "t7", "main").await;
    pair.post(&pull(7, "/merge"), "alice", &[]).await;
    pair.post(&pull(7, "/rebase"), "bob", &[]).await;
    pair.post(&pull(6, "/rebase"), "bob", &[("wait", "")]).await;
    for (name, value) in [
        ("disable_non_fast-forward_merges", "true"),
        ("disable_non_fast-forward_merges", "false"),
        ("Only_assignee_can_merge_pull-request", "true"),
        ("Only_assignee_can_merge_pull-request", "false"),
        ("Minimum_score_to_merge_pull-request", "1"),
        ("Minimum_score_to_merge_pull-request", "0"),
    ] {
        pair.post("/rpms/{n}/options/update", "alice", &[(name, value)])
            .await;
        pair.post(&pull(7, "/merge"), "alice", &[]).await;
        pair.get(&pull(7, "")).await;
    }
    pair.clean("/fork/bob/rpms/{n}", "bob").await;
    pair.clean("/rpms/{n}", "alice").await;
    pair.done();
}
