//! [`MemoryStore`]: a store that keeps connections in memory.

use std::collections::BTreeMap;
use std::future;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::lifecycle::protocol::row::{Commit, Lifetimes, Note, Row, Timestamp};
use crate::lifecycle::protocol::stored::{Committed, Lease, Stored};
use crate::lifecycle::store::login_store::LoginStore;
use crate::lifecycle::store::store_clock::StoreClock;
use crate::lifecycle::store::{Key, Outlook, Sealed, Sealing, Store, StoreFuture, StoredRow};

/// A store that keeps connections in memory, for tests and for tools whose connections end with the process. When the
/// process ends, every refresh token is lost.
#[derive(Default)]
pub struct MemoryStore {
    rows: Mutex<BTreeMap<Key, (Stored<Sealed>, String)>>,
    logins: Mutex<BTreeMap<String, (Vec<u8>, Timestamp)>>,
    clock: StoreClock,
}

type Rows<'a> = MutexGuard<'a, BTreeMap<Key, (Stored<Sealed>, String)>>;

impl MemoryStore {
    /// Creates an empty store.
    ///
    /// ```
    /// use oauth_runtime::SealingKey;
    /// use oauth_runtime::lifecycle::{Logins, MemoryStore};
    ///
    /// let logins = Logins::new(MemoryStore::new(), SealingKey::generate());
    /// ```
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// Moves the store's clock forward, so that a test can expire a token without waiting.
    ///
    /// ```
    /// # fn example(http: oauth_runtime::Http, keys: oauth_runtime::lifecycle::SealingKeys) {
    /// use std::{sync::Arc, time::Duration};
    /// use oauth_runtime::lifecycle::{Manager, MemoryStore};
    ///
    /// let store = Arc::new(MemoryStore::new());
    /// let manager = Manager::new(store.clone(), http, keys);
    /// store.advance(Duration::from_secs(3600));
    /// # }
    /// ```
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Moves the store's clock back, as if the machine's clock had been ahead. For tests.
    #[doc(hidden)]
    pub fn set_back(&self, by: Duration) {
        self.clock.set_back(by);
    }

    // No code can panic between two writes to a row, so a poisoned lock still guards whole rows.
    fn rows(&self) -> Rows<'_> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn logins(&self) -> MutexGuard<'_, BTreeMap<String, (Vec<u8>, Timestamp)>> {
        self.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(
        &self,
        key: &Key,
        change: impl FnOnce(&mut Stored<Sealed>, Timestamp) -> T,
    ) -> Option<T> {
        let now = self.clock.now();
        let mut rows = self.rows();
        rows.get_mut(key).map(|(stored, _)| change(stored, now))
    }
}

fn done<'a, T: Send + 'a>(value: T) -> StoreFuture<'a, T> {
    Box::pin(future::ready(Ok(value)))
}

impl Store for MemoryStore {
    fn load<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<StoredRow>> {
        let now = self.clock.now();
        done(
            self.rows()
                .get(key)
                .map(|(stored, about)| StoredRow::of(stored, about.clone(), now)),
        )
    }

    fn log_in<'a>(
        &'a self,
        key: &'a Key,
        about: &'a str,
        tokens: Sealing,
        life: Lifetimes,
    ) -> StoreFuture<'a, Row<Sealed>> {
        let now = self.clock.now();
        let mut rows = self.rows();
        let before = rows.get(key).map(|(stored, _)| stored);
        let tokens = tokens.sealed(Stored::numbers_of_login(before, now));
        let (stored, own) = rows
            .entry(key.clone())
            .and_modify(|(stored, _)| stored.log_in(tokens.clone(), life, now))
            .or_insert_with(|| (Stored::new(tokens, life, now), String::new()));
        about.clone_into(own);
        done(stored.read(now))
    }

    fn lease<'a>(&'a self, key: &'a Key, length: Duration) -> StoreFuture<'a, Lease<Sealed>> {
        let lease = self.with(key, |stored, now| stored.lease(length, now));
        done(lease.unwrap_or(Lease::Absent))
    }

    fn extend<'a>(&'a self, key: &'a Key, fence: u64, length: Duration) -> StoreFuture<'a, bool> {
        let extended = self.with(key, |stored, now| stored.extend(fence, length, now));
        done(extended == Some(true))
    }

    fn journal<'a>(&'a self, key: &'a Key, fence: u64, version: u64) -> StoreFuture<'a, bool> {
        let written = self.with(key, |stored, now| stored.journal(fence, version, now));
        done(written == Some(true))
    }

    fn commit<'a>(
        &'a self,
        key: &'a Key,
        commit: &'a Commit<Sealed>,
    ) -> StoreFuture<'a, Committed<Sealed>> {
        let committed = self.with(key, |stored, now| stored.commit(commit, now));
        done(committed.unwrap_or(Committed::Absent))
    }

    fn note<'a>(&'a self, key: &'a Key, note: &'a Note) -> StoreFuture<'a, bool> {
        let noted = self.with(key, |stored, now| stored.note(note, now));
        done(noted == Some(true))
    }

    fn release<'a>(&'a self, key: &'a Key, fence: u64) -> StoreFuture<'a, ()> {
        self.with(key, |stored, _| stored.release(fence));
        done(())
    }

    fn reseal<'a>(&'a self, key: &'a Key, old: &'a Sealed, new: Sealed) -> StoreFuture<'a, bool> {
        let resealed = self.with(key, |stored, _| stored.row.reseal(old, new));
        done(resealed == Some(true))
    }

    fn due(&self, most: u32) -> StoreFuture<'_, Vec<Key>> {
        let now = self.clock.now();
        let rows = self.rows();
        let mut due: Vec<_> = rows
            .iter()
            .filter(|(_, (stored, _))| stored.due_at(now).is_some_and(|due| due <= now))
            .collect();
        due.sort_by_key(|(_, (stored, _))| stored.due_at(now));
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        done(
            due.into_iter()
                .take(most)
                .map(|(key, _)| key.clone())
                .collect(),
        )
    }

    fn list<'a>(
        &'a self,
        after: Option<&'a Key>,
        most: u32,
    ) -> StoreFuture<'a, Vec<(Key, StoredRow)>> {
        let now = self.clock.now();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.rows();
        let listed = rows
            .range((from, Bound::Unbounded))
            .take(usize::try_from(most).unwrap_or(usize::MAX));
        done(
            listed
                .map(|(key, (stored, about))| {
                    (key.clone(), StoredRow::of(stored, about.clone(), now))
                })
                .collect(),
        )
    }

    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<StoredRow>> {
        let now = self.clock.now();
        done(
            self.rows()
                .remove(key)
                .map(|(stored, about)| StoredRow::of(&stored, about, now)),
        )
    }

    fn outlook(&self) -> StoreFuture<'_, Outlook> {
        let now = self.clock.now();
        let rows = self.rows();
        let rows = rows.values().map(|(stored, _)| &stored.row);
        done(Outlook::of(now, rows))
    }
}

impl LoginStore for MemoryStore {
    fn keep_login<'a>(
        &'a self,
        id: &'a str,
        sealed: Vec<u8>,
        length: Duration,
    ) -> StoreFuture<'a, ()> {
        let now = self.clock.now();
        let mut logins = self.logins();
        logins.retain(|_, (_, over)| now < *over);
        logins.insert(id.to_owned(), (sealed, now.after(length)));
        done(())
    }

    fn find_login<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        let now = self.clock.now();
        let found = self.logins().get(id).cloned();
        done(
            found
                .filter(|(_, over)| now < *over)
                .map(|(sealed, _)| sealed),
        )
    }

    fn take_login<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        let now = self.clock.now();
        let taken = self.logins().remove(id);
        done(
            taken
                .filter(|(_, over)| now < *over)
                .map(|(sealed, _)| sealed),
        )
    }
}
