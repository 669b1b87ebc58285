//! Releases: `/repos/{owner}/{name}/releases`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ogr_core::{
    ErrorKind, Listing, NewRelease, Operation, Outcome, Release, ReleaseChange, Releases, Result,
    http::Paging,
};
use serde::{Deserialize, Serialize};

use crate::{
    ForgejoProject,
    forge::{DELETE, GET, PATCH, POST},
    wire::{Account, counted, paged, said, time},
};

#[derive(Deserialize)]
struct Row {
    tag_name: String,
    id: u64,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    draft: Option<bool>,
    #[serde(default)]
    prerelease: Option<bool>,
    #[serde(default)]
    author: Option<Account>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    tarball_url: Option<String>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "time")]
    published_at: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
struct Create<'a> {
    tag_name: &'a str,
    name: &'a str,
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_commitish: Option<&'a str>,
    draft: bool,
    prerelease: bool,
}

#[derive(Serialize)]
struct Edit<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prerelease: Option<bool>,
}

impl From<Row> for Release {
    fn from(row: Row) -> Self {
        let mut release = Release::new(row.tag_name);
        release.id = Some(row.id.to_string());
        release.title = said(row.name);
        release.body = row.body;
        release.draft = row.draft;
        release.prerelease = row.prerelease;
        release.author = row.author.and_then(Account::known);
        release.web_url = said(row.html_url);
        release.tarball_url = said(row.tarball_url);
        release.created_at = row.created_at;
        release.published_at = row.published_at;
        release
    }
}

#[async_trait]
impl Releases for ForgejoProject {
    fn list(&self) -> Listing<Release> {
        Listing::or_failed(self.all_releases())
    }

    async fn get(&self, tag: &str) -> Result<Release> {
        Ok(self.release_row(Operation::ReleasesGet, tag).await?.into())
    }

    async fn latest(&self) -> Result<Option<Release>> {
        let operation = Operation::ReleasesLatest;
        // The endpoint for the latest answers the same where there is no release and where there is no project. The list
        // tells them apart.
        let call = self
            .call(operation, GET, ["releases"])?
            .query("draft", "false")
            .query("pre-release", "false")
            .query("page", "1")
            .query("limit", "1");
        let reply = self.send(call).await?;
        let rows: Vec<Row> = self.forgejo().located(reply.rows())?;
        let Some(newest) = rows.into_iter().next() else {
            return Ok(None);
        };
        if newest.draft != Some(true) && newest.prerelease != Some(true) {
            return Ok(Some(newest.into()));
        }
        // A server that does not know these filters: it is a project, so that "not found" means the release.
        let call = self.call(operation, GET, ["releases", "latest"])?;
        match self.send(call).await {
            Ok(reply) => Ok(Some(self.forgejo().read::<Row>(&reply)?.into())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create(&self, new: NewRelease) -> Result<Release> {
        let operation = Operation::ReleasesCreate;
        let resource = self.named("release", &new.tag);
        if !may_be_a_ref(&new.tag) {
            // The server fails on such a name instead of saying so.
            return Err(self
                .error(
                    operation,
                    resource,
                    ErrorKind::Invalid,
                    format!("{:?} cannot be the name of a tag", new.tag),
                )
                .with_outcome(Outcome::NotSent));
        }
        let call = self
            .call(operation, POST, ["releases"])?
            .resource(resource)
            .json(&Create {
                tag_name: &new.tag,
                name: new.title.as_deref().unwrap_or(&new.tag),
                body: &new.body,
                target_commitish: new.target.as_deref(),
                draft: new.draft,
                prerelease: new.prerelease,
            })?;
        let reply = self.send(call).await.map_err(|error| match &new.target {
            Some(target) if error.message().contains(target.as_str()) && error.is_not_found() => {
                error.with_resource(self.at(target))
            }
            _ => error,
        })?;
        Ok(self.forgejo().read::<Row>(&reply)?.into())
    }

    /// Changes the release of a tag.
    ///
    /// The forge takes an empty title or text for "leave it": it cannot clear them, which is `Unsupported` here.
    async fn change(&self, tag: &str, change: ReleaseChange) -> Result<Release> {
        let operation = Operation::ReleasesChange;
        let row = self.release_row(operation, tag).await?;
        for (what, new, old) in [
            ("title", &change.title, &row.name),
            ("text", &change.body, &row.body),
        ] {
            let clears =
                new.as_deref() == Some("") && old.as_ref().is_some_and(|old| !old.is_empty());
            if clears {
                return Err(self.error(
                    operation,
                    self.named("release", tag),
                    ErrorKind::Unsupported,
                    format!("Forgejo cannot clear the {what} of a release"),
                ));
            }
        }
        if change == ReleaseChange::new() {
            return Ok(row.into());
        }
        let id = row.id.to_string();
        let call = self
            .call(operation, PATCH, ["releases", &id])?
            .resource(self.named("release", tag))
            .json(&Edit {
                name: change.title.as_deref(),
                body: change.body.as_deref(),
                draft: change.draft,
                prerelease: change.prerelease,
            })?;
        let reply = self.send(call).await?;
        Ok(self.forgejo().read::<Row>(&reply)?.into())
    }

    async fn delete(&self, tag: &str) -> Result<()> {
        let call = self
            .call(Operation::ReleasesDelete, DELETE, ["releases", "tags", tag])?
            .resource(self.named("release", tag));
        self.send(call).await?;
        Ok(())
    }
}

impl ForgejoProject {
    fn all_releases(&self) -> Result<Listing<Release>> {
        let call = paged(self.call(Operation::ReleasesList, GET, ["releases"])?);
        Ok(self.client().listing(
            call,
            Paging::Numbered,
            |reply| counted(reply, |row: Row| Ok(Some(row.into()))),
            |release: &Release| release.id.clone().unwrap_or_default(),
        ))
    }

    async fn release_row(&self, operation: Operation, tag: &str) -> Result<Row> {
        let call = self
            .call(operation, GET, ["releases", "tags", tag])?
            .resource(self.named("release", tag));
        let reply = self.send(call).await?;
        self.forgejo().read(&reply)
    }
}

/// Whether git takes this as the name of a branch or tag.
fn may_be_a_ref(name: &str) -> bool {
    let forbidden = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    !name.is_empty()
        && name != "@"
        && !name.contains(forbidden)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.starts_with('-')
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_git_takes_for_a_tag() {
        for good in ["v1.0", "epel9/next", "1.0-rc1", "ü"] {
            assert!(may_be_a_ref(good), "{good}");
        }
        for bad in [
            "", "@", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\", "/a", "a/",
            "a//b", ".a", "a/.b", "a.lock", "a.", "-a", "a@{b", "a\n",
        ] {
            assert!(!may_be_a_ref(bad), "{bad:?}");
        }
    }
}
