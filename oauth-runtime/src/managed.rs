//! [`Managed`]: what a generated token type says of itself to the token lifecycle.

use std::fmt;

use crate::api::{Access, Manners, Operates};
use crate::app_identity::AppIdentity;
use crate::call::Call;
use crate::input::InvalidInput;
use crate::provider::Provider;
#[cfg(feature = "lifecycle")]
use crate::secret::same;
use crate::token::{Scopes, Token};

/// A token that the lifecycle can keep. Generated modules implement it for their own token types.
pub trait Managed: Clone + Send + Sync + 'static {
    /// The app that it was issued to.
    type App: Clone + Send + Sync + 'static;
    /// What its calls need to know of the connection beside the token; `()` where that is nothing.
    type Inputs: KeptInputs;
    /// An operation of the provider's API; none where its spec names none.
    type Operation: Operates;
    /// Its name in the spec.
    const NAME: &'static str;

    /// Its provider.
    fn provider() -> &'static Provider;

    /// Returns the identity of an app.
    fn identity(app: &Self::App) -> AppIdentity;

    /// Returns what is known of an app's registration.
    fn registration(app: &Self::App) -> Registration<'_>;

    /// The token as a type of its own.
    fn from_token(token: Token) -> Self;

    /// What it is made of.
    fn token(&self) -> &Token;

    /// What a call to the API carries; none where the spec knows no API, or a store does not keep what it wants.
    fn access(app: &Self::App, inputs: &Self::Inputs, token: &Token) -> Option<Access>;

    /// How the provider's API answers; none where the spec knows no API.
    fn manners() -> Option<&'static Manners>;

    /// The call that gives the next one; none where only a new login does.
    fn renew(app: &Self::App, inputs: &Self::Inputs, token: Token) -> Option<Call<Self>>;

    /// The call that asks the provider what the token was granted (RFC 7662); none where there is no such call.
    fn introspect(
        app: &Self::App,
        inputs: &Self::Inputs,
        token: Token,
    ) -> Option<Call<Option<Scopes>>>;

    /// The call that ends it (RFC 7009, or as the provider has it); none where the provider has no such call.
    fn revoke(app: &Self::App, inputs: &Self::Inputs, token: Token) -> Option<Call<()>>;
}

/// The registration of an app at a provider, as generated modules describe it.
///
/// `Debug` shows everything but the client secret.
pub struct Registration<'a> {
    /// The client id (RFC 6749 §2.2).
    pub client_id: &'a str,
    /// The redirect URI, if there is a login.
    pub redirect_uri: Option<&'a str>,
    /// The environment, where the provider has several.
    pub environment: Option<&'static str>,
    /// The inputs per app, sorted by name.
    pub inputs: Vec<(&'static str, &'a str)>,
    /// What authenticates the app: its client secret, or a credential made of it. `None` for a public client.
    pub credential: Option<&'a str>,
}

impl Registration<'_> {
    /// Whether both authenticate in the same way and have the same redirect URI.
    #[cfg(feature = "lifecycle")]
    pub(crate) fn is_unchanged(&self, other: &Registration<'_>) -> bool {
        let is_same_credential = match (self.credential, other.credential) {
            (Some(one), Some(two)) => same(one, two),
            (None, None) => true,
            _ => false,
        };
        is_same_credential && self.redirect_uri == other.redirect_uri
    }
}

impl fmt::Debug for Registration<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Registration")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .field("environment", &self.environment)
            .field("inputs", &self.inputs)
            .finish_non_exhaustive()
    }
}

/// What a store keeps beside a token, as texts by name.
pub trait KeptInputs: Clone + Send + Sync + 'static {
    /// Each with its name in the spec.
    fn texts(&self) -> Vec<(&'static str, String)>;

    /// The same from what was kept: an error where that no longer has the form of the spec. `text` gives what was kept
    /// under a name, or nothing.
    fn from_texts(text: &dyn Fn(&str) -> String) -> Result<Self, InvalidInput>;
}

impl KeptInputs for () {
    fn texts(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn from_texts(_: &dyn Fn(&str) -> String) -> Result<(), InvalidInput> {
        Ok(())
    }
}
