use super::{
    super::{Link, ProjectPath, RepoUrl},
    url,
};
use crate::{
    ForgeKind::{Forgejo, GitHub, GitLab, Pagure},
    Instance,
};

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
