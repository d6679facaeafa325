//! [`Options`]: the settings of a manager.

use std::time::Duration;

use crate::lifecycle::protocol::row::MAX_LEASE;
use crate::response::rate_limit::RateLimit;

/// Settings that few applications need to change.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub(crate) lease: Duration,
    pub(crate) longest_wait: Duration,
    pub(crate) answer_within: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            lease: Duration::from_secs(20),
            longest_wait: RateLimit::MAX_WAIT,
            answer_within: Duration::from_secs(30),
        }
    }
}

impl Options {
    /// Sets the length of a lease: 20 seconds by default, and 5 minutes at most. If a worker is killed, its connection waits
    /// until the lease expires. A worker that hangs for longer than this loses its lease.
    ///
    /// ```
    /// use std::time::Duration;
    /// use oauth_runtime::lifecycle::Options;
    ///
    /// let options = Options::default().lease(Duration::from_secs(60));
    /// ```
    pub fn lease(mut self, length: Duration) -> Options {
        self.lease = length.min(MAX_LEASE);
        self
    }

    /// Sets the longest wait that a provider can ask for. The default and the maximum are one day.
    pub fn longest_wait(mut self, length: Duration) -> Options {
        self.longest_wait = length.min(RateLimit::MAX_WAIT);
        self
    }

    /// Sets how long callers wait for a refresh: 30 seconds by default. The refresh itself goes on after that and its result
    /// is stored, since its response may contain the only valid token.
    ///
    /// ```
    /// use std::time::Duration;
    /// use oauth_runtime::lifecycle::Options;
    ///
    /// let options = Options::default().answer_within(Duration::from_secs(5));
    /// ```
    pub fn answer_within(mut self, length: Duration) -> Options {
        self.answer_within = length;
        self
    }
}
