//! A database, a network and managers, for one situation of one pair.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use oauth_runtime::lifecycle::store::{Key, Store};
use oauth_runtime::lifecycle::{Connection, Manager, SealingKeys, TokenError};
use oauth_runtime::{Secret, Token, token::TokenType as _};

use super::ground::{Database, Ground, Opened};
use super::pairs::{AppOf, CLIENT_ID, Pair, SECRET, Which};
use super::wire::Wire;

pub(crate) struct World<P> {
    pub(crate) database: Database,
    pub(crate) opened: Opened,
    pub(crate) wire: Arc<Wire>,
    pub(crate) manager: Manager,
    pair: PhantomData<P>,
}

/// Whether the tokens of a login are fresh, or must be refreshed before use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Brings {
    Fresh,
    Expired,
}

pub(crate) use crate::support::scripted::keys;

/// Returns the error for an app that opens a connection of the other app.
pub(crate) fn other_app() -> TokenError {
    TokenError::OtherApp {
        client_id: CLIENT_ID.to_owned(),
    }
}

impl<P: Pair> World<P> {
    pub(crate) async fn new(ground: &Ground) -> World<P> {
        let database = ground.fresh().await;
        let opened = database.open().await;
        let wire = Wire::new(P::OWN);
        World {
            manager: Manager::new(opened.store(), wire.http(), keys()),
            database,
            opened,
            wire,
            pair: PhantomData,
        }
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        self.opened.store()
    }

    /// Returns a second manager of the same store.
    pub(crate) fn second(&self) -> Manager {
        self.second_with(keys())
    }

    pub(crate) fn second_with(&self, keys: SealingKeys) -> Manager {
        Manager::new(self.store(), self.wire.http(), keys)
    }

    /// Returns a manager as in another process, which opens the database again.
    pub(crate) async fn elsewhere(&self) -> Manager {
        let opened = self.database.open().await;
        Manager::new(opened.store(), self.wire.http(), keys())
    }

    pub(crate) fn app(which: Which) -> AppOf<P> {
        P::app(which, SECRET)
    }

    pub(crate) fn key(name: &str) -> Key {
        crate::modules::mutations::key::<P::Token>(name)
    }

    /// Logs the app in to its connection, with tokens that have expired.
    pub(crate) async fn connect(&self, which: Which) -> Connection<P::Token> {
        let name = which.connection();
        Self::log_in(&self.manager, name, which, Brings::Expired).await
    }

    pub(crate) async fn log_in(
        manager: &Manager,
        name: &str,
        which: Which,
        brings: Brings,
    ) -> Connection<P::Token> {
        let mark = which.mark();
        let now = crate::support::scripted::now();
        let expires_at = match brings {
            Brings::Fresh => now + Duration::from_secs(3600),
            Brings::Expired => UNIX_EPOCH,
        };
        let token = Token::new(Secret::new(format!("access{mark}0")))
            .with_refresh_token(Secret::new(format!("refresh{mark}0")))
            .with_expires_at(expires_at);
        let token = P::Token::from_stored(token);
        let connected = manager.connect(name, &Self::app(which), token, ()).await;
        connected.unwrap()
    }

    /// Opens a connection of this name as the given app.
    pub(crate) async fn open(
        manager: &Manager,
        name: &str,
        which: Which,
    ) -> Result<Connection<P::Token>, TokenError> {
        manager
            .connection::<P::Token>(name, &Self::app(which))
            .await
    }

    pub(crate) fn manage(manager: &Manager, which: Which) {
        manager.manage::<P::Token>(&Self::app(which));
    }

    /// Advances the clock until kept connections are due, but not until they are lost.
    pub(crate) fn become_due(&self) {
        self.opened.advance(Duration::from_secs(25 * 86400));
        self.manager.forget();
    }
}
