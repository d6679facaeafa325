//! A circuit breaker for each provider, so that an outage does not cause failed requests from every connection.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::lifecycle::protocol::policy;

/// The number of consecutive failed requests after which further requests wait.
const FAILURES: u32 = 5;

/// The number of consecutive failed requests and the end of the pause, for each provider.
#[derive(Default)]
pub(crate) struct Breakers(Mutex<HashMap<&'static str, Breaker>>);

#[derive(Default)]
struct Breaker {
    failures: u32,
    open_until: Option<Instant>,
}

impl Breakers {
    /// Returns the remaining pause, or `None` if requests may be sent to the provider.
    pub(crate) fn wait(&self, provider: &'static str, now: Instant) -> Option<Duration> {
        self.with(provider, |breaker| {
            let left = breaker.open_until?.checked_duration_since(now)?;
            (!left.is_zero()).then_some(left)
        })
    }

    /// Records whether the provider responded to a request.
    pub(crate) fn tell(&self, provider: &'static str, answered: bool, now: Instant) {
        self.with(provider, |breaker| match answered {
            true => *breaker = Breaker::default(),
            false => {
                breaker.failures = breaker.failures.saturating_add(1);
                if breaker.failures >= FAILURES {
                    // After this pause requests pass again. A failure starts another pause, and a response resets the
                    // breaker.
                    breaker.open_until = Some(now + policy::wait(breaker.failures - FAILURES));
                }
            }
        });
    }

    fn with<T>(&self, provider: &'static str, change: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(breakers.entry(provider).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_in_a_row_open_it_and_one_answer_closes_it() {
        let breakers = Breakers::default();
        let now = Instant::now();
        for _ in 0..4 {
            breakers.tell("acme", false, now);
        }
        assert_eq!(breakers.wait("acme", now), None);
        breakers.tell("acme", false, now);
        assert!(breakers.wait("acme", now).is_some());
        assert_eq!(breakers.wait("other", now), None);
        let later = now + Duration::from_secs(3600);
        assert_eq!(breakers.wait("acme", later), None);
        breakers.tell("acme", true, later);
        breakers.tell("acme", false, later);
        assert_eq!(breakers.wait("acme", later), None);
    }
}
