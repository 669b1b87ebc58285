//! Merge requests: opening, finding, changing, and looking into them.

use ogr_mock::{Access, ProjectSetup, PullRequestSetup, PullState};
use serde_json::{Value, json};

use super::{as_user, from_fork, gitlab, id};
use crate::common::{Client, Work, git};

const PULLS: &str = "/projects/rpms%2Ffoo/merge_requests";

#[tokio::test]
async fn a_merge_request_is_opened_in_its_source_and_listed_at_its_target() {
    let (forge, client) = gitlab().await;
    let fork = forge.fork("rpms/foo", "bob").await.unwrap();
    let files = [("a.txt", Some("a\n"))];
    let sha = forge.commit(&fork, "fix", "Fix", &files).await.unwrap();
    let (source, target) = (id(&forge, "bob/foo"), id(&forge, "rpms/foo"));
    let bob = as_user(&forge, "bob");
    let path = format!("/projects/{source}/merge_requests");
    let body = json!({
        "source_branch": "fix",
        "target_branch": "main",
        "target_project_id": target,
        "title": "A fix",
        "description": "Why",
        "remove_source_branch": true,
    });
    let made = bob.post(&path, body.clone()).await.expect(201).json();
    assert_eq!(made["iid"], 1);
    assert_ne!(made["id"], made["iid"]);
    assert_eq!(made["project_id"], target);
    assert_eq!(made["source_project_id"], source);
    assert_eq!(made["target_project_id"], target);
    assert_eq!(made["state"], "opened");
    assert_eq!(made["sha"], json!(sha));
    assert_eq!(made["merge_status"], "checking");
    assert_eq!(made["allow_collaboration"], true);
    assert_eq!(made["force_remove_source_branch"], true);
    assert_eq!(made["references"]["full"], "rpms/foo!1");
    assert_eq!(made["changes_count"], "1");
    assert_eq!(made["head_pipeline"], json!(null));
    assert_eq!(made["merge_user"], json!(null));
    let told = client.get(&format!("{PULLS}/1")).await.expect(200).json();
    assert_eq!(told["merge_status"], "can_be_merged");
    assert_eq!(told["detailed_merge_status"], "mergeable");
    assert_eq!(told["user"]["can_merge"], true);
    assert_eq!(bob.get(&path).await.expect(200).json(), json!([]));
    let listed = bob.get(PULLS).await.expect(200).json();
    assert_eq!(listed[0]["iid"], 1);

    let twin = bob.post(&path, body).await.expect(409);
    let words = "Another open merge request already exists for this source branch: !1";
    assert_eq!(twin.json(), json!({"message": [words]}));
    let work = Work::new();
    let tree = work.clone(&forge.clone_url("rpms/foo"), "foo").await;
    let refs = git(&tree, &["ls-remote", "origin"]).await.unwrap();
    assert!(refs.contains(&format!("{sha}\trefs/merge-requests/1/head")));
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let (forge, client) = gitlab().await;
    forge.branch("rpms/foo", "topic", "main").await.unwrap();
    let post = async |body: Value| client.post(PULLS, body).await;
    let body = |source: &str, target: &str| json!({"title": "x", "source_branch": source, "target_branch": target});
    let missing = post(body("nope", "main")).await.expect(400);
    assert_eq!(
        missing.json(),
        json!({"message": {"source_branch": ["does not exist"]}})
    );
    let missing = post(body("topic", "nope")).await.expect(400);
    assert_eq!(
        missing.json(),
        json!({"message": {"target_branch": ["does not exist"]}})
    );
    let same = post(body("main", "main")).await.expect(422);
    assert_eq!(
        same.json(),
        json!({"message": ["You can't use same project/branch for source and target"]})
    );
    let incomplete = post(json!({"title": "x"})).await.expect(400);
    assert_eq!(
        incomplete.json(),
        json!({"error": "source_branch is missing, target_branch is missing"})
    );
    let mut blank = body("topic", "main");
    blank["title"] = json!("");
    let blank = post(blank).await.expect(400);
    assert_eq!(
        blank.json(),
        json!({"message": {"title": ["can't be blank"]}})
    );
    let other = forge
        .add_project("alice/other", ProjectSetup::default())
        .await
        .unwrap();
    let mut unrelated = body("topic", "main");
    unrelated["target_project_id"] = json!(other);
    let unrelated = post(unrelated).await.expect(422);
    assert_eq!(
        unrelated.json(),
        json!({"message": ["Source project is not a fork of the target project"]})
    );
    let mut nowhere = body("topic", "main");
    nowhere["target_project_id"] = json!(99999);
    post(nowhere).await.expect(404);
    as_user(&forge, "bob")
        .post(PULLS, body("topic", "main"))
        .await
        .expect(403);
    Client::anonymous(&forge)
        .post(PULLS, body("topic", "main"))
        .await
        .expect(401);
    // Nothing to merge is no reason: GitLab opens it.
    post(body("topic", "main")).await.expect(201);
    let file = client
        .try_send("POST", PULLS, "application/json", "{".into())
        .await;
    file.unwrap().expect(400);
}

#[tokio::test]
async fn lists_are_filtered_and_sorted() {
    let (forge, client) = gitlab().await;
    let fork = forge.fork("rpms/foo", "bob").await.unwrap();
    forge.branch("rpms/foo", "stable", "main").await.unwrap();
    let setups = [
        ("one", "main", "First", "bug"),
        ("two", "stable", "Draft: Second", "bug"),
        ("three", "main", "Third", "feature"),
    ];
    forge.set_time("2026-05-01T12:00:00Z".parse().unwrap());
    for (branch, base, title, label) in setups {
        forge.advance(std::time::Duration::from_secs(60));
        let files = [(branch, Some("x"))];
        forge.commit(&fork, branch, title, &files).await.unwrap();
        let setup = PullRequestSetup::from_fork(&fork, branch)
            .base(base)
            .title(title)
            .body("Text")
            .label(label);
        forge.pull_request("rpms/foo", setup).await.unwrap();
    }
    forge
        .change_pull_request("rpms/foo", 1, |pull| pull.state = PullState::Closed)
        .unwrap();
    forge
        .change_pull_request("rpms/foo", 3, |pull| pull.author = "carol".to_owned())
        .unwrap();
    forge.add_user("carol");
    let list = async |query: &str| -> Vec<u64> {
        let rows = client
            .get(&format!("{PULLS}?{query}"))
            .await
            .expect(200)
            .json();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["iid"].as_u64().unwrap()).collect()
    };
    assert_eq!(list("").await, [3, 2, 1]);
    assert_eq!(list("state=opened&sort=asc").await, [2, 3]);
    assert_eq!(list("state=closed").await, [1]);
    assert_eq!(list("state=merged").await, [0u64; 0]);
    assert_eq!(list("state=all").await.len(), 3);
    assert_eq!(list("author_username=Bob").await, [2, 1]);
    assert_eq!(list("source_branch=two").await, [2]);
    assert_eq!(list("target_branch=main&state=opened").await, [3]);
    assert_eq!(list("labels=bug").await, [2, 1]);
    assert_eq!(list("labels=bug,feature").await, [0u64; 0]);
    assert_eq!(list("labels=None").await, [0u64; 0]);
    assert_eq!(list("labels=Any").await.len(), 3);
    assert_eq!(list("not[labels]=bug").await, [3]);
    assert_eq!(list("wip=yes").await, [2]);
    assert_eq!(list("draft=false").await, [3, 1]);
    assert_eq!(list("iids[]=1&iids[]=3").await, [3, 1]);
    assert_eq!(list("search=third").await, [3]);
    assert_eq!(list("created_after=2026-05-01T12:01:30Z").await, [3, 2]);
    assert_eq!(list("order_by=title&sort=asc").await, [2, 1, 3]);
    let source = id(&forge, "bob/foo");
    assert_eq!(list(&format!("source_project_id={source}")).await.len(), 3);
    forge.advance(std::time::Duration::from_secs(60));
    client
        .put(&format!("{PULLS}/2"), json!({"description": "Newer"}))
        .await
        .expect(200);
    assert_eq!(list("order_by=updated_at").await[0], 2);
    let bad = client.get(&format!("{PULLS}?state=open")).await.expect(400);
    assert_eq!(
        bad.json(),
        json!({"error": "state does not have a valid value"})
    );

    let plain = client.get(&format!("{PULLS}?iids[]=1")).await.json();
    assert_eq!(plain[0]["labels"], json!(["bug"]));
    let simple = client.get(&format!("{PULLS}?view=simple")).await.json();
    assert!(simple[0].get("sha").is_none());
    let all = client
        .get("/merge_requests?scope=all")
        .await
        .expect(200)
        .json();
    assert_eq!(all.as_array().unwrap().len(), 3);
    let own = as_user(&forge, "bob").get("/merge_requests").await.json();
    assert_eq!(own.as_array().unwrap().len(), 2);
    let group = client
        .get("/groups/rpms/merge_requests")
        .await
        .expect(200)
        .json();
    assert_eq!(group.as_array().unwrap().len(), 3);
    let with = client
        .get(&format!("{PULLS}?with_labels_details=true&iids[]=1"))
        .await;
    let label = with.expect(200).json()[0]["labels"][0].clone();
    assert_eq!(label["name"], "bug");
    assert_eq!(label["color"], "#ededed");
}

#[tokio::test]
async fn a_merge_request_is_edited_closed_and_reopened() {
    let (forge, client) = gitlab().await;
    let (number, _) = from_fork(&forge).await;
    let path = format!("{PULLS}/{number}");
    let body = json!({"title": "Draft: Better", "description": "Because", "labels": ["b", "a"]});
    let told = client.put(&path, body).await.expect(200).json();
    assert_eq!(told["title"], "Draft: Better");
    assert_eq!(told["draft"], true);
    assert_eq!(told["work_in_progress"], true);
    assert_eq!(told["detailed_merge_status"], "draft_status");
    assert_eq!(told["labels"], json!(["a", "b"]));
    let body = json!({"add_labels": "c,d", "remove_labels": ["a"], "title": "Better"});
    let told = client.put(&path, body).await.expect(200).json();
    assert_eq!(told["labels"], json!(["b", "c", "d"]));
    assert_eq!(told["draft"], false);
    let told = client.put(&path, json!({"labels": ""})).await.json();
    assert_eq!(told["labels"], json!([]));
    let wrong = client
        .put(&path, json!({"state_event": "closed"}))
        .await
        .expect(400);
    assert_eq!(
        wrong.json(),
        json!({"error": "state_event does not have a valid value"})
    );
    let empty = client.put(&path, json!({})).await.expect(400).json();
    assert!(
        empty["error"]
            .as_str()
            .unwrap()
            .ends_with("at least one parameter must be provided")
    );
    let blank = client.put(&path, json!({"title": ""})).await.expect(400);
    assert_eq!(blank.json(), json!({"error": "title is empty"}));
    let told = client.put(&path, json!({"state_event": "close"})).await;
    let told = told.expect(200).json();
    assert_eq!(told["state"], "closed");
    assert_eq!(told["closed_by"]["username"], "alice");
    assert_eq!(told["detailed_merge_status"], "not_open");
    // Closed, it is in nobody's way; the new one is in its way.
    let setup = PullRequestSetup::from_fork("bob/foo", "fix");
    forge.pull_request("rpms/foo", setup).await.unwrap();
    let refused = client.put(&path, json!({"state_event": "reopen"})).await;
    assert!(
        refused.expect(409).json()["message"][0]
            .as_str()
            .unwrap()
            .ends_with("!2")
    );
    client
        .put(&format!("{PULLS}/2"), json!({"state_event": "close"}))
        .await
        .expect(200);
    let told = client.put(&path, json!({"state_event": "reopen"})).await;
    let told = told.expect(200).json();
    assert_eq!(told["state"], "opened");
    assert_eq!(told["closed_by"], json!(null));
    assert_eq!(told["closed_at"], json!(null));
    as_user(&forge, "carol")
        .put(&path, json!({"title": "x"}))
        .await
        .expect(403);
    as_user(&forge, "carol").delete(&path).await.expect(403);
    client.delete(&path).await.expect(204);
    let gone = client.get(&path).await.expect(404);
    assert_eq!(gone.json(), json!({"message": "404 Not found"}));
    client.get(&format!("{PULLS}/x")).await.expect(400);
}

#[tokio::test]
async fn labels_and_assignees_of_those_who_may_not_push_are_dropped_in_silence() {
    let (forge, client) = gitlab().await;
    let (number, _) = from_fork(&forge).await;
    let path = format!("{PULLS}/{number}");
    let bob = as_user(&forge, "bob");
    let body = json!({"labels": "bug", "title": "Mine"});
    let told = bob.put(&path, body).await.expect(200).json();
    assert_eq!(told["title"], "Mine");
    assert_eq!(told["labels"], json!([]));
    let me = client.get("/user").await.json()["id"].clone();
    let body = json!({"assignee_ids": [me], "reviewer_ids": [me]});
    let told = client.put(&path, body).await.expect(200).json();
    assert_eq!(told["assignee"]["username"], "alice");
    assert_eq!(told["reviewers"][0]["username"], "alice");
    let told = client.put(&path, json!({"assignee_ids": [0]})).await.json();
    assert_eq!(told["assignees"], json!([]));
}

#[tokio::test]
async fn parameters_come_as_forms_and_queries_too() {
    let (forge, client) = gitlab().await;
    forge
        .commit("rpms/foo", "topic", "T", &[("t", Some("t"))])
        .await
        .unwrap();
    let form = [
        ("title", "By form"),
        ("source_branch", "topic"),
        ("target_branch", "main"),
        ("labels", "a,b"),
    ];
    let made = client.post_form(PULLS, &form).await.expect(201).json();
    assert_eq!(made["labels"], json!(["a", "b"]));
    assert_eq!(made["description"], json!(null));
    let path = format!("{PULLS}/{}?state_event=close", made["iid"]);
    let told = client.send("PUT", &path, None).await.expect(200).json();
    assert_eq!(told["state"], "closed");
    // Even a GET reads a form.
    let rows = client
        .try_send(
            "GET",
            PULLS,
            "application/x-www-form-urlencoded",
            "state=opened".into(),
        )
        .await
        .unwrap();
    assert_eq!(rows.expect(200).json(), json!([]));
}

#[tokio::test]
async fn the_parts_of_a_merge_request() {
    let (forge, client) = gitlab().await;
    let (number, first) = from_fork(&forge).await;
    let files = [("README.md", Some("# New\n"))];
    let second = forge
        .commit("bob/foo", "fix", "Second", &files)
        .await
        .unwrap();
    let path = format!("{PULLS}/{number}");
    let commits = client.get(&format!("{path}/commits")).await.expect(200);
    assert_eq!(commits.header("x-total"), "2");
    let commits = commits.json();
    assert_eq!(commits[0]["id"], json!(second));
    assert_eq!(commits[1]["id"], json!(first));
    assert_eq!(commits[1]["message"], "Add a\n\nAt length.\n");
    let diffs = client
        .get(&format!("{path}/diffs"))
        .await
        .expect(200)
        .json();
    assert_eq!(diffs.as_array().unwrap().len(), 2);
    assert_eq!(diffs[0]["new_path"], "README.md");
    assert_eq!(diffs[0]["diff"], "@@ -1 +1 @@\n-# Read me\n+# New\n");
    let named = client
        .get(&format!("{path}/diffs?unidiff=true"))
        .await
        .json();
    assert!(
        named[1]["diff"]
            .as_str()
            .unwrap()
            .starts_with("--- /dev/null\n+++ b/a.txt\n@@")
    );
    let changes = client
        .get(&format!("{path}/changes"))
        .await
        .expect(200)
        .json();
    assert_eq!(changes["changes"], diffs);
    assert_eq!(changes["iid"], number);
    let raw = client.get(&format!("{path}/raw_diffs")).await.expect(200);
    assert!(raw.text().starts_with("diff --git a/README.md"));
    let people = client.get(&format!("{path}/participants")).await.json();
    assert_eq!(people[0]["username"], "bob");
    let told = client.get(&path).await.json();
    let base = forge.sha("rpms/foo", "main").await.unwrap();
    assert_eq!(told["diff_refs"]["base_sha"], json!(base));
    assert_eq!(told["diff_refs"]["head_sha"], json!(second));

    let of_commit = format!("/projects/rpms%2Ffoo/repository/commits/{first}/merge_requests");
    let rows = client.get(&of_commit).await.expect(200).json();
    assert_eq!(rows[0]["iid"], number);
    let base = format!(
        "/projects/rpms%2Ffoo/repository/commits/{}/merge_requests",
        base.unwrap()
    );
    assert_eq!(client.get(&base).await.json(), json!([]));
}

#[tokio::test]
async fn a_deleted_fork_leaves_a_gap() {
    let (forge, client) = gitlab().await;
    let (number, _) = from_fork(&forge).await;
    forge.delete_project("bob/foo").await.unwrap();
    let path = format!("{PULLS}/{number}");
    let told = client.get(&path).await.expect(200).json();
    assert_eq!(told["source_project_id"], json!(null));
    assert_eq!(told["source_branch"], "fix");
    assert!(told.get("allow_collaboration").is_none());
    client
        .put(&path, json!({"state_event": "close"}))
        .await
        .expect(200);
    let told = client.put(&path, json!({"state_event": "reopen"})).await;
    assert_eq!(told.expect(200).json()["state"], "closed");
}

#[tokio::test]
async fn private_projects_and_switched_off_merge_requests() {
    let (forge, client) = gitlab().await;
    from_fork(&forge).await;
    forge
        .change_project("rpms/foo", |project| project.private = true)
        .unwrap();
    as_user(&forge, "bob").get(PULLS).await.expect(404);
    forge
        .set_permission("rpms/foo", "gus", Some(Access::Guest))
        .unwrap();
    as_user(&forge, "gus").get(PULLS).await.expect(403);
    forge
        .change_project("rpms/foo", |project| {
            project.private = false;
            project.has_pull_requests = false;
        })
        .unwrap();
    as_user(&forge, "bob").get(PULLS).await.expect(403);
    client.get(PULLS).await.expect(200);
}

#[tokio::test]
async fn labels_have_a_life_of_their_own() {
    let (forge, client) = gitlab().await;
    let labels = "/projects/rpms%2Ffoo/labels";
    let body = json!({"name": "bug", "color": "#FF0000", "description": "Broken"});
    let made = client.post(labels, body.clone()).await.expect(201).json();
    assert_eq!(made["color"], "#ff0000");
    let taken = client.post(labels, body.clone()).await.expect(409);
    assert_eq!(taken.json(), json!({"message": "Label already exists"}));
    let bad = json!({"name": "x", "color": "reddish"});
    client.post(labels, bad).await.expect(400);
    as_user(&forge, "bob").post(labels, body).await.expect(403);
    let path = format!("{labels}/bug");
    client
        .put(&path, json!({"new_name": "defect"}))
        .await
        .expect(200);
    let missing = client.get(&path).await.expect(404);
    assert_eq!(missing.json(), json!({"message": "404 Label Not Found"}));
    let rows = client.get(labels).await.expect(200).json();
    assert_eq!(rows[0]["name"], "defect");
    client.delete(&format!("{labels}/defect")).await.expect(204);
    assert_eq!(client.get(labels).await.json(), json!([]));
}
