//! Branches, tags and commits.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::Method;
use ogr_core::{
    Branch, Commit, Comparison, ErrorKind, Listing, Operation, Outcome, Page, Project, Refs,
    Result, Signature, Tag,
    http::{Batch, Call, Effect, Paging, Reply},
};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{
    PagureProject,
    wire::{is_full_sha, or_default, time},
};

/// Names with their commits. None at all come as an empty array on some paths, and as an empty object on others.
fn names<'de, D>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Names {
        WithCommits(BTreeMap<String, String>),
        Alone(Vec<String>),
    }
    match Option::<Names>::deserialize(deserializer)? {
        None => Ok(BTreeMap::new()),
        Some(Names::WithCommits(names)) => Ok(names),
        Some(Names::Alone(names)) if names.is_empty() => Ok(BTreeMap::new()),
        Some(Names::Alone(_)) => Err(D::Error::custom("the names came without their commits")),
    }
}

#[derive(Debug, Deserialize)]
struct BranchesWire {
    #[serde(default, deserialize_with = "names")]
    branches: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    default: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct DefaultBranchWire {
    default: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct TagsWire {
    #[serde(default, deserialize_with = "names")]
    pub(crate) tags: BTreeMap<String, String>,
    /// `false` when the tag that was to be created is there already. Only the answer to a write has it.
    pub(crate) tag_created: Option<bool>,
}

/// A commit as its own page of the API tells it: no addresses of people, and one time, that of the commit.
#[derive(Debug, Deserialize)]
pub(crate) struct CommitWire {
    pub(crate) hash: String,
    message: Option<String>,
    author: Option<String>,
    committer: Option<String>,
    #[serde(default, deserialize_with = "time")]
    commit_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) parent_ids: Vec<String>,
    pub(crate) tree_id: Option<String>,
}

impl CommitWire {
    pub(crate) fn message(&self) -> &str {
        self.message.as_deref().unwrap_or_default()
    }

    pub(crate) fn into_commit(self, project: &PagureProject) -> Commit {
        let mut commit = Commit::new(self.hash);
        // git ends every message with a line end, which is no part of it.
        commit.message = self.message.map(|message| message.trim_end().to_owned());
        commit.author = self.author.map(|name| Signature::new(name, ""));
        commit.committer = self.committer.map(|name| {
            let mut committer = Signature::new(name, "");
            committer.date = self.commit_time;
            committer
        });
        commit.parents = Some(self.parent_ids);
        let page = project.web_url(&Page::Commit(commit.sha.clone()));
        commit.web_url = Some(page.to_string());
        commit
    }
}

/// All branches of a project, by their names.
#[derive(Debug)]
pub(crate) struct Branches {
    pub(crate) commits: BTreeMap<String, String>,
    /// The default branch and its commit.
    pub(crate) default: Option<(String, String)>,
}

impl PagureProject {
    fn branches_call(&self, operation: Operation) -> Result<Call> {
        Ok(self
            .get_call(operation, ["git", "branches"])?
            .query("with_commits", "true"))
    }

    fn tags_call(&self, operation: Operation) -> Result<Call> {
        Ok(self
            .get_call(operation, ["git", "tags"])?
            .query("with_commits", "true"))
    }

    /// All branches, in one request.
    pub(crate) async fn all_branches(
        &self,
        operation: Operation,
        resource: &str,
    ) -> Result<Branches> {
        let call = self.branches_call(operation)?.resource(resource);
        let wire: BranchesWire = self.forge.client.send(call).await?.json()?;
        Ok(Branches {
            commits: wire.branches,
            default: wire.default.into_iter().next(),
        })
    }

    /// All tags with the commits that they stand for, in one request.
    pub(crate) async fn all_tags(
        &self,
        operation: Operation,
        resource: &str,
    ) -> Result<BTreeMap<String, String>> {
        let call = self.tags_call(operation)?.resource(resource);
        let wire: TagsWire = self.forge.client.send(call).await?.json()?;
        Ok(wire.tags)
    }

    /// A commit as the API tells it.
    pub(crate) async fn commit_wire(
        &self,
        operation: Operation,
        sha: &str,
        resource: &str,
    ) -> Result<CommitWire> {
        if sha.contains('/') {
            let why = "the name of a commit has no slash in it";
            return Err(self.error(operation, ErrorKind::Invalid, resource, why));
        }
        let call = self
            .get_call(operation, ["c", sha, "info"])?
            .resource(resource);
        self.forge.client.send(call).await?.json()
    }

    /// Refuses a name that git does not take for a ref: Pagure fails on it in place of refusing it.
    pub(crate) fn check_ref_name(
        &self,
        operation: Operation,
        name: &str,
        resource: &str,
    ) -> Result<()> {
        if is_ref_name(name) {
            return Ok(());
        }
        let why = format!("git takes no branch or tag of the name {name:?}");
        Err(self.error(operation, ErrorKind::Invalid, resource, why))
    }
}

/// git's rules for the names of refs, as `git check-ref-format` has them.
fn is_ref_name(name: &str) -> bool {
    let bad_part = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    let bad_character = |c: char| c.is_ascii_control() || " ~^:?*[\\\u{7f}".contains(c);
    !(name.split('/').any(bad_part)
        || name.contains(bad_character)
        || name.contains("..")
        || name.contains("@{")
        || name.ends_with('.')
        || name.starts_with('-')
        || name == "@")
}

/// A page that is the whole list.
fn whole<T>(map: BTreeMap<String, String>, make: impl Fn(String, String) -> T) -> Batch<T> {
    let items: Vec<T> = map.into_iter().map(|(name, sha)| make(name, sha)).collect();
    let rows = items.len();
    Batch::new(items, rows)
}

#[async_trait]
impl Refs for PagureProject {
    async fn default_branch(&self) -> Result<Option<String>> {
        let call = self.get_call(Operation::RefsBranches, ["git", "branches"])?;
        let wire: DefaultBranchWire = self.forge.client.send(call).await?.json()?;
        Ok(wire.default)
    }

    fn branches(&self) -> Listing<Branch> {
        Listing::or_failed(self.branches_call(Operation::RefsBranches).map(|call| {
            self.forge.client.listing(
                call,
                Paging::Whole,
                |reply: &Reply| {
                    let wire: BranchesWire = reply.json()?;
                    Ok(whole(wire.branches, Branch::new))
                },
                |branch| branch.name.clone(),
            )
        }))
    }

    async fn branch(&self, name: &str) -> Result<Branch> {
        let operation = Operation::RefsBranch;
        let resource = format!("{} branch {name}", self.path);
        let mut branches = self.all_branches(operation, &resource).await?;
        match branches.commits.remove(name) {
            Some(sha) => Ok(Branch::new(name, sha)),
            None => {
                let why = "there is no such branch";
                Err(self.error(operation, ErrorKind::NotFound, resource, why))
            }
        }
    }

    fn tags(&self) -> Listing<Tag> {
        Listing::or_failed(self.tags_call(Operation::RefsTags).map(|call| {
            self.forge.client.listing(
                call,
                Paging::Whole,
                |reply: &Reply| {
                    let wire: TagsWire = reply.json()?;
                    Ok(whole(wire.tags, Tag::new))
                },
                |tag| tag.name.clone(),
            )
        }))
    }

    async fn tag(&self, name: &str) -> Result<Tag> {
        let operation = Operation::RefsTag;
        let resource = format!("{} tag {name}", self.path);
        match self.all_tags(operation, &resource).await?.remove(name) {
            Some(sha) => Ok(Tag::new(name, sha)),
            None => {
                let why = "there is no such tag";
                Err(self.error(operation, ErrorKind::NotFound, resource, why))
            }
        }
    }

    fn commits(&self, reference: &str) -> Listing<Commit> {
        let resource = format!("{}@{reference}", self.path);
        Listing::failed(self.forge.unsupported(Operation::RefsCommits, resource))
    }

    async fn commit(&self, sha: &str) -> Result<Commit> {
        let resource = format!("{}@{sha}", self.path);
        let wire = self
            .commit_wire(Operation::RefsCommit, sha, &resource)
            .await?;
        Ok(wire.into_commit(self))
    }

    async fn create_branch(&self, name: &str, from: &str) -> Result<Branch> {
        let operation = Operation::RefsCreateBranch;
        let resource = format!("{} branch {name}", self.path);
        self.check_ref_name(operation, name, &resource)?;
        let from_what = if is_full_sha(from) {
            "from_commit"
        } else {
            "from_branch"
        };
        let call = self
            .call(operation, Method::POST, ["git", "branch"])?
            .effect(Effect::Idempotent)
            .resource(&resource)
            .form([("branch", name), (from_what, from)]);
        let created = self.forge.client.send(call).await;
        let exists = match created {
            Ok(_) if is_full_sha(from) => return Ok(Branch::new(name, from)),
            Ok(_) => return self.branch(name).await,
            // The try whose answer was lost may have made it.
            Err(error)
                if error.kind() == ErrorKind::AlreadyExists
                    && error.outcome() == Outcome::Unknown =>
            {
                error
            }
            Err(error) => return Err(error),
        };
        let mut branches = self.all_branches(operation, &resource).await?;
        let wanted = if is_full_sha(from) {
            Some(from.to_owned())
        } else {
            branches.commits.get(from).cloned()
        };
        match branches.commits.remove(name) {
            Some(sha) if Some(&sha) == wanted.as_ref() => Ok(Branch::new(name, sha)),
            _ => Err(exists),
        }
    }

    async fn compare(&self, base: &str, head: &str) -> Result<Comparison> {
        let resource = format!("{}@{base}...{head}", self.path);
        Err(self.forge.unsupported(Operation::RefsCompare, resource))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_refuses_are_refused() {
        for good in [
            "rawhide",
            "feature/x",
            "v1.0",
            "20240101",
            "epel9-next",
            "ä",
        ] {
            assert!(is_ref_name(good), "{good}");
        }
        for bad in [
            "", "a b", "a..b", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a~1", "a^", "a:b",
            "a?", "a*", "a[", "a\\b", "a.", "-a", "@", "a@{1}", "a\n",
        ] {
            assert!(!is_ref_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn no_tags_at_all_come_in_three_forms() {
        for body in [
            r#"{"tags":[],"total_tags":0}"#,
            r#"{"tags":{},"total_tags":0}"#,
            r#"{"tags":null}"#,
        ] {
            let wire: TagsWire = serde_json::from_str(body).unwrap();
            assert!(wire.tags.is_empty(), "{body}");
        }
        assert!(serde_json::from_str::<TagsWire>(r#"{"tags":["v1"]}"#).is_err());
    }
}
