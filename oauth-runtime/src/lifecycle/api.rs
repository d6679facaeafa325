//! [`Api`]: calls to a provider's API with the token of a connection.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;

use crate::api::{Answered, ApiAnswer, ApiError, ApiErrorKind, Details, Operates, Operation};
use crate::clock;
use crate::http::Http;
use crate::lifecycle::connection::Connection;
use crate::lifecycle::policy;
use crate::lifecycle::unavailable::Unavailable;
use crate::managed::Managed;
use crate::provider::Remedy;

/// The API of a connection's provider. A call carries the token where this provider wants it, with the headers and the
/// version that it requires, and goes beneath the API's base alone. A token that is refused is refreshed, once, and the
/// call repeated.
///
/// ```no_run
/// # use oauth_runtime::{ApiError, Managed, lifecycle::Connection};
/// # async fn example<T: Managed>(connection: Connection<T>) -> Result<(), Box<dyn std::error::Error>> {
/// let api = connection.api();
/// let me: serde_json::Value = api.get("/users/me").send().await?.json()?;
/// # Ok(())
/// # }
/// ```
pub struct Api<T: Managed> {
    connection: Connection<T>,
    http: Http,
    patience: Duration,
}

impl<T: Managed> Connection<T> {
    /// The API, by the manager's own [`Http`].
    pub fn api(&self) -> Api<T> {
        Api {
            connection: self.clone(),
            http: self.0.shared.http.clone(),
            patience: Duration::ZERO,
        }
    }
}

impl<T: Managed> Api<T> {
    /// The same by another [`Http`], such as one that reads longer bodies.
    pub fn over(mut self, http: &Http) -> Api<T> {
        self.http = http.clone();
        self
    }

    /// The same with so much time in all for a call that the provider's limits, or its failures, delay. A call that met
    /// a limit is made again when the provider says, or after a wait that grows; one that the provider failed at, only
    /// if its method may be repeated (RFC 9110 §9.2.2), or it cannot have arrived. Without patience nothing is repeated.
    pub fn patience(mut self, time: Duration) -> Api<T> {
        self.patience = time;
        self
    }

    /// Reads what stands at a path beneath the API's base.
    pub fn get(&self, path: &str) -> ApiRequest<'_, T> {
        self.call(http::Method::GET, path)
    }

    /// Sends something to a path beneath the API's base.
    pub fn post(&self, path: &str) -> ApiRequest<'_, T> {
        self.call(http::Method::POST, path)
    }

    /// Any call to a path beneath the API's base, or to a whole URL that is.
    pub fn call(&self, method: http::Method, path: &str) -> ApiRequest<'_, T> {
        ApiRequest {
            api: self,
            request: http::Request::builder().method(method).uri(path),
            body: Ok(Vec::new()),
            operation: None,
        }
    }

    /// Sends a request whose URL is a path beneath the API's base, or a whole one that is.
    pub async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        operation: Option<T::Operation>,
    ) -> Result<ApiAnswer, ApiError> {
        let operation = operation.map(|own| own.about());
        let answered = self.sent(request, operation).await;
        let shared = &self.connection.0.shared;
        let failed = answered.as_ref().err().map(ApiError::kind);
        shared.tally.count(T::provider(), operation, failed);
        answered
    }

    async fn sent(
        &self,
        request: http::Request<Vec<u8>>,
        operation: Option<&'static Operation>,
    ) -> Result<ApiAnswer, ApiError> {
        let began = clock::instant();
        let no_token = |why: Unavailable| {
            failed::<T>(ApiErrorKind::NoToken, operation, String::new()).caused_by(why)
        };
        let mut refreshed = false;
        let mut failures = 0;
        loop {
            let bearing = self.connection.bearing().await.map_err(no_token)?;
            let version = bearing.version;
            let error = match self.once(&request, operation, bearing).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.kind() == ApiErrorKind::Unauthorized {
                match self.connection.replaced(version, refreshed).await {
                    Some(Ok(())) => {
                        refreshed = true;
                        continue;
                    }
                    Some(Err(why)) => return Err(error.caused_by(why)),
                    None => return Err(error),
                }
            }
            let wait = error.wait().unwrap_or_else(|| policy::wait(failures));
            let again = began.elapsed().saturating_add(wait) <= self.patience;
            if !again || !may_repeat(&error, request.method()) {
                return Err(error);
            }
            failures += 1;
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(
        &self,
        request: &http::Request<Vec<u8>>,
        operation: Option<&'static Operation>,
        bearing: Bearing<T>,
    ) -> Result<ApiAnswer, ApiError> {
        let (mut parts, body) = request.clone().into_parts();
        let entered = self.connection.enter(&bearing, &mut parts).await;
        let granted = bearing.token.token().scopes();
        let unsent = |reason| failed::<T>(ApiErrorKind::NotSent, operation, reason);
        entered.map_err(unsent)?;
        let request = http::Request::from_parts(parts, body);
        let response = self.http.exchange(request).await.map_err(|error| {
            ApiError::new(Details {
                operation: operation.map(|operation| operation.id),
                reason: error.to_string(),
                sent: error.sent,
                advice: error.kind.advice(),
                ..Details::new(ApiErrorKind::Unreachable, T::provider())
            })
            .caused_by(error)
        })?;
        let answered = Answered {
            provider: T::provider(),
            manners: T::manners(),
            operation,
            granted,
            received_at: clock::now(),
        };
        answered.read(response)
    }
}

pub(super) fn failed<T: Managed>(
    kind: ApiErrorKind,
    operation: Option<&'static Operation>,
    reason: String,
) -> ApiError {
    ApiError::new(Details {
        operation: operation.map(|operation| operation.id),
        reason,
        ..Details::new(kind, T::provider())
    })
}

/// Whether the same call may be made again once time has passed.
fn may_repeat(error: &ApiError, method: &http::Method) -> bool {
    match error.kind() {
        ApiErrorKind::RateLimited => true,
        ApiErrorKind::Unreachable if needs_somebody(error) => false,
        ApiErrorKind::Server | ApiErrorKind::Unreachable => {
            method.is_idempotent() || !error.may_have_arrived()
        }
        _ => false,
    }
}

/// Whether no answer will come before a person has looked, such as at a certificate.
fn needs_somebody(error: &ApiError) -> bool {
    error
        .unreachable()
        .is_some_and(|why| why.remedy() == Remedy::MendApp)
}

/// A token that is sent, as long as it takes.
pub(crate) struct Bearing<T> {
    token: T,
    pub(crate) version: u64,
    login: u64,
}

impl<T: Managed> Connection<T> {
    pub(crate) async fn bearing(&self) -> Result<Bearing<T>, Unavailable> {
        let fresh = self.token().await?;
        let (token, login) = fresh.copied();
        Ok(Bearing {
            token,
            version: fresh.version(),
            login,
        })
    }

    /// Another token in the place of one that the API refused; none where that was tried: a token that is refused although
    /// it is new is refused for another reason, and refreshing at each call would help nobody.
    pub(crate) async fn replaced(
        &self,
        version: u64,
        refreshed: bool,
    ) -> Option<Result<(), Unavailable>> {
        let refused_anew = &self.0.refused_anew;
        if refreshed {
            refused_anew.store(version, Ordering::Relaxed);
            return None;
        }
        if refused_anew.load(Ordering::Relaxed) == version {
            return None;
        }
        Some(self.newer_than(version).await.map(|_| ()))
    }

    /// Puts what this provider's API wants into a request, with this token; an error says why that cannot be.
    pub(crate) async fn enter(
        &self,
        bearing: &Bearing<T>,
        parts: &mut http::request::Parts,
    ) -> Result<(), String> {
        let stated = self.0.stated_of(bearing.login).await;
        let stated = stated.map_err(|why| why.to_string())?;
        // A login that came since may have other inputs: this token is not theirs.
        if stated.login != bearing.login {
            return Err("another login replaced this one: get the token again".to_owned());
        }
        let access = T::access(&self.0.app.load(), &stated.inputs, bearing.token.token());
        let access = access.ok_or_else(|| "the spec knows no API".to_owned())?;
        access.enter(parts).map_err(|unfit| unfit.to_string())
    }
}

impl<T: Managed> Clone for Api<T> {
    fn clone(&self) -> Api<T> {
        Api {
            connection: self.connection.clone(),
            http: self.http.clone(),
            patience: self.patience,
        }
    }
}

impl<T: Managed> fmt::Debug for Api<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Api")
            .field(&self.connection)
            .finish()
    }
}

/// A call to an API, to be sent.
#[must_use = "it goes nowhere until it is sent"]
pub struct ApiRequest<'a, T: Managed> {
    api: &'a Api<T>,
    request: http::request::Builder,
    body: Result<Vec<u8>, String>,
    operation: Option<T::Operation>,
}

impl<T: Managed> ApiRequest<'_, T> {
    /// The same as this operation: it is counted under its name, and a refusal says what it needs.
    pub fn operation(mut self, operation: T::Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// The same with a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// The same with a body as it is.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Ok(body.into());
        self
    }

    /// The same with a value as a JSON body.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value);
        self.body = body.map_err(|error| format!("the body is no JSON: {error}"));
        self.header("content-type", "application/json")
    }

    /// Sends it.
    pub async fn send(self) -> Result<ApiAnswer, ApiError> {
        let about = self.operation.as_ref().map(Operates::about);
        let unsent = |reason| failed::<T>(ApiErrorKind::NotSent, about, reason);
        let body = self.body.map_err(unsent)?;
        let request = self.request.body(body);
        let request = request.map_err(|error| unsent(error.to_string()))?;
        self.api.send(request, self.operation).await
    }
}

impl<T: Managed> fmt::Debug for ApiRequest<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiRequest")
    }
}
