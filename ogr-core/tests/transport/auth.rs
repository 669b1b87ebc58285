use ogr_core::{Credential, ErrorKind, ForgeKind, Instance, http::RawRequest};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

use crate::support::*;

#[tokio::test]
async fn the_credential_goes_to_the_forge_and_its_header_is_sensitive() {
    let server = MockServer::start().await;
    Mock::given(header("authorization", format!("token {TOKEN}").as_str()))
        .respond_with(json(1))
        .mount(&server)
        .await;
    let client = client(&server);
    assert_eq!(
        client
            .send(get(&client, &["x"]))
            .await
            .unwrap()
            .json::<u8>()
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn a_redirect_to_another_origin_carries_no_credential() {
    let server = MockServer::start().await;
    let elsewhere = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(
            ResponseTemplate::new(302)
                .insert_header("location", format!("{}/stolen", elsewhere.uri())),
        )
        .mount(&server)
        .await;
    Mock::given(path("/stolen"))
        .respond_with(json("content"))
        .mount(&elsewhere)
        .await;
    let client = client(&server);
    let mut call = get(&client, &["x"]);
    call.headers
        .insert("x-private", "for the forge alone".parse().unwrap());
    client.send(call).await.unwrap();
    let seen = &elsewhere.received_requests().await.unwrap()[0];
    assert!(!seen.headers.contains_key("authorization"));
    assert!(!seen.headers.contains_key("x-private"));
}

#[tokio::test]
async fn a_write_is_not_redirected_to_another_origin() {
    for status in [301, 302, 307, 308] {
        let server = MockServer::start().await;
        let elsewhere = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(status).insert_header("location", elsewhere.uri()))
            .mount(&server)
            .await;
        let client = client(&server);
        let error = assert_kind(client.send(post(&client, &["x"])).await, ErrorKind::Refused);
        assert!(error.to_string().contains("another host"), "{error}");
        assert_eq!(count(&elsewhere).await, 0);
    }
}

#[tokio::test]
async fn a_renamed_repository_keeps_method_body_and_credential() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/v1/old"))
        .respond_with(ResponseTemplate::new(301).insert_header("location", "/api/v1/new"))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/api/v1/new"))
        .and(header("authorization", format!("token {TOKEN}").as_str()))
        .and(wiremock::matchers::body_string("a=1+2"))
        .respond_with(json("made"))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server);
    client
        .send(post(&client, &["old"]).form([("a", "1 2")]))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_redirect_loop_ends() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(302).insert_header("location", "/api/v1/x"))
        .mount(&server)
        .await;
    let client = client(&server);
    assert_kind(
        client.send(get(&client, &["x"])).await,
        ErrorKind::Unavailable,
    );
    assert_eq!(count(&server).await, 6);
}

#[tokio::test]
async fn plain_http_to_another_machine_is_refused_unless_it_is_named() {
    let web: url::Url = "http://forge.example.org".parse().unwrap();
    let instance = || Instance::new(ForgeKind::Forgejo, web.clone(), web.join("/api").unwrap());
    let make = |config| {
        ogr_core::http::Client::new(
            instance(),
            std::sync::Arc::new(Plain),
            Some(Credential::token(TOKEN)),
            config,
        )
        .unwrap()
    };
    let client = make(quick());
    let error = assert_kind(client.send(get(&client, &["x"])).await, ErrorKind::Refused);
    assert!(error.to_string().contains("unencrypted"), "{error}");

    #[derive(Debug)]
    struct Echo;
    #[async_trait::async_trait]
    impl ogr_core::http::Wire for Echo {
        async fn send(
            &self,
            request: http::Request<ogr_core::http::Body>,
        ) -> Result<http::Response<ogr_core::http::Body>, ogr_core::http::WireError> {
            assert!(request.headers()["authorization"].is_sensitive());
            Ok(http::Response::new(ogr_core::http::Body::from_bytes("1")))
        }
    }
    let mut config = quick();
    config.plain_http_hosts = vec!["forge.example.org".into()];
    config.wire = Some(std::sync::Arc::new(Echo));
    let client = make(config);
    client.send(get(&client, &["x"])).await.unwrap();
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_told_without_showing_it() {
    let server = MockServer::start().await;
    let web: url::Url = server.uri().parse().unwrap();
    let client = ogr_core::http::Client::new(
        Instance::new(ForgeKind::Forgejo, web.clone(), web),
        std::sync::Arc::new(Plain),
        Some(Credential::token("two\nlines")),
        quick(),
    )
    .unwrap();
    let error = assert_kind(client.send(get(&client, &["x"])).await, ErrorKind::Config);
    assert!(!format!("{error:?}").contains("lines"));
    assert_eq!(count(&server).await, 0);
}

#[tokio::test]
async fn raw_requests_stay_on_the_forge() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v1/topics"))
        .respond_with(json(["a"]))
        .mount(&server)
        .await;
    let client = client(&server);
    let reply = client.raw(RawRequest::get("topics?page=1")).await.unwrap();
    assert_eq!(reply.json::<Vec<String>>().unwrap(), ["a"]);
    for foreign in ["https://evil.example.org/api/v1/topics", "../../admin"] {
        let before = count(&server).await;
        let result = client.raw(RawRequest::get(foreign)).await;
        match result {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Refused, "{foreign}: {error}"),
            Ok(_) => panic!("{foreign} was sent"),
        }
        assert_eq!(count(&server).await, before);
    }
}

#[tokio::test]
async fn segments_are_encoded_whole_or_refused() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(json(1))
        .mount(&server)
        .await;
    let client = client(&server);
    client
        .send(get(&client, &["a/b", "c d", "?x=1#y", "100%", "ü"]))
        .await
        .unwrap();
    let seen = &server.received_requests().await.unwrap()[0];
    assert_eq!(
        seen.url.path(),
        "/api/v1/a%2Fb/c%20d/%3Fx%3D1%23y/100%25/%C3%BC"
    );
    for bad in ["", ".", ".."] {
        assert!(client.url(["repos", bad]).is_err(), "{bad:?}");
    }
}
