//! [`Api`]: requests to a provider's API with the token of a connection.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;

use crate::api::{
    ApiError, ApiErrorKind, ApiOperation, ApiResponse, ApiResponseReader, Details, Operation,
};
use crate::clock;
use crate::http::Http;
use crate::lifecycle::connection::Connection;
use crate::lifecycle::connection::token_error::TokenError;
use crate::lifecycle::connection::token_guard::TokenInUse;
use crate::lifecycle::protocol::policy;
use crate::provider::Remedy;
use crate::provider::registered_app::RegisteredApp;
use crate::provider::stored_token::StoredToken;

/// The API of a connection's provider. A request carries the token as the provider requires it, with the required headers
/// and version. Its URL must lie within the API's base URL. If the provider rejects the token, it is refreshed once and the
/// request is repeated.
///
/// ```no_run
/// # use oauth_runtime::{ApiError, provider::StoredToken, lifecycle::Connection};
/// # async fn example<T: StoredToken>(connection: Connection<T>) -> Result<(), Box<dyn std::error::Error>> {
/// let api = connection.api();
/// let me: serde_json::Value = api.get("/users/me").send().await?.json()?;
/// # Ok(())
/// # }
/// ```
pub struct Api<T: StoredToken> {
    connection: Connection<T>,
    http: Http,
    patience: Duration,
}

impl<T: StoredToken> Connection<T> {
    /// Returns the API of the connection's provider. The manager's [`Http`] sends the requests.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Connection};
    /// # async fn example<T: StoredToken>(connection: Connection<T>) -> Result<(), Box<dyn std::error::Error>> {
    /// let user: serde_json::Value = connection.api().get("/users/me").send().await?.json()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn api(&self) -> Api<T> {
        Api {
            connection: self.clone(),
            http: self.0.shared.http.clone(),
            patience: Duration::ZERO,
        }
    }
}

impl<T: StoredToken> Api<T> {
    /// Sets the [`Http`] that sends the requests, such as one that reads longer bodies.
    pub fn over(mut self, http: &Http) -> Api<T> {
        self.http = http.clone();
        self
    }

    /// Sets the total time for a request that rate limits or failures of the provider delay. After a rate limit, the request
    /// is repeated when the provider allows it, or after a wait that grows. After a failure of the provider, it is repeated
    /// only if its method is idempotent (RFC 9110 §9.2.2) or it cannot have arrived. The default is zero, which permits no
    /// such repetition.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Connection};
    /// # async fn example<T: StoredToken>(connection: Connection<T>) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let api = connection.api().patience(Duration::from_secs(60));
    /// let user = api.get("/users/me").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn patience(mut self, time: Duration) -> Api<T> {
        self.patience = time;
        self
    }

    /// Creates a GET request to a path relative to the API's base URL.
    pub fn get(&self, path: &str) -> ApiRequest<'_, T> {
        self.call(http::Method::GET, path)
    }

    /// Creates a POST request to a path relative to the API's base URL.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Api};
    /// # async fn example<T: StoredToken>(api: Api<T>) -> Result<(), Box<dyn std::error::Error>> {
    /// let message = serde_json::json!({ "text": "hello" });
    /// let response = api.post("/messages").json(&message).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn post(&self, path: &str) -> ApiRequest<'_, T> {
        self.call(http::Method::POST, path)
    }

    /// Creates a request to a path relative to the API's base URL, or to an absolute URL within it.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Api};
    /// # async fn example<T: StoredToken>(api: Api<T>) -> Result<(), Box<dyn std::error::Error>> {
    /// let response = api.call(http::Method::DELETE, "/messages/1").send().await?;
    /// println!("{}", response.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn call(&self, method: http::Method, path: &str) -> ApiRequest<'_, T> {
        ApiRequest {
            api: self,
            request: http::Request::builder().method(method).uri(path),
            body: Ok(Vec::new()),
            operation: None,
        }
    }

    /// Sends a request whose URL is a path relative to the API's base URL, or an absolute URL within it.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Api};
    /// # async fn example<T: StoredToken>(api: Api<T>) -> Result<(), Box<dyn std::error::Error>> {
    /// let request = http::Request::builder().uri("/users/me").body(Vec::new())?;
    /// let response = api.send(request, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// No access token is available, the request cannot be sent, no response came, or the response is an error response.
    pub async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        operation: Option<T::Operation>,
    ) -> Result<ApiResponse, ApiError> {
        let operation = operation.map(|own| own.about());
        let answered = self.sent(request, operation).await;
        let shared = &self.connection.0.shared;
        let failed = answered.as_ref().err().map(ApiError::kind);
        shared.tally.count(T::App::PROVIDER, operation, failed);
        answered
    }

    async fn sent(
        &self,
        request: http::Request<Vec<u8>>,
        operation: Option<&'static Operation>,
    ) -> Result<ApiResponse, ApiError> {
        let began = clock::instant();
        let no_token = |why: TokenError| {
            failed::<T>(ApiErrorKind::NoToken, operation, String::new()).caused_by(why)
        };
        let mut refreshed = false;
        let mut failures = 0;
        loop {
            let bearing = self.connection.bearing().await.map_err(no_token)?;
            let version = bearing.version();
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
        bearing: TokenInUse<T>,
    ) -> Result<ApiResponse, ApiError> {
        let (mut parts, body) = request.clone().into_parts();
        let entered = self.connection.enter(&bearing, &mut parts).await;
        let granted = bearing.token().stored().scopes();
        let unsent = |reason| failed::<T>(ApiErrorKind::NotSent, operation, reason);
        entered.map_err(unsent)?;
        let request = http::Request::from_parts(parts, body);
        let response = self.http.exchange(request).await.map_err(|error| {
            ApiError::new(Details {
                operation: operation.map(|operation| operation.id),
                reason: error.to_string(),
                sent: error.sent,
                advice: error.kind.advice(),
                ..Details::new(ApiErrorKind::Unreachable, T::App::PROVIDER)
            })
            .caused_by(error)
        })?;
        let answered = ApiResponseReader {
            provider: T::App::PROVIDER,
            api_conventions: T::API,
            operation,
            granted,
            received_at: clock::now(),
        };
        answered.read(response)
    }
}

pub(super) fn failed<T: StoredToken>(
    kind: ApiErrorKind,
    operation: Option<&'static Operation>,
    reason: String,
) -> ApiError {
    ApiError::new(Details {
        operation: operation.map(|operation| operation.id),
        reason,
        ..Details::new(kind, T::App::PROVIDER)
    })
}

/// Returns whether the same request may be repeated after a wait.
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

/// Returns whether no response will come until a person corrects something, such as a certificate.
fn needs_somebody(error: &ApiError) -> bool {
    error
        .unreachable()
        .is_some_and(|why| why.remedy() == Remedy::MendApp)
}

impl<T: StoredToken> Connection<T> {
    pub(crate) async fn bearing(&self) -> Result<TokenInUse<T>, TokenError> {
        Ok(self.token().await?.shared())
    }

    /// Gets another token after the API rejected the token of this version. Returns `None` if a refresh was tried already: a
    /// new token that is rejected has another cause, and a refresh at each request would not help.
    pub(crate) async fn replaced(
        &self,
        version: u64,
        refreshed: bool,
    ) -> Option<Result<(), TokenError>> {
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

    /// Adds this token, and the headers and parameters of the provider's API, to a request. The error is the reason why that
    /// is impossible.
    pub(crate) async fn enter(
        &self,
        bearing: &TokenInUse<T>,
        parts: &mut http::request::Parts,
    ) -> Result<(), String> {
        let stated = self.0.stated_of(bearing.login()).await;
        let stated = stated.map_err(|why| why.to_string())?;
        // A later login may have other inputs, which this token must not be used with.
        if stated.login != bearing.login() {
            return Err("another login replaced this one: get the token again".to_owned());
        }
        let access = T::access(&self.0.app.load(), &stated.inputs, bearing.token().stored());
        let access = access.ok_or_else(|| "the spec declares no API".to_owned())?;
        access.enter(parts).map_err(|unfit| unfit.to_string())
    }
}

impl<T: StoredToken> Clone for Api<T> {
    fn clone(&self) -> Api<T> {
        Api {
            connection: self.connection.clone(),
            http: self.http.clone(),
            patience: self.patience,
        }
    }
}

impl<T: StoredToken> fmt::Debug for Api<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Api")
            .field(&self.connection)
            .finish()
    }
}

/// A request to an API that has not been sent yet.
#[must_use = "a request does nothing until it is sent"]
pub struct ApiRequest<'a, T: StoredToken> {
    api: &'a Api<T>,
    request: http::request::Builder,
    body: Result<Vec<u8>, String>,
    operation: Option<T::Operation>,
}

impl<T: StoredToken> ApiRequest<'_, T> {
    /// Sets the operation. The request is counted under its name, and an error response lists the scopes that it needs.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Api};
    /// # async fn example<T: StoredToken>(
    /// #     api: Api<T>, operation: T::Operation
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let response = api.get("/users/me").operation(operation).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn operation(mut self, operation: T::Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Adds a header.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Api};
    /// # async fn example<T: StoredToken>(api: Api<T>) -> Result<(), Box<dyn std::error::Error>> {
    /// let response = api.get("/users/me").header("accept-language", "en").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Ok(body.into());
        self
    }

    /// Sets the body to a value as JSON, and adds the header `content-type: application/json`.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value);
        self.body = body.map_err(|error| format!("the body cannot be written as JSON: {error}"));
        self.header("content-type", "application/json")
    }

    /// Sends the request.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Api};
    /// # async fn example<T: StoredToken>(api: Api<T>) -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::api::ApiErrorKind;
    ///
    /// match api.get("/users/42").send().await {
    ///     Ok(response) => println!("{}", response.status()),
    ///     Err(error) if error.kind() == ApiErrorKind::NotFound => println!("unknown user"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The request cannot be built or sent, no access token is available, no response came, or the response is an error
    /// response.
    pub async fn send(self) -> Result<ApiResponse, ApiError> {
        let about = self.operation.as_ref().map(ApiOperation::about);
        let unsent = |reason| failed::<T>(ApiErrorKind::NotSent, about, reason);
        let body = self.body.map_err(unsent)?;
        let request = self.request.body(body);
        let request = request.map_err(|error| unsent(error.to_string()))?;
        self.api.send(request, self.operation).await
    }
}

impl<T: StoredToken> fmt::Debug for ApiRequest<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiRequest")
    }
}
