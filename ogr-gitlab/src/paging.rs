//! How GitLab's lists go on: pages by number, with what the headers say of their count.

use ogr_core::{
    Listing, Result,
    http::{self, Batch, Call, Client, Paging, Reply},
};
use serde::de::DeserializeOwned;

/// The most rows that GitLab gives at once.
pub(crate) const PAGE_SIZE: &str = "100";

/// A list whose pages are asked for by number.
pub(crate) fn numbered<R, T>(
    client: &Client,
    first: Result<Call>,
    convert: impl Fn(R) -> Result<Option<T>> + Send + Sync + 'static,
    key: impl Fn(&T) -> String + Send + Sync + 'static,
) -> Listing<T>
where
    R: DeserializeOwned,
    T: Send + 'static,
{
    Listing::or_failed(first.map(|first| {
        client.listing(
            first.query("per_page", PAGE_SIZE),
            Paging::Numbered,
            move |reply| batch(reply, &convert),
            key,
        )
    }))
}

/// A page of rows, with the number of pages where the headers tell.
fn batch<R: DeserializeOwned, T>(
    reply: &Reply,
    convert: impl Fn(R) -> Result<Option<T>>,
) -> Result<Batch<T>> {
    Ok(http::array(reply, convert)?
        .pages(pages(reply))
        .total(number(reply, "x-total")))
}

/// How many pages there are. The totals are right where they are given; above 10,000 rows, and for commits, they
/// are left out, and the last page is the one that names no next.
fn pages(reply: &Reply) -> Option<u64> {
    if let Some(pages) = number(reply, "x-total-pages") {
        return Some(pages);
    }
    let is_last = match reply.header("x-next-page") {
        Some(next) => next.trim().is_empty(),
        None => {
            reply.header("link").is_some()
                && http::rel(&reply.headers, "next", &reply.url).is_none()
        }
    };
    is_last.then(|| {
        number(reply, "x-page")
            .or_else(|| http::page_number(&reply.url))
            .unwrap_or(1)
    })
}

fn number(reply: &Reply, header: &str) -> Option<u64> {
    reply.header(header)?.trim().parse().ok()
}
