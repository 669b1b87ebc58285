use ogr_core::ErrorKind;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::*;

async fn answering(template: ResponseTemplate) -> (MockServer, ogr_core::http::Client) {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(template)
        .mount(&server)
        .await;
    let client = client(&server);
    (server, client)
}

fn page(status: u16, title: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(
        format!("<!doctype html><title>{title}</title><p>…"),
        "text/html; charset=utf-8",
    )
}

#[tokio::test]
async fn a_page_in_place_of_data_is_a_bot_wall_or_an_outage_and_never_a_decode_error() {
    for (status, title, kind) in [
        (200, "Making sure you're not a bot!", ErrorKind::BotWall),
        (401, "Sign in", ErrorKind::BotWall),
        (403, "Forbidden", ErrorKind::BotWall),
        (429, "Slow down", ErrorKind::BotWall),
        (404, "404 Not Found", ErrorKind::NotFound),
        (500, "Internal Server Error", ErrorKind::Unavailable),
    ] {
        let (_server, client) = answering(page(status, title)).await;
        let error = assert_kind(client.send(get(&client, &["x"])).await, kind);
        assert!(
            error.message().contains(title.trim_end_matches('!')),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_outage_page_of_a_proxy_is_retried_and_that_of_a_wall_is_not() {
    let (server, client) = answering(page(503, "Service Unavailable")).await;
    assert_kind(
        client.send(get(&client, &["x"])).await,
        ErrorKind::Unavailable,
    );
    assert_eq!(count(&server).await, 3);
    let (server, client) = answering(page(503, "Anubis: proof of work")).await;
    assert_kind(client.send(get(&client, &["x"])).await, ErrorKind::BotWall);
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn a_page_where_bytes_were_due_is_content() {
    let (_server, client) = answering(page(200, "a page in a repository")).await;
    let reply = client.send(get(&client, &["x"]).bytes()).await.unwrap();
    assert!(reply.body.starts_with(b"<!doctype"));
}

#[tokio::test]
async fn unreadable_answers_name_the_place() {
    #[derive(Debug, serde::Deserialize)]
    struct Pull {
        #[allow(dead_code)]
        user: User,
    }
    #[derive(Debug, serde::Deserialize)]
    struct User {
        #[allow(dead_code)]
        login: String,
    }
    let (_server, client) = answering(json(serde_json::json!([{"user": {"login": 7}}]))).await;
    let reply = client.send(get(&client, &["x"])).await.unwrap();
    let error = assert_kind(reply.json::<Vec<Pull>>(), ErrorKind::Decode);
    assert!(error.message().contains("[0].user.login"), "{error}");
    assert_eq!(error.resource(), Some("rpms/foo#7"));

    for body in [r#"{"number": 1"#, "{}{}", "nonsense"] {
        let (_server, client) =
            answering(ResponseTemplate::new(200).set_body_raw(body, "application/json")).await;
        let reply = client.send(get(&client, &["x"])).await.unwrap();
        assert_kind(reply.json::<serde_json::Value>(), ErrorKind::Decode);
    }
}

#[tokio::test]
async fn null_and_nothing_are_empty_lists() {
    for body in ["null", "", "[]"] {
        let (_server, client) =
            answering(ResponseTemplate::new(200).set_body_raw(body, "application/json")).await;
        let reply = client.send(get(&client, &["x"])).await.unwrap();
        assert!(reply.rows::<u8>().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_body_above_the_cap_is_refused_while_it_comes() {
    let (_server, client) =
        answering(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 100_000])).await;
    let call = get(&client, &["x"]).body_limit(99_999);
    let error = assert_kind(client.send(call).await, ErrorKind::TooLarge);
    assert!(error.message().contains("99999"), "{error}");
    let call = get(&client, &["x"]).body_limit(100_000);
    client.send(call).await.unwrap();
}

#[tokio::test]
async fn the_forges_request_id_is_kept() {
    let (_server, client) =
        answering(ResponseTemplate::new(422).insert_header("x-request-id", "AB12")).await;
    let error = assert_kind(client.send(get(&client, &["x"])).await, ErrorKind::Invalid);
    assert_eq!(error.request_id(), Some("AB12"));
    assert!(error.to_string().ends_with("[request AB12]"), "{error}");
}

#[tokio::test]
async fn another_forge_behind_the_host_is_noticed() {
    use std::sync::Arc;

    struct Moved;
    #[async_trait::async_trait]
    impl ogr_core::http::Watch for Moved {
        async fn other_forge(&self) -> Option<ogr_core::ForgeKind> {
            Some(ogr_core::ForgeKind::Gitea)
        }
    }
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(404).set_body_raw("404 page not found", "text/plain"))
        .mount(&server)
        .await;
    let mut config = quick();
    config.watch = Some(Arc::new(Moved));
    let client = client_with(&server, config);
    let error = assert_kind(
        client.send(get(&client, &["x"])).await,
        ErrorKind::ForgeChanged,
    );
    assert!(error.message().contains("Gitea"), "{error}");
    // A missing thing is told as JSON: that is no evidence.
    server.reset().await;
    Mock::given(any())
        .respond_with(
            ResponseTemplate::new(404).set_body_json(serde_json::json!({"message": "no"})),
        )
        .mount(&server)
        .await;
    assert_kind(client.send(get(&client, &["x"])).await, ErrorKind::NotFound);
}
