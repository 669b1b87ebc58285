use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::SecretString;

use super::server::{Answer, Server, script};
use crate::{
    ErrorKind, GitCredential, Outcome,
    git::{Git, Remote},
};

const SECRET: &str = "s3cr3t+/token";

fn bob() -> GitCredential {
    GitCredential::new("bob", SecretString::from(SECRET.to_owned()))
}

fn basic() -> String {
    format!("Basic {}", STANDARD.encode(format!("bob:{SECRET}")))
}

fn challenge() -> Answer {
    (
        "401 Unauthorized",
        "WWW-Authenticate: Basic realm=\"forge\"\r\n".into(),
        String::new(),
    )
}

/// The first answer of a repository without any branch.
fn empty_repository() -> Answer {
    let zeros = "0".repeat(40);
    let refs = format!("{zeros} capabilities^{{}}\0report-status\n");
    (
        "200 OK",
        "Content-Type: application/x-git-upload-pack-advertisement\r\n".into(),
        format!(
            "001e# service=git-upload-pack\n0000{:04x}{refs}0000",
            refs.len() + 4
        ),
    )
}

#[tokio::test]
async fn a_credential_is_sent_when_asked_for() {
    let server = Server::start(|asked| match asked.authorization {
        None => challenge(),
        Some(_) => empty_repository(),
    });
    let remote = Remote::new(server.at("bob/foo.git")).credential(bob());
    let tip = Git::new().branch_tip(&remote, "main").await.unwrap();
    assert_eq!(tip, None);
    let last = server.asked().pop().unwrap();
    assert_eq!(last.path, "/bob/foo.git/info/refs?service=git-upload-pack");
    assert_eq!(last.authorization, Some(basic()));
}

#[tokio::test]
async fn a_credential_in_the_address_is_taken_out_of_it() {
    let server = Server::start(|asked| match asked.authorization {
        None => challenge(),
        Some(_) => empty_repository(),
    });
    let mut url = server.at("foo.git");
    url.set_username("bob").unwrap();
    url.set_password(Some(SECRET)).unwrap();
    let remote = Remote::new(url);
    assert_eq!(remote.url(), &server.at("foo.git"));
    assert!(!format!("{remote:?}").contains("s3cr3t"));
    Git::new().branch_tip(&remote, "main").await.unwrap();
    assert_eq!(server.asked().pop().unwrap().authorization, Some(basic()));
}

#[tokio::test]
async fn without_a_credential_nothing_is_sent() {
    let server = Server::start(|_| challenge());
    let remote = Remote::new(server.at("foo.git"));
    let error = Git::new().branch_tip(&remote, "main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert!(server.asked().iter().all(|a| a.authorization.is_none()));
}

#[tokio::test]
async fn a_refused_credential_is_not_shown() {
    // As Forgejo does: the answer repeats the token.
    let server = Server::start(|_| {
        let (status, headers, _) = challenge();
        let body = format!("bad token {SECRET}, that is {}\n", basic());
        (status, headers + "Content-Type: text/plain\r\n", body)
    });
    let remote = Remote::new(server.at("foo.git")).credential(bob());
    let error = Git::new().branch_tip(&remote, "main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("bad token ***"), "{shown}");
    assert!(!shown.contains("s3cr3t"), "{shown}");
    assert!(
        !shown.contains(&STANDARD.encode(format!("bob:{SECRET}"))),
        "{shown}"
    );
    assert!(shown.contains("/foo.git"), "{shown}");
}

#[tokio::test]
async fn a_redirect_to_another_origin_gets_no_credential() {
    let other = Server::start(|_| challenge());
    let elsewhere = other.at("foo.git/info/refs?service=git-upload-pack");
    let server = Server::start(move |_| {
        (
            "302 Found",
            format!("Location: {elsewhere}\r\n"),
            String::new(),
        )
    });
    let remote = Remote::new(server.at("foo.git")).credential(bob());
    let error = Git::new().branch_tip(&remote, "main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert!(!other.asked().is_empty());
    for asked in other.asked() {
        assert_eq!(asked.authorization, None);
    }
}

#[tokio::test]
async fn a_renamed_repository_is_found_with_its_credential() {
    let server = Server::start(|asked| {
        if asked.path.starts_with("/old.git") {
            let location = asked.path.replace("/old.git", "/new.git");
            (
                "301 Moved Permanently",
                format!("Location: {location}\r\n"),
                String::new(),
            )
        } else if asked.authorization.is_none() {
            challenge()
        } else {
            empty_repository()
        }
    });
    let remote = Remote::new(server.at("old.git")).credential(bob());
    assert_eq!(Git::new().branch_tip(&remote, "main").await.unwrap(), None);
}

/// As Forgejo does for a private repository: the redirect is for those who may see it. A git before 2.46 does not follow.
#[tokio::test]
async fn a_renamed_private_repository_is_found_or_said_to_have_moved() {
    let server = Server::start(|asked| {
        if asked.authorization.is_none() {
            challenge()
        } else if asked.path.starts_with("/old.git") {
            let location = asked.path.replace("/old.git", "/new.git");
            (
                "301 Moved Permanently",
                format!("Location: {location}\r\n"),
                String::new(),
            )
        } else if asked.path.contains("info/refs") {
            (
                "200 OK",
                "Content-Type: application/x-git-upload-pack-advertisement\r\n".into(),
                "001e# service=git-upload-pack\n0000000eversion 2\n0013ls-refs=unborn\n0000".into(),
            )
        } else {
            (
                "200 OK",
                "Content-Type: application/x-git-upload-pack-result\r\n".into(),
                "0000".into(),
            )
        }
    });
    let remote = Remote::new(server.at("old.git")).credential(bob());
    match Git::new().branch_tip(&remote, "main").await {
        Ok(tip) => assert_eq!(tip, None),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
            assert!(error.message().contains("has moved"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_server_that_hides_private_repositories_hears_who_asks() {
    // As Pagure does: 404, and no challenge.
    let server = Server::start(|asked| match asked.authorization {
        None => ("404 Not Found", String::new(), String::new()),
        Some(_) => empty_repository(),
    });
    let remote = Remote::new(server.at("private.git")).credential(bob());
    assert_eq!(Git::new().branch_tip(&remote, "main").await.unwrap(), None);
    assert_eq!(server.asked().pop().unwrap().authorization, Some(basic()));

    // What it lacks then is the branch.
    let repository = Git::new().repository().await.unwrap();
    let before = server.asked().len();
    assert_eq!(
        repository.fetch_branch(&remote, "main").await.unwrap(),
        None
    );
    assert!(server.asked().len() <= before + 2);

    // Nobody is asked twice for a branch that is not there.
    let public = Server::start(|_| empty_repository());
    let anyones = Remote::new(public.at("foo.git")).credential(bob());
    let tip = repository.fetch_branch(&anyones, "main").await.unwrap();
    assert_eq!((tip, public.asked().len()), (None, 1));

    let remote = Remote::new(server.at("private.git"));
    let error = Git::new().branch_tip(&remote, "main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn an_unasked_credential_follows_no_redirect() {
    // It speaks the second protocol, so that git would come back with a question of its own.
    let other = Server::start(|_| {
        (
            "200 OK",
            "Content-Type: application/x-git-upload-pack-advertisement\r\n".into(),
            "001e# service=git-upload-pack\n0000000eversion 2\n0013ls-refs=unborn\n0000".into(),
        )
    });
    let elsewhere = other.at("foo.git/info/refs?service=git-upload-pack");
    let server = Server::start(move |asked| match asked.authorization {
        None => ("404 Not Found", String::new(), String::new()),
        Some(_) => (
            "302 Found",
            format!("Location: {elsewhere}\r\n"),
            String::new(),
        ),
    });
    let remote = Remote::new(server.at("foo.git")).credential(bob());
    let _ = Git::new().branch_tip(&remote, "main").await;
    for asked in other.asked() {
        assert_eq!(asked.authorization, None);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_secret_stands_in_the_environment_only() {
    let server = Server::start(|asked| match asked.authorization {
        None => challenge(),
        Some(_) => empty_repository(),
    });
    let folder = tempfile::tempdir().unwrap();
    let (program, log) = (folder.path().join("git.sh"), folder.path().join("log"));
    let text = format!(
        "#!/bin/sh\necho \"$@ HOME=$HOME\" >> {}\nexec git \"$@\"\n",
        log.display()
    );
    script(&program, &text);
    let git = Git::new().program(&program);
    let remote = Remote::new(server.at("foo.git")).credential(bob());
    git.branch_tip(&remote, "main").await.unwrap();
    let args = std::fs::read_to_string(&log).unwrap();
    assert!(args.contains("ls-remote"), "{args}");
    assert!(!args.contains("s3cr3t") && !args.contains("bob"), "{args}");
    // A `.netrc` there would be sent by curl.
    assert!(args.contains("HOME=/nonexistent"), "{args}");
}

#[tokio::test]
async fn the_status_tells_what_is_wrong() {
    for (status, kind) in [
        ("403 Forbidden", ErrorKind::PermissionDenied),
        ("404 Not Found", ErrorKind::NotFound),
        ("429 Too Many Requests", ErrorKind::RateLimited),
        ("500 Internal Server Error", ErrorKind::Unavailable),
        ("503 Service Unavailable", ErrorKind::Unavailable),
    ] {
        let server = Server::start(move |_| (status, String::new(), String::new()));
        let remote = Remote::new(server.at("foo.git")).credential(bob());
        let error = Git::new().branch_tip(&remote, "main").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}: {error}");
        assert!(error.resource().unwrap().ends_with("/foo.git"));
    }
}

#[tokio::test]
async fn a_closed_port_is_a_request_not_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/foo.git", listener.local_addr().unwrap());
    drop(listener);
    let remote = Remote::new(url.parse().unwrap()).credential(bob());
    let error = Git::new().branch_tip(&remote, "main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    assert_eq!(error.outcome(), Outcome::NotSent);
}

#[tokio::test]
async fn a_server_that_never_answers_is_left() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/foo.git", listener.local_addr().unwrap());
    let remote = Remote::new(url.parse().unwrap());
    let start = Instant::now();
    let git = Git::new().timeout(Duration::from_millis(500));
    let error = git.branch_tip(&remote, "main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(start.elapsed() < Duration::from_secs(10));
    drop(listener);
}

#[tokio::test]
async fn a_credential_does_not_go_out_unencrypted() {
    let url = "http://forge.invalid/foo.git";
    let remote = Remote::new(url.parse().unwrap()).credential(bob());
    let error = Git::new().branch_tip(&remote, "main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    let git = Git::new().plain_http_host("forge.invalid");
    let error = git.branch_tip(&remote, "main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");

    let broken = GitCredential::new("bob", SecretString::from("a\nhost=evil".to_owned()));
    let remote = Remote::new("https://forge.invalid/foo.git".parse().unwrap()).credential(broken);
    let error = Git::new().branch_tip(&remote, "main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(!format!("{error:?}").contains("evil"));
}
