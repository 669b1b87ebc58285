//! What goes over the wire, and what is made of odd answers: nulls, refusals, shapes that a well-behaved server never gives.

#![allow(clippy::unwrap_used)]

mod contents;
mod projects;
mod pull_requests;
mod refs;
mod refusals;
mod releases;
mod server;
mod statuses;
