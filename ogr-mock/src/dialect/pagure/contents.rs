//! Folders and files.

use serde_json::{Value, json};

use super::call::Call;
use super::objects::{Named, branch_or_hash};
use super::problem::Problem;
use super::view::{in_path, reply};
use super::{Answer, Place};
use crate::dialect::{Answered, bytes};
use crate::git::{EntryKind, Repository, TreeEntry};

/// `GET tree`: a folder's entries, or where a file's bytes are.
pub(super) async fn tree(
    call: &Call<'_>,
    place: &Place<'_>,
    reference: Option<&str>,
    path: Option<&str>,
) -> Answer {
    let missing = || Problem::new(404, "EFILENOTFOUND");
    let id = call.project(place)?;
    let repository = call.repository(id).await?;
    if repository.refs("refs/").await?.is_empty() {
        return Err(Problem::new(404, "EEMPTYGIT"));
    }
    let reference = match reference {
        Some(reference) => reference.to_owned(),
        None => repository.head_branch().await?,
    };
    let (sha, kind) = match branch_or_hash(&repository, &reference).await? {
        Named::Object { sha, kind } => (sha, kind),
        // Nobody thought of a HEAD that names no branch.
        _ if call.names_no_reference(place) => return Err(Problem::Fatal),
        _ => return Err(missing()),
    };
    let urls = Urls {
        call,
        place,
        reference: &reference,
    };
    if kind == "blob" {
        return Ok(reply(200, &urls.file(path)));
    }
    let Some(path) = path else {
        let mut entries = repository.tree(&sha, "", false).await?.unwrap_or_default();
        // By mode: folders, files, programs, links, submodules; within each git's own order.
        entries.sort_by(|a, b| a.mode.cmp(&b.mode));
        return Ok(reply(200, &urls.folder(None, &entries)));
    };
    let entry = entry(&repository, &sha, path).await?.ok_or_else(missing)?;
    match entry.kind {
        EntryKind::Folder => {
            let entries = repository.tree(&sha, path, false).await?;
            let entries = entries.unwrap_or_default();
            Ok(reply(200, &urls.folder(Some(path), &entries)))
        }
        EntryKind::Submodule => Err(missing()),
        EntryKind::File | EntryKind::Executable | EntryKind::Symlink => {
            Ok(reply(200, &urls.file(Some(path))))
        }
    }
}

/// What stands at exactly this path: no slash too many.
async fn entry(
    repository: &Repository,
    sha: &str,
    path: &str,
) -> Result<Option<TreeEntry>, Problem> {
    if path.split('/').any(str::is_empty) {
        return Ok(None);
    }
    Ok(repository.entry(sha, path).await?)
}

/// The addresses of what stands at a ref.
struct Urls<'a> {
    call: &'a Call<'a>,
    place: &'a Place<'a>,
    reference: &'a str,
}

impl Urls<'_> {
    fn at(&self, root: &str, area: &str, path: &str) -> String {
        let project = in_path(&self.place.path());
        let (reference, path) = (in_path(self.reference), in_path(path));
        format!("{root}/{project}/{area}/{reference}/f/{path}")
    }

    fn file(&self, path: Option<&str>) -> Value {
        let web = &self.call.view.web;
        let url = match path {
            Some(path) => self.at(web, "raw", path),
            None => {
                let project = in_path(&self.place.path());
                format!("{web}/{project}/raw/{}", in_path(self.reference))
            }
        };
        json!({"type": "file", "name": path, "content_url": url})
    }

    fn folder(&self, name: Option<&str>, entries: &[TreeEntry]) -> Value {
        let content: Vec<Value> = entries.iter().map(|entry| self.entry(entry)).collect();
        json!({"type": "folder", "name": name, "content": content})
    }

    fn entry(&self, entry: &TreeEntry) -> Value {
        let kind = match entry.kind {
            EntryKind::Folder => "folder",
            EntryKind::Symlink => "link",
            EntryKind::Submodule => "submodule",
            EntryKind::File | EntryKind::Executable => "file",
        };
        let url = if kind == "file" {
            self.at(&self.call.view.web, "raw", &entry.path)
        } else {
            self.at(&self.call.view.api, "tree", &entry.path)
        };
        json!({
            "type": kind,
            "name": entry.name(),
            "path": entry.path,
            "content_url": url,
        })
    }
}

impl Call<'_> {
    /// Whether the path ends in `tree`, with no ref after it.
    fn names_no_reference(&self, place: &Place<'_>) -> bool {
        self.request
            .decoded_path()
            .ends_with(&format!("{}/tree", place.path()))
    }
}

/// `GET raw/<ref>/f/<path>`, on the site: the bytes. An empty file is not found.
pub(super) async fn raw(call: &Call<'_>, place: &Place<'_>, reference: &str, path: &str) -> Answer {
    let id = call.web_project(place)?;
    let repository = call.repository(id).await?;
    let Named::Object { sha, kind } = branch_or_hash(&repository, reference).await? else {
        return Err(Problem::Missing("Branch not found"));
    };
    let missing = || Problem::Missing("File not found");
    let blob = if kind == "blob" {
        sha
    } else {
        let entry = entry(&repository, &sha, path).await?.ok_or_else(missing)?;
        match entry.kind {
            EntryKind::Folder | EntryKind::Submodule => return Err(missing()),
            EntryKind::Symlink => behind_link(&repository, &sha, &entry).await?,
            EntryKind::File | EntryKind::Executable => entry.sha,
        }
    };
    let data = repository.blob(&blob).await?.unwrap_or_default();
    if data.is_empty() {
        return Err(Problem::Missing("No content found"));
    }
    let (kind, attachment) = content_type(path, &data);
    let answer = bytes(200, &kind, data).with("x-content-type-options", "nosniff");
    Ok(if attachment {
        answer.with("content-disposition", "attachment")
    } else {
        answer
    })
}

/// The plain file that a link leads to, one step and downwards only; else the link's own text.
async fn behind_link(
    repository: &Repository,
    sha: &str,
    link: &TreeEntry,
) -> Result<String, Problem> {
    let target = repository.blob(&link.sha).await?.unwrap_or_default();
    let Ok(target) = String::from_utf8(target) else {
        return Ok(link.sha.clone());
    };
    let sane = !target
        .split('/')
        .any(|part| matches!(part, "" | "." | ".."));
    if !sane {
        return Ok(link.sha.clone());
    }
    let path = match link.path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{target}"),
        None => target,
    };
    let found = entry(repository, sha, &path).await?;
    let plain = found.filter(|entry| entry.kind == EntryKind::File);
    Ok(plain.map_or_else(|| link.sha.clone(), |entry| entry.sha))
}

/// What the ends of names mean, as far as it is another than plain text.
const TYPES: [(&str, &str); 40] = [
    ("md", "text/markdown"),
    ("rst", "text/prs.fallenstein.rst"),
    ("py", "text/x-python"),
    ("sh", "text/x-sh"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("toml", "application/toml"),
    ("json", "application/json"),
    ("js", "text/javascript"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("xml", "application/xml"),
    ("html", "text/html"),
    ("htm", "text/html"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("pdf", "application/pdf"),
    ("c", "text/x-csrc"),
    ("h", "text/x-chdr"),
    ("rs", "application/rls-services+xml"),
    ("pl", "text/x-perl"),
    ("rb", "application/x-ruby"),
    ("java", "text/x-java"),
    ("patch", "text/x-diff"),
    ("diff", "text/x-diff"),
    ("tar", "application/x-tar"),
    ("tgz", "application/x-tar; charset=gzip"),
    ("gz", "; charset=gzip"),
    ("bz2", "; charset=bzip2"),
    ("xz", "; charset=xz"),
    ("zip", "application/zip"),
    ("rpm", "application/x-redhat-package-manager"),
    ("sig", "application/pgp-signature"),
    ("asc", "application/pgp-keys"),
    ("key", "application/pgp-keys"),
    ("txt", "text/plain"),
    ("text", "text/plain"),
];

/// The type of a file by its name and bytes, and whether browsers are to save rather than show it.
pub(super) fn content_type(name: &str, data: &[u8]) -> (String, bool) {
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
    let known = |end: &str| {
        let found = TYPES.iter().find(|(known, _)| *known == end);
        found.map(|(_, kind)| *kind)
    };
    let by_name = known(&end.to_lowercase()).map(|kind| match kind.strip_prefix(';') {
        // A compressed file: what is inside stands before the last dot.
        Some(_) => {
            let inner = stem.rsplit_once('.').and_then(|(_, end)| known(end));
            let inner = inner.unwrap_or("application/octet-stream");
            format!("{inner}{kind}")
        }
        None => kind.to_owned(),
    });
    let guessed = if data.contains(&0) {
        "application/octet-stream"
    } else {
        "text/plain"
    };
    let mut kind = by_name.unwrap_or_else(|| guessed.to_owned());
    let charset = (kind.starts_with("text/") && !kind.contains(';')).then(|| charset(data));
    let attachment = ["html", "javascript", "svg"]
        .iter()
        .any(|active| kind.contains(active));
    if attachment {
        "application/octet-stream".clone_into(&mut kind);
    }
    if let Some(charset) = charset {
        kind.push_str(&format!("; charset={charset}"));
    }
    (kind, attachment)
}

fn charset(data: &[u8]) -> &'static str {
    if data.is_ascii() {
        "ascii"
    } else if std::str::from_utf8(data).is_ok() {
        "utf-8"
    } else {
        "ISO-8859-1"
    }
}

#[cfg(test)]
mod tests {
    use super::content_type;

    #[test]
    fn types_come_from_names_and_charsets_from_bytes() {
        let cases = [
            ("foo.spec", &b"x"[..], "text/plain; charset=ascii"),
            ("a.md", "ż".as_bytes(), "text/markdown; charset=utf-8"),
            ("a.png", b"\0", "image/png"),
            ("a", b"a\0b", "application/octet-stream"),
            ("a.json", b"{}", "application/json"),
            ("a.html", b"<b>", "application/octet-stream; charset=ascii"),
            ("a.tar.gz", b"\0", "application/x-tar; charset=gzip"),
        ];
        for (name, data, kind) in cases {
            assert_eq!(content_type(name, data).0, kind, "{name}");
        }
        assert!(content_type("a.html", b"<b>").1);
    }
}
