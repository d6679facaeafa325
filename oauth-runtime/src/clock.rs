//! The one place that reads the clock. Everything else takes the time as an argument.

use std::time::SystemTime;

/// Now, by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "the clock's one home")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
