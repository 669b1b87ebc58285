//! Blobs by their names in git.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::super::Answer;
use super::super::call::Call;
use super::super::problem::Problem;
use crate::dialect::{answer, bytes};
use crate::state::ProjectId;

/// `GET .../repository/blobs/{sha}`.
pub(in super::super) async fn get(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    let content = read(call, id, sha).await?;
    let body = json!({
        "size": content.len(),
        "encoding": "base64",
        "content": STANDARD.encode(&content),
        "sha": sha,
    });
    Ok(answer(200, &body))
}

/// `GET .../repository/blobs/{sha}/raw`.
pub(in super::super) async fn raw(call: &Call<'_>, id: ProjectId, sha: &str) -> Answer {
    let content = read(call, id, sha).await?;
    Ok(bytes(200, "text/plain; charset=utf-8", content))
}

async fn read(call: &Call<'_>, id: ProjectId, sha: &str) -> Result<Vec<u8>, Problem> {
    let repository = call.repository(id).await?;
    let missing = || Problem::not_found("Blob");
    if !repository.has(sha).await? {
        return Err(missing());
    }
    repository.blob(sha).await?.ok_or_else(missing)
}
