//! How the pages of a list follow each other. Each endpoint declares it; none is guessed.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream, FuturesOrdered},
};
use serde::de::DeserializeOwned;
use url::Url;

use super::{Call, Client, Reply, link};
use crate::{ErrorKind, Listing, Result};

/// Pages beyond this are not kept for revalidation: one long list shall not push everything else out.
const REMEMBERED_PAGES: u64 = 10;

/// How many rows are remembered to notice those that come twice. Rows that shift between pages come
/// back within the next pages, so that the window may be short and memory stays flat.
const WINDOW: usize = 2_048;

/// How the pages of a list follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Paging {
    /// By the `Link` header: `next` leads on, its absence ends. Where `last` names a number, pages can be read at once.
    Link,
    /// By the parameter `page`, from 1 on, until a page is empty or the number of pages is reached that the
    /// [`Batch`] tells.
    Numbered,
    /// By the `Link` header alone, one after another: the next page is not known before.
    Keyset,
    /// All rows come at once.
    Whole,
}

/// One page, as read from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Batch<T> {
    /// The items, without those that are not wanted.
    pub items: Vec<T>,
    /// How many rows the answer had, the unwanted ones included: an empty page ends a list, a page of
    /// unwanted rows does not.
    pub rows: usize,
    /// How many pages there are, where the endpoint is known to tell the truth.
    pub pages: Option<u64>,
    /// How many rows there are in all, where the endpoint is known to tell the truth.
    pub total: Option<u64>,
}

impl<T> Batch<T> {
    /// A page with these items out of so many rows.
    pub fn new(items: Vec<T>, rows: usize) -> Self {
        Self {
            items,
            rows,
            pages: None,
            total: None,
        }
    }

    /// Says how many pages there are.
    #[must_use]
    pub fn pages(mut self, pages: Option<u64>) -> Self {
        self.pages = pages;
        self
    }

    /// Says how many rows there are in all.
    #[must_use]
    pub fn total(mut self, total: Option<u64>) -> Self {
        self.total = total;
        self
    }
}

/// Reads an answer that is a JSON array; `convert` gives `None` for rows that are not wanted.
///
/// # Errors
///
/// [`ErrorKind::Decode`], and what `convert` says.
pub fn array<R: DeserializeOwned, T>(
    reply: &Reply,
    convert: impl Fn(R) -> Result<Option<T>>,
) -> Result<Batch<T>> {
    let rows: Vec<R> = reply.rows()?;
    let count = rows.len();
    let mut items = Vec::with_capacity(count);
    for row in rows {
        items.extend(convert(row)?);
    }
    Ok(Batch::new(items, count))
}

type Read<T> = Arc<dyn Fn(&Reply) -> Result<Batch<T>> + Send + Sync>;
type Key<T> = Arc<dyn Fn(&T) -> String + Send + Sync>;

impl Client {
    /// A list: `first` is the call of its first page, with the page size in it.
    ///
    /// `read` takes a page apart; `key` names an item, so that none is given twice.
    pub fn listing<T: Send + 'static>(
        &self,
        first: Call,
        paging: Paging,
        read: impl Fn(&Reply) -> Result<Batch<T>> + Send + Sync + 'static,
        key: impl Fn(&T) -> String + Send + Sync + 'static,
    ) -> Listing<T> {
        let client = self.clone();
        let read: Read<T> = Arc::new(read);
        let key: Key<T> = Arc::new(key);
        let widest = self.config().reads;
        Listing::planned(self.width(), widest, move |width, drifted| {
            Walk::new(client, first, paging, read, key, width, drifted).into_stream()
        })
    }
}

/// A page that was read.
struct Page<T> {
    batch: Batch<T>,
    number: u64,
    next: Option<Url>,
    fingerprint: u64,
}

/// Where a list stands.
struct Walk<T> {
    client: Client,
    first: Call,
    paging: Paging,
    read: Read<T>,
    key: Key<T>,
    width: usize,
    drifted: Arc<AtomicBool>,
    /// Items that were read and not given yet.
    ready: VecDeque<T>,
    /// Pages under way, in order.
    flying: FuturesOrdered<BoxFuture<'static, Result<Page<T>>>>,
    /// What to ask for next.
    next: Next,
    /// The number of pages, as far as it is known.
    pages: Option<u64>,
    total: Option<u64>,
    /// How many rows the first page had: the size that the server really uses, whatever was asked for.
    page_size: Option<u64>,
    last_fingerprint: Option<u64>,
    seen: Window,
    hasher: RandomState,
}

enum Next {
    Number(u64),
    Url(Box<Url>),
    Nothing,
}

impl<T: Send + 'static> Walk<T> {
    fn new(
        client: Client,
        first: Call,
        paging: Paging,
        read: Read<T>,
        key: Key<T>,
        width: usize,
        drifted: Arc<AtomicBool>,
    ) -> Self {
        Self {
            client,
            first,
            paging,
            read,
            key,
            width,
            drifted,
            ready: VecDeque::new(),
            flying: FuturesOrdered::new(),
            next: Next::Number(1),
            pages: None,
            total: None,
            page_size: None,
            last_fingerprint: None,
            seen: Window::default(),
            hasher: RandomState::new(),
        }
    }

    fn into_stream(self) -> BoxStream<'static, Result<T>> {
        stream::unfold(Some(self), |walk| async move {
            let mut walk = walk?;
            match walk.step().await {
                Ok(Some(item)) => Some((Ok(item), Some(walk))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed()
    }

    async fn step(&mut self) -> Result<Option<T>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            self.launch();
            let Some(page) = self.flying.next().await else {
                return Ok(None);
            };
            self.land(page?).await?;
        }
    }

    /// Sends for the next pages: one while the number of pages is unknown, up to the width when it is known.
    fn launch(&mut self) {
        while self.flying.len() < self.width {
            match std::mem::replace(&mut self.next, Next::Nothing) {
                Next::Nothing => return,
                Next::Url(url) => {
                    let mut call = self.first.clone();
                    call.url = *url;
                    self.fly(call, 0);
                    return;
                }
                Next::Number(number) => {
                    if self.pages.is_some_and(|pages| number > pages) {
                        return;
                    }
                    let known = self.pages.is_some();
                    if !known && !self.flying.is_empty() {
                        self.next = Next::Number(number);
                        return;
                    }
                    let call = self.numbered(number);
                    self.fly(call, number);
                    if self.paging == Paging::Numbered || known {
                        self.next = Next::Number(number + 1);
                    }
                }
            }
        }
    }

    /// The call of a page by its number.
    fn numbered(&self, number: u64) -> Call {
        let call = self.first.clone();
        let mut call = match self.paging {
            Paging::Whole | Paging::Keyset => call,
            Paging::Link if number == 1 => call,
            Paging::Link | Paging::Numbered => call.set_query("page", &number.to_string()),
        };
        call.remember &= number <= REMEMBERED_PAGES;
        call
    }

    fn fly(&mut self, call: Call, number: u64) {
        self.flying.push_back(self.fetch(call, number));
    }

    fn fetch(&self, call: Call, number: u64) -> BoxFuture<'static, Result<Page<T>>> {
        let client = self.client.clone();
        let read = Arc::clone(&self.read);
        let hasher = self.hasher.clone();
        let paging = self.paging;
        async move {
            let reply = client.send(call.clone()).await?;
            let mut batch = read(&reply).map_err(|error| {
                client
                    .locate(error)
                    .with_operation(call.operation)
                    .with_resource(call.resource.clone())
            })?;
            let mut next = None;
            if matches!(paging, Paging::Link | Paging::Keyset) {
                next = link::rel(&reply.headers, "next", &reply.url);
                if paging == Paging::Link && batch.pages.is_none() {
                    batch.pages = link::rel(&reply.headers, "last", &reply.url)
                        .and_then(|last| link::page_number(&last));
                }
            }
            Ok(Page {
                batch,
                number,
                next,
                fingerprint: hasher.hash_one(&reply.body),
            })
        }
        .boxed()
    }

    /// Takes in a page: its items, and what it says of the pages after it.
    async fn land(&mut self, page: Page<T>) -> Result<()> {
        // A server that ignores the page parameter gives the same page for ever.
        let repeated = self.last_fingerprint.replace(page.fingerprint) == Some(page.fingerprint)
            && page.number != 1;
        if page.batch.rows == 0 || repeated {
            self.stop();
            return Ok(());
        }
        let shrunk = match (self.total, page.batch.total) {
            (Some(before), Some(now)) => now < before,
            _ => false,
        };
        self.total = page.batch.total.or(self.total);
        if page.number == 1 {
            self.page_size = u64::try_from(page.batch.rows).ok();
        }
        let counted = page
            .batch
            .total
            .zip(self.page_size)
            .map(|(total, size)| total.div_ceil(size));
        self.pages = page.batch.pages.or(counted).or(self.pages);
        self.keep(page.batch.items);
        match self.paging {
            Paging::Whole => self.next = Next::Nothing,
            Paging::Numbered => {}
            Paging::Link | Paging::Keyset => self.follow(page.number, page.next)?,
        }
        if shrunk && page.number > 1 {
            self.look_back(page.number - 1).await?;
        }
        Ok(())
    }

    fn follow(&mut self, number: u64, next: Option<Url>) -> Result<()> {
        // Pages that are asked for by number need no link.
        if self.paging == Paging::Link && self.pages.is_some() {
            if let (1, Some(url)) = (number, next) {
                // The links are followed to the letter, but for the number: GitHub's lead by numeric ids.
                self.first.url = self.trusted(url)?;
                self.next = Next::Number(2);
            }
            return Ok(());
        }
        self.next = match next {
            None => Next::Nothing,
            Some(url) => Next::Url(Box::new(self.trusted(url)?)),
        };
        Ok(())
    }

    fn trusted(&self, url: Url) -> Result<Url> {
        if self.client.instance().trusts(&url) {
            return Ok(url);
        }
        let host = url.host_str().unwrap_or_default();
        Err(self.client.locate(self.first.error(
            ErrorKind::Refused,
            format!("the list goes on at a foreign host, {host}"),
        )))
    }

    /// Rows went from the list while it was read, so that others moved to a page that was read before: read
    /// that page again. If it shares nothing with what was given, more may have been missed.
    async fn look_back(&mut self, number: u64) -> Result<()> {
        let mut call = self.numbered(number);
        call.remember = false;
        let page = self.fetch(call, number).await?;
        let fresh = page
            .batch
            .items
            .iter()
            .filter(|item| !self.seen.holds(self.hash(item)))
            .count();
        if fresh == page.batch.items.len() {
            self.drifted.store(true, Ordering::Relaxed);
        }
        self.keep(page.batch.items);
        Ok(())
    }

    fn keep(&mut self, items: Vec<T>) {
        for item in items {
            let hash = self.hash(&item);
            if self.seen.insert(hash) {
                self.ready.push_back(item);
            }
        }
    }

    fn hash(&self, item: &T) -> u64 {
        self.hasher.hash_one((self.key)(item))
    }

    fn stop(&mut self) {
        self.next = Next::Nothing;
        self.flying = FuturesOrdered::new();
    }
}

/// The keys of the rows that were given last.
#[derive(Default)]
struct Window {
    order: VecDeque<u64>,
    set: std::collections::HashSet<u64>,
}

impl Window {
    fn holds(&self, key: u64) -> bool {
        self.set.contains(&key)
    }

    /// Whether the key is new.
    fn insert(&mut self, key: u64) -> bool {
        if !self.set.insert(key) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > WINDOW
            && let Some(oldest) = self.order.pop_front()
        {
            self.set.remove(&oldest);
        }
        true
    }
}

impl<T> std::fmt::Debug for Walk<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Walk")
            .field("paging", &self.paging)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_forgets_the_oldest() {
        let mut window = Window::default();
        for key in 0..=WINDOW as u64 {
            assert!(window.insert(key));
        }
        assert!(!window.insert(1));
        assert!(window.insert(0));
    }
}
