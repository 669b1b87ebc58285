//! What a release changes in a spec file.

use chrono::{DateTime, Utc};

use crate::spec::{updated, version};

fn day() -> DateTime<Utc> {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn update(spec: &str) -> Option<String> {
    updated(spec, "2.0", "A Bot <bot@example.org>", day())
}

#[test]
fn version_release_and_changelog_change_and_nothing_else() {
    let spec = "Name:    foo\nVersion: 1.0\nRelease: 7%{?dist}\n\n%description\nVersion: not this\n\n%changelog\n* Thu Jan 01 2026 A <a@b> - 1.0-7\n- Old\n";
    let expected = "Name:    foo\nVersion: 2.0\nRelease: 1%{?dist}\n\n%description\nVersion: not this\n\n%changelog\n* Sun Nov 22 2026 A Bot <bot@example.org> - 2.0-1\n- Update to 2.0 upstream release\n\n* Thu Jan 01 2026 A <a@b> - 1.0-7\n- Old\n";
    assert_eq!(update(spec).unwrap(), expected);
    assert_eq!(version(expected), Some("2.0"));
}

#[test]
fn what_is_automatic_stays_automatic() {
    let spec = "Version: 1.0\nRelease: %autorelease\n\n%changelog\n%autochangelog\n";
    let expected = "Version: 2.0\nRelease: %autorelease\n\n%changelog\n%autochangelog\n";
    assert_eq!(update(spec).unwrap(), expected);
}

#[test]
fn a_spec_without_a_changelog_gets_none_and_one_without_a_version_is_none() {
    assert_eq!(update("Version:1.0\n").unwrap(), "Version:2.0\n");
    assert_eq!(update("Name: foo\n"), None);
}

#[test]
fn it_is_a_function_of_its_arguments_alone() {
    let spec = "Version: 1.0\n\n%changelog\n";
    assert_eq!(update(spec), update(spec));
}
