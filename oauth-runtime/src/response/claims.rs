//! Claims of a JWT that comes directly from the provider.
//!
//! The signature is not checked: the token comes over TLS from the token endpoint, which authenticates it as well
//! (OpenID Connect Core §3.1.3.7, item 6). Never read claims of a token from any other source.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::json::lookup;
use crate::json::member::Members;
use crate::json::paths::Paths;
use crate::response::Response;
use crate::response::members::Member;
use crate::response::parse_error::ParseError;
#[cfg(feature = "lifecycle")]
use crate::secret::Secret;
use crate::secret::same;
#[cfg(feature = "lifecycle")]
use crate::token::Token;

/// The decoded claims of a token; empty if there is no token.
pub struct Claims {
    body: Option<Vec<u8>>,
    /// Whether a body that is not JSON, or that repeats a claim, counts as empty.
    is_lenient: bool,
}

impl Claims {
    /// Decodes the claims of the JWT in a member. They are empty if the member is absent.
    ///
    /// # Errors
    ///
    /// Returns an error if the member is not a text or not a JWT.
    pub fn of(token: &Member<'_>) -> Result<Claims, ParseError> {
        let is_lenient = false;
        let Some(token) = token.secret_here()? else {
            let body = None;
            return Ok(Claims { body, is_lenient });
        };
        let body = token.expose().split('.').nth(1);
        let body = body.and_then(|body| URL_SAFE_NO_PAD.decode(body.trim_end_matches('=')).ok());
        match body {
            Some(_) => Ok(Claims { body, is_lenient }),
            None => Err(NO_JWT),
        }
    }

    /// Decodes the claims of the JWT in a member. They are empty if the member is not a JWT: the provider may issue
    /// opaque access tokens to some users and JWTs to others.
    pub fn of_any(token: &Member<'_>) -> Claims {
        let claims = Claims::of(token).ok();
        Claims {
            body: claims.and_then(|claims| claims.body),
            is_lenient: true,
        }
    }

    /// Decodes the claims of an ID token. If the member is not a JWT, they are empty and the member is reported.
    pub fn of_optional(token: &Member<'_>, answer: &Response<'_>) -> Claims {
        Claims {
            body: answer.noting(Claims::of(token).map(|claims| claims.body)),
            is_lenient: true,
        }
    }

    /// Decodes the claims of a response that is a JWT (OpenID Connect Core §5.3.2). An error response is JSON, whose
    /// members are read as claims.
    ///
    /// # Errors
    ///
    /// Returns an error if the body of a 2xx response is not a JWT, or if its `exp` is past.
    pub fn of_response(answer: &Response<'_>) -> Result<Claims, ParseError> {
        if !answer.is_success() {
            return Ok(Claims {
                body: Some(answer.body.to_vec()),
                is_lenient: true,
            });
        }
        let text = std::str::from_utf8(answer.body).map_err(|_| NO_JWT)?;
        let claims = Claims::of(&Member::of_text(&[], text.trim()))?;
        let mut members = Members::at(&const { Paths::of([&["exp"]]) });
        let [end] = claims.json(&mut members)?;
        claims_end(end, answer)?;
        Ok(claims)
    }

    /// Finds the members among the claims.
    ///
    /// # Errors
    ///
    /// Returns an error if the claims of a token that must be a JWT are not JSON, or if one of these claims is
    /// repeated. The claims of any other token are absent then.
    pub fn json<'a, 'm, const N: usize>(
        &'a self,
        members: &'m mut Members<'_, 'a, N>,
    ) -> Result<&'m [Member<'a>; N], ParseError> {
        let body = self.body.as_deref().unwrap_or(b"{}");
        let failure = match lookup::fill(body, members) {
            Ok(None) => return Ok(&members.each),
            // Implementations differ in which of two claims with one name counts, so neither does.
            Ok(Some(repeated)) => members.each[repeated].repeated(),
            Err(_) => NO_JWT,
        };
        match self.is_lenient {
            true => {
                members.clear();
                Ok(&members.each)
            }
            false => Err(failure),
        }
    }

    /// Checks that an ID token belongs to this login (OpenID Connect Core §3.1.3.7): its nonce (item 11), its audience
    /// (items 3 to 5), its issuer if the spec states one (item 2), and its expiry (item 9). A login that requested an
    /// ID token must receive one.
    ///
    /// # Errors
    ///
    /// Returns an error if the ID token belongs to another login, client or issuer, has expired, or is missing although
    /// the login requested one.
    pub fn belong_to(&self, answer: &Response<'_>) -> Result<(), ParseError> {
        self.check(answer, false)
    }

    /// Checks an ID token like [`Claims::belong_to`], but accepts one without a nonce, for providers that may omit it.
    ///
    /// # Errors
    ///
    /// The errors of [`Claims::belong_to`], except for a nonce that is absent.
    pub fn belong_to_or_omit_nonce(&self, answer: &Response<'_>) -> Result<(), ParseError> {
        self.check(answer, true)
    }

    fn check(&self, answer: &Response<'_>, may_omit_nonce: bool) -> Result<(), ParseError> {
        let (nonce, rest) = line_of(answer.id_token);
        let (client, issuer) = line_of(rest);
        if self.body.is_none() {
            return match client.starts_with('!') {
                true => Err(NO_ID_TOKEN),
                false => Ok(()),
            };
        }
        let client_id = client.get(1..).unwrap_or_default();
        let mut members = Members::at(&CHECKED);
        let [own, audience, party, from, end] = self.json(&mut members)?;
        match own.text() {
            Ok(text) if same(&text, nonce) => {}
            _ if may_omit_nonce && own.is_absent() => {}
            _ => return Err(own.wrong("the nonce of this login")),
        }
        let is_own = |text: &str| text == client_id;
        if !client_id.is_empty() && !audience.has_text(is_own) {
            return Err(audience.wrong("the client id of this app"));
        }
        if !client_id.is_empty() && !party.is_absent() && !party.has_text(is_own) {
            return Err(party.wrong("the client id of this app"));
        }
        // Google issues its name with and without `https://`.
        let bare = |text: &str| text.strip_prefix("https://").unwrap_or(text).to_owned();
        if !issuer.is_empty() && !from.has_text(|text| bare(text) == bare(issuer)) {
            return Err(from.wrong("the issuer that the spec states"));
        }
        if end.is_absent() {
            answer.note(end.wrong("the expiry time of the ID token"));
        }
        claims_end(end, answer)
    }
}

/// Checks that the claims have not expired, with a tolerance of `LEEWAY`. An `exp` that cannot be read is reported.
fn claims_end(end: &Member<'_>, answer: &Response<'_>) -> Result<(), ParseError> {
    let now = answer.received_at.checked_sub(LEEWAY);
    let now = now.unwrap_or(SystemTime::UNIX_EPOCH);
    match answer.noting(end.moment_here(Duration::from_secs(1))) {
        Some(end) if end < now => Err(end_is_past()),
        _ => Ok(()),
    }
}

/// Returns whether the ID token of a refresh response is for another user, or from another issuer, than the previous
/// one (OpenID Connect Core §12.2).
#[cfg(feature = "lifecycle")]
pub(crate) fn is_of_another_user(new: &Token, old: &Token) -> bool {
    static NAMES: Paths<2> = Paths::of([&["iss"], &["sub"]]);
    let (Some(new), Some(old)) = (new.id_token(), old.id_token()) else {
        return false;
    };
    let named = |token: &Secret| {
        let claims = Claims::of(&Member::of_text(&["id_token"], token.expose())).ok()?;
        let mut members = Members::at(&NAMES);
        let [issuer, subject] = claims.json(&mut members).ok()?;
        Some((issuer.text_here().ok()??, subject.text_here().ok()??))
    };
    matches!((named(new), named(old)), (Some(new), Some(old)) if new != old)
}

/// Returns the first line of a text, and the text after it.
fn line_of(text: &str) -> (&str, &str) {
    match memchr::memchr(b'\n', text.as_bytes()) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    }
}

static CHECKED: Paths<5> = Paths::of([&["nonce"], &["aud"], &["azp"], &["iss"], &["exp"]]);

/// The tolerated difference between the clocks of this machine and the provider.
const LEEWAY: Duration = Duration::from_secs(5 * 60);

const NO_ID_TOKEN: ParseError = ParseError::Member {
    path: &["id_token"],
    expected: "the ID token that the login requested",
    found: "missing",
};

#[cold]
const fn end_is_past() -> ParseError {
    ParseError::Member {
        path: &["exp"],
        expected: "a time in the future",
        found: "a time in the past",
    }
}

const NO_JWT: ParseError = ParseError::Member {
    path: &[],
    expected: "a JWT",
    found: "something else",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::Oddities;

    fn claims(body: &str) -> Result<Claims, ParseError> {
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

    fn judged(claims: &Claims, id_token: &str) -> Result<(), String> {
        let answer = Response {
            status: 200,
            body: b"",
            received_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000),
            refresh_token: None,
            kept: &[],
            id_token,
            oddities: &Oddities::default(),
        };
        claims
            .belong_to(&answer)
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn an_id_token_of_another_login_client_or_issuer_is_refused() {
        type Change = fn(&mut serde_json::Value);
        const OWN: &str = "n\n!id\nhttps://acme.example";
        let of = |change: Change| {
            let mut body = serde_json::json!({
                "iss": "https://acme.example", "aud": "id", "sub": "u", "nonce": "n", "exp": 1_000_100,
            });
            change(&mut body);
            judged(&claims(&body.to_string()).ok().unwrap(), OWN)
        };
        let taken: [Change; 6] = [
            |_| {},
            |body| body["aud"] = serde_json::json!(["other", "id"]),
            |body| body["azp"] = "id".into(),
            |body| body["iss"] = "acme.example".into(),
            // This `exp` is past, but within `LEEWAY`.
            |body| body["exp"] = 999_800.into(),
            |body| body["exp"] = "1000100".into(),
        ];
        for change in taken {
            assert_eq!(of(change), Ok(()));
        }
        let refused: [(Change, &str); 11] = [
            (|body| body["nonce"] = "m".into(), "nonce"),
            (|body| body["nonce"] = serde_json::Value::Null, "nonce"),
            (|body| body["aud"] = "other".into(), "aud"),
            (|body| body["aud"] = serde_json::json!([]), "aud"),
            (|body| body["aud"] = serde_json::Value::Null, "aud"),
            (|body| body["azp"] = "other".into(), "azp"),
            (|body| body["azp"] = serde_json::json!({}), "azp"),
            (|body| body["iss"] = "https://evil.example".into(), "iss"),
            (|body| body["iss"] = "http://acme.example".into(), "iss"),
            (|body| body["iss"] = serde_json::Value::Null, "iss"),
            (|body| body["exp"] = 1.into(), "exp"),
        ];
        for (change, claim) in refused {
            let refused = of(change).unwrap_err();
            assert!(
                refused.starts_with(&format!("`{claim}` should be")),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_login_that_asked_for_an_id_token_must_get_one() {
        let none = Claims::of(&Member::of_text(&["id_token"], ""))
            .ok()
            .unwrap();
        assert_eq!(judged(&none, "n\n?id\n"), Ok(()));
        let refused = judged(&none, "n\n!id\n").unwrap_err();
        assert_eq!(
            refused,
            "`id_token` should be the ID token that the login requested, but is missing"
        );
    }

    #[test]
    fn a_claim_that_nobody_asks_for_may_be_no_utf8() {
        let body = URL_SAFE_NO_PAD.encode(b"{\"name\":\"\xfc\",\"nonce\":\"n\",\"aud\":\"id\"}");
        let token = format!("e30.{body}.signature");
        let claims = Claims::of(&Member::of_text(&["id_token"], &token)).ok();
        assert_eq!(judged(&claims.unwrap(), "n\n!id\n"), Ok(()));
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
    }
}
