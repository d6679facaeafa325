//! [`ApiError`]: a call to an API that failed, by what mends it.

use std::fmt;
use std::time::Duration;

use crate::failure::Refusal;
use crate::printable::{printable, printable_line};
use crate::provider::Provider;
use crate::rate_limit::Limit;
use crate::unreachable::{TransportError, Unreachable};

/// What kind of failure a call to an API met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// There is no access token to send: the error's source says why.
    NoToken,
    /// The call was not sent: it would have gone elsewhere, or cannot be put into a request.
    NotSent,
    /// No answer came: [`ApiError::may_have_arrived`] says whether the provider may have done what it was asked.
    Unreachable,
    /// The provider does not understand the call.
    BadRequest,
    /// The token is refused, and another one did not help or cannot be had.
    Unauthorized,
    /// The token may not do this: [`ApiError::needed_scopes`] says what would have done, where that is known.
    Forbidden,
    /// There is no such thing, or the token may not see it.
    NotFound,
    /// It contradicts what is there.
    Conflict,
    /// The provider understands the call and does not take its content.
    Unprocessable,
    /// Too many calls: [`ApiError::wait`] says when to come back.
    RateLimited,
    /// The provider failed, or is too busy.
    Server,
    /// Any other refusal.
    Refused,
}

impl ApiErrorKind {
    /// The name under which it is counted.
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
            ApiErrorKind::NoToken => "there is no access token to send",
            ApiErrorKind::NotSent => "the call was not sent",
            ApiErrorKind::Unreachable => "no answer came",
            ApiErrorKind::BadRequest => "the provider does not understand the call",
            ApiErrorKind::Unauthorized => "the token is refused",
            ApiErrorKind::Forbidden => "the token may not do this",
            ApiErrorKind::NotFound => "there is no such thing, or the token may not see it",
            ApiErrorKind::Conflict => "it contradicts what is there",
            ApiErrorKind::Unprocessable => "the provider does not take the content",
            ApiErrorKind::RateLimited => "too many calls",
            ApiErrorKind::Server => "the provider failed",
            ApiErrorKind::Refused => "the provider said no",
        }
    }
}

/// A call to an API that failed. `Display` and `Debug` show no secret, no body and no words of the provider.
pub struct ApiError(Box<Details>);

pub(crate) struct Details {
    pub(crate) kind: ApiErrorKind,
    pub(crate) provider: &'static Provider,
    pub(crate) operation: Option<&'static str>,
    pub(crate) status: Option<u16>,
    pub(crate) refusal: Refusal,
    pub(crate) advice: &'static str,
    pub(crate) request_id: Option<String>,
    pub(crate) wait: Option<Duration>,
    pub(crate) needed_scopes: Vec<Vec<String>>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) body: Vec<u8>,
    pub(crate) reason: String,
    /// Whether it may have reached the provider.
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
            refusal: Refusal::default(),
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

    /// What kind of failure it is.
    pub fn kind(&self) -> ApiErrorKind {
        self.0.kind
    }

    /// The provider's id in its spec.
    pub fn provider(&self) -> &'static str {
        self.0.provider.id
    }

    /// The operation's id in the spec, where the call named it.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The status of the answer, if one came.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The provider's code, if it gave one.
    pub fn code(&self) -> Option<&str> {
        self.0.refusal.code()
    }

    /// The provider's own words, if it gave any. It may repeat in them what it was sent, so neither `Display` nor
    /// `Debug` shows them.
    pub fn description(&self) -> Option<&str> {
        self.0.refusal.description()
    }

    /// The spec's advice; empty where it has none.
    pub fn advice(&self) -> &'static str {
        self.0.advice
    }

    /// The provider's id of the request: its support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long to wait before the next call, where the provider says so.
    pub fn wait(&self) -> Option<Duration> {
        self.0.wait
    }

    /// The scopes that would have done, any of each: as the refusal names them, else those that the operation needs and
    /// the token was not granted. Empty where nobody knows.
    pub fn needed_scopes(&self) -> &[Vec<String>] {
        &self.0.needed_scopes
    }

    /// What is left of each thing that the provider counts, as far as the answer says so.
    pub fn limits(&self) -> &[Limit] {
        &self.0.limits
    }

    /// Whether the call may have reached the provider: if not, it can be made again, whatever it does.
    pub fn may_have_arrived(&self) -> bool {
        self.0.sent || self.0.status.is_some()
    }

    /// Why no answer came, where the transport failed.
    pub fn unreachable(&self) -> Option<Unreachable> {
        let cause = self.0.cause.as_ref()?;
        let error = cause.downcast_ref::<TransportError>()?;
        Some(error.kind)
    }

    /// The body of the refusal as it came; it may repeat what was sent.
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
        let operation = own.operation.unwrap_or("a call");
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
            write!(formatter, "; it needs {}", needs.join(", and "))?;
        }
        if let Some(wait) = own.wait {
            let wait = Duration::from_secs(wait.as_secs().max(1));
            write!(formatter, "; wait {}", humantime::format_duration(wait))?;
        }
        if !own.advice.is_empty() {
            write!(formatter, "; {}", own.advice)?;
        }
        if let Some(id) = &own.request_id {
            write!(formatter, "; request {}", printable(id))?;
        }
        match &own.cause {
            // The reason says it already.
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
