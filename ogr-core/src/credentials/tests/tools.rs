use std::path::PathBuf;

use tempfile::TempDir;

use super::{
    super::{Credential, Credentials, discovery::Places, netrc, tool::Tool},
    OF_FORGEJO, OF_PAGURE, instance, shown, vars,
};
use crate::ForgeKind::{self, Forgejo, GitHub, GitLab, Gitea, Pagure};

#[test]
fn reads_netrc() {
    let text = "# machine no.org login x password y\n\
        machine a.org login bob password p1\n\
        machine b.org\n\tpassword \"p \\\"2\\\"\"\n\taccount x\n\
        macdef init\ncd /pub\nmachine no.org password m\n\n\
        machine A.org:8443 login carol password p3 # more\n\
        default login anonymous password d";
    let entries: Vec<_> = netrc::read(text)
        .into_iter()
        .map(|e| {
            let basic = Credential::Basic {
                username: e.username,
                password: e.password,
            };
            format!("{} {}", e.host, shown(Some(basic)))
        })
        .collect();
    assert_eq!(
        entries,
        [
            "a.org basic bob:p1",
            "b.org basic :p \"2\"",
            "a.org:8443 basic carol:p3"
        ]
    );
    for broken in [
        "machine",
        "login x",
        "machine a password",
        "macdef",
        "\"",
        "machine \"a",
    ] {
        let _ = netrc::read(broken);
    }
}

/// A machine on which the tools are what a test makes of them.
struct Machine {
    folder: TempDir,
    places: Places,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let tool = |name: &str| Tool {
            program: at(name).into(),
            folder: Some(folder.path().to_owned()),
        };
        let places = Places {
            gh_hosts: vec![at("none"), at("hosts.yml")],
            glab_config: vec![at("glab.yml")],
            tea_config: vec![at("tea.yml")],
            fj_keys: vec![at("keys.json")],
            netrc: vec![at("netrc")],
            gh: tool("gh"),
            glab: tool("glab"),
            tea: tool("tea"),
            git: tool("git"),
        };
        Self { folder, places }
    }

    fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    /// A program in place of a tool. It writes what it was asked to the log.
    fn program(self, name: &str, body: &str) -> Self {
        use std::{
            io::Write,
            process::{Command, Stdio},
        };
        let log = self.path("log");
        let text = format!(
            "#!/bin/sh\necho \"{name} $*\" >> {}\n{body}\n",
            log.display()
        );
        // Written by another process: were it open for writing here, a program started by another test could
        // inherit that, and a file that is being written cannot be run.
        let mut shell = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
            .arg(self.path(name))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = shell.stdin.take().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        drop(stdin);
        assert!(shell.wait().unwrap().success());
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    fn credentials(&self) -> Credentials {
        Credentials::none().with_places(self.places.clone())
    }

    async fn find(&self, kind: ForgeKind, host: &str) -> String {
        shown(
            self.credentials()
                .find(&instance(kind, host))
                .await
                .unwrap(),
        )
    }
}

#[cfg(unix)]
#[tokio::test]
async fn asks_the_tool_of_the_forge() {
    let machine = Machine::new()
        .file(
            "hosts.yml",
            "github.com:\n    user: me\nghe.example.org:\n    user: me\n",
        )
        .file(
            "glab.yml",
            "hosts:\n  gitlab.com:\n    user: me\n  oauth.org:\n    user: me\n",
        )
        .file(
            "tea.yml",
            "logins:\n- url: https://gitea.com\n- url: https://h.org:3000/\n",
        )
        .program("gh", "echo gho_$4")
        .program(
            "glab",
            "case \"$3 $5\" in 'token '*) echo t-$5;; 'is_oauth2 oauth.org') echo true;; esac",
        )
        .program(
            "tea",
            "cat > /dev/null; echo host=gitea.com; echo username=me; echo password=tea-token",
        );
    assert_eq!(
        machine.find(GitHub, "github.com").await,
        "token gho_github.com"
    );
    assert_eq!(
        machine.find(GitHub, "ghe.example.org").await,
        "token gho_ghe.example.org"
    );
    assert_eq!(
        machine.find(GitLab, "gitlab.com").await,
        "token t-gitlab.com"
    );
    assert_eq!(
        machine.find(GitLab, "oauth.org").await,
        "bearer t-oauth.org"
    );
    assert_eq!(machine.find(Gitea, "gitea.com").await, "token tea-token");
    // It answers for another host than it was asked for.
    assert_eq!(machine.find(Forgejo, "h.org:3000").await, "none");

    // Tools are asked about their own hosts and kinds only.
    let before = machine.log();
    for (kind, host) in [
        (GitHub, "hub.com"),
        (GitHub, "github.co"),
        (GitHub, "github.com.evil.org"),
        (GitHub, "evilgithub.com"),
        (GitHub, "gitlab.com"),
        (Forgejo, "github.com"),
        (Pagure, "gitea.com"),
    ] {
        assert_eq!(machine.find(kind, host).await, "none", "{kind} {host}");
    }
    assert_eq!(machine.log(), before);
    assert!(
        before.contains("gh auth token --hostname github.com\n"),
        "{before}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_tool_is_asked_once_and_may_fail() {
    let machine = Machine::new()
        .file("hosts.yml", "github.com:\n")
        .program("gh", "echo token");
    let credentials = machine.credentials();
    for _ in 0..3 {
        let found = credentials
            .clone()
            .find(&instance(GitHub, "github.com"))
            .await;
        assert_eq!(shown(found.unwrap()), "token token");
    }
    assert_eq!(machine.log().lines().count(), 1);

    for body in ["echo token; exit 1", "true", "echo two words"] {
        let machine = Machine::new()
            .file("hosts.yml", "github.com:\n")
            .program("gh", body);
        assert_eq!(machine.find(GitHub, "github.com").await, "none", "{body}");
    }
    // The file is there, the tool is not.
    let machine = Machine::new().file("hosts.yml", "github.com:\n");
    assert_eq!(machine.find(GitHub, "github.com").await, "none");
}

#[tokio::test]
async fn reads_the_keys_of_fj() {
    let keys = format!(
        r#"{{"hosts":{{
            "Codeberg.org":{{"type":"Application","name":"me","token":"{OF_FORGEJO}"}},
            "oauth.org":{{"type":"OAuth","name":"me","token":"eyJx","refresh_token":"r","expires_at":"2030-01-01"}},
            "below.org/git":{{"type":"Application","name":"me","token":"t"}},
            "moved.org":{{"type":"Application","name":"me","token":"{OF_PAGURE}"}}
        }},"aliases":{{}}}}"#
    );
    let machine = Machine::new().file("keys.json", &keys);
    assert_eq!(
        machine.find(Forgejo, "codeberg.org").await,
        format!("token {OF_FORGEJO}")
    );
    assert_eq!(machine.find(Forgejo, "oauth.org").await, "bearer eyJx");
    assert_eq!(machine.find(Forgejo, "below.org").await, "none");
    assert_eq!(machine.find(Forgejo, "below.org/git").await, "token t");
    assert_eq!(machine.find(Gitea, "codeberg.org").await, "none");
    assert_eq!(machine.find(Forgejo, "moved.org").await, "none");
    let machine = Machine::new().file("keys.json", "{ not json");
    assert_eq!(machine.find(Forgejo, "codeberg.org").await, "none");
}

#[tokio::test]
async fn reads_logins_of_netrc_as_the_forge_takes_them() {
    let text = format!(
        "machine h.org login bob password secret\n\
         machine gitlab.com login oauth2 password o\n\
         machine ci.org login gitlab-ci-token password j\n\
         machine src.fedoraproject.org login bob password fas-password\n\
         machine pagure.io login bob password {OF_PAGURE}\n\
         machine codeberg.org login bob password {OF_FORGEJO}\n"
    );
    let machine = Machine::new().file("netrc", &text);
    for (kind, host, expected) in [
        (Forgejo, "h.org", "basic bob:secret"),
        (GitHub, "h.org", "token secret"),
        (Forgejo, "h.org:8443", "none"),
        (GitLab, "gitlab.com", "bearer o"),
        (GitLab, "ci.org", "job j"),
        // The password of an account is no token, and goes nowhere.
        (Pagure, "src.fedoraproject.org", "none"),
        (Pagure, "pagure.io", &format!("token {OF_PAGURE}")),
        (Forgejo, "pagure.io", "none"),
        (Forgejo, "codeberg.org", &format!("token {OF_FORGEJO}")),
    ] {
        assert_eq!(machine.find(kind, host).await, expected, "{kind} {host}");
    }
}

/// The real git, with a configuration that has a helper in it.
#[cfg(unix)]
#[tokio::test]
async fn asks_the_helpers_of_git() {
    let machine = Machine::new();
    let config = machine.path("gitconfig");
    let machine = machine
        .file(
            "gitconfig",
            "[credential \"https://h.org\"]\nhelper = \"!f() { echo username=bob; echo password=pw; }; f\"\n",
        )
        .program(
            "git",
            &format!(
                "GIT_CONFIG_GLOBAL={} GIT_CONFIG_NOSYSTEM=1 exec git \"$@\"",
                config.display()
            ),
        );
    assert_eq!(machine.find(Forgejo, "h.org").await, "basic bob:pw");
    assert_eq!(machine.find(GitHub, "h.org").await, "token pw");
    assert_eq!(machine.find(Pagure, "h.org").await, "none");
    // Without a helper git would ask a person: here it must fail at once.
    assert_eq!(machine.find(Forgejo, "other.org").await, "none");
    assert_eq!(machine.find(Forgejo, "h.org:8443").await, "none");
}

#[cfg(unix)]
#[tokio::test]
async fn what_was_given_comes_before_what_is_found() {
    let machine = Machine::new()
        .file("hosts.yml", "github.com:\n")
        .program("gh", "echo found");
    let mut credentials = vars(&[("GH_TOKEN", "of-env")]).with_places(machine.places.clone());
    let github = instance(GitHub, "github.com");
    assert_eq!(
        shown(credentials.find(&github).await.unwrap()),
        "token of-env"
    );
    credentials.insert("github.com", Some(GitHub), Credential::token("given"));
    assert_eq!(
        shown(credentials.find(&github).await.unwrap()),
        "token given"
    );
    assert_eq!(machine.log(), "");
    assert_eq!(machine.find(GitHub, "github.com").await, "token found");
}

#[test]
fn the_usual_places_are_below_the_home() {
    let places = Places::usual();
    for paths in [
        &places.gh_hosts,
        &places.glab_config,
        &places.tea_config,
        &places.fj_keys,
    ] {
        assert!(paths.iter().all(|path| path.is_absolute()), "{paths:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_tool_does_not_see_what_it_would_hand_out() {
    let machine = Machine::new().program("tool", "echo \"[$CARGO_PKG_NAME] [$SEEN] $(cat)\"");
    let tool = Tool {
        program: machine.path("tool").into(),
        folder: None,
    };
    let set = [("SEEN", "yes")];
    let said = tool.ask(&[], &set, &["CARGO_PKG_NAME"], "input").await;
    assert_eq!(said.as_deref(), Some("[] [yes] input"));
}
