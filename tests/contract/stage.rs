//! A forge with its people, and projects to play with. What is set up is set up as any user would: through the API and by
//! git push, so that it is the same on a mock and on a real server.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ogr::{
    CallOptions, Credential, ErrorKind, Forge, ForgeKind, GitTransport, Merge, MergeOutcome,
    NewFork, NewProject, Project, ProjectPath,
    http::{HttpConfig, RawRequest},
    workflow::EnsureFork,
};
use ogr_mock::MockForge;

use crate::{
    ground::Ground,
    operations::{self, Table},
    work::Work,
};

/// The group that projects are made in.
pub const NAMESPACE: &str = "rpms";

/// The tokens of the people: one who owns the projects, one who forks them, one who has no rights.
pub struct Tokens {
    pub owner: String,
    pub contributor: String,
    pub stranger: String,
}

/// A forge with its people.
pub struct Stage {
    pub ground: Ground,
    url: String,
    tokens: Tokens,
    mock: Option<MockForge>,
}

impl Stage {
    /// On a mock: alice owns the group, bob contributes, carol has no rights.
    pub fn mock(ground: Ground, mock: MockForge) -> Arc<Self> {
        mock.add_group(NAMESPACE, &["alice"]);
        let tokens = Tokens {
            owner: mock.add_user("alice"),
            contributor: mock.add_user("bob"),
            stranger: mock.add_user("carol"),
        };
        Arc::new(Self {
            ground,
            url: mock.url().to_owned(),
            tokens,
            mock: Some(mock),
        })
    }

    /// On a real server.
    pub fn live(ground: Ground, url: &str, tokens: Tokens) -> Arc<Self> {
        Arc::new(Self {
            ground,
            url: url.to_owned(),
            tokens,
            mock: None,
        })
    }

    pub fn kind(&self) -> ForgeKind {
        self.ground.kind()
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The mock behind the stage, for scenarios that are marked `mock_only`.
    #[track_caller]
    pub fn mocked(&self) -> &MockForge {
        self.mock.as_ref().expect("the scenario is mock_only")
    }

    /// The forge as the one who owns the projects sees it.
    pub fn owner(&self) -> Arc<dyn Forge> {
        self.as_(&self.tokens.owner)
    }

    /// The forge as one sees it who may read and fork.
    pub fn contributor(&self) -> Arc<dyn Forge> {
        self.as_(&self.tokens.contributor)
    }

    /// The forge as another such one sees it.
    pub fn stranger(&self) -> Arc<dyn Forge> {
        self.as_(&self.tokens.stranger)
    }

    /// The forge without a credential.
    pub fn anonymous(&self) -> Arc<dyn Forge> {
        connect(self.kind(), &self.url, None)
    }

    /// The forge with a token that it does not know.
    pub fn impostor(&self) -> Arc<dyn Forge> {
        self.as_("0123456789abcdef0123456789abcdef01234567")
    }

    fn as_(&self, token: &str) -> Arc<dyn Forge> {
        connect(self.kind(), &self.url, Some(Credential::token(token)))
    }

    /// An empty project that nobody else uses.
    pub async fn empty_project(&self) -> Arc<dyn Project> {
        let owner = self.owner();
        let new = NewProject::new(ProjectPath::new(NAMESPACE, unique("p")))
            .description("A project for a test");
        owner.projects().create(new).await.unwrap()
    }

    /// A project with a first commit on `main`: `foo.spec`, `README.md`, `src/lib.c`; and a branch `stable` there.
    pub async fn project(&self) -> Arc<dyn Project> {
        let project = self.empty_project().await;
        let work = Work::new();
        work.write("foo.spec", "Name: foo\nVersion: 1.0\n");
        work.write("README.md", "# foo\n");
        work.write("src/lib.c", "int main(void) { return 0; }\n");
        work.commit("Import foo 1.0");
        work.push(&self.git_url(&*project).await, &["main", "main:stable"]);
        self.settle_default_branch(&*project).await;
        project
    }

    /// Pagure's HEAD is on `master` until it is told otherwise.
    async fn settle_default_branch(&self, project: &dyn Project) {
        if self.kind() == ForgeKind::Pagure {
            let path = format!("{}/git/branches", project.path());
            let request = RawRequest::post(path).form([("branch_name", "main")]);
            project.forge().raw(request).await.unwrap();
        }
        // Real servers take a moment to notice a push.
        for _ in 0..50 {
            if project.refs().default_branch().await.unwrap().as_deref() == Some("main") {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the default branch of {} is not main", project.path());
    }

    /// The contributor's fork of a project, usable.
    pub async fn fork(&self, project: &dyn Project) -> Arc<dyn Project> {
        let seen = self.contributor().project(project.path()).unwrap();
        let ensured = EnsureFork::of(seen)
            .create_as(NewFork::new())
            .run()
            .await
            .unwrap();
        ensured.value
    }

    /// A project as the contributor sees it.
    pub fn seen_by_contributor(&self, project: &dyn Project) -> Arc<dyn Project> {
        self.contributor().project(project.path()).unwrap()
    }

    /// Puts a commit with these files on a new branch of a project, on top of `main`; the branch's tip.
    pub async fn branch_with(
        &self,
        project: &dyn Project,
        branch: &str,
        message: &str,
        files: &[(&str, &str)],
    ) -> String {
        let url = self.git_url(project).await;
        let work = Work::clone(&url, "main");
        for (path, content) in files {
            work.write(path, content);
        }
        work.commit(message);
        work.push(&url, &[&format!("HEAD:{branch}")]);
        work.head()
    }

    /// Merges a pull request, as soon as the forge is ready for it.
    pub async fn merge(&self, project: &dyn Project, number: u64) {
        let outcome = self.try_merge(project, number, Merge::new()).await.unwrap();
        assert!(
            matches!(outcome, MergeOutcome::Merged { .. }),
            "{outcome:?}"
        );
    }

    /// Merges a pull request, and waits for a while if the forge has not worked out yet whether it can.
    pub async fn try_merge(
        &self,
        project: &dyn Project,
        number: u64,
        merge: Merge,
    ) -> ogr::Result<MergeOutcome> {
        let mut tries = 0;
        loop {
            match project.pull_requests().merge(number, merge.clone()).await {
                Err(error) if error.kind() == ErrorKind::NotReady && tries < 8 => {
                    tries += 1;
                    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                }
                other => return other,
            }
        }
    }

    /// A label of a project, on forges where a label must be there before it is used.
    pub async fn label(&self, project: &dyn Project, name: &str) {
        if matches!(self.kind(), ForgeKind::Forgejo | ForgeKind::Gitea) {
            let request = RawRequest::post(format!("repos/{}/labels", project.path()))
                .json(&serde_json::json!({"name": name, "color": "#00aabb"}))
                .unwrap();
            project.forge().raw(request).await.unwrap();
        }
    }

    /// The address for git, with the credential of the project's handle in it.
    pub async fn git_url(&self, project: &dyn Project) -> String {
        use secrecy::ExposeSecret;
        let mut url = project.git_url(GitTransport::Http);
        if let Some(credential) = project.forge().git_credential().await.unwrap() {
            url.set_username(&credential.username).unwrap();
            url.set_password(Some(credential.password.expose_secret()))
                .unwrap();
        }
        url.into()
    }

    /// How many requests something takes on a mock.
    pub async fn count<T>(&self, action: impl Future<Output = T>) -> (T, usize) {
        self.mocked().reset_requests();
        let value = action.await;
        (value, self.mocked().count())
    }

    /// Checks what went over the wire in a scenario against the forge's published document.
    ///
    /// # Panics
    ///
    /// When a request or an answer is none that the document knows.
    pub fn check_exchanges(&self) {
        let (Some(mock), Some(forge)) = (&self.mock, self.ground.document()) else {
            return;
        };
        let Some(table) = Table::of(forge) else {
            return;
        };
        let base = if forge == "github" { "/api/v3" } else { "" };
        let mut problems = Vec::new();
        for exchange in mock.requests() {
            let Some(path) = exchange.path.strip_prefix(base) else {
                continue;
            };
            let (Some(status), false) = (exchange.status, exchange.faulted) else {
                continue;
            };
            let json = |headers: &http::HeaderMap, body: &[u8]| {
                let is_json = headers
                    .get(http::header::CONTENT_TYPE)
                    .and_then(|value| value.to_str().ok())
                    .is_some_and(|value| value.starts_with("application/json"));
                is_json.then(|| serde_json::from_slice(body).ok()).flatten()
            };
            let request = json(&exchange.request_headers, &exchange.request_body);
            let response = json(&exchange.response_headers, &exchange.response_body)
                // An empty list may be null on a real Forgejo, whatever its document says.
                .filter(|body: &serde_json::Value| !(forge == "forgejo" && body.is_null()));
            let checked = table.check(&operations::Exchange {
                method: exchange.method.as_str(),
                path: &format!("{path}?{}", exchange.query),
                request: request.as_ref(),
                status: status.as_u16(),
                response: response.as_ref(),
            });
            let found = match checked {
                // Git's own requests and the pages of the forge are in no document.
                None if path.starts_with("/api/")
                    || forge == "github" && !path.starts_with("/api/graphql") =>
                {
                    if path.contains(".git/") || status.as_u16() >= 400 {
                        Vec::new()
                    } else {
                        vec!["no such operation in the document".to_owned()]
                    }
                }
                None => Vec::new(),
                Some(found) => found,
            };
            problems.extend(
                found
                    .into_iter()
                    .map(|problem| format!("{} {path}: {problem}", exchange.method)),
            );
        }
        problems.sort();
        problems.dedup();
        assert!(
            problems.is_empty(),
            "against {forge}'s document:\n{}",
            problems.join("\n")
        );
    }
}

/// A forge of this kind, at this address.
pub fn connect(kind: ForgeKind, url: &str, credential: Option<Credential>) -> Arc<dyn Forge> {
    let backend = ogr::backends()
        .into_iter()
        .find(|backend| backend.kinds().contains(&kind))
        .unwrap();
    let instance = backend.instance(kind, url.parse().unwrap());
    backend
        .connect(instance, credential, HttpConfig::default())
        .unwrap()
        .with(CallOptions::new())
}

/// A name that nothing else has.
pub fn unique(prefix: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_micros();
    format!("{prefix}{now:x}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}
