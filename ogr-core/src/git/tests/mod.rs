//! With the real git, on repositories in temporary folders and a server on loopback.

mod local;
mod server;
mod web;
