//! The command line.

use clap::Parser;
use ogr::Signature;

/// Sync an upstream release into dist-git packages by pull request.
///
/// For each branch, the package's spec file gets the release's version and a changelog entry, as one commit on the branch
/// `{branch}-update-pull_from_upstream` of your fork, and a pull request to the branch and to each fast-forward branch. What is
/// there already is updated, not doubled; what is as it should be is left alone. The status `release-sync:{branch}` is set on
/// that commit and on the upstream commit.
///
/// Without arguments, the sync is shown on embedded forges.
#[derive(Debug, Parser)]
#[command(
    name = "release_sync",
    after_help = "Tokens come from OGR_TOKEN_<HOST> (the host in upper case, with _ for a dot and __ for a dash), from each forge's \
                  usual variable for its own public host (GITHUB_TOKEN, GITLAB_TOKEN, FORGEJO_TOKEN, PAGURE_TOKEN), and from where gh, \
                  glab, tea, fj, netrc and git credential helpers keep them.\n\n\
                  Exit status: 0 when every branch was synced, 1 when one failed (the others are still done), 2 for a wrong command line."
)]
pub struct Arguments {
    /// The project whose release is synced.
    #[arg(long, value_name = "URL", requires = "dist_git")]
    pub upstream: Option<String>,

    /// A package to sync it into. May be given several times.
    #[arg(long, value_name = "URL", requires = "upstream")]
    pub dist_git: Vec<String>,

    /// The tag of the release; the latest release when missing.
    #[arg(long, requires = "upstream")]
    pub tag: Option<String>,

    /// A branch of the package to update; its default branch when missing. May be given several times.
    #[arg(long = "branch", value_name = "B", requires = "upstream")]
    pub branches: Vec<String>,

    /// A branch to fast-forward to the first updated one: it gets a pull request from the same commit. May be given several times.
    #[arg(long, value_name = "B", requires = "upstream")]
    pub fast_forward: Vec<String>,

    /// Who writes the commit and the changelog entry; whose token it is when missing.
    #[arg(long, value_name = "NAME <EMAIL>", requires = "upstream", value_parser = signature)]
    pub author: Option<Signature>,

    /// Print every write that would be made, and make none.
    #[arg(long, requires = "upstream")]
    pub dry_run: bool,
}

/// Reads `Name <email>`, as git writes it.
fn signature(text: &str) -> Result<Signature, String> {
    let parts = text
        .trim()
        .strip_suffix('>')
        .and_then(|text| text.split_once('<'));
    match parts {
        Some((name, email)) if !name.trim().is_empty() && email.contains('@') => {
            Ok(Signature::new(name.trim(), email.trim()))
        }
        _ => Err("write it as `Name <email@example.org>`".to_owned()),
    }
}
