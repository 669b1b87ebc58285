//! The sync itself. It knows projects and workflows; which forges they are on, it does not know.

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::{DateTime, Utc};
use ogr::{
    EntryKind, Error, ErrorKind, FileChange, NewPullRequest, NewStatus, Page, Project, PullRequest,
    Signature, User,
    workflow::{Change, EnsureCommit, Report, ensure_fork, ensure_pull_request, report},
};

use crate::{Result, spec, table};

/// The upstream release to sync.
pub struct Release {
    pub upstream: Arc<dyn Project>,
    pub tag: String,
    pub version: String,
    pub sha: String,
    notes: String,
    day: DateTime<Utc>,
}

/// Where to sync it.
pub struct Request {
    pub packages: Vec<Arc<dyn Project>>,
    pub branches: Vec<String>,
    pub fast_forward: Vec<String>,
    /// Who writes the commits and the changelog; whose token it is when `None`.
    pub author: Option<Signature>,
}

impl Release {
    /// The release of a tag, or the latest one.
    pub async fn of(upstream: Arc<dyn Project>, tag: Option<&str>) -> Result<Self> {
        let release = match tag {
            Some(tag) => upstream.releases().get(tag).await?,
            None => upstream.releases().latest().await?.ok_or_else(|| {
                format!(
                    "{} has no release yet; name a tag with --tag",
                    upstream.path()
                )
            })?,
        };
        let sha = match release.sha {
            Some(sha) => sha,
            None => upstream.refs().tag(&release.tag).await?.sha,
        };
        // A tag that is no release has no day of its own; its commit has.
        let day = match release.published_at.or(release.created_at) {
            Some(day) => day,
            None => upstream
                .refs()
                .commit(&sha)
                .await?
                .committer
                .and_then(|committer| committer.date)
                .unwrap_or_default(),
        };
        Ok(Self {
            version: version_of(&release.tag, &upstream.path().name),
            tag: release.tag,
            sha,
            notes: release.body.unwrap_or_default(),
            day,
            upstream,
        })
    }

    fn body(&self) -> String {
        let tag_url = self.upstream.web_url(&Page::Tag(self.tag.clone()));
        let commit_url = self.upstream.web_url(&Page::Commit(self.sha.clone()));
        let mut body = format!(
            "Upstream tag: [{}]({tag_url})\nUpstream commit: [{}]({commit_url})\n",
            self.tag, self.sha
        );
        if !self.notes.trim().is_empty() {
            body += &format!("\n---\n\n{}\n", self.notes.trim());
        }
        body + "\n---\n\nThis pull request was opened by `release_sync`, and is updated when it runs again."
    }
}

/// `v1.2`, `tool-1.2` and `1.2` are all version 1.2 of `tool`.
fn version_of(tag: &str, name: &str) -> String {
    let bare = tag
        .strip_prefix(name)
        .map_or(tag, |rest| rest.trim_start_matches(['-', '_']));
    let digits = bare.strip_prefix(['v', 'V']).unwrap_or(bare);
    digits.to_owned()
}

/// What came of one pull request, or of a branch that failed before there was one.
pub struct Row {
    pub forge: String,
    pub branch: String,
    pub result: Result<Done, Error>,
}

/// A pull request that is as it should be.
pub struct Done {
    pub url: String,
    pub change: Change,
}

/// What came of a sync.
#[derive(Default)]
pub struct Outcome {
    pub rows: Vec<Row>,
    pub warnings: Vec<String>,
}

impl Outcome {
    /// Whether every branch was synced.
    pub fn is_whole(&self) -> bool {
        self.rows.iter().all(|row| row.result.is_ok())
    }

    fn warn(&mut self, what: &str, error: &Error) {
        self.warnings.push(format!("{what}: {error}"));
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| {
                let (url, change) = match &row.result {
                    Ok(done) => (done.url.clone(), done.change.to_string()),
                    Err(error) => (error.to_string(), "failed".to_owned()),
                };
                vec![row.forge.clone(), row.branch.clone(), url, change]
            })
            .collect();
        f.write_str(&table::render(
            &["forge", "branch", "pull request", ""],
            &rows,
        ))?;
        self.warnings
            .iter()
            .try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}

/// Syncs the release into all packages. A branch that fails does not keep the others from being done.
pub async fn run(release: &Release, request: &Request) -> Outcome {
    let mut outcome = Outcome::default();
    let mut failed: BTreeMap<String, Option<String>> = BTreeMap::new();
    for package in &request.packages {
        let branches = match branches_of(package, request).await {
            Ok(branches) => branches,
            Err(error) => {
                outcome.rows.push(row(package, "", Err(error)));
                continue;
            }
        };
        for (branch, targets) in branches {
            let pulls =
                sync_branch(release, request, package, (&branch, &targets), &mut outcome).await;
            let error = pulls.err();
            let entry = failed.entry(branch.clone()).or_default();
            *entry = entry.take().or(error.as_ref().map(ToString::to_string));
            if let Some(error) = error {
                outcome.rows.push(row(package, &branch, Err(error)));
            }
        }
    }
    // One status a branch on the upstream commit, however many packages there are: their statuses would push each other out.
    for (branch, failure) in failed {
        let status = upstream_status(release, request, &branch, failure.as_deref());
        if let Err(error) = report(Arc::clone(&release.upstream), &release.sha, status).await {
            outcome.warn("no status on the upstream commit", &error);
        }
    }
    outcome
}

/// The branches to update, each with the branches that get a pull request from it.
pub(crate) async fn branches_of(
    package: &Arc<dyn Project>,
    request: &Request,
) -> Result<Vec<(String, Vec<String>)>, Error> {
    let branches = if request.branches.is_empty() {
        let default = package.refs().default_branch().await?;
        default.into_iter().collect()
    } else {
        request.branches.clone()
    };
    Ok(branches
        .into_iter()
        .enumerate()
        .map(|(index, branch)| {
            let mut targets = vec![branch.clone()];
            if index == 0 {
                targets.extend(request.fast_forward.iter().cloned());
            }
            (branch, targets)
        })
        .collect())
}

async fn sync_branch(
    release: &Release,
    request: &Request,
    package: &Arc<dyn Project>,
    (branch, targets): (&str, &[String]),
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let Some(update) = Update::of(release, request, package, branch).await? else {
        outcome.warnings.push(format!(
            "{} {branch} has version {} already",
            package.path(),
            release.version
        ));
        return Ok(());
    };
    let fork = ensure_fork(Arc::clone(package)).await?.value;
    let commit = update.commit_on(&fork).run().await?;
    for target in targets {
        let pull = ensure_pull_request(
            Arc::clone(package),
            update.pull_request(release, &fork, target),
        )
        .await;
        let result = pull.map(|pull| {
            // A pull request whose head has got a new commit has been updated, whatever its text.
            let change = match pull.change {
                Change::Unchanged => commit.change,
                change => change,
            };
            (pull.value, change)
        });
        if let (true, Ok((pull, _))) = (target == branch, &result) {
            let status = head_status(branch, pull);
            if let Err(error) = report_on(package, pull, commit.sha.as_deref(), status).await {
                outcome.warn(&format!("no status on {}", pull.web_url), &error);
            }
        }
        let done = result.map(|(pull, change)| Done {
            url: pull.web_url,
            change,
        });
        outcome.rows.push(row(package, target, done));
    }
    Ok(())
}

/// Sets the status on the commit that was made, on the side where the forge shows it.
async fn report_on(
    package: &Arc<dyn Project>,
    pull: &PullRequest,
    sha: Option<&str>,
    status: NewStatus,
) -> Result<(), Error> {
    // The forge may not have noticed the new commit yet: what was made is what counts.
    let mut pull = pull.clone();
    if let Some(sha) = sha {
        pull.head.sha = Some(sha.to_owned());
    }
    if let Some(report) = Report::on_pull_request(Arc::clone(package), &pull, status)? {
        report.run().await?;
    }
    Ok(())
}

/// What a release changes on one branch of a package.
pub(crate) struct Update {
    package: Arc<dyn Project>,
    branch: String,
    tip: String,
    path: String,
    spec: String,
    version: String,
    author: Signature,
}

impl Update {
    /// `None` when the branch has the version already.
    pub(crate) async fn of(
        release: &Release,
        request: &Request,
        package: &Arc<dyn Project>,
        branch: &str,
    ) -> Result<Option<Self>, Error> {
        let tip = package.refs().branch(branch).await?.sha;
        let path = spec_path(package, &tip).await?;
        let content = package.contents().read(&path, Some(&tip)).await?;
        let old = content.text()?;
        if spec::version(old) == Some(&release.version) {
            return Ok(None);
        }
        let author = match &request.author {
            Some(author) => author.clone(),
            None => signature(&package.forge().users().whoami().await?, package),
        };
        let who = format!("{} <{}>", author.name, author.email);
        let spec = spec::updated(old, &release.version, &who, release.day).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "the spec file has no version")
                .with_resource(format!("{}:{path}", package.path()))
        })?;
        Ok(Some(Self {
            package: Arc::clone(package),
            branch: branch.to_owned(),
            tip,
            path,
            spec,
            version: release.version.clone(),
            author,
        }))
    }

    /// The branch of the fork: it has no version in its name, so that the next release updates the same pull request.
    fn head(&self) -> String {
        format!("{}-update-pull_from_upstream", self.branch)
    }

    pub(crate) fn commit_on(&self, fork: &Arc<dyn Project>) -> EnsureCommit {
        EnsureCommit::on(Arc::clone(fork), self.head(), self.author.clone())
            .top_of(Arc::clone(&self.package), &self.branch, &self.tip)
            .message(format!("Update to {} upstream release", self.version))
            .change(FileChange::put(&self.path, self.spec.clone()))
    }

    pub(crate) fn pull_request(
        &self,
        release: &Release,
        fork: &Arc<dyn Project>,
        target: &str,
    ) -> NewPullRequest {
        let title = format!("Update {target} to upstream release {}", self.version);
        NewPullRequest::new(title, self.head(), target)
            .from_project(fork.path().clone())
            .body(release.body())
    }
}

/// The package's spec file: the one that is named like it, else the only one.
async fn spec_path(package: &Arc<dyn Project>, tip: &str) -> Result<String, Error> {
    let entries = package.contents().list("", Some(tip)).await?;
    let specs: Vec<String> = entries
        .into_iter()
        .filter(|entry| entry.kind == EntryKind::File && entry.path.ends_with(".spec"))
        .map(|entry| entry.path)
        .collect();
    let named = format!("{}.spec", package.path().name);
    match specs.as_slice() {
        _ if specs.contains(&named) => Ok(named),
        [only] => Ok(only.clone()),
        _ => Err(Error::new(
            ErrorKind::NotFound,
            format!("no spec file: {} candidates", specs.len()),
        )
        .with_resource(format!("{}@{tip}", package.path()))),
    }
}

fn signature(me: &User, package: &Arc<dyn Project>) -> Signature {
    let name = me.name.clone().filter(|name| !name.trim().is_empty());
    let email = me.email.clone().filter(|email| !email.trim().is_empty());
    let host = package
        .forge()
        .instance()
        .web
        .host_str()
        .unwrap_or("localhost")
        .to_owned();
    Signature::new(
        name.unwrap_or_else(|| me.login.clone()),
        email.unwrap_or_else(|| format!("{}@noreply.{host}", me.login)),
    )
}

pub(crate) fn head_status(branch: &str, pull: &PullRequest) -> NewStatus {
    NewStatus::success(format!("release-sync:{branch}"))
        .description("The release is in the pull request")
        .url(&pull.web_url)
        .branch(&pull.head.branch)
}

pub(crate) fn upstream_status(
    release: &Release,
    request: &Request,
    branch: &str,
    failure: Option<&str>,
) -> NewStatus {
    let context = format!("release-sync:{branch}");
    let url = release.upstream.web_url(&Page::Tag(release.tag.clone()));
    let status = match failure {
        Some(failure) => NewStatus::failure(context).description(failure),
        None => NewStatus::success(context).description(match request.packages.len() {
            1 => "Synced into 1 package".to_owned(),
            many => format!("Synced into {many} packages"),
        }),
    };
    status.url(url)
}

fn row(package: &Arc<dyn Project>, branch: &str, result: Result<Done, Error>) -> Row {
    let forge = package.forge();
    Row {
        forge: format!("{} ({})", forge.kind(), forge.instance().host()),
        branch: branch.to_owned(),
        result,
    }
}
