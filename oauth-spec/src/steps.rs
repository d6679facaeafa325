//! Counts the work that the compiler does for one spec, where a spec could multiply it.
//!
//! The count is of comparisons, not of time, so a test can assert it. It is kept per thread: [`compile`](crate::compile)
//! resets it to zero and nothing else does.

use std::cell::Cell;

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
    static SUGGESTING: Cell<u64> = const { Cell::new(0) };
}

/// The maximum number of steps for compiling any spec, including a hostile one.
pub const MAX_STEPS: u64 = 100_000_000;

/// The maximum number of steps for suggestions. Findings beyond that limit have none.
const MAX_SUGGESTING: u64 = 2_000_000;

/// Returns the number of steps since this thread last began to compile a spec.
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

/// Counts the steps of a suggestion and returns `true`, or returns `false` if they exceed the limit.
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
