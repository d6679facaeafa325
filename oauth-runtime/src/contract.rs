//! What generated code may name, and nothing else. The compiler writes `use` of this module only.
//!
//! Committed modules outlive a release of this crate: each carries the version of the contract it was
//! written for, and a module of another version is one compile error that says what to do.

pub use crate::all_scopes::names as scope_names;
pub use crate::api::{Access, Manners, Operates, Operation};
pub use crate::app_identity::AppIdentity;
pub use crate::begun_login::BegunLogin;
pub use crate::callback::Shown;
pub use crate::encoded_once::EncodedOnce;
pub use crate::failure::Failure;
pub use crate::fingerprint::Fingerprint;
pub use crate::functions::{
    base64, base64url, before, hex, hmac_sha1, hmac_sha256, hmac_sha512, host_of, lower, md5,
    replace, sha1, sha256, take, upper,
};
pub use crate::granted::not_granted;
pub use crate::least_set::{LeastSet, same_text};
pub use crate::login::Login;
pub use crate::managed::Registration;
pub use crate::query::ParameterName;
pub use crate::redirect_uri::{EncodedUri, RedirectUri};
pub use crate::token::Scopes;

use names::{Error, Member, Provider, Secret, Token};

/// What a module takes by a glob: names that none of its own may have.
pub mod names {
    pub use std::convert::Infallible;
    pub use std::time::Duration;

    pub use crate::all_scopes::AllScopes;
    pub use crate::answer::Answer;
    pub use crate::call::Call;
    pub use crate::callback::{CallbackError, CallbackNames};
    pub use crate::claims::Claims;
    pub use crate::draft::Draft;
    pub use crate::drawn::Drawn;
    pub use crate::error::Error;
    pub use crate::input::{InputRule, InvalidInput, Run};
    pub use crate::login_secrets::LoginSecrets;
    pub use crate::managed::{KeptInputs, Managed};
    pub use crate::marks::{FromCallback, Issued, IssuedAs, Verified};
    pub use crate::members::Member;
    pub use crate::method::Method;
    pub use crate::paths::{Members, Path, Paths};
    pub use crate::provider::{
        Grace, KnownError, Provider, Remedy, Renewal, Reuse, Rotation, TokenPolicy,
    };
    pub use crate::rate_limit::{Bucket, RateLimit, Wait};
    pub use crate::redirect::{InvalidRedirectUri, RedirectRule};
    pub use crate::request::Request;
    pub use crate::scope_name::ScopeName;
    pub use crate::seal::{SealError, SealingKey};
    pub use crate::secret::Secret;
    pub use crate::token::Token;
    pub use crate::verified_callback::VerifiedCallback;
}

/// The version of this contract.
pub const VERSION: u32 = 10;

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

/// Refuses a URL that is not beneath `base`: where [`bearer`] does, for tokens that travel otherwise.
pub fn beneath(provider: &'static Provider, base: &[&str], url: &str) -> Result<(), Error> {
    match crate::bearer::is_beneath(&base.concat(), url) {
        true => Ok(()),
        false => Err(crate::bearer::misdirected(provider)),
    }
}

/// A whole number that a store kept as a text.
pub fn kept_number(name: &'static str, text: &str) -> Result<i64, names::InvalidInput> {
    text.parse()
        .map_err(|_| names::InvalidInput::new(name, "a whole number"))
}

/// What an introspection says was granted; nothing where the token is dead, or it does not say.
pub fn introspected(active: bool, scope: Option<&str>) -> Option<Scopes> {
    let scope = scope.filter(|_| active)?;
    Some(Scopes::new(scope.split([' ', ','])))
}

/// Scopes as a store keeps them.
pub fn joined<S: AsRef<str>>(scopes: &[S]) -> String {
    let names: Vec<&str> = scopes.iter().map(AsRef::as_ref).collect();
    names.join(" ")
}

/// Scopes that a store kept as a text, each of them known still.
pub fn kept_scopes<S: Copy + AsRef<str>>(
    name: &'static str,
    text: &str,
    known: &[S],
) -> Result<Vec<S>, names::InvalidInput> {
    let kept = text.split(' ').filter(|own| !own.is_empty());
    let find = |own: &str| known.iter().find(|scope| scope.as_ref() == own).copied();
    let found = kept.map(|own| find(own).ok_or(names::InvalidInput::new(name, "known scopes")));
    found.collect()
}

/// A word that a store kept as a text.
pub fn kept_word<W: Copy>(
    name: &'static str,
    text: &str,
    words: &[(&str, W)],
) -> Result<W, names::InvalidInput> {
    let found = words.iter().find(|(word, _)| *word == text);
    found
        .map(|(_, own)| *own)
        .ok_or(names::InvalidInput::new(name, "a word that the spec knows"))
}

/// Texts in a row that must not be printed.
pub fn secret(pieces: &[&str]) -> Secret {
    Secret::new(pieces.concat())
}

/// Whether all of these hold of an installation's request: each parameter has the value that it must have.
pub fn installed(
    provider: &'static Provider,
    query: &str,
    expected: &[(&'static str, &str)],
) -> Result<(), names::CallbackError> {
    crate::callback::shows(provider, query, expected)
}

/// The one value of a parameter of an installation's request.
pub fn install_parameter(
    provider: &'static Provider,
    query: &str,
    name: &'static str,
) -> Result<String, names::CallbackError> {
    crate::callback::single(provider, query, name)
}

/// An input made of an installation's request, in the form that the spec asks for.
pub fn install_input<T>(
    provider: &'static Provider,
    name: &'static str,
    parsed: Result<T, names::InvalidInput>,
) -> Result<T, names::CallbackError> {
    parsed.map_err(|_| crate::callback::unfit(provider, name))
}

/// Of several members of a body the first that says something, else the last.
pub fn said<'m, 'a>(first: &'m Member<'a>, others: &[&'m Member<'a>]) -> &'m Member<'a> {
    let mut said = first;
    for other in others {
        if said.told().is_empty() {
            said = other;
        }
    }
    said
}

/// What a callback says under a name, perhaps nothing.
pub fn callback_text(query: &str, name: &str) -> String {
    crate::callback::perhaps(query, name)
}

/// The only entry, where the spec says that there is one.
pub fn only<T>(mut entries: Vec<T>) -> Result<T, Failure> {
    match (entries.pop(), entries.len()) {
        (Some(entry), 0) => Ok(entry),
        (Some(_), _) => Err(unfit_list("exactly one entry", "several")),
        (None, _) => Err(unfit_list("exactly one entry", "none")),
    }
}

/// The first entry.
pub fn first<T>(entries: Vec<T>) -> Result<T, Failure> {
    let first = entries.into_iter().next();
    first.ok_or(unfit_list("at least one entry", "none"))
}

const fn unfit_list(expected: &'static str, found: &'static str) -> Failure {
    Failure::Member {
        path: &[],
        expected,
        found,
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

/// The same, where the callback may leave it out; what is there has the form all the same.
pub fn optional_callback_parameter<T>(
    provider: &'static Provider,
    query: &str,
    name: &'static str,
    parse: fn(String) -> Result<T, names::InvalidInput>,
) -> Result<Option<T>, names::CallbackError> {
    match crate::callback::perhaps(query, name) {
        text if text.is_empty() => Ok(None),
        _ => callback_parameter(provider, query, name, parse).map(Some),
    }
}

/// Joins all parameters of a callback but one as `name=value` with `&`, decoded and sorted: the text that a provider signs
/// when the one is the signature. `%` and `&` are percent-encoded in it, and `=` in names, so that it has one meaning.
pub fn callback_rest(query: &str, except: &str) -> String {
    crate::callback::rest(query, except)
}
