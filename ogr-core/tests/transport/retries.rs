use std::time::{Duration, Instant};

use ogr_core::{
    CallOptions, ErrorKind, LimitKind, Outcome,
    http::{Effect, HttpConfig},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::support::*;

async fn answers(server: &MockServer, first: ResponseTemplate, times: u64) {
    Mock::given(wiremock::matchers::any())
        .respond_with(first)
        .up_to_n_times(times)
        .mount(server)
        .await;
    Mock::given(wiremock::matchers::any())
        .respond_with(json("done"))
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_bad_token_costs_one_request_and_no_sleep() {
    let server = MockServer::start().await;
    answers(
        &server,
        ResponseTemplate::new(401).set_body_json(
            serde_json::json!({"message": format!("token does not exist [{TOKEN}]")}),
        ),
        9,
    )
    .await;
    let client = client(&server);
    let start = Instant::now();
    let error = assert_kind(
        client.send(get(&client, &["x"])).await,
        ErrorKind::Unauthenticated,
    );
    assert!(start.elapsed() < Duration::from_millis(400));
    assert_eq!(count(&server).await, 1);
    // The server echoed the token: nothing that is shown may have it.
    for shown in [
        format!("{error}"),
        format!("{error:?}"),
        format!("{client:?}"),
    ] {
        assert!(!shown.contains(TOKEN), "{shown}");
    }
    assert_eq!(error.resource(), Some("rpms/foo#7"));
    assert_eq!(error.status(), Some(401));
}

#[tokio::test]
async fn a_permission_error_does_not_sleep_even_when_it_names_a_reset() {
    let server = MockServer::start().await;
    answers(
        &server,
        ResponseTemplate::new(403)
            .insert_header("x-ratelimit-limit", "5000")
            .insert_header("x-ratelimit-remaining", "4000")
            .insert_header("x-ratelimit-reset", "4102444800")
            .set_body_json(serde_json::json!({"message": "Resource not accessible"})),
        9,
    )
    .await;
    let client = client(&server);
    assert_kind(
        client.send(get(&client, &["x"])).await,
        ErrorKind::PermissionDenied,
    );
    assert_eq!(count(&server).await, 1);
    assert_eq!(client.rate_limit().unwrap().remaining, Some(4000));
}

#[tokio::test]
async fn reads_and_idempotent_writes_come_back_after_a_failure_that_may_pass() {
    for status in [502, 503, 504] {
        let server = MockServer::start().await;
        answers(&server, ResponseTemplate::new(status), 1).await;
        let client = client(&server);
        let reply = client.send(get(&client, &["x"])).await.unwrap();
        assert_eq!(reply.attempts, 2, "{status}");
    }
    let server = MockServer::start().await;
    answers(&server, ResponseTemplate::new(502), 1).await;
    let client = client(&server);
    let call = post(&client, &["x"]).effect(Effect::Idempotent);
    assert_eq!(client.send(call).await.unwrap().attempts, 2);
}

#[tokio::test]
async fn a_create_is_never_sent_twice_after_a_server_error() {
    for status in [500, 502, 503, 504] {
        let server = MockServer::start().await;
        answers(&server, ResponseTemplate::new(status), 9).await;
        let client = client(&server);
        let error = assert_kind(
            client.send(post(&client, &["x"])).await,
            ErrorKind::Unavailable,
        );
        assert_eq!(count(&server).await, 1, "{status}");
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn an_internal_error_is_not_repeated() {
    let server = MockServer::start().await;
    answers(&server, ResponseTemplate::new(500), 9).await;
    let client = client(&server);
    assert_kind(
        client.send(get(&client, &["x"])).await,
        ErrorKind::Unavailable,
    );
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn three_tries_are_all() {
    let server = MockServer::start().await;
    answers(&server, ResponseTemplate::new(502), 9).await;
    let client = client(&server);
    let error = assert_kind(
        client.send(get(&client, &["x"])).await,
        ErrorKind::Unavailable,
    );
    assert_eq!(count(&server).await, 3);
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_limit_is_waited_for_even_by_a_create() {
    let server = MockServer::start().await;
    answers(
        &server,
        ResponseTemplate::new(429).insert_header("retry-after", "1"),
        1,
    )
    .await;
    let client = client(&server);
    let start = Instant::now();
    let reply = client.send(post(&client, &["x"])).await.unwrap();
    assert_eq!(reply.attempts, 2);
    assert!(start.elapsed() >= Duration::from_millis(950));
}

#[tokio::test]
async fn a_wait_beyond_max_wait_fails_at_once_and_closes_the_lane_for_clones() {
    let server = MockServer::start().await;
    answers(
        &server,
        ResponseTemplate::new(403).set_body_json(
            serde_json::json!({"message": "You have exceeded a secondary rate limit"}),
        ),
        1,
    )
    .await;
    let client = client(&server);
    let error = assert_kind(
        client.send(get(&client, &["x"])).await,
        ErrorKind::RateLimited,
    );
    assert_eq!(error.rate_limit().unwrap().kind, LimitKind::Secondary);
    // GitHub asks for a minute where it names no time.
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
    let clone = client.clone();
    let error = assert_kind(
        clone.send(get(&clone, &["y"])).await,
        ErrorKind::RateLimited,
    );
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert_eq!(count(&server).await, 1, "nothing left before its time");
}

#[tokio::test]
async fn an_empty_budget_is_respected_before_the_wire() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(
            json("last one")
                .insert_header("x-ratelimit-limit", "60")
                .insert_header("x-ratelimit-remaining", "0")
                .insert_header("x-ratelimit-reset", "4102444800"),
        )
        .mount(&server)
        .await;
    let client = client(&server);
    client.send(get(&client, &["x"])).await.unwrap();
    let error = assert_kind(
        client.send(get(&client, &["y"])).await,
        ErrorKind::RateLimited,
    );
    assert_eq!(error.rate_limit().unwrap().kind, LimitKind::Primary);
    assert!(error.rate_limit().unwrap().reset.is_some());
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn a_named_signal_lets_a_refused_create_come_back() {
    let server = MockServer::start().await;
    answers(
        &server,
        ResponseTemplate::new(400).set_body_json(serde_json::json!({"message": "come again"})),
        2,
    )
    .await;
    let client = client(&server);
    assert_eq!(
        client.send(post(&client, &["x"])).await.unwrap().attempts,
        3
    );
}

#[tokio::test]
async fn a_connection_that_was_refused_lets_even_a_create_come_back() {
    // Port 1 on loopback: nobody listens.
    let web: url::Url = "http://127.0.0.1:1".parse().unwrap();
    let instance = ogr_core::Instance::new(
        ogr_core::ForgeKind::Forgejo,
        web.clone(),
        web.join("/api/v1").unwrap(),
    );
    let mut config = quick();
    config.tries = 2;
    let client =
        ogr_core::http::Client::new(instance, std::sync::Arc::new(Plain), None, config).unwrap();
    let error = assert_kind(client.send(post(&client, &["x"])).await, ErrorKind::Network);
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert!(error.is_retryable());
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_a_timeout() {
    let server = MockServer::start().await;
    answers(&server, json("late").set_delay(Duration::from_secs(30)), 9).await;
    let mut config = quick();
    config.attempt_timeout = Duration::from_millis(100);
    config.tries = 2;
    let client = client_with(&server, config);
    let error = assert_kind(client.send(get(&client, &["x"])).await, ErrorKind::Timeout);
    assert_eq!(count(&server).await, 2);
    assert!(error.is_retryable());
    let error = assert_kind(client.send(post(&client, &["x"])).await, ErrorKind::Timeout);
    assert_eq!(count(&server).await, 3, "a create is not sent again");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn the_callers_deadline_bounds_waits_and_tries() {
    let server = MockServer::start().await;
    answers(
        &server,
        ResponseTemplate::new(503).insert_header("retry-after", "1"),
        9,
    )
    .await;
    let client = client(&server).with(&CallOptions::new().deadline(Duration::from_millis(300)));
    let start = Instant::now();
    let error = client.send(get(&client, &["x"])).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_millis(600), "{error}");
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_is_settled() {
    let server = MockServer::start().await;
    Mock::given(method("DELETE"))
        .respond_with(ResponseTemplate::new(502))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .respond_with(ResponseTemplate::new(404))
        .mount(&server)
        .await;
    let client = client(&server);
    let call = client
        .call(
            ogr_core::Operation::ReleasesDelete,
            http::Method::DELETE,
            ["x"],
        )
        .unwrap();
    assert_eq!(client.send(call).await.unwrap().status, 204);
    let call = client
        .call(
            ogr_core::Operation::ReleasesDelete,
            http::Method::DELETE,
            ["x"],
        )
        .unwrap();
    assert_kind(client.send(call).await, ErrorKind::NotFound);
}

#[tokio::test]
async fn reads_run_at_a_bounded_width_and_writes_one_at_a_time() {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use async_trait::async_trait;
    use ogr_core::http::{Body, Wire, WireError};

    #[derive(Debug, Default)]
    struct Gauge {
        now: AtomicUsize,
        most: AtomicUsize,
    }

    #[async_trait]
    impl Wire for Gauge {
        async fn send(
            &self,
            _request: http::Request<Body>,
        ) -> Result<http::Response<Body>, WireError> {
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
            self.now.fetch_sub(1, Ordering::SeqCst);
            Ok(http::Response::new(Body::from_bytes("null")))
        }
    }

    for (write, bound) in [(false, 8), (true, 1)] {
        let gauge = Arc::new(Gauge::default());
        let mut config = HttpConfig::default();
        config.wire = Some(gauge.clone());
        let web: url::Url = "https://example.org".parse().unwrap();
        let instance = ogr_core::Instance::new(
            ogr_core::ForgeKind::Forgejo,
            web.clone(),
            web.join("/api").unwrap(),
        );
        let client = ogr_core::http::Client::new(instance, Arc::new(Plain), None, config).unwrap();
        let calls = (0..24).map(|n| {
            let client = client.clone();
            let n = n.to_string();
            async move {
                let call = if write {
                    post(&client, &[&n])
                } else {
                    get(&client, &[&n])
                };
                client.send(call).await.unwrap()
            }
        });
        futures_util::future::join_all(calls).await;
        assert_eq!(gauge.most.load(Ordering::SeqCst), bound);
    }
}
