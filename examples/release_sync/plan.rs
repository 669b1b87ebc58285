//! What a sync would write, for `--dry-run`.

use std::{collections::BTreeMap, fmt, sync::Arc};

use ogr::{
    Error, NewStatus, Project,
    workflow::{
        Change, CommitPlan, EnsureFork, EnsurePullRequest, PlannedWrite, PullRequestPlan, Report,
    },
};

use crate::sync::{Release, Request, Update, branches_of, head_status, upstream_status};

/// The writes that a sync would make.
#[derive(Default)]
pub struct Plan {
    writes: Vec<(String, PlannedWrite)>,
    notes: Vec<String>,
    failures: Vec<String>,
}

impl Plan {
    /// Whether every branch could be planned.
    pub fn is_whole(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (forge, write) in &self.writes {
            writeln!(f, "would {write} ({forge})")?;
        }
        if self.writes.is_empty() && self.failures.is_empty() {
            writeln!(f, "would write nothing: everything is as it should be")?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        self.failures
            .iter()
            .try_for_each(|failure| writeln!(f, "error: {failure}"))
    }
}

/// Says what [`run`](crate::sync::run) would write, and writes nothing.
pub async fn of(release: &Release, request: &Request) -> Plan {
    let mut plan = Plan::default();
    let mut upstream: BTreeMap<String, Option<String>> = BTreeMap::new();
    for package in &request.packages {
        let planned = async {
            for (branch, targets) in branches_of(package, request).await? {
                let done =
                    plan_branch(release, request, package, (&branch, &targets), &mut plan).await;
                upstream.insert(branch, done.as_ref().err().map(ToString::to_string));
                done?;
            }
            Ok::<_, Error>(())
        }
        .await;
        if let Err(error) = planned {
            plan.failures.push(error.to_string());
        }
    }
    for (branch, failure) in upstream {
        let status = upstream_status(release, request, &branch, failure.as_deref());
        let report = Report::on(Arc::clone(&release.upstream), &release.sha, status);
        match report.plan().await {
            Ok(report) => plan.add(&release.upstream, report.writes()),
            Err(error) => plan
                .notes
                .push(format!("no status on the upstream commit: {error}")),
        }
    }
    plan
}

impl Plan {
    fn add(&mut self, project: &Arc<dyn Project>, writes: Vec<PlannedWrite>) {
        let forge = project.forge().instance().host();
        self.writes
            .extend(writes.into_iter().map(|write| (forge.clone(), write)));
    }
}

async fn plan_branch(
    release: &Release,
    request: &Request,
    package: &Arc<dyn Project>,
    (branch, targets): (&str, &[String]),
    plan: &mut Plan,
) -> Result<(), Error> {
    let Some(update) = Update::of(release, request, package, branch).await? else {
        plan.notes.push(format!(
            "{} {branch} has version {} already",
            package.path(),
            release.version
        ));
        return Ok(());
    };
    let fork_plan = EnsureFork::of(Arc::clone(package)).plan().await?;
    plan.add(package, fork_plan.writes());
    let existing = fork_plan.existing().cloned();
    // Without a fork, the package stands in for it: nothing is asked of what is not there.
    let fork = existing.as_ref().unwrap_or(package);
    let unseen = format!("your fork of {}", package.path());
    let commit = match &existing {
        Some(_) => update.commit_on(fork).plan().await?,
        None => update.commit_on(fork).plan_unseen(&unseen),
    };
    plan.add(fork, commit.writes());
    for target in targets {
        let request = EnsurePullRequest::on(
            Arc::clone(package),
            update.pull_request(release, fork, target),
        );
        let pull = match &existing {
            Some(_) => request.plan().await?,
            None => request.plan_unseen(&unseen),
        };
        plan.add(package, pull.writes());
        if target == branch {
            plan_status(package, branch, &commit, &pull, plan).await?;
        }
    }
    Ok(())
}

async fn plan_status(
    package: &Arc<dyn Project>,
    branch: &str,
    commit: &CommitPlan,
    pull: &PullRequestPlan,
    plan: &mut Plan,
) -> Result<(), Error> {
    if let (Change::Unchanged, Some(existing)) = (commit.change(), pull.existing()) {
        let status = head_status(branch, existing);
        if let Some(report) = Report::on_pull_request(Arc::clone(package), existing, status)? {
            plan.add(package, report.plan().await?.writes());
        }
        return Ok(());
    }
    let status = NewStatus::success(format!("release-sync:{branch}"));
    let report = Report::on(Arc::clone(package), "the new commit", status).plan_unseen();
    plan.add(package, report.writes());
    Ok(())
}
