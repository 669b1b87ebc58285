//! What the tests of addresses have in common.

mod forms;
mod instances;
mod links;
mod properties;
mod refusals;

use super::{Link, ProjectPath, RepoUrl};
use crate::ForgeKind;

fn url(text: &str) -> RepoUrl {
    RepoUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn resolved(kind: ForgeKind, text: &str) -> (String, Option<Link>) {
    let (path, link) = url(text)
        .resolve(kind, "/")
        .unwrap_or_else(|error| panic!("{text} on {kind}: {error}"));
    (path.to_string(), link)
}

fn project(kind: ForgeKind, text: &str) -> ProjectPath {
    url(text)
        .project_path(kind, "/")
        .unwrap_or_else(|error| panic!("{text} on {kind}: {error}"))
}

fn file(at: &str, path: &str) -> Option<Link> {
    Some(Link::File {
        path: path.into(),
        at: at.into(),
    })
}
