//! What a pull request is made of: its commits, its files, its diff.

use serde_json::{Value, json};

use super::view::merge_base;
use crate::dialect::forgejo::Answer;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::commits::{self as commit_views, Detail};
use crate::dialect::forgejo::problem::Problem;
use crate::dialect::forgejo::view::path as path_url;
use crate::dialect::text;
use crate::git::{FileChange, LogQuery};
use crate::state::{ProjectId, PullRequest};

fn pull(call: &Call<'_>, id: ProjectId, number: u64) -> Answer<PullRequest> {
    let state = call.hub.state();
    let pull = state.visible_id(call.login(), id)?.pull(number)?;
    // Nothing is known of the commits of one that was made up.
    if pull.synthetic {
        return Err(Problem::server_error());
    }
    Ok(pull.clone())
}

/// `GET .../pulls/{index}.diff` and `.patch`.
pub(super) async fn diff(call: &Call<'_>, id: ProjectId, number: u64, format: &str) -> Answer {
    let pull = pull(call, id, number)?;
    let repository = call.repository(id).await?;
    let base = merge_base(call, &repository, &pull).await?;
    let body = if format == "diff" {
        repository.diff(&base, &pull.head.sha).await?
    } else {
        repository.patch(&base, &pull.head.sha).await?
    };
    Ok(text(200, body))
}

/// The same on the pages for people, where `diff_url` and `patch_url` lead.
pub(in crate::dialect::forgejo) async fn web_text(
    call: &Call<'_>,
    id: ProjectId,
    name: &str,
) -> Answer {
    match name.rsplit_once('.') {
        Some((number, format @ ("diff" | "patch"))) => {
            let number = super::number_of(call, id, number)?;
            diff(call, id, number, format).await
        }
        _ => Err(Problem::NoRoute),
    }
}

/// `GET .../pulls/{index}/commits`: the youngest first.
pub(super) async fn commits(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let pull = pull(call, id, number)?;
    let (project, repository) = (call.path_of(id)?, call.repository(id).await?);
    let base = merge_base(call, &repository, &pull).await?;
    let query = LogQuery {
        without: Some(&base),
        ..LogQuery::default()
    };
    let total = repository.log_count(&pull.head.sha, &query).await?;
    let paging = call.paging();
    let query = LogQuery {
        skip: paging.skip(),
        limit: Some(paging.per_page),
        ..query
    };
    let mut rows = Vec::new();
    for commit in repository.log(&pull.head.sha, &query).await? {
        let detail = Detail::asked(call).with_stat();
        rows.push(commit_views::view(call, &repository, &project, &commit, detail).await?);
    }
    let answer = call.linked(&json!(rows), paging, total);
    Ok(call.paged_headers(answer, paging, total, ""))
}

/// `GET .../pulls/{index}/files`. It breaks down when the fork is gone.
pub(super) async fn files(call: &Call<'_>, id: ProjectId, number: u64) -> Answer {
    let pull = pull(call, id, number)?;
    let source = pull.head.project.ok_or(Problem::Page500)?;
    let source = call
        .hub
        .state()
        .projects
        .get(&source)
        .map(crate::state::Project::path)
        .ok_or(Problem::Page500)?;
    let repository = call.repository(id).await?;
    let base = merge_base(call, &repository, &pull).await?;
    let changes = repository.changes(&base, &pull.head.sha, false).await?;
    let (total, paging) = (changes.len(), call.paging());
    let rows: Vec<Value> = paging
        .cut(changes)
        .iter()
        .map(|change| file(call, &source, &pull.head.sha, change))
        .collect();
    let answer = call.linked(&json!(rows), paging, total);
    Ok(call.paged_headers(answer, paging, total, ""))
}

fn file(call: &Call<'_>, project: &str, sha: &str, change: &FileChange) -> Value {
    let (api, page) = (call.project_api(project), call.project_page(project));
    let name = path_url(&change.path);
    let status = match change.status {
        'A' => "added",
        'D' => "deleted",
        'R' => "renamed",
        'C' => "copied",
        // Lines are what counts as a change.
        _ if change.additions + change.deletions == 0 => "unchanged",
        _ => "changed",
    };
    let mut row = json!({
        "filename": change.path,
        "status": status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "html_url": format!("{page}/src/commit/{sha}/{name}"),
        "contents_url": format!("{api}/contents/{name}?ref={sha}"),
        "raw_url": format!("{page}/raw/commit/{sha}/{name}"),
    });
    if let Some(old) = change.old_path.as_deref().filter(|_| change.status == 'R') {
        row["previous_filename"] = json!(old);
    }
    row
}
