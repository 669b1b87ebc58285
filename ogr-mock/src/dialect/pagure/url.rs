//! Which texts Pagure takes for URLs.

use std::net::Ipv6Addr;

/// Whether a text passes for a URL: http, https, ftp or git, with a host that has a dot in it, or
/// `localhost`, or an address, and a port of two to five digits.
pub(super) fn looks_like_url(text: &str) -> bool {
    let text = text.strip_suffix('\n').unwrap_or(text).to_lowercase();
    let schemes = ["http://", "https://", "ftp://", "git://"];
    let Some(rest) = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)) else {
        return false;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let host = match authority.split_once('@') {
        Some((user, host)) if !user.is_empty() && user.chars().all(in_user) => host,
        Some(_) => return false,
        None => authority,
    };
    let (host, port) = split_port(host);
    port.is_none_or(is_port) && is_host(host) && is_tail(tail)
}

fn split_port(host: &str) -> (&str, Option<&str>) {
    // The colons of an address in brackets are not those of a port.
    match host.rfind(':') {
        Some(at) if !host[at..].contains(']') => (&host[..at], Some(&host[at + 1..])),
        _ => (host, None),
    }
}

fn is_port(port: &str) -> bool {
    (2..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_host(host: &str) -> bool {
    if host == "localhost" || is_ipv4(host) {
        return true;
    }
    if let Some(inner) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        let address = inner.split('%').next().unwrap_or_default();
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let Some((labels, top)) = host.rsplit_once('.') else {
        return false;
    };
    top.chars().count() >= 2
        && top.chars().all(|c| is_letter(c) && !c.is_ascii_digit())
        && labels.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let inside = |c: char| is_letter(c) || c == '-';
    !label.is_empty()
        && label.chars().all(inside)
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !label.contains("--")
}

/// An address that a host can have: not a network's own, not its broadcast.
fn is_ipv4(host: &str) -> bool {
    let parts: Vec<&str> = host.split('.').collect();
    let [first, second, third, last] = parts.as_slice() else {
        return false;
    };
    let number = |part: &str| {
        let digits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<u16>().ok()).flatten()
    };
    let outer = |part: &str, most: u16| {
        number(part).is_some_and(|value| (1..=most).contains(&value)) && !part.starts_with('0')
    };
    let middle = |part: &str| {
        number(part).is_some_and(|value| value <= 255)
            && !(part.len() == 3 && part.starts_with('0'))
    };
    outer(first, 223) && middle(second) && middle(third) && outer(last, 254)
}

fn is_tail(tail: &str) -> bool {
    let end = tail.find(['?', '#']).unwrap_or(tail.len());
    let (path, rest) = tail.split_at(end);
    let in_path = |c: char| in_user(c) || matches!(c, '@' | '/');
    path.chars().all(in_path) && !rest.contains(char::is_whitespace)
}

fn in_user(c: char) -> bool {
    is_letter(c) || "-._~%!$&'()*+,;=:".contains(c)
}

/// A letter or digit as far as host names go.
fn is_letter(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || ('\u{a1}'..='\u{ffff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::looks_like_url;

    #[test]
    fn the_same_texts_pass_as_on_a_real_pagure() {
        for url in [
            "http://localhost",
            "http://127.0.0.1:5015/a",
            "http://10.0.0.1",
            "ftp://a.bc",
            "http://a.bc?x",
            "HTTP://A.BC",
            "http://a.bc:12345/x#y",
            "http://user:p@a.bc",
            "http://ex.org/ą",
            "http://1.2.3.4/",
            "http://[::1]/x",
        ] {
            assert!(looks_like_url(url), "{url}");
        }
        for url in [
            "x",
            "http://x",
            "http://localhost:5/",
            "ssh://a.bc",
            "http://a.b",
            "http://a.bc/ x",
            "http://a.bc:1/",
            "http://a_b.cd/",
            "http://a.bc/(x)[y]",
            " http://a.bc",
            "http://a-.bc",
            "http://256.2.3.4/",
            "http://127.0.0.0/",
            "http://127.0.0.1:123456/",
            "http://a.bc/x|y",
            "https://a.bc/\"",
        ] {
            assert!(!looks_like_url(url), "{url}");
        }
    }
}
