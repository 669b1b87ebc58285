//! Which part of a path is the project, and what the rest of it points at: the pages of each forge.
//!
//! Where a page's address has no ref, number or tag that ogr could name, the project alone is answered. What
//! is no page of the forge at all is refused, so that a mistyped address does not reach another project.

use super::{
    Link, ProjectPath,
    link::{is_full_sha, is_sha},
};
use crate::ForgeKind;

type Found = (ProjectPath, Option<Link>);

/// The project and the link in the parts of a path, on a forge of this kind; else the reason.
pub(super) fn read(kind: ForgeKind, segments: &[&str]) -> Result<Found, String> {
    let reserved = match kind {
        ForgeKind::GitHub => GITHUB_RESERVED,
        ForgeKind::GitLab => GITLAB_RESERVED,
        ForgeKind::Forgejo | ForgeKind::Gitea => FORGEJO_RESERVED,
        ForgeKind::Pagure => PAGURE_RESERVED,
    };
    if let [first, _, ..] = segments
        && reserved.contains(first)
    {
        return Err(format!(
            "/{first}/ is a page of {kind} itself, not of a project"
        ));
    }
    match kind {
        ForgeKind::GitHub => github(segments),
        ForgeKind::GitLab => gitlab(segments),
        ForgeKind::Forgejo | ForgeKind::Gitea => {
            forgejo(segments).or_else(|why| once_on_pagure(segments).ok_or(why))
        }
        ForgeKind::Pagure => pagure(segments),
    }
}

// Names that no owner can have, of those that people may paste.
const GITHUB_RESERVED: &[&str] = &[
    "apps",
    "collections",
    "enterprises",
    "marketplace",
    "orgs",
    "settings",
    "sponsors",
    "stars",
    "topics",
    "users",
];
const GITLAB_RESERVED: &[&str] = &[
    "admin",
    "api",
    "dashboard",
    "explore",
    "groups",
    "help",
    "projects",
    "users",
];
const FORGEJO_RESERVED: &[&str] = &["admin", "api", "assets", "explore", "org", "user"];
const PAGURE_RESERVED: &[&str] = &["api", "group", "groups", "settings", "user", "users"];

/// Pages of a project on GitHub that point at nothing that ogr has a name for.
const GITHUB_PAGES: &[&str] = &[
    "actions",
    "activity",
    "archive",
    "branches",
    "commits",
    "community",
    "compare",
    "contributors",
    "deployments",
    "discussions",
    "forks",
    "graphs",
    "issues",
    "labels",
    "milestone",
    "milestones",
    "network",
    "packages",
    "pkgs",
    "projects",
    "pull",
    "pulls",
    "pulse",
    "releases",
    "security",
    "settings",
    "stargazers",
    "tags",
    "watchers",
    "wiki",
];

fn github(segments: &[&str]) -> Result<Found, String> {
    let [owner, name, page @ ..] = segments else {
        return Err("a project on GitHub is OWNER/NAME".to_owned());
    };
    let link = match page {
        [] => None,
        ["pull", number, ..] if numbered(number).is_some() => {
            numbered(number).map(Link::PullRequest)
        }
        ["issues", number, ..] if numbered(number).is_some() => numbered(number).map(Link::Issue),
        ["commit", commit, ..] => Some(commit_or_ref(commit)),
        [
            "tree" | "blob" | "raw" | "blame" | "edit" | "commits",
            place @ ..,
        ] => place_in_refs(place),
        ["releases", "tag", tag @ ..] if !tag.is_empty() => Some(Link::Release(tag.join("/"))),
        [page, ..] if GITHUB_PAGES.contains(page) => None,
        _ => return Err(no_page("GitHub", page)),
    };
    Ok((project(&[*owner], name)?, link))
}

/// Parts that no project on GitLab may be named after, and so mark its end where there is no `/-/`.
const GITLAB_MARKS: &[&str] = &[
    "badges",
    "blame",
    "blob",
    "builds",
    "commits",
    "create",
    "edit",
    "find_file",
    "raw",
    "refs",
    "tree",
    "wikis",
];

fn gitlab(segments: &[&str]) -> Result<Found, String> {
    let end = segments
        .iter()
        .position(|part| *part == "-")
        .or_else(|| (2..segments.len()).find(|at| is_old_gitlab_page(&segments[*at..])))
        .unwrap_or(segments.len());
    let (path, page) = segments.split_at(end);
    let [groups @ .., name] = path else {
        return Err("a project on GitLab is GROUP/NAME".to_owned());
    };
    if groups.is_empty() {
        return Err("a project on GitLab is GROUP/NAME".to_owned());
    }
    let page = match page {
        ["-", page @ ..] => page,
        page => page,
    };
    let link = match page {
        ["merge_requests", number, ..] => numbered(number).map(Link::PullRequest),
        ["issues", "incident", number, ..] | ["issues" | "work_items", number, ..] => {
            numbered(number).map(Link::Issue)
        }
        ["commit", commit, ..] => Some(commit_or_ref(commit)),
        [
            "tree" | "blob" | "raw" | "blame" | "edit" | "commits",
            place @ ..,
        ] => place_in_refs(place),
        ["tags", "new"] => None,
        ["tags", tag @ ..] if !tag.is_empty() => Some(Link::Tag(tag.join("/"))),
        ["releases", "new" | "permalink", ..] => None,
        ["releases", tag @ ..] if !tag.is_empty() => Some(Link::Release(tag.join("/"))),
        // After `/-/` everything is a page of the project.
        _ => None,
    };
    Ok((project(groups, name)?, link))
}

/// Whether an address of before GitLab's `/-/` goes on with a page here. A nested group may be called `issues`, but
/// hardly with a project `7` in it.
fn is_old_gitlab_page(rest: &[&str]) -> bool {
    match rest {
        ["merge_requests" | "issues", number, ..] => numbered(number).is_some(),
        ["commit", commit, ..] => is_sha(without_suffix(commit)),
        [mark, ..] => GITLAB_MARKS.contains(mark),
        [] => false,
    }
}

/// Pages of a project on Forgejo that point at nothing that ogr has a name for.
const FORGEJO_PAGES: &[&str] = &[
    "actions",
    "activity",
    "archive",
    "branches",
    "commits",
    "compare",
    "find",
    "forks",
    "graph",
    "issues",
    "labels",
    "milestone",
    "milestones",
    "packages",
    "projects",
    "pulls",
    "releases",
    "search",
    "settings",
    "stars",
    "tags",
    "watchers",
    "wiki",
];

fn forgejo(segments: &[&str]) -> Result<Found, String> {
    let [owner, name, page @ ..] = segments else {
        return Err("a project on Forgejo is OWNER/NAME".to_owned());
    };
    let link = match page {
        [] => None,
        ["pulls", number, ..] if numbered(number).is_some() => {
            numbered(number).map(Link::PullRequest)
        }
        ["issues", number, ..] if numbered(number).is_some() => numbered(number).map(Link::Issue),
        ["commit", commit, ..] => Some(commit_or_ref(commit)),
        ["src" | "raw" | "media" | "blame" | "commits", place @ ..] => match place {
            ["branch", at] => Some(Link::Branch((*at).to_owned())),
            ["tag", at] => Some(Link::Tag((*at).to_owned())),
            ["commit", at] => Some(commit_or_ref(at)),
            ["branch" | "tag" | "commit", at, path @ ..] => Some(file(at, path)),
            // Long ago the kind of the ref was not said.
            place => place_in_refs(place),
        },
        ["releases", "tag", tag @ ..] if !tag.is_empty() => Some(Link::Release(tag.join("/"))),
        [page, ..] if FORGEJO_PAGES.contains(page) => None,
        _ => return Err(no_page("Forgejo", page)),
    };
    Ok((project(&[*owner], name)?, link))
}

/// An address that a Pagure had, as its project is called after the move to Forgejo: a fork loses its namespace, and
/// only links into git still lead where they did.
fn once_on_pagure(segments: &[&str]) -> Option<Found> {
    let (path, link) = pagure(segments).ok()?;
    if matches!(link, Some(Link::PullRequest(_) | Link::Issue(_))) {
        return None;
    }
    let owner = path.fork_owner.or(path.namespace)?;
    Some((ProjectPath::new(owner, path.name), link))
}

/// Pages of a project on Pagure that point at nothing that ogr has a name for.
const PAGURE_PAGES: &[&str] = &[
    "activity",
    "archive",
    "blame",
    "boards",
    "branches",
    "commits",
    "diff",
    "forks",
    "history",
    "issues",
    "new_issue",
    "pull-requests",
    "releases",
    "report",
    "roadmap",
    "settings",
    "stargazers",
    "stats",
    "tree",
];

/// The pages among them that may follow a bare name: `pagure/issues` is a page, `rpms/tree` is a package.
const PAGURE_LISTS: &[&str] = &["branches", "commits", "issues", "pull-requests", "releases"];

fn pagure(segments: &[&str]) -> Result<Found, String> {
    let (owner, rest) = match segments {
        ["fork" | "forks", owner, rest @ ..] if !rest.is_empty() => (Some(*owner), rest),
        rest => (None, rest),
    };
    let (path, link) = match rest {
        [name] => (project(&[], name)?, None),
        [name, page] if PAGURE_LISTS.contains(page) => (project(&[], name)?, None),
        [namespace, name] => (project(&[*namespace], name)?, None),
        // A package may be called like a page, so the longer name is tried first.
        [namespace, name, page @ ..] => match (pagure_page(page), pagure_page(&rest[1..])) {
            (Some(link), _) => (project(&[*namespace], name)?, link),
            (None, Some(link)) => (project(&[], namespace)?, link),
            (None, None) => return Err(no_page("Pagure", page)),
        },
        [] => {
            return Err("a project on Pagure is NAME, NAMESPACE/NAME or a fork of such".to_owned());
        }
    };
    Ok(match owner {
        Some(owner) => (path.fork_of(owner), link),
        None => (path, link),
    })
}

/// What a page of a project on Pagure points at; `None` when there is no such page.
fn pagure_page(page: &[&str]) -> Option<Option<Link>> {
    match page {
        ["pull-request", number, ..] => numbered(number).map(|n| Some(Link::PullRequest(n))),
        ["issue", number, ..] => numbered(number).map(|n| Some(Link::Issue(n))),
        ["c", commit, ..] => {
            let commit = without_suffix(commit);
            is_sha(commit).then(|| Some(Link::Commit(commit.to_owned())))
        }
        ["tree" | "blob" | "raw" | "edit", place @ ..] if !place.is_empty() => {
            // `/f/` ends the ref, whatever slashes it has.
            let end = place.iter().skip(1).position(|part| *part == "f");
            Some(Some(match end.map(|end| place.split_at(end + 1)) {
                Some((at, [_, path @ ..])) if !path.is_empty() => file(&at.join("/"), path),
                _ => name_or_commit(&place.join("/")),
            }))
        }
        ["commits", at @ ..] if !at.is_empty() => Some(Some(name_or_commit(&at.join("/")))),
        [page, ..] if PAGURE_PAGES.contains(page) => Some(None),
        _ => None,
    }
}

/// The project in these namespaces. `.git` at its end is how git calls it, not a part of its name.
fn project(namespaces: &[&str], name: &str) -> Result<ProjectPath, String> {
    let name = name.strip_suffix(".git").unwrap_or(name);
    if name.is_empty() || name == "." || name == ".." {
        return Err("the project has no name".to_owned());
    }
    // Page and file names may have spaces in them; owners and projects never do.
    if namespaces.iter().any(|part| part.contains(' ')) || name.contains(' ') {
        return Err("the path of a project has a space in it".to_owned());
    }
    Ok(match namespaces {
        [] => ProjectPath::bare(name),
        namespaces => ProjectPath::new(namespaces.join("/"), name),
    })
}

/// A ref, or a ref and a path: `main`, `main/docs`, `refs/heads/main/docs`.
fn place_in_refs(place: &[&str]) -> Option<Link> {
    Some(match place {
        ["refs", "heads", at] => Link::Branch((*at).to_owned()),
        ["refs", "tags", at] => Link::Tag((*at).to_owned()),
        ["refs", "heads" | "tags", at, path @ ..] => file(at, path),
        [at] => name_or_commit(at),
        [at, path @ ..] => file(at, path),
        [] => return None,
    })
}

fn file(at: &str, path: &[&str]) -> Link {
    Link::File {
        path: path.join("/"),
        at: at.to_owned(),
    }
}

/// A page of a commit can be asked for by any name that git knows; a short hash is a commit there.
fn commit_or_ref(text: &str) -> Link {
    let text = without_suffix(text);
    if is_sha(text) {
        Link::Commit(text.to_owned())
    } else {
        Link::Ref(text.to_owned())
    }
}

/// A branch may well be called `2024` or `decade`: only a full hash is a commit.
fn name_or_commit(text: &str) -> Link {
    if is_full_sha(text) {
        Link::Commit(text.to_owned())
    } else {
        Link::Ref(text.to_owned())
    }
}

/// A number of a pull request or issue: from 1 on, with `.diff` or `.patch` behind it where people copied that.
fn numbered(text: &str) -> Option<u64> {
    let text = without_suffix(text);
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| *number > 0)
}

fn without_suffix(text: &str) -> &str {
    text.strip_suffix(".diff")
        .or_else(|| text.strip_suffix(".patch"))
        .unwrap_or(text)
}

fn no_page(forge: &str, page: &[&str]) -> String {
    format!("a project on {forge} has no page {:?}", page.join("/"))
}
