//! From text to the parts of an address. Nothing here knows any forge.
//!
//! What stands before the host may be a password, and a mistyped address may have it anywhere before the first
//! slash. So nothing of the text is shown in an error until the host has been read.

use percent_encoding::percent_decode_str;
use url::Host;

use super::Scheme;
use crate::{Error, ErrorKind, Result};

/// Longer than any address that a forge makes.
const LENGTH_LIMIT: usize = 4096;

/// The parts of an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Parts {
    pub(super) scheme: Option<Scheme>,
    pub(super) user: Option<String>,
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) segments: Vec<String>,
    /// What stands after `#` (or after `.git@`) in an address for a package manager.
    pub(super) revision: Option<String>,
}

pub(super) fn parse(text: &str) -> Result<Parts> {
    let text = text.trim();
    if text.is_empty() {
        return refuse("the address is empty");
    }
    if text.len() > LENGTH_LIMIT {
        return refuse("the address is longer than any that a forge makes");
    }
    if text.contains(char::is_control) {
        return refuse("the address has a control character in it");
    }
    if text.contains(char::is_whitespace) {
        return refuse("the address has a space in it");
    }
    if text.contains('\\') {
        return refuse("the address has a backslash in it");
    }
    match split_scheme(text) {
        Some((scheme, rest)) => with_scheme(scheme, rest),
        None => without_scheme(text),
    }
}

/// The scheme and what follows `://`, if it begins with a scheme at all.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then_some((scheme, rest))
}

fn with_scheme(scheme: &str, rest: &str) -> Result<Parts> {
    // `git+https` is how package managers say that they mean git; only they put a revision behind the path.
    let (scheme, for_package_manager) = match scheme.to_ascii_lowercase().as_str() {
        "https" => (Scheme::Https, false),
        "http" => (Scheme::Http, false),
        "ssh" | "ssh+git" => (Scheme::Ssh, false),
        "git" => (Scheme::Git, false),
        "git+https" => (Scheme::Https, true),
        "git+http" => (Scheme::Http, true),
        "git+ssh" => (Scheme::Ssh, true),
        "git+git" => (Scheme::Git, true),
        "file" | "git+file" => return refuse("a path of this machine is no project on a forge"),
        _ => return refuse("the scheme is none of https, http, ssh and git"),
    };
    let (rest, fragment) = split_off(rest, '#');
    let (rest, _) = split_off(rest, '?');
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    if authority.matches('@').count() > 1 {
        return refuse("there is more than one @ before the host's end");
    }
    let (user_info, authority) = match authority.split_once('@') {
        Some((user_info, authority)) => (Some(user_info), authority),
        None => (None, authority),
    };
    let user = match (scheme, user_info) {
        // A password after the user is dropped with the colon.
        (Scheme::Ssh, Some(info)) => Some(ssh_user(&decode(split_off(info, ':').0)?)?),
        _ => None,
    };
    let (host, after) = split_host(authority)?;
    let (port, path) = match after {
        None | Some("") => (None, path.to_owned()),
        Some(after) if after.bytes().all(|b| b.is_ascii_digit()) => {
            (Some(port(after)?), path.to_owned())
        }
        // `ssh://git@host:a/b`: the two ssh forms mixed up, as Pagure's own pages once did.
        Some(after) if scheme == Scheme::Ssh && !after.contains(':') => {
            (None, format!("/{after}{path}"))
        }
        Some(after) if scheme == Scheme::Ssh && after.contains(':') => return port_in_scp(),
        Some(_) => return refuse("the port is no number"),
    };
    let (path, revision) = if for_package_manager {
        split_revision(&path, fragment)?
    } else {
        (path.as_str(), None)
    };
    Ok(Parts {
        scheme: Some(scheme),
        user,
        port: port.filter(|port| *port != scheme.default_port()),
        segments: segments(&host, path, true)?,
        host,
        revision,
    })
}

/// `user@host:path` or `host/path`.
fn without_scheme(text: &str) -> Result<Parts> {
    if text.starts_with(['/', '.', '~']) {
        return refuse("a path of this machine is no project on a forge");
    }
    let (text, fragment) = split_off(text, '#');
    let head = &text[..text.find(['/', '?']).unwrap_or(text.len())];
    if head.matches('@').count() > 1 {
        return refuse("there is more than one @ before the host's end");
    }
    let (user_info, rest) = match head.find('@') {
        Some(at) => (Some(&text[..at]), &text[at + 1..]),
        None => (None, text),
    };
    // `user:password@host/path` is a web address that lost its scheme.
    let (user, is_web) = match user_info {
        Some(info) if info.contains(':') => (None, true),
        Some(info) => (Some(ssh_user(info)?), false),
        None => (None, false),
    };
    let head = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    let (host, after) = split_host(head)?;
    let path = &rest[head.len()..];
    let numeric = after.is_some_and(|after| after.bytes().all(|b| b.is_ascii_digit()));
    match after {
        Some(_) if user.is_none() && numeric => {
            let port = after
                .filter(|after| !after.is_empty())
                .map(port)
                .transpose()?;
            bare(host, port, path)
        }
        Some(after) if !is_web => {
            if after.contains(':') {
                return port_in_scp();
            }
            if user.is_none() && !is_full_name(&host) {
                return refuse("there is no host in it: write https://HOST/PATH");
            }
            let path = format!("{after}{path}");
            // Behind an @ the host may be, and a password before it.
            if path.contains(['?', '@']) {
                return refuse("the path of an ssh address has a ? or an @ in it");
            }
            let revision = match fragment {
                Some(fragment) if !fragment.is_empty() => Some(revision(fragment)?),
                _ => None,
            };
            let path = path.strip_prefix('/').unwrap_or(&path);
            // git takes the path of this form as it is: nothing is decoded.
            Ok(Parts {
                scheme: Some(Scheme::Ssh),
                user,
                port: None,
                segments: segments(&host, &format!("/{path}"), false)?,
                host,
                revision,
            })
        }
        Some(_) => refuse("the port is no number"),
        None if user.is_some() => {
            refuse("an ssh address has a colon behind the host: USER@HOST:PATH")
        }
        None => bare(host, None, path),
    }
}

fn bare(host: String, port: Option<u16>, path: &str) -> Result<Parts> {
    if port.is_none() && !is_full_name(&host) {
        return refuse("there is no host in it: write https://HOST/PATH");
    }
    // With its own port the scheme is said, and the port need not be kept.
    let (scheme, port) = match port {
        Some(443) => (Some(Scheme::Https), None),
        Some(80) => (Some(Scheme::Http), None),
        port => (None, port),
    };
    Ok(Parts {
        scheme,
        user: None,
        port,
        segments: segments(&host, split_off(path, '?').0, true)?,
        host,
        revision: None,
    })
}

/// Whether this is a host by its looks, and not the first part of a path.
fn is_full_name(host: &str) -> bool {
    host == "localhost" || host.contains('.') || host.starts_with('[')
}

/// The host, checked and in its one spelling, and what follows a colon after it.
fn split_host(authority: &str) -> Result<(String, Option<&str>)> {
    let end = match authority.strip_prefix('[') {
        Some(_) => authority.find(']').map_or(authority.len(), |end| end + 1),
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (name, rest) = authority.split_at(end);
    let after = match rest.strip_prefix(':') {
        Some(after) => Some(after),
        None if rest.is_empty() => None,
        None => return refuse("the host is no name and no address"),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() {
        return refuse("there is no host in it");
    }
    // The URL rules would decode a % once more, and read "1.2" as 1.0.0.2.
    let host = match Host::parse(name) {
        Ok(host) if !name.contains('%') => host,
        _ => return refuse("the host is no name and no address"),
    };
    let is_good = match &host {
        Host::Domain(domain) => domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        }),
        Host::Ipv4(address) => address.to_string() == name,
        Host::Ipv6(_) => true,
    };
    if !is_good {
        return refuse("the host is no name and no address");
    }
    Ok((host.to_string(), after))
}

fn port(text: &str) -> Result<u16> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => refuse("the port is not between 1 and 65535"),
    }
}

fn ssh_user(user: &str) -> Result<String> {
    // A leading dash would be an option to ssh.
    let is_good = !user.is_empty()
        && !user.starts_with('-')
        && user
            .chars()
            .all(|c| c.is_alphanumeric() || "._-+~$@".contains(c));
    if is_good {
        Ok(user.to_owned())
    } else {
        refuse("the user before the host is no user name")
    }
}

/// Splits the path into its parts, and refuses what could lead elsewhere than it seems to.
fn segments(host: &str, path: &str, encoded: bool) -> Result<Vec<String>> {
    let refuse = |why: &str| {
        let shown = format!("{host}{}", path.chars().take(200).collect::<String>());
        Err(Error::new(ErrorKind::Invalid, why).with_resource(shown))
    };
    let path = path.trim_end_matches('/');
    let Some(path) = path.strip_prefix('/') else {
        return refuse("it names a host, but no project");
    };
    let mut segments = Vec::new();
    for raw in path.split('/') {
        let segment = if encoded {
            match decode(raw) {
                Ok(segment) => segment,
                Err(error) => return refuse(error.message()),
            }
        } else {
            raw.to_owned()
        };
        match segment.as_str() {
            "" => return refuse("the path has an empty part"),
            "." | ".." => return refuse("the path may not climb"),
            part if part.contains('/') => return refuse("a part of the path has an encoded slash"),
            part if part.contains(|c: char| c.is_control() || c == '\\') => {
                return refuse("the path has an encoded character that no forge allows");
            }
            _ => segments.push(segment),
        }
    }
    Ok(segments)
}

/// The path without its revision, and the revision: `repo.git@v1` as pip writes it, `repo.git#v1` as others do.
fn split_revision<'a>(path: &'a str, fragment: Option<&str>) -> Result<(&'a str, Option<String>)> {
    if let Some(at) = path.find(".git@") {
        let (path, behind) = path.split_at(at + ".git".len());
        return Ok((path, Some(revision(&behind[1..])?)));
    }
    match fragment {
        // pip and others put `egg=name` and the like there.
        Some(fragment) if !fragment.is_empty() && !fragment.contains('=') => {
            Ok((path, Some(revision(fragment)?)))
        }
        _ => Ok((path, None)),
    }
}

fn revision(text: &str) -> Result<String> {
    let revision = decode(text)?;
    if revision.is_empty() || revision.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return refuse("what follows the path is no branch, tag or commit");
    }
    Ok(revision)
}

/// Decodes `%XX` once, and only once: `%2541` is `%41` and stays so.
fn decode(text: &str) -> Result<String> {
    let bytes = text.as_bytes();
    let is_well_formed = bytes.iter().enumerate().all(|(at, b)| {
        *b != b'%'
            || bytes
                .get(at + 1..at + 3)
                .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    });
    match percent_decode_str(text).decode_utf8() {
        Ok(decoded) if is_well_formed => Ok(decoded.into_owned()),
        _ => refuse("there is a % in it that encodes nothing"),
    }
}

fn split_off(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((text, rest)) => (text, Some(rest)),
        None => (text, None),
    }
}

fn port_in_scp<T>() -> Result<T> {
    refuse("a port cannot stand in an address of this form: write ssh://USER@HOST:PORT/PATH")
}

fn refuse<T>(why: &str) -> Result<T> {
    Err(Error::new(ErrorKind::Invalid, why))
}
