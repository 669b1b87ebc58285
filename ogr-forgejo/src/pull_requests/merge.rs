//! Merging a pull request.

use http::StatusCode;
use ogr_core::{
    Error, ErrorKind, Merge, MergeMethod, MergeOutcome, Operation, Outcome, Result, http::Effect,
};
use serde::Serialize;

use super::wire::Pull;
use crate::{ForgejoProject, dialect::says_try_again, forge::POST};

const OPERATION: Operation = Operation::PullRequestsMerge;

/// The names are those of the forge, mixed as they are.
#[derive(Serialize)]
struct MergeForm<'a> {
    #[serde(rename = "Do")]
    method: &'a str,
    #[serde(rename = "MergeTitleField", skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(rename = "MergeMessageField", skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head_commit_id: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    merge_when_checks_succeed: bool,
}

/// Merges a pull request, now or when its checks pass.
pub(super) async fn merge(
    project: &ForgejoProject,
    number: u64,
    merge: Merge,
) -> Result<MergeOutcome> {
    let mut method = match merge.method {
        None => None,
        Some(method) => Some(word(method).map_err(|error| project.client().locate(error))?),
    };
    // Scheduling does not heed the expected head, so that it is looked at before.
    let looks = method.is_none() || (merge.when_checks_pass && merge.expected_head.is_some());
    let own_method;
    if looks {
        let pull = project.pull(OPERATION, number).await?;
        may_merge(project, number, &merge, &pull)?;
        own_method = own_method_of(pull);
        method = method.or(Some(own_method.as_str()));
    }
    let number_text = number.to_string();
    let call = project
        .call(OPERATION, POST, ["pulls", &number_text, "merge"])?
        .resource(project.numbered(number))
        // Nothing is merged twice: a second try is refused, and told from a first one by a look.
        .effect(Effect::Idempotent)
        .json(&MergeForm {
            method: method.unwrap_or("merge"),
            title: merge.title.as_deref(),
            message: merge.message.as_deref(),
            head_commit_id: merge.expected_head.as_deref(),
            merge_when_checks_succeed: merge.when_checks_pass,
        })?;
    match project.send(call).await {
        Ok(reply) if reply.status == StatusCode::CREATED => Ok(MergeOutcome::Scheduled),
        Ok(_) => Ok(MergeOutcome::Merged { sha: None }),
        Err(error) => settle(project, number, &merge, error).await,
    }
}

/// The forge's word for a method.
fn word(method: MergeMethod) -> Result<&'static str> {
    match method {
        MergeMethod::Merge => Ok("merge"),
        MergeMethod::Squash => Ok("squash"),
        MergeMethod::Rebase => Ok("rebase"),
        MergeMethod::FastForward => Ok("fast-forward-only"),
        _ => Err(Error::unsupported(
            Operation::PullRequestsMergeMethod,
            "ogr does not know how to merge in this way on Forgejo",
        )),
    }
}

/// The project's own method, which the pull request's base carries.
fn own_method_of(pull: Pull) -> String {
    pull.base
        .and_then(|base| base.repo?.default_merge_style)
        // What the forge offers on its pages is more than it takes here.
        .filter(|style| {
            matches!(
                style.as_str(),
                "merge" | "rebase" | "rebase-merge" | "squash" | "fast-forward-only"
            )
        })
        .unwrap_or_else(|| "merge".to_owned())
}

/// What is known to be refused is not tried.
fn may_merge(project: &ForgejoProject, number: u64, merge: &Merge, pull: &Pull) -> Result<()> {
    let conflict = |why: String| {
        Err(project.error(
            OPERATION,
            project.numbered(number),
            ErrorKind::Conflict,
            why,
        ))
    };
    if pull.is_merged() {
        return conflict("it is merged already".to_owned());
    }
    if !pull.is_open() {
        return conflict("it is closed".to_owned());
    }
    match (&merge.expected_head, pull.head_sha()) {
        (Some(expected), Some(head)) if !head.eq_ignore_ascii_case(expected) => {
            conflict(format!("its head is {head}, not {expected}"))
        }
        _ => Ok(()),
    }
}

/// Finds out what a refusal means: the forge has one answer for much, and an answer may have been lost before.
async fn settle(
    project: &ForgejoProject,
    number: u64,
    merge: &Merge,
    error: Error,
) -> Result<MergeOutcome> {
    if merge.when_checks_pass && error.message().contains("already scheduled") {
        return Ok(MergeOutcome::Scheduled);
    }
    if error.kind() == ErrorKind::NotReady && says_try_again(error.message()) {
        let message = format!(
            "{}: the forge still looks for conflicts with the target, or has found one; it does not say which",
            error.message()
        );
        return Err(error.with_message(message));
    }
    let unclear = match error.kind() {
        // A closed one, an issue, or nothing at all.
        ErrorKind::NotFound => true,
        ErrorKind::Conflict => error.status() == Some(405) || error.outcome() == Outcome::Unknown,
        _ => false,
    };
    if !unclear {
        return Err(error);
    }
    let Ok(pull) = project.pull(OPERATION, number).await else {
        return Err(error);
    };
    let as_expected = merge.expected_head.as_deref().is_none_or(|expected| {
        pull.head_sha()
            .is_some_and(|head| head.eq_ignore_ascii_case(expected))
    });
    if pull.is_merged() && error.outcome() == Outcome::Unknown && as_expected {
        // The first try did it, and its answer was lost.
        return Ok(MergeOutcome::Merged {
            sha: pull.merge_commit_sha,
        });
    }
    may_merge(project, number, merge, &pull)?;
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_carries_the_own_method() {
        let read = |style: &str| {
            let json = format!(
                r#"{{"number":1,"base":{{"repo":{{"full_name":"a/b","default_merge_style":{style}}}}}}}"#
            );
            own_method_of(serde_json::from_str(&json).unwrap())
        };
        assert_eq!(read(r#""squash""#), "squash");
        assert_eq!(read(r#""rebase-update-only""#), "merge");
        assert_eq!(read("null"), "merge");
    }
}
