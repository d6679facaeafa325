//! [`Manager`]: manages all connections of an application.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::ArcSwap;
use tokio::sync::broadcast;

use crate::clock;
use crate::http::Http;
use crate::lifecycle::connection::Connection;
use crate::lifecycle::connection::about::About;
use crate::lifecycle::connection::breaker::Breakers;
use crate::lifecycle::connection::cell::{Cell, LoginData};
use crate::lifecycle::connection::token_error::TokenError;
use crate::lifecycle::operate::event::Event;
use crate::lifecycle::operate::tally::{CallCount, Tally};
use crate::lifecycle::options::Options;
use crate::lifecycle::protocol::policy;
use crate::lifecycle::shared::{AnyCell, AppSecrets, Kinds, KnownApp, Shared, SharedApp};
use crate::lifecycle::store::binding::{Binding, Column, Place};
use crate::lifecycle::store::sealing::SealingKeys;
use crate::lifecycle::store::{Key, Outlook, Sealing, Setting, Store, StoreError};
use crate::provider::registered_app::RegisteredApp;
use crate::provider::stored_token::StoredToken;
use crate::provider::{Renewal, TokenPolicy};
use crate::token::Token;

/// The number of events that wait for a slow subscriber, which loses older ones.
const EVENTS: usize = 1024;

/// A manager of all connections of an application, which stores their tokens and refreshes them. An application needs one
/// manager. Clones are cheap.
#[derive(Clone)]
pub struct Manager(pub(crate) Arc<Shared>);

impl Manager {
    /// Creates a manager of the connections in this store, with the default options.
    ///
    /// ```
    /// # fn example(http: oauth_runtime::Http) {
    /// use oauth_runtime::SealingKey;
    /// use oauth_runtime::lifecycle::{Manager, MemoryStore, SealingKeys};
    ///
    /// let keys = SealingKeys::new("2026-11", SealingKey::generate());
    /// let manager = Manager::new(MemoryStore::new(), http, keys);
    /// # }
    /// ```
    pub fn new(store: impl Store + 'static, http: Http, keys: SealingKeys) -> Manager {
        Manager::with(store, http, keys, Options::default())
    }

    /// Creates a manager of the connections in this store, with these options.
    ///
    /// ```
    /// # fn example(http: oauth_runtime::Http, keys: oauth_runtime::lifecycle::SealingKeys) {
    /// use std::time::Duration;
    /// use oauth_runtime::lifecycle::{Manager, MemoryStore, Options};
    ///
    /// let options = Options::default().answer_within(Duration::from_secs(5));
    /// let manager = Manager::with(MemoryStore::new(), http, keys, options);
    /// # }
    /// ```
    pub fn with(
        store: impl Store + 'static,
        http: Http,
        keys: SealingKeys,
        options: Options,
    ) -> Manager {
        Manager(Arc::new(Shared {
            options,
            store: Box::new(store),
            http,
            keys,
            breakers: Breakers::default(),
            tally: Tally::default(),
            app_secrets: AppSecrets::default(),
            apps: Mutex::default(),
            events: broadcast::Sender::new(EVENTS),
            cells: Mutex::default(),
            kinds: Kinds::default(),
        }))
    }

    /// Stores the tokens of a login under a name that the application chooses, and replaces any earlier ones. The tokens are
    /// durable when this returns.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # use oauth_runtime::lifecycle::Manager;
    /// # async fn example(
    /// #     manager: Manager, app: acme::App, token: acme::AccessToken
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// // `exchange` returned `token`. The spec has no inputs per connection, so the last argument is `()`.
    /// let ann = manager.connect("ann", &app, token, ()).await?;
    /// assert_eq!(ann.name(), "ann");
    /// # Ok(())
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// The store failed, or the stored tokens do not open.
    ///
    /// # Panics
    ///
    /// Panics if the operating system provides no entropy.
    pub async fn connect<T: StoredToken>(
        &self,
        name: &str,
        app: &T::App,
        token: T,
        inputs: T::Inputs,
    ) -> Result<Connection<T>, TokenError> {
        let key = key::<T>(name);
        let policy = policy_of::<T>();
        let shared = &self.0;
        let app = self.share::<T>(app);
        let spread = key.spread();
        let life = policy::life(policy, token.stored(), clock::now(), None, spread);
        let about =
            serde_json::to_string(&About::new::<T>(&app.load(), &inputs)).unwrap_or_default();
        let sealing = sealing(
            shared.clone(),
            key.clone(),
            about.clone(),
            token.stored().clone(),
        );
        let read_at = clock::instant();
        let row = shared.store.log_in(&key, &about, sealing, life).await?;
        let cell = self.cell(key, &app, policy, || LoginData {
            login: row.login,
            about: about.clone(),
            inputs: inputs.clone(),
        });
        if cell.stated().login < row.login {
            cell.state(row.login, about.clone(), inputs.clone());
        }
        cell.take(&row, read_at)?;
        Ok(Connection(cell))
    }

    /// Opens a connection that this app made before.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # use oauth_runtime::lifecycle::Manager;
    /// # async fn example(manager: Manager, app: acme::App) -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::lifecycle::TokenError;
    ///
    /// match manager.connection::<acme::AccessToken>("ann", &app).await {
    ///     Ok(ann) => println!("expires at {:?}", ann.token().await?.stored().expires_at()),
    ///     Err(TokenError::Absent) => println!("ann is not connected"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(())
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`TokenError::OtherApp`] if an app with another client id, environment or input per app made the connection.
    /// Its tokens are not sent then. Returns other errors if the connection does not exist, the store failed, or the row
    /// cannot be read.
    pub async fn connection<T: StoredToken>(
        &self,
        name: &str,
        app: &T::App,
    ) -> Result<Connection<T>, TokenError> {
        self.open::<T>(name, self.share::<T>(app)).await
    }

    pub(crate) async fn open<T: StoredToken>(
        &self,
        name: &str,
        app: SharedApp<T>,
    ) -> Result<Connection<T>, TokenError> {
        let key = key::<T>(name);
        if let Some(cell) = self.known::<T>(&key, &app).filter(|cell| cell.is_at_hand()) {
            return Ok(Connection(cell));
        }
        let read_at = clock::instant();
        let kept = self.0.store.load(&key).await?.ok_or(TokenError::Absent)?;
        let about = About::read(&key, &kept.about)?;
        if !self.is_of::<T>(&about, &app.load()) {
            return Err(TokenError::OtherApp {
                client_id: about.client_id,
            });
        }
        let what = about.changes(T::App::PROVIDER);
        if !what.is_empty() {
            let key = key.clone();
            self.0.tell(Event::SpecChanged { key, what });
        }
        let inputs = about.inputs::<T>().map_err(TokenError::Changed)?;
        let cell = self.cell(key, &app, policy_of::<T>(), || LoginData {
            login: kept.row.login,
            about: kept.about.clone(),
            inputs,
        });
        cell.learn(&kept)?;
        cell.take(&kept.row, read_at)?;
        Ok(Connection(cell))
    }

    /// Returns the app that all its connections share. If its client secret or redirect URI was replaced, all of them get
    /// the new one.
    pub(crate) fn share<T: StoredToken>(&self, app: &T::App) -> SharedApp<T> {
        let identity = (TypeId::of::<T::App>(), app.identity());
        let mut apps = self.0.apps.lock().unwrap_or_else(PoisonError::into_inner);
        let known = apps.get(&identity).map(|known| known.shared.clone());
        if let Some(shared) = known.and_then(|own| own.downcast::<ArcSwap<T::App>>().ok()) {
            if !shared
                .load()
                .registration()
                .is_unchanged(&app.registration())
            {
                shared.store(Arc::new(app.clone()));
            }
            return shared;
        }
        let shared: SharedApp<T> = Arc::new(ArcSwap::from_pointee(app.clone()));
        let registration = app.registration();
        let known = KnownApp {
            shared: shared.clone(),
            client_id: registration.client_id.to_owned(),
            environment: registration.environment,
        };
        apps.insert(identity, known);
        shared
    }

    /// Returns whether this app made a connection. A row of the first format may not contain the inputs of its app. Then no
    /// other known app may have its client id and environment.
    fn is_of<T: StoredToken>(&self, about: &About, app: &T::App) -> bool {
        if !about.is_of::<T>(app) {
            return false;
        }
        let own = app.registration();
        if about.is_identity_stated(&own.inputs) {
            return true;
        }
        let kind = TypeId::of::<T::App>();
        let apps = self.0.apps.lock().unwrap_or_else(PoisonError::into_inner);
        let alike = apps.iter().filter(|((of, _), known)| {
            *of == kind && known.client_id == own.client_id && known.environment == own.environment
        });
        alike.count() == 1
    }

    /// Removes all tokens from memory, so that the next access token comes from the store. Call it after the store was
    /// restored, or after a test moved its clock.
    pub fn forget(&self) {
        let cells = self.0.cells.lock().unwrap_or_else(PoisonError::into_inner);
        for cell in cells.values().filter_map(Weak::upgrade) {
            cell.forget();
        }
    }

    /// Returns a receiver of all later events of connections in this process.
    ///
    /// ```
    /// # use oauth_runtime::lifecycle::Manager;
    /// # async fn example(manager: Manager) -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::lifecycle::Event;
    /// use tokio::sync::broadcast::error::RecvError;
    ///
    /// let mut events = manager.events();
    /// loop {
    ///     match events.recv().await {
    ///         Ok(Event::NeedsLogin { key, .. }) => println!("{} must log in again", key.connection),
    ///         Ok(_) | Err(RecvError::Lagged(_)) => {}
    ///         Err(RecvError::Closed) => break,
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// Returns how often each operation of an API was called since this manager was created, and how often the calls failed.
    ///
    /// ```
    /// # fn example(manager: oauth_runtime::lifecycle::Manager) {
    /// for count in manager.calls() {
    ///     println!("{} {:?}: {} calls", count.provider, count.operation, count.calls);
    /// }
    /// # }
    /// ```
    pub fn calls(&self) -> Vec<CallCount> {
        self.0.tally.counts()
    }

    /// Returns when connections would be lost if refreshing stopped now.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn outlook(&self) -> Result<Outlook, StoreError> {
        let outlook = self.0.store.outlook().await?;
        #[cfg(feature = "metrics")]
        crate::lifecycle::operate::metrics::outlook(&outlook);
        Ok(outlook)
    }

    /// Makes the store belong to this deployment: see [`Store::claim`].
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn claim(&self) -> Result<(), StoreError> {
        self.0.store.claim().await
    }

    /// Returns the settings of the store: see [`Store::settings`].
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn settings(&self) -> Result<Vec<Setting>, StoreError> {
        self.0.store.settings().await
    }

    pub(crate) fn app_secrets(&self) -> &AppSecrets {
        &self.0.app_secrets
    }

    pub(crate) fn http(&self) -> &Http {
        &self.0.http
    }

    pub(crate) fn kinds(&self) -> &Kinds {
        &self.0.kinds
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    pub(crate) fn keys(&self) -> &SealingKeys {
        &self.0.keys
    }

    /// Returns the cell of a connection that has handles, if this app made it.
    fn known<T: StoredToken>(&self, key: &Key, app: &SharedApp<T>) -> Option<Arc<Cell<T>>> {
        let cells = self.0.cells.lock().unwrap_or_else(PoisonError::into_inner);
        known(&cells, key, app)
    }

    /// Returns the cell that all handles of a connection share, so that they refresh it once. It replaces a cell of another
    /// app, to which the connection no longer belongs.
    fn cell<T: StoredToken>(
        &self,
        key: Key,
        app: &SharedApp<T>,
        policy: &'static TokenPolicy,
        stated: impl FnOnce() -> LoginData<T::Inputs>,
    ) -> Arc<Cell<T>> {
        let mut cells = self.0.cells.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = known(&cells, &key, app) {
            return cell;
        }
        // Cells without handles are removed before the map grows.
        if cells.len() == cells.capacity() {
            cells.retain(|_, cell| cell.strong_count() > 0);
        }
        let cell = Arc::new(Cell::new(
            self.0.clone(),
            key.clone(),
            app.clone(),
            policy,
            stated(),
        ));
        let any: Arc<dyn AnyCell> = cell.clone();
        cells.insert(key, Arc::downgrade(&any));
        cell
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Manager")
    }
}

fn known<T: StoredToken>(
    cells: &HashMap<Key, Weak<dyn AnyCell>>,
    key: &Key,
    app: &SharedApp<T>,
) -> Option<Arc<Cell<T>>> {
    let any: Arc<dyn Any + Send + Sync> = cells.get(key)?.upgrade()?;
    let cell: Arc<Cell<T>> = any.downcast().ok()?;
    Arc::ptr_eq(&cell.app, app).then_some(cell)
}

/// Returns a function that seals the tokens of a login for their row.
fn sealing(shared: Arc<Shared>, key: Key, about: String, token: Token) -> Sealing {
    Sealing::by(move |numbers| {
        let binding = Binding {
            key: &key,
            deployment: shared.store.deployment(),
            about: &about,
            place: Place {
                column: Column::Tokens,
                numbers,
            },
        };
        shared.keys.seal(&binding, &token)
    })
}

fn key<T: StoredToken>(name: &str) -> Key {
    Key {
        connection: name.to_owned(),
        provider: T::App::PROVIDER.reference(),
        token: T::NAME.to_owned(),
    }
}

fn policy_of<T: StoredToken>() -> &'static TokenPolicy {
    static NONE: TokenPolicy = TokenPolicy::new("", Renewal::None);
    let mut policies = T::App::PROVIDER.tokens.iter();
    policies
        .find(|policy| policy.name == T::NAME)
        .unwrap_or(&NONE)
}
