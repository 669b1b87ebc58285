//! Keeping pull requests up to date with their branches.
//!
//! Pagure notes the first and the last commit of a pull request, and looks at the branches again on certain
//! occasions only: after some pushes, on a merge, and when somebody asks for the statistics, the patch or the
//! diff. What has changed then it tells in a comment.

use crate::git::{CommitInfo, GitError, LogQuery, Repository};
use crate::hub::Hub;
use crate::state::{ProjectId, PullRequest, PullState, RefUpdate, Refusal};

/// Why two branches cannot be compared.
#[derive(Debug)]
pub(in super::super) enum Stuck {
    /// In Pagure's words.
    Because(String),
    /// Something that is not the branches' fault.
    Broken(Refusal),
}

impl From<GitError> for Stuck {
    fn from(error: GitError) -> Self {
        Self::Broken(error.into())
    }
}

impl From<Refusal> for Stuck {
    fn from(refusal: Refusal) -> Self {
        Self::Broken(refusal)
    }
}

/// Where a pull request comes from and goes to.
pub(super) struct Route<'a> {
    /// None when it was deleted.
    pub(super) source: Option<&'a Repository>,
    pub(super) head: &'a str,
    pub(super) target: &'a Repository,
    pub(super) base: &'a str,
    /// Where the target keeps the head of a pull request that is open already.
    pub(super) kept: Option<&'a str>,
}

/// What the head has that the base lacks.
#[derive(Debug)]
pub(super) struct Compared {
    /// Newest first.
    pub(super) commits: Vec<CommitInfo>,
    /// The tip of the base; none in an empty target.
    pub(super) base: Option<String>,
    /// The tip of the head, as far as the source still has it.
    pub(super) head: Option<String>,
}

/// Compares two branches; the commits are in the target's repository afterwards.
pub(super) async fn compare(route: &Route<'_>) -> Result<Compared, Stuck> {
    let Route {
        source,
        head,
        target,
        base,
        kept,
    } = *route;
    let (head_tip, has_source) = match source {
        Some(source) => (
            source.branch(head).await?,
            !source.branches().await?.is_empty(),
        ),
        None => (None, false),
    };
    if head_tip.is_none() && kept.is_none() && has_source {
        return Err(Stuck::Because(format!("Branch {head} does not exist")));
    }
    let base_tip = target.branch(base).await?;
    if base_tip.is_none() && !target.branches().await?.is_empty() {
        return Err(Stuck::Because(format!(
            "Branch {base} could not be found in the target repo"
        )));
    }
    let tip = match (&head_tip, kept) {
        (Some(tip), _) => Some(tip.clone()),
        (None, Some(kept)) => target.resolve(kept).await?,
        (None, None) => None,
    };
    let Some(tip) = tip else {
        let text = if has_source {
            "No branch from which to pull or local PR reference were found"
        } else {
            "Fork is empty, there are no commits to create a pull request with"
        };
        return Err(Stuck::Because(text.to_owned()));
    };
    if let Some(source) = source {
        target.fetch(source, &tip).await?;
    }
    let query = LogQuery {
        without: base_tip.as_deref(),
        ..LogQuery::default()
    };
    let mut commits = target.log(&tip, &query).await?;
    if let Some(base) = &base_tip
        && target.merge_base(base, &tip).await?.is_none()
    {
        // It looks for the commit that both have and stops one short of it, even if there is none.
        commits.pop();
    }
    Ok(Compared {
        commits,
        base: base_tip,
        head: head_tip,
    })
}

/// Looks at a pull request's branches again and notes what is new; tells its commits, newest first. A change
/// is told in a comment, in the name of this user or else the author.
pub(in super::super) async fn refresh(
    hub: &Hub,
    project: ProjectId,
    number: u64,
    by: Option<&str>,
) -> Result<Vec<CommitInfo>, Stuck> {
    let pull = hub.state().pull(project, number)?.clone();
    if pull.synthetic {
        return Ok(Vec::new());
    }
    let target = hub.stored_repository(project);
    let source = pull.head.project.map(|id| hub.stored_repository(id));
    let kept = hub.state().rules.pull_ref(number);
    let compared = compare(&Route {
        source: source.as_ref(),
        head: &pull.head.branch,
        target: &target,
        base: &pull.base_branch,
        kept: Some(&kept),
    })
    .await?;
    if pull.state == PullState::Open {
        note(hub, &pull, &compared, by)?;
        if let Some(head) = &compared.head {
            target.update_ref(&kept, head, None).await?;
        }
    }
    Ok(compared.commits)
}

fn note(
    hub: &Hub,
    before: &PullRequest,
    compared: &Compared,
    by: Option<&str>,
) -> Result<(), Refusal> {
    let commits = &compared.commits;
    let (Some(last), Some(first)) = (commits.first(), commits.last()) else {
        return Ok(());
    };
    let same_first = before.first_commit.as_deref() == Some(&first.sha);
    if same_first && before.head.sha == last.sha {
        return Ok(());
    }
    let now = hub.now();
    if let Ok(pull) = hub.state().pull_mut(before.project, before.number) {
        pull.first_commit = Some(first.sha.clone());
        last.sha.clone_into(&mut pull.head.sha);
        if let Some(base) = &compared.base {
            base.clone_into(&mut pull.base_sha);
        }
        pull.merge_status = None;
        pull.touched_at = now;
    }
    let Some(_) = before.first_commit else {
        return Ok(());
    };
    let text = if same_first {
        let known = &before.head.sha;
        let new: Vec<&CommitInfo> = commits.iter().take_while(|c| c.sha != *known).collect();
        let plural = if new.len() == 1 { "" } else { "s" };
        let mut text = format!("**{} new commit{plural} added**\n\n", new.len());
        for commit in new {
            text.push_str(&format!(" * ``{}``\n", commit.subject()));
        }
        text
    } else {
        let onto = compared.base.as_deref().unwrap_or("unknown target");
        format!("rebased onto {onto}")
    };
    let by = by.unwrap_or(&before.author);
    hub.add_comment(by, before.project, before.number, &text, true)?;
    Ok(())
}

/// Looks at a pull request's branches again and finds out what a merge would come to.
pub(super) async fn settle(hub: &Hub, project: ProjectId, number: u64, by: &str) {
    // What goes wrong here goes into a log on a real server.
    let Ok(_) = refresh(hub, project, number, Some(by)).await else {
        return;
    };
    if let Ok(Some(word)) = merge_word(hub, project, number).await {
        let now = hub.now();
        if let Ok(pull) = hub.state().pull_mut(project, number) {
            pull.merge_status = Some(word.to_owned());
            pull.touched_at = now;
        }
    }
}

async fn merge_word(
    hub: &Hub,
    project: ProjectId,
    number: u64,
) -> Result<Option<&'static str>, Refusal> {
    let pull = hub.state().pull(project, number)?.clone();
    if pull.state != PullState::Open || pull.synthetic {
        return Ok(None);
    }
    let target = hub.stored_repository(project);
    let Some(tip) = tip(hub, &pull, &target).await? else {
        return Ok(None);
    };
    let Some(base) = target.branch(&pull.base_branch).await? else {
        let empty = target.branches().await?.is_empty();
        return Ok(empty.then_some("FFORWARD"));
    };
    Ok(Some(if target.is_ancestor(&tip, &base).await? {
        "NO_CHANGE"
    } else if target.is_ancestor(&base, &tip).await? {
        "FFORWARD"
    } else if target.merge_tree(&base, &tip).await?.is_some() {
        "MERGE"
    } else {
        "CONFLICTS"
    }))
}

/// The commit that a merge would take: the tip of the branch; if the fork is gone, what the target kept.
/// A branch that is gone while its project is not leaves nothing to merge.
pub(super) async fn tip(
    hub: &Hub,
    pull: &PullRequest,
    target: &Repository,
) -> Result<Option<String>, Refusal> {
    match pull.head.project {
        Some(source) => {
            let source = hub.stored_repository(source);
            let tip = source.branch(&pull.head.branch).await?;
            if let Some(tip) = &tip {
                target.fetch(&source, tip).await?;
            }
            Ok(tip)
        }
        None => {
            let kept = hub.state().rules.pull_ref(pull.number);
            Ok(target.resolve(&kept).await?)
        }
    }
}

/// Forgets what merges of the open pull requests into a project would come to, but for some.
pub(super) fn forget_merges(hub: &Hub, project: ProjectId, but: &[(ProjectId, u64)]) {
    let now = hub.now();
    let mut state = hub.state();
    let Ok(project) = state.project_mut(project) else {
        return;
    };
    for pull in project.pull_requests.values_mut() {
        let spared = but.contains(&(pull.project, pull.number));
        if pull.state == PullState::Open && !spared {
            pull.merge_status = None;
            pull.touched_at = now;
        }
    }
}

/// Notes the commits of a pull request that was just opened.
pub(in crate::dialect) async fn pull_request_opened(
    hub: &Hub,
    project: ProjectId,
    number: u64,
) -> Result<(), Refusal> {
    match refresh(hub, project, number, None).await {
        Ok(_) | Err(Stuck::Because(_)) => Ok(()),
        Err(Stuck::Broken(refusal)) => Err(refusal),
    }
}

/// What a push sets off. The pull requests from the branch are looked at again, unless the branch is called
/// like the default branch of the project that they usually go to; about all others into that project it
/// is forgotten what merging them would come to.
pub(in crate::dialect) async fn pushed(
    hub: &Hub,
    actor: &str,
    project: ProjectId,
    updates: &[RefUpdate],
) -> Result<(), Refusal> {
    let (upstream, takes_pulls) = {
        let state = hub.state();
        let pushed = state.projects.get(&project);
        let parent = pushed.and_then(|project| project.parent);
        let upstream = parent.unwrap_or(project);
        let found = state.projects.get(&upstream);
        (upstream, found.is_some_and(|found| found.has_pull_requests))
    };
    let repository = hub.stored_repository(upstream);
    let default = repository.head_branch().await?;
    let born = repository.branch(&default).await?.is_some();
    let mut seen = Vec::new();
    for update in updates {
        let branch = update.name.strip_prefix("refs/heads/");
        let (Some(branch), Some(new)) = (branch, &update.new) else {
            continue;
        };
        if !brings_commits(hub, project, update, new).await? {
            continue;
        }
        if !born {
            // The hook trips over a HEAD without a branch.
            return Ok(());
        }
        if branch == default || !takes_pulls {
            continue;
        }
        let sources = [Some(upstream), Some(project)];
        let from_it: Vec<(ProjectId, u64)> = {
            let state = hub.state();
            let pulls = state
                .projects
                .values()
                .flat_map(|p| p.pull_requests.values());
            pulls
                .filter(|pull| pull.state == PullState::Open && !pull.synthetic)
                .filter(|pull| sources.contains(&pull.head.project) && pull.head.branch == branch)
                .map(|pull| (pull.project, pull.number))
                .collect()
        };
        for (target, number) in from_it {
            settle(hub, target, number, actor).await;
            seen.push((target, number));
        }
    }
    forget_merges(hub, upstream, &seen);
    Ok(())
}

/// Whether a push has commits to tell of: a new branch has those that the default branch lacks.
async fn brings_commits(
    hub: &Hub,
    project: ProjectId,
    update: &RefUpdate,
    new: &str,
) -> Result<bool, Refusal> {
    if let Some(old) = &update.old {
        return Ok(old != new);
    }
    let repository = hub.stored_repository(project);
    let head = repository.head_branch().await?;
    if update.name.contains(&head) {
        return Ok(true);
    }
    match repository.branch(&head).await? {
        Some(head) => Ok(!repository.is_ancestor(new, &head).await?),
        None => Ok(true),
    }
}
