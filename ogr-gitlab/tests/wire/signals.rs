//! Refusals that pass, answers that are lost, and links that lead away: in process, on a clock of its own.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use http::{Request, Response};
use ogr_core::{
    CheckState, Credential, ErrorKind, Forge, Merge, MergeOutcome, NewPullRequest, NewStatus,
    Outcome, Project, ProjectPath,
    http::{Body, HttpConfig, Wire, WireError, WireErrorKind},
};
use ogr_gitlab::GitLab;
use serde_json::{Value, json as j};
use tokio::time::Instant;

/// What comes of one request.
#[derive(Debug, Clone)]
enum Step {
    Answer(u16, Value),
    /// The request went out, and nothing came back.
    Lost,
}

/// Gives the answers to each address in order, the last one for ever.
#[derive(Debug, Default)]
struct Script {
    answers: Mutex<Vec<(String, VecDeque<Step>)>>,
    sent: Mutex<Vec<(Duration, String)>>,
    began: Mutex<Option<Instant>>,
}

impl Script {
    fn on(self: &Arc<Self>, request: &str, steps: impl IntoIterator<Item = Step>) -> &Arc<Self> {
        let steps = steps.into_iter().collect();
        self.answers
            .lock()
            .unwrap()
            .push((request.to_owned(), steps));
        self
    }

    fn project(self: &Arc<Self>) -> Arc<dyn Project> {
        let mut config = HttpConfig::default();
        config.wire = Some(Arc::clone(self) as Arc<dyn Wire>);
        let web = "https://gitlab.example.org".parse().unwrap();
        let gitlab = GitLab::at(web, Some(Credential::token("secret-token")), config).unwrap();
        gitlab.project(&"g/p".parse().unwrap()).unwrap()
    }

    /// When each request was sent, in milliseconds after the first.
    fn times(&self, request: &str) -> Vec<u128> {
        let sent = self.sent.lock().unwrap();
        let of_these = sent.iter().filter(|(_, line)| line == request);
        of_these.map(|(at, _)| at.as_millis()).collect()
    }

    fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }
}

#[async_trait]
impl Wire for Script {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, WireError> {
        let line = format!("{} {}", request.method(), request.uri().path());
        let now = Instant::now();
        let began = *self.began.lock().unwrap().get_or_insert(now);
        self.sent.lock().unwrap().push((now - began, line.clone()));
        let mut answers = self.answers.lock().unwrap();
        let steps = answers.iter_mut().find(|(request, _)| *request == line);
        let Some((_, steps)) = steps else {
            panic!("nobody expected {line}");
        };
        let step = if steps.len() > 1 {
            steps.pop_front().unwrap()
        } else {
            steps[0].clone()
        };
        match step {
            Step::Lost => Err(WireError::new(
                WireErrorKind::Broken,
                "the connection broke",
            )),
            Step::Answer(status, body) => Ok(Response::builder()
                .status(status)
                .header("content-type", "application/json")
                .body(Body::from_bytes(serde_json::to_vec(&body).unwrap()))
                .unwrap()),
        }
    }
}

fn pull(more: Value) -> Value {
    let mut row = j!({"iid": 7, "title": "T", "state": "opened", "source_branch": "b", "target_branch": "main",
                      "source_project_id": 1, "target_project_id": 1, "sha": "5a5a"});
    row.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    row
}

fn answer(status: u16, body: Value) -> Step {
    Step::Answer(status, body)
}

fn refused(status: u16, message: &str) -> Step {
    Step::Answer(status, j!({"message": message}))
}

const CREATE: &str = "POST /api/v4/projects/g%2Fp/merge_requests";
const MERGE: &str = "PUT /api/v4/projects/g%2Fp/merge_requests/7/merge";
const READ: &str = "GET /api/v4/projects/g%2Fp/merge_requests/7";
const STATUS: &str = "POST /api/v4/projects/g%2Fp/statuses/abc";
const STATUSES: &str = "GET /api/v4/projects/g%2Fp/repository/commits/abc/statuses";

fn new() -> NewPullRequest {
    NewPullRequest::new("T", "b", "main")
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_was_just_pushed_is_waited_for() {
    let script = Arc::new(Script::default());
    let missing = Step::Answer(400, j!({"message": {"source_branch": ["does not exist"]}}));
    script.on(
        CREATE,
        [missing.clone(), missing.clone(), answer(201, pull(j!({})))],
    );
    assert_eq!(
        script
            .project()
            .pull_requests()
            .create(new())
            .await
            .unwrap()
            .number,
        7
    );
    let times = script.times(CREATE);
    assert_eq!(times.len(), 3);
    assert!((1000..=1102).contains(&times[1]), "{times:?}");
    assert!((3000..=3204).contains(&times[2]), "{times:?}");

    let script = Arc::new(Script::default());
    script.on(CREATE, [missing]);
    let error = script
        .project()
        .pull_requests()
        .create(new())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.resource()),
        (ErrorKind::NotFound, Some("g/p branch b"))
    );
    assert_eq!(script.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_locked_row_is_tried_again_and_then_given_up() {
    let script = Arc::new(Script::default());
    let locked = refused(409, "409 Conflict: Resource lock");
    script.on(
        CREATE,
        [locked.clone(), locked.clone(), answer(201, pull(j!({})))],
    );
    script
        .project()
        .pull_requests()
        .create(new())
        .await
        .unwrap();
    assert_eq!(script.times(CREATE), [0, 200, 600]);

    let script = Arc::new(Script::default());
    script.on(CREATE, [locked]);
    let error = script
        .project()
        .pull_requests()
        .create(new())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::NotReady, true)
    );
    assert_eq!(script.times(CREATE), [0, 200, 600, 1400, 3000, 6200]);
}

#[tokio::test(start_paused = true)]
async fn a_status_waits_for_its_pipeline() {
    let script = Arc::new(Script::default());
    let none = refused(404, "404 References for commit Not Found");
    let set = answer(201, j!({"id": 1, "status": "success", "name": "ci"}));
    script.on(STATUS, [none.clone(), none.clone(), none.clone(), set]);
    let status = NewStatus::success("ci");
    script
        .project()
        .statuses()
        .set("abc", &status)
        .await
        .unwrap();
    assert_eq!(script.times(STATUS), [0, 1000, 2000, 3000]);

    let script = Arc::new(Script::default());
    script.on(STATUS, [none]);
    let error = script
        .project()
        .statuses()
        .set("abc", &status)
        .await
        .unwrap_err();
    assert_eq!((error.kind(), script.count()), (ErrorKind::NotFound, 4));

    // A commit that is not there is not waited for.
    let script = Arc::new(Script::default());
    script.on(STATUS, [refused(404, "404 Commit Not Found")]);
    let error = script
        .project()
        .statuses()
        .set("abc", &status)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.resource()),
        (ErrorKind::NotFound, Some("g/p@abc"))
    );
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_merge_waits_while_gitlab_works_it_out() {
    let script = Arc::new(Script::default());
    let no = refused(405, "405 Method Not Allowed");
    let checking = answer(200, pull(j!({"detailed_merge_status": "checking"})));
    let merged = answer(200, pull(j!({"state": "merged", "merge_commit_sha": "c0"})));
    script
        .on(MERGE, [no.clone(), no.clone(), merged])
        .on(READ, [checking.clone()]);
    let outcome = script
        .project()
        .pull_requests()
        .merge(7, Merge::new())
        .await
        .unwrap();
    assert_eq!(
        outcome,
        MergeOutcome::Merged {
            sha: Some("c0".into())
        }
    );
    assert_eq!(script.times(MERGE), [0, 250, 1250]);

    let script = Arc::new(Script::default());
    script.on(MERGE, [no]).on(READ, [checking]);
    let error = script
        .project()
        .pull_requests()
        .merge(7, Merge::new())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::NotReady, true)
    );
    assert_eq!(script.times(MERGE), [0, 250, 1250, 3500, 7500, 13750]);
}

#[tokio::test(start_paused = true)]
async fn a_merge_whose_answer_was_lost_is_settled_by_a_look() {
    let merged = |sha: &str| {
        answer(
            200,
            pull(j!({"state": "merged", "sha": sha, "merge_commit_sha": "c0"})),
        )
    };
    let no = refused(405, "405 Method Not Allowed");
    let merge = || Merge::new().expected_head("5a5a");
    let done = MergeOutcome::Merged {
        sha: Some("c0".into()),
    };

    let script = Arc::new(Script::default());
    script
        .on(MERGE, [Step::Lost, no.clone()])
        .on(READ, [merged("5a5a")]);
    assert_eq!(
        script
            .project()
            .pull_requests()
            .merge(7, merge())
            .await
            .unwrap(),
        done
    );

    // No answer at all came, three times over.
    let script = Arc::new(Script::default());
    script.on(MERGE, [Step::Lost]).on(READ, [merged("5a5a")]);
    assert_eq!(
        script
            .project()
            .pull_requests()
            .merge(7, merge())
            .await
            .unwrap(),
        done
    );

    // It was merged, but not with the head that was wanted; or it had been merged before.
    let script = Arc::new(Script::default());
    script
        .on(MERGE, [Step::Lost, no.clone()])
        .on(READ, [merged("0dd")]);
    let error = script
        .project()
        .pull_requests()
        .merge(7, merge())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let script = Arc::new(Script::default());
    script.on(MERGE, [no]).on(READ, [merged("5a5a")]);
    let error = script
        .project()
        .pull_requests()
        .merge(7, merge())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Conflict, Outcome::Refused)
    );
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_was_lost_is_not_sent_again() {
    let script = Arc::new(Script::default());
    script.on(CREATE, [Step::Lost]);
    let error = script
        .project()
        .pull_requests()
        .create(new())
        .await
        .unwrap_err();
    assert_eq!(
        (error.outcome(), error.is_retryable(), script.count()),
        (Outcome::Unknown, false, 1)
    );

    let script = Arc::new(Script::default());
    let comment = "POST /api/v4/projects/g%2Fp/merge_requests/7/notes";
    script.on(comment, [refused(500, "500")]);
    let error = script
        .project()
        .pull_requests()
        .comment(7, "hi")
        .await
        .unwrap_err();
    assert_eq!((error.kind(), script.count()), (ErrorKind::Unavailable, 1));
}

#[tokio::test(start_paused = true)]
async fn a_status_whose_answer_was_lost_is_settled_by_a_look() {
    let script = Arc::new(Script::default());
    let refusal = refused(400, "Cannot transition status via :run from :running");
    let rows = answer(
        200,
        j!([{"id": 1, "status": "running", "name": "ci", "description": ""}]),
    );
    let none = answer(200, j!([]));
    script
        .on(STATUS, [Step::Lost, refusal])
        .on(STATUSES, [rows, none]);
    let status = NewStatus::new("ci", CheckState::Running);
    let set = script
        .project()
        .statuses()
        .set("abc", &status)
        .await
        .unwrap();
    assert_eq!(set.state, CheckState::Running);
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_given_up_within_the_deadline() {
    #[derive(Debug)]
    struct Silent;
    #[async_trait]
    impl Wire for Silent {
        async fn send(&self, _: Request<Body>) -> Result<Response<Body>, WireError> {
            std::future::pending().await
        }
    }
    let mut config = HttpConfig::default();
    config.wire = Some(Arc::new(Silent));
    let web = "https://gitlab.example.org".parse().unwrap();
    let gitlab = GitLab::at(web, None, config).unwrap();
    let project = gitlab.project(&ProjectPath::new("g", "p")).unwrap();
    let hasty = project.with(ogr_core::CallOptions::new().deadline(Duration::from_secs(2)));
    assert_eq!(hasty.get().await.unwrap_err().kind(), ErrorKind::Timeout);
}

/// A list that goes on somewhere else.
#[derive(Debug, Default)]
struct Astray(Mutex<Vec<String>>);

#[async_trait]
impl Wire for Astray {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, WireError> {
        self.0.lock().unwrap().push(request.uri().to_string());
        Ok(Response::builder()
            .header("content-type", "application/json")
            .header(
                "link",
                "<https://evil.example.org/x?page_token=a>; rel=\"next\"",
            )
            .body(Body::from_bytes(
                r#"[{"path":"a","type":"blob","mode":"100644"}]"#,
            ))
            .unwrap())
    }
}

#[tokio::test]
async fn no_list_leads_to_another_host() {
    let astray = Arc::new(Astray::default());
    let mut config = HttpConfig::default();
    config.wire = Some(Arc::clone(&astray) as Arc<dyn Wire>);
    let web = "https://gitlab.example.org".parse().unwrap();
    let gitlab = GitLab::at(web, Some(Credential::token("secret-token")), config).unwrap();
    let project = gitlab.project(&ProjectPath::new("g", "p")).unwrap();
    let error = project.contents().tree(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let sent = astray.0.lock().unwrap().clone();
    assert!(
        sent.iter()
            .all(|url| url.starts_with("https://gitlab.example.org/")),
        "{sent:?}"
    );
}
