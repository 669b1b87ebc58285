//! What goes over the wire, and what comes of the answers: what a well-behaved mock never says.

#![allow(clippy::unwrap_used)]

mod commits;
mod common;
mod contents;
mod errors;
mod patch;
mod projects;
mod pulls_merge;
mod pulls_read;
mod pulls_write;
mod refs;
mod releases;
mod signals;
mod statuses;
