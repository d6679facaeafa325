//! [`Managed`]: the interface between generated token types and the token lifecycle.

use std::fmt;

use crate::api::{Access, ApiConventions, ApiOperation};
use crate::call::Call;
use crate::provider::Provider;
use crate::provider::app_identity::AppIdentity;
use crate::provider::input::InvalidInput;
#[cfg(feature = "lifecycle")]
use crate::secret::same;
use crate::token::{Scopes, Token};

/// A token type that the lifecycle can manage. Generated modules implement it for their token types.
pub trait Managed: Clone + Send + Sync + 'static {
    /// The type of the app that the token is issued to.
    type App: Clone + Send + Sync + 'static;
    /// The inputs of a connection that calls need besides the token; `()` if they need none.
    type Inputs: KeptInputs;
    /// The type of the API's operations; an empty type if the spec names none.
    type Operation: ApiOperation;
    /// The name of the token in the spec.
    const NAME: &'static str;

    /// Returns the provider of the token.
    fn provider() -> &'static Provider;

    /// Returns the identity of an app.
    fn identity(app: &Self::App) -> AppIdentity;

    /// Returns the registration of an app.
    fn registration(app: &Self::App) -> Registration<'_>;

    /// Creates a token of this type.
    fn from_token(token: Token) -> Self;

    /// Returns the data of the token.
    fn token(&self) -> &Token;

    /// Returns what authenticates a call to the API. Returns `None` if the spec describes no API, or if a call needs data
    /// that a store does not keep.
    fn access(app: &Self::App, inputs: &Self::Inputs, token: &Token) -> Option<Access>;

    /// Returns the description of the API's responses, or `None` if the spec describes no API.
    fn api_conventions() -> Option<&'static ApiConventions>;

    /// Returns the call that requests the next token, or `None` if that takes a new login.
    fn renew(app: &Self::App, inputs: &Self::Inputs, token: Token) -> Option<Call<Self>>;

    /// Returns the call that requests the scopes of the token (RFC 7662), or `None` if the provider has no such call.
    fn introspect(
        app: &Self::App,
        inputs: &Self::Inputs,
        token: Token,
    ) -> Option<Call<Option<Scopes>>>;

    /// Returns the call that revokes the token (RFC 7009, or the provider's variant of it), or `None` if the provider has no
    /// such call.
    fn revoke(app: &Self::App, inputs: &Self::Inputs, token: Token) -> Option<Call<()>>;
}

/// The registration of an app at a provider, as generated modules describe it.
///
/// `Debug` prints all fields except the credential.
pub struct Registration<'a> {
    /// The client id (RFC 6749 §2.2).
    pub client_id: &'a str,
    /// The redirect URI, if the provider has a login.
    pub redirect_uri: Option<&'a str>,
    /// The environment, if the provider has several.
    pub environment: Option<&'static str>,
    /// The inputs of the app, sorted by name.
    pub inputs: Vec<(&'static str, &'a str)>,
    /// The credential that authenticates the app: its client secret, or one derived from it. `None` for a public client.
    pub credential: Option<&'a str>,
}

impl Registration<'_> {
    /// Returns whether both registrations have the same credential and the same redirect URI.
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

/// The inputs of a connection that a store keeps with its token, as strings by name.
pub trait KeptInputs: Clone + Send + Sync + 'static {
    /// Returns each input with its name in the spec.
    fn texts(&self) -> Vec<(&'static str, String)>;

    /// Restores the inputs from a store. `text` returns the string that was stored under a name, or an empty one.
    ///
    /// # Errors
    ///
    /// A stored string does not have the form that the spec now requires.
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
