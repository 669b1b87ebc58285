//! What a pull request holds: commits, files, the whole as text.

use serde_json::{Value, json};

use super::super::call::Call;
use super::super::problem::Problem;
use super::super::{Answer, answer, commits};
use crate::git::LogQuery;
use crate::state::{ProjectId, PullRequest};

/// The most commits that a pull request shows.
const MOST_COMMITS: usize = 250;
/// The most files that a pull request shows.
const MOST_FILES: usize = 3000;
/// The longest diff, in lines.
const MOST_LINES: usize = 20_000;

/// The pull request, and the commits that it goes from (where head and base parted) and to.
pub(in super::super) async fn range(
    call: &Call<'_>,
    id: ProjectId,
    number: &str,
) -> Result<(PullRequest, String, String), Problem> {
    let number = super::number(number)?;
    let pull = {
        let state = call.hub.state();
        call.token_may(&state, id, "pull_requests", false)?;
        state.visible_id(call.login(), id)?.pull(number)?.clone()
    };
    let head = pull.head.sha.clone();
    if pull.synthetic {
        return Ok((pull, head.clone(), head));
    }
    let repository = call.repository(id).await?;
    let base = repository.merge_base(&pull.base_sha, &head).await?;
    let base = base.unwrap_or_else(|| pull.base_sha.clone());
    Ok((pull, base, head))
}

/// `GET .../pulls/{pull_number}/commits`: oldest first.
pub(in super::super) async fn commits(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let (pull, base, head) = range(call, id, number).await?;
    let paging = call.paging();
    let query = LogQuery {
        without: Some(&base),
        oldest_first: true,
        limit: Some(MOST_COMMITS),
        ..LogQuery::default()
    };
    let mut all = Vec::new();
    if !pull.synthetic {
        all = call.repository(id).await?.log(&head, &query).await?;
    }
    let urls = call.urls(id)?;
    let state = call.hub.state();
    let rows: Vec<Value> = paging
        .cut(&all)
        .into_iter()
        .map(|info| commits::commit(call, &state, &urls, info))
        .collect();
    drop(state);
    let tail = format!("/pulls/{number}/commits");
    let answer = answer(200, &json!(rows));
    Ok(call.linked(answer, id, &tail, paging, all.len()))
}

/// `GET .../pulls/{pull_number}/files`.
pub(in super::super) async fn files(call: &Call<'_>, id: ProjectId, number: &str) -> Answer {
    let (pull, base, head) = range(call, id, number).await?;
    let mut all = Vec::new();
    if !pull.synthetic {
        all = call
            .repository(id)
            .await?
            .changes(&base, &head, true)
            .await?;
    }
    all.truncate(MOST_FILES);
    let urls = call.urls(id)?;
    let paging = call.paging();
    let rows: Vec<Value> = paging
        .cut(&all)
        .into_iter()
        .map(|change| commits::changed(&urls, &head, change))
        .collect();
    let tail = format!("/pulls/{number}/files");
    let answer = answer(200, &json!(rows));
    Ok(call.linked(answer, id, &tail, paging, all.len()))
}

/// The pull request as one diff, or as a series of mails.
pub(super) async fn text(call: &Call<'_>, id: ProjectId, number: &str, media: &str) -> Answer {
    let (pull, base, head) = range(call, id, number).await?;
    if pull.synthetic {
        return Ok(commits::diff(Vec::new()));
    }
    let repository = call.repository(id).await?;
    if media == "patch" {
        return Ok(commits::patch(repository.patch(&base, &head).await?));
    }
    let diff = repository.diff(&base, &head).await?;
    if diff.iter().filter(|byte| **byte == b'\n').count() > MOST_LINES {
        let words = format!("Sorry, the diff exceeded the maximum number of lines ({MOST_LINES})");
        return Err(Problem::too_large(&words));
    }
    Ok(commits::diff(diff))
}
