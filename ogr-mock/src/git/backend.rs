//! Clone, fetch and push: `git http-backend` as a CGI program.
//!
//! Who may do what is settled before it is called (see `hub::git`).

use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use super::repository::{GitError, command, run_any};

/// The part of a URL that git's smart protocol asks for, if it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GitPath {
    /// The repository's path as it stood in the URL, decoded, without `.git`.
    pub(crate) repository: String,
    /// What comes after it: `info/refs`, `git-upload-pack` or `git-receive-pack`.
    pub(crate) service_path: String,
    /// Whether it is about pushing.
    pub(crate) push: bool,
}

impl GitPath {
    /// Reads a decoded path and a raw query.
    pub(crate) fn parse(path: &str, query: &str) -> Option<Self> {
        let path = path.trim_start_matches('/');
        let (repository, service_path, push) = if let Some(repo) = path.strip_suffix("/info/refs") {
            // Without a service this is the dumb protocol, which no forge speaks.
            if !query.contains("service=git-") {
                return None;
            }
            (repo, "info/refs", query.contains("git-receive-pack"))
        } else if let Some(repo) = path.strip_suffix("/git-upload-pack") {
            (repo, "git-upload-pack", false)
        } else if let Some(repo) = path.strip_suffix("/git-receive-pack") {
            (repo, "git-receive-pack", true)
        } else {
            return None;
        };
        let repository = repository.strip_suffix(".git").unwrap_or(repository);
        (!repository.is_empty()).then(|| Self {
            repository: repository.to_owned(),
            service_path: service_path.to_owned(),
            push,
        })
    }
}

/// One request for git.
pub(crate) struct GitRequest<'a> {
    /// The folder of all repositories, and the name of this one's folder in it.
    pub(crate) root: &'a Path,
    pub(crate) folder: &'a str,
    pub(crate) service_path: &'a str,
    pub(crate) method: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    /// The login of who asks, if anyone was named.
    pub(crate) user: Option<&'a str>,
    /// Whether a hook is to decline whatever is pushed.
    pub(crate) refuse_push: bool,
}

/// Declines every ref of a push.
const DECLINE: &str = "#!/bin/sh\nwhile read -r old new name; do\n\
    echo \"Denied push for ref '$name' for user '$REMOTE_USER'\" >&2\ndone\n\
    echo 'All changes have been rejected' >&2\nexit 1\n";

/// The folder with the hook that declines, which is made if need be.
async fn declining_hooks(root: &Path) -> Result<PathBuf, GitError> {
    let failed = |error: std::io::Error| GitError {
        message: format!("the hook could not be written: {error}"),
    };
    let folder = root.join("declining-hooks");
    let hook = folder.join("pre-receive");
    if tokio::fs::metadata(&hook).await.is_err() {
        tokio::fs::create_dir_all(&folder).await.map_err(failed)?;
        tokio::fs::write(&hook, DECLINE).await.map_err(failed)?;
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            let set = tokio::fs::set_permissions(&hook, mode).await;
            set.map_err(failed)?;
        }
    }
    Ok(folder)
}

/// Lets `git http-backend` answer.
pub(crate) async fn serve(request: &GitRequest<'_>) -> Result<Response<Bytes>, GitError> {
    let header = |name: HeaderName| {
        request
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let mut backend = command();
    backend
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", request.root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env(
            "PATH_INFO",
            format!("/{}/{}", request.folder, request.service_path),
        )
        .env("REQUEST_METHOD", request.method)
        .env("QUERY_STRING", request.query)
        .env("CONTENT_TYPE", header(http::header::CONTENT_TYPE))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env(
            "HTTP_CONTENT_ENCODING",
            header(http::header::CONTENT_ENCODING),
        )
        .env("REMOTE_ADDR", "127.0.0.1");
    if let Some(protocol) = request.headers.get("git-protocol")
        && let Ok(protocol) = protocol.to_str()
    {
        backend.env("GIT_PROTOCOL", protocol);
    }
    if let Some(user) = request.user {
        backend.env("REMOTE_USER", user);
    }
    if request.refuse_push {
        backend
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "core.hooksPath")
            .env("GIT_CONFIG_VALUE_0", declining_hooks(request.root).await?);
    }
    let output = run_any(&mut backend, Some(request.body)).await?;
    parse_cgi(&output.stdout).ok_or_else(|| GitError {
        message: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Headers, an empty line, and the body; the status is a header like the others.
fn parse_cgi(output: &[u8]) -> Option<Response<Bytes>> {
    let end = output.windows(4).position(|window| window == b"\r\n\r\n")?;
    let mut response = Response::new(Bytes::copy_from_slice(&output[end + 4..]));
    for line in std::str::from_utf8(&output[..end]).ok()?.split("\r\n") {
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next()?.parse().ok()?;
            *response.status_mut() = StatusCode::from_u16(code).ok()?;
        } else {
            let name: HeaderName = name.parse().ok()?;
            response
                .headers_mut()
                .append(name, HeaderValue::from_str(value).ok()?);
        }
    }
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_smart_git_paths_are_git() {
        let path = GitPath::parse(
            "/forks/bob/rpms/foo.git/info/refs",
            "service=git-receive-pack",
        );
        assert_eq!(
            path,
            Some(GitPath {
                repository: "forks/bob/rpms/foo".to_owned(),
                service_path: "info/refs".to_owned(),
                push: true,
            })
        );
        assert_eq!(GitPath::parse("/a/b/info/refs", ""), None);
        assert_eq!(GitPath::parse("/api/v3/repos/a/b", ""), None);
    }

    #[test]
    fn a_cgi_answer_is_split_into_status_headers_and_body() {
        let response =
            parse_cgi(b"Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\ngone\r\n\r\n");
        let response = response.expect("an answer");
        assert_eq!(response.status(), 404);
        assert_eq!(response.headers()["content-type"], "text/plain");
        assert_eq!(&response.body()[..], b"gone\r\n\r\n");
    }
}
