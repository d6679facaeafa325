//! [`Token`]: the data of every provider's token types; [`Scopes`]: the granted scopes.

pub(crate) mod bearer;
pub(crate) mod refresh_token;

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::response::Response;
use crate::response::members::{Member, spaced};
use crate::response::parse_error::ParseError;
use crate::secret::Secret;

pub use crate::token::refresh_token::RefreshToken;

/// An access token with the data that came with it. Generated modules wrap it in their token types, so that a token of one
/// provider cannot be used as one of another.
///
/// ```
/// use oauth_runtime::{Secret, Token};
///
/// // The texts come from a database, for example. A generated token type accepts the token in `from_stored`.
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
    /// Whether the response states scopes that cannot be read.
    scopes_are_unknown: bool,
    /// Whether the documented lifetime is ignored: the response states an unreadable expiry, or that there is none.
    ignores_documented_lifetime: bool,
}

impl Token {
    /// Creates a token that has only an access token.
    ///
    /// ```
    /// use oauth_runtime::{Secret, Token};
    ///
    /// let token = Token::new(Secret::new("2YotnFZFEjr1zCsicMWpAA"));
    /// assert_eq!(token.access_token().expose(), "2YotnFZFEjr1zCsicMWpAA");
    /// assert!(token.refresh_token().is_none());
    /// ```
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

    /// Sets the expiry of the access token.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use oauth_runtime::{Secret, Token};
    ///
    /// let end = UNIX_EPOCH + Duration::from_secs(1_893_456_000);
    /// let token = Token::new(Secret::new("2YotnFZFEjr1zCsicMWpAA")).with_expires_at(end);
    /// assert_eq!(token.expires_at(), Some(end));
    /// ```
    pub fn with_expires_at(mut self, end: SystemTime) -> Token {
        self.expires_at = Some(end);
        self
    }

    /// Sets the refresh token.
    pub fn with_refresh_token(mut self, refresh_token: Secret) -> Token {
        self.refresh_token = Some(refresh_token);
        self
    }

    /// Sets the granted scopes.
    ///
    /// ```
    /// use oauth_runtime::{Scopes, Secret, Token};
    ///
    /// let token = Token::new(Secret::new("2YotnFZFEjr1zCsicMWpAA")).with_scopes(Scopes::new(["read", "write"]));
    /// assert!(token.scopes().is_some_and(|scopes| scopes.contains("read")));
    /// ```
    pub fn with_scopes(mut self, scopes: Scopes) -> Token {
        self.scopes = Some(scopes);
        self
    }

    /// Copies from an older token what the response for this one did not repeat: scopes and ID token.
    #[cfg(feature = "lifecycle")]
    pub(crate) fn keeping_of(mut self, older: &Token) -> Token {
        if !self.scopes_are_unknown && self.scopes.is_none() {
            self.scopes.clone_from(&older.scopes);
            self.scopes_are_unknown = older.scopes_are_unknown;
        }
        self.id_token = self.id_token.or_else(|| older.id_token.clone());
        self
    }

    /// Creates a token from stored values.
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

    /// Marks the access token as expired, and sets another refresh token. This is the result of a refresh that returned an
    /// unusable access token.
    #[cfg(feature = "lifecycle")]
    pub(crate) fn ended(mut self, now: SystemTime, refresh_token: Secret) -> Token {
        self.expires_at = Some(now);
        self.refresh_token = Some(refresh_token);
        self
    }

    /// Returns the access token (RFC 6749 §1.4).
    pub fn access_token(&self) -> &Secret {
        &self.access_token
    }

    /// Returns the expiry of the access token by this machine's clock, or `None` if it is unknown.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// Returns the refresh token (RFC 6749 §1.5), if there is one.
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.refresh_token.as_ref()
    }

    /// Takes out the refresh token, for a refresh that consumes it.
    ///
    /// ```
    /// use oauth_runtime::{Secret, Token};
    ///
    /// let refresh_token = Secret::new("tGzv3JOkF0XG5Qx2TlKWIA");
    /// let mut token = Token::new(Secret::new("2YotnFZFEjr1zCsicMWpAA")).with_refresh_token(refresh_token);
    /// assert!(token.take_refresh_token().is_some());
    /// assert!(token.take_refresh_token().is_none());
    /// ```
    pub fn take_refresh_token(&mut self) -> Option<Secret> {
        self.refresh_token.take()
    }

    /// Returns the expiry of the refresh token, if the provider states it.
    pub fn refresh_token_expires_at(&self) -> Option<SystemTime> {
        self.refresh_token_expires_at
    }

    /// Returns the ID token (OpenID Connect Core §2) as received. Its signature is not checked.
    pub fn id_token(&self) -> Option<&Secret> {
        self.id_token.as_ref()
    }

    /// Returns the granted scopes, if the provider states them.
    pub fn scopes(&self) -> Option<&Scopes> {
        self.scopes.as_ref()
    }

    /// Returns whether the provider stated granted scopes that could not be read. The granted scopes are unknown then. A
    /// response that states none grants the requested scopes (RFC 6749 §5.1).
    pub fn has_unknown_scopes(&self) -> bool {
        self.scopes_are_unknown
    }
}

/// A type of token of one provider. Generated modules implement it for their token types.
pub trait TokenType: Sized + 'static {
    /// Creates a token of this type from stored data.
    fn from_stored(token: Token) -> Self;

    /// Returns the data of the token, to store it.
    fn stored(&self) -> &Token;
}

/// Methods by which generated readers build a token, member by member. Only the access token can fail. Any other member that
/// does not match the spec is reported and read as absent.
impl Token {
    /// Reads the required access token, which is sent as a bearer token (RFC 6750 §2.1). The members are the access token,
    /// the token type and the refresh token; later ones may be left out.
    ///
    /// # Errors
    ///
    /// The access token is absent, is not a string, or has a character other than visible ASCII; or the token type requires
    /// more than a bearer header. The error contains the refresh token of the response.
    #[inline]
    pub fn read<const N: usize>(
        members: [&Member<'_>; N],
        response: &Response<'_>,
    ) -> Result<Token, ParseError> {
        Token::read_unless(is_no_bearer, &members, response)
    }

    /// Reads the required access token of a provider whose calls do not send it as a bearer token. It may contain spaces. The
    /// members are those of [`Token::read`].
    ///
    /// # Errors
    ///
    /// The access token is absent, is not a string, or has a control character; or the token type requires more than a bearer
    /// header. The error contains the refresh token of the response.
    #[inline]
    pub fn read_opaque<const N: usize>(
        members: [&Member<'_>; N],
        response: &Response<'_>,
    ) -> Result<Token, ParseError> {
        Token::read_unless(is_control, &members, response)
    }

    #[inline]
    fn read_unless(
        is_refused: fn(&str) -> bool,
        members: &[&Member<'_>],
        response: &Response<'_>,
    ) -> Result<Token, ParseError> {
        let [access_token, ..] = members else {
            return Err(ParseError::NotForm);
        };
        let (token_type, refresh_token) = (members.get(1), members.get(2).copied());
        let read = access_token
            .secret()
            .and_then(|text| match is_refused(text.expose()) {
                true => Err(access_token.wrong("a token without spaces and control characters")),
                false => Ok(text),
            });
        let typed = match token_type {
            Some(own) if !own.is_plain("Bearer") => own.bears(response),
            _ => Ok(()),
        };
        match (read, typed) {
            (Ok(access_token), Ok(())) => {
                let token = Token::new(access_token);
                Ok(match refresh_token {
                    Some(refresh_token) => token.renewable(refresh_token, response),
                    None => token,
                })
            }
            (Err(failure), _) | (_, Err(failure)) => {
                Err(failure.beside_refresh_token(refresh_token))
            }
        }
    }

    /// Sets the expiry by a lifetime in units of `unit`, counted from the arrival of the response.
    #[inline]
    pub fn lives(
        mut self,
        expires_in: &Member<'_>,
        unit: Duration,
        answer: &Response<'_>,
    ) -> Token {
        match expires_in.duration_here(unit) {
            Ok(Some(lifetime)) => self.expires_at = answer.after(lifetime),
            Ok(None) => {}
            Err(failure) => self.unknown_end(failure, answer),
        }
        self
    }

    /// Sets the expiry by a lifetime in units of `unit`. The number `endless` means that the token does not expire.
    #[inline]
    pub fn lives_unless(
        mut self,
        expires_in: &Member<'_>,
        endless: i64,
        unit: Duration,
        answer: &Response<'_>,
    ) -> Token {
        match expires_in.integer_here() == Ok(Some(endless)) {
            true => {
                self.ignores_documented_lifetime = true;
                self
            }
            false => self.lives(expires_in, unit, answer),
        }
    }

    /// Sets the expiry by a point in time, in units of `unit` since 1970.
    #[inline]
    pub fn ends(mut self, expires_at: &Member<'_>, unit: Duration, answer: &Response<'_>) -> Token {
        match expires_at.moment_here(unit) {
            Ok(Some(end)) => self.expires_at = Some(end),
            Ok(None) => {}
            Err(failure) => self.unknown_end(failure, answer),
        }
        self
    }

    /// Sets the expiry by an RFC 3339 date.
    #[inline]
    pub fn ends_on(mut self, expires_at: &Member<'_>, answer: &Response<'_>) -> Token {
        match expires_at.date_here() {
            Ok(Some(end)) => self.expires_at = Some(end),
            Ok(None) => {}
            Err(failure) => self.unknown_end(failure, answer),
        }
        self
    }

    /// Marks a malformed expiry as unknown, so that the documented lifetime does not replace it.
    #[cold]
    fn unknown_end(&mut self, failure: ParseError, answer: &Response<'_>) {
        self.ignores_documented_lifetime = true;
        answer.note(failure);
    }

    /// Sets the expiry by the documented lifetime, if the response states none.
    #[inline]
    pub fn lives_by_documentation(mut self, lifetime: Duration, answer: &Response<'_>) -> Token {
        if self.expires_at.is_none() && !self.ignores_documented_lifetime {
            self.expires_at = answer.after(lifetime);
        }
        self
    }

    /// Sets the refresh token of the response, or the one of the request if the response has none (RFC 6749 §6).
    #[inline]
    pub fn renewable(mut self, refresh_token: &Member<'_>, answer: &Response<'_>) -> Token {
        self.refresh_token = answer
            .noting(usable(refresh_token))
            .or_else(|| answer.refresh_token.cloned());
        self
    }

    /// Sets the expiry of the refresh token by a lifetime in units of `unit`. The number `endless` means that it does not
    /// expire.
    #[inline]
    pub fn renewable_for_unless(
        self,
        expires_in: &Member<'_>,
        endless: i64,
        unit: Duration,
        answer: &Response<'_>,
    ) -> Token {
        match expires_in.integer_here() == Ok(Some(endless)) {
            true => self,
            false => self.renewable_for(expires_in, unit, answer),
        }
    }

    /// Sets the expiry of the refresh token by a lifetime in units of `unit`, counted from the arrival of the response.
    #[inline]
    pub fn renewable_for(
        mut self,
        expires_in: &Member<'_>,
        unit: Duration,
        answer: &Response<'_>,
    ) -> Token {
        let lifetime = answer.noting(expires_in.duration_here(unit));
        self.refresh_token_expires_at = lifetime.and_then(|lifetime| answer.after(lifetime));
        self
    }

    /// Sets the expiry of the refresh token by a point in time, in units of `unit` since 1970.
    #[inline]
    pub fn renewable_until(
        mut self,
        expires_at: &Member<'_>,
        unit: Duration,
        answer: &Response<'_>,
    ) -> Token {
        self.refresh_token_expires_at = answer.noting(expires_at.moment_here(unit));
        self
    }

    /// Sets the expiry of the refresh token by an RFC 3339 date.
    #[inline]
    pub fn renewable_until_date(mut self, expires_at: &Member<'_>, answer: &Response<'_>) -> Token {
        self.refresh_token_expires_at = answer.noting(expires_at.date_here());
        self
    }

    /// Sets the granted scopes of the callback, split at any of the separators.
    #[inline]
    pub fn granted_by_callback(mut self, scopes: &str, separators: &[&str]) -> Token {
        let spaced = spaced(scopes, separators);
        self.scopes = (!spaced.is_empty()).then_some(Scopes(spaced));
        self
    }

    /// Sets the ID token, if there is one.
    #[inline]
    pub fn identified(mut self, id_token: &Member<'_>, answer: &Response<'_>) -> Token {
        self.id_token = id_token.optional_secret(answer);
        self
    }

    /// Sets the granted scopes by a list, or by a string that is split at any of the separators. Any other type leaves them
    /// unknown.
    #[inline]
    pub fn granted(
        mut self,
        scope: &Member<'_>,
        separators: &[&str],
        answer: &Response<'_>,
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

/// Returns a refresh token that can be sent again. One with a control character is an error.
#[inline]
fn usable(refresh_token: &Member<'_>) -> Result<Option<Secret>, ParseError> {
    match refresh_token.secret_here()? {
        Some(text) if is_control(text.expose()) => {
            Err(refresh_token.wrong("a token without control characters"))
        }
        text => Ok(text),
    }
}

fn is_control(text: &str) -> bool {
    // Without a branch for each byte, the compiler can check many bytes at once.
    text.bytes()
        .fold(false, |found, byte| found | byte.is_ascii_control())
}

/// Returns whether a text cannot follow `Bearer` in a header (RFC 6750 §2.1).
fn is_no_bearer(text: &str) -> bool {
    text.bytes()
        .fold(false, |found, byte| found | !byte.is_ascii_graphic())
}

impl Member<'_> {
    /// Returns whether the value is exactly this string, without any encoding.
    #[inline]
    fn is_plain(&self, text: &str) -> bool {
        self.plain_text() == Some(text)
    }

    /// Checks that a `token_type` allows the use as a bearer token (RFC 6749 §7.1). Providers send many words there, or
    /// none. Only the types that need more than a header are rejected.
    #[cold]
    fn bears(&self, answer: &Response<'_>) -> Result<(), ParseError> {
        if self.is_absent() {
            return Ok(());
        }
        let word = self.told();
        let is = |own: &&str| word.eq_ignore_ascii_case(own);
        if is(&"bearer") {
            return Ok(());
        }
        if NOT_BEARER.iter().any(is) {
            return Err(self.wrong("a token type that can be sent as a bearer token"));
        }
        answer.note_once(self, "`Bearer`");
        Ok(())
    }
}

/// The token types that need an additional proof, or are not access tokens (RFC 9449, RFC 8693 §2.2.1).
const NOT_BEARER: &[&str] = &["dpop", "mac", "pop", "n_a"];

/// Scopes by name, in the order in which the provider stated them.
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
    /// Creates scopes from their names.
    ///
    /// ```
    /// use oauth_runtime::Scopes;
    ///
    /// assert_eq!(format!("{:?}", Scopes::new(["repo", "user:email"])), r#"{"repo", "user:email"}"#);
    /// ```
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Scopes {
        Scopes(names.into_iter().collect::<Vec<_>>().join(" "))
    }

    /// Returns the names, in the provider's order.
    ///
    /// ```
    /// use oauth_runtime::Scopes;
    ///
    /// let scopes = Scopes::new(["repo", "user:email"]);
    /// assert_eq!(scopes.iter().next(), Some("repo"));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|name| !name.is_empty())
    }

    /// Returns whether a scope of exactly this name is among them.
    ///
    /// ```
    /// use oauth_runtime::Scopes;
    ///
    /// let scopes = Scopes::new(["repo", "user:email"]);
    /// assert!(scopes.contains("user:email") && !scopes.contains("user"));
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|own| own == name)
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}
