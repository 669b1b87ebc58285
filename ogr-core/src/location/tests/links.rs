use super::{super::Link, file, resolved};
use crate::ForgeKind::{self, Forgejo, GitHub, GitLab, Gitea, Pagure};

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
