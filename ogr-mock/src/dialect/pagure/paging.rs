//! Pages: an envelope in the body that says where the other pages are.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use crate::dialect::Paging;

/// The largest page, unless the forge was set up with a smaller one.
const MOST: usize = 100;

/// What stays as it is in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b'/')
    .remove(b':')
    .remove(b';')
    .remove(b'?')
    .remove(b'@');

impl Call<'_> {
    /// The page that is asked for.
    pub(super) fn paging(&self) -> Result<Paging, Problem> {
        let page = match self.request.param("page").filter(|page| !page.is_empty()) {
            None => 1,
            Some(page) => match page.trim().parse::<usize>() {
                Ok(page) if page > 0 => page,
                _ => return Err(Problem::invalid()),
            },
        };
        Ok(Paging {
            page,
            per_page: self.per_page()?,
        })
    }

    pub(super) fn per_page(&self) -> Result<usize, Problem> {
        let wanted = self.request.param("per_page");
        let wanted = match wanted.filter(|rows| !rows.is_empty()) {
            None => 20,
            Some(rows) => rows.trim().parse::<i64>().map_err(|_| Problem::invalid())?,
        };
        let rows = usize::try_from(wanted).unwrap_or(0);
        if !(1..=MOST).contains(&rows) {
            return Err(Problem::new(400, "EINVALIDPERPAGEVALUE"));
        }
        let most = self.hub.settings.page_cap.unwrap_or(MOST).min(MOST);
        Ok(rows.min(most))
    }

    /// Where the other pages of so many rows are.
    pub(super) fn envelope(&self, paging: Paging, total: usize, key: &str) -> Value {
        let pages = paging.pages(total);
        let url = |page: usize| self.page_url(paging, key, page);
        json!({
            key: paging.page,
            "pages": pages,
            "per_page": paging.per_page,
            "prev": (paging.page > 1).then(|| url(paging.page - 1)),
            "next": (paging.page < pages).then(|| url(paging.page + 1)),
            "first": url(1),
            "last": url(pages),
        })
    }

    /// The address of a page. Of a parameter that was given several times only the first is kept,
    /// which is a mistake of Pagure's that costs its clients part of their filter.
    fn page_url(&self, paging: Paging, key: &str, page: usize) -> String {
        let path = self.request.raw_path.trim_end_matches('/');
        let mut url = format!("{}{path}?per_page={}", self.view.web, paging.per_page);
        let mut seen: Vec<&str> = vec![key, "per_page", "endpoint"];
        for (name, value) in &self.request.query {
            if seen.contains(&name.as_str()) || name.starts_with('_') {
                continue;
            }
            seen.push(name);
            url.push_str(&format!("&{}={}", quoted(name), quoted(value)));
        }
        url.push_str(&format!("&{key}={page}"));
        url
    }
}

fn quoted(text: &str) -> String {
    utf8_percent_encode(text, QUERY)
        .to_string()
        .replace("%20", "+")
}
