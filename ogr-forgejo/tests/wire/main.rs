//! What a well-behaved mock never says: nulls, odd shapes, error bodies, page edges; and the requests to the letter.

#![allow(clippy::unwrap_used)]

mod contents;
mod forks;
mod merges;
mod pages;
mod pull_requests;
mod refusals;
mod requests;
mod server;
