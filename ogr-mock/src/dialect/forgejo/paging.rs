//! Pages: `page` and `limit`, the total, and the `Link` header that some lists send.

use serde_json::Value;

use super::call::Call;
use super::json_answer;
use crate::dialect::{Answered, Paging, Response};

/// The largest page, unless the forge was set up with a smaller one.
const MOST: usize = 50;

/// The page of those who do not say.
const USUAL: usize = 30;

impl Call<'_> {
    /// The largest page of this forge.
    pub(super) fn page_cap(&self) -> usize {
        self.hub.settings.page_cap.unwrap_or(MOST).min(MOST)
    }

    /// The page that is asked for: too large a limit is cut in silence, nonsense is the default.
    pub(super) fn paging(&self) -> Paging {
        self.paging_by("limit", USUAL)
    }

    pub(super) fn paging_by(&self, size: &str, usual: usize) -> Paging {
        let per_page = self.positive(size).unwrap_or(usual).min(self.page_cap());
        Paging {
            page: self.positive("page").unwrap_or(1),
            per_page,
        }
    }

    fn positive(&self, name: &str) -> Option<usize> {
        let value: i64 = self.request.param(name)?.parse().ok()?;
        usize::try_from(value).ok().filter(|value| *value > 0)
    }

    /// As [`paging`](Self::paging), for the lists that give everything when no page is named, whatever
    /// the limit.
    pub(super) fn paging_if_page(&self) -> Paging {
        match self.positive("page") {
            Some(_) => self.paging(),
            None => Paging {
                page: 1,
                per_page: usize::MAX,
            },
        }
    }

    /// A list with its total, but without links.
    pub(super) fn counted(&self, rows: &Value, total: usize) -> Response {
        json_answer(200, rows)
            .with("x-total-count", total.to_string())
            .with("access-control-expose-headers", "X-Total-Count")
    }

    /// A list with its total and the links to other pages.
    pub(super) fn linked(&self, rows: &Value, paging: Paging, total: usize) -> Response {
        let answer = self.counted(rows, total);
        match self.links(paging, total) {
            links if links.is_empty() => answer,
            links => answer
                .with("link", links.join(","))
                .with("access-control-expose-headers", "Link, X-Total-Count"),
        }
    }

    /// What commits and files say about pages beside the links; `more` is exposed as well.
    pub(super) fn paged_headers(
        &self,
        answer: Response,
        paging: Paging,
        total: usize,
        more: &str,
    ) -> Response {
        let pages = paging.pages(total);
        let exposed = answer.headers().get("access-control-expose-headers");
        let exposed = exposed.and_then(|value| value.to_str().ok());
        let exposed = format!(
            "{}, X-Page, X-PerPage, {more}X-PageCount, X-HasMore",
            exposed.unwrap_or_default()
        );
        answer
            .with("access-control-expose-headers", exposed)
            .with("x-page", paging.page.to_string())
            .with("x-perpage", paging.per_page.to_string())
            .with("x-pagecount", pages.to_string())
            .with("x-hasmore", (paging.page < pages).to_string())
    }

    fn links(&self, paging: Paging, total: usize) -> Vec<String> {
        let pages = paging.pages(total);
        // Beyond the last page the links are those of the last one.
        let page = paging.page.min(pages.max(1));
        let path = &self.request.raw_path;
        let link = |page: usize, rel: &str| {
            let base = self.hub.base_url();
            format!("<{base}{path}?{}>; rel=\"{rel}\"", self.query_for(page))
        };
        let mut links = Vec::new();
        if page < pages {
            links.push(link(page + 1, "next"));
            links.push(link(pages, "last"));
        }
        if page > 1 {
            links.push(link(1, "first"));
            links.push(link(page - 1, "prev"));
        }
        links
    }

    /// The query as it came, nonsense and all, in the order of the names, but with another page.
    fn query_for(&self, page: usize) -> String {
        let mut pairs: Vec<(&str, String)> = self
            .request
            .query
            .iter()
            .filter(|(name, _)| name != "page")
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        pairs.push(("page", page.to_string()));
        pairs.sort_by(|a, b| a.0.cmp(b.0));
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    }
}
