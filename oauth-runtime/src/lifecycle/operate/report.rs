//! [`Report`]: which connections will be lost, when, and which of them need a login.

use std::collections::BinaryHeap;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use crate::clock;
use crate::lifecycle::manager::Manager;
use crate::lifecycle::operate::dates::later;
use crate::lifecycle::protocol::row::Timestamp;
use crate::lifecycle::store::{Key, StoreError};
use crate::provider::registered_app::RegisteredApp;
use crate::provider::stored_token::StoredToken;

/// The maximum number of ending connections that a report names.
const NAMED: usize = 20;

/// The number of rows that are read at a time.
const PAGE_SIZE: u32 = 1000;

/// A report on connections that will be lost, and on wrong clocks. Times are by this machine's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The number of connections.
    pub connections: u64,
    /// The number of connections that are no longer refreshed: they need a new login, or have tokens that are set apart.
    pub given_up: u64,
    /// The number of connections whose refresh token may have been consumed by a request without a known response.
    pub unsettled: u64,
    /// The time at which the first connection is lost if refreshing stops now. It shows how urgent a defect is.
    pub first_lost: Option<SystemTime>,
    /// The time by which one in ten connections is lost if refreshing stops now.
    pub tenth_lost: Option<SystemTime>,
    /// The time by which all connections are lost if refreshing stops now.
    pub all_lost: Option<SystemTime>,
    /// The connections that end soonest even if they are refreshed, 20 at most. Only a new login prevents that.
    pub ends: Vec<(SystemTime, Key)>,
    /// The app secrets that expire, as recorded by [`Manager::app_secret_ends`]: time of expiry, provider and client id.
    pub app_secrets: Vec<(SystemTime, String, String)>,
    /// The number of rows that were written by a clock ahead of the store's. They are read as if written now.
    pub written_ahead: u64,
    /// The number of leases and waits that exceed the maximum, so that they are ignored. A wrong clock wrote them.
    pub overlong: u64,
    /// The absolute difference between the store's clock and this machine's.
    pub clock_differs: Duration,
}

impl Manager {
    /// Records when the client secret of an app expires, for the report. No response states it.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn example(manager: oauth_runtime::lifecycle::Manager, app: acme::App) {
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// manager.app_secret_ends::<acme::AccessToken>(&app, UNIX_EPOCH + Duration::from_secs(1_893_456_000));
    /// # }
    /// # fn main() {}
    /// ```
    pub fn app_secret_ends<T: StoredToken>(&self, app: &T::App, end: SystemTime) -> &Manager {
        let client_id = app.registration().client_id.to_owned();
        let provider = T::App::PROVIDER.reference();
        let secrets = &self.app_secrets().0;
        let mut secrets = secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.insert(app.identity(), (provider, client_id, end));
        self
    }

    /// Returns a report on connections that will be lost, and on wrong clocks. Reads all rows once.
    ///
    /// ```
    /// # use oauth_runtime::lifecycle::Manager;
    /// # async fn example(manager: Manager) -> Result<(), Box<dyn std::error::Error>> {
    /// let report = manager.report().await?;
    /// println!("{} connections, {} given up", report.connections, report.given_up);
    /// for (end, key) in &report.ends {
    ///     println!("{key} needs a login before {end:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn report(&self) -> Result<Report, StoreError> {
        let outlook = self.outlook().await?;
        let now = clock::now();
        let at = |moment: Timestamp| later(now, moment.since(outlook.now));
        let by_store = later(SystemTime::UNIX_EPOCH, Duration::from_millis(outlook.now.0));
        let clock_differs = by_store
            .duration_since(now)
            .unwrap_or_else(|behind| behind.duration());
        let mut soonest = BinaryHeap::new();
        let (mut written_ahead, mut overlong) = (0, 0);
        let mut after = None;
        loop {
            let rows = self.store().list(after.as_ref(), PAGE_SIZE).await?;
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
