//! The way out: octocrab's own API, for what GitHub has and ogr does not know.

use std::{
    error::Error as StdError,
    task::{Context, Poll},
};

use ::octocrab::{OctoBody, Octocrab};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use ogr_core::{
    Error, ErrorKind, Result,
    http::{Client, Effect, Payload, RawRequest},
};
use serde_json::{Value, json};
use tower_service::Service;
use url::Url;

use super::{Answer, Plain, answer, client_on, graphql_base, own};
use crate::GitHub;

impl GitHub {
    /// A client of octocrab on this forge's transport: with its credential, limits, retries and cache, and sending nothing
    /// to other hosts.
    ///
    /// It lives and dies with the Tokio runtime that this is called on: make one where it is needed. What GitHub refuses
    /// is an [`octocrab::Error::GitHub`](::octocrab::Error::GitHub) as ever; what the transport says besides, such as a
    /// broken connection, is found by [`error_of_octocrab`](Self::error_of_octocrab).
    ///
    /// This is the one place where a type of octocrab stands in the public API. Its version is no part of ogr's promise of
    /// compatibility.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] outside of a Tokio runtime.
    ///
    /// ```
    /// # async fn example(github: &ogr_github::GitHub) -> Result<(), Box<dyn std::error::Error>> {
    /// let octocrab = github.octocrab()?;
    /// let emojis: serde_json::Value = octocrab.get("/emojis", None::<&()>).await?;
    /// # Ok(()) }
    /// ```
    pub fn octocrab(&self) -> Result<Octocrab> {
        let client = self.client();
        let service = Escape {
            client: client.clone(),
        };
        client_on(service, client.instance().api.as_str()).map_err(|error| client.locate(error))
    }

    /// The transport's error inside of one of octocrab's, where there is one.
    pub fn error_of_octocrab(error: &(dyn StdError + 'static)) -> Option<Error> {
        own(error)
    }
}

/// The transport as a service for requests that others make.
struct Escape {
    client: Client,
}

impl Service<Request<OctoBody>> for Escape {
    type Response = Response<Full<Bytes>>;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<OctoBody>) -> Self::Future {
        let client = self.client.clone();
        Box::pin(async move {
            let request = Plain::of(request).await?;
            let url = place(&client.instance().api, request.url);
            let mut raw = RawRequest::new(request.method, url);
            if reads_graphql(&raw.path, &request.payload) {
                raw.effect = Effect::Read;
            }
            raw.headers = request.headers;
            raw.payload = request.payload;
            match client.raw(raw).await {
                Ok(reply) => Ok(answer(reply)),
                Err(error) => refusal(error),
            }
        })
    }
}

/// Where a request really goes: octocrab looks for GraphQL below the REST API, an Enterprise Server has it beside.
fn place(api: &Url, url: Url) -> String {
    let below = format!("{}/graphql", api.as_str().trim_end_matches('/'));
    if url.as_str() == below {
        format!("{}/graphql", graphql_base(api))
    } else {
        url.into()
    }
}

/// Whether this asks GraphQL without changing anything. A query that but mentions a mutation is not taken for a read.
fn reads_graphql(path: &str, payload: &Payload) -> bool {
    let Payload::Bytes { bytes, .. } = payload else {
        return false;
    };
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    path.ends_with("/graphql")
        && body["query"]
            .as_str()
            .is_some_and(|query| !query.contains("mutation"))
}

/// A refusal as the answer that it was: octocrab reads "no" out of a 404, and makes an error of the rest.
fn refusal(error: Error) -> Result<Response<Full<Bytes>>> {
    let status = error
        .status()
        .filter(|status| *status >= 400 && error.kind() != ErrorKind::BotWall)
        .and_then(|status| StatusCode::from_u16(status).ok());
    let Some(status) = status else {
        return Err(error);
    };
    let body = json!({ "message": error.message() }).to_string();
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_query_reads() {
        let payload = |query: &str| Payload::Bytes {
            content_type: http::HeaderValue::from_static("application/json"),
            bytes: json!({ "query": query }).to_string().into(),
        };
        let reads = |query: &str| reads_graphql("https://api.github.com/graphql", &payload(query));
        assert!(reads("{ viewer { login } }"));
        assert!(!reads("mutation { x }"));
        assert!(!reads("fragment A on B { c } mutation { x }"));
        assert!(!reads_graphql(
            "https://api.github.com/markdown",
            &payload("{ a }")
        ));
    }

    #[test]
    fn graphql_is_beside_an_enterprise_servers_rest_api() {
        let at = |api: &str, url: &str| place(&api.parse().unwrap(), url.parse().unwrap());
        assert_eq!(
            at(
                "https://g.example.org/api/v3/",
                "https://g.example.org/api/v3/graphql"
            ),
            "https://g.example.org/api/graphql"
        );
        assert_eq!(
            at("https://api.github.com/", "https://api.github.com/graphql"),
            "https://api.github.com/graphql"
        );
        assert_eq!(
            at("https://api.github.com/", "https://api.github.com/user"),
            "https://api.github.com/user"
        );
    }
}
