//! Releases.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use http::Method;
use ogr_core::{
    Listing, NewRelease, Operation, Release, ReleaseChange, Releases, Result,
    http::{Paging, array},
};
use serde::{Deserialize, Serialize};

use crate::{
    GitHubProject,
    forge::PAGE,
    wire::{self, time},
};

#[derive(Debug, Deserialize)]
struct ReleaseWire {
    id: u64,
    tag_name: String,
    name: Option<String>,
    body: Option<String>,
    draft: Option<bool>,
    prerelease: Option<bool>,
    author: Option<wire::User>,
    html_url: Option<String>,
    tarball_url: Option<String>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    published_at: Option<DateTime<Utc>>,
}

impl From<ReleaseWire> for Release {
    fn from(wire: ReleaseWire) -> Self {
        let mut release = Release::new(wire.tag_name);
        release.id = Some(wire.id.to_string());
        release.title = wire.name;
        release.body = wire.body;
        release.draft = wire.draft;
        release.prerelease = wire.prerelease;
        release.author = wire.author.map(Into::into);
        release.web_url = wire.html_url;
        release.tarball_url = wire.tarball_url;
        release.created_at = wire.created_at;
        release.published_at = wire.published_at;
        release
    }
}

#[derive(Serialize)]
struct NewReleaseBody<'a> {
    tag_name: &'a str,
    name: &'a str,
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_commitish: Option<&'a str>,
    draft: bool,
    prerelease: bool,
}

#[derive(Serialize)]
struct ReleaseChangeBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prerelease: Option<bool>,
}

#[async_trait]
impl Releases for GitHubProject {
    fn list(&self) -> Listing<Release> {
        Listing::or_failed(self.releases_of(Operation::ReleasesList))
    }

    /// A draft is not found: it has no tag yet, only the name of one. [`list`](Releases::list) has it.
    async fn get(&self, tag: &str) -> Result<Release> {
        let wire = self.release_of(Operation::ReleasesGet, tag).await?;
        Ok(wire.into())
    }

    /// One request; a second one where there is none, to tell that from a project that is not there.
    async fn latest(&self) -> Result<Option<Release>> {
        let call = self.get_call(Operation::ReleasesLatest, &["releases", "latest"], "")?;
        match self.forge.fetch::<ReleaseWire>(call).await {
            Ok(wire) => Ok(Some(wire.into())),
            Err(error) if error.is_not_found() => {
                self.repository(Operation::ReleasesLatest).await?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn create(&self, new: NewRelease) -> Result<Release> {
        if new.draft {
            self.forge.require(Operation::ReleasesCreateDraft)?;
        }
        if new.prerelease {
            self.forge.require(Operation::ReleasesCreatePrerelease)?;
        }
        let call = self
            .call(
                Operation::ReleasesCreate,
                Method::POST,
                &["releases"],
                format_args!(" release {}", new.tag),
            )?
            .json(&NewReleaseBody {
                tag_name: &new.tag,
                name: new.title.as_deref().unwrap_or(&new.tag),
                body: &new.body,
                target_commitish: new.target.as_deref(),
                draft: new.draft,
                prerelease: new.prerelease,
            })?;
        match self.forge.fetch::<ReleaseWire>(call).await {
            Ok(wire) => Ok(wire.into()),
            Err(error) => Err(self.explain(error, &[]).await),
        }
    }

    /// Two requests: GitHub changes releases by their id. A draft is looked for in the list.
    async fn change(&self, tag: &str, change: ReleaseChange) -> Result<Release> {
        let operation = Operation::ReleasesChange;
        let id = self.find_release(operation, tag).await?;
        let call = self
            .call(
                operation,
                Method::PATCH,
                &["releases", &id.to_string()],
                format_args!(" release {tag}"),
            )?
            .json(&ReleaseChangeBody {
                name: change.title.as_deref(),
                body: change.body.as_deref(),
                draft: change.draft,
                prerelease: change.prerelease,
            })?;
        match self.forge.fetch::<ReleaseWire>(call).await {
            Ok(wire) => Ok(wire.into()),
            // It was read a moment ago.
            Err(error) if error.is_not_found() => Err(self.hidden(error)),
            Err(error) => Err(error),
        }
    }

    /// Two requests: GitHub deletes releases by their id. A draft is looked for in the list.
    async fn delete(&self, tag: &str) -> Result<()> {
        let operation = Operation::ReleasesDelete;
        let id = self.find_release(operation, tag).await?;
        let call = self.call(
            operation,
            Method::DELETE,
            &["releases", &id.to_string()],
            format_args!(" release {tag}"),
        )?;
        match self.forge.client().send(call).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Err(self.hidden(error)),
            Err(error) => Err(error),
        }
    }
}

impl GitHubProject {
    fn releases_of(&self, operation: Operation) -> Result<Listing<Release>> {
        let call = self
            .get_call(operation, &["releases"], "")?
            .query("per_page", PAGE);
        Ok(self.forge.client().listing(
            call,
            Paging::Link,
            |reply| array(reply, |row: ReleaseWire| Ok(Some(Release::from(row)))),
            |release: &Release| release.id.clone().unwrap_or_default(),
        ))
    }

    async fn release_of(&self, operation: Operation, tag: &str) -> Result<ReleaseWire> {
        let call = self.get_call(
            operation,
            &["releases", "tags", tag],
            format_args!(" release {tag}"),
        )?;
        self.forge.fetch(call).await
    }

    /// The id of a tag's release, drafts included.
    async fn find_release(&self, operation: Operation, tag: &str) -> Result<u64> {
        let absent = match self.release_of(operation, tag).await {
            Ok(wire) => return Ok(wire.id),
            Err(error) if error.is_not_found() => error,
            Err(error) => return Err(error),
        };
        let mut releases = self.releases_of(operation)?;
        while let Some(release) = releases.try_next().await? {
            let id = release.id.as_ref().and_then(|id| id.parse().ok());
            if let Some(id) = id.filter(|_| release.tag == tag) {
                return Ok(id);
            }
        }
        Err(absent)
    }
}
