//! [`Error`]: a failed call, with its kind, its cause and the remedy.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::printable::{printable, printable_line};
use crate::provider::{KnownError, Provider, Remedy};
use crate::request::Request;
use crate::response::parse_error::{ErrorResponse, ParseError, Rescue};
use crate::response::unreachable::{TransportError, Unreachable};
use crate::secret::Secret;

/// The kind of a failed call, by the party that caused the failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The provider returned an error response.
    Refused,
    /// The provider's response is invalid: it is not JSON, lacks a required member, or is a redirect.
    Misbehaved,
    /// No response arrived.
    Unreachable,
    /// The caller caused the failure: a header cannot carry a value, or an endpoint is not https.
    Misused,
}

/// A failed call. The type is one word wide. `Display` and `Debug` never show a secret or a body.
///
/// ```no_run
/// # fn example(error: &oauth_runtime::Error) {
/// use oauth_runtime::Remedy;
///
/// match error.remedy() {
///     Remedy::LogIn => println!("ask the user to connect {} again", error.provider()),
///     Remedy::Retry | Remedy::SlowDown => println!("again in {:?}", error.retry_after()),
///     _ => println!("someone must look: {error}"),
/// }
/// # }
/// ```
pub struct Error(Box<Details>);

pub(crate) struct Details {
    pub(crate) kind: ErrorKind,
    pub(crate) provider: &'static Provider,
    pub(crate) call: &'static str,
    pub(crate) cause: Cause,
    pub(crate) status: Option<u16>,
    /// The request. Only the names of its parameters are printed, and they are read only then.
    pub(crate) request: Option<Request>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) unspent: Option<Secret>,
}

pub(crate) enum Cause {
    /// The content of an error response, or the reason why a response cannot be used.
    Response(ParseError),
    /// The reason why there is no response.
    NoAnswer(Cow<'static, str>),
    /// The failure of the transport.
    Transport(TransportError),
}

impl Error {
    /// Creates an error without further details.
    pub(crate) fn new(
        kind: ErrorKind,
        provider: &'static Provider,
        call: &'static str,
        cause: Cause,
    ) -> Error {
        Error(Box::new(Details {
            kind,
            provider,
            call,
            cause,
            status: None,
            request: None,
            retry_after: None,
            unspent: None,
        }))
    }

    /// Adds details, each written in place.
    pub(crate) fn with(mut self, more: impl FnOnce(&mut Details)) -> Error {
        more(&mut self.0);
        self
    }

    /// Returns the kind of the failure.
    ///
    /// ```
    /// # fn example(error: &oauth_runtime::Error) {
    /// if error.kind() == oauth_runtime::ErrorKind::Unreachable {
    ///     println!("no response came: {:?}", error.unreachable());
    /// }
    /// # }
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the provider's id in its spec.
    pub fn provider(&self) -> &'static str {
        self.0.provider.id
    }

    /// Returns the call's path in the spec, such as `token.refresh_token`.
    pub fn call(&self) -> &'static str {
        self.0.call
    }

    /// Returns the status of the response, if one arrived.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the error code of the error response, if it has one.
    ///
    /// ```
    /// # fn example(error: &oauth_runtime::Error) {
    /// if error.code() == Some("invalid_grant") {
    ///     println!("the grant at {} has ended", error.provider());
    /// }
    /// # }
    /// ```
    pub fn code(&self) -> Option<&str> {
        self.refusal()?.code()
    }

    /// Returns the description of the error response, if it has one. The text is untrusted: a provider may repeat in it
    /// what it received, so neither `Display` nor `Debug` shows it.
    pub fn description(&self) -> Option<&str> {
        self.refusal()?.description()
    }

    fn refusal(&self) -> Option<&ErrorResponse> {
        match self.failure()? {
            ParseError::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Returns the failure of the reader, if a response arrived.
    pub fn failure(&self) -> Option<&ParseError> {
        match &self.0.cause {
            Cause::Response(failure) => Some(failure),
            Cause::NoAnswer(_) | Cause::Transport(_) => None,
        }
    }

    /// Returns the reason why no response arrived, if the transport failed.
    pub fn unreachable(&self) -> Option<Unreachable> {
        match &self.0.cause {
            Cause::Transport(error) => Some(error.kind),
            Cause::Response(_) | Cause::NoAnswer(_) => None,
        }
    }

    /// Returns what happened, if the kind, the status and the code do not state it.
    fn reason(&self) -> Cow<'_, str> {
        match &self.0.cause {
            Cause::NoAnswer(reason) => Cow::Borrowed(reason),
            Cause::Transport(error) => Cow::Owned(error.to_string()),
            Cause::Response(_) if matches!(self.0.status, Some(300..400)) => Cow::Borrowed(
                "the response is a redirect, which is not followed because the request has credentials",
            ),
            Cause::Response(ParseError::Refused(_)) => Cow::Borrowed(""),
            Cause::Response(unreadable) => Cow::Owned(unreadable.to_string()),
        }
    }

    /// Returns the remedy: that of the spec's row for the code, else that of RFC 6749 §5.2 and RFC 6750 §3.1, else that
    /// of the spec's row for the status, else that of the status.
    ///
    /// A status of 500 or more is a failure of the server, whatever code the body has: the remedy is to retry. The
    /// remedy is also to retry after a 2xx response that cannot be parsed, such as an HTML page or a truncated body: an
    /// intermediary may have caused it.
    ///
    /// If neither the spec nor a standard defines the error, [`Remedy::MendApp`] is a guess: see [`Error::is_known`].
    ///
    /// ```
    /// # fn example(error: &oauth_runtime::Error) {
    /// if error.remedy() == oauth_runtime::Remedy::LogIn {
    ///     println!("ask the user to connect {} again", error.provider());
    /// }
    /// # }
    /// ```
    pub fn remedy(&self) -> Remedy {
        match self.0.kind {
            ErrorKind::Unreachable => self
                .unreachable()
                .map_or(Remedy::Retry, Unreachable::remedy),
            ErrorKind::Misused => Remedy::MendApp,
            _ if self.is_server_failure() => Remedy::Retry,
            _ => self.stated_remedy().unwrap_or_else(|| {
                match self.is_success() && self.is_unreadable() {
                    true => Remedy::Retry,
                    false => status_remedy(self.0.status),
                }
            }),
        }
    }

    /// Returns whether the spec, a standard or the error itself states the remedy. An error response with an unknown
    /// code, or without a code, may be temporary: it is not a reason to give up a grant or to stop retrying.
    pub fn is_known(&self) -> bool {
        let tells = matches!(self.0.kind, ErrorKind::Unreachable | ErrorKind::Misused)
            || matches!(self.0.status, Some(429 | 500..));
        tells || self.stated_remedy().is_some()
    }

    /// Returns the remedy that the spec or a standard states.
    fn stated_remedy(&self) -> Option<Remedy> {
        let known = self.known().map(|known| known.remedy);
        known.or_else(|| self.code().and_then(standard_remedy))
    }

    fn is_success(&self) -> bool {
        matches!(self.0.status, Some(200..300))
    }

    fn is_server_failure(&self) -> bool {
        matches!(self.0.status, Some(500..))
    }

    fn is_unreadable(&self) -> bool {
        matches!(
            self.failure(),
            Some(ParseError::NotJson { .. } | ParseError::NotForm)
        )
    }

    /// Returns the spec's advice on an error response, or what to check if no response arrived. The advice may be
    /// empty.
    pub fn advice(&self) -> &'static str {
        match self.unreachable() {
            Some(unreachable) => unreachable.advice(),
            None => self.known().map_or("", |known| known.advice()),
        }
    }

    /// Returns the time that the provider asked to wait (`Retry-After`).
    ///
    /// ```
    /// # fn example(error: &oauth_runtime::Error) {
    /// let wait = error.retry_after().unwrap_or(std::time::Duration::from_secs(60));
    /// # }
    /// ```
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the section of the provider's page that explains the errors, such as `slack.md#errors`.
    pub fn section(&self) -> String {
        format!("{}.md#errors", self.0.provider.id)
    }

    /// Returns the names of the parameters that were sent, never their values.
    pub fn parameters(&self) -> Vec<String> {
        self.0
            .request
            .as_ref()
            .map(Request::parameter_names)
            .unwrap_or_default()
    }

    /// Takes the refresh token, which was not consumed, if the request cannot have reached the provider.
    pub fn take_refresh_token(&mut self) -> Option<Secret> {
        self.0.unspent.take()
    }

    /// Takes the tokens of a 2xx response that cannot be used as a whole, such as one without a field that the spec
    /// requires. Store or revoke them. A second call returns `None`.
    ///
    /// ```
    /// # fn example(mut error: oauth_runtime::Error) {
    /// if let Some(rescue) = error.take_rescue() {
    ///     for (name, token) in rescue.tokens() {
    ///         println!("the token {name} came, with a refresh token: {}", token.refresh_token().is_some());
    ///     }
    /// }
    /// # }
    /// ```
    pub fn take_rescue(&mut self) -> Option<Rescue> {
        let Cause::Response(ParseError::Beside(rescue)) = &self.0.cause else {
            return None;
        };
        let rescue = Rescue::clone(rescue);
        self.0.cause = Cause::Response(rescue.why.clone());
        Some(rescue)
    }

    /// Returns the spec's row for the code, or the row for the status if no standard defines the code. For a failure of
    /// the server, only a row that advises to retry or to wait counts.
    fn known(&self) -> Option<&'static KnownError> {
        let Details {
            provider,
            call,
            status,
            ..
        } = &*self.0;
        let passes = |known: &&KnownError| matches!(known.remedy, Remedy::Retry | Remedy::SlowDown);
        known_error(provider, call, self.refusal(), *status)
            .filter(|known| !self.is_server_failure() || passes(known))
    }
}

/// Returns the spec's row for the code of an error response, or the row for the status if no standard defines the code.
pub(crate) fn known_error(
    provider: &Provider,
    call: &str,
    refusal: Option<&ErrorResponse>,
    status: Option<u16>,
) -> Option<&'static KnownError> {
    let by_code = refusal.and_then(|refusal| provider.known(call, refusal));
    let standard = refusal
        .and_then(ErrorResponse::code)
        .and_then(standard_remedy);
    by_code.or_else(|| match standard {
        Some(_) => None,
        None => provider.known_status(call, status?),
    })
}

/// Returns the remedy for a code of RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, or RFC 7009 §2.2.1.
pub(crate) fn standard_remedy(code: &str) -> Option<Remedy> {
    match code {
        "invalid_grant" | "invalid_token" => Some(Remedy::LogIn),
        "access_denied" => Some(Remedy::AskTheUser),
        "server_error" | "temporarily_unavailable" => Some(Remedy::Retry),
        "invalid_request"
        | "invalid_client"
        | "unauthorized_client"
        | "unsupported_grant_type"
        | "invalid_scope"
        | "unsupported_response_type"
        | "unsupported_token_type" => Some(Remedy::MendApp),
        _ => None,
    }
}

fn status_remedy(status: Option<u16>) -> Remedy {
    match status {
        Some(429) => Remedy::SlowDown,
        Some(500..) => Remedy::Retry,
        _ => Remedy::MendApp,
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Remedy::LogIn => "the user must log in again",
            Remedy::Retry => "try again later",
            Remedy::SlowDown => "wait before the next call",
            Remedy::MendApp => "correct the app or its registration; a retry will not help",
            Remedy::AskTheUser => "the user or an administrator refused; ask before trying again",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_incident(formatter)?;
        match (self.unreachable(), self.advice()) {
            (_, "") if self.remedy() == Remedy::MendApp && !self.is_known() => formatter
                .write_str(
                    "; neither the spec nor a standard defines this error: try again later, \
                 and check the app's registration if the error persists",
                )?,
            (_, "") => write!(formatter, "; {}", self.remedy())?,
            // This advice is complete, and more specific than the remedy.
            (Some(_), advice) => write!(formatter, "; {advice}")?,
            (None, advice) => write!(formatter, "; {}: {advice}", self.remedy())?,
        }
        let parameters = match self.0.kind == ErrorKind::Refused && self.is_catch_all() {
            true => self.parameters(),
            false => Vec::new(),
        };
        if !parameters.is_empty() {
            write!(formatter, "; parameters sent: {}", parameters.join(", "))?;
        }
        Ok(())
    }
}

impl Error {
    /// Writes what happened, without advice.
    fn write_incident(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let Details {
            kind,
            provider,
            call,
            status,
            ..
        } = &*self.0;
        match kind {
            ErrorKind::Refused => write!(out, "{} rejected {call}", provider.name)?,
            ErrorKind::Misbehaved => write!(
                out,
                "{} returned an invalid response to {call}",
                provider.name
            )?,
            ErrorKind::Unreachable => write!(
                out,
                "no complete response to {call} arrived from {}",
                provider.name
            )?,
            ErrorKind::Misused => write!(out, "{call} for {} was not sent", provider.name)?,
        }
        match (self.code(), status) {
            (Some(code), Some(status)) => write!(out, ": {} (status {status})", printable(code))?,
            (None, Some(status)) => write!(out, " (status {status})")?,
            _ => {}
        }
        match self.reason() {
            reason if reason.is_empty() => Ok(()),
            reason => write!(out, ": {}", printable_line(&reason)),
        }
    }

    /// Returns what happened, for a text that states the next attempt itself. It has no advice about retries, only what
    /// a person must do first.
    #[cfg(feature = "lifecycle")]
    pub(crate) fn incident(&self) -> String {
        let mut incident = String::new();
        // Writing to a `String` cannot fail.
        self.write_incident(&mut incident).ok();
        let advice = self.advice();
        if self.remedy() == Remedy::MendApp && !advice.is_empty() {
            incident.push_str("; ");
            incident.push_str(advice);
        }
        incident
    }

    /// Returns whether the code does not explain the error, so that the names of the parameters help.
    fn is_catch_all(&self) -> bool {
        self.code().is_none_or(|code| code == "invalid_request") || self.known().is_none()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Error")
            .field("kind", &self.kind())
            .field("provider", &self.provider())
            .field("call", &self.call())
            .field("status", &self.status())
            .field("code", &self.code().map(printable))
            .field("remedy", &self.remedy())
            .field("reason", &self.reason())
            .field("parameters", &self.parameters())
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    /// Returns the error of the transport, without the URL.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.cause {
            Cause::Transport(error) => Some(error),
            Cause::Response(_) | Cause::NoAnswer(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::method::Method;

    static PROVIDER: Provider = Provider::new("acme", "Acme", "https://acme.example").errors(&[
        KnownError::new("gone", Remedy::LogIn, "the grant ended"),
        KnownError::new("gone", Remedy::MendApp, "").in_call("revoke"),
        KnownError::of_status(403, Remedy::SlowDown, ""),
        KnownError::new("invalid_grant", Remedy::Retry, "in a moment")
            .described(&["*being processed*"])
            .in_call("refresh"),
        KnownError::new("expired", Remedy::Retry, "").where_shown(3),
        KnownError::new("expired", Remedy::LogIn, ""),
    ]);

    fn error(call: &'static str, status: u16, code: Option<&str>) -> Error {
        let refusal = ErrorResponse::of(code.unwrap_or_default(), "your token hush is bad");
        let cause = Cause::Response(ParseError::Refused(refusal));
        Error::new(ErrorKind::Refused, &PROVIDER, call, cause).with(|details| {
            details.status = Some(status);
            details.request = Some(Request::write(Method::Post, |request| {
                request.form_body();
                request.form("grant_type=x&code=").text("hush");
            }));
        })
    }

    #[test]
    fn the_spec_decides_before_the_standard_and_the_call_before_the_rest() {
        assert_eq!(error("token", 200, Some("gone")).remedy(), Remedy::LogIn);
        assert_eq!(error("revoke", 200, Some("gone")).remedy(), Remedy::MendApp);
        assert_eq!(
            error("token", 400, Some("invalid_grant")).remedy(),
            Remedy::LogIn
        );
        assert_eq!(
            error("token", 403, Some("other")).remedy(),
            Remedy::SlowDown
        );
        assert_eq!(error("token", 429, None).remedy(), Remedy::SlowDown);
        assert_eq!(error("token", 503, None).remedy(), Remedy::Retry);
        assert_eq!(error("token", 400, Some("new")).remedy(), Remedy::MendApp);
    }

    #[test]
    fn a_code_of_the_standard_outranks_the_spec_s_row_for_a_status() {
        let error = error("token", 403, Some("invalid_client"));
        assert_eq!(
            (error.remedy(), error.is_known()),
            (Remedy::MendApp, true),
            "{error}"
        );
    }

    #[test]
    fn a_server_that_fails_is_tried_again_whatever_its_code() {
        for code in [None, Some("gone"), Some("invalid_grant"), Some("new")] {
            for status in [500, 502, 503, 599] {
                let error = error("token", status, code);
                assert_eq!(error.remedy(), Remedy::Retry, "{error}");
                assert_eq!(error.advice(), "", "{error}");
            }
        }
    }

    #[test]
    fn an_unknown_refusal_says_that_it_is_one_and_gives_one_advice() {
        for code in [None, Some("new")] {
            let error = error("token", 400, code);
            assert!(!error.is_known(), "{error}");
            assert!(!error.to_string().contains("will not help"), "{error}");
        }
        for known in ["gone", "invalid_grant"] {
            assert!(error("token", 400, Some(known)).is_known());
        }
        assert!(error("token", 403, Some("new")).is_known());
    }

    #[test]
    fn refusals_of_one_code_are_told_apart_by_words_and_by_what_the_body_shows() {
        let refused = |call, refusal: ErrorResponse| {
            let cause = Cause::Response(ParseError::Refused(refusal));
            let error = Error::new(ErrorKind::Refused, &PROVIDER, call, cause);
            error.with(|details| details.status = Some(400)).remedy()
        };
        let busy =
            || ErrorResponse::of("invalid_grant", "Token request is already Being Processed");
        assert_eq!(refused("refresh", busy()), Remedy::Retry);
        assert_eq!(refused("token", busy()), Remedy::LogIn);
        let over = ErrorResponse::of("invalid_grant", "expired access/refresh token");
        assert_eq!(refused("refresh", over), Remedy::LogIn);
        let cases: [(&[(u32, bool)], Remedy); 3] = [
            (&[(3, true)], Remedy::Retry),
            (&[(3, false), (2, true)], Remedy::LogIn),
            (&[], Remedy::LogIn),
        ];
        for (shown, remedy) in cases {
            let failure = ParseError::Refused(ErrorResponse::of("expired", "")).showing(shown);
            let ParseError::Refused(refusal) = failure else {
                panic!("{failure:?}");
            };
            assert_eq!(refused("token", refusal), remedy, "{shown:?}");
        }
    }

    #[test]
    fn a_catch_all_names_what_was_sent() {
        assert_eq!(
            error("token", 400, Some("invalid_request")).to_string(),
            "Acme rejected token: invalid_request (status 400); correct the app or its registration; a retry will not help; \
             parameters sent: grant_type, code"
        );
        assert_eq!(
            error("token", 200, Some("gone")).to_string(),
            "Acme rejected token: gone (status 200); the user must log in again: the grant ended"
        );
    }

    #[test]
    fn the_provider_s_words_are_not_printed() {
        let error = error("token", 400, Some("bad\nvalue"));
        assert!(!format!("{error} {error:?}").contains("hush"));
        assert!(!error.to_string().contains('\n'));
        assert_eq!(error.description(), Some("your token hush is bad"));
    }
}
