//! [`BegunLogin`]: a provider's own login, for whoever keeps it until the browser is back.

use crate::callback::{CallbackError, CallbackNames};
use crate::provider::Provider;
use crate::seal::{SealError, SealingKey};

/// A pending login at any provider. Generated modules implement it for their `Login`.
pub trait BegunLogin: Sized {
    /// The provider's apps.
    type App;

    /// Returns the provider.
    fn provider() -> &'static Provider;

    /// Returns the names of the parameters that the provider returns to the redirect URI.
    fn callback_names() -> &'static CallbackNames;

    /// Returns the URL of the authorization request, where the browser is sent.
    fn authorization_url(&self) -> &str;

    /// Returns the redirect URI, where the provider sends the browser back to.
    fn redirect_uri(&self) -> &str;

    /// Returns the state, by which the callback of this login is found.
    fn state(&self) -> &str;

    /// Checks that a callback is this login's and has a code. Nothing is consumed.
    ///
    /// `callback` is the query, the form of a `form_post` response, the path with the query, or the whole URL.
    ///
    /// # Errors
    ///
    /// The error [is a refusal](CallbackError::is_refusal) where the callback is this login's and says that the provider
    /// or the user refused.
    fn check(&self, callback: &str) -> Result<(), CallbackError>;

    /// Whether this app began the login. Another app's exchange does not get its code.
    fn is_of(&self, app: &Self::App) -> bool;

    /// Seals the login as an opaque text.
    fn sealed(&self, key: &SealingKey) -> String;

    /// Opens what [`BegunLogin::sealed`] sealed.
    fn opened(sealed: &str, key: &SealingKey) -> Result<Self, SealError>;
}
