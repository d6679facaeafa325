//! What databases have for numbers and words.

use std::time::Duration;

use crate::lifecycle::row::{MAX_LEASE, MAX_SKEW, MAX_WAIT, Moment, Trouble, TroubleKind};

/// Milliseconds and counters are below 2⁶³ for the next three hundred million years.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What the times of a row exceed only where a clock was ahead.
pub(crate) fn bounds(now: Moment) -> [i64; 4] {
    [Duration::ZERO, MAX_SKEW, MAX_LEASE, MAX_WAIT].map(|span| number(now.after(span).0))
}

pub(crate) fn moment(moment: Option<Moment>) -> Option<i64> {
    moment.map(|moment| number(moment.0))
}

pub(crate) fn word(trouble: Trouble) -> &'static str {
    match trouble.kind {
        // Earlier revisions know no other word for tokens that are set apart, and leave the row alone.
        TroubleKind::LogIn | TroubleKind::SetApart { .. } => "log in",
        // Earlier revisions know no other word for it.
        TroubleKind::Transient | TroubleKind::Unrecognized { .. } => "transient",
        TroubleKind::MendApp => "mend app",
    }
}

/// Since when a refresh is refused by a code that nothing explains, or tokens are set apart.
pub(crate) fn since(trouble: Trouble) -> Option<Moment> {
    match trouble.kind {
        TroubleKind::Unrecognized { since } | TroubleKind::SetApart { since } => Some(since),
        _ => None,
    }
}

/// The kind that a word and that moment stand for together.
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
