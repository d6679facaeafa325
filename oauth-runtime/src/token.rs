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
        self.scopes = self.scopes.or_else(|| older.scopes.clone());
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
        scopes: Option<Scopes>,
    ) -> Token {
        Token {
            access_token,
            expires_at,
            refresh_token,
            refresh_token_expires_at,
            id_token,
            scopes,
        }
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
}

/// What generated readers build a token with, member by member.
impl Token {
    /// The access token that the answer must have.
    #[inline]
    pub fn read(access_token: &Member<'_>) -> Result<Token, Failure> {
        Ok(Token::new(access_token.secret()?))
    }

    /// A lifetime in units of `unit`, counted from the answer's arrival.
    #[inline]
    pub fn lives(
        mut self,
        expires_in: &Member<'_>,
        unit: Duration,
        answer: &Answer<'_>,
    ) -> Result<Token, Failure> {
        if let Some(lifetime) = expires_in.optional_duration(unit)? {
            self.expires_at = answer.after(lifetime);
        }
        Ok(self)
    }

    /// A lifetime in units of `unit`, unless it is the number that means: it does not end.
    #[inline]
    pub fn lives_unless(
        self,
        expires_in: &Member<'_>,
        endless: i64,
        unit: Duration,
        answer: &Answer<'_>,
    ) -> Result<Token, Failure> {
        match expires_in.optional_integer()? == Some(endless) {
            true => Ok(self),
            false => self.lives(expires_in, unit, answer),
        }
    }

    /// A point in time, in units of `unit` since 1970.
    #[inline]
    pub fn ends(mut self, expires_at: &Member<'_>, unit: Duration) -> Result<Token, Failure> {
        if let Some(since) = expires_at.optional_duration(unit)? {
            self.expires_at = SystemTime::UNIX_EPOCH.checked_add(since);
        }
        Ok(self)
    }

    /// A point in time as RFC 3339 writes it.
    #[inline]
    pub fn ends_on(mut self, expires_at: &Member<'_>) -> Result<Token, Failure> {
        if let Some(end) = expires_at.optional_date()? {
            self.expires_at = Some(end);
        }
        Ok(self)
    }

    /// The lifetime that the documentation promises, where the answer told none.
    #[inline]
    pub fn lives_by_documentation(mut self, lifetime: Duration, answer: &Answer<'_>) -> Token {
        self.expires_at = self.expires_at.or_else(|| answer.after(lifetime));
        self
    }

    /// The refresh token of the answer, or the one that was sent where none came (RFC 6749 §6).
    #[inline]
    pub fn renewable(
        mut self,
        refresh_token: &Member<'_>,
        answer: &Answer<'_>,
    ) -> Result<Token, Failure> {
        self.refresh_token = refresh_token
            .optional_secret()?
            .or_else(|| answer.refresh_token.cloned());
        Ok(self)
    }

    /// The refresh token's lifetime in units of `unit`, unless it is the number that means: it does not end.
    #[inline]
    pub fn renewable_for_unless(
        self,
        expires_in: &Member<'_>,
        endless: i64,
        unit: Duration,
        answer: &Answer<'_>,
    ) -> Result<Token, Failure> {
        match expires_in.optional_integer()? == Some(endless) {
            true => Ok(self),
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
    ) -> Result<Token, Failure> {
        let lifetime = expires_in.optional_duration(unit)?;
        self.refresh_token_expires_at = lifetime.and_then(|lifetime| answer.after(lifetime));
        Ok(self)
    }

    /// The refresh token's end, in units of `unit` since 1970.
    #[inline]
    pub fn renewable_until(
        mut self,
        expires_at: &Member<'_>,
        unit: Duration,
    ) -> Result<Token, Failure> {
        let since = expires_at.optional_duration(unit)?;
        self.refresh_token_expires_at =
            since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
        Ok(self)
    }

    /// The refresh token's end as RFC 3339 writes it.
    #[inline]
    pub fn renewable_until_date(mut self, expires_at: &Member<'_>) -> Result<Token, Failure> {
        self.refresh_token_expires_at = expires_at.optional_date()?;
        Ok(self)
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
    pub fn identified(mut self, id_token: &Member<'_>) -> Result<Token, Failure> {
        self.id_token = id_token.optional_secret()?;
        Ok(self)
    }

    /// The granted scopes, a list or a text between any of the separators.
    #[inline]
    pub fn granted(mut self, scope: &Member<'_>, separators: &[&str]) -> Result<Token, Failure> {
        self.scopes = scope.optional_names(separators)?.map(Scopes);
        Ok(self)
    }
}

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
