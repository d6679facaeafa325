//! Counts of a spec's values by their evidence.

use crate::plan::{EvidenceKind, Plan};
use crate::syntax::Written;

/// The number of values for each kind of evidence. Each value counts once, by its best source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Values that the provider documents.
    pub documented: usize,
    /// Values that were observed at the provider.
    pub observed: usize,
    /// Values that a third party reports.
    pub reported: usize,
    /// Undocumented values: the value is `unknown`, or has no source.
    pub unknown: usize,
}

impl Tally {
    /// Returns the sum of two counts.
    #[must_use]
    pub fn and(self, other: Tally) -> Tally {
        Tally {
            documented: self.documented + other.documented,
            observed: self.observed + other.observed,
            reported: self.reported + other.reported,
            unknown: self.unknown + other.unknown,
        }
    }

    /// Returns the number of all values.
    pub fn total(self) -> usize {
        self.documented + self.observed + self.reported + self.unknown
    }
}

/// What is still to be looked up for a spec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// The paths of the values that no source states, or that are `unknown`.
    pub unsourced: Vec<String>,
    /// The important keys that the spec does not have, so that the standard's value applies.
    pub unstated: Vec<&'static str>,
}

/// The tables of error codes, one of which is enough.
const ERRORS: &[&str] = &["errors", "token.errors", "api.errors", "callback.errors"];

/// The keys in which most providers differ from the standard or from each other.
const IMPORTANT: &[&str] = &[
    "app.console",
    "app.redirect_uri",
    "scopes",
    "authorize.pkce",
    "token.auth",
    "token.refresh_token",
    "tokens",
    "errors",
    "revoke",
    "userinfo",
    "api.base",
];

/// Tables that do not state facts about the provider: names, prose, sources and similar.
const NO_FACTS: &[&str] = &[
    "language", "provider", "evidence", "accept", "example", "inputs",
];

/// Counts the values of a spec by their evidence, and lists the ones without.
pub(crate) fn tally(written: &[Written], plan: &Plan) -> (Tally, Questions) {
    let mut tally = Tally::default();
    let mut questions = Questions::default();
    let Some(base) = written.first() else {
        return (tally, questions);
    };
    let is_said = |path: &&&str| match **path {
        "errors" => ERRORS.iter().any(|path| base.says(path)),
        path => base.says(path),
    };
    let unstated = IMPORTANT.iter().filter(|path| !is_said(path));
    questions.unstated = unstated.copied().collect();
    let evidence = plan.evidence_by_path();
    for path in base.leaves() {
        let first = path.split('.').next().unwrap_or_default();
        let last = path.rsplit('.').next().unwrap_or_default();
        if NO_FACTS.contains(&first)
            || matches!(last, "doc" | "advice" | "name" | "setting" | "note")
        {
            continue;
        }
        let known = evidence.of(&path).map(|evidence| evidence.kind);
        match known.filter(|_| !base.says_text(&path, "unknown")) {
            Some(EvidenceKind::Documented) => tally.documented += 1,
            Some(EvidenceKind::Observed) => tally.observed += 1,
            Some(EvidenceKind::Reported) => tally.reported += 1,
            None => {
                tally.unknown += 1;
                questions.unsourced.push(path);
            }
        }
    }
    (tally, questions)
}
