//! The forge itself: version, error codes, queued work, and who one is.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::Answer;
use super::call::Call;
use super::problem::{CODES, Problem, meaning};
use super::view::reply;
use crate::dialect::{Response, html, scramble};
use crate::state::Task;

/// The first page of the API, which is for people.
pub(super) fn documents() -> Response {
    html(
        200,
        "\n<!DOCTYPE html>\n<html lang='en'>\n<head><title> API | pagure  - Pagure</title></head>\n<body></body>\n</html>\n",
    )
}

pub(super) fn version(call: &Call<'_>) -> Response {
    reply(200, &json!({"version": call.hub.settings.version}))
}

pub(super) fn error_codes(call: &Call<'_>) -> Response {
    let mut codes = Map::new();
    for (code, _) in CODES {
        codes.insert((*code).to_owned(), json!(meaning(code, &call.view.web)));
    }
    reply(200, &Value::Object(codes))
}

pub(super) fn whoami(call: &Call<'_>) -> Answer {
    let login = call.login().ok_or_else(|| Problem::bad_token(None))?;
    Ok(reply(200, &json!({"username": login})))
}

/// How queued work goes. Of work that nobody queued it is said that it is pending.
pub(super) fn task(call: &Call<'_>, id: &str) -> Response {
    let now = call.hub.now();
    let state = call.hub.state();
    let done = state.tasks.get(id).filter(|task| task.ready_at <= now);
    let body = match done {
        None => json!({"ready": false, "status": "PENDING"}),
        Some(task) => json!({
            "ready": true,
            "successful": task.successful,
            "status": if task.successful { "SUCCESS" } else { "FAILURE" },
        }),
    };
    reply(200, &body)
}

impl Call<'_> {
    /// The answer to who does not want to wait: the id of the work, which is done but for what delays
    /// it.
    pub(super) fn queued(
        &self,
        message: &str,
        ready_at: DateTime<Utc>,
        successful: bool,
    ) -> Response {
        let mut state = self.hub.state();
        let number = state.new_id();
        let (high, low) = (scramble("task", number), scramble("queue", number));
        let id = format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        );
        let task = Task {
            ready_at,
            successful,
        };
        state.tasks.insert(id.clone(), task);
        reply(200, &json!({"message": message, "taskid": id}))
    }
}
