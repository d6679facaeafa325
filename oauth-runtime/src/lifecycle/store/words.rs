//! Conversions between the lifecycle's values and the numbers and words in databases.

use std::time::Duration;

use crate::lifecycle::protocol::row::{
    FailureKind, LastFailure, MAX_LEASE, MAX_SKEW, MAX_WAIT, Timestamp,
};

/// Converts a number for a database. Milliseconds and counters stay below 2⁶³ for the next three hundred million years.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Returns the bounds that the times of a row exceed only if a clock was ahead.
pub(crate) fn bounds(now: Timestamp) -> [i64; 4] {
    [Duration::ZERO, MAX_SKEW, MAX_LEASE, MAX_WAIT].map(|span| number(now.after(span).0))
}

pub(crate) fn moment(moment: Option<Timestamp>) -> Option<i64> {
    moment.map(|moment| number(moment.0))
}

pub(crate) fn word(trouble: LastFailure) -> &'static str {
    match trouble.kind {
        // Earlier revisions have no other word for tokens that are set apart. They do not refresh a row with this one.
        FailureKind::LogIn | FailureKind::SetApart { .. } => "log in",
        // Earlier revisions have no other word for unrecognized error responses.
        FailureKind::Transient | FailureKind::Unrecognized { .. } => "transient",
        FailureKind::MendApp => "mend app",
    }
}

/// Returns the time since which error responses have an unexplained code, or since which tokens are set apart.
pub(crate) fn since(trouble: LastFailure) -> Option<Timestamp> {
    match trouble.kind {
        FailureKind::Unrecognized { since } | FailureKind::SetApart { since } => Some(since),
        _ => None,
    }
}

/// Returns the kind that a word and that time encode together.
pub(crate) fn kind(word: Option<&str>, since: Option<Timestamp>) -> Option<FailureKind> {
    Some(match (word?, since) {
        ("log in", None) => FailureKind::LogIn,
        ("log in", Some(since)) => FailureKind::SetApart { since },
        ("transient", None) => FailureKind::Transient,
        ("transient", Some(since)) => FailureKind::Unrecognized { since },
        ("mend app", _) => FailureKind::MendApp,
        _ => return None,
    })
}
