//! The one place that reads the clock. Everything else takes the time as an argument.

use std::time::SystemTime;
#[cfg(feature = "lifecycle")]
use std::time::{Duration, Instant};

/// Now, by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "the clock's one home")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Now, by a clock that nobody sets.
#[cfg(feature = "lifecycle")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// A point on a clock that nobody sets, in nanoseconds: exact to some milliseconds, and read in half the time that
/// [`Instant`] takes.
#[cfg(feature = "lifecycle")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tick(u64);

#[cfg(feature = "lifecycle")]
impl Tick {
    /// Later than any other.
    pub(crate) const NEVER: Tick = Tick(u64::MAX);

    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    pub(crate) fn now() -> Tick {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
        // Nanoseconds since the machine started: five hundred years of them fit.
        Tick(now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned())
    }

    #[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
    pub(crate) fn now() -> Tick {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        let since = START.get_or_init(instant).elapsed();
        Tick(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX - 1))
    }

    /// So much later.
    pub(crate) fn after(self, wait: Duration) -> Tick {
        let wait = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        Tick(self.0.saturating_add(wait))
    }
}
