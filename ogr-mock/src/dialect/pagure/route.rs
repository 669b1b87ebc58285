//! Which route a path takes. The parts of a path mean what the first fitting pattern says, a shorter
//! project path before a longer one, as in the router of the web framework that Pagure stands on.

/// A project as a path names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// Whose fork it is.
    pub(super) user: Option<&'a str>,
    pub(super) namespace: Option<&'a str>,
    pub(super) name: &'a str,
}

impl Place<'_> {
    /// The project's path.
    pub(super) fn path(&self) -> String {
        let mut path = String::new();
        if let Some(user) = self.user {
            path.push_str(&format!("fork/{user}/"));
        }
        if let Some(namespace) = self.namespace {
            path.push_str(&format!("{namespace}/"));
        }
        path.push_str(self.name);
        path
    }
}

/// A route, with what its path holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Documents,
    Version,
    ErrorCodes,
    WhoAmI,
    Users,
    Groups,
    Task(&'a str),
    User(&'a str),
    RequestsFiled(&'a str),
    RequestsActionable(&'a str),
    Group(&'a str),
    GroupAdd(&'a str),
    GroupRemove(&'a str),
    Projects,
    NewProject,
    ForkProject,
    PullByUid(&'a str),
    Project(Place<'a>, Part<'a>),
    Web(Place<'a>, Page<'a>),
    /// The same path with a slash at its end.
    AddSlash,
    /// The first page of the API.
    ToApi,
}

/// What of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Get,
    Modify,
    Delete,
    Urls,
    Options,
    UpdateOptions,
    Connector,
    WebhookToken,
    NewToken,
    BlockUser,
    ModifyAcls,
    Contributors,
    Watchers,
    HasCommit,
    Labels,
    NewLabel,
    Label(&'a str),
    DeleteLabel(&'a str),
    Branches,
    SetDefaultBranch,
    NewBranch,
    Tags,
    NewTag,
    Tree(Option<String>, Option<String>),
    CommitInfo(&'a str),
    CommitFlags(&'a str),
    FlagCommit(&'a str),
    PullRequests,
    NewPull,
    Pull(u64),
    EditPull(u64),
    MergePull(u64),
    RebasePull(u64),
    ClosePull(u64),
    ReopenPull(u64),
    CommentPull(u64),
    PullComment(u64, u64),
    PullFlags(u64),
    FlagPull(u64),
    Diffstats(u64),
    AssignPull(u64),
}

/// A page of the site that is not for the eyes alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Page<'a> {
    Raw(String, Option<String>),
    CommitPatch(&'a str),
    CommitDiff(&'a str),
    PullPatch(u64),
    PullDiff(u64),
}

/// What a method and a path come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found<'a> {
    Route(Route<'a>),
    /// The path takes these methods only.
    Methods(Vec<&'static str>),
    /// No pattern fits.
    Nothing,
}

const METHODS: [&str; 4] = ["GET", "POST", "PATCH", "DELETE"];

/// Finds the route.
pub(super) fn find<'a>(method: &str, path: &[&'a str]) -> Found<'a> {
    let method = if method == "HEAD" { "GET" } else { method };
    if let Some(route) = routes(method, path) {
        return Found::Route(route);
    }
    let mut allowed: Vec<&'static str> = METHODS
        .into_iter()
        .filter(|other| routes(other, path).is_some())
        .collect();
    if allowed.is_empty() {
        return Found::Nothing;
    }
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    allowed.push("OPTIONS");
    Found::Methods(allowed)
}

fn routes<'a>(method: &str, path: &[&'a str]) -> Option<Route<'a>> {
    match path {
        ["api"] | ["api", ""] => (method == "GET").then_some(Route::ToApi),
        ["api", "0"] => (method == "GET").then_some(Route::AddSlash),
        ["api", "0", rest @ ..] => instance(method, rest).or_else(|| {
            let mut places = places(rest).into_iter();
            places.find_map(|(place, tail)| part(method, &place, tail))
        }),
        _ => {
            let mut places = places(path).into_iter();
            places.find_map(|(place, tail)| {
                let page = page(method, tail)?;
                Some(Route::Web(place, page))
            })
        }
    }
}

/// What belongs to no project.
fn instance<'a>(method: &str, path: &[&'a str]) -> Option<Route<'a>> {
    Some(match (method, path) {
        ("GET", [""]) => Route::Documents,
        ("GET", ["version"] | ["version", ""] | ["-", "version"]) => Route::Version,
        ("GET", ["error_codes"] | ["error_codes", ""] | ["-", "error_codes"]) => Route::ErrorCodes,
        ("POST", ["-", "whoami"]) => Route::WhoAmI,
        ("GET", ["users"] | ["users", ""]) => Route::Users,
        ("GET", ["groups"] | ["groups", ""]) => Route::Groups,
        ("GET", ["task", id, "status"] | ["task", id, "status", ""]) => Route::Task(id),
        ("GET", ["user", name]) => Route::User(name),
        ("GET", ["user", name, "requests", "filed"]) => Route::RequestsFiled(name),
        ("GET", ["user", name, "requests", "actionable"]) => Route::RequestsActionable(name),
        ("GET", ["group", name]) => Route::Group(name),
        ("POST", ["group", name, "add"]) => Route::GroupAdd(name),
        ("POST", ["group", name, "remove"]) => Route::GroupRemove(name),
        ("GET", ["projects"]) => Route::Projects,
        ("POST", ["new"] | ["new", ""]) => Route::NewProject,
        ("POST", ["fork"] | ["fork", ""]) => Route::ForkProject,
        ("GET", ["pull-requests", uid]) => Route::PullByUid(uid),
        _ => return None,
    })
}

/// The ways to read a project's path at the beginning of this one, and what is left.
fn places<'a, 'p>(path: &'p [&'a str]) -> Vec<(Place<'a>, &'p [&'a str])> {
    let mut places = Vec::new();
    let mut add = |user, namespace: Option<&'a str>, name: &'a str, tail| {
        if !name.is_empty() && namespace != Some("") {
            let place = Place {
                user,
                namespace,
                name,
            };
            places.push((place, tail));
        }
    };
    if let ["fork", user, name, tail @ ..] = path {
        add(Some(*user), None, name, tail);
        if let [namespace, name, tail @ ..] = &path[2..] {
            add(Some(*user), Some(namespace), name, tail);
        }
    }
    if let [name, tail @ ..] = path {
        add(None, None, name, tail);
        if let [namespace, name, tail @ ..] = path {
            add(None, Some(namespace), name, tail);
        }
    }
    places
}

/// What of a project a path asks for.
fn part<'a>(method: &str, place: &Place<'a>, tail: &[&'a str]) -> Option<Route<'a>> {
    let part = match (method, tail) {
        ("GET", []) => Part::Get,
        ("PATCH", []) if place.user.is_none() => Part::Modify,
        ("POST", ["delete"]) => Part::Delete,
        ("GET", ["options"]) => Part::Options,
        ("POST", ["options", "update"]) => Part::UpdateOptions,
        ("GET", ["connector"]) => Part::Connector,
        ("GET", ["webhook", "token"]) => Part::WebhookToken,
        ("POST", ["token", "new"]) => Part::NewToken,
        ("POST", ["blockuser"]) => Part::BlockUser,
        ("GET", ["contributors"]) => Part::Contributors,
        ("GET", ["watchers"]) => Part::Watchers,
        ("GET", ["hascommit"]) => Part::HasCommit,
        ("GET", ["tags"] | ["tags", ""]) => Part::Labels,
        ("POST", ["tags", "new"]) => Part::NewLabel,
        ("GET", ["tag", label]) => Part::Label(label),
        ("DELETE", ["tag", label]) => Part::DeleteLabel(label),
        (_, ["git", rest @ ..]) => git_part(method, rest)?,
        ("GET", ["tree", rest @ ..]) => return tree_part(place, rest),
        ("GET", ["c", sha, "info"]) => Part::CommitInfo(sha),
        ("GET", ["c", sha, "flag"]) => Part::CommitFlags(sha),
        ("POST", ["c", sha, "flag"]) => Part::FlagCommit(sha),
        ("GET", ["pull-requests"]) => Part::PullRequests,
        ("POST", ["pull-request", "new"]) => Part::NewPull,
        (_, ["pull-request", number, rest @ ..]) => pull_part(method, digits(number)?, rest)?,
        _ => return None,
    };
    Some(Route::Project(place.clone(), part))
}

fn git_part<'a>(method: &str, tail: &[&'a str]) -> Option<Part<'a>> {
    Some(match (method, tail) {
        ("GET", ["urls"]) => Part::Urls,
        ("GET", ["branches"]) => Part::Branches,
        ("POST", ["branches"]) => Part::SetDefaultBranch,
        ("POST", ["branch"]) => Part::NewBranch,
        ("GET", ["tags"]) => Part::Tags,
        ("POST", ["tags"]) => Part::NewTag,
        ("POST", ["modifyacls"]) => Part::ModifyAcls,
        _ => return None,
    })
}

fn pull_part<'a>(method: &str, number: u64, tail: &[&'a str]) -> Option<Part<'a>> {
    Some(match (method, tail) {
        ("GET", []) => Part::Pull(number),
        ("POST", []) => Part::EditPull(number),
        ("POST", ["merge"]) => Part::MergePull(number),
        ("POST", ["rebase"]) => Part::RebasePull(number),
        ("POST", ["close"]) => Part::ClosePull(number),
        ("POST", ["reopen"]) => Part::ReopenPull(number),
        ("POST", ["comment"]) => Part::CommentPull(number),
        ("GET", ["comment", id]) => Part::PullComment(number, digits(id)?),
        ("GET", ["flag"]) => Part::PullFlags(number),
        ("POST", ["flag"]) => Part::FlagPull(number),
        ("GET", ["diffstats"]) => Part::Diffstats(number),
        ("POST", ["assign"]) => Part::AssignPull(number),
        _ => return None,
    })
}

fn tree_part<'a>(place: &Place<'a>, tail: &[&'a str]) -> Option<Route<'a>> {
    let part = |reference, path| Some(Route::Project(place.clone(), Part::Tree(reference, path)));
    if tail.is_empty() {
        return part(None, None);
    }
    let (reference, path) = reference_and_path(tail)?;
    // The one pattern that was written with a slash at its end.
    let slashed = place.user.is_some() && place.namespace.is_some() && path.is_none();
    match (slashed, reference.strip_suffix('/')) {
        (true, Some(reference)) => part(Some(reference.to_owned()), None),
        (true, None) => Some(Route::AddSlash),
        (false, _) => part(Some(reference), path),
    }
}

/// A ref, which may hold slashes, and after `/f/` a path.
fn reference_and_path(tail: &[&str]) -> Option<(String, Option<String>)> {
    let whole = tail.join("/");
    if whole.is_empty() || whole.starts_with('/') {
        return None;
    }
    match whole.split_once("/f/") {
        Some((reference, path)) if !path.is_empty() && !path.starts_with('/') => {
            Some((reference.to_owned(), Some(path.to_owned())))
        }
        _ => Some((whole, None)),
    }
}

fn page<'a>(method: &str, tail: &[&'a str]) -> Option<Page<'a>> {
    if method != "GET" {
        return None;
    }
    match tail {
        ["raw", rest @ ..] => {
            let (reference, path) = reference_and_path(rest)?;
            Some(Page::Raw(reference, path))
        }
        ["c", name] => {
            let patch = name.strip_suffix(".patch").map(Page::CommitPatch);
            patch.or_else(|| name.strip_suffix(".diff").map(Page::CommitDiff))
        }
        ["pull-request", name] => {
            if let Some(number) = name.strip_suffix(".patch") {
                return digits(number).map(Page::PullPatch);
            }
            let number = name.strip_suffix(".diff")?;
            digits(number).map(Page::PullDiff)
        }
        _ => None,
    }
}

/// A number in a path: digits only.
fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place<'a>(user: Option<&'a str>, namespace: Option<&'a str>, name: &'a str) -> Place<'a> {
        Place {
            user,
            namespace,
            name,
        }
    }

    fn get<'a>(path: &'a str, segments: &'a mut Vec<&'a str>) -> Found<'a> {
        *segments = path.split('/').collect();
        find("GET", segments)
    }

    #[test]
    fn shorter_project_paths_win_over_longer_ones() {
        let cases = [
            ("api/0/foo", place(None, None, "foo"), Part::Get),
            (
                "api/0/rpms/foo",
                place(None, Some("rpms"), "foo"),
                Part::Get,
            ),
            ("api/0/rpms/tags", place(None, None, "rpms"), Part::Labels),
            (
                "api/0/fork/bob",
                place(None, Some("fork"), "bob"),
                Part::Get,
            ),
            (
                "api/0/fork/bob/foo",
                place(Some("bob"), None, "foo"),
                Part::Get,
            ),
            (
                "api/0/fork/bob/rpms/foo/git/tags",
                place(Some("bob"), Some("rpms"), "foo"),
                Part::Tags,
            ),
            (
                "api/0/-/whoami",
                place(None, Some("-"), "whoami"),
                Part::Get,
            ),
            (
                "api/0/rpms/foo/tree/feature/x/f/a/b",
                place(None, Some("rpms"), "foo"),
                Part::Tree(Some("feature/x".to_owned()), Some("a/b".to_owned())),
            ),
        ];
        for (path, place, part) in cases {
            let mut segments = Vec::new();
            let found = get(path, &mut segments);
            assert_eq!(found, Found::Route(Route::Project(place, part)), "{path}");
        }
    }

    #[test]
    fn a_path_that_fits_with_another_method_tells_the_methods() {
        let mut segments = Vec::new();
        let found = get("api/0/rpms/foo/pull-request/1/merge", &mut segments);
        assert_eq!(found, Found::Methods(vec!["POST", "OPTIONS"]));
        let mut segments = Vec::new();
        let found = get("api/0/rpms/foo/pull-request/x", &mut segments);
        assert_eq!(found, Found::Nothing);
        let found = find("POST", &["api", "0", "rpms", "nosuch"]);
        assert_eq!(
            found,
            Found::Methods(vec!["GET", "PATCH", "HEAD", "OPTIONS"])
        );
    }

    #[test]
    fn only_the_longest_tree_path_wants_a_slash() {
        let found = find("GET", &["api", "0", "fork", "b", "n", "r", "tree", "main"]);
        assert_eq!(found, Found::Route(Route::AddSlash));
        let found = find(
            "GET",
            &["api", "0", "fork", "b", "n", "r", "tree", "main", ""],
        );
        let place = place(Some("b"), Some("n"), "r");
        let part = Part::Tree(Some("main".to_owned()), None);
        assert_eq!(found, Found::Route(Route::Project(place, part)));
    }
}
