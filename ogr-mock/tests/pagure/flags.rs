//! Lists of pull requests, their flags and their patches.

use ogr_mock::{Access, PullRequestSetup};
use serde_json::{Value, json};

use crate::{FORK, anonymous, as_user, open_pull, pagure, pull};

#[tokio::test]
async fn statuses_are_words_of_several_kinds() {
    let forge = pagure().await;
    let open = open_pull(&forge).await;
    let alice = as_user(&forge, "alice");
    let mut numbers = vec![open];
    for _ in 0..2 {
        let setup = PullRequestSetup::from_fork(FORK, "fix")
            .author("bob")
            .base("rawhide");
        numbers.push(forge.pull_request("rpms/foo", setup).await.unwrap());
    }
    let closed = format!("/rpms/foo/pull-request/{}/close", numbers[1]);
    alice.post(&closed, json!({})).await.expect(200);
    let merged = format!("/rpms/foo/pull-request/{}/merge", numbers[2]);
    alice.post(&merged, json!({})).await.expect(200);
    let list = async |query: &str| {
        let path = format!("/rpms/foo/pull-requests{query}");
        let answer = alice.get(&path).await.expect(200).json();
        let rows = answer["requests"].as_array().unwrap().iter();
        let ids: Vec<u64> = rows.map(|row| row["id"].as_u64().unwrap()).collect();
        assert_eq!(answer["total_requests"], ids.len());
        ids
    };
    let all: Vec<u64> = numbers.iter().rev().copied().collect();
    assert_eq!(list("").await, [open]);
    for (query, expected) in [
        ("Open", &[open][..]),
        ("open", &[open]),
        ("Closed", &[numbers[1]]),
        ("merged", &[numbers[2]]),
        ("ALL", &all),
        ("0", &all[..2]),
        ("false", &all[..2]),
        ("1", &[]),
        ("True", &[]),
        ("bogus", &[]),
    ] {
        assert_eq!(list(&format!("?status={query}")).await, expected, "{query}");
    }
    assert_eq!(list("?author=alice&status=all").await, [] as [u64; 0]);
    assert_eq!(list("?assignee=0").await, [open]);
    let form = [("tag", "bug"), ("tag_color", "red")];
    alice
        .post_form("/rpms/foo/tags/new", &form)
        .await
        .expect(200);
    let labels = forge.project("rpms/foo").unwrap().labels;
    let label = |pull: &mut ogr_mock::PullRequest| pull.labels = labels.into_keys().collect();
    forge.change_pull_request("rpms/foo", open, label).unwrap();
    assert_eq!(pull(&forge, open).await["tags"], json!(["bug"]));
    assert_eq!(list("?tags=bug").await, [open]);
    assert_eq!(list("?tags=!bug").await, [] as [u64; 0]);
    assert_eq!(list("?tags=!bug&status=all").await, all[..2]);
}

#[tokio::test]
async fn thousands_are_listed_a_page_at_a_time() {
    let forge = pagure().await;
    forge.seed_pull_requests("rpms/foo", 1000).unwrap();
    let client = anonymous(&forge);
    let page = client
        .get("/rpms/foo/pull-requests?per_page=100&page=10")
        .await;
    let page = page.expect(200).json();
    assert_eq!(page["total_requests"], 1000);
    assert_eq!(page["pagination"]["pages"], 10);
    assert_eq!(page["requests"].as_array().unwrap().len(), 100);
    assert_ne!(page["requests"][0]["commit_stop"], Value::Null);
}

#[tokio::test]
async fn flags_are_updated_by_their_key_and_added_without_one() {
    let forge = pagure().await;
    let number = open_pull(&forge).await;
    let sha = forge
        .find_pull_request("rpms/foo", number)
        .unwrap()
        .head
        .sha;
    let carol = as_user(&forge, "carol");
    let path = format!("/rpms/foo/c/{sha}/flag");
    let base = [
        ("username", "ci"),
        ("comment", "Running"),
        ("url", "https://ci.example.org/1"),
    ];
    let set = async |more: &[(&str, &str)]| {
        let form = [&base, more].concat();
        carol.post_form(&path, &form).await.expect(200).json()
    };
    let added = set(&[("status", "pending"), ("uid", "one")]).await;
    assert_eq!(
        (&added["message"], &added["uid"]),
        (&json!("Flag added"), &json!("one"))
    );
    assert_eq!(added["flag"]["percent"], Value::Null);
    assert_eq!(added["flag"]["uid"], Value::Null);
    let updated = set(&[("status", "success"), ("uid", "one"), ("percent", "50")]).await;
    assert_eq!(updated["message"], "Flag updated");
    assert_eq!(updated["flag"]["percent"], 50);
    for _ in 0..2 {
        let added = set(&[("status", "success")]).await;
        assert_eq!(added["uid"].as_str().unwrap().len(), 32);
    }
    let list = carol.get(&path).await.expect(200).json();
    assert_eq!(list["total_flags"], 3);
    assert_eq!(list["flags"][0]["status"], "success");
    assert_eq!(list["flags"][0]["user"]["emails"], Value::Null);
    assert_eq!(
        updated["flag"]["user"]["emails"],
        json!(["carol@example.org"])
    );
    // The beginning of a hash is another text than the hash.
    let short = carol.get(&format!("/rpms/foo/c/{}/flag", &sha[..8])).await;
    assert_eq!(
        short.expect(200).json(),
        json!({"flags": [], "total_flags": 0})
    );
    let answer = carol.get("/rpms/foo/c/rawhide/flag").await.expect(404);
    assert_eq!(answer.json()["error_code"], "ENOCOMMIT");

    // A pull request's flags are its last commit's.
    let flags = format!("/rpms/foo/pull-request/{number}/flag");
    assert_eq!(
        carol.get(&flags).await.expect(200).json(),
        json!({"flags": list["flags"]})
    );
    for (percent, status) in [
        (None, "pending"),
        (Some("0"), "failure"),
        (Some("1"), "success"),
    ] {
        let mut form = base.to_vec();
        form.extend(percent.map(|percent| ("percent", percent)));
        let answer = carol.post_form(&flags, &form).await.expect(200).json();
        assert_eq!(answer["flag"]["status"], status);
        assert_eq!(answer["user"], "carol");
    }
    for (name, value, error) in [
        ("status", "running", "Not a valid choice."),
        ("status", "", "This field is required."),
        ("url", "not a url", "Invalid input."),
        ("comment", " ", "This field is required."),
    ] {
        let mut form = base.to_vec();
        form.push(("status", "success"));
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
        let answer = carol.post_form(&path, &form).await.expect(400).json();
        assert_eq!(answer["errors"], json!({name: [error]}));
    }
    let mut body =
        json!({"username": "ci", "comment": "c", "url": "http://x.org", "status": "error"});
    body["percent"] = json!("7");
    carol.post(&path, body.clone()).await.expect(200);
    // A number breaks the server.
    body["percent"] = json!(7);
    carol.post(&path, body).await.expect(500);
}

#[tokio::test]
async fn patches_and_diffs_stand_on_the_site() {
    let forge = pagure().await;
    let number = open_pull(&forge).await;
    let client = anonymous(&forge);
    let sha = forge
        .find_pull_request("rpms/foo", number)
        .unwrap()
        .head
        .sha;
    let patch = client
        .get(&format!("//rpms/foo/pull-request/{number}.patch"))
        .await;
    let patch = patch.expect(200);
    assert_eq!(patch.header("content-type"), "text/plain;charset=UTF-8");
    let text = patch.text();
    assert!(
        text.starts_with(&format!("From {sha} Mon Sep 17 00:00:00 2001\nFrom: bob <")),
        "{text}"
    );
    assert!(
        text.contains("\nSubject: Fix\n\n\n---\n\ndiff --git a/a.txt b/a.txt\n"),
        "{text}"
    );
    let commit = client
        .get(&format!("//fork/bob/rpms/foo/c/{sha}.patch"))
        .await;
    assert_eq!(commit.expect(200).text(), text);
    let diff = client
        .get(&format!("//rpms/foo/pull-request/{number}.diff"))
        .await
        .text();
    assert!(text.contains(&diff));
    let missing = client
        .get("//rpms/foo/pull-request/999.patch")
        .await
        .expect(404);
    assert!(missing.header("content-type").starts_with("text/html"));
    let stats = client
        .get(&format!("/rpms/foo/pull-request/{number}/diffstats"))
        .await;
    let stats = stats.expect(200).json();
    assert_eq!(stats["a.txt"]["status"], "A");
    assert_eq!(stats["a.txt"]["lines_added"], 1);
    assert_eq!(
        stats["a.txt"]["old_id"],
        "0000000000000000000000000000000000000000"
    );
}

#[tokio::test]
async fn requests_of_a_user_are_found_over_all_projects() {
    let forge = pagure().await;
    open_pull(&forge).await;
    forge
        .set_permission("rpms/foo", "carol", Some(Access::Write))
        .unwrap();
    let client = anonymous(&forge);
    let ids = async |path: &str| {
        let answer = client.get(path).await.expect(200).json();
        let rows = answer["requests"].as_array().unwrap().len();
        assert_eq!(answer["total_requests"], rows);
        rows
    };
    assert_eq!(ids("/user/bob/requests/filed").await, 1);
    assert_eq!(ids("/user/bob/requests/actionable").await, 0);
    assert_eq!(ids("/user/carol/requests/actionable").await, 1);
    assert_eq!(ids("/user/carol/requests/filed").await, 0);
    assert_eq!(ids("/user/bob/requests/filed?status=merged").await, 0);
    let answer = client
        .get("/user/bob/requests/filed?created=x")
        .await
        .expect(400);
    assert_eq!(answer.json()["error_code"], "EDATETIME");
}
