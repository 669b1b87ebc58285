//! The transport: one pipeline under all backends.
//!
//! A backend describes a request as a [`Call`] and hands it to its [`Client`]. From the outside in, a call passes
//!
//! 1. **span**: one tracing span, and the [`Observer`];
//! 2. **cache**: revalidation by `ETag` and `Last-Modified`; equal reads in flight share one request;
//! 3. **retry**: by [`Effect`], never by method alone;
//! 4. **redirect**: credentials and writes stay on their origin;
//! 5. **limits**: what the forge said of its budget is respected by every handle of that host and credential;
//! 6. **auth**: credentials are attached here and nowhere else, per trusted origin;
//! 7. **wire**: one attempt, by [`Wire`].
//!
//! What differs between forges stands in their [`Dialect`].
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use ogr_core::{ForgeKind, Instance, Operation, http::*};
//! # #[derive(Debug)] struct Plain;
//! # impl Dialect for Plain {
//! #     fn authorization(&self, _: &ogr_core::Credential) -> ogr_core::Result<Authorization> { Ok(Authorization::bearer("t")) }
//! #     fn refusal(&self, answer: &Answer<'_>) -> Refusal { Refusal::by_status(answer.status) }
//! # }
//! # async fn example() -> ogr_core::Result<()> {
//! # let url = |text: &str| text.parse::<url::Url>().unwrap();
//! let instance = Instance::new(ForgeKind::Forgejo, url("https://codeberg.org"), url("https://codeberg.org/api/v1"));
//! let client = Client::new(instance, Arc::new(Plain), None, HttpConfig::default())?;
//! let call = client.get(Operation::ForgeProbe, ["version"])?;
//! let version: serde_json::Value = client.send(call).await?.json()?;
//! # Ok(()) }
//! ```

mod auth;
mod cache;
mod call;
mod client;
mod config;
mod dialect;
mod limits;
mod link;
mod paging;
mod raw;
mod redirect;
mod retry;
mod span;
mod wire;

pub use auth::Authorization;
pub use call::{Call, Effect, Payload, Reply};
pub use client::Client;
pub use config::{HttpConfig, Observer, Pause, PauseReason, Watch};
pub use dialect::{Answer, Dialect, Pace, Refusal};
pub use limits::RateState;
pub use link::{page_number, rel};
pub use paging::{Batch, Paging, array};
pub use raw::RawRequest;
pub use wire::{Body, ReqwestWire, Wire, WireError, WireErrorKind};
