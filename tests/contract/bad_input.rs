//! What bad input gets: a clear typed error that names the thing, and nothing lost.

use std::{sync::Arc, time::Duration};

use ogr::{ErrorKind, Operation, Outcome, ProjectPath, PullRequestQuery};
use ogr_mock::Fault;

use crate::{
    scenario::Scenario,
    stage::{NAMESPACE, Stage},
};

pub fn scenarios() -> Vec<Scenario> {
    const NEEDS: &[Operation] = &[Operation::PullRequestsList];
    vec![
        Scenario::new(
            "bad_input::paths_that_no_project_can_have",
            NEEDS,
            |stage| Box::pin(paths(stage)),
        ),
        Scenario::new("bad_input::a_bad_token_costs_one_request", NEEDS, |stage| {
            Box::pin(bad_token(stage))
        })
        .mock_only(),
        Scenario::new("bad_input::a_page_where_data_was_due", NEEDS, |stage| {
            Box::pin(page(stage))
        })
        .mock_only(),
        Scenario::new(
            "bad_input::json_cut_short_or_of_another_type",
            NEEDS,
            |stage| Box::pin(json(stage)),
        )
        .mock_only(),
        Scenario::new("bad_input::a_connection_that_breaks", NEEDS, |stage| {
            Box::pin(broken(stage))
        })
        .mock_only(),
        Scenario::new("bad_input::a_redirect_to_another_host", NEEDS, |stage| {
            Box::pin(redirect(stage))
        })
        .mock_only(),
        Scenario::new(
            "bad_input::raw_requests_stay_on_the_forge",
            NEEDS,
            |stage| Box::pin(raw(stage)),
        ),
        Scenario::new(
            "bad_input::a_read_only_handle_lets_no_write_through",
            NEEDS,
            |stage| Box::pin(read_only(stage)),
        ),
    ]
}

async fn paths(stage: Arc<Stage>) {
    let forge = stage.owner();
    let project = stage.project().await;
    for (namespace, name) in [
        (NAMESPACE, ".."),
        (NAMESPACE, ""),
        ("..", "foo"),
        ("", "foo"),
        (NAMESPACE, "a/b"),
    ] {
        let path = ProjectPath::new(namespace, name);
        let result = forge.project(&path);
        // GitLab nests groups, so that a slash may stand in a name that is read that way; it leads nowhere else.
        let error = match result {
            Err(error) => error,
            Ok(project) => project.get().await.unwrap_err(),
        };
        assert!(
            matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound),
            "{path:?}: {error}"
        );
    }
    // Odd characters are encoded, and lead to what they name: nothing.
    for name in ["a b", "50%", "x#y", "x?y=1", "ü", "%2e%2e"] {
        let path = ProjectPath::new(NAMESPACE, format!("{}{name}", project.path().name));
        let error = match forge.project(&path) {
            Ok(project) => project.get().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(
            matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid),
            "{name}: {error}"
        );
    }
}

async fn bad_token(stage: Arc<Stage>) {
    let project = stage.project().await;
    let seen = stage.impostor().project(project.path()).unwrap();
    let new = ogr::NewPullRequest::new("x", "stable", "main");
    let start = std::time::Instant::now();
    let (result, count) = stage.count(seen.pull_requests().create(new)).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert_eq!(count, 1);
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "nobody sleeps over a wrong token"
    );
    assert!(
        !format!("{error:?}").contains("0123456789abcdef"),
        "{error:?}"
    );
}

async fn page(stage: Arc<Stage>) {
    let project = stage.project().await;
    for (status, kind) in [
        (200, ErrorKind::BotWall),
        (403, ErrorKind::BotWall),
        (500, ErrorKind::Unavailable),
    ] {
        stage.mocked().clear_faults();
        stage.mocked().fault(
            Fault::any()
                .html(status, "<!doctype html><title>Proof of work</title>")
                .always(),
        );
        let error = project.get().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}: {error}");
        assert!(error.to_string().contains("Proof of work"), "{error}");
    }
}

async fn json(stage: Arc<Stage>) {
    let project = stage.project().await;
    for body in [
        "{\"id\": 1, \"na",
        "[1, 2",
        "7",
        "\"text\"",
        "[{\"number\": \"x\"}]",
    ] {
        stage.mocked().clear_faults();
        stage.mocked().fault(
            Fault::any()
                .answer(200, body)
                .header("content-type", "application/json")
                .always(),
        );
        let error = project
            .pull_requests()
            .list(PullRequestQuery::open())
            .collect_all()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}: {error}");
        let error = project.pull_requests().get(1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}: {error}");
    }
}

async fn broken(stage: Arc<Stage>) {
    let project = stage.project().await;
    stage.mocked().fault(Fault::any().drop_before().times(1));
    project.get().await.unwrap();
    stage.mocked().fault(Fault::any().drop_before().always());
    let error = project.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    assert!(error.is_retryable());
    let new = ogr::NewRelease::new("v1");
    if project
        .forge()
        .capabilities()
        .can(Operation::ReleasesChange)
    {
        let error = project.releases().create(new).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Network, "{error}");
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(
            !error.is_retryable(),
            "a create of unknown outcome is not to be repeated blindly"
        );
    }
}

async fn redirect(stage: Arc<Stage>) {
    let elsewhere = ogr_mock::MockForge::gitea().start().await.unwrap();
    let project = stage.project().await;
    let target = format!("{}/stolen", elsewhere.url());
    stage
        .mocked()
        .fault(Fault::any().redirect(302, &target).always());
    let _ = project.get().await.unwrap_err();
    assert!(elsewhere.count() > 0);
    for exchange in elsewhere.requests() {
        for name in ["authorization", "private-token", "job-token"] {
            assert!(
                !exchange.request_headers.contains_key(name),
                "{name} left the forge"
            );
        }
    }
    let before = elsewhere.count();
    let new = ogr::NewPullRequest::new("x", "stable", "main");
    let error = project.pull_requests().create(new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert_eq!(
        elsewhere.count(),
        before,
        "no write follows to another host"
    );
}

async fn raw(stage: Arc<Stage>) {
    use ogr::http::RawRequest;
    let forge = stage.owner();
    let error = forge
        .raw(RawRequest::get("https://evil.example.org/api/x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    let error = forge
        .raw(RawRequest::get("no/such/route/at/all"))
        .await
        .unwrap_err();
    // Forgejo tells an address that it does not know from a thing that is not there.
    assert!(
        matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported),
        "{error}"
    );
}

async fn read_only(stage: Arc<Stage>) {
    let project = stage.project().await;
    let careful = ogr::ReadOnly::new(stage.owner());
    let seen = ogr::Forge::project(&careful, project.path()).unwrap();
    seen.get().await.unwrap();
    let new = ogr::NewPullRequest::new("x", "stable", "main");
    let error = seen.pull_requests().create(new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    let error = seen.refs().create_branch("x", "main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    let error = ogr::Forge::raw(&careful, ogr::http::RawRequest::post("x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    assert_eq!(careful.refusals().len(), 3);
    assert!(project.refs().branch("x").await.unwrap_err().is_not_found());
}
