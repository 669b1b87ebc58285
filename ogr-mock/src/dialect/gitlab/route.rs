//! From a path to what answers it. A `/` in a project's or a file's path must come as `%2F`: as
//! itself it makes another route, most often none.

use super::call::Call;
use super::problem::Problem;
use super::{
    Answer, branches, commits, compare, contents, forks, labels, members, namespaces, pipelines,
    projects, pull_requests, releases, statuses, tags, users,
};
use crate::state::ProjectId;

pub(super) async fn route(call: &Call<'_>) -> Answer {
    let (method, path) = call.request.route();
    let reads = matches!(method, "GET" | "HEAD");
    let path = match path.as_slice() {
        ["api", "v4", path @ ..] => path,
        ["api", "v3", ..] => {
            let words = "API V3 is no longer supported. Use API V4 instead.";
            return Err(Problem::error(410, words));
        }
        _ => return Err(Problem::no_route()),
    };
    if !reads && !path.is_empty() {
        call.signed_in()?;
    }
    if let ["projects", id, tail @ ..] = path {
        let id = call.project(id)?;
        return project_route(call, method, id, tail).await;
    }
    let method = if method == "HEAD" { "GET" } else { method };
    match (method, path) {
        ("GET", ["version" | "metadata"]) => users::version(call),
        ("GET", ["user"]) => users::whoami(call),
        ("GET", ["users"]) => users::list(call),
        ("GET", ["users", id]) => users::by_id(call, id),
        ("GET", ["users", id, "projects"]) => projects::list_of_user(call, id).await,
        ("GET", ["projects"]) => projects::list(call).await,
        ("POST", ["projects"]) => projects::create(call).await,
        ("GET", ["merge_requests"]) => pull_requests::list_all(call),
        ("GET", ["namespaces"]) => namespaces::list(call),
        ("GET", ["namespaces", id]) => namespaces::get(call, id),
        ("GET", ["namespaces", id, "exists"]) => namespaces::exists(call, id),
        ("GET", ["groups"]) => namespaces::groups(call),
        ("GET", ["groups", id]) => namespaces::group(call, id).await,
        ("GET", ["groups", id, "projects"]) => projects::list_of_group(call, id).await,
        ("GET", ["groups", id, "subgroups"]) => namespaces::subgroups(call, id),
        ("GET", ["groups", id, "merge_requests"]) => pull_requests::list_of_group(call, id),
        ("GET", ["groups", id, "members"]) => members::of_group(call, id, false),
        ("GET", ["groups", id, "members", "all"]) => members::of_group(call, id, true),
        _ => Err(Problem::no_route()),
    }
}

/// What belongs to one project.
async fn project_route(call: &Call<'_>, method: &str, id: ProjectId, tail: &[&str]) -> Answer {
    if let ["repository", tail @ ..] = tail {
        return repository_route(call, method, id, tail).await;
    }
    let method = if method == "HEAD" { "GET" } else { method };
    match (method, tail) {
        ("GET", []) => projects::get(call, id).await,
        ("PUT", []) => projects::change(call, id).await,
        ("DELETE", []) => projects::delete(call, id).await,
        ("POST", ["archive"]) => projects::archive(call, id, true).await,
        ("POST", ["unarchive"]) => projects::archive(call, id, false).await,
        ("GET", ["languages"]) => projects::languages(call, id).await,
        ("POST", ["fork"]) => forks::create(call, id).await,
        ("DELETE", ["fork"]) => forks::detach(call, id),
        ("GET", ["forks"]) => forks::list(call, id).await,
        (_, ["merge_requests", ..]) => merge_request_route(call, method, id, &tail[1..]).await,
        ("POST", ["statuses", sha]) => statuses::create(call, id, sha).await,
        ("GET", ["pipelines"]) => pipelines::list(call, id),
        ("GET", ["pipelines", number]) => pipelines::get(call, id, number),
        ("GET", ["releases"]) => releases::list(call, id).await,
        ("POST", ["releases"]) => releases::create(call, id).await,
        ("GET", ["releases", "permalink", "latest", rest @ ..]) => releases::latest(call, id, rest),
        ("GET", ["releases", tag]) => releases::get(call, id, tag).await,
        ("PUT", ["releases", tag]) => releases::change(call, id, tag).await,
        ("DELETE", ["releases", tag]) => releases::delete(call, id, tag).await,
        ("GET", ["labels"]) => labels::list(call, id),
        ("POST", ["labels"]) => labels::create(call, id),
        ("GET", ["labels", name]) => labels::get(call, id, name),
        ("PUT", ["labels", name]) => labels::change(call, id, name),
        ("DELETE", ["labels", name]) => labels::delete(call, id, name),
        ("GET", ["members"]) => members::of_project(call, id, false),
        ("GET", ["members", "all"]) => members::of_project(call, id, true),
        ("GET", ["members", user]) => members::one(call, id, user, false),
        ("GET", ["members", "all", user]) => members::one(call, id, user, true),
        _ => Err(Problem::no_route()),
    }
}

/// What is in the repository.
async fn repository_route(call: &Call<'_>, method: &str, id: ProjectId, tail: &[&str]) -> Answer {
    use contents::{blobs, files, tree};
    match (method, tail) {
        ("HEAD", ["branches", name]) => return branches::exists(call, id, name).await,
        ("HEAD", ["files", path]) => return files::head(call, id, path).await,
        _ => {}
    }
    let method = if method == "HEAD" { "GET" } else { method };
    match (method, tail) {
        ("GET", ["branches"]) => branches::list(call, id).await,
        ("POST", ["branches"]) => branches::create(call, id).await,
        ("GET", ["branches", name]) => branches::get(call, id, name).await,
        ("DELETE", ["branches", name]) => branches::delete(call, id, name).await,
        ("GET", ["tags"]) => tags::list(call, id).await,
        ("POST", ["tags"]) => tags::create(call, id).await,
        ("GET", ["tags", name]) => tags::get(call, id, name).await,
        ("DELETE", ["tags", name]) => tags::delete(call, id, name).await,
        ("GET", ["commits"]) => commits::list(call, id).await,
        ("POST", ["commits"]) => contents::commit::create(call, id).await,
        ("GET", ["commits", sha]) => commits::get(call, id, sha).await,
        ("GET", ["commits", sha, "diff"]) => commits::diff(call, id, sha).await,
        ("GET", ["commits", sha, "refs"]) => commits::refs(call, id, sha).await,
        ("GET", ["commits", sha, "statuses"]) => statuses::list(call, id, sha).await,
        ("GET", ["commits", sha, "merge_requests"]) => commits::merge_requests(call, id, sha).await,
        ("GET", ["compare"]) => compare::compare(call, id).await,
        ("GET", ["merge_base"]) => compare::merge_base(call, id).await,
        ("GET", ["contributors"]) => commits::contributors(call, id).await,
        ("GET", ["tree"]) => tree::list(call, id).await,
        ("GET", ["blobs", sha]) => blobs::get(call, id, sha).await,
        ("GET", ["blobs", sha, "raw"]) => blobs::raw(call, id, sha).await,
        ("GET", ["files", path]) => files::get(call, id, path).await,
        ("GET", ["files", path, "raw"]) => files::raw(call, id, path).await,
        ("POST", ["files", path]) => contents::commit::one_file(call, id, path, "create").await,
        ("PUT", ["files", path]) => contents::commit::one_file(call, id, path, "update").await,
        ("DELETE", ["files", path]) => contents::commit::one_file(call, id, path, "delete").await,
        _ => Err(Problem::no_route()),
    }
}

/// Merge requests.
async fn merge_request_route(
    call: &Call<'_>,
    method: &str,
    id: ProjectId,
    tail: &[&str],
) -> Answer {
    use pull_requests::{change, create, merge, notes, parts};
    let (number, tail) = match (method, tail) {
        ("GET", []) => return pull_requests::list(call, id),
        ("POST", []) => return create::create(call, id).await,
        (_, []) => return Err(Problem::no_route()),
        (_, [number, tail @ ..]) => {
            let number = number.parse::<u64>();
            let wrong = |_| Problem::error(400, "merge_request_iid is invalid");
            (number.map_err(wrong)?, tail)
        }
    };
    match (method, tail) {
        ("GET", []) => pull_requests::get(call, id, number).await,
        ("PUT", []) => change::change(call, id, number).await,
        ("DELETE", []) => change::delete(call, id, number),
        ("PUT", ["merge"]) => merge::merge(call, id, number).await,
        ("GET", ["merge_ref"]) => merge::merge_ref(call, id, number).await,
        ("POST", ["cancel_merge_when_pipeline_succeeds"]) => merge::cancel(call, id, number).await,
        ("PUT", ["rebase"]) => merge::rebase(call, id, number).await,
        ("GET", ["commits"]) => parts::commits(call, id, number).await,
        ("GET", ["diffs"]) => parts::diffs(call, id, number).await,
        ("GET", ["changes"]) => parts::changes(call, id, number).await,
        ("GET", ["raw_diffs"]) => parts::raw_diffs(call, id, number).await,
        ("GET", ["participants"]) => parts::participants(call, id, number),
        ("GET", ["pipelines"]) => pipelines::of_merge_request(call, id, number),
        ("GET", ["notes"]) => notes::list(call, id, number),
        ("POST", ["notes"]) => notes::create(call, id, number),
        ("GET", ["notes", note]) => notes::get(call, id, number, note),
        ("PUT", ["notes", note]) => notes::change(call, id, number, note),
        ("DELETE", ["notes", note]) => notes::delete(call, id, number, note),
        _ => Err(Problem::no_route()),
    }
}
