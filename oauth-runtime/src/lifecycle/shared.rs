//! [`Shared`]: the state of a manager, which all its connections share.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use tokio::sync::broadcast;

use crate::http::Http;
use crate::lifecycle::connection::about::About;
use crate::lifecycle::connection::breaker::Breakers;
use crate::lifecycle::operate::event::Event;
use crate::lifecycle::operate::tally::Tally;
use crate::lifecycle::options::Options;
use crate::lifecycle::protocol::Want;
use crate::lifecycle::store::sealing::SealingKeys;
use crate::lifecycle::store::{Key, Store};
use crate::provider::Provider;
use crate::provider::app_identity::AppIdentity;
use crate::provider::stored_token::StoredToken;

/// The state that all connections share.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) store: Box<dyn Store>,
    pub(crate) http: Http,
    pub(crate) keys: SealingKeys,
    pub(crate) breakers: Breakers,
    pub(crate) tally: Tally,
    pub(crate) app_secrets: AppSecrets,
    /// The known apps. All connections of an app share one entry.
    pub(crate) apps: Mutex<HashMap<(TypeId, AppIdentity), KnownApp>>,
    pub(crate) events: broadcast::Sender<Event>,
    /// The cells of the connections that have handles.
    pub(crate) cells: Mutex<HashMap<Key, Weak<dyn AnyCell>>>,
    pub(crate) kinds: Kinds,
}

/// An app that made or opened connections.
pub(crate) struct KnownApp {
    /// The `SharedApp` of all its connections.
    pub(crate) shared: Arc<dyn Any + Send + Sync>,
    pub(crate) client_id: String,
    pub(crate) environment: Option<&'static str>,
}

impl Shared {
    pub(crate) fn tell(&self, event: Event) {
        tracing::info!(target: "oauth_runtime::lifecycle", ?event);
        #[cfg(feature = "metrics")]
        crate::lifecycle::operate::metrics::event(&event);
        // Sending fails if there is no subscriber.
        self.events.send(event).ok();
    }
}

/// An app that all its connections share, so that a new client secret applies to all of them at once.
pub(crate) type SharedApp<T> = Arc<ArcSwap<<T as StoredToken>::App>>;

/// A cell of any token type.
pub(crate) trait AnyCell: Any + Send + Sync {
    /// Removes the token from memory.
    fn forget(&self);
}

/// The expiry times of app secrets.
#[derive(Default)]
pub(crate) struct AppSecrets(pub(crate) Mutex<HashMap<AppIdentity, (String, String, SystemTime)>>);

/// A function that opens a connection by its name and performs an action. It returns whether the action succeeded.
pub(crate) type Doing = Arc<
    dyn Fn(Arc<Shared>, String, Asked) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync,
>;

/// An action on a connection that its key identifies.
pub(crate) enum Asked {
    Renewal(Want),
    AcceptingWhatIsApart,
}

/// The connections of one token of one app, and how to act on them.
#[derive(Clone)]
pub(crate) struct ManagedKind {
    pub(crate) doing: Doing,
    pub(crate) provider: &'static Provider,
    pub(crate) client_id: String,
    pub(crate) environment: Option<&'static str>,
    pub(crate) has_inputs: bool,
}

/// The registered tokens and apps, by provider, token and app.
#[derive(Default)]
pub(crate) struct Kinds(pub(crate) Mutex<HashMap<(String, String, AppIdentity), ManagedKind>>);

impl Kinds {
    pub(crate) fn of(&self, key: &Key, about: &About) -> Option<ManagedKind> {
        let kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let identity = about.identity(&key.provider);
        let exact = (key.provider.clone(), key.token.clone(), identity);
        kinds
            .get(&exact)
            .or_else(|| only_like(&kinds, key, about))
            .cloned()
    }
}

/// Returns the app of a row that does not contain the inputs of its app, if only one app is possible.
fn only_like<'k>(
    kinds: &'k HashMap<(String, String, AppIdentity), ManagedKind>,
    key: &Key,
    about: &About,
) -> Option<&'k ManagedKind> {
    if !about.app_inputs.is_empty() {
        return None;
    }
    let mut alike = kinds.iter().filter(|((provider, token, _), kind)| {
        let is_like = about.is_like(&kind.client_id, kind.environment);
        kind.has_inputs && is_like && *provider == key.provider && *token == key.token
    });
    match (alike.next(), alike.next()) {
        (Some((_, kind)), None) => Some(kind),
        _ => None,
    }
}
