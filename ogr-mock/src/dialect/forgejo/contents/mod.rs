//! Files: reading, raw and as archives, and committing them.

mod archive;
mod change;
mod raw;
mod read;
mod write;

pub(super) use archive::archive;
pub(super) use raw::{raw, raw_below};

use super::Answer;
use super::call::Call;
use crate::state::ProjectId;

/// Routes below `/repos/{owner}/{repo}/contents`.
pub(super) async fn route(call: &Call<'_>, id: ProjectId, path: &str) -> Answer {
    match (call.request.method.as_str(), path) {
        ("GET", _) => read::get(call, id, path).await,
        ("POST", "") => write::many(call, id).await,
        ("POST", _) => write::create(call, id, path).await,
        ("PUT", _) => write::update(call, id, path).await,
        _ => write::delete(call, id, path).await,
    }
}

/// A path without `.`, `..` and empty segments; it never leaves the root.
fn clean(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    segments.join("/")
}
