//! The words that all workflows share: what they would do, and what they did.

use std::fmt;

/// What a workflow did, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// The thing was not there.
    Created,
    /// The thing was there, and differed.
    Updated,
    /// The thing was there, as it should be: nothing was written.
    Unchanged,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Change::Created => "created",
            Change::Updated => "updated",
            Change::Unchanged => "unchanged",
        })
    }
}

/// A thing that is now as it should be, and what it took.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ensured<T> {
    /// The thing.
    pub value: T,
    /// What it took.
    pub change: Change,
}

impl<T> Ensured<T> {
    /// A thing, and what it took.
    pub fn new(value: T, change: Change) -> Self {
        Self { value, change }
    }
}

/// A write that a plan would make, in words: `open a pull request …`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedWrite {
    /// Whether the thing would be created or changed.
    pub change: Change,
    /// What would be done, as a command: it reads on from "would".
    pub text: String,
}

impl PlannedWrite {
    pub(crate) fn new(change: Change, text: impl Into<String>) -> Self {
        Self {
            change,
            text: text.into(),
        }
    }
}

impl fmt::Display for PlannedWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether two texts are the same to a reader: forges change line ends, and drop space at the end.
pub(crate) fn same_text(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_trailing_space_are_no_difference() {
        assert!(same_text("a\r\nb\n\n", "a\nb"));
        assert!(!same_text("a\nb", "a\n b"));
    }
}
