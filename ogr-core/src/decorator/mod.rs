//! Forges around forges: each wraps another one and changes what passes through.

pub(crate) mod read_only;
