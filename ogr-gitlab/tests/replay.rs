//! Recorded answers of gitlab.com, and what the models make of them.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../../tests/replay/recorded.rs"]
mod recorded;

use std::{collections::HashSet, sync::Arc};

use ogr_core::{
    CheckState, Credential, ErrorKind, FileStatus, Forge, Mergeable, NewFork, NewProject,
    NewPullRequest, NewStatus, Project, ProjectPath, ProjectQuery, PullRequestQuery,
    PullRequestState, Visibility,
    http::{HttpConfig, Wire},
};
use ogr_gitlab::GitLab;
use serde_json::{Value, json as j};

use recorded::Recorded;

const OGR: &str = "recordings/ogr/gitlab.jsonl";
const GO_SCM: &str = "recordings/go-scm/gitlab.jsonl";
const API: &str = "https://gitlab.com/api/v4";

fn gitlab(exchanges: &[Value]) -> Arc<dyn Forge> {
    let mut config = HttpConfig::default();
    config.wire = Some(Recorded::new(exchanges) as Arc<dyn Wire>);
    let web = "https://gitlab.com".parse().unwrap();
    Arc::new(GitLab::at(web, Some(Credential::token("t")), config).unwrap())
}

fn project(exchanges: &[Value], path: &str) -> Arc<dyn Project> {
    gitlab(exchanges).project(&path.parse().unwrap()).unwrap()
}

/// An exchange of one of ogr's tests, put where ogr's Rust sibling asks: by path and not by number, with its own query.
/// A page keeps its number.
fn moved(exchanges: &[Value], method: &str, place: &str, to: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut pages = HashSet::new();
    for exchange in exchanges {
        let url: url::Url = exchange["url"].as_str().unwrap().parse().unwrap();
        if exchange["method"] != method || url.path() != format!("/api/v4/{place}") {
            continue;
        }
        let page = ogr_core::http::page_number(&url).unwrap_or(1);
        if !pages.insert(page) {
            continue;
        }
        let mut exchange = exchange.clone();
        let sign = if to.contains('?') { '&' } else { '?' };
        exchange["url"] = format!("{API}/{to}{sign}page={page}").into();
        found.push(exchange);
    }
    assert!(!found.is_empty(), "{method} {place} was not recorded");
    found
}

/// The answers of one of go-scm's tests, put at these addresses, and what it makes of them.
fn go_scm(test: &str, places: &[&str]) -> Option<(Vec<Value>, Value)> {
    let records = recorded::records(GO_SCM)?;
    let record = records.into_iter().find(|record| record["test"] == test);
    let record = record.unwrap_or_else(|| panic!("no test {test}"));
    let exchanges = record["exchanges"].as_array().unwrap();
    let put = |(exchange, place): (&Value, &&str)| {
        j!({"method": exchange["method"], "url": format!("{API}/{place}"), "status": exchange["status"],
            "headers": {"content-type": "application/json", "x-total-pages": "1"}, "body": exchange["response"]})
    };
    let exchanges = exchanges.iter().zip(places).map(put).collect();
    let golden = record["golden"].as_object().unwrap();
    Some((
        exchanges,
        golden.values().next().cloned().unwrap_or_default(),
    ))
}

const TESTS: &str = "packit-service/ogr-tests";
const ENCODED: &str = "projects/packit-service%2Fogr-tests";

macro_rules! recorded {
    ($test:literal) => {
        match recorded::test_of(OGR, $test) {
            Some(exchanges) => exchanges,
            None => return,
        }
    };
}

#[tokio::test]
async fn a_merge_request_is_read() {
    let all = recorded!("test_pull_requests::PullRequests.test_pr_info");
    let to = format!("{ENCODED}/merge_requests/1");
    let mut exchanges = moved(&all, "GET", "projects/14233409/merge_requests/1", &to);
    exchanges.extend(all.clone());
    let project = project(&exchanges, TESTS);
    let pull = project.pull_requests().get(1).await.unwrap();
    assert_eq!((pull.number, pull.title.as_str()), (1, "change"));
    assert_eq!(pull.body.as_deref(), Some("description of mergerequest"));
    assert_eq!(
        pull.web_url,
        "https://gitlab.com/packit-service/ogr-tests/-/merge_requests/1"
    );
    assert_eq!(
        (pull.state, pull.mergeable),
        (PullRequestState::Merged, Mergeable::Yes)
    );
    assert_eq!(pull.author.unwrap().login, "lbarcziova");
    assert_eq!(pull.labels, ["test_lb1", "test_lb2"]);
    assert_eq!(pull.head.project, Some(TESTS.parse().unwrap()));
    assert_eq!(pull.head.branch, "change");
    assert_eq!(
        pull.merge_commit.as_deref(),
        Some("101a42bbbe174d04b465d49caf274dc3b4defeca")
    );
    let info = project.get().await.unwrap();
    assert_eq!(info.default_branch.as_deref(), Some("master"));
    assert_eq!(
        (info.visibility, info.is_fork, info.ready),
        (Visibility::Public, Some(false), Some(true))
    );
}

#[tokio::test]
async fn five_pages_of_merge_requests_are_five_pages() {
    let all = recorded!("test_pull_requests::PullRequests.test_mr_list_limit");
    let to = format!("{ENCODED}/merge_requests");
    let exchanges = moved(&all, "GET", "projects/14233409/merge_requests", &to);
    assert_eq!(exchanges.len(), 5);
    let project = project(&exchanges, TESTS);
    let pulls = project.pull_requests().list(PullRequestQuery::all());
    let numbers: HashSet<u64> = pulls
        .collect_all()
        .await
        .unwrap()
        .iter()
        .map(|pull| pull.number)
        .collect();
    assert!(numbers.len() > 80, "{}", numbers.len());
}

#[tokio::test]
async fn a_merge_is_told_with_its_commit() {
    let all = recorded!("test_pull_requests::PullRequests.test_pr_merge");
    let to = format!("{ENCODED}/merge_requests/71/merge");
    let exchanges = moved(
        &all,
        "PUT",
        "projects/14233409/merge_requests/71/merge",
        &to,
    );
    let merged = project(&exchanges, TESTS)
        .pull_requests()
        .merge(71, Default::default())
        .await;
    let sha = Some("dd9b6c54c0788301c86bdf058a8e91e3594a0a17".to_owned());
    assert_eq!(merged.unwrap(), ogr_core::MergeOutcome::Merged { sha });
}

#[tokio::test]
async fn one_that_is_open_already_is_said_to_be() {
    let all = recorded!("test_pull_requests::PullRequests.test_create_pr_upstream_forkusername");
    let mut exchanges = moved(
        &all,
        "POST",
        "projects/20772752/merge_requests",
        "projects/mfocko%2Fogr-tests/merge_requests",
    );
    exchanges.extend(all.clone());
    // Of the two recorded creates, the one that was refused.
    exchanges.retain(|exchange| exchange["method"] != "POST" || exchange["status"] == 409);
    if !exchanges
        .iter()
        .any(|exchange| exchange["method"] == "POST")
    {
        exchanges.extend(
            all.iter()
                .filter(|exchange| exchange["status"] == 409)
                .cloned()
                .map(|mut exchange| {
                    exchange["url"] =
                        format!("{API}/projects/mfocko%2Fogr-tests/merge_requests").into();
                    exchange
                }),
        );
    }
    let new = NewPullRequest::new("T", "b", "master")
        .from_project(ProjectPath::new("mfocko", "ogr-tests"));
    let error = project(&exchanges, TESTS)
        .pull_requests()
        .create(new)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert!(error.message().contains("!59"), "{error}");
}

#[tokio::test]
async fn branches_and_releases_go_on_after_twenty() {
    let all = recorded!("test_generic_commands::GenericCommands.test_branches_pagination");
    let to = "projects/gnuwget%2Fwget2/repository/branches";
    let exchanges = moved(&all, "GET", "projects/3163647/repository/branches", to);
    let branches = project(&exchanges, "gnuwget/wget2")
        .refs()
        .branches()
        .collect_all()
        .await;
    assert_eq!(branches.unwrap().len(), 32);
    let all = recorded!("test_releases::Releases.test_get_releases_pagination");
    let to = "projects/graphviz%2Fgraphviz/releases";
    let exchanges = moved(&all, "GET", "projects/4207231/releases", to);
    let releases = project(&exchanges, "graphviz/graphviz")
        .releases()
        .list()
        .collect_all()
        .await
        .unwrap();
    assert_eq!(releases.len(), 61);
    assert!(
        releases
            .iter()
            .all(|release| release.sha.is_some() && release.tarball_url.is_some())
    );
}

#[tokio::test]
async fn the_last_of_ten_releases_is_the_first_that_was() {
    let all = recorded!("test_releases::Releases.test_get_releases");
    let exchanges = moved(
        &all,
        "GET",
        "projects/14233409/releases",
        &format!("{ENCODED}/releases"),
    );
    let project = project(&exchanges, TESTS);
    let last = project
        .releases()
        .list()
        .collect_all()
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(
        (last.title.as_deref(), last.tag.as_str()),
        (Some("test"), "0.1.0")
    );
    let page = "https://gitlab.com/packit-service/ogr-tests/-/releases/0.1.0";
    assert_eq!(last.web_url.as_deref(), Some(page));
    assert!(project.releases().latest().await.unwrap().is_some());
}

#[tokio::test]
async fn a_tag_has_a_commit_or_is_not_there() {
    let all = recorded!("test_generic_commands::GenericCommands.test_get_sha_from_tag");
    let mut exchanges = moved(
        &all,
        "GET",
        "projects/14233409/repository/tags/future",
        &format!("{ENCODED}/repository/tags/future"),
    );
    exchanges.extend(moved(
        &all,
        "GET",
        "projects/14233409/repository/tags/0.1.0",
        &format!("{ENCODED}/repository/tags/0.1.0"),
    ));
    let project = project(&exchanges, TESTS);
    assert_eq!(
        project.refs().tag("0.1.0").await.unwrap().sha,
        "24c86d0704694f686329b2ea636c5b7522cfdc40"
    );
    let error = project.refs().tag("future").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.resource()),
        (
            ErrorKind::NotFound,
            Some("packit-service/ogr-tests tag future")
        )
    );
}

#[tokio::test]
async fn projects_and_forks_are_created() {
    let all = recorded!("test_service::Service.test_project_create_duplicate");
    let new = || NewProject::new(ProjectPath::bare("new-ogr-testing-repo-fail"));
    let posts: Vec<Value> = all
        .iter()
        .filter(|exchange| exchange["method"] == "POST")
        .cloned()
        .collect();
    let forge = gitlab(&posts);
    let made = forge.projects().create(new()).await.unwrap();
    assert_eq!(
        made.path(),
        &ProjectPath::new("FrNecas", "new-ogr-testing-repo-fail")
    );
    let error = forge.projects().create(new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);

    let all = recorded!("test_forks::Forks.test_create_fork_with_namespace");
    let exchanges = moved(
        &all,
        "POST",
        "projects/14233409/fork",
        &format!("{ENCODED}/fork"),
    );
    let project = project(&exchanges, TESTS);
    let fork = project
        .forks()
        .create(NewFork::new().namespace("ogr-tests-mfocko"))
        .await
        .unwrap();
    assert_eq!(
        fork.path(),
        &ProjectPath::new("ogr-tests-mfocko", "ogr-tests")
    );
}

#[tokio::test]
async fn a_group_is_listed_without_looking_into_its_projects() {
    let all = recorded!(
        "test_service::Service.test_list_projects_with_namespace_input_and_language_input"
    );
    let to = "groups/inkscape/projects?with_shared=false&include_subgroups=false";
    let exchanges = moved(&all, "GET", "groups/470642/projects", to);
    let forge = gitlab(&exchanges);
    let projects = forge
        .projects()
        .list(ProjectQuery::namespace("inkscape"))
        .collect_all()
        .await
        .unwrap();
    assert_eq!(projects.len(), 10);
    assert!(
        projects
            .iter()
            .all(|info| info.path.namespace.as_deref() == Some("inkscape"))
    );
}

#[tokio::test]
async fn go_scm_makes_the_same_of_a_merge_request() {
    let place = "projects/gitlab-org%2Ftestme/merge_requests";
    let Some((exchanges, golden)) = go_scm("TestPullFind", &[&format!("{place}/1")]) else {
        return;
    };
    let pull = project(&exchanges, "gitlab-org/testme")
        .pull_requests()
        .get(1)
        .await
        .unwrap();
    assert_eq!(golden["Number"], pull.number);
    assert_eq!(golden["Title"], pull.title);
    assert_eq!(golden["Body"], pull.body.unwrap());
    assert_eq!(golden["Sha"], pull.head.sha.unwrap());
    assert_eq!(golden["Source"], pull.head.branch);
    assert_eq!(golden["Target"], pull.base.branch);
    assert_eq!(golden["Link"], pull.web_url);
    assert_eq!(golden["Draft"], pull.draft.unwrap());
    assert_eq!(golden["Closed"], pull.state == PullRequestState::Closed);
    assert_eq!(golden["Author"]["Login"], pull.author.unwrap().login);
    let created = pull.created_at.unwrap();
    assert_eq!(
        golden["Created"],
        created.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    );
    let labels: Vec<&str> = golden["Labels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|label| label["name"].as_str().unwrap())
        .collect();
    assert_eq!(labels, pull.labels);
    let Some((exchanges, golden)) = go_scm("TestPullList", &[place]) else {
        return;
    };
    let pulls = project(&exchanges, "gitlab-org/testme")
        .pull_requests()
        .list(PullRequestQuery::all());
    assert_eq!(
        pulls.collect_all().await.unwrap().len(),
        golden.as_array().unwrap().len()
    );
}

#[tokio::test]
async fn go_scm_makes_the_same_of_statuses() {
    let sha = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
    let base = "projects/diaspora%2Fdiaspora";
    let place = format!("{base}/repository/commits/{sha}/statuses?order_by=id&sort=desc");
    let Some((exchanges, golden)) = go_scm("TestStatusList", &[&place]) else {
        return;
    };
    let project_of = |exchanges: &[Value]| project(exchanges, "diaspora/diaspora");
    let combined = project_of(&exchanges)
        .statuses()
        .combined(sha)
        .await
        .unwrap();
    assert_eq!(combined.state, Some(CheckState::Pending));
    let status = &combined.statuses[0];
    assert_eq!(golden[0]["Label"], status.context);
    assert_eq!(golden[0]["Desc"], status.description.clone().unwrap());
    assert_eq!(golden[0]["Target"], status.url.clone().unwrap());
    let Some((exchanges, golden)) =
        go_scm("TestStatusCreate", &[&format!("{base}/statuses/{sha}")])
    else {
        return;
    };
    let set = project_of(&exchanges)
        .statuses()
        .set(sha, &NewStatus::pending("default"))
        .await
        .unwrap();
    assert_eq!(golden["Label"], set.context);
    assert_eq!(set.state, CheckState::Pending);
}

#[tokio::test]
async fn go_scm_makes_the_same_of_the_rest() {
    let base = "projects/diaspora%2Fdiaspora";
    let (old, new) = (
        "ae1d9fb46aa2b07ee9836d49862ec4e2c46fbbba",
        "6104942438c14ec7bd21c6cd5bd995272b3faff6",
    );
    let place = format!("{base}/repository/compare?from={old}&to={new}");
    let Some((exchanges, _)) = go_scm("TestGitCompareChanges", &[&place]) else {
        return;
    };
    let project_of = |exchanges: &[Value]| project(exchanges, "diaspora/diaspora");
    let comparison = project_of(&exchanges)
        .refs()
        .compare(old, new)
        .await
        .unwrap();
    assert_eq!(comparison.commits[0].sha, new);
    let file = &comparison.files.unwrap()[0];
    assert_eq!(
        (file.path.as_str(), &file.status),
        ("doc/update/5.4-to-6.0.md", &FileStatus::Added)
    );
    assert_eq!((file.additions, file.deletions), (Some(2), Some(0)));

    let (exchanges, golden) = go_scm(
        "TestReleaseFindByTag",
        &[&format!("{base}/releases/v1.0.1")],
    )
    .unwrap();
    let release = project_of(&exchanges)
        .releases()
        .get("v1.0.1")
        .await
        .unwrap();
    assert_eq!(golden["Title"], release.title.unwrap());
    assert_eq!(golden["Description"], release.body.unwrap());
    assert_eq!(golden["Tag"], release.tag);
    assert_eq!(golden["Commitish"], release.sha.unwrap());

    let (exchanges, golden) = go_scm("TestRepositoryFind", &[base]).unwrap();
    let info = project_of(&exchanges).get().await.unwrap();
    assert_eq!(golden["ID"], info.id.unwrap());
    assert_eq!(golden["Branch"], info.default_branch.unwrap());
    assert_eq!(golden["Clone"], info.http_url.unwrap());
    assert_eq!(golden["CloneSSH"], info.ssh_url.unwrap());
    assert_eq!(golden["Link"], info.web_url);

    let (exchanges, golden) = go_scm("TestUserFind", &["user"]).unwrap();
    let me = gitlab(&exchanges).users().whoami().await.unwrap();
    assert_eq!(golden["Login"], me.login);
    assert_eq!(golden["Email"], me.email.unwrap());

    let tree = "projects/gitlab-org%2Fgitlab/repository/tree?path=lib%2Fgitlab%2Fci&ref=master&pagination=keyset";
    let (exchanges, golden) = go_scm("TestContentList", &[tree]).unwrap();
    let entries = project(&exchanges, "gitlab-org/gitlab")
        .contents()
        .list("lib/gitlab/ci", Some("master"))
        .await
        .unwrap();
    let golden: Vec<&str> = golden
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        entries
            .iter()
            .map(|entry| entry.path.as_str())
            .collect::<Vec<_>>(),
        golden
    );

    let (exchanges, golden) = go_scm(
        "TestPullCreateComment",
        &[&format!("{base}/merge_requests/1/notes")],
    )
    .unwrap();
    let comment = project_of(&exchanges)
        .pull_requests()
        .comment(1, "lgtm")
        .await
        .unwrap();
    assert_eq!(golden["ID"].to_string(), comment.id);
    assert_eq!(golden["Body"], comment.body);
    assert_eq!(golden["Author"]["Login"], comment.author.unwrap().login);
}
