//! [`Store`]: where connections are kept.

use std::fmt;
use std::future::{self, Future};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::lifecycle::deployment::Deployment;
use crate::lifecycle::row::{Commit, Life, MAX_LEASE, Moment, Note, Row, Trouble};
use crate::lifecycle::stored::{Committed, Lease, Stored};
use crate::printable::printable_line;

/// What a store gives, sooner or later.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps connections: a row for each token of each connection, sealed before it comes here.
///
/// Each operation is one transaction: it is durable when it returns, or it did not happen. What it does to a row is
/// written down once, in [`Stored`], whose functions a store runs within its transaction by its own clock;
/// [`conformance`](crate::lifecycle::conformance) holds a store to that.
pub trait Store: Send + Sync {
    /// The row, if there is one.
    fn load<'a>(&'a self, key: &'a Key) -> Doing<'a, Option<Kept>>;

    /// Keeps tokens of a new login, in place of any earlier ones. The store seals them within its transaction, once the
    /// row's numbers are known.
    fn log_in<'a>(
        &'a self,
        key: &'a Key,
        about: &'a str,
        tokens: Sealing,
        life: Life,
    ) -> Doing<'a, Row<Sealed>>;

    /// The deployment that opened the store. Sealed tokens are bound to it. `None` for a store that has no deployment.
    fn deployment(&self) -> Option<&Deployment> {
        None
    }

    /// Takes the lease for so long, unless another has it.
    fn lease<'a>(&'a self, key: &'a Key, length: Duration) -> Doing<'a, Lease<Sealed>>;

    /// Lets a lease hold for so long from now; whether it was still held.
    fn extend<'a>(&'a self, key: &'a Key, fence: u64, length: Duration) -> Doing<'a, bool>;

    /// Writes that the refresh token of this version is about to be sent; whether lease and version were still so.
    fn journal<'a>(&'a self, key: &'a Key, fence: u64, version: u64) -> Doing<'a, bool>;

    /// Writes new tokens.
    fn commit<'a>(
        &'a self,
        key: &'a Key,
        commit: &'a Commit<Sealed>,
    ) -> Doing<'a, Committed<Sealed>>;

    /// Writes why an attempt gave no new tokens; whether lease and version were still so.
    fn note<'a>(&'a self, key: &'a Key, note: &'a Note) -> Doing<'a, bool>;

    /// Gives a lease back.
    fn release<'a>(&'a self, key: &'a Key, fence: u64) -> Doing<'a, ()>;

    /// Seals tokens anew, if the row still has these; whether it had.
    fn reseal<'a>(&'a self, key: &'a Key, old: &'a Sealed, new: Sealed) -> Doing<'a, bool>;

    /// The connections that are to be kept alive by now, the most urgent first: those that are not given up, not leased
    /// and not told to wait.
    fn due(&self, most: u32) -> Doing<'_, Vec<Key>>;

    /// Rows in the order of their keys, after this one.
    fn list<'a>(&'a self, after: Option<&'a Key>, most: u32) -> Doing<'a, Vec<(Key, Kept)>>;

    /// Removes the row, and gives what it had.
    fn delete<'a>(&'a self, key: &'a Key) -> Doing<'a, Option<Kept>>;

    /// When connections will be lost.
    fn outlook(&self) -> Doing<'_, Outlook>;

    /// Makes the store belong to the deployment that opened it: a copy that somebody really wants to go on with. Stop
    /// whoever has the original first: both would spend the same refresh tokens.
    fn claim(&self) -> Doing<'_, ()> {
        Box::pin(future::ready(Ok(())))
    }

    /// How the store is set up, as far as its promises depend on it.
    fn settings(&self) -> Doing<'_, Vec<Setting>> {
        Box::pin(future::ready(Ok(Vec::new())))
    }
}

/// A setting of a store on which its promises depend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub value: String,
    /// What it must be; none where it is told for whoever reads it.
    pub must_be: Option<String>,
}

impl Setting {
    /// Whether it is as it must be.
    pub fn is_right(&self) -> bool {
        self.must_be
            .as_ref()
            .is_none_or(|must_be| *must_be == self.value)
    }
}

/// Names a row: one token of one connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The connection's name, which the application chose.
    pub connection: String,
    /// The provider's id in its spec, with the variant where there is one.
    pub provider: String,
    /// The token's name in the spec.
    pub token: String,
}

impl Key {
    /// The place before all rows.
    #[cfg(feature = "sqlite")]
    pub(crate) const FIRST: Key = Key {
        connection: String::new(),
        provider: String::new(),
        token: String::new(),
    };

    /// From 0 to 1, the same for a connection at any time: parts what began together.
    #[expect(clippy::cast_precision_loss, reason = "a place on a line")]
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

/// Tokens as a store keeps them: encrypted, for this row alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sealed(pub Vec<u8>);

/// Tokens of a login that are sealed once the numbers of their row are known: again, where a transaction is run again.
#[derive(Clone)]
pub struct Sealing(Arc<dyn Fn(Numbers) -> Sealed + Send + Sync>);

/// The numbers of a row that sealed tokens are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The login, as in [`Row::login`].
    pub login: u64,
    /// The version, as in [`Row::version`].
    pub version: u64,
}

impl Sealing {
    /// Seals by this function.
    pub fn by(seal: impl Fn(Numbers) -> Sealed + Send + Sync + 'static) -> Sealing {
        Sealing(Arc::new(seal))
    }

    /// Returns the sealed tokens for a row with these numbers.
    pub fn sealed(&self, numbers: Numbers) -> Sealed {
        (self.0)(numbers)
    }
}

/// Tokens that are sealed already, whatever the numbers of their row.
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

/// A row with what does not change between logins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The row.
    pub row: Row<Sealed>,
    /// Which app made the connection, and under which spec: nothing secret.
    pub about: String,
    /// Until when somebody holds its lease.
    pub leased_until: Option<Moment>,
    /// How far the clock was ahead when the row was written, if it was. The row is read as if it had been written now.
    pub written_ahead: Option<Duration>,
}

impl Kept {
    /// What a row is when it is read at `now`.
    pub(crate) fn of(stored: &Stored<Sealed>, about: String, now: Moment) -> Kept {
        Kept {
            row: stored.read(now),
            about,
            leased_until: stored.leased_until.filter(|until| now < *until),
            written_ahead: stored.written_ahead(now),
        }
    }

    /// How many of its lease and its wait are longer than any can be, so that they are ignored.
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

/// When connections will be lost if nothing refreshes them from now on. How urgent a defect is, that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// The store's clock.
    pub now: Moment,
    /// How many rows there are.
    pub rows: u64,
    /// The number of rows that are no longer refreshed: they need a login, or have tokens that are set apart.
    pub given_up: u64,
    /// How many may have spent a refresh token whose answer nobody has.
    pub unsettled: u64,
    /// When the first living one will be lost; `None` where none has an end that is known.
    pub first: Option<Moment>,
    /// When one in ten will be lost.
    pub tenth: Option<Moment>,
    /// When all will be lost.
    pub all: Option<Moment>,
}

impl Outlook {
    /// Counted over all rows: what a store does that has no faster way.
    pub fn of<'a, T: 'a>(now: Moment, rows: impl Iterator<Item = &'a Row<T>>) -> Outlook {
        let mut outlook = Outlook {
            now,
            ..Outlook::default()
        };
        let mut ends = Vec::new();
        for row in rows {
            outlook.rows += 1;
            let is_over = row.trouble.is_some_and(Trouble::stops);
            outlook.given_up += u64::from(is_over);
            outlook.unsettled += u64::from(row.open_entry().is_some());
            if !is_over {
                ends.push(row.times.lost);
            }
        }
        // Those without an end come last.
        ends.sort_unstable_by_key(|end| end.map_or(Moment(u64::MAX), |end| end));
        let nth = |nth: usize| ends.get(nth).copied().flatten();
        outlook.first = nth(0);
        outlook.tenth = nth(ends.len().div_ceil(10).saturating_sub(1));
        outlook.all = nth(ends.len().saturating_sub(1));
        outlook
    }
}

/// Why a store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    /// What kind of failure it is.
    pub kind: StoreErrorKind,
    /// The store's words, without any secret.
    pub reason: String,
}

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// It takes no writes: read-only, or a copy that nobody has claimed.
    ReadOnly,
    /// There is no room left.
    Full,
    /// It did not answer, or not in time.
    Unreachable,
    /// What it has is not what this version can read.
    Unreadable,
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            StoreErrorKind::ReadOnly => "the store takes no writes",
            StoreErrorKind::Full => "the store is full",
            StoreErrorKind::Unreachable => "the store did not answer",
            StoreErrorKind::Unreadable => "the store holds what this version cannot read",
        };
        write!(formatter, "{what}: {}", printable_line(&self.reason))
    }
}

impl std::error::Error for StoreError {}

/// A store that several own, such as a manager and a test.
impl<S: Store + ?Sized> Store for Arc<S> {
    fn load<'a>(&'a self, key: &'a Key) -> Doing<'a, Option<Kept>> {
        (**self).load(key)
    }

    fn log_in<'a>(
        &'a self,
        key: &'a Key,
        about: &'a str,
        tokens: Sealing,
        life: Life,
    ) -> Doing<'a, Row<Sealed>> {
        (**self).log_in(key, about, tokens, life)
    }

    fn deployment(&self) -> Option<&Deployment> {
        (**self).deployment()
    }

    fn lease<'a>(&'a self, key: &'a Key, length: Duration) -> Doing<'a, Lease<Sealed>> {
        (**self).lease(key, length)
    }

    fn extend<'a>(&'a self, key: &'a Key, fence: u64, length: Duration) -> Doing<'a, bool> {
        (**self).extend(key, fence, length)
    }

    fn journal<'a>(&'a self, key: &'a Key, fence: u64, version: u64) -> Doing<'a, bool> {
        (**self).journal(key, fence, version)
    }

    fn commit<'a>(
        &'a self,
        key: &'a Key,
        commit: &'a Commit<Sealed>,
    ) -> Doing<'a, Committed<Sealed>> {
        (**self).commit(key, commit)
    }

    fn note<'a>(&'a self, key: &'a Key, note: &'a Note) -> Doing<'a, bool> {
        (**self).note(key, note)
    }

    fn release<'a>(&'a self, key: &'a Key, fence: u64) -> Doing<'a, ()> {
        (**self).release(key, fence)
    }

    fn reseal<'a>(&'a self, key: &'a Key, old: &'a Sealed, new: Sealed) -> Doing<'a, bool> {
        (**self).reseal(key, old, new)
    }

    fn due(&self, most: u32) -> Doing<'_, Vec<Key>> {
        (**self).due(most)
    }

    fn list<'a>(&'a self, after: Option<&'a Key>, most: u32) -> Doing<'a, Vec<(Key, Kept)>> {
        (**self).list(after, most)
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Doing<'a, Option<Kept>> {
        (**self).delete(key)
    }

    fn outlook(&self) -> Doing<'_, Outlook> {
        (**self).outlook()
    }

    fn claim(&self) -> Doing<'_, ()> {
        (**self).claim()
    }

    fn settings(&self) -> Doing<'_, Vec<Setting>> {
        (**self).settings()
    }
}
