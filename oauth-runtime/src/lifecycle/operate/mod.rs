//! What operators see and do: keeping alive, events, status, reports, metrics.

pub(crate) mod dates;
pub(crate) mod event;
pub(crate) mod keep_alive;
#[cfg(feature = "metrics")]
pub mod metrics;
pub(crate) mod report;
pub(crate) mod status;
pub(crate) mod tally;
