//! The embedded forges: an upstream that speaks GitHub's dialect, and a dist-git on a Pagure and on a Forgejo.

use std::sync::Arc;

use ogr::{Credential, Credentials, Project, Registry, Signature, http::HttpConfig};
use ogr_mock::{Access, MockForge, ProjectSetup};

use crate::{
    Result,
    plan::{self, Plan},
    sync::{self, Outcome},
};

const SPEC: &str = "\
Name:           hello
Version:        1.0
Release:        3%{?dist}
Summary:        Says hello
License:        MIT
URL:            https://example.org/hello

%description
Says hello.

%changelog
* Thu Jan 01 2026 Alice <alice@example.org> - 1.0-3
- Rebuilt
";

/// The three forges of the demonstration.
pub struct Stage {
    pub upstream: MockForge,
    pub pagure: MockForge,
    pub forgejo: MockForge,
    forges: Registry,
}

impl Stage {
    /// Starts the forges, each with its project: `hello` upstream, and its package in `rpms`.
    pub async fn start() -> Result<Self> {
        let upstream = MockForge::github().start().await?;
        let pagure = MockForge::pagure().start().await?;
        let forgejo = MockForge::forgejo().start().await?;
        let mut credentials = Credentials::none();
        upstream.add_group("hello", &["alice", "packit"]);
        upstream
            .add_project("hello/hello", ProjectSetup::default())
            .await?;
        for forge in [&pagure, &forgejo] {
            forge.add_group("rpms", &["alice"]);
            let mut setup = ProjectSetup::default();
            setup.default_branch = Some("rawhide".to_owned());
            forge.add_project("rpms/hello", setup).await?;
            let files = [("hello.spec", Some(SPEC))];
            forge
                .commit("rpms/hello", "rawhide", "Import hello", &files)
                .await?;
            forge.branch("rpms/hello", "f42", "rawhide").await?;
        }
        // Pagure takes statuses from everybody with a token, Forgejo from those who may write.
        forgejo.set_permission("rpms/hello", "packit", Some(Access::Write))?;
        for forge in [&upstream, &pagure, &forgejo] {
            let token = forge.add_user("packit");
            credentials.insert(forge.host(), None, Credential::token(token));
        }
        Ok(Self {
            upstream,
            pagure,
            forgejo,
            forges: ogr::registry(credentials, HttpConfig::default()),
        })
    }

    /// Releases a version upstream.
    pub async fn release(&self, version: &str, notes: &str) -> Result<()> {
        let tag = format!("v{version}");
        let files = [("VERSION", Some(version))];
        let message = format!("Release {version}");
        self.upstream
            .commit("hello/hello", "main", &message, &files)
            .await?;
        self.upstream
            .release("hello/hello", &tag, |release| {
                release.body = Some(notes.to_owned());
            })
            .await?;
        Ok(())
    }

    /// Syncs the latest release into both packages.
    pub async fn sync(&self) -> Result<Outcome> {
        let (release, request) = self.request().await?;
        Ok(sync::run(&release, &request).await)
    }

    /// Says what a sync of the latest release would write.
    pub async fn plan(&self) -> Result<Plan> {
        let (release, request) = self.request().await?;
        Ok(plan::of(&release, &request).await)
    }

    async fn request(&self) -> Result<(sync::Release, sync::Request)> {
        let upstream = self.project(&self.upstream, "hello/hello").await?;
        let release = sync::Release::of(upstream, None).await?;
        let request = sync::Request {
            packages: vec![
                self.project(&self.pagure, "rpms/hello").await?,
                self.project(&self.forgejo, "rpms/hello").await?,
            ],
            branches: Vec::new(),
            fast_forward: vec!["f42".to_owned()],
            author: Some(Signature::new("Packit", "packit@example.org")),
        };
        Ok((release, request))
    }

    async fn project(&self, forge: &MockForge, path: &str) -> Result<Arc<dyn Project>> {
        // The registry is not told which forge is where: it asks.
        Ok(self
            .forges
            .project(&format!("{}/{path}", forge.url()))
            .await?)
    }
}

/// Shows three passes: everything is new, nothing is, and then a newer release comes.
pub async fn run() -> Result<bool> {
    let stage = Stage::start().await?;
    stage
        .release("1.1", "- Says hello louder\n- Fixes a typo")
        .await?;
    println!(
        "Dry run: the writes of a first pass.\n{}",
        stage.plan().await?
    );
    println!("First pass: the pull requests are opened.");
    let first = stage.sync().await?;
    println!("{first}");
    println!("Second pass: nothing has changed, so nothing is written.");
    let second = stage.sync().await?;
    println!("{second}");
    stage
        .release("1.2", "- Says hello in more languages")
        .await?;
    println!("Third pass: a newer release updates the same pull requests.");
    let third = stage.sync().await?;
    println!("{third}");
    Ok(first.is_whole() && second.is_whole() && third.is_whole())
}
