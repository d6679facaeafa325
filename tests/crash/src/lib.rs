//! The common code of the workers and the test that kills them: modules, stores and steps.

pub mod postgres;
pub mod random;
pub mod server;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use oauth_runtime::lifecycle::row::{Commit, Lifetimes, Note, Row};
use oauth_runtime::lifecycle::store::{
    Key, Outlook, Sealed, Sealing, Store, StoreFuture, StoredRow,
};
use oauth_runtime::lifecycle::stored::{Committed, Lease};
use oauth_runtime::lifecycle::{
    Deployment, Manager, Options, PostgresStore, SealingKeys, SqliteStore,
};
use oauth_runtime::{Http, SealingKey, oauth_provider};

#[oauth_provider("strict.toml")]
pub mod strict {}

#[oauth_provider("lenient.toml")]
pub mod lenient {}

#[oauth_provider("oidc_provider.toml")]
pub mod oidc_provider {}

#[oauth_provider("glewlwyd.toml")]
pub mod glewlwyd {}

/// The length of a lease. The connection of a killed worker is blocked until its lease expires.
pub const LEASE: Duration = Duration::from_secs(5);

/// The redirect URI of every app at a simulated provider.
pub const BACK: &str = "https://app.example.com/callback";

/// The redirect URI of the clients that are registered at the real servers.
pub const REAL_BACK: &str = "http://127.0.0.1:8765/callback";

/// Returns the app of a client at npm oidc-provider, on this port of loopback.
///
/// # Panics
///
/// Panics if the port is not a number.
pub fn oidc_provider_app(port: &str, id: &str, secret: &str) -> oidc_provider::App {
    let back = oidc_provider::RedirectUri::constant(REAL_BACK);
    let port = oidc_provider::Port::parse(port).expect("a port");
    oidc_provider::App::new(id, secret, back, port)
}

/// Returns the app of a client at glewlwyd, on this port of loopback.
///
/// # Panics
///
/// Panics if the port is not a number.
pub fn glewlwyd_app(port: &str, id: &str, secret: &str) -> glewlwyd::App {
    let back = glewlwyd::RedirectUri::constant(REAL_BACK);
    let port = glewlwyd::Port::parse(port).expect("a port");
    glewlwyd::App::new(id, secret, back, port)
}

/// A step of a refresh in a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The worker is about to request the lease.
    Lease,
    /// The worker has the lease.
    Leased,
    /// The worker has written the journal entry.
    Journaled,
    /// The worker is about to send the request.
    Send,
    /// The worker has the response.
    Answered,
    /// The worker is about to commit the response.
    Commit,
    /// The response is durable.
    Committed,
    /// The worker has given out the new token.
    Published,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Step; 8] = [
        Step::Lease,
        Step::Leased,
        Step::Journaled,
        Step::Send,
        Step::Answered,
        Step::Commit,
        Step::Committed,
        Step::Published,
    ];

    /// Returns the name of the step on the command line.
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// A safeguard that a worker omits, so that a test can detect its absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// No safeguard is omitted.
    Nothing,
    /// The journal is not written before the refresh token is sent.
    NoJournal,
    /// A commit replaces any row.
    NoCompareAndSwap,
    /// The worker does not check whether it still holds the lease, and assumes that it does.
    NoFence,
}

impl Planted {
    /// All variants.
    pub const ALL: [Planted; 4] = [
        Planted::Nothing,
        Planted::NoJournal,
        Planted::NoCompareAndSwap,
        Planted::NoFence,
    ];
}

/// Returns a manager with the settings that all processes here use.
pub fn manager(store: impl Store + 'static, http: Http) -> Manager {
    let keys = SealingKeys::new("one", SealingKey::from_bytes(&[7; 32]));
    Manager::with(store, http, keys, Options::default().lease(LEASE))
}

/// An open store, with a function that moves its clock.
pub struct Opened {
    /// The open store.
    pub store: Arc<dyn Store>,
    /// A function that moves the store's clock ahead, for this process.
    pub advance: Box<dyn Fn(Duration)>,
}

/// Opens a store from `sqlite:` and a file, or from `postgres:` and the folder of a cluster's socket.
///
/// # Panics
///
/// Panics if the store cannot be opened.
pub async fn open(place: &str) -> Opened {
    let deployment = Deployment::named("crash test");
    if let Some(folder) = place.strip_prefix("postgres:") {
        let pool = postgres::pool(Path::new(folder));
        let store = PostgresStore::open(pool, &deployment).await;
        let store = Arc::new(store.expect("the database opens"));
        let clock = store.clone();
        return Opened {
            store,
            advance: Box::new(move |by| clock.advance(by)),
        };
    }
    let file = place.strip_prefix("sqlite:").expect("a place");
    let store = SqliteStore::open(Path::new(file), &deployment);
    let store = Arc::new(store.expect("the file opens"));
    let clock = store.clone();
    Opened {
        store,
        advance: Box::new(move |by| clock.advance(by)),
    }
}

/// A function that a worker calls at each step.
pub type At = Arc<dyn Fn(Step) + Send + Sync>;

/// A store that reports each step, and may omit a safeguard.
pub struct Watched<S> {
    /// The underlying store.
    pub store: S,
    /// The function that is called at each step.
    pub at: At,
    /// The omitted safeguard.
    pub planted: Planted,
}

impl<S: Store> Store for Watched<S> {
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
        // A worker without the fence gets a lease that ends long before the worker expects.
        let length = match self.planted {
            Planted::NoFence => length / 30,
            _ => length,
        };
        Box::pin(async move {
            (self.at)(Step::Lease);
            let lease = self.store.lease(key, length).await;
            if matches!(lease, Ok(Lease::Taken(..))) {
                (self.at)(Step::Leased);
            }
            lease
        })
    }

    fn extend<'a>(&'a self, key: &'a Key, fence: u64, length: Duration) -> StoreFuture<'a, bool> {
        self.store.extend(key, fence, length)
    }

    fn journal<'a>(&'a self, key: &'a Key, fence: u64, version: u64) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let written = match self.planted {
                Planted::NoJournal => Ok(true),
                Planted::NoFence => self.store.journal(key, fence, version).await.map(|_| true),
                _ => self.store.journal(key, fence, version).await,
            };
            (self.at)(Step::Journaled);
            written
        })
    }

    fn commit<'a>(
        &'a self,
        key: &'a Key,
        commit: &'a Commit<Sealed>,
    ) -> StoreFuture<'a, Committed<Sealed>> {
        Box::pin(async move {
            (self.at)(Step::Commit);
            let mut commit = commit.clone();
            if self.planted == Planted::NoCompareAndSwap
                && let Some(kept) = self.store.load(key).await?
            {
                commit.version = kept.row.version;
            }
            let committed = self.store.commit(key, &commit).await;
            (self.at)(Step::Committed);
            committed
        })
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
