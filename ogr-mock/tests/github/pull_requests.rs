use ogr_mock::{Access, PullRequestSetup, PullState};
use serde_json::{Value, json};

use super::{as_user, from_fork, github};
use crate::common::Client;

const URL: &str = "/repos/rpms/foo/pulls";

#[tokio::test]
async fn a_pull_request_from_a_fork() {
    let (forge, client) = github().await;
    let fork = forge.fork("rpms/foo", "bob").await.unwrap();
    let sha = forge
        .commit(&fork, "fix/1", "Fix", &[("a", Some("a\n"))])
        .await
        .unwrap();
    let bob = as_user(&forge, "bob");
    let body = json!({"title": "A fix", "body": "Why", "head": "bob:fix/1", "base": "main"});
    let made = bob.post(URL, body.clone()).await.expect(201).json();
    assert_eq!(
        (&made["number"], &made["state"]),
        (&json!(1), &json!("open"))
    );
    assert_ne!(made["id"], made["number"]);
    assert_eq!(made["head"]["label"], "bob:fix/1");
    assert_eq!(made["head"]["sha"], json!(sha));
    assert_eq!(made["head"]["repo"]["full_name"], "bob/foo");
    assert_eq!(made["base"]["repo"]["full_name"], "rpms/foo");
    assert_eq!(made["maintainer_can_modify"], true);
    assert_eq!(
        (&made["commits"], &made["changed_files"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(made["mergeable"], Value::Null, "nobody has looked yet");
    let url = format!("{URL}/1");
    let seen = client.get(&url).await.expect(200).json();
    assert_eq!(
        (&seen["mergeable"], &seen["mergeable_state"]),
        (&json!(true), &json!("clean"))
    );

    let again = bob.post(URL, body).await.expect(422).json();
    let words = "A pull request already exists for bob:fix/1.";
    assert_eq!(again["errors"][0]["message"], words);
    let rows = client.get(URL).await.expect(200).json();
    assert!(!rows[0].as_object().unwrap().contains_key("mergeable"));
    client.get(&format!("{URL}/2")).await.expect(404);
    client
        .get(&format!("{URL}/100000000000000000000"))
        .await
        .expect(404);
}

#[tokio::test]
async fn what_cannot_be_pulled_is_refused() {
    let (forge, client) = github().await;
    let (_, _) = from_fork(&forge).await;
    forge.branch("rpms/foo", "same", "main").await.unwrap();
    let refused = async |body: Value| {
        let answer = client.post(URL, body).await.expect(422).json();
        let error = &answer["errors"][0];
        let told = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (told("field"), told("message"))
    };
    let body = |head: &str, base: &str| json!({"title": "t", "head": head, "base": base});
    assert_eq!(refused(body("none", "main")).await.0, "head");
    assert_eq!(refused(body("nobody:fix", "main")).await.0, "head");
    assert_eq!(refused(body("bob:fix", "none")).await.0, "base");
    let nothing = refused(body("same", "main")).await.1;
    assert_eq!(nothing, "No commits between main and same");
    let mut untitled = body("bob:fix", "main");
    untitled["title"] = json!(" ");
    assert_eq!(refused(untitled).await.0, "title");
    client
        .post(URL, json!({"title": "t", "base": "main"}))
        .await
        .expect(422);
    let anonymous = Client::anonymous(&forge);
    anonymous
        .post(URL, body("bob:fix", "main"))
        .await
        .expect(401);
    assert_eq!(forge.pull_requests("rpms/foo").unwrap().len(), 1);
}

#[tokio::test]
async fn lists_filter_by_state_base_and_head() {
    let (forge, client) = github().await;
    let (first, _) = from_fork(&forge).await;
    forge.branch("rpms/foo", "stable", "main").await.unwrap();
    for (branch, base) in [("one", "main"), ("two", "stable")] {
        forge
            .commit("rpms/foo", branch, branch, &[(branch, Some("x"))])
            .await
            .unwrap();
        let setup = PullRequestSetup::from_branch(branch)
            .author("alice")
            .base(base);
        forge.pull_request("rpms/foo", setup).await.unwrap();
    }
    let numbers = async |query: &str| {
        let rows = client
            .get(&format!("{URL}{query}"))
            .await
            .expect(200)
            .json();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["number"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers("").await, [3, 2, 1]);
    assert_eq!(numbers("?direction=asc").await, [1, 2, 3]);
    assert_eq!(numbers("?base=stable").await, [3]);
    assert_eq!(numbers("?head=bob:fix").await, [first]);
    assert_eq!(numbers("?head=rpms:one&base=main").await, [2]);
    assert_eq!(
        numbers("?head=one").await,
        [3, 2, 1],
        "without an owner it filters nothing"
    );
    client
        .patch(&format!("{URL}/2"), json!({"state": "closed"}))
        .await
        .expect(200);
    client
        .put(&format!("{URL}/1/merge"), json!({}))
        .await
        .expect(200);
    assert_eq!(numbers("").await, [3]);
    assert_eq!(
        numbers("?state=closed").await,
        [2, 1],
        "merged ones are closed ones"
    );
    assert_eq!(numbers("?state=all&per_page=2&page=2").await, [1]);
    let rows = client.get(&format!("{URL}?state=closed")).await.json();
    assert_eq!(rows[0]["merged_at"], Value::Null);
    assert!(rows[1]["merged_at"].is_string());
    // The one that was touched last comes last, unless told otherwise.
    client
        .patch(&format!("{URL}/3"), json!({"title": "x"}))
        .await
        .expect(200);
    assert_eq!(numbers("?state=all&sort=updated").await.last(), Some(&3));
}

#[tokio::test]
async fn editing_closing_and_reopening() {
    let (forge, _) = github().await;
    let (number, _) = from_fork(&forge).await;
    let url = format!("{URL}/{number}");
    let bob = as_user(&forge, "bob");
    let body = json!({"title": "New", "body": "Text", "maintainer_can_modify": true});
    let changed = bob.patch(&url, body).await.expect(200).json();
    assert_eq!(
        (&changed["title"], &changed["body"]),
        (&json!("New"), &json!("Text"))
    );
    // A draft is not made or unmade here.
    let same = bob
        .patch(&url, json!({"draft": true}))
        .await
        .expect(200)
        .json();
    assert_eq!(same["draft"], false);
    as_user(&forge, "carol")
        .patch(&url, json!({"title": "x"}))
        .await
        .expect(403);
    forge
        .set_permission("rpms/foo", "carol", Some(Access::Triage))
        .unwrap();
    let closed = as_user(&forge, "carol")
        .patch(&url, json!({"state": "closed"}))
        .await;
    let closed = closed.expect(200).json();
    assert_eq!(
        (&closed["state"], &closed["merged"]),
        (&json!("closed"), &json!(false))
    );
    assert!(closed["closed_at"].is_string());
    let reopened = bob
        .patch(&url, json!({"state": "open"}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&reopened["state"], &reopened["closed_at"]),
        (&json!("open"), &Value::Null)
    );
    bob.patch(&url, json!({"state": "nonsense"}))
        .await
        .expect(422);
    bob.patch(&url, json!({"title": ""})).await.expect(422);

    // A second one of the same branches may be opened only while the first is closed.
    bob.patch(&url, json!({"state": "closed"}))
        .await
        .expect(200);
    let body = json!({"title": "Second", "head": "bob:fix", "base": "main"});
    bob.post(URL, body).await.expect(201);
    let twin = bob
        .patch(&url, json!({"state": "open"}))
        .await
        .expect(422)
        .json();
    assert!(
        twin["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("already exists")
    );
}

#[tokio::test]
async fn the_base_can_be_changed() {
    let (forge, client) = github().await;
    let (number, _) = from_fork(&forge).await;
    forge.branch("rpms/foo", "stable", "main").await.unwrap();
    let url = format!("{URL}/{number}");
    let changed = client
        .patch(&url, json!({"base": "stable"}))
        .await
        .expect(200)
        .json();
    assert_eq!(changed["base"]["ref"], "stable");
    let none = client
        .patch(&url, json!({"base": "none"}))
        .await
        .expect(422)
        .json();
    assert_eq!(none["errors"][0]["field"], "base");
}

#[tokio::test]
async fn without_its_branch_or_its_fork_it_stays_closed_and_is_told_with_gaps() {
    let (forge, client) = github().await;
    let (number, sha) = from_fork(&forge).await;
    let url = format!("{URL}/{number}");
    let bob = as_user(&forge, "bob");
    bob.delete("/repos/bob/foo/git/refs/heads/fix")
        .await
        .expect(204);
    let closed = client.get(&url).await.expect(200).json();
    assert_eq!(closed["state"], "closed");
    let why = async || {
        let answer = client
            .patch(&url, json!({"state": "open"}))
            .await
            .expect(422);
        answer.json()["errors"][0]["message"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(why().await.contains("fix branch has been deleted"));
    bob.delete("/repos/bob/foo").await.expect(204);
    assert!(why().await.contains("repository that submitted"));
    let gap = client.get(&url).await.expect(200).json();
    assert_eq!(gap["head"]["repo"], Value::Null);
    assert_eq!(
        (&gap["head"]["ref"], &gap["head"]["sha"]),
        (&json!("fix"), &json!(sha))
    );
    // What it held is still told.
    let files = client.get(&format!("{url}/files")).await.expect(200).json();
    assert_eq!(files[0]["filename"], "a.txt");
}

#[tokio::test]
async fn commits_files_and_text() {
    let (forge, client) = github().await;
    let (number, first) = from_fork(&forge).await;
    let files = [("a.txt", Some("one\n2\n")), ("README.md", None)];
    let second = forge
        .commit("bob/foo", "fix", "Second", &files)
        .await
        .unwrap();
    forge
        .commit("rpms/foo", "main", "Elsewhere", &[("z", Some("z"))])
        .await
        .unwrap();
    let url = format!("{URL}/{number}");
    let rows = client
        .get(&format!("{url}/commits"))
        .await
        .expect(200)
        .json();
    let shas: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["sha"])
        .collect();
    assert_eq!(shas, [&json!(first), &json!(second)], "oldest first");
    let one = client
        .get(&format!("{url}/commits?per_page=1&page=2"))
        .await
        .expect(200);
    assert_eq!(one.json()[0]["sha"], json!(second));
    assert!(one.header("link").contains("rel=\"prev\""));

    let files = client.get(&format!("{url}/files")).await.expect(200).json();
    let told: Vec<_> = files
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            (
                file["filename"].as_str().unwrap(),
                file["status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("README.md", "removed"), ("a.txt", "added")]);
    assert_eq!(files[1]["additions"], 2);
    assert_eq!(files[1]["patch"], "@@ -0,0 +1,2 @@\n+one\n+2");

    // The head moves on after the base did: what only the base has is still no part of it.
    forge
        .commit("bob/foo", "fix", "Third", &[("a.txt", Some("one\n3\n"))])
        .await
        .unwrap();
    let again = client.get(&format!("{url}/files")).await.expect(200).json();
    assert_eq!(again.as_array().unwrap().len(), 2);
    let diff = as_user(&forge, "alice").with("accept", "application/vnd.github.v3.diff");
    let text = diff.get(&url).await.expect(200).text();
    assert!(
        text.contains("deleted file mode") && !text.contains("Elsewhere"),
        "{text}"
    );
    let patch = as_user(&forge, "alice").with("accept", "application/vnd.github.patch");
    let text = patch.get(&url).await.expect(200).text();
    assert!(text.contains("[PATCH 1/3] Add a") && text.contains("[PATCH 2/3] Second"));
    let page = client
        .get(&format!("//rpms/foo/pull/{number}.diff"))
        .await
        .expect(200);
    assert!(page.text().starts_with("diff --git"));
}

#[tokio::test]
async fn a_diff_without_end_is_refused() {
    let (forge, _) = github().await;
    let long = "x\n".repeat(20_001);
    forge
        .commit("rpms/foo", "long", "Long", &[("long", Some(&long))])
        .await
        .unwrap();
    let setup = PullRequestSetup::from_branch("long").author("alice");
    let number = forge.pull_request("rpms/foo", setup).await.unwrap();
    let diff = as_user(&forge, "alice").with("accept", "application/vnd.github.diff");
    let answer = diff
        .get(&format!("{URL}/{number}"))
        .await
        .expect(406)
        .json();
    assert_eq!(answer["errors"][0]["code"], "too_large");
}

#[tokio::test]
async fn comments_stand_under_the_issue_of_the_same_number() {
    let (forge, client) = github().await;
    let (number, _) = from_fork(&forge).await;
    let url = format!("/repos/rpms/foo/issues/{number}/comments");
    let bob = as_user(&forge, "bob");
    let carol = as_user(&forge, "carol");
    let made = bob
        .post(&url, json!({"body": "First"}))
        .await
        .expect(201)
        .json();
    assert_eq!(made["user"]["login"], "bob");
    client
        .post(&url, json!({"body": "Second"}))
        .await
        .expect(201);
    let blank = client
        .post(&url, json!({"body": " "}))
        .await
        .expect(422)
        .json();
    assert_eq!(blank["errors"][0]["message"], "Body cannot be blank");
    client.post(&url, json!({})).await.expect(422);
    Client::anonymous(&forge)
        .post(&url, json!({"body": "x"}))
        .await
        .expect(401);
    let rows = client
        .get(&format!("{url}?per_page=1&page=2"))
        .await
        .expect(200);
    assert_eq!(rows.json()[0]["body"], "Second");
    assert!(rows.header("link").contains("/repositories/"));
    let all = client
        .get("/repos/rpms/foo/issues/comments")
        .await
        .expect(200)
        .json();
    assert_eq!(all.as_array().unwrap().len(), 2);

    let one = format!("/repos/rpms/foo/issues/comments/{}", made["id"]);
    carol.patch(&one, json!({"body": "x"})).await.expect(403);
    let edited = bob
        .patch(&one, json!({"body": "Edited"}))
        .await
        .expect(200)
        .json();
    assert_eq!(edited["body"], "Edited");
    assert_eq!(client.get(&one).await.expect(200).json(), edited);
    carol.delete(&one).await.expect(403);
    client.delete(&one).await.expect(204);
    client.get(&one).await.expect(404);
    assert_eq!(forge.comments("rpms/foo", number).unwrap().len(), 1);
    let pull = client
        .get(&format!("{URL}/{number}"))
        .await
        .expect(200)
        .json();
    assert_eq!(pull["comments"], 1);
    client
        .get("/repos/rpms/foo/issues/99/comments")
        .await
        .expect(404);
}

#[tokio::test]
async fn labels_come_as_an_object_or_a_bare_array() {
    let (forge, client) = github().await;
    let (number, _) = from_fork(&forge).await;
    let url = format!("/repos/rpms/foo/issues/{number}/labels");
    let labels = || forge.labels("rpms/foo", number).unwrap();
    let rows = client
        .post(&url, json!({"labels": ["b", "a"]}))
        .await
        .expect(200)
        .json();
    assert_eq!(rows[0]["name"], "a");
    client.post(&url, json!(["c"])).await.expect(200);
    assert_eq!(labels(), ["a", "b", "c"]);
    client.delete(&format!("{url}/b")).await.expect(200);
    assert_eq!(labels(), ["a", "c"]);
    let none = client.delete(&format!("{url}/b")).await.expect(404).json();
    assert_eq!(none["message"], "Label does not exist");
    client.put(&url, json!(["d"])).await.expect(200);
    assert_eq!(labels(), ["d"]);
    let listed = client.get(URL).await.expect(200).json();
    assert_eq!(listed[0]["labels"][0]["name"], "d");
    as_user(&forge, "bob")
        .post(&url, json!(["x"]))
        .await
        .expect(403);
    client.post(&url, json!("x")).await.expect(422);
    client.delete(&url).await.expect(204);
    assert_eq!(labels(), [""; 0]);
    assert_eq!(client.get(&url).await.expect(200).json(), json!([]));
}

#[tokio::test]
async fn a_thousand_pull_requests_are_listed_in_pages() {
    let (forge, client) = github().await;
    forge.seed_pull_requests("rpms/foo", 1000).unwrap();
    let page = client
        .get(&format!("{URL}?per_page=100&page=10"))
        .await
        .expect(200);
    let rows = page.json();
    assert_eq!(rows.as_array().unwrap().len(), 100);
    assert_eq!(rows[99]["number"], 1);
    assert_eq!(rows[0]["labels"].as_array().unwrap().len(), 1);
    let capped = client
        .get(&format!("{URL}?per_page=1000"))
        .await
        .expect(200);
    assert_eq!(capped.json().as_array().unwrap().len(), 100);
    let one = client.get(&format!("{URL}?per_page=1")).await.expect(200);
    assert!(one.header("link").contains("page=1000>; rel=\"last\""));
    client.get(&format!("{URL}/7")).await.expect(200);
    assert_eq!(
        forge.pull_requests("rpms/foo").unwrap()[6].state,
        PullState::Open
    );
}

#[tokio::test]
async fn the_labels_of_a_project() {
    let (forge, client) = github().await;
    let url = "/repos/rpms/foo/labels";
    let body = json!({"name": "a b", "color": "FF0000", "description": "d"});
    let made = client.post(url, body.clone()).await.expect(201).json();
    assert_eq!(made["color"], "ff0000");
    let again = client.post(url, body).await.expect(422).json();
    assert_eq!(again["errors"][0]["code"], "already_exists");
    let bad = json!({"name": "x", "color": "#ff0000"});
    let bad = client.post(url, bad).await.expect(422).json();
    assert_eq!(bad["errors"][0]["field"], "color");
    let (number, _) = from_fork(&forge).await;
    let held = format!("/repos/rpms/foo/issues/{number}/labels");
    client.post(&held, json!(["A B"])).await.expect(200);
    let one = format!("{url}/a%20b");
    let body = json!({"new_name": "new", "color": "00ff00"});
    let changed = client.patch(&one, body).await.expect(200).json();
    assert_eq!(
        (&changed["name"], &changed["id"]),
        (&json!("new"), &made["id"])
    );
    assert_eq!(forge.labels("rpms/foo", number).unwrap(), ["new"]);
    client.get(&one).await.expect(404);
    let rows = client.get(url).await.expect(200).json();
    assert_eq!(rows, json!([changed]));
    as_user(&forge, "bob")
        .delete(&format!("{url}/new"))
        .await
        .expect(403);
    client.delete(&format!("{url}/new")).await.expect(204);
    assert_eq!(forge.labels("rpms/foo", number).unwrap(), [""; 0]);
}
