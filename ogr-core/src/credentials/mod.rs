//! Credentials: what they are, and where they are found.
//!
//! A [`Credential`] belongs to an instance *and* a kind of forge. [`Credentials`] holds them, or finds them in the
//! environment, in the files of the forges' own tools, in `.netrc` and in the helpers of git.

mod credential;
mod discovery;
mod env;
mod fj;
mod gh;
mod git_helper;
mod glab;
mod netrc;
mod shape;
mod store;
mod tea;
#[cfg(test)]
mod tests;
mod tool;

pub use credential::Credential;
pub use store::Credentials;
