//! Keep-alive: refreshes unused connections before their refresh tokens expire from inactivity.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{self, MissedTickBehavior};

use crate::lifecycle::connection::about::About;
use crate::lifecycle::manager::Manager;
use crate::lifecycle::protocol::Want;
use crate::lifecycle::shared::{Asked, Doing, Kinds, ManagedKind, SharedApp};
use crate::lifecycle::store::{Key, StoreError};
use crate::provider::app_identity::AppIdentity;
use crate::provider::registered_app::RegisteredApp;
use crate::provider::stored_token::StoredToken;

/// The interval at which the store is asked for due connections.
const EVERY: Duration = Duration::from_secs(60);

/// The maximum number of concurrent refreshes.
const AT_ONCE: usize = 32;

/// The number of due connections that are read at a time.
const PAGE_SIZE: u32 = 1000;

impl Kinds {
    fn add<T: StoredToken>(&self, app: &SharedApp<T>, identity: AppIdentity) {
        let own = app.load();
        let registration = own.registration();
        let provider = T::App::PROVIDER;
        let (client_id, environment) =
            (registration.client_id.to_owned(), registration.environment);
        let has_inputs = !registration.inputs.is_empty();
        let app = app.clone();
        let doing: Doing = Arc::new(move |shared, name, asked| {
            let app = app.clone();
            Box::pin(async move {
                let Ok(connection) = Manager(shared).open::<T>(&name, app).await else {
                    return false;
                };
                match asked {
                    Asked::Renewal(want) => connection.renew(want).await.is_ok(),
                    Asked::AcceptingWhatIsApart => {
                        connection.accept_tokens_apart().await == Ok(true)
                    }
                }
            })
        });
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = ManagedKind {
            doing,
            provider,
            client_id,
            environment,
            has_inputs,
        };
        kinds.insert((provider.reference(), T::NAME.to_owned(), identity), kind);
    }
}

/// The result of one keep-alive round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeepAliveSummary {
    /// The number of connections that were refreshed.
    pub refreshed: usize,
    /// The number of connections that could not be refreshed. Events contain the reasons.
    pub failed: usize,
    /// The number of connections whose apps this process does not [`manage`](Manager::manage).
    pub foreign: usize,
}

/// The result of an action on a connection that its key identifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshResult {
    /// The connection has new tokens.
    Refreshed,
    /// The connection has no new tokens. Its events and its status contain the reason.
    Failed,
    /// This process does not [`manage`](Manager::manage) the app that made the connection.
    Foreign,
    /// The connection does not exist.
    Absent,
}

impl Manager {
    /// Registers an app, so that this process keeps its connections alive, including those without a handle.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn example(manager: oauth_runtime::lifecycle::Manager, app: acme::App) {
    /// manager.manage::<acme::AccessToken>(&app);
    /// # }
    /// # fn main() {}
    /// ```
    pub fn manage<T: StoredToken>(&self, app: &T::App) -> &Manager {
        let shared = self.share::<T>(app);
        self.kinds().add::<T>(&shared, app.identity());
        self
    }

    /// Refreshes a connection now, with the app that made it. A stored wait is ignored.
    ///
    /// ```
    /// # use oauth_runtime::lifecycle::Manager;
    /// # async fn example(manager: Manager) -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::lifecycle::{RefreshResult, store::Key};
    ///
    /// let key = Key { connection: "ann".to_owned(), provider: "acme".to_owned(), token: "access".to_owned() };
    /// if manager.refresh(&key).await? == RefreshResult::Foreign {
    ///     println!("register the app of {key} with `manage`");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The store failed when the row was read. Other failures are `RefreshResult::Failed`.
    pub async fn refresh(&self, key: &Key) -> Result<RefreshResult, StoreError> {
        self.ask(key, |version| Asked::Renewal(Want::Forced(version)))
            .await
    }

    /// Makes the tokens that are set apart the connection's tokens: see
    /// [`Connection::accept_tokens_apart`](crate::lifecycle::Connection::accept_tokens_apart).
    ///
    /// # Errors
    ///
    /// The store failed when the row was read. Other failures are `RefreshResult::Failed`.
    pub async fn accept_tokens_apart(&self, key: &Key) -> Result<RefreshResult, StoreError> {
        self.ask(key, |_| Asked::AcceptingWhatIsApart).await
    }

    async fn ask(&self, key: &Key, asked: fn(u64) -> Asked) -> Result<RefreshResult, StoreError> {
        let Some(kept) = self.store().load(key).await? else {
            return Ok(RefreshResult::Absent);
        };
        let about: Option<About> = serde_json::from_str(&kept.about).ok();
        let Some(kind) = about.and_then(|about| self.kinds().of(key, &about)) else {
            return Ok(RefreshResult::Foreign);
        };
        let name = key.connection.clone();
        Ok(
            match (kind.doing)(self.0.clone(), name, asked(kept.row.version)).await {
                true => RefreshResult::Refreshed,
                false => RefreshResult::Failed,
            },
        )
    }

    /// Starts a task that refreshes connections before their refresh tokens expire from inactivity. It runs until the handle
    /// is dropped. Several machines may run such a task at once.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # use oauth_runtime::lifecycle::Manager;
    /// # async fn example(manager: Manager, app: acme::App) -> Result<(), Box<dyn std::error::Error>> {
    /// manager.manage::<acme::AccessToken>(&app);
    /// let task = manager.keep_alive();
    /// // Keep `task` until the process ends.
    /// # Ok(())
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub fn keep_alive(&self) -> KeepAlive {
        let manager = self.clone();
        KeepAlive(tokio::spawn(async move {
            let mut rounds = time::interval(EVERY);
            rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                rounds.tick().await;
                if let Err(error) = manager.keep_alive_once().await {
                    tracing::warn!(target: "oauth_runtime::lifecycle", %error, "the keep-alive round failed");
                }
                // Computing the outlook sets the gauges.
                #[cfg(feature = "metrics")]
                drop(manager.outlook().await);
            }
        }))
    }

    /// Refreshes all connections that are due now.
    ///
    /// ```
    /// # use oauth_runtime::lifecycle::Manager;
    /// # async fn example(manager: Manager) -> Result<(), Box<dyn std::error::Error>> {
    /// let summary = manager.keep_alive_once().await?;
    /// println!("{} refreshed, {} failed", summary.refreshed, summary.failed);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn keep_alive_once(&self) -> Result<KeepAliveSummary, StoreError> {
        let mut done = KeepAliveSummary::default();
        let mut tried = HashSet::new();
        let mut running = JoinSet::new();
        loop {
            // Connections that stay due, because they are foreign or failed, must not hide those after them.
            let stays = u32::try_from(tried.len()).unwrap_or(u32::MAX);
            let due = self.store().due(PAGE_SIZE.saturating_add(stays)).await?;
            let mut new = due
                .into_iter()
                .filter(|key| tried.insert(key.clone()))
                .peekable();
            if new.peek().is_none() {
                break;
            }
            for key in new {
                let manager = self.clone();
                running.spawn(async move {
                    let asked = |version| Asked::Renewal(Want::NewerThan(version));
                    manager.ask(&key, asked).await
                });
                if running.len() >= AT_ONCE
                    && let Some(joined) = running.join_next().await
                {
                    done.count(joined.unwrap_or(Ok(RefreshResult::Failed)))?;
                }
            }
        }
        while let Some(joined) = running.join_next().await {
            done.count(joined.unwrap_or(Ok(RefreshResult::Failed)))?;
        }
        Ok(done)
    }
}

impl KeepAliveSummary {
    fn count(&mut self, tried: Result<RefreshResult, StoreError>) -> Result<(), StoreError> {
        match tried? {
            RefreshResult::Refreshed => self.refreshed += 1,
            RefreshResult::Failed => self.failed += 1,
            RefreshResult::Foreign => self.foreign += 1,
            RefreshResult::Absent => {}
        }
        Ok(())
    }
}

/// A task that keeps connections alive until this handle is dropped.
#[derive(Debug)]
#[must_use = "the task ends when this handle is dropped"]
pub struct KeepAlive(JoinHandle<()>);

impl Drop for KeepAlive {
    fn drop(&mut self) {
        // A refresh that this task started runs in a separate task and completes.
        self.0.abort();
    }
}
