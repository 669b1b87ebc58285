//! One API over git forges.
