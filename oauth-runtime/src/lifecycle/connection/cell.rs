//! [`Cell`]: the state of one connection, which all its handles share.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use crate::lifecycle::connection::token_error::TokenError;
use crate::lifecycle::connection::token_guard::HeldToken;
use crate::lifecycle::shared::{AnyCell, Shared, SharedApp};
use crate::lifecycle::store::Key;
use crate::provider::TokenPolicy;
use crate::provider::stored_token::StoredToken;

/// The state that all handles of one connection share.
pub(crate) struct Cell<T: StoredToken> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: Key,
    pub(crate) app: SharedApp<T>,
    pub(crate) policy: &'static TokenPolicy,
    /// The row's metadata of the login that is known.
    pub(crate) stated: Mutex<Arc<LoginData<T::Inputs>>>,
    pub(crate) current: ArcSwapOption<HeldToken<T>>,
    /// The version that the API rejected directly after a refresh. Another refresh does not help.
    pub(crate) refused_anew: AtomicU64,
    /// The attempt in progress, if there is one.
    pub(crate) flight: Mutex<Option<watch::Receiver<Landing>>>,
}

/// The metadata of a login in its row.
pub(crate) struct LoginData<I> {
    pub(crate) login: u64,
    /// The metadata as it is stored. Sealed tokens are bound to this text.
    pub(crate) about: String,
    /// The inputs that requests need.
    pub(crate) inputs: I,
}

/// The result that an attempt has reported so far, if any.
pub(crate) type Landing = Option<Result<(), TokenError>>;

impl<T: StoredToken> AnyCell for Cell<T> {
    fn forget(&self) {
        self.current.store(None);
    }
}
