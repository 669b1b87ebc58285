//! What a forge can do, asked without a request.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{Error, ErrorKind, Operation, Result};

/// Whether a forge can do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Support {
    /// Its API can.
    Yes,
    /// Its API has no way. The text says why, or what to use in its place.
    No(&'static str),
    /// It depends on the version, the token or the project: ogr tries, and maps the refusal.
    Depends(&'static str),
}

impl Support {
    /// Whether trying makes sense: everything but [`Support::No`].
    pub fn is_possible(self) -> bool {
        !matches!(self, Support::No(_))
    }

    /// Why not, or what it depends on.
    pub fn note(self) -> Option<&'static str> {
        match self {
            Support::Yes => None,
            Support::No(note) | Support::Depends(note) => Some(note),
        }
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Support::Yes => "yes",
            Support::No(_) => "no",
            Support::Depends(_) => "depends",
        })
    }
}

/// What one forge can do, per [`Operation`]. It costs no request.
///
/// ```
/// use ogr_core::{Capabilities, Operation, Support};
///
/// let capabilities = Capabilities::new(|operation| match operation {
///     Operation::PullRequestsSetLabels => Support::No("its API cannot write them"),
///     _ => Support::Yes,
/// });
/// assert!(capabilities.can(Operation::PullRequestsCreate));
/// assert!(capabilities.require(Operation::PullRequestsSetLabels).is_err());
/// ```
#[derive(Clone)]
pub struct Capabilities {
    table: fn(Operation) -> Support,
    resolved: Arc<BTreeMap<Operation, Support>>,
}

impl Capabilities {
    /// Capabilities by a table, which a backend writes as one `match`.
    pub fn new(table: fn(Operation) -> Support) -> Self {
        Self {
            table,
            resolved: Arc::default(),
        }
    }

    /// Puts a certain answer in place of a [`Support::Depends`], once the version or the rights are known.
    #[must_use]
    pub fn resolved(mut self, operation: Operation, support: Support) -> Self {
        Arc::make_mut(&mut self.resolved).insert(operation, support);
        self
    }

    /// Whether the forge can do this.
    pub fn support(&self, operation: Operation) -> Support {
        match self.resolved.get(&operation) {
            Some(support) => *support,
            None => (self.table)(operation),
        }
    }

    /// Whether trying this makes sense.
    pub fn can(&self, operation: Operation) -> bool {
        self.support(operation).is_possible()
    }

    /// Refuses what the forge cannot do, before any request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] with the reason, when the answer is [`Support::No`].
    pub fn require(&self, operation: Operation) -> Result<()> {
        match self.support(operation) {
            Support::No(why) => {
                Err(Error::new(ErrorKind::Unsupported, why).with_operation(operation))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                Operation::ALL
                    .iter()
                    .map(|operation| (operation.as_str(), self.support(*operation))),
            )
            .finish()
    }
}
