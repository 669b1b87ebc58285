//! Cutting lists into pages.

/// Which page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paging {
    /// Counted from 1.
    pub(crate) page: usize,
    /// At least 1.
    pub(crate) per_page: usize,
}

impl Paging {
    /// How many rows come before this page.
    pub(crate) fn skip(self) -> usize {
        (self.page - 1).saturating_mul(self.per_page)
    }

    /// The page's rows.
    pub(crate) fn cut<T>(self, rows: impl IntoIterator<Item = T>) -> Vec<T> {
        rows.into_iter()
            .skip(self.skip())
            .take(self.per_page)
            .collect()
    }

    /// How many pages so many rows make.
    pub(crate) fn pages(self, total: usize) -> usize {
        total.div_ceil(self.per_page)
    }
}
