//! How well the values of a spec are known.

use crate::plan::{EvidenceKind, Plan};
use crate::syntax::Written;

/// Values by the best source that speaks for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The provider's documentation says it.
    pub documented: usize,
    /// The provider was seen to do it.
    pub observed: usize,
    /// Somebody else says it.
    pub reported: usize,
    /// Nobody says it: the value is `unknown`, or has no source.
    pub unknown: usize,
}

impl Tally {
    /// All values.
    pub fn total(self) -> usize {
        self.documented + self.observed + self.reported + self.unknown
    }
}

/// Tables that state no fact of the provider's: names, prose, sources and the like.
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
