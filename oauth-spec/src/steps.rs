//! How much work the compiler does for one spec, counted where a spec could multiply it.
//!
//! The count is of comparisons, not of time, so a test can hold it. It belongs to the thread: [`compile`](crate::compile)
//! begins at zero and nothing else resets it.

use std::cell::Cell;

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
    static SUGGESTING: Cell<u64> = const { Cell::new(0) };
}

/// The most steps that compiling a spec takes, however hostile the spec is.
pub const MAX_STEPS: u64 = 100_000_000;

/// The most steps that go into suggestions; a finding after that has none.
const MAX_SUGGESTING: u64 = 2_000_000;

/// The number of steps since this thread last began to compile a spec.
pub fn taken() -> u64 {
    TAKEN.get()
}

pub(crate) fn begin() {
    TAKEN.set(0);
    SUGGESTING.set(0);
}

pub(crate) fn count(steps: usize) {
    let steps = u64::try_from(steps).unwrap_or(u64::MAX);
    TAKEN.set(TAKEN.get().saturating_add(steps));
}

/// Counts steps of a suggestion, or refuses them because too many were taken.
pub(crate) fn may_suggest(steps: usize) -> bool {
    let wanted = u64::try_from(steps).unwrap_or(u64::MAX);
    let total = SUGGESTING.get().saturating_add(wanted);
    if total > MAX_SUGGESTING {
        return false;
    }
    SUGGESTING.set(total);
    count(steps);
    true
}
