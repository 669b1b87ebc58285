//! The commits of a pull request. The API does not list them: the mailbox of patches does, in one request, but leaves
//! out those that change no file, and a message may look like the head of a patch. So what it says is checked
//! against the pull request's ends, and where it does not fit the commits are read one by one.

use ogr_core::{Commit, ErrorKind, Listing, Operation, Page, Project, Result, Signature};

use crate::{PagureProject, wire::is_full_sha};

/// How many commits are read one by one at most.
const LONGEST_WALK: usize = 250;

impl PagureProject {
    pub(super) async fn commits_of(&self, number: u64) -> Result<Listing<Commit>> {
        let operation = Operation::PullRequestsCommits;
        let pull = self.pull_wire(operation, number).await?;
        let commits = match (pull.commit_start, pull.commit_stop) {
            (Some(start), Some(stop)) => {
                let patch = self.pull_text(operation, number, "patch").await?;
                match patches(&String::from_utf8_lossy(&patch), &start, &stop) {
                    Some(commits) => commits,
                    None => self.walk_back(number, &start, &stop).await?,
                }
            }
            _ => Vec::new(),
        };
        let project = self.clone();
        let commits = commits.into_iter().map(move |mut commit| {
            let page = project.web_url(&Page::Commit(commit.sha.clone()));
            commit.web_url = Some(page.to_string());
            Ok(commit)
        });
        Ok(Listing::from_stream(futures_util::stream::iter(commits)))
    }

    /// From the newest commit to the oldest, along first parents.
    async fn walk_back(&self, number: u64, start: &str, stop: &str) -> Result<Vec<Commit>> {
        let operation = Operation::PullRequestsCommits;
        let resource = self.pull_resource(number);
        let mut commits = Vec::new();
        let mut next = Some(stop.to_owned());
        while let Some(sha) = next
            && commits.len() < LONGEST_WALK
        {
            let wire = self.commit_wire(operation, &sha, &resource).await?;
            next = wire.parent_ids.first().cloned();
            commits.push(wire.into_commit(self));
            if sha == start {
                commits.reverse();
                return Ok(commits);
            }
        }
        let why = format!(
            "{start} is not among the {} commits before {stop}",
            commits.len()
        );
        Err(self.error(operation, ErrorKind::TooLarge, resource, why))
    }
}

/// The commits of a mailbox of patches; `None` when it cannot be told which they are.
fn patches(text: &str, start: &str, stop: &str) -> Option<Vec<Commit>> {
    let lines: Vec<&str> = text.lines().collect();
    let heads: Vec<usize> = (0..lines.len())
        .filter(|at| head_of(&lines[*at..]).is_some())
        .collect();
    let count = heads.len();
    let mut commits = Vec::with_capacity(count);
    for (place, at) in heads.iter().enumerate() {
        let end = heads.get(place + 1).copied().unwrap_or(lines.len());
        let (sha, author, subject) = head_of(&lines[*at..])?;
        // Of several patches each says how many there are: one too many, or too few, shows.
        let subject = if count > 1 {
            subject.strip_prefix(&format!("[PATCH {}/{count}] ", place + 1))?
        } else {
            subject
        };
        let mut commit = Commit::new(sha);
        commit.author = Some(author);
        commit.message = Some(message(subject, &lines[at + 4..end]));
        commits.push(commit);
    }
    let fits = commits.first()?.sha == start && commits.last()?.sha == stop;
    fits.then_some(commits)
}

/// The commit, author and subject of a patch that begins here.
fn head_of<'a>(lines: &[&'a str]) -> Option<(&'a str, Signature, &'a str)> {
    let [first, from, date, subject, ..] = lines else {
        return None;
    };
    let sha = first
        .strip_prefix("From ")?
        .strip_suffix(" Mon Sep 17 00:00:00 2001")
        .filter(|sha| is_full_sha(sha))?;
    let (name, address) = from.strip_prefix("From: ")?.rsplit_once(" <")?;
    date.strip_prefix("Date: ")?;
    let author = Signature::new(name, address.strip_suffix('>')?);
    Some((sha, author, subject.strip_prefix("Subject: ")?))
}

/// The message of a commit: its subject, and what stands between that and the diff.
fn message(subject: &str, rest: &[&str]) -> String {
    let end = rest
        .windows(3)
        .position(|lines| lines[0] == "---" && lines[2].starts_with("diff --git "))
        .unwrap_or(rest.len());
    // An empty line follows the subject, whatever the message has.
    let body = rest.get(1..end).unwrap_or_default().join("\n");
    let body = body.trim_end();
    if body.is_empty() {
        subject.to_owned()
    } else {
        format!("{subject}\n{body}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    fn patch(sha: &str, subject: &str, body: &str) -> String {
        format!(
            "From {sha} Mon Sep 17 00:00:00 2001\nFrom: Bob <B> C <bob@example.org>\nDate: Feb 01 2024 00:00:00 +0000\n\
             Subject: {subject}\n\n{body}\n---\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n-From me\n\n"
        )
    }

    #[test]
    fn reads_message_and_author() {
        let commits = patches(&patch(ONE, "Fix it", "\nWhy:\n---\nso.\n"), ONE, ONE).unwrap();
        assert_eq!(commits.len(), 1);
        assert_eq!(
            commits[0].message.as_deref(),
            Some("Fix it\n\nWhy:\n---\nso.")
        );
        let author = commits[0].author.clone().unwrap();
        assert_eq!(author.name, "Bob <B> C");
        assert_eq!(author.email, "bob@example.org");
    }

    #[test]
    fn several_patches_are_numbered() {
        let both = patch(ONE, "[PATCH 1/2] a", "") + &patch(TWO, "[PATCH 2/2] b", "");
        let commits = patches(&both, ONE, TWO).unwrap();
        let messages: Vec<_> = commits
            .iter()
            .filter_map(|c| c.message.as_deref())
            .collect();
        assert_eq!(messages, ["a", "b"]);
    }

    #[test]
    fn what_does_not_fit_is_not_believed() {
        // A commit without a change is left out.
        let gap = patch(ONE, "[PATCH 1/3] a", "") + &patch(TWO, "[PATCH 3/3] b", "");
        assert_eq!(patches(&gap, ONE, TWO), None);
        // A message that looks like a patch.
        let feigned = patch(ONE, "Fix it", &patch(TWO, "[PATCH 2/2] evil", ""));
        assert_eq!(patches(&feigned, ONE, ONE), None);
        // The head has moved since the pull request was read.
        assert_eq!(patches(&patch(TWO, "b", ""), ONE, ONE), None);
        assert_eq!(patches("", ONE, ONE), None);
    }
}
