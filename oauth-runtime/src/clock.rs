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

/// A second of a clock that nobody sets: fewer instructions to look at than an [`Instant`], and one register.
#[cfg(feature = "lifecycle")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Second(i64);

#[cfg(feature = "lifecycle")]
impl Second {
    /// Later than any other.
    pub(crate) const NEVER: Second = Second(i64::MAX);

    /// The one that is under way.
    pub(crate) fn now() -> Second {
        Second(coarse().0)
    }

    /// The one in which so long a wait ends: before it, the wait is not over.
    pub(crate) fn after(wait: Duration) -> Second {
        let (seconds, nanoseconds) = coarse();
        let nanoseconds = nanoseconds + i64::from(wait.subsec_nanos());
        let seconds = seconds.saturating_add_unsigned(wait.as_secs());
        Second(seconds.saturating_add(nanoseconds / 1_000_000_000))
    }
}

/// Seconds and nanoseconds since whenever, exact to some milliseconds.
#[cfg(all(
    feature = "lifecycle",
    target_os = "linux",
    target_pointer_width = "64"
))]
fn coarse() -> (i64, i64) {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    (now.tv_sec, now.tv_nsec)
}

#[cfg(all(
    feature = "lifecycle",
    not(all(target_os = "linux", target_pointer_width = "64"))
))]
fn coarse() -> (i64, i64) {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let since = START.get_or_init(instant).elapsed();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    (seconds, since.subsec_nanos().into())
}

#[cfg(all(test, feature = "lifecycle"))]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_in_no_later_second_than_it_should() {
        let now = Second::now();
        let after = |milliseconds| Second::after(Duration::from_millis(milliseconds));
        assert!(now <= after(0) && after(0) <= after(999));
        assert!(Second(now.0 + 3600) <= after(3_600_000));
        assert!(
            after(3_600_000) <= Second(now.0 + 3602),
            "or this machine is very slow"
        );
        assert!(Second::now() < Second::after(Duration::MAX));
        assert!(Second::after(Duration::MAX) <= Second::NEVER);
    }
}
