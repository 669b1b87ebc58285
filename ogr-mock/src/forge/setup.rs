//! Calls that set something up, directly: past HTTP and past the rules on who may do what.

mod people;
mod projects;
mod pull_requests;
mod repositories;
mod tuning;
