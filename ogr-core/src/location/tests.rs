use proptest::prelude::*;

use super::{Link, ProjectPath, RepoUrl, Scheme};
use crate::{
    ErrorKind,
    ForgeKind::{self, Forgejo, GitHub, GitLab, Gitea, Pagure},
    Instance,
};

fn url(text: &str) -> RepoUrl {
    RepoUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn resolved(kind: ForgeKind, text: &str) -> (String, Option<Link>) {
    let (path, link) = url(text)
        .resolve(kind, "/")
        .unwrap_or_else(|error| panic!("{text} on {kind}: {error}"));
    (path.to_string(), link)
}

fn project(kind: ForgeKind, text: &str) -> ProjectPath {
    url(text)
        .project_path(kind, "/")
        .unwrap_or_else(|error| panic!("{text} on {kind}: {error}"))
}

fn file(at: &str, path: &str) -> Option<Link> {
    Some(Link::File {
        path: path.into(),
        at: at.into(),
    })
}

/// The forms that ogr's tests pin, read as a user wants them.
#[test]
fn the_table_of_ogr() {
    let plain = ProjectPath::new("ns", "repo");
    for (text, scheme) in [
        ("https://h.org/ns/repo", Scheme::Https),
        ("https://h.org/ns/repo.git", Scheme::Https),
        ("https://h.org/ns/repo/", Scheme::Https),
        ("https://h.org/ns/repo.git/", Scheme::Https),
        ("http://h.org/ns/repo", Scheme::Http),
        ("git://h.org/ns/repo", Scheme::Git),
        ("git+https://h.org/ns/repo", Scheme::Https),
        ("git@h.org:ns/repo", Scheme::Ssh),
        ("git@h:ns/repo.git", Scheme::Ssh),
        ("https://user:password@h.org/ns/repo.git", Scheme::Https),
    ] {
        assert_eq!(url(text).scheme(), Some(scheme), "{text}");
        for kind in ForgeKind::ALL {
            assert_eq!(project(*kind, text), plain, "{text} on {kind}");
        }
    }

    for (text, name) in [
        ("h.org/repo", "repo"),
        ("https://git.launchpad.net/dkimpy", "dkimpy"),
        ("https://pagure.io/x.git", "x"),
        ("ssh://git@pagure.io/x.git", "x"),
    ] {
        assert_eq!(project(Pagure, text), ProjectPath::bare(name), "{text}");
        for kind in [GitHub, GitLab, Forgejo, Gitea] {
            let error = url(text).resolve(kind, "/").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{text} on {kind}");
        }
    }

    let fork = ProjectPath::new("ns", "r").fork_of("u");
    for text in [
        "https://h.org/fork/u/ns/r",
        "https://pagure.io/fork/u/ns/r.git",
        "https://pagure.io/forks/u/ns/r.git",
        "ssh://git@pagure.io/forks/u/ns/r.git",
        "ssh://git@pagure.io:forks/u/ns/r.git",
        "git@pagure.io:forks/u/ns/r.git",
    ] {
        assert_eq!(project(Pagure, text), fork, "{text}");
        assert_eq!(project(Forgejo, text), ProjectPath::new("u", "r"), "{text}");
        assert!(url(text).resolve(GitHub, "/").is_err(), "{text}");
    }
    let text = "https://pagure.io/fork/user/repo";
    assert_eq!(
        project(Pagure, text),
        ProjectPath::bare("repo").fork_of("user")
    );
    assert_eq!(project(Forgejo, text), ProjectPath::new("user", "repo"));

    let text = "https://h.org/multi/part/ns/repo/";
    assert_eq!(
        project(GitLab, text),
        ProjectPath::new("multi/part/ns", "repo")
    );
    assert_eq!(
        project(GitLab, "git@gitlab.com:g/s/r.git"),
        ProjectPath::new("g/s", "r")
    );

    for text in ["https://a@b@c@domain", "git@h:2222:ns/repo.git", ""] {
        assert!(RepoUrl::parse(text).is_err(), "{text}");
    }
}

/// What ogr was measured to get wrong.
#[test]
fn what_ogr_gets_wrong() {
    let ssh = url("ssh://git@h.org:2222/g/r.git");
    assert_eq!((ssh.port(), ssh.host().as_str()), (Some(2222), "h.org"));
    assert_eq!(ssh.to_string(), "ssh://git@h.org:2222/g/r.git");

    let with_port = url("https://h.org:8443/g/r");
    assert_eq!(with_port.host(), "h.org:8443");
    assert_eq!(
        with_port.web_base(Scheme::Https).unwrap().as_str(),
        "https://h.org:8443/"
    );

    let git = url("git://gitlab.com/a/b");
    assert_eq!(
        git.web_base(Scheme::Https).unwrap().as_str(),
        "https://gitlab.com/"
    );

    assert_eq!(
        resolved(GitHub, "https://github.com/o/r/tree/main"),
        ("o/r".into(), Some(Link::Ref("main".into())))
    );
    assert_eq!(
        resolved(GitHub, "https://github.com/o/r/pull/3"),
        ("o/r".into(), Some(Link::PullRequest(3)))
    );

    let upper = url("HTTPS://GitHub.com/A/B");
    assert_eq!(upper.host(), "github.com");
    assert_eq!(project(GitHub, "HTTPS://GitHub.com/A/B").to_string(), "A/B");

    assert_eq!(url("https://notgithub.com/a/b").host(), "notgithub.com");
    assert_eq!(
        project(Forgejo, "https://codeberg.org/a/b.git").to_string(),
        "a/b"
    );
    assert_eq!(
        project(Forgejo, "git@codeberg.org:a/b.git").to_string(),
        "a/b"
    );
}

#[test]
fn reads_what_people_paste() {
    for (text, written) in [
        ("github.com/a/b", "github.com/a/b"),
        ("localhost:3000/a/b", "localhost:3000/a/b"),
        ("forge:3000/a/b", "forge:3000/a/b"),
        ("forge:443/a/b", "https://forge/a/b"),
        ("[::1]:3000/a/b", "[::1]:3000/a/b"),
        ("https://github.com:443/a/b", "https://github.com/a/b"),
        ("http://h.org:80/a/b", "http://h.org/a/b"),
        ("https://h.org:80/a/b", "https://h.org:80/a/b"),
        ("ssh://git@h.org:22/a/b", "ssh://git@h.org/a/b"),
        ("git+ssh://git@h.org/a/b.git", "ssh://git@h.org/a/b.git"),
        ("  https://h.org/a/b\n", "https://h.org/a/b"),
        ("https://h.org./a/b", "https://h.org/a/b"),
        ("gitlab.com:g/r.git", "ssh://gitlab.com/g/r.git"),
        ("git@[::1]:g/r.git", "ssh://git@[::1]/g/r.git"),
        ("git@h.org:/a/b.git", "ssh://git@h.org/a/b.git"),
        (
            "1001300000@forge.fp.o:rpms/foo.git",
            "ssh://1001300000@forge.fp.o/rpms/foo.git",
        ),
        ("ssh://me:secret@h.org/a/b", "ssh://me@h.org/a/b"),
        ("me:secret@h.org/a/b", "h.org/a/b"),
        ("https://token@h.org/a/b?x=1#readme", "https://h.org/a/b"),
        ("https://h.org/a/b%2Bc", "https://h.org/a/b+c"),
        (
            "https://bücher.example/a/b",
            "https://xn--bcher-kva.example/a/b",
        ),
        ("https://h.org/a/b.git//", "https://h.org/a/b.git"),
    ] {
        assert_eq!(url(text).to_string(), written, "{text}");
    }
    assert_eq!(
        url("1001300000@forge.fp.o:rpms/foo.git").ssh_user(),
        Some("1001300000")
    );
    // Owners may be called by a number: git reads this as a path, and so do we.
    assert_eq!(
        project(GitHub, "git@github.com:2222/b.git").to_string(),
        "2222/b"
    );
}

#[test]
fn reads_what_package_managers_write() {
    let sha = "0123456789abcdef0123456789abcdef01234567";
    for (text, path, link) in [
        (
            format!("git+https://src.fp.o/forks/bob/rpms/foo.git#{sha}"),
            "fork/bob/rpms/foo",
            Some(Link::Commit(sha.into())),
        ),
        (
            "git+https://h.org/a/b.git@v1.0#egg=b".into(),
            "a/b",
            Some(Link::Ref("v1.0".into())),
        ),
        (
            "git+ssh://git@h.org/a/b.git@feature/x".into(),
            "a/b",
            Some(Link::Ref("feature/x".into())),
        ),
        ("git+https://h.org/a/b#egg=b".into(), "a/b", None),
        (
            "git@h.org:a/b.git#v2".into(),
            "a/b",
            Some(Link::Ref("v2".into())),
        ),
        (format!("https://h.org/a/b#{sha}"), "a/b", None),
    ] {
        assert_eq!(resolved(Pagure, &text), (path.into(), link), "{text}");
        let written = url(&text).to_string();
        assert_eq!(url(&written), url(&text), "{text}");
    }
}

#[test]
fn reads_links() {
    let sha = "0123456789abcdef0123456789abcdef01234567";
    let commit = || Some(Link::Commit(sha.to_owned()));
    let at = |name: &str| Some(Link::Ref(name.to_owned()));
    let pull = |number| Some(Link::PullRequest(number));
    let table: Vec<(ForgeKind, String, &str, Option<Link>)> = vec![
        (GitHub, "a/b/pull/7/files".into(), "a/b", pull(7)),
        (GitHub, "a/b/pull/7.diff".into(), "a/b", pull(7)),
        (GitHub, "a/b/pull/new/topic".into(), "a/b", None),
        (GitHub, "a/b/pull/0".into(), "a/b", None),
        (GitHub, "a/b/issues/3".into(), "a/b", Some(Link::Issue(3))),
        (GitHub, "a/b/issues".into(), "a/b", None),
        (GitHub, format!("a/b/commit/{sha}"), "a/b", commit()),
        (GitHub, format!("a/b/commit/{sha}.patch"), "a/b", commit()),
        (GitHub, format!("a/b/tree/{sha}"), "a/b", commit()),
        (
            GitHub,
            "a/b/tree/main/dir".into(),
            "a/b",
            file("main", "dir"),
        ),
        (GitHub, "a/b.git/tree/main".into(), "a/b", at("main")),
        (
            GitHub,
            "a/b/blob/main/x/y%20z.git".into(),
            "a/b",
            file("main", "x/y z.git"),
        ),
        (
            GitHub,
            "a/b/raw/refs/heads/main/x".into(),
            "a/b",
            file("main", "x"),
        ),
        (
            GitHub,
            "a/b/releases/tag/v1".into(),
            "a/b",
            Some(Link::Release("v1".into())),
        ),
        (
            GitHub,
            "a/b/releases/tag/lib/v1".into(),
            "a/b",
            Some(Link::Release("lib/v1".into())),
        ),
        (GitHub, "a/b/releases".into(), "a/b", None),
        (GitLab, "g/s/r/-/merge_requests/7".into(), "g/s/r", pull(7)),
        (
            GitLab,
            "g/r/-/merge_requests/7/diffs".into(),
            "g/r",
            pull(7),
        ),
        (GitLab, "g/s/r/merge_requests/7".into(), "g/s/r", pull(7)),
        (GitLab, "g/r/issues/3".into(), "g/r", Some(Link::Issue(3))),
        (
            GitLab,
            "g/r/-/work_items/3".into(),
            "g/r",
            Some(Link::Issue(3)),
        ),
        (GitLab, "g/r/-/tree/main".into(), "g/r", at("main")),
        (
            GitLab,
            "g/s/r/tree/main/d".into(),
            "g/s/r",
            file("main", "d"),
        ),
        (
            GitLab,
            "g/r/-/blob/main/-/x".into(),
            "g/r",
            file("main", "-/x"),
        ),
        (GitLab, format!("g/r/-/commit/{sha}"), "g/r", commit()),
        (GitLab, format!("g/r/commit/{sha}"), "g/r", commit()),
        (
            GitLab,
            "g/r/-/tags/v1".into(),
            "g/r",
            Some(Link::Tag("v1".into())),
        ),
        (
            GitLab,
            "g/r/-/releases/v1".into(),
            "g/r",
            Some(Link::Release("v1".into())),
        ),
        (GitLab, "g/r/-/pipelines/9".into(), "g/r", None),
        (GitLab, "g/issues/tool".into(), "g/issues/tool", None),
        (GitLab, "g/refs/tool".into(), "g/refs/tool", None),
        (Forgejo, "a/b/pulls/7".into(), "a/b", pull(7)),
        (Forgejo, "a/b/pulls/7/files".into(), "a/b", pull(7)),
        (Gitea, "a/b/issues/3".into(), "a/b", Some(Link::Issue(3))),
        (
            Forgejo,
            "a/b/src/branch/main".into(),
            "a/b",
            Some(Link::Branch("main".into())),
        ),
        (
            Forgejo,
            "a/b/src/branch/main/p/q".into(),
            "a/b",
            file("main", "p/q"),
        ),
        (Forgejo, format!("a/b/src/commit/{sha}"), "a/b", commit()),
        (
            Forgejo,
            format!("a/b/src/commit/{sha}/p"),
            "a/b",
            file(sha, "p"),
        ),
        (
            Forgejo,
            "a/b/src/tag/v1".into(),
            "a/b",
            Some(Link::Tag("v1".into())),
        ),
        (Forgejo, format!("a/b/commit/{sha}"), "a/b", commit()),
        (
            Forgejo,
            "a/b/releases/tag/v1".into(),
            "a/b",
            Some(Link::Release("v1".into())),
        ),
        (Forgejo, "a/b/actions/runs/1".into(), "a/b", None),
        (
            Pagure,
            "rpms/foo/pull-request/7".into(),
            "rpms/foo",
            pull(7),
        ),
        (Pagure, "foo/pull-request/7.patch".into(), "foo", pull(7)),
        (
            Pagure,
            "fork/bob/rpms/foo/pull-request/7".into(),
            "fork/bob/rpms/foo",
            pull(7),
        ),
        (
            Pagure,
            "pagure/issue/3".into(),
            "pagure",
            Some(Link::Issue(3)),
        ),
        (Pagure, "pagure/issues".into(), "pagure", None),
        (Pagure, "rpms/tree".into(), "rpms/tree", None),
        (
            Pagure,
            "rpms/tree/tree/main".into(),
            "rpms/tree",
            at("main"),
        ),
        (Pagure, format!("rpms/foo/c/{sha}"), "rpms/foo", commit()),
        (Pagure, format!("foo/c/{sha}.diff"), "foo", commit()),
        (Pagure, "rpms/foo/tree/f42".into(), "rpms/foo", at("f42")),
        (Pagure, "foo/tree/feature/x".into(), "foo", at("feature/x")),
        (
            Pagure,
            "rpms/foo/blob/rawhide/f/foo.spec".into(),
            "rpms/foo",
            file("rawhide", "foo.spec"),
        ),
        (
            Pagure,
            "foo/raw/feature/x/f/d/foo.spec".into(),
            "foo",
            file("feature/x", "d/foo.spec"),
        ),
        (
            Pagure,
            "fork/bob/foo/tree/main".into(),
            "fork/bob/foo",
            at("main"),
        ),
        // Addresses of before the move of their host to Forgejo.
        (
            Forgejo,
            "fork/u/rpms/foo/tree/f42".into(),
            "u/foo",
            at("f42"),
        ),
        (Forgejo, format!("rpms/foo/c/{sha}"), "rpms/foo", commit()),
        (
            Forgejo,
            "rpms/foo/blob/f42/f/foo.spec".into(),
            "rpms/foo",
            file("f42", "foo.spec"),
        ),
    ];
    for (kind, path, project, link) in table {
        let text = format!("https://h.org/{path}");
        assert_eq!(
            resolved(kind, &text),
            (project.into(), link),
            "{text} on {kind}"
        );
    }
}

#[test]
fn tells_how_a_link_can_be_read() {
    let (_, link) = resolved(GitHub, "https://github.com/a/b/blob/feature/x/README");
    let readings = link.map(|link| link.readings()).unwrap_or_default();
    let expected = [
        ("feature", "x/README"),
        ("feature/x", "README"),
        ("feature/x/README", ""),
    ];
    assert_eq!(
        readings,
        expected.map(|(at, path)| (at.to_owned(), path.to_owned()))
    );
    let of_commit = Link::File {
        path: "x/y".into(),
        at: "0123456789abcdef0123456789abcdef01234567".into(),
    };
    assert_eq!(of_commit.readings().len(), 1);
}

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

#[test]
fn reads_below_a_prefix() {
    let with_prefix = url("https://h.org/git/a/b/pulls/7");
    assert_eq!(
        with_prefix.resolve(Forgejo, "/git/").unwrap(),
        (ProjectPath::new("a", "b"), Some(Link::PullRequest(7)))
    );
    assert!(with_prefix.resolve(Forgejo, "/other/").is_err());
    assert!(url("https://h.org/git").resolve(GitLab, "/git/").is_err());
    // The prefix belongs to the pages: ssh addresses have none.
    assert_eq!(
        url("git@h.org:a/b").project_path(Forgejo, "/git").unwrap(),
        ProjectPath::new("a", "b")
    );
}

#[test]
fn compares_hosts_whole() {
    let web = |text: &str| url::Url::parse(text).unwrap();
    let github = Instance::new(
        GitHub,
        web("https://github.com"),
        web("https://api.github.com"),
    );
    assert!(url("https://github.com/a/b").is_on(&github));
    assert!(url("git@GITHUB.com:a/b").is_on(&github));
    for text in [
        "https://notgithub.com/a/b",
        "https://github.com.evil.org/a/b",
        "https://api.github.com/a/b",
        "https://github.com:8443/a/b",
        "git@xgithub.com:a/b",
        "https://github.co/a/b",
    ] {
        assert!(!url(text).is_on(&github), "{text}");
    }
    let dist_git = Instance::new(
        Pagure,
        web("https://src.fedoraproject.org"),
        web("https://src.fedoraproject.org/api/0"),
    )
    .ssh_host("pkgs.fedoraproject.org");
    assert!(url("ssh://me@pkgs.fedoraproject.org/rpms/foo").is_on(&dist_git));
    assert!(!url("https://pkgs.fedoraproject.org/rpms/foo").is_on(&dist_git));
    let below = Instance::new(
        Forgejo,
        web("https://h.org/git"),
        web("https://h.org/git/api/v1"),
    );
    assert!(url("https://h.org/git/a/b").is_on(&below));
    assert!(!url("https://h.org/gitea/a/b").is_on(&below));
}

#[test]
fn is_a_string_in_a_configuration() {
    let read: RepoUrl = serde_json::from_str("\"git@h.org:a/b.git\"").unwrap();
    assert_eq!(
        serde_json::to_string(&read).unwrap(),
        "\"ssh://git@h.org/a/b.git\""
    );
    assert!(serde_json::from_str::<RepoUrl>("\"nothing\"").is_err());
}

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
