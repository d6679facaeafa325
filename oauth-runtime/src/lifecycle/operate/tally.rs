//! [`CallCount`]: the number of calls and failures of each operation. A provider that must approve a scope may ask for it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::api::{ApiErrorKind, Operation};
use crate::provider::Provider;

/// The number of calls of one operation since the manager was created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CallCount {
    /// The provider's id.
    pub provider: &'static str,
    /// The operation's id. `None` for calls that name no operation.
    pub operation: Option<&'static str>,
    /// The scopes that the operation needs, one of each list.
    pub scopes: &'static [&'static [&'static str]],
    /// The number of calls.
    pub calls: u64,
    /// The number of calls that failed, by kind of failure.
    pub failures: BTreeMap<&'static str, u64>,
}

/// The counts of all operations.
#[derive(Default)]
pub(crate) struct Tally(Mutex<BTreeMap<Counted, CallCount>>);

type Counted = (&'static str, Option<&'static str>);

impl Tally {
    pub(crate) fn count(
        &self,
        provider: &'static Provider,
        operation: Option<&'static Operation>,
        failed: Option<ApiErrorKind>,
    ) {
        let id = operation.map(|operation| operation.id);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = counts
            .entry((provider.id, id))
            .or_insert_with(|| CallCount {
                provider: provider.id,
                operation: id,
                scopes: operation.map_or(&[], |operation| operation.needs),
                calls: 0,
                failures: BTreeMap::new(),
            });
        own.calls += 1;
        #[cfg(feature = "metrics")]
        crate::lifecycle::operate::metrics::call(
            provider.id,
            id,
            failed.map_or("ok", ApiErrorKind::name),
        );
        if let Some(kind) = failed {
            *own.failures.entry(kind.name()).or_default() += 1;
        }
    }

    pub(crate) fn counts(&self) -> Vec<CallCount> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.values().cloned().collect()
    }
}
