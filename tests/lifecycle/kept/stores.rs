//! A store that fails on demand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use oauth_runtime::lifecycle::row::{Commit, Lifetimes, Note, Row};
use oauth_runtime::lifecycle::store::{
    Key, Outlook, Sealed, Sealing, Store, StoreError, StoreErrorKind, StoreFuture, StoredRow,
};
use oauth_runtime::lifecycle::stored::{Committed, Lease};
use oauth_runtime::lifecycle::{Deployment, MemoryStore};

/// A store operation that can fail on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Journal,
    Commit,
}

/// A store in which one operation fails a given number of times.
pub(crate) struct Failing {
    store: Arc<MemoryStore>,
    next: Mutex<Option<(Held, StoreErrorKind, usize)>>,
}

impl Failing {
    pub(crate) fn new(store: Arc<MemoryStore>) -> Failing {
        Failing {
            store,
            next: Mutex::new(None),
        }
    }

    pub(crate) fn fail(&self, what: Held, kind: StoreErrorKind, times: usize) {
        *self.next.lock().unwrap() = Some((what, kind, times));
    }

    fn fails(&self, what: Held) -> Option<StoreError> {
        let mut next = self.next.lock().unwrap();
        let (own, kind, times) = next
            .as_mut()
            .filter(|(own, _, times)| *own == what && *times > 0)?;
        debug_assert_eq!(*own, what);
        *times -= 1;
        Some(StoreError {
            kind: *kind,
            reason: "the test says so".to_owned(),
        })
    }
}

impl Store for Failing {
    fn load<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<StoredRow>> {
        self.store.load(key)
    }

    fn log_in<'a>(
        &'a self,
        key: &'a Key,
        about: &'a str,
        tokens: Sealing,
        life: Lifetimes,
    ) -> StoreFuture<'a, Row<Sealed>> {
        self.store.log_in(key, about, tokens, life)
    }

    fn deployment(&self) -> Option<&Deployment> {
        self.store.deployment()
    }

    fn lease<'a>(&'a self, key: &'a Key, length: Duration) -> StoreFuture<'a, Lease<Sealed>> {
        self.store.lease(key, length)
    }

    fn extend<'a>(&'a self, key: &'a Key, fence: u64, length: Duration) -> StoreFuture<'a, bool> {
        self.store.extend(key, fence, length)
    }

    fn journal<'a>(&'a self, key: &'a Key, fence: u64, version: u64) -> StoreFuture<'a, bool> {
        match self.fails(Held::Journal) {
            Some(error) => Box::pin(async { Err(error) }),
            None => self.store.journal(key, fence, version),
        }
    }

    fn commit<'a>(
        &'a self,
        key: &'a Key,
        commit: &'a Commit<Sealed>,
    ) -> StoreFuture<'a, Committed<Sealed>> {
        match self.fails(Held::Commit) {
            Some(error) => Box::pin(async { Err(error) }),
            None => self.store.commit(key, commit),
        }
    }

    fn note<'a>(&'a self, key: &'a Key, note: &'a Note) -> StoreFuture<'a, bool> {
        self.store.note(key, note)
    }

    fn release<'a>(&'a self, key: &'a Key, fence: u64) -> StoreFuture<'a, ()> {
        self.store.release(key, fence)
    }

    fn reseal<'a>(&'a self, key: &'a Key, old: &'a Sealed, new: Sealed) -> StoreFuture<'a, bool> {
        self.store.reseal(key, old, new)
    }

    fn due(&self, most: u32) -> StoreFuture<'_, Vec<Key>> {
        self.store.due(most)
    }

    fn list<'a>(
        &'a self,
        after: Option<&'a Key>,
        most: u32,
    ) -> StoreFuture<'a, Vec<(Key, StoredRow)>> {
        self.store.list(after, most)
    }

    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<StoredRow>> {
        self.store.delete(key)
    }

    fn outlook(&self) -> StoreFuture<'_, Outlook> {
        self.store.outlook()
    }
}
