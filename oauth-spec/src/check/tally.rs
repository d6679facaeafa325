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
    /// Returns the number of all values.
    pub fn total(self) -> usize {
        self.documented + self.observed + self.reported + self.unknown
    }
}

/// Tables that do not state facts about the provider: names, prose, sources and similar.
const NO_FACTS: &[&str] = &[
    "language", "provider", "evidence", "accept", "example", "inputs",
];

pub(crate) fn tally(written: &[Written], plan: &Plan) -> Tally {
    let mut tally = Tally::default();
    let Some(base) = written.first() else {
        return tally;
    };
    let evidence = plan.evidence_by_path();
    for path in base.leaves() {
        let first = path.split('.').next().unwrap_or_default();
        let last = path.rsplit('.').next().unwrap_or_default();
        if NO_FACTS.contains(&first)
            || matches!(last, "doc" | "advice" | "name" | "setting" | "note")
        {
            continue;
        }
        if base.says_text(&path, "unknown") {
            tally.unknown += 1;
            continue;
        }
        match evidence.of(&path).map(|evidence| evidence.kind) {
            Some(EvidenceKind::Documented) => tally.documented += 1,
            Some(EvidenceKind::Observed) => tally.observed += 1,
            Some(EvidenceKind::Reported) => tally.reported += 1,
            None => tally.unknown += 1,
        }
    }
    tally
}
