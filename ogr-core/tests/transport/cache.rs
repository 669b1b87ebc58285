use std::time::Duration;

use ogr_core::{CallOptions, Credential, http::HttpConfig};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, header_exists, method},
};

use crate::support::*;

#[tokio::test]
async fn what_was_read_is_revalidated_and_never_served_unasked() {
    let server = MockServer::start().await;
    Mock::given(header("if-none-match", "\"v1\""))
        .respond_with(ResponseTemplate::new(304).insert_header("x-ratelimit-remaining", "7"))
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(
            json("fresh")
                .insert_header("etag", "\"v1\"")
                .insert_header("cache-control", "max-age=60"),
        )
        .mount(&server)
        .await;
    let client = client(&server);
    for _ in 0..3 {
        let reply = client.send(get(&client, &["x"])).await.unwrap();
        assert_eq!(reply.json::<String>().unwrap(), "fresh");
        assert_eq!(reply.status, 200);
    }
    let seen = server.received_requests().await.unwrap();
    assert_eq!(seen.len(), 3);
    assert!(!seen[0].headers.contains_key("if-none-match"));
    assert!(seen[2].headers.contains_key("if-none-match"));
    // A 304 teaches as much of the budget as any answer.
    assert_eq!(client.rate_limit().unwrap().remaining, Some(7));
    // A fresh read asks without the validator.
    let fresh = client.with(&CallOptions::new().fresh());
    fresh.send(get(&fresh, &["x"])).await.unwrap();
    let seen = server.received_requests().await.unwrap();
    assert!(!seen[3].headers.contains_key("if-none-match"));
}

#[tokio::test]
async fn another_credential_or_media_type_is_another_entry() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(json("x").insert_header("etag", "\"v1\""))
        .mount(&server)
        .await;
    let client = client(&server);
    client.send(get(&client, &["x"])).await.unwrap();
    client
        .send(get(&client, &["x"]).accept("application/diff"))
        .await
        .unwrap();
    let other = client.with(&CallOptions::new().credential(Credential::token("another")));
    other.send(get(&other, &["x"])).await.unwrap();
    for seen in server.received_requests().await.unwrap() {
        assert!(!seen.headers.contains_key("if-none-match"));
    }
}

#[tokio::test]
async fn the_cache_is_bounded() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_bytes(vec![b'1'; 10_000])
                .insert_header("etag", "\"v1\""),
        )
        .mount(&server)
        .await;
    let mut config: HttpConfig = quick();
    config.cache_bytes = 50_000;
    let client = client_with(&server, config);
    for n in 0..10 {
        client.send(get(&client, &[&n.to_string()])).await.unwrap();
    }
    // The first was pushed out, the last is still there.
    client.send(get(&client, &["0"])).await.unwrap();
    client.send(get(&client, &["9"])).await.unwrap();
    let seen = server.received_requests().await.unwrap();
    assert!(!seen[10].headers.contains_key("if-none-match"));
    assert!(seen[11].headers.contains_key("if-none-match"));
}

#[tokio::test]
async fn equal_reads_in_flight_share_one_request_unless_a_write_comes_between() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(json("slow").set_delay(Duration::from_millis(150)))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(json("made"))
        .mount(&server)
        .await;
    let client = client(&server);
    let reads = (0..5).map(|_| client.send(get(&client, &["x"])));
    for reply in futures_util::future::join_all(reads).await {
        reply.unwrap();
    }
    assert_eq!(count(&server).await, 1);

    let early = tokio::spawn({
        let client = client.clone();
        async move { client.send(get(&client, &["x"])).await }
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    client.send(post(&client, &["y"])).await.unwrap();
    client.send(get(&client, &["x"])).await.unwrap();
    early.await.unwrap().unwrap();
    assert_eq!(
        count(&server).await,
        4,
        "a read after a write does not join one from before it"
    );
}

#[tokio::test]
async fn a_dropped_reader_does_not_take_the_others_down() {
    let server = MockServer::start().await;
    Mock::given(header_exists("authorization"))
        .respond_with(json("slow").set_delay(Duration::from_millis(100)))
        .mount(&server)
        .await;
    let client = client(&server);
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.send(get(&client, &["x"])).await }
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    let second = tokio::spawn({
        let client = client.clone();
        async move { client.send(get(&client, &["x"])).await }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    first.abort();
    second.await.unwrap().unwrap();
}
