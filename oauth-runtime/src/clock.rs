//! Access to the clock. All other code takes the time as an argument.
//!
//! The end of a token in memory is compared with a `Second`, on Linux of `CLOCK_BOOTTIME`. A clock that counts sleep saves
//! reading two clocks for each token. By `tests/benchmarks/RESULTS.md`, reading a token takes 115 instructions; by hand,
//! with the coarse clock, which stops during sleep, it takes 109. Whole seconds make the comparison one of two integers.
//! The tests `a_wait_ends_in_no_later_second_than_it_should` and `a_token_expires_while_the_machine_sleeps` check the
//! rounding and the sleep, and `a_leap_of_the_wall_clock_is_time_that_passed_and_a_step_back_is_none` checks other
//! platforms.

use std::time::SystemTime;
#[cfg(feature = "lifecycle")]
use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant},
};

/// Returns the current time of this machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "only this function reads the system clock"
)]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Returns the current time of the monotonic clock, which setting the time does not change.
#[cfg(feature = "lifecycle")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// A second of a clock that setting the time does not change. It continues while the machine sleeps: tokens expire
/// meanwhile.
#[cfg(feature = "lifecycle")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Second(i64);

#[cfg(feature = "lifecycle")]
impl Second {
    /// The latest possible second.
    pub(crate) const NEVER: Second = Second(i64::MAX);

    /// Returns the current second.
    pub(crate) fn now() -> Second {
        Second(elapsed().0)
    }

    /// Returns the second in which a wait of this length ends. Before that second, the wait is not over.
    pub(crate) fn after(wait: Duration) -> Second {
        let (seconds, nanoseconds) = elapsed();
        let nanoseconds = nanoseconds + i64::from(wait.subsec_nanos());
        let seconds = seconds.saturating_add_unsigned(wait.as_secs());
        Second(seconds.saturating_add(nanoseconds / 1_000_000_000))
    }
}

/// The seconds that passed and that the clock of `elapsed` did not count.
#[cfg(feature = "lifecycle")]
static MISSED: AtomicI64 = AtomicI64::new(0);

/// Simulates that the machine slept for this time. For tests: it affects all connections of the process. Their tokens
/// count as expired earlier, never later.
#[cfg(feature = "lifecycle")]
#[doc(hidden)]
pub fn sleep_of_the_machine(time: Duration) {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    MISSED.fetch_add(seconds, Ordering::Relaxed);
}

/// Returns seconds and nanoseconds since an arbitrary point, including the time that the machine slept.
///
/// `CLOCK_BOOTTIME` alone is enough. It is the monotonic clock plus the time that the machine slept, and setting the
/// time does not change it. Since Linux 5.3 the kernel serves it in user space. The coarse monotonic clock is read by
/// the same call, and so with the same instructions on this side of the call, but stops during sleep. `CLOCK_BOOTTIME`
/// reads the processor's counter, which the coarse clock does not. In `tests/benchmarks/RESULTS.md`, reading a token takes
/// 10 nanoseconds of processor time, and 9 with the coarse clock.
///
/// The wall clock in addition to the coarse clock would need two such calls per reading, and would count a change of
/// the time as time that passed. A pause of a virtual machine by its host is not noticed: the store's clock decides
/// once the provider rejects the token.
#[cfg(all(
    feature = "lifecycle",
    target_os = "linux",
    target_pointer_width = "64"
))]
fn elapsed() -> (i64, i64) {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let missed = MISSED.load(Ordering::Relaxed);
    (now.tv_sec.saturating_add(missed), now.tv_nsec)
}

/// Returns seconds and nanoseconds since the first call. The monotonic clock may stop during sleep on these platforms,
/// so the seconds by which the wall clock has advanced more since the last call are added.
#[cfg(all(
    feature = "lifecycle",
    not(all(target_os = "linux", target_pointer_width = "64"))
))]
fn elapsed() -> (i64, i64) {
    use std::sync::{Mutex, OnceLock, PoisonError};

    static START: OnceLock<Instant> = OnceLock::new();
    static LAST: Mutex<Option<(Instant, SystemTime)>> = Mutex::new(None);

    let look = (instant(), now());
    let last = LAST
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .replace(look);
    let missed = last.map_or(0, |last| leap(last, look));
    let missed = MISSED.fetch_add(missed, Ordering::Relaxed) + missed;
    let since = look
        .0
        .saturating_duration_since(*START.get_or_init(|| look.0));
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    (seconds.saturating_add(missed), since.subsec_nanos().into())
}

/// Returns by how many seconds the wall clock advanced more than the monotonic clock between two readings: the machine
/// slept, or the time was set. Setting the time back does not count as time that passed.
#[cfg(all(
    feature = "lifecycle",
    any(test, not(all(target_os = "linux", target_pointer_width = "64")))
))]
fn leap(from: (Instant, SystemTime), to: (Instant, SystemTime)) -> i64 {
    let awake = to.0.saturating_duration_since(from.0);
    let in_all = to.1.duration_since(from.1).unwrap_or_default();
    i64::try_from(in_all.saturating_sub(awake).as_secs()).unwrap_or(0)
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
            "the result is too late, or this machine is very slow"
        );
        assert!(Second::now() < Second::after(Duration::MAX));
        assert!(Second::after(Duration::MAX) <= Second::NEVER);
    }

    #[test]
    fn a_leap_of_the_wall_clock_is_time_that_passed_and_a_step_back_is_none() {
        let (awake, wall) = (instant(), now());
        let second = Duration::from_secs(1);
        let after = |awake_for: Duration, wall_by: Duration| {
            let to = (awake + awake_for, wall + wall_by);
            (leap((awake, wall), to), leap(to, (awake, wall)))
        };
        assert_eq!(after(second, second), (0, 0));
        assert_eq!(after(second, second * 3601), (3600, 0));
        assert_eq!(after(second * 60, second), (0, 0));
    }
}
