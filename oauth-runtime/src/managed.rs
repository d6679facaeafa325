//! [`Managed`]: what a generated token type says of itself to the token lifecycle.

use crate::api::{Access, Manners, Operates};
use crate::call::Call;
use crate::input::InvalidInput;
use crate::provider::Provider;
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

    /// Which of the provider's apps this is.
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

/// Which of a provider's apps issued a token: another one cannot refresh it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration<'a> {
    /// The client id (RFC 6749 §2.2).
    pub client_id: &'a str,
    /// The redirect URI, if there is a login.
    pub redirect_uri: Option<&'a str>,
    /// The environment, where the provider has several.
    pub environment: Option<&'static str>,
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
