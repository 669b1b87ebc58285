//! The program as a user meets it: its help, its errors, its exit status.

use std::{
    path::PathBuf,
    process::{Command, Output},
};

/// The example beside this test: `cargo test` builds both.
fn program() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let name = format!("release_sync{}", std::env::consts::EXE_SUFFIX);
    here.parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples")
        .join(name)
}

fn run(arguments: &[&str]) -> Output {
    Command::new(program())
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .output()
        .unwrap()
}

#[test]
fn without_arguments_it_shows_the_three_passes() {
    let output = run(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}\n{errors}");
    assert_eq!(text.matches("would ").count(), 11, "{text}");
    assert_eq!(text.matches("created │").count(), 4, "{text}");
    assert_eq!(text.matches("unchanged │").count(), 4, "{text}");
    assert_eq!(text.matches("updated").count(), 4, "{text}");
    assert!(
        text.contains("Pagure") && text.contains("Forgejo"),
        "{text}"
    );
}

#[test]
fn its_help_is_complete() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    for said in [
        "--upstream",
        "--dist-git",
        "--tag",
        "--branch",
        "--fast-forward",
        "--author",
        "--dry-run",
        "OGR_TOKEN_<HOST>",
        "Exit status",
    ] {
        assert!(text.contains(said), "{said} is not in:\n{text}");
    }
}

#[test]
fn a_mistake_on_the_command_line_is_explained() {
    let output = run(&["--upstream", "https://github.com/a/b"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("--dist-git"), "{text}");
    let addresses = [
        "--upstream",
        "https://a.b/c/d",
        "--dist-git",
        "https://a.b/c/d",
    ];
    let output = run(&[addresses.as_slice(), &["--author", "nobody"]].concat());
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("Name <email@example.org>"), "{text}");
}

#[test]
fn an_address_that_cannot_be_read_is_told_and_fails() {
    let output = run(&["--upstream", "https://github.com/a/../b", "--dist-git", "x"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("error: "), "{text}");
    assert!(text.contains(".."), "{text}");
}
