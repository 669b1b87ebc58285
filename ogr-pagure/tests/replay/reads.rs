//! The recorded answers, read.

use futures_util::TryStreamExt;
use ogr_core::{
    CheckState, ErrorKind, Forge, ProjectQuery, PullRequest, PullRequestQuery, StateFilter, Users,
};
use serde_json::Value;

use crate::{OTHER, Recordings, SHA, WEB, assert_pull, project, seconds, serve, text};

#[tokio::test]
async fn every_recorded_pull_request_is_read() {
    let Some(recordings) = Recordings::open() else {
        return;
    };
    let mut read = 0;
    for record in recordings.reads("/api/0/rpms/foo/pull-request/", "") {
        let path = record["path"].as_str().unwrap();
        let number = path.trim_start_matches("/api/0/rpms/foo/pull-request/");
        let Ok(number) = number.parse::<u64>() else {
            continue;
        };
        let (forge, _) = serve(std::slice::from_ref(record), WEB);
        let pull = project(&forge, "rpms/foo")
            .pull_requests()
            .get(number)
            .await;
        assert_pull(&pull.unwrap(), &record["body"]);
        read += 1;
    }
    assert!(read > 12, "{read}");
}

#[tokio::test]
async fn every_recorded_list_of_pull_requests_is_read() {
    let Some(recordings) = Recordings::open() else {
        return;
    };
    let mut read = 0;
    for (name, state, author, labels) in [
        ("pr_list_status_cap_open", StateFilter::Open, None, &[][..]),
        ("pr_list_status_cap_merged", StateFilter::Merged, None, &[]),
        ("pr_list_status_cap_closed", StateFilter::Closed, None, &[]),
        ("pr_list_status_cap_all", StateFilter::All, None, &[]),
        ("v514_pr_list_all", StateFilter::All, None, &[]),
        ("pr_list_author", StateFilter::Open, Some("alice"), &[]),
        (
            "pr_list_author_unknown",
            StateFilter::Open,
            Some("nosuch"),
            &[],
        ),
        ("pr_list_tags", StateFilter::Open, None, &["easyfix"]),
    ] {
        let mut record = recordings.get(name).clone();
        // Where the recording relies on the default, ogr says it.
        let path = record["path"].as_str().unwrap();
        if !path.contains("status=") {
            record["path"] = format!("{path}&status=Open").into();
        }
        let (forge, _) = serve(std::slice::from_ref(&record), WEB);
        let mut query = PullRequestQuery::open().state(state);
        query.author = author.map(str::to_owned);
        query.labels = labels.iter().map(|label| label.to_string()).collect();
        let foo = project(&forge, "rpms/foo");
        let rows = record["body"]["requests"].as_array().unwrap();
        // A recording with small pages has but the first of them.
        let pulls: Vec<PullRequest> = {
            let listing = foo.pull_requests().list(query).take(rows.len());
            listing.try_collect().await.unwrap()
        };
        assert_eq!(pulls.len(), rows.len(), "{name}");
        for (pull, row) in pulls.iter().zip(rows) {
            assert_pull(pull, row);
            read += 1;
        }
    }
    assert!(read > 15, "{read}");
}

#[tokio::test]
async fn pages_follow_each_other() {
    let Some(recordings) = Recordings::open() else {
        return;
    };
    let names = ["pr_list_per_page", "pr_list_per_page_page2"];
    let exchanges: Vec<Value> = names
        .iter()
        .map(|name| {
            let mut record = recordings.get(name).clone();
            let path = record["path"].as_str().unwrap();
            record["path"] = format!("{path}&status=Open").into();
            // The recorded list had more pages than were recorded.
            record["body"]["pagination"]["pages"] = 2.into();
            record["body"]["total_requests"] = 4.into();
            record
        })
        .collect();
    let (forge, wire) = serve(&exchanges, WEB);
    let foo = project(&forge, "rpms/foo");
    let open = foo.pull_requests().list(PullRequestQuery::open());
    assert_eq!(open.collect_all().await.unwrap().len(), 4);
    assert_eq!(wire.sent().len(), 2);

    let names = ["projects_list_page_beyond", "projects_list_none"];
    for name in names {
        let mut record = recordings.get(name).clone();
        record["path"] = "/api/0/projects?namespace=rpms&fork=false".into();
        let (forge, wire) = serve(&[record], WEB);
        let query = ProjectQuery::namespace("rpms");
        let none = forge.projects().list(query).collect_all().await.unwrap();
        assert!(none.is_empty());
        assert_eq!(wire.sent().len(), 1);
    }
}

#[tokio::test]
async fn every_recorded_project_is_read() {
    let Some(recordings) = Recordings::open() else {
        return;
    };
    let paths = ["demo", "rpms/foo", "fork/bob/rpms/foo", "fork/bob/demo"];
    let mut read = 0;
    for path in paths {
        for record in recordings.reads("/api/0/", &format!("/0/{path}")) {
            let (forge, _) = serve(std::slice::from_ref(record), WEB);
            let info = project(&forge, path).get().await.unwrap();
            let body = &record["body"];
            assert_eq!(info.path.to_string(), path);
            assert_eq!(info.id, Some(body["id"].to_string()));
            assert_eq!(info.description, text(&body["description"]));
            assert_eq!(Some(info.web_url), text(&body["full_url"]));
            let parent = info.parent.map(|parent| parent.to_string());
            assert_eq!(parent, text(&body["parent"]["url_path"]));
            assert_eq!(info.is_fork, Some(path.starts_with("fork/")));
            let created = info.created_at.map(|time| time.timestamp());
            assert_eq!(created, seconds(&body["date_created"]));
            read += 1;
        }
    }
    assert!(read > 6, "{read}");
}

#[tokio::test]
async fn every_recorded_commit_branch_and_tag_is_read() {
    let Some(recordings) = Recordings::open() else {
        return;
    };
    for name in ["commit_info", "commit_info_short"] {
        let record = recordings.get(name);
        let (foo, _) = recordings.project("rpms/foo", &[name]);
        let asked = record["path"].as_str().unwrap();
        let asked = asked.split('/').nth_back(1).unwrap();
        let commit = foo.refs().commit(asked).await.unwrap();
        let body = &record["body"];
        assert_eq!(Some(&*commit.sha), body["hash"].as_str());
        let committed = commit.committer.unwrap().date.unwrap().timestamp();
        assert_eq!(Some(committed), body["commit_time"].as_i64());
    }
    let (foo, _) = recordings.project("rpms/foo", &["branches_with_commits"]);
    let body = &recordings.get("branches_with_commits")["body"]["branches"];
    let branches = foo.refs().branches().collect_all().await.unwrap();
    assert_eq!(branches.len(), body.as_object().unwrap().len());
    for branch in branches {
        assert_eq!(Some(&*branch.sha), body[&branch.name].as_str());
    }
    for (name, path, default) in [
        ("branches", "rpms/foo", Some("rawhide")),
        ("branches_default_missing_head", "rpms/foo", None),
        ("branches_empty_repo", "demo3", None),
        ("branches_with_alias", "rpms/foo", Some("rawhide")),
        ("fork_branches", "fork/bob/rpms/foo", Some("rawhide")),
    ] {
        let (project, _) = recordings.project(path, &[name]);
        let found = project.refs().default_branch().await.unwrap();
        assert_eq!(found.as_deref(), default, "{name}");
    }
    for (name, path) in [
        ("tags_with_commits", "rpms/foo"),
        ("tags_with_commits_after", "rpms/foo"),
        ("tags_empty_with_commits", "demo2"),
    ] {
        let mut record = recordings.get(name).clone();
        record["path"] = format!("/api/0/{path}/git/tags?with_commits=true").into();
        let (forge, _) = serve(std::slice::from_ref(&record), WEB);
        let tags = project(&forge, path)
            .refs()
            .tags()
            .collect_all()
            .await
            .unwrap();
        let body = record["body"]["tags"].as_object().unwrap();
        assert_eq!(tags.len(), body.len(), "{name}");
        for tag in tags {
            assert_eq!(Some(&*tag.sha), body[&tag.name].as_str());
        }
    }
}

#[tokio::test]
async fn every_recorded_file_and_folder_is_read() {
    let Some(recordings) = Recordings::open() else {
        return;
    };
    for (name, path, at) in [
        ("raw_file", "foo.spec", "rawhide"),
        ("raw_file_unicode", "uni zażółć.txt", "rawhide"),
        ("raw_file_binary", "bin.png", "rawhide"),
        ("raw_file_by_commit", "README.md", OTHER),
        ("raw_file_branch_slash", "x.txt", "feature/x"),
    ] {
        let (foo, wire) = recordings.project("rpms/foo", &[name]);
        let read = foo.contents().read(path, Some(at)).await.unwrap();
        let record = recordings.get(name);
        let body = record["body"].as_str().unwrap();
        if record["body_kind"] == "base64" {
            assert!(read.text().is_err(), "{name}");
            assert!(read.bytes.starts_with(b"\x89PNG"), "{name}");
        } else {
            assert_eq!(read.text().unwrap(), body, "{name}");
        }
        assert_eq!(wire.sent().len(), 1, "{name}");
    }
    let (fork, _) = recordings.project("fork/bob/rpms/foo", &["fork_raw_file"]);
    fork.contents()
        .read("foo.spec", Some("rawhide"))
        .await
        .unwrap();

    for (name, path, folder, at) in [
        ("tree_root", "rpms/foo", "", None),
        ("tree_branch", "rpms/foo", "", Some("rawhide")),
        ("tree_branch_slash", "rpms/foo", "", Some("feature/x")),
        ("tree_commit", "rpms/foo", "", Some(OTHER)),
        ("tree_folder", "rpms/foo", "tests/", Some("rawhide")),
        (
            "tree_folder_nested",
            "rpms/foo",
            "tests/sub",
            Some("rawhide"),
        ),
        ("fork_tree_branch", "fork/bob/rpms/foo", "", Some("rawhide")),
    ] {
        let (project, wire) = recordings.project(path, &[name]);
        let entries = project.contents().list(folder, at).await.unwrap();
        let rows = recordings.get(name)["body"]["content"].as_array().unwrap();
        let paths: Vec<&str> = entries.iter().map(|entry| &*entry.path).collect();
        let expected: Vec<&str> = rows
            .iter()
            .map(|row| row["path"].as_str().unwrap())
            .collect();
        assert_eq!(paths, expected, "{name}");
        assert_eq!(wire.sent().len(), 1, "{name}");
    }
    let (demo, _) = recordings.project("demo3", &["tree_empty_repo"]);
    assert!(demo.contents().list("", None).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_found_is_told_apart() {
    let Some(recordings) = Recordings::open() else {
        return;
    };
    let mut tags = recordings.get("tags_with_commits").clone();
    tags["path"] = "/api/0/rpms/foo/git/tags?with_commits=true".into();
    let with_tags = |names: &[&str]| {
        let mut exchanges: Vec<Value> = names
            .iter()
            .map(|name| recordings.get(name).clone())
            .collect();
        exchanges.push(tags.clone());
        let (forge, _) = serve(&exchanges, WEB);
        project(&forge, "rpms/foo")
    };
    let foo = with_tags(&["raw_file_dir_404", "tree_folder"]);
    let error = foo
        .contents()
        .read("tests", Some("rawhide"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let foo = with_tags(&["tree_branch_404"]);
    let error = foo.contents().list("", Some("nosuch")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let foo = with_tags(&["tree_unknown_hex"]);
    let unknown = "0000000000000000000000000000000000000001";
    let error = foo.contents().list("", Some(unknown)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    // A tag is no ref for the page, and its commit is.
    let foo = with_tags(&[
        "raw_file_tag_404",
        "branches_with_commits",
        "raw_file_by_commit",
    ]);
    let read = foo
        .contents()
        .read("README.md", Some("v1.0"))
        .await
        .unwrap();
    assert_eq!(read.bytes, "# foo\n");
}

#[tokio::test]
async fn every_recorded_flag_is_read() {
    let Some(recordings) = Recordings::open() else {
        return;
    };
    for name in ["commit_flags", "v514_commit_flags"] {
        let record = recordings.get(name);
        let (foo, _) = recordings.project("rpms/foo", &[name]);
        let statuses = foo.statuses().list(SHA).collect_all().await.unwrap();
        let rows = record["body"]["flags"].as_array().unwrap();
        assert_eq!(statuses.len(), rows.len());
        for (status, row) in statuses.iter().zip(rows.iter().rev()) {
            assert_eq!(Some(&*status.context), row["username"].as_str());
            assert_eq!(Some(status.state.as_str()), row["status"].as_str());
            assert!(!matches!(status.state, CheckState::Other(_)));
            assert_eq!(status.description, text(&row["comment"]));
            assert_eq!(status.url, text(&row["url"]));
            assert_eq!(status.sha, text(&row["commit_hash"]));
            let creator = status.creator.as_ref().map(|user| user.login.clone());
            assert_eq!(creator, text(&row["user"]["name"]));
            let set = status.updated_at.map(|time| time.timestamp());
            assert_eq!(set, seconds(&row["date_updated"]));
        }
        let combined = foo.statuses().combined(SHA).await.unwrap();
        assert_eq!(combined.state, Some(CheckState::Error), "{name}");
    }
    let (foo, _) = recordings.project("rpms/foo", &["commit_flags_empty"]);
    assert_eq!(foo.statuses().combined(SHA).await.unwrap().state, None);
}

#[tokio::test]
async fn users_files_diffs_and_forks_are_read() {
    let Some(recordings) = Recordings::open() else {
        return;
    };
    let (forge, _) = recordings.serve(&["whoami", "user_get"]);
    assert_eq!(forge.whoami().await.unwrap().login, "alice");
    let alice = forge.users().get("alice").await.unwrap();
    assert_eq!(alice.name.as_deref(), Some("Alice Owner"));
    assert_eq!(alice.web_url, Some(format!("{WEB}/user/alice")));

    let (foo, _) = recordings.project(
        "rpms/foo",
        &[
            "pr_diffstats",
            "pr_diffstats_rename_delete",
            "pr_diff",
            "pr_patch",
        ],
    );
    let pulls = foo.pull_requests();
    for (number, name) in [(1, "pr_diffstats"), (5, "pr_diffstats_rename_delete")] {
        let files = pulls.files(number).collect_all().await.unwrap();
        let body = recordings.get(name)["body"].as_object().unwrap();
        assert_eq!(files.len(), body.len());
        for file in files {
            let row = &body[&file.path];
            assert_eq!(file.additions, row["lines_added"].as_u64());
            assert_eq!(file.deletions, row["lines_removed"].as_u64());
            let old = text(&row["old_path"]).filter(|old| *old != file.path);
            assert_eq!(file.previous_path, old);
        }
    }
    assert!(pulls.diff(1).await.unwrap().starts_with(b"diff --git"));
    assert!(pulls.patch(1).await.unwrap().starts_with(b"From c34f52e"));

    let mut forks = recordings.get("forks_list").clone();
    forks["path"] = "/api/0/projects?fork=true&pattern=foo&namespace=rpms".into();
    let (forge, _) = serve(&[forks], WEB);
    let forks = project(&forge, "rpms/foo")
        .forks()
        .list()
        .collect_all()
        .await;
    let forks: Vec<String> = forks
        .unwrap()
        .into_iter()
        .map(|fork| fork.path.to_string())
        .collect();
    assert_eq!(forks, ["fork/bob/rpms/foo"]);
}

#[tokio::test]
async fn commits_are_those_of_the_patches() {
    let Some(recordings) = Recordings::open() else {
        return;
    };
    let mut several = recordings.get("pr_create_many_commits_no_body").clone();
    several["method"] = "GET".into();
    several["path"] = "/api/0/rpms/foo/pull-request/5".into();
    let patch = recordings.get("pr_patch_multi").clone();
    let (forge, wire) = serve(&[several.clone(), patch], WEB);
    let commits = project(&forge, "rpms/foo").pull_requests().commits(5);
    let commits = commits.collect_all().await.unwrap();
    let messages: Vec<&str> = commits
        .iter()
        .filter_map(|commit| commit.message.as_deref())
        .collect();
    assert_eq!(messages, ["Rename README, drop sources", "second commit"]);
    assert_eq!(
        Some(&*commits[0].sha),
        several["body"]["commit_start"].as_str()
    );
    assert_eq!(
        Some(&*commits[1].sha),
        several["body"]["commit_stop"].as_str()
    );
    assert_eq!(wire.sent().len(), 2);

    let (foo, _) = recordings.project("rpms/foo", &["pr_get", "pr_patch"]);
    let commits = foo.pull_requests().commits(1).collect_all().await.unwrap();
    let message = commits[0].message.as_deref().unwrap();
    assert_eq!(
        message,
        "Bump to 1.1\n\nSigned-off-by: Bob Contributor <bob@example.org>"
    );
}
