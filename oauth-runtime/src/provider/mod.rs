//! The data of a generated module about its provider: names, error codes, token policy.
//!
//! The content of requests is not decided here: requests are straight-line code in the module.

pub(crate) mod app_identity;
pub(crate) mod fingerprint;
pub(crate) mod input;
pub(crate) mod pattern;
pub(crate) mod registered_app;
pub(crate) mod stored_token;

use std::time::Duration;

use crate::response::parse_error::ErrorResponse;

pub use crate::provider::app_identity::AppIdentity;
pub use crate::provider::fingerprint::{Fingerprint, SpecChange};
pub use crate::provider::input::InvalidInput;
pub use crate::provider::registered_app::{RegisteredApp, Registration};
pub use crate::provider::stored_token::{StoredInputs, StoredToken};
pub use crate::response::rate_limit::{Bucket, Limit, RateLimit, Wait};

/// A provider, or one variant of it. Each generated module has it as `PROVIDER`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Provider {
    /// The id of the provider in the spec. It is stored with every connection and never changes.
    pub id: &'static str,
    /// The variant of the spec that the module implements, if it implements one.
    pub variant: Option<&'static str>,
    /// The display name of the provider.
    pub name: &'static str,
    /// The URL of the provider's documentation.
    pub docs: &'static str,
    /// The error responses that the spec lists.
    pub errors: &'static [KnownError],
    /// The policies of the tokens that one login returns.
    pub tokens: &'static [TokenPolicy],
    /// The scopes that imply others or have another name, each with these.
    pub scopes: &'static [(&'static str, &'static [&'static str])],
    /// The scopes that a response may omit although they were granted.
    pub unreported: &'static [&'static str],
    /// The rate limit of the API, if the spec describes it.
    pub rate_limit: Option<&'static RateLimit>,
    /// The fingerprint of those parts of the spec that stored connections depend on.
    pub fingerprint: Option<Fingerprint>,
}

impl Provider {
    /// Creates a provider without error responses and tokens. The generated module adds them.
    pub const fn new(id: &'static str, name: &'static str, docs: &'static str) -> Provider {
        Provider {
            id,
            variant: None,
            name,
            docs,
            errors: &[],
            tokens: &[],
            scopes: &[],
            unreported: &[],
            rate_limit: None,
            fingerprint: None,
        }
    }

    /// Sets the scopes that imply others or have another name.
    pub const fn scopes(
        mut self,
        scopes: &'static [(&'static str, &'static [&'static str])],
    ) -> Provider {
        self.scopes = scopes;
        self
    }

    /// Sets the scopes that a response may omit although they were granted.
    pub const fn unreported(mut self, scopes: &'static [&'static str]) -> Provider {
        self.unreported = scopes;
        self
    }

    /// Sets the fingerprint of the spec.
    pub const fn fingerprint(mut self, fingerprint: Fingerprint) -> Provider {
        self.fingerprint = Some(fingerprint);
        self
    }

    /// Sets the rate limit of the API.
    pub const fn rate_limit(mut self, rate_limit: &'static RateLimit) -> Provider {
        self.rate_limit = Some(rate_limit);
        self
    }

    /// Sets the variant of the spec.
    pub const fn variant(mut self, variant: &'static str) -> Provider {
        self.variant = Some(variant);
        self
    }

    /// Sets the error responses that the spec lists.
    pub const fn errors(mut self, errors: &'static [KnownError]) -> Provider {
        self.errors = errors;
        self
    }

    /// Sets the policy of each token.
    pub const fn tokens(mut self, tokens: &'static [TokenPolicy]) -> Provider {
        self.tokens = tokens;
        self
    }

    /// Returns the id, followed by the variant if there is one: `slack::rotating`.
    pub fn reference(&self) -> String {
        match self.variant {
            Some(variant) => format!("{}::{variant}", self.id),
            None => self.id.to_owned(),
        }
    }

    /// Returns the first entry of the spec that matches an error response to `call`. Entries for the call precede general
    /// ones.
    pub(crate) fn known(&self, call: &str, refusal: &ErrorResponse) -> Option<&'static KnownError> {
        let code = refusal.code()?;
        let is_it = |known: &KnownError| matches!(known.code, ErrorCode::Named(own) if own == code);
        self.first(call, |known| is_it(known) && known.fits(refusal))
    }

    /// Returns the first entry of the spec for the status of a response to `call`, whatever its error code is.
    pub(crate) fn known_status(&self, call: &str, status: u16) -> Option<&'static KnownError> {
        self.first(call, |known| known.code == ErrorCode::Status(status))
    }

    fn first(
        &self,
        call: &str,
        is_it: impl Fn(&KnownError) -> bool,
    ) -> Option<&'static KnownError> {
        let rows = || self.errors.iter().filter(|known| is_it(known));
        rows()
            .find(|known| known.call == Some(call))
            .or_else(|| rows().find(|known| known.call.is_none()))
    }
}

/// An error response that the spec lists.
#[derive(Debug)]
pub struct KnownError {
    /// The call that returns the error; `None` if the entry applies to every call.
    pub call: Option<&'static str>,
    /// The code by which the provider reports the error.
    pub code: ErrorCode,
    /// The remedy for the error.
    pub remedy: Remedy,
    /// The spec's advice, or the documentation text of the code's constant, which begins with a space. It is shortened when it
    /// is read: doing that in a `const fn` took a sixth of the time of checking Slack's module.
    advice: &'static str,
    /// The patterns for the error description, one of which must match; `*` matches any text. Empty if the description does
    /// not matter.
    pub descriptions: &'static [&'static str],
    /// The number of the condition that the body must meet, if there is one.
    pub condition: Option<u32>,
}

/// The code by which a provider reports an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The code in the body.
    Named(&'static str),
    /// The HTTP status, for an error response without a code.
    Status(u16),
}

impl KnownError {
    /// Creates an entry that applies to every call. Advice that begins with a space is a documentation text, which ends with a
    /// period.
    pub const fn new(code: &'static str, remedy: Remedy, advice: &'static str) -> KnownError {
        KnownError::of(ErrorCode::Named(code), remedy, advice)
    }

    /// Creates an entry that applies to every call, for an error response that has this status and no code.
    pub const fn of_status(status: u16, remedy: Remedy, advice: &'static str) -> KnownError {
        KnownError::of(ErrorCode::Status(status), remedy, advice)
    }

    const fn of(code: ErrorCode, remedy: Remedy, advice: &'static str) -> KnownError {
        KnownError {
            call: None,
            code,
            remedy,
            advice,
            descriptions: &[],
            condition: None,
        }
    }

    /// Returns the spec's advice; empty if the remedy is enough.
    pub fn advice(&self) -> &'static str {
        match self.advice.strip_prefix(' ') {
            Some(doc) => doc.strip_suffix('.').unwrap_or(doc),
            None => self.advice,
        }
    }

    /// Limits the entry to errors whose description matches one of these patterns.
    pub const fn described(mut self, descriptions: &'static [&'static str]) -> KnownError {
        self.descriptions = descriptions;
        self
    }

    /// Limits the entry to errors whose body meets the condition of this number.
    pub const fn where_shown(mut self, condition: u32) -> KnownError {
        self.condition = Some(condition);
        self
    }

    /// Returns whether the description and the body of an error response match this entry. The caller compares the code.
    fn fits(&self, refusal: &ErrorResponse) -> bool {
        let said = refusal.description().unwrap_or_default();
        let mut patterns = self.descriptions.iter();
        (self.descriptions.is_empty() || patterns.any(|own| pattern::fits(own, said)))
            && self.condition.is_none_or(|own| refusal.shows(own))
    }

    /// Limits the entry to responses to one call.
    pub const fn in_call(mut self, call: &'static str) -> KnownError {
        self.call = Some(call);
        self
    }
}

/// The remedy for a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// The grant is no longer valid. The user must log in again.
    LogIn,
    /// The request is valid. Try again later.
    Retry,
    /// There were too many calls. Wait for the time that [`crate::Error::retry_after`] returns.
    SlowDown,
    /// The app's registration or code is wrong. No retry succeeds until it is corrected.
    MendApp,
    /// The user or an administrator refused.
    AskTheUser,
}

/// The documented policy of one token: its renewal, expiry and limits.
#[derive(Debug)]
#[non_exhaustive]
pub struct TokenPolicy {
    /// The name of the token in the spec.
    pub name: &'static str,
    /// The way to get the next access token.
    pub renewal: Renewal,
    /// Whether a refresh returns a new refresh token.
    pub rotation: Rotation,
    /// The time for which a refresh token remains valid after a new one was issued.
    pub grace: Grace,
    /// The effect of a second use of one refresh token.
    pub reuse: Reuse,
    /// The time after which an unused refresh token expires.
    pub idle: Option<Duration>,
    /// The time after which a refresh token expires, whether it is used or not.
    pub absolute: Option<Duration>,
    /// The minimum time between a refresh and the expiry of the access token.
    pub margin: Option<Duration>,
    /// The minimum age of a token that can be renewed.
    pub min_age: Option<Duration>,
    /// The maximum number of renewals within a period.
    pub rate: Option<(u32, Duration)>,
    /// The maximum number of valid refresh tokens of one user. One more invalidates the oldest.
    pub most_live: Option<u32>,
    /// The maximum number of valid access tokens of one refresh token.
    pub most_access_tokens: Option<u32>,
    /// Whether a renewal extends the lifetime of the current token, so that the response contains no token.
    pub prolongs: bool,
}

impl TokenPolicy {
    /// Creates the policy of a token about which nothing else is documented.
    pub const fn new(name: &'static str, renewal: Renewal) -> TokenPolicy {
        TokenPolicy {
            name,
            renewal,
            rotation: Rotation::Sometimes,
            grace: Grace::Lasts(Duration::ZERO),
            reuse: Reuse::Refused,
            idle: None,
            absolute: None,
            margin: None,
            min_age: None,
            rate: None,
            most_live: None,
            most_access_tokens: None,
            prolongs: false,
        }
    }

    /// Sets the rotation of refresh tokens, the time for which a rotated one remains valid, and the effect of a second use.
    pub const fn rotating(mut self, rotation: Rotation, grace: Grace, reuse: Reuse) -> TokenPolicy {
        self.rotation = rotation;
        self.grace = grace;
        self.reuse = reuse;
        self
    }

    /// Sets the time after which an unused refresh token expires.
    pub const fn idle(mut self, seconds: u64) -> TokenPolicy {
        self.idle = Some(Duration::from_secs(seconds));
        self
    }

    /// Sets the time after which a refresh token expires, whether it is used or not.
    pub const fn absolute(mut self, seconds: u64) -> TokenPolicy {
        self.absolute = Some(Duration::from_secs(seconds));
        self
    }

    /// Sets the minimum time between a refresh and the expiry of the access token.
    pub const fn margin(mut self, seconds: u64) -> TokenPolicy {
        self.margin = Some(Duration::from_secs(seconds));
        self
    }

    /// Sets the minimum age of a token that can be renewed.
    pub const fn min_age(mut self, seconds: u64) -> TokenPolicy {
        self.min_age = Some(Duration::from_secs(seconds));
        self
    }

    /// Sets the maximum number of renewals to `calls` within `seconds`.
    pub const fn rate(mut self, calls: u32, seconds: u64) -> TokenPolicy {
        self.rate = Some((calls, Duration::from_secs(seconds)));
        self
    }

    /// Sets the maximum number of valid refresh tokens of one user.
    pub const fn most_live(mut self, count: u32) -> TokenPolicy {
        self.most_live = Some(count);
        self
    }

    /// Sets the maximum number of valid access tokens of one refresh token.
    pub const fn most_access_tokens(mut self, count: u32) -> TokenPolicy {
        self.most_access_tokens = Some(count);
        self
    }

    /// Sets that a renewal extends the lifetime of the current token.
    pub const fn prolongs(mut self) -> TokenPolicy {
        self.prolongs = true;
        self
    }
}

/// The way to get the next access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Renewal {
    /// No renewal: the token is valid until it is revoked or the user logs in again.
    None,
    /// A token request with the refresh token (RFC 6749 §6).
    Refresh,
    /// An exchange of the access token for the next one.
    Exchange,
    /// A token request with the app's credentials (RFC 6749 §4.4).
    ClientCredentials,
    /// A request of the app that needs no token of the user, so that it works at any time.
    WithoutToken,
}

/// Whether a refresh returns a new refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rotation {
    /// A refresh may return a new refresh token. If it does not, keep the old one (RFC 6749 §6).
    Sometimes,
    /// Every refresh returns a new refresh token.
    Always,
    /// No refresh returns a new refresh token. The first one remains valid.
    Never,
}

/// The time for which a refresh token remains valid after a new one was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grace {
    /// The old refresh token remains valid for this time; zero if it is invalid at once.
    Lasts(Duration),
    /// The old refresh token remains valid until the new one is used for the first time.
    UntilNewUsed,
    /// The old refresh token remains valid until it expires.
    Forever,
    /// The time is undocumented.
    Unknown,
}

/// The effect of a second use of one refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reuse {
    /// The provider rejects the request and does nothing else.
    Refused,
    /// The provider ends the grant. The tokens issued from it become invalid, too.
    EndsGrant,
}
