//! [`ApiError`]: a failed request to an API, with the kind of the failure.

use std::fmt;
use std::time::Duration;

use crate::printable::{printable, printable_line};
use crate::provider::Provider;
use crate::response::parse_error::ErrorResponse;
use crate::response::rate_limit::Limit;
use crate::response::unreachable::{TransportError, Unreachable};

/// The kind of failure of a request to an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// No access token is available. The error's source is the reason: of a stored connection, a `lifecycle::TokenError`.
    NoToken,
    /// The request was not sent: its URL lies outside the API's base URL, or the request cannot be built.
    NotSent,
    /// No response came. [`ApiError::may_have_arrived`] returns whether the provider may have processed the request.
    Unreachable,
    /// The provider does not understand the request.
    BadRequest,
    /// The provider rejected the token, and another token did not help or is not available. If none is available, the error's
    /// source is the reason: of a stored connection, a `lifecycle::TokenError`, such as `LogIn`.
    Unauthorized,
    /// The token does not permit the request. [`ApiError::needed_scopes`] returns the scopes that would, if they are known.
    Forbidden,
    /// The resource does not exist, or the token has no access to it.
    NotFound,
    /// The request conflicts with the state of the resource.
    Conflict,
    /// The provider understands the request but rejects its content.
    Unprocessable,
    /// The provider received too many requests. [`ApiError::wait`] returns the time to wait.
    RateLimited,
    /// The provider failed, is overloaded, or returned an unreadable response.
    Server,
    /// The provider rejected the request for any other reason.
    Refused,
}

impl ApiErrorKind {
    /// Returns the name under which failures of this kind are counted.
    pub fn name(self) -> &'static str {
        match self {
            ApiErrorKind::NoToken => "no_token",
            ApiErrorKind::NotSent => "not_sent",
            ApiErrorKind::Unreachable => "unreachable",
            ApiErrorKind::BadRequest => "bad_request",
            ApiErrorKind::Unauthorized => "unauthorized",
            ApiErrorKind::Forbidden => "forbidden",
            ApiErrorKind::NotFound => "not_found",
            ApiErrorKind::Conflict => "conflict",
            ApiErrorKind::Unprocessable => "unprocessable",
            ApiErrorKind::RateLimited => "rate_limited",
            ApiErrorKind::Server => "server",
            ApiErrorKind::Refused => "refused",
        }
    }

    fn words(self) -> &'static str {
        match self {
            ApiErrorKind::NoToken => "no access token is available",
            ApiErrorKind::NotSent => "the request was not sent",
            ApiErrorKind::Unreachable => "no complete response arrived",
            ApiErrorKind::BadRequest => "the provider rejected the request as invalid",
            ApiErrorKind::Unauthorized => "the provider rejected the token",
            ApiErrorKind::Forbidden => "the token lacks a permission",
            ApiErrorKind::NotFound => {
                "the resource does not exist, or the token has no access to it"
            }
            ApiErrorKind::Conflict => "the request conflicts with the state of the resource",
            ApiErrorKind::Unprocessable => "the provider rejected the content of the request",
            ApiErrorKind::RateLimited => "too many requests",
            ApiErrorKind::Server => "the provider's server failed",
            ApiErrorKind::Refused => "the provider rejected the request",
        }
    }
}

/// A failed request to an API. `Display` and `Debug` print no secret, no body and no error description of the provider.
pub struct ApiError(Box<Details>);

pub(crate) struct Details {
    pub(crate) kind: ApiErrorKind,
    pub(crate) provider: &'static Provider,
    pub(crate) operation: Option<&'static str>,
    pub(crate) status: Option<u16>,
    pub(crate) refusal: ErrorResponse,
    pub(crate) advice: &'static str,
    pub(crate) request_id: Option<String>,
    pub(crate) wait: Option<Duration>,
    pub(crate) needed_scopes: Vec<Vec<String>>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) body: Vec<u8>,
    pub(crate) reason: String,
    /// Whether the request may have reached the provider.
    pub(crate) sent: bool,
    pub(crate) cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Details {
    pub(crate) fn new(kind: ApiErrorKind, provider: &'static Provider) -> Details {
        Details {
            kind,
            provider,
            operation: None,
            status: None,
            refusal: ErrorResponse::default(),
            advice: "",
            request_id: None,
            wait: None,
            needed_scopes: Vec::new(),
            limits: Vec::new(),
            body: Vec::new(),
            reason: String::new(),
            sent: false,
            cause: None,
        }
    }
}

impl ApiError {
    #[cold]
    pub(crate) fn new(details: Details) -> ApiError {
        ApiError(Box::new(details))
    }

    /// Returns the kind of failure.
    ///
    /// ```
    /// # fn example(error: &oauth_runtime::ApiError) {
    /// if error.kind() == oauth_runtime::api::ApiErrorKind::NotFound {
    ///     println!("{} has no such object", error.provider());
    /// }
    /// # }
    /// ```
    pub fn kind(&self) -> ApiErrorKind {
        self.0.kind
    }

    /// Returns the provider's id in its spec.
    pub fn provider(&self) -> &'static str {
        self.0.provider.id
    }

    /// Returns the operation's id in the spec, if the request named an operation.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Returns the status code of the response, if one came.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the provider's error code, if the response contains one.
    pub fn code(&self) -> Option<&str> {
        self.0.refusal.code()
    }

    /// Returns the provider's error description, if the response contains one. It may repeat data of the request, so neither
    /// `Display` nor `Debug` prints it.
    pub fn description(&self) -> Option<&str> {
        self.0.refusal.description()
    }

    /// Returns the advice of the spec or, if no response came, of the transport error. It is empty if there is none.
    pub fn advice(&self) -> &'static str {
        self.0.advice
    }

    /// Returns the provider's id of the request, if the response contains one. The provider's support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns how long to wait before the next request, if the provider states it.
    ///
    /// ```
    /// # fn example(error: &oauth_runtime::ApiError) {
    /// if let Some(wait) = error.wait() {
    ///     println!("again in {} seconds", wait.as_secs());
    /// }
    /// # }
    /// ```
    pub fn wait(&self) -> Option<Duration> {
        self.0.wait
    }

    /// Returns the scopes that the request needs: at least one of each group. They come from the error response, or else
    /// they are the operation's scopes that the token was not granted. The list is empty if they are unknown.
    ///
    /// ```
    /// # fn example(error: &oauth_runtime::ApiError) {
    /// for group in error.needed_scopes() {
    ///     println!("request {}", group.join(" or "));
    /// }
    /// # }
    /// ```
    pub fn needed_scopes(&self) -> &[Vec<String>] {
        &self.0.needed_scopes
    }

    /// Returns what remains of each rate limit that the response reports.
    pub fn limits(&self) -> &[Limit] {
        &self.0.limits
    }

    /// Returns whether the request may have reached the provider. If not, any request can be repeated safely.
    pub fn may_have_arrived(&self) -> bool {
        self.0.sent || self.0.status.is_some()
    }

    /// Returns the reason why no response came, if the transport failed.
    pub fn unreachable(&self) -> Option<Unreachable> {
        let cause = self.0.cause.as_ref()?;
        let error = cause.downcast_ref::<TransportError>()?;
        Some(error.kind)
    }

    /// Returns the body of the error response as received. It may repeat data of the request.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    #[cfg(feature = "lifecycle")]
    pub(crate) fn caused_by(
        mut self,
        cause: impl std::error::Error + Send + Sync + 'static,
    ) -> ApiError {
        self.0.cause = Some(Box::new(cause));
        self
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = &*self.0;
        let operation = own.operation.unwrap_or("a request");
        write!(
            formatter,
            "{operation} to {}'s API failed: ",
            own.provider.name
        )?;
        formatter.write_str(own.kind.words())?;
        match (own.refusal.code(), own.status) {
            (Some(code), Some(status)) => {
                write!(formatter, ": {} (status {status})", printable(code))?;
            }
            (None, Some(status)) => write!(formatter, " (status {status})")?,
            _ => {}
        }
        if !own.reason.is_empty() {
            write!(formatter, ": {}", printable_line(&own.reason))?;
        }
        if !own.needed_scopes.is_empty() {
            let any = |any: &Vec<String>| {
                let names: Vec<String> = any.iter().map(|own| printable(own)).collect();
                names.join(" or ")
            };
            let needs: Vec<String> = own.needed_scopes.iter().map(any).collect();
            write!(formatter, "; required scopes: {}", needs.join(", and "))?;
        }
        if let Some(wait) = own.wait {
            let wait = Duration::from_secs(wait.as_secs().max(1));
            write!(formatter, "; wait {}", humantime::format_duration(wait))?;
        }
        if !own.advice.is_empty() {
            write!(formatter, "; {}", own.advice)?;
        }
        if let Some(id) = &own.request_id {
            write!(formatter, "; request id {}", printable(id))?;
        }
        match &own.cause {
            // The reason already contains the cause.
            Some(_) if own.kind == ApiErrorKind::Unreachable => Ok(()),
            Some(cause) => write!(formatter, "; {cause}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ApiError")
            .field("kind", &self.0.kind)
            .field("message", &self.to_string())
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ApiError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.cause {
            Some(cause) => Some(&**cause),
            None => None,
        }
    }
}
