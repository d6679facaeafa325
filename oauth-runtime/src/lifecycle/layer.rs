//! [`ApiLayer`]: a `tower` layer that does the work of [`Api`](crate::lifecycle::Api) around any HTTP service.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use crate::api::{ApiError, ApiErrorKind, ApiResponseReader};
use crate::clock;
use crate::lifecycle::api::failed;
use crate::lifecycle::connection::Connection;
use crate::provider::registered_app::RegisteredApp;
use crate::provider::stored_token::StoredToken;
use crate::response::rate_limit::Limit;

/// A layer that adds a connection's token to each request, as the provider requires it. The URL must lie within the API's
/// base URL. If the status or headers of the response reject the token, it is refreshed once, and the request is repeated if
/// its body can be repeated. Responses carry their [`Limits`] as an extension. The inner service must not follow redirects,
/// since its requests carry a credential.
///
/// Bodies are not read, whatever their length. If an API reports errors in the body of a response with a success status, the
/// caller must read them.
pub struct ApiLayer<T: StoredToken, B> {
    connection: Connection<T>,
    repeat: fn(&B) -> Option<B>,
}

/// What remains of each rate limit that a response reports: an extension of the response of an [`ApiLayer`].
#[derive(Clone, Debug, PartialEq)]
pub struct Limits(pub Vec<Limit>);

impl<T: StoredToken> Connection<T> {
    /// Returns a layer for requests whose bodies can be cloned.
    pub fn layer<B: Clone>(&self) -> ApiLayer<T, B> {
        self.layer_with(|body| Some(body.clone()))
    }

    /// Returns a layer for requests whose bodies are streams. `repeat` returns a second copy of a body, or `None` if it
    /// cannot be repeated.
    pub fn layer_with<B>(&self, repeat: fn(&B) -> Option<B>) -> ApiLayer<T, B> {
        ApiLayer {
            connection: self.clone(),
            repeat,
        }
    }
}

impl<T: StoredToken, B> Clone for ApiLayer<T, B> {
    fn clone(&self) -> ApiLayer<T, B> {
        ApiLayer {
            connection: self.connection.clone(),
            repeat: self.repeat,
        }
    }
}

impl<T: StoredToken, B> fmt::Debug for ApiLayer<T, B> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("ApiLayer")
            .field(&self.connection)
            .finish()
    }
}

impl<S, T: StoredToken, B> Layer<S> for ApiLayer<T, B> {
    type Service = ApiService<S, T, B>;

    fn layer(&self, service: S) -> ApiService<S, T, B> {
        ApiService {
            layer: self.clone(),
            service,
        }
    }
}

/// A service within an [`ApiLayer`].
#[derive(Debug)]
pub struct ApiService<S, T: StoredToken, B> {
    layer: ApiLayer<T, B>,
    service: S,
}

impl<S: Clone, T: StoredToken, B> Clone for ApiService<S, T, B> {
    fn clone(&self) -> ApiService<S, T, B> {
        ApiService {
            layer: self.layer.clone(),
            service: self.service.clone(),
        }
    }
}

/// Either an [`ApiError`], or the error of the inner service.
type Failed = Box<dyn std::error::Error + Send + Sync>;

impl<S, T, B, R> Service<http::Request<B>> for ApiService<S, T, B>
where
    S: Service<http::Request<B>, Response = http::Response<R>> + Clone + Send + 'static,
    S::Error: Into<Failed>,
    S::Future: Send,
    T: StoredToken,
    B: Send + 'static,
    R: Send + 'static,
{
    type Response = http::Response<R>;
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<R>, Failed>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        self.service.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        // The service that was polled ready must be the one that is called. Its clone takes its place.
        let ready = self.service.clone();
        let mut service = std::mem::replace(&mut self.service, ready);
        let ApiLayer { connection, repeat } = self.layer.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let again = repeat(&body).map(|body| (parts.clone(), body));
            let (request, version) = entered(&connection, parts, body).await?;
            let answered = service.call(request).await.map_err(Into::into)?;
            let Some((parts, body)) = again.filter(|_| refuses::<T, R>(&answered)) else {
                return Ok(with_limits::<T, R>(answered));
            };
            // Without another token, the error response is returned.
            let replaced = connection.replaced(version, false).await;
            if !matches!(replaced, Some(Ok(()))) {
                return Ok(with_limits::<T, R>(answered));
            }
            drop(answered);
            let (request, version) = entered(&connection, parts, body).await?;
            std::future::poll_fn(|context| service.poll_ready(context))
                .await
                .map_err(Into::into)?;
            let answered = service.call(request).await.map_err(Into::into)?;
            if refuses::<T, R>(&answered) {
                connection.replaced(version, true).await;
            }
            Ok(with_limits::<T, R>(answered))
        })
    }
}

async fn entered<T: StoredToken, B>(
    connection: &Connection<T>,
    mut parts: http::request::Parts,
    body: B,
) -> Result<(http::Request<B>, u64), ApiError> {
    let bearing = connection.bearing().await;
    let bearing = bearing
        .map_err(|why| failed::<T>(ApiErrorKind::NoToken, None, String::new()).caused_by(why))?;
    let entered = connection.enter(&bearing, &mut parts).await;
    entered.map_err(|reason| failed::<T>(ApiErrorKind::NotSent, None, reason))?;
    Ok((http::Request::from_parts(parts, body), bearing.version()))
}

fn answered<T: StoredToken>() -> ApiResponseReader<'static> {
    ApiResponseReader {
        provider: T::App::PROVIDER,
        api_conventions: T::API,
        operation: None,
        granted: None,
        received_at: clock::now(),
    }
}

fn refuses<T: StoredToken, R>(answer: &http::Response<R>) -> bool {
    answered::<T>().is_refused_token(answer.status().as_u16(), answer.headers())
}

fn with_limits<T: StoredToken, R>(mut answer: http::Response<R>) -> http::Response<R> {
    let limits = answered::<T>().limits(answer.headers());
    answer.extensions_mut().insert(Limits(limits));
    answer
}
