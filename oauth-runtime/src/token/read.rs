//! Reading a [`Token`] from the members of a token response (RFC 6749 §5.1).

use std::time::Duration;

use crate::response::Response;
use crate::response::conversion::spaced;
use crate::response::members::Member;
use crate::response::parse_error::ParseError;
use crate::secret::Secret;
use crate::token::{Scopes, Token};

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
        let word = self.lenient_text();
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
