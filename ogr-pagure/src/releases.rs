//! Releases, which on Pagure are the tags.

use async_trait::async_trait;
use http::Method;
use ogr_core::{
    ErrorKind, Listing, NewRelease, Operation, Page, Project, Refs, Release, ReleaseChange,
    Releases, Result, http::Effect,
};

use crate::{PagureProject, refs::TagsWire, wire::is_full_sha};

impl PagureProject {
    fn release(&self, tag: String, sha: String) -> Release {
        let page = self.web_url(&Page::Tag(tag.clone()));
        let mut release = Release::new(tag);
        release.sha = Some(sha);
        release.web_url = Some(page.to_string());
        release.draft = Some(false);
        release
    }

    fn release_resource(&self, tag: &str) -> String {
        format!("{} release {tag}", self.path)
    }

    /// The commit that a new tag shall point at. Pagure takes commits alone, and fails on a branch.
    async fn tag_target(&self, target: Option<&str>, resource: &str) -> Result<String> {
        let operation = Operation::ReleasesCreate;
        if let Some(sha) = target.filter(|target| is_full_sha(target)) {
            return Ok(sha.to_owned());
        }
        let mut branches = self.all_branches(operation, resource).await?;
        let (sha, why) = match target {
            Some(branch) => (
                branches.commits.remove(branch),
                format!("there is no branch {branch} to put the tag on"),
            ),
            None => (
                branches.default.map(|(_, sha)| sha),
                "there is no default branch to put the tag on".to_owned(),
            ),
        };
        sha.ok_or_else(|| self.error(operation, ErrorKind::NotFound, resource, why))
    }
}

/// Title and notes as the message of a tag.
fn message(new: &NewRelease) -> String {
    let title = new.title.as_deref().unwrap_or_default();
    match (title.is_empty(), new.body.is_empty()) {
        (_, true) => title.to_owned(),
        (true, false) => new.body.clone(),
        (false, false) => format!("{title}\n\n{}", new.body),
    }
}

#[async_trait]
impl Releases for PagureProject {
    fn list(&self) -> Listing<Release> {
        let project = self.clone();
        self.tags()
            .filter_map(move |tag| Some(project.release(tag.name, tag.sha)))
    }

    async fn get(&self, tag: &str) -> Result<Release> {
        let operation = Operation::ReleasesGet;
        let resource = self.release_resource(tag);
        match self.all_tags(operation, &resource).await?.remove(tag) {
            Some(sha) => Ok(self.release(tag.to_owned(), sha)),
            None => {
                let why = "there is no such tag";
                Err(self.error(operation, ErrorKind::NotFound, resource, why))
            }
        }
    }

    async fn latest(&self) -> Result<Option<Release>> {
        let resource = self.path.to_string();
        Err(self.forge.unsupported(Operation::ReleasesLatest, resource))
    }

    async fn create(&self, new: NewRelease) -> Result<Release> {
        let operation = Operation::ReleasesCreate;
        if new.draft {
            self.require(Operation::ReleasesCreateDraft)?;
        }
        if new.prerelease {
            self.require(Operation::ReleasesCreatePrerelease)?;
        }
        let resource = self.release_resource(&new.tag);
        self.check_ref_name(operation, &new.tag, &resource)?;
        let sha = self.tag_target(new.target.as_deref(), &resource).await?;
        let call = self
            .call(operation, Method::POST, ["git", "tags"])?
            // A tag that is there stays as it is.
            .effect(Effect::Idempotent)
            .resource(&resource)
            .form([
                ("tagname", new.tag.as_str()),
                ("commit_hash", &sha),
                ("message", &message(&new)),
                ("with_commits", "true"),
            ]);
        let reply = self.forge.client.send(call).await.map_err(|error| {
            if error.code() == Some("EGITERROR") {
                // Pagure says no more than that git did not want to.
                error.with_message(format!("git made no tag at {sha}: is that commit here?"))
            } else {
                error
            }
        })?;
        let mut answer: TagsWire = reply.json()?;
        let created = answer.tag_created != Some(false);
        let now = answer.tags.remove(&new.tag);
        // The try whose answer was lost may have made it.
        let settled = reply.attempts > 1 && now.as_ref() == Some(&sha);
        if !created && !settled {
            let why = "there is a tag of that name";
            return Err(self.error(operation, ErrorKind::AlreadyExists, resource, why));
        }
        let mut release = self.release(new.tag, now.unwrap_or(sha));
        release.title = new.title;
        release.body = Some(new.body);
        Ok(release)
    }

    async fn change(&self, tag: &str, _change: ReleaseChange) -> Result<Release> {
        let resource = self.release_resource(tag);
        Err(self.forge.unsupported(Operation::ReleasesChange, resource))
    }

    async fn delete(&self, tag: &str) -> Result<()> {
        let resource = self.release_resource(tag);
        Err(self.forge.unsupported(Operation::ReleasesDelete, resource))
    }
}
