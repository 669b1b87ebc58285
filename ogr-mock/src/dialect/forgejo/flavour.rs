//! What sets Forgejo's versions and Gitea apart.

use serde_json::{Map, Value};

use crate::dialect::Dialect;
use crate::hub::Hub;

/// Which of the family is played. Gitea is the 1.22 that was seen running; later ones are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flavour {
    pub(super) gitea: bool,
    /// Forgejo's version, major first; of Gitea it is never asked.
    version: (u32, u32, u32),
}

impl Flavour {
    pub(super) fn of(hub: &Hub) -> Self {
        Self {
            gitea: hub.dialect == Dialect::Gitea,
            version: parse(&hub.settings.version),
        }
    }

    fn forgejo_since(self, version: (u32, u32, u32)) -> bool {
        !self.gitea && self.version >= version
    }

    /// Forgejo 16 and later.
    pub(super) fn sixteen(self) -> bool {
        self.forgejo_since((16, 0, 0))
    }

    /// Whether a status on an unknown commit is a 404; before, it is a 500.
    pub(super) fn knows_commits_of_statuses(self) -> bool {
        self.forgejo_since((15, 0, 3))
    }

    /// Whether a draft is there only for those who may write; before, who has its number gets it.
    pub(super) fn hides_drafts(self) -> bool {
        self.forgejo_since((15, 0, 3))
    }

    /// Takes out of an answer what Gitea does not say.
    pub(super) fn trim(self, body: &mut Value) {
        if self.gitea {
            without_forgejos_own(body);
        }
    }
}

/// The first three numbers of a version; a missing one is 0.
fn parse(version: &str) -> (u32, u32, u32) {
    let plain = version.split(['+', '-']).next().unwrap_or_default();
    let mut numbers = plain.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

/// The fields that Forgejo has beyond Gitea, by a field that tells what kind of object it is.
const FORGEJOS_OWN: &[(&str, &[&str])] = &[
    ("login_name", &["html_url", "pronouns", "source_id"]),
    (
        "clone_url",
        &[
            "allow_fast_forward_only_merge",
            "default_update_style",
            "globally_editable_wiki",
            "has_wiki_contents",
            "object_format_name",
            "topics",
            "wiki_branch",
            "wiki_clone_url",
            "wiki_ssh_url",
        ],
    ),
    (
        "patch_url",
        &[
            "additions",
            "changed_files",
            "deletions",
            "draft",
            "flow",
            "requested_reviewers_teams",
            "review_comments",
        ],
    ),
    (
        "zipball_url",
        &["archive_download_count", "hide_archive_links"],
    ),
    ("tagger", &["archive_download_count"]),
    ("submodule_git_url", &["last_commit_when"]),
];

fn without_forgejos_own(value: &mut Value) {
    match value {
        Value::Array(rows) => rows.iter_mut().for_each(without_forgejos_own),
        Value::Object(fields) => {
            for (mark, own) in FORGEJOS_OWN {
                if fields.contains_key(*mark) {
                    remove(fields, own);
                }
            }
            fields.values_mut().for_each(without_forgejos_own);
        }
        _ => {}
    }
}

fn remove(fields: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        fields.remove(*name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_up_to_the_build() {
        assert_eq!(parse("15.0.2+gitea-1.22.0"), (15, 0, 2));
        assert_eq!(parse("16.0.0-dev-539-4695780d41+gitea-1.22.0"), (16, 0, 0));
        assert_eq!(parse("16"), (16, 0, 0));
    }
}
