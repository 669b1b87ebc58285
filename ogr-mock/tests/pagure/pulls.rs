//! What becomes of pull requests.

use ogr_mock::{PullRequestSetup, PullState};
use serde_json::{Value, json};

use crate::common::{Client, Work, commit, git};
use crate::{FORK, anonymous, as_user, open_pull, pagure, pull};

const NEW: &str = "/rpms/foo/pull-request/new";

fn form<'a>(head: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("title", "A title"),
        ("branch_to", "rawhide"),
        ("branch_from", head),
        ("repo_from", "foo"),
        ("repo_from_username", "bob"),
        ("repo_from_namespace", "rpms"),
    ];
    form.extend(more);
    form
}

#[tokio::test]
async fn what_is_open_already_is_opened_again() {
    let forge = pagure().await;
    forge.fork("rpms/foo", "bob").await.unwrap();
    let files = [("a.txt", Some("a\n"))];
    let sha = forge.commit(FORK, "fix", "Fix", &files).await.unwrap();
    let bob = as_user(&forge, "bob");
    let first = bob
        .post_form(NEW, &form("fix", &[("initial_comment", " Body ")]))
        .await;
    let first = first.expect(200).json();
    assert_eq!(first["initial_comment"], "Body");
    assert_eq!(
        (&first["commit_start"], &first["commit_stop"]),
        (&json!(sha), &json!(sha))
    );
    assert_eq!(first["repo_from"]["fullname"], "forks/bob/rpms/foo");
    assert_eq!(first["status"], "Open");
    let second = bob
        .post_form(NEW, &form("fix", &[]))
        .await
        .expect(200)
        .json();
    assert_ne!(first["id"], second["id"]);
    assert_eq!(second["initial_comment"], Value::Null);
    // Nothing new is no obstacle, but there is nothing to say about it.
    let third = bob
        .post_form(NEW, &form("rawhide", &[]))
        .await
        .expect(200)
        .json();
    assert_eq!(third["commit_stop"], Value::Null);
    let path = format!("/rpms/foo/pull-request/{}", third["id"]);
    let answer = bob.get(&format!("{path}/diffstats")).await.expect(400);
    assert_eq!(answer.json()["error_code"], "ENOPRSTATS");
    let flag = [
        ("username", "ci"),
        ("comment", "c"),
        ("url", "http://x.org"),
    ];
    let answer = bob
        .post_form(&format!("{path}/flag"), &flag)
        .await
        .expect(400);
    assert_eq!(answer.json()["error_code"], "EDBERROR");
    let path = format!("/pull-requests/{}", first["uid"].as_str().unwrap());
    assert_eq!(bob.get(&path).await.expect(200).json(), first);
}

#[tokio::test]
async fn a_wrong_branch_is_told_in_a_text_and_a_missing_field_in_an_object() {
    let forge = pagure().await;
    forge.fork("rpms/foo", "bob").await.unwrap();
    let bob = as_user(&forge, "bob");
    let errors = async |client: &Client, form: &[(&str, &str)], status: u16| {
        client.post_form(NEW, form).await.expect(status).json()["errors"].clone()
    };
    let all = form("nosuch", &[]);
    assert_eq!(
        errors(&bob, &all, 400).await,
        "Branch nosuch does not exist"
    );
    let required = json!({"branch_to": ["This field is required."]});
    let without: Vec<_> = all.iter().copied().filter(|f| f.0 != "branch_to").collect();
    assert_eq!(errors(&bob, &without, 400).await, required);
    let mut elsewhere = form("rawhide", &[]);
    elsewhere[1].1 = "nosuch";
    assert_eq!(
        errors(&bob, &elsewhere, 400).await,
        "Branch nosuch could not be found in the target repo"
    );
    // A name that is sent empty is no name.
    let mut nobody = form("rawhide", &[]);
    nobody[4].1 = "";
    assert_eq!(errors(&bob, &nobody, 404).await, Value::Null);
    let carol = as_user(&forge, "carol");
    let answer = carol
        .post_form(NEW, &form("rawhide", &[]))
        .await
        .expect(401);
    assert_eq!(answer.json()["error_code"], "ENOTHIGHENOUGH");
}

#[tokio::test]
async fn editing_takes_away_the_text_that_is_not_sent() {
    let forge = pagure().await;
    let number = open_pull(&forge).await;
    let path = format!("/rpms/foo/pull-request/{number}");
    let bob = as_user(&forge, "bob");
    let edit = [("title", "Two"), ("initial_comment", "Text")];
    let edited = bob.post_form(&path, &edit).await.expect(200).json();
    assert_eq!(edited["initial_comment"], "Text");
    let edited = bob.post_form(&path, &edit[..1]).await.expect(200).json();
    assert_eq!(edited["initial_comment"], "");
    let answer = bob.post_form(&path, &edit[1..]).await.expect(400).json();
    assert_eq!(
        answer["errors"],
        json!({"title": ["This field is required."]})
    );
    let carol = as_user(&forge, "carol");
    let answer = carol.post_form(&path, &edit).await.expect(403);
    assert_eq!(answer.json()["error_code"], "EPRNOTALLOWED");
}

#[tokio::test]
async fn closing_and_reopening_leave_traces() {
    let forge = pagure().await;
    let number = open_pull(&forge).await;
    let path = format!("/rpms/foo/pull-request/{number}");
    let (alice, carol) = (as_user(&forge, "alice"), as_user(&forge, "carol"));
    let answer = carol
        .post(&format!("{path}/close"), json!({}))
        .await
        .expect(403);
    assert_eq!(answer.json()["error_code"], "ENOPRCLOSE");
    alice
        .post(&format!("{path}/reopen"), json!({}))
        .await
        .expect(500);
    for _ in 0..2 {
        let answer = alice
            .post(&format!("{path}/close"), json!({}))
            .await
            .expect(200);
        assert_eq!(answer.json(), json!({"message": "Pull-request closed!"}));
    }
    alice
        .post(&format!("{path}/reopen"), json!({}))
        .await
        .expect(200);
    let told = pull(&forge, number).await;
    let comments = told["comments"].as_array().unwrap();
    let said: Vec<&str> = comments
        .iter()
        .map(|c| c["comment"].as_str().unwrap())
        .collect();
    let closed = "Pull-Request has been closed by alice";
    assert_eq!(
        said,
        [closed, closed, "Pull-Request has been reopened by alice"]
    );
    assert!(
        comments
            .iter()
            .all(|comment| comment["notification"] == true)
    );
    assert_eq!(told["status"], "Open");
    // Who closed it is not forgotten.
    assert_eq!(told["closed_by"]["name"], "alice");
    assert_ne!(told["closed_at"], Value::Null);
}

#[tokio::test]
async fn merging_moves_the_branch_or_makes_a_commit() {
    let forge = pagure().await;
    let first = open_pull(&forge).await;
    let files = [("b.txt", Some("b\n"))];
    forge.branch(FORK, "other", "rawhide").await.unwrap();
    forge.commit(FORK, "other", "Other", &files).await.unwrap();
    let setup = || {
        PullRequestSetup::from_fork(FORK, "other")
            .author("bob")
            .base("rawhide")
    };
    let second = forge
        .pull_request("rpms/foo", setup().title("Other one"))
        .await
        .unwrap();
    let third = forge.pull_request("rpms/foo", setup()).await.unwrap();
    let (alice, carol) = (as_user(&forge, "alice"), as_user(&forge, "carol"));
    let merge = async |client: &Client, number: u64| {
        let path = format!("/rpms/foo/pull-request/{number}/merge");
        client.post(&path, json!({})).await
    };
    assert_eq!(
        merge(&carol, first).await.expect(403).json()["error_code"],
        "ENOPRCLOSE"
    );
    let answer = merge(&alice, first).await.expect(200).json();
    assert_eq!(answer, json!({"message": "Changes merged!"}));
    let head = forge.find_pull_request("rpms/foo", first).unwrap().head.sha;
    assert_eq!(forge.branches("rpms/foo").await.unwrap()["rawhide"], head);
    merge(&alice, second).await.expect(200);
    let tip = &forge.log("rpms/foo", "rawhide").await.unwrap()[0];
    assert_eq!(tip.message, format!("Merge #{second} `Other one`"));
    assert_eq!(tip.parents[0], head);
    assert_eq!(
        merge(&alice, first).await.expect(409).json()["error_code"],
        "EPRCONFLICTS"
    );
    // What the base has already is refused, and merged in the books.
    merge(&alice, third).await.expect(409);
    let state = |number| forge.find_pull_request("rpms/foo", number).unwrap().state;
    assert_eq!(state(third), PullState::Merged);
    assert_eq!(pull(&forge, first).await["cached_merge_status"], "unknown");
}

#[tokio::test]
async fn settings_stand_in_the_way_of_a_merge() {
    let forge = pagure().await;
    let number = open_pull(&forge).await;
    let alice = as_user(&forge, "alice");
    let path = format!("/rpms/foo/pull-request/{number}");
    let refused = async |setting: &str, value: Value| {
        let body = json!({setting: value});
        alice
            .post("/rpms/foo/options/update", body)
            .await
            .expect(200);
        let answer = alice.post(&format!("{path}/merge"), json!({})).await;
        let code = answer.json()["error_code"].clone();
        let status = answer.status;
        let off = if value.is_boolean() {
            json!(false)
        } else {
            json!(-1)
        };
        let body = json!({setting: off});
        alice
            .post("/rpms/foo/options/update", body)
            .await
            .expect(200);
        (status, code)
    };
    let setting = "Only_assignee_can_merge_pull-request";
    assert_eq!(
        refused(setting, json!(true)).await,
        (403, json!("ENOTASSIGNED"))
    );
    forge
        .change_pull_request("rpms/foo", number, |pull| {
            pull.assignees = vec!["bob".to_owned()];
        })
        .unwrap();
    assert_eq!(
        refused(setting, json!(true)).await,
        (403, json!("ENOTASSIGNEE"))
    );
    let setting = "Minimum_score_to_merge_pull-request";
    assert_eq!(refused(setting, json!(1)).await, (403, json!("EPRSCORE")));
    let setting = "Enforce_signed-off_commits_in_pull-request";
    assert_eq!(
        refused(setting, json!(true)).await,
        (409, json!("EPRCONFLICTS"))
    );
    alice
        .post(
            "/rpms/foo/options/update",
            json!({"Minimum_score_to_merge_pull-request": 1}),
        )
        .await;
    assert_eq!(pull(&forge, number).await["threshold_reached"], false);
    let vote = [("comment", "+1")];
    alice
        .post_form(&format!("{path}/comment"), &vote)
        .await
        .expect(200);
    assert_eq!(pull(&forge, number).await["threshold_reached"], true);
    alice
        .post(&format!("{path}/merge"), json!({}))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_push_leaves_a_comment_unless_the_branch_is_called_like_the_default_one() {
    let forge = pagure().await;
    let number = open_pull(&forge).await;
    let work = Work::new();
    let url = forge.clone_url_as(FORK, "bob").unwrap();
    let tree = work.clone(&url, "fork").await;
    git(&tree, &["checkout", "-q", "fix"]).await.unwrap();
    commit(&tree, "b.txt", "b\n", "Second\n\nbody").await;
    let tip = commit(&tree, "c.txt", "c\n", "Third").await;
    git(&tree, &["push", "-q", "origin", "fix"]).await.unwrap();
    let told = pull(&forge, number).await;
    assert_eq!(told["commit_stop"], tip);
    assert_eq!(told["cached_merge_status"], "FFORWARD");
    let comment = &told["comments"][0];
    let expected = "**2 new commits added**\n\n * ``Third``\n * ``Second``\n";
    assert_eq!(comment["comment"], expected);
    assert_eq!(
        (&comment["notification"], &comment["user"]["name"]),
        (&json!(true), &json!("bob"))
    );
    let refs = git(&tree, &["ls-remote", &forge.clone_url("rpms/foo")])
        .await
        .unwrap();
    assert!(
        refs.contains(&format!("{tip}\trefs/pull/{number}/head")),
        "{refs}"
    );

    git(&tree, &["checkout", "-q", "rawhide"]).await.unwrap();
    commit(&tree, "d.txt", "d\n", "Fourth").await;
    git(&tree, &["push", "-q", "origin", "rawhide"])
        .await
        .unwrap();
    let bob = as_user(&forge, "bob");
    let opened = bob
        .post_form(NEW, &form("rawhide", &[]))
        .await
        .expect(200)
        .json();
    let tip = commit(&tree, "e.txt", "e\n", "Fifth").await;
    git(&tree, &["push", "-q", "origin", "rawhide"])
        .await
        .unwrap();
    let number = opened["id"].as_u64().unwrap();
    let stale = pull(&forge, number).await;
    assert_eq!(stale["commit_stop"], opened["commit_stop"]);
    assert_ne!(stale["last_updated"], opened["last_updated"]);
    // Whoever asks for the statistics sets it right.
    let path = format!("/rpms/foo/pull-request/{number}/diffstats");
    let stats = bob.get(&path).await.expect(200).json();
    assert_eq!(stats["e.txt"]["status"], "A");
    assert_eq!(pull(&forge, number).await["commit_stop"], tip);
}

#[tokio::test]
async fn other_first_commits_count_as_a_rebase() {
    let forge = pagure().await;
    let number = open_pull(&forge).await;
    let work = Work::new();
    let url = forge.clone_url_as(FORK, "bob").unwrap();
    let tree = work.clone(&url, "fork").await;
    git(&tree, &["checkout", "-q", "fix"]).await.unwrap();
    git(&tree, &["commit", "-q", "--amend", "-m", "Anew"])
        .await
        .unwrap();
    git(&tree, &["push", "-q", "-f", "origin", "fix"])
        .await
        .unwrap();
    let base = forge.sha("rpms/foo", "rawhide").await.unwrap().unwrap();
    let comments = forge.comments("rpms/foo", number).unwrap();
    assert_eq!(comments[0].body, format!("rebased onto {base}"));
    // The base moves on, and the server brings the branch after it.
    let files = [("z.txt", Some("z\n"))];
    let base = forge
        .commit("rpms/foo", "rawhide", "On the base", &files)
        .await
        .unwrap();
    let path = format!("/rpms/foo/pull-request/{number}/rebase");
    let answer = as_user(&forge, "carol")
        .post(&path, json!({}))
        .await
        .expect(403);
    assert_eq!(answer.json()["error_code"], "EREBASENOTALLOWED");
    let answer = as_user(&forge, "bob")
        .post(&path, json!({}))
        .await
        .expect(200);
    assert_eq!(answer.json(), json!({"message": "Pull-request rebased"}));
    let log = forge.log(FORK, "fix").await.unwrap();
    assert_eq!((log[0].message.as_str(), &log[1].sha), ("Anew", &base));
}

#[tokio::test]
async fn a_pull_request_outlives_its_fork() {
    let forge = pagure().await;
    let number = open_pull(&forge).await;
    forge.delete_project(FORK).await.unwrap();
    let told = pull(&forge, number).await;
    assert_eq!(
        (&told["repo_from"], &told["remote_git"]),
        (&Value::Null, &Value::Null)
    );
    let path = format!("/rpms/foo/pull-request/{number}");
    anonymous(&forge)
        .get(&format!("{path}/diffstats"))
        .await
        .expect(200);
    let alice = as_user(&forge, "alice");
    alice
        .post(&format!("{path}/merge"), json!({}))
        .await
        .expect(200);
    // Of a closed one the fork is asked for the statistics.
    anonymous(&forge)
        .get(&format!("{path}/diffstats"))
        .await
        .expect(500);
    assert!(
        forge
            .file("rpms/foo", "rawhide", "a.txt")
            .await
            .unwrap()
            .is_some()
    );
}
