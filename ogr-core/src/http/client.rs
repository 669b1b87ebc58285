//! The pipeline: from a call to an answer.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;
use tracing::{Instrument, Span};
use url::Url;

use super::{
    Answer, Body, Call, Dialect, Effect, HttpConfig, PauseReason, Payload, RateState, RawRequest,
    Refusal, Reply, ReqwestWire, Wire, WireError, WireErrorKind, auth,
    cache::{Cache, Key},
    limits::{self, Limits},
    redirect, retry, span,
};
use crate::{
    CallOptions, Credential, Error, ErrorKind, Instance, LimitHit, LimitKind, Operation, Outcome,
    Result,
};

/// What may stand in a segment of a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The wait after a secondary limit that names none: GitHub asks for a minute.
const SECONDARY_WAIT: Duration = Duration::from_secs(60);

/// Sends a backend's calls. Clones share everything; [`with`](Self::with) shares the connections, the
/// cache, and, for the same credential, the limits.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    lane: Arc<Lane>,
    deadline: Option<Duration>,
    fresh: bool,
    width: Option<usize>,
}

struct Shared {
    instance: Instance,
    host: String,
    dialect: Arc<dyn Dialect>,
    wire: Arc<dyn Wire>,
    config: HttpConfig,
    cache: Cache,
    lanes: Mutex<HashMap<u64, Arc<Lane>>>,
}

/// What belongs to one credential.
struct Lane {
    credential: Option<Credential>,
    identity: u64,
    limits: Limits,
}

impl Client {
    /// A client for one instance of a forge.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when the default wire cannot be made from the configuration.
    pub fn new(
        instance: Instance,
        dialect: Arc<dyn Dialect>,
        credential: Option<Credential>,
        config: HttpConfig,
    ) -> Result<Self> {
        let wire = match &config.wire {
            Some(wire) => Arc::clone(wire),
            None => Arc::new(ReqwestWire::new(&config)?),
        };
        let shared = Arc::new(Shared {
            host: instance.host(),
            instance,
            dialect,
            wire,
            cache: Cache::new(config.cache_bytes),
            config,
            lanes: Mutex::default(),
        });
        let lane = shared.lane(credential);
        Ok(Self {
            shared,
            lane,
            deadline: None,
            fresh: false,
            width: None,
        })
    }

    /// The same client with other options.
    #[must_use]
    pub fn with(&self, options: &CallOptions) -> Self {
        let mut client = self.clone();
        if let Some(deadline) = options.deadline {
            client.deadline = Some(deadline);
        }
        if let Some(fresh) = options.fresh {
            client.fresh = fresh;
        }
        if let Some(width) = options.width {
            client.width = Some(width.clamp(1, 100));
        }
        if let Some(credential) = &options.credential {
            client.lane = self.shared.lane(Some(credential.clone()));
        }
        client
    }

    /// The installation that this client talks to.
    pub fn instance(&self) -> &Instance {
        &self.shared.instance
    }

    /// The credential of this client's calls.
    pub fn credential(&self) -> Option<&Credential> {
        self.lane.credential.as_ref()
    }

    /// A number that tells credentials apart, for what a backend remembers per credential.
    pub fn credential_identity(&self) -> u64 {
        self.lane.identity
    }

    /// The configuration.
    pub fn config(&self) -> &HttpConfig {
        &self.shared.config
    }

    /// How many pages of a list are read at once where nothing else is said; `None` when nothing was.
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    /// What the last answers said of the request budget.
    pub fn rate_limit(&self) -> Option<RateState> {
        self.lane.limits.latest()
    }

    /// An address of the API. Every segment is encoded whole: a slash in one does not part it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a segment that is empty, `.` or `..`.
    pub fn url<S: AsRef<str>>(&self, segments: impl IntoIterator<Item = S>) -> Result<Url> {
        address(&self.shared.instance.api, segments)
    }

    /// An address of the forge's pages, encoded like [`url`](Self::url).
    ///
    /// # Errors
    ///
    /// Those of [`url`](Self::url).
    pub fn web_url<S: AsRef<str>>(&self, segments: impl IntoIterator<Item = S>) -> Result<Url> {
        address(&self.shared.instance.web, segments)
    }

    /// A call of the API.
    ///
    /// # Errors
    ///
    /// Those of [`url`](Self::url), naming the operation.
    pub fn call<S: AsRef<str>>(
        &self,
        operation: Operation,
        method: Method,
        segments: impl IntoIterator<Item = S>,
    ) -> Result<Call> {
        let url = self
            .url(segments)
            .map_err(|error| self.locate(error).with_operation(operation))?;
        Ok(Call::new(operation, method, url))
    }

    /// A GET of the API.
    ///
    /// # Errors
    ///
    /// Those of [`url`](Self::url).
    pub fn get<S: AsRef<str>>(
        &self,
        operation: Operation,
        segments: impl IntoIterator<Item = S>,
    ) -> Result<Call> {
        self.call(operation, Method::GET, segments)
    }

    /// Sends a call through the whole pipeline.
    ///
    /// # Errors
    ///
    /// Every kind that a transport can have; the operation, the resource and the forge are named.
    pub async fn send(&self, call: Call) -> Result<Reply> {
        let span = span::of(&call, &self.shared.instance);
        if !span.is_disabled() {
            span.record("url", span::redacted(&call.url));
        }
        let recorder = span.clone();
        async move {
            let result = match self.within_deadline(call).await {
                Err(error) if error.is_stray() => Err(self.explain_stray(error).await),
                result => result,
            };
            if let Err(error) = &result {
                tracing::debug!(%error, "call failed");
                if let Some(status) = error.status() {
                    recorder.record("status", status);
                }
            }
            result
        }
        .instrument(span)
        .await
    }

    /// Sends a request of the forge's own API.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`] for an address that is not of this forge; else those of [`send`](Self::send).
    pub async fn raw(&self, request: RawRequest) -> Result<Reply> {
        let url = self.raw_url(&request.path).map_err(|error| {
            self.locate(error)
                .with_operation(Operation::ForgeRaw)
                .with_resource(request.path.clone())
        })?;
        self.send(request.into_call(url)).await
    }

    /// Completes an error with where it happened.
    pub fn locate(&self, error: Error) -> Error {
        error.with_forge(self.shared.instance.kind, self.shared.host.clone())
    }

    fn raw_url(&self, path: &str) -> Result<Url> {
        let api = &self.shared.instance.api;
        if path.contains("://") {
            let url: Url = path.parse().map_err(|error| {
                Error::new(ErrorKind::Invalid, "this is no address").with_source(error)
            })?;
            return if self.shared.instance.trusts(&url) {
                Ok(url)
            } else {
                Err(Error::new(
                    ErrorKind::Refused,
                    "the address is not one of this forge",
                ))
            };
        }
        let url = api.join(path.trim_start_matches('/')).map_err(|error| {
            Error::new(ErrorKind::Invalid, "this is no address").with_source(error)
        })?;
        if url.origin() != api.origin() || !url.path().starts_with(api.path()) {
            return Err(Error::new(
                ErrorKind::Refused,
                "the address leads out of the API",
            ));
        }
        Ok(url)
    }

    /// An answer that the expected forge does not give: another may have taken its host.
    async fn explain_stray(&self, error: Error) -> Error {
        let Some(watch) = &self.shared.config.watch else {
            return error;
        };
        match watch.other_forge().await {
            Some(kind) => error
                .with_kind(ErrorKind::ForgeChanged)
                .with_retryable(false)
                .with_message(format!(
                    "this handle was made for {}, and {kind} answers here now",
                    self.shared.instance.kind
                )),
            None => error,
        }
    }

    async fn within_deadline(&self, call: Call) -> Result<Reply> {
        let Some(deadline) = self.deadline else {
            return self.cached(call, None).await;
        };
        let is_create = call.effect == Effect::Create;
        let late = self.locate(
            call.error(
                ErrorKind::Timeout,
                format!(
                    "not done within the deadline of {} s",
                    deadline.as_secs_f64()
                ),
            )
            .with_retryable(!is_create),
        );
        let until = Instant::now() + deadline;
        tokio::time::timeout_at(until, self.cached(call, Some(until)))
            .await
            .unwrap_or(Err(late))
    }

    async fn cached(&self, call: Call, deadline: Option<Instant>) -> Result<Reply> {
        let cache = &self.shared.cache;
        let Some(key) = Key::of(&call, self.lane.identity) else {
            if call.effect.is_write() {
                cache.close_flights();
            }
            let reply = self.retried(&call, deadline).await;
            if call.effect.is_write() {
                cache.close_flights();
            }
            return reply;
        };
        // A call with a deadline of its own does not wait for one that has another.
        if self.fresh || deadline.is_some() {
            return self.revalidated(call, key, deadline).await;
        }
        let client = self.clone();
        let flight_key = key.clone();
        let flight = cache.join(&key, move || {
            async move {
                let reply = client.revalidated(call, flight_key.clone(), None).await;
                client.shared.cache.landed(&flight_key);
                reply
            }
            .boxed()
        });
        flight.await
    }

    async fn revalidated(
        &self,
        mut call: Call,
        key: Key,
        deadline: Option<Instant>,
    ) -> Result<Reply> {
        let cache = &self.shared.cache;
        let remember = call.remember && self.shared.config.cache_bytes > 0;
        if !self.fresh {
            cache.ask(&key, &mut call.headers);
        }
        let reply = self.retried(&call, deadline).await?;
        if reply.status == StatusCode::NOT_MODIFIED && !cache.holds(&key) {
            // What the validator stood for was pushed out in the meantime: ask without it.
            call.headers.remove(header::IF_NONE_MATCH);
            call.headers.remove(header::IF_MODIFIED_SINCE);
            let reply = self.retried(&call, deadline).await?;
            return Ok(cache.take(key, reply, remember));
        }
        Ok(cache.take(key, reply, remember))
    }

    async fn retried(&self, call: &Call, deadline: Option<Instant>) -> Result<Reply> {
        let mut attempts = 0;
        let mut may_have_acted = false;
        loop {
            attempts += 1;
            let error = match self.redirected(call, deadline).await {
                Ok(mut reply) => {
                    reply.attempts = attempts;
                    let span = Span::current();
                    span.record("status", reply.status.as_u16());
                    span.record("attempts", attempts);
                    span.record("bytes", reply.body.len());
                    return Ok(reply);
                }
                Err(error) => error,
            };
            if may_have_acted && call.method == Method::DELETE && error.is_not_found() {
                // The first try did it, and its answer was lost.
                return Ok(Reply {
                    status: StatusCode::NO_CONTENT,
                    headers: HeaderMap::new(),
                    body: bytes::Bytes::new(),
                    url: call.url.clone(),
                    attempts,
                    operation: call.operation,
                    resource: call.resource.clone(),
                });
            }
            may_have_acted |= error.outcome() == Outcome::Unknown;
            let shared = &self.shared;
            let wait = retry::wait(call, &error, attempts, &*shared.dialect, &shared.config)
                .filter(|wait| deadline.is_none_or(|deadline| Instant::now() + *wait < deadline));
            let Some(wait) = wait else {
                Span::current().record("attempts", attempts);
                return Err(self.final_error(call, error, may_have_acted));
            };
            limits::tell(
                &shared.config,
                call,
                &shared.host,
                PauseReason::Retry,
                wait,
                attempts,
            );
            tokio::time::sleep(wait).await;
        }
    }

    /// A create that may have been carried out is not to be sent again blindly.
    fn final_error(&self, call: &Call, error: Error, may_have_acted: bool) -> Error {
        let unsafe_to_repeat = may_have_acted && call.effect == Effect::Create;
        let retryable = error.is_retryable() && !unsafe_to_repeat;
        let error = if may_have_acted {
            error.with_outcome(Outcome::Unknown)
        } else {
            error
        };
        self.locate(error.with_retryable(retryable))
    }

    async fn redirected(&self, call: &Call, deadline: Option<Instant>) -> Result<Reply> {
        let instance = &self.shared.instance;
        let mut method = call.method.clone();
        let mut url = call.url.clone();
        for _ in 0..=redirect::HOPS {
            let (parts, body) = self.attempt(call, &method, &url, deadline).await?;
            match redirect::follow(call, &url, parts.status, &parts.headers, instance)? {
                Some((next_method, next_url)) => {
                    method = next_method;
                    url = next_url;
                }
                None => return self.judge(call, url, parts, body),
            }
        }
        Err(call.error(
            ErrorKind::Unavailable,
            format!("more than {} redirects", redirect::HOPS),
        ))
    }

    async fn attempt(
        &self,
        call: &Call,
        method: &Method,
        url: &Url,
        deadline: Option<Instant>,
    ) -> Result<(http::response::Parts, bytes::Bytes)> {
        let shared = &self.shared;
        let request = self.request(call, method, url)?;
        let limit = call.body_limit.unwrap_or(shared.config.body_limit);
        let _permit = self
            .lane
            .limits
            .enter(
                call,
                &shared.host,
                &*shared.dialect,
                &shared.config,
                deadline,
            )
            .await?;
        let exchange = async {
            let (parts, body) = shared.wire.send(request).await?.into_parts();
            // The body of an error is for its message; more than a little of it is of no use.
            let body = body.collect(limit).await?;
            Ok::<_, WireError>((parts, body))
        };
        let (parts, body) = tokio::time::timeout(shared.config.attempt_timeout, exchange)
            .await
            .unwrap_or_else(|_| {
                Err(WireError::new(
                    WireErrorKind::Timeout,
                    format!(
                        "no complete answer within {} s",
                        shared.config.attempt_timeout.as_secs_f64()
                    ),
                ))
            })
            .map_err(|error| self.broken(call, error))?;
        self.lane
            .limits
            .learn(call, &*shared.dialect, &parts.headers);
        match body {
            Some(body) => Ok((parts, body)),
            None => Err(call
                .error(
                    ErrorKind::TooLarge,
                    format!("the answer is larger than the cap of {limit} bytes"),
                )
                .with_status(parts.status.as_u16())),
        }
    }

    fn request(&self, call: &Call, method: &Method, url: &Url) -> Result<Request<Body>> {
        let shared = &self.shared;
        let mut headers = HeaderMap::new();
        if let Ok(agent) = HeaderValue::from_str(&shared.config.user_agent) {
            headers.insert(header::USER_AGENT, agent);
        }
        // What the dialect, the user and the call say is for the forge alone.
        if shared.instance.trusts(url) {
            headers.extend(shared.dialect.headers());
            headers.extend(shared.config.headers.iter().cloned());
            headers.extend(call.headers.clone());
        } else if let Some(accept) = call.headers.get(header::ACCEPT) {
            headers.insert(header::ACCEPT, accept.clone());
        }
        auth::attach(
            &mut headers,
            url,
            &shared.instance,
            &*shared.dialect,
            self.lane.credential.as_ref(),
            &shared.config,
        )
        .map_err(|error| self.name(call, error))?;
        let body = match &call.payload {
            Payload::Empty => Body::empty(),
            Payload::Bytes {
                content_type,
                bytes,
            } => {
                headers.insert(header::CONTENT_TYPE, content_type.clone());
                Body::from_bytes(bytes.clone())
            }
        };
        let mut request = Request::builder()
            .method(method.clone())
            .uri(url.as_str())
            .body(body)
            .map_err(|error| {
                call.error(ErrorKind::Invalid, "the request cannot be built")
                    .with_source(error)
            })?;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// Tells success from refusal.
    fn judge(
        &self,
        call: &Call,
        url: Url,
        parts: http::response::Parts,
        body: bytes::Bytes,
    ) -> Result<Reply> {
        let answer = Answer {
            call,
            status: parts.status,
            headers: &parts.headers,
            body: &body,
        };
        let refusal = if parts.status.is_success() {
            if call.wants_json && is_html(&answer) {
                Some(Refusal::new(ErrorKind::BotWall, title(&answer)))
            } else {
                self.shared.dialect.hidden_refusal(&answer)
            }
        } else if parts.status == StatusCode::NOT_MODIFIED {
            None
        } else if is_html(&answer) {
            Some(page(&answer))
        } else {
            Some(self.shared.dialect.refusal(&answer))
        };
        match refusal {
            Some(refusal) => {
                let mut error = self.refused(&answer, refusal);
                if is_stray(&answer, &self.shared.instance) {
                    error = error.stray();
                }
                self.lane.limits.refused(&error);
                Err(error)
            }
            None => Ok(Reply {
                status: parts.status,
                headers: parts.headers,
                body,
                url,
                attempts: 0,
                operation: call.operation,
                resource: call.resource.clone(),
            }),
        }
    }

    fn refused(&self, answer: &Answer<'_>, refusal: Refusal) -> Error {
        let mut error = self.name(
            answer.call,
            answer
                .call
                .error(refusal.kind, self.redacted(&refusal.message))
                .with_status(answer.status.as_u16()),
        );
        if let Some(code) = refusal.code {
            error = error.with_code(code);
        }
        for name in ["x-github-request-id", "x-request-id"] {
            if let Some(id) = answer.header(name) {
                error = error.with_request_id(id);
                break;
            }
        }
        let mut wait = retry_after(answer.headers);
        if refusal.kind == ErrorKind::RateLimited {
            let rate = self.shared.dialect.rate(answer.headers);
            let reset = rate.as_ref().and_then(|rate| rate.reset);
            if wait.is_none() && refusal.limit != LimitKind::Secondary {
                wait = reset
                    .filter(|_| rate.is_some_and(|rate| rate.remaining == Some(0)))
                    .and_then(|reset| (reset - Utc::now()).to_std().ok())
                    .map(|wait| wait + Duration::from_secs(1));
            }
            if wait.is_none() && refusal.limit == LimitKind::Secondary {
                wait = Some(SECONDARY_WAIT);
            }
            error = error
                .with_limit(LimitHit::new(refusal.limit, reset))
                .with_outcome(Outcome::Refused);
        }
        if let Some(wait) = wait {
            error = error.with_retry_after(wait);
        }
        error
    }

    fn broken(&self, call: &Call, error: WireError) -> Error {
        let (kind, outcome) = match error.kind {
            WireErrorKind::Connect => (ErrorKind::Network, Outcome::NotSent),
            WireErrorKind::Broken => (ErrorKind::Network, Outcome::Unknown),
            WireErrorKind::Timeout => (ErrorKind::Timeout, Outcome::Unknown),
            WireErrorKind::Unsendable => (ErrorKind::Invalid, Outcome::NotSent),
        };
        let message = self.redacted(&error.message);
        self.name(call, call.error(kind, message))
            .with_outcome(outcome)
    }

    /// Completes an error with what was asked, and where.
    fn name(&self, call: &Call, error: Error) -> Error {
        let error = self.locate(error).with_operation(call.operation);
        if call.resource.is_empty() {
            error
        } else {
            error.with_resource(call.resource.clone())
        }
    }

    /// A message without the credential: Forgejo echoes a bad token.
    fn redacted(&self, message: &str) -> String {
        match &self.lane.credential {
            Some(credential) => credential.redact(message),
            None => message.to_owned(),
        }
    }
}

impl Shared {
    /// The lane of a credential: made once, so that all handles share its limits.
    fn lane(&self, credential: Option<Credential>) -> Arc<Lane> {
        let identity = credential.as_ref().map_or(0, Credential::identity);
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(identity).or_insert_with(|| {
            Arc::new(Lane {
                credential,
                identity,
                limits: Limits::new(&self.config),
            })
        }))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("instance", &self.shared.instance)
            .field("credential", &self.lane.credential)
            .finish_non_exhaustive()
    }
}

/// A base with segments behind it, each encoded whole.
fn address<S: AsRef<str>>(base: &Url, segments: impl IntoIterator<Item = S>) -> Result<Url> {
    let mut text = base.as_str().trim_end_matches('/').to_owned();
    for segment in segments {
        let segment = segment.as_ref();
        if matches!(segment, "" | "." | "..") {
            return Err(Error::new(
                ErrorKind::Invalid,
                "a part of the address is empty, or would climb",
            )
            .with_resource(format!("{segment:?}")));
        }
        text.push('/');
        text.extend(utf8_percent_encode(segment, SEGMENT));
    }
    text.parse()
        .map_err(|error| Error::new(ErrorKind::Invalid, "this makes no address").with_source(error))
}

fn is_html(answer: &Answer<'_>) -> bool {
    match answer.header("content-type") {
        Some(content_type) => content_type.trim_start().starts_with("text/html"),
        None => {
            let start = answer.body.trim_ascii_start();
            start.get(..5).is_some_and(|start| {
                start.eq_ignore_ascii_case(b"<html") || start.eq_ignore_ascii_case(b"<!doc")
            })
        }
    }
}

/// Whether the answer is one that an API of the expected kind does not give: no JSON where an address of the API or the
/// credential is unknown, or a web page in place of data.
fn is_stray(answer: &Answer<'_>, instance: &Instance) -> bool {
    let of_the_api = answer.call.url.as_str().starts_with(instance.api.as_str());
    let unknown = matches!(
        answer.status.as_u16(),
        200..=299 | 401 | 403 | 404 | 405 | 410
    );
    let json = answer
        .header("content-type")
        .is_some_and(|content_type| content_type.contains("json"));
    of_the_api && answer.call.wants_json && unknown && !json && !answer.body.is_empty()
}

/// What an error page means. The status speaks first: Pagure's failures and unknown routes are pages.
fn page(answer: &Answer<'_>) -> Refusal {
    let by_status = Refusal::by_status(answer.status).message(title(answer));
    let status = answer.status.as_u16();
    let wall = match status {
        401 | 403 | 429 => answer.header("retry-after").is_none(),
        // A proxy's "out of service" is a page too; only one that asks for a human is a wall.
        503 => asks_for_a_human(answer.body),
        _ => false,
    };
    if answer.call.wants_json && wall {
        Refusal {
            kind: ErrorKind::BotWall,
            ..by_status
        }
    } else {
        by_status
    }
}

fn asks_for_a_human(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&body[..body.len().min(16 * 1024)]).to_ascii_lowercase();
    [
        "anubis",
        "captcha",
        "not a bot",
        "checking your browser",
        "just a moment",
    ]
    .iter()
    .any(|mark| text.contains(mark))
}

/// The title of a page, for messages.
fn title(answer: &Answer<'_>) -> String {
    let text = String::from_utf8_lossy(&answer.body[..answer.body.len().min(16 * 1024)]);
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|open| {
        let start = open + lower[open..].find('>')? + 1;
        let end = start + lower[start..].find("</title")?;
        text.get(start..end)
    });
    match title {
        Some(title) => format!("a web page: {}", title.trim()),
        None => "a web page".to_owned(),
    }
}

/// `Retry-After`, in seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date: DateTime<Utc> = httpdate::parse_http_date(value).ok()?.into();
    Some((date - Utc::now()).to_std().unwrap_or(Duration::ZERO))
}
