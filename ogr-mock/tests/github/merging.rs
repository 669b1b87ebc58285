use ogr_mock::{MockForge, PullRequestSetup, PullState, TokenSetup};
use serde_json::{Value, json};

use super::{as_user, from_fork, github};
use crate::common::Client;

/// A pull request of two commits whose base has moved on.
async fn diverged(forge: &MockForge) -> String {
    let (number, _) = from_fork(forge).await;
    forge
        .commit("bob/foo", "fix", "Second", &[("b", Some("b"))])
        .await
        .unwrap();
    forge
        .commit("rpms/foo", "main", "On main", &[("m", Some("m"))])
        .await
        .unwrap();
    format!("/repos/rpms/foo/pulls/{number}")
}

async fn subjects(forge: &MockForge) -> Vec<String> {
    let log = forge.log("rpms/foo", "main").await.unwrap();
    log.iter()
        .map(|commit| commit.subject().to_owned())
        .collect()
}

#[tokio::test]
async fn a_merge_makes_a_commit_with_two_parents() {
    let (forge, client) = github().await;
    let url = diverged(&forge).await;
    client.get(&format!("{url}/merge")).await.expect(404);
    let head = forge.find_pull_request("rpms/foo", 1).unwrap().head.sha;
    let stale = json!({"sha": "1".repeat(40)});
    let refused = client
        .put(&format!("{url}/merge"), stale)
        .await
        .expect(409)
        .json();
    assert_eq!(
        refused["message"],
        "Head branch was modified. Review and try the merge again."
    );
    let body = json!({"sha": head, "commit_title": "The title", "commit_message": "The text"});
    let merged = client
        .put(&format!("{url}/merge"), body)
        .await
        .expect(200)
        .json();
    assert_eq!(merged["merged"], true);
    let log = forge.log("rpms/foo", "main").await.unwrap();
    assert_eq!(log[0].sha, merged["sha"].as_str().unwrap());
    assert_eq!(log[0].message, "The title\n\nThe text");
    assert_eq!(log[0].parents.len(), 2);
    assert_eq!(log[0].parents[1], head);
    client.get(&format!("{url}/merge")).await.expect(204);
    let pull = client.get(&url).await.expect(200).json();
    assert_eq!(
        (&pull["state"], &pull["merged"]),
        (&json!("closed"), &json!(true))
    );
    assert_eq!(pull["merge_commit_sha"], merged["sha"]);
    assert_eq!(pull["merged_by"]["login"], "alice");
    for _ in 0..2 {
        let pull = client.get(&url).await.expect(200).json();
        assert_eq!(
            pull["mergeable"],
            Value::Null,
            "there is nothing left to merge"
        );
    }
    let again = client
        .put(&format!("{url}/merge"), json!({}))
        .await
        .expect(405)
        .json();
    assert_eq!(again["message"], "Pull Request is not mergeable");
    let reopened = client
        .patch(&url, json!({"state": "open"}))
        .await
        .expect(422);
    assert!(reopened.text().contains("cannot be reopened"));
}

#[tokio::test]
async fn a_squash_makes_one_commit_and_a_rebase_makes_them_anew() {
    let (forge, client) = github().await;
    let url = diverged(&forge).await;
    let body = json!({"merge_method": "squash"});
    client.put(&format!("{url}/merge"), body).await.expect(200);
    assert_eq!(
        subjects(&forge).await,
        ["A fix (#1)", "On main", "Initial commit"]
    );
    let log = forge.log("rpms/foo", "main").await.unwrap();
    assert_eq!(log[0].author.name, "bob");
    assert_eq!(log[0].committer.name, "alice");
    assert_eq!(log[0].parents.len(), 1);

    let (forge, client) = github().await;
    let url = diverged(&forge).await;
    // What one commit brings and the next takes away is gone in the end.
    for content in [Some("x"), None] {
        let words = if content.is_some() { "Try" } else { "Revert" };
        forge
            .commit("bob/foo", "fix", words, &[("tmp", content)])
            .await
            .unwrap();
    }
    let body = json!({"merge_method": "rebase"});
    client.put(&format!("{url}/merge"), body).await.expect(200);
    assert_eq!(
        subjects(&forge).await,
        [
            "Revert",
            "Try",
            "Second",
            "Add a",
            "On main",
            "Initial commit"
        ]
    );
    let log = forge.log("rpms/foo", "main").await.unwrap();
    assert!(log.iter().all(|commit| commit.parents.len() < 2));
    let file = forge.file("rpms/foo", "main", "b").await.unwrap();
    assert_eq!(file.as_deref(), Some(&b"b"[..]));
    assert_eq!(forge.file("rpms/foo", "main", "tmp").await.unwrap(), None);
}

#[tokio::test]
async fn a_single_commit_is_squashed_under_its_own_words() {
    let (forge, client) = github().await;
    let (number, _) = from_fork(&forge).await;
    let url = format!("/repos/rpms/foo/pulls/{number}/merge");
    client
        .put(&url, json!({"merge_method": "squash"}))
        .await
        .expect(200);
    let log = forge.log("rpms/foo", "main").await.unwrap();
    assert_eq!(log[0].message, "Add a (#1)\n\nAt length.");
}

#[tokio::test]
async fn what_conflicts_is_told_and_refused() {
    let (forge, client) = github().await;
    let (number, _) = from_fork(&forge).await;
    forge
        .commit("rpms/foo", "main", "Clash", &[("a.txt", Some("other\n"))])
        .await
        .unwrap();
    let url = format!("/repos/rpms/foo/pulls/{number}");
    let first = client.get(&url).await.expect(200).json();
    assert_eq!(
        (&first["mergeable"], &first["mergeable_state"]),
        (&Value::Null, &json!("unknown"))
    );
    let second = client.get(&url).await.expect(200).json();
    assert_eq!(
        (&second["mergeable"], &second["mergeable_state"]),
        (&json!(false), &json!("dirty"))
    );
    let before = forge.branches("rpms/foo").await.unwrap();
    for method in ["merge", "squash", "rebase"] {
        let body = json!({"merge_method": method});
        client.put(&format!("{url}/merge"), body).await.expect(405);
    }
    client
        .put(&format!("{url}/merge"), json!({"merge_method": "x"}))
        .await
        .expect(422);
    assert_eq!(forge.branches("rpms/foo").await.unwrap(), before);
    // Whatever moves makes it unknown again.
    forge
        .commit("rpms/foo", "main", "Back", &[("a.txt", None)])
        .await
        .unwrap();
    assert_eq!(client.get(&url).await.json()["mergeable"], Value::Null);
    assert_eq!(client.get(&url).await.json()["mergeable"], true);
}

#[tokio::test]
async fn drafts_closed_ones_and_forbidden_ways_are_refused() {
    let (forge, client) = github().await;
    forge
        .commit("rpms/foo", "one", "One", &[("one", Some("1"))])
        .await
        .unwrap();
    let setup = PullRequestSetup::from_branch("one").author("alice").draft();
    let number = forge.pull_request("rpms/foo", setup).await.unwrap();
    let url = format!("/repos/rpms/foo/pulls/{number}");
    let merge = format!("{url}/merge");
    let words = async |body| {
        let answer = client.put(&merge, body).await.expect(405).json();
        answer["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(words(json!({})).await, "Pull Request is still a draft");
    forge
        .change_pull_request("rpms/foo", number, |pull| pull.draft = false)
        .unwrap();
    let body = json!({"allow_merge_commit": false, "allow_rebase_merge": false});
    client.patch("/repos/rpms/foo", body).await.expect(200);
    assert_eq!(
        words(json!({})).await,
        "Merge commits are not allowed on this repository."
    );
    let rebase = json!({"merge_method": "rebase"});
    assert_eq!(
        words(rebase).await,
        "Rebase merges are not allowed on this repository."
    );
    client
        .patch(&url, json!({"state": "closed"}))
        .await
        .expect(200);
    let squash = json!({"merge_method": "squash"});
    assert_eq!(words(squash.clone()).await, "Pull Request is not mergeable");
    client
        .patch(&url, json!({"state": "open"}))
        .await
        .expect(200);
    client.put(&merge, squash).await.expect(200);
}

#[tokio::test]
async fn merging_takes_the_right_to_push() {
    let (forge, client) = github().await;
    let (number, _) = from_fork(&forge).await;
    let url = format!("/repos/rpms/foo/pulls/{number}/merge");
    as_user(&forge, "bob")
        .put(&url, json!({}))
        .await
        .expect(403);
    Client::anonymous(&forge)
        .put(&url, json!({}))
        .await
        .expect(401);
    let setup = TokenSetup::scopes(&["pull_requests:write"]);
    let token = forge.add_token("alice", &setup).unwrap();
    let narrow = Client::authorized(&forge, &format!("Bearer {token}"));
    narrow.put(&url, json!({})).await.expect(403);
    let state = || forge.find_pull_request("rpms/foo", number).unwrap().state;
    assert_eq!(state(), PullState::Open);
    client.put(&url, json!({})).await.expect(200);
    assert_eq!(state(), PullState::Merged);
}

#[tokio::test]
async fn of_two_merges_at_once_one_is_refused() {
    let (forge, client) = github().await;
    let (number, _) = from_fork(&forge).await;
    let url = format!("/repos/rpms/foo/pulls/{number}/merge");
    let (a, b) = tokio::join!(client.put(&url, json!({})), client.put(&url, json!({})));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 405]);
}

#[tokio::test]
async fn of_two_equal_pull_requests_at_once_one_is_opened() {
    let (forge, client) = github().await;
    forge
        .commit("rpms/foo", "one", "One", &[("one", Some("1"))])
        .await
        .unwrap();
    let body = json!({"title": "t", "head": "one", "base": "main"});
    let url = "/repos/rpms/foo/pulls";
    let (a, b) = tokio::join!(client.post(url, body.clone()), client.post(url, body));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422]);
}

#[tokio::test]
async fn the_merge_that_was_tried_out_can_be_fetched() {
    let (forge, client) = github().await;
    let url = diverged(&forge).await;
    client.get(&url).await.expect(200);
    let pull = client.get(&url).await.expect(200).json();
    let sha = pull["merge_commit_sha"].as_str().unwrap();
    assert_eq!(
        (&pull["merged"], &pull["mergeable"]),
        (&json!(false), &json!(true))
    );
    let tried = forge.sha("rpms/foo", "refs/pull/1/merge").await.unwrap();
    assert_eq!(tried.as_deref(), Some(sha));
}

#[tokio::test]
async fn the_head_is_brought_up_to_its_base() {
    let (forge, client) = github().await;
    let pull = diverged(&forge).await;
    let url = format!("{pull}/update-branch");
    let bob = as_user(&forge, "bob");
    as_user(&forge, "carol")
        .put(&url, json!({}))
        .await
        .expect(403);
    let stale = json!({"expected_head_sha": "1".repeat(40)});
    bob.put(&url, stale).await.expect(422);
    // Alice may push to the base only, unless she is let in.
    client.put(&url, json!({})).await.expect(403);
    forge
        .change_pull_request("rpms/foo", 1, |pull| pull.maintainer_edit = true)
        .unwrap();
    client.put(&url, json!({})).await.expect(202);
    let head = forge.find_pull_request("rpms/foo", 1).unwrap().head.sha;
    assert_eq!(forge.branches("bob/foo").await.unwrap()["fix"], head);
    assert!(forge.file("bob/foo", "fix", "m").await.unwrap().is_some());
    let again = bob.put(&url, json!({})).await.expect(422).json();
    assert_eq!(
        again["message"],
        "There are no new commits on the base branch."
    );
}
