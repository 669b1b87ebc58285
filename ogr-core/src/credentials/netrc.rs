//! User names and passwords in a `.netrc` file.
//!
//! A `default` entry is for any host, so it is never used. A host with a port needs an entry that names it.

use std::fmt;

use secrecy::SecretString;

/// What the file has for a host.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) host: String,
    pub(super) username: String,
    pub(super) password: SecretString,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({})", self.host)
    }
}

/// The entries that have a password, in their order.
pub(super) fn read(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut current: Option<Entry> = None;
    let mut words = Words { rest: text };
    while let Some(word) = words.next() {
        match word.as_str() {
            "machine" => {
                entries.extend(current.take());
                current = words.next().map(|host| Entry {
                    host: host.to_ascii_lowercase(),
                    username: String::new(),
                    password: SecretString::from(String::new()),
                });
            }
            "default" => entries.extend(current.take()),
            "login" => {
                if let (Some(entry), Some(name)) = (&mut current, words.next()) {
                    entry.username = name;
                }
            }
            "password" => {
                if let (Some(entry), Some(password)) = (&mut current, words.next()) {
                    entry.password = SecretString::from(password);
                }
            }
            "account" => {
                words.next();
            }
            "macdef" => words.skip_macro(),
            _ => {}
        }
    }
    entries.extend(current);
    entries
}

/// Words between white space; in double quotes with backslashes, as curl has them; `#` begins a comment.
struct Words<'a> {
    rest: &'a str,
}

impl Words<'_> {
    /// A macro ends at an empty line.
    fn skip_macro(&mut self) {
        self.rest = self
            .rest
            .find("\n\n")
            .map_or("", |end| &self.rest[end + 2..]);
    }
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start();
        while self.rest.starts_with('#') {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.rest = self.rest[end..].trim_start();
        }
        if self.rest.is_empty() {
            return None;
        }
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self
                .rest
                .find(char::is_whitespace)
                .unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Some(word.to_owned());
        };
        let mut word = String::new();
        let mut chars = quoted.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &quoted[at + 1..];
                    return Some(word);
                }
                '\\' => word.extend(chars.next().map(|(_, c)| match c {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    c => c,
                })),
                c => word.push(c),
            }
        }
        self.rest = "";
        Some(word)
    }
}
