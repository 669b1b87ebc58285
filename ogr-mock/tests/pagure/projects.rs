//! Projects, forks, refs and what is in them.

use std::time::{Duration, Instant};

use ogr_mock::{ForkDelay, MockForge, ProjectSetup};
use serde_json::{Value, json};

use crate::common::{Work, commit, git};
use crate::{anonymous, as_user, pagure};

#[tokio::test]
async fn waiting_is_what_any_text_but_an_empty_one_means() {
    let forge = pagure().await;
    let alice = as_user(&forge, "alice");
    for (name, wait) in [("a", "True"), ("b", "False"), ("cc", "no")] {
        let form = [("name", name), ("description", "d"), ("wait", wait)];
        let answer = alice.post_form("/new", &form).await.expect(200).json();
        assert_eq!(answer["message"], format!("Project \"{name}\" created"));
    }
    let form = [("name", "dd"), ("description", "d"), ("wait", "")];
    let answer = alice.post_form("/new", &form).await.expect(200).json();
    assert_eq!(answer["message"], "Project creation queued");
    let body = json!({"name": "e", "description": "d", "wait": false});
    let answer = alice.post("/new", body).await.expect(200).json();
    let task = answer["taskid"].as_str().unwrap();
    let status = async |task: &str| {
        let answer = alice.get(&format!("/task/{task}/status")).await;
        answer.expect(200).json()
    };
    let done = json!({"ready": true, "status": "SUCCESS", "successful": true});
    assert_eq!(status(task).await, done);
    let pending = json!({"ready": false, "status": "PENDING"});
    assert_eq!(status("nobody-queued-this").await, pending);
}

#[tokio::test]
async fn a_fork_that_takes_time_is_waited_for() {
    let delay = Duration::from_millis(50);
    let builder = MockForge::pagure().fork_delay(delay, ForkDelay::Missing);
    let forge = with_foo(builder.start().await.unwrap()).await;
    let bob = as_user(&forge, "bob");
    let start = Instant::now();
    let form = [("repo", "foo"), ("namespace", "alice"), ("wait", "True")];
    bob.post_form("/fork", &form).await.expect(200);
    assert!(start.elapsed() >= delay);
    bob.get("/fork/bob/alice/foo").await.expect(200);
}

#[tokio::test]
async fn a_fork_that_takes_time_is_asked_about() {
    let delay = Duration::from_secs(60);
    let builder = MockForge::pagure().fork_delay(delay, ForkDelay::Missing);
    let builder = builder.time(chrono::Utc::now());
    let forge = with_foo(builder.start().await.unwrap()).await;
    let bob = as_user(&forge, "bob");
    let body = json!({"repo": "foo", "namespace": "alice", "wait": false});
    let answer = bob.post("/fork", body).await.expect(200).json();
    assert_eq!(answer["message"], "Project forking queued");
    let path = format!("/task/{}/status", answer["taskid"].as_str().unwrap());
    assert_eq!(bob.get(&path).await.json()["status"], "PENDING");
    bob.get("/fork/bob/alice/foo").await.expect(404);
    forge.advance(delay);
    assert_eq!(bob.get(&path).await.json()["status"], "SUCCESS");
    bob.get("/fork/bob/alice/foo").await.expect(200);
}

/// The forge with alice's project `foo`, and with bob.
async fn with_foo(forge: MockForge) -> MockForge {
    forge.add_user("alice");
    forge.add_user("bob");
    let setup = ProjectSetup::default();
    forge.add_project("alice/foo", setup).await.unwrap();
    forge
}

#[tokio::test]
async fn forks_stand_in_paths_of_their_own_and_take_no_pull_requests() {
    let forge = pagure().await;
    let bob = as_user(&forge, "bob");
    let form = [("repo", "foo"), ("namespace", "rpms")];
    let answer = bob.post_form("/fork", &form).await.expect(200).json();
    assert_eq!(
        answer["message"],
        "Repo \"rpms/foo\" cloned to \"bob/rpms/foo\""
    );
    // The namespace is missing in this text.
    let answer = bob.post_form("/fork", &form).await.expect(400).json();
    assert_eq!(answer["error_code"], "ENOCODE");
    assert_eq!(answer["error"], "Repo \"forks/bob/foo\" already exists");
    let fork = bob.get("/fork/bob/rpms/foo").await.expect(200).json();
    assert_eq!(fork["fullname"], "forks/bob/rpms/foo");
    assert_eq!(fork["url_path"], "fork/bob/rpms/foo");
    assert_eq!(fork["parent"]["fullname"], "rpms/foo");
    assert_eq!(fork["user"]["name"], "bob");
    let answer = bob
        .get("/fork/bob/rpms/foo/pull-requests")
        .await
        .expect(404);
    assert_eq!(answer.json()["error_code"], "EPULLREQUESTSDISABLED");
    let urls = bob.get("/fork/bob/rpms/foo/git/urls").await.json();
    assert_eq!(urls["urls"]["git"], forge.clone_url("fork/bob/rpms/foo"));
    let forks = bob
        .get("/projects?fork=true&pattern=foo&namespace=rpms&short=1")
        .await;
    let forks = forks.expect(200).json();
    // Short as well: there it is called by its other name.
    assert_eq!(forks["projects"][0]["fullname"], "fork/bob/rpms/foo");
    assert_eq!(forks["total_projects"], 1);
}

#[tokio::test]
async fn wrong_forms_are_told_field_by_field() {
    let forge = pagure().await;
    let alice = as_user(&forge, "alice");
    let required = json!(["This field is required."]);
    let answer = alice.post("/new", json!({})).await.expect(400).json();
    assert_eq!(answer["error_code"], "EINVALIDREQ");
    assert_eq!(
        answer["errors"],
        json!({"name": required, "description": required})
    );
    let cases = [
        (
            vec![("name", "a b"), ("description", "d")],
            json!({"name": ["Invalid input."]}),
        ),
        (
            vec![("name", "a"), ("description", "d"), ("namespace", "nosuch")],
            json!({"namespace": ["Not a valid choice."]}),
        ),
    ];
    for (form, errors) in cases {
        let answer = alice.post_form("/new", &form).await.expect(400).json();
        assert_eq!(answer["errors"], errors);
    }
    let form = [("name", "foo"), ("description", "d"), ("namespace", "rpms")];
    let answer = alice.post_form("/new", &form).await.expect(400).json();
    assert_eq!(answer["errors"], Value::Null);
    assert_eq!(
        answer["error"],
        "It is not possible to create the repo \"rpms/foo\""
    );
    let form = [
        ("name", "x"),
        ("description", "d"),
        ("private", "true"),
        ("namespace", "rpms"),
    ];
    let answer = alice.post_form("/new", &form).await.expect(200).json();
    assert_eq!(answer["message"], "Project \"alice/x\" created");
    assert!(forge.project("alice/x").unwrap().private);
}

#[tokio::test]
async fn lists_come_in_envelopes() {
    let forge = pagure().await;
    let client = anonymous(&forge);
    let answer = client.get("/projects?per_page=1&tags=a&tags=b").await;
    let empty = answer.expect(200).json();
    assert_eq!(empty["pagination"]["pages"], 0);
    let last = empty["pagination"]["last"].as_str().unwrap();
    // Of a parameter that is given twice the second is lost.
    assert!(
        last.ends_with("/api/0/projects?per_page=1&tags=a&page=0"),
        "{last}"
    );
    let first = client.get("/projects?per_page=1").await.expect(200).json();
    assert_eq!(first["total_projects"], 2);
    assert_eq!(first["pagination"]["prev"], Value::Null);
    let next = first["pagination"]["next"].as_str().unwrap();
    let next = next.strip_prefix(forge.url()).unwrap();
    let second = client.get(next).await.expect(200).json();
    assert_eq!(second["pagination"]["next"], Value::Null);
    assert_ne!(second["projects"][0]["name"], first["projects"][0]["name"]);
    let beyond = client.get("/projects?page=9").await.expect(200).json();
    assert_eq!(beyond["projects"], json!([]));
    for (query, code) in [
        ("page=0", "EINVALIDREQ"),
        ("page=x", "EINVALIDREQ"),
        ("per_page=101", "EINVALIDPERPAGEVALUE"),
        ("per_page=0", "EINVALIDPERPAGEVALUE"),
    ] {
        let answer = client.get(&format!("/projects?{query}")).await.expect(400);
        assert_eq!(answer.json()["error_code"], code, "{query}");
    }
    let user = client
        .get("/user/alice?per_page=1")
        .await
        .expect(200)
        .json();
    assert_eq!(user["repos_pagination"]["repopage"], 1);
    assert_eq!(user["repos_pagination"]["pages"], 2);
    assert_eq!(user["forks_pagination"]["pages"], 0);
    let answer = client.get("/user/nosuch").await.expect(404);
    assert_eq!(answer.json()["error_code"], "ENOUSER");
}

#[tokio::test]
async fn names_of_tags_lead_nowhere_but_their_commits_do() {
    let forge = pagure().await;
    let client = anonymous(&forge);
    let sha = forge
        .tag("rpms/foo", "v1", "rawhide", Some("One"))
        .await
        .unwrap();
    let tags = client
        .get("/rpms/foo/git/tags?with_commits=True")
        .await
        .json();
    assert_eq!(tags, json!({"tags": {"v1": sha}, "total_tags": 1}));
    for path in ["/rpms/foo/tree/v1", "/rpms/foo/tree/rawhide/f/nosuch"] {
        let answer = client.get(path).await.expect(404).json();
        assert_eq!(answer["error_code"], "EFILENOTFOUND");
    }
    client
        .get("//rpms/foo/raw/v1/f/README.md")
        .await
        .expect(404);
    for reference in ["rawhide", &sha, &sha[..7]] {
        let path = format!("/rpms/foo/tree/{reference}");
        let tree = client.get(&path).await.expect(200).json();
        assert_eq!(tree["content"][0]["name"], "README.md");
        let raw = client
            .get(&format!("//rpms/foo/raw/{reference}/f/README.md"))
            .await;
        let raw = raw.expect(200);
        assert_eq!(raw.text(), "# Read me\n");
        assert_eq!(raw.header("content-type"), "text/markdown; charset=ascii");
    }
    let info = client.get(&format!("/rpms/foo/c/{}/info", &sha[..7])).await;
    let info = info.expect(200).json();
    assert_eq!(info["message"], "Initial commit\n");
    assert!(info["commit_time"].is_i64());
    let answer = client.get("/rpms/foo/c/rawhide/info").await.expect(404);
    assert_eq!(answer.json()["error_code"], "ENOCOMMIT");
}

#[tokio::test]
async fn a_tag_needs_a_hash_and_may_be_there_already() {
    let forge = pagure().await;
    let alice = as_user(&forge, "alice");
    let sha = forge.sha("rpms/foo", "rawhide").await.unwrap().unwrap();
    let post = async |form: &[(&str, &str)]| alice.post_form("/rpms/foo/git/tags", form).await;
    let form = [
        ("tagname", "v1"),
        ("commit_hash", &sha[..8]),
        ("message", "m"),
    ];
    assert_eq!(post(&form).await.expect(200).json()["tag_created"], true);
    assert_eq!(post(&form).await.expect(200).json()["tag_created"], false);
    let answer = post(&[("tagname", "v2"), ("commit_hash", "rawhide")]).await;
    answer.expect(500);
    let nobody = "0000000000000000000000000000000000000001";
    let answer = post(&[("tagname", "v2"), ("commit_hash", nobody)])
        .await
        .expect(400);
    assert_eq!(answer.json()["error_code"], "EGITERROR");
    assert_eq!(forge.tags("rpms/foo").await.unwrap()["v1"], sha);
}

#[tokio::test]
async fn the_default_branch_is_whatever_head_names_if_it_is_there() {
    let forge = pagure().await;
    let setup = ProjectSetup::empty().owner("alice");
    forge.add_project("rpms/new", setup).await.unwrap();
    let (alice, client) = (as_user(&forge, "alice"), anonymous(&forge));
    let answer = client.get("/rpms/new/tree").await.expect(404).json();
    assert_eq!(answer["error_code"], "EEMPTYGIT");
    let work = Work::new();
    let url = forge.clone_url_as("rpms/new", "alice").unwrap();
    let tree = work.clone(&url, "new").await;
    let sha = commit(&tree, "a", "a\n", "One").await;
    git(&tree, &["push", "-q", "origin", "HEAD:refs/heads/rawhide"])
        .await
        .unwrap();
    // The first push of another branch does not change HEAD.
    let path = "/rpms/new/git/branches";
    let expected = json!({"branches": ["rawhide"], "default": null, "total_branches": 1});
    assert_eq!(client.get(path).await.json(), expected);
    client.get("/rpms/new/tree").await.expect(500);
    let answer = alice.post_form(path, &[("branch_name", "nosuch")]).await;
    assert_eq!(answer.expect(400).json()["error_code"], "EGITERROR");
    // JSON is not read here.
    alice
        .post(path, json!({"branch_name": "rawhide"}))
        .await
        .expect(400);
    let form = [("branch_name", "rawhide"), ("with_commits", "true")];
    let answer = alice.post_form(path, &form).await.expect(200).json();
    assert_eq!(answer["default"], json!({"rawhide": sha}));
    assert_eq!(answer["branches"], json!({"rawhide": sha}));
    let form = [("branch", "f40")];
    let answer = alice
        .post_form("/rpms/new/git/branch", &form)
        .await
        .expect(400);
    assert_eq!(
        answer.json()["error"],
        "The \"master\" branch does not exist"
    );
    let form = [("branch", "f40"), ("from_branch", "rawhide")];
    alice
        .post_form("/rpms/new/git/branch", &form)
        .await
        .expect(200);
    let answer = alice
        .post_form("/rpms/new/git/branch", &form)
        .await
        .expect(400);
    assert_eq!(answer.json()["error"], "The branch \"f40\" already exists");
}

#[tokio::test]
async fn settings_that_are_not_sent_stay() {
    let forge = pagure().await;
    let alice = as_user(&forge, "alice");
    let path = "/rpms/foo/options/update";
    let answer = alice
        .post_form(path, &[("always_merge", "true")])
        .await
        .expect(200);
    let message = &answer.json()["message"];
    assert_eq!(message, "Edited successfully settings of repo: rpms/foo");
    let answer = alice.post_form(path, &[("pull_requests", "true")]).await;
    assert_eq!(
        answer.expect(200).json()["message"],
        "No settings to change"
    );
    let settings = alice.get("/rpms/foo/options").await.json()["settings"].clone();
    assert_eq!(settings["always_merge"], true);
    assert_eq!(settings["Minimum_score_to_merge_pull-request"], -1);
    assert_eq!(settings.as_object().unwrap().len(), 18);
    let body = json!({"pull_requests": false});
    alice.post(path, body).await.expect(200);
    let answer = anonymous(&forge)
        .get("/rpms/foo/pull-requests")
        .await
        .expect(404);
    assert_eq!(answer.json()["error_code"], "EPULLREQUESTSDISABLED");
    assert!(!forge.project("rpms/foo").unwrap().has_pull_requests);
}

#[tokio::test]
async fn git_asks_pagure_as_it_asks_no_other_forge() {
    let forge = pagure().await;
    forge.fork("rpms/foo", "bob").await.unwrap();
    let work = Work::new();
    let tree = work
        .clone(&forge.clone_url("fork/bob/rpms/foo"), "foo")
        .await;
    commit(&tree, "a", "a\n", "One").await;
    let push = async |url: &str| git(&tree, &["push", "-q", url, "HEAD:refs/heads/x"]).await;
    let url = |path: &str, user: &str, token: &str| {
        format!("http://{user}:{token}@{}/{path}.git", forge.host())
    };
    let (alice, bob) = (forge.token("alice").unwrap(), forge.token("bob").unwrap());
    // A hook declines what HTTP let in.
    let error = push(&url("rpms/foo", "bob", &bob)).await.unwrap_err();
    assert!(error.contains("pre-receive hook declined"), "{error}");
    assert!(
        error.contains("Denied push for ref 'refs/heads/x' for user 'bob'"),
        "{error}"
    );
    push(&url("forks/bob/rpms/foo", "bob", &bob)).await.unwrap();
    assert!(
        forge
            .branches("fork/bob/rpms/foo")
            .await
            .unwrap()
            .contains_key("x")
    );
    // A token is good for its own user's name only.
    let error = push(&url("rpms/foo", "bob", &alice)).await.unwrap_err();
    assert!(error.contains("Authentication failed"), "{error}");
    // One that is no good does not keep from reading what is public.
    let list = async |url: &str| git(&tree, &["ls-remote", url]).await;
    list(&url("rpms/foo", "bob", "nonsense")).await.unwrap();
    let error = list(&url("fork/bob/rpms/foo", "bob", &bob))
        .await
        .unwrap_err();
    assert!(error.contains("not found"), "{error}");
    forge
        .change_project("rpms/foo", |project| project.private = true)
        .unwrap();
    // Nobody is asked who they are, so that git gives up where a credential would have helped.
    let error = list(&forge.clone_url("rpms/foo")).await.unwrap_err();
    assert!(error.contains("not found"), "{error}");
    let error = list(&url("rpms/foo", "bob", &bob)).await.unwrap_err();
    assert!(error.contains("not found"), "{error}");
}

#[tokio::test]
async fn times_are_texts_with_fractions_unless_the_server_is_an_old_one() {
    let at = chrono::DateTime::from_timestamp_micros(1_795_334_438_446_950).unwrap();
    for (builder, expected) in [
        (MockForge::pagure(), "1795334438.44695"),
        (MockForge::pagure().whole_seconds(), "1795334438"),
    ] {
        let forge = builder.time(at).start().await.unwrap();
        forge.add_user("alice");
        forge
            .add_project("alice/foo", ProjectSetup::default())
            .await
            .unwrap();
        let project = anonymous(&forge).get("/alice/foo").await.expect(200).json();
        assert_eq!(project["date_created"], expected);
    }
}
