//! [`StoredToken`]: the interface between generated token types and the token lifecycle.

use crate::api::{Access, ApiConventions, ApiOperation};
use crate::call::Call;
use crate::provider::input::InvalidInput;
use crate::provider::registered_app::RegisteredApp;
use crate::token::{Scopes, Token, TokenType};

/// A token type that the lifecycle can store and renew. Generated modules implement it for their token types.
pub trait StoredToken: TokenType + Clone + Send + Sync {
    /// The type of the app that the token is issued to.
    type App: RegisteredApp;
    /// The inputs of a connection that calls need besides the token; `()` if they need none.
    type Inputs: StoredInputs;
    /// The type of the API's operations; an empty type if the spec names none.
    type Operation: ApiOperation;
    /// The name of the token in the spec.
    const NAME: &'static str;
    /// The description of the API's responses, or `None` if the spec describes no API.
    const API: Option<&'static ApiConventions> = None;

    /// Returns what authenticates a call to the API. Returns `None` if the spec describes no API, or if a call needs data
    /// that is not stored.
    fn access(_: &Self::App, _: &Self::Inputs, _: &Token) -> Option<Access> {
        None
    }

    /// Returns the call that requests the next token, or `None` if that takes a new login.
    fn renew(_: &Self::App, _: &Self::Inputs, _: Token) -> Option<Call<Self>> {
        None
    }

    /// Returns the call that requests the scopes of the token (RFC 7662), or `None` if the provider has no such call.
    fn introspect(_: &Self::App, _: &Self::Inputs, _: Token) -> Option<Call<Option<Scopes>>> {
        None
    }

    /// Returns the call that revokes the token (RFC 7009, or the provider's variant of it), or `None` if the provider has no
    /// such call.
    fn revoke(_: &Self::App, _: &Self::Inputs, _: Token) -> Option<Call<()>> {
        None
    }
}

/// The inputs of a connection, which are stored with its token as strings by name.
pub trait StoredInputs: Clone + Send + Sync + 'static {
    /// Returns each input with its name in the spec.
    fn texts(&self) -> Vec<(&'static str, String)>;

    /// Restores the inputs from a store. `text` returns the string that was stored under a name, or an empty one.
    ///
    /// # Errors
    ///
    /// A stored string does not have the form that the spec now requires.
    fn from_texts(text: &dyn Fn(&str) -> String) -> Result<Self, InvalidInput>;
}

impl StoredInputs for () {
    fn texts(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn from_texts(_: &dyn Fn(&str) -> String) -> Result<(), InvalidInput> {
        Ok(())
    }
}
