//! What generated code may name, and nothing else. The compiler writes `use` of this module only.
//!
//! Committed modules outlive a release of this crate: each carries the version of the contract it was
//! written for, and a module of another version is one compile error that says what to do.

pub use crate::error::Failure;
pub use crate::functions::{base64, base64url, hex, hmac_sha256, lower, sha256, upper};
pub use crate::login::Login;
pub use crate::redirect_uri::RedirectUri;

use names::{Error, Provider, Secret, Token};

/// What a module takes by a glob: names that none of its own may have.
pub mod names {
    pub use std::convert::Infallible;
    pub use std::time::Duration;

    pub use crate::answer::Answer;
    pub use crate::call::Call;
    pub use crate::callback::{CallbackError, CallbackNames};
    pub use crate::error::Error;
    pub use crate::input::{InputRule, InvalidInput, Run};
    pub use crate::login::VerifiedCallback;
    pub use crate::login_secrets::LoginSecrets;
    pub use crate::marks::{FromCallback, Issued, IssuedAs, Verified};
    pub use crate::members::{Member, Path};
    pub use crate::message::Body::{Empty, Form, Json};
    pub use crate::message::Piece::{Raw, Segment};
    pub use crate::message::Value::{Boolean, Joined, Maybe, Number, Scopes, Text};
    pub use crate::message::{Message, Method, Row, ScopeList};
    pub use crate::provider::{
        Grace, KnownError, Provider, Remedy, Renewal, Reuse, Rotation, TokenPolicy,
    };
    pub use crate::redirect::{InvalidRedirectUri, RedirectRule};
    pub use crate::seal::{SealError, SealingKey};
    pub use crate::secret::Secret;
    pub use crate::token::Token;
}

/// The version of this contract.
pub const VERSION: u32 = 1;

/// Refuses a module that was written for another version.
///
/// # Panics
///
/// If `version` is not [`VERSION`]; in a `const` that is a compile error.
pub const fn written_for(version: u32) {
    assert!(
        version == VERSION,
        "this module was generated for another oauth-runtime: run `oauth-spec build` with the version that Cargo.lock names"
    );
}

/// The value of an `Authorization: Basic` header (RFC 6749 §2.3.1: both halves form-encoded first).
pub fn basic(client_id: &str, client_secret: &Secret) -> Secret {
    Secret::new(crate::encode::basic(client_id, client_secret.expose()))
}

/// The same without form-encoding, for providers that take both halves raw.
pub fn basic_raw(client_id: &str, client_secret: &Secret) -> Secret {
    Secret::new(crate::encode::basic_raw(client_id, client_secret.expose()))
}

/// The value of the `Authorization` header for `url`, if that is beneath `base`: a token goes nowhere else.
///
/// Scheme, host and port must be the same, and the path must go on from the base's at a slash.
pub fn bearer(
    provider: &'static Provider,
    token: &Token,
    base: &[&str],
    url: &str,
) -> Result<Secret, Error> {
    match crate::bearer::is_beneath(&base.concat(), url) {
        true => Ok(Secret::new(
            ["Bearer ", token.access_token().expose()].concat(),
        )),
        false => Err(crate::bearer::misdirected(provider)),
    }
}

/// A parameter of a callback that is needed later, in the form that the spec asks for. The callback was
/// verified before: nobody's forged value comes this far.
pub fn callback_parameter<T>(
    provider: &'static Provider,
    query: &str,
    name: &'static str,
    parse: fn(String) -> Result<T, names::InvalidInput>,
) -> Result<T, names::CallbackError> {
    let text = crate::callback::single(provider, query, name)?;
    parse(text).map_err(|_| crate::callback::unfit(provider, name))
}

/// All parameters of a callback but one, decoded, sorted, as `name=value` joined by `&`: what a provider
/// signs when the one is the signature.
pub fn callback_rest(query: &str, except: &str) -> String {
    crate::callback::rest(query, except)
}
