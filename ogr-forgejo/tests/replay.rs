//! Recorded answers of real servers, and what the models make of them.

#![allow(clippy::unwrap_used)]

#[path = "../../tests/replay/recorded.rs"]
mod recorded;

use std::sync::Arc;

use async_trait::async_trait;
use http::{Request, Response};
use ogr_core::{
    CheckState, EntryKind, ErrorKind, Forge, ForgeKind, Listing, Mergeable, NewFork,
    NewPullRequest, NewRelease, NewStatus, Project, ProjectPath, ProjectQuery, PullRequestChange,
    PullRequestQuery, PullRequestState, Result,
    http::{Body, HttpConfig, Wire, WireError},
    registry::Backend,
};
use ogr_forgejo::{Forgejo, ForgejoBackend};
use recorded::{Recorded, records, test_of};
use serde_json::Value;

const OGR: &str = "recordings/ogr/forgejo.jsonl";
const NEXT: &str = "https://v10.next.forgejo.org";

fn forge(wire: Arc<dyn Wire>, kind: ForgeKind) -> Forgejo {
    let instance = ForgejoBackend.instance(kind, NEXT.parse().unwrap());
    let mut config = HttpConfig::default();
    config.wire = Some(wire);
    config.tries = 1;
    Forgejo::new(instance, None, config).unwrap()
}

/// `packit-validator/ogr-tests`, as one of ogr's tests recorded it.
fn ogr_tests(test: &str) -> Option<(Arc<Recorded>, Arc<dyn Project>)> {
    let wire = Recorded::new(&test_of(OGR, test)?);
    let forge = forge(wire.clone(), ForgeKind::Forgejo);
    let path = ProjectPath::new("packit-validator", "ogr-tests");
    Some((wire, forge.project(&path).unwrap()))
}

#[tokio::test]
async fn a_list_takes_as_many_requests_as_it_has_pages() {
    let Some((wire, project)) = ogr_tests("test_pr_list") else {
        return;
    };
    let query = PullRequestQuery::all();
    let pulls = project
        .pull_requests()
        .list(query)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(pulls.len(), 96);
    assert_eq!((pulls[0].number, pulls[95].number), (216, 119));
    // The recorded server gave 30 rows a page; ogr asked for a fifth page, which was empty.
    let sent = wire.sent();
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|sent| sent.path.ends_with("/pulls")));
    assert!(sent[3].query.contains(&("page".into(), "4".into())));
    assert!(pulls.iter().all(|pull| pull.base.project.is_some()));
}

#[tokio::test]
async fn a_merged_pull_request() {
    let Some((wire, project)) = ogr_tests("test_pr_info") else {
        return;
    };
    let pull = project.pull_requests().get(119).await.unwrap();
    assert_eq!(
        (pull.title.as_str(), pull.body.as_deref()),
        ("change", Some("description of mergerequest"))
    );
    assert_eq!(
        pull.web_url,
        format!("{NEXT}/packit-validator/ogr-tests/pulls/119")
    );
    assert_eq!(pull.state, PullRequestState::Merged);
    assert_eq!(pull.mergeable, Mergeable::Unknown);
    assert_eq!(
        pull.merge_commit.as_deref(),
        Some("101a42bbbe174d04b465d49caf274dc3b4defeca")
    );
    assert_eq!(
        pull.merged_at.unwrap().to_rfc3339(),
        "2019-09-11T08:55:32+00:00"
    );
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test]
async fn commits_of_a_pull_request_oldest_first() {
    let Some(exchanges) = test_of(OGR, "test_get_all_pr_commits") else {
        return;
    };
    let page = |exchange: &&Value| {
        exchange["url"]
            .as_str()
            .unwrap()
            .ends_with("commits?page=1")
    };
    let exchange = exchanges.iter().find(page).unwrap();
    let project = only(exchange.clone(), ForgeKind::Forgejo);
    let commits = project
        .pull_requests()
        .commits(119)
        .collect_all()
        .await
        .unwrap();
    let names: Vec<&str> = commits.iter().map(|commit| &commit.sha[..7]).collect();
    assert_eq!(names, ["3c1fb11", "d490ec6"]);
}

#[tokio::test]
async fn a_pull_request_from_a_fork() {
    let Some((_, project)) = ogr_tests("test_source_project_fork") else {
        return;
    };
    let pull = project.pull_requests().get(211).await.unwrap();
    assert_eq!(
        pull.head.project,
        Some(ProjectPath::new("lbarcziova", "ogr-tests"))
    );
    assert_eq!(pull.state, PullRequestState::Open);
}

#[tokio::test]
async fn opening_one_from_a_fork_sends_what_ogr_sends() {
    let Some((wire, project)) = ogr_tests("test_pr_create_upstream_fork") else {
        return;
    };
    let new = NewPullRequest::new("test: upstream <- fork", "readme-change-1", "master")
        .from_project(ProjectPath::new("lbarcziova", "ogr-tests"))
        .body("pull request body");
    let pull = project.pull_requests().create(new).await.unwrap();
    assert_eq!(pull.number, 219);
    let exchanges = test_of(OGR, "test_pr_create_upstream_fork").unwrap();
    let recorded = exchanges.iter().find(|it| it["method"] == "POST").unwrap();
    let sent = wire.sent();
    assert_eq!((sent.len(), sent[0].method.as_str()), (1, "POST"));
    let body: Value = serde_json::from_slice(&sent[0].body).unwrap();
    assert_eq!(body, recorded["request_body"]);
}

#[tokio::test]
async fn branches_statuses_and_files() {
    let Some((wire, project)) = ogr_tests("test_branches") else {
        return;
    };
    let branches = project.refs().branches().collect_all().await.unwrap();
    assert_eq!((branches.len(), branches[0].name.as_str()), (9, "pr-test1"));
    assert_eq!(wire.sent().len(), 1);
    let (_, project) = ogr_tests("test_get_file_content_resolve_dot").unwrap();
    let at = Some("b8e18207cfdad954f1b3a96db34d0706b272e6cf");
    let readme = project.contents().read("./README.md", at).await.unwrap();
    assert!(readme.text().unwrap().starts_with("# ogr-tests\n"));
    let (_, project) = ogr_tests("test_project_not_exists").unwrap();
    let nowhere = project.forge();
    let path = ProjectPath::new("some-none-existing-namespace", "some-non-existing-repo");
    assert!(!nowhere.project(&path).unwrap().exists().await.unwrap());
}

/// Gives one recorded answer to whatever is asked.
#[derive(Debug)]
struct Only {
    exchange: Value,
}

#[async_trait]
impl Wire for Only {
    async fn send(&self, _: Request<Body>) -> Result<Response<Body>, WireError> {
        let exchange = &self.exchange;
        let mut answer = Response::builder().status(exchange["status"].as_u64().unwrap() as u16);
        for (name, value) in exchange["headers"].as_object().unwrap() {
            answer = answer.header(name, value.as_str().unwrap());
        }
        let bytes = match (&exchange["body"], exchange["body_kind"].as_str()) {
            (Value::String(text), Some("text" | "text-cut")) => text.clone().into_bytes(),
            (Value::Null, Some("text" | "empty") | None) => Vec::new(),
            (body, _) => serde_json::to_vec(body).unwrap(),
        };
        Ok(answer.body(Body::from_bytes(bytes)).unwrap())
    }
}

async fn outcome<T>(result: impl Future<Output = Result<T>>) -> Result<()> {
    result.await.map(|_| ())
}

async fn all<T: Send + 'static>(listing: Listing<T>) -> Result<()> {
    listing.collect_all().await.map(|_| ())
}

/// Reads the answer with the operation that such a request belongs to; `None` for those of other areas.
async fn read(forge: &Forgejo, method: &str, parts: &[&str], body: &Value) -> Option<Result<()>> {
    let project = |owner: &str, name: &str| forge.project(&ProjectPath::new(owner, name)).unwrap();
    Some(match (method, parts) {
        ("GET", ["user"]) => return None,
        ("GET", ["users", name]) if *name != "search" => outcome(forge.users().get(name)).await,
        ("GET", ["orgs", name, "repos"]) => {
            all(forge.projects().list(ProjectQuery::namespace(*name))).await
        }
        ("GET", ["users", name, "repos"]) => {
            all(forge.projects().list(ProjectQuery::user(*name))).await
        }
        // Not every second part is an owner.
        (_, ["repos", "issues" | "migrate" | "search" | "topics", ..]) => return None,
        (_, ["repos", owner, name, rest @ ..]) => {
            let it = project(owner, name);
            let pull = |number: &str| number.parse::<u64>().ok();
            match (method, rest) {
                ("GET", []) => outcome(it.get()).await,
                ("GET", ["forks"]) => all(it.forks().list()).await,
                ("POST", ["forks"]) => outcome(it.forks().create(NewFork::new())).await,
                ("GET", ["branches"]) => all(it.refs().branches()).await,
                ("GET", ["branches", branch]) => outcome(it.refs().branch(branch)).await,
                ("POST", ["branches"]) => outcome(it.refs().create_branch("x", "main")).await,
                ("GET", ["tags"]) => all(it.refs().tags()).await,
                ("GET", ["tags", tag]) => outcome(it.refs().tag(tag)).await,
                ("GET", ["commits"]) => all(it.refs().commits("x")).await,
                ("GET", ["git", "commits", sha]) if !sha.contains('.') => {
                    outcome(it.refs().commit(sha)).await
                }
                ("GET", ["compare", _]) => outcome(it.refs().compare("a", "b")).await,
                ("GET", ["contents", ..]) if body.is_array() => {
                    outcome(it.contents().list("", None)).await
                }
                ("GET", ["contents", ..]) => outcome(it.contents().read("x", None)).await,
                ("GET", ["git", "trees", _]) => outcome(it.contents().tree(Some("x"))).await,
                ("GET", ["pulls"]) => all(it.pull_requests().list(PullRequestQuery::all())).await,
                ("POST", ["pulls"]) => {
                    outcome(
                        it.pull_requests()
                            .create(NewPullRequest::new("t", "h", "b")),
                    )
                    .await
                }
                ("GET", ["pulls", number]) if number.parse::<u64>().is_ok() => {
                    outcome(it.pull_requests().get(pull(number)?)).await
                }
                ("PATCH", ["pulls", number]) => {
                    let change = PullRequestChange::new().title("t");
                    outcome(it.pull_requests().change(pull(number)?, change)).await
                }
                ("GET", ["pulls", number, "commits"]) => {
                    all(it.pull_requests().commits(pull(number)?)).await
                }
                ("GET", ["pulls", number, "files"]) => {
                    all(it.pull_requests().files(pull(number)?)).await
                }
                ("POST", ["issues", number, "comments"]) => {
                    outcome(it.pull_requests().comment(pull(number)?, "x")).await
                }
                ("GET", ["statuses", sha]) => all(it.statuses().list(sha)).await,
                ("POST", ["statuses", sha]) => {
                    outcome(it.statuses().set(sha, &NewStatus::success("x"))).await
                }
                ("GET", ["commits", sha, "status"]) => outcome(it.statuses().combined(sha)).await,
                ("GET", ["releases"]) => all(it.releases().list()).await,
                ("POST", ["releases"]) => outcome(it.releases().create(NewRelease::new("x"))).await,
                ("GET", ["releases", "tags", tag]) => outcome(it.releases().get(tag)).await,
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// Every recorded answer of these areas is read, and every refusal is understood.
async fn sweep(path: &str, kind: ForgeKind, at_least: usize) {
    let Some(exchanges) = records(path) else {
        return;
    };
    let mut read_so_far = 0;
    let mut surprises = Vec::new();
    for exchange in exchanges {
        let address = exchange["path"].as_str().unwrap();
        let Some(below) = address.strip_prefix("/api/v1/") else {
            continue;
        };
        // The recording cut some bodies, and base64 does not bear that.
        if below.contains("/contents/") && exchange["body_kind"] == "json-cut" {
            continue;
        }
        let below = below.split('?').next().unwrap().trim_end_matches('/');
        let parts: Vec<&str> = below.split('/').collect();
        if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            continue;
        }
        let wire = Arc::new(Only {
            exchange: exchange.clone(),
        });
        let forge = forge(wire, kind);
        let method = exchange["method"].as_str().unwrap();
        let status = exchange["status"].as_u64().unwrap();
        let Some(result) = read(&forge, method, &parts, &exchange["body"]).await else {
            continue;
        };
        read_so_far += 1;
        let case = format!("{} {method} {address}: {status}", exchange["name"]);
        let fits = match &result {
            Ok(()) => status < 400,
            Err(error) => is_meant(status, error.kind()),
        };
        if !fits {
            surprises.push(format!("{case}: {result:?}"));
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    assert!(read_so_far >= at_least, "only {read_so_far} of {path}");
}

/// What a status may be understood as.
fn is_meant(status: u64, kind: ErrorKind) -> bool {
    let meant: &[ErrorKind] = match status {
        // A submodule or a folder, where a file was asked for.
        200 => &[ErrorKind::Invalid],
        // A redirect leads to the same answer again and again here.
        301 | 307 => &[ErrorKind::Unavailable],
        400 => &[ErrorKind::Invalid, ErrorKind::NotFound],
        401 => &[ErrorKind::Unauthenticated],
        403 => &[ErrorKind::PermissionDenied],
        404 => &[ErrorKind::NotFound, ErrorKind::Unsupported],
        409 => &[
            ErrorKind::AlreadyExists,
            ErrorKind::Conflict,
            ErrorKind::NotFound,
        ],
        412 => &[ErrorKind::Conflict],
        413 => &[ErrorKind::Quota],
        422 => &[ErrorKind::Invalid, ErrorKind::NotFound],
        423 => &[ErrorKind::Archived],
        500 => &[ErrorKind::Unavailable],
        _ => &[],
    };
    meant.contains(&kind)
}

#[tokio::test]
async fn everything_that_a_forgejo_was_heard_to_say() {
    sweep("recordings/forgejo.jsonl", ForgeKind::Forgejo, 300).await;
}

#[tokio::test]
async fn everything_that_a_gitea_was_heard_to_say() {
    sweep("recordings/gitea.jsonl", ForgeKind::Gitea, 300).await;
}

/// `rpms/foo` on a forge that gives this answer alone.
fn only(exchange: Value, kind: ForgeKind) -> Arc<dyn Project> {
    let path = ProjectPath::new("rpms", "foo");
    forge(Arc::new(Only { exchange }), kind)
        .project(&path)
        .unwrap()
}

/// One recorded exchange, by its name.
fn named(name: &str) -> Option<Arc<dyn Project>> {
    let exchange = records("recordings/forgejo.jsonl")?
        .into_iter()
        .find(|record| record["name"] == name)
        .unwrap();
    Some(only(exchange, ForgeKind::Forgejo))
}

#[tokio::test]
async fn a_pull_request_whose_fork_is_gone() {
    let Some(project) = named("pull_get_head_repo_deleted") else {
        return;
    };
    let pull = project.pull_requests().get(16).await.unwrap();
    assert_eq!(
        (pull.head.project, pull.head.branch.as_str()),
        (None, "update")
    );
    assert!(pull.head.sha.is_some());
    let project = named("pull_get_agit").unwrap();
    let pull = project.pull_requests().get(32).await.unwrap();
    assert_eq!(pull.head.branch, "refs/pull/32/head");
    assert_eq!(pull.head.project, Some(ProjectPath::new("rpms", "foo")));
}

#[tokio::test]
async fn our_sum_of_statuses_beside_the_forges() {
    for (name, ours) in [
        ("combined_none", None),
        ("combined_of_error", Some(CheckState::Error)),
        ("combined_of_skipped", Some(CheckState::Skipped)),
        ("combined_of_bogus", Some(CheckState::Other("bogus".into()))),
        ("combined_of_success_pending", Some(CheckState::Pending)),
        ("combined_of_success_skipped", Some(CheckState::Success)),
        ("combined_of_error_pending", Some(CheckState::Error)),
    ] {
        let Some(project) = named(name) else {
            return;
        };
        let combined = project.statuses().combined("x").await.unwrap();
        assert_eq!(combined.state, ours, "{name}");
    }
}

#[tokio::test]
async fn entries_of_every_kind() {
    let Some(project) = named("tree_recursive") else {
        return;
    };
    let tree = project.contents().tree(Some("rawhide")).await.unwrap();
    assert!(!tree.truncated);
    let entry = |path: &str| {
        tree.entries
            .iter()
            .find(|entry| entry.path == path)
            .unwrap()
    };
    assert_eq!(entry("bin/run.sh").executable, Some(true));
    assert_eq!(entry("foo.spec").executable, Some(false));
    assert_eq!(entry("link").kind, EntryKind::Symlink);
    assert_eq!(entry("vendor/bar").kind, EntryKind::Submodule);
    assert_eq!(entry("src").kind, EntryKind::Directory);
    let project = named("tag_get_annotated").unwrap();
    let tag = project.refs().tag("v1.1").await.unwrap();
    assert!(tag.message.is_some());
    assert_ne!(tag.sha, "8f6f3e3ba0a5475220bd4f6109eb7229deb600d4");
}
