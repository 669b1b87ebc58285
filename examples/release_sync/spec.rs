//! What a new release changes in an RPM spec file: the version, the release number, and the changelog.

use chrono::{DateTime, Utc};

/// The version that a spec file has.
pub fn version(spec: &str) -> Option<&str> {
    spec.lines().find_map(|line| tag(line, "version"))
}

/// The spec file with another version, its release number back at 1, and a changelog entry of that day.
///
/// It is a function of its arguments alone, so that a second run finds what the first has left. `None` when it has no version.
pub fn updated(spec: &str, new_version: &str, author: &str, day: DateTime<Utc>) -> Option<String> {
    version(spec)?;
    let mut lines = Vec::new();
    let mut before_sections = true;
    for line in spec.lines() {
        if line.starts_with('%') && is_section(line) {
            before_sections = false;
        }
        if before_sections && tag(line, "version").is_some() {
            lines.push(with_value(line, new_version));
        } else if before_sections && tag(line, "release").is_some_and(|value| !is_automatic(value))
        {
            lines.push(with_value(line, "1%{?dist}"));
        } else {
            lines.push(line.to_owned());
        }
    }
    add_entry(&mut lines, new_version, author, day);
    Some(lines.join("\n") + "\n")
}

/// The value of a tag line such as `Version:  1.0`.
fn tag<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = line.split_once(':')?;
    key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
}

/// A tag line with another value, and its alignment kept.
fn with_value(line: &str, value: &str) -> String {
    let start = line.find(':').map_or(line.len(), |colon| colon + 1);
    let (key, rest) = line.split_at(start);
    let blanks = rest.len() - rest.trim_start().len();
    format!("{key}{}{value}", &rest[..blanks])
}

fn is_automatic(release: &str) -> bool {
    release.contains("%autorelease") || release.contains("%{autorelease")
}

fn is_section(line: &str) -> bool {
    [
        "%description",
        "%prep",
        "%build",
        "%install",
        "%check",
        "%files",
        "%changelog",
        "%package",
    ]
    .iter()
    .any(|section| line.starts_with(section))
}

fn add_entry(lines: &mut Vec<String>, new_version: &str, author: &str, day: DateTime<Utc>) {
    let Some(start) = lines.iter().position(|line| line.trim() == "%changelog") else {
        return;
    };
    let automatic = lines
        .iter()
        .skip(start + 1)
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| line.contains("%autochangelog") || line.contains("%{autochangelog"));
    if automatic {
        return;
    }
    let entry = [
        format!("* {} {author} - {new_version}-1", day.format("%a %b %d %Y")),
        format!("- Update to {new_version} upstream release"),
        String::new(),
    ];
    lines.splice(start + 1..start + 1, entry);
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
}
