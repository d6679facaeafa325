//! The one place that reads the clock. Everything else takes the time as an argument.

#[cfg(feature = "lifecycle")]
use std::time::Instant;
use std::time::SystemTime;

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
