//! octocrab on ogr's transport.
//!
//! octocrab's client sits on any tower service. Here that service is the transport: octocrab neither authenticates nor
//! retries nor follows redirects, the transport does, as for every other request. What octocrab brings is GraphQL's
//! envelope, and, for whoever wants it (`escape.rs`), all of its own API.
//!
//! A client of octocrab has a worker that lives and dies with the runtime that it was built on. It is therefore built inside
//! of each call, which costs a task and no connection, and never kept.

#[cfg(feature = "octocrab")]
mod escape;

use std::{
    error::Error as StdError,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use ::octocrab::{
    AuthState, OctoBody, Octocrab, OctocrabBuilder, service::middleware::base_uri::BaseUriLayer,
};
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use ogr_core::{
    Error, ErrorKind, Operation, Result,
    http::{Call, Client, Effect, Payload, Reply},
};
use serde::{Serialize, de::DeserializeOwned};
use tower_service::Service;
use url::Url;

use crate::forge::JSON;

/// What a request of octocrab is for: the transport wants to know, and octocrab has no place for it.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) operation: Operation,
    pub(crate) effect: Effect,
    pub(crate) resource: String,
}

/// Asks GraphQL. What it refuses arrives as the transport's own error.
pub(crate) async fn graphql<T: DeserializeOwned>(
    client: &Client,
    about: About,
    query: &str,
    variables: &(impl Serialize + Sync),
) -> Result<T> {
    #[derive(Serialize)]
    struct Payload<'a, V> {
        query: &'a str,
        variables: &'a V,
    }
    let service = Transport {
        client: client.clone(),
        about: about.clone(),
    };
    let base = graphql_base(&client.instance().api);
    let octocrab = client_on(service, &base).map_err(|error| client.locate(error))?;
    octocrab
        .graphql(&Payload { query, variables })
        .await
        .map_err(|error| {
            own(&error).unwrap_or_else(|| {
                client.locate(
                    Error::new(
                        ErrorKind::Decode,
                        "GraphQL answered something that ogr cannot read",
                    )
                    .with_operation(about.operation)
                    .with_resource(about.resource)
                    .with_source(error),
                )
            })
        })
}

/// The folder that GraphQL's endpoint is in: an Enterprise Server has it beside the REST API, not below.
fn graphql_base(api: &Url) -> String {
    let api = api.as_str().trim_end_matches('/');
    api.strip_suffix("/v3").unwrap_or(api).to_owned()
}

/// A client of octocrab over a service, for addresses below `base`.
fn client_on<S>(service: S, base: &str) -> Result<Octocrab>
where
    S: Service<Request<OctoBody>, Response = Response<Full<Bytes>>, Error = Error> + Send + 'static,
    S::Future: Send + 'static,
{
    let base = base.parse().map_err(|error: http::uri::InvalidUri| {
        Error::new(ErrorKind::Config, "the API's address is none for octocrab").with_source(error)
    })?;
    // Its worker is a task: without a runtime to put it on, octocrab would panic.
    tokio::runtime::Handle::try_current().map_err(|error| {
        Error::new(
            ErrorKind::Config,
            "octocrab works inside a Tokio runtime only",
        )
        .with_source(error)
    })?;
    let built = OctocrabBuilder::new_empty()
        .with_service(service)
        .with_layer(&BaseUriLayer::new(base))
        .with_auth(AuthState::None)
        .build();
    match built {
        Ok(octocrab) => Ok(octocrab),
        Err(never) => match never {},
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>>> + Send>>;

/// The transport as a service, for requests that are all about one thing.
struct Transport {
    client: Client,
    about: About,
}

impl Service<Request<OctoBody>> for Transport {
    type Response = Response<Full<Bytes>>;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<OctoBody>) -> Self::Future {
        let client = self.client.clone();
        let about = self.about.clone();
        Box::pin(async move {
            let request = Plain::of(request).await?;
            let mut call = Call::new(about.operation, request.method, request.url)
                .accept(JSON)
                .effect(about.effect)
                .resource(about.resource);
            call.headers.extend(request.headers);
            call.payload = request.payload;
            client.send(call).await.map(answer)
        })
    }
}

/// A request of octocrab with what the transport needs of it.
struct Plain {
    method: http::Method,
    url: Url,
    headers: http::HeaderMap,
    payload: Payload,
}

impl Plain {
    async fn of(request: Request<OctoBody>) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        let unusable = |error: Box<dyn StdError + Send + Sync>| {
            Error::new(ErrorKind::Invalid, "octocrab's request cannot be sent").with_source(error)
        };
        let url = parts
            .uri
            .to_string()
            .parse()
            .map_err(|error: url::ParseError| unusable(error.into()))?;
        let bytes = body
            .collect()
            .await
            .map_err(|error| unusable(error.into()))?
            .to_bytes();
        let content_type = parts.headers.remove(header::CONTENT_TYPE);
        // The transport measures the body itself, and says which version of the API it speaks.
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.remove("x-github-api-version");
        let payload = match content_type {
            Some(content_type) => Payload::Bytes {
                content_type,
                bytes,
            },
            None => Payload::Empty,
        };
        Ok(Self {
            method: parts.method,
            url,
            headers: parts.headers,
            payload,
        })
    }
}

fn answer(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// The transport's error inside of one of octocrab's.
fn own(error: &(dyn StdError + 'static)) -> Option<Error> {
    let mut error = Some(error);
    while let Some(inner) = error {
        if let Some(own) = inner.downcast_ref::<Error>() {
            return Some(own.clone());
        }
        error = inner.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_where_graphql_is() {
        let base = |api: &str| graphql_base(&api.parse().unwrap());
        assert_eq!(base("https://api.github.com/"), "https://api.github.com");
        assert_eq!(
            base("https://git.example.org/api/v3/"),
            "https://git.example.org/api"
        );
    }

    #[test]
    fn does_not_panic_without_a_runtime() {
        let instance = ogr_core::registry::Backend::instance(
            &crate::GitHubBackend,
            ogr_core::ForgeKind::GitHub,
            "https://github.com".parse().unwrap(),
        );
        let github = crate::GitHub::new(instance, None, Default::default()).unwrap();
        let service = Transport {
            client: github.client().clone(),
            about: About {
                operation: Operation::ForgeRaw,
                effect: Effect::Read,
                resource: String::new(),
            },
        };
        let error = client_on(service, "https://api.github.com").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}
