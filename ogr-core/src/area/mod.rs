//! The areas of a forge: the rooms of the house.
//!
//! Each file holds, top to bottom, the area's models, its request types and its trait. The same names stand in
//! every backend's `src/`, in the mock's dialects and in the contract tests.

pub mod contents;
pub mod forks;
pub mod projects;
pub mod pull_requests;
pub mod refs;
pub mod releases;
pub mod statuses;
pub mod users;
