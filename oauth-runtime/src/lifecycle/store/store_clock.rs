//! The clock of stores that use this machine's, and the detection of clocks that were set back.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use crate::clock;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::lifecycle::protocol::row::MAX_SKEW;
use crate::lifecycle::protocol::row::Timestamp;

/// This machine's clock, with an offset for tests.
#[derive(Debug, Default)]
pub(crate) struct StoreClock {
    moved: Mutex<Moved>,
    #[cfg(feature = "sqlite")]
    pub(crate) watch: Watch,
}

#[derive(Debug, Default)]
struct Moved {
    ahead: Duration,
    back: Duration,
}

impl StoreClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.moved
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .ahead += by;
    }

    pub(crate) fn set_back(&self, by: Duration) {
        self.moved
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .back += by;
    }

    pub(crate) fn now(&self) -> Timestamp {
        let since = clock::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Timestamp(0).after((since + moved.ahead).saturating_sub(moved.back));
        #[cfg(feature = "sqlite")]
        self.watch.sees(now);
        now
    }
}

/// Detects that a clock was set back, so that it was ahead when earlier rows were written.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[derive(Debug, Default)]
pub(crate) struct Watch {
    latest: AtomicU64,
    was_set_back: AtomicBool,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl Watch {
    /// Records a time that the clock returned.
    pub(crate) fn sees(&self, now: Timestamp) {
        let latest = self.latest.fetch_max(now.0, Ordering::Relaxed);
        if Timestamp(latest).since(now) > MAX_SKEW {
            self.latest.store(now.0, Ordering::Relaxed);
            self.was_set_back.store(true, Ordering::Relaxed);
        }
    }

    /// Returns whether the clock was set back since the last call.
    pub(crate) fn was_set_back(&self) -> bool {
        self.was_set_back.swap(false, Ordering::Relaxed)
    }
}

#[cfg(all(test, any(feature = "sqlite", feature = "postgres")))]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_is_noticed_once_and_small_steps_are_not() {
        let (watch, clock) = (Watch::default(), StoreClock::default());
        let steps = [
            (Duration::ZERO, false),
            (MAX_SKEW / 2, false),
            (2 * MAX_SKEW, true),
            (Duration::ZERO, false),
        ];
        for (back, expected) in steps {
            clock.set_back(back);
            watch.sees(clock.now());
            assert_eq!(watch.was_set_back(), expected, "{back:?}");
            assert!(!watch.was_set_back(), "{back:?}");
        }
    }
}
