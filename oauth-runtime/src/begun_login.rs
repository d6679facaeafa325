//! [`BegunLogin`]: a provider's own login, for whoever keeps it until the browser is back.

use crate::provider::Provider;
use crate::seal::{SealError, SealingKey};

/// A login that has begun, of any provider. Generated modules implement it for their own `Login`.
pub trait BegunLogin: Sized {
    /// The provider.
    fn provider() -> &'static Provider;

    /// Where to send the browser.
    fn authorization_url(&self) -> &str;

    /// Where the provider sends it back to.
    fn redirect_uri(&self) -> &str;

    /// Whether a callback's query, or whole URL, has this login's state: others are somebody else's.
    fn is_answered_by(&self, query: &str) -> bool;

    /// The login as an opaque text.
    fn sealed(&self, key: &SealingKey) -> String;

    /// Opens what [`BegunLogin::sealed`] made.
    fn opened(sealed: &str, key: &SealingKey) -> Result<Self, SealError>;
}
