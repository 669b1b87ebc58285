//! Pages for people, as far as tools read them. They know sessions, not tokens: what is not public
//! leads to the form to sign in.

use super::call::find_commit;
use super::problem::Problem;
use super::view::View;
use crate::dialect::{Answered, Request, Response, html, text};
use crate::git::Repository;
use crate::hub::Hub;
use crate::state::{Project, PullRequest};

pub(super) async fn get(hub: &Hub, request: &Request) -> Response {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return html(404, "<h1>404</h1><p>Page not found</p>");
    }
    match page(hub, request).await {
        Ok(Some(answer)) => answer,
        Ok(None) => sign_in(hub),
        Err(problem) => problem.response(),
    }
}

/// Nobody is told whether the page exists.
fn sign_in(hub: &Hub) -> Response {
    let to = format!("{}/users/sign_in", View::new(hub).web);
    html(
        302,
        format!("<html><body>You are being <a href=\"{to}\">redirected</a>.</body></html>"),
    )
    .with("location", to)
}

async fn page(hub: &Hub, request: &Request) -> Result<Option<Response>, Problem> {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let Some(at) = segments.iter().position(|part| *part == "-") else {
        return Ok(project(hub, &segments.join("/")).map(|project| overview(&project)));
    };
    let Some(project) = project(hub, &segments[..at].join("/")) else {
        return Ok(None);
    };
    let repository = hub.repository(project.id).await?;
    match &segments[at + 1..] {
        ["merge_requests", name] => merge_request(&repository, &project, name).await,
        ["commit", name] => commit(&repository, name).await,
        ["raw", rest @ ..] => raw(&repository, rest).await,
        _ => Ok(None),
    }
}

/// A project that everyone may see.
fn project(hub: &Hub, path: &str) -> Option<Project> {
    let state = hub.state();
    state.visible(None, path).ok().cloned()
}

fn overview(project: &Project) -> Response {
    html(
        200,
        format!("<html><body><h1>{}</h1></body></html>", project.name),
    )
}

async fn merge_request(
    repository: &Repository,
    project: &Project,
    name: &str,
) -> Result<Option<Response>, Problem> {
    let (number, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    let number = number.parse::<u64>().ok();
    let pull = number.and_then(|number| project.pull_requests.get(&number));
    let Some(pull) = pull.filter(|pull: &&PullRequest| !pull.synthetic) else {
        return Ok(None);
    };
    let head = &pull.head.sha;
    let base = repository.merge_base(&pull.base_sha, head).await?;
    let base = base.unwrap_or_else(|| pull.base_sha.clone());
    Ok(match kind {
        "diff" => Some(text(200, repository.diff(&base, head).await?)),
        "patch" => Some(text(200, repository.patch(&base, head).await?)),
        "" => Some(html(
            200,
            format!("<html><body><h1>{}</h1></body></html>", pull.title),
        )),
        _ => None,
    })
}

async fn commit(repository: &Repository, name: &str) -> Result<Option<Response>, Problem> {
    let (sha, kind) = name.split_once('.').unwrap_or((name, ""));
    let Some(info) = repository.commit(sha).await? else {
        return Ok(None);
    };
    Ok(match kind {
        "diff" => {
            let before = Repository::before(&info.parents);
            Some(text(200, repository.diff(before, sha).await?))
        }
        "patch" => Some(text(200, repository.patch_of(sha).await?)),
        "" => Some(html(
            200,
            format!("<html><body><h1>{sha}</h1></body></html>"),
        )),
        _ => None,
    })
}

/// A branch may have slashes of its own: the longest that fits is meant.
async fn raw(repository: &Repository, rest: &[&str]) -> Result<Option<Response>, Problem> {
    for at in (1..rest.len()).rev() {
        let (name, path) = (rest[..at].join("/"), rest[at..].join("/"));
        let Some(sha) = find_commit(repository, &name).await? else {
            continue;
        };
        if let Some(content) = repository.file(&sha, &path).await? {
            return Ok(Some(text(200, content)));
        }
    }
    Ok(None)
}
