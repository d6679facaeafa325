//! [`Http`]: the HTTP client that sends all requests to providers; requests and failed responses, for other clients.
//!
//! Every transport has these duties: URLs are `https` or on this machine's loopback, redirects are not followed
//! (every request carries a credential), and responses have a deadline and a maximum length. Errors never show the
//! query of a URL.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::call::Call;
use crate::clock;
use crate::error::Error;
use crate::response::Oddities;

pub use crate::request::Request;
pub use crate::request::generated_values::GeneratedValues;
pub use crate::request::method::Method;
pub use crate::response::parse_error::{ErrorResponse, ParseError, Rescue};
pub use crate::response::unreachable::{TransportError, Unreachable};

/// The future response of a [`Transport`].
pub type TransportFuture<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send + 'a>>;

/// A client that sends one request and returns the response. It must not follow redirects.
///
/// A failure has a kind ([`TransportError::new`]), which decides whether a call is retried and what an operator sees.
/// The `?` operator converts I/O errors with their kind. A body is returned either decoded, without the
/// `Content-Encoding` header, or as it arrived.
///
/// The trait is implemented for functions, so that a closure can replace the client in a test, or adapt another HTTP
/// client:
///
/// ```
/// use oauth_runtime::{Http, http::TransportError};
///
/// let http = Http::over(|request: http::Request<Vec<u8>>| async move {
///     assert_eq!(request.uri().scheme_str(), Some("https"));
///     Ok::<_, TransportError>(http::Response::new(b"{}".to_vec()))
/// });
/// ```
pub trait Transport: Send + Sync {
    /// Sends the request and returns the response.
    fn carry(&self, request: http::Request<Vec<u8>>) -> TransportFuture<'_>;
}

impl<F, R> Transport for F
where
    F: Fn(http::Request<Vec<u8>>) -> R + Send + Sync,
    R: Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send + 'static,
{
    fn carry(&self, request: http::Request<Vec<u8>>) -> TransportFuture<'_> {
        Box::pin(self(request))
    }
}

/// An extension of a request whose response is awaited beyond the deadline.
#[cfg(feature = "lifecycle")]
#[derive(Clone, Copy)]
struct Patiently;

/// Returns whether the response is awaited beyond the deadline.
#[cfg(all(feature = "reqwest", feature = "lifecycle"))]
fn is_patient(request: &http::Request<Vec<u8>>) -> bool {
    request.extensions().get::<Patiently>().is_some()
}

#[cfg(all(feature = "reqwest", not(feature = "lifecycle")))]
fn is_patient(_: &http::Request<Vec<u8>>) -> bool {
    false
}

/// An HTTP client that sends calls. It is cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Http {
    transport: Arc<dyn Transport>,
}

impl Http {
    /// Creates a client over any transport.
    ///
    /// ```
    /// use oauth_runtime::{Http, http::{TransportError, Unreachable}};
    ///
    /// // A client that reports an outage, for a test.
    /// let http = Http::over(|_| async { Err(TransportError::new(Unreachable::TimedOut)) });
    /// ```
    pub fn over(transport: impl Transport + 'static) -> Http {
        Http {
            transport: Arc::new(transport),
        }
    }

    /// Sends the request of a call and reads the response.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # async fn example(
    /// #     http: &oauth_runtime::Http, app: &acme::App, refresh_token: acme::RefreshToken
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let token = http.send(acme::refresh(app, refresh_token)).await?;
    /// println!("expires at {:?}", token.stored().expires_at());
    /// # Ok(())
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the request cannot be sent, if no response arrives, or if the call cannot use the response.
    pub async fn send<T>(&self, call: Call<T>) -> Result<T, Error> {
        self.send_with(call, |_| {}).await.0
    }

    /// Sends a call whose response may hold the only valid token, so the response is awaited beyond the deadline. Also
    /// returns the contradictions between the response and the spec that were reported.
    #[cfg(feature = "lifecycle")]
    pub(crate) async fn send_patiently<T>(
        &self,
        call: Call<T>,
    ) -> (Result<T, Error>, Vec<ParseError>) {
        self.send_with(call, |request| {
            request.extensions_mut().insert(Patiently);
        })
        .await
    }

    async fn send_with<T>(
        &self,
        call: Call<T>,
        prepare: impl FnOnce(&mut http::Request<Vec<u8>>),
    ) -> (Result<T, Error>, Vec<ParseError>) {
        let mut request = match call.http_request() {
            Ok(request) => request,
            Err(error) => return (Err(error), Vec::new()),
        };
        prepare(&mut request);
        match self.exchange(request).await {
            Ok(response) => {
                let oddities = Oddities::default();
                let read = call.read_noting(&response, clock::now(), &oddities);
                (read, oddities.0.into_inner())
            }
            Err(error) => (Err(call.failed_in_transport(error)), Vec::new()),
        }
    }

    pub(crate) async fn exchange(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        if !is_safe(request.uri()) {
            return Err(TransportError::new(Unreachable::NotSecure));
        }
        self.transport.carry(request).await
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Http")
    }
}

/// Returns whether a URL is `https`, or `http` to a loopback host, and has no user name before the host.
pub(crate) fn is_safe(uri: &http::Uri) -> bool {
    let Some(authority) = uri.authority() else {
        return false;
    };
    let loopback = matches!(authority.host(), "127.0.0.1" | "[::1]" | "localhost");
    let named_user = authority.as_str().contains('@');
    !named_user
        && match uri.scheme_str() {
            Some("https") => true,
            Some("http") => loopback,
            _ => false,
        }
}

#[cfg(feature = "reqwest")]
pub use over_reqwest::HttpBounds;

#[cfg(feature = "reqwest")]
mod over_reqwest {
    use std::error::Error as StdError;
    use std::io;
    use std::time::Duration;

    use rustls::CertificateError;

    use super::{Http, Transport, TransportError, TransportFuture, Unreachable, is_patient};
    use crate::response::unreachable::lost;

    /// The limits of a client. A response that takes longer, or is longer, is an error.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct HttpBounds {
        deadline: Duration,
        most_bytes: usize,
    }

    impl HttpBounds {
        /// Creates limits of 30 seconds and 1 MiB. Token responses have a few kilobytes.
        ///
        /// ```
        /// use std::time::Duration;
        /// use oauth_runtime::http::HttpBounds;
        ///
        /// const BOUNDS: HttpBounds = HttpBounds::new().deadline(Duration::from_secs(60));
        /// assert_ne!(BOUNDS, HttpBounds::default());
        /// ```
        pub const fn new() -> HttpBounds {
            HttpBounds {
                deadline: Duration::from_secs(30),
                most_bytes: 1024 * 1024,
            }
        }

        /// Sets the deadline, from the first byte sent to the last byte received. A refresh by the lifecycle has ten
        /// times as long, since its response may hold the only valid token. Callers do not wait that long: see
        /// `Options::answer_within`.
        pub const fn deadline(mut self, deadline: Duration) -> HttpBounds {
            self.deadline = deadline;
            self
        }

        /// Sets the maximum length of a body in bytes, counted after decoding.
        pub const fn most_bytes(mut self, most_bytes: usize) -> HttpBounds {
            self.most_bytes = most_bytes;
            self
        }
    }

    /// The factor by which the deadline is multiplied for a refresh response.
    const PATIENCE: u32 = 10;

    impl Default for HttpBounds {
        fn default() -> HttpBounds {
            HttpBounds::new()
        }
    }

    impl Http {
        /// Creates a client over reqwest with its default settings. It decodes gzip and deflate, and also brotli or
        /// zstd if the application enables these features of reqwest.
        ///
        /// ```no_run
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// use oauth_runtime::Http;
        ///
        /// let http = Http::new()?;
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        ///
        /// Returns an error if reqwest cannot be set up.
        pub fn new() -> Result<Http, TransportError> {
            Http::from_builder(reqwest::Client::builder())
        }

        /// Creates a client over reqwest with the application's proxies, certificates and other settings. Redirects,
        /// plain http and unlimited waits are disabled, whatever the builder states.
        ///
        /// ```no_run
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// use std::time::Duration;
        /// use oauth_runtime::Http;
        ///
        /// let builder = reqwest::Client::builder().connect_timeout(Duration::from_secs(5));
        /// let http = Http::from_builder(builder)?;
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        ///
        /// Returns an error if reqwest cannot be set up.
        pub fn from_builder(builder: reqwest::ClientBuilder) -> Result<Http, TransportError> {
            Http::from_builder_within(builder, HttpBounds::new())
        }

        /// Creates a client over reqwest with other limits, for an API whose responses are long or slow. Redirects and
        /// plain http are disabled, whatever the builder states.
        ///
        /// ```no_run
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// use std::time::Duration;
        /// use oauth_runtime::{Http, http::HttpBounds};
        ///
        /// let bounds = HttpBounds::new().deadline(Duration::from_secs(120)).most_bytes(64 * 1024 * 1024);
        /// let http = Http::from_builder_within(reqwest::Client::builder(), bounds)?;
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        ///
        /// Returns an error if reqwest cannot be set up.
        pub fn from_builder_within(
            builder: reqwest::ClientBuilder,
            bounds: HttpBounds,
        ) -> Result<Http, TransportError> {
            let client = builder
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .timeout(bounds.deadline)
                .build()
                .map_err(|error| {
                    transport_error(error, Some(false))
                        .with_reason("the HTTP client cannot be set up")
                })?;
            Ok(Http::over(Reqwest { client, bounds }))
        }
    }

    struct Reqwest {
        client: reqwest::Client,
        bounds: HttpBounds,
    }

    impl Transport for Reqwest {
        fn carry(&self, request: http::Request<Vec<u8>>) -> TransportFuture<'_> {
            Box::pin(carry(&self.client, self.bounds, request))
        }
    }

    async fn carry(
        client: &reqwest::Client,
        bounds: HttpBounds,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        let HttpBounds {
            deadline,
            most_bytes,
        } = bounds;
        let is_patient = is_patient(&request);
        let mut request = reqwest::Request::try_from(request)
            .map_err(|error| transport_error(error, Some(false)))?;
        if is_patient {
            *request.timeout_mut() = Some(deadline.saturating_mul(PATIENCE));
        }
        let response = client.execute(request).await;
        let mut response = response.map_err(|error| transport_error(error, None))?;
        let mut body = Vec::new();
        // Chunks are decoded a few kilobytes at a time, so a body that expands without end exceeds the limit early.
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| transport_error(error, Some(true)))?
        {
            if body.len() + chunk.len() > most_bytes {
                let too_long = TransportError::new(Unreachable::BodyTooLong);
                return Err(
                    too_long.with_reason(format!("the response is longer than {most_bytes} bytes"))
                );
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }

    /// Converts an error, without the URL: a query may hold a secret. `sent` is whether the request may have left, if
    /// that is known.
    fn transport_error(error: reqwest::Error, sent: Option<bool>) -> TransportError {
        let sent = sent.unwrap_or(!error.is_connect());
        let error = error.without_url();
        TransportError::new(kind(&error))
            .with_sent(sent)
            .with_source(error)
    }

    fn kind(error: &reqwest::Error) -> Unreachable {
        if error.is_timeout() {
            return Unreachable::TimedOut;
        }
        if error.is_dns() {
            return Unreachable::NameNotResolved;
        }
        let mut is_of_the_body = false;
        let mut next = error.source();
        while let Some(link) = next {
            if let Some(error) = link.downcast_ref::<rustls::Error>() {
                return of_tls(error);
            }
            next = match link.downcast_ref::<io::Error>() {
                Some(own) => match lost(own.kind()) {
                    // The connection was opened and then closed before anything was sent: the TLS handshake failed.
                    Some(Unreachable::ConnectionLost) if error.is_connect() => {
                        return Unreachable::TlsHandshakeFailed;
                    }
                    Some(kind) => return kind,
                    None => {
                        is_of_the_body = error.is_decode();
                        // `source` would skip the error that an `io::Error` wraps, and return the source of that error.
                        own.get_ref()
                            .map(|wrapped| wrapped as &(dyn StdError + 'static))
                    }
                },
                None => link.source(),
            };
        }
        match () {
            // A decoder reports errors as I/O errors; HTTP errors have another type.
            () if is_of_the_body => Unreachable::BodyNotDecoded,
            () if error.is_connect() || error.is_builder() => Unreachable::Other,
            () => Unreachable::ConnectionLost,
        }
    }

    fn of_tls(error: &rustls::Error) -> Unreachable {
        match error {
            rustls::Error::InvalidCertificate(why) => match why {
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => Unreachable::CertificateExpired,
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => {
                    Unreachable::CertificateForAnotherName
                }
                _ => Unreachable::CertificateNotTrusted,
            },
            _ => Unreachable::TlsHandshakeFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_are_safe() {
        for (uri, safe) in [
            ("https://id.example/token", true),
            ("http://127.0.0.1:9000/token", true),
            ("http://localhost/token", true),
            ("http://[::1]:1/token", true),
            ("http://id.example/token", false),
            ("http://localhost:80@evil.example/", false),
            ("https://user@id.example/", false),
            ("http://127.0.0.1.evil.example/", false),
            ("ftp://id.example/", false),
            ("/token", false),
        ] {
            assert_eq!(is_safe(&uri.parse().unwrap()), safe, "{uri}");
        }
    }
}
