//! [`ApiResponseReader`]: classifies an API response as a success or as an error of some kind.

use std::time::SystemTime;

use super::conventions::{ApiConventions, NeededScopes};
use super::error::{ApiError, ApiErrorKind, Details};
use super::operation::Operation;
use super::response::ApiResponse;
use crate::error::{known_error, standard_remedy};
use crate::json::member::Members;
use crate::json::paths::Paths;
use crate::provider::{Provider, Remedy};
use crate::response::challenge::{Challenge, names};
use crate::response::error_members::ErrorMembers;
use crate::response::parse_error::{ErrorResponse, ParseError};
use crate::response::rate_limit::{self, Limit, RateLimit};
use crate::response::{Oddities, Response};
use crate::token::Scopes;

/// The name of requests to the API in a spec, by which known errors are looked up.
const CALL: &str = "api";

/// The error code of a challenge that requires more scopes (RFC 6750 §3.1).
const LACKS_SCOPE: &str = "insufficient_scope";

/// The context of an API response, with which the response is read. It needs no stored connection: with it and
/// [`Access`](crate::api::Access), any HTTP client can call an API, including blocking clients.
///
/// ```
/// use oauth_runtime::{api::{ApiErrorKind, ApiResponseReader}, provider::Provider};
///
/// static ACME: Provider = Provider::new("acme", "Acme", "https://acme.example/docs");
/// let answered = ApiResponseReader {
///     provider: &ACME,
///     api_conventions: None,
///     operation: None,
///     granted: None,
///     received_at: std::time::SystemTime::now(),
/// };
/// let response = http::Response::builder().status(404).body(Vec::new()).unwrap();
/// assert_eq!(answered.read(response).unwrap_err().kind(), ApiErrorKind::NotFound);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ApiResponseReader<'a> {
    /// The provider of the API.
    pub provider: &'static Provider,
    /// The response conventions of the API: `StoredToken::API` of its tokens.
    pub api_conventions: Option<&'static ApiConventions>,
    /// The operation, if the spec names the one that was called.
    pub operation: Option<&'static Operation>,
    /// The scopes that were granted to the token, if they are known.
    pub granted: Option<&'a Scopes>,
    /// The time at which the response came, by this machine's clock.
    pub received_at: SystemTime,
}

impl ApiResponseReader<'_> {
    /// Returns the response if it is a success or a redirect.
    ///
    /// # Errors
    ///
    /// The response is an error response, or its body cannot be read.
    pub fn read(self, response: http::Response<Vec<u8>>) -> Result<ApiResponse, ApiError> {
        let status = response.status().as_u16();
        let oddities = Oddities::default();
        let answer = self.answer(status, response.body(), &oddities);
        let limits = self.limits(response.headers());
        let request_id = self.request_id(response.headers());
        let failure = match (self.api_conventions, status) {
            // A redirect is not followed, because the request carried a credential.
            (_, 300..400) => None,
            (Some(api_conventions), _) => (api_conventions.read)(&answer).err(),
            (None, _) => answer.accepted(&NO_ERROR_MEMBERS).err(),
        };
        let Some(failure) = failure else {
            return Ok(ApiResponse {
                response,
                limits,
                request_id,
            });
        };
        let details = self.refusal(&answer, response.headers(), failure);
        let body = response.into_body();
        Err(ApiError::new(Details {
            request_id,
            limits,
            body,
            ..details
        }))
    }

    /// Returns whether status and headers reject the token. The body is not read.
    #[cfg(feature = "tower")]
    pub(crate) fn is_refused_token(&self, status: u16, headers: &http::HeaderMap) -> bool {
        let oddities = Oddities::default();
        let answer = self.answer(status, b"", &oddities);
        let failure = ParseError::Refused(ErrorResponse::default());
        status >= 400 && self.refusal(&answer, headers, failure).kind == ApiErrorKind::Unauthorized
    }

    fn answer<'b>(&self, status: u16, body: &'b [u8], oddities: &'b Oddities) -> Response<'b> {
        Response {
            status,
            body,
            received_at: self.received_at,
            refresh_token: None,
            kept: &[],
            id_token: "",
            oddities,
        }
    }

    pub(crate) fn limits(&self, headers: &http::HeaderMap) -> Vec<Limit> {
        let own = self.provider.rate_limit;
        own.map(|own| own.limits(headers, self.received_at))
            .unwrap_or_default()
    }

    fn request_id(&self, headers: &http::HeaderMap) -> Option<String> {
        let name = self.api_conventions?.request_id?;
        Some(headers.get(name)?.to_str().ok()?.to_owned())
    }

    fn refusal(
        &self,
        answer: &Response<'_>,
        headers: &http::HeaderMap,
        failure: ParseError,
    ) -> Details {
        let status = answer.status;
        let (refusal, reason) = match failure {
            ParseError::Refused(refusal) => (refusal, String::new()),
            unreadable => (ErrorResponse::default(), unreadable.to_string()),
        };
        let challenge = Challenge::of(headers);
        let refusal = challenge.complete(refusal);
        let standard = refusal.code().and_then(standard_remedy);
        let known = known_error(self.provider, CALL, Some(&refusal), Some(status));
        let limit = self.provider.rate_limit.unwrap_or(&RateLimit::STANDARD);
        let limited = limit.wait(status, headers, self.received_at);
        let told = self.told_scopes(answer, headers);
        let remedy = known.map(|known| known.remedy).or(standard);
        let lacks =
            challenge.error == LACKS_SCOPE || (!told.scopes.is_empty() && told.by_refusal_alone);
        let kind = match (remedy, status) {
            _ if limited.is_some() => ApiErrorKind::RateLimited,
            (Some(Remedy::SlowDown), 500..) => ApiErrorKind::RateLimited,
            (_, 500..) => ApiErrorKind::Server,
            _ if !reason.is_empty() => ApiErrorKind::Server,
            _ if lacks => ApiErrorKind::Forbidden,
            (Some(remedy), _) => of_remedy(remedy).unwrap_or(of_status(status)),
            (None, _) => of_status(status),
        };
        let needed_scopes = self.needed_scopes(kind, challenge, told);
        // An unavailable provider may also send `Retry-After` (RFC 9110 §10.2.3).
        let wait = limited.or_else(|| rate_limit::retry_after(headers, self.received_at));
        Details {
            operation: self.operation.map(|operation| operation.id),
            status: Some(status),
            refusal,
            advice: known.map_or("", |known| known.advice()),
            wait: wait.filter(|wait| !wait.is_zero()),
            needed_scopes,
            reason,
            ..Details::new(kind, self.provider)
        }
    }

    /// Returns the scopes that the request needs, at least one of each group: from the error response, or else from the
    /// spec.
    fn needed_scopes(
        &self,
        kind: ApiErrorKind,
        challenge: Challenge,
        told: StatedScopes,
    ) -> Vec<Vec<String>> {
        if !matches!(kind, ApiErrorKind::Forbidden | ApiErrorKind::NotFound) {
            return Vec::new();
        }
        // All scopes of a challenge are needed together. Of the scopes in a header or member, one is enough.
        let mut needs: Vec<_> = challenge.scopes.into_iter().map(|own| vec![own]).collect();
        needs.extend((!told.scopes.is_empty()).then_some(told.scopes));
        let ungranted = self.but_granted(needs);
        match ungranted.is_empty() && kind == ApiErrorKind::Forbidden {
            true => self.ungranted(),
            false => ungranted,
        }
    }

    /// Returns the scopes that the error response names.
    fn told_scopes(&self, answer: &Response<'_>, headers: &http::HeaderMap) -> StatedScopes {
        let place = self
            .api_conventions
            .and_then(|api_conventions| api_conventions.needed_scopes);
        let (text, by_refusal_alone) = match place {
            None => (None, false),
            Some(NeededScopes::Header(name)) => {
                let text = headers.get(name).and_then(|value| value.to_str().ok());
                (text.map(str::to_owned), false)
            }
            Some(NeededScopes::Member(path)) => {
                let paths = Paths::of([path]);
                let mut members = Members::at(&paths);
                let read = answer.json(&mut members);
                let text = read.ok().and_then(|[scopes]| scopes.optional_text(answer));
                (text, true)
            }
        };
        StatedScopes {
            scopes: text.as_deref().map(names).unwrap_or_default(),
            by_refusal_alone,
        }
    }

    /// Returns the groups of scopes that the token does not satisfy, or all groups if the granted scopes are unknown.
    fn but_granted(&self, mut needs: Vec<Vec<String>>) -> Vec<Vec<String>> {
        if let Some(granted) = self.granted {
            needs.retain(|any| !any.iter().any(|scope| granted.open(self.provider, scope)));
        }
        needs
    }

    /// Returns the groups of scopes that the operation needs and the token was not granted.
    fn ungranted(&self) -> Vec<Vec<String>> {
        let (Some(operation), Some(granted)) = (self.operation, self.granted) else {
            return Vec::new();
        };
        let needs = operation.ungranted(self.provider, granted).into_iter();
        needs
            .map(|any| any.iter().map(|scope| (*scope).to_owned()).collect())
            .collect()
    }
}

struct StatedScopes {
    scopes: Vec<String>,
    /// Whether scopes in this place occur only in error responses.
    by_refusal_alone: bool,
}

fn of_remedy(remedy: Remedy) -> Option<ApiErrorKind> {
    match remedy {
        Remedy::LogIn => Some(ApiErrorKind::Unauthorized),
        Remedy::Retry => Some(ApiErrorKind::Server),
        Remedy::SlowDown => Some(ApiErrorKind::RateLimited),
        Remedy::AskTheUser => Some(ApiErrorKind::Forbidden),
        Remedy::MendApp => None,
    }
}

fn of_status(status: u16) -> ApiErrorKind {
    match status {
        // An error response with a success status is about the request itself.
        200..300 | 400 => ApiErrorKind::BadRequest,
        401 => ApiErrorKind::Unauthorized,
        403 => ApiErrorKind::Forbidden,
        404 | 410 => ApiErrorKind::NotFound,
        409 => ApiErrorKind::Conflict,
        422 => ApiErrorKind::Unprocessable,
        429 => ApiErrorKind::RateLimited,
        500.. => ApiErrorKind::Server,
        _ => ApiErrorKind::Refused,
    }
}

/// The error members of an API without a description of its error responses.
static NO_ERROR_MEMBERS: ErrorMembers = ErrorMembers::of(&[], &[]);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::provider::KnownError;
    use crate::response::rate_limit::{Bucket, RateLimit, Wait};

    static ACME: Provider = Provider::new("acme", "Acme", "https://acme.example/docs")
        .errors(&[
            KnownError::new("gone", Remedy::LogIn, "log in again"),
            KnownError::new("busy", Remedy::SlowDown, "call less often"),
            KnownError::new("odd", Remedy::MendApp, ""),
        ])
        .rate_limit(&RateLimit {
            statuses: &[429, 403],
            retry_after: Some(("retry-after", Wait::Seconds)),
            wait: None,
            buckets: &[Bucket {
                name: "calls",
                limit: Some("x-limit"),
                remaining: Some("x-remaining"),
                used: None,
                position: None,
                reset: Some(("x-reset", Wait::Seconds)),
            }],
        });
    static API_CONVENTIONS: ApiConventions = ApiConventions::new(|answer| {
        let mut members = Members::at(&const { Paths::of([&["ok"], &["error"]]) });
        let [ok, error] = answer.json(&mut members)?;
        answer.accepted_if(!ok.is_boolean(false), Some(error), None)
    })
    .request_id("x-request")
    .needed_scopes_at(&["needed"]);
    static WRITE: Operation = Operation::new("write", &[&["write", "admin"]], &[]);

    fn read(
        status: u16,
        headers: &[(&'static str, &'static str)],
        body: &str,
    ) -> Result<ApiResponse, ApiError> {
        let mut response = http::Response::new(body.as_bytes().to_vec());
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
        for (name, value) in headers {
            let value = http::HeaderValue::from_static(value);
            response.headers_mut().insert(*name, value);
        }
        let granted = Scopes::new(["read"]);
        let answered = ApiResponseReader {
            provider: &ACME,
            api_conventions: Some(&API_CONVENTIONS),
            operation: Some(&WRITE),
            granted: Some(&granted),
            received_at: SystemTime::UNIX_EPOCH,
        };
        answered.read(response)
    }

    #[track_caller]
    fn is(status: u16, headers: &[(&'static str, &'static str)], body: &str, kind: ApiErrorKind) {
        let error = read(status, headers, body).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }

    #[test]
    fn statuses_codes_and_headers_say_the_kind() {
        is(400, &[], "{}", ApiErrorKind::BadRequest);
        is(401, &[], "", ApiErrorKind::Unauthorized);
        is(403, &[], "<html>", ApiErrorKind::Forbidden);
        is(404, &[], "{}", ApiErrorKind::NotFound);
        is(409, &[], "{}", ApiErrorKind::Conflict);
        is(422, &[], "{}", ApiErrorKind::Unprocessable);
        is(418, &[], "{}", ApiErrorKind::Refused);
        is(503, &[], "{}", ApiErrorKind::Server);
        is(429, &[], "{}", ApiErrorKind::RateLimited);
        is(
            403,
            &[("x-remaining", "0")],
            "{}",
            ApiErrorKind::RateLimited,
        );
        is(400, &[], r#"{"error":"gone"}"#, ApiErrorKind::Unauthorized);
        is(400, &[], r#"{"error":"busy"}"#, ApiErrorKind::RateLimited);
        is(409, &[], r#"{"error":"odd"}"#, ApiErrorKind::Conflict);
        let within = r#"{"ok":false,"error":"new"}"#;
        is(200, &[], within, ApiErrorKind::BadRequest);
        is(200, &[], "<html>", ApiErrorKind::Server);
        is(503, &[], r#"{"error":"gone"}"#, ApiErrorKind::Server);
        let challenge = [("www-authenticate", r#"Bearer error="invalid_token""#)];
        is(400, &challenge, "", ApiErrorKind::Unauthorized);
    }

    #[test]
    fn a_wait_is_read_where_the_spec_knows_no_limits_and_of_one_who_is_down() {
        static PLAIN: Provider = Provider::new("plain", "Plain", "https://plain.example/docs");
        for (status, kind) in [
            (429, ApiErrorKind::RateLimited),
            (503, ApiErrorKind::Server),
        ] {
            let response = http::Response::builder()
                .status(status)
                .header("retry-after", "7");
            let answered = ApiResponseReader {
                provider: &PLAIN,
                api_conventions: None,
                operation: None,
                granted: None,
                received_at: SystemTime::UNIX_EPOCH,
            };
            let error = answered
                .read(response.body(Vec::new()).unwrap())
                .unwrap_err();
            assert_eq!(error.kind(), kind);
            assert_eq!(error.wait(), Some(Duration::from_secs(7)));
        }
    }

    #[test]
    fn a_success_tells_its_limits_and_its_id() {
        let headers = [
            ("x-request", "r1"),
            ("x-limit", "60"),
            ("x-remaining", "59"),
        ];
        let answer = read(200, &headers, r#"{"ok":true,"me":1}"#).unwrap();
        assert_eq!(answer.request_id(), Some("r1"));
        assert_eq!(answer.limits()[0].remaining, Some(59.0));
        let value: serde_json::Value = answer.json().unwrap();
        assert_eq!(value["me"], 1);
    }

    #[test]
    fn a_redirect_is_given_back_and_not_followed() {
        let headers = [("location", "https://files.example/x")];
        let answer = read(302, &headers, "").unwrap();
        assert_eq!(answer.status(), 302);
    }

    #[test]
    fn what_is_missing_is_named_by_whoever_knows_it() {
        let needed = |status, headers: &[(&'static str, &'static str)], body| {
            let error = read(status, headers, body).unwrap_err();
            assert_eq!(error.kind(), ApiErrorKind::Forbidden);
            let needs = error.needed_scopes().iter().map(|any| any.join("|"));
            needs.collect::<Vec<_>>().join(" ")
        };
        let member = r#"{"ok":false,"error":"missing","needed":"write,all"}"#;
        assert_eq!(needed(200, &[], member), "write|all");
        let challenge = [(
            "www-authenticate",
            r#"Bearer realm="acme", error="insufficient_scope", scope="write admin""#,
        )];
        assert_eq!(needed(401, &challenge, "{}"), "write admin");
        assert_eq!(needed(403, &[], "{}"), "write|admin", "by the spec");
    }

    #[test]
    fn the_message_says_what_to_do_and_shows_no_words_of_the_provider() {
        let headers = [("retry-after", "90"), ("x-request", "r7")];
        let body = r#"{"error":"busy","message":"token hush"}"#;
        let error = read(429, &headers, body).unwrap_err();
        assert_eq!(
            error.to_string(),
            "write to Acme's API failed: too many requests: busy (status 429); wait 1m 30s; \
             call less often; request id r7"
        );
        assert_eq!(error.wait(), Some(Duration::from_secs(90)));
        assert!(!format!("{error:?}").contains("hush"));
    }
}
