//! [`Report`]: what will be lost, when, and what mends it.

use std::collections::{BinaryHeap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::app_identity::AppIdentity;
use crate::clock;
use crate::lifecycle::dates::later;
use crate::lifecycle::manager::Manager;
use crate::lifecycle::row::Moment;
use crate::lifecycle::store::{Key, StoreError};
use crate::managed::Managed;

/// So many connections that end are named.
const NAMED: usize = 20;

/// So many rows are read at a time.
const BATCH: u32 = 1000;

/// What will be lost, when, and what mends it. Times are by this machine's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many connections there are.
    pub connections: u64,
    /// How many only a new login helps.
    pub given_up: u64,
    /// How many may have spent a refresh token whose answer nobody has.
    pub unsettled: u64,
    /// If nothing refreshed from now on, the first would be lost then. How urgent a defect is, that is.
    pub first_lost: Option<SystemTime>,
    /// And one in ten by then.
    pub tenth_lost: Option<SystemTime>,
    /// And all of them by then.
    pub all_lost: Option<SystemTime>,
    /// Those that end soonest whatever is refreshed: only a new login mends that.
    pub ends: Vec<(SystemTime, Key)>,
    /// App secrets that expire, as [`Manager::app_secret_ends`] was told: provider, client id, and when.
    pub app_secrets: Vec<(SystemTime, String, String)>,
    /// How many rows were written by a clock that was ahead of the store's. They are read as if written now.
    pub written_ahead: u64,
    /// How many leases and waits are longer than any can be, so that they are not honoured: a clock was wrong there, too.
    pub overlong: u64,
    /// How far the store's clock is ahead of this machine's, or behind.
    pub clock_differs: Duration,
}

/// When the secrets of apps expire.
#[derive(Default)]
pub(crate) struct AppSecrets(Mutex<HashMap<AppIdentity, (String, String, SystemTime)>>);

impl Manager {
    /// Notes when the client secret of an app expires, where its provider lets it: nothing that is sent tells it.
    pub fn app_secret_ends<T: Managed>(&self, app: &T::App, end: SystemTime) -> &Manager {
        let client_id = T::registration(app).client_id.to_owned();
        let provider = T::provider().reference();
        let secrets = &self.app_secrets().0;
        let mut secrets = secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.insert(T::identity(app), (provider, client_id, end));
        self
    }

    /// What will be lost, when, and what mends it. Reads all rows once.
    pub async fn report(&self) -> Result<Report, StoreError> {
        let outlook = self.outlook().await?;
        let now = clock::now();
        let at = |moment: Moment| later(now, moment.since(outlook.now));
        let by_store = later(SystemTime::UNIX_EPOCH, Duration::from_millis(outlook.now.0));
        let clock_differs = by_store
            .duration_since(now)
            .unwrap_or_else(|behind| behind.duration());
        let mut soonest = BinaryHeap::new();
        let (mut written_ahead, mut overlong) = (0, 0);
        let mut after = None;
        loop {
            let rows = self.store().list(after.as_ref(), BATCH).await?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            for (key, kept) in rows {
                written_ahead += u64::from(kept.written_ahead.is_some());
                overlong += kept.overlong();
                if let Some(end) = kept.row.times.ends.filter(|_| !kept.row.is_given_up()) {
                    soonest.push((end, key));
                    if soonest.len() > NAMED {
                        soonest.pop();
                    }
                }
            }
        }
        let ends = soonest.into_sorted_vec().into_iter();
        let secrets = &self.app_secrets().0;
        let secrets = secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut app_secrets: Vec<_> = secrets
            .values()
            .map(|(provider, client_id, end)| (*end, provider.clone(), client_id.clone()))
            .collect();
        app_secrets.sort();
        Ok(Report {
            connections: outlook.rows,
            given_up: outlook.given_up,
            unsettled: outlook.unsettled,
            first_lost: outlook.first.map(at),
            tenth_lost: outlook.tenth.map(at),
            all_lost: outlook.all.map(at),
            ends: ends.map(|(end, key)| (at(end), key)).collect(),
            app_secrets,
            written_ahead,
            overlong,
            clock_differs,
        })
    }
}
