//! Files and folders: reading them, and committing to them.

pub(super) mod blobs;
pub(super) mod commit;
pub(super) mod files;
mod sha256;
pub(super) mod tree;
