//! Claims of a JWT that came straight from the provider.
//!
//! Its signature is not checked: it came over TLS from the token endpoint, which vouches for it as well
//! (OpenID Connect Core §3.1.3.7, item 6). Never read claims of a token that somebody else handed over.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::json_members;
use crate::members::Member;
use crate::paths::{Members, Paths};
use crate::secret::same;

/// The claims of a token, decoded; nothing where there is no token.
pub struct Claims(Option<Vec<u8>>);

impl Claims {
    /// The claims of the JWT that stands here; none where nothing does.
    pub fn of(token: &Member<'_>) -> Result<Claims, Failure> {
        let Some(token) = token.secret_here()? else {
            return Ok(Claims(None));
        };
        let body = token.expose().split('.').nth(1);
        let decoded = body.and_then(|body| URL_SAFE_NO_PAD.decode(body.trim_end_matches('=')).ok());
        // A text that is not JSON has no claims, whatever it decodes to.
        let decoded = decoded.filter(|claims| serde_json::from_slice::<IgnoredAny>(claims).is_ok());
        decoded.map(|claims| Claims(Some(claims))).ok_or(NO_JWT)
    }

    /// The claims of the JWT that stands here. What is no JWT has none: an access token may be opaque for one user and a
    /// JWT for the next.
    pub fn of_any(token: &Member<'_>) -> Claims {
        Claims::of(token).unwrap_or(Claims(None))
    }

    /// The claims of the ID token that stands here. What is no JWT has none, and is reported.
    pub fn of_optional(token: &Member<'_>, answer: &Answer<'_>) -> Claims {
        let claims = answer.noting(Claims::of(token).map(Some));
        claims.unwrap_or(Claims(None))
    }

    /// Finds the members among the claims.
    pub fn json<'a, 'm, const N: usize>(
        &'a self,
        members: &'m mut Members<'_, 'a, N>,
    ) -> Result<&'m [Member<'a>; N], Failure> {
        let body = self.0.as_deref().unwrap_or(b"{}");
        match json_members::fill(body, members) {
            Ok(None) => Ok(&members.each),
            // Which of two claims counts would be a guess.
            Ok(Some(repeated)) => Err(repeated),
            Err(Failure::NotJson { .. }) => Err(NO_JWT),
            Err(failure) => Err(failure),
        }
    }

    /// Refuses an ID token that does not repeat the nonce of its login (OpenID Connect Core §3.1.3.7, item
    /// 11): it is another login's. Where there is no ID token, nothing is repeated.
    pub fn repeat(&self, nonce: &str) -> Result<(), Failure> {
        if self.0.is_none() {
            return Ok(());
        }
        let mut members = Members::at(&const { Paths::of([&["nonce"]]) });
        let [own] = self.json(&mut members)?;
        match own.text() {
            Ok(own) if same(&own, nonce) => Ok(()),
            _ => Err(own.wrong("the nonce of this login")),
        }
    }
}

const NO_JWT: Failure = Failure::Member {
    path: &[],
    expected: "a JWT",
    found: "something else",
};

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(body: &str) -> Result<Claims, Failure> {
        let token = format!("e30.{}.signature", URL_SAFE_NO_PAD.encode(body));
        Claims::of(&Member::of_text(&["id_token"], &token))
    }

    #[test]
    fn a_claim_is_read_by_its_path() {
        let claims = claims(r#"{"tid":"t","a":{"b":7}}"#).ok().unwrap();
        let mut members = Members::at(&const { Paths::of([&["tid"], &["a", "b"]]) });
        let [tenant, number] = claims.json(&mut members).ok().unwrap();
        assert_eq!(
            (tenant.text().unwrap(), number.integer().unwrap()),
            ("t".to_owned(), 7)
        );
    }

    #[test]
    fn another_login_s_id_token_is_refused() {
        let own = claims(r#"{"sub":"u","nonce":"n"}"#).ok().unwrap();
        assert!(own.repeat("n").is_ok());
        let told = own.repeat("m").unwrap_err().to_string();
        assert_eq!(
            told,
            "`nonce` should be the nonce of this login and is a text"
        );
        let without = claims(r#"{"sub":"u"}"#).ok().unwrap();
        assert!(without.repeat("n").is_err());
    }

    #[test]
    fn a_claim_that_nobody_asks_for_may_be_no_utf8() {
        let body = URL_SAFE_NO_PAD.encode(b"{\"name\":\"\xfc\",\"nonce\":\"n\"}");
        let token = format!("e30.{body}.signature");
        let claims = Claims::of(&Member::of_text(&["id_token"], &token)).ok();
        assert!(claims.unwrap().repeat("n").is_ok());
    }

    #[test]
    fn what_is_no_jwt_has_no_claims() {
        for token in ["x", "a.b", "a..c", "a.!!.c", "a.bm8.c"] {
            let member = Member::of_text(&["id_token"], token);
            let read = Claims::of(&member).and_then(|claims| {
                let mut members = Members::at(&const { Paths::of([&["a"]]) });
                claims.json(&mut members).map(|_| ())
            });
            assert!(read.is_err(), "{token}");
        }
        let opaque = Member::of_text(&["access_token"], "EwBopaque");
        let mut members = Members::at(&const { Paths::of([&["tid"]]) });
        let claims = Claims::of_any(&opaque);
        let [tid] = claims.json(&mut members).ok().unwrap();
        assert!(tid.is_absent());
        let none = Claims::of(&Member::of_text(&["id_token"], ""))
            .ok()
            .unwrap();
        assert!(none.repeat("n").is_ok());
    }
}
