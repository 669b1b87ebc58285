//! Which forge is where: from an URL to a project.

mod backend;

pub use backend::{Backend, Probe, ProbeAnswer};
