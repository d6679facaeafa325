//! [`Token`]: the data of every provider's token types; [`Scopes`]: the granted scopes.

pub(crate) mod bearer;
pub(crate) mod read;
pub(crate) mod refresh_token;

use std::fmt;
use std::time::SystemTime;

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
pub struct Scopes(pub(crate) String);

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
