//! Pages: `page` and `per_page`, and the `Link` header.

use super::call::Call;
use crate::dialect::{Answered, Paging, Response};
use crate::state::ProjectId;

/// The largest page, unless the forge was set up with a smaller one.
const MOST: usize = 100;

impl Call<'_> {
    /// The page that is asked for: numbers that make no sense are taken for the default.
    pub(super) fn paging(&self) -> Paging {
        let number = |name| {
            let value = self.request.param(name)?.parse::<usize>().ok()?;
            (value > 0).then_some(value)
        };
        let most = self.hub.settings.page_cap.unwrap_or(MOST).min(MOST);
        Paging {
            page: number("page").unwrap_or(1),
            per_page: number("per_page").unwrap_or(30).min(most),
        }
    }

    /// Adds the `Link` header for a list of so many rows, on the project's numeric URL.
    pub(super) fn linked(
        &self,
        answer: Response,
        project: ProjectId,
        tail: &str,
        paging: Paging,
        total: usize,
    ) -> Response {
        let url = format!("{}/repositories/{project}{tail}", self.view.api);
        self.linked_at(answer, &url, paging, total)
    }

    /// The same for lists of no project.
    pub(super) fn linked_at(
        &self,
        answer: Response,
        url: &str,
        paging: Paging,
        total: usize,
    ) -> Response {
        let last = paging.pages(total).max(1);
        let mut links = Vec::new();
        let mut link = |page: usize, rel: &str| {
            let query = self.query_for(page);
            links.push(format!("<{url}?{query}>; rel=\"{rel}\""));
        };
        if paging.page > 1 {
            link((paging.page - 1).min(last), "prev");
        }
        if paging.page < last {
            link(paging.page + 1, "next");
            link(last, "last");
        }
        if paging.page > 1 {
            link(1, "first");
        }
        if links.is_empty() {
            return answer;
        }
        answer.with("link", links.join(", "))
    }

    /// The query as it came, but for the page.
    fn query_for(&self, page: usize) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let others = self.request.query.iter().filter(|(name, _)| name != "page");
        query.extend_pairs(others);
        query.append_pair("page", &page.to_string());
        query.finish()
    }
}
