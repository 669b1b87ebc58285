//! Releases.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use gitlab::api::projects::releases::{CreateRelease, ProjectReleases};
use http::Method;
use ogr_core::{
    Error, ErrorKind, Listing, NewRelease, Operation, Release, ReleaseChange, Releases, Result,
    http::Call,
};
use serde::{Deserialize, Serialize};

use crate::{
    endpoint::check_ref,
    paging,
    project::GitLabProject,
    wire::{CommitRow, UserRow, text, time},
};

#[derive(Deserialize)]
struct ReleaseRow {
    tag_name: String,
    name: Option<String>,
    description: Option<String>,
    author: Option<UserRow>,
    commit: Option<CommitRow>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    released_at: Option<DateTime<Utc>>,
    upcoming_release: Option<bool>,
    assets: Option<AssetsRow>,
    _links: Option<LinksRow>,
}

#[derive(Deserialize)]
struct AssetsRow {
    sources: Option<Vec<SourceRow>>,
}

#[derive(Deserialize)]
struct SourceRow {
    format: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct LinksRow {
    #[serde(rename = "self")]
    this: Option<String>,
}

impl ReleaseRow {
    fn into_release(self) -> Release {
        let mut release = Release::new(self.tag_name);
        release.title = text(self.name);
        release.body = text(self.description);
        release.author = self.author.and_then(UserRow::into_user);
        release.sha = self.commit.map(|commit| commit.id);
        release.web_url = self._links.and_then(|links| links.this);
        let sources = self.assets.and_then(|assets| assets.sources);
        release.tarball_url = sources.unwrap_or_default().into_iter().find_map(|source| {
            source
                .url
                .filter(|_| source.format.as_deref() == Some("tar.gz"))
        });
        release.created_at = self.created_at;
        release.published_at = self.released_at;
        release
    }
}

#[derive(Serialize)]
struct ChangeBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

impl GitLabProject {
    fn listing_of_releases(&self, operation: Operation) -> Listing<ReleaseRow> {
        let id = self.id();
        // By the time of their publishing, newest first: GitLab's own order.
        let endpoint = ProjectReleases::builder().project(&id).build();
        paging::numbered(
            &self.gitlab.client,
            self.call(operation, endpoint),
            |row: ReleaseRow| Ok(Some(row)),
            |row| row.tag_name.clone(),
        )
    }

    /// A call about the release of a tag. By hand: the `gitlab` crate does not encode the tag.
    fn release_call(&self, operation: Operation, method: Method, tag: &str) -> Result<Call> {
        check_ref(operation, tag).map_err(|error| self.locate(error, operation))?;
        Ok(self
            .own(operation, method, &["releases", tag])?
            .resource(self.part(format_args!(" release {tag}"))))
    }

    /// GitLab forbids to write a release that is not there, as it forbids what one has no right to: one read tells which.
    async fn explain_release(&self, error: Error, tag: &str) -> Error {
        if error.kind() != ErrorKind::PermissionDenied {
            return error;
        }
        match self.get(tag).await {
            Err(read) if read.is_not_found() => error
                .with_kind(ErrorKind::NotFound)
                .with_message("there is no such release"),
            _ => error,
        }
    }

    fn refuse_marks(&self, draft: Option<bool>, prerelease: Option<bool>) -> Result<()> {
        if draft == Some(true) {
            self.gitlab.require(Operation::ReleasesCreateDraft)?;
        }
        if prerelease == Some(true) {
            self.gitlab.require(Operation::ReleasesCreatePrerelease)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Releases for GitLabProject {
    fn list(&self) -> Listing<Release> {
        self.listing_of_releases(Operation::ReleasesList)
            .filter_map(|row| Some(row.into_release()))
    }

    async fn get(&self, tag: &str) -> Result<Release> {
        let call = self.release_call(Operation::ReleasesGet, Method::GET, tag)?;
        let row: ReleaseRow = self.gitlab.client.send(call).await?.json()?;
        Ok(row.into_release())
    }

    async fn latest(&self) -> Result<Option<Release>> {
        // The permanent link to the latest is a redirect, and leads to releases of the future too.
        let mut rows = self.listing_of_releases(Operation::ReleasesLatest);
        while let Some(row) = rows.try_next().await? {
            if row.upcoming_release != Some(true) {
                return Ok(Some(row.into_release()));
            }
        }
        Ok(None)
    }

    async fn create(&self, new: NewRelease) -> Result<Release> {
        const OPERATION: Operation = Operation::ReleasesCreate;
        self.gitlab.require(OPERATION)?;
        self.refuse_marks(Some(new.draft), Some(new.prerelease))?;
        check_ref(OPERATION, &new.tag).map_err(|error| self.locate(error, OPERATION))?;
        // GitLab demands a place for a tag that is not there yet, and ignores it for one that is.
        let target = new.target.as_deref().unwrap_or("HEAD");
        let id = self.id();
        let endpoint = CreateRelease::builder()
            .project(&id)
            .tag_name(new.tag.as_str())
            .name(new.title.as_deref().unwrap_or(&new.tag))
            .description(new.body.as_str())
            .ref_sha(target)
            .build();
        let call = self
            .call(OPERATION, endpoint)?
            .resource(self.part(format_args!(" release {}", new.tag)));
        let named = |error: Error| {
            if error.is_not_found() && error.status() == Some(400) {
                error.with_resource(self.part(format_args!("@{target}")))
            } else {
                error
            }
        };
        let reply = self.gitlab.client.send(call).await.map_err(named)?;
        Ok(reply.json::<ReleaseRow>()?.into_release())
    }

    async fn change(&self, tag: &str, change: ReleaseChange) -> Result<Release> {
        const OPERATION: Operation = Operation::ReleasesChange;
        self.gitlab.require(OPERATION)?;
        self.refuse_marks(change.draft, change.prerelease)?;
        if change.title.is_none() && change.body.is_none() {
            return self.get(tag).await;
        }
        let call = self
            .release_call(OPERATION, Method::PUT, tag)?
            .json(&ChangeBody {
                name: change.title.as_deref(),
                description: change.body.as_deref(),
            })?;
        let row: ReleaseRow = match self.gitlab.client.send(call).await {
            Ok(reply) => reply.json()?,
            Err(error) => return Err(self.explain_release(error, tag).await),
        };
        Ok(row.into_release())
    }

    async fn delete(&self, tag: &str) -> Result<()> {
        const OPERATION: Operation = Operation::ReleasesDelete;
        self.gitlab.require(OPERATION)?;
        let call = self.release_call(OPERATION, Method::DELETE, tag)?;
        match self.gitlab.client.send(call).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.explain_release(error, tag).await),
        }
    }
}
