//! Conversions between the lifecycle's values and the numbers and words in databases.

use std::time::Duration;

use crate::lifecycle::protocol::row::{
    MAX_LEASE, MAX_SKEW, MAX_WAIT, Moment, Trouble, TroubleKind,
};

/// Converts a number for a database. Milliseconds and counters stay below 2⁶³ for the next three hundred million years.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Returns the bounds that the times of a row exceed only if a clock was ahead.
pub(crate) fn bounds(now: Moment) -> [i64; 4] {
    [Duration::ZERO, MAX_SKEW, MAX_LEASE, MAX_WAIT].map(|span| number(now.after(span).0))
}

pub(crate) fn moment(moment: Option<Moment>) -> Option<i64> {
    moment.map(|moment| number(moment.0))
}

pub(crate) fn word(trouble: Trouble) -> &'static str {
    match trouble.kind {
        // Earlier revisions have no other word for tokens that are set apart. They do not refresh a row with this one.
        TroubleKind::LogIn | TroubleKind::SetApart { .. } => "log in",
        // Earlier revisions have no other word for unrecognized error responses.
        TroubleKind::Transient | TroubleKind::Unrecognized { .. } => "transient",
        TroubleKind::MendApp => "mend app",
    }
}

/// Returns the time since which error responses have an unexplained code, or since which tokens are set apart.
pub(crate) fn since(trouble: Trouble) -> Option<Moment> {
    match trouble.kind {
        TroubleKind::Unrecognized { since } | TroubleKind::SetApart { since } => Some(since),
        _ => None,
    }
}

/// Returns the kind that a word and that time encode together.
pub(crate) fn kind(word: Option<&str>, since: Option<Moment>) -> Option<TroubleKind> {
    Some(match (word?, since) {
        ("log in", None) => TroubleKind::LogIn,
        ("log in", Some(since)) => TroubleKind::SetApart { since },
        ("transient", None) => TroubleKind::Transient,
        ("transient", Some(since)) => TroubleKind::Unrecognized { since },
        ("mend app", _) => TroubleKind::MendApp,
        _ => return None,
    })
}
