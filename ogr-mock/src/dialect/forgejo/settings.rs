//! What the forge tells about itself.

use serde_json::{Value, json};

use super::call::Call;
use super::json_answer;
use crate::dialect::{Response, answer};

/// `GET /api/v1/version`.
pub(super) fn version(call: &Call<'_>) -> Response {
    json_answer(200, &json!({"version": call.hub.settings.version}))
}

/// `GET /api/forgejo/v1/version`, which another framework writes.
pub(super) fn forgejo_version(call: &Call<'_>) -> Response {
    answer(200, &json!({"version": call.hub.settings.version}))
}

/// `GET /settings/{api,repository,attachment,ui}`.
pub(super) fn settings(call: &Call<'_>, room: &str) -> Response {
    let body = match room {
        "api" => json!({
            "max_response_items": call.page_cap(),
            "default_paging_num": 30.min(call.page_cap()),
            "default_git_trees_per_page": 1000,
            "default_max_blob_size": 10_485_760,
        }),
        "repository" => repository(call),
        "attachment" => json!({
            "enabled": true,
            "allowed_types": ".gif,.gz,.jpeg,.jpg,.json,.log,.patch,.pdf,.png,.svg,.txt,.webm,.zip",
            "max_size": if call.flavour.gitea { 4 } else { 2048 },
            "max_files": 5,
        }),
        _ => json!({
            "default_theme": if call.flavour.gitea { "gitea-auto" } else { "forgejo-auto" },
            "allowed_reactions":
                ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"],
            "custom_emojis": ["git", "gitea", "codeberg", "gitlab", "github", "gogs"],
        }),
    };
    json_answer(200, &body)
}

fn repository(call: &Call<'_>) -> Value {
    let mut body = json!({
        "mirrors_disabled": true,
        "http_git_disabled": false,
        "migrations_disabled": true,
        "stars_disabled": true,
        "time_tracking_disabled": true,
        "lfs_disabled": true,
    });
    if !call.flavour.gitea {
        body["forks_disabled"] = json!(false);
    }
    body
}
