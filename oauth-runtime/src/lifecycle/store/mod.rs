//! [`Store`]: the trait of stores that keep connections.

pub(crate) mod binding;
pub mod conformance;
pub(crate) mod deployment;
pub(crate) mod error;
pub(crate) mod login_store;
pub(crate) mod memory;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
pub(crate) mod reseal;
pub(crate) mod sealing;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
pub(crate) mod store_clock;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod words;

use std::fmt;
use std::future::{self, Future};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::lifecycle::protocol::row::{
    Commit, LastFailure, Lifetimes, MAX_LEASE, Note, Numbers, Row, Timestamp,
};
use crate::lifecycle::protocol::stored::{Committed, Lease, Stored};
use crate::lifecycle::store::deployment::Deployment;
pub use crate::lifecycle::store::error::{StoreError, StoreErrorKind};
use crate::printable::printable_line;

/// The future of a store operation.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A store of connections, with a row for each token of each connection. All tokens in it are sealed.
///
/// Each operation is one transaction: it is durable when it returns, or it did not happen. The functions of [`Stored`]
/// define what an operation does to a row. A store runs them within its transaction, by its clock.
/// [`conformance`] tests a store for that.
pub trait Store: Send + Sync {
    /// Returns the row, if there is one.
    fn load<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<StoredRow>>;

    /// Stores the tokens of a new login, in place of any earlier ones. The store seals them within its transaction, once the
    /// row's numbers are known.
    fn log_in<'a>(
        &'a self,
        key: &'a Key,
        about: &'a str,
        tokens: Sealing,
        life: Lifetimes,
    ) -> StoreFuture<'a, Row<Sealed>>;

    /// Returns the deployment that opened the store, or `None` if the store has no deployment. Sealed tokens are bound to
    /// it.
    fn deployment(&self) -> Option<&Deployment> {
        None
    }

    /// Takes the lease for this length, unless another worker holds it.
    fn lease<'a>(&'a self, key: &'a Key, length: Duration) -> StoreFuture<'a, Lease<Sealed>>;

    /// Extends the lease to this length from now. Returns whether it was still held.
    fn extend<'a>(&'a self, key: &'a Key, fence: u64, length: Duration) -> StoreFuture<'a, bool>;

    /// Writes that the refresh token of this version is about to be sent. Returns whether lease and version still matched.
    fn journal<'a>(&'a self, key: &'a Key, fence: u64, version: u64) -> StoreFuture<'a, bool>;

    /// Writes new tokens.
    fn commit<'a>(
        &'a self,
        key: &'a Key,
        commit: &'a Commit<Sealed>,
    ) -> StoreFuture<'a, Committed<Sealed>>;

    /// Writes why an attempt brought no new tokens. Returns whether the note was written.
    fn note<'a>(&'a self, key: &'a Key, note: &'a Note) -> StoreFuture<'a, bool>;

    /// Releases the lease, if it still has this fencing number.
    fn release<'a>(&'a self, key: &'a Key, fence: u64) -> StoreFuture<'a, ()>;

    /// Replaces sealed tokens by the resealed ones. Returns whether the row still had the old ones.
    fn reseal<'a>(&'a self, key: &'a Key, old: &'a Sealed, new: Sealed) -> StoreFuture<'a, bool>;

    /// Returns at most `most` connections that are to be kept alive by now, the most urgent first. It omits those that are
    /// given up, set apart, leased or waiting.
    fn due(&self, most: u32) -> StoreFuture<'_, Vec<Key>>;

    /// Returns at most `most` rows, in the order of their keys, after the given key.
    fn list<'a>(
        &'a self,
        after: Option<&'a Key>,
        most: u32,
    ) -> StoreFuture<'a, Vec<(Key, StoredRow)>>;

    /// Removes the row and returns it, if there was one.
    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<StoredRow>>;

    /// Returns when connections will be lost.
    fn outlook(&self) -> StoreFuture<'_, Outlook>;

    /// Makes the store belong to the deployment that opened it, so that a copy can be used. First stop the workers of the
    /// original, since both would consume the same refresh tokens.
    fn claim(&self) -> StoreFuture<'_, ()> {
        Box::pin(future::ready(Ok(())))
    }

    /// Returns the settings that the store's guarantees depend on.
    fn settings(&self) -> StoreFuture<'_, Vec<Setting>> {
        Box::pin(future::ready(Ok(Vec::new())))
    }
}

/// A setting that a store's guarantees depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The name of the setting.
    pub name: &'static str,
    /// The present value of the setting.
    pub value: String,
    /// The required value. `None` if the setting is only informational.
    pub must_be: Option<String>,
}

impl Setting {
    /// Returns whether the value is as required.
    pub fn is_right(&self) -> bool {
        self.must_be
            .as_ref()
            .is_none_or(|must_be| *must_be == self.value)
    }
}

/// The key of a row, which names one token of one connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The connection's name, which the application chose.
    pub connection: String,
    /// The provider's id in its spec, with the variant if there is one.
    pub provider: String,
    /// The token's name in the spec.
    pub token: String,
}

impl Key {
    /// The key that sorts before all rows.
    #[cfg(feature = "sqlite")]
    pub(crate) const FIRST: Key = Key {
        connection: String::new(),
        provider: String::new(),
        token: String::new(),
    };

    /// Returns a number from 0 to 1 that is constant for a key. It staggers connections that began together.
    #[expect(
        clippy::cast_precision_loss,
        reason = "an approximate fraction is sufficient"
    )]
    pub(crate) fn spread(&self) -> f64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish() as f64 / u64::MAX as f64
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Key {
            connection,
            provider,
            token,
        } = self;
        write!(
            formatter,
            "{} ({}, {})",
            printable_line(connection),
            printable_line(provider),
            printable_line(token)
        )
    }
}

/// Stored tokens, encrypted for one row alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sealed(pub Vec<u8>);

/// Tokens of a login that are sealed once the numbers of their row are known. If a transaction runs again, they are sealed
/// again.
#[derive(Clone)]
pub struct Sealing(Arc<dyn Fn(Numbers) -> Sealed + Send + Sync>);

impl Sealing {
    /// Creates a value that seals by this function.
    pub fn by(seal: impl Fn(Numbers) -> Sealed + Send + Sync + 'static) -> Sealing {
        Sealing(Arc::new(seal))
    }

    /// Returns the sealed tokens for a row with these numbers.
    pub fn sealed(&self, numbers: Numbers) -> Sealed {
        (self.0)(numbers)
    }
}

/// Tokens that are sealed already. They ignore the numbers of their row.
impl From<Sealed> for Sealing {
    fn from(sealed: Sealed) -> Sealing {
        Sealing::by(move |_| sealed.clone())
    }
}

impl fmt::Debug for Sealing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealing")
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealed({} bytes)", self.0.len())
    }
}

/// A row as read from a store, with its app and its lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRow {
    /// The row.
    pub row: Row<Sealed>,
    /// The app that made the connection and the spec at that time, without secrets.
    pub about: String,
    /// The time until which a worker holds the lease of the row.
    pub leased_until: Option<Timestamp>,
    /// The time by which the clock was ahead when the row was written, if it was. The row is read as if it had been written
    /// now.
    pub written_ahead: Option<Duration>,
}

impl StoredRow {
    /// Returns a row as it is read at `now`.
    pub(crate) fn of(stored: &Stored<Sealed>, about: String, now: Timestamp) -> StoredRow {
        StoredRow {
            row: stored.read(now),
            about,
            leased_until: stored.leased_until.filter(|until| now < *until),
            written_ahead: stored.written_ahead(now),
        }
    }

    /// Returns how many of lease and wait exceed the maximum, so that they are ignored.
    pub(crate) fn overlong(&self) -> u64 {
        let now = self.row.now;
        let lease = self
            .leased_until
            .is_some_and(|until| until.since(now) > MAX_LEASE);
        let wait = self
            .row
            .trouble
            .is_some_and(|trouble| trouble.is_overlong(now));
        u64::from(lease) + u64::from(wait)
    }
}

/// The times at which connections will be lost if refreshing stops now. They show how urgent a defect is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// The time of the store's clock.
    pub now: Timestamp,
    /// The number of rows.
    pub rows: u64,
    /// The number of rows that are no longer refreshed: they need a login, or have tokens that are set apart.
    pub given_up: u64,
    /// The number of rows whose refresh token may have been consumed by a request without a known response.
    pub unsettled: u64,
    /// The time at which the first connection that is still refreshed will be lost. `None` if no end is known.
    pub first: Option<Timestamp>,
    /// The time by which one in ten connections that are still refreshed will be lost. `None` if that end is not known.
    pub tenth: Option<Timestamp>,
    /// The time by which all connections that are still refreshed will be lost. `None` if one of them has no known end.
    pub all: Option<Timestamp>,
}

impl Outlook {
    /// Computes the outlook from all rows, for stores without a faster way.
    pub fn of<'a, T: 'a>(now: Timestamp, rows: impl Iterator<Item = &'a Row<T>>) -> Outlook {
        let mut outlook = Outlook {
            now,
            ..Outlook::default()
        };
        let mut ends = Vec::new();
        for row in rows {
            outlook.rows += 1;
            let is_over = row.trouble.is_some_and(LastFailure::stops);
            outlook.given_up += u64::from(is_over);
            outlook.unsettled += u64::from(row.open_entry().is_some());
            if !is_over {
                ends.push(row.times.lost);
            }
        }
        // Rows without a known end come last.
        ends.sort_unstable_by_key(|end| end.map_or(Timestamp(u64::MAX), |end| end));
        let nth = |nth: usize| ends.get(nth).copied().flatten();
        outlook.first = nth(0);
        outlook.tenth = nth(ends.len().div_ceil(10).saturating_sub(1));
        outlook.all = nth(ends.len().saturating_sub(1));
        outlook
    }
}

/// A store with several owners, such as a manager and a test.
impl<S: Store + ?Sized> Store for Arc<S> {
    fn load<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<StoredRow>> {
        (**self).load(key)
    }

    fn log_in<'a>(
        &'a self,
        key: &'a Key,
        about: &'a str,
        tokens: Sealing,
        life: Lifetimes,
    ) -> StoreFuture<'a, Row<Sealed>> {
        (**self).log_in(key, about, tokens, life)
    }

    fn deployment(&self) -> Option<&Deployment> {
        (**self).deployment()
    }

    fn lease<'a>(&'a self, key: &'a Key, length: Duration) -> StoreFuture<'a, Lease<Sealed>> {
        (**self).lease(key, length)
    }

    fn extend<'a>(&'a self, key: &'a Key, fence: u64, length: Duration) -> StoreFuture<'a, bool> {
        (**self).extend(key, fence, length)
    }

    fn journal<'a>(&'a self, key: &'a Key, fence: u64, version: u64) -> StoreFuture<'a, bool> {
        (**self).journal(key, fence, version)
    }

    fn commit<'a>(
        &'a self,
        key: &'a Key,
        commit: &'a Commit<Sealed>,
    ) -> StoreFuture<'a, Committed<Sealed>> {
        (**self).commit(key, commit)
    }

    fn note<'a>(&'a self, key: &'a Key, note: &'a Note) -> StoreFuture<'a, bool> {
        (**self).note(key, note)
    }

    fn release<'a>(&'a self, key: &'a Key, fence: u64) -> StoreFuture<'a, ()> {
        (**self).release(key, fence)
    }

    fn reseal<'a>(&'a self, key: &'a Key, old: &'a Sealed, new: Sealed) -> StoreFuture<'a, bool> {
        (**self).reseal(key, old, new)
    }

    fn due(&self, most: u32) -> StoreFuture<'_, Vec<Key>> {
        (**self).due(most)
    }

    fn list<'a>(
        &'a self,
        after: Option<&'a Key>,
        most: u32,
    ) -> StoreFuture<'a, Vec<(Key, StoredRow)>> {
        (**self).list(after, most)
    }

    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<StoredRow>> {
        (**self).delete(key)
    }

    fn outlook(&self) -> StoreFuture<'_, Outlook> {
        (**self).outlook()
    }

    fn claim(&self) -> StoreFuture<'_, ()> {
        (**self).claim()
    }

    fn settings(&self) -> StoreFuture<'_, Vec<Setting>> {
        (**self).settings()
    }
}
