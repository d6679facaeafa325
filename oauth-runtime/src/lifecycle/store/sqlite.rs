//! [`SqliteStore`]: connections in a file, for the processes of one machine.
//!
//! One thread owns the database. Writes that arrive while it writes share the next transaction, so that a thousand refreshes
//! do not wait for a thousand disk writes. Each operation returns after its transaction is durable.

mod columns;
mod failure;
mod file;
mod logins;
mod schema;
mod thread;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::lifecycle::protocol::row::{Commit, Lifetimes, Note, Row, Timestamp};
use crate::lifecycle::protocol::stored::{Committed, Lease, Stored};
use crate::lifecycle::store::deployment::Deployment;
use crate::lifecycle::store::sqlite::file::{File, Opened};
use crate::lifecycle::store::sqlite::thread::Database;
use crate::lifecycle::store::store_clock::StoreClock;
use crate::lifecycle::store::words::number;
use crate::lifecycle::store::{
    Key, Outlook, Sealed, Sealing, Setting, Store, StoreError, StoreFuture, StoredRow,
};

/// A store that keeps connections in an SQLite file, with WAL and `synchronous=FULL`. A completed write survives a power
/// failure. Several processes of one machine may have the file open.
pub struct SqliteStore {
    database: Database,
    deployment: Deployment,
    clock: Arc<StoreClock>,
}

impl SqliteStore {
    /// Opens the file, or creates it, on Unix with mode 0600, so that other users of the machine cannot read it. A file of
    /// another deployment rejects writes until [`Store::claim`].
    ///
    /// A file on a full or read-only disk can be read if its tables are up to date. The store returns access tokens that
    /// need no refresh, and writes fail until the disk accepts them again.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::path::Path;
    /// use oauth_runtime::lifecycle::{Deployment, SqliteStore};
    ///
    /// let store = SqliteStore::open(Path::new("connections.db"), &Deployment::named("production-eu"))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened, or if its tables cannot be read, created or migrated.
    pub fn open(path: &Path, deployment: &Deployment) -> Result<SqliteStore, StoreError> {
        let file = File::new(path, deployment);
        file.make();
        let opened = file.open()?;
        let clock = Arc::<StoreClock>::default();
        if let Opened::Whole(connection) = &opened {
            // If this fails, the next use of such a row corrects it.
            schema::correct(connection, deployment, clock.now()).ok();
        }
        Ok(SqliteStore {
            database: Database::new(file, opened)?,
            deployment: deployment.clone(),
            clock,
        })
    }

    /// Moves the store's clock forward, so that a test can expire a token without waiting.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Moves the store's clock back, as if the machine's clock had been ahead. For tests.
    #[doc(hidden)]
    pub fn set_back(&self, by: Duration) {
        self.clock.set_back(by);
    }

    /// Changes a row within a transaction.
    fn with<'a, T: Send + 'static>(
        &'a self,
        key: &'a Key,
        change: impl Fn(&mut Stored<Sealed>, Timestamp) -> T + Send + 'static,
    ) -> StoreFuture<'a, Option<T>> {
        let (key, clock) = (key.clone(), self.clock.clone());
        Box::pin(self.database.write(move |transaction| {
            let Some((mut stored, about)) = select(transaction, &key)? else {
                return Ok(None);
            };
            let before = stored.clone();
            let done = change(&mut stored, clock.now());
            if stored != before {
                columns::write(transaction, &key, &about, &stored)?;
            }
            Ok(Some(done))
        }))
    }
}

fn select(
    transaction: &Transaction<'_>,
    key: &Key,
) -> rusqlite::Result<Option<(Stored<Sealed>, String)>> {
    let mut statement = transaction.prepare_cached(columns::SELECT)?;
    statement
        .query_row(
            params![key.connection, key.provider, key.token],
            columns::read,
        )
        .optional()
}

impl Store for SqliteStore {
    fn load<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<StoredRow>> {
        let (key, clock) = (key.clone(), self.clock.clone());
        Box::pin(self.database.read(move |transaction| {
            let row = select(transaction, &key)?;
            Ok(row.map(|(stored, about)| StoredRow::of(&stored, about, clock.now())))
        }))
    }

    fn log_in<'a>(
        &'a self,
        key: &'a Key,
        about: &'a str,
        tokens: Sealing,
        life: Lifetimes,
    ) -> StoreFuture<'a, Row<Sealed>> {
        let (key, about, clock) = (key.clone(), about.to_owned(), self.clock.clone());
        Box::pin(self.database.write(move |transaction| {
            let now = clock.now();
            let before = select(transaction, &key)?;
            let numbers = Stored::numbers_of_login(before.as_ref().map(|(stored, _)| stored), now);
            let tokens = tokens.sealed(numbers);
            let stored = match before {
                Some((mut stored, _)) => {
                    stored.log_in(tokens, life, now);
                    stored
                }
                None => Stored::new(tokens, life, now),
            };
            columns::write(transaction, &key, &about, &stored)?;
            Ok(stored.read(now))
        }))
    }

    fn deployment(&self) -> Option<&Deployment> {
        Some(&self.deployment)
    }

    fn lease<'a>(&'a self, key: &'a Key, length: Duration) -> StoreFuture<'a, Lease<Sealed>> {
        let lease = self.with(key, move |stored, now| stored.lease(length, now));
        Box::pin(async { Ok(lease.await?.unwrap_or(Lease::Absent)) })
    }

    fn extend<'a>(&'a self, key: &'a Key, fence: u64, length: Duration) -> StoreFuture<'a, bool> {
        let extended = self.with(key, move |stored, now| stored.extend(fence, length, now));
        Box::pin(async { Ok(extended.await? == Some(true)) })
    }

    fn journal<'a>(&'a self, key: &'a Key, fence: u64, version: u64) -> StoreFuture<'a, bool> {
        let written = self.with(key, move |stored, now| stored.journal(fence, version, now));
        Box::pin(async { Ok(written.await? == Some(true)) })
    }

    fn commit<'a>(
        &'a self,
        key: &'a Key,
        commit: &'a Commit<Sealed>,
    ) -> StoreFuture<'a, Committed<Sealed>> {
        let commit = commit.clone();
        let committed = self.with(key, move |stored, now| stored.commit(&commit, now));
        Box::pin(async { Ok(committed.await?.unwrap_or(Committed::Absent)) })
    }

    fn note<'a>(&'a self, key: &'a Key, note: &'a Note) -> StoreFuture<'a, bool> {
        let note = *note;
        let noted = self.with(key, move |stored, now| stored.note(&note, now));
        Box::pin(async { Ok(noted.await? == Some(true)) })
    }

    fn release<'a>(&'a self, key: &'a Key, fence: u64) -> StoreFuture<'a, ()> {
        let released = self.with(key, move |stored, _| stored.release(fence));
        Box::pin(async { released.await.map(|_| ()) })
    }

    fn reseal<'a>(&'a self, key: &'a Key, old: &'a Sealed, new: Sealed) -> StoreFuture<'a, bool> {
        let old = old.clone();
        let resealed = self.with(key, move |stored, _| stored.row.reseal(&old, new.clone()));
        Box::pin(async { Ok(resealed.await? == Some(true)) })
    }

    fn due(&self, most: u32) -> StoreFuture<'_, Vec<Key>> {
        Box::pin(async move {
            let now = self.clock.now();
            if self.clock.watch.was_set_back() {
                let corrected = self.database.write(move |own| columns::correct(own, now));
                // A read-only file refreshes nothing, so a failure does no harm.
                corrected.await.ok();
            }
            let due = self.database.read(move |transaction| {
                let mut statement = transaction.prepare_cached(columns::DUE)?;
                let keys = statement.query_map(params![number(now.0), most], columns::key)?;
                keys.collect::<rusqlite::Result<Vec<Key>>>()
            });
            due.await
        })
    }

    fn list<'a>(
        &'a self,
        after: Option<&'a Key>,
        most: u32,
    ) -> StoreFuture<'a, Vec<(Key, StoredRow)>> {
        let clock = self.clock.clone();
        let after = after.cloned().unwrap_or(Key::FIRST);
        Box::pin(self.database.read(move |transaction| {
            let mut statement = transaction.prepare_cached(columns::LIST)?;
            let Key {
                connection,
                provider,
                token,
            } = &after;
            let rows = statement.query_map(params![connection, provider, token, most], |row| {
                let (stored, about) = columns::read(row)?;
                Ok((
                    columns::key(row)?,
                    StoredRow::of(&stored, about, clock.now()),
                ))
            })?;
            rows.collect()
        }))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<StoredRow>> {
        let (key, clock) = (key.clone(), self.clock.clone());
        Box::pin(self.database.write(move |transaction| {
            let row = select(transaction, &key)?;
            let mut statement = transaction.prepare_cached(columns::DELETE)?;
            statement.execute(params![key.connection, key.provider, key.token])?;
            Ok(row.map(|(stored, about)| StoredRow::of(&stored, about, clock.now())))
        }))
    }

    fn outlook(&self) -> StoreFuture<'_, Outlook> {
        let clock = self.clock.clone();
        Box::pin(
            self.database
                .read(move |transaction| columns::outlook(transaction, clock.now())),
        )
    }

    fn claim(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.database.claim())
    }

    fn settings(&self) -> StoreFuture<'_, Vec<Setting>> {
        Box::pin(
            self.database
                .read_by_deployment(|transaction, own| schema::settings(transaction, own)),
        )
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, StatementStatus};
    use tokio::task::JoinSet;

    use super::*;

    /// The default number of rows. The environment variable `CONNECTIONS` sets another: `CONNECTIONS=1000000` is the full
    /// run.
    const CONNECTIONS: u64 = 20_000;

    #[tokio::test]
    async fn what_is_due_is_found_by_its_index_and_nothing_else_is_read() {
        let told = std::env::var("CONNECTIONS");
        let connections = told.map_or(CONNECTIONS, |told| told.parse().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("connections.db");
        let store = Arc::new(SqliteStore::open(&path, &Deployment::named("here")).unwrap());
        let mut writing = JoinSet::new();
        for nth in 0..connections {
            let store = store.clone();
            writing.spawn(async move {
                let key = Key {
                    connection: format!("connection {nth}"),
                    provider: "acme".to_owned(),
                    token: "access".to_owned(),
                };
                let life = Lifetimes {
                    // One row in a hundred is due.
                    keep_alive: Some(Duration::from_secs(if nth % 100 == 0 { 0 } else { 3600 })),
                    ..Lifetimes::NEVER
                };
                store
                    .log_in(&key, "", Sealed(vec![0; 200]).into(), life)
                    .await
                    .unwrap();
            });
            if writing.len() >= 1024 {
                writing.join_next().await;
            }
        }
        while writing.join_next().await.is_some() {}
        store.advance(Duration::from_secs(1));
        let began = crate::clock::instant();
        let due = store.due(100).await.unwrap();
        println!(
            "{connections} connections: {} due in {:?}",
            due.len(),
            began.elapsed()
        );
        assert_eq!(due.len(), 100);

        let file = Connection::open(&path).unwrap();
        let far = number(store.clock.now().0);
        let plan: String = file
            .query_row(
                &format!("EXPLAIN QUERY PLAN {}", columns::DUE),
                params![far, 100],
                |row| row.get("detail"),
            )
            .unwrap();
        assert_eq!(
            plan,
            "SEARCH connections USING COVERING INDEX due (due_at<?)"
        );
        let mut statement = file.prepare(columns::DUE).unwrap();
        let found = statement
            .query_map(params![far, 100], columns::key)
            .unwrap();
        assert_eq!(found.count(), 100);
        for (what, status, most) in [
            ("steps of a full scan", StatementStatus::FullscanStep, 0),
            ("sorts", StatementStatus::Sort, 0),
            // About ten steps per returned row, whatever the number of rows.
            ("steps", StatementStatus::VmStep, 2500),
        ] {
            let steps = statement.get_status(status);
            assert!(steps <= most, "{steps} {what}");
        }
    }
}
