//! The recorded refusals.

use std::collections::HashMap;

use ogr_core::{Error, ErrorKind, Forge, Operation, http::RawRequest};

use crate::{Recordings, WEB, serve};

/// What kind of error each recorded refusal is, whatever operation meets it.
#[tokio::test]
async fn every_recorded_refusal_has_its_kind() {
    let Some(recordings) = Recordings::open() else {
        return;
    };
    let mut seen = HashMap::new();
    for (name, record) in &recordings.0 {
        let status = record["status"].as_u64().unwrap();
        if status < 400 {
            continue;
        }
        let (forge, _) = serve(std::slice::from_ref(record), WEB);
        let method = record["method"].as_str().unwrap().parse().unwrap();
        let url = format!("{WEB}{}", record["path"].as_str().unwrap());
        let request = RawRequest::new(method, url);
        let error: Error = forge.raw(request).await.unwrap_err();
        assert_eq!(error.operation(), Some(Operation::ForgeRaw));
        assert_eq!(u64::from(error.status().unwrap()), status);
        let body = &record["body"];
        let code = body["error_code"].as_str().unwrap_or("page");
        assert_eq!(error.code(), body["error_code"].as_str(), "{name}");
        let says = body["errors"].as_str().unwrap_or_default();
        let said = body["error"].as_str().unwrap_or_default();
        let expected = match (status, code) {
            (401, "EINVALIDTOK") if says.starts_with("Missing ACLs") => ErrorKind::PermissionDenied,
            (401, "EINVALIDTOK") if says.is_empty() => ErrorKind::PermissionDenied,
            (401, "EINVALIDTOK") => ErrorKind::Unauthenticated,
            (401, "ETRACKERREADONLY") => ErrorKind::Disabled,
            (401 | 403, _) => ErrorKind::PermissionDenied,
            (404, "EPULLREQUESTSDISABLED" | "ETRACKERDISABLED") => ErrorKind::Disabled,
            (404, _) => ErrorKind::NotFound,
            (409, _) => ErrorKind::Conflict,
            (400, "ENOCODE") if said.contains("already exists") => ErrorKind::AlreadyExists,
            (400, "ENOCODE") if said.contains("not possible to create") => ErrorKind::AlreadyExists,
            (400, "ENOCODE") if said.contains("does not exist") => ErrorKind::NotFound,
            (400, "ENOCODE") if said.contains("No user") => ErrorKind::NotFound,
            (400, "EINVALIDREQ") if says.starts_with("Branch ") => ErrorKind::NotFound,
            (400, "EDBERROR") => ErrorKind::Unavailable,
            (400, "ENOPRSTATS") => ErrorKind::NotReady,
            (400 | 405, _) => ErrorKind::Invalid,
            (500, "page") => ErrorKind::Unavailable,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(error.kind(), expected, "{name}: {error}");
        *seen.entry((status, code.to_owned())).or_insert(0) += 1;
    }
    // All that the fact sheet counts, and the pages.
    assert!(seen.len() >= 33, "{}", seen.len());
}
