//! Archives of a whole revision.

use super::raw::http_date;
use crate::dialect::forgejo::Answer;
use crate::dialect::forgejo::call::Call;
use crate::dialect::forgejo::problem::Problem;
use crate::dialect::{Answered, bytes};
use crate::state::ProjectId;

/// The endings, git's word for the format, and the media type.
const FORMATS: &[(&str, &str, &str)] = &[
    (".zip", "zip", "application/zip"),
    (".tar.gz", "tar.gz", "application/gzip"),
    (".bundle", "bundle", "application/octet-stream"),
];

/// `GET /repos/{owner}/{repo}/archive/{revision}.{format}`.
pub(in crate::dialect::forgejo) async fn archive(
    call: &Call<'_>,
    id: ProjectId,
    name: &str,
) -> Answer {
    let known = FORMATS.iter().find_map(|(ending, format, kind)| {
        Some((name.strip_suffix(ending)?, *ending, *format, *kind))
    });
    let Some((revision, ending, format, kind)) = known else {
        return Err(Problem::new(400, format!("unknown format: {name}")));
    };
    let repository = call.repository(id).await?;
    let Some(sha) = repository.resolve(revision).await? else {
        let words = format!("unrecognized repository reference: {revision}");
        return Err(Problem::new(404, words));
    };
    let project = {
        let state = call.hub.state();
        state.visible_id(call.login(), id)?.clone()
    };
    let content = if format == "bundle" {
        // git bundles names, not bare commits.
        let branch = format!("refs/heads/{revision}");
        let tag = format!("refs/tags/{revision}");
        let named = if repository.branch(revision).await?.is_some() {
            branch
        } else {
            tag
        };
        repository.git(&["bundle", "create", "-", &named]).await?
    } else {
        let (format, prefix) = (
            format!("--format={format}"),
            format!("--prefix={}/", project.name),
        );
        repository.git(&["archive", &format, &prefix, &sha]).await?
    };
    let file = format!("{}-{}{ending}", project.name, revision.replace('/', "-"));
    let answer = bytes(200, kind, content)
        .with("cache-control", "private, max-age=300")
        .with("access-control-expose-headers", "Content-Disposition")
        .with("accept-ranges", "bytes")
        .with("last-modified", http_date(call.hub.now()))
        .with(
            "content-disposition",
            format!("attachment; filename=\"{file}\"; filename*=UTF-8''{file}"),
        );
    if call.flavour.gitea {
        return Ok(answer);
    }
    let api = call.project_api(&project.path());
    let link = format!("<{api}/archive/{sha}{ending}?rev={sha}>; rel=\"immutable\"");
    Ok(answer.with("link", link))
}
