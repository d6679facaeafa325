//! [`PostgresStore`]: connections in PostgreSQL, for many machines.
//!
//! Each operation that changes a row is a transaction that locks it. One round trip reads the row, another writes it.

mod columns;
mod logins;
mod schema;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use deadpool_postgres::{Object, Pool, Transaction};
use tokio_postgres::error::SqlState;

use crate::lifecycle::protocol::row::{Commit, Lifetimes, Note, Row, Timestamp};
use crate::lifecycle::protocol::stored::{Committed, Lease, Stored};
use crate::lifecycle::store::deployment::Deployment;
use crate::lifecycle::store::store_clock::Watch;
use crate::lifecycle::store::words::number;
use crate::lifecycle::store::{
    Key, Outlook, Sealed, Sealing, Setting, Store, StoreError, StoreErrorKind, StoreFuture,
    StoredRow,
};

/// A store that keeps connections in PostgreSQL, with `synchronous_commit=on`. A completed write survives a power failure.
/// All times are by the server's clock, so the clocks of machines may differ.
pub struct PostgresStore {
    pool: Pool,
    deployment: Deployment,
    /// The offset that tests add to the server's clock, in milliseconds.
    ahead: Arc<AtomicI64>,
    watch: Watch,
}

impl PostgresStore {
    /// Opens the store over a connection pool, which holds the hosts, credentials and TLS settings. Creates or migrates the
    /// tables in the schema that comes first in `search_path`. A database of another deployment rejects writes until
    /// [`Store::claim`].
    ///
    /// A read-only database, such as a standby, can be opened if its tables are up to date. It returns access tokens that
    /// need no refresh, and writes fail.
    ///
    /// ```no_run
    /// # async fn example(url: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::lifecycle::{Deployment, PostgresStore};
    ///
    /// let config = url.parse::<tokio_postgres::Config>()?;
    /// let connecting = deadpool_postgres::Manager::new(config, tokio_postgres::NoTls);
    /// let pool = deadpool_postgres::Pool::builder(connecting).max_size(8).build()?;
    /// let store = PostgresStore::open(pool, &Deployment::named("production-eu")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the database is unreachable, or if its tables cannot be read, created or migrated.
    pub async fn open(pool: Pool, deployment: &Deployment) -> Result<PostgresStore, StoreError> {
        let store = PostgresStore {
            pool,
            deployment: deployment.clone(),
            ahead: Arc::default(),
            watch: Watch::default(),
        };
        let mut client = store.client().await?;
        let transaction = begun(&mut client).await?;
        let prepared = async {
            match schema::is_current(&transaction).await? {
                true => Ok(()),
                false => schema::prepare(&transaction, deployment).await,
            }
        };
        prepared.await.map_err(|error| store_error(&error))?;
        committed(transaction).await?;
        drop(client);
        // If this fails, the next use of such a row corrects it.
        store.correct().await.ok();
        Ok(store)
    }

    /// Moves the store's clock forward, so that a test can expire a token without waiting.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or_default();
        self.ahead.fetch_add(millis, Ordering::Relaxed);
    }

    /// Moves the store's clock back, as if the server's clock had been ahead. For tests.
    #[doc(hidden)]
    pub fn set_back(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or_default();
        self.ahead.fetch_sub(millis, Ordering::Relaxed);
    }

    /// Makes rows due now that would become due too late because a clock was ahead.
    async fn correct(&self) -> Result<(), StoreError> {
        let mut client = self.client().await?;
        let transaction = begun(&mut client).await?;
        let (millis, owner) = columns::now(&transaction).await?;
        self.deployment.owns(&owner)?;
        columns::correct(&transaction, self.now(millis)).await?;
        committed(transaction).await
    }

    async fn client(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(|error| match error {
            deadpool_postgres::PoolError::Backend(error) => store_error(&error),
            other => unreachable(&other.to_string()),
        })
    }

    fn now(&self, millis: i64) -> Timestamp {
        let ahead = self.ahead.load(Ordering::Relaxed);
        let now = Timestamp(millis.saturating_add(ahead).max(0).cast_unsigned());
        self.watch.sees(now);
        now
    }

    /// Changes a row within a transaction that has locked it.
    async fn with<T>(
        &self,
        key: &Key,
        change: impl FnOnce(&mut Stored<Sealed>, Timestamp) -> T + Send,
    ) -> Result<Option<T>, StoreError> {
        let mut client = self.client().await?;
        let transaction = begun(&mut client).await?;
        let Some((mut stored, about, now)) = self.locked(&transaction, key).await? else {
            return Ok(None);
        };
        let before = stored.clone();
        let done = change(&mut stored, now);
        if stored != before {
            columns::write(&transaction, key, &about, &stored).await?;
            committed(transaction).await?;
        }
        Ok(Some(done))
    }

    /// Returns the row, locked until the transaction ends, and the time once the lock is held.
    async fn locked(
        &self,
        transaction: &Transaction<'_>,
        key: &Key,
    ) -> Result<Option<(Stored<Sealed>, String, Timestamp)>, StoreError> {
        let (row, now) = columns::locked(transaction, key).await?;
        self.deployment.owns(&now.1)?;
        let now = self.now(now.0);
        Ok(row.map(|(stored, about)| (stored, about, now)))
    }
}

/// Begins a transaction whose commit returns once it is on disk.
async fn begun(client: &mut Object) -> Result<Transaction<'_>, StoreError> {
    let transaction = client
        .transaction()
        .await
        .map_err(|error| store_error(&error))?;
    transaction
        .batch_execute("SET LOCAL synchronous_commit TO on")
        .await
        .map_err(|error| store_error(&error))?;
    Ok(transaction)
}

async fn committed(transaction: Transaction<'_>) -> Result<(), StoreError> {
    transaction
        .commit()
        .await
        .map_err(|error| store_error(&error))
}

impl Store for PostgresStore {
    fn load<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<StoredRow>> {
        Box::pin(async {
            let client = self.client().await?;
            let (row, millis) = columns::read(&client, key).await?;
            Ok(row.map(|(stored, about)| StoredRow::of(&stored, about, self.now(millis))))
        })
    }

    fn log_in<'a>(
        &'a self,
        key: &'a Key,
        about: &'a str,
        tokens: Sealing,
        life: Lifetimes,
    ) -> StoreFuture<'a, Row<Sealed>> {
        Box::pin(async move {
            let mut client = self.client().await?;
            let transaction = begun(&mut client).await?;
            let (row, now) = columns::locked(&transaction, key).await?;
            self.deployment.owns(&now.1)?;
            let now = self.now(now.0);
            let numbers = Stored::numbers_of_login(row.as_ref().map(|(stored, _)| stored), now);
            let tokens = tokens.sealed(numbers);
            let stored = match row {
                Some((mut stored, _)) => {
                    stored.log_in(tokens, life, now);
                    stored
                }
                None => Stored::new(tokens, life, now),
            };
            columns::write(&transaction, key, about, &stored).await?;
            committed(transaction).await?;
            Ok(stored.read(now))
        })
    }

    fn deployment(&self) -> Option<&Deployment> {
        Some(&self.deployment)
    }

    fn lease<'a>(&'a self, key: &'a Key, length: Duration) -> StoreFuture<'a, Lease<Sealed>> {
        Box::pin(async move {
            let lease = self.with(key, |stored, now| stored.lease(length, now));
            Ok(lease.await?.unwrap_or(Lease::Absent))
        })
    }

    fn extend<'a>(&'a self, key: &'a Key, fence: u64, length: Duration) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let extended = self.with(key, |stored, now| stored.extend(fence, length, now));
            Ok(extended.await? == Some(true))
        })
    }

    fn journal<'a>(&'a self, key: &'a Key, fence: u64, version: u64) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let written = self.with(key, |stored, now| stored.journal(fence, version, now));
            Ok(written.await? == Some(true))
        })
    }

    fn commit<'a>(
        &'a self,
        key: &'a Key,
        commit: &'a Commit<Sealed>,
    ) -> StoreFuture<'a, Committed<Sealed>> {
        Box::pin(async move {
            let committed = self.with(key, |stored, now| stored.commit(commit, now));
            Ok(committed.await?.unwrap_or(Committed::Absent))
        })
    }

    fn note<'a>(&'a self, key: &'a Key, note: &'a Note) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let noted = self.with(key, |stored, now| stored.note(note, now));
            Ok(noted.await? == Some(true))
        })
    }

    fn release<'a>(&'a self, key: &'a Key, fence: u64) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let released = self.with(key, |stored, _| stored.release(fence));
            released.await.map(|_| ())
        })
    }

    fn reseal<'a>(&'a self, key: &'a Key, old: &'a Sealed, new: Sealed) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let resealed = self.with(key, |stored, _| stored.row.reseal(old, new));
            Ok(resealed.await? == Some(true))
        })
    }

    fn due(&self, most: u32) -> StoreFuture<'_, Vec<Key>> {
        Box::pin(async move {
            let client = self.client().await?;
            let (millis, _) = columns::now(&client).await?;
            // The pool may have a single connection, which `correct` needs.
            drop(client);
            self.now(millis);
            if self.watch.was_set_back() {
                // A read-only database refreshes nothing, so a failure does no harm.
                self.correct().await.ok();
            }
            let client = self.client().await?;
            let ahead = self.ahead.load(Ordering::Relaxed);
            columns::due(&client, ahead, most).await
        })
    }

    fn list<'a>(
        &'a self,
        after: Option<&'a Key>,
        most: u32,
    ) -> StoreFuture<'a, Vec<(Key, StoredRow)>> {
        Box::pin(async move {
            let client = self.client().await?;
            let (rows, millis) = columns::list(&client, after, most).await?;
            let now = self.now(millis);
            let listed = rows.into_iter();
            Ok(listed
                .map(|(key, (stored, about))| (key, StoredRow::of(&stored, about, now)))
                .collect())
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<StoredRow>> {
        Box::pin(async move {
            let mut client = self.client().await?;
            let transaction = begun(&mut client).await?;
            let Some((stored, about, now)) = self.locked(&transaction, key).await? else {
                return Ok(None);
            };
            columns::delete(&transaction, key).await?;
            committed(transaction).await?;
            Ok(Some(StoredRow::of(&stored, about, now)))
        })
    }

    fn outlook(&self) -> StoreFuture<'_, Outlook> {
        Box::pin(async move {
            let client = self.client().await?;
            let mut outlook = columns::outlook(&client).await?;
            outlook.now = self.now(number(outlook.now.0));
            Ok(outlook)
        })
    }

    fn claim(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let mut client = self.client().await?;
            let transaction = begun(&mut client).await?;
            let name = self.deployment.as_str();
            transaction
                .execute("UPDATE oauth_deployment SET name = $1", &[&name])
                .await
                .map_err(|error| store_error(&error))?;
            committed(transaction).await
        })
    }

    fn settings(&self) -> StoreFuture<'_, Vec<Setting>> {
        Box::pin(async move {
            let mut client = self.client().await?;
            let transaction = begun(&mut client).await?;
            schema::settings(&transaction, &self.deployment)
                .await
                .map_err(|error| store_error(&error))
        })
    }
}

fn unreachable(reason: &str) -> StoreError {
    StoreError {
        kind: StoreErrorKind::Unreachable,
        reason: reason.to_owned(),
    }
}

/// Describes a database error in fixed words, since the server's message may repeat written values.
pub(crate) fn store_error(error: &tokio_postgres::Error) -> StoreError {
    let Some(state) = error.code() else {
        return unreachable("the connection to the database was lost");
    };
    let kind = match *state {
        SqlState::READ_ONLY_SQL_TRANSACTION | SqlState::INSUFFICIENT_PRIVILEGE => {
            StoreErrorKind::ReadOnly
        }
        SqlState::DISK_FULL | SqlState::OUT_OF_MEMORY => StoreErrorKind::Full,
        ref other if other.code().starts_with("42") || other.code().starts_with("22") => {
            StoreErrorKind::Unreadable
        }
        _ => StoreErrorKind::Unreachable,
    };
    let what = match *state {
        SqlState::READ_ONLY_SQL_TRANSACTION => "the database is read-only",
        SqlState::INSUFFICIENT_PRIVILEGE => "the database user lacks a privilege",
        SqlState::DISK_FULL => "the database's disk is full",
        _ => "the database returned an error",
    };
    StoreError {
        kind,
        reason: format!("{what} (SQLSTATE {})", state.code()),
    }
}
