//! The reasons to reject a request, and the provider's error codes for them.

use crate::plan::ErrorCode;
use crate::plan::token::ErrorClass;

/// The reason why the simulator rejects a request.
///
/// It is in the extensions of the response. The error response of a provider rarely contains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

/// The parameters that the provider does not know and ignores.
///
/// They are in the extensions of the response. Nothing else reports a misspelled parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver(pub Vec<String>);

/// Adds the ignored parameters to a response.
pub(super) fn telling(
    mut answer: http::Response<Vec<u8>>,
    passed_over: Vec<String>,
) -> http::Response<Vec<u8>> {
    if !passed_over.is_empty() {
        answer.extensions_mut().insert(PassedOver(passed_over));
    }
    answer
}

/// The reason to reject a call.
pub(super) struct Refusal {
    /// The standard's code (RFC 6749 §5.2, RFC 6750 §3.1).
    standard: &'static str,
    /// A text that a provider-specific code for it contains.
    hint: &'static str,
    /// The texts that a provider-specific code for something invalid may contain.
    about: &'static [&'static str],
    words: String,
}

impl Refusal {
    pub(super) fn request(words: &str) -> Refusal {
        Refusal::new("invalid_request", "invalid_request", words)
    }

    pub(super) fn client() -> Refusal {
        let words = "client authentication failed";
        Refusal::new("invalid_client", "client", words)
    }

    pub(super) fn code(words: &str) -> Refusal {
        Refusal::new("invalid_grant", "invalid_grant", words).about(&["code", "grant", "oauth"])
    }

    pub(super) fn refresh_token(words: &str) -> Refusal {
        Refusal::new("invalid_grant", "invalid_grant", words).about(&["refresh", "token", "grant"])
    }

    pub(super) fn redirect_uri() -> Refusal {
        let words = "the redirect URI differs from that of the login";
        Refusal::new("invalid_grant", "redirect_uri_mismatch", words)
    }

    pub(super) fn token() -> Refusal {
        let words = "the access token is unknown, expired or revoked";
        Refusal::new("invalid_token", "invalid_token", words).about(&["token", "auth", "session"])
    }

    pub(super) fn scope(words: &str) -> Refusal {
        Refusal::new("invalid_scope", "invalid_scope", words)
    }

    /// The token lacks a scope that the call needs (RFC 6750 §3.1).
    pub(super) fn insufficient_scope(needed: &str) -> Refusal {
        let words = format!("the token lacks a scope: the call needs {needed}");
        Refusal::new("insufficient_scope", "insufficient_scope", &words)
    }

    pub(super) fn pkce() -> Refusal {
        let words = "this app must not send a code challenge";
        Refusal::new("invalid_request", "pkce", words)
    }

    /// Returns the reason to reject a wrong constant. A grant type and a response type have separate codes.
    pub(super) fn constant(name: &str) -> Refusal {
        let words = format!("`{name}` does not have the value that the spec states");
        match name {
            "grant_type" => {
                Refusal::new("unsupported_grant_type", "unsupported_grant_type", &words)
            }
            "response_type" => Refusal::new(
                "unsupported_response_type",
                "unsupported_response_type",
                &words,
            ),
            _ => Refusal::request(&words),
        }
    }

    pub(super) fn denied() -> Refusal {
        Refusal::new(
            "access_denied",
            "access_denied",
            "the user denied the request",
        )
    }

    /// Returns whether the user declined.
    pub(super) fn is_denial(&self) -> bool {
        self.standard == "access_denied"
    }

    /// Returns whether a code of that class may describe this reason: one of the class `denied` describes only a denial.
    pub(super) fn is_of_class(&self, class: ErrorClass) -> bool {
        self.is_denial() == (class == ErrorClass::Denied)
    }

    pub(super) fn standard(&self) -> &'static str {
        self.standard
    }

    pub(super) fn words(&self) -> &str {
        &self.words
    }

    fn new(standard: &'static str, hint: &'static str, words: &str) -> Refusal {
        Refusal {
            standard,
            hint,
            about: &[],
            words: words.to_owned(),
        }
    }

    fn about(self, about: &'static [&'static str]) -> Refusal {
        Refusal { about, ..self }
    }

    /// Returns whether a code of the provider, with that class, describes this reason.
    pub(super) fn is_said_by(&self, code: &ErrorCode, class: ErrorClass) -> bool {
        let is_named = |name: &str| name == self.standard || name.contains(self.hint);
        code.name().is_some_and(is_named) || self.is_dead_by(code, class)
    }

    /// Returns whether a provider-specific code describes something that is no longer valid, and requires a login.
    ///
    /// Such a code is a number, a status, or a name.
    fn is_dead_by(&self, code: &ErrorCode, class: ErrorClass) -> bool {
        let name = code.name().unwrap_or_default();
        let of_class = class == ErrorClass::Login && ErrorClass::of_standard(name).is_none();
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        let lower = name.to_ascii_lowercase();
        let of_refresh = lower.contains("refresh") && !self.about.contains(&"refresh");
        let names_it = !of_refresh && self.about.iter().any(|about| lower.contains(about));
        of_class && !self.about.is_empty() && (is_number || names_it)
    }
}
