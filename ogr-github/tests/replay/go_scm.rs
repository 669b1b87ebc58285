//! go-scm's recordings, and what its own models make of them.

use ogr_core::{EntryKind, FileStatus, Forge, PullRequestQuery, PullRequestState, Visibility};
use serde_json::{Value, json};

use super::{at, github, project, recorded};

/// One of go-scm's tests. Its answers have another shape than ogr's, and are given to what ogr asks.
fn recorded_test(test: &str) -> Option<(Vec<Value>, Value)> {
    let records = recorded::records("recordings/go-scm/github.jsonl")?;
    let record = records
        .into_iter()
        .find(|record| record["test"] == test)
        .unwrap();
    let exchanges = record["exchanges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|exchange| {
            let mut url = url::Url::parse("https://api.github.com").unwrap();
            url.set_path(exchange["path"].as_str().unwrap());
            for (name, value) in exchange["query"].as_object().into_iter().flatten() {
                url.query_pairs_mut()
                    .append_pair(name, value.as_str().unwrap());
            }
            json!({"method": exchange["method"], "url": url.as_str(), "status": exchange["status"],
                "body": exchange["response"], "body_kind": "json"})
        })
        .collect();
    let golden = record["golden"]
        .as_object()
        .and_then(|golden| golden.values().next())
        .cloned()
        .unwrap_or_default();
    Some((exchanges, golden))
}

#[tokio::test]
async fn agrees_on_pull_requests() {
    let Some((exchanges, golden)) = recorded_test("TestPullFind") else {
        return;
    };
    let (forge, _) = github(&exchanges);
    let project_ = project(&forge, "octocat/hello-world");
    let pull = project_.pull_requests().get(1347).await.unwrap();
    assert_eq!(json!(pull.number), golden["Number"]);
    assert_eq!(json!(pull.title), golden["Title"]);
    assert_eq!(json!(pull.body), golden["Body"]);
    assert_eq!(json!(pull.head.sha), golden["Sha"]);
    assert_eq!(json!(pull.head.branch), golden["Source"]);
    assert_eq!(json!(pull.base.branch), golden["Target"]);
    assert_eq!(json!(pull.author.unwrap().login), golden["Author"]["Login"]);
    let merged = pull.state == PullRequestState::Merged;
    assert_eq!(json!(merged), golden["Merged"]);

    let (exchanges, golden) = recorded_test("TestPullList").unwrap();
    let url = "/repos/octocat/hello-world/pulls?state=all&sort=created&direction=desc";
    let (forge, _) = github(&at(exchanges, url));
    let pulls = project(&forge, "octocat/hello-world")
        .pull_requests()
        .list(PullRequestQuery::all())
        .collect_all()
        .await
        .unwrap();
    assert_eq!(json!(pulls[0].number), golden[0]["Number"]);

    let (exchanges, golden) = recorded_test("TestPullListChanges").unwrap();
    let (forge, _) = github(&exchanges);
    let files = project(&forge, "octocat/hello-world")
        .pull_requests()
        .files(1347)
        .collect_all()
        .await
        .unwrap();
    for (file, golden) in files.iter().zip(golden.as_array().unwrap()) {
        assert_eq!(json!(file.path), golden["Path"]);
        assert_eq!(
            json!(file.previous_path.as_deref().unwrap_or_default()),
            golden["PrevFilePath"]
        );
        let status = |status: FileStatus| json!(file.status == status);
        assert_eq!(status(FileStatus::Added), golden["Added"]);
        assert_eq!(status(FileStatus::Renamed), golden["Renamed"]);
        assert_eq!(status(FileStatus::Removed), golden["Deleted"]);
    }
}

#[tokio::test]
async fn agrees_on_refs_and_files() {
    let Some((exchanges, golden)) = recorded_test("TestGitListBranches") else {
        return;
    };
    let (forge, _) = github(&exchanges);
    let branches = project(&forge, "octocat/hello-world")
        .refs()
        .branches()
        .collect_all()
        .await
        .unwrap();
    assert_eq!(json!(branches[0].name), golden[0]["Name"]);
    assert_eq!(json!(branches[0].sha), golden[0]["Sha"]);

    let (exchanges, golden) = recorded_test("TestGitFindCommit").unwrap();
    let (forge, _) = github(&exchanges);
    let commit = project(&forge, "octocat/hello-world")
        .refs()
        .commit("7fd1a60b01f91b314f59955a4e4d4e80d8edf11d")
        .await
        .unwrap();
    assert_eq!(json!(commit.sha), golden["Sha"]);
    assert_eq!(json!(commit.message), golden["Message"]);
    assert_eq!(
        json!(commit.author.unwrap().email),
        golden["Author"]["Email"]
    );

    let (exchanges, golden) = recorded_test("TestGitListCommits").unwrap();
    let (forge, _) = github(&exchanges);
    let commits = project(&forge, "octocat/hello-world")
        .refs()
        .commits("master")
        .collect_all()
        .await
        .unwrap();
    assert_eq!(json!(commits[0].sha), golden[0]["Sha"]);

    let (exchanges, golden) = recorded_test("TestGitCompareChanges").unwrap();
    let range =
        "553c2077f0edc3d5dc5d17262f6aa498e69d6f8e...7fd1a60b01f91b314f59955a4e4d4e80d8edf11d";
    let (base, head) = range.split_once("...").unwrap();
    let (forge, _) = github(&exchanges);
    let comparison = project(&forge, "octocat/hello-world")
        .refs()
        .compare(base, head)
        .await
        .unwrap();
    let files = comparison.files.unwrap();
    assert_eq!(json!(files[0].path), golden[0]["Path"]);
    assert!(!comparison.commits.is_empty());

    let (exchanges, golden) = recorded_test("TestContentList").unwrap();
    let (forge, _) = github(&exchanges);
    let entries = project(&forge, "drone/go-scm")
        .contents()
        .list("scm/driver/github", Some("master"))
        .await
        .unwrap();
    let golden = golden.as_array().unwrap();
    assert_eq!(entries.len(), golden.len());
    for (entry, golden) in entries.iter().zip(golden) {
        assert_eq!(json!(entry.path), golden["path"]);
        let kind = match golden["kind"].as_str().unwrap() {
            "file" => EntryKind::File,
            "directory" => EntryKind::Directory,
            other => panic!("{other}"),
        };
        assert_eq!(entry.kind, kind);
        assert_eq!(json!(entry.sha), golden["BlobID"]);
    }
}

#[tokio::test]
async fn agrees_on_projects_users_releases_and_statuses() {
    let Some((exchanges, golden)) = recorded_test("TestRepositoryFind") else {
        return;
    };
    let (forge, _) = github(&exchanges);
    let info = project(&forge, "octocat/hello-world").get().await.unwrap();
    assert_eq!(json!(info.path.name), golden["Name"]);
    assert_eq!(json!(info.default_branch), golden["Branch"]);
    assert_eq!(
        json!(info.visibility == Visibility::Private),
        golden["Private"]
    );
    assert_eq!(json!(info.http_url), golden["Clone"]);
    assert_eq!(json!(info.ssh_url), golden["CloneSSH"]);

    let (exchanges, golden) = recorded_test("TestUserLoginFind").unwrap();
    let (forge, _) = github(&exchanges);
    let user = forge.users().get("octocat").await.unwrap();
    assert_eq!(json!(user.login), golden["Login"]);
    assert_eq!(json!(user.name), golden["Name"]);
    assert_eq!(json!(user.email), golden["Email"]);

    let (exchanges, golden) = recorded_test("TestReleaseList").unwrap();
    let (forge, _) = github(&at(exchanges, "/repos/octocat/hello-world/releases"));
    let releases = project(&forge, "octocat/hello-world")
        .releases()
        .list()
        .collect_all()
        .await
        .unwrap();
    assert_eq!(json!(releases[0].tag), golden[0]["Tag"]);
    assert_eq!(json!(releases[0].title), golden[0]["Title"]);
    assert_eq!(json!(releases[0].body), golden[0]["Description"]);
    assert_eq!(json!(releases[0].draft), golden[0]["Draft"]);

    let (exchanges, golden) = recorded_test("TestStatusList").unwrap();
    let sha = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
    let url = format!("/repos/octocat/hello-world/commits/{sha}/statuses");
    let (forge, _) = github(&at(exchanges, &url));
    let statuses = project(&forge, "octocat/hello-world")
        .statuses()
        .list(sha)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(json!(statuses[0].context), golden[0]["Label"]);
    assert_eq!(json!(statuses[0].description), golden[0]["Desc"]);
    assert_eq!(json!(statuses[0].url), golden[0]["Target"]);
}
