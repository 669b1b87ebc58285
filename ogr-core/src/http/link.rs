//! The `Link` header of RFC 8288, as far as paging needs it.

use http::{HeaderMap, header};
use url::Url;

/// The target of the link with this relation, resolved against the page that it stands on.
///
/// Commas and semicolons inside of the `<…>` are part of the address, as in GitLab's.
pub fn rel(headers: &HeaderMap, relation: &str, page: &Url) -> Option<Url> {
    headers
        .get_all(header::LINK)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(links)
        .find(|(_, relations)| {
            relations
                .split_whitespace()
                .any(|word| word.eq_ignore_ascii_case(relation))
        })
        .and_then(|(target, _)| page.join(target).ok())
}

/// The number in an address's `page` parameter.
pub fn page_number(url: &Url) -> Option<u64> {
    url.query_pairs()
        .find(|(name, _)| name == "page")
        .and_then(|(_, value)| value.parse().ok())
}

/// The targets of a header value, each with its relations.
fn links(value: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let Some(end) = rest.find('>') else { break };
        let target = &rest[..end];
        rest = &rest[end + 1..];
        let parameters_end = parameters_end(rest);
        let parameters = &rest[..parameters_end];
        rest = &rest[parameters_end..];
        if let Some(relations) = relation_of(parameters) {
            found.push((target, relations));
        }
    }
    found
}

/// Where the parameters of one link end: at the comma before the next, unless that is quoted.
fn parameters_end(text: &str) -> usize {
    let mut quoted = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => return index,
            _ => {}
        }
    }
    text.len()
}

fn relation_of(parameters: &str) -> Option<&str> {
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("rel")
            .then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::LINK, value.parse().unwrap());
        headers
    }

    fn page() -> Url {
        "https://example.org/api/items?page=2".parse().unwrap()
    }

    #[test]
    fn finds_relations_in_every_spelling() {
        let headers = headers(
            r#"<https://example.org/api/items?page=3&ids=1,2;3>; rel="next", <?page=9>;rel=last,</a>; title="a, b"; rel="first prev""#,
        );
        let next = rel(&headers, "next", &page()).unwrap();
        assert_eq!(
            next.as_str(),
            "https://example.org/api/items?page=3&ids=1,2;3"
        );
        let last = rel(&headers, "last", &page()).unwrap();
        assert_eq!(page_number(&last), Some(9));
        assert_eq!(
            rel(&headers, "prev", &page()).unwrap().as_str(),
            "https://example.org/a"
        );
        assert_eq!(rel(&headers, "up", &page()), None);
    }

    #[test]
    fn survives_nonsense() {
        for value in ["", "<", "<>", "<a", "a>; rel=next", "<http://[>; rel=next"] {
            let _ = rel(&headers(value), "next", &page());
        }
    }
}
