//! The few hosts that are known by name.

use super::Pin;
use crate::ForgeKind;

/// Hosts that will not change their forge without the whole world hearing of it.
pub(super) fn pins() -> Vec<Pin> {
    [
        ("https://github.com/", ForgeKind::GitHub),
        ("https://gitlab.com/", ForgeKind::GitLab),
        ("https://codeberg.org/", ForgeKind::Forgejo),
    ]
    .into_iter()
    .filter_map(|(web, kind)| {
        Some(Pin {
            web: web.parse().ok()?,
            kind,
        })
    })
    .collect()
}

/// Other names under which the same forge is reached.
pub(super) fn aliases() -> Vec<(String, String)> {
    [
        ("altssh.gitlab.com", "gitlab.com"),
        ("api.github.com", "github.com"),
        ("pkgs.fedoraproject.org", "src.fedoraproject.org"),
        ("pkgs.stg.fedoraproject.org", "src.stg.fedoraproject.org"),
        ("ssh.github.com", "github.com"),
        ("www.github.com", "github.com"),
    ]
    .into_iter()
    .map(|(alias, host)| (alias.to_owned(), host.to_owned()))
    .collect()
}
