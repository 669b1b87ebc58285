//! The loopback server.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::dialect::Response;
use crate::handler::Disconnected;
use crate::hub::Hub;

/// A server that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    task: JoinHandle<Infallible>,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Listens on a free port of the loopback interface.
    pub(crate) async fn bind() -> std::io::Result<(TcpListener, SocketAddr)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    /// Serves on the current runtime.
    pub(crate) fn serve(listener: TcpListener, address: SocketAddr, hub: Arc<Hub>) -> Self {
        let task = tokio::spawn(async move {
            // Dropped with the task, and the connections with it.
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        // A connection that failed before it was taken concerns nobody but its client.
                        if let Ok((stream, _)) = accepted {
                            connections.spawn(talk(stream, hub.clone()));
                        }
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Self { task, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn talk(stream: TcpStream, hub: Arc<Hub>) {
    // Small answers on a loopback suffer from nothing but Nagle's algorithm.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let hub = hub.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(|_| Disconnected)?.to_bytes();
            let request = http::Request::from_parts(head, body);
            hub.handle(request).await.map(Served::new)
        }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    // An error here is a client gone, or a drop that a test asked for.
    let _ = http
        .max_buf_size(1 << 20)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// A body that is sent and, if it is shorter than the answer's `Content-Length`, then breaks off.
#[derive(Debug)]
struct Served {
    body: Option<Bytes>,
    length: u64,
    cut: Cut,
}

/// How far a body that is to break off has come.
#[derive(Debug, PartialEq, Eq)]
enum Cut {
    Never,
    AfterData,
    Now,
}

impl Served {
    fn new(response: Response) -> http::Response<Self> {
        let (head, body) = response.into_parts();
        let length = body.len() as u64;
        let announced = head.headers.get(http::header::CONTENT_LENGTH);
        let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let cut = if announced.is_some_and(|announced| announced > length) {
            Cut::AfterData
        } else {
            Cut::Never
        };
        let body = Self {
            body: Some(body).filter(|body| !body.is_empty()),
            length,
            cut,
        };
        http::Response::from_parts(head, body)
    }
}

impl Body for Served {
    type Data = Bytes;
    type Error = Disconnected;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Disconnected>>> {
        if let Some(bytes) = self.body.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.cut {
            Cut::Never => Poll::Ready(None),
            Cut::AfterData => {
                // Not before hyper has sent what it got: an error at once would take that along.
                self.cut = Cut::Now;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Cut::Now => Poll::Ready(Some(Err(Disconnected))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.cut == Cut::Never && self.body.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        if self.cut == Cut::Never {
            SizeHint::with_exact(self.length)
        } else {
            SizeHint::default()
        }
    }
}
