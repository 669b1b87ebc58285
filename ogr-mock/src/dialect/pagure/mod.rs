//! Pagure's API 0, and the few pages of its site that programs read: raw files, patches and diffs.
//!
//! Documents: <https://pagure.io/api/0/>. A file for each area; `route` reads paths, `form` bodies, `call`
//! tells who asks, `problem` says no, `paging` cuts lists, `view` writes what many answers have in common.
//!
//! The namespaces that anyone may make projects in are the groups without members; a group with members
//! is a namespace for these alone.

mod access;
mod call;
mod commits;
mod contents;
mod forks;
mod form;
mod git;
mod instance;
mod labels;
mod members;
mod objects;
mod options;
mod paging;
mod problem;
mod projects;
mod pull_requests;
mod refs;
mod route;
mod statuses;
mod tokens;
mod url;
mod users;
mod view;

use self::call::{Call, Need, authenticate};
use self::form::Form;
use self::problem::{Problem, redirect};
use self::route::{Found, Page, Part, Place, Route};
use self::view::View;
use super::{Answered, Request, Response};
use crate::hub::Hub;
use crate::state::Token;

pub(crate) use self::git::git_access;
pub(super) use self::pull_requests::{pull_request_opened, pushed};

/// What a route comes to.
type Answer = Result<Response, Problem>;

/// Answers a request to Pagure.
pub(crate) async fn handle(hub: &Hub, request: &Request) -> Response {
    let base = hub.base_url();
    // Its router sees the path decoded: `%2F` is a slash like any other.
    let path = request.decoded_path();
    let path: Vec<&str> = path.strip_prefix('/').unwrap_or(&path).split('/').collect();
    let form = match Form::read(request) {
        Ok(form) => form,
        Err(problem) => return problem.response(base),
    };
    let route = match route::find(request.method.as_str(), &path) {
        Found::Route(route) => route,
        Found::Methods(allowed) if request.method.as_str() == "OPTIONS" => {
            return problem::options(&allowed);
        }
        Found::Methods(allowed) => return Problem::Method(allowed).response(base),
        Found::Nothing => return nothing(hub, request, &path),
    };
    let caller = match authenticate(hub, request, Need::of(&route)) {
        Ok(caller) => caller,
        Err(problem) => return problem.response(base),
    };
    let login = caller.as_ref().map(|caller| caller.login.clone());
    let call = Call {
        hub,
        request,
        form,
        caller,
        view: View::new(hub),
    };
    let answer = answer(&call, route).await;
    let answer = answer.unwrap_or_else(|problem| problem.response(base));
    match login {
        Some(login) => answer.asked_by(&login),
        None => answer,
    }
}

/// Whether a token is good for git: Pagure asks for the same ACL for reading and for pushing.
pub(super) fn allows_git(token: &Token, _push: bool) -> bool {
    token.has_scope("commit")
}

/// A path without a route. One that has a route when the empty parts are left out is sent there; one that
/// the site would take for a project's page gets the site's own page.
fn nothing(hub: &Hub, request: &Request, path: &[&str]) -> Response {
    let full: Vec<&str> = path
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect();
    if full.len() < path.len()
        && let Found::Route(_) = route::find(request.method.as_str(), &full)
        && request.raw_path.contains("//")
    {
        let to = format!("{}/{}", hub.base_url(), full.join("/"));
        return redirect(308, &to);
    }
    let problem = match path {
        ["api", "0", ..] => Problem::Bare(404),
        ["fork", _, _] | ["fork", _, _, _] | [_] | [_, _] => Problem::Missing("Project not found"),
        _ => Problem::Bare(404),
    };
    problem.response(hub.base_url())
}

async fn answer(call: &Call<'_>, route: Route<'_>) -> Answer {
    match route {
        Route::Documents => Ok(instance::documents()),
        Route::Version => Ok(instance::version(call)),
        Route::ErrorCodes => Ok(instance::error_codes(call)),
        Route::Task(id) => Ok(instance::task(call, id)),
        Route::WhoAmI => instance::whoami(call),
        Route::Users => Ok(users::list(call)),
        Route::Groups => users::groups(call),
        Route::User(name) => users::get(call, name),
        Route::RequestsFiled(name) => pull_requests::of_user(call, name, true),
        Route::RequestsActionable(name) => pull_requests::of_user(call, name, false),
        Route::Group(name) => users::group(call, name),
        Route::GroupAdd(name) => members::add(call, name),
        Route::GroupRemove(name) => members::remove(call, name),
        Route::Projects => projects::list(call),
        Route::NewProject => projects::create(call).await,
        Route::ForkProject => forks::create(call).await,
        Route::PullByUid(uid) => pull_requests::by_uid(call, uid),
        Route::AddSlash => {
            let query = match call.request.raw_query.as_str() {
                "" => String::new(),
                query => format!("?{query}"),
            };
            let to = format!("{}{}/{query}", call.view.web, call.request.raw_path);
            Ok(redirect(308, &to))
        }
        Route::ToApi => Ok(redirect(302, "/api/0/")),
        Route::Web(place, page) => web(call, &place, page).await,
        Route::Project(place, part) => {
            refuse_blocked(call, &place)?;
            project(call, &place, part).await
        }
    }
}

/// Users whom a project has blocked may not write there, whatever it is about.
fn refuse_blocked(call: &Call<'_>, place: &Place<'_>) -> Result<(), Problem> {
    let (Some(login), "POST") = (call.login(), call.request.method.as_str()) else {
        return Ok(());
    };
    let state = call.hub.state();
    let project = state.project(&place.path());
    if project.is_some_and(|project| project.blocked.contains(login)) {
        return Err(Problem::new(403, "EUBLOCKED"));
    }
    Ok(())
}

async fn project(call: &Call<'_>, place: &Place<'_>, part: Part<'_>) -> Answer {
    match part {
        Part::Get => projects::get(call, place),
        Part::Delete => projects::delete(call, place).await,
        Part::Urls => projects::urls(call, place),
        Part::Options => options::get(call, place),
        Part::UpdateOptions => options::update(call, place),
        Part::Connector => tokens::connector(call, place),
        Part::WebhookToken => tokens::webhook(call, place),
        Part::NewToken => tokens::create(call, place),
        Part::Modify => access::modify(call, place),
        Part::BlockUser => access::block(call, place),
        Part::ModifyAcls => access::modify_acls(call, place),
        Part::Contributors => access::contributors(call, place),
        Part::Watchers => access::watchers(call, place),
        Part::HasCommit => access::has_commit(call, place),
        Part::Labels => labels::list(call, place),
        Part::NewLabel => labels::create(call, place),
        Part::Label(name) => labels::get(call, place, name),
        Part::DeleteLabel(name) => labels::delete(call, place, name),
        Part::Branches => refs::branches(call, place).await,
        Part::SetDefaultBranch => refs::set_default(call, place).await,
        Part::NewBranch => refs::create_branch(call, place).await,
        Part::Tags => refs::tags(call, place).await,
        Part::NewTag => refs::create_tag(call, place).await,
        Part::Tree(reference, path) => {
            contents::tree(call, place, reference.as_deref(), path.as_deref()).await
        }
        Part::CommitInfo(sha) => commits::info(call, place, sha).await,
        Part::CommitFlags(sha) => statuses::of_commit(call, place, sha).await,
        Part::FlagCommit(sha) => statuses::set_on_commit(call, place, sha).await,
        Part::PullRequests => pull_requests::list(call, place),
        Part::NewPull => pull_requests::create(call, place).await,
        Part::Pull(number) => pull_requests::get(call, place, number),
        Part::EditPull(number) => pull_requests::edit(call, place, number),
        Part::MergePull(number) => pull_requests::merge(call, place, number).await,
        Part::RebasePull(number) => pull_requests::rebase(call, place, number).await,
        Part::ClosePull(number) => pull_requests::close(call, place, number),
        Part::ReopenPull(number) => pull_requests::reopen(call, place, number),
        Part::CommentPull(number) => pull_requests::add_comment(call, place, number),
        Part::PullComment(number, id) => pull_requests::comment(call, place, number, id),
        Part::PullFlags(number) => statuses::of_pull(call, place, number).await,
        Part::FlagPull(number) => statuses::set_on_pull(call, place, number).await,
        Part::Diffstats(number) => pull_requests::diffstats(call, place, number).await,
        Part::AssignPull(number) => pull_requests::assign(call, place, number),
    }
}

async fn web(call: &Call<'_>, place: &Place<'_>, page: Page<'_>) -> Answer {
    match page {
        Page::Raw(reference, None) => commits::raw_diff(call, place, &reference).await,
        Page::Raw(reference, Some(path)) => contents::raw(call, place, &reference, &path).await,
        Page::CommitPatch(sha) => commits::patch(call, place, sha).await,
        Page::CommitDiff(sha) => commits::diff(call, place, sha).await,
        Page::PullPatch(number) => pull_requests::patch(call, place, number).await,
        Page::PullDiff(number) => pull_requests::diff(call, place, number).await,
    }
}
