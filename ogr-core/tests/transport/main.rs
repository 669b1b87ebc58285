//! The transport against servers that misbehave.

#![allow(clippy::unwrap_used)]

mod auth;
mod cache;
mod failures;
mod paging;
mod retries;
mod support;
