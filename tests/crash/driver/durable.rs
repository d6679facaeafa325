//! The state of one connection in a store, as any other process reads it.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crash::{manager, open};
use oauth_runtime::lifecycle::Deployment;
use oauth_runtime::lifecycle::row::{Commit, Lifetimes, Note, Row, Timestamp};
use oauth_runtime::lifecycle::store::{
    Key, Outlook, Sealed, Sealing, Store, StoreFuture, StoredRow,
};
use oauth_runtime::lifecycle::stored::{Committed, Lease, Stored};
use oauth_runtime::provider::RegisteredApp as _;
use oauth_runtime::{Http, http::TransportError, provider::StoredToken};

use super::proxy::refresh_token;
use crate::workers::Place;

/// The durable state of a row.
#[derive(Clone, Debug)]
pub(crate) struct Durable {
    /// The refresh tokens that a refresh would send, in order.
    pub(crate) tokens: Vec<String>,
    /// Whether the connection needs a new login.
    pub(crate) given_up: bool,
}

/// Reads a row, and lets a manager with the keys of the workers try to refresh it. The manager sends the tokens of the row
/// to a transport that rejects every request.
pub(crate) async fn durable<T: StoredToken>(place: &Place, app: &T::App, name: &str) -> Durable {
    // A copy of the file and its WAL may contain more than the store: frames of a commit that the killed worker did not
    // enter in the WAL's index. The next writer overwrites them.
    let store = open(&place.name()).await.store;
    let key = Key {
        connection: name.to_owned(),
        provider: T::App::PROVIDER.reference(),
        token: T::NAME.to_owned(),
    };
    let StoredRow { row, about, .. } = store.load(&key).await.unwrap().expect("the row is there");
    let given_up = row.is_given_up();
    let snapshot = Snapshot {
        now: row.now.after(Duration::from_secs(3 * 86400)),
        stored: Mutex::new(Stored {
            row: Row {
                journal: None,
                trouble: None,
                ..row
            },
            fence: 0,
            leased_until: None,
        }),
        about,
        of: store,
    };
    let sent = Arc::new(Mutex::new(Vec::new()));
    let manager = manager(snapshot, refusing(sent.clone()));
    let connection = manager.connection::<T>(name, app).await.unwrap();
    assert!(connection.refresh().await.is_err(), "everything is refused");
    let tokens = sent.lock().unwrap().clone();
    Durable { tokens, given_up }
}

fn refusing(sent: Arc<Mutex<Vec<String>>>) -> Http {
    Http::over(move |request: http::Request<Vec<u8>>| {
        let token = refresh_token(request.body()).expect("a refresh");
        sent.lock().unwrap().push(token);
        let body = br#"{"error":"invalid_grant"}"#.to_vec();
        let refused = http::Response::builder()
            .status(400)
            .header("content-type", "application/json")
            .body(body)
            .unwrap();
        async move { Ok::<_, TransportError>(refused) }
    })
}

/// A store of one row, three days after it was read, so that every lease and every wait has ended.
struct Snapshot {
    of: Arc<dyn Store>,
    stored: Mutex<Stored<Sealed>>,
    about: String,
    now: Timestamp,
}

impl Snapshot {
    fn stored(&self) -> MutexGuard<'_, Stored<Sealed>> {
        self.stored.lock().unwrap()
    }

    fn does<T: Send + 'static>(value: T) -> StoreFuture<'static, T> {
        Box::pin(async move { Ok(value) })
    }
}

impl Store for Snapshot {
    fn load<'a>(&'a self, _: &'a Key) -> StoreFuture<'a, Option<StoredRow>> {
        Snapshot::does(Some(StoredRow {
            row: self.stored().read(self.now),
            about: self.about.clone(),
            leased_until: None,
            written_ahead: None,
        }))
    }

    fn log_in<'a>(
        &'a self,
        _: &'a Key,
        _: &'a str,
        _: Sealing,
        _: Lifetimes,
    ) -> StoreFuture<'a, Row<Sealed>> {
        unreachable!("a snapshot has no login")
    }

    fn deployment(&self) -> Option<&Deployment> {
        self.of.deployment()
    }

    fn lease<'a>(&'a self, _: &'a Key, length: Duration) -> StoreFuture<'a, Lease<Sealed>> {
        Snapshot::does(self.stored().lease(length, self.now))
    }

    fn extend<'a>(&'a self, _: &'a Key, fence: u64, length: Duration) -> StoreFuture<'a, bool> {
        Snapshot::does(self.stored().extend(fence, length, self.now))
    }

    fn journal<'a>(&'a self, _: &'a Key, fence: u64, version: u64) -> StoreFuture<'a, bool> {
        Snapshot::does(self.stored().journal(fence, version, self.now))
    }

    fn commit<'a>(
        &'a self,
        _: &'a Key,
        commit: &'a Commit<Sealed>,
    ) -> StoreFuture<'a, Committed<Sealed>> {
        Snapshot::does(self.stored().commit(commit, self.now))
    }

    fn note<'a>(&'a self, _: &'a Key, note: &'a Note) -> StoreFuture<'a, bool> {
        Snapshot::does(self.stored().note(note, self.now))
    }

    fn release<'a>(&'a self, _: &'a Key, fence: u64) -> StoreFuture<'a, ()> {
        self.stored().release(fence);
        Snapshot::does(())
    }

    fn reseal<'a>(&'a self, _: &'a Key, _: &'a Sealed, _: Sealed) -> StoreFuture<'a, bool> {
        Snapshot::does(false)
    }

    fn due(&self, _: u32) -> StoreFuture<'_, Vec<Key>> {
        Snapshot::does(Vec::new())
    }

    fn list<'a>(&'a self, _: Option<&'a Key>, _: u32) -> StoreFuture<'a, Vec<(Key, StoredRow)>> {
        Snapshot::does(Vec::new())
    }

    fn delete<'a>(&'a self, _: &'a Key) -> StoreFuture<'a, Option<StoredRow>> {
        Snapshot::does(None)
    }

    fn outlook(&self) -> StoreFuture<'_, Outlook> {
        Snapshot::does(Outlook::default())
    }
}
