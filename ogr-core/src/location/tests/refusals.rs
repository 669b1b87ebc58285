use super::{super::RepoUrl, url};
use crate::{
    ErrorKind,
    ForgeKind::{Forgejo, GitHub, GitLab, Pagure},
};

#[test]
fn refuses_what_is_no_project_of_the_forge() {
    for (kind, path, reason) in [
        (GitHub, "a/b/c", "no page \"c\""),
        (GitHub, "orgs/fedora/repositories", "page of GitHub itself"),
        (GitHub, "a", "OWNER/NAME"),
        (GitHub, "a/.git", "no name"),
        (GitHub, "a/b%20c", "space"),
        (GitLab, "groups/g/-/issues", "page of GitLab itself"),
        (GitLab, "g/-/issues", "GROUP/NAME"),
        (Forgejo, "a/b/c", "no page \"c\""),
        (Forgejo, "rpms/foo/pull-request/7", "no page"),
        (Forgejo, "fork/u/rpms/foo/pull-request/7", "no page"),
        (Pagure, "a/b/c", "no page \"c\""),
        (Pagure, "user/bob", "page of Pagure itself"),
        (Pagure, "fork/bob/rpms/foo/bar", "no page \"bar\""),
    ] {
        let error = url(&format!("https://h.org/{path}"))
            .resolve(kind, "/")
            .expect_err(path);
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(reason), "{path}: {error}");
        assert!(error.to_string().contains("h.org/"), "{path}: {error}");
    }
}

#[test]
fn refuses_the_rest_with_a_reason() {
    for (text, reason) in [
        ("", "empty"),
        ("   ", "empty"),
        ("rpms/foo", "no host"),
        ("foo", "no host"),
        ("https://", "no host"),
        ("https:///a/b", "no host"),
        ("https://h.org", "no project"),
        ("https://h.org/", "no project"),
        ("git@h.org:", "no project"),
        ("git@h.org/a/b", "colon"),
        ("/srv/git/a.git", "this machine"),
        ("../a", "this machine"),
        ("file:///srv/git/a.git", "this machine"),
        ("C:/git/a", "no host"),
        ("ftp://h.org/a/b", "scheme"),
        ("mailto:me@h.org", "no project"),
        ("https://h.org/a/../b", "climb"),
        ("https://h.org/a/%2e%2E/b", "climb"),
        ("https://h.org/a/./b", "climb"),
        ("https://h.org/a//b", "empty part"),
        ("git@h.org:a//b", "empty part"),
        ("git@h.org:../a", "climb"),
        ("https://h.org/a/b%2Fc", "encoded slash"),
        ("https://h.org/a/b%5Cc", "no forge allows"),
        ("https://h.org/a/b%00", "no forge allows"),
        ("https://h.org/a/b%zz", "encodes nothing"),
        ("https://h.org/a/b%", "encodes nothing"),
        ("https://h.org/a/b%ff", "encodes nothing"),
        ("https://h.org/a b", "space"),
        ("https://h.org/a\tb/c", "control"),
        ("https://h.org/a\\b", "backslash"),
        ("https://h.org:0/a/b", "between 1 and 65535"),
        ("https://h.org:65536/a/b", "between 1 and 65535"),
        ("https://h.org:x/a/b", "port is no number"),
        ("https://h%2eorg/a/b", "no name and no address"),
        ("https://1.2/a/b", "no name and no address"),
        ("https://0x7f.0.0.1/a/b", "no name and no address"),
        ("https://-h.org/a/b", "no name and no address"),
        ("https://h..org/a/b", "no name and no address"),
        ("https://h(x).org/a/b", "no name and no address"),
        ("https://[::1/a/b", "no name and no address"),
        ("https://[::1]x/a/b", "no name and no address"),
        ("ssh://-oProxyCommand=x@h.org/a/b", "no user name"),
        ("ssh://-v@h.org/a/b", "no user name"),
        ("ssh://-oProxyCommand=x/a/b", "no name and no address"),
        ("@h.org:a/b", "no user name"),
        ("ssh://git@h.org:2222:a/b", "ssh://USER@HOST:PORT/PATH"),
        ("git@h.org:a/b?x", "? or an @"),
    ] {
        let error = RepoUrl::parse(text).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
        assert!(error.to_string().contains(reason), "{text:?}: {error}");
    }
    assert!(RepoUrl::parse(&format!("https://h.org/{}", "a/".repeat(4000))).is_err());
}

#[test]
fn never_shows_a_password() {
    for text in [
        "https://me:s3cret@h.org/a/b",
        "https://s3cret@h.org/a/b",
        "https://me:s3cret@h.org/a/../b",
        "https://me:s3cret@h.org",
        "https://me:s3cret@h.org:x/a/b",
        "https://me:s3cret",
        "https://me:s3cret@a@b/c/d",
        "https://me:s3cret@h org/a/b",
        "ssh://me:s3cret@h.org/a/b",
        "me:s3cret@h.org/a/b",
        "m.e:s3cret@h.org/a/b",
        "m.e:s3/cret@h.org/a/b",
        "me:s3cret@h.org:2222/a/b",
        "me:s3cret@h.org",
        "https://h.org/a/b?private_token=s3cret",
        "https://h.org/a//b?private_token=s3cret",
        "https://h.org/a//b#s3cret",
    ] {
        let shown = match RepoUrl::parse(text) {
            Ok(url) => format!("{url} {url:?} {:?}", url.resolve(GitHub, "/")),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!shown.contains("s3"), "{text}: {shown}");
    }
}
