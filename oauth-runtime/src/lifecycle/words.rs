//! What databases have for numbers and words.

use crate::lifecycle::row::{Moment, Trouble, TroubleKind};

/// Milliseconds and counters are below 2⁶³ for the next three hundred million years.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn moment(moment: Option<Moment>) -> Option<i64> {
    moment.map(|moment| number(moment.0))
}

const WORDS: [(TroubleKind, &str); 3] = [
    (TroubleKind::LogIn, "log in"),
    (TroubleKind::Transient, "transient"),
    (TroubleKind::MendApp, "mend app"),
];

pub(crate) fn word(trouble: Trouble) -> &'static str {
    let row = WORDS.iter().find(|(kind, _)| *kind == trouble.kind);
    row.map_or("", |(_, word)| word)
}

pub(crate) fn kind(word: Option<&str>) -> Option<TroubleKind> {
    let row = WORDS.iter().find(|(_, own)| Some(*own) == word);
    row.map(|(kind, _)| *kind)
}
