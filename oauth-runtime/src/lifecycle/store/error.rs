//! [`StoreError`]: the failure of a store.

use std::fmt;

use crate::printable::printable_line;

/// An error of a store operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    /// The kind of the failure.
    pub kind: StoreErrorKind,
    /// The store's description of the failure, without secrets.
    pub reason: String,
}

/// The kind of a store's failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store rejects writes: it is read-only, or a copy that was not claimed.
    ReadOnly,
    /// The store has no room left.
    Full,
    /// The store did not respond, or not in time.
    Unreachable,
    /// The store holds data that this version cannot read.
    Unreadable,
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            StoreErrorKind::ReadOnly => "the store rejects writes",
            StoreErrorKind::Full => "the store is full",
            StoreErrorKind::Unreachable => "the store did not respond",
            StoreErrorKind::Unreadable => "the store has data that this version cannot read",
        };
        write!(formatter, "{what}: {}", printable_line(&self.reason))
    }
}

impl std::error::Error for StoreError {}
