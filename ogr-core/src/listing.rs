//! Lists as streams.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::{
    FutureExt, StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};

use crate::{Error, Result};

/// A list of a forge: an owned stream that asks for nothing before it is polled, and for no more once it is dropped.
///
/// Pages are read one after another, and memory stays flat; [`collect_all`](Self::collect_all) and a
/// [`width`](Self::width) read several at once, in order, where the forge tells how many there are. An error ends the list.
///
/// ```
/// # async fn example(project: &dyn ogr_core::Project) -> ogr_core::Result<()> {
/// use futures_util::TryStreamExt;
///
/// let newest = project.refs().tags().first().await?;
/// let all = project.refs().tags().collect_all().await?;
/// let mut one_by_one = project.refs().tags();
/// while let Some(tag) = one_by_one.try_next().await? {
///     println!("{} {}", tag.name, tag.sha);
/// }
/// # Ok(()) }
/// ```
#[must_use = "a listing asks for nothing before it is polled"]
pub struct Listing<T> {
    state: State<T>,
    drifted: Arc<AtomicBool>,
    width: Option<usize>,
    widest: usize,
}

type Plan<T> = Box<dyn FnOnce(usize, Arc<AtomicBool>) -> BoxStream<'static, Result<T>> + Send>;

enum State<T> {
    Planned(Option<Plan<T>>),
    Running(BoxStream<'static, Result<T>>),
}

impl<T: Send + 'static> Listing<T> {
    /// A list that is made when it is first polled, from the width and the place where it says that it drifted.
    pub(crate) fn planned(
        width: Option<usize>,
        widest: usize,
        plan: impl FnOnce(usize, Arc<AtomicBool>) -> BoxStream<'static, Result<T>> + Send + 'static,
    ) -> Self {
        Self {
            state: State::Planned(Some(Box::new(plan))),
            drifted: Arc::default(),
            width,
            widest: widest.max(1),
        }
    }

    /// A list over any stream.
    pub fn from_stream(stream: impl Stream<Item = Result<T>> + Send + 'static) -> Self {
        Self {
            state: State::Running(stream.boxed()),
            drifted: Arc::default(),
            width: None,
            widest: 1,
        }
    }

    /// A list that fails at once.
    pub fn failed(error: Error) -> Self {
        Self::from_stream(stream::iter([Err(error)]))
    }

    /// The list, or one that fails at once with the error.
    pub fn or_failed(result: Result<Self>) -> Self {
        result.unwrap_or_else(Self::failed)
    }

    /// A list whose making needs requests of its own, which are made when it is first polled.
    pub fn from_future(future: impl Future<Output = Result<Listing<T>>> + Send + 'static) -> Self {
        Self::from_stream(stream::once(future).try_flatten())
    }

    /// Reads this many pages at once (1 to 100) where the forge tells how many there are. The order stays.
    pub fn width(mut self, width: usize) -> Self {
        self.width = Some(width.clamp(1, 100));
        self
    }

    /// All items. Where nothing else was said, as many pages are read at once as the configuration allows reads.
    ///
    /// # Errors
    ///
    /// The first error of any page.
    pub async fn collect_all(mut self) -> Result<Vec<T>> {
        if self.width.is_none() {
            self.width = Some(self.widest);
        }
        self.try_collect().await
    }

    /// The first item; no more pages are read than it takes.
    ///
    /// # Errors
    ///
    /// The error of a page before the first item.
    pub async fn first(mut self) -> Result<Option<T>> {
        self.try_next().await
    }

    /// The first `count` items; no more pages are read than they take.
    pub fn take(self, count: usize) -> Self {
        let drifted = Arc::clone(&self.drifted);
        let mut taken = Self::from_stream(StreamExt::take(self, count));
        taken.drifted = drifted;
        taken
    }

    /// Each item as something else; items that give `None` are left out.
    pub fn filter_map<U: Send + 'static>(
        self,
        convert: impl Fn(T) -> Option<U> + Send + Sync + 'static,
    ) -> Listing<U> {
        let drifted = Arc::clone(&self.drifted);
        let (width, widest) = (self.width, self.widest);
        let mut listing = Listing::planned(width, widest, move |width, _| {
            self.width(width)
                .try_filter_map(move |item| {
                    let converted = convert(item);
                    async move { Ok(converted) }
                })
                .boxed()
        });
        listing.drifted = drifted;
        listing
    }

    /// The list, checked when it turns out to be empty: some forges list nothing for what is not there.
    pub fn when_empty(
        self,
        check: impl Future<Output = Result<()>> + Send + 'static,
    ) -> Listing<T> {
        let drifted = Arc::clone(&self.drifted);
        let (width, widest) = (self.width, self.widest);
        let mut listing = Listing::planned(width, widest, move |width, _| {
            let start = (self.width(width), Some(check.boxed()));
            stream::try_unfold(start, |(mut list, check)| async move {
                match (list.try_next().await?, check) {
                    (Some(item), _) => Ok(Some((item, (list, None)))),
                    (None, Some(check)) => check.await.map(|()| None),
                    (None, None) => Ok(None),
                }
            })
            .boxed()
        });
        listing.drifted = drifted;
        listing
    }

    /// Whether rows shifted between the pages that were read so far in a way that may have hidden an item.
    pub fn drifted(&self) -> bool {
        self.drifted.load(Ordering::Relaxed)
    }
}

impl<T: Send + 'static> Stream for Listing<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let State::Planned(plan) = &mut this.state {
            let stream = match plan.take() {
                Some(plan) => plan(this.width.unwrap_or(1), Arc::clone(&this.drifted)),
                None => stream::empty().boxed(),
            };
            this.state = State::Running(stream);
        }
        match &mut this.state {
            State::Running(stream) => stream.poll_next_unpin(context),
            State::Planned(_) => Poll::Ready(None),
        }
    }
}

impl<T> Unpin for Listing<T> {}

impl<T> fmt::Debug for Listing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing")
            .field("width", &self.width)
            .field("started", &matches!(self.state, State::Running(_)))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[tokio::test]
    async fn asks_for_nothing_before_it_is_polled() {
        let polled = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&polled);
        let listing = Listing::planned(None, 8, move |width, _| {
            seen.store(true, Ordering::Relaxed);
            stream::iter((0..width).map(Ok)).boxed()
        });
        assert!(!polled.load(Ordering::Relaxed));
        assert_eq!(listing.collect_all().await.unwrap().len(), 8);
        assert!(polled.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn an_empty_list_is_checked_and_no_other() {
        let gone = || async { Err(Error::new(ErrorKind::NotFound, "gone")) };
        let empty: Listing<u8> = Listing::from_stream(stream::empty()).when_empty(gone());
        assert!(empty.collect_all().await.unwrap_err().is_not_found());
        let there: Listing<u8> = Listing::from_stream(stream::empty()).when_empty(async { Ok(()) });
        assert_eq!(there.first().await.unwrap(), None);
        let full = Listing::from_stream(stream::iter([Ok(1), Ok(2)])).when_empty(gone());
        assert_eq!(full.collect_all().await.unwrap(), [1, 2]);
    }

    #[tokio::test]
    async fn an_error_comes_after_the_items_before_it() {
        let mut listing = Listing::from_stream(stream::iter([
            Ok(1),
            Err(Error::new(ErrorKind::Unavailable, "down")),
        ]));
        assert_eq!(listing.try_next().await.unwrap(), Some(1));
        assert!(listing.try_next().await.is_err());
        let failed: Listing<u8> = Listing::failed(Error::new(ErrorKind::Invalid, "no"));
        assert!(failed.first().await.is_err());
    }
}
