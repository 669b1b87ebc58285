//! The labels of a pull request. Forgejo takes them by name, Gitea by number.

use futures_util::TryStreamExt;
use ogr_core::{Error, ErrorKind, Listing, Operation, Project, Result, http::Paging};
use serde::Serialize;

use super::wire::LabelRow;
use crate::{
    ForgejoProject,
    forge::{GET, PUT},
    wire::{counted, paged},
};

#[derive(Serialize)]
struct SetLabels<T> {
    labels: Vec<T>,
}

/// Gives a pull request exactly these labels.
pub(super) async fn set(
    project: &ForgejoProject,
    number: u64,
    labels: &[&str],
) -> Result<Vec<String>> {
    let operation = Operation::PullRequestsSetLabels;
    let number_text = number.to_string();
    let call = project
        .call(operation, PUT, ["issues", &number_text, "labels"])?
        .resource(project.numbered(number));
    let call = if project.forgejo().is_gitea() {
        let ids = ids(project, operation, labels).await?;
        call.json(&SetLabels { labels: ids })?
    } else {
        call.json(&SetLabels {
            labels: labels.to_vec(),
        })?
    };
    let reply = project.send(call).await?;
    let rows: Vec<LabelRow> = project.forgejo().located(reply.rows())?;
    let names: Vec<String> = rows.into_iter().map(|row| row.name).collect();
    // Labels that are not there are left out in silence.
    match labels
        .iter()
        .find(|label| !names.iter().any(|name| name == *label))
    {
        Some(missing) => Err(no_label(project, operation, missing)),
        None => Ok(names),
    }
}

/// The numbers of labels by their names: those of the project first, then those of its organisation.
pub(super) async fn ids(
    project: &ForgejoProject,
    operation: Operation,
    names: &[&str],
) -> Result<Vec<i64>> {
    let mut ids: Vec<Option<i64>> = vec![None; names.len()];
    let of_project = project.call(operation, GET, ["labels"])?;
    let of_organisation = project
        .client()
        .get(operation, ["orgs", project.owner(), "labels"])?
        .resource(project.owner());
    for (call, may_be_missing) in [(of_project, false), (of_organisation, true)] {
        if ids.iter().all(Option::is_some) {
            break;
        }
        let mut labels: Listing<LabelRow> = project.client().listing(
            paged(call),
            Paging::Numbered,
            |reply| counted(reply, |row: LabelRow| Ok(Some(row))),
            |label| label.id.to_string(),
        );
        loop {
            let label = match labels.try_next().await {
                Ok(Some(label)) => label,
                Ok(None) => break,
                // The owner is a user, who has none.
                Err(error) if may_be_missing && error.is_not_found() => break,
                Err(error) => return Err(error),
            };
            for (name, id) in names.iter().zip(&mut ids) {
                // Two labels may have one name: the first is as good as any.
                if label.name == *name && id.is_none() {
                    *id = Some(label.id);
                }
            }
            if ids.iter().all(Option::is_some) {
                break;
            }
        }
    }
    names
        .iter()
        .zip(ids)
        .map(|(name, id)| id.ok_or_else(|| no_label(project, operation, name)))
        .collect()
}

fn no_label(project: &ForgejoProject, operation: Operation, name: &str) -> Error {
    project.error(
        operation,
        format!("{} label {name}", project.path()),
        ErrorKind::NotFound,
        "the forge has no such label, and makes none by itself",
    )
}
