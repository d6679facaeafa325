//! The clock of a store that has none of its own.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use crate::clock;
use crate::lifecycle::row::Moment;

/// This machine's clock, and for tests so much ahead of it.
#[derive(Debug, Default)]
pub(crate) struct StoreClock {
    ahead: Mutex<Duration>,
}

impl StoreClock {
    pub(crate) fn advance(&self, by: Duration) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    pub(crate) fn now(&self) -> Moment {
        let since = clock::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        Moment(0).after(since + ahead)
    }
}
