use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt;
use ogr_core::{
    ErrorKind, Listing,
    http::{Batch, Client, Paging, array},
};
use serde_json::json as value;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use crate::support::*;

/// Serves rows by page, with whatever headers a test wants.
struct Pages<F>(F);

impl<F: Fn(u64, &Request) -> ResponseTemplate + Send + Sync> Respond for Pages<F> {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let page = request
            .url
            .query_pairs()
            .find(|(name, _)| name == "page")
            .map_or(1, |(_, page)| page.parse().unwrap());
        (self.0)(page, request)
    }
}

async fn serve(
    page: impl Fn(u64, &Request) -> ResponseTemplate + Send + Sync + 'static,
) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(Pages(page))
        .mount(&server)
        .await;
    server
}

fn rows(from: u64, to: u64) -> ResponseTemplate {
    json((from..to).collect::<Vec<_>>())
}

fn list(client: &Client, paging: Paging) -> Listing<u64> {
    list_with(client, paging, |_| None)
}

fn list_with(
    client: &Client,
    paging: Paging,
    total: impl Fn(&ogr_core::http::Reply) -> Option<u64> + Send + Sync + 'static,
) -> Listing<u64> {
    client.listing(
        get(client, &["items"]).query("limit", "50"),
        paging,
        move |reply| Ok(array(reply, |row: u64| Ok(Some(row)))?.total(total(reply))),
        u64::to_string,
    )
}

#[tokio::test]
async fn a_short_page_ends_nothing_and_an_empty_one_does() {
    let server = serve(|page, _| match page {
        1 => rows(0, 50),
        2 => rows(50, 53),
        3 => rows(53, 60),
        _ => rows(0, 0),
    })
    .await;
    let client = client(&server);
    let all = list(&client, Paging::Numbered).collect_all().await.unwrap();
    assert_eq!(all, (0..60).collect::<Vec<_>>());
    assert_eq!(count(&server).await, 4);
}

#[tokio::test]
async fn a_server_that_ignores_the_page_does_not_loop_for_ever() {
    let server = serve(|_, _| rows(0, 50)).await;
    let client = client(&server);
    let all = list(&client, Paging::Numbered).collect_all().await.unwrap();
    assert_eq!(all.len(), 50);
    assert_eq!(count(&server).await, 2);
}

#[tokio::test]
async fn a_trusted_total_ends_a_list_and_lets_pages_be_read_at_once() {
    // The server clamps pages to 20 rows, whatever was asked for.
    let server = serve(|page, _| rows((page - 1) * 20, (page * 20).min(95))).await;
    let client = client(&server);
    let listing = list_with(&client, Paging::Numbered, |_| Some(95));
    let all = listing.collect_all().await.unwrap();
    assert_eq!(all, (0..95).collect::<Vec<_>>());
    assert_eq!(
        count(&server).await,
        5,
        "no request for a page beyond the last"
    );
}

#[tokio::test]
async fn links_are_followed_to_the_letter_and_numbered_ones_at_once() {
    let server = serve(|page, request| {
        let base = format!(
            "http://{}/numeric/42/items",
            request.headers["host"].to_str().unwrap()
        );
        let mut links = vec![format!("<{base}?x=a,b&page=4>; rel=\"last\"")];
        if page < 4 {
            links.push(format!("<{base}?x=a,b&page={}>; rel=\"next\"", page + 1));
        }
        rows((page - 1) * 10, page * 10).insert_header("link", links.join(", ").as_str())
    })
    .await;
    let client = client(&server);
    let all = list(&client, Paging::Link).collect_all().await.unwrap();
    assert_eq!(all, (0..40).collect::<Vec<_>>());
    let seen = server.received_requests().await.unwrap();
    assert_eq!(seen.len(), 4);
    assert!(
        seen[1..]
            .iter()
            .all(|r| r.url.path() == "/numeric/42/items")
    );
}

#[tokio::test]
async fn a_keyset_list_goes_one_by_one_and_ends_with_its_links() {
    let server = serve(|_, request| {
        let cursor = request
            .url
            .query_pairs()
            .find(|(name, _)| name == "cursor")
            .map_or(0, |(_, cursor)| cursor.parse().unwrap());
        let answer = rows(cursor, cursor + 10);
        if cursor < 30 {
            answer.insert_header(
                "link",
                format!("<?cursor={}>; rel=\"next\"", cursor + 10).as_str(),
            )
        } else {
            answer
        }
    })
    .await;
    let client = client(&server);
    let all = list(&client, Paging::Keyset)
        .width(8)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(all, (0..40).collect::<Vec<_>>());
    assert_eq!(count(&server).await, 4);
}

#[tokio::test]
async fn a_next_link_to_a_foreign_host_gives_the_items_first_and_then_an_error() {
    let evil = MockServer::start().await;
    let link = format!("<{}/api/v1/items?page=2>; rel=\"next\"", evil.uri());
    let server = serve(move |_, _| rows(0, 3).insert_header("link", link.as_str())).await;
    let client = client(&server);
    let mut listing = list(&client, Paging::Link);
    // The page with the foreign link cannot be told from a whole list: its items are not given as one.
    let error = loop {
        match listing.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a silent end"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(count(&evil).await, 0);
}

#[tokio::test]
async fn nothing_is_asked_before_it_is_polled_and_no_more_than_is_taken() {
    let server = serve(|page, _| rows((page - 1) * 50, page * 50)).await;
    let client = client(&server);
    let listing = list(&client, Paging::Numbered);
    assert_eq!(count(&server).await, 0);
    let some: Vec<u64> = listing.take(60).try_collect().await.unwrap();
    assert_eq!(some.len(), 60);
    assert_eq!(count(&server).await, 2);
    assert_eq!(
        list(&client, Paging::Numbered).first().await.unwrap(),
        Some(0)
    );
    assert_eq!(count(&server).await, 3);
}

#[tokio::test]
async fn rows_that_shift_are_not_given_twice() {
    // A row is put in front of the list after page 1 was read.
    let server = serve(|page, _| match page {
        1 => rows(1, 51),
        2 => rows(50, 80),
        _ => rows(0, 0),
    })
    .await;
    let client = client(&server);
    let all = list(&client, Paging::Numbered).collect_all().await.unwrap();
    assert_eq!(all, (1..80).collect::<Vec<_>>());
}

#[tokio::test]
async fn rows_that_moved_back_are_read_again() {
    // After page 1, row 3 is deleted: row 10 moves from page 2 to page 1.
    let reads = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&reads);
    let server = serve(move |page, _| {
        let mut reads = seen.lock().unwrap();
        *reads += 1;
        let (rows, total) = match (page, *reads) {
            (1, 1) => ((0..10).collect::<Vec<u64>>(), 20),
            (1, _) => ((0..11).filter(|row| *row != 3).collect(), 19),
            _ => ((11..20).collect(), 19),
        };
        json(rows).insert_header("x-total", total.to_string().as_str())
    })
    .await;
    let client = client(&server);
    let listing = list_with(&client, Paging::Numbered, |reply| {
        reply.header("x-total")?.parse().ok()
    });
    let mut all: Vec<u64> = listing.try_collect().await.unwrap();
    all.sort_unstable();
    assert_eq!(all, (0..20).collect::<Vec<_>>());
    assert_eq!(*reads.lock().unwrap(), 3);
}

#[tokio::test]
async fn unwanted_rows_do_not_end_a_list() {
    let server = serve(|page, _| match page {
        1..=3 => rows((page - 1) * 10, page * 10),
        _ => rows(0, 0),
    })
    .await;
    let client = client(&server);
    let listing = client.listing(
        get(&client, &["items"]),
        Paging::Numbered,
        |reply| array(reply, |row: u64| Ok((row >= 25).then_some(row))),
        u64::to_string,
    );
    assert_eq!(
        listing.collect_all().await.unwrap(),
        (25..30).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn an_envelope_tells_its_pages() {
    let server =
        serve(|page, _| json(value!({"requests": [page], "pagination": {"pages": 3}}))).await;
    let client = client(&server);
    let listing = client.listing(
        get(&client, &["items"]),
        Paging::Numbered,
        |reply| {
            let body: serde_json::Value = reply.json()?;
            let rows: Vec<u64> = body["requests"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row.as_u64().unwrap())
                .collect();
            let count = rows.len();
            Ok(Batch::new(rows, count).pages(body["pagination"]["pages"].as_u64()))
        },
        u64::to_string,
    );
    assert_eq!(listing.collect_all().await.unwrap(), [1, 2, 3]);
    assert_eq!(count(&server).await, 3);
}
