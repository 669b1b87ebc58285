use super::{
    super::{Link, ProjectPath, RepoUrl, Scheme},
    project, resolved, url,
};
use crate::{
    ErrorKind,
    ForgeKind::{self, Forgejo, GitHub, GitLab, Gitea, Pagure},
};

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
