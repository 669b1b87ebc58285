//! Merging, now and later, and rebasing.

use ogr_mock::{Access, MockForge, PullRequestSetup, PullState};
use serde_json::{Value, json};

use super::{as_user, from_fork, gitlab, id, set_up};

const PULLS: &str = "/projects/rpms%2Ffoo/merge_requests";

fn pull(forge: &MockForge, number: u64) -> ogr_mock::PullRequest {
    forge.find_pull_request("rpms/foo", number).unwrap()
}

#[tokio::test]
async fn merging_makes_a_commit_with_gitlabs_words() {
    let (forge, client) = gitlab().await;
    let (number, sha) = from_fork(&forge).await;
    let path = format!("{PULLS}/{number}/merge");
    let bob = as_user(&forge, "bob");
    // Who may not merge is not signed in well enough.
    let refused = bob.send("PUT", &path, None).await.expect(401);
    assert_eq!(refused.json(), json!({"message": "401 Unauthorized"}));
    let stale = json!({"sha": "0000000000000000000000000000000000000000"});
    let refused = client.put(&path, stale).await.expect(409);
    assert_eq!(
        refused.json(),
        json!({"message": format!("SHA does not match HEAD of source branch: {sha}")})
    );
    let told = client
        .put(&path, json!({"sha": sha}))
        .await
        .expect(200)
        .json();
    assert_eq!(told["state"], "merged");
    assert_eq!(told["merged_by"]["username"], "alice");
    assert_eq!(told["merge_user"]["username"], "alice");
    assert_eq!(told["detailed_merge_status"], "not_open");
    assert_eq!(told["squash_commit_sha"], json!(null));
    assert_eq!(told["closed_at"], json!(null));
    let log = forge.log("rpms/foo", "main").await.unwrap();
    assert_eq!(told["merge_commit_sha"], json!(log[0].sha));
    assert_eq!(log[0].parents[1], sha);
    assert_eq!(
        log[0].message,
        format!("Merge branch 'fix' into 'main'\n\nA fix\n\nSee merge request rpms/foo!{number}")
    );
    let again = client.send("PUT", &path, None).await.expect(405);
    assert_eq!(again.json(), json!({"message": "405 Method Not Allowed"}));
    let merged = client.get(&format!("{PULLS}?state=merged")).await.json();
    assert_eq!(merged[0]["iid"], number);
    // A merged one stays so, whatever one asks.
    let told = client
        .put(
            &format!("{PULLS}/{number}"),
            json!({"state_event": "close"}),
        )
        .await;
    assert_eq!(told.expect(200).json()["state"], "merged");
    let commit = format!("/projects/rpms%2Ffoo/repository/commits/{}", log[0].sha);
    let of_commit = client.get(&format!("{commit}/merge_requests")).await.json();
    assert_eq!(of_commit[0]["iid"], number);
}

#[tokio::test]
async fn drafts_conflicts_and_closed_ones_are_not_allowed() {
    let (forge, client) = gitlab().await;
    let (number, _) = from_fork(&forge).await;
    let path = format!("{PULLS}/{number}");
    let merge = async || client.send("PUT", &format!("{path}/merge"), None).await;
    client
        .put(&path, json!({"title": "Draft: x"}))
        .await
        .expect(200);
    merge().await.expect(405);
    client.put(&path, json!({"title": "x"})).await.expect(200);
    forge
        .commit(
            "rpms/foo",
            "main",
            "In the way",
            &[("a.txt", Some("else\n"))],
        )
        .await
        .unwrap();
    merge().await.expect(405);
    let told = client.get(&path).await.json();
    assert_eq!(told["merge_status"], "cannot_be_merged");
    assert_eq!(told["detailed_merge_status"], "conflict");
    assert_eq!(told["has_conflicts"], true);
    let listed = client.get(PULLS).await.json();
    assert_eq!(listed[0]["has_conflicts"], true);
    let body = json!({"auto_merge": true});
    let refused = client.put(&format!("{path}/merge"), body).await.expect(422);
    assert_eq!(
        refused.json(),
        json!({"message": "Branch cannot be merged"})
    );
    let refused = client.get(&format!("{path}/merge_ref")).await.expect(400);
    assert!(refused.json()["message"].is_string());
    client
        .put(&path, json!({"state_event": "close"}))
        .await
        .expect(200);
    merge().await.expect(405);
    assert_eq!(pull(&forge, number).state, PullState::Closed);
}

#[tokio::test]
async fn while_nobody_knows_it_is_checking_and_not_allowed() {
    let forge = MockForge::gitlab()
        .mergeability_reads(2)
        .start()
        .await
        .unwrap();
    set_up(&forge).await;
    let client = as_user(&forge, "alice");
    let (number, _) = from_fork(&forge).await;
    let path = format!("{PULLS}/{number}");
    let listed = client.get(PULLS).await.json();
    assert_eq!(listed[0]["merge_status"], "unchecked");
    let told = client.get(&path).await.json();
    assert_eq!(told["merge_status"], "checking");
    assert_eq!(told["detailed_merge_status"], "checking");
    client
        .send("PUT", &format!("{path}/merge"), None)
        .await
        .expect(405);
    let told = client.get(&path).await.json();
    assert_eq!(told["detailed_merge_status"], "mergeable");
    client
        .send("PUT", &format!("{path}/merge"), None)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_squash_is_merged_and_the_branch_may_go() {
    let (forge, client) = gitlab().await;
    let (number, _) = from_fork(&forge).await;
    let files = [("b.txt", Some("b\n"))];
    forge
        .commit("bob/foo", "fix", "Second", &files)
        .await
        .unwrap();
    forge
        .set_permission("bob/foo", "alice", Some(Access::Write))
        .unwrap();
    let body = json!({
        "squash": true,
        "squash_commit_message": "One thing",
        "merge_commit_message": "Merged",
        "should_remove_source_branch": true,
    });
    let told = client.put(&format!("{PULLS}/{number}/merge"), body).await;
    let told = told.expect(200).json();
    let log = forge.log("rpms/foo", "main").await.unwrap();
    assert_eq!(log[0].message, "Merged");
    assert_eq!(told["merge_commit_sha"], json!(log[0].sha));
    assert_eq!(told["squash_commit_sha"], json!(log[0].parents[1]));
    assert_eq!(told["squash"], true);
    assert_eq!(told["should_remove_source_branch"], true);
    let squashed = log.iter().find(|one| one.sha == log[0].parents[1]).unwrap();
    assert_eq!(squashed.message, "One thing");
    assert_eq!(squashed.author.email, "bob@example.org");
    assert_eq!(log.len(), 3);
    assert!(!forge.branches("bob/foo").await.unwrap().contains_key("fix"));
}

#[tokio::test]
async fn a_project_may_want_fast_forwards() {
    let (forge, client) = gitlab().await;
    let (number, _) = from_fork(&forge).await;
    client
        .put("/projects/rpms%2Ffoo", json!({"merge_method": "ff"}))
        .await
        .expect(200);
    forge
        .commit("rpms/foo", "main", "Meanwhile", &[("c", Some("c"))])
        .await
        .unwrap();
    let path = format!("{PULLS}/{number}");
    let told = client
        .get(&format!("{path}?include_diverged_commits_count=true"))
        .await;
    let told = told.expect(200).json();
    assert_eq!(told["detailed_merge_status"], "need_rebase");
    assert_eq!(told["diverged_commits_count"], 1);
    client
        .send("PUT", &format!("{path}/merge"), None)
        .await
        .expect(405);
    client
        .send("PUT", &format!("{path}/rebase"), None)
        .await
        .expect(403);
    let bob = as_user(&forge, "bob");
    let started = bob.send("PUT", &format!("{path}/rebase"), None).await;
    assert_eq!(
        started.expect(202).json(),
        json!({"rebase_in_progress": true})
    );
    let told = client.get(&path).await.json();
    assert_eq!(told["detailed_merge_status"], "mergeable");
    let told = client.send("PUT", &format!("{path}/merge"), None).await;
    let told = told.expect(200).json();
    assert_eq!(told["merge_commit_sha"], json!(null));
    let log = forge.log("rpms/foo", "main").await.unwrap();
    assert_eq!(log[0].sha, told["sha"].as_str().unwrap());
    assert_eq!(log[1].subject(), "Meanwhile");
}

#[tokio::test]
async fn a_merge_may_wait_for_its_pipeline() {
    let (forge, client) = gitlab().await;
    let (number, sha) = from_fork(&forge).await;
    let bob = as_user(&forge, "bob");
    let statuses = format!("/projects/{}/statuses/{sha}", id(&forge, "bob/foo"));
    let set = async |state: &str, name: &str| {
        let body = json!({"state": state, "name": name});
        bob.post(&statuses, body).await.expect(201);
    };
    set("running", "a").await;
    set("pending", "b").await;
    let path = format!("{PULLS}/{number}");
    let body = json!({"merge_when_pipeline_succeeds": true});
    let told = client.put(&format!("{path}/merge"), body.clone()).await;
    let told = told.expect(200).json();
    assert_eq!(told["state"], "opened");
    assert_eq!(told["merge_when_pipeline_succeeds"], true);
    assert_eq!(told["merge_user"]["username"], "alice");
    set("success", "a").await;
    assert_eq!(pull(&forge, number).state, PullState::Open);
    let cancel = format!("{path}/cancel_merge_when_pipeline_succeeds");
    client.post(&cancel, json!({})).await.expect(201);
    client.post(&cancel, json!({})).await.expect(406);
    client.put(&format!("{path}/merge"), body).await.expect(200);
    set("success", "b").await;
    let merged = pull(&forge, number);
    assert_eq!(merged.state, PullState::Merged);
    assert_eq!(merged.merged_by.as_deref(), Some("alice"));
}

#[tokio::test]
async fn a_pipeline_may_be_a_condition() {
    let (forge, client) = gitlab().await;
    let (number, sha) = from_fork(&forge).await;
    client
        .put(
            "/projects/rpms%2Ffoo",
            json!({"only_allow_merge_if_pipeline_succeeds": true}),
        )
        .await
        .expect(200);
    let path = format!("{PULLS}/{number}");
    let word = async || client.get(&path).await.json()["detailed_merge_status"].clone();
    assert_eq!(word().await, "ci_must_pass");
    client
        .send("PUT", &format!("{path}/merge"), None)
        .await
        .expect(405);
    forge.status("bob/foo", &sha, "running", "ci").unwrap();
    assert_eq!(word().await, "ci_still_running");
    forge.status("bob/foo", &sha, "success", "ci").unwrap();
    assert_eq!(word().await, "mergeable");
    client
        .send("PUT", &format!("{path}/merge"), None)
        .await
        .expect(200);
}

#[tokio::test]
async fn the_merge_ref_is_the_commit_that_a_merge_would_make() {
    let (forge, client) = gitlab().await;
    let (number, sha) = from_fork(&forge).await;
    let told = client.get(&format!("{PULLS}/{number}/merge_ref")).await;
    let told: Value = told.expect(200).json();
    let merge = told["commit_id"].as_str().unwrap();
    let path = format!("/projects/rpms%2Ffoo/repository/commits/{merge}");
    let commit = client.get(&path).await.expect(200).json();
    assert_eq!(commit["parent_ids"][1], json!(sha));
}

#[tokio::test]
async fn a_push_of_the_head_into_the_base_merges() {
    let (forge, client) = gitlab().await;
    forge
        .commit("rpms/foo", "topic", "T", &[("t", Some("t"))])
        .await
        .unwrap();
    let setup = PullRequestSetup::from_branch("topic").body("x");
    let number = forge.pull_request("rpms/foo", setup).await.unwrap();
    forge.branch("rpms/foo", "main", "topic").await.unwrap();
    let told = client.get(&format!("{PULLS}/{number}")).await.json();
    assert_eq!(told["state"], "merged");
    // Within one project there is nobody to collaborate with.
    assert!(told.get("allow_collaboration").is_none());
}
