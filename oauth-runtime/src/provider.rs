//! What a generated module says about its provider as plain data: names, codes, token policy.
//!
//! Nothing that goes over the wire is decided here; requests are straight-line code in the module.

use std::time::Duration;

use crate::failure::Refusal;
use crate::fingerprint::Fingerprint;
use crate::pattern;
use crate::rate_limit::RateLimit;

/// A provider, or one variant of it, as its module's `PROVIDER` states it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Provider {
    /// The id in the spec: stored with every connection, never changes.
    pub id: &'static str,
    /// The variant of the spec that this module is, if it is one.
    pub variant: Option<&'static str>,
    /// The provider's name for people.
    pub name: &'static str,
    /// The provider's documentation.
    pub docs: &'static str,
    /// The refusals that the spec knows.
    pub errors: &'static [KnownError],
    /// The tokens that one login gives.
    pub tokens: &'static [TokenPolicy],
    /// The scopes that bring others along, or have another name, each with those.
    pub scopes: &'static [(&'static str, &'static [&'static str])],
    /// The scopes that a response may leave out although they were granted.
    pub unreported: &'static [&'static str],
    /// How the API says that it was called too often, where the spec knows.
    pub rate_limit: Option<&'static RateLimit>,
    /// What stored connections depend on of the spec.
    pub fingerprint: Option<Fingerprint>,
}

impl Provider {
    /// A provider without known refusals or tokens; the generated module adds them.
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

    /// The same with the scopes that bring others along.
    pub const fn scopes(
        mut self,
        scopes: &'static [(&'static str, &'static [&'static str])],
    ) -> Provider {
        self.scopes = scopes;
        self
    }

    /// Sets the scopes that a response may leave out although they were granted.
    pub const fn unreported(mut self, scopes: &'static [&'static str]) -> Provider {
        self.unreported = scopes;
        self
    }

    /// The same with the fingerprint of its spec.
    pub const fn fingerprint(mut self, fingerprint: Fingerprint) -> Provider {
        self.fingerprint = Some(fingerprint);
        self
    }

    /// The same with how its API says that it was called too often.
    pub const fn rate_limit(mut self, rate_limit: &'static RateLimit) -> Provider {
        self.rate_limit = Some(rate_limit);
        self
    }

    /// The same for one variant.
    pub const fn variant(mut self, variant: &'static str) -> Provider {
        self.variant = Some(variant);
        self
    }

    /// The same with the refusals that the spec knows.
    pub const fn errors(mut self, errors: &'static [KnownError]) -> Provider {
        self.errors = errors;
        self
    }

    /// The same with the policy of each token.
    pub const fn tokens(mut self, tokens: &'static [TokenPolicy]) -> Provider {
        self.tokens = tokens;
        self
    }

    /// The id, and the variant behind it: `slack::rotating`.
    pub fn reference(&self) -> String {
        match self.variant {
            Some(variant) => format!("{}::{variant}", self.id),
            None => self.id.to_owned(),
        }
    }

    /// What the spec says of a refusal as an answer to `call`: the first row that fits, the call's own before the
    /// general ones.
    pub(crate) fn known(&self, call: &str, refusal: &Refusal) -> Option<&'static KnownError> {
        let code = refusal.code()?;
        self.first(call, |known| known.code == code && known.fits(refusal))
    }

    /// What the spec says of a status as an answer to `call`, whatever the code.
    pub(crate) fn known_status(&self, call: &str, status: u16) -> Option<&'static KnownError> {
        let code = format!("status:{status}");
        self.first(call, |known| known.code == code)
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

/// A refusal that the spec knows.
#[derive(Debug)]
pub struct KnownError {
    /// The call it answers; `None` where it means the same everywhere.
    pub call: Option<&'static str>,
    /// The provider's code, or `status:403` for a status without one.
    pub code: &'static str,
    /// What to do about it.
    pub remedy: Remedy,
    /// The spec's advice; empty where the remedy says it all.
    pub advice: &'static str,
    /// Patterns for the provider's words, one of which must fit; `*` stands for any text. Empty where the words do not
    /// matter.
    pub descriptions: &'static [&'static str],
    /// The number of the condition that the body must meet, where there is one.
    pub condition: Option<u32>,
}

impl KnownError {
    /// A refusal that means the same everywhere.
    pub const fn new(code: &'static str, remedy: Remedy, advice: &'static str) -> KnownError {
        KnownError {
            call: None,
            code,
            remedy,
            advice,
            descriptions: &[],
            condition: None,
        }
    }

    /// Limits the row to refusals whose description fits one of these patterns.
    pub const fn described(mut self, descriptions: &'static [&'static str]) -> KnownError {
        self.descriptions = descriptions;
        self
    }

    /// Limits the row to refusals whose body meets the condition of that number.
    pub const fn where_shown(mut self, condition: u32) -> KnownError {
        self.condition = Some(condition);
        self
    }

    /// Whether words and body of a refusal are those of this row; the code is compared elsewhere.
    fn fits(&self, refusal: &Refusal) -> bool {
        let said = refusal.description().unwrap_or_default();
        let mut patterns = self.descriptions.iter();
        (self.descriptions.is_empty() || patterns.any(|own| pattern::fits(own, said)))
            && self.condition.is_none_or(|own| refusal.shows(own))
    }

    /// The same as an answer to one call alone.
    pub const fn answering(mut self, call: &'static str) -> KnownError {
        self.call = Some(call);
        self
    }
}

/// What mends a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// The grant is gone: the user must log in again.
    LogIn,
    /// Nothing is wrong with the request: try again later.
    Retry,
    /// Too many calls: wait as long as [`crate::Error::retry_after`] says.
    SlowDown,
    /// The app's registration or code is wrong: no retry helps until it is mended.
    MendApp,
    /// The user or an administrator said no.
    AskTheUser,
}

/// What is known of one token's life.
#[derive(Debug)]
#[non_exhaustive]
pub struct TokenPolicy {
    /// The token's name in the spec.
    pub name: &'static str,
    /// How the next access token comes.
    pub renewal: Renewal,
    /// Whether a refresh answers with a new refresh token.
    pub rotation: Rotation,
    /// How long a refresh token still works once a new one was issued.
    pub grace: Grace,
    /// What a second use of one refresh token does.
    pub reuse: Reuse,
    /// The refresh token dies if unused for so long.
    pub idle: Option<Duration>,
    /// The refresh token dies after so long in any case.
    pub absolute: Option<Duration>,
    /// Refresh at least so long before the access token's end.
    pub margin: Option<Duration>,
    /// A token can be renewed only when it is so old.
    pub min_age: Option<Duration>,
    /// The renewal may be made so often, within so long.
    pub rate: Option<(u32, Duration)>,
    /// So many refresh tokens of one user live at once; one more ends the oldest.
    pub most_live: Option<u32>,
    /// So many access tokens of one refresh token live at once.
    pub most_access_tokens: Option<u32>,
    /// Whether a renewal makes the old token live on, so that none comes back.
    pub prolongs: bool,
}

impl TokenPolicy {
    /// A token of which nothing else is known.
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

    /// The same with what becomes of a refresh token that was used.
    pub const fn rotating(mut self, rotation: Rotation, grace: Grace, reuse: Reuse) -> TokenPolicy {
        self.rotation = rotation;
        self.grace = grace;
        self.reuse = reuse;
        self
    }

    /// The same, dying when unused for `seconds`.
    pub const fn idle(mut self, seconds: u64) -> TokenPolicy {
        self.idle = Some(Duration::from_secs(seconds));
        self
    }

    /// The same, dying after `seconds` in any case.
    pub const fn absolute(mut self, seconds: u64) -> TokenPolicy {
        self.absolute = Some(Duration::from_secs(seconds));
        self
    }

    /// The same, to be refreshed `seconds` before its end.
    pub const fn margin(mut self, seconds: u64) -> TokenPolicy {
        self.margin = Some(Duration::from_secs(seconds));
        self
    }

    /// The same, not to be renewed before it is `seconds` old.
    pub const fn min_age(mut self, seconds: u64) -> TokenPolicy {
        self.min_age = Some(Duration::from_secs(seconds));
        self
    }

    /// The same, to be renewed at most `calls` times within `seconds`.
    pub const fn rate(mut self, calls: u32, seconds: u64) -> TokenPolicy {
        self.rate = Some((calls, Duration::from_secs(seconds)));
        self
    }

    /// The same, of which `count` live at once.
    pub const fn most_live(mut self, count: u32) -> TokenPolicy {
        self.most_live = Some(count);
        self
    }

    /// The same, with `count` access tokens at once.
    pub const fn most_access_tokens(mut self, count: u32) -> TokenPolicy {
        self.most_access_tokens = Some(count);
        self
    }

    /// The same, living on after a renewal.
    pub const fn prolongs(mut self) -> TokenPolicy {
        self.prolongs = true;
        self
    }
}

/// How the next access token comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Renewal {
    /// It does not: the token lives until it is revoked, or the user logs in again.
    None,
    /// By refresh token (RFC 6749 §6).
    Refresh,
    /// The access token itself is traded in for the next one.
    Exchange,
    /// A new one is asked for with the app's own credentials (RFC 6749 §4.4).
    ClientCredentials,
}

/// Whether a refresh answers with a new refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Perhaps: keep the old one unless a new one comes (RFC 6749 §6).
    Sometimes,
    /// Each time.
    Always,
    /// Never: the first one lasts.
    Never,
}

/// How long a refresh token still works once a new one was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grace {
    /// So long; zero where it dies at once.
    Lasts(Duration),
    /// Until the new one is used for the first time.
    UntilNewUsed,
    /// As long as it would have lived anyway.
    Forever,
    /// Nobody knows.
    Unknown,
}

/// What a second use of one refresh token does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// It is refused, and that is all.
    Refused,
    /// It ends the grant: the tokens that came from it die too.
    EndsGrant,
}
