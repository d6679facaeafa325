//! [`Token`]: what every provider's own token types are made of, and [`Scopes`], what was granted.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::members::{Member, spaced};
use crate::secret::Secret;

/// An access token with what came beside it. Generated modules wrap it in types of their own, so that
/// one provider's token is not another's.
///
/// ```
/// use oauth_runtime::{Secret, Token};
///
/// // From a database, say; a module's own type takes it by `from_stored`.
/// let token = Token::new(Secret::new("2YotnFZFEjr1zCsicMWpAA")).with_refresh_token(Secret::new("tGzv3JOkF0XG5Qx2TlKWIA"));
/// assert!(token.refresh_token().is_some());
/// assert!(!format!("{token:?}").contains("2Yotn"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    access_token: Secret,
    expires_at: Option<SystemTime>,
    refresh_token: Option<Secret>,
    refresh_token_expires_at: Option<SystemTime>,
    id_token: Option<Secret>,
    scopes: Option<Scopes>,
    /// That the response states scopes which cannot be read.
    scopes_are_unknown: bool,
    /// Whether the documented lifetime is ignored: the response states an unreadable expiry, or that there is none.
    ignores_documented_lifetime: bool,
}

impl Token {
    /// An access token and nothing else.
    pub fn new(access_token: Secret) -> Token {
        Token {
            access_token,
            expires_at: None,
            refresh_token: None,
            refresh_token_expires_at: None,
            id_token: None,
            scopes: None,
            scopes_are_unknown: false,
            ignores_documented_lifetime: false,
        }
    }

    /// The same with its end.
    pub fn with_expires_at(mut self, end: SystemTime) -> Token {
        self.expires_at = Some(end);
        self
    }

    /// The same with a refresh token.
    pub fn with_refresh_token(mut self, refresh_token: Secret) -> Token {
        self.refresh_token = Some(refresh_token);
        self
    }

    /// The same with granted scopes.
    pub fn with_scopes(mut self, scopes: Scopes) -> Token {
        self.scopes = Some(scopes);
        self
    }

    /// The same with what the older one had and this one does not say again: scopes and ID token.
    #[cfg(feature = "lifecycle")]
    pub(crate) fn keeping_of(mut self, older: &Token) -> Token {
        if !self.scopes_are_unknown && self.scopes.is_none() {
            self.scopes.clone_from(&older.scopes);
            self.scopes_are_unknown = older.scopes_are_unknown;
        }
        self.id_token = self.id_token.or_else(|| older.id_token.clone());
        self
    }

    /// What a store had.
    #[cfg(feature = "lifecycle")]
    pub(crate) fn restored(
        access_token: Secret,
        expires_at: Option<SystemTime>,
        (refresh_token, refresh_token_expires_at): (Option<Secret>, Option<SystemTime>),
        id_token: Option<Secret>,
        (scopes, scopes_are_unknown): (Option<Scopes>, bool),
    ) -> Token {
        Token {
            access_token,
            expires_at,
            refresh_token,
            refresh_token_expires_at,
            id_token,
            scopes,
            scopes_are_unknown,
            ignores_documented_lifetime: false,
        }
    }

    /// The token as one that has ended, with another refresh token: what is left where a refresh brought an access token
    /// that cannot be used.
    #[cfg(feature = "lifecycle")]
    pub(crate) fn ended(mut self, now: SystemTime, refresh_token: Secret) -> Token {
        self.expires_at = Some(now);
        self.refresh_token = Some(refresh_token);
        self
    }

    /// The access token (RFC 6749 §1.4).
    pub fn access_token(&self) -> &Secret {
        &self.access_token
    }

    /// When the access token ends, by this machine's clock; `None` where nothing said so.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// The refresh token (RFC 6749 §1.5), if there is one.
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.refresh_token.as_ref()
    }

    /// The refresh token taken out, for a refresh that spends it.
    pub fn take_refresh_token(&mut self) -> Option<Secret> {
        self.refresh_token.take()
    }

    /// When the refresh token ends, where the provider says so.
    pub fn refresh_token_expires_at(&self) -> Option<SystemTime> {
        self.refresh_token_expires_at
    }

    /// The ID token (OpenID Connect Core §2) as it came: its signature is not checked.
    pub fn id_token(&self) -> Option<&Secret> {
        self.id_token.as_ref()
    }

    /// The granted scopes, where the provider tells them.
    pub fn scopes(&self) -> Option<&Scopes> {
        self.scopes.as_ref()
    }

    /// Whether the provider stated granted scopes that could not be read. Then nothing is known of them, while a response
    /// that states none means those that were asked for (RFC 6749 §5.1).
    pub fn has_unknown_scopes(&self) -> bool {
        self.scopes_are_unknown
    }
}

/// What generated readers build a token with, member by member. Only the access token can fail: every other member that is
/// not what the spec says is reported and read as absent.
impl Token {
    /// The access token that the response must have, to be sent as a bearer token (RFC 6750 §2.1).
    ///
    /// # Errors
    ///
    /// If it is absent, no text, or has a space or a control character; or if `token_type` says that it needs more than a
    /// bearer header. The error carries the refresh token that stands beside it.
    #[inline]
    pub fn read(
        access_token: &Member<'_>,
        token_type: Option<&Member<'_>>,
        refresh_token: Option<&Member<'_>>,
        answer: &Answer<'_>,
    ) -> Result<Token, Failure> {
        Token::read_unless(
            is_no_bearer,
            access_token,
            token_type,
            refresh_token,
            answer,
        )
    }

    /// The access token that the response must have, for a provider whose calls carry it otherwise: it may have spaces.
    ///
    /// # Errors
    ///
    /// As those of [`Token::read`], but for spaces.
    #[inline]
    pub fn read_opaque(
        access_token: &Member<'_>,
        token_type: Option<&Member<'_>>,
        refresh_token: Option<&Member<'_>>,
        answer: &Answer<'_>,
    ) -> Result<Token, Failure> {
        Token::read_unless(is_control, access_token, token_type, refresh_token, answer)
    }

    #[inline]
    fn read_unless(
        is_refused: fn(&str) -> bool,
        access_token: &Member<'_>,
        token_type: Option<&Member<'_>>,
        refresh_token: Option<&Member<'_>>,
        answer: &Answer<'_>,
    ) -> Result<Token, Failure> {
        let read = access_token
            .secret()
            .and_then(|text| match is_refused(text.expose()) {
                true => Err(access_token.wrong("a token without spaces and control characters")),
                false => Ok(text),
            });
        let typed = match token_type {
            Some(own) if !own.is_plain("Bearer") => own.bears(answer),
            _ => Ok(()),
        };
        match (read, typed) {
            (Ok(access_token), Ok(())) => Ok(Token::new(access_token)),
            (Err(failure), _) | (_, Err(failure)) => {
                Err(failure.beside_refresh_token(refresh_token))
            }
        }
    }

    /// A lifetime in units of `unit`, counted from the answer's arrival.
    #[inline]
    pub fn lives(mut self, expires_in: &Member<'_>, unit: Duration, answer: &Answer<'_>) -> Token {
        match expires_in.duration_here(unit) {
            Ok(Some(lifetime)) => self.expires_at = answer.after(lifetime),
            Ok(None) => {}
            Err(failure) => self.unknown_end(failure, answer),
        }
        self
    }

    /// A lifetime in units of `unit`, unless it is the number that means: it does not end.
    #[inline]
    pub fn lives_unless(
        mut self,
        expires_in: &Member<'_>,
        endless: i64,
        unit: Duration,
        answer: &Answer<'_>,
    ) -> Token {
        match expires_in.integer_here() == Ok(Some(endless)) {
            true => {
                self.ignores_documented_lifetime = true;
                self
            }
            false => self.lives(expires_in, unit, answer),
        }
    }

    /// A point in time, in units of `unit` since 1970.
    #[inline]
    pub fn ends(mut self, expires_at: &Member<'_>, unit: Duration, answer: &Answer<'_>) -> Token {
        match expires_at.moment_here(unit) {
            Ok(Some(end)) => self.expires_at = Some(end),
            Ok(None) => {}
            Err(failure) => self.unknown_end(failure, answer),
        }
        self
    }

    /// A point in time as RFC 3339 writes it.
    #[inline]
    pub fn ends_on(mut self, expires_at: &Member<'_>, answer: &Answer<'_>) -> Token {
        match expires_at.date_here() {
            Ok(Some(end)) => self.expires_at = Some(end),
            Ok(None) => {}
            Err(failure) => self.unknown_end(failure, answer),
        }
        self
    }

    /// What is malformed is unknown: the documented lifetime is not taken in its place.
    #[cold]
    fn unknown_end(&mut self, failure: Failure, answer: &Answer<'_>) {
        self.ignores_documented_lifetime = true;
        answer.note(failure);
    }

    /// The lifetime that the documentation promises, where the answer has none.
    #[inline]
    pub fn lives_by_documentation(mut self, lifetime: Duration, answer: &Answer<'_>) -> Token {
        if self.expires_at.is_none() && !self.ignores_documented_lifetime {
            self.expires_at = answer.after(lifetime);
        }
        self
    }

    /// The refresh token of the answer, or the one that was sent where none came (RFC 6749 §6).
    #[inline]
    pub fn renewable(mut self, refresh_token: &Member<'_>, answer: &Answer<'_>) -> Token {
        self.refresh_token = answer
            .noting(usable(refresh_token))
            .or_else(|| answer.refresh_token.cloned());
        self
    }

    /// The refresh token's lifetime in units of `unit`, unless it is the number that means: it does not end.
    #[inline]
    pub fn renewable_for_unless(
        self,
        expires_in: &Member<'_>,
        endless: i64,
        unit: Duration,
        answer: &Answer<'_>,
    ) -> Token {
        match expires_in.integer_here() == Ok(Some(endless)) {
            true => self,
            false => self.renewable_for(expires_in, unit, answer),
        }
    }

    /// The refresh token's lifetime in units of `unit`, counted from the answer's arrival.
    #[inline]
    pub fn renewable_for(
        mut self,
        expires_in: &Member<'_>,
        unit: Duration,
        answer: &Answer<'_>,
    ) -> Token {
        let lifetime = answer.noting(expires_in.duration_here(unit));
        self.refresh_token_expires_at = lifetime.and_then(|lifetime| answer.after(lifetime));
        self
    }

    /// The refresh token's end, in units of `unit` since 1970.
    #[inline]
    pub fn renewable_until(
        mut self,
        expires_at: &Member<'_>,
        unit: Duration,
        answer: &Answer<'_>,
    ) -> Token {
        self.refresh_token_expires_at = answer.noting(expires_at.moment_here(unit));
        self
    }

    /// The refresh token's end as RFC 3339 writes it.
    #[inline]
    pub fn renewable_until_date(mut self, expires_at: &Member<'_>, answer: &Answer<'_>) -> Token {
        self.refresh_token_expires_at = answer.noting(expires_at.date_here());
        self
    }

    /// The granted scopes as the callback told them, with any of the separators between them.
    #[inline]
    pub fn granted_by_callback(mut self, scopes: &str, separators: &[&str]) -> Token {
        let spaced = spaced(scopes, separators);
        self.scopes = (!spaced.is_empty()).then_some(Scopes(spaced));
        self
    }

    /// The ID token, if there is one.
    #[inline]
    pub fn identified(mut self, id_token: &Member<'_>, answer: &Answer<'_>) -> Token {
        self.id_token = id_token.optional_secret(answer);
        self
    }

    /// The granted scopes, a list or a text between any of the separators. What is neither leaves them unknown.
    #[inline]
    pub fn granted(
        mut self,
        scope: &Member<'_>,
        separators: &[&str],
        answer: &Answer<'_>,
    ) -> Token {
        match scope.names_here(separators) {
            Ok(names) => self.scopes = names.map(Scopes),
            Err(failure) => {
                self.scopes_are_unknown = true;
                answer.note(failure);
            }
        }
        self
    }
}

/// A refresh token that can be sent again: one with a control character is none.
#[inline]
fn usable(refresh_token: &Member<'_>) -> Result<Option<Secret>, Failure> {
    match refresh_token.secret_here()? {
        Some(text) if is_control(text.expose()) => {
            Err(refresh_token.wrong("a token without control characters"))
        }
        text => Ok(text),
    }
}

fn is_control(text: &str) -> bool {
    // Without a branch for each byte, many are looked at together.
    text.bytes()
        .fold(false, |found, byte| found | byte.is_ascii_control())
}

/// Whether a header could not carry the text behind `Bearer` (RFC 6750 §2.1).
fn is_no_bearer(text: &str) -> bool {
    text.bytes()
        .fold(false, |found, byte| found | !byte.is_ascii_graphic())
}

impl Member<'_> {
    /// Whether exactly this text stands here as it is.
    #[inline]
    fn is_plain(&self, text: &str) -> bool {
        self.plain_text() == Some(text)
    }

    /// Whether a `token_type` lets the token be used as a bearer token (RFC 6749 §7.1). Providers put many words there, or
    /// none: only those that need more than a header refuse it.
    #[cold]
    fn bears(&self, answer: &Answer<'_>) -> Result<(), Failure> {
        if self.is_absent() {
            return Ok(());
        }
        let word = self.told();
        let is = |own: &&str| word.eq_ignore_ascii_case(own);
        if is(&"bearer") {
            return Ok(());
        }
        if NOT_BEARER.iter().any(is) {
            return Err(self.wrong("a type of token that a bearer header carries"));
        }
        answer.note_once(self, "`Bearer`");
        Ok(())
    }
}

/// Types of tokens that need a proof beside them, or that are no access tokens (RFC 9449, RFC 8693 §2.2.1).
const NOT_BEARER: &[&str] = &["dpop", "mac", "pop", "n_a"];

/// Scopes by name, each once as the provider told them.
///
/// ```
/// use oauth_runtime::Scopes;
///
/// let scopes = Scopes::new(["repo", "user:email"]);
/// assert!(scopes.contains("repo"));
/// assert_eq!(scopes.iter().collect::<Vec<_>>(), ["repo", "user:email"]);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Scopes(String);

impl Scopes {
    /// Scopes from their names.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Scopes {
        Scopes(names.into_iter().collect::<Vec<_>>().join(" "))
    }

    /// The names, in the provider's order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|name| !name.is_empty())
    }

    /// Whether this scope is among them, by its exact name.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|own| own == name)
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}
