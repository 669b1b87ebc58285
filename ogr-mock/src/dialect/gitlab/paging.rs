//! Pages: `page` and `per_page`, the headers that count, the `Link` header, and keysets.

use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::call::Call;
use super::problem::Problem;
use crate::dialect::{Answered, Paging, Response, answer};

/// The largest page, unless the forge was set up with a smaller one.
const MOST: u64 = 100;

/// Above so many rows nobody counts them.
const COUNTED: usize = 10_000;

/// How a list's end is known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rows {
    /// So many rows there are in all.
    Counted(usize),
    /// Only whether there is a next page is known.
    More(bool),
}

impl Call<'_> {
    /// The page that is asked for.
    pub(super) fn paging(&self) -> Result<Paging, Problem> {
        let page = self.params.number("page")?.unwrap_or(1).max(1);
        let per_page = self.per_page()?;
        Ok(Paging {
            page: usize::try_from(page).unwrap_or(usize::MAX),
            per_page,
        })
    }

    pub(super) fn per_page(&self) -> Result<usize, Problem> {
        let asked = self.params.number("per_page")?.unwrap_or(20);
        if asked == 0 {
            let words = "per_page does not have a valid value";
            return Err(Problem::error(400, words));
        }
        let asked = usize::try_from(asked.min(MOST)).unwrap_or(20);
        Ok(self.hub.settings.page_cap.unwrap_or(asked).min(asked))
    }

    /// A page of rows that were counted. `defaults` are the parameters that GitLab repeats in its
    /// links although nobody named them.
    pub(super) fn page_of(
        &self,
        rows: Vec<Value>,
        paging: Paging,
        total: usize,
        defaults: &[(&str, &str)],
    ) -> Response {
        let answer = answer(200, &Value::Array(rows));
        self.paged(answer, paging, Rows::Counted(total), defaults)
    }

    /// Adds the headers of a page.
    pub(super) fn paged(
        &self,
        answer: Response,
        paging: Paging,
        rows: Rows,
        defaults: &[(&str, &str)],
    ) -> Response {
        let page = paging.page;
        let (last, next) = match rows {
            Rows::Counted(total) => {
                let last = paging.pages(total).max(1);
                (Some(last), page < last)
            }
            Rows::More(more) => (None, more),
        };
        let countable = |total: &usize| *total <= COUNTED;
        let total = match rows {
            Rows::Counted(total) => Some(total).filter(countable),
            Rows::More(_) => None,
        };
        // Beyond the last page there is none before, either.
        let within = last.is_none_or(|last| page <= last);
        let previous = (page > 1 && within).then(|| page - 1);
        let mut links = Vec::new();
        let mut link = |page: usize, rel: &str| {
            let url = self.page_url(page, paging.per_page, defaults);
            links.push(format!("<{url}>; rel=\"{rel}\""));
        };
        if let Some(previous) = previous {
            link(previous, "prev");
        }
        if next {
            link(page + 1, "next");
        }
        link(1, "first");
        if let (Some(last), Some(_)) = (last, total) {
            link(last, "last");
        }
        let text = |number: Option<usize>| number.map(|n| n.to_string()).unwrap_or_default();
        let answer = answer
            .with("link", links.join(", "))
            .with("x-next-page", text(next.then_some(page + 1)))
            .with("x-page", page.to_string())
            .with("x-per-page", paging.per_page.to_string())
            .with("x-prev-page", text(previous));
        match total {
            Some(total) => answer
                .with("x-total", total.to_string())
                .with("x-total-pages", paging.pages(total).max(1).to_string()),
            None => answer,
        }
    }

    /// The answer with the link to what comes after a key, if anything does; nothing is counted.
    pub(super) fn after_key(&self, answer: Response, next: Option<(&str, &str)>) -> Response {
        let Some((name, key)) = next else {
            return answer;
        };
        let mut pairs = self.echoed();
        pairs.retain(|(known, _)| known != name && known != "page");
        pairs.push((name.to_owned(), key.to_owned()));
        let url = self.url_with(pairs);
        answer.with("link", format!("<{url}>; rel=\"next\""))
    }

    fn page_url(&self, page: usize, per_page: usize, defaults: &[(&str, &str)]) -> String {
        let mut pairs = self.echoed();
        pairs.retain(|(name, _)| name != "page" && name != "per_page");
        for (name, value) in defaults {
            if !pairs.iter().any(|(known, _)| known == name) {
                pairs.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        pairs.push(("page".to_owned(), page.to_string()));
        pairs.push(("per_page".to_owned(), per_page.to_string()));
        self.url_with(pairs)
    }

    fn url_with(&self, mut pairs: Vec<(String, String)>) -> String {
        pairs.sort();
        let mut query = Serializer::new(String::new());
        query.extend_pairs(&pairs);
        let path = &self.request.raw_path;
        format!("{}{path}?{}", self.view.web, query.finish())
    }

    /// The parameters of the query, and those of the path beside them: links repeat both, but no secret.
    fn echoed(&self) -> Vec<(String, String)> {
        let secret = |name: &str| matches!(name, "private_token" | "access_token" | "job_token");
        let query = self.request.query.iter();
        let mut pairs: Vec<(String, String)> =
            query.filter(|(name, _)| !secret(name)).cloned().collect();
        let (_, path) = self.request.route();
        let mut echo = |name: &str, value: &str| {
            pairs.retain(|(known, _)| known != name);
            pairs.push((name.to_owned(), value.to_owned()));
        };
        match path.get(2..).unwrap_or_default() {
            ["projects" | "groups", id, tail @ ..] => {
                echo("id", id);
                match tail {
                    ["merge_requests", number, "notes" | "discussions", ..] => {
                        echo("noteable_id", number);
                    }
                    ["merge_requests", number, _, ..] => echo("merge_request_iid", number),
                    ["repository", "commits", sha, _, ..] => echo("sha", sha),
                    _ => {}
                }
            }
            ["users", id, _, ..] => echo("user_id", id),
            _ => {}
        }
        pairs
    }
}
