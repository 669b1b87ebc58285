//! From a request to its answer: faults, git, the dialect, and the recording of it all.

use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue};

use crate::dialect::Request;
use crate::dialect::Response;
use crate::fault::Action;
use crate::git::backend::GitPath;
use crate::hub::Hub;
use crate::record::Exchange;

/// The connection was closed without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disconnected;

impl fmt::Display for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection was closed without an answer")
    }
}

impl std::error::Error for Disconnected {}

impl Hub {
    /// Answers one request, as scripted or as the forge would.
    ///
    /// An answer whose body is shorter than its `Content-Length` is one that is to be cut off there.
    pub(crate) async fn handle(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<Response, Disconnected> {
        let request = Request::read(request);
        let latency = self.tuning().latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let fault = self.faults.strike(&request.method, &request.raw_path);
        let faulted = fault.is_some();
        let answer = self.answer(&request, fault).await;
        self.record(request, answer.as_ref(), faulted);
        answer.ok_or(Disconnected)
    }

    async fn answer(&self, request: &Request, fault: Option<Action>) -> Option<Response> {
        match fault {
            None => Some(self.act(request).await),
            Some(Action::Answer {
                status,
                headers,
                body,
            }) => Some(scripted(status, headers, body)),
            Some(Action::AnswerAfter {
                status,
                headers,
                body,
            }) => {
                self.act(request).await;
                Some(scripted(status, headers, body))
            }
            Some(Action::DropBefore) => None,
            Some(Action::DropAfter) => {
                self.act(request).await;
                None
            }
            Some(Action::Delay(by)) => {
                tokio::time::sleep(by).await;
                Some(self.act(request).await)
            }
            Some(Action::Truncate(length)) => {
                let mut answer = self.act(request).await;
                let whole = answer.body().len();
                let length = length.min(whole);
                let cut = answer.body().slice(..length);
                *answer.body_mut() = cut;
                answer
                    .headers_mut()
                    .insert(CONTENT_LENGTH, HeaderValue::from(whole));
                Some(answer)
            }
        }
    }

    async fn act(&self, request: &Request) -> Response {
        match GitPath::parse(&request.decoded_path(), &request.raw_query) {
            Some(path) => self.serve_git(request, &path).await,
            None => self.dialect.handle(self, request).await,
        }
    }

    fn record(&self, request: Request, answer: Option<&Response>, faulted: bool) {
        self.recorder.add(Exchange {
            method: request.method,
            path: request.raw_path,
            query: request.raw_query,
            request_headers: request.headers,
            request_body: request.body,
            status: answer.map(http::Response::status),
            response_headers: answer.map(|a| a.headers().clone()).unwrap_or_default(),
            response_body: answer.map(|a| a.body().clone()).unwrap_or_default(),
            user: answer.and_then(asker),
            faulted,
        });
    }
}

fn asker(answer: &Response) -> Option<String> {
    let asker = answer.extensions().get::<crate::dialect::Asker>()?;
    Some(asker.0.clone())
}

fn scripted(status: http::StatusCode, headers: HeaderMap, body: Bytes) -> Response {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}
