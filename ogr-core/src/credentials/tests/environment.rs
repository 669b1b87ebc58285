use super::{
    super::{Credential, Credentials, env::variable, shape},
    OF_FORGEJO, OF_GITHUB, OF_GITLAB, OF_PAGURE, instance, shown, vars,
};
use crate::{
    ErrorKind,
    ForgeKind::{self, Forgejo, GitHub, GitLab, Gitea, Pagure},
};

#[test]
fn a_secret_is_never_shown() {
    let basic = Credential::basic("bob", "s3cret+");
    let mut credentials = vars(&[("OGR_TOKEN_H_ORG", "s3cret")]);
    credentials.insert("h.org", None, basic.clone());
    let text = format!(
        "{basic:?} {credentials:?} {:?}",
        Credential::bearer("s3cret")
    );
    assert!(!text.contains("s3cret"), "{text}");
    assert!(
        text.contains("OGR_TOKEN_H_ORG") && text.contains("bob"),
        "{text}"
    );

    let echoed = "bad s3cret+, Basic Ym9iOnMzY3JldCs=, password=s3cret%2B.";
    assert_eq!(basic.redact(echoed), "bad ***, Basic ***, password=***.");
    assert_eq!(Credential::token("").redact("as it is"), "as it is");
}

#[test]
fn identities_tell_credentials_apart() {
    let all = [
        Credential::token("a"),
        Credential::token("b"),
        Credential::bearer("a"),
        Credential::basic("", "a"),
        Credential::basic("bob", "a"),
    ];
    for (i, one) in all.iter().enumerate() {
        for (j, other) in all.iter().enumerate() {
            assert_eq!(one.identity() == other.clone().identity(), i == j);
        }
    }
}

#[test]
fn looks_tell_where_a_token_is_from() {
    let table: [(&str, &[ForgeKind]); 8] = [
        (OF_PAGURE, &[Pagure]),
        (OF_FORGEJO, &[GitHub, Forgejo, Gitea]),
        (OF_GITHUB, &[GitHub]),
        ("github_pat_x", &[GitHub]),
        (OF_GITLAB, &[GitLab]),
        ("glcbt-64_x", &[GitLab]),
        ("whatever", ForgeKind::ALL),
        ("0123456789ABCDEF0123456789ABCDEF01234567", ForgeKind::ALL),
    ];
    for (token, kinds) in table {
        for kind in ForgeKind::ALL {
            assert_eq!(
                shape::is_foreign(token, *kind),
                !kinds.contains(kind),
                "{token} {kind}"
            );
        }
    }
}

#[test]
fn variables_are_named_after_the_host() {
    for (host, name) in [
        ("src.fedoraproject.org", "OGR_TOKEN_SRC_FEDORAPROJECT_ORG"),
        ("h.org:8443", "OGR_TOKEN_H_ORG_8443"),
        ("127.0.0.1:3000", "OGR_TOKEN_127_0_0_1_3000"),
        // Whoever owns the one need not own the other.
        ("git-h.org", "OGR_TOKEN_GIT__H_ORG"),
        ("git.h.org", "OGR_TOKEN_GIT_H_ORG"),
    ] {
        assert_eq!(variable(host), name);
    }
    let credentials = vars(&[("OGR_TOKEN_GIT_H_ORG", "t")]);
    let of = |host: &str| shown(credentials.for_instance(&instance(Forgejo, host)).unwrap());
    assert_eq!(of("git.h.org"), "token t");
    for other in ["git-h.org", "git.h.org:8443", "h.org", "git.h.org.evil.org"] {
        assert_eq!(of(other), "none", "{other}");
    }
}

#[test]
fn the_most_particular_variable_wins() {
    let credentials = vars(&[
        ("OGR_TOKEN_GITLAB_COM", "plain"),
        ("OGR_TOKEN_GITLAB_COM_GITLAB", "kind"),
        ("GITLAB_TOKEN", "usual"),
        ("GITHUB_TOKEN", "second"),
        ("GH_TOKEN", "first"),
        ("OGR_TOKEN_CODEBERG_ORG", ""),
        ("CODEBERG_TOKEN", " padded\n"),
        ("FORGEJO_TOKEN", "later"),
    ]);
    let of = |kind, host| shown(credentials.for_instance(&instance(kind, host)).unwrap());
    assert_eq!(of(GitLab, "gitlab.com"), "token kind");
    assert_eq!(of(Forgejo, "gitlab.com"), "token plain");
    assert_eq!(of(GitHub, "github.com"), "token first");
    assert_eq!(of(Forgejo, "codeberg.org"), "token padded");
    assert_eq!(
        shown(
            vars(&[("OGR_TOKEN_GITLAB_COM", "glcbt-x")])
                .for_instance(&instance(GitLab, "gitlab.com"))
                .unwrap()
        ),
        "job glcbt-x"
    );
}

#[test]
fn usual_variables_are_for_their_own_host() {
    type Row<'a> = (&'a [(&'a str, &'a str)], ForgeKind, &'a str, &'a str);
    let table: [Row<'_>; 18] = [
        (&[("GITHUB_TOKEN", "t")], GitHub, "github.com", "token t"),
        (&[("GITHUB_TOKEN", "t")], GitHub, "ghe.org", "none"),
        (&[("GITHUB_TOKEN", "t")], GitHub, "github.com:8443", "none"),
        // In a job of GitHub Enterprise or of Forgejo the token is one of that host.
        (
            &[
                ("GITHUB_TOKEN", "t"),
                ("GITHUB_SERVER_URL", "https://ghe.org"),
            ],
            GitHub,
            "github.com",
            "none",
        ),
        (
            &[
                ("GITHUB_TOKEN", "t"),
                ("GITHUB_SERVER_URL", "https://GHE.org:8443/"),
            ],
            GitHub,
            "ghe.org:8443",
            "token t",
        ),
        (
            &[
                ("GITHUB_TOKEN", "t"),
                ("GITHUB_SERVER_URL", "https://github.com"),
            ],
            GitHub,
            "github.com",
            "token t",
        ),
        (&[("GH_ENTERPRISE_TOKEN", "t")], GitHub, "ghe.org", "none"),
        (
            &[("GH_ENTERPRISE_TOKEN", "t"), ("GH_HOST", "ghe.org")],
            GitHub,
            "ghe.org",
            "token t",
        ),
        (
            &[("GH_ENTERPRISE_TOKEN", "t"), ("GH_HOST", "ghe.org")],
            GitHub,
            "github.com",
            "none",
        ),
        (&[("GITLAB_TOKEN", "t")], GitLab, "gitlab.com", "token t"),
        (
            &[("GITLAB_TOKEN", "t"), ("GITLAB_HOST", "git.org")],
            GitLab,
            "gitlab.com",
            "none",
        ),
        (
            &[("FORGEJO_TOKEN", "t")],
            Forgejo,
            "codeberg.org",
            "token t",
        ),
        (&[("FORGEJO_TOKEN", "t")], Gitea, "codeberg.org", "none"),
        (&[("FORGEJO_TOKEN", "t")], Forgejo, "h.org", "none"),
        (&[("PAGURE_TOKEN", "t")], Pagure, "pagure.io", "token t"),
        (
            &[("PAGURE_TOKEN", "t")],
            Pagure,
            "src.fedoraproject.org",
            "token t",
        ),
        (
            &[("PAGURE_TOKEN", "t")],
            Forgejo,
            "src.fedoraproject.org",
            "none",
        ),
        (&[("PAGURE_TOKEN", "t")], Pagure, "evilpagure.io", "none"),
    ];
    for (all, kind, host, expected) in table {
        let found = vars(all).for_instance(&instance(kind, host)).unwrap();
        assert_eq!(shown(found), expected, "{all:?} {kind} {host}");
    }
}

#[test]
fn a_token_stays_with_its_kind_of_forge() {
    let dist_git = "src.fedoraproject.org";
    let name = "OGR_TOKEN_SRC_FEDORAPROJECT_ORG";
    let moved = vars(&[(name, OF_PAGURE)]);
    assert!(
        moved
            .for_instance(&instance(Pagure, dist_git))
            .unwrap()
            .is_some()
    );
    let error = moved
        .for_instance(&instance(Forgejo, dist_git))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    for word in [name, "OGR_TOKEN_SRC_FEDORAPROJECT_ORG_FORGEJO", "Pagure"] {
        assert!(error.message().contains(word), "{error}");
    }
    assert!(!format!("{error:?}").contains(OF_PAGURE));

    // With the kind in the name the old token is simply not looked at.
    let both = vars(&[
        ("OGR_TOKEN_SRC_FEDORAPROJECT_ORG_PAGURE", OF_PAGURE),
        ("OGR_TOKEN_SRC_FEDORAPROJECT_ORG_FORGEJO", OF_FORGEJO),
    ]);
    assert_eq!(
        shown(both.for_instance(&instance(Forgejo, dist_git)).unwrap()),
        format!("token {OF_FORGEJO}")
    );
    assert_eq!(
        shown(both.for_instance(&instance(Pagure, dist_git)).unwrap()),
        format!("token {OF_PAGURE}")
    );
    assert!(
        both.for_instance(&instance(GitLab, dist_git))
            .unwrap()
            .is_none()
    );

    let mut inserted = Credentials::none();
    inserted.insert("H.org", Some(Pagure), Credential::token(OF_PAGURE));
    assert!(
        inserted
            .for_instance(&instance(Forgejo, "h.org"))
            .unwrap()
            .is_none()
    );
    assert!(
        inserted
            .for_instance(&instance(Pagure, "h.org"))
            .unwrap()
            .is_some()
    );
    inserted.insert("h.org", None, Credential::token(OF_PAGURE));
    assert_eq!(
        inserted
            .for_instance(&instance(Forgejo, "h.org"))
            .unwrap_err()
            .kind(),
        ErrorKind::Config
    );
    inserted.insert("h.org", None, Credential::token("any"));
    assert!(
        inserted
            .for_instance(&instance(Forgejo, "h.org"))
            .unwrap()
            .is_some()
    );
}

#[test]
fn a_spoiled_variable_is_named_and_not_shown() {
    for value in ["two words", "two\nlines", "nul\0", "ümlaut"] {
        for name in ["OGR_TOKEN_H_ORG", "GITHUB_TOKEN"] {
            let error = Credentials::from_vars([(name, value)]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            let text = format!("{error} {error:?}");
            assert!(text.contains(name) && !text.contains(value), "{text}");
        }
    }
    // What is not ours may hold anything.
    assert!(Credentials::from_vars([("PATH", "a b"), ("OTHER_TOKEN", "a b")]).is_ok());
}
