//! The version that a server tells.

use ogr_core::ForgeKind;
use serde::Deserialize;

/// Which software a server runs, and how new it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) kind: ForgeKind,
    pub(crate) major: u64,
    pub(crate) minor: u64,
    /// Whether it was built on the way to that version, and may lack some of what it brings.
    pub(crate) preview: bool,
}

/// The answer of the version endpoint.
#[derive(Debug, Deserialize)]
pub(crate) struct Told {
    pub(crate) version: String,
}

impl Version {
    /// Reads `16.0.0-dev-539-4695780d41+gitea-1.22.0` and `1.22.0+dev-305-g481e738e7`. Forgejo names the Gitea that its
    /// API is compatible with behind the plus; what is before it is its own.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let kind = if text.contains("+gitea-") {
            ForgeKind::Forgejo
        } else {
            ForgeKind::Gitea
        };
        let own = text.split('+').next()?.trim_start_matches('v');
        let mut numbers = own
            .split(['.', '-'])
            .map(|number| number.parse::<u64>().ok());
        Some(Self {
            kind,
            major: numbers.next()??,
            minor: numbers.next()??,
            preview: text.contains("-dev") || text.contains("+dev") || text.contains("-rc"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_on_the_way_to_a_version_is_told() {
        let preview = |text| Version::parse(text).unwrap().preview;
        assert!(preview("1.22.0+dev-305-g481e738e7"));
        assert!(preview("16.0.0-dev-539-4695780d41+gitea-1.22.0"));
        assert!(preview("1.22.0-rc1"));
        assert!(!preview("16.0.0+gitea-1.22.0"));
        assert!(!preview("1.27.3"));
    }

    #[test]
    fn reads_releases_and_development_versions() {
        let read = |text| Version::parse(text).map(|v| (v.kind, v.major, v.minor));
        assert_eq!(
            read("16.0.0-dev-539-4695780d41+gitea-1.22.0"),
            Some((ForgeKind::Forgejo, 16, 0))
        );
        assert_eq!(
            read("11.0.15+gitea-1.22.0"),
            Some((ForgeKind::Forgejo, 11, 0))
        );
        assert_eq!(
            read("1.22.0+dev-305-g481e738e7"),
            Some((ForgeKind::Gitea, 1, 22))
        );
        assert_eq!(read("1.27.3"), Some((ForgeKind::Gitea, 1, 27)));
        assert_eq!(read("v1.24"), Some((ForgeKind::Gitea, 1, 24)));
        for text in ["", "x", "development", "5"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
