//! The interface of this crate for generated code. The compiler emits `use` declarations of this module only.
//!
//! Committed modules may be older than this crate. Each states the version of the contract that it was generated for. A
//! module for another version fails to compile, with one error that states what to do.

pub use crate::api::{Access, ApiConventions, ApiOperation, Operation};
pub use crate::json::member::Members;
pub use crate::json::paths::Paths;
pub use crate::login::authorization_code::AuthorizationCode;
pub use crate::login::authorization_request::AuthorizationRequest;
pub use crate::login::callback::ExpectedParameter;
pub use crate::login::query::ParameterName;
pub use crate::login::redirect_uri::{
    AnyUri, EncodedUri, Https, HttpsOr, HttpsOrLoopback, RedirectUri,
};
pub use crate::login::{CallbackFields, Code, Login, LoginApp, LoginInputs, WithApp};
pub use crate::provider::app_identity::AppIdentity;
pub use crate::provider::fingerprint::Fingerprint;
pub use crate::provider::registered_app::{RegisteredApp, Registration};
pub use crate::request::encoded_once::EncodedOnce;
pub use crate::request::functions::{
    base64, base64url, before, hex, hmac_sha1, hmac_sha256, hmac_sha512, host_of, lower, md5,
    replace, sha1, sha256, take, upper,
};
pub use crate::response::error_members::ErrorMembers;
pub use crate::response::parse_error::ParseError;
pub use crate::scope::all_scopes::names as scope_names;
pub use crate::scope::granted::not_granted;
pub use crate::scope::least_set::{LeastSet, ScopesNeeded, same_text};
pub use crate::token::refresh_token::RefreshToken;
pub use crate::token::{Scopes, TokenType};
pub use crate::{
    bearer_method, error_codes, members, scope_methods, scopes_needed, text_methods, token_methods,
};

mod macros;

pub use http::HeaderValue;

use names::{Error, Member, Provider, Secret, Token};

/// The names that a generated module imports with a glob. Items of the module must not have these names.
pub mod names {
    pub use std::convert::Infallible;
    pub use std::time::Duration;

    pub use crate::call::Call;
    pub use crate::error::Error;
    pub use crate::login::callback::{CallbackError, CallbackNames};
    pub use crate::login::secrets::LoginSecrets;
    pub use crate::provider::input::{InputRule, InvalidInput, Run};
    pub use crate::provider::stored_token::{StoredInputs, StoredToken};
    pub use crate::provider::{Grace, Provider, Renewal, Reuse, Rotation, TokenPolicy};
    pub use crate::request::Request;
    pub use crate::request::generated_values::GeneratedValues;
    pub use crate::request::method::Method;
    pub use crate::request::writer::RequestWriter;
    pub use crate::response::Response;
    pub use crate::response::claims::Claims;
    pub use crate::response::members::Member;
    pub use crate::response::rate_limit::{Bucket, RateLimit, Wait};
    pub use crate::scope::all_scopes::AllScopes;
    pub use crate::scope::name::ScopeName;
    pub use crate::secret::Secret;
    pub use crate::token::Token;
}

/// The version of this contract.
pub const VERSION: u32 = 1;

/// Checks that a module was generated for this version of the contract.
///
/// # Panics
///
/// Panics if `version` is not [`VERSION`]. In a `const` that is a compile error.
pub const fn written_for(version: u32) {
    assert!(
        version == VERSION,
        "this module was generated for another oauth-runtime version: run `oauth-spec build` with the version in Cargo.lock"
    );
}

/// Returns the value of an `Authorization: Basic` header. Client id and client secret are form-encoded first (RFC 6749
/// §2.3.1).
pub fn basic(client_id: &str, client_secret: &Secret) -> Secret {
    Secret::new(crate::request::encode::basic(
        client_id,
        client_secret.expose(),
    ))
}

/// Returns the value of an `Authorization: Basic` header without form-encoding, for providers that require client id
/// and client secret as they are.
pub fn basic_raw(client_id: &str, client_secret: &Secret) -> Secret {
    Secret::new(crate::request::encode::basic_raw(
        client_id,
        client_secret.expose(),
    ))
}

/// Returns the value of the `Authorization` header for a request to `url`, which must be under `base`. Its `Debug` does not
/// show the token.
///
/// Scheme, host and port must be equal, and the path must be the base's or continue it with a slash.
///
/// # Errors
///
/// Returns an error if `url` is not under `base`, since the token must not be sent elsewhere, or if a stored token has a
/// character that headers cannot contain.
pub fn bearer(
    provider: &'static Provider,
    token: &Token,
    base: &[&str],
    url: &str,
) -> Result<HeaderValue, Error> {
    if !crate::token::bearer::is_within_any(base, url) {
        return Err(crate::token::bearer::misdirected(provider));
    }
    let value = ["Bearer ", token.access_token().expose()].concat();
    let value = HeaderValue::try_from(value);
    let mut value = value.map_err(|_| crate::token::bearer::unsendable(provider))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Returns the base that `url` is under, or the first one if there is none. The caller checks the URL against the result.
pub fn base_of<'a>(bases: &[&'a [&'a str]], url: &str) -> &'a [&'a str] {
    let is_above = |base: &&&[&str]| crate::token::bearer::is_within_any(base, url);
    let above = bases.iter().find(is_above).or(bases.first());
    above.copied().unwrap_or_default()
}

/// Checks that `url` is under `base`, as [`bearer`] does, for tokens that are not sent in the `Authorization` header.
///
/// # Errors
///
/// Returns an error if `url` is not under `base`.
pub fn within(provider: &'static Provider, base: &[&str], url: &str) -> Result<(), Error> {
    match crate::token::bearer::is_within_any(base, url) {
        true => Ok(()),
        false => Err(crate::token::bearer::misdirected(provider)),
    }
}

/// Parses a whole number that was stored as text.
///
/// # Errors
///
/// Returns an error if the text is not a whole number.
pub fn stored_integer(name: &'static str, text: &str) -> Result<i64, names::InvalidInput> {
    text.parse()
        .map_err(|_| names::InvalidInput::new(name, "a whole number"))
}

/// Returns the granted scopes of an introspection response, or `None` if the token is not active or the response has no
/// scopes.
pub fn introspected(active: bool, scope: Option<&str>) -> Option<Scopes> {
    let scope = scope.filter(|_| active)?;
    Some(Scopes::new(scope.split([' ', ','])))
}

/// Joins scopes with spaces, the form in which they are stored.
pub fn joined<S: AsRef<str>>(scopes: &[S]) -> String {
    let names: Vec<&str> = scopes.iter().map(AsRef::as_ref).collect();
    names.join(" ")
}

/// Parses scopes that were stored as text.
///
/// # Errors
///
/// Returns an error if a scope is not in `known`.
pub fn stored_scopes<S: Copy + AsRef<str>>(
    name: &'static str,
    text: &str,
    known: &[S],
) -> Result<Vec<S>, names::InvalidInput> {
    let kept = text.split(' ').filter(|own| !own.is_empty());
    let find = |own: &str| known.iter().find(|scope| scope.as_ref() == own).copied();
    let found = kept.map(|own| find(own).ok_or(names::InvalidInput::new(name, "known scopes")));
    found.collect()
}

/// Parses a word that was stored as text.
///
/// # Errors
///
/// Returns an error if the word is not in `words`.
pub fn stored_word<W: Copy>(
    name: &'static str,
    text: &str,
    words: &[(&str, W)],
) -> Result<W, names::InvalidInput> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, own)| *own).ok_or(names::InvalidInput::new(
        name,
        "one of the words that the spec lists",
    ))
}

/// Concatenates texts into a secret, which is never printed.
pub fn secret(pieces: &[&str]) -> Secret {
    Secret::new(pieces.concat())
}

/// Checks that each parameter of an installation request has its expected value.
///
/// # Errors
///
/// Returns an error if a parameter is missing, repeated, or has another value.
pub fn installed(
    provider: &'static Provider,
    query: &str,
    expected: &[(&'static str, &str)],
) -> Result<(), names::CallbackError> {
    crate::login::callback::shows(provider, query, expected)
}

/// Returns the value of a parameter of an installation request.
///
/// # Errors
///
/// Returns an error if the parameter is missing or repeated.
pub fn install_parameter(
    provider: &'static Provider,
    query: &str,
    name: &'static str,
) -> Result<String, names::CallbackError> {
    crate::login::callback::single(provider, query, name)
}

/// Returns an input that was parsed from an installation request.
///
/// # Errors
///
/// Returns an error if the input does not have the form that the spec requires.
pub fn install_input<T>(
    provider: &'static Provider,
    name: &'static str,
    parsed: Result<T, names::InvalidInput>,
) -> Result<T, names::CallbackError> {
    parsed.map_err(|_| crate::login::callback::unfit(provider, name))
}

/// Returns the first of several members that has a text or a number, or the last member if none has.
pub fn said<'m, 'a>(first: &'m Member<'a>, others: &[&'m Member<'a>]) -> &'m Member<'a> {
    let mut said = first;
    for other in others {
        if said.lenient_text().is_empty() {
            said = other;
        }
    }
    said
}

/// Returns the value of a callback parameter, or an empty text if it is absent or repeated.
pub fn callback_text(query: &str, name: &str) -> String {
    crate::login::callback::perhaps(query, name)
}

/// Returns the only entry of a list.
///
/// # Errors
///
/// Returns an error if the list does not have exactly one entry.
pub fn only<T>(mut entries: Vec<T>) -> Result<T, ParseError> {
    match (entries.pop(), entries.len()) {
        (Some(entry), 0) => Ok(entry),
        (Some(_), _) => Err(unfit_list("a list with exactly one entry", "a longer list")),
        (None, _) => Err(unfit_list("a list with exactly one entry", "an empty list")),
    }
}

/// Returns the first entry of a list.
///
/// # Errors
///
/// Returns an error if the list is empty.
pub fn first<T>(entries: Vec<T>) -> Result<T, ParseError> {
    let first = entries.into_iter().next();
    first.ok_or(unfit_list(
        "a list with at least one entry",
        "an empty list",
    ))
}

const fn unfit_list(expected: &'static str, found: &'static str) -> ParseError {
    ParseError::Member {
        path: &[],
        expected,
        found,
    }
}

/// Returns a callback parameter that is needed later. The callback was verified before, so no forged value reaches this
/// function.
///
/// # Errors
///
/// Returns an error if the parameter is missing or repeated, or does not have the form that the spec requires.
pub fn callback_parameter<T>(
    provider: &'static Provider,
    query: &str,
    name: &'static str,
    parse: fn(String) -> Result<T, names::InvalidInput>,
) -> Result<T, names::CallbackError> {
    let text = crate::login::callback::single(provider, query, name)?;
    parse(text).map_err(|_| crate::login::callback::unfit(provider, name))
}

/// Returns a callback parameter that is needed later, or `None` if it is absent or repeated.
///
/// # Errors
///
/// Returns an error if the parameter does not have the form that the spec requires.
pub fn optional_callback_parameter<T>(
    provider: &'static Provider,
    query: &str,
    name: &'static str,
    parse: fn(String) -> Result<T, names::InvalidInput>,
) -> Result<Option<T>, names::CallbackError> {
    match crate::login::callback::perhaps(query, name) {
        text if text.is_empty() => Ok(None),
        _ => callback_parameter(provider, query, name, parse).map(Some),
    }
}

/// Joins all parameters of a callback but one as `name=value` with `&`, decoded and sorted. This is the text that a
/// provider signs; the omitted parameter is the signature. `%` and `&` are percent-encoded, and `=` in names, so that
/// the text is unambiguous.
pub fn callback_rest(query: &str, except: &str) -> String {
    crate::login::callback::rest(query, except)
}
