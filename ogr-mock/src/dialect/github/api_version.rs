//! The versions of the API that a client may name in `X-GitHub-Api-Version`.
//!
//! Everything here is written as in 2022-11-28, which also is what clients get that name none; the later
//! version takes fields away.

use serde_json::{Map, Value};

use super::problem::Problem;
use crate::dialect::{Answered, Request, Response};

const OLD: &str = "2022-11-28";
const NEW: &str = "2026-03-10";

/// The version that a request asks for.
pub(super) fn asked(request: &Request) -> Result<&'static str, Problem> {
    match request.header("x-github-api-version") {
        None | Some(OLD) => Ok(OLD),
        Some(NEW) => Ok(NEW),
        Some(other) => Err(Problem::new(
            400,
            format!("{other} is not a supported version of the REST API: {NEW} and {OLD} are"),
        )),
    }
}

/// Writes an answer as that version has it.
pub(super) fn written(answer: Response, version: &str) -> Response {
    let answer = answer.with("x-github-api-version-selected", version);
    if version == OLD {
        return answer;
    }
    let Ok(mut body) = serde_json::from_slice(answer.body()) else {
        return answer;
    };
    trim(&mut body);
    answer.map(|_| body.to_string().into())
}

fn trim(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(trim),
        Value::Object(fields) => {
            trim_object(fields);
            fields.values_mut().for_each(trim);
        }
        _ => {}
    }
}

fn trim_object(fields: &mut Map<String, Value>) {
    let has = |name: &str| fields.contains_key(name);
    let gone: &[&str] = if has("merged_at") {
        &["assignee", "merge_commit_sha"]
    } else if has("clone_url") {
        &["has_downloads", "use_squash_pr_title_as_default"]
    } else if has("resources") {
        &["rate"]
    } else if has("current_user_url") {
        &["authorizations_url"]
    } else {
        &[]
    };
    for name in gone {
        fields.remove(*name);
    }
    // Folders list submodules as what they are: in the old version only their missing pages tell.
    let is_entry = fields.contains_key("download_url") && fields.contains_key("_links");
    let pageless = fields.get("html_url").is_some_and(Value::is_null);
    if is_entry && pageless && fields.get("type").and_then(Value::as_str) == Some("file") {
        fields.insert("type".to_owned(), Value::from("submodule"));
    }
}
