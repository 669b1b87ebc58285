use proptest::prelude::*;

use super::super::{RepoUrl, Scheme};
use crate::ForgeKind;

/// Text that is nearly an address: the pieces of one, in any order and number.
fn nearly_an_address() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("https://".to_owned()),
        Just("git+https://".to_owned()),
        Just("ssh://".to_owned()),
        Just("git@".to_owned()),
        Just("github.com".to_owned()),
        Just("h.org".to_owned()),
        Just("[::1]".to_owned()),
        Just(":".to_owned()),
        Just(":3000".to_owned()),
        Just("/".to_owned()),
        Just("-".to_owned()),
        Just(".git".to_owned()),
        Just("@v1".to_owned()),
        Just("#v1".to_owned()),
        Just("?q".to_owned()),
        Just("%2F".to_owned()),
        Just("%41".to_owned()),
        Just("%25".to_owned()),
        Just("fork".to_owned()),
        Just("/tree/main".to_owned()),
        Just("/-/merge_requests/7".to_owned()),
        "[a-zA-Z0-9._+~%@:#-]{1,6}",
        "\\PC{1,3}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_never_panics(text in prop_oneof![any::<String>(), nearly_an_address()]) {
        if let Ok(url) = RepoUrl::parse(&text) {
            for kind in ForgeKind::ALL {
                if let Ok((path, _)) = url.resolve(*kind, "/") {
                    prop_assert!(path.check().is_ok());
                }
            }
            prop_assert!(url.web_base(Scheme::Https).is_ok(), "{url:?}");
        }
    }

    #[test]
    fn what_is_written_reads_back_the_same(text in nearly_an_address()) {
        if let Ok(url) = RepoUrl::parse(&text) {
            let again = RepoUrl::parse(&url.to_string());
            prop_assert_eq!(again.as_ref().ok(), Some(&url), "{} {:?}", url, again);
        }
    }

    #[test]
    fn a_host_is_itself_only(
        before in "([a-z0-9]{1,5}[.]?)?",
        after in "([.]?[a-z]{1,5})?",
    ) {
        let host = format!("{before}github.com{after}");
        let read = RepoUrl::parse(&format!("https://{host}/a/b"));
        if let Ok(url) = read {
            prop_assert_eq!(url.host() == "github.com", before.is_empty() && after.is_empty());
            prop_assert_eq!(url.host(), host);
        }
    }
}
