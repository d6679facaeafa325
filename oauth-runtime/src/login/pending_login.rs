//! [`PendingLogin`]: a pending login at a provider, for code that stores it until the browser returns.

use crate::login::callback::{CallbackError, CallbackNames};
use crate::provider::Provider;
use crate::secret::seal::{SealError, SealingKey};

/// A pending login at any provider. Generated modules implement it for their `Login`.
pub trait PendingLogin: Sized {
    /// The provider's app type.
    type App;

    /// Returns the provider.
    fn provider() -> &'static Provider;

    /// Returns the names of the parameters that the provider returns to the redirect URI.
    fn callback_names() -> &'static CallbackNames;

    /// Returns the URL of the authorization request, to which the browser is sent.
    fn authorization_url(&self) -> &str;

    /// Returns the redirect URI, to which the provider sends the browser back.
    fn redirect_uri(&self) -> &str;

    /// Returns the state, which identifies the callback of this login.
    fn state(&self) -> &str;

    /// Checks that a callback belongs to this login and has an authorization code. Consumes nothing.
    ///
    /// `callback` is the query, the form of a `form_post` response, the path with the query, or the whole URL.
    ///
    /// # Errors
    ///
    /// Returns an error if the callback belongs to another login or has no code. The error
    /// [is a refusal](CallbackError::is_refusal) if the callback belongs to this login and states that the provider or
    /// the user refused.
    fn check(&self, callback: &str) -> Result<(), CallbackError>;

    /// Returns whether this app began the login. Another app cannot exchange its authorization code.
    fn is_of(&self, app: &Self::App) -> bool;

    /// Seals the login as an opaque text.
    ///
    /// # Panics
    ///
    /// Panics if the operating system provides no entropy.
    fn sealed(&self, key: &SealingKey) -> String;

    /// Opens a login that [`PendingLogin::sealed`] sealed.
    ///
    /// # Errors
    ///
    /// Returns an error if the text was changed, comes from another key or provider, or is more than an hour old.
    fn opened(sealed: &str, key: &SealingKey) -> Result<Self, SealError>;
}
