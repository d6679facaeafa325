//! [`Http`]: the one door to the network.
//!
//! Whatever carries the bytes, the same duties hold: `https` or this machine's loopback only, no
//! redirect followed (every request carries a credential somewhere), a deadline, and a cap on what is
//! read. Errors never show a URL's query.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::answer::Oddities;
use crate::call::Call;
use crate::clock;
use crate::error::Error;
use crate::failure::Failure;
use crate::unreachable::{TransportError, Unreachable};

/// What comes back from a [`Transport`], sooner or later.
pub type Answering<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send + 'a>>;

/// Carries one request to its host and the response back. Must not follow redirects.
///
/// A failure has a kind ([`TransportError::new`]), which decides whether a call is retried and what an operator is told;
/// errors of I/O have theirs by `?`. A body is given back decoded, without the header `Content-Encoding`, or as it came.
///
/// Implemented for functions, so that a test or another HTTP client stands in with a closure:
///
/// ```
/// use oauth_runtime::{Http, TransportError};
///
/// let http = Http::over(|request: http::Request<Vec<u8>>| async move {
///     assert_eq!(request.uri().scheme_str(), Some("https"));
///     Ok::<_, TransportError>(http::Response::new(b"{}".to_vec()))
/// });
/// ```
pub trait Transport: Send + Sync {
    /// Sends the request.
    fn carry(&self, request: http::Request<Vec<u8>>) -> Answering<'_>;
}

impl<F, R> Transport for F
where
    F: Fn(http::Request<Vec<u8>>) -> R + Send + Sync,
    R: Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send + 'static,
{
    fn carry(&self, request: http::Request<Vec<u8>>) -> Answering<'_> {
        Box::pin(self(request))
    }
}

/// An extension of a request whose response is waited for beyond the deadline.
#[cfg(feature = "lifecycle")]
#[derive(Clone, Copy)]
struct Patiently;

/// Whether a response is waited for beyond the deadline.
#[cfg(all(feature = "reqwest", feature = "lifecycle"))]
fn is_patient(request: &http::Request<Vec<u8>>) -> bool {
    request.extensions().get::<Patiently>().is_some()
}

#[cfg(all(feature = "reqwest", not(feature = "lifecycle")))]
fn is_patient(_: &http::Request<Vec<u8>>) -> bool {
    false
}

/// Sends calls. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Http {
    transport: Arc<dyn Transport>,
}

impl Http {
    /// Over any transport.
    pub fn over(transport: impl Transport + 'static) -> Http {
        Http {
            transport: Arc::new(transport),
        }
    }

    /// Makes the call.
    pub async fn send<T>(&self, call: Call<T>) -> Result<T, Error> {
        self.send_with(call, |_| {}).await.0
    }

    /// Makes a call whose response may hold the only token that works: it is waited for beyond the deadline. Gives the
    /// members of the response that were read as absent, too.
    #[cfg(feature = "lifecycle")]
    pub(crate) async fn send_patiently<T>(
        &self,
        call: Call<T>,
    ) -> (Result<T, Error>, Vec<Failure>) {
        self.send_with(call, |request| {
            request.extensions_mut().insert(Patiently);
        })
        .await
    }

    async fn send_with<T>(
        &self,
        call: Call<T>,
        prepare: impl FnOnce(&mut http::Request<Vec<u8>>),
    ) -> (Result<T, Error>, Vec<Failure>) {
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

/// `https`, or `http` to a loopback host; no user name in front of the host.
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

    use super::{Answering, Http, Transport, TransportError, Unreachable, is_patient};
    use crate::unreachable::lost;

    /// What is given up: a response that takes too long, or is too long.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct HttpBounds {
        deadline: Duration,
        most_bytes: usize,
    }

    impl HttpBounds {
        /// 30 seconds and a mebibyte: token responses have a few kilobytes.
        pub const fn new() -> HttpBounds {
            HttpBounds {
                deadline: Duration::from_secs(30),
                most_bytes: 1024 * 1024,
            }
        }

        /// The same with this much time, from the first byte that is sent to the last that comes. A refresh that the
        /// lifecycle makes has ten times as much, off its callers' path: its response may hold the only token that works.
        pub const fn deadline(mut self, deadline: Duration) -> HttpBounds {
            self.deadline = deadline;
            self
        }

        /// The same with bodies of so many bytes at most, counted once they are decoded.
        pub const fn most_bytes(mut self, most_bytes: usize) -> HttpBounds {
            self.most_bytes = most_bytes;
            self
        }
    }

    /// A refresh response is waited for so many times the deadline.
    const PATIENCE: u32 = 10;

    impl Default for HttpBounds {
        fn default() -> HttpBounds {
            HttpBounds::new()
        }
    }

    impl Http {
        /// Over reqwest, as it is set up by default. Bodies in gzip and deflate are decoded; an application that
        /// depends on reqwest with its features `brotli` or `zstd` has those decoded, too.
        pub fn new() -> Result<Http, TransportError> {
            Http::from_builder(reqwest::Client::builder())
        }

        /// Over reqwest with proxies, certificates and the like of your own. Redirects, plain http and
        /// endless waits are switched off whatever the builder says.
        pub fn from_builder(builder: reqwest::ClientBuilder) -> Result<Http, TransportError> {
            Http::from_builder_within(builder, HttpBounds::new())
        }

        /// The same within other bounds: for an API whose answers are long, or take long.
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
        fn carry(&self, request: http::Request<Vec<u8>>) -> Answering<'_> {
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
        // Chunks are decoded a few kilobytes at a time, so what unfolds without end is given up in time.
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

    /// The error by its kind, without the URL: a query may hold a secret. `sent` is whether the request may have left,
    /// where that is known.
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
                    // Connected, and closed before anything could be sent: what is left is the handshake.
                    Some(Unreachable::ConnectionLost) if error.is_connect() => {
                        return Unreachable::TlsHandshakeFailed;
                    }
                    Some(kind) => return kind,
                    None => {
                        is_of_the_body = error.is_decode();
                        // What an `io::Error` wraps is not its source: that would be the source of what it wraps.
                        own.get_ref()
                            .map(|wrapped| wrapped as &(dyn StdError + 'static))
                    }
                },
                None => link.source(),
            };
        }
        match () {
            // A decoder's errors are errors of I/O; those of HTTP are of its own type.
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
