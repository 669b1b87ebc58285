//! Endpoints of the `gitlab` crate as plain values: a method, a path, a query and a body, sent by ogr's transport.
//!
//! Nothing else of that crate is used: its executor repeats creates, its pager takes a short page for the last one,
//! and its errors lose what the headers say. Where it lacks an endpoint (forks, the editing of releases), or builds
//! one that cannot be trusted (it leaves the tag of a release as it is in the path, and a commit as a form, of which
//! servers take 4 MiB), the call is made by hand with [`Client::call`], which encodes every part of a path whole.

use std::fmt;

use gitlab::api::Endpoint;
use http::{HeaderValue, Method};
use ogr_core::{
    Error, ErrorKind, Operation, Result,
    http::{Call, Client, Payload},
};
use percent_encoding::percent_decode_str;
use url::form_urlencoded;

/// An endpoint as a call.
///
/// The crate's encoding of paths is undone and done again by the core: the crate leaves a backslash alone, which
/// the parser of addresses takes for a slash, and a part that is `..` climbs.
///
/// # Errors
///
/// [`ErrorKind::Invalid`] for a part of the path that is empty, `.` or `..`, and for a body that cannot be written.
pub(crate) fn call(
    client: &Client,
    operation: Operation,
    endpoint: &impl Endpoint,
) -> Result<Call> {
    let path = endpoint.endpoint();
    let segments = path
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned());
    let mut call = client.call(operation, endpoint.method(), segments)?;
    endpoint.parameters().add_to_url(&mut call.url);
    match endpoint
        .body()
        .map_err(|error| invalid(operation, &error).with_source(error))?
    {
        // Proxies may drop the body of a GET, and a cache would take different requests for the same.
        Some((_, form)) if endpoint.method() == Method::GET => {
            call.url
                .query_pairs_mut()
                .extend_pairs(form_urlencoded::parse(&form));
        }
        Some((content_type, bytes)) => {
            call.payload = Payload::Bytes {
                content_type: HeaderValue::from_static(content_type),
                bytes: bytes.into(),
            };
        }
        None => {}
    }
    if call.url.query() == Some("") {
        call.url.set_query(None);
    }
    Ok(call)
}

/// What a builder of the crate says when it refuses: no request was sent.
pub(crate) fn invalid(operation: Operation, error: &impl fmt::Display) -> Error {
    Error::new(ErrorKind::Invalid, error.to_string()).with_operation(operation)
}

/// Refuses a name of a branch, tag or commit that git does not allow, and that a proxy which decodes `%2F` could
/// take for another address.
pub(crate) fn check_ref(operation: Operation, name: &str) -> Result<()> {
    let why = if name.is_empty() {
        "the name of a branch, tag or commit is empty"
    } else if name.contains("..") {
        "git allows no name of a branch, tag or commit with .. in it"
    } else if name.contains(|c: char| c.is_control() || c == '\\') {
        "the name of a branch, tag or commit has a character in it that git does not allow"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Invalid, why)
        .with_operation(operation)
        .with_resource(format!("{name:?}")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gitlab::api::projects::{
        Project,
        merge_requests::MergeMergeRequest,
        repository::{
            TreeBuilder,
            branches::Branch,
            files::{File, FileRaw},
            tags::Tag,
        },
    };
    use ogr_core::http::HttpConfig;

    use super::*;
    use crate::{backend::instance, dialect::GitLabDialect};

    fn client() -> Client {
        let web = "https://git.example.org/gitlab".parse().unwrap();
        Client::new(
            instance(web),
            Arc::new(GitLabDialect),
            None,
            HttpConfig::default(),
        )
        .unwrap()
    }

    fn url(endpoint: &impl Endpoint) -> String {
        call(&client(), Operation::ForgeRaw, endpoint)
            .unwrap()
            .url
            .to_string()
    }

    const BASE: &str = "https://git.example.org/gitlab/api/v4/projects";

    #[test]
    fn every_name_stays_one_part_of_the_path() {
        let project = Project::builder().project("a/b/c.d").build().unwrap();
        assert_eq!(url(&project), format!("{BASE}/a%2Fb%2Fc.d"));
        let odd = "a/b #?%2F\\..ü";
        let encoded = "a%2Fb%20%23%3F%252F%5C..%C3%BC";
        let branch = Branch::builder().project("a/b").branch(odd).build();
        assert_eq!(
            url(&branch.unwrap()),
            format!("{BASE}/a%2Fb/repository/branches/{encoded}")
        );
        let tag = Tag::builder().project("a/b").tag_name(odd).build();
        assert_eq!(
            url(&tag.unwrap()),
            format!("{BASE}/a%2Fb/repository/tags/{encoded}")
        );
        let file = FileRaw::builder()
            .project("a/b")
            .file_path(odd)
            .ref_(odd)
            .build();
        assert_eq!(
            url(&file.unwrap()),
            format!("{BASE}/a%2Fb/repository/files/{encoded}/raw?ref=a%2Fb+%23%3F%252F%5C..%C3%BC")
        );
    }

    #[test]
    fn what_would_climb_is_refused() {
        for name in ["..", ".", ""] {
            let branch = Branch::builder().project("a/b").branch(name).build();
            let error = call(&client(), Operation::RefsBranch, &branch.unwrap()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{name}");
            let file = File::builder()
                .project("a/b")
                .file_path(name)
                .ref_("x")
                .build();
            let error = call(&client(), Operation::ContentsRead, &file.unwrap()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{name}");
        }
        for name in ["", "a..b", "../x", "a\\b", "a\nb"] {
            let error = check_ref(Operation::RefsTag, name).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{name:?}");
        }
        check_ref(Operation::RefsTag, "feature/x #?%").unwrap();
    }

    #[test]
    fn the_form_of_a_get_becomes_its_query() {
        let tree = TreeBuilder::default()
            .project("a/b")
            .path("x y")
            .recursive(true)
            .build()
            .unwrap();
        let call = call(&client(), Operation::ContentsTree, &tree).unwrap();
        assert_eq!(call.url.query(), Some("path=x+y&recursive=true"));
        assert_eq!(call.payload, Payload::Empty);
    }

    #[test]
    fn an_endpoint_without_parameters_has_no_question_mark() {
        let merge = MergeMergeRequest::builder()
            .project("a/b")
            .merge_request(7)
            .sha("abc")
            .build()
            .unwrap();
        let call = call(&client(), Operation::PullRequestsMerge, &merge).unwrap();
        assert_eq!(
            call.url.as_str(),
            format!("{BASE}/a%2Fb/merge_requests/7/merge")
        );
        assert!(
            matches!(call.payload, Payload::Bytes { bytes, .. } if bytes == "sha=abc"),
            "the body of a PUT stays one"
        );
    }
}
